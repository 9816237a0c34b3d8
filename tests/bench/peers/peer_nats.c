/* peer_nats.c - NATS JetStream: a file stream, asynchronous publishes, a push consumer with explicit acknowledgements.
 * Two rows: synced (sync_interval: always, which nats-server has from 2.10 on) and without a sync, as it is when nothing is set.
 * Why it is set up so: docs/performance.md. */
#include <errno.h>
#include <nats/nats.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "fault.h"
#include "peer_server.h"
#include "peers.h"

enum { PENDING_MAX = 1000000, ACK_PENDING_MAX = 10000, TEXT_BYTES = 1024 };

/* What the library's threads saw and the driver has not yet been told. */
struct seen {
    uint64_t from_ns;
    uint32_t number;
    int code;
    bool arrived;
};

struct bench_client {
    const struct bench_work *work;
    struct bench_events events;
    natsConnection *connection;
    natsSubscription *subscriptions[2];
    jsCtx *stream;
    uint8_t *body;
    int wake; /* eventfd: `seen` is no longer empty */
    pthread_mutex_t lock;
    struct seen *seen, *told; /* swapped; under the lock: seen and its counts */
    size_t seen_count, seen_room, told_room;
    uint32_t next; /* number of the message that is confirmed next */
    bool full;     /* no memory for what was seen */
};

/* ---- the server ---- */

static const char *program(void)
{
    const char *named = getenv("TRUC_BENCH_NATS_SERVER");
    return named ? named : "/usr/sbin/nats-server";
}

static const char *unable(void)
{
    return access(program(), X_OK) == 0 ? NULL : "nats-server is not installed";
}

/* Asks the program itself whether it knows the setting. */
static const char *unable_to_sync(void)
{
    static const char text[] = "jetstream { sync_interval: always }\n";
    char path[] = "/tmp/truc-bench-nats-XXXXXX";
    const char *const arguments[] = {program(), "-t", "-c", path, NULL};
    if (unable())
        return unable();
    int file = mkstemp(path);
    bool written = file >= 0 && write(file, text, sizeof text - 1) == (ssize_t)sizeof text - 1;
    bool knows = written && child_run("nats-server", arguments, "/dev/null", NULL) == 0;
    if (file >= 0) {
        close(file);
        unlink(path);
    }
    return knows ? NULL : "this nats-server has no sync_interval (2.10 and later have; TRUC_BENCH_NATS_SERVER=FILE)";
}

static int start_server(struct bench_place *place, const char *sync, struct truc_fault *fault)
{
    uint16_t port;
    char text[TEXT_BYTES], config[KIT_PATH_BYTES];
    int code = peer_server_folder(place, &port, fault);
    if (code < 0)
        return code;
    (void)snprintf(text, sizeof text, "listen: 127.0.0.1:%u\njetstream { store_dir: \"%s/store\"\n%s }\n", port,
                   place->bus.folder, sync);
    code = peer_server_file(place, "nats.conf", text, fault);
    if (code == 0)
        code = kit_path(config, fault, "%s/nats.conf", place->bus.folder);
    if (code < 0)
        return code;
    const char *const arguments[] = {program(), "-c", config, NULL};
    code = child_start(&place->bus.broker, "nats-server", arguments, place->bus.log, false, fault);
    return code < 0 ? code : peer_server_await(place, port, fault);
}

static int start_synced(struct bench_place *place, struct truc_fault *fault)
{
    return start_server(place, "sync_interval: always", fault);
}

static int start_unsynced(struct bench_place *place, struct truc_fault *fault)
{
    return start_server(place, "", fault);
}

/* ---- what the library's threads call ---- */

static void see(struct bench_client *client, struct seen seen)
{
    static const uint64_t one = 1;
    pthread_mutex_lock(&client->lock);
    if (client->seen_count == client->seen_room) {
        size_t room = client->seen_room ? 2 * client->seen_room : 1024;
        struct seen *grown = realloc(client->seen, room * sizeof *grown);
        client->full = client->full || grown == NULL;
        client->seen = grown ? grown : client->seen;
        client->seen_room = grown ? room : client->seen_room;
    }
    if (client->seen_count < client->seen_room)
        client->seen[client->seen_count++] = seen;
    bool first = client->seen_count == 1;
    pthread_mutex_unlock(&client->lock);
    if (first && write(client->wake, &one, sizeof one) != (ssize_t)sizeof one)
        client->full = true; /* can't be: the counter is far from its end */
}

/* Confirms come in the order of publishing: one connection, one stream. */
static void confirmed(jsCtx *stream, natsMsg *message, jsPubAck *ack, jsPubAckErr *error, void *context)
{
    struct bench_client *client = context;
    (void)stream, (void)ack;
    if (client->work->way == BENCH_FLOOD || client->work->way == BENCH_PACED)
        see(client, (struct seen){.number = client->next++, .code = error ? TRUC_E_IO : 0});
    natsMsg_Destroy(message);
}

static void received(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *context)
{
    struct bench_client *client = context;
    size_t size = (size_t)natsMsg_GetDataLength(message);
    struct seen seen = {.from_ns = bench_body_from_ns(natsMsg_GetData(message), size),
                        .number = bench_body_number(natsMsg_GetData(message), size),
                        .arrived = client->work->way == BENCH_RECEIVE};
    (void)connection, (void)subscription;
    if (natsMsg_Ack(message, NULL) != NATS_OK)
        seen.code = TRUC_E_IO;
    if (seen.arrived && strcmp(natsMsg_GetSubject(message), "questions") == 0) {
        uint8_t body[BENCH_ANSWER_BYTES] = {0};
        bench_body_write(body, seen.from_ns, seen.number);
        if (js_PublishAsync(client->stream, "answers", body, sizeof body, NULL) != NATS_OK)
            seen.code = TRUC_E_IO;
    }
    see(client, seen);
    natsMsg_Destroy(message);
}

/* ---- the client ---- */

static int say(natsStatus status, const char *what, struct truc_fault *fault)
{
    return status == NATS_OK ? 0 : fault_set(fault, TRUC_E_IO, "nats: %s: %s", what, natsStatus_GetText(status));
}

/* The same stream made again is no error. */
static int make_stream(struct bench_client *client, const char *name, struct truc_fault *fault)
{
    jsStreamConfig config;
    jsErrCode error = 0;
    natsStatus status = jsStreamConfig_Init(&config);
    config.Name = name;
    config.Subjects = &name;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    if (status == NATS_OK)
        status = js_AddStream(NULL, client->stream, &config, NULL, &error);
    return error == JSStreamNameExistErr ? 0 : say(status, name, fault);
}

static int subscribe(struct bench_client *client, size_t which, const char *name, struct truc_fault *fault)
{
    jsSubOptions options;
    jsErrCode error = 0;
    natsStatus status = jsSubOptions_Init(&options);
    options.ManualAck = true;
    options.Stream = name;
    options.Config.AckPolicy = js_AckExplicit;
    options.Config.DeliverPolicy = js_DeliverNew;
    options.Config.MaxAckPending = ACK_PENDING_MAX;
    if (status == NATS_OK)
        status =
            js_Subscribe(&client->subscriptions[which], client->stream, name, received, client, NULL, &options, &error);
    if (status == NATS_OK)
        status = natsSubscription_SetPendingLimits(client->subscriptions[which], -1, -1);
    return say(status, name, fault);
}

/* While a flood goes on the library gathers for a millisecond; a lone message is sent at once. */
static int log_in(struct bench_client *client, struct truc_fault *fault)
{
    char url[64];
    natsOptions *options = NULL;
    jsOptions stream;
    (void)snprintf(url, sizeof url, "nats://127.0.0.1:%s", client->work->settings);
    natsStatus status = natsOptions_Create(&options);
    if (status == NATS_OK)
        status = natsOptions_SetURL(options, url);
    if (status == NATS_OK)
        status = natsOptions_SetSendAsap(options, client->work->way != BENCH_FLOOD);
    if (status == NATS_OK)
        status = natsConnection_Connect(&client->connection, options);
    natsOptions_Destroy(options);
    if (status == NATS_OK)
        status = jsOptions_Init(&stream);
    stream.PublishAsync.MaxPending = PENDING_MAX;
    stream.PublishAsync.AckHandler = confirmed;
    stream.PublishAsync.AckHandlerClosure = client;
    if (status == NATS_OK)
        status = natsConnection_JetStream(&client->stream, client->connection, &stream);
    return say(status, url, fault);
}

static int prepare(struct bench_client *client, struct truc_fault *fault)
{
    static const char *const names[] = {"documents", "questions", "answers"};
    int code = log_in(client, fault);
    for (size_t i = 0; code == 0 && i < sizeof names / sizeof *names; i++)
        code = make_stream(client, names[i], fault);
    if (code == 0 && client->work->way == BENCH_RECEIVE) {
        code = subscribe(client, 0, "documents", fault);
        return code < 0 ? code : subscribe(client, 1, "questions", fault);
    }
    return code == 0 && client->work->way == BENCH_ASK ? subscribe(client, 0, "answers", fault) : code;
}

static int open_client(const struct bench_work *work, const struct bench_events *events,
                       struct bench_client **ret_client, struct truc_fault *fault)
{
    struct bench_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a client");
    *client = (struct bench_client){.work = work, .events = *events, .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    pthread_mutex_init(&client->lock, NULL);
    *ret_client = client;
    client->body = calloc(1, work->size_bytes + BENCH_ANSWER_BYTES);
    if (client->body == NULL || client->wake < 0)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a payload");
    return prepare(client, fault);
}

static bool ready(const struct bench_client *client)
{
    (void)client; /* opening waited for every answer */
    return true;
}

static int send_one(struct bench_client *client, uint32_t number, uint64_t from_ns, struct truc_fault *fault)
{
    bool asks = client->work->way == BENCH_ASK;
    bench_body_write(client->body, from_ns, number);
    return say(js_PublishAsync(client->stream, asks ? "questions" : "documents", client->body,
                               (int)(asks ? BENCH_ANSWER_BYTES : client->work->size_bytes), NULL),
               "publishing", fault);
}

static int tell(struct bench_client *client, const struct seen *seen, struct truc_fault *fault)
{
    if (!seen->arrived) {
        client->events.answered(client->events.context, seen->number, seen->code, "not stored");
        return 0;
    }
    client->events.arrived(client->events.context, seen->from_ns);
    return seen->code < 0 ? fault_set(fault, seen->code, "nats: acknowledging or answering") : 0;
}

static int step(struct bench_client *client, uint64_t until_ns, struct truc_fault *fault)
{
    uint64_t times;
    int code = bench_wait(client->wake, POLLIN, until_ns, fault);
    if (code < 0)
        return code;
    if (read(client->wake, &times, sizeof times) < 0 && errno != EAGAIN)
        return fault_errno(fault, TRUC_E_IO, errno, "nats: waking");
    pthread_mutex_lock(&client->lock);
    struct seen *seen = client->seen;
    size_t count = client->seen_count, room = client->seen_room;
    client->seen = client->told;
    client->seen_room = client->told_room;
    client->seen_count = 0;
    client->told = seen;
    client->told_room = room;
    bool full = client->full;
    pthread_mutex_unlock(&client->lock);
    for (size_t i = 0; code == 0 && i < count; i++)
        code = tell(client, &seen[i], fault);
    return code == 0 && full ? fault_set(fault, TRUC_E_MEMORY, "no memory for what arrived") : code;
}

static int drain(struct bench_client *client, struct truc_fault *fault)
{
    return say(natsConnection_Flush(client->connection), "flushing", fault);
}

/* In this order: the library's threads use the client until the connection is gone. */
static void close_client(struct bench_client *client)
{
    natsConnection_Close(client->connection);
    for (size_t i = 0; i < 2; i++)
        natsSubscription_Destroy(client->subscriptions[i]);
    jsCtx_Destroy(client->stream);
    natsConnection_Destroy(client->connection);
    nats_Close();
    pthread_mutex_destroy(&client->lock);
    if (client->wake >= 0)
        close(client->wake);
    free(client->seen);
    free(client->told);
    free(client->body);
    free(client);
}

const struct bench_peer peer_nats_synced = {.name = "NATS JetStream",
                                            .promise = "synced",
                                            .unable = unable_to_sync,
                                            .start = start_synced,
                                            .stop = peer_server_stop,
                                            .settings = peer_server_settings,
                                            .open = open_client,
                                            .ready = ready,
                                            .send = send_one,
                                            .step = step,
                                            .drain = drain,
                                            .close = close_client};

const struct bench_peer peer_nats_unsynced = {.name = "NATS, not synced",
                                              .promise = "none: no sync",
                                              .unable = unable,
                                              .start = start_unsynced,
                                              .stop = peer_server_stop,
                                              .settings = peer_server_settings,
                                              .open = open_client,
                                              .ready = ready,
                                              .send = send_one,
                                              .step = step,
                                              .drain = drain,
                                              .close = close_client};
