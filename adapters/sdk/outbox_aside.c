/* outbox_aside.c - messages of the outbox that the broker no longer takes and that are wrong in nothing but their age.
 * Their sender was away for longer than ids are known: the broker can't tell whether it has them, and refuses TOO_OLD. They stay in
 * the file until a person has decided. From publishing.c and truc/truc.h; the file is outbox_file.c's. */
#include "adapter.h"

#include "header.h"

enum { LEVEL_ERROR = 3, LEVEL_WARNING = 4 };

int outbox_aside_keep(struct truc_adapter *adapter, const struct truc_outcome *outcome, struct truc_fault *fault)
{
    adapter_log(adapter, LEVEL_ERROR, "message %s is kept aside in the outbox: %s: %s", outcome->id,
                truc_error_name(outcome->code), outcome->text);
    return outbox_set_aside(adapter->outbox, bytes_string(outcome->id), outcome->code, bytes_string(outcome->text),
                            adapter_time().wall_ns, fault);
}

int outbox_aside_remind(struct truc_adapter *adapter, struct truc_fault *fault)
{
    struct outbox_aside aside;
    int64_t position = 0;
    unsigned count = 0;
    int more;
    while ((more = outbox_aside_next(adapter->outbox, &position, &aside, fault)) > 0)
        count++;
    if (more == 0 && count > 0)
        adapter_log(adapter, LEVEL_WARNING, "%u messages are kept aside in the outbox: the broker refused them TOO_OLD",
                    count);
    return more;
}

/* ---- for programs ---- */

static size_t put_text(struct buffer *out, struct bytes text)
{
    size_t at = out->size;
    buffer_append_bytes(out, text);
    buffer_append_byte(out, 0);
    return at;
}

/* What a visitor sees is a copy: it may publish and let go. */
static int show(const struct outbox_aside *aside, truc_aside_visit *visit, void *context, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer copy = {0};
    struct header header;
    int code = header_decode(aside->message.header, &header, fault);
    if (code < 0)
        return code;
    size_t id = put_text(&copy, header.id), type = put_text(&copy, header.type),
           subject = put_text(&copy, header.subject), text = put_text(&copy, aside->text), payload = copy.size;
    buffer_append_bytes(&copy, aside->message.payload);
    if (buffer_failed(&copy))
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a message of the outbox");
    const struct truc_aside shown = {.id = (const char *)copy.data + id,
                                     .type = (const char *)copy.data + type,
                                     .subject = (const char *)copy.data + subject,
                                     .text = (const char *)copy.data + text,
                                     .code = aside->code,
                                     .time_ns = header.time_ns,
                                     .refused_ns = aside->time_ns,
                                     .payload = copy.data + payload,
                                     .payload_bytes = aside->message.payload.size};
    return visit(context, &shown);
}

static int check_outbox(const truc_adapter *adapter, struct truc_fault *fault)
{
    return adapter->outbox ? 0 : fault_set(fault, TRUC_E_STATE, "the adapter's settings name no outbox");
}

int truc_outbox_aside(truc_adapter *adapter, truc_aside_visit *visit, void *context, struct truc_fault *fault)
{
    struct outbox_aside aside;
    int64_t position = 0;
    int code = check_outbox(adapter, fault), more = 0;
    while (code == 0 && (more = outbox_aside_next(adapter->outbox, &position, &aside, fault)) > 0)
        code = show(&aside, visit, context, fault);
    return code ? code : more;
}

int truc_outbox_let_go(truc_adapter *adapter, const char *id, struct truc_fault *fault)
{
    if (id == NULL)
        return fault_set(fault, TRUC_E_ARGUMENT, "which message is let go?");
    int code = check_outbox(adapter, fault);
    return code < 0 ? code : outbox_let_go(adapter->outbox, bytes_string(id), fault);
}
