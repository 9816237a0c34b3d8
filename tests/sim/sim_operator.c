/* sim_operator.c - a person at the bus: looks, pauses and resumes queues, has dead letters tried again.
 * When the faults have ended it resumes what is paused and retries until nothing is dead.
 * Its questions are docs/protocol.md's asks, with schemas/truc/bus/v1/operator.proto. */
#include "protobuf_wire.h"
#include "sim_world.h"

enum { CHANGE_SYSTEM = 1, CHANGE_REASON = 2, DEAD_QUERY_REASON = 4 };

static void ask(struct world *world, const char *verb, struct bytes arguments)
{
    struct sim_raw *raw = &world->operator.raw;
    struct command command = {.kind = COMMAND_ASK};
    command.ask = (struct command_ask){.number = ++raw->number, .verb = bytes_string(verb), .arguments = arguments};
    world_note(world, "ops asks %s", verb);
    raw_send(world, raw, &command);
}

static void ask_change(struct world *world, const char *verb, unsigned client)
{
    struct buffer arguments BUFFER_CLEANUP = {0};
    wire_put_string(&arguments, CHANGE_SYSTEM, sim_names[client]);
    wire_put_string(&arguments, CHANGE_REASON, "simulated");
    ask(world, verb, buffer_view(&arguments));
}

static void change_dead(struct world *world, const char *verb)
{
    struct buffer arguments BUFFER_CLEANUP = {0};
    wire_put_string(&arguments, DEAD_QUERY_REASON, "simulated");
    ask(world, verb, buffer_view(&arguments));
}

static void act(struct world *world)
{
    unsigned client = (unsigned)random_below(&world->random, SIM_SYSTEMS);
    switch (random_below(&world->random, 8)) {
    case 0:
        ask_change(world, "queue-pause", client);
        break;
    case 1:
    case 2:
        ask_change(world, "queue-resume", client);
        break;
    case 3:
        ask_change(world, "queue-show", client);
        break;
    case 4:
        ask(world, "status", BYTES_EMPTY);
        break;
    case 5:
        ask(world, "dead-list", BYTES_EMPTY);
        break;
    case 6:
        ask(world, "follow", BYTES_EMPTY);
        break;
    default: /* mostly there is hope */
        change_dead(world, random_chance(&world->random, 10) ? "dead-discard" : "dead-retry");
        break;
    }
}

static void mend(struct world *world)
{
    unsigned turn = world->operator.turn++;
    if (turn % 2 == 0 || turn / 2 >= SIM_SYSTEMS)
        change_dead(world, "dead-retry");
    else
        ask_change(world, "queue-resume", turn / 2);
    if (turn < SIM_SYSTEMS)
        ask_change(world, "queue-resume", turn);
}

void operator_acts(struct world *world)
{
    struct sim_raw *raw = &world->operator.raw;
    if (raw->peer && raw->is_welcome)
        (world->faults ? act : mend)(world);
    else if (raw->peer == 0)
        raw_connect(world, raw);
    world_later(world, (300 + random_below(&world->random, 1500)) * 1000000, SIM_OPERATES, SIM_OPERATOR);
}

void operator_start(struct world *world)
{
    world->operator.raw.client = SIM_OPERATOR;
    operator_acts(world);
}

void operator_connected(struct world *world, uint64_t peer)
{
    if (world->operator.raw.peer == peer)
        raw_hello(world, &world->operator.raw, 0, sim_names[SIM_OPERATOR]);
}

void operator_lost(struct world *world, uint64_t peer)
{
    if (world->operator.raw.peer == peer)
        raw_disconnect(world, &world->operator.raw);
}

void operator_frame(struct world *world, uint64_t peer, struct bytes frame)
{
    struct sim_raw *raw = &world->operator.raw;
    struct command command;
    if (raw->peer != peer || command_decode(frame, &command, NULL) < 0)
        return;
    if (command.kind == COMMAND_WELCOME)
        raw->is_welcome = true;
    if (command.kind == COMMAND_ANSWER && command.answer.code)
        world_tell(world, "ops is answered %u %.*s", command.answer.code, BYTES_PRINTF(command.answer.text));
    if (command.kind == COMMAND_PING) {
        command.kind = COMMAND_PONG;
        raw_send(world, raw, &command);
    }
    if (command.kind == COMMAND_ERROR || command.kind == COMMAND_BYE)
        raw_disconnect(world, raw);
}
