/* dead_letters.c - one walk over all dead letters, for each of the three things that are done with them.
 * Destinations in the order they became known, letters of each oldest first: pages and batches go on where the last ended.
 * See dead_letters.h. */
#include "dead_letters.h"

#include "core_emit.h"
#include "deliver.h"
#include "fate.h"
#include "field_table.h"
#include "protobuf_wire.h"
#include "redrive.h"
#include "scope.h"

enum { LIST_DEFAULT = 1000, LIST_MAX = 8000 /* fit one frame; the next page is another question */ };

static const struct field_entry dead_query_fields[] = {
    FIELD(1, FIELD_TEXT, dead_query, destination, PROTOCOL_NAME_BYTES_MAX),
    FIELD(2, FIELD_UINT64, dead_query, position, 0),
    FIELD(3, FIELD_TEXT, dead_query, type, PROTOCOL_TYPE_BYTES_MAX),
    FIELD(4, FIELD_TEXT, dead_query, reason, PROTOCOL_TEXT_BYTES_MAX),
    FIELD(5, FIELD_UINT32, dead_query, count_max, 0),
    FIELD(6, FIELD_TEXT, dead_query, sender, PROTOCOL_NAME_BYTES_MAX),
    FIELD(7, FIELD_TEXT, dead_query, code, PROTOCOL_NAME_BYTES_MAX),
    FIELD(8, FIELD_TIME_NS, dead_query, before_ns, 0),
    FIELD(9, FIELD_TEXT, dead_query, after_destination, PROTOCOL_NAME_BYTES_MAX),
    FIELD(10, FIELD_UINT64, dead_query, after_position, 0),
    FIELD(11, FIELD_TIME_NS, dead_query, after_ns, 0),
};
static const struct field_table dead_query_table = FIELD_TABLE("dead query", dead_query_fields);

int dead_query_decode(struct bytes arguments, struct dead_query *ret, struct truc_fault *fault)
{
    return field_table_decode(&dead_query_table, arguments, ret, sizeof *ret, fault) < 0 ? TRUC_E_PROTOCOL : 0;
}

static bool is_text(struct bytes wanted, const char *found)
{
    return wanted.size == 0 || bytes_equal_string(wanted, found);
}

static bool matches(const struct dead_query *query, const struct destination *destination,
                    const struct dead_letter *letter)
{
    return is_text(query->destination, destination->system) &&
           (query->position == 0 || query->position == letter->sequence + 1) &&
           is_text(query->type, letter->message.type) && is_text(query->sender, letter->message.sender) &&
           is_text(query->code, truc_error_name(letter->code)) &&
           (query->before_ns == 0 || letter->time_ns < query->before_ns);
}

/* ---- list ---- */

static void put_letter(const struct destination *destination, const struct dead_letter *letter, struct buffer *out)
{
    size_t mark = wire_begin(out, 1);
    wire_put_string(out, 1, destination->system);
    wire_put_uint(out, 2, letter->sequence);
    wire_put_fixed64(out, 3, letter->time_ns);
    wire_put_string(out, 4, truc_error_name(letter->code));
    wire_put_string(out, 5, letter->reason);
    wire_put_string(out, 6, letter->text);
    wire_put_string(out, 7, letter->message.sender);
    wire_put_string(out, 8, letter->message.type);
    wire_put_string(out, 9, letter->message.subject);
    wire_put_string(out, 10, letter->message.id);
    wire_put_uint(out, 11, letter->attempts);
    wire_put_uint(out, 12, letter->generation);
    wire_put_uint(out, 13, letter->size_bytes);
    wire_end(out, mark);
}

/* Where the page before ended in that destination: behind that letter; when it is gone, behind all that were dead before it. */
static const struct list_link *last_seen(const struct destination *destination, const struct dead_query *query)
{
    const struct list_link *last = NULL;
    list_each(link, &destination->dead) {
        const struct dead_letter *letter = list_element(link, struct dead_letter, link);
        if (letter->sequence + 1 == query->after_position)
            return link;
        if (letter->time_ns < query->after_ns)
            last = link;
    }
    return last;
}

static bool concerns(const struct core *core, const struct client *session, const struct destination *destination,
                     const struct dead_letter *letter)
{
    return scope_holds(core, session, bytes_string(destination->system)) ||
           scope_holds(core, session, bytes_string(letter->message.sender));
}

/* Or who sees a part could ask which systems there are by going on behind one. */
static bool may_go_on(const struct core *core, const struct client *session, const struct destination *destination)
{
    bool may = scope_holds(core, session, bytes_string(destination->system));
    list_each(link, &destination->dead) {
        if (may)
            break;
        may = concerns(core, session, destination, list_element(link, struct dead_letter, link));
    }
    return may;
}

/* The first destination of this page. One that is not known has no letters, and no page before this one. */
static size_t first_destination(const struct core *core, const struct client *session, const struct dead_query *query)
{
    for (size_t i = 0; query->after_destination.size && i < core->destination_count; i++)
        if (bytes_equal_string(query->after_destination, core->destination_table[i]->system) &&
            may_go_on(core, session, core->destination_table[i]))
            return i;
    return 0;
}

static uint32_t list_destination(const struct core *core, const struct client *session,
                                 const struct destination *destination, const struct dead_query *query, bool goes_on,
                                 uint32_t left, struct buffer *out)
{
    const struct list_link *last = goes_on ? last_seen(destination, query) : NULL;
    bool seen = last == NULL; /* from here on they are new */
    list_each(link, &destination->dead) {
        const struct dead_letter *letter = list_element(link, struct dead_letter, link);
        if (seen && left > 0 && matches(query, destination, letter) && concerns(core, session, destination, letter)) {
            put_letter(destination, letter, out);
            left--;
        }
        seen |= link == last;
    }
    return left;
}

int dead_letters_list(const struct core *core, const struct client *session, const struct dead_query *query,
                      struct buffer *out)
{
    uint32_t left = query->count_max ? query->count_max : LIST_DEFAULT;
    size_t first = first_destination(core, session, query);
    left = left < LIST_MAX ? left : LIST_MAX;
    for (size_t i = first; i < core->destination_count && left > 0; i++)
        left = list_destination(core, session, core->destination_table[i], query,
                                i == first && query->after_destination.size, left, out);
    return 0;
}

/* ---- changes ---- */

/* 1 when it was done to this letter, which is gone then; 0 when it can't be; MEMORY. */
typedef int change_letter(struct core *core, struct destination *destination, struct dead_letter *letter,
                          struct bytes operator_id, struct bytes reason);

static int retry(struct core *core, struct destination *destination, struct dead_letter *letter,
                 struct bytes operator_id, struct bytes reason)
{
    if (letter->generation == GENERATION_MAX) {
        core_log(core, 4, "%s: the dead letter at position %llu was queued again %d times, which is the most",
                 destination->system, (unsigned long long)letter->sequence, GENERATION_MAX);
        return 0;
    }
    int code = redrive(core, destination, letter, operator_id, reason);
    return code < 0 ? code : 1;
}

static int discard(struct core *core, struct destination *destination, struct dead_letter *letter,
                   struct bytes operator_id, struct bytes reason)
{
    int code = fate_discard(core, destination, letter, operator_id, reason);
    return code < 0 ? code : 1;
}

static int change_each(struct core *core, const struct dead_query *query, struct bytes operator_id,
                       change_letter *change, struct buffer *out)
{
    uint64_t count = 0, count_max = query->count_max ? query->count_max : UINT64_MAX;
    for (size_t i = 0; i < core->destination_count; i++) {
        struct destination *destination = core->destination_table[i];
        list_each(link, &destination->dead) {
            struct dead_letter *letter = list_element(link, struct dead_letter, link);
            int code = count < count_max && matches(query, destination, letter)
                           ? change(core, destination, letter, operator_id, query->reason)
                           : 0;
            if (code < 0)
                return code;
            count += (uint64_t)code;
        }
    }
    wire_put_uint(out, 1, count);
    return deliver_pump_all(core); /* one that had as many as are kept may go on */
}

int dead_letters_retry(struct core *core, const struct dead_query *query, struct bytes operator_id, struct buffer *out)
{
    return change_each(core, query, operator_id, retry, out);
}

int dead_letters_discard(struct core *core, const struct dead_query *query, struct bytes operator_id,
                         struct buffer *out)
{
    return change_each(core, query, operator_id, discard, out);
}
