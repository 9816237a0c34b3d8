/* config_dry_run.h - which messages of the journal would go elsewhere, or nowhere, under a proposed configuration.
 * Not a simulation: each message is judged by itself, by present and by proposed rules at the same instant, so that
 * nothing but the proposal makes a difference. Rates, room and signatures are not asked.
 * In the flow: truc config diff --journal. */
#ifndef TRUC_CLI_CONFIG_DRY_RUN_H
#define TRUC_CLI_CONFIG_DRY_RUN_H

#include "fault.h"
#include "journal.h"
#include "policy.h"

enum {
    DRY_RUN_GROUPS_MAX = 256,
    DRY_RUN_EXAMPLES_MAX = 3,
    DRY_RUN_SUBJECT_BYTES = 65,
    DRY_RUN_TEXT_BYTES = 512,
};

/* Messages of one type and present way that the proposal changes in the same manner. */
struct dry_run_group {
    char type[129];
    char way[DRY_RUN_TEXT_BYTES];    /* the routes taken now: "online-to-onestop"; "" when refused now */
    char change[DRY_RUN_TEXT_BYTES]; /* "refused: NO_ROUTE"; "no longer to portal; also to archive" */
    uint64_t count;
    struct {
        uint64_t position;
        char subject[DRY_RUN_SUBJECT_BYTES];
    } examples[DRY_RUN_EXAMPLES_MAX];
    size_t examples_count;
};

/* Start with {0}; dry_run_free it. */
struct dry_run {
    const struct policy *before, *after;
    uint64_t now_ns;
    struct dry_run_group *groups; /* in the order in which they were met */
    size_t groups_count;
    uint64_t messages;   /* looked at: events, commands and requests */
    uint64_t differ;     /* of these, what the groups and `others` hold */
    uint64_t others;     /* beyond DRY_RUN_GROUPS_MAX */
    uint64_t not_judged; /* a route asks for a payload field, and the payload can't be read */
};

/* Judges what was accepted since then. `now_ns`: when both configurations are asked. */
int dry_run_make(struct dry_run *run, struct journal *journal, uint64_t since_ns, struct truc_fault *fault);
void dry_run_free(struct dry_run *run);

#endif
