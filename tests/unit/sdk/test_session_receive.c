/* test_session_receive.c - promises about receiving: proof before handling, credit, receipts, coming again after a loss.
 * Traces of effects for scripted events.
 * See docs/protocol.md, "Delivery" and "Receipts". */
#include "session_bench.h"

#include "cmocka_start.h"

#include <stdio.h>

static const struct bench_message three[] = {{.id = "p1", .type = "dossier.submitted", .payload = "one"},
                                             {.id = "p2", .type = "dossier.submitted", .payload = "two"},
                                             {.id = "p3", .type = "dossier.withdraw", .payload = "three"}};

static void open_with_portal(struct bench *bench)
{
    bench_begin(bench, NULL);
    bench_open(bench);
    bench_certificate(bench, "portal", 0);
}

static void test_a_proven_message_is_delivered_and_settled_by_a_signed_receipt(void **state)
{
    struct bench bench;
    (void)state;
    open_with_portal(&bench);
    bench_deliver(
        &bench, &(struct bench_parcel){.sender = "portal", .messages = three, .count = 1, .sequence = 70, .subset = 1});
    bench_expect(&bench, "deliver 70 #1 dossier.submitted \"one\"\n");
    bench_flush(&bench);
    bench_expect(&bench, "");
    assert_false(session_is_drained(bench.session));
    bench_settle(&bench, 70, SETTLED_DONE, 0);
    bench_flush(&bench);
    bench_expect(&bench, "send settle 70:done\n");
    assert_true(session_is_drained(bench.session));
    bench_end(&bench);
}

static void deliver_one(struct bench *bench, uint64_t sequence)
{
    bench_deliver(bench, &(struct bench_parcel){
                             .sender = "portal", .messages = three, .count = 1, .sequence = sequence, .subset = 1});
    bench_skip(bench);
    bench_settle(bench, sequence, SETTLED_DONE, 0);
}

/* A signature costs more than the rest of a settlement: a busy receiver makes fewer, an idle one waits for none. */
static void test_settlements_that_come_close_together_share_a_receipt(void **state)
{
    struct bench bench;
    (void)state;
    open_with_portal(&bench);
    deliver_one(&bench, 70);
    bench_flush(&bench);
    bench_expect(&bench, "send settle 70:done\n");
    deliver_one(&bench, 71);
    bench_flush(&bench);
    deliver_one(&bench, 72);
    bench_flush(&bench);
    bench_expect(&bench, "");
    assert_false(session_is_drained(bench.session));
    assert_int_equal(session_wake_ns(bench.session), bench.now.monotonic_ns + SESSION_RECEIPT_PACE_US * 1000);
    bench_pass(&bench, 1);
    bench_flush(&bench);
    bench_expect(&bench, "send settle 71:done 72:done\n");
    deliver_one(&bench, 73);
    bench_flush(&bench);
    bench_expect(&bench, "");
    session_drain(bench.session); /* the end waits for nothing */
    bench_flush(&bench);
    bench_expect(&bench, "send settle 73:done\n");
    bench_end(&bench);
}

static void test_what_is_settled_is_said_before_the_session_closes(void **state)
{
    struct bench bench;
    (void)state;
    open_with_portal(&bench);
    deliver_one(&bench, 70);
    bench_flush(&bench);
    deliver_one(&bench, 71);
    bench_flush(&bench);
    bench_skip(&bench);
    assert_int_equal(session_flush_receipts(bench.session, bench.now), 0);
    bench_expect(&bench, "send settle 71:done\n");
    bench_end(&bench);
}

static void test_credit_is_given_back_by_the_quarter_or_after_a_while(void **state)
{
    struct bench bench;
    char expected[80];
    (void)state;
    const uint64_t size = bench_message_bytes(&three[0], "portal"), window = 1024 * 1024;
    open_with_portal(&bench);
    deliver_one(&bench, 70);
    bench_flush(&bench);
    bench_expect(&bench, "send settle 70:done\n");
    bench_pass(&bench, SESSION_GRANT_WAIT_MS);
    bench_flush(&bench);
    (void)snprintf(expected, sizeof expected, "send credit %llu\n", (unsigned long long)size);
    bench_expect(&bench, expected);
    uint64_t owed = 0;
    for (uint64_t sequence = 71; owed < window / 4; sequence++) {
        deliver_one(&bench, sequence);
        owed += size;
    }
    bench_flush(&bench);
    struct session_effect effect;
    struct command command = {0};
    while (session_effect_next(bench.session, &effect))
        if (effect.kind == SESSION_SEND)
            assert_int_equal(command_decode(effect.frame, &command, NULL), 0);
    assert_int_equal(command.kind, COMMAND_CREDIT);
    assert_int_equal(command.credit.bytes, owed);
    bench_end(&bench);
}

static void test_one_receipt_a_step(void **state)
{
    struct bench bench;
    (void)state;
    open_with_portal(&bench);
    bench_deliver(
        &bench, &(struct bench_parcel){.sender = "portal", .messages = three, .count = 3, .sequence = 70, .subset = 7});
    bench_skip(&bench);
    bench_settle(&bench, 71, SETTLED_RETRY, TRUC_E_UNAVAILABLE);
    bench_settle(&bench, 70, SETTLED_DONE, 0);
    bench_settle(&bench, 72, SETTLED_REJECT, TRUC_E_PAYLOAD);
    bench_flush(&bench);
    struct session_effect effect;
    assert_true(session_effect_next(bench.session, &effect));
    struct command command;
    assert_int_equal(command_decode(effect.frame, &command, NULL), 0);
    assert_int_equal(command.kind, COMMAND_SETTLE);
    assert_int_equal(bench.signatures, 1);
    bench_end(&bench);
}

static void test_a_receipt_names_every_outcome(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_welcome(&bench, NULL);
    bench_skip(&bench);
    bench_certificate(&bench, "portal", 0);
    bench_deliver(
        &bench, &(struct bench_parcel){.sender = "portal", .messages = three, .count = 3, .sequence = 0, .subset = 7});
    bench_skip(&bench);
    bench_settle(&bench, 1, SETTLED_RETRY, TRUC_E_UNAVAILABLE);
    bench_settle(&bench, 0, SETTLED_DONE, 0);
    session_drain(bench.session); /* draining grants no more credit */
    bench_flush(&bench);
    bench_expect(&bench, "send settle 1:retry(UNAVAILABLE) 0:done\n");
    bench_end(&bench);
}

static void test_parcels_of_one_root_need_one_verification(void **state)
{
    struct bench bench;
    (void)state;
    open_with_portal(&bench);
    bench_deliver(
        &bench, &(struct bench_parcel){.sender = "portal", .messages = three, .count = 3, .sequence = 70, .subset = 5});
    bench_deliver(
        &bench, &(struct bench_parcel){.sender = "portal", .messages = three, .count = 3, .sequence = 70, .subset = 2});
    bench_expect(&bench, "deliver 70 #1 dossier.submitted \"one\"\ndeliver 72 #1 dossier.withdraw \"three\"\n"
                         "deliver 71 #1 dossier.submitted \"two\"\n");
    assert_int_equal(bench.verifications, 1);
    bench_end(&bench);
}

static void expect_rejected(enum bench_damage damage, uint64_t subset, const char *expected)
{
    struct bench bench;
    open_with_portal(&bench);
    bench_deliver(
        &bench,
        &(struct bench_parcel){
            .sender = "portal", .messages = three, .count = 3, .sequence = 70, .subset = subset, .damage = damage});
    session_drain(bench.session);
    bench_flush(&bench);
    bench_expect(&bench, expected);
    bench_end(&bench);
}

static void test_what_is_not_proven_never_reaches_a_handler(void **state)
{
    (void)state;
    expect_rejected(BENCH_SIGNATURE, 1, "log error\nsend settle 70:reject(SIGNATURE)\n");
    expect_rejected(BENCH_PROOF, 1, "log error\nsend settle 70:reject(SIGNATURE)\n");
    expect_rejected(BENCH_PAYLOAD, 5, "log error\nlog error\nsend settle 70:reject(DIGEST) 72:reject(DIGEST)\n");
    expect_rejected(BENCH_INDEX, 1, "log error\nsend error PROTOCOL\ndisconnect\n");
}

/* The broker refuses it, so only a broker that does not look delivers one. */
static void test_a_header_of_another_size_is_rejected(void **state)
{
    static const struct bench_message liar[] = {
        {.id = "l", .type = "dossier.submitted", .payload = "x", .lies_about_size = true}};
    struct bench bench;
    (void)state;
    open_with_portal(&bench);
    bench_deliver(&bench,
                  &(struct bench_parcel){.sender = "portal", .messages = liar, .count = 1, .sequence = 5, .subset = 1});
    session_drain(bench.session);
    bench_flush(&bench);
    bench_expect(&bench, "log error\nsend settle 5:reject(DIGEST)\n");
    bench_end(&bench);
}

static void test_a_header_of_another_sender_is_rejected(void **state)
{
    static const struct bench_message forged[] = {
        {.id = "f", .type = "dossier.submitted", .payload = "x", .source = "population"}};
    static const struct bench_message component[] = {
        {.id = "c", .type = "dossier.submitted", .payload = "x", .source = "portal/web"}};
    struct bench bench;
    (void)state;
    open_with_portal(&bench);
    bench_deliver(
        &bench, &(struct bench_parcel){.sender = "portal", .messages = forged, .count = 1, .sequence = 5, .subset = 1});
    bench_expect(&bench, "log error\n");
    bench_deliver(&bench, &(struct bench_parcel){
                              .sender = "portal", .messages = component, .count = 1, .sequence = 6, .subset = 1});
    bench_expect(&bench, "deliver 6 #1 dossier.submitted \"x\"\n");
    bench_end(&bench);
}

static void test_without_a_valid_certificate_nothing_is_taken(void **state)
{
    struct bench_parcel parcel = {.sender = "portal", .messages = three, .count = 1, .sequence = 70, .subset = 1};
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    session_drain(bench.session);
    bench_deliver(&bench, &parcel);
    bench_flush(&bench);
    bench_expect(&bench, "log error\nsend settle 70:reject(SIGNING_KEY)\n");
    bench_certificate(&bench, "portal", bench.now.wall_ns - 1);
    bench_expect(&bench, "log error\n");
    parcel.sequence++;
    bench_deliver(&bench, &parcel);
    bench_flush(&bench);
    bench_expect(&bench, "log error\nsend settle 71:reject(SIGNING_KEY)\n");
    bench_end(&bench);
}

static void test_a_certificate_that_expires_meanwhile_counts_no_more(void **state)
{
    struct bench_parcel parcel = {.sender = "portal", .messages = three, .count = 1, .sequence = 70, .subset = 1};
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    bench_certificate(&bench, "portal", bench.now.wall_ns + 500000000);
    bench_deliver(&bench, &parcel);
    bench_expect(&bench, "deliver 70 #1 dossier.submitted \"one\"\n");
    bench_pass(&bench, 501);
    parcel.sequence++;
    bench_deliver(&bench, &parcel);
    bench_expect(&bench, "log error\n");
    bench_end(&bench);
}

/* A key that gets a new certificate keeps its id; sessions are long. */
static void test_a_new_certificate_takes_the_place_of_one_that_ends(void **state)
{
    struct bench_parcel parcel = {.sender = "portal", .messages = three, .count = 1, .sequence = 70, .subset = 1};
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    bench_certificate(&bench, "portal", bench.now.wall_ns + 500000000);
    bench_certificate(&bench, "portal", 0); /* ends much later */
    bench_certificate(&bench, "portal", bench.now.wall_ns - 1);
    bench_expect(&bench, "log error\n"); /* the last one is not accepted, and takes nobody's place */
    bench_pass(&bench, 501);
    bench_deliver(&bench, &parcel);
    bench_expect(&bench, "deliver 70 #1 dossier.submitted \"one\"\n");
    bench_end(&bench);
}

static void test_a_certificate_counts_for_its_own_system_only(void **state)
{
    struct bench bench;
    (void)state;
    bench_begin(&bench, NULL);
    bench_open(&bench);
    uint8_t key_id[PROTOCOL_KEY_ID_BYTES] = "portal", der[8];
    store_le64(der, UINT64_MAX);
    bench_send(&bench, &(struct command){.kind = COMMAND_CERTIFICATE,
                                         .certificate = {.key_id = bytes_of(key_id, sizeof key_id),
                                                         .system = bytes_string("population"),
                                                         .der = bytes_of(der, 8)}});
    bench_deliver(
        &bench, &(struct bench_parcel){.sender = "portal", .messages = three, .count = 1, .sequence = 70, .subset = 1});
    bench_expect(&bench, "log error\n");
    bench_end(&bench);
}

static void test_more_than_the_credit_ends_the_connection(void **state)
{
    static const struct bench_message large = {
        .id = "l", .type = "dossier.submitted", .payload = "0123456789012345678901234567890123456789"};
    struct bench bench;
    (void)state;
    uint64_t size_bytes = bench_message_bytes(&large, "portal");
    bench_begin(&bench, &(struct bench_options){.window_bytes = 2 * size_bytes, .queue_messages_max = 1});
    bench_welcome(&bench, &(struct bench_welcome){
                              .credit_bytes = size_bytes, .message_bytes_max = size_bytes, .bundle_messages_max = 1});
    bench_certificate(&bench, "portal", 0);
    bench_skip(&bench);
    struct bench_parcel parcel = {.sender = "portal", .messages = &large, .count = 1, .subset = 1};
    for (parcel.sequence = 1; parcel.sequence <= 2; parcel.sequence++)
        bench_deliver(&bench, &parcel);
    bench_skip(&bench);
    bench_settle(&bench, 1, SETTLED_DONE, 0);
    bench_flush(&bench);
    bench_skip(&bench);
    bench_deliver(&bench, &parcel);
    bench_expect(&bench, "deliver 3 #1 dossier.submitted \"0123456789012345678901234567890123456789\"\n");
    parcel.sequence++;
    bench_deliver(&bench, &parcel);
    bench_expect(&bench, "log error\nsend error CREDIT\ndisconnect\n");
    bench_end(&bench);
}

static void test_a_message_in_hand_is_not_handed_over_again_after_a_loss(void **state)
{
    struct bench_parcel parcel = {.sender = "portal", .messages = three, .count = 2, .sequence = 70, .subset = 3};
    struct bench bench;
    (void)state;
    open_with_portal(&bench);
    bench_deliver(&bench, &parcel);
    bench_skip(&bench);
    assert_int_equal(session_disconnected(bench.session, bench.now, "cut"), 0);
    bench_settle(&bench, 71, SETTLED_DONE, 0); /* nobody to tell: it comes again, and the inbox knows it */
    bench_pass(&bench, 100);
    bench_open(&bench);
    bench_certificate(&bench, "portal", 0);
    parcel.attempt = 2;
    bench_deliver(&bench, &parcel);
    bench_expect(&bench, "deliver 71 #2 dossier.submitted \"two\"\n");
    bench_settle(&bench, 70, SETTLED_DONE, 0);
    bench_settle(&bench, 71, SETTLED_DONE, 0);
    session_drain(bench.session);
    bench_flush(&bench);
    bench_expect(&bench, "send settle 70:done 71:done\n");
    bench_end(&bench);
}

static void test_certificates_are_asked_for_anew_on_each_connection(void **state)
{
    struct bench bench;
    (void)state;
    open_with_portal(&bench);
    assert_int_equal(session_disconnected(bench.session, bench.now, "cut"), 0);
    bench_pass(&bench, 100);
    bench_open(&bench);
    bench_deliver(
        &bench, &(struct bench_parcel){.sender = "portal", .messages = three, .count = 1, .sequence = 1, .subset = 1});
    bench_expect(&bench, "log error\n");
    bench_end(&bench);
}

static void test_the_same_message_twice_unsettled_is_a_violation(void **state)
{
    struct bench_parcel parcel = {.sender = "portal", .messages = three, .count = 1, .sequence = 70, .subset = 1};
    struct bench bench;
    (void)state;
    open_with_portal(&bench);
    bench_deliver(&bench, &parcel);
    bench_skip(&bench);
    bench_deliver(&bench, &parcel);
    bench_expect(&bench, "log error\nsend error PROTOCOL\ndisconnect\n");
    bench_end(&bench);
}

static void test_draining_leaves_new_messages_to_the_broker(void **state)
{
    struct bench bench;
    (void)state;
    open_with_portal(&bench);
    session_drain(bench.session);
    bench_deliver(
        &bench, &(struct bench_parcel){.sender = "portal", .messages = three, .count = 1, .sequence = 70, .subset = 1});
    bench_flush(&bench);
    bench_expect(&bench, "");
    assert_true(session_is_drained(bench.session));
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_proven_message_is_delivered_and_settled_by_a_signed_receipt),
        cmocka_unit_test(test_settlements_that_come_close_together_share_a_receipt),
        cmocka_unit_test(test_what_is_settled_is_said_before_the_session_closes),
        cmocka_unit_test(test_credit_is_given_back_by_the_quarter_or_after_a_while),
        cmocka_unit_test(test_one_receipt_a_step),
        cmocka_unit_test(test_a_receipt_names_every_outcome),
        cmocka_unit_test(test_parcels_of_one_root_need_one_verification),
        cmocka_unit_test(test_what_is_not_proven_never_reaches_a_handler),
        cmocka_unit_test(test_a_header_of_another_sender_is_rejected),
        cmocka_unit_test(test_a_header_of_another_size_is_rejected),
        cmocka_unit_test(test_without_a_valid_certificate_nothing_is_taken),
        cmocka_unit_test(test_a_certificate_that_expires_meanwhile_counts_no_more),
        cmocka_unit_test(test_a_new_certificate_takes_the_place_of_one_that_ends),
        cmocka_unit_test(test_a_certificate_counts_for_its_own_system_only),
        cmocka_unit_test(test_more_than_the_credit_ends_the_connection),
        cmocka_unit_test(test_a_message_in_hand_is_not_handed_over_again_after_a_loss),
        cmocka_unit_test(test_certificates_are_asked_for_anew_on_each_connection),
        cmocka_unit_test(test_the_same_message_twice_unsettled_is_a_violation),
        cmocka_unit_test(test_draining_leaves_new_messages_to_the_broker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
