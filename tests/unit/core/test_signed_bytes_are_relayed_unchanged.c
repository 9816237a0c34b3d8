/* test_signed_bytes_are_relayed_unchanged.c - what is delivered is what was signed, to the byte, and can be proven by itself.
 * Whole bundles without proof, parts of bundles with one, each verified as a receiver does.
 * Encodings that nobody else would write are kept too. */
#include "core_driver.h"

#include "merkle.h"
#include "signing.h"

/* The parcel of one or several deliveries verifies against the sender's key. */
static void expect_verifies(struct driver *driver, const struct taken *taken, size_t count, enum driver_system sender)
{
    bool wanted[PROTOCOL_BUNDLE_MESSAGES_MAX] = {false};
    struct sha256_digest leaves[8], proof[16], root;
    struct buffer text BUFFER_CLEANUP = {0};
    size_t hashes = 0;
    for (size_t i = 0; i < count; i++) {
        wanted[taken[i].index] = true;
        leaves[i] = message_leaf(taken[i].message.header);
        struct sha256_digest digest = payload_digest(taken[i].message.salt, taken[i].message.payload);
        assert_true(bytes_equal(sha256_view(&digest), taken[i].header.payload_digest));
    }
    for (size_t offset = 0; proof_next(taken[0].proof, &offset, &proof[hashes]) > 0;)
        hashes++;
    assert_int_equal(
        merkle_multiproof_root(taken[0].count, wanted, leaves, count, bytes_of(proof, hashes * SHA256_BYTES), &root),
        0);
    struct statement statement = {.kind = STATEMENT_BUNDLE,
                                  .bus = bytes_string("test"),
                                  .system = taken[0].sender,
                                  .key_id = taken[0].key_id,
                                  .count = taken[0].count,
                                  .root = root};
    statement_write(&statement, &text);
    assert_int_equal(
        verify_key_check(signing_key_public(driver->bus.systems[sender].key), buffer_view(&text), taken[0].signature),
        0);
}

static void test_a_whole_bundle_and_its_parts_verify(void **state)
{
    struct driver driver;
    struct taken taken[8];
    struct outcome outcomes[4];
    struct command certificate;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    struct peer gamma = driver_connect(&driver, GAMMA, DRIVER_CREDIT_BYTES);
    struct test_message bundle[] = {
        peer_message(&alpha, "m1", "dossier.progress", "A"), peer_message(&alpha, "m2", "dossier.received", "B"),
        peer_message(&alpha, "m3", "dossier.imagined", "C"), peer_message(&alpha, "m4", "dossier.progress", "D")};
    uint64_t number = peer_publish(&alpha, bundle, 4, NULL);
    driver_round(&driver);
    assert_true(peer_outcomes(&alpha, number, outcomes, 4));
    assert_int_equal(outcomes[2].code, -TRUC_E_UNKNOWN_TYPE); /* one refused leaves the others valid */
    assert_int_equal(peer_take_deliveries(&beta, taken, 8), 3);
    assert_true(taken[0].proof.size > 0);
    expect_verifies(&driver, taken, 3, ALPHA);
    assert_true(peer_take(&beta, COMMAND_CERTIFICATE, &certificate));
    assert_false(peer_take(&beta, COMMAND_CERTIFICATE, &certificate)); /* once a session */
    assert_int_equal(peer_take_deliveries(&gamma, taken, 8), 2);
    assert_int_equal(taken[1].index, 3);
    expect_verifies(&driver, taken, 2, ALPHA);
    struct test_message two[] = {peer_message(&alpha, "m5", "dossier.progress", "E"),
                                 peer_message(&alpha, "m6", "dossier.progress", "F")};
    number = peer_publish(&alpha, two, 2, NULL);
    driver_round(&driver);
    assert_true(peer_outcomes(&alpha, number, outcomes, 2));
    assert_int_equal(peer_take_deliveries(&gamma, taken, 8), 2);
    assert_int_equal(taken[0].proof.size, 0); /* a whole bundle proves itself */
    expect_verifies(&driver, taken, 2, ALPHA);
    assert_true(peer_take(&gamma, COMMAND_CERTIFICATE, &certificate));
    driver_reload(&driver, NULL); /* the key may have got a new certificate */
    peer_accepted(&alpha, "m7", "G");
    assert_int_equal(peer_take_deliveries(&gamma, taken, 8), 1);
    assert_true(peer_take(&gamma, COMMAND_CERTIFICATE, &certificate));
    driver_close(&driver);
}

static void test_odd_but_valid_payload_bytes_are_kept_over_a_restart(void **state)
{
    static const char odd[] = "\x52\x81\x00x\x3a\x01y"; /* fields out of order, a length in two bytes */
    struct driver driver;
    (void)state;
    driver_open(&driver, &(struct driver_config){.alpha_algorithm = SIGNING_ECDSA_P256});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    struct test_message message = peer_message(&alpha, "m1", "dossier.progress", "A");
    message.payload = bytes_of((const uint8_t *)odd, sizeof odd - 1);
    struct outcome outcome = peer_publish_one(&alpha, &message);
    if (outcome.code !=
        0) { /* a validator may be stricter than the wire: then it says so, and nothing is changed silently */
        assert_int_equal(outcome.code, -TRUC_E_PAYLOAD);
        message.payload = bytes_string("\x52\x01x\x3a\x01y");
        assert_int_equal(peer_publish_one(&alpha, &message).code, 0);
    }
    driver_power_cut(&driver);
    driver_start(&driver);
    struct peer beta = driver_connect(&driver, BETA, DRIVER_CREDIT_BYTES);
    struct taken taken = peer_expect_one(&beta, "m1");
    assert_true(bytes_equal(taken.message.payload, message.payload));
    expect_verifies(&driver, &taken, 1, ALPHA);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_bundle_and_its_parts_verify),
        cmocka_unit_test(test_odd_but_valid_payload_bytes_are_kept_over_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
