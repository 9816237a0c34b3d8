/* door_tokens.c - see door_tokens.h.
 * The file is opened once a reading and judged by its descriptor. Tokens have 256 random bits, so a plain hash keeps them.
 * In the flow: asked before anything of a request is looked at. */
#include "door_tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encode.h"
#include "fault.h"

#define TOKEN_PREFIX "truc_"
static const char name_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

struct door_tokens {
    char *path;
    uint32_t rate_second;
    struct stat seen;
    struct door_token_list list;
};

static bool is_name(const char *name)
{
    size_t size = strlen(name);
    return size > 0 && size <= DOOR_TOKEN_NAME_BYTES_MAX && strspn(name, name_characters) == size;
}

/* "NAME HEX" without its end; comments and empty lines are no tokens: 0, a token: 1, anything else: -1. */
static int parse_line(char *line, struct door_token *ret_token)
{
    BUFFER_CLEANUP struct buffer hash = {0};
    char *rest = line, *name = strtok_r(rest, " \t\r", &rest), *hex = strtok_r(rest, " \t\r", &rest);
    if (!name || *name == '#')
        return 0;
    if (!hex || strtok_r(rest, " \t\r", &rest) || !is_name(name) || hex_decode(bytes_string(hex), &hash) < 0 ||
        hash.size != SHA256_BYTES)
        return -1;
    *ret_token = (struct door_token){0};
    memcpy(ret_token->name, name, strlen(name));
    memcpy(ret_token->hash.bytes, hash.data, SHA256_BYTES);
    return 1;
}

static int wrong_line(const char *path, size_t number, const char *text, struct truc_fault *fault)
{
    fault_set(fault, TRUC_E_CONFIG, "%s", text);
    fault_hint(fault, "truc-door token FILE NAME makes one");
    fault_where(fault, "%s:%zu", path, number);
    return TRUC_E_CONFIG;
}

static struct door_token *find_name(struct door_token_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->tokens[i].name, name) == 0)
            return &list->tokens[i];
    }
    return NULL;
}

int door_token_list_parse(const char *path, struct bytes text, struct door_token_list *ret_list,
                          struct truc_fault *fault)
{
    enum { LINE_BYTES_MAX = 256 };
    *ret_list = (struct door_token_list){0};
    for (size_t number = 1; text.size; number++) {
        const uint8_t *end = memchr(text.data, '\n', text.size);
        size_t size = end ? (size_t)(end - text.data) : text.size;
        char line[LINE_BYTES_MAX + 1] = {0};
        struct door_token token;
        if (size > LINE_BYTES_MAX || memchr(text.data, 0, size))
            return wrong_line(path, number, "a line is NAME and the hash of a token", fault);
        memcpy(line, text.data, size);
        int kind = parse_line(line, &token);
        if (kind < 0)
            return wrong_line(path, number, "a line is NAME and the hash of a token", fault);
        if (kind && find_name(ret_list, token.name))
            return wrong_line(path, number, "the name is there twice", fault);
        if (kind && ret_list->count == DOOR_TOKENS_MAX)
            return wrong_line(path, number, "there are more than 64 tokens", fault);
        if (kind)
            ret_list->tokens[ret_list->count++] = token;
        size += end != NULL;
        text = bytes_of(text.data + size, text.size - size);
    }
    return 0;
}

static int judge_mode(const char *path, const struct stat *status, struct truc_fault *fault)
{
    if (S_ISREG(status->st_mode) && (status->st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return 0;
    fault_set(fault, TRUC_E_CONFIG, "others may use the file of tokens");
    fault_hint(fault, "chmod 600");
    fault_where(fault, "%s", path);
    return TRUC_E_CONFIG;
}

static int read_list(int file, const char *path, struct door_token_list *ret_list, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer text = {.size_max = DOOR_TOKENS_FILE_BYTES_MAX};
    char piece[4096];
    ssize_t size;
    while ((size = read(file, piece, sizeof(piece))) > 0)
        buffer_append(&text, piece, (size_t)size);
    if (size < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    if (buffer_failed(&text))
        return fault_set(fault, TRUC_E_CONFIG, "%s has more than %d bytes", path, DOOR_TOKENS_FILE_BYTES_MAX);
    return door_token_list_parse(path, buffer_view(&text), ret_list, fault);
}

static int read_file(const char *path, struct stat *ret_status, struct door_token_list *ret_list,
                     struct truc_fault *fault)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    int result = fstat(file, ret_status) == 0 ? judge_mode(path, ret_status, fault)
                                              : fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    if (result == 0)
        result = read_list(file, path, ret_list, fault);
    close(file);
    return result;
}

int door_tokens_open(const char *path, uint32_t rate_second, struct door_tokens **ret_tokens, struct truc_fault *fault)
{
    struct door_tokens *tokens = calloc(1, sizeof(*tokens));
    if (!tokens || !(tokens->path = strdup(path))) {
        door_tokens_close(tokens);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for tokens");
    }
    tokens->rate_second = rate_second;
    int result = read_file(path, &tokens->seen, &tokens->list, fault);
    for (size_t i = 0; i < tokens->list.count; i++)
        tokens->list.tokens[i].left_milli = (uint64_t)rate_second * 1000;
    if (result < 0)
        door_tokens_close(tokens);
    else
        *ret_tokens = tokens;
    return result;
}

void door_tokens_close(struct door_tokens *tokens)
{
    if (tokens)
        free(tokens->path);
    free(tokens);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mode == b->st_mode &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int door_tokens_refresh(struct door_tokens *tokens, struct truc_fault *fault)
{
    struct stat now = {0};
    struct door_token_list list;
    if (stat(tokens->path, &now) == 0 && is_same(&now, &tokens->seen))
        return 0;
    int result = read_file(tokens->path, &now, &list, fault);
    bool is_new = !is_same(&now, &tokens->seen); /* a wrong file is told of once */
    tokens->seen = now;
    if (result < 0)
        return is_new ? result : 0;
    for (size_t i = 0; i < list.count; i++) { /* who was over the rate stays so */
        const struct door_token *before = find_name(&tokens->list, list.tokens[i].name);
        list.tokens[i].filled_ms = before ? before->filled_ms : 0;
        list.tokens[i].left_milli = before ? before->left_milli : (uint64_t)tokens->rate_second * 1000;
    }
    tokens->list = list;
    return 1;
}

/* Takes as long whatever differs. */
static bool is_equal(const struct sha256_digest *a, const struct sha256_digest *b)
{
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < SHA256_BYTES; i++)
        difference = (uint8_t)(difference | (a->bytes[i] ^ b->bytes[i]));
    return difference == 0;
}

struct door_token *door_tokens_find(struct door_tokens *tokens, struct bytes presented)
{
    struct sha256_digest hash = sha256_of(presented);
    struct door_token *found = NULL;
    for (size_t i = 0; i < tokens->list.count; i++) {
        if (is_equal(&tokens->list.tokens[i].hash, &hash))
            found = &tokens->list.tokens[i];
    }
    return found;
}

bool door_tokens_allow(const struct door_tokens *tokens, struct door_token *token, uint64_t now_ms)
{
    uint64_t full = (uint64_t)tokens->rate_second * 1000, passed_ms = now_ms - token->filled_ms;
    uint64_t more = passed_ms > 1000 ? full : passed_ms * tokens->rate_second;
    token->left_milli = token->left_milli + more > full ? full : token->left_milli + more;
    token->filled_ms = now_ms;
    if (token->left_milli < 1000)
        return false;
    token->left_milli -= 1000;
    return true;
}

static int append_line(int file, const char *path, const char *name, const struct buffer *token,
                       struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer line = {0};
    struct sha256_digest hash = sha256_of(buffer_view(token));
    buffer_printf(&line, "%s ", name);
    hex_append(&line, sha256_view(&hash));
    buffer_append_byte(&line, '\n');
    if (buffer_failed(&line))
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a token");
    if (write(file, line.data, line.size) != (ssize_t)line.size || fsync(file) != 0)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    return 0;
}

int door_token_create(const char *path, const char *name, struct buffer *ret_token, struct truc_fault *fault)
{
    uint8_t random[DOOR_TOKEN_RANDOM_BYTES];
    struct stat status;
    struct door_token_list list;
    if (!is_name(name))
        return fault_set(fault, TRUC_E_ARGUMENT, "a token's name has up to %d letters, digits, '-', '.', '_'",
                         DOOR_TOKEN_NAME_BYTES_MAX);
    int file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    int result = read_file(path, &status, &list, fault);
    if (result == 0 && find_name(&list, name))
        result = fault_set(fault, TRUC_E_EXISTS, "there is a token '%s' already", name);
    if (result == 0 && list.count == DOOR_TOKENS_MAX)
        result = fault_set(fault, TRUC_E_LIMIT, "there are %d tokens already", DOOR_TOKENS_MAX);
    if (result == 0 && getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        result = fault_errno(fault, TRUC_E_CRYPTO, errno, "no random numbers");
    if (result == 0) {
        buffer_append_string(ret_token, TOKEN_PREFIX);
        hex_append(ret_token, bytes_of(random, sizeof(random)));
        explicit_bzero(random, sizeof(random));
        result = buffer_failed(ret_token) ? fault_set(fault, TRUC_E_MEMORY, "no memory for a token")
                                          : append_line(file, path, name, ret_token, fault);
    }
    close(file);
    return result;
}
