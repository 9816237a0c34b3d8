/* record_text.h - a record of the journal as one line for people, and as JSON for programs.
 * Not: its payload (record_payload.h). Bodies hold only keyed hashes of persons; here they are only counted.
 * In the flow: journal show and find. */
#ifndef TRUC_RECORD_TEXT_H
#define TRUC_RECORD_TEXT_H

#include "header.h"
#include "journal.h"

#include <jansson.h>

/* Appends what the record says, without position and time: "accepted    portal → onestop  dossier.submitted  …".
 * Text from peers is made safe. TRUC_E_JOURNAL_CORRUPT for a malformed body. */
int record_text_append(const struct journal_record *record, struct buffer *out, struct truc_fault *fault);
/* "     12  23/11/2026 14:03:07.118  accepted  …\n"; of a malformed body the line says so, and its code is returned.
 * `fault` is not NULL. */
int record_text_line(const struct journal_record *record, struct buffer *out, struct truc_fault *fault);
/* {"position", "time", "kind", …}; NULL with the fault. Owned by the caller. */
json_t *record_json(const struct journal_record *record, struct truc_fault *fault);
/* Sets what a header says as members: id, sender, type … */
void record_header_json(const struct header *header, json_t *object);

#endif
