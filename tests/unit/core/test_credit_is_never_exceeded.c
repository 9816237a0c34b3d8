/* test_credit_is_never_exceeded.c - back-pressure in both directions: receivers get no more than they asked for, senders send no more.
 * And a receiver that takes nothing slows nobody else.
 * Sizes are header, salt and payload, as the protocol counts them. */
#include "core_driver.h"

static void test_a_receiver_gets_no_more_bytes_than_it_asked_for(void **state)
{
    struct driver driver;
    struct taken taken[8];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, 0);
    struct peer gamma = driver_connect(&driver, GAMMA, DRIVER_CREDIT_BYTES);
    const char *const ids[] = {"m1", "m2", "m3", "m4"}, *const subjects[] = {"A", "B", "C", "D"};
    for (size_t i = 0; i < 4; i++)
        peer_accepted(&alpha, ids[i], subjects[i]);
    peer_expect_nothing(&beta);
    assert_int_equal(peer_take_deliveries(&gamma, taken, 8), 4); /* not slowed by beta */
    size_t size = message_size(&taken[0].message);
    struct command credit = {.kind = COMMAND_CREDIT};
    credit.credit.bytes = size - 1;
    peer_send(&beta, &credit);
    driver_round(&driver);
    peer_expect_nothing(&beta);
    credit.credit.bytes = 1 + size;
    peer_send(&beta, &credit);
    driver_round(&driver);
    assert_int_equal(peer_take_deliveries(&beta, taken, 8), 2);
    driver_close(&driver);
}

static void test_a_sender_that_outruns_its_credit_is_sent_away(void **state)
{
    static const uint8_t note[] = {0x3a, 0xac, 0xea, 0x01}; /* field 7 of 29,996 bytes */
    uint8_t payload[30000];
    struct driver driver;
    (void)state;
    memset(payload, 'x', sizeof payload);
    memcpy(payload, note, sizeof note);
    driver_open(&driver, &(struct driver_config){.limits = "  sender-credit: 64KiB\n  message-bytes: 32KiB\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    const char *const ids[] = {"m1", "m2", "m3"};
    for (size_t i = 0; i < 3; i++) {
        struct test_message message = peer_message(&alpha, ids[i], "dossier.progress", "A");
        message.payload = bytes_of(payload, sizeof payload);
        peer_publish(&alpha, &message, 1, NULL);
    }
    driver_round(&driver);
    peer_expect_error(&alpha, TRUC_E_CREDIT);
    assert_int_equal(driver_record_count(&driver, RECORD_ACCEPTED), 2);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_receiver_gets_no_more_bytes_than_it_asked_for),
        cmocka_unit_test(test_a_sender_that_outruns_its_credit_is_sent_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
