/* operator_answer.c - the tables of operator.proto's messages, read by the protocol's strict reader.
 * Texts are read as bytes: a refusal shows what a peer sent, and showing it is the point.
 * See operator_answer.h. */
#include "operator_answer.h"

#include "cli_words.h"
#include "fault.h"
#include "field_table.h"

static const struct field_entry status_fields[] = {
    FIELD(1, FIELD_BINARY, operator_status, bus, 0),
    FIELD(2, FIELD_BINARY, operator_status, title, 0),
    FIELD(3, FIELD_BINARY, operator_status, configuration, 0),
    FIELD(4, FIELD_UINT64, operator_status, records, 0),
    FIELD(5, FIELD_UINT64, operator_status, durable, 0),
    FIELD(6, FIELD_TIME_NS, operator_status, started_ns, 0),
    FIELD(7, FIELD_TIME_NS, operator_status, time_ns, 0),
    FIELD(8, FIELD_UINT64, operator_status, accepted, 0),
    FIELD(9, FIELD_UINT64, operator_status, refused, 0),
    FIELD(10, FIELD_UINT64, operator_status, repeated, 0),
    FIELD(11, FIELD_UINT64, operator_status, bundles, 0),
    FIELD(12, FIELD_UINT64, operator_status, requests_open, 0),
    FIELD(13, FIELD_UINT64, operator_status, requests, 0),
    FIELD(14, FIELD_UINT64, operator_status, replies, 0),
    FIELD(15, FIELD_UINT64, operator_status, deadlines_missed, 0),
    FIELD(16, FIELD_UINT64, operator_status, ids_remembered, 0),
    FIELD(17, FIELD_BOOL, operator_status, blocked, 0),
    FIELD(18, FIELD_BINARY, operator_status, blocked_text, 0),
    FIELD(19, FIELD_REPEATED, operator_status, queues, 0),
    FIELD(20, FIELD_BOOL, operator_status, sandbox, 0),
    FIELD(21, FIELD_BINARY, operator_status, scope, 0),
    FIELD(22, FIELD_BOOL, operator_status, indexed, 0),
    FIELD(23, FIELD_UINT64, operator_status, index_records, 0),
    FIELD(24, FIELD_UINT64, operator_status, index_behind_ms, 0),
    FIELD(25, FIELD_BINARY, operator_status, index_trouble, 0),
    FIELD(26, FIELD_UINT64, operator_status, blobs, 0),
    FIELD(27, FIELD_UINT64, operator_status, blob_bytes, 0),
};
static const struct field_table status_table = FIELD_TABLE("status", status_fields);

static const struct field_entry queue_fields[] = {
    FIELD(1, FIELD_BINARY, operator_queue, system, 0),
    FIELD(2, FIELD_BINARY, operator_queue, title, 0),
    FIELD(3, FIELD_BOOL, operator_queue, connected, 0),
    FIELD(4, FIELD_UINT64, operator_queue, away_ms, 0),
    FIELD(5, FIELD_UINT64, operator_queue, waiting, 0),
    FIELD(6, FIELD_UINT64, operator_queue, out, 0),
    FIELD(7, FIELD_UINT64, operator_queue, retrying, 0),
    FIELD(8, FIELD_UINT64, operator_queue, behind, 0),
    FIELD(9, FIELD_UINT64, operator_queue, dead, 0),
    FIELD(10, FIELD_UINT64, operator_queue, accepted, 0),
    FIELD(11, FIELD_UINT64, operator_queue, delivered, 0),
    FIELD(12, FIELD_UINT64, operator_queue, done, 0),
    FIELD(13, FIELD_UINT64, operator_queue, retried, 0),
    FIELD(14, FIELD_UINT64, operator_queue, rejected, 0),
    FIELD(15, FIELD_UINT64, operator_queue, expired, 0),
    FIELD(16, FIELD_UINT64, operator_queue, credit_bytes, 0),
    FIELD(17, FIELD_UINT64, operator_queue, timed, 0),
    FIELD(18, FIELD_UINT64, operator_queue, suspects, 0),
    FIELD(19, FIELD_BINARY, operator_queue, paused_by, 0),
    FIELD(20, FIELD_BINARY, operator_queue, paused_reason, 0),
    FIELD(21, FIELD_TIME_NS, operator_queue, paused_since_ns, 0),
    FIELD(22, FIELD_BINARY, operator_queue, held_up, 0),
    FIELD(23, FIELD_BOOL, operator_queue, removed, 0),
};
static const struct field_table queue_table = FIELD_TABLE("queue", queue_fields);

static const struct field_entry dead_letter_fields[] = {
    FIELD(1, FIELD_BINARY, operator_dead_letter, destination, 0),
    FIELD(2, FIELD_UINT64, operator_dead_letter, sequence, 0),
    FIELD(3, FIELD_TIME_NS, operator_dead_letter, time_ns, 0),
    FIELD(4, FIELD_BINARY, operator_dead_letter, code, 0),
    FIELD(5, FIELD_BINARY, operator_dead_letter, reason, 0),
    FIELD(6, FIELD_BINARY, operator_dead_letter, text, 0),
    FIELD(7, FIELD_BINARY, operator_dead_letter, sender, 0),
    FIELD(8, FIELD_BINARY, operator_dead_letter, type, 0),
    FIELD(9, FIELD_BINARY, operator_dead_letter, subject, 0),
    FIELD(10, FIELD_BINARY, operator_dead_letter, id, 0),
    FIELD(11, FIELD_UINT32, operator_dead_letter, attempts, 0),
    FIELD(12, FIELD_UINT32, operator_dead_letter, generation, 0),
    FIELD(13, FIELD_UINT64, operator_dead_letter, size_bytes, 0),
};
static const struct field_table dead_letter_table = FIELD_TABLE("dead letter", dead_letter_fields);

static const struct field_entry event_fields[] = {
    FIELD(1, FIELD_TIME_NS, operator_event, time_ns, 0), FIELD(2, FIELD_UINT32, operator_event, code, 0),
    FIELD(3, FIELD_BINARY, operator_event, sender, 0),   FIELD(4, FIELD_BINARY, operator_event, destinations, 0),
    FIELD(5, FIELD_BINARY, operator_event, type, 0),     FIELD(6, FIELD_BINARY, operator_event, subject, 0),
    FIELD(7, FIELD_UINT64, operator_event, sequence, 0), FIELD(8, FIELD_BINARY, operator_event, text, 0),
    FIELD(9, FIELD_UINT32, operator_event, kind, 0),
};
static const struct field_table event_table = FIELD_TABLE("event", event_fields);

static const struct field_entry dead_query_fields[] = {
    FIELD(1, FIELD_TEXT, operator_dead_query, destination, 0),
    FIELD(2, FIELD_UINT64, operator_dead_query, position, 0),
    FIELD(3, FIELD_TEXT, operator_dead_query, type, 0),
    FIELD(4, FIELD_TEXT, operator_dead_query, reason, 0),
    FIELD(5, FIELD_UINT32, operator_dead_query, count_max, 0),
    FIELD(6, FIELD_TEXT, operator_dead_query, sender, 0),
    FIELD(7, FIELD_TEXT, operator_dead_query, code, 0),
    FIELD(8, FIELD_TIME_NS, operator_dead_query, before_ns, 0),
    FIELD(9, FIELD_TEXT, operator_dead_query, after_destination, 0),
    FIELD(10, FIELD_UINT64, operator_dead_query, after_position, 0),
    FIELD(11, FIELD_TIME_NS, operator_dead_query, after_ns, 0),
};
static const struct field_table dead_query_table = FIELD_TABLE("dead query", dead_query_fields);

/* Messages with one field: a list, or a count. */
struct operator_list {
    struct bytes elements;
};
static const struct field_entry list_fields[] = {FIELD(1, FIELD_REPEATED, operator_list, elements, 0)};
static const struct field_table list_table = FIELD_TABLE("dead letters", list_fields);

struct operator_done {
    uint64_t count;
};
static const struct field_entry done_fields[] = {FIELD(1, FIELD_UINT64, operator_done, count, 0)};
static const struct field_table done_table = FIELD_TABLE("done", done_fields);

static const struct field_entry queue_detail_fields[] = {
    FIELD(1, FIELD_BINARY, operator_queue_detail, queue, 0),
    FIELD(2, FIELD_REPEATED, operator_queue_detail, lanes, 0),
    FIELD(3, FIELD_REPEATED, operator_queue_detail, retrying, 0),
    FIELD(4, FIELD_REPEATED, operator_queue_detail, out, 0),
    FIELD(5, FIELD_REPEATED, operator_queue_detail, suspects, 0),
    FIELD(6, FIELD_UINT64, operator_queue_detail, oldest, 0),
    FIELD(7, FIELD_TIME_NS, operator_queue_detail, oldest_ns, 0),
    FIELD(8, FIELD_TIME_NS, operator_queue_detail, timed_first_ns, 0),
    FIELD(9, FIELD_TIME_NS, operator_queue_detail, time_ns, 0),
};
static const struct field_table queue_detail_table = FIELD_TABLE("queue detail", queue_detail_fields);

static const struct field_entry queue_lane_fields[] = {
    FIELD(1, FIELD_UINT32, operator_queue_lane, urgency, 0), FIELD(2, FIELD_UINT64, operator_queue_lane, ready, 0),
    FIELD(3, FIELD_UINT64, operator_queue_lane, behind, 0),  FIELD(4, FIELD_UINT64, operator_queue_lane, retrying, 0),
    FIELD(5, FIELD_UINT64, operator_queue_lane, out, 0),     FIELD(6, FIELD_UINT64, operator_queue_lane, unloaded, 0),
};
static const struct field_table queue_lane_table = FIELD_TABLE("queue lane", queue_lane_fields);

static const struct field_entry queue_item_fields[] = {
    FIELD(1, FIELD_UINT64, operator_queue_item, sequence, 0),
    FIELD(2, FIELD_UINT32, operator_queue_item, urgency, 0),
    FIELD(3, FIELD_UINT32, operator_queue_item, attempts, 0),
    FIELD(4, FIELD_TIME_NS, operator_queue_item, next_ns, 0),
};
static const struct field_table queue_item_table = FIELD_TABLE("queue item", queue_item_fields);

static const struct field_entry change_fields[] = {
    FIELD(1, FIELD_TEXT, operator_change, system, 0),
    FIELD(2, FIELD_TEXT, operator_change, reason, 0),
    FIELD(3, FIELD_BOOL, operator_change, accept_schema_change, 0),
};
static const struct field_table change_table = FIELD_TABLE("change", change_fields);

static const struct field_entry reloaded_fields[] = {
    FIELD(1, FIELD_UINT32, operator_reloaded, code, 0),
    FIELD(2, FIELD_BOOL, operator_reloaded, changed, 0),
    FIELD(3, FIELD_BINARY, operator_reloaded, configuration, 0),
    FIELD(4, FIELD_BINARY, operator_reloaded, text, 0),
    FIELD(5, FIELD_BINARY, operator_reloaded, problems, 0),
    FIELD(6, FIELD_BINARY, operator_reloaded, difference, 0),
    FIELD(7, FIELD_BINARY, operator_reloaded, restart, 0),
    FIELD(8, FIELD_BOOL, operator_reloaded, clock_accepted, 0),
};
static const struct field_table reloaded_table = FIELD_TABLE("reloaded", reloaded_fields);

static const struct field_entry system_fields[] = {
    FIELD(1, FIELD_BINARY, operator_system, system, 0),
    FIELD(2, FIELD_BINARY, operator_system, text, 0),
    FIELD(3, FIELD_REPEATED, operator_system, routes, 0),
    FIELD(4, FIELD_REPEATED, operator_system, agreements, 0),
};
static const struct field_table system_table = FIELD_TABLE("system", system_fields);

static const struct field_entry rule_fields[] = {
    FIELD(1, FIELD_BINARY, operator_rule, name, 0),
    FIELD(2, FIELD_BINARY, operator_rule, text, 0),
};
static const struct field_table rule_table = FIELD_TABLE("rule", rule_fields);

static const struct field_entry payload_query_fields[] = {
    FIELD(1, FIELD_UINT64, operator_payload_query, position, 0),
    FIELD(2, FIELD_TEXT, operator_payload_query, reason, 0),
};
static const struct field_table payload_query_table = FIELD_TABLE("payload query", payload_query_fields);

static const struct field_entry person_look_fields[] = {
    FIELD(1, FIELD_BINARY, operator_person_look, hash, 0),
    FIELD(2, FIELD_UINT64, operator_person_look, epoch, 0),
    FIELD(3, FIELD_TEXT, operator_person_look, reason, 0),
};
static const struct field_table person_look_table = FIELD_TABLE("person look", person_look_fields);

static const struct field_entry payload_shown_fields[] = {
    FIELD(1, FIELD_UINT64, operator_payload_shown, position, 0),
    FIELD(2, FIELD_TIME_NS, operator_payload_shown, time_ns, 0),
    FIELD(3, FIELD_BINARY, operator_payload_shown, header, 0),
    FIELD(4, FIELD_BINARY, operator_payload_shown, payload, 0),
};
static const struct field_table payload_shown_table = FIELD_TABLE("payload", payload_shown_fields);

static int decode(const struct field_table *table, struct bytes result, void *value, size_t size,
                  struct truc_fault *fault)
{
    int code = field_table_decode(table, result, value, size, fault);
    if (code < 0)
        fault_hint(fault, _("the broker may be of another version: compare truc version with truc status"));
    return code;
}

int operator_status_decode(struct bytes result, struct operator_status *ret, struct truc_fault *fault)
{
    return decode(&status_table, result, ret, sizeof *ret, fault);
}

int operator_event_decode(struct bytes result, struct operator_event *ret, struct truc_fault *fault)
{
    return decode(&event_table, result, ret, sizeof *ret, fault);
}

int operator_dead_letters_decode(struct bytes result, struct bytes *ret_elements, struct truc_fault *fault)
{
    struct operator_list list;
    int code = decode(&list_table, result, &list, sizeof list, fault);
    if (code == 0)
        *ret_elements = list.elements;
    return code;
}

int operator_done_decode(struct bytes result, uint64_t *ret_count, struct truc_fault *fault)
{
    struct operator_done done;
    int code = decode(&done_table, result, &done, sizeof done, fault);
    if (code == 0)
        *ret_count = done.count;
    return code;
}

int operator_queue_decode(struct bytes encoded, struct operator_queue *ret, struct truc_fault *fault)
{
    return decode(&queue_table, encoded, ret, sizeof *ret, fault);
}

int operator_queue_detail_decode(struct bytes result, struct operator_queue_detail *ret, struct truc_fault *fault)
{
    return decode(&queue_detail_table, result, ret, sizeof *ret, fault);
}

int operator_reloaded_decode(struct bytes result, struct operator_reloaded *ret, struct truc_fault *fault)
{
    return decode(&reloaded_table, result, ret, sizeof *ret, fault);
}

int operator_system_decode(struct bytes result, struct operator_system *ret, struct truc_fault *fault)
{
    return decode(&system_table, result, ret, sizeof *ret, fault);
}

int operator_payload_shown_decode(struct bytes result, struct operator_payload_shown *ret, struct truc_fault *fault)
{
    return decode(&payload_shown_table, result, ret, sizeof *ret, fault);
}

int operator_payload_query_decode(struct bytes arguments, struct operator_payload_query *ret, struct truc_fault *fault)
{
    return field_table_decode(&payload_query_table, arguments, ret, sizeof *ret, fault);
}

void operator_payload_query_encode(const struct operator_payload_query *query, struct buffer *out)
{
    field_table_encode(&payload_query_table, query, out);
}

void operator_person_look_encode(const struct operator_person_look *look, struct buffer *out)
{
    field_table_encode(&person_look_table, look, out);
}

void operator_change_encode(const struct operator_change *change, struct buffer *out)
{
    field_table_encode(&change_table, change, out);
}

void operator_dead_query_encode(const struct operator_dead_query *query, struct buffer *out)
{
    field_table_encode(&dead_query_table, query, out);
}

static int element_next(const struct field_table *table, struct bytes elements, size_t *offset, void *value,
                        size_t size, struct truc_fault *fault)
{
    struct bytes element;
    int more = field_element_next(elements, offset, &element);
    if (more < 0)
        return fault_set(fault, more, _("the broker's answer is malformed"));
    int code = more ? decode(table, element, value, size, fault) : 0;
    return code < 0 ? code : more;
}

int operator_queue_next(struct bytes elements, size_t *offset, struct operator_queue *ret, struct truc_fault *fault)
{
    return element_next(&queue_table, elements, offset, ret, sizeof *ret, fault);
}

int operator_dead_letter_next(struct bytes elements, size_t *offset, struct operator_dead_letter *ret,
                              struct truc_fault *fault)
{
    return element_next(&dead_letter_table, elements, offset, ret, sizeof *ret, fault);
}

int operator_queue_lane_next(struct bytes elements, size_t *offset, struct operator_queue_lane *ret,
                             struct truc_fault *fault)
{
    return element_next(&queue_lane_table, elements, offset, ret, sizeof *ret, fault);
}

int operator_queue_item_next(struct bytes elements, size_t *offset, struct operator_queue_item *ret,
                             struct truc_fault *fault)
{
    return element_next(&queue_item_table, elements, offset, ret, sizeof *ret, fault);
}

int operator_rule_next(struct bytes elements, size_t *offset, struct operator_rule *ret, struct truc_fault *fault)
{
    return element_next(&rule_table, elements, offset, ret, sizeof *ret, fault);
}
