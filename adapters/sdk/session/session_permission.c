/* session_permission.c - what the agreements in force say this adapter may let out: known from the welcome, kept to in replies.
 * Not a judge: the broker decides about every message; this spares the program a refusal, and the far side its data.
 * Between handle_welcome and truc_reply (docs/protocol.md, "Requests and replies"). */
#include "session_internal.h"

#include "field_path.h"

enum { LEVEL_INFO = 6 };

int permission_welcomed(struct session *session, const struct command_welcome *welcome)
{
    buffer_clear(&session->permissions);
    buffer_append_bytes(&session->permissions, welcome->permissions);
    int code = buffer_failed(&session->permissions);
    return code < 0 ? code : effect_permissions(session, welcome->permissions);
}

/* The paths that a reply to this request may hold; false: it is not restricted, or its agreement is not known here. */
static bool find_fields(const struct session *session, const struct session_delivery *delivery,
                        struct bytes *ret_fields)
{
    struct permission permission;
    size_t offset = 0;
    while (permission_next(buffer_view(&session->permissions), &offset, &permission) > 0) {
        if (permission.direction != PERMISSION_RECEIVE || !bytes_equal(permission.agreement, delivery->agreement) ||
            !bytes_equal(permission.type, delivery->header.type))
            continue;
        *ret_fields = permission.reply_fields;
        return permission.reply_fields.size > 0;
    }
    return false;
}

int session_trim_reply(struct session *session, const struct session_delivery *delivery, struct bytes payload,
                       struct buffer *out)
{
    struct bytes fields;
    if (!find_fields(session, delivery, &fields))
        return 0;
    int left_out = field_paths_trim(fields, payload, out);
    if (left_out < 0)
        return left_out == TRUC_E_MEMORY ? left_out : 0; /* the broker says what is wrong with it */
    if (left_out == 0)
        return 0;
    int code =
        effect_log(session, LEVEL_INFO, "the reply to message %llu is sent without what agreement '%.*s' keeps back",
                   (unsigned long long)delivery->sequence, BYTES_PRINTF(delivery->agreement));
    return code < 0 ? code : 1;
}
