/* door_file.c - see door_file.h: the table of keys, with the line that explains each.
 * No code: reading them is yaml_typed_read's work.
 * In the flow: read by the loader, and by editors' help. */
#include "door_file.h"

#include "door_adapter.h"
#include "time_text.h"

static const char *const names[] = {"door", NULL};

static const struct yaml_key file_keys[] = {
    CONNECTOR_FILE_KEYS(names),
    CONNECTOR_KEY("listen", TYPED_TEXT, false, CONNECTOR_AT(door_file, listen), "127.0.0.1:PORT; 0: any free port"),
    CONNECTOR_KEY("tokens", TYPED_TEXT, true, CONNECTOR_AT(door_file, tokens),
                  "file of the tokens' hashes, relative to this one"),
    CONNECTOR_LIMITED("lease", TYPED_SPAN, CONNECTOR_AT(door_file, lease), TIME_NS_PER_MS,
                      DOOR_LEASE_MAX_MS *TIME_NS_PER_MS, "listed and not settled for so long is listed again"),
    CONNECTOR_LIMITED("rate", TYPED_COUNT, CONNECTOR_AT(door_file, rate), 1, DOOR_RATE_MAX,
                      "requests of one token in a second"),
};
const struct yaml_object door_file_object = {"door file", file_keys, CONNECTOR_COUNT(file_keys),
                                             sizeof(struct door_file), false};
