/* deadlines_test.c - see deadlines_test.h.
 * Paths of the tree come from CMake.
 * Used by test_deadlines_*.c. */
#include "cmocka_start.h"

#include "deadlines_test.h"
#include "time_text.h"

#include <stdio.h>
#include <truc/dossier/v1/dossier.pb-c.h>

struct deadlines_book *deadlines_test_book(void)
{
    struct policy_report report = {0};
    struct deadlines_book *book = NULL;
    if (deadlines_load(DEADLINES_ADAPTER, &report, &book) < 0)
        fail_msg("%s: %s", report.problems_count ? report.problems[0]->file : "", report.problems[0]->text);
    policy_report_free(&report);
    return book;
}

struct reminder_world deadlines_test_world(const struct deadlines_book *book)
{
    return (struct reminder_world){book->calendar, &book->rules, &book->organisation};
}

uint64_t at(const char *text)
{
    char whole[TIME_TEXT_BYTES];
    uint64_t time_ns = 0;
    (void)snprintf(whole, sizeof whole, "%.10sT%.5s:00+07:00", text, text + 11);
    if (time_parse_rfc3339(bytes_string(whole), &time_ns) < 0)
        fail_msg("'%s' is no instant", text);
    return time_ns;
}

const char *shown(uint64_t time_ns)
{
    static char texts[3][TIME_TEXT_BYTES];
    static unsigned next;
    char *text = texts[next++ % COUNT_OF(texts)];
    time_format_full(time_ns, text);
    return text;
}

struct dossier deadlines_test_dossier(struct fact *facts, size_t count)
{
    facts_sort(facts, count);
    return (struct dossier){.code = "H56.14-260301-0001", .unit_code = "H56.14", .facts = facts, .count = count};
}

struct deadlines_message deadlines_test_pack(const char *type, const char *id, const ProtobufCMessage *message)
{
    struct deadlines_message packed = {.size = protobuf_c_message_get_packed_size(message)};
    assert_true(packed.size <= sizeof packed.bytes);
    protobuf_c_message_pack(message, packed.bytes);
    (void)snprintf(packed.type, sizeof packed.type, "%s", type);
    (void)snprintf(packed.id, sizeof packed.id, "%s", id);
    return packed;
}

struct deadlines_message deadlines_test_received(const char *code, const char *unit, const char *when, const char *due)
{
    Truc__Dossier__V1__Received message = TRUC__DOSSIER__V1__RECEIVED__INIT;
    Truc__Dossier__V1__Procedure procedure = TRUC__DOSSIER__V1__PROCEDURE__INIT;
    Truc__Common__V1__Agency agency = TRUC__COMMON__V1__AGENCY__INIT;
    Truc__Common__V1__Officer officer = TRUC__COMMON__V1__OFFICER__INIT;
    procedure.code = (char *)"1.001193";
    procedure.name = (char *)"Đăng ký khai sinh";
    agency.code = (char *)(uintptr_t)unit;
    agency.name = (char *)"Sở Tư pháp";
    officer.account = (char *)"cb.hotich.01";
    officer.name = (char *)"Lê Thị Ánh";
    officer.position = (char *)"Chuyên viên";
    message.code = (char *)(uintptr_t)code;
    message.procedure = &procedure;
    message.agency = &agency;
    message.status = TRUC__DOSSIER__V1__STATUS__STATUS_RECEIVED;
    message.received_at = at(when);
    message.due_at = due ? at(due) : 0;
    message.received_by = &officer;
    return deadlines_test_pack("dossier.received", code, &message.base);
}
