/* test_metrics.c - promise: truc_metrics says what happened, once for each thing, and never writes past an older program's struct.
 * An adapter against small_broker.h; no waiting but for conditions.
 * See docs/sdk.md, "Watching". */
#include "small_broker.h"

#include "cmocka_start.h"

static void log_nothing(void *context, int level, const char *text)
{
    (void)context;
    (void)level;
    (void)text;
}

static truc_adapter *open_adapter(const struct small_broker *broker)
{
    char path[128];
    truc_adapter *adapter = NULL;
    broker_path(broker, "settings.yaml", path);
    struct truc_options options = {.size = sizeof options, .settings = path, .log = log_nothing};
    assert_int_equal(truc_adapter_open(&options, &adapter, NULL), 0);
    return adapter;
}

static struct truc_metrics metrics_of(const truc_adapter *adapter)
{
    struct truc_metrics metrics = {.size = sizeof metrics};
    assert_int_equal(truc_metrics(adapter, &metrics), 0);
    assert_int_equal(metrics.size, sizeof metrics);
    return metrics;
}

static void count(void *context, const struct truc_outcome *outcome)
{
    (void)outcome;
    ++*(size_t *)context;
}

static void count_answer(void *context, const struct truc_answer *answer)
{
    (void)answer;
    ++*(size_t *)context;
}

static void publish(truc_adapter *adapter, size_t *answers)
{
    struct truc_outgoing message = {.size = sizeof message,
                                    .type = "citizen.changed",
                                    .payload = "12345",
                                    .payload_bytes = 5,
                                    .classification = TRUC_NOT_SECRET};
    assert_int_equal(truc_publish(adapter, &message, count, answers, NULL), 0);
}

static void test_what_is_sent_is_counted_by_its_end(void **state)
{
    struct small_broker broker;
    size_t answers = 0;
    struct truc_outgoing question = {
        .size = sizeof question, .type = "citizen.verify", .id = "q", .classification = TRUC_NOT_SECRET};
    (void)state;
    broker_begin(&broker);
    truc_adapter *adapter = open_adapter(&broker);
    publish(adapter, &answers);
    broker_pump_until(&broker, adapter, &answers, 1);
    broker.refusal = TRUC_E_NO_ROUTE;
    publish(adapter, &answers);
    broker_pump_until(&broker, adapter, &answers, 2);
    assert_int_equal(truc_ask(adapter, &question, 1000, count_answer, &answers, NULL), 0);
    assert_int_equal(truc_cancel(adapter, "q"), 0);
    broker_pump_until(&broker, adapter, &answers, 3);
    struct truc_metrics metrics = metrics_of(adapter);
    assert_int_equal(metrics.published, 3);
    assert_int_equal(metrics.published_bytes, 10);
    assert_int_equal(metrics.accepted, 1);
    assert_int_equal(metrics.answered, 0);
    assert_int_equal(metrics.refused, 2);
    assert_int_equal(metrics.refused_by_code[-TRUC_E_NO_ROUTE], 1);
    assert_int_equal(metrics.refused_by_code[-TRUC_E_CANCELLED], 1);
    assert_int_equal(metrics.retried + metrics.reconnects + metrics.waiting, 0);
    assert_int_equal(metrics.oldest_unanswered_ms, 0);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void test_a_loss_shows_in_what_waits_and_was_sent_again(void **state)
{
    struct small_broker broker;
    size_t answers = 0;
    (void)state;
    broker_begin(&broker);
    broker.is_answering = false;
    truc_adapter *adapter = open_adapter(&broker);
    publish(adapter, &answers);
    broker_pump_until(&broker, adapter, &broker.published_count, 1);
    struct truc_metrics before = metrics_of(adapter);
    assert_int_equal(before.waiting, 1);
    assert_true(before.waiting_bytes > 5);
    broker_stop(&broker);
    broker_listen(&broker);
    broker_pump_until(&broker, adapter, &broker.published_count, 2);
    struct truc_metrics after = metrics_of(adapter);
    assert_int_equal(after.retried, 1);
    assert_int_equal(after.reconnects, 1);
    assert_int_equal(after.waiting, 1);
    assert_true(after.oldest_unanswered_ms > before.oldest_unanswered_ms); /* a backoff of 50 ms or more lies between */
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static int done(truc_request *request, void *context)
{
    (void)context;
    return truc_done(request);
}

static int retry(truc_request *request, void *context)
{
    (void)context;
    return truc_retry(request, TRUC_E_UNAVAILABLE, "away");
}

static void test_what_is_received_is_counted_by_its_settlement(void **state)
{
    struct broker_message event = {
        .id = "e", .type = "dossier.received", .payload = "xyz", .kind = TRUC_EVENT, .sequence = 7, .attempt = 1};
    const struct broker_message other = {
        .id = "o", .type = "dossier.rated", .payload = "5", .kind = TRUC_EVENT, .sequence = 9, .attempt = 1};
    const struct broker_message unserved = {
        .id = "u", .type = "dossier.lost", .payload = "", .kind = TRUC_EVENT, .sequence = 10, .attempt = 1};
    struct small_broker broker;
    (void)state;
    broker_begin(&broker);
    truc_adapter *adapter = open_adapter(&broker);
    assert_int_equal(truc_serve(adapter, "dossier.received", done, NULL), 0);
    assert_int_equal(truc_serve(adapter, "dossier.rated", retry, NULL), 0);
    broker_pump_until(&broker, adapter, &broker.hello_count, 1);
    broker_deliver(&broker, &event);
    broker_pump_until(&broker, adapter, &broker.settled_count, 1);
    event.sequence = 8;
    broker_deliver(&broker, &event);
    broker_deliver(&broker, &other);
    broker_deliver(&broker, &unserved);
    broker_pump_until(&broker, adapter, &broker.settled_count, 4);
    struct truc_metrics metrics = metrics_of(adapter);
    assert_int_equal(metrics.delivered, 4);
    assert_int_equal(metrics.delivered_bytes, 7);
    assert_int_equal(metrics.settled_done, 1);
    assert_int_equal(metrics.settled_by_inbox, 1);
    assert_int_equal(metrics.settled_retry, 1);
    assert_int_equal(metrics.settled_reject, 1);
    assert_int_equal(metrics.handling, 0);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

static void test_an_older_programs_struct_is_not_written_past(void **state)
{
    struct small_broker broker;
    struct truc_metrics metrics;
    (void)state;
    broker_begin(&broker);
    truc_adapter *adapter = open_adapter(&broker);
    memset(&metrics, 0xee, sizeof metrics);
    metrics.size = offsetof(struct truc_metrics, accepted);
    assert_int_equal(truc_metrics(adapter, &metrics), 0);
    assert_int_equal(metrics.size, offsetof(struct truc_metrics, accepted));
    assert_int_equal(metrics.published, 0);
    assert_int_equal(metrics.accepted, 0xeeeeeeeeeeeeeeeeu);
    metrics.size = 0;
    assert_int_equal(truc_metrics(adapter, &metrics), TRUC_E_ARGUMENT);
    assert_int_equal(truc_metrics(adapter, NULL), TRUC_E_ARGUMENT);
    truc_adapter_close(adapter);
    broker_end(&broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_sent_is_counted_by_its_end),
        cmocka_unit_test(test_a_loss_shows_in_what_waits_and_was_sent_again),
        cmocka_unit_test(test_what_is_received_is_counted_by_its_settlement),
        cmocka_unit_test(test_an_older_programs_struct_is_not_written_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
