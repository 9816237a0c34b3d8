/* connector_world.h - a connector on loopback between a far side of our own and the stand-in of the bus.
 * The far side answers as told; callers use the connector's own client code.
 * Used by the tests that go over real HTTP. */
#ifndef CONNECTOR_WORLD_H
#define CONNECTOR_WORLD_H

#include "http_test.h"

#include <microhttpd.h>
#include <pthread.h>

#include "fake_sdk.h"
#include "http_connector.h"

enum { PATIENCE_MS = 20000, URL_BYTES = 96 };

struct far_stub {
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;
    unsigned status;
    const char *header_name, *header_value;
    struct buffer answer;
    unsigned requests;
    char path[128], message_id[64], body[1024];
    char authorization[128], token[64]; /* headers Authorization, X-Token */
};

struct world {
    struct schema_set *schemas;
    struct far_stub stub;
    char far_url[URL_BYTES], own_url[URL_BYTES];
    struct http_adapter *adapter;
    truc_adapter *bus;
    struct http_connector *connector;
    struct http_client *caller;
};

/* An HTTP answer that a caller got. */
struct got {
    bool done;
    unsigned status;
    char retry_after[16], body[2048];
};

int make_world(void **state);
int free_world(void **state);
void open_connector(struct world *world, const char *far_url);
void close_connector(struct world *world);
/* How the far side answers from now on. */
void stub_set(struct far_stub *stub, unsigned status, const char *header_name, const char *header_value,
              const char *body);
void world_step(struct world *world);
uint64_t world_now_ms(void);
void world_wait(struct world *world, const bool *done);
/* Sends a request to the connector; `got` is filled while the world is stepped. */
void world_call(struct world *world, const char *method, const char *path, struct bytes body, struct got *got);
void world_post(struct world *world, const char *path, const char *body, struct got *got);
/* A connected socket, or -1. */
int world_connect(uint16_t port);

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, free_world)

#endif
