/* followers.c - operators who watch: every acceptance and refusal, as one event each.
 * schemas/truc/bus/v1/operator.proto says the event's fields.
 * See followers.h. */
#include "followers.h"

#include "client.h"
#include "protobuf_wire.h"
#include "scope.h"

/* Whether the event is about a message of a system that this follower looks after, or for one. */
static bool concerns(const struct core *core, const struct client *session, struct bytes encoded_event)
{
    struct wire_reader reader = wire_read(encoded_event);
    struct wire_field field;
    if (scope_is_whole(session))
        return true;
    while (wire_next(&reader, &field) > 0) {
        if (field.number == 3 && scope_holds(core, session, field.bytes))
            return true;
        for (struct bytes rest = field.bytes; field.number == 4 && rest.size > 0;) {
            const uint8_t *comma = memchr(rest.data, ',', rest.size);
            size_t size = comma ? (size_t)(comma - rest.data) : rest.size;
            const uint8_t *space = memchr(rest.data, ' ', size); /* "beta (observes)" */
            if (scope_holds(core, session, bytes_of(rest.data, space ? (size_t)(space - rest.data) : size)))
                return true;
            size = size + 2 < rest.size ? size + 2 : rest.size; /* ", " */
            rest = bytes_of(rest.data + size, rest.size - size);
        }
    }
    return false;
}

void followers_show(struct core *core, struct bytes encoded_event)
{
    size_t at = 0;
    const struct client *session;
    while ((session = map_next(&core->sessions, &at)))
        if (session->follows && concerns(core, session, encoded_event))
            client_answer(core, session, session->follow_number, NULL, encoded_event, true);
}

void followers_describe(struct core *core, const struct header *header, struct bytes destinations, uint64_t sequence,
                        int code, struct bytes text, struct buffer *out)
{
    wire_put_fixed64(out, 1, core->now_ns);
    wire_put_uint(out, 2, (uint64_t)-code);
    wire_put_bytes(out, 3, header_sender(header));
    wire_put_bytes(out, 4, destinations);
    wire_put_bytes(out, 5, header->type);
    wire_put_bytes(out, 6, header->subject);
    wire_put_uint(out, 7, sequence);
    wire_put_bytes(out, 8, text);
    wire_put_uint(out, 9, header->kind);
}
