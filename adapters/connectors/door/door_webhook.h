/* door_webhook.h - deliveries posted to the vendor, in place of the pull inbox: signed, tried again, held back while it is away.
 * Keeps nothing: a message that is to be tried again goes back to the bus, with the span that it is to wait.
 * In the flow: SDK -> this -> vendor -> its status -> SDK. */
#ifndef TRUC_DOOR_WEBHOOK_H
#define TRUC_DOOR_WEBHOOK_H

#include <truc/truc.h>

#include "connector_log.h"
#include "door_adapter.h"
#include "http_client.h"

struct door_webhook;

/* Serves every type on @bus. All arguments outlive the result. */
int door_webhook_open(const struct door_adapter *door, truc_adapter *bus, struct http_client *client,
                      const struct connector_log *log, struct door_webhook **ret_webhook, struct truc_fault *fault);
void door_webhook_close(struct door_webhook *webhook); /* after client and bus; NULL is fine */
/* Posts what may go now. */
void door_webhook_step(struct door_webhook *webhook, uint64_t now_ms, uint64_t now_ns);
/* Posts nothing more; what is under way when the client closes is not settled, so the bus delivers it again. */
void door_webhook_drain(struct door_webhook *webhook);

#endif
