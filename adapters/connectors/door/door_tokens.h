/* door_tokens.h - who may use the door: named tokens, of which only SHA-256 hashes are kept, in a private file.
 * Several at a time, so that one can be exchanged while the other is in use; the file is read again when it changed.
 * In the flow: the operator -> door_token_create -> file; each request -> door_tokens_find. */
#ifndef TRUC_DOOR_TOKENS_H
#define TRUC_DOOR_TOKENS_H

#include "buffer.h"
#include "sha256.h"
#include <truc/error.h>

enum {
    DOOR_TOKENS_MAX = 64,
    DOOR_TOKEN_NAME_BYTES_MAX = 63,
    DOOR_TOKENS_FILE_BYTES_MAX = 64 * 1024,
    DOOR_TOKEN_RANDOM_BYTES = 32,
};

struct door_token {
    char name[DOOR_TOKEN_NAME_BYTES_MAX + 1];
    struct sha256_digest hash;
    uint64_t filled_ms;  /* monotonic: the bucket's time */
    uint64_t left_milli; /* thousandths of requests */
};

struct door_token_list {
    struct door_token tokens[DOOR_TOKENS_MAX];
    size_t count;
};

struct door_tokens;

/* TRUC_E_CONFIG with file:line for a wrong file or one that others may read, TRUC_E_IO, TRUC_E_MEMORY. */
int door_tokens_open(const char *path, uint32_t rate_second, struct door_tokens **ret_tokens, struct truc_fault *fault);
void door_tokens_close(struct door_tokens *tokens); /* NULL is fine */
/* Reads the file again if it is another than before: 1, or 0. An error leaves the tokens that were. */
int door_tokens_refresh(struct door_tokens *tokens, struct truc_fault *fault);
/* The token that was presented, or NULL. Each hash is compared whole, and all of them. */
struct door_token *door_tokens_find(struct door_tokens *tokens, struct bytes presented);
/* False: over its rate now. */
bool door_tokens_allow(const struct door_tokens *tokens, struct door_token *token, uint64_t now_ms);

/* "NAME 64-hex-digits" a line, # before comments. */
int door_token_list_parse(const char *path, struct bytes text, struct door_token_list *ret_list,
                          struct truc_fault *fault);
/* Makes a token, appends its hash to the file (made with mode 0600 when it is not there) and gives its text to show once.
 * TRUC_E_ARGUMENT: a bad name; TRUC_E_EXISTS: the name is taken. */
int door_token_create(const char *path, const char *name, struct buffer *ret_token, struct truc_fault *fault);

#endif
