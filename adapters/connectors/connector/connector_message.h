/* connector_message.h - what a far side sent becomes a message for the bus: classified first, then mapped and named.
 * Pure: no socket, no bus, no clock. Secret documents stop here: their content is neither mapped nor named.
 * In the flow: a connector's inbound side and golden cases -> this -> truc_publish or truc_ask. */
#ifndef TRUC_CONNECTOR_MESSAGE_H
#define TRUC_CONNECTOR_MESSAGE_H

#include <truc/truc.h>

#include "connector_adapter.h"

enum { CONNECTOR_MESSAGE_ID_BYTES = 33 };

/* How one type's messages are made: message: of the adapter file, compiled. */
struct connector_form {
    const struct schema_message *message;
    const struct mapping_template *outgoing; /* header fields and body, see connector_message_members; NULL: the far
                                                side sends them so by itself */
};

/* A message made. Strings of `outgoing` live in `tree`, its payload in `payload`. */
struct connector_message {
    const struct connector_form *form;
    json_t *tree; /* what message: made */
    struct buffer payload;
    char id[CONNECTOR_MESSAGE_ID_BYTES];
    struct truc_outgoing outgoing;
};
void connector_message_free(struct connector_message *message);

/* @values: the roots of the form's scope. TRUC_E_SECRET (nothing else was looked at), TRUC_E_PAYLOAD with, in where,
 * what the wrong field was made from; TRUC_E_MEMORY. On error *ret_message is still to be freed. */
int connector_message_make(const struct connector_adapter *adapter, const struct connector_form *form,
                           const struct mapping_values *values, struct connector_message *ret_message,
                           struct truc_fault *fault);

/* The same of a message that the far side has made itself: @tree holds the members of connector_message_members, its
 * time as RFC 3339 and its body as connector_body_of writes it. Takes @tree over. */
int connector_message_take(const struct connector_adapter *adapter, const struct connector_form *form, json_t *tree,
                           struct connector_message *ret_message, struct truc_fault *fault);

#endif
