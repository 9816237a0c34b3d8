/* door_sending.h - POST /v1/messages/TYPE and /v1/requests/TYPE: a message published, a question asked, the vendor answered.
 * A vendor that has left or whose time is over is forgotten; the message's own fate is the SDK's and the bus's.
 * In the flow: door_connector.c -> this -> SDK -> (later) the vendor. */
#ifndef TRUC_DOOR_SENDING_H
#define TRUC_DOOR_SENDING_H

#include <truc/truc.h>

#include "connector_log.h"
#include "door_adapter.h"
#include "http_server.h"

enum {
    DOOR_WAITING_MAX = 1024,        /* messages and questions not yet answered */
    DOOR_PUBLISH_WITHIN_MS = 30000, /* then 503 TIMEOUT; sent again it stays one message */
    DOOR_ASK_WITHIN_DEFAULT_S = 30,
    DOOR_ASK_WITHIN_MAX_S = 120,
};

struct door_sending;

/* All arguments outlive the result. */
int door_sending_open(const struct door_adapter *door, truc_adapter *bus, const struct connector_log *log,
                      struct door_sending **ret_sending, struct truc_fault *fault);
void door_sending_close(struct door_sending *sending); /* after the bus; NULL is fine */

/* Answers @exchange now or later. @type: what stands in the path. @who: the token's name, for the log. */
void door_sending_publish(struct door_sending *sending, struct http_exchange *exchange,
                          const struct http_incoming *incoming, const char *type, const char *who);
void door_sending_ask(struct door_sending *sending, struct http_exchange *exchange,
                      const struct http_incoming *incoming, const char *type, const char *who);
/* Answers those whose time is over. */
void door_sending_expire(struct door_sending *sending, uint64_t now_ms);
bool door_sending_is_idle(const struct door_sending *sending);

#endif
