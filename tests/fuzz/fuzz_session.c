/* fuzz_session.c - a hostile broker: what an SDK session makes of any frames, in any order, with time and losses between.
 * No event fails; whatever the program publishes or asks is answered just once; what is sent can be read.
 * A fuzz target, see fuzz.h: events of {u8 which, what it needs}; see `events`. */
#include "fuzz_session.h"

enum { TAKEN_MAX = 32, HELD_MAX = 64, EVENTS_MAX = 64 };

struct world {
    struct session *session;
    struct session_time now;
    struct bytes input;
    bool is_connecting, is_connected;
    unsigned answers[TAKEN_MAX]; /* to what the program published or asked: its token is its place here */
    bool is_question[TAKEN_MAX];
    size_t taken;
    struct session_delivery *held[HELD_MAX]; /* the oldest first */
    size_t held_count;
};

static unsigned take_byte(struct world *world)
{
    if (world->input.size == 0)
        return 0;
    world->input.size--;
    return *world->input.data++;
}

static struct bytes take_bytes(struct world *world, size_t size)
{
    size = size < world->input.size ? size : world->input.size;
    struct bytes taken = bytes_of(world->input.data, size);
    world->input = bytes_of(world->input.data + size, world->input.size - size);
    return taken;
}

/* ---- effects ---- */

static void hold(struct world *world, struct session_delivery *delivery)
{
    FUZZ_REQUIRE(delivery->payload.size == delivery->header.payload_size_bytes);
    FUZZ_REQUIRE(header_check(&delivery->header, NULL) == 0);
    if (world->held_count == HELD_MAX) { /* given up: it comes again after a loss */
        session_delivery_free(delivery);
        return;
    }
    world->held[world->held_count++] = delivery;
}

static void count_answer(struct world *world, const struct session_effect *effect)
{
    const unsigned *place = effect->token;
    FUZZ_REQUIRE(place >= world->answers && place < world->answers + world->taken);
    FUZZ_REQUIRE(world->is_question[place - world->answers] == (effect->kind == SESSION_ANSWER));
    FUZZ_REQUIRE(++world->answers[place - world->answers] == 1);
    FUZZ_REQUIRE(effect->code <= 0 && strcmp(truc_error_name(effect->code), "UNKNOWN") != 0);
}

static void carry_out(struct world *world, const struct session_effect *effect)
{
    struct command command;
    switch (effect->kind) {
    case SESSION_CONNECT:
        world->is_connecting = true;
        world->is_connected = false;
        break;
    case SESSION_DISCONNECT:
        world->is_connecting = world->is_connected = false;
        break;
    case SESSION_SEND:
        FUZZ_REQUIRE(command_decode(effect->frame, &command, NULL) == 0);
        break;
    case SESSION_DELIVER:
        hold(world, effect->delivery);
        break;
    case SESSION_OUTCOME:
    case SESSION_ANSWER:
        count_answer(world, effect);
        break;
    case SESSION_BLOB_WANT:
    case SESSION_BLOB_DATA:
    case SESSION_BLOB_PROGRESS:
    case SESSION_BLOB_END:
        FUZZ_REQUIRE(false); /* no attachment was asked for here: nothing a broker says makes one */
        break;
    case SESSION_REPLIED:
    case SESSION_PERMISSIONS:
    case SESSION_LOG:
        break;
    }
}

static void take_effects(struct world *world)
{
    struct session_effect effect;
    while (session_effect_next(world->session, &effect))
        carry_out(world, &effect);
}

/* ---- events ---- */

static int event_frame(struct world *world)
{
    size_t size = take_byte(world);
    struct bytes frame = take_bytes(world, size | (size_t)take_byte(world) << 8);
    return world->is_connected ? session_frame(world->session, world->now, frame) : 0;
}

static int event_connected(struct world *world)
{
    if (!world->is_connecting)
        return 0;
    world->is_connecting = false;
    world->is_connected = true;
    return session_connected(world->session, world->now);
}

static int event_lost(struct world *world)
{
    if (!world->is_connecting && !world->is_connected)
        return 0;
    world->is_connecting = world->is_connected = false;
    return session_disconnected(world->session, world->now, "lost");
}

static int event_time(struct world *world)
{
    uint64_t ns = (uint64_t)take_byte(world) << 26; /* up to 17 s */
    world->now.monotonic_ns += ns;
    world->now.wall_ns += ns;
    return session_tick(world->session, world->now);
}

/* A publish when `timeout_ms` is 0, else a question. */
static int say(struct world *world, uint32_t timeout_ms)
{
    char id[8];
    struct header header = {.type = bytes_string(timeout_ms > 0 ? "citizen.verify" : "dossier.received"),
                            .subject = bytes_string("H1"),
                            .time_ns = world->now.wall_ns,
                            .kind = HEADER_EVENT,
                            .classification = HEADER_NOT_SECRET};
    if (world->taken == TAKEN_MAX)
        return 0;
    unsigned *token = &world->answers[world->taken];
    (void)snprintf(id, sizeof id, "m%zu", world->taken);
    header.id = bytes_string(id);
    world->is_question[world->taken] = timeout_ms > 0;
    int code = timeout_ms > 0
                   ? session_ask(world->session, &header, bytes_string("?"), timeout_ms, world->now, token, NULL)
                   : session_publish(world->session, &header, bytes_string("one"), token, NULL);
    world->taken += code == 0;
    return code == TRUC_E_LIMIT || code == TRUC_E_TOO_LARGE ? 0
                                                            : code; /* its bounds, or what the broker said they are */
}

static int event_publish(struct world *world)
{
    return say(world, 0);
}

static int event_ask(struct world *world)
{
    return say(world, 1 + take_byte(world) * 64);
}

static struct session_delivery *take_held(struct world *world)
{
    if (world->held_count == 0)
        return NULL;
    struct session_delivery *first = world->held[0];
    memmove(world->held, world->held + 1, --world->held_count * sizeof *world->held);
    return first;
}

static int event_settle(struct world *world)
{
    struct settlement settlement = {.outcome = SETTLED_DONE + take_byte(world) % 3};
    struct session_delivery *delivery = take_held(world);
    if (delivery == NULL)
        return 0;
    int code = session_settle(world->session, delivery, &settlement);
    session_delivery_free(delivery);
    return code;
}

static int event_reply(struct world *world)
{
    BUFFER_CLEANUP struct buffer trimmed = {0};
    struct session_delivery *delivery = take_held(world);
    if (delivery == NULL)
        return 0;
    struct bytes payload = take_bytes(world, take_byte(world));
    FUZZ_REQUIRE(session_trim_reply(world->session, delivery, payload, &trimmed) >= 0);
    int code = session_reply(world->session, delivery, payload, world->now.wall_ns, NULL);
    session_delivery_free(delivery);
    return code == TRUC_E_STATE || code == TRUC_E_TOO_LARGE ? 0 : code;
}

static int (*const events[])(struct world *) = {event_frame,   event_connected, event_lost,   event_time,
                                                event_publish, event_ask,       event_settle, event_reply};

static void end(struct world *world)
{
    FUZZ_REQUIRE(session_close(world->session, world->now) == 0);
    take_effects(world);
    for (size_t i = 0; i < world->taken; i++)
        FUZZ_REQUIRE(world->answers[i] == 1);
    for (size_t i = 0; i < world->held_count; i++)
        session_delivery_free(world->held[i]);
    session_free(world->session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = {.now = {1000 * 1000000000ull, 1795420800000000000ull}, .input = bytes_of(data, size)};
    world.session = fuzz_session(world.now);
    take_effects(&world);
    for (unsigned i = 0; i < EVENTS_MAX && world.input.size > 0; i++) {
        FUZZ_REQUIRE(events[take_byte(&world) % (sizeof events / sizeof *events)](&world) == 0);
        take_effects(&world);
        FUZZ_REQUIRE(session_flush(world.session, world.now) == 0);
        take_effects(&world);
    }
    end(&world);
    return 0;
}
