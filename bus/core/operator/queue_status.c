/* queue_status.c - counts and states of one destination, field by field.
 * Counts are since the broker's start, but for what waits.
 * See queue_status.h. */
#include "queue_status.h"

#include "deliver.h"
#include "policy.h"
#include "protobuf_wire.h"

void queue_status_put(const struct core *core, const struct destination *destination, uint32_t number,
                      struct buffer *out)
{
    const struct policy_system *system = policy_system_by_id(core->policy, bytes_string(destination->system));
    const struct core_queue *queue = &destination->queue;
    size_t mark = wire_begin(out, number);
    wire_put_string(out, 1, destination->system);
    wire_put_string(out, 2, system ? system->title : "");
    wire_put_bool(out, 3, destination->session != NULL);
    wire_put_uint(out, 4, destination->session ? 0 : (core->up_ns - destination->away_since_up_ns) / 1000000);
    wire_put_uint(out, 5, queue_waiting_total(queue));
    wire_put_uint(out, 6, queue->out_count);
    wire_put_uint(out, 7, queue->waiting_count);
    wire_put_uint(out, 8, queue->behind_count);
    wire_put_uint(out, 9, destination->dead_count);
    wire_put_uint(out, 10, destination->counts.accepted);
    wire_put_uint(out, 11, destination->counts.delivered);
    wire_put_uint(out, 12, destination->counts.done);
    wire_put_uint(out, 13, destination->counts.retried);
    wire_put_uint(out, 14, destination->counts.rejected);
    wire_put_uint(out, 15, destination->counts.expired);
    wire_put_uint(out, 16, destination->session ? destination->session->receive_credit_bytes : 0);
    wire_put_uint(out, 17, destination->timed.count);
    wire_put_uint(out, 18, destination->suspects);
    wire_put_string(out, 19, destination->pause.by);
    wire_put_string(out, 20, destination->pause.reason);
    wire_put_fixed64(out, 21, destination->pause.since_ns);
    const char *held_up = destination->pause.by[0] ? NULL : deliver_pause(core, destination);
    wire_put_string(out, 22, held_up ? held_up : "");
    wire_put_bool(out, 23, system == NULL);
    wire_end(out, mark);
}
