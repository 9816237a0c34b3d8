/* evidence.h - what an auditor checks of each record once the journal is whole: signatures, certificates, digests.
 * Not: the tree, checksums and checkpoints (journal_verify_all). Believes no key that the authority does not vouch for.
 * In the flow: journal verify gives it every record. Sources: docs/protocol.md, "Bundles"; docs/journal-format.md. */
#ifndef TRUC_EVIDENCE_H
#define TRUC_EVIDENCE_H

#include "issuers.h"
#include "journal.h"

struct evidence;

struct evidence_counts {
    uint64_t bundles, messages, refusals, receipts, settlements; /* each with everything about it checked */
    uint64_t payloads;                                           /* that match the digest their sender signed */
    uint64_t certificates;   /* different ones, each issued by the authority for that system */
    uint64_t configurations; /* whose files are all there */
};

/* `journal` and `authority` outlive it. authority NULL: the one of each configuration in the journal, which then
 * vouches for itself; a certificate pinned from outside is the stronger proof. */
int evidence_create(struct journal *journal, const struct issuers *authority, struct evidence **ret_evidence);
void evidence_free(struct evidence *evidence); /* NULL is fine */

/* Checks one record; records come in their order. 0, or the first thing that does not hold, named in the fault:
 * TRUC_E_SIGNATURE, TRUC_E_SIGNING_KEY, TRUC_E_DIGEST, TRUC_E_JOURNAL_CORRUPT, TRUC_E_MEMORY. */
int evidence_check(struct evidence *evidence, const struct journal_record *record, struct truc_fault *fault);
struct evidence_counts evidence_counts(const struct evidence *evidence);

#endif
