/* explanation.h - a decision with every rule that spoke about it, as text and as JSON.
 * Not the decision: that is policy_route's, asked with a trace, the same code that decides for real messages.
 * In the flow: truc route explain, for a message that might be and for one that was. */
#ifndef TRUC_CLI_EXPLANATION_H
#define TRUC_CLI_EXPLANATION_H

#include "arena.h"
#include "buffer.h"
#include "policy.h"
#include "schema.h"

#include <jansson.h>

enum { EXPLANATION_NOTES_MAX = 512 };

struct explained_note {
    enum policy_note_kind kind;
    const char *name;
    struct policy_place place;
    const char *text;
};

/* Start with {0} (it is too large for a stack) and policy, message, sender and query set; `query.payload` must live on. */
struct explanation {
    const struct policy *policy;
    const struct schema_message *message;
    const struct policy_system *sender;
    struct arena arena; /* of the notes' texts, which live only during the call */
    struct explained_note notes[EXPLANATION_NOTES_MAX];
    size_t notes_count, notes_left_out;
    struct policy_query query;
    struct policy_decision decision;
    int outcome;
    struct truc_fault reason;
};

/* Asks the policy; fills notes, decision, outcome and reason. */
void explanation_make(struct explanation *explanation);
void explanation_clear(struct explanation *explanation);
/* Appends the stages, a line or a few each; failures are the buffer's. */
void explanation_append(const struct explanation *explanation, struct buffer *out);
json_t *explanation_json(const struct explanation *explanation);

#endif
