/* test_session_ask.c - promises about questions and replies: exactly one answer, one reply, a settled request.
 * Traces of effects for scripted events, as asker and as provider.
 * See docs/protocol.md, "Requests and replies". */
#include "session_bench.h"

#include "field_path.h"

#include "cmocka_start.h"

static int ask(struct bench *bench, const char *id, uint32_t timeout_ms)
{
    struct header header = bench_header(id, "citizen.verify");
    union {
        const char *constant;
        void *token;
    } name = {.constant = id};
    return session_ask(bench->session, &header, bytes_string("?"), timeout_ms, bench->now, name.token, NULL);
}

static void deliver_answer(struct bench *bench, const char *request_id, uint64_t sequence)
{
    struct bench_message reply = {.id = "r1",
                                  .type = "citizen.verify.reply",
                                  .correlation_id = request_id,
                                  .kind = HEADER_REPLY,
                                  .payload = "exists"};
    bench_certificate(bench, "population", 0);
    bench_deliver(bench,
                  &(struct bench_parcel){
                      .sender = "population", .messages = &reply, .count = 1, .sequence = sequence, .subset = 1});
}

static void begin_asked(struct bench *bench)
{
    bench_begin(bench, NULL);
    bench_open(bench);
    assert_int_equal(ask(bench, "q1", 5000), 0);
    bench_flush(bench);
    bench_expect(bench, "send publish 1: q1\n");
}

static void test_the_reply_answers_and_is_settled(void **state)
{
    struct bench bench;
    (void)state;
    begin_asked(&bench);
    bench_outcomes(&bench, 1, "0", 10, 0);
    bench_expect(&bench, "");
    assert_false(session_is_drained(bench.session));
    deliver_answer(&bench, "q1", 12);
    session_drain(bench.session);
    bench_flush(&bench);
    bench_expect(&bench, "answer q1 ok 12 \"exists\"\nsend settle 12:done\n");
    assert_true(session_is_drained(bench.session));
    bench_end(&bench);
}

static void test_a_refused_question_is_answered_by_its_refusal(void **state)
{
    struct bench bench;
    (void)state;
    begin_asked(&bench);
    bench_outcomes(&bench, 1, "NO_AGREEMENT", 0, 0);
    bench_expect(&bench, "answer q1 NO_AGREEMENT\n");
    bench_end(&bench);
}

static void test_failed_carries_the_providers_reason(void **state)
{
    struct bench bench;
    (void)state;
    begin_asked(&bench);
    bench_outcomes(&bench, 1, "0", 10, 0);
    struct command failed = {.kind = COMMAND_FAILED,
                             .failed = {.request_id = bytes_string("q1"),
                                        .sequence = 10,
                                        .code = (uint32_t)-TRUC_E_REJECTED,
                                        .reason = bytes_string("NO_MATCH")}};
    bench_send(&bench, &failed);
    bench_expect(&bench, "answer q1 REJECTED NO_MATCH\n");
    bench_send(&bench, &failed);
    bench_expect(&bench, "");
    bench_end(&bench);
}

static void test_without_an_answer_the_deadline_is_one(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    assert_int_equal(ask(&bench, "q1", 500), 0); /* never connected */
    bench_skip(&bench);
    bench_pass(&bench, 500 + SESSION_ASK_GRACE_MS - 1);
    bench_expect(&bench, "");
    bench_pass(&bench, 1);
    bench_expect(&bench, "answer q1 DEADLINE\n");
    bench_welcome(&bench, NULL);
    bench_expect(&bench, "send hello onestop credit 1048576\n"); /* what is too late is not sent */
    bench_end(&bench);
}

static void test_a_late_reply_is_settled_and_answers_nobody(void **state)
{
    struct bench bench;
    (void)state;
    begin_asked(&bench);
    bench_outcomes(&bench, 1, "0", 10, 0);
    for (int i = 0; i < 6; i++) {
        bench_send(&bench, &(struct command){.kind = COMMAND_PING, .ping = {.number = 1}});
        bench_pass(&bench, 1000);
    }
    bench_skip(&bench);
    deliver_answer(&bench, "q1", 12);
    session_drain(bench.session);
    bench_flush(&bench);
    bench_expect(&bench, "send settle 12:done\n");
    bench_end(&bench);
}

static void test_a_question_taken_back_in_time_never_leaves(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    assert_int_equal(ask(&bench, "q1", 500), 0);
    assert_int_equal(session_cancel(bench.session, "q1"), 0);
    bench_expect(&bench, "connect\nanswer q1 CANCELLED\n");
    assert_int_equal(session_cancel(bench.session, "q1"), TRUC_E_NOT_FOUND);
    bench_welcome(&bench, NULL);
    bench_expect(&bench, "send hello onestop credit 1048576\n");
    bench_end(&bench);
}

static void test_a_question_taken_back_too_late_is_answered_once(void **state)
{
    struct bench bench;
    (void)state;
    begin_asked(&bench);
    assert_int_equal(session_cancel(bench.session, "q1"), 1);
    bench_expect(&bench, "answer q1 CANCELLED\n");
    bench_outcomes(&bench, 1, "0", 10, 0);
    deliver_answer(&bench, "q1", 12);
    session_drain(bench.session);
    bench_flush(&bench);
    bench_expect(&bench, "send settle 12:done\n");
    assert_true(session_is_drained(bench.session));
    bench_end(&bench);
}

static void test_a_question_survives_a_loss(void **state)
{
    struct bench bench;
    (void)state;
    begin_asked(&bench);
    assert_int_equal(session_disconnected(bench.session, bench.now, "cut"), 0);
    bench_pass(&bench, 100);
    bench_skip(&bench);
    bench_welcome(&bench, NULL);
    deliver_answer(&bench, "q1", 12); /* before the repeated publish is answered */
    bench_outcomes(&bench, 1, "repeat", 10, 0);
    bench_expect(&bench, "send hello onestop credit 1048576\nsend publish 1: q1\nanswer q1 ok 12 \"exists\"\n");
    bench_end(&bench);
}

static void test_closing_answers(void **state)
{
    struct bench bench;
    (void)state;
    begin_asked(&bench);
    assert_int_equal(ask(&bench, "q1", 10), TRUC_E_ARGUMENT);
    assert_int_equal(session_close(bench.session, bench.now), 0);
    bench_expect(&bench, "send bye\ndisconnect\nanswer q1 CLOSED\n");
    bench_end(&bench);
}

/* ---- as provider ---- */

static const struct bench_message question = {
    .id = "q9", .type = "citizen.verify", .kind = HEADER_REQUEST, .payload = "?"};
static const char reply_id[] = "5cfcab25559e5d14da2eb654b5517134";

static void begin_questioned(struct bench *bench)
{
    bench_begin(bench, NULL);
    bench_open(bench);
    bench_certificate(bench, "portal", 0);
    bench_deliver(bench, &(struct bench_parcel){
                             .sender = "portal", .messages = &question, .count = 1, .sequence = 50, .subset = 1});
    bench_expect(bench, "deliver 50 #1 citizen.verify \"?\"\n");
}

static void test_a_reply_is_trimmed_by_the_agreement_of_its_request(void **state)
{
    static const struct {
        const char *agreement, *trimmed; /* NULL: all may leave */
    } cases[] = {{"strict", "\x08\x01"}, {"open", NULL}, {"unknown", NULL}, {"other-way", NULL}, {"other-type", NULL}};
    BUFFER_CLEANUP struct buffer fields = {0}, permissions = {0};
    (void)state;
    field_path_append(&fields, &(struct field_path){{1}, 1});
    const struct bytes only = buffer_view(&fields), none = BYTES_EMPTY;
    const struct permission all[] = {
        {bytes_string("citizen.verify"), bytes_string("portal"), PERMISSION_RECEIVE, bytes_string("open"), 0, none},
        {bytes_string("citizen.verify"), bytes_string("portal"), PERMISSION_SEND, bytes_string("other-way"), 0, only},
        {bytes_string("citizen.lookup"), bytes_string("portal"), PERMISSION_RECEIVE, bytes_string("other-type"), 0,
         only},
        {bytes_string("citizen.verify"), bytes_string("portal"), PERMISSION_RECEIVE, bytes_string("strict"), 0, only}};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        permission_append(&permissions, &all[i]);
    const struct bench_welcome welcome = {.credit_bytes = 1024 * 1024,
                                          .message_bytes_max = 512 * 1024,
                                          .bundle_messages_max = 256,
                                          .permissions = buffer_view(&permissions)};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bench bench;
        BUFFER_CLEANUP struct buffer out = {0};
        bench_begin(&bench, NULL);
        bench_welcome(&bench, &welcome);
        bench_skip(&bench);
        bench_certificate(&bench, "portal", 0);
        bench_deliver(&bench, &(struct bench_parcel){.sender = "portal",
                                                     .messages = &question,
                                                     .count = 1,
                                                     .sequence = 50,
                                                     .subset = 1,
                                                     .agreement = cases[i].agreement});
        bench_skip(&bench);
        assert_int_equal(bench_trim(&bench, 50, "\x08\x01\x10\x02", &out), cases[i].trimmed != NULL);
        if (cases[i].trimmed)
            assert_true(bytes_equal_string(buffer_view(&out), cases[i].trimmed));
        bench_end(&bench);
    }
}

/* To the program it is an event: there is nobody to answer. */
static void test_an_observed_request_is_an_event_and_has_no_reply(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    bench_certificate(&bench, "portal", 0);
    bench_deliver(
        &bench,
        &(struct bench_parcel){
            .sender = "portal", .messages = &question, .count = 1, .sequence = 50, .subset = 1, .observed = true});
    bench_expect(&bench, "deliver 50 #1 citizen.verify \"?\"\n");
    assert_int_equal(bench_reply(&bench, 50, "exists"), TRUC_E_STATE);
    bench_end(&bench);
}

static void expect_reply_settles(const char *outcome, const char *expected)
{
    struct bench bench;
    begin_questioned(&bench);
    assert_int_equal(bench_reply(&bench, 50, "exists"), 0);
    bench_flush(&bench);
    bench_skip(&bench);
    session_drain(bench.session);
    bench_outcomes(&bench, 1, outcome, 60, 0);
    bench_flush(&bench);
    bench_expect(&bench, expected);
    bench_end(&bench);
}

static void test_the_request_is_settled_after_its_reply_was_answered(void **state)
{
    (void)state;
    expect_reply_settles("0", "replied 50 ok\nsend settle 50:done\n");
    expect_reply_settles("repeat", "replied 50 ok\nsend settle 50:done\n");
    expect_reply_settles("NO_REQUEST", "replied 50 NO_REQUEST\nsend settle 50:done\n");
    expect_reply_settles("PAYLOAD", "replied 50 PAYLOAD\nlog warning\nsend settle 50:reject(PAYLOAD)\n");
    expect_reply_settles("REPLY_FIELDS", "replied 50 REPLY_FIELDS\nlog warning\nsend settle 50:reject(REPLY_FIELDS)\n");
    expect_reply_settles("RATE", "replied 50 RATE\nlog warning\nsend settle 50:retry(RATE)\n");
    expect_reply_settles("BLOCKED", "");
}

static void test_a_reply_says_what_it_answers(void **state)
{
    static struct bundle bundle;
    struct bench bench;
    struct command publish;
    struct header header;
    char expected_id[33];
    (void)state;
    begin_questioned(&bench);
    assert_int_equal(bench_reply(&bench, 50, "exists"), 0);
    bench_flush(&bench);
    bench_skip(&bench);
    assert_int_equal(command_decode(buffer_view(&bench.last_publish), &publish, NULL), 0);
    assert_int_equal(bundle_decode(publish.publish.bundle, &bundle, NULL), 0);
    assert_int_equal(header_decode(bundle.messages[0].header, &header, NULL), 0);
    session_reply_id(bytes_string("portal"), bytes_string("q9"), expected_id);
    assert_string_equal(expected_id, reply_id);
    assert_true(bytes_equal_string(header.id, reply_id));
    assert_true(bytes_equal_string(header.type, "citizen.verify.reply"));
    assert_true(bytes_equal_string(header.correlation_id, "q9"));
    assert_true(bytes_equal_string(header.causation_id, "q9"));
    assert_true(bytes_equal_string(header.source, "onestop"));
    assert_int_equal(header.in_reply_to, 51);
    assert_int_equal(header.kind, HEADER_REPLY);
    bench_end(&bench);
}

/* A second run replies to the redelivered request: the same bytes, so that the broker sees a repeat. */
static void test_the_kept_reply_has_the_same_bytes_in_a_second_run(void **state)
{
    struct buffer frames[2] = {0};
    (void)state;
    for (int run = 0; run < 2; run++) {
        struct bench bench;
        begin_questioned(&bench);
        bench_pass(&bench, (uint64_t)run * 500);
        assert_int_equal(bench_reply(&bench, 50, "exists"), 0);
        bench_flush(&bench);
        bench_skip(&bench);
        buffer_append_bytes(&frames[run], buffer_view(&bench.last_publish));
        bench_end(&bench);
    }
    assert_true(frames[0].size > 0);
    assert_true(bytes_equal(buffer_view(&frames[0]), buffer_view(&frames[1])));
    buffer_free(&frames[0]);
    buffer_free(&frames[1]);
}

static void test_a_loss_between_reply_and_outcome_settles_once(void **state)
{
    struct bench bench;
    (void)state;
    begin_questioned(&bench);
    assert_int_equal(bench_reply(&bench, 50, "exists"), 0);
    bench_flush(&bench);
    assert_int_equal(session_disconnected(bench.session, bench.now, "cut"), 0);
    bench_pass(&bench, 100);
    bench_skip(&bench);
    bench_welcome(&bench, NULL);
    bench_certificate(&bench, "portal", 0);
    bench_deliver(
        &bench, &(struct bench_parcel){
                    .sender = "portal", .messages = &question, .count = 1, .sequence = 50, .subset = 1, .attempt = 2});
    bench_outcomes(&bench, 1, "repeat", 60, 0);
    session_drain(bench.session);
    bench_flush(&bench);
    bench_expect(&bench, "send hello onestop credit 1048576\nsend publish 1: 5cfcab25559e5d14da2eb654b5517134\n"
                         "replied 50 ok\nsend settle 50:done\n");
    bench_end(&bench);
}

static void test_only_a_request_is_replied_to_and_only_once(void **state)
{
    static const struct bench_message event = {.id = "e", .type = "dossier.rated", .payload = "5"};
    struct bench bench;
    (void)state;
    begin_questioned(&bench);
    bench_deliver(&bench, &(struct bench_parcel){
                              .sender = "portal", .messages = &event, .count = 1, .sequence = 51, .subset = 1});
    bench_skip(&bench);
    assert_int_equal(bench_reply(&bench, 51, "x"), TRUC_E_STATE);
    struct session_delivery *request = bench.held[0];
    assert_int_equal(session_reply(bench.session, request, bytes_string("a"), 1, NULL), 0);
    assert_int_equal(session_reply(bench.session, request, bytes_string("b"), 1, NULL), TRUC_E_STATE);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_reply_answers_and_is_settled),
        cmocka_unit_test(test_a_refused_question_is_answered_by_its_refusal),
        cmocka_unit_test(test_failed_carries_the_providers_reason),
        cmocka_unit_test(test_without_an_answer_the_deadline_is_one),
        cmocka_unit_test(test_a_late_reply_is_settled_and_answers_nobody),
        cmocka_unit_test(test_a_question_taken_back_in_time_never_leaves),
        cmocka_unit_test(test_a_question_taken_back_too_late_is_answered_once),
        cmocka_unit_test(test_a_question_survives_a_loss),
        cmocka_unit_test(test_closing_answers),
        cmocka_unit_test(test_a_reply_is_trimmed_by_the_agreement_of_its_request),
        cmocka_unit_test(test_an_observed_request_is_an_event_and_has_no_reply),
        cmocka_unit_test(test_the_request_is_settled_after_its_reply_was_answered),
        cmocka_unit_test(test_a_reply_says_what_it_answers),
        cmocka_unit_test(test_the_kept_reply_has_the_same_bytes_in_a_second_run),
        cmocka_unit_test(test_a_loss_between_reply_and_outcome_settles_once),
        cmocka_unit_test(test_only_a_request_is_replied_to_and_only_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
