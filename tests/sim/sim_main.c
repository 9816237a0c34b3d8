/* sim_main.c - runs seeds: one, a file of them, or as many as a time allows; a failing seed is printed with the command that repeats it.
 * Every tenth seed is run twice: the same seed must give the same trace.
 * With --canary NAME it succeeds only when some seed fails by the oracle that the canary is there for. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "encode.h"
#include "sim_canary.h"
#include "sim_memo.h"
#include "sim_options.h"
#include "sim_world.h"

enum { REPEAT_EVERY = 10, CANARY_SEEDS_MAX = 400 };

/* What all seeds came to. */
struct session_of_seeds {
    const struct sim_options *options;
    struct sim_bus bus;
    enum oracle expected; /* of a canary */
    uint64_t done, crashes, acknowledged, effects;
    bool broken, caught;
};

static uint64_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec;
}

static bool repeats(struct sim_bus *bus, uint64_t seed, const struct sim_result *first)
{
    struct sim_result second;
    world_run(bus, seed, false, &second);
    return sha256_equal(&first->trace, &second.trace);
}

static void print_trace(uint64_t seed, const struct sim_result *result)
{
    struct buffer hex BUFFER_CLEANUP = {0};
    hex_append(&hex, sha256_view(&result->trace));
    printf("%llu %s\n", (unsigned long long)seed, buffer_string(&hex));
}

static void run_seed(struct session_of_seeds *session, uint64_t seed)
{
    const struct sim_options *options = session->options;
    struct sim_result run;
    world_run(&session->bus, seed, options->verbose, &run);
    session->crashes += run.crashes;
    session->acknowledged += run.acknowledged;
    session->effects += run.effects;
    if (options->traces)
        print_trace(seed, &run);
    if (run.oracle == ORACLE_NONE && session->done % REPEAT_EVERY == 0 && !repeats(&session->bus, seed, &run)) {
        run.oracle = ORACLE_REPEAT;
        (void)snprintf(run.failure, sizeof run.failure, "two runs gave two traces");
    }
    session->done++;
    if (run.oracle == ORACLE_NONE)
        return;
    printf("seed %llu: oracle %s, %s\n", (unsigned long long)seed, oracle_name(run.oracle), run.failure);
    session->caught = run.oracle == session->expected;
    session->broken = true;
    if (!options->canary)
        printf("again: truc-sim --seed %llu --verbose\n", (unsigned long long)seed);
}

static bool goes_on(const struct session_of_seeds *session, uint64_t started_s)
{
    const struct sim_options *options = session->options;
    if (session->broken)
        return false;
    if (options->canary)
        return session->done < CANARY_SEEDS_MAX;
    return options->seconds ? now_s() - started_s < options->seconds
                            : session->done < (options->runs ? options->runs : 1);
}

/* Lines "NUMBER why"; '#' begins a comment. -1: the file can't be read, or says nothing. */
static int run_file(struct session_of_seeds *session, const char *path)
{
    char line[512];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -1;
    while (!session->broken && fgets(line, sizeof line, file))
        if (line[0] >= '0' && line[0] <= '9')
            run_seed(session, strtoull(line, NULL, 10));
    fclose(file);
    return session->done ? 0 : -1;
}

static const char *verdict(const struct session_of_seeds *session)
{
    if (session->options->canary)
        return session->caught   ? "the canary was caught"
               : session->broken ? "the canary was caught by the wrong oracle"
                                 : "the canary was NOT caught";
    return session->broken ? "a promise was broken" : "all promises held";
}

int main(int argc, char **argv)
{
    struct sim_options options;
    struct truc_fault fault = {0};
    struct session_of_seeds session = {.options = &options};
    sim_options_read(argc, argv, &options);
    if (options.canary && canary_choose(options.canary, &session.expected) < 0) {
        fprintf(stderr, "truc-sim: no canary is called '%s'\n", options.canary);
        return 2;
    }
    if (sim_bus_make(options.descriptors, &session.bus, &fault) < 0) {
        fprintf(stderr, "truc-sim: %s\n", fault.text);
        return 2;
    }
    uint64_t started_s = now_s();
    int code = 0;
    if (options.seeds) {
        code = run_file(&session, options.seeds);
        if (code < 0)
            fprintf(stderr, "truc-sim: no seeds in %s\n", options.seeds);
    } else {
        printf("first seed %llu\n", (unsigned long long)options.seed);
        while (goes_on(&session, started_s))
            run_seed(&session, options.seed + session.done);
    }
    printf("%llu seeds, %llu crashes of the broker, %llu acknowledged, %llu effects, %s\n",
           (unsigned long long)session.done, (unsigned long long)session.crashes,
           (unsigned long long)session.acknowledged, (unsigned long long)session.effects, verdict(&session));
    memo_free();
    sim_bus_free(&session.bus);
    if (code < 0)
        return 2;
    return options.canary ? !session.caught : session.broken;
}
