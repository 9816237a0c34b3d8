/* core.c - the state machine's front: creation, one step for one event, and when to wake it.
 * What an event means is in the file of its subject: dispatch.c, awaiting.c, deliver.c, fate.c, configuration.c.
 * Called by bus/io/engine.c for every event, in the daemon and in the simulation. */
#include <stdio.h>
#include <stdlib.h>

#include "awaiting.h"
#include "blob_check.h"
#include "blob_keep.h"
#include "blob_look.h"
#include "client.h"
#include "configuration.h"
#include "core_emit.h"
#include "deliver.h"
#include "destination.h"
#include "dispatch.h"
#include "fate.h"
#include "fault.h"
#include "held.h"
#include "ids_lookup.h"
#include "ids_spill.h"
#include "open_request.h"
#include "payload_show.h"
#include "queue_show.h"
#include "refusals.h"
#include "release.h"
#include "reload.h"
#include "timed.h"

static void set_hash_keys(struct core *core)
{
    memcpy(core->destinations.hash_key, core->settings.hash_key, sizeof core->settings.hash_key);
    core->dedupe.young.secret = load_le64(core->settings.hash_key);
    memcpy(core->rates.by_name.hash_key, core->settings.hash_key, sizeof core->settings.hash_key);
    memcpy(core->guards.by_name.hash_key, core->settings.hash_key, sizeof core->settings.hash_key);
    memcpy(core->officers.by_name.hash_key, core->settings.hash_key, sizeof core->settings.hash_key);
}

int core_create(const struct core_settings *settings, struct core **ret_core, struct truc_fault *fault)
{
    struct core *core = calloc(1, sizeof *core);
    if (core == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the core");
    core->settings = *settings;
    core->policy = settings->policy;
    core->recovering = true;
    core->earlier_up_ns = 1;
    list_init(&core->awaiting);
    core->dedupe.young_max = settings->ids_young_max ? settings->ids_young_max : CORE_IDS_YOUNG_MAX;
    core->dedupe.runs_max = settings->ids_runs_max ? settings->ids_runs_max : CORE_IDS_RUNS_MAX;
    set_hash_keys(core);
    *ret_core = core;
    return 0;
}

void core_restart(struct core *core)
{
    client_free_all(core);
    request_free_all(core); /* they point at destinations */
    destination_free_all(core);
    dedupe_free(&core->dedupe);
    rates_free(&core->rates);
    rates_free(&core->guards);
    rate_tables_free(&core->officers);
    awaiting_free_all(core);
    core->next_sequence = core->configuration_sequence = 0;
    core->earlier_up_ns = 1;
    core->replayed_ns = 0;
    core->blobs_count = core->blobs_bytes = 0;
    set_hash_keys(core);
}

void core_free(struct core *core)
{
    if (core == NULL)
        return;
    core_restart(core);
    buffer_free(&core->scratch);
    buffer_free(&core->parcel.deliveries);
    buffer_free(&core->parcel.hashes);
    buffer_free(&core->parcel.proof);
    buffer_free(&core->parcel.parcels);
    buffer_free(&core->frame);
    map_free(&core->closed);
    free(core);
}

const char *core_bus_id(const struct core *core)
{
    return core->policy->bus_id;
}

uint64_t core_next_sequence(const struct core *core)
{
    return core->next_sequence;
}

/* ---- lists: of each destination one a lane ---- */

static const struct queue_lane *lane_of(const struct core *core, uint32_t list)
{
    return &core->destination_table[list / CORE_LANES]->queue.lanes[list % CORE_LANES];
}

size_t core_list_count(const struct core *core)
{
    return core->destination_count * CORE_LANES;
}

void core_list_name(const struct core *core, uint32_t list, char out[CORE_LIST_NAME_BYTES])
{
    (void)snprintf(out, CORE_LIST_NAME_BYTES, "%.64s.%u", core->destination_table[list / CORE_LANES]->system,
                   list % CORE_LANES + 1);
}

uint64_t core_list_length(const struct core *core, uint32_t list)
{
    return lane_of(core, list)->count;
}

uint64_t core_list_cursor(const struct core *core, uint32_t list)
{
    return lane_of(core, list)->cursor;
}

/* ---- runs of ids ---- */

size_t core_id_run_count(const struct core *core)
{
    return core->dedupe.runs_count;
}

const struct id_run_facts *core_id_run(const struct core *core, size_t run)
{
    return &core->dedupe.runs[run].facts;
}

int core_id_run_adopt(struct core *core, size_t run, struct bytes filter)
{
    return dedupe_adopt(&core->dedupe, run, filter);
}

bool core_ids_press(const struct core *core)
{
    return core->dedupe.spilling && core->dedupe.young.count >= core->dedupe.young_max;
}

/* ---- events ---- */

static int take_room(struct core *core, bool blocked, const char *text)
{
    if (blocked == core->blocked)
        return 0;
    core->blocked = blocked;
    (void)snprintf(core->blocked_text, sizeof core->blocked_text, "%s", blocked ? text : "");
    core_log(core, blocked ? 4 : 5, "%s%s", blocked ? "blocked: " : "no longer blocked", core->blocked_text);
    client_notice_all(core, blocked ? -TRUC_E_BLOCKED : 0, core->blocked_text);
    return blocked ? 0 : held_release_all(core);
}

static void take_index(struct core *core, const struct core_index *index)
{
    core->indexed = true;
    core->index_next = index->next;
    core->index_behind_ms = index->behind_ms;
    (void)snprintf(core->index_trouble, sizeof core->index_trouble, "%s", index->trouble);
}

static int take_found(struct core *core, uint64_t peer, const struct core_id_found *answers, size_t count)
{
    struct client *session = client_of(core, peer);
    if (session == NULL || !ids_answered(session, answers, count))
        return 0; /* gone: it publishes again when it is back */
    return core->blocked ? 0 : held_release(core, session);
}

static int take_checked(struct core *core, uint64_t peer, const struct core_blob_answer *answers, size_t count)
{
    struct client *session = client_of(core, peer);
    if (session == NULL || !blobs_answered(session, answers, count))
        return 0; /* gone: it publishes again when it is back */
    return core->blocked ? 0 : held_release(core, session);
}

static int tick(struct core *core)
{
    core->ticked_up_ns = core->up_ns;
    ids_forget(core, core->now_ns);
    int code = client_tick(core);
    if (code == 0)
        code = fate_tick(core);
    if (code == 0)
        code = release_due(core);
    if (code == 0)
        code = refusals_record(core, false);
    core->buried = 0;
    blob_tick(core);
    if (code == 0)
        code = deliver_pump_all(core);
    return code;
}

static int dispatch(struct core *core, const struct core_event *event)
{
    switch (event->kind) {
    case CORE_EVENT_FRAME:
        return dispatch_frame(core, event->frame.peer, event->frame.transport_key, event->frame.data);
    case CORE_EVENT_GONE:
        client_gone(core, event->gone.peer, event->gone.code, event->gone.code ? event->gone.text : "");
        return 0;
    case CORE_EVENT_DURABLE:
        core->durable_through = event->durable.through;
        return awaiting_durable(core, event->durable.through);
    case CORE_EVENT_FAILED:
        core->failed = true;
        core_log(core, 2, "the journal failed: nothing more is acknowledged");
        return 0;
    case CORE_EVENT_TICK:
        return tick(core);
    case CORE_EVENT_POLICY:
        return configuration_take(core, event->policy.policy, event->policy.origin);
    case CORE_EVENT_PAGE:
        return deliver_page(core, event->page.list, event->page.index, event->page.entries, event->page.count);
    case CORE_EVENT_FETCHED:
        return deliver_fetched(core, event->fetched.destination, event->fetched.messages, event->fetched.count);
    case CORE_EVENT_ROOM:
        return take_room(core, event->room.blocked, event->room.text);
    case CORE_EVENT_INDEX:
        take_index(core, &event->index);
        return 0;
    case CORE_EVENT_LOOKED:
        return event->looked.look.what == LOOK_PAYLOAD ? payload_show_done(core, &event->looked)
               : event->looked.look.what == LOOK_BLOB
                   ? blob_looked(core, &event->looked)
                   : queue_show_done(core, &event->looked.look, event->looked.time_ns);
    case CORE_EVENT_RELOADED:
        return reload_done(core, &event->reloaded);
    case CORE_EVENT_IDS_KEPT:
        return ids_kept(core, event->ids_kept.first_sequence);
    case CORE_EVENT_IDS_FOUND:
        return take_found(core, event->ids_found.peer, event->ids_found.answers, event->ids_found.count);
    case CORE_EVENT_BLOB:
        return blob_told(core, &event->blob);
    case CORE_EVENT_BLOBS_CHECKED:
        return take_checked(core, event->blobs_checked.peer, event->blobs_checked.answers, event->blobs_checked.count);
    case CORE_EVENT_BLOB_UNUSED:
        return blob_unused(core, &event->blob_unused.sha256, event->blob_unused.size_bytes);
    case CORE_EVENT_STOP:
        client_stop_all(core);
        return refusals_record(core, true);
    }
    return TRUC_E_INTERNAL;
}

static int finish_step(struct core *core, int code, struct truc_fault *fault)
{
    if (code == 0 && core->out_of_memory)
        code = TRUC_E_MEMORY;
    core->effects = NULL;
    return code < 0 ? fault_set(fault, code, "the core can't go on: %s", truc_error_meaning(code)) : 0;
}

int core_step(struct core *core, const struct core_event *event, struct effects *effects, struct truc_fault *fault)
{
    core->effects = effects;
    if (effects->first == NULL)
        map_free(&core->closed); /* those before are carried out: whoever speaks now has a connection */
    core->now_ns = event->now_ns;
    core->up_ns = event->up_ns;
    if (core->failed && event->kind != CORE_EVENT_GONE)
        return finish_step(core, 0, fault); /* nothing is taken, told or sent after a failed write */
    return finish_step(core, dispatch(core, event), fault);
}

int core_recovered(struct core *core, uint64_t next_sequence, const struct core_event *now, struct effects *effects,
                   struct truc_fault *fault)
{
    struct buffer body = {0};
    core->effects = effects;
    core->now_ns = now->now_ns;
    core->up_ns = now->up_ns;
    core->next_sequence = core->durable_through = next_sequence;
    core->recovering = false;
    core->recovered_up_ns = now->up_ns;
    core->started_ns = now->now_ns;
    for (size_t i = 0; i < core->destination_count; i++) {
        queue_recovered(&core->destination_table[i]->queue);
        core->destination_table[i]->away_since_up_ns = now->up_ns;
    }
    struct record_started record = {.software = bytes_string("trucd"), .reason = bytes_string("start")};
    record_started_encode(&record, &body);
    core_append(core, RECORD_STARTED, buffer_view(&body), false);
    int code = buffer_failed(&body);
    buffer_free(&body);
    if (code == 0)
        code = configuration_take(core, core->policy, "start");
    return finish_step(core, code, fault);
}

uint64_t core_wake_up_ns(const struct core *core)
{
    if (core->buried >= CORE_BURIED_MAX)
        return core->up_ns;
    uint64_t wake = core->ticked_up_ns + CORE_HEARTBEAT_MS * 1000000ull / 2; /* however busy it is in between */
    for (size_t i = 0; i < core->destination_count; i++) {
        uint64_t retry = queue_wake_up_ns(&core->destination_table[i]->queue);
        wake = retry < wake ? retry : wake;
    }
    const struct heap_node *node = heap_first(&core->request_timers);
    uint64_t due = node ? node->key : UINT64_MAX; /* wall clock, as deadlines and timed messages are */
    due = timed_next_ns(core) < due ? timed_next_ns(core) : due;
    if (due != UINT64_MAX) {
        uint64_t left = due > core->now_ns ? due - core->now_ns : 0;
        wake = core->up_ns + left < wake ? core->up_ns + left : wake; /* at most 366 days: no overflow */
    }
    return wake;
}
