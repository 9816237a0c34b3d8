/* exec_outbound.h - a delivered message becomes a line for the program, and the program's answer a settlement.
 * Pure: no process, no bus.
 * In the flow: exec_serving.c and golden cases -> this. */
#ifndef TRUC_EXEC_OUTBOUND_H
#define TRUC_EXEC_OUTBOUND_H

#include "connector_settlement.h"
#include "exec_adapter.h"
#include "exec_line.h"

/* A delivered message, as mappings see it. */
struct exec_outbound {
    const struct exec_serve *serve;
    bool is_request; /* the program is to reply; an observed request is none */
    json_t *header;  /* members of connector_header_record */
    struct bytes payload;
};

/* The deliver line: {"op", "delivery", "id", "type", "kind", "header", "body"}. TRUC_E_PAYLOAD, TRUC_E_MEMORY. */
int exec_outbound_make(const struct exec_adapter *adapter, const struct exec_outbound *outbound, uint64_t delivery,
                       json_t **ret_line, struct truc_fault *fault);
/* @line: an answer. Fills *ret_settlement, whose payload is the caller's. */
void exec_outbound_judge(const struct exec_adapter *adapter, const struct exec_outbound *outbound,
                         const struct exec_line *line, struct connector_settlement *ret_settlement);

#endif
