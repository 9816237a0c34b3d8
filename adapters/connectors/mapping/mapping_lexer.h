/* mapping_lexer.h - an expression's text as tokens: names, texts, numbers, spans, signs.
 * Knows no grammar and no names; that is the parser's and the checker's work. No allocation.
 * In the flow: first step when an adapter file is loaded (docs/mapping.md, "Expressions"). */
#ifndef TRUC_MAPPING_LEXER_H
#define TRUC_MAPPING_LEXER_H

#include "bytes.h"
#include <truc/error.h>

enum mapping_token_kind {
    MAPPING_TOKEN_END,
    MAPPING_TOKEN_NAME,    /* letters, digits, '_' and '-', not first; or a lone '$' */
    MAPPING_TOKEN_TEXT,    /* in double or single quotes; `text` is what stands between them, escapes and all */
    MAPPING_TOKEN_INTEGER, /* `integer` */
    MAPPING_TOKEN_REAL,    /* `real` */
    MAPPING_TOKEN_SPAN,    /* 30s, 5m: `text` */
    MAPPING_TOKEN_DOT,
    MAPPING_TOKEN_COMMA,
    MAPPING_TOKEN_OPEN,       /* ( */
    MAPPING_TOKEN_CLOSE,      /* ) */
    MAPPING_TOKEN_OPEN_LIST,  /* [ */
    MAPPING_TOKEN_CLOSE_LIST, /* ] */
    MAPPING_TOKEN_EQUAL,
    MAPPING_TOKEN_NOT_EQUAL,
    MAPPING_TOKEN_LESS,
    MAPPING_TOKEN_LESS_EQUAL,
    MAPPING_TOKEN_GREATER,
    MAPPING_TOKEN_GREATER_EQUAL,
};

struct mapping_token {
    enum mapping_token_kind kind;
    struct bytes text; /* within the expression */
    size_t offset;     /* bytes from the expression's start */
    int64_t integer;
    double real;
    char quote; /* of TEXT */
};

struct mapping_lexer {
    struct bytes text;
    size_t at;
};

/* The next token. TRUC_E_CONFIG with what is wrong; then ret_token->offset says where. */
int mapping_lexer_next(struct mapping_lexer *lexer, struct mapping_token *ret_token, struct truc_fault *fault);

#endif
