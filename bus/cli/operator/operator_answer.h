/* operator_answer.h - what a running broker answers to operators, as values (schemas/truc/bus/v1/operator.proto).
 * Not: asking (cli_client.h) or showing (cmd_status.c, cmd_dead.c, cmd_reload.c, cmd_tail.c).
 * Texts are views into the answer and may hold anything: whoever shows them makes them safe first. */
#ifndef TRUC_OPERATOR_ANSWER_H
#define TRUC_OPERATOR_ANSWER_H

#include "buffer.h"
#include "bytes.h"

#include <truc/error.h>

struct operator_status {
    struct bytes bus, title, configuration;
    uint64_t records, durable, started_ns, time_ns;
    uint64_t accepted, refused, repeated, bundles;
    uint64_t requests_open, requests, replies, deadlines_missed, ids_remembered;
    uint64_t blobs, blob_bytes; /* attachments stored */
    bool blocked;
    struct bytes blocked_text;
    bool indexed; /* the broker fills the search index */
    uint64_t index_records, index_behind_ms;
    struct bytes index_trouble;
    struct bytes queues; /* elements: operator_queue_next */
    bool sandbox;
    struct bytes scope; /* not empty: an integrator's view, without the totals of the bus */
};

/* Records that are not in the search index yet. Up to a second behind is how it works; from here on it is worth saying. */
enum { OPERATOR_INDEX_BEHIND_MS = 5000 };
static inline uint64_t operator_index_behind(const struct operator_status *status)
{
    return status->durable > status->index_records ? status->durable - status->index_records : 0;
}

struct operator_queue {
    struct bytes system, title;
    bool connected, removed; /* removed: no system of the configuration any more */
    uint64_t away_ms, waiting, out, retrying, behind, dead;
    uint64_t accepted, delivered, done, retried, rejected, expired, credit_bytes, timed, suspects;
    struct bytes paused_by, paused_reason; /* empty: not paused by an operator */
    uint64_t paused_since_ns;
    struct bytes held_up; /* why the broker itself pauses it; empty: it does not */
};

struct operator_queue_detail {
    struct bytes queue;                   /* operator_queue_decode */
    struct bytes lanes;                   /* elements: operator_queue_lane_next */
    struct bytes retrying, out, suspects; /* elements: operator_queue_item_next */
    uint64_t oldest;                      /* journal position plus one; 0: nothing waits */
    uint64_t oldest_ns, timed_first_ns, time_ns;
};

struct operator_queue_lane {
    uint32_t urgency;
    uint64_t ready, behind, retrying, out, unloaded;
};

struct operator_queue_item {
    uint64_t sequence;
    uint32_t urgency, attempts;
    uint64_t next_ns; /* 0: it waits for no retry */
};

struct operator_dead_letter {
    struct bytes destination;
    uint64_t sequence, time_ns;
    struct bytes code, reason, text, sender, type, subject, id;
    uint32_t attempts, generation; /* how often it was queued again */
    uint64_t size_bytes;
};

struct operator_event {
    uint64_t time_ns;
    uint32_t code; /* 0: accepted */
    struct bytes sender, destinations, type, subject;
    uint64_t sequence;
    struct bytes text;
    uint32_t kind; /* enum header_kind */
};

struct operator_dead_query {
    struct bytes destination;
    uint64_t position; /* journal position plus one; 0: all */
    struct bytes type, reason;
    uint32_t count_max; /* 0: 1000 of a list, all of a change */
    struct bytes sender, code;
    uint64_t before_ns;             /* dead before that; 0: whenever */
    struct bytes after_destination; /* a list goes on behind this letter */
    uint64_t after_position, after_ns;
};

struct operator_change {
    struct bytes system, reason;
    bool accept_schema_change;
};

struct operator_system {
    struct bytes system, text;
    struct bytes routes, agreements; /* elements: operator_rule_next */
};
struct operator_rule {
    struct bytes name, text;
};

struct operator_payload_query {
    uint64_t position;
    struct bytes reason;
};

struct operator_person_look {
    struct bytes hash; /* SHA256_BYTES */
    uint64_t epoch;
    struct bytes reason;
};

struct operator_payload_shown {
    uint64_t position, time_ns;
    struct bytes header, payload; /* as accepted: the payload is in clear */
};

struct operator_reloaded {
    uint32_t code; /* 0: what is on disk is in force */
    bool changed, clock_accepted;
    struct bytes configuration;
    struct bytes text, problems, difference, restart; /* of any number of lines */
};

/* TRUC_E_PROTOCOL with the field: the broker and this program are of different versions. */
int operator_status_decode(struct bytes result, struct operator_status *ret, struct truc_fault *fault);
int operator_event_decode(struct bytes result, struct operator_event *ret, struct truc_fault *fault);
int operator_dead_letters_decode(struct bytes result, struct bytes *ret_elements, struct truc_fault *fault);
int operator_done_decode(struct bytes result, uint64_t *ret_count, struct truc_fault *fault);
int operator_queue_decode(struct bytes encoded, struct operator_queue *ret, struct truc_fault *fault);
int operator_queue_detail_decode(struct bytes result, struct operator_queue_detail *ret, struct truc_fault *fault);
int operator_reloaded_decode(struct bytes result, struct operator_reloaded *ret, struct truc_fault *fault);
void operator_dead_query_encode(const struct operator_dead_query *query, struct buffer *out);
int operator_system_decode(struct bytes result, struct operator_system *ret, struct truc_fault *fault);
int operator_rule_next(struct bytes elements, size_t *offset, struct operator_rule *ret, struct truc_fault *fault);
int operator_payload_shown_decode(struct bytes result, struct operator_payload_shown *ret, struct truc_fault *fault);
/* Also the arguments of a journaled operation, of which nobody vouches for the form. */
int operator_payload_query_decode(struct bytes arguments, struct operator_payload_query *ret, struct truc_fault *fault);
void operator_payload_query_encode(const struct operator_payload_query *query, struct buffer *out);
void operator_person_look_encode(const struct operator_person_look *look, struct buffer *out);
void operator_change_encode(const struct operator_change *change, struct buffer *out);

/* 1 and the next, 0 at the end, TRUC_E_PROTOCOL. `offset` starts as 0. */
int operator_queue_next(struct bytes elements, size_t *offset, struct operator_queue *ret, struct truc_fault *fault);
int operator_queue_lane_next(struct bytes elements, size_t *offset, struct operator_queue_lane *ret,
                             struct truc_fault *fault);
int operator_queue_item_next(struct bytes elements, size_t *offset, struct operator_queue_item *ret,
                             struct truc_fault *fault);
int operator_dead_letter_next(struct bytes elements, size_t *offset, struct operator_dead_letter *ret,
                              struct truc_fault *fault);

#endif
