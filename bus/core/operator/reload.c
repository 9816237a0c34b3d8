/* reload.c - remembers who asked for a reload until its end is known, then journals and answers.
 * The operation's record follows that of the configuration in the same group: neither is there without the other.
 * See reload.h. */
#include "reload.h"

#include "client.h"
#include "core_emit.h"
#include "fault.h"
#include "operation.h"
#include "protobuf_wire.h"
#include "text.h"

int reload_ask(struct core *core, const struct client *session, uint64_t number, const struct change *change,
               struct truc_fault *fault)
{
    struct asked_reload *reload = &core->reload;
    if (reload->is_open)
        return fault_set(fault, TRUC_E_STATE, "'%s' has just asked for a reload; it has not ended yet",
                         reload->operator_id);
    *reload = (struct asked_reload){
        .is_open = true, .peer = session->peer, .number = number, .accept_schema_change = change->accept_schema_change};
    text_copy(reload->operator_id, sizeof reload->operator_id, bytes_string(session->system));
    text_copy(reload->reason, sizeof reload->reason, change->reason);
    core_effect(core, EFFECT_RELOAD)->reload.accept_schema_change = change->accept_schema_change;
    return 0;
}

static void put_reloaded(const struct core *core, const struct core_reloaded *reloaded, struct buffer *out)
{
    wire_put_uint(out, 1, (uint64_t)-reloaded->code);
    wire_put_bool(out, 2, reloaded->changed);
    wire_put_bytes(out, 3, sha256_view(&core->policy->hash));
    wire_put_bytes(out, 4, reloaded->text);
    wire_put_bytes(out, 5, reloaded->problems);
    wire_put_bytes(out, 6, reloaded->difference);
    wire_put_bytes(out, 7, reloaded->restart);
    wire_put_bool(out, 8, reloaded->clock_accepted);
}

int reload_done(struct core *core, const struct core_reloaded *reloaded)
{
    struct asked_reload *reload = &core->reload;
    if (!reload->is_open)
        return TRUC_E_INTERNAL;    /* nobody asked the core */
    struct buffer arguments = {0}; /* the reason stands beside them */
    wire_put_bool(&arguments, 3, reload->accept_schema_change);
    const struct record_operation record = {.operator_id = bytes_string(reload->operator_id),
                                            .verb = bytes_string(RELOAD_VERB),
                                            .arguments = buffer_view(&arguments),
                                            .reason = bytes_string(reload->reason),
                                            .code = (uint32_t)-reloaded->code};
    const struct client *session = client_of(core, reload->peer);
    struct buffer result = {0};
    int code = buffer_failed(&arguments) ? TRUC_E_MEMORY : operation_journal(core, &record);
    buffer_free(&arguments);
    put_reloaded(core, reloaded, &result);
    if (code == 0)
        code = buffer_failed(&result);
    if (code == 0 && session)
        code = operation_answer(core, session, reload->number, NULL, buffer_view(&result));
    reload->is_open = false;
    buffer_free(&result);
    return code;
}
