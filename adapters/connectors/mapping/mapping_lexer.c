/* mapping_lexer.c - see mapping_lexer.h: one character of look-ahead, no state but the place.
 * Not a general tokenizer: a '-' belongs to a name or a number, for the language has no arithmetic.
 * In the flow: called by mapping_parser.c. */
#include "mapping_lexer.h"

#include <stdlib.h>

#include "fault.h"
#include "time_text.h"

enum { NUMBER_BYTES_MAX = 40 };

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static uint8_t peek(const struct mapping_lexer *lexer, size_t ahead)
{
    size_t at = lexer->at + ahead;
    return at < lexer->text.size ? lexer->text.data[at] : 0;
}

static void skip_space(struct mapping_lexer *lexer)
{
    for (;;) {
        uint8_t c = peek(lexer, 0);
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return;
        lexer->at++;
    }
}

static int finish(struct mapping_lexer *lexer, struct mapping_token *token, enum mapping_token_kind kind, size_t size)
{
    token->kind = kind;
    token->text = bytes_of(lexer->text.data + lexer->at, size);
    lexer->at += size;
    return 0;
}

static int name(struct mapping_lexer *lexer, struct mapping_token *token)
{
    size_t size = 1;
    while (is_letter(peek(lexer, size)) || is_digit(peek(lexer, size)) || peek(lexer, size) == '-')
        size++;
    return finish(lexer, token, MAPPING_TOKEN_NAME, size);
}

static int quoted(struct mapping_lexer *lexer, struct mapping_token *token, struct truc_fault *fault)
{
    uint8_t quote = peek(lexer, 0);
    size_t size = 1;
    while (lexer->at + size < lexer->text.size && peek(lexer, size) != quote) {
        if (peek(lexer, size) == '\\')
            size++;
        size++;
    }
    if (lexer->at + size >= lexer->text.size) {
        fault_set(fault, TRUC_E_CONFIG, "this text has no closing quote");
        fault_hint(fault, "end it with %c", quote);
        return TRUC_E_CONFIG;
    }
    token->quote = (char)quote;
    token->kind = MAPPING_TOKEN_TEXT;
    token->text = bytes_of(lexer->text.data + lexer->at + 1, size - 1);
    lexer->at += size + 1;
    return 0;
}

static int number_value(struct mapping_token *token, bool real, struct truc_fault *fault)
{
    char text[NUMBER_BYTES_MAX + 1];
    memcpy(text, token->text.data, token->text.size);
    text[token->text.size] = 0;
    if (real) {
        token->real = strtod(text, NULL);
        return 0;
    }
    bool negative = text[0] == '-';
    uint64_t value = 0;
    for (const char *at = text + negative; *at; at++) {
        if (value > ((uint64_t)INT64_MAX - 9) / 10)
            return fault_set(fault, TRUC_E_CONFIG, "the number %s is too large", text);
        value = value * 10 + (uint64_t)(*at - '0');
    }
    token->integer = negative ? -(int64_t)value : (int64_t)value;
    return 0;
}

static int number(struct mapping_lexer *lexer, struct mapping_token *token, struct truc_fault *fault)
{
    size_t size = 1;
    while (is_digit(peek(lexer, size)))
        size++;
    bool real = peek(lexer, size) == '.' && is_digit(peek(lexer, size + 1));
    if (real) {
        size += 2;
        while (is_digit(peek(lexer, size)))
            size++;
    }
    bool span = !real && is_letter(peek(lexer, size));
    while (span && is_letter(peek(lexer, size)))
        size++;
    if (size > NUMBER_BYTES_MAX)
        return fault_set(fault, TRUC_E_CONFIG, "a number of more than %d characters", NUMBER_BYTES_MAX);
    finish(lexer, token, span ? MAPPING_TOKEN_SPAN : real ? MAPPING_TOKEN_REAL : MAPPING_TOKEN_INTEGER, size);
    uint64_t span_ns;
    if (!span)
        return number_value(token, real, fault);
    if (span_parse(token->text, &span_ns) < 0) {
        fault_set(fault, TRUC_E_CONFIG, "'%.*s' is no span of time", BYTES_PRINTF(token->text));
        fault_hint(fault, "write 250ms, 5s, 5m, 24h or 7d");
        return TRUC_E_CONFIG;
    }
    return 0;
}

static int sign(struct mapping_lexer *lexer, struct mapping_token *token, struct truc_fault *fault)
{
    bool equals = peek(lexer, 1) == '=';
    switch (peek(lexer, 0)) {
    case '.':
        return finish(lexer, token, MAPPING_TOKEN_DOT, 1);
    case ',':
        return finish(lexer, token, MAPPING_TOKEN_COMMA, 1);
    case '(':
        return finish(lexer, token, MAPPING_TOKEN_OPEN, 1);
    case ')':
        return finish(lexer, token, MAPPING_TOKEN_CLOSE, 1);
    case '[':
        return finish(lexer, token, MAPPING_TOKEN_OPEN_LIST, 1);
    case ']':
        return finish(lexer, token, MAPPING_TOKEN_CLOSE_LIST, 1);
    case '$':
        return finish(lexer, token, MAPPING_TOKEN_NAME, 1);
    case '<':
        return finish(lexer, token, equals ? MAPPING_TOKEN_LESS_EQUAL : MAPPING_TOKEN_LESS, equals ? 2 : 1);
    case '>':
        return finish(lexer, token, equals ? MAPPING_TOKEN_GREATER_EQUAL : MAPPING_TOKEN_GREATER, equals ? 2 : 1);
    case '=':
        if (equals)
            return finish(lexer, token, MAPPING_TOKEN_EQUAL, 2);
        fault_set(fault, TRUC_E_CONFIG, "'=' alone means nothing here");
        fault_hint(fault, "compare with ==");
        return TRUC_E_CONFIG;
    case '!':
        if (equals)
            return finish(lexer, token, MAPPING_TOKEN_NOT_EQUAL, 2);
        fault_set(fault, TRUC_E_CONFIG, "'!' alone means nothing here");
        fault_hint(fault, "write 'not', or compare with !=");
        return TRUC_E_CONFIG;
    default:
        fault_set(fault, TRUC_E_CONFIG, "this character has no place in an expression");
        fault_hint(fault, "constant texts stand in quotes");
        return TRUC_E_CONFIG;
    }
}

int mapping_lexer_next(struct mapping_lexer *lexer, struct mapping_token *ret_token, struct truc_fault *fault)
{
    skip_space(lexer);
    struct mapping_token token = {.offset = lexer->at};
    *ret_token = token;
    int result = 0;
    uint8_t c = peek(lexer, 0);
    if (lexer->at >= lexer->text.size)
        token.kind = MAPPING_TOKEN_END;
    else if (is_letter(c))
        result = name(lexer, &token);
    else if (is_digit(c) || (c == '-' && is_digit(peek(lexer, 1))))
        result = number(lexer, &token, fault);
    else if (c == '"' || c == '\'')
        result = quoted(lexer, &token, fault);
    else
        result = sign(lexer, &token, fault);
    if (result == 0)
        *ret_token = token;
    return result;
}
