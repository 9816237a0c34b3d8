/* door_file.c - see door_file.h: the table of keys, with the line that explains each.
 * No code: reading them is yaml_typed_read's work.
 * In the flow: read by the loader, and by editors' help. */
#include "door_file.h"

#include "door_adapter.h"
#include "time_text.h"

static const char *const names[] = {"door", NULL};

static const struct yaml_key webhook_keys[] = {
    CONNECTOR_KEY("url", TYPED_TEXT, true, CONNECTOR_AT(door_file_webhook, url),
                  "where each message is posted: https, or http on this machine"),
    CONNECTOR_KEY("secret", TYPED_TEXT, true, CONNECTOR_AT(door_file_webhook, secret),
                  "file with the secret of the signature, relative to this one"),
    CONNECTOR_KEY("secret-before", TYPED_TEXT, false, CONNECTOR_AT(door_file_webhook, secret_before),
                  "file with the secret it takes the place of: both sign"),
    CONNECTOR_LIMITED("timeout", TYPED_SPAN, CONNECTOR_AT(door_file_webhook, timeout), TIME_NS_PER_MS,
                      DOOR_WEBHOOK_TIMEOUT_MAX_MS *TIME_NS_PER_MS, "of one post"),
    CONNECTOR_LIMITED("in-flight", TYPED_COUNT, CONNECTOR_AT(door_file_webhook, in_flight), 1,
                      DOOR_WEBHOOK_IN_FLIGHT_MAX, "posts at one time"),
};
static const struct yaml_object webhook_object = {"webhook", webhook_keys, CONNECTOR_COUNT(webhook_keys),
                                                  sizeof(struct door_file_webhook), false};

static const struct yaml_key file_keys[] = {
    CONNECTOR_FILE_KEYS(names),
    CONNECTOR_KEY("listen", TYPED_TEXT, false, CONNECTOR_AT(door_file, listen), "127.0.0.1:PORT; 0: any free port"),
    CONNECTOR_KEY("tokens", TYPED_TEXT, true, CONNECTOR_AT(door_file, tokens),
                  "file of the tokens' hashes, relative to this one"),
    CONNECTOR_LIMITED("lease", TYPED_SPAN, CONNECTOR_AT(door_file, lease), TIME_NS_PER_MS,
                      DOOR_LEASE_MAX_MS *TIME_NS_PER_MS, "listed and not settled for so long is listed again"),
    CONNECTOR_LIMITED("rate", TYPED_COUNT, CONNECTOR_AT(door_file, rate), 1, DOOR_RATE_MAX,
                      "requests of one token in a second"),
    CONNECTOR_PART("webhook", TYPED_OBJECT, CONNECTOR_AT(door_file, webhook), &webhook_object,
                   "messages are posted to the vendor, who pulls nothing"),
};
const struct yaml_object door_file_object = {"door file", file_keys, CONNECTOR_COUNT(file_keys),
                                             sizeof(struct door_file), false};
