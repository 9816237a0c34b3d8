/* files_world.h - a truc-files connector with a folder of its own, on the stand-in of the bus.
 * Not a test itself.
 * Used by the tests of truc-files. */
#ifndef FILES_WORLD_H
#define FILES_WORLD_H

#include "connector_test.h"

#include "connector.h"
#include "fake_sdk.h"
#include "files_adapter.h"
#include "files_connector.h"

enum { FILES_PATIENCE_MS = 20000, FILES_LOG_BYTES = 64 * 1024 };

/* A file that becomes a message; its id is of its content. */
#define FILES_EVENT(code) "{\"MaHoSo\": \"" code "\", \"ThoiDiem\": \"20261123140307\", \"DoMat\": \"Thường\"}"

struct files_world {
    struct schema_set *schemas;
    struct connector_adapter *adapter;
    truc_adapter *bus;
    void *running; /* of files_engine */
    char log[FILES_LOG_BYTES];
    size_t log_bytes;
    char directory[64];
};

int files_world_make(void **state);
int files_world_free(void **state);

/* Starts the connector; @keys: further keys of folder:, each ended by ", ". stop ends it as a kill would, but for memory. */
void files_world_start(struct files_world *world, const char *keys);
void files_world_stop(struct files_world *world);
void files_world_step(struct files_world *world);

/* A file in a part, made beside and moved in. */
void files_world_drop(struct files_world *world, const char *path, const char *content);
/* "in/a.json": below the test's directory; static memory. */
const char *files_world_path(const struct files_world *world, const char *path);
bool files_world_has(const struct files_world *world, const char *path);
/* Its content; "" when there is none. Static memory. */
const char *files_world_read(const struct files_world *world, const char *path);
/* How many names a part has, those with a dot at their beginning left out. */
size_t files_world_count(const struct files_world *world, const char *part);
/* Steps until it is there. */
void files_world_wait(struct files_world *world, const char *path);
void files_world_wait_log(struct files_world *world, const char *text);
void files_world_deliver(struct files_world *world, const char *id, const char *code,
                         struct fake_settlement *settlement);

#endif
