/* test_http_connector.c - the connector over real HTTP on loopback, both ways, with a stand-in for the bus.
 * The far side is a small server in a thread of its own; the caller is the connector's own client code.
 * Promise: 202 means the bus has it; an outage is a retry; nothing secret leaves; wrong input is named. */
#include "connector_test.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fake_sdk.h"
#include "http_connector.h"

enum { PATIENCE_MS = 20000, URL_BYTES = 96 };

static const char adapter_yaml[] =
    "adapter: tester\nconnector: http\ntitle: Thử\n"
    "far-side:\n  url: http://127.0.0.1:1\n  timeout: 300ms\n  in-flight: 2\n"
    "serves:\n"
    "  - type: dossier.refused\n"
    "    call: {path: \"/in/{body.code}\", headers: {X-Message-Id: header.id}}\n"
    "    request: {MaHoSo: body.code, LyDo: body.reason}\n"
    "    errors:\n"
    "      - {when: status == 429, retry: after(headers.Retry-After default 30s)}\n"
    "      - {when: $.code == \"E17\", reject: ADDRESS_UNKNOWN}\n"
    "  - type: citizen.verify\n"
    "    call: {path: /verify}\n"
    "    request: {n: body.identity_number}\n"
    "    reply: {exists: bool(required($.exists))}\n"
    "accepts:\n"
    "  - path: /events\n"
    "    type: dossier.refused\n"
    "    within: 150ms\n"
    "    message:\n"
    "      id: [$.MaHoSo, $.ThoiDiem]\n"
    "      subject: $.MaHoSo\n"
    "      time: parse_time($.ThoiDiem, \"yyyyMMddHHmmss\")\n"
    "      classification: lookup(secrecy, $.DoMat)\n"
    "      body: {code: required($.MaHoSo), reason: $.LyDo}\n"
    "  - path: /verify\n"
    "    type: citizen.verify\n"
    "    message:\n"
    "      subject: $.MaHoSo\n"
    "      classification: lookup(secrecy, $.DoMat)\n"
    "      purpose: {officer: $.MaCanBo}\n"
    "      body: {identity_number: $.So, name: $.Ten}\n"
    "    reply: {TonTai: body.exists}\n"
    "  - path: /soap\n"
    "    type: citizen.verify\n"
    "    format: soap\n"
    "    operation: XacThucResponse\n"
    "    message:\n"
    "      subject: $.MaHoSo\n"
    "      classification: lookup(secrecy, $.DoMat)\n"
    "      body: {identity_number: $.So, name: required($.Ten)}\n"
    "    reply: {TonTai: body.exists}\n"
    "  - path: /rpc\n"
    "    type: dossier.refused\n"
    "    when: $.service == \"TuChoi\"\n"
    "    message:\n"
    "      id: $.data[0].MaHoSo\n"
    "      subject: $.data[0].MaHoSo\n"
    "      time: parse_time($.data[0].ThoiDiem, \"yyyyMMddHHmmss\")\n"
    "      classification: lookup(secrecy, $.data[0].DoMat)\n"
    "      body:\n"
    "        code: $.data[0].MaHoSo\n"
    "    accepted: {error_code: \"0\", result: [{id: message.id, at: message.sequence}]}\n"
    "  - path: /rpc\n"
    "    type: dossier.withdraw\n"
    "    when: $.service == \"Rut\"\n"
    "    message:\n"
    "      id: $.data[0].MaHoSo\n"
    "      subject: $.data[0].MaHoSo\n"
    "      time: parse_time($.data[0].ThoiDiem, \"yyyyMMddHHmmss\")\n"
    "      classification: lookup(secrecy, $.data[0].DoMat)\n"
    "      body:\n"
    "        code: $.data[0].MaHoSo\n"
    "    accepted: {error_code: \"0\", result: [{id: message.id, at: message.sequence}]}\n"
    "tables:\n  secrecy: {Thường: not-secret, Mật: secret}\n";

static const char event[] =
    "{\"MaHoSo\":\"H56-1\",\"ThoiDiem\":\"20261123140307\",\"DoMat\":\"Thường\",\"LyDo\":\"x\"}";
static const char secret_event[] =
    "{\"MaHoSo\":\"H56-2\",\"ThoiDiem\":\"20261123140307\",\"DoMat\":\"Mật\",\"LyDo\":\"bí mật\"}";
static const char question[] =
    "{\"MaHoSo\":\"H56-1\",\"DoMat\":\"Thường\",\"So\":\"038990000017\",\"Ten\":\"An\",\"MaCanBo\":\"cb1\"}";

/* ---- the far side --------------------------------------------------------------------------------------------- */

struct far_stub {
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;
    unsigned status;
    const char *header_name, *header_value;
    struct buffer answer;
    unsigned requests;
    char path[128], message_id[64], body[1024];
};

struct stub_request {
    struct buffer body;
};

static enum MHD_Result stub_answer(struct far_stub *stub, struct MHD_Connection *connection, const char *path,
                                   struct stub_request *request)
{
    pthread_mutex_lock(&stub->lock);
    const char *id = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Message-Id");
    stub->requests++;
    snprintf(stub->path, sizeof(stub->path), "%s", path);
    snprintf(stub->message_id, sizeof(stub->message_id), "%s", id ? id : "");
    snprintf(stub->body, sizeof(stub->body), "%.*s", BYTES_PRINTF(buffer_view(&request->body)));
    struct MHD_Response *response =
        MHD_create_response_from_buffer(stub->answer.size, stub->answer.data, MHD_RESPMEM_MUST_COPY);
    if (stub->header_name)
        MHD_add_response_header(response, stub->header_name, stub->header_value);
    enum MHD_Result result = MHD_queue_response(connection, stub->status, response);
    pthread_mutex_unlock(&stub->lock);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result stub_access(void *context, struct MHD_Connection *connection, const char *path,
                                   const char *method, const char *version, const char *data, size_t *size, void **at)
{
    (void)method;
    (void)version;
    struct stub_request *request = *at;
    if (!request) {
        *at = calloc(1, sizeof(*request));
        return *at ? MHD_YES : MHD_NO;
    }
    if (*size) {
        buffer_append(&request->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return stub_answer(context, connection, path, request);
}

static void stub_completed(void *context, struct MHD_Connection *connection, void **at,
                           enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    struct stub_request *request = *at;
    if (request)
        buffer_free(&request->body);
    free(request);
}

static void stub_set(struct far_stub *stub, unsigned status, const char *header_name, const char *header_value,
                     const char *body)
{
    pthread_mutex_lock(&stub->lock);
    stub->status = status;
    stub->header_name = header_name;
    stub->header_value = header_value;
    buffer_clear(&stub->answer);
    buffer_append_string(&stub->answer, body);
    pthread_mutex_unlock(&stub->lock);
}

/* ---- the world ------------------------------------------------------------------------------------------------ */

struct world {
    struct schema_set *schemas;
    struct far_stub stub;
    char far_url[URL_BYTES], own_url[URL_BYTES];
    struct http_adapter *adapter;
    truc_adapter *bus;
    struct http_connector *connector;
    struct http_client *caller;
};

struct got {
    bool done;
    unsigned status;
    char retry_after[16], body[2048];
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void open_connector(struct world *world, const char *far_url)
{
    struct truc_fault fault = {0};
    struct http_log silent = {0};
    world->adapter = connector_test_adapter(adapter_yaml, world->schemas, far_url);
    world->bus = fake_sdk_open("tester");
    if (http_connector_open(world->adapter, world->bus, &silent, &world->connector, &fault) < 0)
        fail_msg("%s", fault.text);
    snprintf(world->own_url, sizeof(world->own_url), "http://127.0.0.1:%u", http_connector_port(world->connector));
    assert_int_equal(http_client_open(4, &world->caller, &fault), 0);
}

static int make_world(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    world->schemas = connector_test_schemas();
    pthread_mutex_init(&world->stub.lock, NULL);
    world->stub.daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, stub_access, &world->stub,
                                          MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&where, MHD_OPTION_NOTIFY_COMPLETED,
                                          stub_completed, NULL, MHD_OPTION_END);
    assert_non_null(world->stub.daemon);
    unsigned port = MHD_get_daemon_info(world->stub.daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    snprintf(world->far_url, sizeof(world->far_url), "http://127.0.0.1:%u", port);
    stub_set(&world->stub, 200, NULL, NULL, "{}");
    open_connector(world, world->far_url);
    *state = world;
    return 0;
}

static void close_connector(struct world *world)
{
    http_client_close(world->caller);
    http_connector_close(world->connector);
    http_adapter_free(world->adapter);
}

static int free_world(void **state)
{
    struct world *world = *state;
    close_connector(world);
    MHD_stop_daemon(world->stub.daemon);
    buffer_free(&world->stub.answer);
    pthread_mutex_destroy(&world->stub.lock);
    schema_set_free(world->schemas);
    free(world);
    return 0;
}

static void step(struct world *world)
{
    struct truc_fault fault = {0};
    assert_int_equal(http_client_poll(world->caller, NULL, 0, 0, &fault), 0);
    assert_int_equal(http_client_step(world->caller, &fault), 0);
    assert_int_equal(http_connector_step(world->connector, -1, &fault), 0);
    assert_int_equal(http_client_step(world->caller, &fault), 0);
}

static void take(void *context, const struct http_response *response)
{
    struct got *got = context;
    const char *retry_after = json_string_value(json_object_get(response->headers, "retry-after"));
    got->done = true;
    got->status = response->status;
    snprintf(got->retry_after, sizeof(got->retry_after), "%s", retry_after ? retry_after : "");
    snprintf(got->body, sizeof(got->body), "%.*s", BYTES_PRINTF(response->body));
}

static void call(struct world *world, const char *method, const char *path, struct bytes body, struct got *got)
{
    struct http_request request = {.method = method, .headers = json_object(), .has_body = true};
    struct truc_fault fault = {0};
    *got = (struct got){0};
    buffer_printf(&request.url, "%s%s", world->own_url, path);
    buffer_append_bytes(&request.body, body);
    assert_int_equal(http_client_send(world->caller, &request, PATIENCE_MS, take, got, &fault), 0);
}

static void wait_for(struct world *world, const bool *done)
{
    uint64_t end_ms = now_ms() + PATIENCE_MS;
    while (!*done && now_ms() < end_ms)
        step(world);
    assert_true(*done);
}

static void post(struct world *world, const char *path, const char *body, struct got *got)
{
    call(world, "POST", path, bytes_string(body), got);
    wait_for(world, &got->done);
}

/* ---- inbound -------------------------------------------------------------------------------------------------- */

static void an_event_is_answered_after_the_bus_has_it(void **state)
{
    struct world *world = *state;
    struct got got;
    fake_sdk_hold(world->bus, true);
    call(world, "POST", "/events", bytes_string(event), &got);
    while (fake_sdk_sent_count(world->bus) == 0)
        step(world);
    step(world);
    assert_false(got.done);
    fake_sdk_hold(world->bus, false);
    wait_for(world, &got.done);
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
    post(world, "/events", event, &got);
    post(world, "/events", event, &got);
    assert_int_equal(fake_sdk_sent_count(world->bus), 2);
    const struct fake_sent *a = fake_sdk_sent(world->bus, 0), *b = fake_sdk_sent(world->bus, 1);
    assert_string_equal(a->id, b->id);
    assert_true(bytes_equal(bytes_of(a->payload, a->payload_bytes), bytes_of(b->payload, b->payload_bytes)));
}

static void a_secret_stops_before_the_bus(void **state)
{
    struct world *world = *state;
    struct got got;
    post(world, "/events", secret_event, &got);
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
        call(world, cases[i].method, cases[i].path, bytes_string(cases[i].body), &got);
        wait_for(world, &got.done);
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
    call(world, "POST", "/events", bytes_of(large, size), &got);
    wait_for(world, &got.done);
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
        post(world, "/events", event, &got);
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
    post(world, "/events", event, &got);
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
    post(world, "/events", event, &got);
    assert_int_equal(got.status, 503);
    assert_non_null(strstr(got.body, "\"TIMEOUT\""));
    fake_sdk_hold(world->bus, false);
    post(world, "/events", event, &got);
    assert_int_equal(got.status, 202);
}

static void a_question_is_answered(void **state)
{
    struct world *world = *state;
    struct got got;
    static const uint8_t yes[] = {0x08, 0x01};
    fake_sdk_answer(world->bus, 0, "", bytes_of(yes, sizeof(yes)));
    post(world, "/verify", question, &got);
    assert_int_equal(got.status, 200);
    assert_string_equal(got.body, "{\"TonTai\":true}");
    assert_int_equal(fake_sdk_sent(world->bus, 0)->kind, TRUC_REQUEST);
    assert_string_equal(fake_sdk_sent(world->bus, 0)->officer, "cb1");
    fake_sdk_answer(world->bus, 0, "", BYTES_EMPTY);
    post(world, "/verify", question, &got);
    assert_string_equal(got.body, "{\"TonTai\":false}");
    fake_sdk_answer(world->bus, TRUC_E_DEADLINE, "", BYTES_EMPTY);
    post(world, "/verify", question, &got);
    assert_int_equal(got.status, 503);
    assert_non_null(strstr(got.body, "\"DEADLINE\""));
    fake_sdk_answer(world->bus, TRUC_E_REJECTED, "OFFICER_NOT_AUTHORISED", BYTES_EMPTY);
    post(world, "/verify", question, &got);
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
    post(world, "/soap", SOAP("<MaHoSo>H56-1</MaHoSo><DoMat>Thường</DoMat><So>038990000017</So><Ten>An</Ten>"), &got);
    assert_int_equal(got.status, 200);
    assert_non_null(strstr(got.body, "<soapenv:Body><XacThucResponse><TonTai>true</TonTai></XacThucResponse>"));
    post(world, "/soap", SOAP("<MaHoSo>H56-1</MaHoSo><DoMat>Thường</DoMat><So>038990000017</So>"), &got);
    assert_int_equal(got.status, 500);
    assert_non_null(strstr(got.body, "<faultcode>soapenv:Client</faultcode>"));
    assert_non_null(strstr(got.body, "<error_code>PAYLOAD</error_code>"));
    post(world, "/soap", "<html>", &got);
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
    post(world, "/rpc", body, &got);
    assert_int_equal(got.status, 202);
    assert_string_equal(fake_sdk_sent(world->bus, 0)->type, "dossier.withdraw");
    assert_int_equal(fake_sdk_sent(world->bus, 0)->kind, TRUC_COMMAND);
    assert_non_null(strstr(got.body, "\"at\":1"));
    snprintf(body, sizeof(body), "{\"service\":\"TuChoi\",%s", data);
    post(world, "/rpc", body, &got);
    assert_string_equal(fake_sdk_sent(world->bus, 1)->type, "dossier.refused");
    assert_string_not_equal(fake_sdk_sent(world->bus, 0)->id, fake_sdk_sent(world->bus, 1)->id);
    snprintf(body, sizeof(body), "{\"service\":\"Khac\",%s", data);
    post(world, "/rpc", body, &got);
    assert_int_equal(got.status, 422);
    assert_int_equal(fake_sdk_sent_count(world->bus), 2);
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in where = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (connect(fd, (struct sockaddr *)&where, sizeof(where)) == 0)
        return fd;
    close(fd);
    return -1;
}

static void half_open_callers_do_not_stop_others(void **state)
{
    struct world *world = *state;
    static const char half[] = "POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"MaHoSo\"";
    int fds[8];
    struct got got;
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = connect_to(http_connector_port(world->connector));
        assert_true(fds[i] >= 0);
        assert_int_equal(send(fds[i], half, sizeof(half) - 1, MSG_NOSIGNAL), sizeof(half) - 1);
    }
    post(world, "/events", event, &got);
    assert_int_equal(got.status, 202);
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        close(fds[i]);
    post(world, "/events", event, &got);
    assert_int_equal(got.status, 202);
    assert_int_equal(fake_sdk_sent_count(world->bus), 2);
}

/* ---- outbound ------------------------------------------------------------------------------------------------- */

static void deliver(struct world *world, const char *type, const char *json, struct fake_settlement *settlement)
{
    BUFFER_CLEANUP struct buffer payload = {0};
    struct truc_fault fault = {0};
    const struct schema_message *message = schema_set_find_type(world->schemas, bytes_string(type));
    if (schema_from_json(message, bytes_string(json), &payload, &fault) < 0)
        fail_msg("%s", fault.text);
    fake_sdk_deliver(world->bus, type, "m-1", buffer_view(&payload), settlement);
    uint64_t end_ms = now_ms() + PATIENCE_MS;
    while (settlement->how == FAKE_OPEN && now_ms() < end_ms)
        step(world);
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
        {500, NULL, NULL, "{}", FAKE_RETRY, HTTP_RETRY_BY_ROUTE, ""},
        {401, NULL, NULL, "{}", FAKE_RETRY, HTTP_RETRY_BY_ROUTE, ""},
        {302, "Location", "http://127.0.0.1:1/", "{}", FAKE_RETRY, HTTP_RETRY_BY_ROUTE, ""},
        {200, NULL, NULL, "{\"broken\":", FAKE_RETRY, HTTP_RETRY_BY_ROUTE, ""},
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
    uint8_t *space = buffer_extend(&world->stub.answer, HTTP_ANSWER_BYTES_MAX + 1);
    assert_non_null(space);
    memset(space, ' ', HTTP_ANSWER_BYTES_MAX + 1);
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
    assert_int_equal(settlement.after_ms, HTTP_RETRY_BY_ROUTE);
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
    call(world, "POST", "/events", bytes_string(event), &got);
    while (fake_sdk_sent_count(world->bus) == 0)
        step(world);
    http_connector_drain(world->connector);
    assert_false(http_connector_is_drained(world->connector));
    assert_int_equal(connect_to(http_connector_port(world->connector)), -1);
    fake_sdk_hold(world->bus, false);
    wait_for(world, &got.done);
    assert_int_equal(got.status, 202);
    uint64_t end_ms = now_ms() + PATIENCE_MS;
    while (!http_connector_is_drained(world->connector) && now_ms() < end_ms)
        step(world);
    assert_true(http_connector_is_drained(world->connector));
}

static void closing_in_the_middle_leaves_nothing_behind(void **state)
{
    struct world *world = *state;
    struct got got;
    struct fake_settlement settlement;
    fake_sdk_hold(world->bus, true);
    call(world, "POST", "/verify", bytes_string(question), &got);
    while (fake_sdk_sent_count(world->bus) == 0)
        step(world);
    fake_sdk_deliver(world->bus, "dossier.refused", "m-9", BYTES_EMPTY, &settlement);
    step(world);
    close_connector(world); /* the sanitizers look for what is left */
    assert_true(settlement.how == FAKE_RETRY || settlement.how == FAKE_DONE || settlement.how == FAKE_REJECT);
    open_connector(world, world->far_url);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, free_world)

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
        WITH_WORLD(half_open_callers_do_not_stop_others),
        WITH_WORLD(a_delivery_is_one_call_and_done),
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
