/* peer_redis.c - Redis Streams: XADD pipelined in the window, a consumer group that reads and acknowledges many at a time.
 * appendfsync always: Redis writes and syncs once for all commands of a turn of its loop, before it answers them.
 * Why it is set up so: docs/performance.md. */
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "peer_server.h"
#include "peers.h"

enum { READ_COUNT = 500, ID_BYTES = 48, WORDS_MAX = 3 + READ_COUNT, NUMBER_BYTES = 16 };

/* What the answers that are still to come belong to, in their order. */
enum expected { OF_PUBLISH, OF_READ, OF_NOTHING };

struct bench_client {
    const struct bench_work *work;
    struct bench_events events;
    redisContext *redis;
    uint8_t *body;
    uint32_t next; /* number of the message that is answered next */
    enum expected *expected;
    size_t expected_first, expected_count, expected_room;
    char last[ID_BYTES]; /* asking: of the last answer */
};

/* ---- the server ---- */

static const char *unable(void)
{
    return access("/usr/bin/redis-server", X_OK) == 0 ? NULL : "redis-server is not installed";
}

static int start(struct bench_place *place, struct truc_fault *fault)
{
    uint16_t port;
    char number[NUMBER_BYTES];
    int code = peer_server_folder(place, &port, fault);
    if (code < 0)
        return code;
    (void)snprintf(number, sizeof number, "%u", port);
    const char *const arguments[] = {
        "/usr/bin/redis-server", "--port", number,          "--bind", "127.0.0.1", "--dir", place->bus.folder,
        "--appendonly",          "yes",    "--appendfsync", "always", "--save",    "",      NULL};
    code = child_start(&place->bus.broker, "redis-server", arguments, place->bus.log, false, fault);
    return code < 0 ? code : peer_server_await(place, port, fault);
}

/* ---- commands and their answers ---- */

static int command(struct bench_client *client, enum expected expected, int words, const char **texts,
                   const size_t *sizes, struct truc_fault *fault)
{
    if (client->expected_count == client->expected_room) {
        size_t room = client->expected_room ? 2 * client->expected_room : 1024;
        enum expected *grown = malloc(room * sizeof *grown);
        if (grown == NULL)
            return fault_set(fault, TRUC_E_MEMORY, "no memory for %zu answers", room);
        for (size_t i = 0; i < client->expected_count; i++)
            grown[i] = client->expected[(client->expected_first + i) % client->expected_room];
        free(client->expected);
        client->expected = grown;
        client->expected_first = 0;
        client->expected_room = room;
    }
    client->expected[(client->expected_first + client->expected_count++) % client->expected_room] = expected;
    if (redisAppendCommandArgv(client->redis, words, texts, sizes) != REDIS_OK)
        return fault_set(fault, TRUC_E_IO, "redis: %s", client->redis->errstr);
    return 0;
}

static int add(struct bench_client *client, enum expected expected, const char *stream, size_t size,
               struct truc_fault *fault)
{
    const char *texts[] = {"XADD", stream, "*", "d", (const char *)client->body};
    const size_t sizes[] = {4, strlen(stream), 1, 1, size};
    return command(client, expected, 5, texts, sizes, fault);
}

static int read_more(struct bench_client *client, struct truc_fault *fault)
{
    static const char *group[] = {"XREADGROUP", "GROUP",   "g",         "c",         "COUNT", "500", "BLOCK",
                                  "0",          "STREAMS", "documents", "questions", ">",     ">"};
    const char *answers[] = {"XREAD", "BLOCK", "0", "STREAMS", "answers", client->last};
    return client->work->way == BENCH_RECEIVE ? command(client, OF_READ, 13, group, NULL, fault)
                                              : command(client, OF_READ, 6, answers, NULL, fault);
}

/* Acknowledges the entries of one stream, then deletes them: a stream is in memory, and this one is a queue. */
static int settle(struct bench_client *client, const char *stream, const redisReply *entries, struct truc_fault *fault)
{
    const char *texts[WORDS_MAX] = {"XACK", stream, "g"};
    if (entries->elements > READ_COUNT)
        return fault_set(fault, TRUC_E_PROTOCOL, "redis: more entries than asked for");
    for (size_t i = 0; i < entries->elements; i++)
        texts[3 + i] = entries->element[i]->element[0]->str;
    int code = command(client, OF_NOTHING, 3 + (int)entries->elements, texts, NULL, fault);
    texts[1] = "XDEL";
    texts[2] = stream;
    return code < 0 ? code : command(client, OF_NOTHING, 2 + (int)entries->elements, texts + 1, NULL, fault);
}

static int take_entry(struct bench_client *client, bool question, const redisReply *entry, struct truc_fault *fault)
{
    const redisReply *body = entry->element[1]->element[1];
    uint64_t from_ns = bench_body_from_ns(body->str, body->len);
    uint32_t number = bench_body_number(body->str, body->len);
    if (client->work->way == BENCH_ASK) {
        (void)snprintf(client->last, sizeof client->last, "%s", entry->element[0]->str);
        client->events.answered(client->events.context, number, 0, "");
        return 0;
    }
    client->events.arrived(client->events.context, from_ns);
    if (!question)
        return 0;
    bench_body_write(client->body, from_ns, number);
    return add(client, OF_NOTHING, "answers", BENCH_ANSWER_BYTES, fault);
}

/* [[stream, [[id, [field, value]], …]], …] */
static int take_entries(struct bench_client *client, const redisReply *reply, struct truc_fault *fault)
{
    int code = 0;
    for (size_t i = 0; code == 0 && reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++) {
        const char *stream = reply->element[i]->element[0]->str;
        const redisReply *entries = reply->element[i]->element[1];
        for (size_t k = 0; code == 0 && k < entries->elements; k++)
            code = take_entry(client, strcmp(stream, "questions") == 0, entries->element[k], fault);
        if (code == 0 && client->work->way == BENCH_RECEIVE)
            code = settle(client, stream, entries, fault);
    }
    return code == 0 && client->work->way == BENCH_RECEIVE ? read_more(client, fault) : code;
}

static int take(struct bench_client *client, const redisReply *reply, struct truc_fault *fault)
{
    if (client->expected_count == 0)
        return fault_set(fault, TRUC_E_PROTOCOL, "redis answers what was not asked");
    enum expected expected = client->expected[client->expected_first];
    client->expected_first = (client->expected_first + 1) % client->expected_room;
    client->expected_count--;
    if (expected == OF_PUBLISH) {
        bool refused = reply->type == REDIS_REPLY_ERROR;
        client->events.answered(client->events.context, client->next++, refused ? TRUC_E_IO : 0,
                                refused ? reply->str : "");
        return 0;
    }
    if (reply->type == REDIS_REPLY_ERROR)
        return fault_set(fault, TRUC_E_IO, "redis: %s", reply->str);
    return expected == OF_READ ? take_entries(client, reply, fault) : 0;
}

/* ---- the client ---- */

/* The group is made by whoever comes first. */
static int make_group(int port, struct truc_fault *fault)
{
    redisContext *redis = redisConnect("127.0.0.1", port);
    int code = redis && redis->err == 0 ? 0 : fault_set(fault, TRUC_E_IO, "redis: no connection");
    for (size_t i = 0; code == 0 && i < 2; i++) {
        redisReply *reply = redisCommand(redis, "XGROUP CREATE %s g $ MKSTREAM", i ? "questions" : "documents");
        if (reply == NULL || (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "BUSYGROUP", 9) != 0))
            code = fault_set(fault, TRUC_E_IO, "redis: %s", reply ? reply->str : redis->errstr);
        freeReplyObject(reply);
    }
    if (redis)
        redisFree(redis);
    return code;
}

static int open_client(const struct bench_work *work, const struct bench_events *events,
                       struct bench_client **ret_client, struct truc_fault *fault)
{
    int port = (int)strtol(work->settings, NULL, 10), code = make_group(port, fault);
    struct bench_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a client");
    *client = (struct bench_client){.work = work, .events = *events, .last = "$"};
    *ret_client = client;
    client->body = calloc(1, work->size_bytes + BENCH_ANSWER_BYTES);
    client->redis = redisConnectNonBlock("127.0.0.1", port);
    if (code == 0 && (client->body == NULL || client->redis == NULL || client->redis->err))
        code = fault_set(fault, TRUC_E_IO, "redis: no connection");
    return code == 0 && work->way == BENCH_RECEIVE ? read_more(client, fault) : code;
}

static bool ready(const struct bench_client *client)
{
    return client->redis->flags & REDIS_CONNECTED;
}

static int send_one(struct bench_client *client, uint32_t number, uint64_t from_ns, struct truc_fault *fault)
{
    bool asks = client->work->way == BENCH_ASK;
    bench_body_write(client->body, from_ns, number);
    int code = add(client, asks ? OF_NOTHING : OF_PUBLISH, asks ? "questions" : "documents",
                   asks ? BENCH_ANSWER_BYTES : client->work->size_bytes, fault);
    return code == 0 && asks ? read_more(client, fault) : code;
}

static int take_all(struct bench_client *client, struct truc_fault *fault)
{
    void *reply = NULL;
    int code = 0;
    while (code == 0) {
        if (redisGetReplyFromReader(client->redis, &reply) != REDIS_OK)
            return fault_set(fault, TRUC_E_PROTOCOL, "redis: %s", client->redis->errstr);
        if (reply == NULL)
            break;
        code = take(client, reply, fault);
        freeReplyObject(reply);
    }
    return code;
}

static int step(struct bench_client *client, uint64_t until_ns, struct truc_fault *fault)
{
    int done = 0;
    if (redisBufferWrite(client->redis, &done) != REDIS_OK)
        return fault_set(fault, TRUC_E_IO, "redis: %s", client->redis->errstr);
    int code = bench_wait(client->redis->fd, (short)(done ? POLLIN : POLLIN | POLLOUT), until_ns, fault);
    if (code == 0 && redisBufferRead(client->redis) != REDIS_OK)
        code = fault_set(fault, TRUC_E_IO, "redis: %s", client->redis->errstr);
    if (code == 0)
        code = take_all(client, fault);
    if (code == 0 && redisBufferWrite(client->redis, &done) != REDIS_OK)
        code = fault_set(fault, TRUC_E_IO, "redis: %s", client->redis->errstr);
    return code;
}

/* The last command is the read that waits; all before it are answered. */
static int drain(struct bench_client *client, struct truc_fault *fault)
{
    int code = 0;
    while (code == 0 && client->expected_count > 1)
        code = step(client, UINT64_MAX, fault);
    return code;
}

static void close_client(struct bench_client *client)
{
    if (client->redis)
        redisFree(client->redis);
    free(client->expected);
    free(client->body);
    free(client);
}

const struct bench_peer peer_redis = {.name = "Redis Streams",
                                      .promise = "synced",
                                      .unable = unable,
                                      .start = start,
                                      .stop = peer_server_stop,
                                      .settings = peer_server_settings,
                                      .open = open_client,
                                      .ready = ready,
                                      .send = send_one,
                                      .step = step,
                                      .drain = drain,
                                      .close = close_client};
