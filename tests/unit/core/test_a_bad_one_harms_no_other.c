/* test_a_bad_one_harms_no_other.c - of 22 destinations one hangs, is slow, crashes in a loop, rejects everything, wants endlessly or
 * never comes; or of two senders one floods: what all others get, and when, is to the step what they get when it behaves.
 * One step: receivers settle what came, senders publish, one round. A trace holds who got what at which step and who was answered how.
 * What becomes of the bad one itself is asserted, too, so that it is known to have been bad. docs/reliability.md, "Overload". */
#include "core_driver.h"

#include <stdio.h>

enum {
    STEADY, /* sends to all */
    SINGLE, /* sends to one after the other; floods */
    SENDERS,
    BAD = SENDERS,
    RECEIVERS = 22,
    SYSTEMS = SENDERS + RECEIVERS,
    STEPS = 88,
    STEP_MS = 500,
    TAKEN_MAX = 4096,
    RECEIPT_MAX = 64,
    FLOOD_BUNDLES =
        3, /* as many as its destination takes in a step: past a BLOCKED, all is held until that is sent again */
    BAD_QUEUE_MAX = 1000, /* the least that can be configured */
};

#define FLOOD "flood"

enum badness { GOOD, HUNG, MUTE, SLOW, CRASHING, REJECTING, RETRYING, GREEDY, STINGY, AWAY, BADNESSES };

struct world {
    struct driver driver;
    struct peer peers[SYSTEMS];
    bool is_connected[SYSTEMS];
    enum badness badness;
    bool to_all;             /* STEADY sends */
    unsigned flood, flooded; /* bundles that SINGLE publishes a step, to this receiver */
    unsigned step, lost;     /* connections, of the bad one */
    unsigned settled, blocked, bad_taken;
    struct buffer trace;
};

static struct taken taken[TAKEN_MAX];

/* ---- the bus ---- */

static char ids[SYSTEMS][8];
static struct test_bus_system systems[SYSTEMS];
static struct buffer routes, agreements;

static int make_texts(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SYSTEMS; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "%c%02u", i < SENDERS ? 's' : 'r', i);
        systems[i] = (struct test_bus_system){.id = ids[i]};
    }
    buffer_printf(&routes, "  - name: all\n    from: %s\n    type: dossier.progress\n    to: [%s", ids[STEADY],
                  ids[BAD]);
    for (unsigned i = BAD + 1; i < SYSTEMS; i++)
        buffer_printf(&routes, ", %s", ids[i]);
    buffer_append_string(&routes,
                         "]\n    order-by: ordering-key\n    retry: {first: 1s, factor: 2, at-most: 4s, for: 10m}\n");
    for (unsigned i = BAD; i < SYSTEMS; i++) {
        buffer_printf(
            &routes,
            "  - name: to-%s\n    from: %s\n    type: dossier.received\n    to: %s\n    match: {header.subject: "
            "%s}\n    order-by: ordering-key\n    retry: {first: 1s, factor: 2, at-most: 4s, for: 10m}\n",
            ids[i], ids[SINGLE], ids[i], ids[i]);
        for (unsigned s = 0; s < SENDERS; s++)
            buffer_printf(&agreements,
                          "  - name: %s-%s\n    provider: %s\n    consumer: %s\n    types: [dossier.progress, "
                          "dossier.received]\n    purpose: Kiểm thử\n    basis: internal-rule\n    valid: {from: "
                          "2026-01-01}\n",
                          ids[s], ids[i], ids[s], ids[i]);
    }
    return buffer_failed(&routes) || buffer_failed(&agreements);
}

static int free_texts(void **state)
{
    (void)state;
    buffer_free(&routes);
    buffer_free(&agreements);
    return 0;
}

/* ---- one step ---- */

static uint64_t credit_of(const struct world *world, unsigned system)
{
    if (system != BAD)
        return DRIVER_CREDIT_BYTES;
    return world->badness == GREEDY ? UINT64_MAX / 2 : world->badness == STINGY ? 1 : DRIVER_CREDIT_BYTES;
}

static void say_hello(struct world *world, unsigned system)
{
    struct peer *peer = &world->peers[system];
    *peer = driver_peer(&world->driver, (enum driver_system)system);
    struct command hello = driver_hello(peer, credit_of(world, system));
    peer_send(peer, &hello);
    world->is_connected[system] = true;
}

static void answer_pings(struct peer *peer)
{
    struct command command;
    while (peer_take(peer, COMMAND_PING, &command)) {
        command.kind = COMMAND_PONG;
        peer_send(peer, &command);
    }
}

static void give_credit(struct peer *peer, const struct taken *of, size_t count)
{
    struct command credit = {.kind = COMMAND_CREDIT};
    for (size_t i = 0; i < count; i++)
        credit.credit.bytes += message_size(&of[i].message);
    if (credit.credit.bytes)
        peer_send(peer, &credit);
}

static void settle(struct world *world, struct peer *peer, size_t count, enum settlement_outcome outcome)
{
    struct settlement settlements[RECEIPT_MAX];
    for (size_t done = 0; done < count;) {
        size_t now = count - done < COUNT_OF(settlements) ? count - done : COUNT_OF(settlements);
        for (size_t i = 0; i < now; i++) {
            settlements[i] = taken_settlement(&taken[done + i], outcome);
            if (outcome == SETTLED_REJECT)
                settlements[i].code = -TRUC_E_HANDLER;
        }
        peer_send_settle(peer, settlements, now, false);
        done += now;
    }
    give_credit(peer, taken, count);
    world->settled += (unsigned)peer->system == BAD ? (unsigned)count : 0;
}

static void note_taken(struct world *world, unsigned receiver, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(taken[i].header.id.data, FLOOD, sizeof FLOOD - 1) != 0) /* that is not what others get */
            buffer_printf(&world->trace, "step %u: %s gets %.*s of %.*s, attempt %u\n", world->step, ids[receiver],
                          BYTES_PRINTF(taken[i].header.id), BYTES_PRINTF(taken[i].sender), taken[i].attempt);
}

static void serve_well(struct world *world, unsigned receiver)
{
    struct peer *peer = &world->peers[receiver];
    size_t count = peer_take_deliveries(peer, taken, TAKEN_MAX);
    answer_pings(peer);
    if (receiver != BAD)
        note_taken(world, receiver, count);
    settle(world, peer, count, SETTLED_DONE);
}

static void serve_badly(struct world *world)
{
    enum { SLOW_STEPS = 7 };
    struct peer *peer = &world->peers[BAD];
    if (world->badness == GOOD) {
        serve_well(world, BAD);
        return;
    }
    if (world->badness == AWAY)
        return;
    if (world->badness != MUTE) /* which does not even answer heartbeats, and is taken for gone */
        answer_pings(peer);
    if (world->badness == HUNG || world->badness == MUTE || world->badness == GREEDY || world->badness == STINGY ||
        (world->badness == SLOW && world->step % SLOW_STEPS))
        return;
    size_t count = peer_take_deliveries(peer, taken, TAKEN_MAX);
    world->bad_taken += (unsigned)count;
    if (world->badness == CRASHING) {
        if (count) {
            peer_gone(peer);
            world->lost++;
            say_hello(world, BAD);
        }
        return;
    }
    settle(world, peer, count,
           world->badness == REJECTING  ? SETTLED_REJECT
           : world->badness == RETRYING ? SETTLED_RETRY
                                        : SETTLED_DONE);
}

static void publish(struct world *world, unsigned sender, const char *type, const char *subject, const char *name,
                    size_t count)
{
    static char names[PROTOCOL_BUNDLE_MESSAGES_MAX][40];
    struct test_message messages[PROTOCOL_BUNDLE_MESSAGES_MAX];
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(names[i], sizeof names[i], "%s-%u-%zu", name, world->step, i);
        messages[i] = peer_message(&world->peers[sender], names[i], type, subject);
        messages[i].header.ordering_key = bytes_string(names[i]);
    }
    peer_publish(&world->peers[sender], messages, count, NULL);
}

/* Answers of bundles to the bad one are its own affair; all others are part of the trace. */
static void note_answers(struct world *world, unsigned sender)
{
    struct command command;
    struct outcome outcome;
    answer_pings(&world->peers[sender]);
    while (peer_take(&world->peers[sender], COMMAND_OUTCOMES, &command))
        for (size_t offset = 0, i = 0; outcome_next(command.outcomes.outcomes, &offset, &outcome) > 0; i++) {
            world->blocked += outcome.code == -TRUC_E_BLOCKED;
            if (sender == STEADY)
                buffer_printf(&world->trace, "step %u: %s is answered %s\n", world->step, ids[sender],
                              truc_error_name(-(int)outcome.code));
        }
}

static void take_step(struct world *world)
{
    serve_badly(world); /* first: nobody is to have been served before it */
    for (unsigned i = BAD + 1; i < SYSTEMS; i++)
        serve_well(world, i);
    for (unsigned i = 0; i < world->flood; i++) {
        char name[24];
        (void)snprintf(name, sizeof name, FLOOD "-%u", i);
        publish(world, SINGLE, "dossier.received", ids[world->flooded], name, PROTOCOL_BUNDLE_MESSAGES_MAX);
    }
    if (world->to_all)
        publish(world, STEADY, "dossier.progress", "A", "all", 1);
    publish(world, SINGLE, "dossier.received", ids[BAD + 1 + world->step % (RECEIVERS - 1)], "single", 1);
    driver_advance(&world->driver, STEP_MS * MS);
    for (unsigned i = 0; i < SENDERS; i++)
        note_answers(world, i);
    world->step++;
}

static void run(struct world *world)
{
    driver_open(&world->driver, &(struct driver_config){.systems = systems,
                                                        .systems_count = SYSTEMS,
                                                        .only_routes = buffer_string(&routes),
                                                        .only_agreements = buffer_string(&agreements),
                                                        .limits = "  queue-messages: 1000\n"});
    for (unsigned i = 0; i < SYSTEMS; i++)
        if (i != BAD || world->badness != AWAY)
            say_hello(world, i);
    driver_round(&world->driver);
    for (unsigned i = 0; i < STEPS; i++)
        take_step(world);
    assert_int_equal(buffer_failed(&world->trace), 0);
}

static void end(struct world *world)
{
    buffer_free(&world->trace);
    driver_close(&world->driver);
}

/* The first line that differs is what one wants to see. */
static void expect_same(struct world *good, struct world *bad, const char *name)
{
    const char *a = buffer_string(&good->trace), *b = buffer_string(&bad->trace), *line_a = a, *line_b = b;
    for (; *a && *a == *b; a++, b++)
        if (*a == '\n') {
            line_a = a + 1;
            line_b = b + 1;
        }
    if (*a != *b)
        fail_msg("%s changed what others get.\nwithout it: %.*s\nwith it:    %.*s", name, (int)strcspn(line_a, "\n"),
                 line_a, (int)strcspn(line_b, "\n"), line_b);
    assert_true(good->trace.size > (size_t)STEPS * RECEIVERS); /* there was something to compare */
}

/* ---- a bad destination ---- */

static void show_badness(struct world *world)
{
    const char *log = buffer_string(&world->driver.log);
    switch (world->badness) {
    case HUNG:
    case MUTE:
    case AWAY:
    case GREEDY:
    case STINGY:
        assert_int_equal(world->settled, 0);
        break;
    case CRASHING:
        assert_true(world->lost >= CORE_QUARANTINE_LOSSES + CORE_QUARANTINE_ALONE_MAX);
        assert_non_null(strstr(log, ": quarantined"));
        break;
    case REJECTING:
        assert_true(driver_record_count(&world->driver, RECORD_DEAD) > STEPS / 2);
        break;
    case RETRYING:
        assert_true(world->bad_taken > STEPS); /* the same ones, again and again */
        break;
    default:
        assert_true(world->settled > 0);
    }
}

static void a_bad_destination_changes_nothing_for_21_others(void **state)
{
    static const char *const names[BADNESSES] = {"good",      "hung",     "mute",   "slow",   "crashing",
                                                 "rejecting", "retrying", "greedy", "stingy", "away"};
    static struct world good, bad;
    (void)state;
    good = (struct world){.to_all = true};
    run(&good);
    for (unsigned i = GOOD + 1; i < BADNESSES; i++) {
        bad = (struct world){.to_all = true, .badness = (enum badness)i};
        run(&bad);
        show_badness(&bad);
        expect_same(&good, &bad, names[i]);
        end(&bad);
    }
    end(&good);
}

/* ---- a full destination, and a sender that floods it ---- */

static void a_full_destination_is_refused_alone(void **state)
{
    static struct world good, bad;
    (void)state;
    good = (struct world){.flood = 1, .flooded = BAD};
    bad = (struct world){.flood = 1, .flooded = BAD, .badness = HUNG};
    run(&good);
    run(&bad);
    assert_int_equal(good.blocked, 0);
    assert_true(bad.blocked > BAD_QUEUE_MAX); /* it stayed full, and each was told so */
    expect_same(&good, &bad, "a full destination");
    end(&good);
    end(&bad);
}

/* A message to several is taken for all of them or for none: its sender is told for whom it waits, and sends it again. */
static void a_message_to_several_waits_for_the_full_one_and_nothing_else_does(void **state)
{
    static struct world world;
    char last[64];
    (void)state;
    world = (struct world){.to_all = true, .flood = 1, .flooded = BAD, .badness = HUNG};
    run(&world);
    const char *trace = buffer_string(&world.trace), *log = buffer_string(&world.driver.log);
    assert_non_null(strstr(trace, ": s00 is answered BLOCKED\n"));
    assert_non_null(strstr(log, "BLOCKED: the queue of 'r02' is full (1000 messages)"));
    (void)snprintf(last, sizeof last, "gets single-%d-0 of s01, attempt 1\n", STEPS - 2);
    assert_non_null(strstr(trace, last));
    end(&world);
}

static void a_sender_that_floods_changes_nothing_for_another(void **state)
{
    static struct world calm, flooded;
    (void)state;
    calm = (struct world){.to_all = true};
    flooded = (struct world){.to_all = true, .flood = FLOOD_BUNDLES, .flooded = BAD + 1};
    run(&calm);
    run(&flooded);
    assert_true(driver_record_count(&flooded.driver, RECORD_ACCEPTED) > (size_t)STEPS * PROTOCOL_BUNDLE_MESSAGES_MAX);
    expect_same(&calm, &flooded, "a sender that floods");
    end(&calm);
    end(&flooded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_destination_changes_nothing_for_21_others),
        cmocka_unit_test(a_full_destination_is_refused_alone),
        cmocka_unit_test(a_message_to_several_waits_for_the_full_one_and_nothing_else_does),
        cmocka_unit_test(a_sender_that_floods_changes_nothing_for_another),
    };
    return cmocka_run_group_tests(tests, make_texts, free_texts);
}
