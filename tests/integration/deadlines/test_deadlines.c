/* test_deadlines.c - a dossier's life on a real bus: the one-stop desk tells, truc-deadlines observes, reminders arrive, also over kill -9.
 * A real trucd with the example configuration; the one-stop desk is this test, over libtruc. Calendar and rules are the test's own, for
 * the wall clock decides: everybody works day and night.
 * One bus serves all tests, in their order. */
#include "cmocka_start.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <truc/dossier/v1/deadline.pb-c.h>
#include <truc/dossier/v1/dossier.pb-c.h>
#include <truc/protobuf.h>
#include <truc/truc.h>
#include <unistd.h>

#include "kit_bus.h"

enum { ARRIVALS_MAX = 64, WAIT_MS = 30000, READY_WAIT_MS = 20000, KILLS = 8 };

#define SECOND_NS 1000000000ull
#define HOUR_NS   (3600 * SECOND_NS)

struct arrival {
    char id[65], type[65], code[65];
    bool escalated;
    unsigned status;
    char officer[65], leader[65], leader_above[65];
};

struct desk {
    struct kit_bus bus;
    struct child deadlines;
    char adapter[KIT_PATH_BYTES], settings[KIT_PATH_BYTES], where[KIT_PATH_BYTES], log[KIT_PATH_BYTES];
    truc_adapter *onestop;
    struct arrival arrivals[ARRIVALS_MAX];
    size_t arrivals_count;
    size_t accepted;
};

static void assert_done(int code, const struct truc_fault *fault)
{
    if (code < 0)
        fail_msg("%s: %s", truc_error_name(fault->code), fault->text);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* ---- the one-stop desk ---- */

static void copy(char out[65], const char *text)
{
    (void)snprintf(out, 65, "%s", text ? text : "");
}

static int arrive(truc_request *request, void *context)
{
    struct desk *desk = context;
    assert_true(desk->arrivals_count < ARRIVALS_MAX);
    struct arrival *arrival = &desk->arrivals[desk->arrivals_count++];
    copy(arrival->id, truc_request_id(request));
    copy(arrival->type, truc_request_type(request));
    copy(arrival->code, truc_request_subject(request));
    assert_string_equal(truc_request_source(request), "deadlines");
    if (strcmp(arrival->type, "dossier.overdue") == 0) {
        Truc__Dossier__V1__Overdue *message = (void *)truc_decode(request, &truc__dossier__v1__overdue__descriptor);
        assert_non_null(message);
        arrival->escalated = message->escalated;
        arrival->status = (unsigned)message->status;
        copy(arrival->officer, message->officer ? message->officer->account : NULL);
        copy(arrival->leader, message->leader ? message->leader->account : NULL);
        copy(arrival->leader_above, message->leader_above ? message->leader_above->account : NULL);
        assert_string_equal(message->code, arrival->code);
        truc__dossier__v1__overdue__free_unpacked(message, NULL);
    }
    return truc_done(request);
}

static void outcome(void *context, const struct truc_outcome *told)
{
    struct desk *desk = context;
    if (told->code != 0)
        fail_msg("%s: %s %s", told->id, truc_error_name(told->code), told->text);
    desk->accepted++;
}

static void step(struct desk *desk)
{
    struct truc_fault fault = {0};
    struct pollfd ready = {.fd = truc_fd(desk->onestop), .events = POLLIN};
    int timeout_ms = truc_timeout_ms(desk->onestop);
    (void)poll(&ready, 1, timeout_ms < 200 ? timeout_ms : 200);
    assert_done(truc_step(desk->onestop, &fault), &fault);
}

static void publish(struct desk *desk, const char *type, const char *id, const char *code,
                    const ProtobufCMessage *message, uint64_t time_ns, bool is_historical)
{
    uint8_t payload[1024];
    struct truc_fault fault = {0};
    size_t before = desk->accepted;
    assert_true(protobuf_c_message_get_packed_size(message) <= sizeof payload);
    struct truc_outgoing outgoing = {.size = sizeof outgoing,
                                     .type = type,
                                     .id = id,
                                     .subject = code,
                                     .payload = payload,
                                     .payload_bytes = protobuf_c_message_pack(message, payload),
                                     .classification = TRUC_NOT_SECRET,
                                     .time_ns = time_ns,
                                     .historical = is_historical};
    assert_done(truc_publish(desk->onestop, &outgoing, outcome, desk, &fault), &fault);
    uint64_t end_ns = kit_now_ns() + WAIT_MS * 1000000ull;
    while (desk->accepted == before && kit_now_ns() < end_ns)
        step(desk);
    assert_int_equal(desk->accepted, before + 1);
}

static void receive_dossier(struct desk *desk, const char *code, uint64_t received_ns, uint64_t due_ns,
                            bool is_historical)
{
    Truc__Dossier__V1__Received message = TRUC__DOSSIER__V1__RECEIVED__INIT;
    Truc__Common__V1__Agency agency = TRUC__COMMON__V1__AGENCY__INIT;
    Truc__Common__V1__Officer officer = TRUC__COMMON__V1__OFFICER__INIT;
    char id[80];
    agency.code = (char *)"H56.14";
    officer.account = (char *)"cb.hotich.01";
    message.code = (char *)(uintptr_t)code;
    message.agency = &agency;
    message.status = TRUC__DOSSIER__V1__STATUS__STATUS_RECEIVED;
    message.received_at = received_ns;
    message.due_at = due_ns;
    message.received_by = &officer;
    (void)snprintf(id, sizeof id, "received-%s", code);
    publish(desk, "dossier.received", id, code, &message.base, now_ns(), is_historical);
}

/* Two days ago it should have been ready. */
static void receive_overdue(struct desk *desk, const char *code)
{
    uint64_t now = now_ns();
    receive_dossier(desk, code, now - 96 * HOUR_NS, now - 48 * HOUR_NS, false);
}

static void finish_dossier(struct desk *desk, const char *code)
{
    Truc__Dossier__V1__ResultReady message = TRUC__DOSSIER__V1__RESULT_READY__INIT;
    char id[80];
    message.code = (char *)(uintptr_t)code;
    message.status = TRUC__DOSSIER__V1__STATUS__STATUS_DONE;
    message.finished_at = now_ns();
    (void)snprintf(id, sizeof id, "ready-%s", code);
    publish(desk, "dossier.result-ready", id, code, &message.base, now_ns(), false);
}

static void progress_dossier(struct desk *desk, const char *code, Truc__Dossier__V1__Status status)
{
    Truc__Dossier__V1__Progress message = TRUC__DOSSIER__V1__PROGRESS__INIT;
    char id[80];
    message.code = (char *)(uintptr_t)code;
    message.status = status;
    message.handled_at = now_ns();
    (void)snprintf(id, sizeof id, "progress-%d-%s", (int)status, code);
    publish(desk, "dossier.progress", id, code, &message.base, now_ns(), false);
}

static size_t arrivals_of(const struct desk *desk, const char *code, const char *type, bool escalated)
{
    size_t count = 0;
    for (size_t i = 0; i < desk->arrivals_count; i++)
        count += strcmp(desk->arrivals[i].code, code) == 0 && strcmp(desk->arrivals[i].type, type) == 0 &&
                 desk->arrivals[i].escalated == escalated;
    return count;
}

static void await(struct desk *desk, const char *code, const char *type, bool escalated)
{
    uint64_t end_ns = kit_now_ns() + WAIT_MS * 1000000ull;
    while (arrivals_of(desk, code, type, escalated) == 0) {
        if (kit_now_ns() > end_ns)
            fail_msg("no %s%s for %s within %d ms", escalated ? "escalated " : "", type, code, WAIT_MS);
        step(desk);
    }
}

/* ---- processes and files ---- */

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void make_files(struct desk *desk)
{
    struct truc_fault fault = {0};
    char path[KIT_PATH_BYTES], calendar[512];
    struct tm day;
    time_t now = time(NULL);
    assert_non_null(gmtime_r(&now, &day));
    assert_done(kit_path(path, &fault, "%s/calendar", desk->bus.folder), &fault);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_done(kit_path(path, &fault, "%s/calendar/all.yaml", desk->bus.folder), &fault);
    (void)snprintf(calendar, sizeof calendar,
                   "calendar: ngày đêm\nbasis: kiểm thử\nvalid: {from: %d-01-01, until: %d-12-31}\n"
                   "hours: [\"00:00-24:00\"]\nweekend: [sunday]\n",
                   day.tm_year + 1900 - 1, day.tm_year + 1900 + 1);
    write_file(path, calendar);
    assert_done(kit_path(path, &fault, "%s/organisation.yaml", desk->bus.folder), &fault);
    write_file(path, "people:\n  - {account: gd.tuphap}\n  - {account: tp.hotich, leader: gd.tuphap}\n"
                     "  - {account: cb.hotich.01, leader: tp.hotich}\n");
    assert_done(kit_path(desk->adapter, &fault, "%s/adapter.yaml", desk->bus.folder), &fault);
    write_file(desk->adapter,
               "adapter: deadlines\ntitle: Theo dõi\ncalendar: calendar\norganisation: organisation.yaml\nrules:\n"
               "  - id: nd-118-2025\n    title: Nghị định 118/2025/NĐ-CP\n    valid: {from: 2018-06-21}\n"
               "    due-soon-hours: 1\n    escalate-after-hours: 1\n"
               "    apology: {earliest-hours: 48, latest-hours: 24, extension-hours: 16}\n    supplements: 1\n");
}

static void start_deadlines(struct desk *desk)
{
    struct truc_fault fault = {0};
    const char *const arguments[] = {DEADLINES_PROGRAM, "run",     "--adapter", desk->adapter, "--settings",
                                     desk->settings,    "--where", desk->where, NULL};
    if (unlink(desk->where) < 0)
        assert_int_equal(errno, ENOENT);
    assert_done(child_start(&desk->deadlines, "truc-deadlines", arguments, desk->log, false, &fault), &fault);
    assert_done(kit_wait_file(desk->bus.folder, desk->where, &desk->deadlines, READY_WAIT_MS, &fault), &fault);
}

/* Runs a command of the program beside the adapter; appends what it printed. Its exit status. */
static int ask(struct desk *desk, const char *const words[], struct buffer *out)
{
    enum { WORDS_MAX = 16 };
    const char *arguments[WORDS_MAX] = {DEADLINES_PROGRAM, "--adapter", desk->adapter, "--settings", desk->settings};
    struct truc_fault fault = {0};
    struct child child = {0};
    char chunk[4096];
    ssize_t size;
    for (size_t i = 0; words[i]; i++)
        arguments[5 + i] = words[i];
    assert_done(child_start(&child, "truc-deadlines", arguments, desk->log, true, &fault), &fault);
    while ((size = read(child.output, chunk, sizeof chunk)) > 0)
        buffer_append(out, chunk, (size_t)size);
    assert_done(kit_wait_end(&child, WAIT_MS, &fault), &fault);
    (void)child_stop(&child, 0, NULL); /* has ended: only its status is taken */
    return child_result(&child);
}
#define ASK(desk, out, ...) ask(desk, (const char *const[]){__VA_ARGS__, NULL}, out)

static void expect(struct buffer *out, const char *part)
{
    const char *text = buffer_string(out);
    if (text == NULL || strstr(text, part) == NULL)
        fail_msg("'%s' is not in:\n%s", part, text ? text : "");
}

static int set_up(void **state)
{
    static struct desk desk;
    struct truc_fault fault = {0};
    char settings[KIT_PATH_BYTES];
    *state = &desk;
    assert_done(kit_bus_make(&desk.bus, NULL, DEADLINES_CONFIG, NULL, &fault), &fault);
    assert_done(kit_bus_start(&desk.bus, &fault), &fault);
    assert_done(kit_bus_settings(&desk.bus, "deadlines", desk.settings, &fault), &fault);
    assert_done(kit_path(desk.where, &fault, "%s/deadlines.json", desk.bus.folder), &fault);
    assert_done(kit_path(desk.log, &fault, "%s/deadlines.log", desk.bus.folder), &fault);
    make_files(&desk);
    assert_done(kit_bus_settings(&desk.bus, "onestop", settings, &fault), &fault);
    const struct truc_options options = {.size = sizeof options, .settings = settings};
    assert_done(truc_adapter_open(&options, &desk.onestop, &fault), &fault);
    assert_int_equal(truc_serve(desk.onestop, "*", arrive, &desk), 0);
    start_deadlines(&desk);
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    truc_adapter_close(desk->onestop);
    kit_kill(&desk->deadlines);
    kit_bus_remove(&desk->bus);
    return 0;
}

/* ---- tests ---- */

static void an_overdue_dossier_is_told_to_the_desk_and_one_level_up(void **state)
{
    struct desk *desk = *state;
    receive_overdue(desk, "H56.14-261126-0001");
    await(desk, "H56.14-261126-0001", "dossier.overdue", false);
    await(desk, "H56.14-261126-0001", "dossier.overdue", true);
    assert_int_equal(desk->arrivals_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct arrival *arrival = &desk->arrivals[i];
        assert_string_equal(arrival->officer, "cb.hotich.01");
        assert_string_equal(arrival->leader, "tp.hotich");
        assert_string_equal(arrival->leader_above, arrival->escalated ? "gd.tuphap" : "");
        assert_int_equal(arrival->status, 2);
    }
}

/* Nothing is delivered at that instant: the adapter wakes by itself. */
static void it_wakes_at_the_due_instant(void **state)
{
    struct desk *desk = *state;
    uint64_t due_ns = now_ns() + 3 * SECOND_NS;
    receive_dossier(desk, "H56.14-261126-0002", due_ns - 60 * SECOND_NS, due_ns, false);
    await(desk, "H56.14-261126-0002", "dossier.overdue", false);
    assert_true(now_ns() >= due_ns);
}

static void a_life_with_a_supplement_ends_without_a_word(void **state)
{
    struct desk *desk = *state;
    struct buffer out = {0};
    uint64_t now = now_ns();
    receive_dossier(desk, "H56.14-261126-0003", now - 24 * HOUR_NS, now + 480 * HOUR_NS, false);
    progress_dossier(desk, "H56.14-261126-0003", TRUC__DOSSIER__V1__STATUS__STATUS_SUPPLEMENT_REQUESTED);
    progress_dossier(desk, "H56.14-261126-0003", TRUC__DOSSIER__V1__STATUS__STATUS_IN_PROGRESS);
    finish_dossier(desk, "H56.14-261126-0003");
    receive_dossier(desk, "H56.14-261126-0004", now - 96 * HOUR_NS, now - 48 * HOUR_NS, true); /* backfill */
    receive_overdue(desk, "H56.14-261126-0005"); /* when this one has come, those before were heard */
    await(desk, "H56.14-261126-0005", "dossier.overdue", false);
    for (size_t i = 0; i < desk->arrivals_count; i++) {
        assert_string_not_equal(desk->arrivals[i].code, "H56.14-261126-0003");
        assert_string_not_equal(desk->arrivals[i].code, "H56.14-261126-0004");
    }
    assert_int_equal(ASK(desk, &out, "explain", "H56.14-261126-0003"), 0);
    expect(&out, "chờ bổ sung: dừng tính thời hạn");
    expect(&out, "Hiện tại: trạng thái 9, Đã xử lý xong");
    expect(&out, "Quyết định 766          đúng hạn");
    expect(&out, "chưa có"); /* nobody was reminded */
    buffer_free(&out);
}

static void both_rates_are_reported_while_it_runs(void **state)
{
    struct desk *desk = *state;
    struct buffer out = {0};
    assert_int_equal(ASK(desk, &out, "report", "--from", "01/01/2025", "--to", "31/12/2099", "--unit", "H56"), 0);
    expect(&out, ": 5 hồ sơ, tính đến ");
    expect(&out, "Quyết định 766");
    expect(&out, "Tỷ lệ đúng hạn                                             20,00 %");
    assert_int_equal(ASK(desk, &out, "report", "--from", "2026-13-01", "--to", "31/12/2099"), 2);
    assert_int_equal(ASK(desk, &out, "explain", "nothing"), 1);
    assert_int_equal(ASK(desk, &out, "check"), 0);
    buffer_free(&out);
}

/* Killed at once after each message, wherever it then is. */
static void killed_again_and_again_it_reminds_of_each_once(void **state)
{
    struct desk *desk = *state;
    char codes[KILLS][32];
    for (int i = 0; i < KILLS; i++) {
        (void)snprintf(codes[i], sizeof codes[i], "H56.14-261126-01%02d", i);
        receive_overdue(desk, codes[i]);
        if (i % 2) /* in every other life the first reminder is out already */
            await(desk, codes[i], "dossier.overdue", false);
        kit_kill(&desk->deadlines);
        progress_dossier(desk, codes[i], TRUC__DOSSIER__V1__STATUS__STATUS_IN_PROGRESS); /* told while it is away */
        start_deadlines(desk);
    }
    receive_overdue(desk, "H56.14-261126-0199");
    await(desk, "H56.14-261126-0199", "dossier.overdue", true);
    for (int i = 0; i < KILLS; i++) {
        await(desk, codes[i], "dossier.overdue", false);
        await(desk, codes[i], "dossier.overdue", true);
        assert_int_equal(arrivals_of(desk, codes[i], "dossier.overdue", false), 1);
        assert_int_equal(arrivals_of(desk, codes[i], "dossier.overdue", true), 1);
    }
    for (size_t i = 0; i < desk->arrivals_count; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(desk->arrivals[i].id, desk->arrivals[j].id);
}

/* Told while it is away, and the end before the receipt: by their own times there is nothing to remind of. */
static void after_standing_still_it_sends_what_is_still_true(void **state)
{
    struct desk *desk = *state;
    kit_kill(&desk->deadlines);
    finish_dossier(desk, "H56.14-261126-0201");
    receive_overdue(desk, "H56.14-261126-0201");
    receive_overdue(desk, "H56.14-261126-0202");
    start_deadlines(desk);
    await(desk, "H56.14-261126-0202", "dossier.overdue", false);
    await(desk, "H56.14-261126-0202", "dossier.overdue", true);
    assert_int_equal(arrivals_of(desk, "H56.14-261126-0201", "dossier.overdue", false), 0);
    assert_int_equal(arrivals_of(desk, "H56.14-261126-0202", "dossier.overdue", false), 1);
}

static void it_ends_when_told(void **state)
{
    struct desk *desk = *state;
    struct truc_fault fault = {0};
    assert_done(child_stop(&desk->deadlines, WAIT_MS, &fault), &fault);
    assert_int_equal(child_result(&desk->deadlines), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_overdue_dossier_is_told_to_the_desk_and_one_level_up),
        cmocka_unit_test(it_wakes_at_the_due_instant),
        cmocka_unit_test(a_life_with_a_supplement_ends_without_a_word),
        cmocka_unit_test(both_rates_are_reported_while_it_runs),
        cmocka_unit_test(killed_again_and_again_it_reminds_of_each_once),
        cmocka_unit_test(after_standing_still_it_sends_what_is_still_true),
        cmocka_unit_test(it_ends_when_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
