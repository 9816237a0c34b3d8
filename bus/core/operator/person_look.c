/* person_look.c - reads who is asked about, and sees that it is a hash and has a reason.
 * Nothing is looked up: the record of the operation is all that this is for.
 * See person_look.h. */
#include "person_look.h"

#include "fault.h"
#include "field_table.h"
#include "guard.h"
#include "protobuf_wire.h"
#include "time_text.h"

/* PersonLook in operator.proto. */
struct person_look {
    struct bytes hash;
    uint64_t epoch;
    struct bytes reason;
};
static const struct field_entry fields[] = {
    FIELD(1, FIELD_BINARY, person_look, hash, SHA256_BYTES),
    FIELD(2, FIELD_UINT64, person_look, epoch, 0),
    FIELD(3, FIELD_TEXT, person_look, reason, PROTOCOL_TEXT_BYTES_MAX),
};
static const struct field_table table = FIELD_TABLE("person look", fields);

int person_look_ask(struct core *core, const struct client *session, struct bytes arguments, struct bytes *ret_reason,
                    struct truc_fault *fault)
{
    struct person_look look;
    if (field_table_decode(&table, arguments, &look, sizeof look, fault) < 0)
        return TRUC_E_PROTOCOL;
    *ret_reason = look.reason;
    if (look.reason.size == 0)
        return fault_set(fault, TRUC_E_ARGUMENT, "a reason is required: it is journaled");
    if (look.hash.size != SHA256_BYTES || look.epoch == 0)
        return fault_set(fault, TRUC_E_ARGUMENT, "whose messages: a keyed hash of %d bytes and its epoch",
                         SHA256_BYTES);
    if (!guard_take(core, PERSON_LOOK_VERB, session->system, PERSON_LOOKS_A_MINUTE, 60 * TIME_NS_PER_S))
        return fault_set(fault, TRUC_E_RATE, "more than %d persons a minute", PERSON_LOOKS_A_MINUTE);
    return 0;
}
