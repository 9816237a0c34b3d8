/* change.c - one table of three fields.
 * Not what is changed.
 * See change.h. */
#include "change.h"

#include "field_table.h"
#include "protocol_limits.h"

static const struct field_entry change_fields[] = {
    FIELD(1, FIELD_TEXT, change, system, PROTOCOL_NAME_BYTES_MAX),
    FIELD(2, FIELD_TEXT, change, reason, PROTOCOL_TEXT_BYTES_MAX),
    FIELD(3, FIELD_BOOL, change, accept_schema_change, 0),
};
static const struct field_table change_table = FIELD_TABLE("change", change_fields);

bool change_is_of(struct bytes verb)
{
    static const char *const verbs[] = {RELOAD_VERB, QUEUE_PAUSE_VERB, QUEUE_RESUME_VERB};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (bytes_equal_string(verb, verbs[i]))
            return true;
    return false;
}

int change_decode(struct bytes arguments, struct change *ret, struct truc_fault *fault)
{
    return field_table_decode(&change_table, arguments, ret, sizeof *ret, fault) < 0 ? TRUC_E_PROTOCOL : 0;
}
