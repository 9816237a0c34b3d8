/* far_test.c - see far_test.h.
 * The stub is a far_server of its own, so that tests speak real HTTP in both directions. */
#include "far_test.h"
#include "far_clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct far_test *far_test_begin(void)
{
    struct far_test *test = calloc(1, sizeof *test);
    assert_non_null(test);
    snprintf(test->directory, sizeof test->directory, "/tmp/truc-far-test-XXXXXX");
    assert_non_null(mkdtemp(test->directory));
    far_log_init(&test->log, NULL);
    test->world = (struct far_world){.directory = test->directory,
                                     .seed = 7,
                                     .citizens_count = 50,
                                     .pace_ms = 0,
                                     .clerks = 2,
                                     .session = "session-1",
                                     .log = &test->log};
    assert_int_equal(far_client_open(NULL, &test->client, NULL), 0);
    return test;
}

void far_test_end(struct far_test *test)
{
    static const char *const names[] = {"portal", "onestop", "population", "national-portal"};
    static const char *const endings[] = {".db", ".db-wal", ".db-shm"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        for (size_t j = 0; j < COUNT_OF(endings); j++) {
            char path[128];
            snprintf(path, sizeof path, "%s/%s%s", test->directory, names[i], endings[j]);
            unlink(path); /* many don't exist */
        }
    }
    assert_int_equal(rmdir(test->directory), 0);
    far_client_close(test->client);
    buffer_free(&test->answer);
    json_decref(test->json);
    far_log_free(&test->log);
    free(test);
}

int far_test_post_with(struct far_test *test, const struct far_side *side, const char *path, const char *message_id,
                       const char *content_type, const char *const *headers, const char *body)
{
    char url[FAR_URL_BYTES_MAX], whole[FAR_URL_BYTES_MAX + 64];
    far_side_url(side, url);
    snprintf(whole, sizeof whole, "%s%s", url, path);
    const struct far_post post = {whole, content_type, message_id, headers, bytes_string(body)};
    int status = far_client_post(test->client, &post, &test->answer, NULL);
    json_decref(test->json);
    test->json = json_loadb((const char *)test->answer.data, test->answer.size, 0, NULL);
    return status;
}

int far_test_post(struct far_test *test, const struct far_side *side, const char *path, const char *message_id,
                  const char *body)
{
    static const char *const headers[] = {"dstcode: VN:GOV:G22", NULL};
    return far_test_post_with(test, side, path, message_id, "application/json", headers, body);
}

const char *far_test_text(const struct far_test *test, const char *name)
{
    const char *text = json_string_value(json_object_get(test->json, name));
    return text ? text : "";
}

struct far_stub {
    struct far_server *server;
    char url[64];
    far_script script;
    pthread_mutex_t lock;
    pthread_cond_t came;
    size_t count;
    struct far_call calls[FAR_TEST_CALLS_MAX];
};

static void record(void *context, const struct far_request *request, struct far_answer *answer)
{
    struct far_stub *stub = context;
    pthread_mutex_lock(&stub->lock);
    size_t place = stub->count;
    if (place == FAR_TEST_CALLS_MAX) {
        answer->status = 500; /* the test's wait then fails on the count */
        pthread_mutex_unlock(&stub->lock);
        return;
    }
    struct far_call *call = &stub->calls[place];
    snprintf(call->path, sizeof call->path, "%s", request->path);
    snprintf(call->message_id, sizeof call->message_id, "%s", far_request_header(request, "X-Message-Id"));
    call->body = strndup((const char *)request->body.data, request->body.size);
    answer->status = stub->script(call, place, &answer->body);
    stub->count++;
    pthread_cond_broadcast(&stub->came);
    pthread_mutex_unlock(&stub->lock);
}

struct far_stub *far_stub_start(far_script script)
{
    struct far_stub *stub = calloc(1, sizeof *stub);
    assert_non_null(stub);
    stub->script = script;
    pthread_mutex_init(&stub->lock, NULL);
    pthread_cond_init(&stub->came, NULL);
    assert_int_equal(far_server_start(0, record, stub, &stub->server, NULL), 0);
    snprintf(stub->url, sizeof stub->url, "http://127.0.0.1:%u", far_server_port(stub->server));
    return stub;
}

void far_stub_stop(struct far_stub *stub)
{
    far_server_stop(stub->server);
    for (size_t i = 0; i < stub->count; i++)
        free(stub->calls[i].body);
    pthread_cond_destroy(&stub->came);
    pthread_mutex_destroy(&stub->lock);
    free(stub);
}

const char *far_stub_url(const struct far_stub *stub)
{
    return stub->url;
}

struct far_server *far_stub_server(const struct far_stub *stub)
{
    return stub->server;
}

void far_stub_await(struct far_stub *stub, size_t count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += FAR_TEST_WAIT_SECONDS;
    pthread_mutex_lock(&stub->lock);
    int error = 0;
    while (stub->count < count && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&stub->came, &stub->lock, &until);
    size_t came = stub->count;
    pthread_mutex_unlock(&stub->lock);
    assert_in_range(came, count, FAR_TEST_CALLS_MAX);
}

size_t far_stub_count(struct far_stub *stub)
{
    pthread_mutex_lock(&stub->lock);
    size_t count = stub->count;
    pthread_mutex_unlock(&stub->lock);
    return count;
}

const struct far_call *far_stub_call(struct far_stub *stub, size_t place)
{
    assert_in_range(place, 0, far_stub_count(stub) - 1);
    return &stub->calls[place];
}

int64_t far_test_number(struct far_store *store, const char *sql)
{
    int64_t number = -1;
    struct truc_fault fault = {0};
    if (far_store_number(store, sql, FAR_NO_VALUES, -1, &number, &fault) < 0)
        fail_msg("%s", fault.text);
    return number;
}

void far_test_await(struct far_test *test, const char *id, const char *sql, int64_t expected)
{
    struct far_store store = {0};
    assert_int_equal(far_store_open(&store, test->directory, id, "", NULL), 0);
    uint64_t end_ms = far_clock_steady_ms() + UINT64_C(1000) * FAR_TEST_WAIT_SECONDS;
    int64_t number = far_test_number(&store, sql);
    while (number != expected && far_clock_steady_ms() < end_ms) {
        nanosleep(&(struct timespec){0, 2000000}, NULL); /* between two looks; the bound is above */
        number = far_test_number(&store, sql);
    }
    far_store_close(&store);
    assert_int_equal(number, expected);
}
