/* peer_truc.c - Trục as it always runs: encryption, signatures, schema, routing by content, Merkle journal synced before the answer.
 * A sender says in the header's time when a message was due; the receiver measures from there.
 * The first of the peers, and the only one that `./dev bench` without --peers measures. */
#include "peer_truc.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <truc/truc.h>

#include "fault.h"
#include "truc/document/v1/document.pb-c.h"
#include "truc/population/v1/population.pb-c.h"

enum { ASK_TIMEOUT_MS = 20000, CONTENTS = 3 };

struct sent {
    struct bench_client *client;
    uint32_t number;
};

struct bench_client {
    const struct bench_work *work;
    struct bench_events events;
    truc_adapter *adapter;
    uint8_t *payloads[CONTENTS];
    size_t payload_bytes;
    uint64_t wall_minus_monotonic_ns;
};

/* ---- the broker ---- */

static int start(struct bench_place *place, struct truc_fault *fault)
{
    int code = kit_bus_make(&place->bus, place->parent, place->config ? place->config : BENCH_CONFIG, NULL, fault);
    return code < 0 ? code : kit_bus_start(&place->bus, fault);
}

static int stop(struct bench_place *place, struct truc_fault *fault)
{
    int code = kit_bus_stop(&place->bus, fault);
    kit_bus_remove(&place->bus);
    return code;
}

static int settings(const struct bench_place *place, const char *system, char out[KIT_PATH_BYTES],
                    struct truc_fault *fault)
{
    return kit_bus_settings(&place->bus, system, out, fault);
}

/* ---- payloads ---- */

/* A document whose packed form has the wanted size. Its id is what routes look at: to-1, to-2, to-3. */
static int make_document(struct bench_client *client, uint32_t which)
{
    uint32_t size_bytes = client->work->size_bytes;
    char *content = calloc(1, size_bytes + 1u), id[] = "to-1";
    Truc__Document__V1__Send send = TRUC__DOCUMENT__V1__SEND__INIT;
    if (content == NULL)
        return TRUC_E_MEMORY;
    memset(content, 'x', size_bytes);
    id[3] = (char)('1' + which);
    send.document_id = id;
    send.content = content;
    size_t over = truc__document__v1__send__get_packed_size(&send) - size_bytes;
    content[size_bytes - over] = 0;
    client->payload_bytes = truc__document__v1__send__get_packed_size(&send);
    client->payloads[which] = malloc(client->payload_bytes);
    if (client->payloads[which])
        truc__document__v1__send__pack(&send, client->payloads[which]);
    free(content);
    return client->payloads[which] ? 0 : TRUC_E_MEMORY;
}

static int make_question(struct bench_client *client)
{
    Truc__Population__V1__CitizenVerify verify = TRUC__POPULATION__V1__CITIZEN_VERIFY__INIT;
    verify.identity_case = TRUC__POPULATION__V1__CITIZEN_VERIFY__IDENTITY_IDENTITY_NUMBER;
    verify.identity_number = (char[]){"038955000001"};
    verify.name = (char[]){"Nguyễn Thị Thử Nghiệm"};
    verify.birth = (char[]){"1955-01-01"};
    client->payload_bytes = truc__population__v1__citizen_verify__get_packed_size(&verify);
    client->payloads[0] = malloc(client->payload_bytes);
    if (client->payloads[0])
        truc__population__v1__citizen_verify__pack(&verify, client->payloads[0]);
    return client->payloads[0] ? 0 : TRUC_E_MEMORY;
}

static int make_payloads(struct bench_client *client)
{
    int code = 0;
    if (client->work->way == BENCH_RECEIVE)
        return 0;
    if (client->work->way == BENCH_ASK)
        return make_question(client);
    for (uint32_t which = 0; code == 0 && which < client->work->spread; which++)
        code = make_document(client, which);
    return code;
}

/* ---- sending ---- */

static void tell(struct sent *sent, int code, const char *why)
{
    const struct bench_events *events = &sent->client->events;
    events->answered(events->context, sent->number, code, why);
    free(sent);
}

static void acknowledged(void *context, const struct truc_outcome *outcome)
{
    tell(context, outcome->code, outcome->text);
}

static void answered(void *context, const struct truc_answer *answer)
{
    tell(context, answer->code, answer->text);
}

static int send_one(struct bench_client *client, uint32_t number, uint64_t from_ns, struct truc_fault *fault)
{
    const struct bench_work *work = client->work;
    char subject[32];
    struct sent *sent = malloc(sizeof *sent);
    if (sent == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for message %" PRIu32, number);
    *sent = (struct sent){client, number};
    (void)snprintf(subject, sizeof subject, "key-%" PRIu32, number % work->keys);
    struct truc_outgoing message = {.size = sizeof message,
                                    .type = "document.send",
                                    .subject = subject,
                                    .kind = TRUC_COMMAND,
                                    .classification = TRUC_NOT_SECRET,
                                    .payload = client->payloads[number % work->spread],
                                    .payload_bytes = client->payload_bytes,
                                    .time_ns = from_ns + client->wall_minus_monotonic_ns};
    int code;
    if (work->way == BENCH_ASK) {
        message.type = "citizen.verify";
        message.kind = TRUC_REQUEST;
        message.purpose = (struct truc_purpose){
            .procedure = "1.005129", .dossier = subject, .officer = "bench", .legal_basis = "bench"};
        code = truc_ask(client->adapter, &message, ASK_TIMEOUT_MS, answered, sent, fault);
    } else {
        code = truc_publish(client->adapter, &message, acknowledged, sent, fault);
    }
    if (code < 0)
        free(sent);
    return code;
}

/* ---- receiving ---- */

static void count(struct bench_client *client, const truc_request *request)
{
    client->events.arrived(client->events.context, truc_request_time_ns(request) - client->wall_minus_monotonic_ns);
}

static int take_document(truc_request *request, void *context)
{
    count(context, request);
    return truc_done(request);
}

static int take_question(truc_request *request, void *context)
{
    Truc__Population__V1__CitizenVerifyReply reply = TRUC__POPULATION__V1__CITIZEN_VERIFY_REPLY__INIT;
    uint8_t payload[16];
    reply.exists = 1;
    count(context, request);
    return truc_reply_bytes(request, payload, truc__population__v1__citizen_verify_reply__pack(&reply, payload));
}

/* ---- the client ---- */

/* Warnings and errors; that it connected and said bye is no news here. */
static void log_trouble(void *context, int level, const char *text)
{
    enum { LEVEL_WARNING = 4 };
    (void)context;
    if (level <= LEVEL_WARNING)
        fprintf(stderr, "truc-bench: %s\n", text);
}

static uint64_t wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool receives(const struct bench_work *work)
{
    return work->way == BENCH_RECEIVE || work->way == BENCH_EXCHANGE;
}

static int open_client(const struct bench_work *work, const struct bench_events *events,
                       struct bench_client **ret_client, struct truc_fault *fault)
{
    struct bench_client *client = calloc(1, sizeof *client);
    const struct truc_options options = {
        .size = sizeof options, .settings = work->settings, .inbox = work->inbox, .log = log_trouble};
    if (client == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a client");
    *client =
        (struct bench_client){.work = work, .events = *events, .wall_minus_monotonic_ns = wall_ns() - kit_now_ns()};
    *ret_client = client;
    int code = make_payloads(client);
    if (code < 0)
        return fault_set(fault, code, "no memory for payloads of %u bytes", work->size_bytes);
    code = truc_adapter_open(&options, &client->adapter, fault);
    if (code == 0 && receives(work) &&
        (truc_serve(client->adapter, "document.send", take_document, client) < 0 ||
         truc_serve(client->adapter, "citizen.verify", take_question, client) < 0))
        code = fault_set(fault, TRUC_E_STATE, "no handlers");
    return code;
}

static bool ready(const struct bench_client *client)
{
    return truc_is_connected(client->adapter);
}

static int step(struct bench_client *client, uint64_t until_ns, struct truc_fault *fault)
{
    uint64_t own_ns = kit_now_ns() + (uint64_t)truc_timeout_ms(client->adapter) * 1000000u;
    int code = bench_wait(truc_fd(client->adapter), POLLIN, own_ns < until_ns ? own_ns : until_ns, fault);
    return code < 0 ? code : truc_step(client->adapter, fault);
}

static int drain(struct bench_client *client, struct truc_fault *fault)
{
    int code = 0;
    truc_drain(client->adapter);
    while (code == 0 && !truc_is_drained(client->adapter))
        code = step(client, UINT64_MAX, fault);
    return code;
}

static void close_client(struct bench_client *client)
{
    truc_adapter_close(client->adapter);
    for (size_t i = 0; i < CONTENTS; i++)
        free(client->payloads[i]);
    free(client);
}

#define TRUC_CALLS                                                                                                     \
    .start = start, .stop = stop, .settings = settings, .open = open_client, .ready = ready, .send = send_one,         \
    .step = step, .drain = drain, .close = close_client

const struct bench_peer peer_truc = {.name = "Trục", .promise = "synced, signed, checked", TRUC_CALLS};
const struct bench_peer peer_truc_inbox_in_memory = {
    .name = "… inbox in memory", .promise = "the same", .inbox = "memory", TRUC_CALLS};
