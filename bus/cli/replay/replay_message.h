/* replay_message.h - a message of a journal as the new one that replays it: cited, under an id of its own, masked by its schema's marks.
 * Not its sending (replay_senders.h), and not its time: that is when it is sent.
 * In the flow: journal replay reads a record, makes this, waits until it is due, sends it. */
#ifndef TRUC_REPLAY_MESSAGE_H
#define TRUC_REPLAY_MESSAGE_H

#include "arena.h"
#include "cli_journal.h"
#include "header.h"
#include "masked_payload.h"
#include "protocol_limits.h"

#include <truc/truc.h>

enum { REPLAY_ID_BYTES = 41 /* "r-", 38 hexadecimal digits, 0 */ };

/* What is the same for all messages of a replay. */
struct replay_making {
    struct cli_journal *journal;
    struct pseudonym_key key;
    const char *run; /* ids of another run are others: the same stretch may be replayed once more */
};

/* Start with {0}; made again and again in the same memory. Texts live until then. */
struct replay_message {
    struct arena arena;
    struct buffer payload;
    struct masked_identities identities;
    uint8_t leaf[SHA256_BYTES]; /* of the original */
    char id[REPLAY_ID_BYTES], correlation[REPLAY_ID_BYTES], causation[REPLAY_ID_BYTES];
    struct truc_replay_of original;
    struct truc_outgoing outgoing;
    uint64_t accepted_ns;               /* the original */
    uint64_t expires_ns, not_before_ns; /* of the original; 0: none */
    uint32_t timeout_ms;                /* of a question: how long the original might take */
    char sender[PROTOCOL_NAME_BYTES_MAX + 1];
};

/* From an accepted record. TRUC_E_ERASED, TRUC_E_JOURNAL_KEY, TRUC_E_UNKNOWN_TYPE, TRUC_E_PAYLOAD: this message can't be replayed; any other
 * code ends the replay. */
int replay_message_make(const struct replay_making *making, const struct journal_record *record,
                        struct replay_message *message, struct truc_fault *fault);
/* Moves its expiry and its not-before by the span between its acceptance and now. */
void replay_message_date(struct replay_message *message, uint64_t now_ns);
void replay_message_free(struct replay_message *message);

/* The id of the replay of a message with that id: the same one for the same key, bus, run and id, so that a replay repeated is known,
 * and what was linked by ids stays linked. Keyed: an id that a sender made of an identity number can't be found by trying all numbers.
 * An empty id gives "". */
void replay_id(const struct replay_making *making, const char *bus, struct bytes id, char ret_id[REPLAY_ID_BYTES]);

#endif
