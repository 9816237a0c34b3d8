/* report.c - see report.h.
 * One pass over the dossiers of the period; each is judged by both rules at the same instant.
 * Called by deadlines_main.c. */
#include "report.h"

#include "unit_code.h"
#include "verdict_text.h"
#include "vietnamese.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES_MAX = 16 * 1024 * 1024, TITLE_COLUMNS = 46, NUMBER_COLUMNS = 20 };

struct counting {
    struct store *store;
    const struct deadlines_book *book;
    struct report *report;
    struct arena arena;
    struct truc_fault *fault;
};

static void count_difference(struct report *report, const char *code, enum rate_reason national,
                             enum rate_reason province)
{
    struct report_difference *difference = &report->differences[national][province];
    if (difference->count < REPORT_EXAMPLES_MAX)
        (void)snprintf(difference->examples[difference->count], sizeof difference->examples[0], "%s", code);
    difference->count++;
}

static void count_dossier(struct report *report, const char *code, const struct dossier_clock *clock,
                          const struct rules *rules)
{
    struct rate_judgement national = rate_national(clock, rules), province = rate_province(clock);
    report->dossiers++;
    report->national[national.verdict]++;
    report->province[province.verdict]++;
    report->national_why[national.reason]++;
    report->province_why[province.reason]++;
    if (national.verdict != province.verdict)
        count_difference(report, code, national.reason, province.reason);
    for (size_t i = 0; i < NOTES; i++)
        report->notes[i] += clock->notes >> i & 1;
}

static int visit(void *context, const char *code)
{
    struct counting *counting = context;
    const struct report_request *request = &counting->report->request;
    struct dossier dossier;
    struct dossier_clock clock;
    arena_reset(&counting->arena);
    int result = store_matter(counting->store, false, code, &counting->arena, &dossier, counting->fault);
    if (result < 0)
        return result;
    if (request->unit && (dossier.unit_code == NULL || !unit_code_is_under(dossier.unit_code, request->unit)))
        return 0;
    dossier_clock_run(&dossier, counting->book->calendar, &counting->book->rules, counting->report->as_of_ns, NULL,
                      &clock);
    if (rate_in_period(&clock, request->from_ns, request->until_ns))
        count_dossier(counting->report, code, &clock, rules_at(&counting->book->rules, clock.received_ns));
    return 0;
}

int report_make(struct store *store, const struct deadlines_book *book, const struct report_request *request,
                struct report *ret_report, struct truc_fault *fault)
{
    *ret_report = (struct report){.request = *request};
    ret_report->as_of_ns = request->now_ns < request->until_ns ? request->now_ns : request->until_ns - 1;
    struct counting counting = {store, book, ret_report, {.used_bytes_max = ARENA_BYTES_MAX}, fault};
    int code = store_each_dossier(store, request->from_ns, request->until_ns, visit, &counting, fault);
    arena_free(&counting.arena);
    return code;
}

/* ---- printing ---- */

static void print_row(struct buffer *out, const char *title, const char *national, const char *province)
{
    vietnamese_left(out, title, TITLE_COLUMNS);
    vietnamese_right(out, national, NUMBER_COLUMNS);
    vietnamese_right(out, province, NUMBER_COLUMNS);
    buffer_append_byte(out, '\n');
}

static void print_numbers(struct buffer *out, const char *title, uint64_t national, uint64_t province)
{
    char left[VIETNAMESE_BYTES], right[VIETNAMESE_BYTES];
    vietnamese_number(national, left);
    vietnamese_number(province, right);
    print_row(out, title, left, right);
}

static void print_table(const struct report *report, struct buffer *out)
{
    char left[VIETNAMESE_BYTES], right[VIETNAMESE_BYTES], title[128];
    const uint64_t *national = report->national, *province = report->province;
    print_row(out, "", "Quyết định 766", "Quy tắc của tỉnh");
    print_numbers(out, "Hồ sơ được tính", national[RATE_ON_TIME] + national[RATE_LATE],
                  province[RATE_ON_TIME] + province[RATE_LATE]);
    print_numbers(out, "Đúng hạn", national[RATE_ON_TIME], province[RATE_ON_TIME]);
    print_numbers(out, "Quá hạn", national[RATE_LATE], province[RATE_LATE]);
    print_numbers(out, "Không tính", national[RATE_LEFT_OUT], province[RATE_LEFT_OUT]);
    vietnamese_share(national[RATE_ON_TIME], national[RATE_ON_TIME] + national[RATE_LATE], left);
    vietnamese_share(province[RATE_ON_TIME], province[RATE_ON_TIME] + province[RATE_LATE], right);
    print_row(out, "Tỷ lệ đúng hạn", left, right);
    buffer_append_string(out, "\nTrong đó\n");
    for (size_t i = 0; i < RATE_REASONS; i++) {
        if (report->national_why[i] + report->province_why[i] == 0)
            continue;
        (void)snprintf(title, sizeof title, "  %s", reason_text((enum rate_reason)i));
        print_numbers(out, title, report->national_why[i], report->province_why[i]);
    }
}

static void print_difference(const struct report_difference *difference, enum rate_reason national,
                             enum rate_reason province, struct buffer *out)
{
    char count[VIETNAMESE_BYTES];
    vietnamese_number(difference->count, count);
    buffer_printf(out, "  %s hồ sơ: QĐ 766: %s; tỉnh: %s\n    ", count, reason_text(national), reason_text(province));
    for (uint64_t i = 0; i < difference->count && i < REPORT_EXAMPLES_MAX; i++)
        buffer_printf(out, "%s%s", i ? ", " : "", difference->examples[i]);
    buffer_append_string(out, difference->count > REPORT_EXAMPLES_MAX ? ", …\n" : "\n");
}

static void print_differences(const struct report *report, struct buffer *out)
{
    uint64_t total = 0;
    char count[VIETNAMESE_BYTES];
    for (size_t i = 0; i < RATE_REASONS; i++)
        for (size_t j = 0; j < RATE_REASONS; j++)
            total += report->differences[i][j].count;
    if (total == 0) {
        buffer_append_string(out, "\nHai quy tắc cho cùng kết quả ở mọi hồ sơ\n");
        return;
    }
    vietnamese_number(total, count);
    buffer_printf(out, "\nHai quy tắc cho kết quả khác nhau ở %s hồ sơ\n", count);
    for (size_t i = 0; i < RATE_REASONS; i++)
        for (size_t j = 0; j < RATE_REASONS; j++)
            if (report->differences[i][j].count)
                print_difference(&report->differences[i][j], (enum rate_reason)i, (enum rate_reason)j, out);
    buffer_append_string(out, "  Từng bước của một hồ sơ: truc-deadlines explain MÃ\n");
}

static void print_notes(const struct report *report, struct buffer *out)
{
    char count[VIETNAMESE_BYTES];
    bool any = false;
    for (size_t i = 0; i < NOTES; i++) {
        if (report->notes[i] == 0)
            continue;
        vietnamese_number(report->notes[i], count);
        buffer_printf(out, "%s  %s hồ sơ: %s\n", any ? "" : "\nDữ liệu cần xem lại\n", count, note_text(i));
        any = true;
    }
}

void report_print(const struct report *report, struct buffer *out)
{
    char from[VIETNAMESE_BYTES], until[VIETNAMESE_BYTES], as_of[VIETNAMESE_BYTES], count[VIETNAMESE_BYTES];
    vietnamese_day(report->request.from_ns, from);
    vietnamese_day(report->request.until_ns - 1, until);
    vietnamese_time(report->as_of_ns, as_of);
    vietnamese_number(report->dossiers, count);
    buffer_printf(out, "Giải quyết hồ sơ đúng hạn: %s\n",
                  report->request.unit ? report->request.unit : "tất cả đơn vị");
    buffer_printf(out, "Tiếp nhận hoặc kết thúc từ %s đến %s: %s hồ sơ, tính đến %s\n\n", from, until, count, as_of);
    print_table(report, out);
    print_differences(report, out);
    print_notes(report, out);
}
