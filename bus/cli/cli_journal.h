/* cli_journal.h - a journal opened for reading, with what is at hand of its keys, and the configurations inside it.
 * Not: a writer. It takes no lock and changes nothing: the broker may run, or this may be a copy elsewhere.
 * In the flow: journal show, find and verify. */
#ifndef TRUC_CLI_JOURNAL_H
#define TRUC_CLI_JOURNAL_H

#include "cli.h"
#include "cli_arguments.h"
#include "fault.h"
#include "journal.h"
#include "policy.h"
#include "signed_note.h"

#define CLI_JOURNAL_OPTIONS                                                                                            \
    {.name = "journal", .value = "DIR", .explanation = N_("the journal, instead of the state directory's")},           \
        {.name = "key",                                                                                                \
         .value = "FILE",                                                                                              \
         .explanation = N_("its key for payloads (keys/journal.key); without it they stay closed")},                   \
        {.name = "old-checkpoint-keys",                                                                                \
         .value = "FILE",                                                                                              \
         .explanation = N_("who signed them before; else keys/checkpoint.old")},                                       \
    {                                                                                                                  \
        .name = "checkpoint-key", .value = "VKEY",                                                                     \
        .explanation = N_("who signs its checkpoints (name+id+key); else keys/checkpoint.vkey")                        \
    }

struct cli_journal {
    struct journal *journal;
    struct journal_opened opened;
    bool has_key;            /* payloads can be read */
    bool has_checkpoint_key; /* checkpoint signatures are checked */
    struct note_key checkpoint_key;
    struct journal_checkpoint_key old_checkpoint_keys[JOURNAL_CHECKPOINT_KEYS_MAX];
    size_t old_checkpoint_keys_count;
    struct policy *policy; /* the configuration loaded last, from the journal itself */
    uint64_t policy_sequence;
};

/* Start with {0}. */
int cli_journal_open(const struct cli *cli, const struct cli_arguments *arguments, struct cli_journal *journal,
                     struct truc_fault *fault);
/* The same as its files are, at once: nothing is proved and no end is judged. For the search index. */
int cli_journal_open_as_is(const struct cli *cli, const struct cli_arguments *arguments, struct cli_journal *journal,
                           struct truc_fault *fault);
void cli_journal_close(struct cli_journal *journal);

/* Another key out of the journal's own, for this purpose only: who has it learns nothing of the journal's. Wipe it when done.
 * TRUC_E_JOURNAL_KEY when that is not at hand. */
int cli_journal_derive_key(const struct cli *cli, const struct cli_arguments *arguments, const char *purpose,
                           uint8_t ret_key[SHA256_BYTES], struct truc_fault *fault);

/* Calls `use` with the journal's own key, which is wiped afterwards, and the journal's folder. TRUC_E_JOURNAL_KEY when it is not at hand. */
int cli_journal_with_key(const struct cli *cli, const struct cli_arguments *arguments,
                         int (*use)(void *context, const char *folder, const uint8_t *key, struct truc_fault *fault),
                         void *context, struct truc_fault *fault);

/* The configuration of a configuration record, rebuilt from the journal's objects: systems, routes, schemas,
 * authority as they were. Owned by `journal` until the next call. TRUC_E_NOT_FOUND, TRUC_E_JOURNAL_CORRUPT,
 * TRUC_E_CONFIG. */
int cli_journal_policy(struct cli_journal *journal, uint64_t sequence, const struct policy **ret_policy,
                       struct truc_fault *fault);

#endif
