/* cli_stub_broker.c - see cli_stub_broker.h. One thread, one socket; a pipe ends it.
 * Results are written field by field as operator.proto says, not by the tables under test.
 * It fails by assertions of the main thread only: here it just stops answering. */
#include "cli_stub_broker.h"

#include "cmocka_start.h"
#include "command.h"
#include "protobuf_wire.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

enum { ENDPOINT_BYTES = 64, IDENTITY_BYTES = 256, HEARTBEAT_MS = 50, STOP_WAIT_MS = 10000 };

struct stub_broker {
    void *context, *router;
    pthread_t thread;
    int stop[2];
    enum stub_manner manner;
    char endpoint[ENDPOINT_BYTES];
    uint8_t identity[IDENTITY_BYTES];
    size_t identity_size;
    unsigned welcomes;
    struct stub_seen seen;
};

static void send_frame(struct stub_broker *broker, struct bytes frame)
{
    if (zmq_send(broker->router, broker->identity, broker->identity_size, ZMQ_SNDMORE) >= 0)
        zmq_send(broker->router, frame.data, frame.size, 0);
}

static void send_command(struct stub_broker *broker, const struct command *command)
{
    struct buffer frame = {0};
    command_encode(command, &frame);
    send_frame(broker, buffer_view(&frame));
    buffer_free(&frame);
}

static void send_answer(struct stub_broker *broker, uint64_t number, uint32_t code, struct bytes result, bool more)
{
    struct command command = {.kind = COMMAND_ANSWER};
    command.answer = (struct command_answer){.number = number, .code = code, .result = result, .more = more};
    if (code) {
        command.answer.text = bytes_string("'status' is not for the role of 'operator'");
        command.answer.hint = bytes_string("ask somebody else");
    }
    send_command(broker, &command);
}

/* ---- results ---- */

static void write_status(struct buffer *out)
{
    static const uint8_t hash[32] = {0x5d, 0x1e, 0x07};
    wire_put_string(out, 1, "thanhhoa");
    wire_put_string(out, 2, "Trục liên thông dữ liệu");
    wire_put_bytes(out, 3, bytes_of(hash, sizeof hash));
    wire_put_uint(out, 4, 1204331);
    wire_put_uint(out, 5, 1204330);
    wire_put_fixed64(out, 6, 1795417315118000000ull);
    wire_put_fixed64(out, 7, 1795417387118000000ull);
    wire_put_uint(out, 8, 58120);
    wire_put_uint(out, 9, 41);
    wire_put_uint(out, 13, 120);
    wire_put_uint(out, 12, 3);
    wire_put_uint(out, 15, 2);
    wire_put_bool(out, 17, true);
    wire_put_string(out, 18, "disk 91 % > 90 %");
    size_t mark = wire_begin(out, 19);
    wire_put_string(out, 1, "national-portal");
    wire_put_uint(out, 4, 8000);
    wire_put_uint(out, 5, 212);
    wire_put_uint(out, 9, 1);
    wire_put_uint(out, 12, 1000);
    wire_end(out, mark);
    mark = wire_begin(out, 19);
    wire_put_string(out, 1, "onestop");
    wire_put_bool(out, 3, true);
    wire_put_uint(out, 12, 58120);
    wire_end(out, mark);
}

static void write_letters(struct buffer *out)
{
    size_t mark = wire_begin(out, 1);
    wire_put_string(out, 1, "national-portal");
    wire_put_uint(out, 2, 4711);
    wire_put_fixed64(out, 3, 1795417387118000000ull);
    wire_put_string(out, 4, "RETRIES");
    wire_put_string(out, 6, "HTTP 500\x1b[2J");
    wire_put_string(out, 7, "onestop");
    wire_put_string(out, 8, "dossier.received");
    wire_put_string(out, 9, "H56.14-261123-0042");
    wire_put_uint(out, 11, 9);
    wire_end(out, mark);
}

static void send_events(struct stub_broker *broker, uint64_t number)
{
    struct buffer event = {0};
    send_answer(broker, number, 0, BYTES_EMPTY, true);
    wire_put_fixed64(&event, 1, 1795417387118000000ull);
    wire_put_string(&event, 3, "portal");
    wire_put_string(&event, 4, "onestop");
    wire_put_string(&event, 5, "dossier.submitted");
    wire_put_string(&event, 6, "H56.14-261123-0042");
    wire_put_uint(&event, 7, 12);
    wire_put_uint(&event, 9, 1);
    send_answer(broker, number, 0, buffer_view(&event), true);
    buffer_clear(&event);
    wire_put_fixed64(&event, 1, 1795417387402000000ull);
    wire_put_uint(&event, 2, 43);
    wire_put_string(&event, 3, "edoc");
    wire_put_string(&event, 5, "document.send");
    wire_put_string(&event, 8, "văn bản mật");
    send_answer(broker, number, 0, buffer_view(&event), true);
    buffer_free(&event);
}

/* ---- the conversation ---- */

static void take_hello(struct stub_broker *broker, const struct command_hello *hello)
{
    struct command command = {.kind = COMMAND_WELCOME};
    broker->seen.hellos++;
    if (broker->manner == STUB_REFUSES_HELLO) {
        command = (struct command){.kind = COMMAND_ERROR};
        command.error = (struct command_error){
            .code = 23, .text = bytes_string("you are not 'operator'"), .hint = bytes_string("use its key")};
    } else {
        command.welcome = (struct command_welcome){.version = 1, .bus = hello->bus, .heartbeat_ms = HEARTBEAT_MS};
        broker->welcomes++;
    }
    send_command(broker, &command);
}

static void answer_ask(struct stub_broker *broker, const struct command_ask *ask)
{
    struct buffer result = {0};
    struct command ping = {.kind = COMMAND_PING};
    ping.ping.number = 7;
    send_command(broker, &ping);
    send_answer(broker, ask->number + 100, 0, bytes_string("another question's"), false);
    if (bytes_equal_string(ask->verb, "follow")) {
        send_events(broker, ask->number);
        return;
    }
    if (bytes_equal_string(ask->verb, "status"))
        write_status(&result);
    else if (bytes_equal_string(ask->verb, "dead-list"))
        write_letters(&result);
    else
        wire_put_uint(&result, 1, 1204);
    send_answer(broker, ask->number, 0, buffer_view(&result), false);
    buffer_free(&result);
}

static void take_ask(struct stub_broker *broker, const struct command_ask *ask)
{
    static const uint8_t garbage[] = {0xff, 0xff, 0xff};
    struct command bye = {.kind = COMMAND_BYE};
    snprintf(broker->seen.verb, sizeof broker->seen.verb, "%.*s", BYTES_PRINTF(ask->verb));
    buffer_clear(&broker->seen.arguments);
    buffer_append_bytes(&broker->seen.arguments, ask->arguments);
    switch (broker->manner) {
    case STUB_REFUSES_ASK:
        send_answer(broker, ask->number, 6, BYTES_EMPTY, false);
        break;
    case STUB_GARBAGE:
        send_frame(broker, bytes_of(garbage, sizeof garbage));
        break;
    case STUB_BAD_RESULT:
        send_answer(broker, ask->number, 0, bytes_of(garbage, sizeof garbage), false);
        break;
    case STUB_LEAVES:
        bye.bye.text = bytes_string("the broker is stopping");
        send_command(broker, &bye);
        break;
    case STUB_FALLS_SILENT:
        break;
    default:
        answer_ask(broker, ask);
    }
}

static void take_frame(struct stub_broker *broker)
{
    zmq_msg_t frame;
    struct command command;
    int size = zmq_recv(broker->router, broker->identity, sizeof broker->identity, 0);
    zmq_msg_init(&frame);
    if (size >= 0 && zmq_msg_recv(&frame, broker->router, 0) >= 0 && broker->manner != STUB_SILENT &&
        command_decode(bytes_of(zmq_msg_data(&frame), zmq_msg_size(&frame)), &command, NULL) == 0) {
        broker->identity_size = (size_t)size;
        if (command.kind == COMMAND_HELLO)
            take_hello(broker, &command.hello);
        else if (command.kind == COMMAND_ASK)
            take_ask(broker, &command.ask);
        else if (command.kind == COMMAND_PING && broker->manner != STUB_FALLS_SILENT) {
            command.kind = COMMAND_PONG;
            send_command(broker, &command);
        }
        broker->seen.pongs += command.kind == COMMAND_PONG && command.ping.number == 7;
        broker->seen.byes += command.kind == COMMAND_BYE;
    }
    zmq_msg_close(&frame);
}

/* Once told to stop, it still waits for the leave of every client it had welcomed. */
static void *run(void *context)
{
    struct stub_broker *broker = context;
    zmq_pollitem_t items[2] = {{broker->router, 0, ZMQ_POLLIN, 0}, {NULL, broker->stop[0], ZMQ_POLLIN, 0}};
    bool stopping = false;
    for (;;) {
        if (stopping && broker->seen.byes >= broker->welcomes)
            return NULL;
        int ready = zmq_poll(items, stopping ? 1 : 2, STOP_WAIT_MS);
        if (ready < 0 || (ready == 0 && stopping))
            return NULL;
        if (items[0].revents)
            take_frame(broker);
        stopping |= items[1].revents != 0;
    }
}

struct stub_broker *stub_broker_start(const char *secret_text, enum stub_manner manner)
{
    struct stub_broker *broker = calloc(1, sizeof *broker);
    int one = 1, zero = 0;
    size_t size = ENDPOINT_BYTES;
    assert_non_null(broker);
    broker->manner = manner;
    broker->context = zmq_ctx_new();
    broker->router = zmq_socket(broker->context, ZMQ_ROUTER);
    assert_int_equal(zmq_setsockopt(broker->router, ZMQ_CURVE_SERVER, &one, sizeof one), 0);
    assert_int_equal(zmq_setsockopt(broker->router, ZMQ_CURVE_SECRETKEY, secret_text, strlen(secret_text) + 1), 0);
    assert_int_equal(zmq_setsockopt(broker->router, ZMQ_LINGER, &zero, sizeof zero), 0);
    assert_int_equal(zmq_bind(broker->router, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(broker->router, ZMQ_LAST_ENDPOINT, broker->endpoint, &size), 0);
    assert_int_equal(pipe(broker->stop), 0);
    assert_int_equal(pthread_create(&broker->thread, NULL, run, broker), 0);
    return broker;
}

const char *stub_broker_endpoint(const struct stub_broker *broker)
{
    return broker->endpoint;
}

void stub_broker_stop(struct stub_broker *broker, struct stub_seen *ret_seen)
{
    close(broker->stop[1]);
    pthread_join(broker->thread, NULL);
    zmq_close(broker->router);
    zmq_ctx_term(broker->context);
    close(broker->stop[0]);
    if (ret_seen)
        *ret_seen = broker->seen;
    else
        buffer_free(&broker->seen.arguments);
    free(broker);
}
