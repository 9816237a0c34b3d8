/* core.c - the state machine's hub: creation, the step, and the ways of appending effects.
 * What an event means is in the file of its subject: core_session.c, publish.c, deliver.c, settle.c, request.c, operate.c.
 * Called by bus/io/engine.c for every event, in the daemon and in the simulation. */
#include "core_internal.h"

#include <stdarg.h>
#include <stdio.h>

#include "fault.h"
#include "text.h"

static void set_hash_keys(struct core *core)
{
    memcpy(core->destinations.hash_key, core->settings.hash_key, sizeof core->settings.hash_key);
    memcpy(core->rates.by_name.hash_key, core->settings.hash_key, sizeof core->settings.hash_key);
}

int core_create(const struct core_settings *settings, struct core **ret_core, struct truc_fault *fault)
{
    struct core *core = calloc(1, sizeof *core);
    if (core == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the core");
    core->settings = *settings;
    core->policy = settings->policy;
    core->recovering = true;
    list_init(&core->awaiting);
    set_hash_keys(core);
    *ret_core = core;
    return 0;
}

static void destination_free(struct destination *destination)
{
    list_each(link, &destination->dead)
        free(list_element(link, struct dead_letter, link));
    map_free(&destination->generations);
    queue_free(&destination->queue);
    free(destination);
}

void core_restart(struct core *core)
{
    client_free_all(core);
    request_free_all(core); /* they point at destinations */
    for (size_t i = 0; i < core->destination_count; i++)
        destination_free(core->destination_table[i]);
    free(core->destination_table);
    core->destination_table = NULL;
    core->destination_count = core->destination_capacity = 0;
    map_free(&core->destinations);
    dedupe_free(&core->dedupe);
    rates_free(&core->rates);
    awaiting_free_all(core);
    core->next_sequence = core->configuration_sequence = 0;
    set_hash_keys(core);
}

void core_free(struct core *core)
{
    if (core == NULL)
        return;
    core_restart(core);
    buffer_free(&core->scratch);
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

size_t core_destination_count(const struct core *core)
{
    return core->destination_count;
}

const char *core_destination_name(const struct core *core, uint32_t destination)
{
    return core->destination_table[destination]->system;
}

uint64_t core_destination_list_count(const struct core *core, uint32_t destination)
{
    return core->destination_table[destination]->queue.count;
}

uint64_t core_destination_list_cursor(const struct core *core, uint32_t destination)
{
    return core->destination_table[destination]->queue.cursor;
}

struct destination *core_find_destination(const struct core *core, struct bytes system)
{
    return map_get_bytes(&core->destinations, system);
}

struct destination *core_destination(struct core *core, struct bytes system)
{
    struct destination *destination = core_find_destination(core, system);
    if (destination || system.size > PROTOCOL_NAME_BYTES_MAX)
        return destination;
    if (core->destination_count == core->destination_capacity) {
        size_t capacity = core->destination_capacity ? core->destination_capacity * 2 : 32;
        struct destination **table = realloc(core->destination_table, capacity * sizeof(struct destination *));
        if (table == NULL)
            return NULL;
        core->destination_table = table;
        core->destination_capacity = capacity;
    }
    destination = calloc(1, sizeof *destination);
    if (destination == NULL)
        return NULL;
    memcpy(destination->system, system.data, system.size);
    destination->number = (uint32_t)core->destination_count;
    destination->away_since_up_ns = core->up_ns;
    list_init(&destination->dead);
    queue_init(&destination->queue);
    destination->queue.loading = core->recovering; /* during recovery nothing enters the window */
    if (map_put_bytes(&core->destinations, bytes_string(destination->system), destination) < 0) {
        free(destination);
        return NULL;
    }
    core->destination_table[core->destination_count++] = destination;
    return destination;
}

void core_copy_text(char *to, size_t size, struct bytes from)
{
    size_t length = text_cut_utf8((const char *)from.data, from.size, size - 1);
    if (length)
        memcpy(to, from.data, length);
    to[length] = 0;
}

/* ---- effects ---- */

struct effect *core_effect(struct core *core, enum effect_kind kind)
{
    struct effect *effect = arena_alloc(&core->effects->arena, sizeof *effect);
    if (effect == NULL) {
        core->out_of_memory = true;
        return &core->lost_effect;
    }
    effect->kind = kind;
    if (core->effects->last)
        core->effects->last->next = effect;
    else
        core->effects->first = effect;
    core->effects->last = effect;
    return effect;
}

struct bytes core_keep(struct core *core, struct bytes view)
{
    struct bytes kept = arena_copy(&core->effects->arena, view);
    if (view.size && kept.data == NULL) {
        core->out_of_memory = true;
        return BYTES_EMPTY;
    }
    return kept;
}

static struct effect *append_effect(struct core *core, enum record_kind kind, struct bytes body, bool lazy)
{
    struct effect *effect = core_effect(core, EFFECT_APPEND);
    effect->append.kind = kind;
    effect->append.time_ns = core->now_ns;
    effect->append.lazy = lazy;
    effect->append.body = core_keep(core, body);
    return effect;
}

uint64_t core_append(struct core *core, enum record_kind kind, struct bytes body, bool lazy)
{
    append_effect(core, kind, body, lazy);
    return core->next_sequence++;
}

uint64_t core_append_message(struct core *core, struct bytes body, struct bytes salt, struct bytes payload)
{
    struct effect *effect = append_effect(core, RECORD_ACCEPTED, body, false);
    effect->append.has_payload = true;
    effect->append.payload_is_passing = core->releasing;
    effect->append.salt = salt;
    effect->append.payload = payload;
    return core->next_sequence++;
}

void core_send(struct core *core, uint64_t peer, const struct command *command)
{
    struct buffer frame = {0};
    command_encode(command, &frame);
    if (buffer_failed(&frame)) {
        core->out_of_memory = true;
    } else {
        struct effect *effect = core_effect(core, EFFECT_SEND);
        effect->send.peer = peer;
        effect->send.frame = core_keep(core, buffer_view(&frame));
    }
    buffer_free(&frame);
}

void core_log(struct core *core, int level, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* a cut log line is still a log line */
    va_end(arguments);
    struct effect *effect = core_effect(core, EFFECT_LOG);
    effect->log.level = level;
    effect->log.text = (const char *)core_keep(core, bytes_of(text, strlen(text) + 1)).data;
}

/* ---- events ---- */

static int record_configuration(struct core *core, const char *origin)
{
    struct buffer files = {0}, body = {0};
    for (uint32_t i = 0; i < core->policy->files_count; i++) {
        const struct policy_file *file = &core->policy->files[i];
        struct sha256_digest digest = sha256_of(file->content);
        struct record_file entry = {.name = bytes_string(file->name), .sha256 = sha256_view(&digest)};
        record_file_append(&files, &entry);
        core_effect(core, EFFECT_OBJECT)->object.content = file->content;
    }
    for (uint32_t i = 0; i < core->policy->systems_count; i++)
        for (uint32_t k = 0; k < core->policy->systems[i].signing_keys_count; k++)
            core_effect(core, EFFECT_OBJECT)->object.content = core->policy->systems[i].signing_keys[k].certificate_der;
    struct record_configuration record = {
        .hash = sha256_view(&core->policy->hash), .files = buffer_view(&files), .origin = bytes_string(origin)};
    record_configuration_encode(&record, &body);
    int code = buffer_failed(&files) ? buffer_failed(&files) : buffer_failed(&body);
    if (code == 0)
        core->configuration_sequence = core_append(core, RECORD_CONFIGURATION, buffer_view(&body), false);
    buffer_free(&files);
    buffer_free(&body);
    return code;
}

static int take_policy(struct core *core, const struct policy *policy, const char *origin)
{
    core->policy = policy;
    for (uint32_t i = 0; i < policy->systems_count; i++)
        if (policy->systems[i].role == POLICY_ROLE_SYSTEM && core_destination(core, bytes_string(policy->systems[i].id)) == NULL)
            return TRUC_E_MEMORY;
    int code = record_configuration(core, origin);
    if (code < 0)
        return code;
    client_check_all(core);
    client_send_permissions(core);
    return deliver_pump_all(core);
}

static int take_room(struct core *core, bool blocked, const char *text)
{
    if (blocked == core->blocked)
        return 0;
    core->blocked = blocked;
    (void)snprintf(core->blocked_text, sizeof core->blocked_text, "%s", blocked ? text : "");
    core_log(core, blocked ? 4 : 5, "%s%s", blocked ? "blocked: " : "no longer blocked", core->blocked_text);
    client_notice_all(core, blocked ? -TRUC_E_BLOCKED : 0, core->blocked_text);
    return blocked ? 0 : client_release_held(core);
}

static int tick(struct core *core)
{
    uint64_t window = core->policy->limits.dedupe_window_ns;
    core->ticked_up_ns = core->up_ns;
    dedupe_forget(&core->dedupe, core->now_ns > window ? core->now_ns - window : 0, CORE_DEDUPE_MAX);
    int code = client_tick(core);
    if (code == 0)
        code = request_tick(core);
    if (code == 0)
        code = deliver_pump_all(core);
    return code;
}

static int dispatch(struct core *core, const struct core_event *event)
{
    switch (event->kind) {
    case CORE_EVENT_FRAME:
        return client_frame(core, event->frame.peer, event->frame.transport_key, event->frame.data);
    case CORE_EVENT_GONE:
        client_gone(core, event->gone.peer);
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
        return take_policy(core, event->policy.policy, event->policy.origin);
    case CORE_EVENT_PAGE:
        return deliver_page(core, event->page.destination, event->page.index, event->page.entries, event->page.count);
    case CORE_EVENT_FETCHED:
        return deliver_fetched(core, event->fetched.destination, event->fetched.messages, event->fetched.count);
    case CORE_EVENT_ROOM:
        return take_room(core, event->room.blocked, event->room.text);
    case CORE_EVENT_STOP:
        client_stop_all(core);
        return 0;
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
    core->started_ns = now->now_ns;
    for (size_t i = 0; i < core->destination_count; i++) {
        core->destination_table[i]->queue.loading = false;
        core->destination_table[i]->away_since_up_ns = now->up_ns;
    }
    struct record_started record = {.software = bytes_string("trucd"), .reason = bytes_string("start")};
    record_started_encode(&record, &body);
    core_append(core, RECORD_STARTED, buffer_view(&body), false);
    int code = buffer_failed(&body);
    buffer_free(&body);
    if (code == 0)
        code = take_policy(core, core->policy, "start");
    return finish_step(core, code, fault);
}

uint64_t core_wake_up_ns(const struct core *core)
{
    uint64_t wake = core->ticked_up_ns + CORE_HEARTBEAT_MS * 1000000ull / 2; /* however busy it is in between */
    for (size_t i = 0; i < core->destination_count; i++) {
        uint64_t retry = queue_wake_up_ns(&core->destination_table[i]->queue);
        wake = retry < wake ? retry : wake;
    }
    const struct heap_node *node = heap_first(&core->request_timers);
    if (node) { /* deadlines are wall-clock instants */
        uint64_t left = node->key > core->now_ns ? node->key - core->now_ns : 0;
        wake = core->up_ns + left < wake ? core->up_ns + left : wake;
    }
    return wake;
}
