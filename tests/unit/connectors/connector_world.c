/* connector_world.c - see connector_world.h.
 * The far side's server has a thread of its own; all else is the test's thread.
 * Used by test_http_accepting.c and test_http_serving.c. */
#include "connector_world.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

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

/* ---- the far side --------------------------------------------------------------------------------------------- */

struct stub_request {
    struct buffer body;
};

static void keep_header(struct MHD_Connection *connection, const char *name, char *out, size_t size_max)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    snprintf(out, size_max, "%s", value ? value : "");
}

static enum MHD_Result stub_answer(struct far_stub *stub, struct MHD_Connection *connection, const char *path,
                                   struct stub_request *request)
{
    pthread_mutex_lock(&stub->lock);
    stub->requests++;
    snprintf(stub->path, sizeof(stub->path), "%s", path);
    keep_header(connection, "X-Message-Id", stub->message_id, sizeof(stub->message_id));
    keep_header(connection, "Authorization", stub->authorization, sizeof(stub->authorization));
    keep_header(connection, "X-Token", stub->token, sizeof(stub->token));
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

void stub_set(struct far_stub *stub, unsigned status, const char *header_name, const char *header_value,
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

uint64_t world_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void open_connector(struct world *world, const char *far_url)
{
    struct truc_fault fault = {0};
    struct connector_log silent = {0};
    world->adapter = http_test_adapter(adapter_yaml, world->schemas, far_url);
    world->bus = fake_sdk_open("tester");
    if (http_connector_open(world->adapter, world->bus, &silent, &world->connector, &fault) < 0)
        fail_msg("%s", fault.text);
    snprintf(world->own_url, sizeof(world->own_url), "http://127.0.0.1:%u", http_connector_port(world->connector));
    assert_int_equal(http_client_open(4, &world->caller, &fault), 0);
}

int make_world(void **state)
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

void close_connector(struct world *world)
{
    http_client_close(world->caller);
    http_connector_close(world->connector);
    connector_adapter_free(&world->adapter->common);
}

int free_world(void **state)
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

void world_step(struct world *world)
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

void world_call(struct world *world, const char *method, const char *path, struct bytes body, struct got *got)
{
    struct http_request request = {.method = method, .headers = json_object(), .has_body = true};
    struct truc_fault fault = {0};
    *got = (struct got){0};
    buffer_printf(&request.url, "%s%s", world->own_url, path);
    buffer_append_bytes(&request.body, body);
    assert_int_equal(http_client_send(world->caller, &request, PATIENCE_MS, take, got, &fault), 0);
}

void world_wait(struct world *world, const bool *done)
{
    uint64_t end_ms = world_now_ms() + PATIENCE_MS;
    while (!*done && world_now_ms() < end_ms)
        world_step(world);
    assert_true(*done);
}

void world_post(struct world *world, const char *path, const char *body, struct got *got)
{
    world_call(world, "POST", path, bytes_string(body), got);
    world_wait(world, &got->done);
}

int world_connect(uint16_t port)
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
