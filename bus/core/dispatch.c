/* dispatch.c - a frame from a peer: who it is, what it says, and the file that takes it.
 * Who the peer is comes from its transport key alone, looked up in the policy in force on every frame (so revocation works).
 * See dispatch.h. */
#include "dispatch.h"

#include "blob_get.h"
#include "blob_put.h"
#include "client.h"
#include "core_emit.h"
#include "deliver.h"
#include "fault.h"
#include "hello.h"
#include "held.h"
#include "operate.h"
#include "settle.h"

/* Having been heard is all that most say; one that answers a probe shows what was read. */
static int take_pong(struct core *core, struct client *session, uint64_t number)
{
    if (session->probe_number == 0 || number != session->probe_number)
        return 0;
    session->read_bytes = session->probe_bytes;
    session->probe_number = 0;
    return session->destination ? deliver_pump(core, session->destination) : 0;
}

static void take_stop(struct core *core, struct client *session, const struct command_blob_stop *stop)
{
    struct transfer *transfer = transfer_find(session, stop->number);
    if (transfer)
        transfer_close(core, session, transfer, stop->discard ? TRANSFER_DISCARD : TRANSFER_KEEP);
}

static int take_command(struct core *core, struct client *session, const struct command *command, struct bytes frame)
{
    switch (command->kind) {
    case COMMAND_PUBLISH:
        if (core->stopping) {
            client_end(core, session, TRUC_E_SHUTTING_DOWN, "the broker is stopping");
            return 0;
        }
        return held_publish(core, session, &command->publish, frame);
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
    case COMMAND_BLOB_PUT:
        return blob_put_take(core, session, &command->blob_put);
    case COMMAND_BLOB_CHUNK:
        blob_put_chunk(core, session, &command->blob_chunk);
        return 0;
    case COMMAND_BLOB_GET:
        return blob_get_take(core, session, &command->blob_get);
    case COMMAND_BLOB_MORE:
        blob_get_more(core, session, &command->blob_more);
        return 0;
    case COMMAND_BLOB_STOP:
        take_stop(core, session, &command->blob_stop);
        return 0;
    case COMMAND_PING: {
        struct command pong = {.kind = COMMAND_PONG};
        pong.ping.number = command->ping.number;
        core_send(core, session->peer, &pong);
        return 0;
    }
    case COMMAND_PONG:
        return take_pong(core, session, command->ping.number);
    case COMMAND_BYE:
        core_close(core, session->peer);
        client_forget(core, session, 0, "bye");
        return 0;
    case COMMAND_HELLO:
        client_end(core, session, TRUC_E_PROTOCOL, "hello came twice in one connection");
        return 0;
    default:
        client_end(core, session, TRUC_E_PROTOCOL, "this command is not a client's");
        return 0;
    }
}

int dispatch_frame(struct core *core, uint64_t peer, const uint8_t *transport_key, struct bytes frame)
{
    struct truc_fault fault = {0};
    struct command command = {0};
    struct client *session = client_of(core, peer);
    if (core_is_closed(core, peer))
        return 0; /* a new session here would get what the old one waits for */
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
            hello_refuse(core, peer, system, transport_key, &fault);
        return 0;
    }
    if (session == NULL)
        return hello_take(core, peer, system, transport_key, &command);
    session->heard_up_ns = core->up_ns;
    if (command.kind != COMMAND_PONG && client_unread_bytes(session) > CORE_UNREAD_BYTES_MAX) {
        client_end(core, session, TRUC_E_LIMIT, "it asks for more and does not read what it is sent");
        return 0;
    }
    return take_command(core, session, &command, frame);
}
