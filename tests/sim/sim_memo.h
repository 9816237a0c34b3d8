/* sim_memo.h - remembers what was found right: the same certificate, or the same signature over the same bytes, is checked once.
 * Both are functions of their bytes alone; without this most of a run's time is arithmetic that was done before.
 * Between the SDK's session, the core, and bus/crypto. */
#ifndef TRUC_SIM_MEMO_H
#define TRUC_SIM_MEMO_H

#include "session.h"

/* keyring_crypto, with a memory for certificates. The context to give with it is a keyring. */
extern const struct session_crypto memo_crypto;
void memo_free(void);

#endif
