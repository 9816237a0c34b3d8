/* policy_match.h - one predicate of a route: what a header or payload field must be, or must not be.
 * Not: reading it from YAML (policy_build_match.c). Compiled against the schema once; asking allocates nothing.
 * In the flow: policy_route asks every predicate of the routes of a message's type. */
#ifndef TRUC_POLICY_MATCH_H
#define TRUC_POLICY_MATCH_H

#include "buffer.h"
#include "policy.h"
#include "schema.h"
#include "words.h"

enum { POLICY_AGENCY_BYTES_MAX = 35 }; /* of an agency code */

/* The header fields a route may look at. Never the officer or a person: routes see offices, not people. */
enum policy_header_field {
    POLICY_HEADER_SOURCE,
    POLICY_HEADER_SUBJECT,
    POLICY_HEADER_ORDERING_KEY,
    POLICY_HEADER_CONTENT_TYPE,
    POLICY_HEADER_PURPOSE_PROCEDURE,
    POLICY_HEADER_PURPOSE_DOSSIER,
    POLICY_HEADER_PURPOSE_LEGAL_BASIS,
    POLICY_HEADER_URGENCY,    /* number */
    POLICY_HEADER_HISTORICAL, /* truth */
    POLICY_HEADER_FIELDS_COUNT,
};

enum policy_match_operator {
    POLICY_MATCH_EQUALS,       /* any of the values */
    POLICY_MATCH_AGENCY_UNDER, /* an agency code, old or new form, that is one of the values or under it */
    POLICY_MATCH_PREFIX,       /* a text that begins with one of the values */
    POLICY_MATCH_RANGE,        /* a number from the first value to the second, both included */
    POLICY_MATCH_EXISTS,       /* given: a text that is not empty, a number that is not 0, a part that is there */
};

struct policy_match_value {
    struct bytes text; /* strings and bytes */
    int64_t number;    /* signed numbers, enums, urgency; bool: 0 or 1 */
    uint64_t unsigned_number;
};

struct policy_match {
    const char *label; /* as written: "body.procedure.service" */
    bool in_header;
    bool personal; /* its value is not for eyes: explanations leave it out */
    enum policy_header_field header_field;
    struct schema_path path; /* when not in_header */
    enum policy_match_operator operator;
    bool negated; /* what the operator takes is what must not be; of a list: none of its values */
    const struct policy_match_value *values;
    uint32_t values_count;
};

/* The name after "header." and back; -1 for unknown names. */
const char *policy_header_field_name(enum policy_header_field field);
int policy_header_field_find(struct bytes name);
/* 1 to 4, or 0: normal (Thường), urgent (Khẩn), very-urgent (Thượng khẩn), express (Hỏa tốc). */
uint32_t policy_urgency_find(struct bytes word);
const char *policy_urgency_word(uint32_t urgency);

/* Whether agency `code` is `under` or one of its parts. Both code forms (QCVN 102:2016 and Decision 20/2020): the old
 * form carries the parent as its suffix, the new one as its prefix. 000.00.06.H56 and H56.14 are under H56; H56.14.2 is
 * under H56.14; what is under the old 000.00.06.H56 ends with .06.H56. Numbers inside the two forms differ: only a
 * whole directory can tell that an old and a new code mean the same office. */
bool policy_agency_is_under(struct bytes code, struct bytes under);

/* Whether one value is what the operator takes; `negated` is not asked. */
bool policy_match_takes(const struct policy_match *match, const struct schema_value *value);
/* One of the predicate's values as the message would hold it, and what stands there when the field is absent. */
struct schema_value policy_match_value_at(const struct policy_match *match, uint32_t at);
struct schema_value policy_match_value_absent(const struct policy_match *match);

/* 1 when it holds, 0 when not; TRUC_E_PAYLOAD when the payload can't be read. With @found not NULL and a result of 0,
 * what was there instead is written as text, for people ("is 'none'", "is not given"), by @translate when not NULL. */
int policy_match_holds(const struct policy_match *match, const struct policy_header_view *header, struct bytes payload,
                       words_translate *translate, char *found, size_t found_size);

/* Appends what it asks for, for people: "full or partial"; "anything but an agency under H56"; "at least 3 and at most 4". */
void policy_match_asked(const struct policy_match *match, words_translate *translate, struct buffer *out);

#endif
