/* person_look.h - somebody looks for the messages of one person: who, whose (a keyed hash) and why, for the journal.
 * Not the looking: the asker reads the journal by itself, with persons.key (bus/cli, journal person).
 * Asked by operate.c, which journals it before the answer leaves. */
#ifndef TRUC_PERSON_LOOK_H
#define TRUC_PERSON_LOOK_H

#include "core_state.h"

#define PERSON_LOOK_VERB "person-look"

enum { PERSON_LOOKS_A_MINUTE = 20 /* of one operator's or auditor's key */ };

/* ARGUMENT: no reason, or a hash that is none; RATE. *ret_reason is set in any case that can be read. */
int person_look_ask(struct core *core, const struct client *session, struct bytes arguments, struct bytes *ret_reason,
                    struct truc_fault *fault);

#endif
