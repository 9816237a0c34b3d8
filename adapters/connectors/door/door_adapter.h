/* door_adapter.h - what a door's file says, compiled: where it listens, whose tokens it takes, how long a lease lasts.
 * Data only: no socket, no bus. Immutable after loading.
 * In the flow: door.yaml -> connector_adapter_load -> the door, --check. See docs/rest-door.md. */
#ifndef TRUC_DOOR_ADAPTER_H
#define TRUC_DOOR_ADAPTER_H

#include "connector_adapter.h"

enum {
    DOOR_LEASE_DEFAULT_MS = 60000,
    DOOR_LEASE_MAX_MS = 3600000,
    DOOR_RATE_DEFAULT = 100,
    DOOR_RATE_MAX = 100000,
    DOOR_WEBHOOK_TIMEOUT_DEFAULT_MS = 20000,
    DOOR_WEBHOOK_TIMEOUT_MAX_MS = 120000,
    DOOR_WEBHOOK_IN_FLIGHT_DEFAULT = 8,
    DOOR_WEBHOOK_IN_FLIGHT_MAX = 256,
};

/* Where deliveries are posted, in place of the inbox. */
struct door_webhook_target {
    const char *url;        /* NULL: the vendor pulls */
    const char *secrets[2]; /* of the signature; the second is NULL unless one is exchanged for the other */
    uint32_t timeout_ms, in_flight;
};

struct door_adapter {
    struct connector_adapter common;
    const struct schema_set *schemas;
    const char *listen_address;
    uint16_t listen_port;
    const char *tokens;   /* path of the file */
    uint32_t lease_ms;    /* what was listed and not settled is listed again after this */
    uint32_t rate_second; /* requests of one token in a second; as many at once */
    struct door_webhook_target webhook;
};

extern const struct connector_format door_format;

/* The adapter around @adapter, which door_format loaded. */
static inline const struct door_adapter *door_adapter_of(const struct connector_adapter *adapter)
{
    return (const struct door_adapter *)adapter;
}

#endif
