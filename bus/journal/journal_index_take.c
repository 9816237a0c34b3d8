/* journal_index_take.c - taking records in: which keys lead to which position.
 * Reads headers and outcomes only; payloads never get here, persons only as the keyed hashes of their records.
 * A batch in memory, which journal_index_store.c makes a run of. */
#include <inttypes.h>
#include <stdlib.h>

#include "command.h"
#include "fault.h"
#include "journal_index_private.h"

/* ---- the batch ---- */

void index_batch_begin(struct journal_index *index)
{
    struct index_batch *batch = &index->batch;
    batch->run =
        (struct index_run){.first = index->place.sequence, .next = index->place.sequence, .about_first = UINT64_MAX};
    batch->postings.count = batch->changes_count = batch->chunks_count = 0;
    if (batch->facets_seen)
        memset(batch->facets_seen, 0, INDEX_FACETS_SEEN * sizeof(batch->facets_seen[0]));
}

void index_batch_free(struct index_batch *batch)
{
    postings_free(&batch->postings);
    free(batch->changes);
    free(batch->chunks);
    free(batch->facets_seen);
}

/* Room for one more of `size` bytes each. */
static int reserve(void **items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return 0;
    size_t grown_capacity = *capacity ? 2 * *capacity : 256;
    void *grown = realloc(*items, grown_capacity * size);
    if (grown == NULL)
        return TRUC_E_MEMORY;
    *items = grown;
    *capacity = grown_capacity;
    return 0;
}

/* ---- keys ---- */

static int put_key(struct journal_index *index, enum index_subject subject, struct bytes text, uint64_t sequence)
{
    uint64_t key;
    if (text.size == 0)
        return 0;
    int code = index_key(index, subject, text, &key);
    return code < 0 ? code : postings_add(&index->batch.postings, key, sequence);
}

/* What many messages have in common is noted at the first of a chunk. */
static int put_facet(struct journal_index *index, enum index_subject subject, struct bytes text, uint64_t sequence)
{
    struct index_batch *batch = &index->batch;
    uint64_t key, chunk = sequence / INDEX_CHUNK_RECORDS + 1; /* 0 is an empty place */
    if (text.size == 0)
        return 0;
    if (batch->facets_seen == NULL &&
        (batch->facets_seen = calloc(INDEX_FACETS_SEEN, sizeof(batch->facets_seen[0]))) == NULL)
        return TRUC_E_MEMORY;
    int code = index_key(index, subject, text, &key);
    struct posting *seen = &batch->facets_seen[key % INDEX_FACETS_SEEN];
    if (code < 0 || (seen->key == key && seen->value == chunk))
        return code;
    *seen = (struct posting){key, chunk};
    return postings_add(&batch->postings, key, sequence);
}

static int put_outcome(struct journal_index *index, enum journal_index_outcome outcome, uint64_t message)
{
    return put_key(index, INDEX_OUTCOME, bytes_string(journal_index_outcome_name(outcome)), message);
}

/* Record `sequence` says something about that message. */
static int put_about(struct journal_index *index, uint64_t message, uint64_t sequence)
{
    struct index_run *run = &index->batch.run;
    if (message >= sequence)
        return fault_set(index->fault, TRUC_E_JOURNAL_CORRUPT, "a record speaks of a message behind it");
    if (message < run->about_first)
        run->about_first = message;
    if (message > run->about_last)
        run->about_last = message;
    return postings_add(&index->batch.postings, message, sequence);
}

static int put_change(struct journal_index *index, uint64_t message, struct bytes destination, bool waits)
{
    struct index_batch *batch = &index->batch;
    void *items = batch->changes;
    int code = reserve(&items, batch->changes_count, &batch->changes_capacity, sizeof(batch->changes[0]));
    batch->changes = items;
    if (code < 0)
        return code;
    batch->changes[batch->changes_count] = (struct waiting_change){
        .message = message,
        .destination = destination.size ? index_destination_hash(index, destination) : 0,
        .order = (uint32_t)batch->changes_count,
        .waits = waits,
    };
    batch->changes_count++;
    return 0;
}

static int put_chunk(struct journal_index *index, const struct journal_record *record)
{
    struct index_batch *batch = &index->batch;
    uint64_t number = record->sequence / INDEX_CHUNK_RECORDS;
    struct index_chunk *last = batch->chunks_count ? &batch->chunks[batch->chunks_count - 1] : NULL;
    if (last && last->number == number) {
        last->first_ns = record->time_ns < last->first_ns ? record->time_ns : last->first_ns;
        last->last_ns = record->time_ns > last->last_ns ? record->time_ns : last->last_ns;
        return 0;
    }
    void *items = batch->chunks;
    int code = reserve(&items, batch->chunks_count, &batch->chunks_capacity, sizeof(batch->chunks[0]));
    batch->chunks = items;
    if (code < 0 || batch->chunks == NULL)
        return TRUC_E_MEMORY;
    batch->chunks[batch->chunks_count++] = (struct index_chunk){number, index->place, record->time_ns, record->time_ns};
    return 0;
}

/* ---- records ---- */

static int take_destinations(struct journal_index *index, const struct record_accepted *accepted, uint64_t sequence)
{
    struct record_destination destination;
    size_t offset = 0;
    int code;
    while ((code = record_destination_next(accepted->destinations, &offset, &destination)) > 0) {
        code = put_facet(index, INDEX_DESTINATION, destination.system, sequence);
        if (code == 0 && destination.outcome == 0)
            code = put_change(index, sequence, destination.system, true);
        else if (code == 0)
            code = put_outcome(index, destination.observer ? INDEX_OUTCOME_REFUSED : INDEX_OUTCOME_DEAD, sequence);
        if (code < 0)
            return code;
    }
    return code;
}

static int take_persons(struct journal_index *index, const struct record_accepted *accepted, uint64_t sequence)
{
    struct record_person person;
    size_t offset = 0;
    int code;
    while ((code = record_person_next(accepted->persons, &offset, &person)) > 0)
        if ((code = put_key(index, INDEX_PERSON, person.hash, sequence)) < 0)
            return code;
    return code;
}

static int take_message(struct journal_index *index, const struct header *header, struct bytes sender,
                        uint64_t sequence)
{
    int code = put_key(index, INDEX_ID, header->id, sequence);
    if (code == 0)
        code = put_key(index, INDEX_SUBJECT, header->subject, sequence);
    if (code == 0)
        code = put_key(index, INDEX_DOSSIER, header->purpose.dossier, sequence);
    if (code == 0)
        code = put_key(index, INDEX_CORRELATION, header->correlation_id, sequence);
    if (code == 0)
        code = put_facet(index, INDEX_TYPE, header->type, sequence);
    return code < 0 ? code : put_facet(index, INDEX_SENDER, sender, sequence);
}

static int take_accepted(struct journal_index *index, const struct journal_record *record)
{
    struct record_accepted accepted;
    struct header header;
    int code = record_accepted_decode(record->body, &accepted, index->fault);
    if (code == 0)
        code = header_decode(accepted.header, &header, index->fault);
    if (code == 0)
        code = take_message(index, &header, header_sender(&header), record->sequence);
    if (code == 0)
        code = take_destinations(index, &accepted, record->sequence);
    return code < 0 ? code : take_persons(index, &accepted, record->sequence);
}

static int take_refused(struct journal_index *index, const struct journal_record *record)
{
    struct record_refused refused;
    int code = record_refused_decode(record->body, &refused, index->fault);
    if (code < 0)
        return code;
    struct header header = {.id = refused.id, .type = refused.type, .subject = refused.subject};
    code = take_message(index, &header, refused.sender, record->sequence);
    return code < 0 ? code : put_outcome(index, INDEX_OUTCOME_REFUSED, record->sequence);
}

static int take_settled(struct journal_index *index, const struct journal_record *record)
{
    struct record_settled settled;
    struct settlement settlement;
    struct bytes encoded;
    size_t offset = 0;
    int code = record_settled_decode(record->body, &settled, index->fault);
    while (code == 0 && (code = record_settlement_next(settled.settlements, &offset, &encoded)) > 0) {
        code = settlement_decode(encoded, &settlement);
        if (code < 0 || settlement.outcome == SETTLED_RETRY) /* a retry changes nothing: it waits */
            continue;
        code = put_about(index, settlement.sequence, record->sequence);
        if (code == 0)
            code = put_change(index, settlement.sequence, settled.system, false);
        if (code == 0 && settlement.outcome != SETTLED_DONE)
            code = put_outcome(index, INDEX_OUTCOME_DEAD, settlement.sequence);
    }
    return code;
}

static int take_fate(struct journal_index *index, const struct journal_record *record)
{
    struct record_fate fate;
    int code = record_fate_decode(record->body, &fate, index->fault);
    if (code == 0)
        code = put_about(index, fate.message, record->sequence);
    if (code < 0 || record->kind == RECORD_ERASED)
        return code;
    enum journal_index_outcome outcome = record->kind == RECORD_DEAD      ? INDEX_OUTCOME_DEAD
                                         : record->kind == RECORD_EXPIRED ? INDEX_OUTCOME_EXPIRED
                                         : record->kind == RECORD_HELD    ? INDEX_OUTCOME_HELD
                                         : record->kind == RECORD_DISCARDED
                                             ? INDEX_OUTCOME_DISCARDED
                                             : INDEX_OUTCOME_WAITING; /* redriven, released */
    code = put_change(index, fate.message, fate.system, outcome == INDEX_OUTCOME_WAITING);
    return code < 0 || outcome == INDEX_OUTCOME_WAITING ? code : put_outcome(index, outcome, fate.message);
}

/* Somebody saw the payload in clear. */
static int take_operation(struct journal_index *index, const struct journal_record *record)
{
    struct record_operation operation;
    uint64_t message;
    int code = record_operation_decode(record->body, &operation, index->fault);
    if (code < 0 || operation.code || !record_operation_message(&operation, &message) || message >= record->sequence)
        return code;
    code = put_about(index, message, record->sequence);
    return code < 0 ? code : put_key(index, INDEX_SHOWN, bytes_string("shown"), message);
}

static int take_record(struct journal_index *index, const struct journal_record *record)
{
    switch (record->kind) {
    case RECORD_ACCEPTED:
        return take_accepted(index, record);
    case RECORD_REFUSED:
        return take_refused(index, record);
    case RECORD_SETTLED:
        return take_settled(index, record);
    case RECORD_DEAD:
    case RECORD_EXPIRED:
    case RECORD_REDRIVEN:
    case RECORD_HELD:
    case RECORD_RELEASED:
    case RECORD_DISCARDED:
    case RECORD_ERASED:
        return take_fate(index, record);
    case RECORD_OPERATION:
        return take_operation(index, record);
    default:
        return 0; /* nothing to search for */
    }
}

int index_take(void *context, const struct journal_record *record)
{
    struct journal_index *index = context;
    int code = record->sequence < POSTING_HASHED
                   ? put_chunk(index, record)
                   : fault_set(index->fault, TRUC_E_LIMIT, "the search index counts no further than 2^40 records");
    if (code == 0)
        code = take_record(index, record);
    if (code == TRUC_E_MEMORY)
        fault_set(index->fault, code, "no memory for the search index");
    if (code < 0) {
        if (index->fault != NULL && index->fault->where[0] == '\0')
            fault_where(index->fault, "record %" PRIu64, record->sequence);
        return code;
    }
    index->batch.run.next = record->sequence + 1;
    index->time_ns = record->time_ns;
    return 0;
}
