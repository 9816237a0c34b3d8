/* connector_refusal.h - what the name of a refusal means for who sent the message: mend it, or send it again.
 * Of refusals to us; what a far side's refusal of a delivery means is connector_settlement.h.
 * In the flow: the bus's word -> this -> the far side, or a file's fate. */
#ifndef TRUC_CONNECTOR_REFUSAL_H
#define TRUC_CONNECTOR_REFUSAL_H

#include <stdbool.h>

/* Whether a refusal by this code (enum truc_error) may be otherwise later, without a change to the message. */
bool connector_is_passing(int code);

#endif
