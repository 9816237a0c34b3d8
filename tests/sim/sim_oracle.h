/* sim_oracle.h - what must be true, whatever happens: judged from outside, with records of its own.
 * Each oracle has a name, which the canaries' tests ask for.
 * sim_oracle_wire.c judges frames, sim_oracle_effect.c what programs see, sim_oracle_journal.c what is on disk, sim_oracle_end.c the end. */
#ifndef TRUC_SIM_ORACLE_H
#define TRUC_SIM_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "map.h"
#include "sim_model.h"

enum oracle {
    ORACLE_NONE,
    ORACLE_DURABILITY, /* nothing is acknowledged or delivered before it is durable */
    ORACLE_SURVIVAL,   /* what was acknowledged is there after every crash */
    ORACLE_ALLOWED,    /* every delivery is one that the model allows */
    ORACLE_KEY,        /* nothing is accepted or delivered by a key that was revoked */
    ORACLE_ONCE,       /* one position for each id of a sender */
    ORACLE_ORDER,      /* a receiver's effects keep the order of each sender's keys */
    ORACLE_SETTLED,    /* what found its end is not delivered again */
    ORACLE_RECEIPT,    /* nothing leaves a queue but by a record of its end */
    ORACLE_TIME,       /* nothing is delivered before its time or after its expiry */
    ORACLE_CREDIT,     /* nobody is sent more than it asked for */
    ORACLE_BOUNDS,     /* queues and keys keep their bounds */
    ORACLE_REFUSAL,    /* every refusal has a code that has a name, and a reason */
    ORACLE_VIOLATION,  /* who breaks the protocol is told so and sent away */
    ORACLE_ANSWER,     /* a question has one answer */
    ORACLE_JOURNAL,    /* the journal verifies, and damage in it is named */
    ORACLE_START,      /* the broker starts again */
    ORACLE_ENGINE,     /* the broker ends for no other reason than its disk */
    ORACLE_SDK,        /* a session does not fail */
    ORACLE_END,        /* when the faults stop everything finds its end */
    ORACLE_REPEAT,     /* a seed gives one trace */
    ORACLE_COUNT
};
const char *oracle_name(enum oracle oracle);

enum { SIM_SENT_MAX = 4096, SIM_VIOLATORS_MAX = 64, SIM_ORDERED_MAX = 16, SIM_UNJUDGED_MAX = 1024 };

/* What the oracles have seen. */
struct sim_observed {
    struct {
        uint64_t sequence;
        unsigned receiver;
    } sent[SIM_SENT_MAX]; /* deliveries of this round */
    unsigned sent_count;
    uint64_t violators[SIM_VIOLATORS_MAX]; /* peers that broke the protocol in this round */
    unsigned violators_count;
    bool flipped_snapshot; /* whoever reads it says so, until it is replaced */
    struct map promised;   /* positions that the broker has acknowledged to somebody, or delivered, plus one */
    uint64_t promised_end; /* behind the last of them */
    uint64_t delivered, acknowledged, effects;
    struct observed_effect {
        uint64_t next;                                 /* behind the position of the last effect */
        uint64_t life;                                 /* of the broker that delivered it, */
        unsigned configurations;                       /* and those that had been in force in it by then: bits */
    } last[SIM_SYSTEMS][SIM_SYSTEMS][SIM_ORDERED_MAX]; /* by receiver, sender, key */
    /* Effects of what was on its way when the broker went down. Its last round may have queued them again for a person, which
     * the account learns from the journal at the next start: their order is judged then. */
    struct unjudged_effect {
        uint64_t sequence, life;
        unsigned configurations, receiver, from, number;
        char identity[128];
    } unjudged[SIM_UNJUDGED_MAX];
    size_t unjudged_count;
};

struct world;
struct sim_item;
struct sim_effect;
struct connection;

/* sim_oracle_wire.c */
void oracle_sent(struct world *world, struct connection *connection, struct bytes frame); /* the broker sent this */
void oracle_arrived(struct world *world, struct connection *connection,
                    struct bytes frame); /* it is handed to the broker */

/* sim_oracle_effect.c */
void oracle_acknowledged(struct world *world, struct sim_item *item, uint64_t sequence);
void oracle_refused(struct world *world, const struct sim_item *item, int code, const char *text);
void oracle_answered(struct world *world, const struct sim_item *item);
void oracle_effect(struct world *world, const struct sim_effect *effect, struct bytes sender, struct bytes key);
void oracle_account_is_whole(
    struct world *world); /* the journal was read at a start: what had to wait for that is judged */

/* sim_oracle_journal.c */
void oracle_round(struct world *world);     /* a round has ended well */
void oracle_restarted(struct world *world); /* the broker has recovered */
void oracle_verify(struct world *world);    /* reads the journal as an auditor does */
bool oracle_is_durable(struct world *world, uint64_t sequence);
void oracle_damage(struct world *world, const char *path); /* on a copy: a flipped bit there must be named */

/* sim_oracle_end.c */
bool oracle_is_quiet(const struct world *world); /* everything found its end */
void oracle_end(struct world *world);

#endif
