/* core_session.c - connections: hello and welcome, heartbeats, credit, fencing, certificates, the end.
 * Who the peer is comes from its transport key alone, looked up in the policy in force on every frame (so revocation works).
 * Hands publishes to publish.c, receipts to settle.c, questions to operate.c. */
#include "core_internal.h"

#include <stdio.h>

#include "fault.h"
#include "schema.h"

static const uint64_t ns_per_ms = 1000000;

struct client *client_of(const struct core *core, uint64_t peer)
{
    return map_get_number(&core->sessions, peer);
}

static void send_error(struct core *core, uint64_t peer, const struct truc_fault *fault)
{
    struct command command = {.kind = COMMAND_ERROR};
    command.error = (struct command_error){.code = (uint32_t)-fault->code, .text = bytes_string(fault->text),
                                           .where = bytes_string(fault->where), .hint = bytes_string(fault->hint)};
    core_send(core, peer, &command);
    core_effect(core, EFFECT_CLOSE)->close.peer = peer;
}

static void record(struct core *core, const struct client *session, enum record_session_event event, int code, const char *text)
{
    struct buffer body = {0};
    struct record_session value = {
        .system = bytes_string(session->system), .event = event, .session = bytes_of(session->id, sizeof session->id),
        .transport_key = bytes_of(session->transport_key, sizeof session->transport_key),
        .code = (uint32_t)-code, .text = bytes_string(text)};
    record_session_encode(&value, &body);
    if (buffer_failed(&body))
        core->out_of_memory = true;
    else
        core_append(core, RECORD_SESSION, buffer_view(&body), true);
    buffer_free(&body);
}

static void held_free(struct client *session)
{
    list_each(link, &session->held)
        free(list_element(link, struct held_frame, link));
    list_init(&session->held);
    session->held_count = 0;
    session->held_bytes = 0;
}

static void client_free(struct core *core, struct client *session)
{
    map_remove_number(&core->sessions, session->peer);
    if (session->follows)
        core->followers--;
    held_free(session);
    map_free(&session->certificates_sent);
    free(session);
}

/* Ends the bookkeeping; what was out goes back to its queue. */
static void forget(struct core *core, struct client *session, int code, const char *text)
{
    struct destination *destination = session->destination;
    record(core, session, RECORD_SESSION_CLOSED, code, text);
    if (destination && destination->session == session) {
        destination->session = NULL;
        destination->away_since_up_ns = core->up_ns;
        queue_recall(&destination->queue);
    }
    core_log(core, 6, "%s: disconnected%s%s", session->system, *text ? ": " : "", text);
    client_free(core, session);
}

void client_gone(struct core *core, uint64_t peer)
{
    struct client *session = client_of(core, peer);
    if (session)
        forget(core, session, 0, "");
}

void client_end(struct core *core, struct client *session, int code, const char *text)
{
    struct truc_fault fault = {0};
    fault_set(&fault, code, "%s", text);
    send_error(core, session->peer, &fault);
    forget(core, session, code, fault.text);
}

void client_free_all(struct core *core)
{
    size_t at = 0;
    struct client *session;
    while ((session = map_next(&core->sessions, &at))) {
        held_free(session);
        map_free(&session->certificates_sent);
        free(session);
    }
    map_free(&core->sessions);
}

/* ---- hello ---- */

static int check_hello(const struct core *core, const struct policy_system *system, const struct command_hello *hello,
                       struct truc_fault *fault)
{
    if (core->stopping)
        return fault_set(fault, TRUC_E_SHUTTING_DOWN, "the broker is stopping");
    if (hello->version_min > PROTOCOL_VERSION || hello->version_max < PROTOCOL_VERSION)
        return fault_set(fault, TRUC_E_VERSION, "version %d is spoken here, not %u..%u", PROTOCOL_VERSION, hello->version_min,
                         hello->version_max);
    if (!bytes_equal_string(hello->bus, core->policy->bus_id))
        return fault_set(fault, TRUC_E_WRONG_BUS, "this is bus '%s'", core->policy->bus_id);
    if (!bytes_equal_string(hello->system, system->id))
        return fault_set(fault, TRUC_E_NOT_SENDER, "the key is that of '%s', hello says '%.*s'", system->id, BYTES_PRINTF(hello->system));
    if (hello->session.size != PROTOCOL_SESSION_BYTES)
        return fault_set(fault, TRUC_E_PROTOCOL, "hello.session is not 16 bytes");
    const struct destination *own = core_find_destination(core, hello->system);
    if (core->sessions.count >= core->policy->limits.sessions_max && (own == NULL || own->session == NULL)) /* one of its own would go */
        return fault_set(fault, TRUC_E_LIMIT, "sessions_max (%u) clients are connected", core->policy->limits.sessions_max);
    return 0;
}

static void append_permissions(struct core *core, const char *system, struct buffer *out)
{
    const struct policy *policy = core->policy;
    for (uint32_t i = 0; i < policy->agreements_count; i++) {
        const struct policy_agreement *agreement = &policy->agreements[i];
        bool provider = strcmp(agreement->provider->id, system) == 0;
        if (!provider && strcmp(agreement->consumer->id, system) != 0)
            continue;
        for (uint32_t t = 0; t < agreement->types_count; t++) {
            bool asks = agreement->messages[t]->reply != NULL; /* a request goes from consumer to provider */
            struct permission permission = {
                .type = bytes_string(agreement->types[t]),
                .peer = bytes_string(provider ? agreement->consumer->id : agreement->provider->id),
                .direction = provider != asks ? PERMISSION_SEND : PERMISSION_RECEIVE,
                .agreement = bytes_string(agreement->name), .valid_until_ns = agreement->valid_until_ns};
            permission_append(out, &permission);
        }
    }
}

static int welcome(struct core *core, const struct client *session)
{
    struct buffer permissions = {0};
    append_permissions(core, session->system, &permissions);
    if (buffer_failed(&permissions)) {
        buffer_free(&permissions);
        return TRUC_E_MEMORY;
    }
    struct command command = {.kind = COMMAND_WELCOME};
    command.welcome = (struct command_welcome){
        .version = PROTOCOL_VERSION, .bus = bytes_string(core->policy->bus_id), .time_ns = core->now_ns,
        .message_bytes_max = core->policy->limits.message_bytes_max, .bundle_messages_max = core->policy->limits.bundle_messages_max,
        .publish_credit_bytes = core->policy->limits.sender_credit_bytes, .heartbeat_ms = CORE_HEARTBEAT_MS,
        .permissions = buffer_view(&permissions), .configuration = sha256_view(&core->policy->hash)};
    core_send(core, session->peer, &command);
    buffer_free(&permissions);
    return 0;
}

static void notice(struct core *core, const struct client *session, int code, const char *text)
{
    struct command command = {.kind = COMMAND_NOTICE};
    command.error = (struct command_error){.code = (uint32_t)code, .text = bytes_string(text)};
    core_send(core, session->peer, &command);
}

static int open_client(struct core *core, uint64_t peer, const struct policy_system *system, const uint8_t *transport_key,
                        const struct command_hello *hello)
{
    struct client *session = calloc(1, sizeof *session);
    if (session == NULL)
        return TRUC_E_MEMORY;
    session->peer = peer;
    session->role = system->role;
    session->receive_credit_bytes = hello->receive_credit_bytes;
    session->heard_up_ns = session->pinged_up_ns = core->up_ns;
    memcpy(session->system, system->id, strlen(system->id));
    memcpy(session->transport_key, transport_key, sizeof session->transport_key);
    memcpy(session->id, hello->session.data, sizeof session->id);
    list_init(&session->held);
    if (map_put_number(&core->sessions, peer, session) < 0) {
        free(session);
        return TRUC_E_MEMORY;
    }
    if (system->role == POLICY_ROLE_SYSTEM) {
        struct destination *destination = core_destination(core, bytes_string(system->id));
        if (destination == NULL)
            return TRUC_E_MEMORY;
        if (destination->session)
            client_end(core, destination->session, TRUC_E_FENCED, truc_error_meaning(TRUC_E_FENCED));
        session->destination = destination;
        destination->session = session;
    }
    record(core, session, RECORD_SESSION_OPENED, 0, "");
    core_log(core, 6, "%s: connected (%.*s)", session->system, BYTES_PRINTF(hello->software));
    int code = welcome(core, session);
    if (code == 0 && core->blocked)
        notice(core, session, -TRUC_E_BLOCKED, core->blocked_text);
    return code < 0 || session->destination == NULL ? code : deliver_pump(core, session->destination);
}

/* Denials are evidence too; one that comes back again and again is only counted against its rate, and logged. */
static void record_refused_hello(struct core *core, const struct policy_system *system, const uint8_t *transport_key,
                                 const struct truc_fault *fault)
{
    enum { RECORDS_A_MINUTE = 10 };
    char name[PROTOCOL_NAME_BYTES_MAX + 16];
    (void)snprintf(name, sizeof name, "hello?%s", system->id); /* no agreement's name holds a question mark */
    core_log(core, 5, "%s: hello refused: %s", system->id, truc_error_name(fault->code));
    if (rates_take(&core->rates, bytes_string(name), RECORDS_A_MINUTE, 60000 * ns_per_ms, core->up_ns) < 0)
        return;
    struct buffer body = {0};
    struct record_session value = {
        .system = bytes_string(system->id), .event = RECORD_SESSION_REFUSED, .transport_key = bytes_of(transport_key, CORE_TRANSPORT_KEY_BYTES),
        .code = (uint32_t)-fault->code, .text = bytes_string(fault->text)};
    record_session_encode(&value, &body);
    if (buffer_failed(&body))
        core->out_of_memory = true;
    else
        core_append(core, RECORD_SESSION, buffer_view(&body), true);
    buffer_free(&body);
}

static int take_hello(struct core *core, uint64_t peer, const struct policy_system *system, const uint8_t *transport_key,
                      const struct command *command)
{
    struct truc_fault fault = {0};
    if (command->kind != COMMAND_HELLO) {
        fault_set(&fault, TRUC_E_SESSION, "'%s' came before hello", command_name(command->kind));
    } else if (check_hello(core, system, &command->hello, &fault) == 0) {
        return open_client(core, peer, system, transport_key, &command->hello);
    }
    record_refused_hello(core, system, transport_key, &fault);
    send_error(core, peer, &fault);
    return 0;
}

/* ---- commands of an open session ---- */

static int hold(struct core *core, struct client *session, struct bytes frame)
{
    if (session->held_count == CORE_HELD_FRAMES_MAX ||
        (session->held_count && session->held_bytes + frame.size > core->policy->limits.sender_credit_bytes + CORE_HELD_SPARE_BYTES)) {
        client_end(core, session, TRUC_E_CREDIT, "more publishes than are held back for one sender");
        return 0;
    }
    struct held_frame *held = malloc(sizeof *held + frame.size);
    if (held == NULL)
        return TRUC_E_MEMORY;
    *held = (struct held_frame){.size = frame.size};
    memcpy(held->data, frame.data, frame.size);
    list_append(&session->held, &held->link);
    session->held_count++;
    session->held_bytes += frame.size;
    return 0;
}

/* Takes what was held back for one client. It may end meanwhile: 1; then nothing of it may be touched any more. */
static int release_one(struct core *core, struct client *session)
{
    uint64_t peer = session->peer;
    struct list_link *link;
    while ((link = list_first(&session->held))) {
        struct held_frame *held = list_element(link, struct held_frame, link);
        struct bytes frame = core_keep(core, bytes_of(held->data, held->size));
        struct command command;
        list_remove(link);
        session->held_count--;
        session->held_bytes -= held->size;
        free(held);
        int code = command_decode(frame, &command, NULL); /* it was decoded once: it fails only without memory */
        if (code == 0)
            code = publish_take(core, session, &command.publish);
        if (code < 0)
            return code;
        if (client_of(core, peer) != session)
            return 1;
    }
    return 0;
}

int client_release_held(struct core *core)
{
    size_t at = 0;
    struct client *session;
    int code = 0;
    core->releasing = true;
    while (code >= 0 && (session = map_next(&core->sessions, &at))) {
        code = release_one(core, session);
        if (code == 1)
            at = 0; /* the table has changed: begin again; those released before hold nothing any more */
    }
    core->releasing = false;
    return code < 0 ? code : 0;
}

/* A new configuration may know a client's key no longer, or as another's; such a client is told and sent away. */
void client_check_all(struct core *core)
{
    size_t at = 0;
    struct client *session;
    while ((session = map_next(&core->sessions, &at))) {
        const struct policy_system *system = policy_system_by_transport_key(core->policy, session->transport_key);
        if (system == NULL || strcmp(session->system, system->id) != 0 || system->role != session->role)
            client_end(core, session, TRUC_E_UNKNOWN_KEY, "the new configuration knows the transport key no longer, or for another role");
        else if (system->suspended)
            client_end(core, session, TRUC_E_SUSPENDED, truc_error_meaning(TRUC_E_SUSPENDED));
        else
            continue;
        at = 0; /* the table has changed: begin again */
    }
}

static int take_command(struct core *core, struct client *session, const struct command *command, struct bytes frame)
{
    switch (command->kind) {
    case COMMAND_PUBLISH:
        if (core->stopping) {
            client_end(core, session, TRUC_E_SHUTTING_DOWN, "the broker is stopping");
            return 0;
        }
        return core->blocked ? hold(core, session, frame) : publish_take(core, session, &command->publish);
    case COMMAND_CREDIT:
        if (command->credit.bytes > PROTOCOL_FRAME_BYTES_MAX * 64ull ||
            session->receive_credit_bytes > UINT64_MAX / 2) {
            client_end(core, session, TRUC_E_PROTOCOL, "credit.bytes is out of range");
            return 0;
        }
        session->receive_credit_bytes += command->credit.bytes;
        return session->destination ? deliver_pump(core, session->destination) : 0;
    case COMMAND_SETTLE:
        return settle_take(core, session, &command->settle);
    case COMMAND_ASK:
        return operate_take(core, session, &command->ask);
    case COMMAND_PING: {
        struct command pong = {.kind = COMMAND_PONG};
        pong.ping.number = command->ping.number;
        core_send(core, session->peer, &pong);
        return 0;
    }
    case COMMAND_PONG:
        return 0; /* having been heard is all it says */
    case COMMAND_BYE:
        core_effect(core, EFFECT_CLOSE)->close.peer = session->peer;
        forget(core, session, 0, "bye");
        return 0;
    default:
        client_end(core, session, TRUC_E_PROTOCOL, "this command is not a client's");
        return 0;
    }
}

int client_frame(struct core *core, uint64_t peer, const uint8_t *transport_key, struct bytes frame)
{
    struct truc_fault fault = {0};
    struct command command = {0};
    struct client *session = client_of(core, peer);
    const struct policy_system *system = policy_system_by_transport_key(core->policy, transport_key);
    if (system == NULL || (session && strcmp(session->system, system->id) != 0))
        fault_set(&fault, TRUC_E_UNKNOWN_KEY, "the transport key belongs to no system in the configuration in force");
    else if (system->suspended)
        fault_set(&fault, TRUC_E_SUSPENDED, "system '%s' is suspended", system->id);
    else
        command_decode(frame, &command, &fault);
    if (fault.code) {
        if (session)
            client_end(core, session, fault.code, fault.text);
        else
            send_error(core, peer, &fault);
        return 0;
    }
    if (session == NULL)
        return take_hello(core, peer, system, transport_key, &command);
    session->heard_up_ns = core->up_ns;
    return take_command(core, session, &command, frame);
}

/* ---- time, notices, the end ---- */

static void ping(struct core *core, struct client *session)
{
    struct command command = {.kind = COMMAND_PING};
    command.ping.number = core->up_ns;
    core_send(core, session->peer, &command);
    session->pinged_up_ns = core->up_ns;
}

int client_tick(struct core *core)
{
    const uint64_t beat = CORE_HEARTBEAT_MS * ns_per_ms;
    size_t at = 0;
    struct client *session;
    while ((session = map_next(&core->sessions, &at))) {
        if (core->up_ns - session->heard_up_ns > beat * CORE_HEARTBEATS_MISSED_MAX) {
            client_end(core, session, TRUC_E_TIMEOUT, "nothing was heard from it");
            at = 0; /* the table has changed: begin again */
        } else if (core->up_ns - session->heard_up_ns >= beat && core->up_ns - session->pinged_up_ns >= beat) {
            ping(core, session);
        }
    }
    return 0;
}

void client_notice_all(struct core *core, int code, const char *text)
{
    size_t at = 0;
    const struct client *session;
    while ((session = map_next(&core->sessions, &at)))
        notice(core, session, code, text);
}

void client_send_permissions(struct core *core)
{
    size_t at = 0;
    const struct client *session;
    while ((session = map_next(&core->sessions, &at)))
        if (welcome(core, session) < 0)
            core->out_of_memory = true;
}

void client_stop_all(struct core *core)
{
    size_t at;
    struct client *session;
    core->stopping = true;
    while (at = 0, (session = map_next(&core->sessions, &at))) {
        struct command command = {.kind = COMMAND_BYE};
        command.bye.text = bytes_string("the broker is stopping");
        core_send(core, session->peer, &command);
        core_effect(core, EFFECT_CLOSE)->close.peer = session->peer;
        forget(core, session, TRUC_E_SHUTTING_DOWN, "the broker is stopping");
    }
}
