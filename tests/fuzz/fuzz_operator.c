/* fuzz_operator.c - any bytes as the arguments of what operators and auditors ask, carried out by a small broker (operator.proto).
 * Each question has one answer; who may change nothing changes nothing; and what was changed is the same after a restart.
 * A fuzz target, see fuzz.h: questions of {u8 verb, u8 who, u8 size, arguments}. */
#include "core_world.h"
#include "fuzz.h"
#include "operate.h"
#include "protobuf_wire.h"

enum { QUESTIONS_MAX = 8, NUMBER = 7 };
static const enum driver_system askers[] = {OPERATOR, AUDITOR, INTEGRATOR, ALPHA};

static struct bytes status(struct driver *driver)
{
    struct bytes result;
    struct peer auditor = driver_connect(driver, AUDITOR, 0);
    FUZZ_REQUIRE(peer_ask(&auditor, "status", BYTES_EMPTY, &result) == 0);
    peer_lose(&auditor);
    return result;
}

/* Of a queue what an operator can change: waiting, dead, timed, who paused it and why. */
static void describe_queue(struct bytes queue, struct buffer *out)
{
    static const uint32_t kept[] = {1, 5, 9, 17, 19, 20, 21};
    struct wire_reader reader = wire_read(queue);
    struct wire_field field;
    while (wire_next(&reader, &field) > 0)
        for (size_t i = 0; i < COUNT_OF(kept); i++)
            if (field.number == kept[i])
                buffer_printf(out, "%u:%llu%.*s ", field.number, (unsigned long long)field.value,
                              BYTES_PRINTF(field.bytes));
    buffer_append_byte(out, '\n');
}

static void describe(struct driver *driver, struct buffer *out)
{
    enum { QUEUES = 19 };
    struct wire_reader reader = wire_read(status(driver));
    struct wire_field field;
    while (wire_next(&reader, &field) > 0)
        if (field.number == QUEUES)
            describe_queue(field.bytes, out);
    FUZZ_REQUIRE(out->size > 0 && !buffer_failed(out));
}

static bool has_answer(const struct peer *peer)
{
    struct command command;
    if (!peer_take(peer, COMMAND_ANSWER, &command))
        return false;
    FUZZ_REQUIRE(command.answer.number == NUMBER);
    FUZZ_REQUIRE(strcmp(truc_error_name(-(int)command.answer.code), "UNKNOWN") != 0);
    return true;
}

/* A reload is answered when the world around the broker has done it. */
static void reload(struct driver *driver)
{
    const struct core_reloaded reloaded = {.difference = bytes_string("~ routes")};
    FUZZ_REQUIRE(engine_reloaded(driver->engine, &reloaded, NULL) == 0);
    driver_round(driver);
}

static void ask(struct driver *driver, enum driver_system who, const char *verb, struct bytes arguments)
{
    struct peer peer = driver_connect(driver, who, 0);
    struct command command = {.kind = COMMAND_ASK};
    unsigned asked = driver->reloads_asked, closed = driver->closed;
    command.ask = (struct command_ask){.number = NUMBER, .verb = bytes_string(verb), .arguments = arguments};
    peer_send(&peer, &command);
    driver_round(driver);
    if (driver->reloads_asked > asked)
        reload(driver);
    bool is_answered = has_answer(&peer);
    FUZZ_REQUIRE(is_answered || driver->closed > closed);
    FUZZ_REQUIRE(!has_answer(&peer));
    peer_lose(&peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct driver driver;
    BUFFER_CLEANUP struct buffer before = {0}, after = {0}, again = {0};
    bool may_change = false;
    size_t verbs = 0;
    while (operate_verb(verbs) != NULL)
        verbs++;
    core_world_copy(&driver);
    driver_start(&driver);
    describe(&driver, &before);
    for (unsigned i = 0; i < QUESTIONS_MAX && size >= 3; i++) {
        enum driver_system who = askers[data[1] % COUNT_OF(askers)];
        size_t count = data[2] < size - 3 ? data[2] : size - 3;
        ask(&driver, who, operate_verb(data[0] % verbs), bytes_of(data + 3, count));
        may_change |= who == OPERATOR;
        data += 3 + count;
        size -= 3 + count;
    }
    describe(&driver, &after);
    FUZZ_REQUIRE(may_change || bytes_equal(buffer_view(&before), buffer_view(&after)));
    driver_kill(&driver);
    driver_start(&driver);
    describe(&driver, &again);
    FUZZ_REQUIRE(bytes_equal(buffer_view(&after), buffer_view(&again)));
    core_world_end(&driver);
    return 0;
}
