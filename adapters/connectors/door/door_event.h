/* door_event.h - a vendor's request becomes a message: plain JSON, CloudEvents structured or binary (HTTP binding 1.0.2).
 * Pure: no socket, no bus, no clock. What is not classified as not secret is neither kept, mapped nor named.
 * In the flow: door_sending.c -> this -> truc_publish or truc_ask. */
#ifndef TRUC_DOOR_EVENT_H
#define TRUC_DOOR_EVENT_H

#include "connector_message.h"
#include "door_adapter.h"
#include "http_translate.h"

/* The message of a request. Its id is derived from the door's system, the type, `source` and `id`, so that a repeat is the
 * same message. ret_status: 400 the body can't be read, 415 another media type; else 0 (http_status_of). On error
 * *ret_message is still to be freed. @form must outlive it. */
int door_event_read(const struct door_adapter *door, const struct connector_form *form,
                    const struct http_incoming *incoming, struct connector_message *ret_message, unsigned *ret_status,
                    struct truc_fault *fault);

#endif
