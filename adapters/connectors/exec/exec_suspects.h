/* exec_suspects.h - the messages with which the program has ended before: each goes alone, until it is answered or known to kill.
 * A bounded table in memory; the oldest makes room. A restart of the connector begins anew: the bus has its own count then.
 * In the flow: asked by exec_serving.c before it sends, told by it when a run ends. */
#ifndef TRUC_EXEC_SUSPECTS_H
#define TRUC_EXEC_SUSPECTS_H

#include "sha256.h"

enum { EXEC_SUSPECTS_MAX = 256 };

/* {0} is none. */
struct exec_suspects {
    struct {
        struct sha256_digest message;
        unsigned deaths; /* alone with it */
    } entries[EXEC_SUSPECTS_MAX];
    size_t count, next;
};

/* Of a message: who sent it and its id. */
struct sha256_digest exec_suspects_name(const char *source, const char *id);
bool exec_suspects_has(const struct exec_suspects *suspects, const struct sha256_digest *message);
/* The program ended while it had the message; returns how often it did with this one alone. */
unsigned exec_suspects_blame(struct exec_suspects *suspects, const struct sha256_digest *message, bool is_alone);
void exec_suspects_clear(struct exec_suspects *suspects, const struct sha256_digest *message);

#endif
