/* test_unread_is_bounded.c - a client that asks for more than it reads costs the broker a bounded amount of memory, whatever credit
 * it gives and however fast it asks; one that shows that it reads gets all.
 * The transport buffers what is sent: only the protocol can know what was read. */
#include "core_driver.h"

#include <stdio.h>

enum { LARGE_BYTES = 900 * 1024, MESSAGES = 60 };

/* Takes what was delivered since; answers pings when it `reads`. */
static size_t take_bytes(struct peer *peer, bool reads)
{
    struct command command;
    struct taken taken[MESSAGES];
    size_t bytes = 0, count = peer_take_deliveries(peer, taken, MESSAGES);
    for (size_t i = 0; i < count; i++)
        bytes += message_size(&taken[i].message);
    while (reads && peer_take(peer, COMMAND_PING, &command)) {
        command.kind = COMMAND_PONG;
        peer_send(peer, &command);
        driver_round(peer->driver);
    }
    return bytes;
}

static void publish_large(struct peer *alpha, unsigned index)
{
    static uint8_t payload[LARGE_BYTES] = {0x3a, 0xfc, 0x9f, 0x38}; /* a note of all the rest */
    char name[16];
    memset(payload + 4, 'x', sizeof payload - 4);
    (void)snprintf(name, sizeof name, "m%u", index);
    struct test_message message = peer_message(alpha, name, "dossier.progress", name);
    message.payload = bytes_of(payload, sizeof payload);
    assert_string_equal(truc_error_name(-(int)peer_publish_one(alpha, &message).code), "OK");
}

static void test_unbounded_credit_does_not_fill_the_broker(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    driver_stop(&driver);
    driver.segment_bytes = 16 * 1024 * 1024; /* a message must fit one */
    driver_start(&driver);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, UINT64_MAX / 2);
    for (unsigned i = 0; i < MESSAGES; i++)
        publish_large(&alpha, i);
    const size_t all = (size_t)MESSAGES * LARGE_BYTES;
    size_t taken = take_bytes(&beta, false);
    assert_in_range(taken, CORE_UNREAD_BYTES_MAX / 4, CORE_UNREAD_BYTES_MAX / 2 + 2 * LARGE_BYTES);
    for (unsigned i = 0; i < MESSAGES && taken < all; i++)
        taken += take_bytes(&beta, true);
    assert_true(taken >= all);
    driver_close(&driver);
}

static void test_a_sender_that_reads_no_answers_is_sent_away(void **state)
{
    struct driver driver;
    struct command command;
    struct test_message messages[PROTOCOL_BUNDLE_MESSAGES_MAX];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    for (size_t i = 0; i < COUNT_OF(messages); i++)
        messages[i] = peer_message(&alpha, "m", "dossier.progress", "A");
    bool ended = false;
    for (unsigned i = 0; i < 4000 && !ended; i++) { /* small questions with large answers */
        peer_publish(&alpha, messages, COUNT_OF(messages), &(struct publish_twist){.bad_signature = true});
        driver_round(&driver);
        ended = driver.last_closed_peer == alpha.name;
    }
    assert_true(peer_take(&alpha, COMMAND_PING, &command));
    peer_expect_error(&alpha, TRUC_E_LIMIT);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unbounded_credit_does_not_fill_the_broker),
        cmocka_unit_test(test_a_sender_that_reads_no_answers_is_sent_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
