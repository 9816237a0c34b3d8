/* mapping_functions.h - the functions of the mapping language, as one table.
 * All pure. `if`, `lookup` and `reverse_lookup` are operations of the tree: they choose, or name a table.
 * In the flow: found by the checker, called by the evaluator; docs/mapping.md lists them, and a test compares. */
#ifndef TRUC_MAPPING_FUNCTIONS_H
#define TRUC_MAPPING_FUNCTIONS_H

#include <jansson.h>

#include "mapping_type.h"

enum { MAPPING_PARAMETERS_MAX = 3 };

/* What an argument may be. Checked at load where the type is known, at evaluation where it comes from a far side. */
enum mapping_takes {
    MAPPING_TAKES_ANY,
    MAPPING_TAKES_TEXT,   /* a text, also an enum's word */
    MAPPING_TAKES_SCALAR, /* a text, number or bool */
    MAPPING_TAKES_INTEGER,
    MAPPING_TAKES_TIME,
    MAPPING_TAKES_LIST,
    MAPPING_TAKES_TEXT_OR_LIST,
    MAPPING_TAKES_SPAN,             /* a span, or a far side's text or integer of seconds */
    MAPPING_TAKES_PATTERN_TO_WRITE, /* a constant text: a time pattern */
    MAPPING_TAKES_PATTERN_TO_READ,
    MAPPING_TAKES_ZONE, /* a constant text: "+07:00" */
};

enum mapping_gives {
    MAPPING_GIVES_KIND,    /* `kind` */
    MAPPING_GIVES_TEXTS,   /* a list of texts */
    MAPPING_GIVES_FIRST,   /* what the first argument is */
    MAPPING_GIVES_ELEMENT, /* an element of the first argument */
};

/* Sets *ret_value to a new reference. Arguments are borrowed and of the kinds the table states; never JSON null unless
 * takes_null. TRUC_E_PAYLOAD with a text that names no value. */
typedef int mapping_run(json_t *const *arguments, size_t argument_count, json_t **ret_value, struct truc_fault *fault);

struct mapping_function {
    const char *name;
    const char *usage;  /* "pad(text, width, fill)" */
    const char *what;   /* one line for people */
    size_t least, most; /* arguments; beyond MAPPING_PARAMETERS_MAX the last of `takes` repeats */
    enum mapping_takes takes[MAPPING_PARAMETERS_MAX];
    enum mapping_gives gives;
    enum mapping_kind kind;
    bool takes_null; /* else a null argument makes the result null */
    mapping_run *run;
};

const struct mapping_function *mapping_function_find(struct bytes name);
const struct mapping_function *mapping_function_at(size_t index); /* NULL at the end */
/* The most similar name, `if`, `lookup` and `reverse_lookup` included; NULL when none is near. */
const char *mapping_function_nearest(struct bytes name);

/* Whether a value is what a parameter takes. */
bool mapping_takes_value(enum mapping_takes takes, const json_t *value);
bool mapping_takes_type(enum mapping_takes takes, const struct mapping_type *type);
const char *mapping_takes_text(enum mapping_takes takes); /* "a text", "a list", … */

/* The functions' bodies, in mapping_text_functions.c and mapping_value_functions.c. */
mapping_run mapping_run_upper, mapping_run_lower, mapping_run_trim, mapping_run_concat, mapping_run_join,
    mapping_run_split, mapping_run_replace, mapping_run_slice, mapping_run_pad, mapping_run_nfc, mapping_run_fold,
    mapping_run_contains, mapping_run_starts_with, mapping_run_ends_with, mapping_run_base64, mapping_run_unbase64,
    mapping_run_sha256, mapping_run_base64_of_hex, mapping_run_hex_of_base64;
mapping_run mapping_run_int, mapping_run_number, mapping_run_string, mapping_run_bool, mapping_run_length,
    mapping_run_first, mapping_run_last, mapping_run_required, mapping_run_time, mapping_run_parse_time,
    mapping_run_after;

/* Helpers the bodies share. A text's bytes; a new text (TRUC_E_MEMORY/LIMIT/PAYLOAD when @out failed or is no
 * UTF-8). */
struct bytes mapping_value_text(const json_t *value);
int mapping_give_text(struct buffer *out, json_t **ret_value, struct truc_fault *fault);
int mapping_give(json_t *value, json_t **ret_value,
                 struct truc_fault *fault); /* takes the reference; NULL is no memory */
/* Appends a scalar as text: true, 42, 1.5. */
void mapping_append_scalar(const json_t *value, struct buffer *out);

#endif
