/* top_model.h - what `truc top` knows: the last status, the one before for rates, why queues stand, what was refused.
 * Not: asking (cmd_top.c), nor lines (top_render.h). No clock: times are the broker's, in its answers.
 * In the flow: answers → here → top_render or top_json. */
#ifndef TRUC_TOP_MODEL_H
#define TRUC_TOP_MODEL_H

#include "buffer.h"
#include "cli_json.h"
#include "operator_answer.h"

enum {
    TOP_QUEUES_MAX = 512, /* systems a bus can have */
    TOP_REFUSALS_MAX = 64,
    TOP_NAME_BYTES = 65,
    TOP_TEXT_BYTES = 160,
};

struct top_queue {
    char system[TOP_NAME_BYTES], state[32];
    char why[TOP_TEXT_BYTES];   /* it stands; "" when it doesn't */
    char pause[TOP_TEXT_BYTES]; /* an operator's or the broker's; "": not paused */
    bool connected;
    uint64_t waiting, out, retrying, behind, dead, accepted, done, credit_bytes;
    uint64_t accepted_a_minute, done_a_minute;
};

struct top_refusal {
    uint64_t time_ns;
    uint32_t code;
    char sender[TOP_NAME_BYTES], type[TOP_NAME_BYTES], text[TOP_TEXT_BYTES];
};

struct top_model {
    char bus[TOP_NAME_BYTES], configuration[8], blocked_text[TOP_TEXT_BYTES];
    char scope[TOP_TEXT_BYTES];          /* not empty: only these systems are seen, and nothing of the whole bus */
    bool blocked, has_status, has_rates; /* rates need two answers of one run of the broker */
    uint64_t time_ns, started_ns, durable, accepted, refused, requests_open, deadlines_missed;
    uint64_t accepted_a_minute, refused_a_minute, records_a_minute;
    struct top_queue queues[TOP_QUEUES_MAX];
    size_t queues_count;
    struct top_refusal refusals[TOP_REFUSALS_MAX]; /* the newest first */
    size_t refusals_count;
};

/* Takes an answer to "status". TRUC_E_PROTOCOL. */
int top_take_status(struct top_model *model, struct bytes result, struct truc_fault *fault);
/* Takes an answer to "dead-list": the newest letter of each system says why. Comes after a status. TRUC_E_PROTOCOL. */
int top_take_letters(struct top_model *model, struct bytes result, struct truc_fault *fault);
/* Takes an event; only refusals are kept. TRUC_E_PROTOCOL. */
int top_take_event(struct top_model *model, struct bytes result, struct truc_fault *fault);

json_t *top_json(const struct top_model *model);

#endif
