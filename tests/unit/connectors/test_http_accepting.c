/* test_http_accepting.c - what callers of the connector get, over real HTTP, with a stand-in for the bus.
 * The other direction is test_http_serving.c.
 * Promise: 202 means the bus has it; nothing secret leaves; wrong input and every refusal are named. */
#include "connector_world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char event[] =
    "{\"MaHoSo\":\"H56-1\",\"ThoiDiem\":\"20261123140307\",\"DoMat\":\"Thường\",\"LyDo\":\"x\"}";
static const char secret_event[] =
    "{\"MaHoSo\":\"H56-2\",\"ThoiDiem\":\"20261123140307\",\"DoMat\":\"Mật\",\"LyDo\":\"bí mật\"}";
static const char question[] =
    "{\"MaHoSo\":\"H56-1\",\"DoMat\":\"Thường\",\"So\":\"038990000017\",\"Ten\":\"An\",\"MaCanBo\":\"cb1\"}";

static void an_event_is_answered_after_the_bus_has_it(void **state)
{
    struct world *world = *state;
    struct got got;
    fake_sdk_hold(world->bus, true);
    world_call(world, "POST", "/events", bytes_string(event), &got);
    while (fake_sdk_sent_count(world->bus) == 0)
        world_step(world);
    world_step(world);
    assert_false(got.done);
    fake_sdk_hold(world->bus, false);
    world_wait(world, &got.done);
    assert_int_equal(got.status, 202);
    const struct fake_sent *sent = fake_sdk_sent(world->bus, 0);
    assert_string_equal(sent->type, "dossier.refused");
    assert_string_equal(sent->subject, "H56-1");
    assert_int_equal(strlen(sent->id), 32);
    assert_non_null(strstr(got.body, sent->id));
}

static void a_repeat_is_the_same_message(void **state)
{
    struct world *world = *state;
    struct got got;
    world_post(world, "/events", event, &got);
    world_post(world, "/events", event, &got);
    assert_int_equal(fake_sdk_sent_count(world->bus), 2);
    const struct fake_sent *a = fake_sdk_sent(world->bus, 0), *b = fake_sdk_sent(world->bus, 1);
    assert_string_equal(a->id, b->id);
    assert_true(bytes_equal(bytes_of(a->payload, a->payload_bytes), bytes_of(b->payload, b->payload_bytes)));
}

static void a_secret_stops_before_the_bus(void **state)
{
    struct world *world = *state;
    struct got got;
    world_post(world, "/events", secret_event, &got);
    assert_int_equal(got.status, 403);
    assert_non_null(strstr(got.body, "\"SECRET\""));
    assert_null(strstr(got.body, "bí mật"));
    assert_int_equal(fake_sdk_sent_count(world->bus), 0);
}

static void wrong_requests_are_named(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *method, *path, *body;
        unsigned status;
        const char *error_code, *where;
    } cases[] = {
        {"POST", "/events", "{\"MaHoSo\":", 400, "\"PAYLOAD\"", "line 1"},
        {"POST", "/events", "", 403, "\"SECRET\"", "$.DoMat"},
        {"POST", "/events", "[1]", 403, "\"SECRET\"", "$.DoMat"},
        {"POST", "/events", "{\"DoMat\":\"Thường\",\"ThoiDiem\":\"20261123140307\"}", 422, "\"PAYLOAD\"", "$.MaHoSo"},
        {"POST", "/events", "{\"DoMat\":\"Thường\",\"MaHoSo\":\"a\",\"ThoiDiem\":\"gần đây\"}", 422, "\"PAYLOAD\"",
         "$.ThoiDiem"},
        {"POST", "/events", "{\"DoMat\":\"Thường\",\"MaHoSo\":7,\"ThoiDiem\":\"20261123140307\"}", 422, "\"PAYLOAD\"",
         "$.MaHoSo"},
        {"POST", "/event", "{}", 404, "\"NOT_FOUND\"", ""},
        {"PUT", "/events", "{}", 405, "\"STATE\"", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct got got;
        world_call(world, cases[i].method, cases[i].path, bytes_string(cases[i].body), &got);
        world_wait(world, &got.done);
        if (got.status != cases[i].status || !strstr(got.body, cases[i].error_code) ||
            !strstr(got.body, cases[i].where))
            fail_msg("%s %s: %u %s", cases[i].path, cases[i].body, got.status, got.body);
    }
    assert_int_equal(fake_sdk_sent_count(world->bus), 0);
}

static void a_body_that_is_too_large_is_413(void **state)
{
    struct world *world = *state;
    struct got got;
    size_t size = HTTP_BODY_BYTES_MAX + 1;
    char *large = malloc(size);
    assert_non_null(large);
    memset(large, ' ', size);
    world_call(world, "POST", "/events", bytes_of(large, size), &got);
    world_wait(world, &got.done);
    free(large);
    assert_int_equal(got.status, 413);
    assert_non_null(strstr(got.body, "\"TOO_LARGE\""));
}

static void the_bus_s_refusals_have_their_status(void **state)
{
    struct world *world = *state;
    static const struct {
        int code;
        unsigned status;
        const char *name, *retry_after;
    } cases[] = {
        {TRUC_E_NO_ROUTE, 403, "\"NO_ROUTE\"", ""}, {TRUC_E_NO_AGREEMENT, 403, "\"NO_AGREEMENT\"", ""},
        {TRUC_E_PAYLOAD, 422, "\"PAYLOAD\"", ""},   {TRUC_E_CONFLICT, 409, "\"CONFLICT\"", ""},
        {TRUC_E_BLOCKED, 503, "\"BLOCKED\"", "5"},  {TRUC_E_SHUTTING_DOWN, 503, "\"SHUTTING_DOWN\"", "5"},
        {TRUC_E_RATE, 429, "\"RATE\"", "5"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct got got;
        fake_sdk_answer(world->bus, cases[i].code, "", BYTES_EMPTY);
        world_post(world, "/events", event, &got);
        assert_int_equal(got.status, cases[i].status);
        assert_non_null(strstr(got.body, cases[i].name));
        assert_string_equal(got.retry_after, cases[i].retry_after);
    }
}

static void no_bus_is_503(void **state)
{
    struct world *world = *state;
    struct got got;
    fake_sdk_connect(world->bus, false);
    world_post(world, "/events", event, &got);
    assert_int_equal(got.status, 503);
    assert_non_null(strstr(got.body, "\"DISCONNECTED\""));
    assert_string_equal(got.retry_after, "5");
    assert_int_equal(fake_sdk_sent_count(world->bus), 0);
}

static void a_silent_bus_is_503_and_its_late_word_harms_nobody(void **state)
{
    struct world *world = *state;
    struct got got;
    fake_sdk_hold(world->bus, true);
    world_post(world, "/events", event, &got);
    assert_int_equal(got.status, 503);
    assert_non_null(strstr(got.body, "\"TIMEOUT\""));
    fake_sdk_hold(world->bus, false);
    world_post(world, "/events", event, &got);
    assert_int_equal(got.status, 202);
}

static void a_question_is_answered(void **state)
{
    struct world *world = *state;
    struct got got;
    static const uint8_t yes[] = {0x08, 0x01};
    fake_sdk_answer(world->bus, 0, "", bytes_of(yes, sizeof(yes)));
    world_post(world, "/verify", question, &got);
    assert_int_equal(got.status, 200);
    assert_string_equal(got.body, "{\"TonTai\":true}");
    assert_int_equal(fake_sdk_sent(world->bus, 0)->kind, TRUC_REQUEST);
    assert_string_equal(fake_sdk_sent(world->bus, 0)->officer, "cb1");
    fake_sdk_answer(world->bus, 0, "", BYTES_EMPTY);
    world_post(world, "/verify", question, &got);
    assert_string_equal(got.body, "{\"TonTai\":false}");
    fake_sdk_answer(world->bus, TRUC_E_DEADLINE, "", BYTES_EMPTY);
    world_post(world, "/verify", question, &got);
    assert_int_equal(got.status, 503);
    assert_non_null(strstr(got.body, "\"DEADLINE\""));
    fake_sdk_answer(world->bus, TRUC_E_REJECTED, "OFFICER_NOT_AUTHORISED", BYTES_EMPTY);
    world_post(world, "/verify", question, &got);
    assert_int_equal(got.status, 422);
    assert_non_null(strstr(got.body, "\"OFFICER_NOT_AUTHORISED\""));
}

#define SOAP(content)                                                                                                  \
    "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><q:XacThuc xmlns:q=\"u\">" content      \
    "</q:XacThuc></s:Body></s:Envelope>"

static void soap_is_spoken_to_callers_too(void **state)
{
    struct world *world = *state;
    struct got got;
    static const uint8_t yes[] = {0x08, 0x01};
    fake_sdk_answer(world->bus, 0, "", bytes_of(yes, sizeof(yes)));
    world_post(world, "/soap", SOAP("<MaHoSo>H56-1</MaHoSo><DoMat>Thường</DoMat><So>038990000017</So><Ten>An</Ten>"),
               &got);
    assert_int_equal(got.status, 200);
    assert_non_null(strstr(got.body, "<soapenv:Body><XacThucResponse><TonTai>true</TonTai></XacThucResponse>"));
    world_post(world, "/soap", SOAP("<MaHoSo>H56-1</MaHoSo><DoMat>Thường</DoMat><So>038990000017</So>"), &got);
    assert_int_equal(got.status, 500);
    assert_non_null(strstr(got.body, "<faultcode>soapenv:Client</faultcode>"));
    assert_non_null(strstr(got.body, "<error_code>PAYLOAD</error_code>"));
    world_post(world, "/soap", "<html>", &got);
    assert_non_null(strstr(got.body, "the body is not XML"));
    assert_int_equal(fake_sdk_sent_count(world->bus), 1);
}

static void services_of_one_path_are_told_apart(void **state)
{
    struct world *world = *state;
    struct got got;
    static const char data[] =
        "\"data\":[{\"MaHoSo\":\"H56-1\",\"ThoiDiem\":\"20261123140307\",\"DoMat\":\"Thường\"}]}";
    char body[256];
    snprintf(body, sizeof(body), "{\"service\":\"Rut\",%s", data);
    world_post(world, "/rpc", body, &got);
    assert_int_equal(got.status, 202);
    assert_string_equal(fake_sdk_sent(world->bus, 0)->type, "dossier.withdraw");
    assert_int_equal(fake_sdk_sent(world->bus, 0)->kind, TRUC_COMMAND);
    assert_non_null(strstr(got.body, "\"at\":1"));
    snprintf(body, sizeof(body), "{\"service\":\"TuChoi\",%s", data);
    world_post(world, "/rpc", body, &got);
    assert_string_equal(fake_sdk_sent(world->bus, 1)->type, "dossier.refused");
    assert_string_not_equal(fake_sdk_sent(world->bus, 0)->id, fake_sdk_sent(world->bus, 1)->id);
    snprintf(body, sizeof(body), "{\"service\":\"Khac\",%s", data);
    world_post(world, "/rpc", body, &got);
    assert_int_equal(got.status, 422);
    assert_int_equal(fake_sdk_sent_count(world->bus), 2);
}

static void half_open_callers_do_not_stop_others(void **state)
{
    struct world *world = *state;
    static const char half[] = "POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"MaHoSo\"";
    int fds[8];
    struct got got;
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = world_connect(http_connector_port(world->connector));
        assert_true(fds[i] >= 0);
        assert_int_equal(send(fds[i], half, sizeof(half) - 1, MSG_NOSIGNAL), sizeof(half) - 1);
    }
    world_post(world, "/events", event, &got);
    assert_int_equal(got.status, 202);
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        close(fds[i]);
    world_post(world, "/events", event, &got);
    assert_int_equal(got.status, 202);
    assert_int_equal(fake_sdk_sent_count(world->bus), 2);
}

/* Bodies within 2 MiB that cost a parser a hundred times that, or a minute. */
static void bodies_that_explode_are_refused_unread(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *path, *before, *piece, *after;
        size_t pieces;
        const char *where;
    } cases[] = {
        {"/events", "[", "{},", "{}]", 400000, "too many values"},
        {"/events", "", "[", "", 400000, "too many values"},
        {"/soap", "<Envelope><Body><X ", "a='' ", "/></Body></Envelope>", 65, "attributes"},
        {"/soap", "<Envelope><Body><X ", "xmlns:a='' ", "/></Body></Envelope>", 100000, "attributes"},
        {"/soap", "<Envelope><Body>", "<x/>", "</Body></Envelope>", 100000, "elements"},
        {"/soap", "<Envelope><Body>", "<x>", "", 40, "deep"},
        {"/soap", "<!-- --><!DOCTYPE x []><X ", "a='' ", "/>", 100, "DTD"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        BUFFER_CLEANUP struct buffer body = {0};
        struct got got;
        clock_t start = clock();
        buffer_append_string(&body, cases[i].before);
        for (size_t n = 0; n < cases[i].pieces; n++)
            buffer_append_string(&body, cases[i].piece);
        buffer_append_string(&body, cases[i].after);
        world_call(world, "POST", cases[i].path, buffer_view(&body), &got);
        world_wait(world, &got.done);
        if (got.status < 400 || !strstr(got.body, cases[i].where))
            fail_msg("%zu: %u %s", i, got.status, got.body);
        assert_true((clock() - start) / CLOCKS_PER_SEC < 2); /* of this process's own time */
    }
    assert_int_equal(fake_sdk_sent_count(world->bus), 0);
}

/* One request of which a proxy might have made another: refused, and what follows it is no request. */
static void a_request_without_a_certain_end_is_the_last_of_its_connection(void **state)
{
    static const char *const heads[] = {
        "Content-Length: 2\r\nContent-Length: 40\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\nContent-Length: 2\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    };
    struct world *world = *state;
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        char request[256], answer[2048] = "";
        size_t size = 0;
        ssize_t count = 1;
        int fd = world_connect(http_connector_port(world->connector));
        assert_true(fd >= 0);
        int length =
            snprintf(request, sizeof request,
                     "POST /events HTTP/1.1\r\nHost: x\r\n%s\r\n{}POST /events HTTP/1.1\r\nHost: x\r\n\r\n", heads[i]);
        assert_int_equal(send(fd, request, (size_t)length, MSG_NOSIGNAL), length);
        while (count != 0) { /* until the connector closes it */
            world_step(world);
            count = recv(fd, answer + size, sizeof answer - 1 - size, MSG_DONTWAIT);
            size += count > 0 ? (size_t)count : 0;
            if (count < 0 && errno == ECONNRESET)
                break;
        }
        close(fd);
        const char *first = strstr(answer, "HTTP/1.1 400");
        if (!first || strstr(first + 1, "HTTP/1.1 "))
            fail_msg("%s%s", heads[i], answer);
    }
    assert_int_equal(fake_sdk_sent_count(world->bus), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(an_event_is_answered_after_the_bus_has_it),
        WITH_WORLD(a_repeat_is_the_same_message),
        WITH_WORLD(a_secret_stops_before_the_bus),
        WITH_WORLD(wrong_requests_are_named),
        WITH_WORLD(a_body_that_is_too_large_is_413),
        WITH_WORLD(the_bus_s_refusals_have_their_status),
        WITH_WORLD(no_bus_is_503),
        WITH_WORLD(a_silent_bus_is_503_and_its_late_word_harms_nobody),
        WITH_WORLD(a_question_is_answered),
        WITH_WORLD(soap_is_spoken_to_callers_too),
        WITH_WORLD(services_of_one_path_are_told_apart),
        WITH_WORLD(bodies_that_explode_are_refused_unread),
        WITH_WORLD(a_request_without_a_certain_end_is_the_last_of_its_connection),
        WITH_WORLD(half_open_callers_do_not_stop_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
