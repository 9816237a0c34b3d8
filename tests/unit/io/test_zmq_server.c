/* test_zmq_server.c - what the broker's door promises: who comes in, under which name, and what breaks a connection.
 * Server and clients are real sockets on loopback, the server driven by hand.
 * Waiting is on conditions, with a time limit that only a failure reaches. */
#include "cmocka_start.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "command.h"
#include "io_clock.h"
#include "log_bound.h"
#include "time_text.h"
#include "zmq_server.h"
#include "zmq_test_client.h"

enum { PATIENCE_S = 20, SETTLE_ROUNDS = 10, KEYS_MAX = 4, EVENTS_MAX = 64, LOG_BYTES = 4096 };

struct seen {
    struct zmq_server_event event;
    uint8_t first;
    size_t size;
};

struct fixture {
    struct zmq_server *server;
    struct curve_key server_key;
    char registered[KEYS_MAX][CURVE_KEY_TEXT_BYTES];
    size_t registered_count;
    uint64_t up_offset_ns;
    char log[LOG_BYTES];
    struct seen seen[EVENTS_MAX];
    size_t seen_count;
};

static bool admit(void *context, const uint8_t key[ZAP_KEY_BYTES])
{
    const struct fixture *fixture = context;
    struct buffer text = {0};
    bool is_known = false;
    z85_append(&text, bytes_of(key, ZAP_KEY_BYTES));
    for (size_t i = 0; i < fixture->registered_count; i++)
        is_known = is_known || bytes_equal_string(buffer_view(&text), fixture->registered[i]);
    buffer_free(&text);
    return is_known;
}

static void keep_log(void *context, int level, const char *text)
{
    struct fixture *fixture = context;
    (void)level;
    size_t size = strlen(fixture->log);
    (void)snprintf(fixture->log + size, sizeof fixture->log - size, "%s\n", text);
}

static uint64_t up_ns(void *context)
{
    const struct fixture *fixture = context;
    return io_clock_up_ns() + fixture->up_offset_ns;
}

/* In place of the one there is, if any. */
static void open_server(struct fixture *fixture, size_t connections_max)
{
    const char *endpoint = "tcp://127.0.0.1:*";
    zmq_server_close(fixture->server);
    struct zmq_server_options options = {
        .endpoints = &endpoint,
        .endpoints_count = 1,
        .connections_max = connections_max,
        .secret_text = fixture->server_key.secret_text,
        .admission = {.admit = admit, .log = keep_log, .up_ns = up_ns, .context = fixture}};
    assert_int_equal(zmq_server_open(&options, &fixture->server, NULL), 0);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_int_equal(curve_key_generate(&fixture->server_key), 0);
    open_server(fixture, 0);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    zmq_server_close(fixture->server);
    free(fixture);
    return 0;
}

static void know(struct fixture *fixture, const struct test_client *client)
{
    assert_true(fixture->registered_count < KEYS_MAX);
    memcpy(fixture->registered[fixture->registered_count++], client->key.public_text, CURVE_KEY_TEXT_BYTES);
}

static void connect_client(struct fixture *fixture, struct test_client *client)
{
    test_client_make(client);
    know(fixture, client);
    test_client_connect(client, zmq_server_endpoint(fixture->server, 0), fixture->server_key.public_text, NULL);
}

/* One round of the server; what it received goes to fixture->seen. */
static void run_round(struct fixture *fixture, long timeout_ms)
{
    struct zmq_server_event event;
    int more;
    assert_true(zmq_server_wait(fixture->server, -1, timeout_ms, NULL) >= 0);
    while ((more = zmq_server_receive(fixture->server, &event, NULL)) == 1) {
        assert_true(fixture->seen_count < EVENTS_MAX);
        uint8_t first = event.frame.size ? event.frame.data[0] : 0;
        fixture->seen[fixture->seen_count++] = (struct seen){.event = event, .first = first, .size = event.frame.size};
    }
    assert_int_equal(more, 0);
    zmq_server_release(fixture->server);
}

#define run_until(fixture, condition)                                                                                  \
    do {                                                                                                               \
        uint64_t patience_ns = io_clock_up_ns() + PATIENCE_S * TIME_NS_PER_S;                                          \
        bool is_met;                                                                                                   \
        while (!(is_met = (condition)) && io_clock_up_ns() < patience_ns)                                              \
            run_round(fixture, 20);                                                                                    \
        assert_true(is_met);                                                                                           \
    } while (0)

static int send_text(struct fixture *fixture, uint64_t peer, const char *text)
{
    struct transport *transport = zmq_server_transport(fixture->server);
    return transport->send(transport, peer, bytes_string(text));
}

/* ---- admission ---- */

static void an_unknown_key_is_refused_counted_and_logged_by_its_hash(void **state)
{
    struct fixture *fixture = *state;
    struct test_client client;
    test_client_make(&client);
    test_client_connect(&client, zmq_server_endpoint(fixture->server, 0), fixture->server_key.public_text, NULL);
    test_client_send(&client, "x", 1, false);
    run_until(fixture, zmq_server_counts(fixture->server).admission.refused > 0);
    for (int i = 0; i < SETTLE_ROUNDS; i++)
        run_round(fixture, 20);
    assert_int_equal(fixture->seen_count, 0);
    assert_int_equal(zmq_server_counts(fixture->server).admission.admitted, 0);
    struct buffer key = {0};
    assert_int_equal(z85_decode(bytes_string(client.key.public_text), &key), 0);
    struct sha256_digest digest = sha256_of(buffer_view(&key));
    char hash[17];
    for (size_t i = 0; i < 8; i++)
        (void)snprintf(hash + 2 * i, 3, "%02x", digest.bytes[i]);
    assert_non_null(strstr(fixture->log, hash));
    assert_non_null(strstr(fixture->log, "refused a connection from 127.0.0.1"));
    assert_null(strstr(fixture->log, client.key.public_text));
    buffer_free(&key);
    test_client_close(&client);
}

static void a_client_without_encryption_does_not_come_in(void **state)
{
    struct fixture *fixture = *state;
    struct test_client client, honest;
    test_client_make(&client);
    test_client_connect(&client, zmq_server_endpoint(fixture->server, 0), NULL, NULL);
    test_client_send(&client, "x", 1, false);
    connect_client(fixture, &honest); /* its frame shows that the server has had the time */
    test_client_send(&honest, "h", 1, false);
    run_until(fixture, fixture->seen_count > 0);
    for (int i = 0; i < SETTLE_ROUNDS; i++)
        run_round(fixture, 20);
    assert_int_equal(fixture->seen_count, 1);
    assert_int_equal(fixture->seen[0].first, 'h');
    test_client_close(&client);
    test_client_close(&honest);
}

static void a_flood_of_unknown_keys_is_summed_up_in_the_log(void **state)
{
    struct fixture *fixture = *state;
    enum { STRANGERS = LOG_BOUND_LINES_MAX + 3 };
    struct test_client strangers[STRANGERS];
    for (size_t i = 0; i < STRANGERS; i++) {
        test_client_make(&strangers[i]);
        test_client_connect(&strangers[i], zmq_server_endpoint(fixture->server, 0), fixture->server_key.public_text,
                            NULL);
    }
    run_until(fixture, zmq_server_counts(fixture->server).admission.refused >= STRANGERS);
    size_t lines = 0;
    for (const char *at = fixture->log; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, LOG_BOUND_LINES_MAX);
    fixture->up_offset_ns = (LOG_BOUND_SPAN_S + 1) * TIME_NS_PER_S;
    run_until(fixture, strstr(fixture->log, "refused 3 more connections with unknown keys") != NULL);
    for (size_t i = 0; i < STRANGERS; i++)
        test_client_close(&strangers[i]);
}

static void a_known_key_is_named_by_the_key_that_was_authenticated(void **state)
{
    struct fixture *fixture = *state;
    struct test_client client;
    connect_client(fixture, &client);
    test_client_send(&client, "hello", 5, false);
    run_until(fixture, fixture->seen_count == 1);
    assert_int_equal(fixture->seen[0].event.kind, ZMQ_SERVER_FRAME);
    assert_int_equal(fixture->seen[0].size, 5);
    struct buffer key = {0};
    assert_int_equal(z85_decode(bytes_string(client.key.public_text), &key), 0);
    assert_memory_equal(fixture->seen[0].event.key, key.data, ZAP_KEY_BYTES);
    buffer_free(&key);
    test_client_close(&client);
}

static void a_second_server_in_the_process_admits_for_itself(void **state)
{
    struct fixture *fixture = *state;
    void *other = NULL;
    assert_int_equal(setup(&other),
                     0); /* inproc names belong to a context: one server's admission can't answer for another */
    struct fixture *second = other;
    struct test_client client;
    test_client_make(&client);
    know(second, &client);
    test_client_connect(&client, zmq_server_endpoint(fixture->server, 0), fixture->server_key.public_text, NULL);
    run_until(fixture, zmq_server_counts(fixture->server).admission.refused > 0);
    assert_int_equal(zmq_server_counts(second->server).admission.admitted, 0);
    test_client_close(&client);
    assert_int_equal(teardown(&other), 0);
}

static void at_the_bound_of_connections_nobody_comes_in_until_one_ends(void **state)
{
    enum { CONNECTIONS_MAX = 2 };
    struct fixture *fixture = *state;
    struct test_client clients[CONNECTIONS_MAX + 1];
    open_server(fixture, CONNECTIONS_MAX);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        connect_client(fixture, &clients[i]);
        test_client_send(&clients[i], "c", 1, false);
        run_until(fixture, fixture->seen_count == i + 1);
    }
    run_until(fixture, strstr(fixture->log, "no more are taken") != NULL);
    connect_client(fixture, &clients[CONNECTIONS_MAX]);
    test_client_send(&clients[CONNECTIONS_MAX], "l", 1, false);
    for (int i = 0; i < SETTLE_ROUNDS; i++)
        run_round(fixture, 20);
    assert_int_equal(fixture->seen_count, CONNECTIONS_MAX);
    test_client_send(&clients[1], "s", 1, false); /* who is in goes on */
    run_until(fixture, fixture->seen_count == CONNECTIONS_MAX + 1);
    assert_int_equal(fixture->seen[CONNECTIONS_MAX].first, 's');
    assert_non_null(strstr(fixture->log, "no more are taken"));
    test_client_close(&clients[0]);
    run_until(fixture, fixture->seen_count == CONNECTIONS_MAX + 2);
    assert_int_equal(fixture->seen[CONNECTIONS_MAX + 1].first, 'l');
    assert_non_null(strstr(fixture->log, "taken again"));
    test_client_close(&clients[1]);
    test_client_close(&clients[CONNECTIONS_MAX]);
    run_until(fixture, zmq_server_counts(fixture->server).connections == 0);
}

/* ---- peers ---- */

static void two_connections_of_one_key_are_two_peers(void **state)
{
    struct fixture *fixture = *state;
    struct test_client first, second;
    char text[8];
    connect_client(fixture, &first);
    test_client_make(&second);
    second.key = first.key;
    test_client_connect(&second, zmq_server_endpoint(fixture->server, 0), fixture->server_key.public_text, NULL);
    test_client_send(&first, "1", 1, false);
    run_until(fixture, fixture->seen_count == 1);
    test_client_send(&second, "2", 1, false);
    run_until(fixture, fixture->seen_count == 2);
    assert_int_not_equal(fixture->seen[0].event.peer, fixture->seen[1].event.peer);
    assert_memory_equal(fixture->seen[0].event.key, fixture->seen[1].event.key, ZAP_KEY_BYTES);
    assert_int_equal(send_text(fixture, fixture->seen[1].event.peer, "two"), 0);
    assert_int_equal(send_text(fixture, fixture->seen[0].event.peer, "one"), 0);
    int size = -1;
    run_until(fixture, (size = test_client_receive(&first, text, sizeof text)) >= 0);
    assert_memory_equal(text, "one", (size_t)size);
    run_until(fixture, (size = test_client_receive(&second, text, sizeof text)) >= 0);
    assert_memory_equal(text, "two", (size_t)size);
    test_client_close(&first);
    test_client_close(&second);
}

static void a_peer_that_is_closed_gets_nothing_and_a_new_number(void **state)
{
    struct fixture *fixture = *state;
    struct test_client client;
    connect_client(fixture, &client);
    test_client_send(&client, "1", 1, false);
    run_until(fixture, fixture->seen_count == 1);
    uint64_t peer = fixture->seen[0].event.peer;
    struct transport *transport = zmq_server_transport(fixture->server);
    transport->close(transport, peer);
    transport->close(transport, peer);
    assert_int_equal(send_text(fixture, peer, "late"), TRUC_E_DISCONNECTED);
    test_client_send(&client, "2", 1, false);
    run_until(fixture, fixture->seen_count == 2);
    assert_true(fixture->seen[1].event.peer > peer);
    test_client_close(&client);
}

static void sending_to_a_vanished_peer_says_so(void **state)
{
    struct fixture *fixture = *state;
    struct test_client client;
    connect_client(fixture, &client);
    test_client_send(&client, "1", 1, false);
    run_until(fixture, fixture->seen_count == 1);
    test_client_close(&client);
    run_until(fixture, send_text(fixture, fixture->seen[0].event.peer, "gone?") == TRUC_E_DISCONNECTED);
    assert_true(zmq_server_counts(fixture->server).unreachable > 0);
}

static void a_peer_that_does_not_read_is_not_waited_for(void **state)
{
    struct fixture *fixture = *state;
    struct test_client client;
    int one = 1, code = 0;
    static uint8_t large[64 * 1024];
    test_client_make(&client);
    know(fixture, &client);
    assert_int_equal(zmq_setsockopt(client.socket, ZMQ_RCVHWM, &one, sizeof one), 0);
    test_client_connect(&client, zmq_server_endpoint(fixture->server, 0), fixture->server_key.public_text, NULL);
    test_client_send(&client, "1", 1, false);
    run_until(fixture, fixture->seen_count == 1);
    struct transport *transport = zmq_server_transport(fixture->server);
    for (int i = 0; code == 0 && i < 4 * ZMQ_SERVER_SEND_HWM; i++)
        code = transport->send(transport, fixture->seen[0].event.peer, bytes_of(large, i < 256 ? sizeof large : 1));
    assert_int_equal(code, TRUC_E_BLOCKED);
    test_client_close(&client);
}

/* ---- broken framing ---- */

static void expect_error(struct fixture *fixture, struct test_client *client, int code)
{
    uint8_t frame[512];
    int size = -1;
    struct command command;
    run_until(fixture, (size = test_client_receive(client, frame, sizeof frame)) >= 0);
    assert_int_equal(command_decode(bytes_of(frame, (size_t)size), &command, NULL), 0);
    assert_int_equal(command.kind, COMMAND_ERROR);
    assert_int_equal(command.error.code, (uint32_t)-code);
}

static void more_than_one_frame_ends_the_dealings_with_a_peer(void **state)
{
    struct fixture *fixture = *state;
    struct test_client client;
    connect_client(fixture, &client);
    test_client_send(&client, "1", 1, false);
    run_until(fixture, fixture->seen_count == 1);
    uint64_t peer = fixture->seen[0].event.peer;
    for (int i = 0; i < 5; i++)
        test_client_send(&client, "m", 1, i < 4);
    run_until(fixture, fixture->seen_count == 2);
    assert_int_equal(fixture->seen[1].event.kind, ZMQ_SERVER_GONE);
    assert_int_equal(fixture->seen[1].event.peer, peer);
    assert_int_equal(fixture->seen[1].event.code, TRUC_E_PROTOCOL);
    assert_non_null(strstr(fixture->seen[1].event.text, "more than one"));
    assert_int_equal(send_text(fixture, peer, "late"), TRUC_E_DISCONNECTED);
    assert_int_equal(zmq_server_counts(fixture->server).violations, 1);
    assert_int_equal(zmq_server_counts(fixture->server).peers, 0);
    expect_error(fixture, &client, TRUC_E_PROTOCOL);
    test_client_close(&client);
}

static void a_flood_of_broken_framing_is_summed_up_in_the_log(void **state)
{
    struct fixture *fixture = *state;
    enum { TIMES = LOG_BOUND_LINES_MAX + 3 };
    struct test_client client;
    size_t lines = 0;
    connect_client(fixture, &client);
    for (int i = 0; i < TIMES; i++) {
        test_client_send(&client, "m", 1, true);
        test_client_send(&client, "m", 1, false);
    }
    run_until(fixture, zmq_server_counts(fixture->server).violations == TIMES);
    for (const char *at = fixture->log; (at = strstr(at, "ended a connection")) != NULL; at++)
        lines++;
    assert_int_equal(lines, LOG_BOUND_LINES_MAX);
    assert_non_null(strstr(fixture->log, "more than one came (PROTOCOL)"));
    fixture->up_offset_ns = (LOG_BOUND_SPAN_S + 1) * TIME_NS_PER_S;
    run_until(fixture, strstr(fixture->log, "ended 3 more connections for their framing") != NULL);
    test_client_close(&client);
}

static void a_routing_id_of_its_own_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct test_client client;
    test_client_make(&client);
    know(fixture, &client);
    test_client_connect(&client, zmq_server_endpoint(fixture->server, 0), fixture->server_key.public_text, "portal");
    test_client_send(&client, "1", 1, false);
    expect_error(fixture, &client, TRUC_E_PROTOCOL);
    assert_int_equal(fixture->seen_count, 0);
    assert_int_equal(zmq_server_counts(fixture->server).violations, 1);
    test_client_close(&client);
}

static void the_largest_frame_passes_and_a_larger_one_breaks_the_connection_only(void **state)
{
    struct fixture *fixture = *state;
    struct test_client client, other;
    enum { CUT_BYTES = PROTOCOL_FRAME_BYTES_MAX + ZMQ_SERVER_FRAME_MARGIN_BYTES + 1 };
    uint8_t *large = calloc(1, CUT_BYTES);
    assert_non_null(large);
    connect_client(fixture, &client);
    connect_client(fixture, &other);
    test_client_send(&client, large, PROTOCOL_FRAME_BYTES_MAX, false);
    run_until(fixture, fixture->seen_count == 1);
    assert_int_equal(fixture->seen[0].size, PROTOCOL_FRAME_BYTES_MAX);
    test_client_send(&client, large, PROTOCOL_FRAME_BYTES_MAX + 1, false);
    run_until(fixture, fixture->seen_count == 2);
    assert_int_equal(fixture->seen[1].event.kind, ZMQ_SERVER_GONE);
    assert_int_equal(fixture->seen[1].event.code, TRUC_E_TOO_LARGE);
    test_client_send(&other, "o", 1, false);
    run_until(fixture, fixture->seen_count == 3);
    assert_int_equal(fixture->seen[2].first, 'o');
    uint64_t peer = fixture->seen[2].event.peer;
    test_client_send(&other, large, CUT_BYTES, false); /* by ZeroMQ */
    run_until(fixture, send_text(fixture, peer, "there?") == TRUC_E_DISCONNECTED);
    free(large);
    test_client_close(&client);
    test_client_close(&other);
}

/* ---- rounds ---- */

static void a_round_has_a_bound_and_its_frames_live_until_it_is_released(void **state)
{
    struct fixture *fixture = *state;
    struct test_client client;
    struct zmq_server_event event;
    enum { FRAME_BYTES = 1024 * 1024, FRAMES = 40 };
    struct bytes first = BYTES_EMPTY;
    uint8_t *frame = calloc(1, FRAME_BYTES);
    assert_non_null(frame);
    connect_client(fixture, &client);
    for (int i = 0; i < FRAMES; i++) {
        memset(frame, 'a' + i % 26, FRAME_BYTES);
        test_client_send(&client, frame, FRAME_BYTES, false);
    }
    size_t count = 0;
    uint64_t limit_ns = io_clock_up_ns() + PATIENCE_S * TIME_NS_PER_S;
    while (count < ZMQ_SERVER_ROUND_BYTES_MAX / FRAME_BYTES && io_clock_up_ns() < limit_ns) {
        assert_true(zmq_server_wait(fixture->server, -1, 20, NULL) >= 0);
        while (zmq_server_receive(fixture->server, &event, NULL) == 1) {
            if (count++ == 0)
                first = event.frame;
        }
    }
    assert_int_equal(count, ZMQ_SERVER_ROUND_BYTES_MAX / FRAME_BYTES);
    assert_int_equal(zmq_server_receive(fixture->server, &event, NULL), 0);
    assert_int_equal(first.data[0], 'a');
    assert_int_equal(first.data[FRAME_BYTES - 1], 'a');
    zmq_server_release(fixture->server);
    fixture->seen_count = 0;
    run_until(fixture, fixture->seen_count == FRAMES - count);
    assert_int_equal(fixture->seen[0].first, 'a' + (int)count % 26);
    free(frame);
    test_client_close(&client);
}

/* ---- opening ---- */

static void opening_names_what_is_wrong(void **state)
{
    struct fixture *fixture = *state;
    struct zmq_server *server = NULL;
    struct truc_fault fault;
    const char *endpoint = zmq_server_endpoint(fixture->server, 0);
    struct zmq_server_options options = {
        .endpoints = &endpoint,
        .endpoints_count = 1,
        .secret_text = fixture->server_key.secret_text,
        .admission = {.admit = admit, .log = keep_log, .up_ns = up_ns, .context = fixture}};
    assert_int_equal(zmq_server_open(&options, &server, &fault), TRUC_E_UNAVAILABLE);
    assert_non_null(strstr(fault.text, endpoint));
    endpoint = "nonsense";
    assert_int_equal(zmq_server_open(&options, &server, &fault), TRUC_E_ARGUMENT);
    endpoint = "tcp://127.0.0.1:*";
    options.secret_text = "short";
    assert_int_equal(zmq_server_open(&options, &server, &fault), TRUC_E_ARGUMENT);
    options.endpoints_count = 0;
    assert_int_equal(zmq_server_open(&options, &server, &fault), TRUC_E_ARGUMENT);
    assert_null(server);
}

int main(void)
{
#define SERVER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        SERVER_TEST(an_unknown_key_is_refused_counted_and_logged_by_its_hash),
        SERVER_TEST(a_client_without_encryption_does_not_come_in),
        SERVER_TEST(a_flood_of_unknown_keys_is_summed_up_in_the_log),
        SERVER_TEST(a_known_key_is_named_by_the_key_that_was_authenticated),
        SERVER_TEST(a_second_server_in_the_process_admits_for_itself),
        SERVER_TEST(at_the_bound_of_connections_nobody_comes_in_until_one_ends),
        SERVER_TEST(two_connections_of_one_key_are_two_peers),
        SERVER_TEST(a_peer_that_is_closed_gets_nothing_and_a_new_number),
        SERVER_TEST(sending_to_a_vanished_peer_says_so),
        SERVER_TEST(a_peer_that_does_not_read_is_not_waited_for),
        SERVER_TEST(more_than_one_frame_ends_the_dealings_with_a_peer),
        SERVER_TEST(a_flood_of_broken_framing_is_summed_up_in_the_log),
        SERVER_TEST(a_routing_id_of_its_own_is_refused),
        SERVER_TEST(the_largest_frame_passes_and_a_larger_one_breaks_the_connection_only),
        SERVER_TEST(a_round_has_a_bound_and_its_frames_live_until_it_is_released),
        SERVER_TEST(opening_names_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
