/* journal_index_row.c - one message of an answer, read from the journal: its record, and what later records say of it.
 * The index only says where to look. What it says wrongly (hashes may collide, a message may no longer be what it was) does not fit
 * the question here, and is passed over. */
#include <stdlib.h>

#include "command.h"
#include "fault.h"
#include "journal_index_private.h"

struct found_delivery {
    struct bytes destination, recipient, route;
    enum journal_index_outcome outcome;
    uint64_t outcome_sequence, outcome_time_ns;
    uint32_t code;
};

struct found_message {
    struct header header;
    struct bytes sender;
    uint64_t sequence, time_ns;
    struct bytes destinations, persons;
    bool is_refused, is_erased;
    uint32_t refused_code;
    uint64_t shown;
    struct found_delivery *deliveries;
    size_t deliveries_count;
};

/* ---- reading ---- */

/* 1, or 0: the record is no message. Views are into search->record. */
static int message_read(struct index_search *search, uint64_t sequence, struct found_message *message)
{
    struct journal_record record;
    struct record_accepted accepted;
    struct record_refused refused;
    int code = journal_read_near(search->journal, index_place_near(search->index, sequence), sequence, &search->record,
                                 &record, search->fault);
    if (code < 0)
        return code;
    *message = (struct found_message){.sequence = sequence, .time_ns = record.time_ns};
    if (record.kind == RECORD_ACCEPTED) {
        code = record_accepted_decode(record.body, &accepted, search->fault);
        if (code == 0)
            code = header_decode(accepted.header, &message->header, search->fault);
        message->sender = header_sender(&message->header);
        message->destinations = accepted.destinations;
        message->persons = accepted.persons;
    } else if (record.kind == RECORD_REFUSED) {
        code = record_refused_decode(record.body, &refused, search->fault);
        message->is_refused = true;
        message->header = (struct header){.id = refused.id, .type = refused.type, .subject = refused.subject};
        message->sender = refused.sender;
        message->refused_code = refused.code;
    } else {
        return 0;
    }
    return code < 0 ? code : 1;
}

static int delivery_order(const void *a, const void *b)
{
    const struct found_delivery *left = a, *right = b;
    int order = bytes_compare(left->destination, right->destination);
    return order ? order : bytes_compare(left->recipient, right->recipient);
}

static int deliveries_read(struct index_search *search, struct found_message *message)
{
    struct record_destination destination;
    size_t offset = 0, count = 0;
    int code;
    while ((code = record_destination_next(message->destinations, &offset, &destination)) > 0)
        count++;
    message->deliveries = code < 0 ? NULL : calloc(count + 1, sizeof(message->deliveries[0]));
    if (message->deliveries == NULL)
        return code < 0 ? code : fault_set(search->fault, TRUC_E_MEMORY, "no memory for a search");
    if (message->is_refused)
        message->deliveries[message->deliveries_count++] =
            (struct found_delivery){.outcome = INDEX_OUTCOME_REFUSED, .code = message->refused_code};
    for (offset = 0; (code = record_destination_next(message->destinations, &offset, &destination)) > 0;)
        message->deliveries[message->deliveries_count++] =
            (struct found_delivery){.destination = destination.system,
                                    .recipient = destination.recipient,
                                    .route = destination.route,
                                    .outcome = destination.outcome == 0 ? INDEX_OUTCOME_WAITING
                                               : destination.observer   ? INDEX_OUTCOME_REFUSED
                                                                        : INDEX_OUTCOME_DEAD,
                                    .code = destination.outcome};
    for (size_t i = 0; i < message->deliveries_count; i++) {
        struct found_delivery *delivery = &message->deliveries[i];
        if (delivery->outcome == INDEX_OUTCOME_WAITING)
            continue;
        delivery->outcome_sequence = message->sequence;
        delivery->outcome_time_ns = message->time_ns;
    }
    qsort(message->deliveries, message->deliveries_count, sizeof(message->deliveries[0]), delivery_order);
    return code;
}

/* ---- what later records say ---- */

static void outcome_set(struct found_message *message, const struct journal_record *record, struct bytes destination,
                        enum journal_index_outcome outcome, uint32_t code)
{
    bool is_over = outcome != INDEX_OUTCOME_WAITING;
    for (size_t i = 0; i < message->deliveries_count; i++) {
        struct found_delivery *delivery = &message->deliveries[i];
        if (destination.size > 0 && !bytes_equal(destination, delivery->destination))
            continue;
        delivery->outcome = outcome;
        delivery->outcome_sequence = is_over ? record->sequence : 0;
        delivery->outcome_time_ns = is_over ? record->time_ns : 0;
        delivery->code = code;
    }
}

static int apply_settled(struct found_message *message, const struct journal_record *record, struct truc_fault *fault)
{
    struct record_settled settled;
    struct settlement settlement;
    struct bytes encoded;
    size_t offset = 0;
    int code = record_settled_decode(record->body, &settled, fault);
    while (code == 0 && (code = record_settlement_next(settled.settlements, &offset, &encoded)) > 0) {
        code = settlement_decode(encoded, &settlement);
        if (code == 0 && settlement.sequence == message->sequence && settlement.outcome != SETTLED_RETRY)
            outcome_set(message, record, settled.system,
                        settlement.outcome == SETTLED_DONE ? INDEX_OUTCOME_DONE : INDEX_OUTCOME_DEAD, settlement.code);
    }
    return code;
}

static int apply_fate(struct found_message *message, const struct journal_record *record, struct truc_fault *fault)
{
    struct record_fate fate;
    int code = record_fate_decode(record->body, &fate, fault);
    if (code < 0 || fate.message != message->sequence)
        return code;
    enum journal_index_outcome outcome = record->kind == RECORD_DEAD        ? INDEX_OUTCOME_DEAD
                                         : record->kind == RECORD_EXPIRED   ? INDEX_OUTCOME_EXPIRED
                                         : record->kind == RECORD_HELD      ? INDEX_OUTCOME_HELD
                                         : record->kind == RECORD_DISCARDED ? INDEX_OUTCOME_DISCARDED
                                                                            : INDEX_OUTCOME_WAITING;
    if (record->kind == RECORD_ERASED)
        message->is_erased = true;
    else
        outcome_set(message, record, fate.system, outcome, fate.code);
    return 0;
}

static int apply_operation(struct found_message *message, const struct journal_record *record, struct truc_fault *fault)
{
    struct record_operation operation;
    uint64_t shown;
    int code = record_operation_decode(record->body, &operation, fault);
    if (code == 0 && operation.code == 0 && record_operation_message(&operation, &shown) && shown == message->sequence)
        message->shown++;
    return code;
}

static int apply(struct found_message *message, const struct journal_record *record, struct truc_fault *fault)
{
    switch (record->kind) {
    case RECORD_SETTLED:
        return apply_settled(message, record, fault);
    case RECORD_DEAD:
    case RECORD_EXPIRED:
    case RECORD_REDRIVEN:
    case RECORD_HELD:
    case RECORD_RELEASED:
    case RECORD_DISCARDED:
    case RECORD_ERASED:
        return apply_fate(message, record, fault);
    case RECORD_OPERATION:
        return apply_operation(message, record, fault);
    default:
        return 0;
    }
}

static int later_records_apply(struct index_search *search, struct found_message *message)
{
    struct postings *values = &search->values;
    int code = 0;
    values->count = 0;
    for (size_t i = 0; code == 0 && i < search->runs_count; i++)
        if (search->runs[i].about_first <= message->sequence && message->sequence <= search->runs[i].about_last)
            code = index_values(search->index, &search->runs[i], message->sequence, values, search->fault);
    if (code == 0)
        code = index_values(search->index, NULL, message->sequence, values, search->fault);
    postings_sort(values);
    for (size_t i = 0; code == 0 && i < values->count; i++) {
        struct journal_record record;
        uint64_t sequence = values->items[i].key;
        code = journal_read_near(search->journal, index_place_near(search->index, sequence), sequence, &search->about,
                                 &record, search->fault);
        if (code == 0)
            code = apply(message, &record, search->fault);
    }
    return code;
}

/* ---- what was asked ---- */

/* Both are compared as people see them. */
static bool text_fits(struct index_search *search, struct bytes asked, struct bytes is)
{
    BUFFER_CLEANUP struct buffer masked = {0}, asked_masked = {0};
    if (asked.size == 0 || bytes_equal(asked, is))
        return true;
    journal_index_mask(asked, &asked_masked);
    journal_index_mask(is, &masked);
    if (buffer_failed(&masked) || buffer_failed(&asked_masked))
        fault_set(search->fault, TRUC_E_MEMORY, "no memory for a search");
    return bytes_equal(buffer_view(&asked_masked), buffer_view(&masked));
}

static bool person_fits(const struct index_search *search, const struct found_message *message)
{
    struct record_person person;
    size_t offset = 0;
    if (search->query->person.size == 0)
        return true;
    while (record_person_next(message->persons, &offset, &person) > 0)
        if (bytes_equal(person.hash, search->query->person))
            return true;
    return false;
}

static bool message_fits(struct index_search *search, const struct found_message *message)
{
    const struct journal_index_query *query = search->query;
    const struct header *header = &message->header;
    return message->time_ns >= query->from_ns && (query->until_ns == 0 || message->time_ns < query->until_ns) &&
           text_fits(search, query->id, header->id) && text_fits(search, query->subject, header->subject) &&
           text_fits(search, query->dossier, header->purpose.dossier) &&
           text_fits(search, query->correlation, header->correlation_id) &&
           text_fits(search, query->type, header->type) && text_fits(search, query->sender, message->sender) &&
           person_fits(search, message);
}

static bool delivery_fits(struct index_search *search, const struct found_delivery *delivery)
{
    const struct journal_index_query *query = search->query;
    return (query->outcome == INDEX_OUTCOME_ANY || query->outcome == delivery->outcome) &&
           (query->destination.size == 0 ||
            (delivery->destination.size > 0 && text_fits(search, query->destination, delivery->destination)));
}

/* ---- rows ---- */

enum { ROW_TEXTS = 9 };

/* Texts one after the other, each with a 0, in search->texts; *ret_offsets says where. */
static int texts_mask(struct index_search *search, const struct bytes texts[ROW_TEXTS], size_t offsets[ROW_TEXTS])
{
    buffer_clear(&search->texts);
    for (size_t i = 0; i < ROW_TEXTS; i++) {
        offsets[i] = search->texts.size;
        journal_index_mask(texts[i], &search->texts);
        buffer_append_byte(&search->texts, 0);
    }
    return buffer_failed(&search->texts) ? fault_set(search->fault, TRUC_E_MEMORY, "no memory for a search") : 0;
}

static int row_visit(struct index_search *search, const struct found_message *message,
                     const struct found_delivery *delivery)
{
    const struct header *header = &message->header;
    const struct bytes texts[ROW_TEXTS] = {
        header->id,      header->type,           header->subject,       header->purpose.dossier,
        message->sender, header->correlation_id, delivery->destination, delivery->recipient,
        delivery->route};
    size_t at[ROW_TEXTS];
    int code = texts_mask(search, texts, at);
    if (code < 0)
        return code;
    const char *text = (const char *)search->texts.data;
    const struct journal_index_row row = {.sequence = message->sequence,
                                          .time_ns = message->time_ns,
                                          .id = text + at[0],
                                          .type = text + at[1],
                                          .subject = text + at[2],
                                          .dossier = text + at[3],
                                          .sender = text + at[4],
                                          .correlation = text + at[5],
                                          .destination = text + at[6],
                                          .recipient = text + at[7],
                                          .route = text + at[8],
                                          .kind = header->kind,
                                          .outcome = delivery->outcome,
                                          .outcome_sequence = delivery->outcome_sequence,
                                          .outcome_time_ns = delivery->outcome_time_ns,
                                          .code = delivery->code,
                                          .payload_erased = message->is_erased,
                                          .payload_shown = message->shown};
    search->rows++;
    return search->visit(search->context, &row);
}

static int rows_visit(struct index_search *search, struct found_message *message)
{
    int code = deliveries_read(search, message);
    if (code == 0)
        code = later_records_apply(search, message);
    if (code < 0 || (search->query->shown && message->shown == 0))
        return code;
    for (size_t i = 0; code == 0 && i < message->deliveries_count && search->rows < search->limit; i++)
        if (delivery_fits(search, &message->deliveries[i]))
            code = row_visit(search, message, &message->deliveries[i]);
    return code;
}

int index_message_visit(struct index_search *search, uint64_t sequence)
{
    struct found_message message;
    int code = message_read(search, sequence, &message);
    if (code <= 0 || !message_fits(search, &message))
        return code < 0 ? code : 0;
    code = rows_visit(search, &message);
    free(message.deliveries);
    return code;
}
