/* yaml_typed.h - what each key of the configuration means: one table per kind of object.
 * Not: rules between objects (policy_check.h). The same tables read files, suggest words, explain keys and make the
 * editors' JSON Schema, so that none of them can disagree.
 * In the flow: nodes → typed values, still with their places → policy_build. */
#ifndef TRUC_YAML_TYPED_H
#define TRUC_YAML_TYPED_H

#include "arena.h"
#include "policy_report.h"
#include "yaml_document.h"
#include "words.h"

enum yaml_type {
    TYPED_TEXT,    /* any text, not empty */
    TYPED_ID,      /* a-z, 0-9 and '-', begins with a letter, at most 64 bytes */
    TYPED_TYPE,    /* a message type: ids joined by '.' */
    TYPED_FILE,    /* a relative path inside the configuration's directory, no ".." */
    TYPED_SPAN,    /* 250ms 5s 5m 24h 7d → number: nanoseconds */
    TYPED_SIZE,    /* 64KiB 16MiB 2GiB, or bytes → number */
    TYPED_COUNT,   /* a whole number → number */
    TYPED_FACTOR,  /* 2 or 1.5 → number: percent */
    TYPED_DATE,    /* 2026-12-31 → number: first instant of the day, GMT+7 */
    TYPED_INSTANT, /* 2026-11-20T10:00:00+07:00 (RFC 3339) → number: UTC ns */
    TYPED_BOOL,    /* true or false → number */
    TYPED_RATE,    /* 50/s 30/min 1000/h → number and span_ns */
    TYPED_WORD,    /* one of key->words → number: its place among them */
    TYPED_IDS,     /* one id, or a list of ids → items */
    TYPED_TYPES,   /* one message type, or a list → items */
    TYPED_TEXTS,   /* one text, or a list → items */
    TYPED_WORDS,   /* list of key->words → number: bits by place */
    TYPED_OBJECT,  /* a map described by key->object → objects, one */
    TYPED_OBJECTS, /* a list of such maps → objects */
    TYPED_FREE,    /* a map whose keys are data; the reader looks at .node itself */
};

/* A value with its place; which members are set depends on the type. node NULL: not given. */
struct typed_value {
    const struct yaml_node *node;
    const char *text;
    uint64_t number;
    uint64_t span_ns;
    const struct yaml_node **items; /* texts */
    void *objects;                  /* an array of key->object->size bytes each */
    uint32_t count;                 /* of items or objects */
};

struct yaml_key {
    const char *name;
    enum yaml_type type;
    bool required;
    bool repeats;                     /* lists of single values: an entry may come again, as a program's argument */
    size_t offset;                    /* of a struct typed_value in the object */
    const struct yaml_object *object; /* TYPED_OBJECT, TYPED_OBJECTS */
    const char *const *words;         /* TYPED_WORD, TYPED_WORDS: ends with NULL */
    uint64_t least, most;             /* bounds of number when most > 0 */
    const char *explanation;          /* one line, for people */
};

/* A struct of typed values. Its first member is `const struct yaml_node *node`, the map itself. */
struct yaml_object {
    const char *title; /* "route": as texts name it */
    const struct yaml_key *keys;
    uint32_t keys_count;
    size_t size;
    bool shorthand; /* a single text stands for a map with only the first key */
};

/* Reads @node as @object into @ret (object->size bytes, zeroed by the caller). Every mistake goes to @report; values
 * that could not be read stay absent. Returns 0, or TRUC_E_MEMORY. Whether there were mistakes: the report knows. */
int yaml_typed_read(struct arena *arena, const struct yaml_object *object, const struct yaml_node *node,
                    struct policy_report *report, void *ret);

/* What a value of the key looks like: "a span like 5s", for errors and explanations. */
const char *yaml_type_text(enum yaml_type type);

enum { YAML_FORM_BYTES = 160 };
/* The same for one key: its words where it has some. */
void yaml_key_form(const struct yaml_key *key, words_translate *translate, char out[YAML_FORM_BYTES]);

/* "between 10ms and 24h"; "" without bounds. */
void yaml_key_bounds(const struct yaml_key *key, words_translate *translate, char out[YAML_FORM_BYTES]);

enum { YAML_LIST_ITEMS_MAX = 256 }; /* entries of one list of single values */
/* Whether an id or message type is well formed (TYPED_ID, TYPED_TYPE). */
bool yaml_is_id(struct bytes text);
bool yaml_is_type(struct bytes text);

#endif
