/* exec_world.h - a truc-exec connector with a program of the test's, on the stand-in of the bus.
 * Programs are lines of sh: they start at once and are as wrong as a test wants.
 * Used by the tests of truc-exec that run a program. */
#ifndef EXEC_WORLD_H
#define EXEC_WORLD_H

#include "connector_test.h"

#include "connector.h"
#include "exec_adapter.h"
#include "exec_connector.h"
#include "fake_sdk.h"

enum { EXEC_PATIENCE_MS = 20000, EXEC_LOG_BYTES = 64 * 1024 };

struct exec_world {
    struct schema_set *schemas;
    struct connector_adapter *adapter;
    truc_adapter *bus;
    void *running; /* of exec_engine */
    char log[EXEC_LOG_BYTES];
    size_t log_bytes;
    char directory[64]; /* of the test: $D in its program */
};

int exec_world_make(void **state);
int exec_world_free(void **state);

/* Runs @program, lines of sh, with further keys of program: (each ended by ", "). Before it, it has said ready; it has the functions
 *   say TEXT    writes a line
 *   number LINE prints a deliver line's number */
void exec_world_run(struct exec_world *world, const char *keys, const char *program);
/* The same without "ready" and functions. */
void exec_world_run_bare(struct exec_world *world, const char *keys, const char *program);
void exec_world_stop(struct exec_world *world);

void exec_world_step(struct exec_world *world);
/* Puts a message on its way. */
void exec_world_send(struct exec_world *world, const char *type, const char *id, const char *json,
                     struct fake_settlement *settlement);
/* Steps until it is settled. */
void exec_world_wait(struct exec_world *world, const struct fake_settlement *settlement);
void exec_world_deliver(struct exec_world *world, const char *type, const char *id, const char *json,
                        struct fake_settlement *settlement);
/* Steps until the log holds @text, or a file of the test's directory @size bytes or more. */
void exec_world_wait_log(struct exec_world *world, const char *text);
void exec_world_wait_file(struct exec_world *world, const char *name, size_t lines);
/* A file's content; "" when there is none. Static memory. */
const char *exec_world_file(struct exec_world *world, const char *name);

#endif
