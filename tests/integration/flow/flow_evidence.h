/* flow_evidence.h - what a run of the demo left behind: the far sides' account, their stores, the journal as `truc` tells it, logs.
 * Reads only; judges nothing.
 * Used by test_flow.c. */
#ifndef FLOW_EVIDENCE_H
#define FLOW_EVIDENCE_H

#include <jansson.h>
#include <stdbool.h>

#include "kit_bus.h"

enum { FLOW_CODES_MAX = 64, FLOW_CODE_BYTES = 65 };

/* Classes of far_dossier.h, as the portal's store numbers them. */
enum flow_class { FLOW_PLAIN, FLOW_UNKNOWN_CITIZEN, FLOW_MALFORMED, FLOW_SECRET, FLOW_FORBIDDEN, FLOW_REPEATED };

struct flow_codes {
    char codes[FLOW_CODES_MAX][FLOW_CODE_BYTES];
    size_t count;
};

/* Codes of the dossiers of one class, from the portal's own store. */
int flow_codes_read(const char *demo_state, enum flow_class class, struct flow_codes *ret_codes,
                    struct truc_fault *fault);
/* run/summary.json; the caller owns it. NULL with the reason. */
json_t *flow_account_read(const char *demo_state, struct truc_fault *fault);
/* `truc ARGUMENTS… --output json` as one document; the caller owns it. NULL with the reason, also when truc did not end with 0. */
json_t *flow_ask(const struct kit_bus *bus, const char *const arguments[], struct truc_fault *fault);
/* Every record of the journal, payloads opened, as the text that `truc journal show` prints: one JSON object a line. */
int flow_journal_read(const struct kit_bus *bus, struct buffer *out, struct truc_fault *fault);
/* Whether the text holds a citizen's number: exactly 12 digits in a row, the fourth a 9. */
bool flow_has_citizen(const uint8_t *text, size_t size);
/* Looks for one in every file of a folder; the first such file goes to `ret_where`. */
int flow_find_citizen(const char *folder, bool *ret_found, char ret_where[KIT_PATH_BYTES], struct truc_fault *fault);

#endif
