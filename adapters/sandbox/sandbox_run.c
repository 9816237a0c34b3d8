/* sandbox_run.c - the run of truc-sandbox as one loop with a tick. See sandbox_run.h.
 * Every far side and the traffic have their own threads; this one watches them. */
#include "sandbox_run.h"
#include "far_clock.h"
#include "far_portal.h"
#include "far_summary.h"

#include <errno.h>
#include <fault.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

enum { TICK_MS = 100, ASK_EVERY_MS = 500, ASK_REST = 5 };

struct run {
    const struct sandbox_options *options;
    struct far_world world;
    struct far_log log;
    struct far_side sides[FAR_SIDES_MAX];
    struct far_traffic *traffic;
    uint64_t began_ms;
    bool told_to_end; /* a signal came */
    bool outage_on[SANDBOX_OUTAGES_MAX], outage_over[SANDBOX_OUTAGES_MAX];
};

static int write_file(const char *path, json_t *root, struct truc_fault *fault)
{
    char beside[FAR_STORE_PATH_BYTES_MAX];
    int size = snprintf(beside, sizeof beside, "%s.new", path);
    if (size < 0 || (size_t)size >= sizeof beside)
        return fault_set(fault, TRUC_E_LIMIT, "the path %.60s… is too long", path);
    if (json_dump_file(root, beside, JSON_INDENT(2)) != 0 || rename(beside, path) != 0)
        return fault_errno(fault, TRUC_E_IO, errno, "can't write %s", path);
    return 0;
}

static int write_where(const struct run *run, struct truc_fault *fault)
{
    if (!run->options->where_file)
        return 0;
    json_t *root = json_object();
    for (size_t i = 0; i < far_side_kinds_count(); i++) {
        char url[FAR_URL_BYTES_MAX];
        far_side_url(&run->sides[i], url);
        json_object_set_new(root, run->sides[i].kind->id, json_pack("{s:s}", "url", url));
    }
    int result = json_object_size(root) == far_side_kinds_count()
                     ? write_file(run->options->where_file, root, fault)
                     : fault_set(fault, TRUC_E_MEMORY, "no memory for the addresses");
    json_decref(root);
    return result;
}

static int open_sides(struct run *run, struct truc_fault *fault)
{
    int result = 0;
    for (size_t i = 0; i < far_side_kinds_count() && result == 0; i++)
        result = far_side_open(far_side_kind_at(i), &run->world, run->options->ports[i], &run->sides[i], fault);
    return result;
}

static struct far_side *side_of(struct run *run, const char *id)
{
    for (size_t i = 0; i < far_side_kinds_count(); i++) {
        if (run->sides[i].kind && strcmp(run->sides[i].kind->id, id) == 0)
            return &run->sides[i];
    }
    return NULL;
}

static int start_traffic(struct run *run, struct truc_fault *fault)
{
    struct far_store *portal = far_portal_store(side_of(run, far_portal_kind.id)->state);
    return far_traffic_start(portal, &run->world, &run->options->traffic, &run->traffic, fault);
}

/* Takes far sides down and up as the schedule says. */
static int keep_outages(struct run *run, struct truc_fault *fault)
{
    uint64_t passed_ms = far_clock_steady_ms() - run->began_ms;
    int result = 0;
    for (size_t i = 0; i < run->options->outages_count && result == 0; i++) {
        const struct sandbox_outage *outage = &run->options->outages[i];
        struct far_side *side = side_of(run, outage->id);
        bool over = passed_ms >= outage->start_ms + outage->length_ms;
        if (!run->outage_on[i] && !run->outage_over[i] && !over && passed_ms >= outage->start_ms) {
            result = far_server_down(side->server, outage->kind, fault);
            run->outage_on[i] = true;
            far_log_move(&run->log, outage->id, "outage", "", "begins");
        } else if (run->outage_on[i] && over) {
            result = far_server_up(side->server, fault);
            run->outage_on[i] = false;
            run->outage_over[i] = true;
            far_log_move(&run->log, outage->id, "outage", "", "ends");
        }
    }
    return result;
}

/* Waits one tick; whether a signal came. */
static bool tick(struct run *run)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    const struct timespec wait = {TICK_MS / 1000, (TICK_MS % 1000) * 1000000L};
    bool came = sigtimedwait(&set, NULL, &wait) > 0;
    run->told_to_end |= came;
    return came;
}

static int run_traffic(struct run *run, struct truc_fault *fault)
{
    int result = 0;
    while (result == 0 && far_traffic_runs(run->traffic)) {
        result = keep_outages(run, fault);
        if (tick(run))
            far_traffic_end(run->traffic);
    }
    const char *failure = far_traffic_failure(run->traffic);
    return result == 0 && failure ? fault_set(fault, TRUC_E_IO, "the traffic ended: %s", failure) : result;
}

/* Until nothing is missing, the bound passes, or a signal comes. */
static int drain(struct run *run, struct far_summary *summary, struct truc_fault *fault)
{
    uint64_t now_ms = far_clock_steady_ms(), ask_ms = now_ms, end_ms = now_ms + run->options->drain_ms;
    int64_t unfinished = 1;
    int result = 0;
    while (result == 0 && unfinished > 0 && now_ms < end_ms) {
        result = keep_outages(run, fault);
        if (result == 0 && now_ms >= ask_ms) {
            result = far_summary_unfinished(summary, &unfinished, fault);
            uint64_t took_ms = far_clock_steady_ms() - now_ms;
            ask_ms = now_ms + ASK_EVERY_MS + took_ms * ASK_REST; /* a long question leaves time for the work */
        }
        if (unfinished > 0 && tick(run))
            break;
        now_ms = far_clock_steady_ms();
    }
    return result;
}

static int account(struct run *run, struct far_summary *summary, struct truc_fault *fault)
{
    json_t *root = NULL;
    bool complete = false;
    int result = far_summary_write(summary, &root, &complete, fault);
    if (result < 0)
        return result;
    uint64_t lasted_ms = far_clock_steady_ms() - run->began_ms;
    json_object_set_new(root, "seed", json_integer((json_int_t)run->options->seed));
    json_object_set_new(root, "lasted-ms", json_integer((json_int_t)lasted_ms));
    if (run->options->summary_file)
        result = write_file(run->options->summary_file, root, fault);
    json_decref(root);
    if (result < 0)
        return result;
    return complete ? SANDBOX_COMPLETE : SANDBOX_INCOMPLETE;
}

/* Until a signal comes. */
static int only_serve(struct run *run, struct truc_fault *fault)
{
    int result = 0;
    while (result == 0 && !run->told_to_end) {
        result = keep_outages(run, fault);
        tick(run);
    }
    return result;
}

/* Adapters start after the far sides, since they ask for their addresses: the traffic waits until both say theirs. */
static void await_adapters(struct run *run)
{
    char url[FAR_URL_BYTES_MAX];
    while (!run->told_to_end && (far_address_url(&run->world.portal_adapter, "", url, NULL) < 0 ||
                                 far_address_url(&run->world.onestop_adapter, "", url, NULL) < 0))
        tick(run);
}

static int run_to_the_end(struct run *run, struct truc_fault *fault)
{
    bool has_traffic = run->options->traffic.rate > 0;
    if (has_traffic)
        await_adapters(run);
    run->began_ms = far_clock_steady_ms();
    if (!has_traffic || run->told_to_end)
        return only_serve(run, fault);
    int result = start_traffic(run, fault);
    if (result == 0)
        result = run_traffic(run, fault);
    struct far_summary summary = {0};
    if (result == 0)
        result = far_summary_open(run->options->directory, &summary, fault);
    if (result == 0)
        result = drain(run, &summary, fault);
    if (result == 0)
        result = account(run, &summary, fault);
    far_summary_close(&summary);
    if (result >= 0 && run->options->stay) {
        int served = only_serve(run, fault);
        result = served < 0 ? served : result;
    }
    return result;
}

static void block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* before any thread starts: they inherit it */
    signal(SIGPIPE, SIG_IGN);
}

int sandbox_run(const struct sandbox_options *options, struct truc_fault *fault)
{
    struct run run = {.options = options};
    block_signals();
    far_log_init(&run.log, options->log ? stdout : NULL);
    run.world = (struct far_world){
        .directory = options->directory,
        .seed = options->seed,
        .citizens_count = options->citizens_count,
        .pace_ms = options->pace_ms,
        .clerks = options->clerks,
        .session = options->session,
        .portal_adapter = {options->portal_adapter},
        .onestop_adapter = {options->onestop_adapter},
        .log = &run.log,
    };
    int result = open_sides(&run, fault);
    if (result == 0)
        result = write_where(&run, fault);
    if (result == 0)
        result = run_to_the_end(&run, fault);
    far_traffic_stop(run.traffic); /* first: it uses the portal's store */
    for (size_t i = 0; i < FAR_SIDES_MAX; i++)
        far_side_close(&run.sides[i]);
    far_log_free(&run.log);
    return result;
}
