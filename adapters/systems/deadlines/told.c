/* told.c - see told.h. One function per message type; what they share is filled by helpers.
 * protobuf-c's texts are not const, though packing only reads them.
 * Called by watch.c. */
#include "told.h"

#include <string.h>
#include <truc/document/v1/task.pb-c.h>
#include <truc/dossier/v1/deadline.pb-c.h>

#define MINUTE_NS 60000000000ull

static char *text(const char *value)
{
    return (char *)(uintptr_t)(value ? value : "");
}

/* NULL: the field stays out of the message. */
static Truc__Common__V1__Officer *officer_part(const struct officer *officer, Truc__Common__V1__Officer *part)
{
    if (officer->account == NULL)
        return NULL;
    truc__common__v1__officer__init(part);
    part->account = text(officer->account);
    part->name = text(officer->name);
    part->position = text(officer->position);
    part->department = text(officer->department);
    return part;
}

static Truc__Common__V1__Agency *agency_part(const struct dossier *dossier, Truc__Common__V1__Agency *part)
{
    truc__common__v1__agency__init(part);
    part->code = text(dossier->unit_code);
    part->name = text(dossier->unit_name);
    return part;
}

static Truc__Dossier__V1__Procedure *procedure_part(const struct dossier *dossier, Truc__Dossier__V1__Procedure *part)
{
    truc__dossier__v1__procedure__init(part);
    part->code = text(dossier->procedure_code);
    part->name = text(dossier->procedure_name);
    part->sector_code = text(dossier->sector_code);
    part->sector_name = text(dossier->sector_name);
    return part;
}

static int pack(const ProtobufCMessage *message, struct buffer *out)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *at = buffer_extend(out, size);
    if (at == NULL)
        return TRUC_E_MEMORY;
    protobuf_c_message_pack(message, at);
    return 0;
}

static uint32_t minutes(const struct reminder *reminder)
{
    return (uint32_t)(reminder->working_span_ns / MINUTE_NS);
}

static Truc__Dossier__V1__DeadlineScope scope_of(const struct reminder *reminder)
{
    return reminder->scope == SCOPE_STEP      ? TRUC__DOSSIER__V1__DEADLINE_SCOPE__DEADLINE_SCOPE_STEP
           : reminder->scope == SCOPE_PROMISE ? TRUC__DOSSIER__V1__DEADLINE_SCOPE__DEADLINE_SCOPE_PROMISE
                                              : TRUC__DOSSIER__V1__DEADLINE_SCOPE__DEADLINE_SCOPE_DOSSIER;
}

/* What due-soon and overdue have in common, under the same names. */
#define FILL_DOSSIER(message)                                                                                          \
    Truc__Common__V1__Officer officer, leader;                                                                         \
    Truc__Common__V1__Agency agency;                                                                                   \
    Truc__Dossier__V1__Procedure procedure;                                                                            \
    (message).code = text(dossier->code);                                                                              \
    (message).procedure = procedure_part(dossier, &procedure);                                                         \
    (message).agency = agency_part(dossier, &agency);                                                                  \
    (message).status = (Truc__Dossier__V1__Status)reminder->status;                                                    \
    (message).due_at = reminder->due_ns;                                                                               \
    (message).officer = officer_part(&people->officer, &officer);                                                      \
    (message).leader = officer_part(&people->leader, &leader);                                                         \
    (message).rules = text(reminder->rules->id)

static int due_soon(const struct reminder *reminder, const struct dossier *dossier, const struct told_people *people,
                    struct buffer *out)
{
    Truc__Dossier__V1__DueSoon message = TRUC__DOSSIER__V1__DUE_SOON__INIT;
    FILL_DOSSIER(message);
    message.scope = scope_of(reminder);
    message.step_name = text(reminder->scope == SCOPE_STEP ? reminder->step_name : NULL);
    message.working_minutes = minutes(reminder);
    return pack(&message.base, out);
}

static int overdue(const struct reminder *reminder, const struct dossier *dossier, const struct told_people *people,
                   struct buffer *out)
{
    Truc__Dossier__V1__Overdue message = TRUC__DOSSIER__V1__OVERDUE__INIT;
    Truc__Common__V1__Officer above;
    FILL_DOSSIER(message);
    message.scope = scope_of(reminder);
    message.step_name = text(reminder->scope == SCOPE_STEP ? reminder->step_name : NULL);
    message.working_minutes = minutes(reminder);
    message.escalated = reminder->kind == REMINDER_ESCALATED;
    message.leader_above = message.escalated ? officer_part(&people->leader_above, &above) : NULL;
    return pack(&message.base, out);
}

static int apology(const struct reminder *reminder, const struct dossier *dossier, const struct told_people *people,
                   struct buffer *out)
{
    Truc__Dossier__V1__Apology message = TRUC__DOSSIER__V1__APOLOGY__INIT;
    FILL_DOSSIER(message);
    message.new_due_at = reminder->new_due_ns;
    return pack(&message.base, out);
}

/* The task's code is the document's id, a slash, and the unit. */
#define FILL_TASK(message)                                                                                             \
    Truc__Common__V1__Officer officer, leader;                                                                         \
    Truc__Common__V1__Agency agency;                                                                                   \
    char document_id[HEARD_CODE_BYTES];                                                                                \
    (message).document_id = document_of(dossier, document_id);                                                         \
    (message).agency = agency_part(dossier, &agency);                                                                  \
    (message).due_at = reminder->due_ns;                                                                               \
    (message).working_minutes = minutes(reminder);                                                                     \
    (message).officer = officer_part(&people->officer, &officer);                                                      \
    (message).leader = officer_part(&people->leader, &leader);                                                         \
    (message).rules = text(reminder->rules->id)

static char *document_of(const struct dossier *dossier, char out[HEARD_CODE_BYTES])
{
    const char *slash = strrchr(dossier->code, '/');
    size_t size = slash ? (size_t)(slash - dossier->code) : strlen(dossier->code);
    memcpy(out, dossier->code, size);
    out[size] = 0;
    return out;
}

static int task_due_soon(const struct reminder *reminder, const struct dossier *dossier,
                         const struct told_people *people, struct buffer *out)
{
    Truc__Document__V1__TaskDueSoon message = TRUC__DOCUMENT__V1__TASK_DUE_SOON__INIT;
    FILL_TASK(message);
    return pack(&message.base, out);
}

static int task_overdue(const struct reminder *reminder, const struct dossier *dossier,
                        const struct told_people *people, struct buffer *out)
{
    Truc__Document__V1__TaskOverdue message = TRUC__DOCUMENT__V1__TASK_OVERDUE__INIT;
    Truc__Common__V1__Officer above;
    FILL_TASK(message);
    message.escalated = reminder->kind == REMINDER_ESCALATED;
    message.leader_above = message.escalated ? officer_part(&people->leader_above, &above) : NULL;
    return pack(&message.base, out);
}

const char *told_type(const struct reminder *reminder)
{
    bool is_task = reminder->scope == SCOPE_TASK;
    switch (reminder->kind) {
    case REMINDER_DUE_SOON:
        return is_task ? "task.due-soon" : "dossier.due-soon";
    case REMINDER_APOLOGY:
        return "dossier.apology";
    default:
        return is_task ? "task.overdue" : "dossier.overdue";
    }
}

int told_payload(const struct reminder *reminder, const struct dossier *dossier, const struct told_people *people,
                 struct buffer *out)
{
    bool is_task = reminder->scope == SCOPE_TASK;
    switch (reminder->kind) {
    case REMINDER_DUE_SOON:
        return is_task ? task_due_soon(reminder, dossier, people, out) : due_soon(reminder, dossier, people, out);
    case REMINDER_APOLOGY:
        return apology(reminder, dossier, people, out);
    default:
        return is_task ? task_overdue(reminder, dossier, people, out) : overdue(reminder, dossier, people, out);
    }
}
