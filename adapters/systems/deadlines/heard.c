/* heard.c - see heard.h. One reader per message type; all of them start from the parts that every dossier message has.
 * The broker has checked the payload against its schema; whether it makes sense is asked here.
 * Called by watch.c and by the cases. */
#include "heard.h"

#include "calendar.h"
#include "time_text.h"

#include <stdio.h>
#include <string.h>
#include <truc/document/v1/task.pb-c.h>
#include <truc/dossier/v1/dossier.pb-c.h>

#define FIRST_NS    946684800000000000ull  /* 2000-01-01: nothing here is older */
#define LAST_DUE_NS 4102444800000000000ull /* 2100-01-01: no term ends later */

typedef Truc__Common__V1__Officer officer_part;
typedef Truc__Common__V1__Agency agency_part;
typedef Truc__Dossier__V1__Procedure procedure_part;

static const char *text(const char *value)
{
    return value && value[0] ? value : NULL;
}

/* The account a person is known by; notes who it is. */
static const char *officer_of(struct heard *heard, const officer_part *part)
{
    const char *account = part ? text(part->account) : NULL;
    if (account == NULL)
        account = part ? text(part->name) : NULL;
    if (account && heard->officers_count < HEARD_OFFICERS_MAX)
        heard->officers[heard->officers_count++] =
            (struct officer){account, text(part->name), text(part->position), text(part->department)};
    return account;
}

static void take_common(struct heard *heard, const char *code, const procedure_part *procedure,
                        const agency_part *agency, int status)
{
    struct dossier *about = &heard->about;
    about->code = text(code);
    if (procedure) {
        about->procedure_code = text(procedure->code);
        about->procedure_name = text(procedure->name);
        about->sector_code = text(procedure->sector_code);
        about->sector_name = text(procedure->sector_name);
    }
    if (agency) {
        about->unit_code = text(agency->code);
        about->unit_name = text(agency->name);
    }
    heard->fact.status = (uint32_t)status;
}
#define COMMON(heard, message)                                                                                         \
    take_common(heard, (message)->code, (message)->procedure, (message)->agency, (int)(message)->status)

static int received(struct heard *heard)
{
    const Truc__Dossier__V1__Received *message = (const void *)heard->message;
    COMMON(heard, message);
    heard->fact.at_ns = message->received_at;
    heard->fact.due_ns = message->due_at;
    heard->fact.officer = officer_of(heard, message->received_by);
    return 0;
}

static int refused(struct heard *heard)
{
    const Truc__Dossier__V1__Refused *message = (const void *)heard->message;
    COMMON(heard, message);
    heard->fact.status = STATUS_REFUSED;
    heard->fact.at_ns = message->refused_at;
    heard->fact.officer = officer_of(heard, message->refused_by);
    return 0;
}

static int progress(struct heard *heard)
{
    const Truc__Dossier__V1__Progress *message = (const void *)heard->message;
    COMMON(heard, message);
    heard->fact.at_ns = message->handled_at;
    heard->fact.due_ns = message->due_at;
    heard->fact.step_name = text(message->step_name);
    heard->fact.step_began_ns = message->step_began_at;
    heard->fact.step_due_ns = message->step_due_at;
    heard->fact.officer = officer_of(heard, message->officer);
    (void)officer_of(heard, message->next_officer); /* known from now on */
    return 0;
}

static int supplement_requested(struct heard *heard)
{
    const Truc__Dossier__V1__SupplementRequested *message = (const void *)heard->message;
    const Truc__Dossier__V1__Supplement *supplement = message->supplement;
    COMMON(heard, message);
    heard->fact.status = STATUS_SUPPLEMENT;
    heard->fact.request_count = message->request_count;
    if (supplement) {
        heard->fact.at_ns = supplement->requested_at;
        heard->fact.supplement_id = text(supplement->id);
        heard->fact.officer = officer_of(heard, supplement->requested_by);
    }
    return 0;
}

static int supplemented(struct heard *heard)
{
    const Truc__Dossier__V1__Supplemented *message = (const void *)heard->message;
    COMMON(heard, message);
    heard->fact.at_ns = message->supplemented_at;
    heard->fact.supplement_id = text(message->supplement_id);
    return 0;
}

static int fee_due(struct heard *heard)
{
    const Truc__Dossier__V1__FeeDue *message = (const void *)heard->message;
    COMMON(heard, message);
    heard->fact.status = STATUS_FEE;
    heard->fact.at_ns = message->requested_at;
    return 0;
}

static int suspended(struct heard *heard)
{
    const Truc__Dossier__V1__Suspended *message = (const void *)heard->message;
    COMMON(heard, message);
    heard->fact.status = STATUS_SUSPENDED;
    heard->fact.at_ns = message->suspended_at;
    heard->fact.officer = officer_of(heard, message->officer);
    return 0;
}

static int withdrawn(struct heard *heard)
{
    const Truc__Dossier__V1__Withdraw *message = (const void *)heard->message;
    COMMON(heard, message);
    heard->fact.status = STATUS_WITHDRAWN;
    heard->fact.at_ns = message->requested_at;
    return 0;
}

static int result_ready(struct heard *heard)
{
    const Truc__Dossier__V1__ResultReady *message = (const void *)heard->message;
    COMMON(heard, message);
    heard->fact.status = STATUS_DONE;
    heard->fact.at_ns = message->finished_at;
    return 0;
}

static int result_delivered(struct heard *heard)
{
    const Truc__Dossier__V1__ResultDelivered *message = (const void *)heard->message;
    COMMON(heard, message);
    heard->fact.status = STATUS_DELIVERED;
    heard->fact.at_ns = message->delivered_at;
    heard->fact.officer = officer_of(heard, message->delivered_by);
    return 0;
}

/* ---- documents ---- */

/* A document is a task of the unit that has it. */
static int take_task(struct heard *heard, const char *document_id, const char *recipient, const char *due_on)
{
    int size = snprintf(heard->code, sizeof heard->code, "%s/%s", document_id, recipient);
    if (size >= (int)sizeof heard->code)
        return TRUC_E_LIMIT;
    heard->is_task = true;
    heard->about.code = text(document_id) && text(recipient) ? heard->code : NULL;
    heard->about.unit_code = text(recipient);
    return text(due_on) && time_parse_date(bytes_string(due_on), CALENDAR_OFFSET_S / 60, &heard->fact.due_ns) < 0
               ? TRUC_E_ARGUMENT
               : 0;
}

static int arrived(struct heard *heard)
{
    const Truc__Document__V1__Arrived *message = (const void *)heard->message;
    heard->fact.at_ns = message->arrived_at;
    heard->fact.status = TRUC__DOCUMENT__V1__DOCUMENT_STATUS__DOCUMENT_STATUS_ARRIVED;
    heard->fact.officer = officer_of(heard, message->officer);
    return take_task(heard, message->document_id, message->recipient, message->due_on);
}

static int status_changed(struct heard *heard)
{
    const Truc__Document__V1__StatusChanged *message = (const void *)heard->message;
    heard->fact.at_ns = message->changed_at;
    heard->fact.status = (uint32_t)message->status;
    heard->fact.officer = officer_of(heard, message->officer);
    return take_task(heard, message->document_id, message->recipient, message->due_on);
}

/* ---- all of them ---- */

static const struct reader {
    const char *type;
    const ProtobufCMessageDescriptor *descriptor;
    enum fact_kind kind;
    int (*read)(struct heard *heard); /* 0; TRUC_E_LIMIT: the code is too long; TRUC_E_ARGUMENT: a date is none */
} readers[] = {
    {"dossier.received", &truc__dossier__v1__received__descriptor, FACT_RECEIVED, received},
    {"dossier.refused", &truc__dossier__v1__refused__descriptor, FACT_REFUSED, refused},
    {"dossier.progress", &truc__dossier__v1__progress__descriptor, FACT_PROGRESS, progress},
    {"dossier.supplement-requested", &truc__dossier__v1__supplement_requested__descriptor, FACT_SUPPLEMENT_REQUESTED,
     supplement_requested},
    {"dossier.supplemented", &truc__dossier__v1__supplemented__descriptor, FACT_SUPPLEMENTED, supplemented},
    {"dossier.fee-due", &truc__dossier__v1__fee_due__descriptor, FACT_FEE_DUE, fee_due},
    {"dossier.suspended", &truc__dossier__v1__suspended__descriptor, FACT_SUSPENDED, suspended},
    {"dossier.withdraw", &truc__dossier__v1__withdraw__descriptor, FACT_WITHDRAWN, withdrawn},
    {"dossier.result-ready", &truc__dossier__v1__result_ready__descriptor, FACT_RESULT_READY, result_ready},
    {"dossier.result-delivered", &truc__dossier__v1__result_delivered__descriptor, FACT_RESULT_DELIVERED,
     result_delivered},
    {"document.arrived", &truc__document__v1__arrived__descriptor, FACT_TASK_GIVEN, arrived},
    {"document.status", &truc__document__v1__status_changed__descriptor, FACT_TASK_STATUS, status_changed},
};

const char *heard_type(size_t index)
{
    return index < sizeof readers / sizeof *readers ? readers[index].type : NULL;
}

static const struct reader *reader_of(const char *type)
{
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (strcmp(readers[i].type, type) == 0)
            return &readers[i];
    return NULL;
}

enum fact_kind heard_kind(const char *type)
{
    const struct reader *reader = reader_of(type);
    return reader ? reader->kind : 0;
}

static int refuse(const char *reason, const char *why, const char **ret_reason, struct truc_fault *fault)
{
    *ret_reason = reason;
    return fault_set(fault, TRUC_E_PAYLOAD, "%s", why);
}

static bool is_plausible(const struct fact *fact, uint64_t now_ns)
{
    return fact->at_ns >= FIRST_NS && fact->at_ns <= now_ns + CALENDAR_DAY_NS && fact->due_ns <= LAST_DUE_NS &&
           fact->step_due_ns <= LAST_DUE_NS && fact->step_began_ns <= LAST_DUE_NS;
}

static int check(struct heard *heard, int result, uint64_t now_ns, const char **ret_reason, struct truc_fault *fault)
{
    const char *code = heard->about.code;
    if (result == TRUC_E_LIMIT || (code && !heard->is_task && strlen(code) > DOSSIER_CODE_BYTES_MAX))
        return refuse("CODE_TOO_LONG", "the code is longer than codes are", ret_reason, fault);
    if (code == NULL)
        return refuse("CODE_MISSING", "the message names no dossier or document", ret_reason, fault);
    if (result < 0)
        return refuse("DATE_WRONG", "due_on is no day: yyyy-mm-dd", ret_reason, fault);
    if (!is_plausible(&heard->fact, now_ns))
        return refuse("TIME_IMPLAUSIBLE",
                      "a time lies before 2000, after 2100, or happened more than a day ahead of now", ret_reason,
                      fault);
    if (!heard->is_task) {
        memcpy(heard->code, code, strlen(code) + 1);
        heard->about.code = heard->code;
    }
    return 0;
}

int heard_read(const struct heard_message *message, uint64_t now_ns, struct heard *ret_heard, const char **ret_reason,
               struct truc_fault *fault)
{
    const struct reader *reader = reader_of(message->type);
    *ret_reason = "";
    if (reader == NULL)
        return fault_set(fault, TRUC_E_UNKNOWN_TYPE, "%s is not listened to", message->type);
    *ret_heard = (struct heard){.fact = {.kind = reader->kind,
                                         .is_historical = message->is_historical,
                                         .type = message->type,
                                         .source = message->source,
                                         .message_id = message->id}};
    ret_heard->message = protobuf_c_message_unpack(reader->descriptor, NULL, message->payload_bytes, message->payload);
    if (ret_heard->message == NULL)
        return refuse("NOT_DECODED", "the payload can't be read", ret_reason, fault);
    int result = reader->read(ret_heard);
    if (ret_heard->fact.at_ns == 0)
        ret_heard->fact.at_ns = message->time_ns; /* the message's own */
    result = check(ret_heard, result, now_ns, ret_reason, fault);
    if (result < 0)
        heard_free(ret_heard);
    return result;
}

void heard_free(struct heard *heard)
{
    if (heard->message)
        protobuf_c_message_free_unpacked(heard->message, NULL);
    heard->message = NULL;
}
