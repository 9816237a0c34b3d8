/* door_item.h - a delivered message as the vendor reads it: a CloudEvent in JSON with the bus's own attributes beside.
 * Pure but for reading the request.
 * In the flow: SDK -> door_inbox.c -> this. */
#ifndef TRUC_DOOR_ITEM_H
#define TRUC_DOOR_ITEM_H

#include <truc/truc.h>

#include "buffer.h"
#include "schema.h"

/* Appends the JSON text. TRUC_E_PAYLOAD when the bytes do not fit @message, TRUC_E_MEMORY. */
int door_item_write(const struct schema_message *message, const truc_request *request, struct buffer *out,
                    struct truc_fault *fault);

#endif
