/* explain.c - see explain.h.
 * The text follows the trace of the same walk that everything else is computed by, so it can't say anything else.
 * Called by deadlines_main.c. */
#include "explain.h"

#include "rate.h"
#include "verdict_text.h"
#include "vietnamese.h"

#include <inttypes.h>
#include <stdio.h>

enum { ARENA_BYTES_MAX = 16 * 1024 * 1024, TIME_COLUMNS = 24 };

struct explaining {
    struct buffer *out;
    const struct deadlines_book *book;
    bool is_task;
};

static void begin_line(struct explaining *explaining, uint64_t at_ns)
{
    char time[VIETNAMESE_BYTES];
    vietnamese_time(at_ns, time);
    buffer_append_string(explaining->out, "  ");
    vietnamese_left(explaining->out, time, TIME_COLUMNS);
}

static void end_line(struct explaining *explaining, const struct fact *fact)
{
    if (fact)
        buffer_printf(explaining->out, "   (%s, %s)", fact->type, fact->source);
    buffer_append_byte(explaining->out, '\n');
}

static const char *status_of(const struct explaining *explaining, uint32_t status)
{
    return explaining->is_task ? task_status_text(status) : status_text(status);
}

/* Why a day is free, when the count begins on another day than the receipt. */
static void say_received(struct explaining *explaining, const struct clock_event *event)
{
    char from[VIETNAMESE_BYTES];
    const struct calendar_day *day = calendar_day_of(explaining->book->calendar, event->at_ns);
    buffer_append_string(explaining->out, "tiếp nhận");
    if (event->other_ns == event->at_ns)
        return;
    vietnamese_time(event->other_ns, from);
    buffer_printf(explaining->out, ", ngoài giờ làm việc%s%s: tính từ %s", day && day->title[0] ? ", " : "",
                  day ? day->title : "", from);
}

static void say(struct explaining *explaining, const struct clock_event *event)
{
    char due[VIETNAMESE_BYTES], other[VIETNAMESE_BYTES];
    struct buffer *out = explaining->out;
    vietnamese_time(event->due_ns, due);
    vietnamese_time(event->other_ns, other);
    switch (event->kind) {
    case EVENT_RECEIVED:
        say_received(explaining, event);
        break;
    case EVENT_DUE_SET:
        buffer_printf(out, "hạn trả: %s, theo bản tin", due);
        break;
    case EVENT_DUE_TERM:
        buffer_printf(out, "hạn trả: %s, theo thời hạn %u ngày làm việc của thủ tục", due, event->days);
        break;
    case EVENT_PAUSED:
        buffer_append_string(out, "chờ bổ sung: dừng tính thời hạn");
        break;
    case EVENT_RESUMED:
        buffer_printf(out, "hết chờ bổ sung: đã chờ %u ngày, hạn trả từ %s dời đến %s", event->days, other, due);
        break;
    case EVENT_STATUS:
        buffer_printf(out, "trạng thái %u: %s", event->status, status_of(explaining, event->status));
        break;
    case EVENT_STEP:
        buffer_printf(out, "bước %s: hạn %s", event->fact->step_name ? event->fact->step_name : "xử lý", due);
        break;
    case EVENT_ENDED:
        buffer_append_string(out, "kết thúc");
        break;
    case EVENT_REOPENED:
        buffer_append_string(out, "xử lý lại");
        break;
    }
}

static void line(void *context, const struct clock_event *event)
{
    begin_line(context, event->at_ns);
    say(context, event);
    end_line(context, event->fact);
}

static int reminded(void *context, const struct store_reminder *reminder)
{
    static const char *const kinds[] = {"sắp hết hạn", "quá hạn", "quá hạn, chuyển lên cấp trên", "xin lỗi, hẹn lại"};
    static const char *const scopes[] = {"hồ sơ", "bước xử lý", "ngày hẹn lại", "nhiệm vụ"};
    static const char *const states[] = {"chờ gửi", "đã gửi", "bị từ chối", "không còn đúng nên không gửi"};
    struct explaining *explaining = context;
    char due[VIETNAMESE_BYTES];
    vietnamese_time(reminder->new_due_ns ? reminder->new_due_ns : reminder->due_ns, due);
    begin_line(explaining, reminder->planned_ns);
    buffer_printf(explaining->out, "%s: %s, %s (%s%s%s)\n", kinds[reminder->kind], scopes[reminder->scope], due,
                  states[reminder->state], reminder->outcome ? ": " : "",
                  reminder->outcome ? truc_error_name(reminder->outcome) : "");
    return 0;
}

static void judge(struct explaining *explaining, const char *title, struct rate_judgement judgement)
{
    char end[VIETNAMESE_BYTES], due[VIETNAMESE_BYTES];
    vietnamese_time(judgement.end_ns, end);
    vietnamese_time(judgement.due_ns, due);
    vietnamese_left(explaining->out, title, TIME_COLUMNS + 2);
    buffer_printf(explaining->out, "%s: %s", verdict_text(judgement.verdict), reason_text(judgement.reason));
    if (judgement.due_ns && judgement.end_ns)
        buffer_printf(explaining->out, "; so %s với hạn %s", end, due);
    buffer_append_byte(explaining->out, '\n');
}

static void print_state(struct explaining *explaining, const struct dossier_clock *clock)
{
    struct buffer *out = explaining->out;
    char due[VIETNAMESE_BYTES], span[VIETNAMESE_BYTES];
    uint64_t now_ns = clock->as_of_ns, span_ns;
    bool is_late = clock->due_ns && clock->due_ns < now_ns;
    vietnamese_time(clock->due_ns, due);
    buffer_printf(out, "\nHiện tại: trạng thái %u, %s; hạn trả %s\n", clock->status,
                  status_of(explaining, clock->status), due);
    if (dossier_clock_is_open(clock) && clock->due_ns && !clock->is_paused &&
        calendar_between(explaining->book->calendar, is_late ? clock->due_ns : now_ns, is_late ? now_ns : clock->due_ns,
                         &span_ns, NULL) == 0) {
        vietnamese_working_span(span_ns, span);
        buffer_printf(out, "%s %s làm việc\n", is_late ? "Đã quá hạn" : "Còn", span);
    }
    for (size_t i = 0; i < NOTES; i++)
        if (clock->notes >> i & 1)
            buffer_printf(out, "Cần xem lại: %s\n", note_text(i));
}

static void print_title(const struct dossier *dossier, struct buffer *out)
{
    buffer_printf(out, "%s", dossier->code);
    if (dossier->procedure_code)
        buffer_printf(out, "  %s (%s)", dossier->procedure_name ? dossier->procedure_name : "thủ tục",
                      dossier->procedure_code);
    if (dossier->unit_code)
        buffer_printf(out, "  %s (%s)", dossier->unit_name ? dossier->unit_name : "đơn vị", dossier->unit_code);
    buffer_append_string(out, "\n");
}

static int print(struct store *store, const struct deadlines_book *book, bool is_task, const struct dossier *dossier,
                 uint64_t now_ns, struct buffer *out, struct truc_fault *fault)
{
    struct explaining explaining = {out, book, is_task};
    struct clock_trace trace = {line, &explaining};
    struct dossier_clock clock;
    print_title(dossier, out);
    dossier_clock_run(dossier, book->calendar, &book->rules, now_ns, &trace, &clock);
    print_state(&explaining, &clock);
    if (!is_task) {
        const struct rules *rules = rules_at(&book->rules, clock.received_ns);
        buffer_printf(out, "\nTheo %s\n", rules->title);
        judge(&explaining, "  Quyết định 766", rate_national(&clock, rules));
        judge(&explaining, "  Quy tắc của tỉnh", rate_province(&clock));
    }
    buffer_append_string(out, "\nĐã nhắc\n");
    size_t before = out->size;
    int code = store_each_reminder(store, is_task, dossier->code, reminded, &explaining, fault);
    if (code == 0 && out->size == before)
        buffer_append_string(out, "  chưa có\n");
    return code;
}

int explain(struct store *store, const struct deadlines_book *book, const char *code, uint64_t now_ns,
            struct buffer *out, struct truc_fault *fault)
{
    ARENA_CLEANUP struct arena arena = {.used_bytes_max = ARENA_BYTES_MAX};
    struct dossier dossier;
    bool is_task = false;
    int result = store_matter(store, false, code, &arena, &dossier, fault);
    if (result == TRUC_E_NOT_FOUND) {
        is_task = true;
        result = store_matter(store, true, code, &arena, &dossier, fault);
    }
    return result < 0 ? result : print(store, book, is_task, &dossier, now_ns, out, fault);
}
