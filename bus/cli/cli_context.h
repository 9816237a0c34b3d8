/* cli_context.h - several buses by name: where each one's state directory is, or whose settings lead to its broker.
 * Not keys: a context names files, which stay where they are. One small file a person: XDG_CONFIG_HOME/truc/contexts.yaml.
 * In the flow: cli_main chooses one before a command runs; cmd_context.c keeps the file. */
#ifndef TRUC_CLI_CONTEXT_H
#define TRUC_CLI_CONTEXT_H

#include "arena.h"
#include "cli.h"
#include "cli_arguments.h"
#include "cli_file.h"
#include "fault.h"

enum { CONTEXTS_MAX = 64, CONTEXT_NAME_BYTES_MAX = 48, CONTEXTS_MEMORY_MAX = 1024 * 1024 };

struct cli_context {
    const char *name;
    const char *state, *settings, *broker; /* absolute paths, an endpoint; NULL: not given */
};

/* Start with {0}. Texts live in the arena. */
struct cli_contexts {
    struct arena arena;
    char path[CLI_PATH_BYTES]; /* of the file */
    struct cli_context contexts[CONTEXTS_MAX];
    size_t count;
    const char *current; /* what `truc context use` named; NULL: none */
};

/* Reads the file; no file is no context. TRUC_E_CONFIG with the place, TRUC_E_IO. */
int cli_contexts_load(struct cli_contexts *contexts, struct truc_fault *fault);
/* Writes it anew, whole, beside the old one, and renames. */
int cli_contexts_save(struct cli_contexts *contexts, struct truc_fault *fault);
void cli_contexts_free(struct cli_contexts *contexts);
/* NULL, and TRUC_E_NOT_FOUND in the fault with a did-you-mean. */
struct cli_context *cli_contexts_find(struct cli_contexts *contexts, const char *name, struct truc_fault *fault);

/* Fills cli->state, settings and broker: --state or --context; TRUC_CONTEXT; TRUC_STATE; the context in use; ./state. The
 * texts live as long as `contexts` and the arguments. */
int cli_context_choose(struct cli *cli, const struct cli_arguments *arguments, struct cli_contexts *contexts,
                       struct truc_fault *fault);
/* What to do about a file that isn't there: `otherwise`, or to go to the machine of a bus that is only asked from afar.
 * `cli` is NULL when the file was named by itself. Returns the fault's code. */
int cli_context_hint(const struct cli *cli, const char *otherwise, struct truc_fault *fault);
/* TRUC_E_CONFIG with that advice when the bus is asked from afar; for what writes its files. */
int cli_context_is_here(const struct cli *cli, struct truc_fault *fault);

#endif
