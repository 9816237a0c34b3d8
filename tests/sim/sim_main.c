/* sim_main.c - runs seeds: one, or as many as a time allows; a failing seed is printed with the command that repeats it.
 * Every tenth seed is run twice: the same seed must give the same trace.
 * Canaries (sim_canary.c) must be caught: with --canary NAME it succeeds only when some seed fails. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "encode.h"
#include "sim_canary.h"
#include "sim_world.h"

enum { KEY_SEED = 256, KEY_RUNS, KEY_SECONDS, KEY_HOURS, KEY_FROM, KEY_CANARY, KEY_DESCRIPTORS, KEY_VERBOSE };
enum { REPEAT_EVERY = 10, CANARY_SEEDS_MAX = 400 };

struct options {
    uint64_t seed, runs, seconds;
    const char *canary, *descriptors;
    bool verbose;
};

static const struct argp_option option_table[] = {
    {"seed", KEY_SEED, "N", 0, "first seed", 0},
    {"from", KEY_FROM, "TEXT", 0, "first seed from a text, e.g. the commit", 0},
    {"runs", KEY_RUNS, "N", 0, "how many seeds", 0},
    {"seconds", KEY_SECONDS, "N", 0, "as many seeds as this allows", 0},
    {"hours", KEY_HOURS, "N", 0, "the same, in hours", 0},
    {"canary", KEY_CANARY, "NAME", 0, "break the broker on purpose; succeeds when it is caught", 0},
    {"descriptors", KEY_DESCRIPTORS, "FILE", 0, "the schemas' descriptor set", 0},
    {"verbose", KEY_VERBOSE, NULL, 0, "print the trace", 0},
    {0},
};

static error_t take_option(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_SEED:
        options->seed = strtoull(argument, NULL, 0);
        return 0;
    case KEY_RUNS:
        options->runs = strtoull(argument, NULL, 0);
        return 0;
    case KEY_SECONDS:
        options->seconds = strtoull(argument, NULL, 0);
        return 0;
    case KEY_HOURS:
        options->seconds = strtoull(argument, NULL, 0) * 3600;
        return 0;
    case KEY_FROM: {
        struct sha256_digest digest = sha256_of(bytes_string(argument));
        options->seed = load_le64(digest.bytes) >> 16;
        return 0;
    }
    case KEY_CANARY:
        options->canary = argument;
        return 0;
    case KEY_DESCRIPTORS:
        options->descriptors = argument;
        return 0;
    case KEY_VERBOSE:
        options->verbose = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static uint64_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec;
}

static bool goes_on(const struct options *options, uint64_t done, uint64_t started_s)
{
    if (options->canary)
        return done < CANARY_SEEDS_MAX;
    return options->seconds ? now_s() - started_s < options->seconds : done < (options->runs ? options->runs : 1);
}

static bool repeats(struct sim_bus *bus, uint64_t seed, const struct sim_result *first)
{
    struct sim_result second;
    world_run(bus, seed, false, &second);
    return sha256_equal(&first->trace, &second.trace);
}

int main(int argc, char **argv)
{
    static const struct argp parser = {option_table, take_option, NULL, "Simulates the bus from seeds.",
                                       NULL,         NULL,        NULL};
    struct options options = {.seed = 1, .descriptors = TRUC_DESCRIPTORS_PATH};
    struct truc_fault fault = {0};
    struct sim_bus bus;
    argp_parse(&parser, argc, argv, 0, NULL, &options);
    if (options.canary && canary_choose(options.canary) < 0) {
        fprintf(stderr, "truc-sim: no canary is called '%s'\n", options.canary);
        return 2;
    }
    if (sim_bus_make(options.descriptors, &bus, &fault) < 0) {
        fprintf(stderr, "truc-sim: %s\n", fault.text);
        return 2;
    }
    uint64_t started_s = now_s(), done = 0, crashes = 0, acknowledged = 0, effects = 0;
    int result = 0;
    bool caught = false;
    printf("first seed %llu\n", (unsigned long long)options.seed);
    for (; result == 0 && !caught && goes_on(&options, done, started_s); done++) {
        struct sim_result run;
        uint64_t seed = options.seed + done;
        world_run(&bus, seed, options.verbose, &run);
        crashes += run.crashes;
        acknowledged += run.acknowledged;
        effects += run.effects;
        caught = options.canary && run.failed;
        if (run.failed)
            printf("seed %llu: %s\n", (unsigned long long)seed, run.failure);
        if (run.failed && !options.canary) {
            printf("again: truc-sim --seed %llu --verbose\n", (unsigned long long)seed);
            result = 1;
        } else if (!run.failed && done % REPEAT_EVERY == 0 && !repeats(&bus, seed, &run)) {
            printf("seed %llu: two runs gave two traces\n", (unsigned long long)seed);
            result = 1;
        }
    }
    printf("%llu seeds, %llu crashes of the broker, %llu acknowledged, %llu effects, %s\n", (unsigned long long)done,
           (unsigned long long)crashes, (unsigned long long)acknowledged, (unsigned long long)effects,
           options.canary ? (caught ? "the canary was caught" : "the canary was NOT caught")
           : result       ? "a promise was broken"
                          : "all promises held");
    sim_bus_free(&bus);
    return options.canary ? !caught : result;
}
