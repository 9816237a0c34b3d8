/* clear_view.h - one message's payload in clear: asked of the running broker, which journals who looks and why before it answers.
 * Not offline: a view that nobody can journal does not exist; the masked one does (record_payload.h).
 * In the flow: journal show POSITION --clear. */
#ifndef TRUC_CLEAR_VIEW_H
#define TRUC_CLEAR_VIEW_H

#include "cli.h"
#include "cli_arguments.h"
#include "fault.h"

/* Asks with --reason, and prints. TRUC_E_ARGUMENT without a reason; what the broker refuses with; TRUC_E_UNKNOWN_TYPE, TRUC_E_PAYLOAD when
 * the schemas at hand don't fit: the look is journaled all the same. */
int clear_view(const struct cli *cli, const struct cli_arguments *arguments, uint64_t position,
               struct truc_fault *fault);

#endif
