/* pseudonym.h - in place of what tells of a person, something of the same form that tells of nobody: keyed, the same for the same value.
 * Not a payload's walk (masked_payload.h). Who has the pseudonyms and not the key learns nothing; who has the key could try values.
 * In the flow: journal replay, on everything personal before it leaves the journal. Pure. */
#ifndef TRUC_PSEUDONYM_H
#define TRUC_PSEUDONYM_H

#include "buffer.h"
#include "schema.h"

enum { PSEUDONYM_KEY_BYTES = 32 };

struct pseudonym_key {
    uint8_t bytes[PSEUDONYM_KEY_BYTES];
};

/* An identity number: of its length and form, never its own. Twelve digits become a citizen's number that can't exist (fourth digit 9), nine
 * one of an older card that can't (it begins with 99). Appends; MEMORY. */
int pseudonym_identity(const struct pseudonym_key *key, struct bytes value, struct buffer *out);
/* A text that tells what `personal` says: names become names, addresses addresses, days of birth days, telephone numbers ones that are
 * assigned to nobody, mail addresses ones of example.com, file names keep their ending. Upper and lower case of a name are the same person. */
int pseudonym_text(const struct pseudonym_key *key, enum schema_personal personal, struct bytes value,
                   struct buffer *out);
/* A number of as many digits, at most `most`. */
uint64_t pseudonym_number(const struct pseudonym_key *key, enum schema_personal personal, uint64_t value,
                          uint64_t most);
/* Another instant, within a year, on a whole day's distance. */
uint64_t pseudonym_instant(const struct pseudonym_key *key, uint64_t time_ns);
/* One of `count` (at least 1), for what is chosen from a list. */
size_t pseudonym_choice(const struct pseudonym_key *key, enum schema_personal personal, uint64_t value, size_t count);
/* As many bytes. */
int pseudonym_bytes(const struct pseudonym_key *key, struct bytes value, struct buffer *out);

#endif
