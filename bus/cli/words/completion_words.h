/* completion_words.h - what kind of word may stand somewhere in a command line, read off the command table.
 * Not: the scripts (completion_bash.c, completion_zsh.c), which are made of this.
 * In the flow: cmd_completion → a script → the shell, which asks `truc completion systems` and the like for the rest. */
#ifndef TRUC_COMPLETION_WORDS_H
#define TRUC_COMPLETION_WORDS_H

#include "buffer.h"
#include "bytes.h"
#include "command_table.h"

enum completion_kind {
    COMPLETION_NONE,     /* free text */
    COMPLETION_FOLDERS,  /* DIR */
    COMPLETION_FILES,    /* FILE */
    COMPLETION_SYSTEMS,  /* SYSTEM: asked of the program, by the state directory on the line */
    COMPLETION_TYPES,    /* TYPE: likewise */
    COMPLETION_CONTEXTS, /* CONTEXT: likewise */
    COMPLETION_COMMANDS, /* COMMAND: the first words of commands */
    COMPLETION_WORDS,    /* a fixed list, given beside */
};

struct completion {
    enum completion_kind kind;
    struct buffer words; /* of COMPLETION_WORDS: separated by blanks */
};
void completion_clear(struct completion *completion);
#define COMPLETION_CLEANUP __attribute__((cleanup(completion_clear)))

/* What a value called like this can be: "SYSTEM", "FILE", or the words themselves: "bash|zsh". Start with {0}. */
void completion_of_value(struct bytes value, struct completion *completion);
/* What a command's operand can be, by its usage. */
void completion_of_operand(const struct cli_command *command, struct completion *completion);
/* Appends it as the scripts note it: "files", "folders", "none", "ask:systems", or the words. */
void completion_append_values(const struct completion *completion, struct buffer *out);
/* Appends the shell function _truc_takes_value, for bash and zsh: options whose value is no word of the command. */
void completion_append_takes_value(struct buffer *out);

/* Calls `visit` for every word that commands begin with, once each; `second`: has words behind it ("journal"). */
void completion_each_first_word(void (*visit)(void *context, struct bytes word, bool second), void *context);
/* The part of a command's path behind its first word; empty when there is none. */
struct bytes completion_second_word(const struct cli_command *command);
struct bytes completion_first_word(const struct cli_command *command);

/* Appends the scripts. */
void completion_bash(struct buffer *out);
void completion_zsh(struct buffer *out);

#endif
