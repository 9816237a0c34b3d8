/* pipeline.h - the way of one message through the broker: stages in the order of the flow, one file a group.
 * Every stage reads what earlier ones filled in and returns STAGE_NEXT, STAGE_REPEAT or STAGE_REFUSE with the fault set.
 * Private to bus/core; run by publish.c for each message of a bundle whose signature holds. */
#ifndef TRUC_PIPELINE_H
#define TRUC_PIPELINE_H

#include "core_state.h"
#include "schema.h"

enum stage_verdict { STAGE_NEXT, STAGE_REPEAT, STAGE_REFUSE };

/* Where it joins the queue of one destination. */
struct passage_place {
    struct destination *destination;
    uint64_t key_hash;
    uint32_t lane;
};

/* A message on its way. */
struct passage {
    struct client *session;
    const struct policy_system *sender;
    const struct message *message;
    uint32_t index; /* in its bundle */
    struct sha256_digest leaf;
    struct header header;                /* stage_decode */
    struct dedupe_id id;                 /* stage_dedupe */
    uint64_t repeat_of;                  /* stage_dedupe, when it returns STAGE_REPEAT */
    const struct schema_message *schema; /* stage_schema: of the payload */
    struct open_request *request;        /* stage_schema: what a reply answers */
    struct policy_decision decision;     /* stage_route; replies are not routed: one delivery without route */
    bool is_timed;                       /* stage_time: its time has not come */
    struct passage_place places[POLICY_DESTINATIONS_MAX]; /* accept.c: one for each delivery of the decision */
    struct truc_fault fault;                              /* STAGE_REFUSE */
};

typedef enum stage_verdict stage(struct core *core, struct passage *passage);

stage stage_decode;   /* header bytes → header; form and bounds */
stage stage_classify; /* not secret, complete, of this sender */
stage stage_dedupe;   /* repeat or conflict: what was accepted is a repeat whatever the limits are by now */
stage stage_size;     /* of allowed size, digest of this payload */
stage stage_time;     /* not expired, not in the future */
stage
    stage_schema; /* type known, payload valid, persons within the bound; replies: the request is open and this provider's */
stage stage_route; /* default deny: a route and an agreement, or a reply's own way */
stage stage_blobs; /* its attachments are there, and its sender's */
stage stage_admit; /* rates and bounds */

#endif
