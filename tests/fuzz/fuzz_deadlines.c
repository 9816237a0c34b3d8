/* fuzz_deadlines.c - any payload as a message of each type that the deadlines system hears, and any text as a calendar (docs/deadlines.md).
 * What is read has a clock, a plan and both verdicts; in a calendar that loads, adding working time and counting it agree.
 * A fuzz target, see fuzz.h. The first byte says which of them. */
#include "fuzz.h"

#include "calendar_load.h"
#include "heard.h"
#include "rate.h"
#include "reminder.h"
#include "unit_code.h"

enum { MESSAGES = 12, STEPS = 24 };
#define NOW_NS 1795000000000000000ull /* 2026-11-18 */

static const char some_calendar[] = "calendar: x\nbasis: x\nvalid: {from: 2026-01-01, until: 2026-12-31}\n"
                                    "hours: [\"07:30-11:30\", \"13:30-17:30\"]\nweekend: [saturday, sunday]\n";

static int load(struct bytes content, struct calendar **ret_calendar)
{
    struct policy_report report = {0};
    const struct calendar_text text = {"calendar.yaml", content};
    int code = calendar_load(&text, 1, &report, ret_calendar);
    FUZZ_REQUIRE(code == 0 || code == TRUC_E_CONFIG || code == TRUC_E_MEMORY);
    FUZZ_REQUIRE(code != TRUC_E_CONFIG || report.errors > 0); /* every refusal has a reason */
    policy_report_free(&report);
    return code;
}

static void check_calendar(const struct calendar *calendar)
{
    uint64_t at_ns = calendar_day_start(calendar->first_day), span_ns = CALENDAR_HOUR_NS;
    for (int i = 0; i < STEPS; i++, at_ns += 7 * CALENDAR_HOUR_NS + 1, span_ns += span_ns / 3) {
        uint64_t end_ns, counted_ns, next_ns;
        if (calendar_add(calendar, at_ns, span_ns, &end_ns, NULL) != 0)
            return;
        FUZZ_REQUIRE(end_ns > at_ns);
        FUZZ_REQUIRE(calendar_between(calendar, at_ns, end_ns, &counted_ns, NULL) == 0 && counted_ns == span_ns);
        FUZZ_REQUIRE(calendar_next(calendar, at_ns, &next_ns, NULL) == 0 && next_ns >= at_ns);
        FUZZ_REQUIRE(calendar_next(calendar, next_ns, &end_ns, NULL) == 0 && end_ns == next_ns);
    }
}

static void check_message(const char *type, struct bytes payload)
{
    static struct calendar *calendar;
    static struct rules rules[] = {{"nd", "Nghị định", 0, 8 * CALENDAR_HOUR_NS, 8 * CALENDAR_HOUR_NS,
                                    16 * CALENDAR_HOUR_NS, 8 * CALENDAR_HOUR_NS, 16 * CALENDAR_HOUR_NS, 1}};
    static const struct rules_book book = {rules, 1, NULL, 0};
    static const struct organisation organisation = {0};
    struct heard_message message = {.type = type, .source = "x", .id = "y", .time_ns = NOW_NS};
    struct heard heard;
    struct dossier_clock clock;
    struct reminder_plan plan;
    const char *reason;
    FUZZ_REQUIRE(calendar || load(bytes_of(some_calendar, sizeof some_calendar - 1), &calendar) == 0);
    message.payload = payload.data;
    message.payload_bytes = payload.size;
    int code = heard_read(&message, NOW_NS, &heard, &reason, NULL);
    FUZZ_REQUIRE(code == 0 || (code == TRUC_E_PAYLOAD && reason[0] != 0));
    if (code != 0)
        return;
    struct dossier dossier = heard.about;
    const struct reminder_world world = {calendar, &book, &organisation};
    dossier.facts = &heard.fact;
    dossier.count = 1;
    for (uint64_t now_ns = NOW_NS; now_ns != UINT64_MAX; now_ns = plan.next_ns) {
        reminder_plan(&dossier, heard.is_task, &world, now_ns, &plan);
        FUZZ_REQUIRE(plan.next_ns > now_ns && plan.count <= REMINDERS_MAX);
    }
    dossier_clock_run(&dossier, calendar, &book, NOW_NS, NULL, &clock);
    FUZZ_REQUIRE(rate_national(&clock, rules).verdict <= RATE_LATE && rate_province(&clock).verdict <= RATE_LATE);
    if (dossier.unit_code)
        FUZZ_REQUIRE(unit_code_is_under(dossier.unit_code, dossier.unit_code));
    heard_free(&heard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct calendar *calendar = NULL;
    if (size == 0)
        return 0;
    struct bytes rest = bytes_of(data + 1, size - 1);
    if (data[0] < MESSAGES) {
        check_message(heard_type(data[0]), rest);
    } else if (load(rest, &calendar) == 0) {
        check_calendar(calendar);
        calendar_free(calendar);
    }
    return 0;
}
