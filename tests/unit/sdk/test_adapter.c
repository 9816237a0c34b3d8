/* test_adapter.c - promises of libtruc over a real connection: publish, serve, one effect across losses and crashes, drain.
 * The broker is a small one in the same thread (small_broker.h); no waiting but for conditions.
 * See truc/truc.h. */
#include "small_broker.h"

#include "cmocka_start.h"

#include <pthread.h>
#include <stdio.h>
#include <zmq.h>

static void log_nothing(void *context, int level, const char *text)
{
    (void)context;
    (void)level;
    (void)text;
}

static truc_adapter *open_adapter(const struct small_broker *broker)
{
    char path[128];
    struct truc_fault fault = {0};
    truc_adapter *adapter = NULL;
    broker_path(broker, "settings.yaml", path);
    struct truc_options options = {.size = sizeof options, .settings = path, .log = log_nothing};
    int code = truc_adapter_open(&options, &adapter, &fault);
    assert_string_equal(fault.text, "");
    assert_int_equal(code, 0);
    return adapter;
}

struct answers {
    size_t count;
    int code;
    uint64_t sequence;
};

static void note_outcome(void *context, const struct truc_outcome *outcome)
{
    struct answers *answers = context;
    answers->count++;
    answers->code = outcome->code;
    answers->sequence = outcome->sequence;
}

static void test_a_published_message_is_answered_also_across_a_loss(void **state)
{
    struct small_broker broker;
    struct answers answers = {0};
    struct truc_outgoing message = {.size = sizeof message,
                                    .type = "citizen.changed",
                                    .payload = "p",
                                    .payload_bytes = 1,
                                    .classification = TRUC_NOT_SECRET};
    (void)state;
    broker_begin(&broker);
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(truc_publish(adapter, &message, note_outcome, &answers, NULL), 0);
    broker_pump_until(&broker, adapter, &answers.count, 1);
    assert_int_equal(answers.code, 0);
    assert_int_equal(answers.sequence, 1001);
    broker.is_answering = false;
    assert_int_equal(truc_publish(adapter, &message, note_outcome, &answers, NULL), 0);
    broker_pump_until(&broker, adapter, &broker.published_count, 2);
    broker_stop(&broker);
    broker.is_answering = true;
    broker_listen(&broker);
    broker_pump_until(&broker, adapter, &answers.count, 2);
    assert_string_equal(broker.published[1].id, broker.published[2].id);
    assert_string_not_equal(broker.published[0].id, broker.published[1].id);
    truc_adapter_close(adapter);
    broker_pump_until(&broker, NULL, &broker.bye_count, 1);
    broker_end(&broker);
}

/* Two addresses, of which one listens at a time: a broker and its standby. */
static void test_a_lost_broker_is_looked_for_at_the_next_address(void **state)
{
    struct small_broker broker;
    struct answers answers = {0};
    uint8_t session[PROTOCOL_SESSION_BYTES];
    char first[64], addresses[160];
    struct truc_outgoing message = {
        .size = sizeof message, .type = "citizen.changed", .classification = TRUC_NOT_SECRET};
    (void)state;
    broker_begin(&broker);
    (void)snprintf(first, sizeof first, "%s", broker.endpoint);
    (void)snprintf(broker.endpoint, sizeof broker.endpoint, "tcp://127.0.0.1:*");
    void *first_router = broker.router;
    broker_listen(&broker); /* while the first still listens, so that it is another port */
    assert_int_equal(zmq_close(first_router), 0);
    (void)snprintf(addresses, sizeof addresses, "broker: ['%s', '%s']", first, broker.endpoint);
    broker_write_settings(&broker, "broker", addresses);
    broker.is_answering = false;
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(truc_publish(adapter, &message, note_outcome, &answers, NULL), 0);
    broker_pump_until(&broker, adapter, &broker.published_count, 1);
    memcpy(session, broker.session, sizeof session);
    broker_stop(&broker);
    (void)snprintf(broker.endpoint, sizeof broker.endpoint, "%s", first);
    broker.is_answering = true;
    broker_listen(&broker);
    broker_pump_until(&broker, adapter, &answers.count, 1);
    assert_memory_equal(session, broker.session, sizeof session);
    assert_string_equal(broker.published[0].id, broker.published[1].id);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

/* The broker's transport key is changed: who knows both is away as long as the broker is, and no longer. */
static void test_a_broker_with_its_next_key_is_known(void **state)
{
    struct small_broker broker;
    struct answers answers = {0};
    char keys[2 * CURVE_KEY_TEXT_BYTES + 32];
    uint8_t session[PROTOCOL_SESSION_BYTES];
    struct curve_key next;
    struct truc_outgoing message = {
        .size = sizeof message, .type = "citizen.changed", .classification = TRUC_NOT_SECRET};
    (void)state;
    broker_begin(&broker);
    assert_int_equal(curve_key_generate(&next), 0);
    (void)snprintf(keys, sizeof keys, "server-key: ['%s', '%s']", broker.server_key.public_text, next.public_text);
    broker_write_settings(&broker, "server-key", keys);
    broker.is_answering = false;
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(truc_publish(adapter, &message, note_outcome, &answers, NULL), 0);
    broker_pump_until(&broker, adapter, &broker.published_count, 1);
    memcpy(session, broker.session, sizeof session);
    broker_stop(&broker);
    broker.server_key = next;
    broker.is_answering = true;
    broker_listen(&broker);
    broker_pump_until(&broker, adapter, &answers.count, 1);
    assert_memory_equal(session, broker.session, sizeof session);
    assert_string_equal(broker.published[0].id, broker.published[1].id);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

enum { POSTING_THREADS = 3, POSTS = 10 };

/* What one thread wants published; the adapter's thread does it. */
struct posting {
    truc_adapter *adapter;
    struct answers *answers;
    pthread_t thread;
};

static void publish_posted(truc_adapter *adapter, void *context)
{
    struct truc_outgoing message = {
        .size = sizeof message, .type = "citizen.changed", .classification = TRUC_NOT_SECRET};
    assert_int_equal(truc_publish(adapter, &message, note_outcome, context, NULL), 0);
}

static void *post(void *context)
{
    const struct posting *posting = context;
    for (int i = 0; i < POSTS; i++)
        if (truc_post(posting->adapter, publish_posted, posting->answers) < 0)
            return NULL; /* seen by what is missing */
    return NULL;
}

static void test_other_threads_publish_through_truc_post(void **state)
{
    struct small_broker broker;
    struct answers answers = {0};
    struct posting postings[POSTING_THREADS];
    (void)state;
    broker_begin(&broker);
    truc_adapter *adapter = open_adapter(&broker);
    for (size_t i = 0; i < POSTING_THREADS; i++) {
        postings[i] = (struct posting){.adapter = adapter, .answers = &answers};
        assert_int_equal(pthread_create(&postings[i].thread, NULL, post, &postings[i]), 0);
    }
    broker_pump_until(&broker, adapter, &answers.count, (size_t)POSTING_THREADS * POSTS);
    for (size_t i = 0; i < POSTING_THREADS; i++)
        assert_int_equal(pthread_join(postings[i].thread, NULL), 0);
    assert_int_equal(broker.published_count, POSTING_THREADS * POSTS);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void test_a_call_posted_before_closing_is_made(void **state)
{
    struct small_broker broker;
    struct answers answers = {0};
    (void)state;
    broker_begin(&broker);
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(truc_post(adapter, publish_posted, &answers), 0);
    truc_drain(adapter);
    assert_false(truc_is_drained(adapter));
    truc_adapter_close(adapter);
    assert_int_equal(answers.count, 1);
    assert_int_equal(answers.code, TRUC_E_CLOSED);
    broker_end(&broker);
}

static void test_not_before_reaches_the_header(void **state)
{
    struct small_broker broker;
    struct answers answers = {0};
    struct truc_outgoing message = {.size = sizeof message,
                                    .type = "document.send",
                                    .classification = TRUC_NOT_SECRET,
                                    .not_before_ns = 1795420800000000000u};
    (void)state;
    broker_begin(&broker);
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(truc_publish(adapter, &message, note_outcome, &answers, NULL), 0);
    message.not_before_ns = 0;
    assert_int_equal(truc_publish(adapter, &message, note_outcome, &answers, NULL), 0);
    broker_pump_until(&broker, adapter, &answers.count, 2);
    assert_int_equal(broker.published[0].not_before_ns, 1795420800000000000u);
    assert_int_equal(broker.published[1].not_before_ns, 0);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void test_a_secret_message_never_enters(void **state)
{
    struct small_broker broker;
    struct truc_fault fault = {0};
    struct truc_outgoing message = {
        .size = sizeof message, .type = "document.send", .payload = "p", .payload_bytes = 1};
    (void)state;
    broker_begin(&broker);
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(truc_publish(adapter, &message, NULL, NULL, &fault), TRUC_E_SECRET);
    message.classification = TRUC_SECRET;
    assert_int_equal(truc_publish(adapter, &message, NULL, NULL, &fault), TRUC_E_SECRET);
    assert_int_equal(truc_publish_pending(adapter), 0);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

struct served {
    size_t count;
    bool may_have_run;
    truc_request *kept;
};

static int answer(truc_request *request, void *context)
{
    struct served *served = context;
    served->count++;
    served->may_have_run = truc_request_may_have_run(request);
    assert_string_equal(truc_request_source(request), "onestop");
    assert_string_equal(truc_request_purpose(request)->officer, "cb-217");
    return truc_reply_bytes(request, "exists", 6);
}

static int accept_event(truc_request *request, void *context)
{
    struct served *served = context;
    served->count++;
    served->may_have_run = truc_request_may_have_run(request);
    return truc_done(request);
}

static int keep(truc_request *request, void *context)
{
    struct served *served = context;
    served->count++;
    served->kept = request;
    truc_keep(request);
    return 0;
}

static int forget(truc_request *request, void *context)
{
    struct served *served = context;
    (void)request;
    served->count++;
    return 0;
}

static int answer_too_much(truc_request *request, void *context)
{
    struct served *served = context;
    served->count++;
    return truc_reply_bytes(request, "\x0a\x01y\x12\x06secret", 11);
}

static void test_a_reply_leaves_and_is_kept_as_the_agreement_allows(void **state)
{
    const struct broker_message question = {
        .id = "q", .type = "citizen.verify", .payload = "?", .kind = TRUC_REQUEST, .sequence = 50, .attempt = 1};
    struct broker_message again = question;
    struct small_broker broker;
    struct served served = {0};
    (void)state;
    broker_begin(&broker);
    broker.lets_out_field_1 = true;
    broker.is_answering = false;
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(truc_serve(adapter, "citizen.verify", answer_too_much, &served), 0);
    broker_pump_until(&broker, adapter, &broker.hello_count, 1);
    broker_deliver(&broker, &question);
    broker_pump_until(&broker, adapter, &broker.published_count, 1);
    assert_string_equal(broker.published[0].payload, "\x0a\x01y");
    truc_adapter_close(adapter);
    broker.is_answering = true;
    adapter = open_adapter(&broker);
    assert_int_equal(truc_serve(adapter, "citizen.verify", answer_too_much, &served), 0);
    broker_pump_until(&broker, adapter, &broker.hello_count, 2);
    again.attempt = 2;
    broker_deliver(&broker, &again);
    broker_pump_until(&broker, adapter, &broker.settled_count, 1);
    assert_int_equal(served.count, 1);
    assert_string_equal(broker.published[1].payload, "\x0a\x01y");
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void test_a_repeated_request_gets_the_kept_reply_in_a_second_run(void **state)
{
    const struct broker_message question = {
        .id = "q", .type = "citizen.verify", .payload = "?", .kind = TRUC_REQUEST, .sequence = 50, .attempt = 1};
    struct broker_message again = question;
    struct small_broker broker;
    struct served served = {0};
    (void)state;
    broker_begin(&broker);
    broker.is_answering = false; /* so that the first run never learns that its reply arrived */
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(truc_serve(adapter, "citizen.verify", answer, &served), 0);
    broker_pump_until(&broker, adapter, &broker.hello_count, 1);
    broker_deliver(&broker, &question);
    broker_pump_until(&broker, adapter, &broker.published_count, 1);
    assert_string_equal(broker.published[0].type, "citizen.verify.reply");
    assert_string_equal(broker.published[0].payload, "exists");
    assert_int_equal(broker.published[0].in_reply_to, 51);
    assert_int_equal(broker.settled_count, 0);
    truc_adapter_close(adapter);
    broker.is_answering = true;
    adapter = open_adapter(&broker);
    assert_int_equal(truc_serve(adapter, "citizen.verify", answer, &served), 0);
    broker_pump_until(&broker, adapter, &broker.hello_count, 2);
    again.attempt = 2;
    broker_deliver(&broker, &again);
    broker_pump_until(&broker, adapter, &broker.settled_count, 1);
    assert_int_equal(served.count, 1); /* one effect */
    assert_string_equal(broker.published[0].id, broker.published[1].id);
    assert_string_equal(broker.published[1].payload, "exists");
    assert_int_equal(broker.settled[0].sequence, 50);
    assert_int_equal(broker.settled[0].outcome, SETTLED_DONE);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void test_a_handled_message_is_settled_again_without_its_handler(void **state)
{
    const struct broker_message event = {
        .id = "e", .type = "dossier.received", .payload = "x", .kind = TRUC_EVENT, .sequence = 7, .attempt = 1};
    struct small_broker broker;
    struct served served = {0};
    (void)state;
    broker_begin(&broker);
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(truc_serve(adapter, "*", accept_event, &served), 0);
    broker_pump_until(&broker, adapter, &broker.hello_count, 1);
    broker_deliver(&broker, &event);
    broker_pump_until(&broker, adapter, &broker.settled_count, 1);
    broker_deliver(&broker, &event); /* the broker lost the receipt */
    broker_pump_until(&broker, adapter, &broker.settled_count, 2);
    assert_int_equal(served.count, 1);
    assert_int_equal(broker.settled[1].outcome, SETTLED_DONE);
    assert_int_equal(broker.settled[1].sequence, 7);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static int reject_once(truc_request *request, void *context)
{
    struct served *served = context;
    return ++served->count == 1 ? truc_reject(request, TRUC_E_REJECTED, "FAR_SIDE_REFUSED", "not today")
                                : truc_done(request);
}

static void test_a_rejected_message_that_an_operator_sends_again_is_handled_again(void **state)
{
    const struct broker_message event = {
        .id = "e", .type = "dossier.received", .payload = "x", .kind = TRUC_EVENT, .sequence = 7, .attempt = 1};
    struct small_broker broker;
    struct served served = {0};
    (void)state;
    broker_begin(&broker);
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(truc_serve(adapter, "*", reject_once, &served), 0);
    broker_pump_until(&broker, adapter, &broker.hello_count, 1);
    broker_deliver(&broker, &event);
    broker_pump_until(&broker, adapter, &broker.settled_count, 1);
    assert_int_equal(broker.settled[0].outcome, SETTLED_REJECT);
    broker_deliver(&broker, &event); /* queued again: the cause is gone */
    broker_pump_until(&broker, adapter, &broker.settled_count, 2);
    assert_int_equal(served.count, 2);
    assert_int_equal(broker.settled[1].outcome, SETTLED_DONE);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void test_what_was_begun_and_not_ended_may_have_run(void **state)
{
    const struct broker_message event = {
        .id = "e", .type = "dossier.received", .payload = "x", .kind = TRUC_EVENT, .sequence = 7, .attempt = 1};
    struct small_broker broker;
    struct served served = {0};
    (void)state;
    broker_begin(&broker);
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(truc_serve(adapter, "dossier.received", keep, &served), 0);
    broker_pump_until(&broker, adapter, &broker.hello_count, 1);
    broker_deliver(&broker, &event);
    broker_pump_until(&broker, adapter, &served.count, 1);
    truc_drain(adapter);
    assert_false(truc_is_drained(adapter));
    truc_adapter_close(adapter); /* with the message in hand, as a crash would */
    adapter = open_adapter(&broker);
    assert_int_equal(truc_serve(adapter, "dossier.received", accept_event, &served), 0);
    broker_pump_until(&broker, adapter, &broker.hello_count, 2);
    broker_deliver(&broker, &event);
    broker_pump_until(&broker, adapter, &broker.settled_count, 1);
    assert_int_equal(served.count, 2);
    assert_true(served.may_have_run);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void test_a_kept_request_is_settled_later(void **state)
{
    const struct broker_message event = {
        .id = "e", .type = "dossier.received", .payload = "x", .kind = TRUC_EVENT, .sequence = 7, .attempt = 1};
    struct small_broker broker;
    struct served served = {0};
    (void)state;
    broker_begin(&broker);
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(truc_serve(adapter, "dossier.received", keep, &served), 0);
    broker_pump_until(&broker, adapter, &broker.hello_count, 1);
    broker_deliver(&broker, &event);
    broker_pump_until(&broker, adapter, &served.count, 1);
    assert_int_equal(broker.settled_count, 0);
    assert_int_equal(truc_retry_after(served.kept, TRUC_E_UNAVAILABLE, "the far side is down", 1500), 0);
    assert_int_equal(truc_timeout_ms(adapter), 0);
    broker_pump_until(&broker, adapter, &broker.settled_count, 1);
    assert_int_equal(broker.settled[0].outcome, SETTLED_RETRY);
    assert_int_equal(broker.settled[0].retry_after_ms, 1500);
    assert_string_equal(broker.settled_reasons[0], "UNAVAILABLE");
    truc_drain(adapter);
    assert_true(truc_is_drained(adapter));
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void test_a_forgetful_handler_and_an_unserved_type_are_named(void **state)
{
    const struct broker_message event = {
        .id = "e", .type = "dossier.received", .payload = "x", .kind = TRUC_EVENT, .sequence = 7, .attempt = 1};
    const struct broker_message unserved = {
        .id = "u", .type = "dossier.rated", .payload = "x", .kind = TRUC_EVENT, .sequence = 8, .attempt = 1};
    struct small_broker broker;
    struct served served = {0};
    (void)state;
    broker_begin(&broker);
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(truc_serve(adapter, "dossier.received", forget, &served), 0);
    assert_int_equal(truc_serve(adapter, "dossier.received", forget, &served), TRUC_E_EXISTS);
    broker_pump_until(&broker, adapter, &broker.hello_count, 1);
    broker_deliver(&broker, &event);
    broker_deliver(&broker, &unserved);
    broker_pump_until(&broker, adapter, &broker.settled_count, 2);
    assert_int_equal(broker.settled[0].outcome, SETTLED_RETRY);
    assert_string_equal(broker.settled_reasons[0], "HANDLER");
    assert_int_equal(broker.settled[0].code, -TRUC_E_HANDLER);
    assert_int_equal(broker.settled[1].outcome, SETTLED_REJECT);
    assert_string_equal(broker.settled_reasons[1], "NOT_SERVED");
    assert_int_equal(broker.settled[1].code, -TRUC_E_NOT_SERVED);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void note_answer(void *context, const struct truc_answer *given)
{
    struct answers *answers = context;
    answers->count++;
    answers->code = given->code;
}

static void test_closing_completes_what_is_pending(void **state)
{
    struct small_broker broker;
    struct answers outcomes = {0}, answers = {0};
    struct truc_outgoing message = {
        .size = sizeof message, .type = "citizen.changed", .classification = TRUC_NOT_SECRET};
    (void)state;
    broker_begin(&broker);
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(truc_publish(adapter, &message, note_outcome, &outcomes, NULL), 0);
    assert_int_equal(truc_ask(adapter, &message, 1000, note_answer, &answers, NULL), 0);
    truc_adapter_close(adapter);
    assert_int_equal(outcomes.count, 1);
    assert_int_equal(outcomes.code, TRUC_E_CLOSED);
    assert_int_equal(answers.count, 1);
    assert_int_equal(answers.code, TRUC_E_CLOSED);
    broker_end(&broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_published_message_is_answered_also_across_a_loss),
        cmocka_unit_test(test_a_lost_broker_is_looked_for_at_the_next_address),
        cmocka_unit_test(test_a_broker_with_its_next_key_is_known),
        cmocka_unit_test(test_other_threads_publish_through_truc_post),
        cmocka_unit_test(test_a_call_posted_before_closing_is_made),
        cmocka_unit_test(test_not_before_reaches_the_header),
        cmocka_unit_test(test_a_secret_message_never_enters),
        cmocka_unit_test(test_a_reply_leaves_and_is_kept_as_the_agreement_allows),
        cmocka_unit_test(test_a_repeated_request_gets_the_kept_reply_in_a_second_run),
        cmocka_unit_test(test_a_handled_message_is_settled_again_without_its_handler),
        cmocka_unit_test(test_a_rejected_message_that_an_operator_sends_again_is_handled_again),
        cmocka_unit_test(test_what_was_begun_and_not_ended_may_have_run),
        cmocka_unit_test(test_a_kept_request_is_settled_later),
        cmocka_unit_test(test_a_forgetful_handler_and_an_unserved_type_are_named),
        cmocka_unit_test(test_closing_completes_what_is_pending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
