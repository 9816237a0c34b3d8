/* client.c - what is known of a connection that said hello, how it is told something, and how it ends.
 * Opening is hello.c's, its commands are dispatch.c's.
 * See client.h. */
#include "client.h"

#include <stdlib.h>

#include "core_emit.h"
#include "fault.h"
#include "quarantine.h"
#include "time_text.h"
#include "transfer.h"

struct client *client_of(const struct core *core, uint64_t peer)
{
    return map_get_number(&core->sessions, peer);
}

void client_send_error(struct core *core, uint64_t peer, const struct truc_fault *fault)
{
    struct command command = {.kind = COMMAND_ERROR};
    command.error = (struct command_error){.code = (uint32_t)-fault->code,
                                           .text = bytes_string(fault->text),
                                           .where = bytes_string(fault->where),
                                           .hint = bytes_string(fault->hint)};
    core_send(core, peer, &command);
    core_close(core, peer);
}

void client_journal(struct core *core, const struct record_session *value)
{
    struct buffer body = {0};
    record_session_encode(value, &body);
    if (buffer_failed(&body))
        core->out_of_memory = true;
    else
        core_append(core, RECORD_SESSION, buffer_view(&body), true);
    buffer_free(&body);
}

void client_record(struct core *core, const struct client *session, enum record_session_event event, int code,
                   const char *text)
{
    const struct record_session value = {.system = bytes_string(session->system),
                                         .event = event,
                                         .session = bytes_of(session->id, sizeof session->id),
                                         .transport_key =
                                             bytes_of(session->transport_key, sizeof session->transport_key),
                                         .code = (uint32_t)-code,
                                         .text = bytes_string(text)};
    client_journal(core, &value);
}

static void held_free(struct client *session)
{
    list_each(link, &session->held)
        free(list_element(link, struct held_frame, link));
    list_init(&session->held);
    session->held_count = 0;
    session->held_bytes = 0;
}

static void client_parts_free(struct core *core, struct client *session)
{
    held_free(session);
    transfer_forget_all(core, session);
    free(session->looked);
    free(session->blobs);
    turned_away_free(&session->turned_away);
    map_free(&session->certificates_sent);
}

static void client_free(struct core *core, struct client *session)
{
    map_remove_number(&core->sessions, session->peer);
    if (session->follows)
        core->followers--;
    client_parts_free(core, session);
    free(session);
}

/* It said no bye and broke no rule: its process may have died. */
static bool was_lost(int code, const char *text)
{
    return *text == '\0' || code == TRUC_E_TIMEOUT || code == TRUC_E_FENCED;
}

/* Ends the bookkeeping; what was out goes back to its queue. */
void client_forget(struct core *core, struct client *session, int code, const char *text)
{
    struct destination *destination = session->destination;
    client_record(core, session, RECORD_SESSION_CLOSED, code, text);
    if (destination && destination->session == session) {
        destination->session = NULL;
        destination->away_since_up_ns = core->up_ns;
        if (was_lost(code, text))
            quarantine_lost(core, destination);
        queue_recall(&destination->queue);
    }
    if (code < 0 && code != TRUC_E_SHUTTING_DOWN)
        core_log(core, 5, "%s: disconnected: %s: %s", session->system, truc_error_name(code), text);
    else
        core_log(core, 6, "%s: disconnected%s%s", session->system, *text ? ": " : "", text);
    client_free(core, session);
}

void client_gone(struct core *core, uint64_t peer, int code, const char *text)
{
    struct client *session = client_of(core, peer);
    if (session)
        client_forget(core, session, code, text);
}

void client_end(struct core *core, struct client *session, int code, const char *text)
{
    struct truc_fault fault = {0};
    fault_set(&fault, code, "%s", text);
    client_send_error(core, session->peer, &fault);
    client_forget(core, session, code, fault.text);
}

void client_free_all(struct core *core)
{
    size_t at = 0;
    struct client *session;
    while ((session = map_next(&core->sessions, &at))) {
        client_parts_free(core, session);
        free(session);
    }
    map_free(&core->sessions);
}

/* ---- telling ---- */

void client_notice(struct core *core, const struct client *session, int code, const char *text)
{
    struct command command = {.kind = COMMAND_NOTICE};
    command.error = (struct command_error){.code = (uint32_t)code, .text = bytes_string(text)};
    core_send(core, session->peer, &command);
}

void client_notice_all(struct core *core, int code, const char *text)
{
    size_t at = 0;
    const struct client *session;
    while ((session = map_next(&core->sessions, &at)))
        client_notice(core, session, code, text);
}

void client_fill_answer(struct command *command, uint64_t number, const struct truc_fault *fault, struct bytes result)
{
    command->answer = (struct command_answer){.number = number, .result = result};
    if (fault && fault->code) {
        command->answer.code = (uint32_t)-fault->code;
        command->answer.text = bytes_string(fault->text);
        command->answer.hint = bytes_string(fault->hint);
    }
}

void client_answer(struct core *core, const struct client *session, uint64_t number, const struct truc_fault *fault,
                   struct bytes result, bool more)
{
    struct command command = {.kind = COMMAND_ANSWER};
    client_fill_answer(&command, number, fault, result);
    command.answer.more = more;
    core_send(core, session->peer, &command);
}

/* ---- time, a new configuration, the end of all ---- */

static void ping(struct core *core, struct client *session)
{
    struct command command = {.kind = COMMAND_PING};
    command.ping.number = core->up_ns;
    core_send(core, session->peer, &command);
    session->pinged_up_ns = core->up_ns;
}

int client_tick(struct core *core)
{
    const uint64_t beat = CORE_HEARTBEAT_MS * TIME_NS_PER_MS;
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

/* A new configuration may know a client's key no longer, or as another's; such a client is told and sent away. Others are
 * sent the certificates anew that they need: a key may have got a new one in place of one that ends. */
void client_check_all(struct core *core)
{
    size_t at = 0;
    struct client *session;
    while ((session = map_next(&core->sessions, &at))) {
        const struct policy_system *system = policy_system_by_transport_key(core->policy, session->transport_key);
        if (system == NULL || strcmp(session->system, system->id) != 0 || system->role != session->role)
            client_end(core, session, TRUC_E_UNKNOWN_KEY,
                       "the new configuration knows the transport key no longer, or for another role");
        else if (system->suspended)
            client_end(core, session, TRUC_E_SUSPENDED, truc_error_meaning(TRUC_E_SUSPENDED));
        else {
            map_free(&session->certificates_sent);
            continue;
        }
        at = 0; /* the table has changed: begin again */
    }
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
        core_close(core, session->peer);
        client_forget(core, session, TRUC_E_SHUTTING_DOWN, "the broker is stopping");
    }
}
