/* bench_publish.c - a sender: floods, keeps a fixed rate, or asks.
 * A paced message's time is counted from when it was due, not from when it could be sent: waiting is not left out.
 * See bench_worker.h. */
#include "bench_worker.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "kit_wait.h"
#include "truc/document/v1/document.pb-c.h"
#include "truc/population/v1/population.pb-c.h"

enum { ASK_TIMEOUT_MS = 20000 };
static const uint64_t quiet_ns_max = 60000000000; /* without an answer: something is wrong */

struct sent {
    struct sender *sender;
    uint64_t from_ns; /* monotonic: due, or offered */
};

struct sender {
    struct bench_adapter bench;
    uint8_t *payload;
    size_t payload_bytes;
    struct sent *sent; /* of every message */
    uint32_t offered, answered;
    uint64_t begin_ns, wall_minus_monotonic_ns;
};

static void count(struct sent *sent, int code)
{
    struct bench_slot *slot = sent->sender->bench.slot;
    slot->last_ns = kit_now_ns();
    sent->sender->answered++;
    if (code == 0) {
        slot->count++;
        bench_sample(slot, slot->last_ns - sent->from_ns);
    } else {
        slot->failed++;
    }
}

static void acknowledged(void *context, const struct truc_outcome *outcome)
{
    if (outcome->code != 0 && ((struct sent *)context)->sender->bench.slot->failed == 0)
        fprintf(stderr, "truc-bench: refused: %s: %s\n", truc_error_name(outcome->code), outcome->text);
    count(context, outcome->code);
}

static void answered(void *context, const struct truc_answer *answer)
{
    if (answer->code != 0 && ((struct sent *)context)->sender->bench.slot->failed == 0)
        fprintf(stderr, "truc-bench: no answer: %s: %s\n", truc_error_name(answer->code), answer->text);
    count(context, answer->code);
}

/* A document whose packed form has the wanted size. */
static int make_document(struct sender *sender, uint32_t size_bytes)
{
    char *content = calloc(1, size_bytes + 1u);
    Truc__Document__V1__Send send = TRUC__DOCUMENT__V1__SEND__INIT;
    if (content == NULL)
        return TRUC_E_MEMORY;
    memset(content, 'x', size_bytes);
    send.document_id = (char[]){"bench"};
    send.content = content;
    size_t over = truc__document__v1__send__get_packed_size(&send) - size_bytes;
    content[size_bytes - over] = 0;
    sender->payload_bytes = truc__document__v1__send__get_packed_size(&send);
    sender->payload = malloc(sender->payload_bytes);
    if (sender->payload)
        truc__document__v1__send__pack(&send, sender->payload);
    free(content);
    return sender->payload ? 0 : TRUC_E_MEMORY;
}

static int make_question(struct sender *sender)
{
    Truc__Population__V1__CitizenVerify verify = TRUC__POPULATION__V1__CITIZEN_VERIFY__INIT;
    verify.identity_case = TRUC__POPULATION__V1__CITIZEN_VERIFY__IDENTITY_IDENTITY_NUMBER;
    verify.identity_number = (char[]){"038955000001"};
    verify.name = (char[]){"Nguyễn Thị Thử Nghiệm"};
    verify.birth = (char[]){"1955-01-01"};
    sender->payload_bytes = truc__population__v1__citizen_verify__get_packed_size(&verify);
    sender->payload = malloc(sender->payload_bytes);
    if (sender->payload)
        truc__population__v1__citizen_verify__pack(&verify, sender->payload);
    return sender->payload ? 0 : TRUC_E_MEMORY;
}

/* 0, TRUC_E_LIMIT when nothing more can be taken now, or an error. */
static int offer(struct sender *sender, uint64_t from_ns, struct truc_fault *fault)
{
    const struct bench_work *work = sender->bench.work;
    char subject[32];
    struct sent *sent = &sender->sent[sender->offered];
    (void)snprintf(subject, sizeof subject, "key-%" PRIu32, sender->offered % work->keys);
    struct truc_outgoing message = {.size = sizeof message,
                                    .type = "document.send",
                                    .subject = subject,
                                    .kind = TRUC_COMMAND,
                                    .classification = TRUC_NOT_SECRET,
                                    .payload = sender->payload,
                                    .payload_bytes = sender->payload_bytes,
                                    .time_ns =
                                        from_ns + sender->wall_minus_monotonic_ns}; /* the receiver measures from it */
    *sent = (struct sent){.sender = sender, .from_ns = from_ns};
    int code;
    if (work->way == BENCH_ASK) {
        message.type = "citizen.verify";
        message.kind = TRUC_REQUEST;
        message.purpose = (struct truc_purpose){
            .procedure = "1.005129", .dossier = subject, .officer = "bench", .legal_basis = "bench"};
        code = truc_ask(sender->bench.adapter, &message, ASK_TIMEOUT_MS, answered, sent, fault);
    } else {
        code = truc_publish(sender->bench.adapter, &message, acknowledged, sent, fault);
    }
    if (code == 0 && sender->offered++ == 0)
        sender->bench.slot->first_ns = kit_now_ns();
    return code;
}

static uint64_t due_ns(const struct sender *sender)
{
    return sender->begin_ns + (uint64_t)((double)sender->offered * 1e9 / sender->bench.work->rate);
}

/* Offers what the way allows now. */
static int offer_all(struct sender *sender, struct truc_fault *fault)
{
    const struct bench_work *work = sender->bench.work;
    uint32_t window = work->way == BENCH_ASK ? 1 : work->window;
    int code = 0;
    while (code == 0 && sender->offered < work->count) {
        uint64_t now_ns = kit_now_ns();
        if (work->way == BENCH_PACED ? due_ns(sender) > now_ns : sender->offered - sender->answered >= window)
            break;
        code = offer(sender, work->way == BENCH_PACED ? due_ns(sender) : now_ns, fault);
    }
    return code == TRUC_E_LIMIT ? 0 : code;
}

static int send_all(struct sender *sender, struct truc_fault *fault)
{
    const struct bench_work *work = sender->bench.work;
    int code = bench_adapter_begin(&sender->bench, fault);
    sender->begin_ns = atomic_load(&sender->bench.shared->begin_ns);
    sender->wall_minus_monotonic_ns = bench_wall_ns() - kit_now_ns();
    sender->bench.slot->last_ns = sender->begin_ns;
    while (code == 0 && sender->answered < work->count) {
        code = offer_all(sender, fault);
        bool paces = work->way == BENCH_PACED && sender->offered < work->count;
        if (code == 0)
            code = bench_adapter_step(&sender->bench, paces ? due_ns(sender) : UINT64_MAX, fault);
        if (code == 0 && kit_now_ns() > sender->bench.slot->last_ns + quiet_ns_max)
            code = fault_set(fault, TRUC_E_TIMEOUT, "%u of %u messages were answered", sender->answered, work->count);
    }
    return code;
}

int bench_send(const struct bench_work *work)
{
    struct truc_fault fault = {0};
    struct sender sender = {0};
    int code = bench_adapter_open(&sender.bench, work, &fault);
    sender.sent = calloc(work->count + 1u, sizeof *sender.sent);
    if (code == 0 && sender.sent == NULL)
        code = fault_set(&fault, TRUC_E_MEMORY, "no memory for %u messages", work->count);
    if (code == 0)
        code = work->way == BENCH_ASK ? make_question(&sender) : make_document(&sender, work->size_bytes);
    if (code == 0)
        code = send_all(&sender, &fault);
    int status = bench_adapter_end(&sender.bench, code, &fault);
    free(sender.payload);
    free(sender.sent);
    return status;
}
