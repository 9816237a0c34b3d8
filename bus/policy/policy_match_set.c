/* policy_match_set.c - comparing predicates by what they take: finite lists value by value, the others by their bounds.
 * Not: a prover. Values of one field only, and a field against the part it belongs to.
 * In the flow: see policy_match_set.h. */
#include "policy_match_set.h"

/* In the following, "base" is what the operator takes, before `negated`. */

static bool is_finite(const struct policy_match *match)
{
    return match->operator== POLICY_MATCH_EQUALS;
}

static bool takes_value_of(const struct policy_match *match, const struct policy_match *other, uint32_t at)
{
    struct schema_value value = policy_match_value_at(other, at);
    return policy_match_takes(match, &value);
}

static uint32_t count_taken(const struct policy_match *match, const struct policy_match *values)
{
    uint32_t taken = 0;
    for (uint32_t i = 0; i < values->values_count; i++)
        taken += takes_value_of(match, values, i);
    return taken;
}

static bool ranges_meet(const struct policy_match *a, const struct policy_match *b)
{
    if (policy_match_value_absent(a).kind == SCHEMA_VALUE_SIGNED)
        return a->values[0].number <= b->values[1].number && b->values[0].number <= a->values[1].number;
    return a->values[0].unsigned_number <= b->values[1].unsigned_number &&
           b->values[0].unsigned_number <= a->values[1].unsigned_number;
}

static bool range_within(const struct policy_match *a, const struct policy_match *b)
{
    return takes_value_of(b, a, 0) && takes_value_of(b, a, 1);
}

/* Prefixes and agencies are trees: two subtrees have something in common only when one holds the other's root. */
static bool base_disjoint(const struct policy_match *a, const struct policy_match *b)
{
    if (is_finite(a))
        return count_taken(b, a) == 0;
    if (is_finite(b))
        return count_taken(a, b) == 0;
    if (a->operator!= b->operator)
        return false;
    switch (a->operator) {
    case POLICY_MATCH_RANGE:
        return !ranges_meet(a, b);
    case POLICY_MATCH_PREFIX:
    case POLICY_MATCH_AGENCY_UNDER:
        return count_taken(a, b) == 0 && count_taken(b, a) == 0;
    default:
        return false;
    }
}

static bool base_within(const struct policy_match *a, const struct policy_match *b)
{
    if (is_finite(a))
        return count_taken(b, a) == a->values_count;
    if (b->operator== POLICY_MATCH_EXISTS) /* an empty text has no prefix and is no agency; a range may hold 0 */
        return a->operator!= POLICY_MATCH_RANGE || !policy_match_takes(
            a, &(struct schema_value){.kind = policy_match_value_absent(a).kind});
    if (a->operator!= b->operator)
        return false;
    return a->operator== POLICY_MATCH_RANGE ? range_within(a, b) : count_taken(b, a) == a->values_count;
}

static bool is_list(const struct policy_match *match)
{
    return !match->in_header && match->path.repeated;
}

/* `part` is the part of the message that holds `field`: body.procedure and body.procedure.service. */
static bool is_part_of(const struct policy_match *field, const struct policy_match *part)
{
    size_t size = strlen(part->label);
    return strncmp(field->label, part->label, size) == 0 && field->label[size] == '.';
}

static bool holds_when_absent(const struct policy_match *match)
{
    struct schema_value absent = policy_match_value_absent(match);
    return policy_match_takes(match, &absent) != match->negated;
}

static bool absent_excludes(const struct policy_match *absent, const struct policy_match *field)
{
    return absent->operator== POLICY_MATCH_EXISTS && absent->negated && is_part_of(field, absent) &&
           !(is_list(field) && field->negated) && !holds_when_absent(field);
}

bool policy_match_excludes(const struct policy_match *a, const struct policy_match *b)
{
    if (absent_excludes(a, b) || absent_excludes(b, a))
        return true;
    if (strcmp(a->label, b->label) != 0 || (a->negated && b->negated))
        return false;
    if (a->negated)
        return base_within(b, a);
    if (b->negated)
        return base_within(a, b);
    return !is_list(a) && base_disjoint(a, b); /* of a list one value may satisfy this, another that */
}

bool policy_match_implies(const struct policy_match *a, const struct policy_match *b)
{
    if (strcmp(a->label, b->label) != 0)
        return false;
    if (a->negated)
        return b->negated && base_within(b, a);
    return b->negated ? !is_list(a) && base_disjoint(a, b) : base_within(a, b);
}

/* Every value a truth or an enum can have. Other fields always have one more. */
static bool takes_all(const struct policy_match *match)
{
    struct schema_value value = policy_match_value_absent(match);
    if (value.kind == SCHEMA_VALUE_BOOL) {
        struct schema_value yes = value;
        yes.truth = true;
        return policy_match_takes(match, &value) && policy_match_takes(match, &yes);
    }
    if (value.kind != SCHEMA_VALUE_ENUM)
        return false;
    const struct schema_enum *enumeration = schema_path_field(&match->path)->enumeration;
    for (size_t i = 0; i < enumeration->value_count; i++) {
        value.number = enumeration->values[i].number;
        if (!policy_match_takes(match, &value))
            return false;
    }
    return true;
}

bool policy_match_is_empty(const struct policy_match *match)
{
    return match->negated && !is_list(match) && takes_all(match);
}
