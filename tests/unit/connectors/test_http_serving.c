/* test_http_serving.c - what becomes of delivered messages at a far side over real HTTP, and how the connector ends.
 * The other direction is test_http_accepting.c.
 * Promise: an outage is a retry and never an answer; stopping leaves nothing half done. */
#include "connector_world.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static const char event[] =
    "{\"MaHoSo\":\"H56-1\",\"ThoiDiem\":\"20261123140307\",\"DoMat\":\"Thường\",\"LyDo\":\"x\"}";
static const char question[] =
    "{\"MaHoSo\":\"H56-1\",\"DoMat\":\"Thường\",\"So\":\"038990000017\",\"Ten\":\"An\",\"MaCanBo\":\"cb1\"}";

static void deliver(struct world *world, const char *type, const char *json, struct fake_settlement *settlement)
{
    BUFFER_CLEANUP struct buffer payload = {0};
    struct truc_fault fault = {0};
    const struct schema_message *message = schema_set_find_type(world->schemas, bytes_string(type));
    if (schema_from_json(message, bytes_string(json), &payload, &fault) < 0)
        fail_msg("%s", fault.text);
    fake_sdk_deliver(world->bus, type, "m-1", buffer_view(&payload), settlement);
    uint64_t end_ms = world_now_ms() + PATIENCE_MS;
    while (settlement->how == FAKE_OPEN && world_now_ms() < end_ms)
        world_step(world);
    assert_int_not_equal(settlement->how, FAKE_OPEN);
}

static void a_delivery_is_one_call_and_done(void **state)
{
    struct world *world = *state;
    struct fake_settlement settlement;
    deliver(world, "dossier.refused", "{\"code\": \"H56/1 ă\", \"reason\": \"vì \\\"thế\\\"\"}", &settlement);
    assert_int_equal(settlement.how, FAKE_DONE);
    assert_int_equal(world->stub.requests, 1);
    assert_string_equal(world->stub.path, "/in/H56/1 ă"); /* percent-encoded on the wire: one path segment */
    assert_string_equal(world->stub.message_id, "m-1");
    assert_string_equal(world->stub.body, "{\"MaHoSo\":\"H56/1 ă\",\"LyDo\":\"vì \\\"thế\\\"\"}");
}

static void the_far_side_is_shown_who_calls(void **state)
{
    static char secret[] = "Aladdin's"; /* wiped with the adapter */
    static const struct {
        enum http_auth auth;
        const char *name, *authorization, *token;
    } cases[] = {
        {HTTP_AUTH_NONE, NULL, "", ""},
        {HTTP_AUTH_BEARER, NULL, "Bearer Aladdin's", ""},
        {HTTP_AUTH_BASIC, "truc", "Basic dHJ1YzpBbGFkZGluJ3M=", ""},
        {HTTP_AUTH_HEADER, "X-Token", "", "Aladdin's"},
    };
    struct world *world = *state;
    struct http_far_side *far_side = &world->adapter->far_side;
    assert_null(far_side->auth_secret);
    far_side->auth_secret = secret;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fake_settlement settlement;
        far_side->auth = cases[i].auth;
        far_side->auth_name = cases[i].name;
        deliver(world, "dossier.refused", "{\"code\": \"a\"}", &settlement);
        assert_int_equal(settlement.how, FAKE_DONE);
        assert_string_equal(world->stub.authorization, cases[i].authorization);
        assert_string_equal(world->stub.token, cases[i].token);
    }
}

/* A sender chooses what stands in the path: it must not choose another path by it. */
static void a_value_leads_to_no_other_path(void **state)
{
    static const char *const bodies[] = {"{\"code\": \"..\"}", "{\"code\": \".\"}"};
    struct world *world = *state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct fake_settlement settlement;
        deliver(world, "dossier.refused", bodies[i], &settlement);
        assert_int_equal(settlement.how, FAKE_REJECT);
        assert_string_equal(settlement.reason, "MAPPING");
    }
    assert_int_equal(world->stub.requests, 0);
}

static void answers_of_the_far_side_mean(void **state)
{
    struct world *world = *state;
    static const struct {
        unsigned status;
        const char *header_name, *header_value, *body;
        enum fake_settled how;
        uint32_t after_ms;
        const char *reason;
    } cases[] = {
        {201, NULL, NULL, "", FAKE_DONE, 0, ""},
        {429, "Retry-After", "7", "{}", FAKE_RETRY, 7000, ""},
        {429, NULL, NULL, "{}", FAKE_RETRY, 30000, ""},
        {503, "Retry-After", "9", "busy", FAKE_RETRY, 9000, ""},
        {500, NULL, NULL, "{}", FAKE_RETRY, CONNECTOR_RETRY_BY_ROUTE, ""},
        {401, NULL, NULL, "{}", FAKE_RETRY, CONNECTOR_RETRY_BY_ROUTE, ""},
        {302, "Location", "http://127.0.0.1:1/", "{}", FAKE_RETRY, CONNECTOR_RETRY_BY_ROUTE, ""},
        {200, NULL, NULL, "{\"broken\":", FAKE_RETRY, CONNECTOR_RETRY_BY_ROUTE, ""},
        {404, NULL, NULL, "{}", FAKE_REJECT, 0, "HTTP_404"},
        {400, NULL, NULL, "{\"code\": \"E17\"}", FAKE_REJECT, 0, "ADDRESS_UNKNOWN"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fake_settlement settlement;
        stub_set(&world->stub, cases[i].status, cases[i].header_name, cases[i].header_value, cases[i].body);
        deliver(world, "dossier.refused", "{\"code\": \"a\"}", &settlement);
        if (settlement.how != cases[i].how || settlement.after_ms != cases[i].after_ms ||
            strcmp(settlement.reason, cases[i].reason) != 0)
            fail_msg("%u %s: %d %u %s %s", cases[i].status, cases[i].body, (int)settlement.how, settlement.after_ms,
                     settlement.reason, settlement.text);
        if (settlement.how == FAKE_RETRY)
            assert_int_equal(settlement.code, TRUC_E_UNAVAILABLE);
    }
}

static void a_request_is_answered_from_the_far_side(void **state)
{
    struct world *world = *state;
    struct fake_settlement settlement;
    stub_set(&world->stub, 200, NULL, NULL, "{\"exists\": \"true\"}");
    deliver(world, "citizen.verify", "{\"identity_number\": \"038990000017\"}", &settlement);
    assert_int_equal(settlement.how, FAKE_REPLY);
    assert_int_equal(settlement.payload_bytes, 2);
    assert_memory_equal(settlement.payload, "\x08\x01", 2);
    stub_set(&world->stub, 200, NULL, NULL, "{}");
    deliver(world, "citizen.verify", "{\"identity_number\": \"038990000017\"}", &settlement);
    assert_int_equal(settlement.how, FAKE_REJECT);
    assert_string_equal(settlement.reason, "MAPPING");
}

static void an_answer_that_is_too_large_is_an_outage(void **state)
{
    struct world *world = *state;
    struct fake_settlement settlement;
    pthread_mutex_lock(&world->stub.lock);
    buffer_clear(&world->stub.answer);
    uint8_t *space = buffer_extend(&world->stub.answer, DOCUMENT_BYTES_MAX + 1);
    assert_non_null(space);
    memset(space, ' ', DOCUMENT_BYTES_MAX + 1);
    pthread_mutex_unlock(&world->stub.lock);
    deliver(world, "dossier.refused", "{\"code\": \"a\"}", &settlement);
    assert_int_equal(settlement.how, FAKE_RETRY);
    assert_non_null(strstr(settlement.text, "larger than"));
}

/* Listens and never answers, or does not listen any more. */
static void nobody_answers(struct world *world, bool listening)
{
    struct fake_settlement settlement;
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(where);
    char url[URL_BYTES];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&where, sizeof(where)), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&where, &size), 0);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", ntohs(where.sin_port));
    if (!listening)
        close(fd);
    close_connector(world);
    open_connector(world, url);
    deliver(world, "dossier.refused", "{\"code\": \"a\"}", &settlement);
    assert_int_equal(settlement.how, FAKE_RETRY);
    assert_int_equal(settlement.code, TRUC_E_UNAVAILABLE);
    assert_int_equal(settlement.after_ms, CONNECTOR_RETRY_BY_ROUTE);
    if (listening)
        close(fd);
}

static void a_far_side_that_never_answers_is_an_outage(void **state)
{
    nobody_answers(*state, true);
}

static void a_far_side_that_is_away_is_an_outage(void **state)
{
    nobody_answers(*state, false);
}

/* ---- ending --------------------------------------------------------------------------------------------------- */

static void draining_ends_what_is_under_way(void **state)
{
    struct world *world = *state;
    struct got got;
    fake_sdk_hold(world->bus, true);
    world_call(world, "POST", "/events", bytes_string(event), &got);
    while (fake_sdk_sent_count(world->bus) == 0)
        world_step(world);
    http_connector_drain(world->connector);
    assert_false(http_connector_is_drained(world->connector));
    assert_int_equal(world_connect(http_connector_port(world->connector)), -1);
    fake_sdk_hold(world->bus, false);
    world_wait(world, &got.done);
    assert_int_equal(got.status, 202);
    uint64_t end_ms = world_now_ms() + PATIENCE_MS;
    while (!http_connector_is_drained(world->connector) && world_now_ms() < end_ms)
        world_step(world);
    assert_true(http_connector_is_drained(world->connector));
}

static void closing_in_the_middle_leaves_nothing_behind(void **state)
{
    struct world *world = *state;
    struct got got;
    struct fake_settlement settlement;
    fake_sdk_hold(world->bus, true);
    world_call(world, "POST", "/verify", bytes_string(question), &got);
    while (fake_sdk_sent_count(world->bus) == 0)
        world_step(world);
    fake_sdk_deliver(world->bus, "dossier.refused", "m-9", BYTES_EMPTY, &settlement);
    world_step(world);
    close_connector(world); /* the sanitizers look for what is left */
    assert_true(settlement.how == FAKE_RETRY || settlement.how == FAKE_DONE || settlement.how == FAKE_REJECT);
    open_connector(world, world->far_url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(a_delivery_is_one_call_and_done),
        WITH_WORLD(the_far_side_is_shown_who_calls),
        WITH_WORLD(a_value_leads_to_no_other_path),
        WITH_WORLD(answers_of_the_far_side_mean),
        WITH_WORLD(a_request_is_answered_from_the_far_side),
        WITH_WORLD(an_answer_that_is_too_large_is_an_outage),
        WITH_WORLD(a_far_side_that_never_answers_is_an_outage),
        WITH_WORLD(a_far_side_that_is_away_is_an_outage),
        WITH_WORLD(draining_ends_what_is_under_way),
        WITH_WORLD(closing_in_the_middle_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
