/* cli_client.c - DEALER over CURVE with a monitor beside it, which is the only way to learn why nobody answers.
 * Not: the commands' meaning (command.h). Single-threaded; waits in one place, client_wait.
 * See cli_client.h for the flow. */
#include "cli_client.h"

#include "cli_words.h"
#include "fault.h"
#include "time_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <zmq.h>

enum {
    MONITOR_NAME_BYTES = 64,
    ENDPOINT_BYTES = 256,
    MONITOR_EVENT_BYTES = 6, /* u16 event, u32 value */
    CLIENT_LINGER_MS = 100,
    HEARTBEAT_MS_DEFAULT = 2000,
    HEARTBEATS_MISSED_MAX = 3,
};

struct cli_client {
    struct cli_client_options options; /* its texts are the copies below, or gone after the opening */
    char endpoint[ENDPOINT_BYTES], system[PROTOCOL_NAME_BYTES_MAX + 1];
    void *context, *dealer, *monitor;
    zmq_msg_t frame; /* of the last command read */
    bool has_frame, welcomed;
    uint64_t ask_number, heartbeat_ms, heard_ms, pinged_ms;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- sockets ---- */

static int set_options(struct cli_client *client, struct truc_fault *fault)
{
    static const struct {
        int option, value;
    } numbers[] = {{ZMQ_LINGER, CLIENT_LINGER_MS}, {ZMQ_RECONNECT_IVL, -1}, {ZMQ_SNDHWM, 100}, {ZMQ_RCVHWM, 10000}};
    int64_t frame_bytes_max = PROTOCOL_FRAME_BYTES_MAX;
    const struct curve_key *key = client->options.key;
    bool failed = zmq_setsockopt(client->dealer, ZMQ_MAXMSGSIZE, &frame_bytes_max, sizeof frame_bytes_max) < 0;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        failed |= zmq_setsockopt(client->dealer, numbers[i].option, &numbers[i].value, sizeof numbers[i].value) < 0;
    if (failed)
        return fault_set(fault, TRUC_E_INTERNAL, _("libzmq refuses a socket option: %s"), zmq_strerror(zmq_errno()));
    if (zmq_setsockopt(client->dealer, ZMQ_CURVE_SERVERKEY, client->options.server_key, CURVE_KEY_TEXT_BYTES) < 0 ||
        zmq_setsockopt(client->dealer, ZMQ_CURVE_PUBLICKEY, key->public_text, CURVE_KEY_TEXT_BYTES) < 0 ||
        zmq_setsockopt(client->dealer, ZMQ_CURVE_SECRETKEY, key->secret_text, CURVE_KEY_TEXT_BYTES) < 0)
        return fault_set(fault, TRUC_E_CONFIG, _("a transport key is not 40 characters of Z85"));
    return 0;
}

static int open_sockets(struct cli_client *client, struct truc_fault *fault)
{
    /* Never HANDSHAKE_FAILED_PROTOCOL: bus/io/zmq_connections.c says why. */
    static const int watched = ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED |
                               ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
    static const char monitor_name[MONITOR_NAME_BYTES] = "inproc://truc-cli-monitor";
    client->context = zmq_ctx_new();
    client->dealer = client->context ? zmq_socket(client->context, ZMQ_DEALER) : NULL;
    client->monitor = client->dealer ? zmq_socket(client->context, ZMQ_PAIR) : NULL;
    if (client->monitor == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a connection"));
    int code = set_options(client, fault);
    if (code < 0)
        return code;
    if (zmq_socket_monitor(client->dealer, monitor_name, watched) < 0 || zmq_connect(client->monitor, monitor_name) < 0)
        return fault_set(fault, TRUC_E_INTERNAL, _("libzmq watches no connection: %s"), zmq_strerror(zmq_errno()));
    if (zmq_connect(client->dealer, client->options.endpoint) < 0)
        return fault_set(fault, TRUC_E_CONFIG, _("cannot connect to '%s': %s"), client->options.endpoint,
                         zmq_strerror(zmq_errno()));
    return 0;
}

/* What an event of the connection means for a conversation: it ends. 0: nothing. */
static int judge_event(const struct cli_client *client, int event, struct truc_fault *fault)
{
    const char *endpoint = client->options.endpoint;
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        fault_set(fault, TRUC_E_UNKNOWN_KEY, _("the broker at %s does not know the key of '%s'"), endpoint,
                  client->options.system);
        return TRUC_E_UNKNOWN_KEY;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        fault_set(fault, TRUC_E_UNKNOWN_KEY,
                  _("no secure connection to %s: it is another broker, or does not know our key"), endpoint);
        fault_hint(fault, _("compare server-key in the system's settings.yaml with the broker's keys/broker.pub"));
        return TRUC_E_UNKNOWN_KEY;
    case ZMQ_EVENT_CLOSED:
    case ZMQ_EVENT_CONNECT_RETRIED:
        if (client->welcomed)
            return 0;
        fault_set(fault, TRUC_E_UNAVAILABLE, _("nobody listens at %s"), endpoint);
        fault_hint(fault, _("is trucd running? another address: --broker tcp://ADDRESS:PORT"));
        return TRUC_E_UNAVAILABLE;
    case ZMQ_EVENT_DISCONNECTED:
        fault_set(fault, TRUC_E_DISCONNECTED, _("the broker at %s closed the connection%s"), endpoint,
                  client->welcomed ? "" : _(" before it had answered"));
        fault_hint(fault, _("truc status says whether it is back"));
        return TRUC_E_DISCONNECTED;
    default:
        return 0;
    }
}

static int read_event(struct cli_client *client, struct truc_fault *fault)
{
    uint8_t event[MONITOR_EVENT_BYTES];
    char address[256];
    uint16_t number;
    if (zmq_recv(client->monitor, event, sizeof event, ZMQ_DONTWAIT) != MONITOR_EVENT_BYTES)
        return 0;
    (void)zmq_recv(client->monitor, address, sizeof address, 0); /* the second frame of every event */
    memcpy(&number, event, sizeof number);                       /* in the machine's own order: zmq_socket_monitor(3) */
    return judge_event(client, number, fault);
}

/* ---- commands ---- */

static int send_command(struct cli_client *client, const struct command *command, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer frame = {0};
    command_encode(command, &frame);
    if (buffer_failed(&frame))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a command"));
    if (zmq_send(client->dealer, frame.data, frame.size, ZMQ_DONTWAIT) < 0)
        return fault_set(fault, TRUC_E_UNAVAILABLE, _("nothing can be sent to %s: %s"), client->options.endpoint,
                         zmq_strerror(zmq_errno()));
    return 0;
}

/* A frame if there is one: 1, 0, or an error. */
static int read_command(struct cli_client *client, struct command *ret, struct truc_fault *fault)
{
    if (client->has_frame)
        zmq_msg_close(&client->frame);
    client->has_frame = zmq_msg_init(&client->frame) == 0;
    if (!client->has_frame || zmq_msg_recv(&client->frame, client->dealer, ZMQ_DONTWAIT) < 0)
        return 0;
    client->heard_ms = now_ms();
    int code = command_decode(bytes_of(zmq_msg_data(&client->frame), zmq_msg_size(&client->frame)), ret, fault);
    return code < 0 ? code : 1;
}

static int keep_alive(struct cli_client *client, struct truc_fault *fault)
{
    uint64_t now = now_ms();
    struct command ping = {.kind = COMMAND_PING};
    if (!client->welcomed || now - client->pinged_ms < client->heartbeat_ms)
        return 0;
    if (now - client->heard_ms > HEARTBEATS_MISSED_MAX * client->heartbeat_ms) {
        fault_set(fault, TRUC_E_DISCONNECTED, _("the broker at %s has fallen silent"), client->options.endpoint);
        return TRUC_E_DISCONNECTED;
    }
    client->pinged_ms = now;
    ping.ping.number = now;
    return send_command(client, &ping, fault);
}

/* Waits until something can be read, at most wait_ms. 0 or an error. */
static int client_wait(struct cli_client *client, uint64_t wait_ms, struct truc_fault *fault)
{
    zmq_pollitem_t items[3] = {{client->dealer, 0, ZMQ_POLLIN, 0},
                               {client->monitor, 0, ZMQ_POLLIN, 0},
                               {NULL, client->options.stop_fd, ZMQ_POLLIN, 0}};
    int count = client->options.stop_fd >= 0 ? 3 : 2;
    if (wait_ms > client->heartbeat_ms)
        wait_ms = client->heartbeat_ms;
    if (zmq_poll(items, count, (long)wait_ms) < 0 && zmq_errno() != EINTR)
        return fault_set(fault, TRUC_E_INTERNAL, _("libzmq does not wait: %s"), zmq_strerror(zmq_errno()));
    if (count == 3 && items[2].revents)
        return fault_set(fault, TRUC_E_CLOSED, _("stopped"));
    if (items[1].revents && !(items[0].revents)) /* what has arrived is read before the end is believed */
        return read_event(client, fault);
    return 0;
}

static int ended_by(const struct command *command, struct truc_fault *fault)
{
    if (command->kind == COMMAND_BYE)
        return fault_set(fault, TRUC_E_SHUTTING_DOWN, "%.*s", BYTES_PRINTF(command->bye.text));
    int code = fault_set(fault, -(int)command->error.code, "%.*s", BYTES_PRINTF(command->error.text));
    fault_where(fault, "%.*s", BYTES_PRINTF(command->error.where));
    if (command->error.hint.size)
        fault_hint(fault, "%.*s", BYTES_PRINTF(command->error.hint));
    return code < 0 ? code : TRUC_E_PROTOCOL;
}

/* The next command of one kind; heartbeats and notices pass by. 1, 0 when the time is over, or an error. */
static int expect(struct cli_client *client, enum command_kind kind, uint64_t timeout_ms, struct command *ret,
                  struct truc_fault *fault)
{
    uint64_t begun = now_ms();
    for (;;) {
        uint64_t passed = now_ms() - begun;
        int code = read_command(client, ret, fault);
        if (code < 0 || (code == 1 && ret->kind == kind))
            return code;
        if (code == 1 && (ret->kind == COMMAND_ERROR || ret->kind == COMMAND_BYE))
            return ended_by(ret, fault);
        if (code == 1 && ret->kind == COMMAND_PING) {
            struct command pong = {.kind = COMMAND_PONG};
            pong.ping.number = ret->ping.number;
            code = send_command(client, &pong, fault);
        } else if (code == 0 && passed >= timeout_ms) {
            return 0;
        } else if (code == 0) {
            code = client_wait(client, timeout_ms - passed, fault);
        }
        if (code >= 0)
            code = keep_alive(client, fault);
        if (code < 0)
            return code;
    }
}

/* ---- the conversation ---- */

static int greet(struct cli_client *client, struct truc_fault *fault)
{
    uint8_t session[PROTOCOL_SESSION_BYTES];
    struct command hello = {.kind = COMMAND_HELLO}, welcome = {0};
    if (getrandom(session, sizeof session, 0) != (ssize_t)sizeof session)
        return fault_errno(fault, TRUC_E_CRYPTO, errno, _("no random numbers"));
    hello.hello = (struct command_hello){.version_min = PROTOCOL_VERSION,
                                         .version_max = PROTOCOL_VERSION,
                                         .bus = bytes_string(client->options.bus),
                                         .system = bytes_string(client->options.system),
                                         .session = bytes_of(session, sizeof session),
                                         .software = bytes_string("truc " TRUC_VERSION)};
    int code = send_command(client, &hello, fault);
    if (code == 0)
        code = expect(client, COMMAND_WELCOME, client->options.timeout_ms, &welcome, fault);
    if (code == 0) {
        fault_set(fault, TRUC_E_TIMEOUT, _("the broker at %s does not answer"), client->options.endpoint);
        fault_hint(fault,
                   _("is it still recovering its journal? its log says; another address: --broker tcp://ADDRESS:PORT"));
        return TRUC_E_TIMEOUT;
    }
    if (code < 0)
        return code;
    client->welcomed = true;
    client->heartbeat_ms = welcome.welcome.heartbeat_ms ? welcome.welcome.heartbeat_ms : HEARTBEAT_MS_DEFAULT;
    client->pinged_ms = now_ms();
    return 0;
}

int cli_client_open(const struct cli_client_options *options, struct cli_client **ret_client, struct truc_fault *fault)
{
    struct cli_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a connection"));
    client->options = *options;
    client->options.endpoint = client->endpoint;
    client->options.system = client->system;
    snprintf(client->endpoint, sizeof client->endpoint, "%s", options->endpoint);
    snprintf(client->system, sizeof client->system, "%s", options->system);
    client->heartbeat_ms = HEARTBEAT_MS_DEFAULT;
    int code = open_sockets(client, fault);
    if (code == 0)
        code = greet(client, fault);
    client->options.key = NULL;
    client->options.server_key = client->options.bus = NULL;
    if (code < 0)
        cli_client_close(client);
    else
        *ret_client = client;
    return code;
}

void cli_client_close(struct cli_client *client)
{
    if (client == NULL)
        return;
    struct command bye = {.kind = COMMAND_BYE};
    if (client->welcomed)
        (void)send_command(client, &bye, NULL); /* a courtesy: the broker also notices the closed connection */
    if (client->has_frame)
        zmq_msg_close(&client->frame);
    if (client->monitor)
        zmq_close(client->monitor);
    if (client->dealer)
        zmq_close(client->dealer);
    if (client->context)
        zmq_ctx_term(client->context);
    free(client);
}

int cli_client_ask(struct cli_client *client, const char *verb, struct bytes arguments, struct truc_fault *fault)
{
    struct command ask = {.kind = COMMAND_ASK};
    ask.ask = (struct command_ask){.number = ++client->ask_number, .verb = bytes_string(verb), .arguments = arguments};
    return send_command(client, &ask, fault);
}

uint64_t cli_client_asked(const struct cli_client *client)
{
    return client->ask_number;
}

/* An answer of the broker that refuses is an error of ours. */
static int take_answer(const struct command_answer *answer, struct command_answer *ret_answer, struct truc_fault *fault)
{
    if (answer->code != 0) {
        int code = fault_set(fault, -(int)answer->code, "%.*s", BYTES_PRINTF(answer->text));
        if (answer->hint.size)
            fault_hint(fault, "%.*s", BYTES_PRINTF(answer->hint));
        return code < 0 ? code : TRUC_E_PROTOCOL;
    }
    *ret_answer = *answer;
    return 1;
}

int cli_client_next(struct cli_client *client, uint64_t timeout_ms, struct command_answer *ret_answer,
                    struct truc_fault *fault)
{
    struct command command;
    int code;
    do
        code = expect(client, COMMAND_ANSWER, timeout_ms, &command, fault);
    while (code == 1 && command.answer.number != client->ask_number);
    return code == 1 ? take_answer(&command.answer, ret_answer, fault) : code;
}

int cli_client_next_any(struct cli_client *client, uint64_t timeout_ms, struct command_answer *ret_answer,
                        struct truc_fault *fault)
{
    struct command command;
    int code = expect(client, COMMAND_ANSWER, timeout_ms, &command, fault);
    return code == 1 ? take_answer(&command.answer, ret_answer, fault) : code;
}

int cli_client_call(struct cli_client *client, const char *verb, struct bytes arguments,
                    struct command_answer *ret_answer, struct truc_fault *fault)
{
    int code = cli_client_ask(client, verb, arguments, fault);
    if (code == 0)
        code = cli_client_next(client, client->options.timeout_ms, ret_answer, fault);
    if (code == 0) {
        fault_set(fault, TRUC_E_TIMEOUT, _("the broker at %s did not answer '%s' within %llu ms"),
                  client->options.endpoint, verb, (unsigned long long)client->options.timeout_ms);
        return TRUC_E_TIMEOUT;
    }
    return code < 0 ? code : 0;
}
