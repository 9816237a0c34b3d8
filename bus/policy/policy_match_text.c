/* policy_match_text.c - what a predicate asks of its field, in words.
 * Not: asking it (policy_match.c). Said when somebody wants to read it, in the reader's language.
 * In the flow: findings about routes, explanations of decisions, differences between configurations. */
#include "policy_match.h"

enum { ASKED_VALUES_SHOWN = 8 };

static void put_values(const struct policy_match *match, words_translate *translate, struct buffer *out)
{
    for (uint32_t i = 0; i < match->values_count && i < ASKED_VALUES_SHOWN; i++)
        buffer_printf(out, "%s%s",
                      i == 0                         ? ""
                      : i + 1 == match->values_count ? words_by(translate, N_(" or "))
                                                     : ", ",
                      (const char *)match->values[i].text.data);
    if (match->values_count > ASKED_VALUES_SHOWN)
        buffer_append_string(out, ", …");
}

static void put_range(const struct policy_match *match, words_translate *translate, struct buffer *out)
{
    const char *least = (const char *)match->values[0].text.data, *most = (const char *)match->values[1].text.data;
    if (least != NULL && most != NULL)
        buffer_printf(out,
                      words_by(translate, match->negated ? N_("anything but at least %s and at most %s")
                                                         : N_("at least %s and at most %s")),
                      least, most);
    else if (least != NULL)
        buffer_printf(out, words_by(translate, match->negated ? N_("anything but at least %s") : N_("at least %s")),
                      least);
    else
        buffer_printf(out, words_by(translate, match->negated ? N_("anything but at most %s") : N_("at most %s")),
                      most == NULL ? "" : most);
}

/* What stands before the values. */
static const char *before_values(const struct policy_match *match)
{
    if (match->operator== POLICY_MATCH_AGENCY_UNDER)
        return match->negated ? N_("anything but an agency under ") : N_("an agency under ");
    if (match->operator== POLICY_MATCH_PREFIX)
        return match->negated ? N_("anything but what begins with ") : N_("what begins with ");
    return match->negated ? N_("anything but ") : "";
}

void policy_match_asked(const struct policy_match *match, words_translate *translate, struct buffer *out)
{
    if (match->operator== POLICY_MATCH_EXISTS) {
        buffer_append_string(out, words_by(translate, match->negated ? N_("none") : N_("one")));
    } else if (match->personal) { /* what a person's data is compared with says something about persons */
        buffer_append_string(out, words_by(translate, N_("another value")));
    } else if (match->operator== POLICY_MATCH_RANGE) {
        put_range(match, translate, out);
    } else {
        buffer_append_string(out, words_by(translate, before_values(match)));
        put_values(match, translate, out);
    }
}
