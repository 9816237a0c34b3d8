/* exec_inbound.h - what a program publishes or asks becomes a message, and the bus's word becomes a line for the program.
 * Pure: no process, no bus. Secret documents stop here: nothing of them is mapped, kept or named.
 * In the flow: exec_accepting.c and golden cases -> this. */
#ifndef TRUC_EXEC_INBOUND_H
#define TRUC_EXEC_INBOUND_H

#include "exec_adapter.h"
#include "exec_line.h"

struct exec_inbound {
    const struct exec_accept *accept;
    uint32_t within_ms; /* of a request */
    struct connector_message message;
};
void exec_inbound_free(struct exec_inbound *inbound);

/* @line: a PUBLISH or REQUEST; its tree is used up. TRUC_E_UNKNOWN_TYPE (the adapter file does not accept it),
 * TRUC_E_SECRET, TRUC_E_PAYLOAD with, in where, the member or field; TRUC_E_MEMORY. ret_inbound is always to be freed. */
int exec_inbound_make(const struct exec_adapter *adapter, struct exec_line *line, struct exec_inbound *ret_inbound,
                      struct truc_fault *fault);

/* Lines for the program; new references, NULL without memory. */
json_t *exec_say_accepted(const char *ref, const char *id, uint64_t sequence);
json_t *exec_say_refused(const char *ref, int code, const char *reason, const char *text, const char *where);
/* The reply to a request, as connector_body_of writes it. */
int exec_say_replied(const char *ref, const struct schema_message *reply, struct bytes payload, json_t **ret_line,
                     struct truc_fault *fault);

#endif
