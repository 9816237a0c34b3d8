/* zmq_test_client.c - see zmq_test_client.h.
 * Every call asserts: a client that can't be set up is a failed test.
 * It never blocks: tests wait on conditions of the server. */
#include "zmq_test_client.h"

#include "cmocka_start.h"
#include <zmq.h>

void test_client_make(struct test_client *client)
{
    assert_int_equal(curve_key_generate(&client->key), 0);
    client->context = zmq_ctx_new();
    client->socket = zmq_socket(client->context, ZMQ_DEALER);
    assert_non_null(client->socket);
}

void test_client_connect(struct test_client *client, const char *endpoint, const char *server_key,
                         const char *routing_id)
{
    int linger_ms = 0, reconnect_ms = 20;
    assert_int_equal(zmq_setsockopt(client->socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms), 0);
    assert_int_equal(zmq_setsockopt(client->socket, ZMQ_RECONNECT_IVL, &reconnect_ms, sizeof reconnect_ms), 0);
    if (server_key) {
        assert_int_equal(zmq_setsockopt(client->socket, ZMQ_CURVE_SERVERKEY, server_key, CURVE_KEY_TEXT_BYTES), 0);
        assert_int_equal(
            zmq_setsockopt(client->socket, ZMQ_CURVE_PUBLICKEY, client->key.public_text, CURVE_KEY_TEXT_BYTES), 0);
        assert_int_equal(
            zmq_setsockopt(client->socket, ZMQ_CURVE_SECRETKEY, client->key.secret_text, CURVE_KEY_TEXT_BYTES), 0);
    }
    if (routing_id)
        assert_int_equal(zmq_setsockopt(client->socket, ZMQ_ROUTING_ID, routing_id, strlen(routing_id)), 0);
    assert_int_equal(zmq_connect(client->socket, endpoint), 0);
}

void test_client_send(struct test_client *client, const void *data, size_t size, bool more)
{
    assert_int_equal(zmq_send(client->socket, data, size, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)), (int)size);
}

int test_client_receive(struct test_client *client, void *data, size_t size_max)
{
    return zmq_recv(client->socket, data, size_max, ZMQ_DONTWAIT);
}

void test_client_close(struct test_client *client)
{
    zmq_close(client->socket);
    zmq_ctx_term(client->context);
    curve_key_wipe(&client->key);
}
