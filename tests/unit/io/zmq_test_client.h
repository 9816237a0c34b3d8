/* zmq_test_client.h - a DEALER with a transport key, for tests of the broker's door.
 * Not the SDK: it speaks ZeroMQ only, and can do what no honest adapter does.
 * Its context is its own, as if it were another process. */
#ifndef TRUC_ZMQ_TEST_CLIENT_H
#define TRUC_ZMQ_TEST_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "curve_key.h"

struct test_client {
    void *context, *socket;
    struct curve_key key;
};

/* With a key of its own. `routing_id` NULL: an honest client has none. */
void test_client_make(struct test_client *client);
void test_client_connect(struct test_client *client, const char *endpoint, const char *server_key,
                         const char *routing_id);
void test_client_send(struct test_client *client, const void *data, size_t size, bool more);
/* Size of the frame waiting, -1 when there is none. */
int test_client_receive(struct test_client *client, void *data, size_t size_max);
void test_client_close(struct test_client *client);

#endif
