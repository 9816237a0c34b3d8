/* hello.c - hello and welcome: who may open a session, what it is told, and whom it fences.
 * A denial is journaled and logged too; of one that comes back again and again only so many a minute.
 * See hello.h. */
#include "hello.h"

#include <stdlib.h>

#include "client.h"
#include "core_emit.h"
#include "deliver.h"
#include "destination.h"
#include "fault.h"
#include "field_path.h"
#include "guard.h"
#include "schema.h"
#include "time_text.h"

enum { REFUSALS_JOURNALED_A_MINUTE = 10 }; /* of one system */
#define MINUTE_NS (60 * TIME_NS_PER_S)

static size_t sessions_of(const struct core *core, const char *system)
{
    size_t count = 0, at = 0;
    const struct client *session;
    while ((session = map_next(&core->sessions, &at)))
        count += strcmp(session->system, system) == 0;
    return count;
}

/* Room for one session more: of all, of this role's key, of this minute. */
static int check_room(struct core *core, const struct policy_system *system, struct truc_fault *fault)
{
    const struct destination *own = destination_find(core, bytes_string(system->id));
    if (core->sessions.count >= core->policy->limits.sessions_max &&
        (own == NULL || own->session == NULL)) /* one of its own would go */
        return fault_set(fault, TRUC_E_LIMIT, "sessions_max (%u) clients are connected",
                         core->policy->limits.sessions_max);
    if (system->role != POLICY_ROLE_SYSTEM && sessions_of(core, system->id) >= CORE_SESSIONS_OF_ROLE_MAX)
        return fault_set(fault, TRUC_E_LIMIT, "'%s' has %d sessions already", system->id, CORE_SESSIONS_OF_ROLE_MAX);
    if (!guard_take(core, "hello", system->id, CORE_SESSIONS_A_MINUTE_MAX, MINUTE_NS))
        return fault_set(fault, TRUC_E_LIMIT, "'%s' opens more than %d sessions a minute", system->id,
                         CORE_SESSIONS_A_MINUTE_MAX);
    return 0;
}

static int check_hello(struct core *core, const struct policy_system *system, const struct command_hello *hello,
                       struct truc_fault *fault)
{
    if (core->stopping)
        return fault_set(fault, TRUC_E_SHUTTING_DOWN, "the broker is stopping");
    if (hello->version_min > PROTOCOL_VERSION || hello->version_max < PROTOCOL_VERSION)
        return fault_set(fault, TRUC_E_VERSION, "version %d is spoken here, not %u..%u", PROTOCOL_VERSION,
                         hello->version_min, hello->version_max);
    if (!bytes_equal_string(hello->bus, core->policy->bus_id))
        return fault_set(fault, TRUC_E_WRONG_BUS, "this is bus '%s'", core->policy->bus_id);
    if (!bytes_equal_string(hello->system, system->id))
        return fault_set(fault, TRUC_E_NOT_SENDER, "the key is that of '%s', hello names another",
                         system->id); /* whether that one exists is not for everybody to know */
    if (hello->session.size != PROTOCOL_SESSION_BYTES)
        return fault_set(fault, TRUC_E_PROTOCOL, "hello.session is not 16 bytes");
    return check_room(core, system, fault);
}

/* What of a reply to the agreement's t-th type may leave, as field numbers: the provider needs no schema to keep to it. */
static void append_reply_fields(const struct policy_agreement *agreement, uint32_t t, struct buffer *out)
{
    for (uint32_t i = 0; i < agreement->reply_fields_count; i++) {
        const struct schema_path *path = &agreement->reply_paths[(size_t)t * agreement->reply_fields_count + i];
        struct field_path numbers = {.count = path->step_count};
        for (size_t s = 0; s < numbers.count; s++)
            numbers.numbers[s] = path->steps[s]->number;
        field_path_append(out, &numbers);
    }
}

static void append_permissions(struct core *core, const char *system, struct buffer *out)
{
    const struct policy *policy = core->policy;
    for (uint32_t i = 0; i < policy->agreements_count; i++) {
        const struct policy_agreement *agreement = &policy->agreements[i];
        bool provider = strcmp(agreement->provider->id, system) == 0;
        if (provider && agreement->observes)
            continue; /* who is observed sends nothing by it */
        if (!provider && strcmp(agreement->consumer->id, system) != 0)
            continue;
        for (uint32_t t = 0; t < agreement->types_count; t++) {
            bool asks = agreement->messages[t]->reply != NULL &&
                        !agreement->observes; /* a request goes from consumer to provider */
            BUFFER_CLEANUP struct buffer fields = {0};
            if (provider && asks)
                append_reply_fields(agreement, t, &fields);
            if (buffer_failed(&fields))
                core->out_of_memory = true;
            struct permission permission = {
                .type = bytes_string(agreement->types[t]),
                .peer = bytes_string(provider ? agreement->consumer->id : agreement->provider->id),
                .direction = provider != asks ? PERMISSION_SEND : PERMISSION_RECEIVE,
                .agreement = bytes_string(agreement->name),
                .valid_until_ns = agreement->valid_until_ns,
                .reply_fields = buffer_view(&fields)};
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
    const struct destination *own = session->destination;
    bool same_run = own && memcmp(own->answered_id, session->id, sizeof session->id) == 0;
    struct command command = {.kind = COMMAND_WELCOME};
    command.welcome = (struct command_welcome){.version = PROTOCOL_VERSION,
                                               .bus = bytes_string(core->policy->bus_id),
                                               .time_ns = core->now_ns,
                                               .message_bytes_max = core->policy->limits.message_bytes_max,
                                               .bundle_messages_max = core->policy->limits.bundle_messages_max,
                                               .publish_credit_bytes = core->policy->limits.sender_credit_bytes,
                                               .heartbeat_ms = CORE_HEARTBEAT_MS,
                                               .published_through = same_run ? own->answered_number : 0,
                                               .permissions = buffer_view(&permissions),
                                               .configuration = sha256_view(&core->policy->hash),
                                               .sandbox = core->policy->sandbox};
    core_send(core, session->peer, &command);
    buffer_free(&permissions);
    return 0;
}

static int open_client(struct core *core, uint64_t peer, const struct policy_system *system,
                       const uint8_t *transport_key, const struct command_hello *hello)
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
    list_init(&session->transfers);
    if (map_put_number(&core->sessions, peer, session) < 0) {
        free(session);
        return TRUC_E_MEMORY;
    }
    if (system->role == POLICY_ROLE_SYSTEM) {
        struct destination *destination = destination_get(core, bytes_string(system->id));
        if (destination == NULL)
            return TRUC_E_MEMORY;
        if (destination->session)
            client_end(core, destination->session, TRUC_E_FENCED, truc_error_meaning(TRUC_E_FENCED));
        session->destination = destination;
        destination->session = session;
    }
    client_record(core, session, RECORD_SESSION_OPENED, 0, "");
    core_log(core, 6, "%s: connected", session->system);
    int code = welcome(core, session);
    if (code == 0 && core->blocked)
        client_notice(core, session, -TRUC_E_BLOCKED, core->blocked_text);
    return code < 0 || session->destination == NULL ? code : deliver_pump(core, session->destination);
}

/* `system` may be NULL: the key is nobody's. */
static void record_refused_hello(struct core *core, const struct policy_system *system, const uint8_t *transport_key,
                                 const struct truc_fault *fault)
{
    if (!guard_take(core, "hello refused", system ? system->id : "", REFUSALS_JOURNALED_A_MINUTE, MINUTE_NS))
        return; /* of a flood the beginning is enough */
    core_log(core, 5, "%s: hello refused: %s: %s", system ? system->id : "a key of no system",
             truc_error_name(fault->code), fault->text);
    if (system == NULL)
        return; /* nobody whom a record could name */
    const struct record_session value = {.system = bytes_string(system->id),
                                         .event = RECORD_SESSION_REFUSED,
                                         .transport_key = bytes_of(transport_key, CORE_TRANSPORT_KEY_BYTES),
                                         .code = (uint32_t)-fault->code,
                                         .text = bytes_string(fault->text)};
    client_journal(core, &value);
}

void hello_refuse(struct core *core, uint64_t peer, const struct policy_system *system, const uint8_t *transport_key,
                  const struct truc_fault *fault)
{
    record_refused_hello(core, system, transport_key, fault);
    client_send_error(core, peer, fault);
}

int hello_take(struct core *core, uint64_t peer, const struct policy_system *system, const uint8_t *transport_key,
               const struct command *command)
{
    struct truc_fault fault = {0};
    if (command->kind != COMMAND_HELLO) {
        fault_set(&fault, TRUC_E_SESSION, "'%s' came before hello", command_name(command->kind));
    } else if (check_hello(core, system, &command->hello, &fault) == 0) {
        return open_client(core, peer, system, transport_key, &command->hello);
    }
    hello_refuse(core, peer, system, transport_key, &fault);
    return 0;
}

void hello_send_permissions(struct core *core)
{
    size_t at = 0;
    const struct client *session;
    while ((session = map_next(&core->sessions, &at)))
        if (welcome(core, session) < 0)
            core->out_of_memory = true;
}
