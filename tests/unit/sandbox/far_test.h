/* far_test.h - what the tests of the far sides share: a directory that goes away, a client, and a stub adapter.
 * No promises of its own: those are in the test_*.c files. */
#ifndef FAR_TEST_H
#define FAR_TEST_H

#include "far_client.h"
#include "far_json.h"
#include "far_side.h"
#include "far_store.h"

#include "cmocka_start.h"
#include <pthread.h>

enum { FAR_TEST_WAIT_SECONDS = 20, FAR_TEST_CALLS_MAX = 1024 };

/* A directory, a log that writes nothing, and a world of few citizens around them. */
struct far_test {
    char directory[64];
    struct far_log log;
    struct far_world world;
    struct far_client *client;
    struct buffer answer;
    json_t *json; /* of the last answer, when it was JSON */
};

struct far_test *far_test_begin(void);
void far_test_end(struct far_test *test); /* removes the directory */

/* POST to a far side; returns the HTTP status or an error, and keeps the answer. message_id may be NULL. */
int far_test_post(struct far_test *test, const struct far_side *side, const char *path, const char *message_id,
                  const char *body);
int far_test_post_with(struct far_test *test, const struct far_side *side, const char *path, const char *message_id,
                       const char *content_type, const char *const *headers, const char *body);
/* A text of the last answer, or "". */
const char *far_test_text(const struct far_test *test, const char *name);

/* Where the adapter would be: records every call and answers as the script says. */
struct far_call {
    char path[64], message_id[160];
    char *body;
};

struct far_stub;
/* Returns the status and appends the body for the call-th call (from 0). Runs in the stub's thread. */
typedef unsigned (*far_script)(const struct far_call *call, size_t place, struct buffer *out);

struct far_stub *far_stub_start(far_script script);
void far_stub_stop(struct far_stub *stub);
const char *far_stub_url(const struct far_stub *stub);
struct far_server *far_stub_server(const struct far_stub *stub);
/* Waits until that many calls came; fails the test when they don't come. */
void far_stub_await(struct far_stub *stub, size_t count);
size_t far_stub_count(struct far_stub *stub);
/* Stays valid until the stub stops. */
const struct far_call *far_stub_call(struct far_stub *stub, size_t place);

/* Waits until the question to DIRECTORY/ID.db gives `expected`: answers are written down a moment after they came. */
void far_test_await(struct far_test *test, const char *id, const char *sql, int64_t expected);
/* A number from a store; fails the test when it can't be read. */
int64_t far_test_number(struct far_store *store, const char *sql);

#endif
