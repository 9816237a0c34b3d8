/* test_replies_are_trimmed_to_the_agreement.c - the welcome says what a reply may hold, the request under which agreement;
 * a reply trimmed by that passes, and an untrimmed one is refused: the two sides mean the same.
 * Not the trimming itself (tests/unit/protocol/test_field_path.c). */
#include "core_driver.h"

#include "field_path.h"

#define TERMS "    purpose: Kiểm thử\n    basis: internal-rule\n    valid: {from: 2026-01-01}\n"
static const struct driver_config config = {
    .only_routes = "  - {name: lookup, from: alpha, type: citizen.lookup, to: delta, within: 20s}\n"
                   "  - {name: verify, from: alpha, type: citizen.verify, to: delta, within: 20s}\n",
    .only_agreements = "  - name: lookups\n    provider: delta\n    consumer: alpha\n    types: [citizen.lookup]\n"
                       "    reply-fields: [birth, name.full, father.name]\n" TERMS
                       "  - name: verifications\n    provider: delta\n    consumer: alpha\n"
                       "    types: [citizen.verify]\n" TERMS};

/* Everything a registry knows of a person that does not exist. */
static const char whole_json[] =
    "{\"identity_number\":\"038900000001\",\"name\":{\"full\":\"Lê An\",\"given\":\"An\"},\"birth\":\"1990\","
    "\"religion\":\"x\",\"father\":{\"identity_number\":\"038900000002\",\"name\":{\"full\":\"Lê Bình\"}},"
    "\"mother\":{\"name\":{\"full\":\"Phạm Chi\"}}}";
static const char trimmed_json[] =
    "{\"name\":{\"full\":\"Lê An\"},\"birth\":\"1990\",\"father\":{\"name\":{\"full\":\"Lê Bình\"}}}";

static struct permission permission_for(const struct command_welcome *welcome, struct bytes agreement)
{
    struct permission permission;
    size_t offset = 0;
    while (permission_next(welcome->permissions, &offset, &permission) > 0)
        if (bytes_equal(permission.agreement, agreement))
            return permission;
    fail_msg("no permission under that agreement");
    return permission;
}

static struct command connect_and_keep_welcome(struct driver *driver, struct peer *ret_peer)
{
    struct command welcome;
    *ret_peer = driver_peer(driver, DELTA);
    struct command hello = driver_hello(ret_peer, DRIVER_CREDIT_BYTES);
    peer_send(ret_peer, &hello);
    driver_round(driver);
    assert_true(peer_take(ret_peer, COMMAND_WELCOME, &welcome));
    return welcome;
}

static struct taken ask(struct driver *driver, struct peer *alpha, const struct peer *delta, const char *id,
                        const char *type)
{
    struct test_message question = peer_message(alpha, id, type, "");
    (void)driver;
    question.header.kind = HEADER_REQUEST;
    assert_int_equal(peer_publish_one(alpha, &question).code, 0);
    return peer_expect_one(delta, id);
}

static void test_a_reply_trimmed_as_the_welcome_says_is_accepted(void **state)
{
    struct driver driver;
    struct peer delta;
    struct buffer whole BUFFER_CLEANUP = {0}, trimmed BUFFER_CLEANUP = {0}, json BUFFER_CLEANUP = {0};
    (void)state;
    driver_open(&driver, &config);
    struct peer alpha = driver_connect(&driver, ALPHA, DRIVER_CREDIT_BYTES);
    struct command welcome = connect_and_keep_welcome(&driver, &delta);
    struct taken request = ask(&driver, &alpha, &delta, "r1", "citizen.lookup");
    assert_true(bytes_equal_string(request.agreement, "lookups"));
    struct permission permission = permission_for(&welcome.welcome, request.agreement);
    assert_int_equal(permission.direction, PERMISSION_RECEIVE);

    const struct schema_message *schema =
        schema_set_find_type(driver.bus.schemas, bytes_string("citizen.lookup"))->reply;
    assert_int_equal(schema_from_json(schema, bytes_string(whole_json), &whole, NULL), 0);
    assert_int_equal(field_paths_trim(permission.reply_fields, buffer_view(&whole), &trimmed), 1);
    assert_int_equal(schema_to_json(schema, buffer_view(&trimmed), NULL, &json, NULL), 0);
    assert_string_equal(buffer_string(&json), trimmed_json);

    struct test_message reply = peer_reply(&delta, "p1", &request);
    reply.header.type = bytes_string("citizen.lookup.reply");
    reply.payload = buffer_view(&whole);
    assert_int_equal(-(int)peer_publish_one(&delta, &reply).code, TRUC_E_REPLY_FIELDS);
    reply.header.id = bytes_string("p2");
    reply.payload = buffer_view(&trimmed);
    assert_int_equal(-(int)peer_publish_one(&delta, &reply).code, 0);
    driver_close(&driver);
}

static void test_an_agreement_without_reply_fields_lists_none(void **state)
{
    struct driver driver;
    struct peer delta;
    (void)state;
    driver_open(&driver, &config);
    struct peer alpha = driver_connect(&driver, ALPHA, DRIVER_CREDIT_BYTES);
    struct command welcome = connect_and_keep_welcome(&driver, &delta);
    struct taken request = ask(&driver, &alpha, &delta, "r1", "citizen.verify");
    assert_true(bytes_equal_string(request.agreement, "verifications"));
    assert_int_equal(permission_for(&welcome.welcome, request.agreement).reply_fields.size, 0);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reply_trimmed_as_the_welcome_says_is_accepted),
        cmocka_unit_test(test_an_agreement_without_reply_fields_lists_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
