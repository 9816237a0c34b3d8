/* sim_account.h - what became of each accepted message at each of its destinations, as the journal's records alone say.
 * A second reading of the records, apart from bus/core/restart: the oracles hold the broker's own state against it.
 * Filled from the journal after each round, and anew after each start. */
#ifndef TRUC_SIM_ACCOUNT_H
#define TRUC_SIM_ACCOUNT_H

#include "map.h"

#include "sim_model.h"

enum account_end {
    ACCOUNT_NONE, /* it is no destination */
    ACCOUNT_WAITING,
    ACCOUNT_DONE,
    ACCOUNT_REJECTED, /* a question */
    ACCOUNT_DEAD,
    ACCOUNT_EXPIRED,
    ACCOUNT_DISCARDED,
    ACCOUNT_MISSED, /* an observer that could not have it */
};

struct account_message {
    uint64_t sequence, expires_ns, not_before_ns; /* the last: 0 when it need not wait, or was released */
    char identity[144];                           /* sender/id */
    int sender;
    bool is_request;
    struct {
        enum account_end end;
        uint64_t since; /* position of the record that said so */
        bool redriven;
        bool observes;
    } at[SIM_SYSTEMS];
};

struct account {
    struct map messages;                              /* by sequence: struct account_message */
    struct map identities;                            /* the same, by identity */
    uint64_t next;                                    /* the first record that is not in it */
    enum sim_configuration configuration;             /* in force there */
    unsigned waiting[SIM_SYSTEMS], dead[SIM_SYSTEMS]; /* how many; */
    unsigned late[SIM_SYSTEMS];                       /* so many were queued, or again, long after they were accepted */
};

struct world;

void account_clear(struct account *account);
void account_catch_up(struct world *world); /* with the broker's journal */
const struct account_message *account_find(const struct account *account, uint64_t sequence);
const char *account_end_name(enum account_end end);

#endif
