/* door_connector.c - see door_connector.h: who it is, whether it may, which path, and the loop.
 * The clocks are read here.
 * In the flow: http_server.c -> token -> rate -> path -> door_sending.c, door_inbox.c, door_openapi.c. */
#include "door_connector.h"
#include "connector_time.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "door_answer.h"
#include "door_inbox.h"
#include "door_openapi.h"
#include "door_sending.h"
#include "door_tokens.h"
#include "door_webhook.h"
#include "fault.h"

enum {
    STATUS_UNAUTHORISED = 401,
    STATUS_NOT_FOUND = 404,
    STATUS_METHOD = 405,
    STATUS_CONFLICT = 409,
    POSITION_DIGITS_MAX = 18
};

struct door {
    const struct door_adapter *adapter;
    truc_adapter *bus;
    struct connector_log log;
    struct door_tokens *tokens;
    struct door_sending *sending;
    struct door_inbox *inbox;     /* NULL: the vendor has a webhook */
    struct door_webhook *webhook; /* NULL: the vendor pulls */
    struct http_client *client;
    struct http_server *server;
    bool is_draining;
};

static uint64_t wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- who ---- */

static const char *after_prefix(const char *text, const char *prefix)
{
    size_t size = strlen(prefix);
    return strncmp(text, prefix, size) == 0 ? text + size : NULL;
}

static struct door_token *token_of(struct door *door, const struct http_incoming *incoming)
{
    const char *text = json_string_value(json_object_get(incoming->headers, "authorization"));
    if (!text || strncasecmp(text, "Bearer ", 7) != 0)
        return NULL;
    return door_tokens_find(door->tokens, bytes_string(text + 7));
}

static void refresh_tokens(struct door *door)
{
    struct truc_fault fault = {0};
    int changed = door_tokens_refresh(door->tokens, &fault);
    if (changed < 0)
        connector_log(&door->log, CONNECTOR_LOG_ERROR, "the tokens stay as they were: %s %s", fault.text, fault.where);
    else if (changed)
        connector_log(&door->log, CONNECTOR_LOG_INFO, "the file of tokens was read again");
}

static void refuse_token(struct door *door, struct http_exchange *exchange)
{
    connector_log(&door->log, CONNECTOR_LOG_WARNING, "a request without a token that is known");
    door_answer_problem(exchange, &(struct door_problem){.status = STATUS_UNAUTHORISED,
                                                         .code = TRUC_E_UNKNOWN_KEY,
                                                         .reason = "TOKEN",
                                                         .text = "no token, or one that is not known here",
                                                         .hint = "Authorization: Bearer TOKEN"});
}

/* Before the body is read: strangers fill no memory. */
static void admit(void *context, struct http_exchange *exchange, const struct http_incoming *incoming)
{
    struct door *door = context;
    refresh_tokens(door);
    struct door_token *token = token_of(door, incoming);
    if (!token)
        refuse_token(door, exchange);
    else if (!door_tokens_allow(door->tokens, token, connector_now_ms()))
        door_answer_problem(exchange,
                            &(struct door_problem){.code = TRUC_E_RATE,
                                                   .text = "more requests in a second than this token may make",
                                                   .hint = "wait as Retry-After says"});
}

/* ---- where to ---- */

static bool permits(void *context, const char *type, bool is_sending)
{
    const struct door *door = context;
    uint64_t until_ns;
    return truc_permitted(door->bus, type, is_sending ? TRUC_SENDING : TRUC_RECEIVING, NULL, &until_ns) == 0;
}

static void describe(struct door *door, struct http_exchange *exchange)
{
    if (truc_is_connected(door->bus))
        door_answer_json(exchange, 200, door_openapi(door->adapter, permits, door));
    else
        door_answer_problem(exchange, &(struct door_problem){.code = TRUC_E_DISCONNECTED});
}

static void answer_method(struct http_exchange *exchange, const char *method)
{
    door_answer_problem(exchange, &(struct door_problem){.status = STATUS_METHOD,
                                                         .code = TRUC_E_STATE,
                                                         .text = "another method is needed here",
                                                         .hint = method});
}

static void answer_no_path(struct http_exchange *exchange)
{
    door_answer_problem(exchange, &(struct door_problem){.status = STATUS_NOT_FOUND,
                                                         .code = TRUC_E_NOT_FOUND,
                                                         .text = "there is no such path",
                                                         .hint = "GET /openapi.json lists them"});
}

/* "POSITION" or "POSITION/WORD". */
static void take_inbox_path(struct door *door, struct http_exchange *exchange, const struct http_incoming *incoming,
                            const char *rest)
{
    size_t digits = strspn(rest, "0123456789");
    const char *word = rest + digits;
    uint64_t position = strtoull(rest, NULL, 10);
    bool is_get = strcmp(incoming->method, "GET") == 0, is_post = strcmp(incoming->method, "POST") == 0;
    bool is_path = digits && digits <= POSITION_DIGITS_MAX && (!*word || *word == '/');
    if (is_path && !*word && is_get)
        door_inbox_get(door->inbox, exchange, position);
    else if (is_path && (!*word || !is_post))
        answer_method(exchange, *word ? "POST" : "GET");
    else if (!is_path || !door_inbox_settle(door->inbox, exchange, incoming, position, word + 1))
        answer_no_path(exchange);
}

static void take_path(struct door *door, struct http_exchange *exchange, const struct http_incoming *incoming,
                      const struct door_token *token)
{
    bool is_get = strcmp(incoming->method, "GET") == 0, is_post = strcmp(incoming->method, "POST") == 0;
    const char *message = after_prefix(incoming->path, "/v1/messages/");
    const char *question = after_prefix(incoming->path, "/v1/requests/");
    const char *inbox = after_prefix(incoming->path, "/v1/inbox/");
    bool is_list = strcmp(incoming->path, "/v1/inbox") == 0, is_document = strcmp(incoming->path, "/openapi.json") == 0;
    if (!door->inbox && (is_list || inbox))
        door_answer_problem(exchange, &(struct door_problem){.status = STATUS_CONFLICT,
                                                             .code = TRUC_E_STATE,
                                                             .text = "this door posts to a webhook: there is no inbox",
                                                             .hint = "take webhook: out of the door's file to pull"});
    else if (((message || question) && !is_post) || ((is_list || is_document) && !is_get))
        answer_method(exchange, is_list || is_document ? "GET" : "POST");
    else if (message)
        door_sending_publish(door->sending, exchange, incoming, message, token->name);
    else if (question)
        door_sending_ask(door->sending, exchange, incoming, question, token->name);
    else if (inbox)
        take_inbox_path(door, exchange, incoming, inbox);
    else if (is_list)
        door_inbox_list(door->inbox, exchange, incoming);
    else if (is_document)
        describe(door, exchange);
    else
        answer_no_path(exchange);
}

static void handle(void *context, struct http_exchange *exchange, const struct http_incoming *incoming)
{
    struct door *door = context;
    const struct door_token *token = token_of(door, incoming);
    if (!token)
        refuse_token(door, exchange); /* it was taken away while the body came */
    else if (incoming->too_large)
        door_answer_problem(exchange,
                            &(struct door_problem){.code = TRUC_E_TOO_LARGE, .text = "the body is larger than 2 MiB"});
    else
        take_path(door, exchange, incoming, token);
}

/* ---- the loop ---- */

static void close_parts(struct door *door)
{
    http_client_close(door->client);
    http_server_close(door->server); /* after the bus, whose end has answered those who waited for it */
    door_sending_close(door->sending);
    door_inbox_close(door->inbox);
    door_webhook_close(door->webhook);
    door_tokens_close(door->tokens);
    free(door);
}

static void close_door(void *running)
{
    struct door *door = running;
    if (!door)
        return;
    if (door->webhook)
        door_webhook_drain(door->webhook);
    http_client_close(door->client); /* posts under way are not settled: the bus delivers them again */
    door->client = NULL;
    truc_adapter_close(door->bus);
    close_parts(door);
}

/* What becomes of deliveries: they are pulled or posted. */
static int open_receiving(struct door *door, truc_adapter *bus, struct truc_fault *fault)
{
    bool is_posted = door->adapter->webhook.url != NULL;
    int result = http_client_open(is_posted ? door->adapter->webhook.in_flight : 1, &door->client, fault);
    if (result == 0 && is_posted)
        return door_webhook_open(door->adapter, bus, door->client, &door->log, &door->webhook, fault);
    return result == 0 ? door_inbox_open(door->adapter, bus, &door->log, &door->inbox, fault) : result;
}

static int open_door(const struct connector_adapter *adapter, truc_adapter *bus, const struct connector_log *log,
                     void **ret_running, struct truc_fault *fault)
{
    struct door *door = calloc(1, sizeof(*door));
    if (!door)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the door");
    door->adapter = door_adapter_of(adapter);
    door->log = *log;
    int result = door_tokens_open(door->adapter->tokens, door->adapter->rate_second, &door->tokens, fault);
    if (result == 0)
        result = door_sending_open(door->adapter, bus, &door->log, &door->sending, fault);
    if (result == 0)
        result = open_receiving(door, bus, fault);
    if (result == 0)
        result = http_server_open(door->adapter->listen_address, door->adapter->listen_port, handle, door,
                                  &door->server, fault);
    if (result < 0) {
        close_parts(door);
        return result;
    }
    http_server_on_head(door->server, admit);
    door->bus = bus;
    *ret_running = door;
    return 0;
}

static int where(const void *running, json_t *object)
{
    const struct door *door = running;
    return json_object_set_new(object, "url", json_sprintf("http://127.0.0.1:%u", http_server_port(door->server)));
}

static int step(void *running, int extra_fd, struct truc_fault *fault)
{
    struct door *door = running;
    struct pollfd fds[3] = {{.fd = truc_fd(door->bus), .events = POLLIN},
                            {.fd = http_server_fd(door->server), .events = POLLIN},
                            {.fd = extra_fd, .events = POLLIN}};
    int timeout_ms = connector_shorter_ms(CONNECTOR_STEP_MAX_MS, truc_timeout_ms(door->bus));
    timeout_ms = connector_shorter_ms(timeout_ms, http_server_timeout_ms(door->server));
    if (door->inbox)
        timeout_ms = connector_shorter_ms(timeout_ms, door_inbox_timeout_ms(door->inbox, connector_now_ms()));
    int result = http_client_poll(door->client, fds, extra_fd >= 0 ? 3 : 2, timeout_ms, fault);
    if (result == 0)
        result = truc_step(door->bus, fault);
    if (result < 0)
        return result;
    if (door->inbox)
        door_inbox_step(door->inbox, connector_now_ms(), wall_ns());
    if (door->webhook)
        door_webhook_step(door->webhook, connector_now_ms(), wall_ns());
    door_sending_expire(door->sending, connector_now_ms());
    result = http_client_step(door->client, fault);
    return result == 0 ? http_server_step(door->server, fault) : result;
}

static void drain(void *running)
{
    struct door *door = running;
    if (door->is_draining)
        return;
    door->is_draining = true;
    truc_drain(door->bus);
    if (door->inbox)
        door_inbox_drain(door->inbox);
    if (door->webhook)
        door_webhook_drain(door->webhook);
    http_server_quiesce(door->server);
}

/* What is listed and not settled is not waited for: the bus delivers it again. */
static bool is_drained(const void *running)
{
    const struct door *door = running;
    return door->is_draining && door_sending_is_idle(door->sending) &&
           (!door->inbox || door_inbox_is_idle(door->inbox)) && http_client_pending(door->client) == 0 &&
           truc_publish_pending(door->bus) == 0 && http_server_pending(door->server) == 0;
}

const struct connector_engine door_engine = {
    .program = "truc-door",
    .about = "Joins a system that speaks HTTP in its own program to the bus: no mapping, tokens, a pull inbox.",
    .open = open_door,
    .where = where,
    .step = step,
    .drain = drain,
    .is_drained = is_drained,
    .close = close_door,
};
