/* test_cli_top.c - `truc top` as functions: answers → model → lines, keys → meanings; and whole screens from a stub broker.
 * Not the terminal itself, which was tried by hand: here output is memory.
 * Answers are written field by field as operator.proto says. */
#include "cli_bench.h"

#include "cli_format.h"
#include "cli_stub_broker.h"
#include "protobuf_wire.h"
#include "time_text.h"
#include "top_render.h"
#include "top_terminal.h"

#include <stdlib.h>
#include <string.h>

struct made_queue {
    const char *system;
    bool connected;
    uint64_t away_ms, waiting, out, retrying, dead, accepted, done, credit_bytes;
};

static void put_queue(struct buffer *out, const struct made_queue *queue)
{
    size_t mark = wire_begin(out, 19);
    wire_put_string(out, 1, queue->system);
    wire_put_bool(out, 3, queue->connected);
    wire_put_uint(out, 4, queue->away_ms);
    wire_put_uint(out, 5, queue->waiting);
    wire_put_uint(out, 6, queue->out);
    wire_put_uint(out, 7, queue->retrying);
    wire_put_uint(out, 9, queue->dead);
    wire_put_uint(out, 10, queue->accepted);
    wire_put_uint(out, 12, queue->done);
    wire_put_uint(out, 16, queue->credit_bytes);
    wire_end(out, mark);
}

/* A status at that second, of a broker that has accepted so much. */
static void take_status(struct top_model *model, unsigned second, uint64_t accepted, const struct made_queue *queues,
                        size_t count)
{
    static const uint8_t hash[32] = {0x5d, 0x1e, 0x07};
    struct buffer answer = {0};
    struct truc_fault fault = {0};
    wire_put_string(&answer, 1, "thanhhoa");
    wire_put_bytes(&answer, 3, bytes_of(hash, sizeof hash));
    wire_put_uint(&answer, 5, 1204330);
    wire_put_fixed64(&answer, 6, BENCH_NOW_NS - 72 * TIME_NS_PER_S);
    wire_put_fixed64(&answer, 7, BENCH_NOW_NS + second * TIME_NS_PER_S);
    wire_put_uint(&answer, 8, accepted);
    wire_put_uint(&answer, 9, 41);
    wire_put_uint(&answer, 12, 3);
    wire_put_uint(&answer, 15, 2);
    for (size_t i = 0; i < count; i++)
        put_queue(&answer, &queues[i]);
    if (top_take_status(model, buffer_view(&answer), &fault) < 0)
        fail_msg("%s", fault.text);
    buffer_free(&answer);
}

static const struct made_queue usual[] = {
    {.system = "national-portal", .away_ms = 8000, .waiting = 212, .dead = 1, .done = 1000},
    {.system = "onestop", .connected = true, .accepted = 300, .done = 300, .credit_bytes = 1},
    {.system = "population", .away_ms = 4000, .waiting = 3},
};

static struct top_model *model_new(void)
{
    struct top_model *model = calloc(1, sizeof *model);
    assert_non_null(model);
    return model;
}

static char *render(const struct top_model *model, const struct top_view *view)
{
    struct buffer out = {0};
    top_render(model, view, &out);
    assert_non_null(buffer_string(&out));
    char *text = strdup(buffer_string(&out));
    buffer_free(&out);
    return text;
}

static const struct top_view endless = {.columns = TOP_ENDLESS, .rows = TOP_ENDLESS};

static void test_a_screen_says_what_stands_and_why(void **state)
{
    struct top_model *model = model_new();
    (void)state;
    take_status(model, 0, 58120, usual, COUNT_OF(usual));
    char *text = render(model, &endless);
    assert_string_equal(
        text,
        "Trục · thanhhoa · config 5d1e07 · 23/11/2026 14:03 GMT+7 · up 00:01:12 · journal 1.204.330 records (-)\n"
        "accepted 58.120 (-) · refused 41 (-) · requests 3 open, 2 past their deadline\n"
        "\n"
        "SYSTEM           STATE         QUEUED       IN     DONE      OUT RETRYING   BEHIND   PERSON  WHY IT STANDS\n"
        "national-portal  away 8 s         212        -        -        0        0        0        1  messages need a "
        "person: truc dead list\n"
        "population       away 4 s           3        -        -        0        0        0        0  its adapter is "
        "away: messages wait for it\n"
        "onestop          connected          0        -        -        0        0        0        0\n"
        "\n"
        "REFUSED: nothing since this began to look\n");
    free(text);
    free(model);
}

static void test_long_names_and_states_widen_their_columns(void **state)
{
    static const struct made_queue long_one[] = {{.system = "department-of-education", .away_ms = 8000, .waiting = 212},
                                                 {.system = "portal", .away_ms = 8000, .waiting = 1}};
    struct top_model *model = model_new();
    (void)state;
    take_status(model, 0, 58120, long_one, COUNT_OF(long_one));
    char *text = render(model, &endless);
    assert_non_null(strstr(text, "\ndepartment-of-education away 8 s         212 "));
    assert_non_null(strstr(text, "\nportal                  away 8 s           1 "));
    free(text);
    free(model);
}

static void test_rates_come_from_two_answers_of_one_run(void **state)
{
    const struct made_queue later[] = {{.system = "onestop", .connected = true, .accepted = 340, .done = 304}};
    struct top_model *model = model_new();
    (void)state;
    take_status(model, 0, 58120, usual, COUNT_OF(usual));
    take_status(model, 2, 58164, later, COUNT_OF(later));
    char *text = render(model, &endless);
    cli_bench_expect(text, "accepted 58.164 (22/s) · refused 41 (0/s)");
    cli_bench_expect(text, "onestop          connected          0     20/s    2,0/s");
    free(text);
    model->started_ns++; /* another run: its counts begin anew */
    take_status(model, 4, 10, later, COUNT_OF(later));
    assert_false(model->has_rates);
    assert_int_equal(model->accepted_a_minute, 0);
    free(model);
}

static const char *why(const struct made_queue *queue)
{
    static struct top_model model;
    take_status(&model, 0, 0, queue, 1);
    take_status(&model, 1, 0, queue, 1);
    return model.queues[0].why;
}

static void test_the_first_reason_that_holds_is_named(void **state)
{
    struct made_queue queue = {.system = "edoc", .connected = true, .credit_bytes = 1};
    (void)state;
    assert_string_equal(why(&queue), "");
    queue.waiting = 5;
    assert_string_equal(why(&queue), "");
    queue.out = 2;
    assert_string_equal(why(&queue), "it takes messages and settles none");
    queue.out = queue.credit_bytes = 0;
    assert_string_equal(why(&queue), "it is connected and asks for nothing");
    queue.retrying = 1;
    cli_bench_expect(why(&queue), "it asks for messages again later");
    queue.connected = false;
    cli_bench_expect(why(&queue), "its adapter is away");
    queue.dead = 1;
    cli_bench_expect(why(&queue), "messages need a person");
}

static void put_letter(struct buffer *out, const char *destination, unsigned second, const char *text)
{
    size_t mark = wire_begin(out, 1);
    wire_put_string(out, 1, destination);
    wire_put_fixed64(out, 3, BENCH_NOW_NS + second * TIME_NS_PER_S);
    wire_put_string(out, 4, "RETRIES");
    wire_put_string(out, 6, text);
    wire_end(out, mark);
}

static void test_the_newest_dead_letter_says_why(void **state)
{
    struct top_model *model = model_new();
    struct buffer letters = {0};
    struct truc_fault fault = {0};
    (void)state;
    take_status(model, 0, 0, usual, COUNT_OF(usual));
    put_letter(&letters, "national-portal", 1, "HTTP 500");
    put_letter(&letters, "national-portal", 9, "HTTP 503\x1b[2J");
    put_letter(&letters, "national-portal", 5, "HTTP 502");
    assert_int_equal(top_take_letters(model, buffer_view(&letters), &fault), 0);
    char *text = render(model, &endless);
    cli_bench_expect(text, "RETRIES: HTTP 503");
    assert_null(strstr(text, "HTTP 502"));
    assert_null(strchr(text, '\x1b'));
    free(text);
    buffer_free(&letters);
    free(model);
}

static void test_refusals_come_newest_first_and_masked(void **state)
{
    struct top_model *model = model_new();
    struct truc_fault fault = {0};
    (void)state;
    take_status(model, 0, 0, usual, COUNT_OF(usual));
    for (unsigned i = 0; i < TOP_REFUSALS_MAX + 5; i++) {
        struct buffer event = {0};
        char text[64];
        snprintf(text, sizeof text, "number %u, citizen 038909012345", i);
        wire_put_fixed64(&event, 1, BENCH_NOW_NS);
        wire_put_uint(&event, 2, i == 3 ? 0 : 43); /* the accepted one is not kept */
        wire_put_string(&event, 3, "edoc");
        wire_put_string(&event, 5, "document.send");
        wire_put_string(&event, 8, text);
        assert_int_equal(top_take_event(model, buffer_view(&event), &fault), 0);
        buffer_free(&event);
    }
    assert_int_equal(model->refusals_count, TOP_REFUSALS_MAX);
    char *shown = render(model, &endless), *first = strstr(shown, "number 68"), *second = strstr(shown, "number 67");
    assert_true(first && second && first < second);
    cli_bench_expect(shown, "14:03:07.118  SECRET           edoc             document.send");
    assert_null(strstr(shown, "038909012345"));
    free(shown);
    free(model);
}

/* ---- room ---- */

static size_t check_room(const char *text, size_t columns)
{
    size_t lines = 0;
    for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1, lines++)
        assert_true(cli_text_width(bytes_of(text, (size_t)(end - text))) <= columns);
    assert_int_equal(*text, '\0');
    return lines;
}

static void test_no_screen_is_larger_than_the_terminal(void **state)
{
    struct top_model *model = model_new();
    struct made_queue queues[40];
    static char names[COUNT_OF(queues)][16];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(queues); i++) {
        snprintf(names[i], sizeof names[i], "system-%02zu", i);
        queues[i] = (struct made_queue){.system = names[i], .waiting = i};
    }
    take_status(model, 0, 0, queues, COUNT_OF(queues));
    for (size_t rows = 1; rows < 60; rows++)
        for (size_t columns = 1; columns < 130; columns += 7) {
            const struct top_view view = {.columns = columns, .rows = rows, .has_keys = true};
            char *text = render(model, &view);
            assert_true(check_room(text, columns) <= rows);
            free(text);
        }
    free(model);
}

static void test_queues_are_sorted_and_scrolled(void **state)
{
    struct top_model *model = model_new();
    struct top_view view = {.columns = 200, .rows = 12, .has_keys = true, .sort = TOP_BY_SYSTEM};
    struct made_queue queues[20];
    static char names[COUNT_OF(queues)][16];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(queues); i++) {
        snprintf(names[i], sizeof names[i], "system-%02zu", i);
        queues[i] = (struct made_queue){.system = names[i], .connected = true, .waiting = i, .credit_bytes = 1};
    }
    take_status(model, 0, 0, queues, COUNT_OF(queues));
    size_t last = top_first_max(model, &view);
    char *text = render(model, &view);
    cli_bench_expect(text, "\nsystem-00 ");
    cli_bench_expect(text, "more below");
    free(text);
    view.first = last;
    text = render(model, &view);
    cli_bench_expect(text, "\nsystem-19 ");
    assert_null(strstr(text, "more below"));
    free(text);
    view = (struct top_view){.columns = 200, .rows = 12, .sort = TOP_BY_QUEUED};
    text = render(model, &view);
    cli_bench_expect(text, "WHY IT STANDS\nsystem-19 ");
    free(text);
    free(model);
}

/* ---- keys ---- */

static void test_keys_mean_what_the_screen_says(void **state)
{
    char letter = '\0';
    (void)state;
    assert_int_equal(top_key_of(bytes_string("q"), &letter), TOP_KEY_QUIT);
    assert_int_equal(top_key_of(bytes_string("\x03"), &letter), TOP_KEY_QUIT);
    assert_int_equal(top_key_of(bytes_string("\x1b[A"), &letter), TOP_KEY_UP);
    assert_int_equal(top_key_of(bytes_string("\x1bOB"), &letter), TOP_KEY_DOWN);
    assert_int_equal(top_key_of(bytes_string("\x1b[6~"), &letter), TOP_KEY_PAGE_DOWN);
    assert_int_equal(top_key_of(bytes_string("\x1b"), &letter), TOP_KEY_NONE);
    assert_int_equal(top_key_of(bytes_string("đ"), &letter), TOP_KEY_NONE);
    assert_int_equal(top_key_of(bytes_string("w"), &letter), TOP_KEY_LETTER);
    assert_int_equal(letter, 'w');
}

/* ---- the command ---- */

static struct stub_broker *start(struct cli_bench *bench)
{
    cli_bench_init(bench, "bus");
    char *secret = cli_bench_read(cli_bench_path(bench, "bus/keys/broker.curve"), NULL);
    secret[strcspn(secret, "\n")] = '\0';
    struct stub_broker *broker = stub_broker_start(secret, STUB_ANSWERS);
    free(secret);
    return broker;
}

#define TOP(bench, broker, ...)                                                                                        \
    RUN(bench, "top", "--state", cli_bench_path(bench, "bus"), "--broker", stub_broker_endpoint(broker), "--timeout",  \
        "10s", "--every", "250ms", __VA_ARGS__)

static void test_where_there_is_no_terminal_it_prints_screens(void **state)
{
    struct cli_bench *bench = *state;
    struct stub_broker *broker = start(bench);
    assert_int_equal(TOP(bench, broker, "--count", "2"), CLI_OK);
    cli_bench_expect(bench->out, "BLOCKED, nothing is taken: disk 91 % > 90 %\n");
    cli_bench_expect(bench->out, "RETRIES: HTTP 500");
    cli_bench_expect(bench->out, "SECRET           edoc             document.send");
    const char *second = strstr(bench->out + 1, "Trục · thanhhoa");
    assert_non_null(second);
    assert_null(strstr(second + 1, "Trục · thanhhoa"));
    assert_null(strchr(bench->out, '\x1b'));
    stub_broker_stop(broker, NULL);
}

static void test_programs_get_a_line_a_screen(void **state)
{
    struct cli_bench *bench = *state;
    struct stub_broker *broker = start(bench);
    assert_int_equal(TOP(bench, broker, "--count", "1", "--output", "json"), CLI_OK);
    json_t *document = cli_bench_json(bench), *queue = json_array_get(json_object_get(document, "queues"), 0);
    assert_string_equal(json_string_value(json_object_get(queue, "system")), "national-portal");
    cli_bench_expect(json_string_value(json_object_get(queue, "why")), "RETRIES: HTTP 500");
    assert_int_equal(json_array_size(json_object_get(document, "refusals")), 1);
    json_decref(document);
    stub_broker_stop(broker, NULL);
}

static void test_a_pipe_needs_an_end(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "top"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "this is no terminal: say when to end");
    assert_int_equal(RUN(bench, "top", "--every", "5ms"), CLI_WRONG_USE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cli_bench_setup, cli_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_screen_says_what_stands_and_why),
        cmocka_unit_test(test_long_names_and_states_widen_their_columns),
        cmocka_unit_test(test_rates_come_from_two_answers_of_one_run),
        cmocka_unit_test(test_the_first_reason_that_holds_is_named),
        cmocka_unit_test(test_the_newest_dead_letter_says_why),
        cmocka_unit_test(test_refusals_come_newest_first_and_masked),
        cmocka_unit_test(test_no_screen_is_larger_than_the_terminal),
        cmocka_unit_test(test_queues_are_sorted_and_scrolled),
        cmocka_unit_test(test_keys_mean_what_the_screen_says),
        TEST(test_where_there_is_no_terminal_it_prints_screens),
        TEST(test_programs_get_a_line_a_screen),
        TEST(test_a_pipe_needs_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
