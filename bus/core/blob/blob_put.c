/* blob_put.c - uploads: who may begin one, which chunk is due, and the record when it is stored.
 * An upload says its classification first: of what is not declared as not secret nothing is kept, not even its hash.
 * See blob_put.h. */
#include "blob_put.h"

#include "awaiting.h"
#include "blob_look.h"
#include "client.h"
#include "core_emit.h"
#include "fault.h"
#include "guard.h"
#include "header.h"
#include "time_text.h"

static int judge(struct core *core, const struct client *session, const struct command_blob_put *put,
                 struct truc_fault *fault)
{
    const struct policy_limits *limits = &core->policy->limits;
    if (put->classification != HEADER_NOT_SECRET)
        return fault_set(fault, TRUC_E_SECRET, "%s", truc_error_meaning(TRUC_E_SECRET));
    if (put->size_bytes > limits->blob_bytes_max)
        return fault_set(fault, TRUC_E_TOO_LARGE, "an attachment of %llu bytes, the limit is %llu",
                         (unsigned long long)put->size_bytes, (unsigned long long)limits->blob_bytes_max);
    if (!guard_take(core, "blob", session->system, CORE_BLOB_BEGINS_A_MINUTE, 60 * TIME_NS_PER_S))
        return fault_set(fault, TRUC_E_RATE, "more than %d transfers a minute", CORE_BLOB_BEGINS_A_MINUTE);
    if (core->stopping)
        return fault_set(fault, TRUC_E_SHUTTING_DOWN, "the broker is stopping");
    return core->blocked ? fault_set(fault, TRUC_E_BLOCKED, "%s", core->blocked_text) : 0;
}

static int refuse(struct core *core, const struct client *session, const struct command_blob_put *put,
                  const struct truc_fault *fault)
{
    bool is_secret = fault->code == TRUC_E_SECRET;
    const struct record_blob record = {.system = bytes_string(session->system),
                                       .event = RECORD_BLOB_REFUSED,
                                       .sha256 = is_secret ? BYTES_EMPTY : put->sha256,
                                       .size_bytes = is_secret ? 0 : put->size_bytes,
                                       .code = (uint32_t)-fault->code,
                                       .text = bytes_string(fault->text)};
    transfer_refuse(core, session, put->number, fault);
    return fault->code == TRUC_E_BLOCKED || fault->code == TRUC_E_RATE
               ? 0
               : transfer_journal_refusal(core, session, &record);
}

int blob_put_take(struct core *core, struct client *session, const struct command_blob_put *put)
{
    struct truc_fault fault = {0};
    if (session->role != POLICY_ROLE_SYSTEM) {
        client_end(core, session, TRUC_E_PROTOCOL, "this role uploads nothing");
        return 0;
    }
    if (judge(core, session, put, &fault) < 0)
        return refuse(core, session, put, &fault);
    struct transfer *transfer = transfer_begin(core, session, put->number, put->sha256);
    if (transfer == NULL)
        return 0;
    transfer->size_bytes = put->size_bytes;
    transfer->message = put->message;
    if (put->message)
        return blob_look(core, session, transfer);
    transfer_ask_store(core, session, transfer);
    return 0;
}

/* ---- chunks ---- */

static int check_chunk(const struct transfer *transfer, const struct command_blob_chunk *chunk,
                       struct truc_fault *fault)
{
    if (chunk->offset > transfer->size_bytes || chunk->data.size > transfer->size_bytes - chunk->offset)
        return fault_set(fault, TRUC_E_BLOB_BEYOND, "a chunk from %llu of %zu bytes, and the attachment has %llu",
                         (unsigned long long)chunk->offset, chunk->data.size, (unsigned long long)transfer->size_bytes);
    if (chunk->offset != transfer->offset)
        return fault_set(fault, TRUC_E_BLOB_GAP, "a chunk from %llu where the one from %llu is due",
                         (unsigned long long)chunk->offset, (unsigned long long)transfer->offset);
    uint64_t left = transfer->size_bytes - transfer->offset;
    uint64_t due = left < PROTOCOL_BLOB_CHUNK_BYTES ? left : PROTOCOL_BLOB_CHUNK_BYTES;
    if (chunk->data.size != due)
        return fault_set(fault, TRUC_E_BLOB_SIZE, "a chunk of %zu bytes where one of %llu is due", chunk->data.size,
                         (unsigned long long)due);
    return 0;
}

void blob_put_chunk(struct core *core, struct client *session, const struct command_blob_chunk *chunk)
{
    struct truc_fault fault = {0};
    struct transfer *transfer = transfer_find(session, chunk->number);
    if (transfer == NULL || transfer->is_get || transfer->phase != TRANSFER_OPEN)
        return; /* sent before its client heard that it has ended */
    if (check_chunk(transfer, chunk, &fault) < 0) {
        transfer_refuse(core, session, chunk->number, &fault);
        transfer_close(core, session, transfer, TRANSFER_KEEP);
        return;
    }
    if (chunk->offset + chunk->data.size > transfer->through) {
        client_end(core, session, TRUC_E_CREDIT, "more of an attachment was sent than the broker gave room for");
        return;
    }
    transfer->offset += chunk->data.size;
    transfer->touched_up_ns = core->up_ns;
    struct effect *effect = core_effect(core, EFFECT_BLOB_WRITE);
    effect->blob_write.peer = session->peer;
    effect->blob_write.number = transfer->number;
    effect->blob_write.data = chunk->data;
    if (transfer->offset == transfer->size_bytes)
        transfer->phase = TRANSFER_ENDING;
}

/* ---- what became of it ---- */

static int stored(struct core *core, struct client *session, struct transfer *transfer,
                  const struct core_blob_told *told)
{
    struct command command;
    const struct record_blob record = {.system = bytes_string(session->system),
                                       .event = RECORD_BLOB_STORED,
                                       .sha256 = sha256_view(&transfer->sha256),
                                       .size_bytes = transfer->size_bytes,
                                       .message = transfer->message,
                                       .is_new = told->is_new};
    int code = transfer_journal(core, &record, false);
    core->blobs_count += told->is_new;
    core->blobs_bytes += told->is_new ? transfer->size_bytes : 0;
    transfer->offset = transfer->size_bytes;
    transfer_fill_state(transfer, true, &command);
    if (code == 0)
        code = awaiting_frame(core, session, &command);
    transfer_end(session, transfer);
    return code;
}

static int failed(struct core *core, struct client *session, struct transfer *transfer,
                  const struct core_blob_told *told)
{
    struct truc_fault fault = {0};
    fault_set(&fault, told->code, "%s", told->text);
    const struct record_blob record = {.system = bytes_string(session->system),
                                       .event = RECORD_BLOB_REFUSED,
                                       .sha256 = sha256_view(&transfer->sha256),
                                       .size_bytes = transfer->size_bytes,
                                       .code = (uint32_t)-told->code,
                                       .text = bytes_string(fault.text)};
    transfer_refuse(core, session, transfer->number, &fault);
    int code = transfer_journal_refusal(core, session, &record);
    transfer_end(session, transfer);
    return code;
}

static void go_on(struct core *core, const struct client *session, struct transfer *transfer, uint64_t offset)
{
    uint64_t window = (uint64_t)CORE_BLOB_WINDOW_CHUNKS * PROTOCOL_BLOB_CHUNK_BYTES;
    uint64_t sent = transfer->offset; /* by the client; what is written lags behind */
    uint64_t left = transfer->size_bytes - offset;
    transfer->through = offset + (left < window ? left : window);
    transfer->offset = offset;
    transfer_say(core, session, transfer, false);
    transfer->offset = sent > offset ? sent : offset;
}

int blob_put_told(struct core *core, struct client *session, struct transfer *transfer,
                  const struct core_blob_told *told)
{
    switch (told->news) {
    case BLOB_OPENED:
        transfer->phase = TRANSFER_OPEN;
        transfer->offset = 0;
        go_on(core, session, transfer, told->offset);
        return 0;
    case BLOB_WRITTEN:
        if (transfer->phase == TRANSFER_OPEN || transfer->phase == TRANSFER_ENDING)
            go_on(core, session, transfer, told->offset);
        return 0;
    case BLOB_STORED:
        return stored(core, session, transfer, told);
    case BLOB_HELD:
        transfer->offset = transfer->size_bytes;
        transfer_say(core, session, transfer, true);
        transfer_end(session, transfer);
        return 0;
    case BLOB_FAILED:
        return failed(core, session, transfer, told);
    default:
        return TRUC_E_INTERNAL;
    }
}
