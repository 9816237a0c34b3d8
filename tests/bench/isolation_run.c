/* isolation_run.c - sender and receivers are adapters of this process, stepped in turn; the one that crashes has its own.
 * See isolation_run.h.
 * A message's own time is when it was due, so that a sender held up counts as late. */
#include "isolation_run.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <truc/truc.h>

#include "fault.h"
#include "kit_bus.h"
#include "test_document.h"

enum {
    WINDOW = 2000,
    CONTENT_BYTES = 1023,
    SLOW_EVERY_MS = 50,
    READY_WAIT_MS = 20000,
    END_WAIT_MS = 60000,
    STEP_WAIT_MS = 5,
    KEPT_MAX = 65536,
    CRASHED = 9 /* exit status */
};

struct run;
struct receiver {
    struct run *run;
    truc_adapter *adapter;
    bool is_bad;
    uint64_t taken;
};

struct run {
    const struct isolation_plan *plan;
    struct kit_bus bus;
    truc_adapter *sender;
    struct receiver receivers[ISOLATION_RECEIVERS]; /* the first may be bad */
    truc_request *kept[KEPT_MAX];
    size_t kept_from, kept_to;
    uint64_t settle_next_ns;
    struct child crashing;
    char crash_settings[KIT_PATH_BYTES], crash_log[KIT_PATH_BYTES];
    uint64_t lost;
    uint64_t *samples_ns;
    size_t samples_count;
    uint32_t published, refused;
    uint64_t begin_ns, begin_wall_ns;
};

/* The clock of a message's own time. */
static uint64_t now_wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- the bus ---- */

static int write_file(const char *folder, const char *name, const struct buffer *text, struct truc_fault *fault)
{
    char path[KIT_PATH_BYTES];
    int code = kit_path(path, fault, "%s/%s", folder, name);
    FILE *file = code == 0 ? fopen(path, "we") : NULL;
    if (file == NULL)
        return code < 0 ? code : fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    size_t written = fwrite(text->data, 1, text->size, file);
    return fclose(file) == 0 && written == text->size ? 0 : fault_errno(fault, TRUC_E_IO, errno, "%s", path);
}

static int write_system(const char *folder, const char *id, const char *role, struct truc_fault *fault)
{
    char name[64];
    BUFFER_CLEANUP struct buffer text = {0};
    (void)snprintf(name, sizeof name, "systems/%s.yaml", id);
    buffer_printf(&text, "id: %s\ntitle: %s\n%stransport-keys: [keys/%s.pub]\ncertificates: [certs/%s.pem]\n", id, id,
                  role, id, id);
    return write_file(folder, name, &text, fault);
}

static int write_rules(const char *folder, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer bus = {0}, routes = {0}, agreements = {0};
    buffer_append_string(&bus, "bus: isolation\ntitle: isolation\nlisten: [tcp://127.0.0.1:7402]\nca: certs/ca.pem\n"
                               "schemas: truc.descriptors\n");
    buffer_append_string(&routes, "routes:\n  - name: all\n    from: sender\n    type: document.send\n    order-by: "
                                  "subject\n    to: [r0");
    for (unsigned i = 1; i < ISOLATION_RECEIVERS; i++)
        buffer_printf(&routes, ", r%u", i);
    buffer_append_string(&routes, "]\n");
    buffer_append_string(&agreements, "agreements:\n");
    for (unsigned i = 0; i < ISOLATION_RECEIVERS; i++)
        buffer_printf(&agreements,
                      "  - name: to-r%u\n    provider: sender\n    consumer: r%u\n    types: [document.send]\n"
                      "    purpose: measuring\n    basis: internal-rule\n    valid: {from: 2020-01-01}\n",
                      i, i);
    int code = write_file(folder, "bus.yaml", &bus, fault);
    if (code == 0)
        code = write_file(folder, "routes/all.yaml", &routes, fault);
    return code < 0 ? code : write_file(folder, "agreements/all.yaml", &agreements, fault);
}

static int write_configuration(const char *folder, struct truc_fault *fault)
{
    static const char *const rooms[] = {"", "systems", "routes", "agreements"};
    char path[KIT_PATH_BYTES], id[8];
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof rooms / sizeof *rooms; i++)
        if ((code = kit_path(path, fault, "%s/%s", folder, rooms[i])) == 0 && mkdir(path, 0700) < 0)
            code = fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    if (code == 0)
        code = write_rules(folder, fault);
    if (code == 0)
        code = write_system(folder, "sender", "", fault);
    if (code == 0)
        code = write_system(folder, "operator", "role: operator\n", fault);
    for (unsigned i = 0; code == 0 && i < ISOLATION_RECEIVERS; i++) {
        (void)snprintf(id, sizeof id, "r%u", i);
        code = write_system(folder, id, "", fault);
    }
    return code;
}

static int make_bus(struct run *run, struct truc_fault *fault)
{
    struct kit_bus place = {.broker = {.pid = 0}}; /* of the configuration that `truc init` reads */
    char config[KIT_PATH_BYTES];
    int code = kit_bus_folder(&place, run->plan->directory, fault);
    if (code == 0)
        code = kit_path(config, fault, "%s/config", place.folder);
    if (code == 0)
        code = write_configuration(config, fault);
    if (code == 0)
        code = kit_bus_make(&run->bus, run->plan->directory, config, NULL, fault);
    if (code == 0)
        code = kit_bus_start(&run->bus, fault);
    kit_bus_remove(&place);
    return code;
}

/* ---- the receivers ---- */

static void sample(struct run *run, const truc_request *request)
{
    uint64_t wall_ns = now_wall_ns(), due_ns = truc_request_time_ns(request);
    if (run->samples_count < (size_t)run->plan->count * ISOLATION_RECEIVERS)
        run->samples_ns[run->samples_count++] = wall_ns > due_ns ? wall_ns - due_ns : 0;
}

static int take(truc_request *request, void *context)
{
    struct receiver *receiver = context;
    struct run *run = receiver->run;
    receiver->taken++;
    if (!receiver->is_bad)
        sample(run, request);
    if (!receiver->is_bad || run->plan->badness == ISOLATION_GOOD)
        return truc_done(request);
    if (run->plan->badness == ISOLATION_REJECTING)
        return truc_reject(request, TRUC_E_REJECTED, "NO", "rejects everything");
    if (run->kept_to == KEPT_MAX)
        return truc_retry(request, TRUC_E_UNAVAILABLE, "keeps as many as it can");
    truc_keep(request);
    run->kept[run->kept_to++] = request;
    return 0;
}

static void settle_slowly(struct run *run)
{
    uint64_t now_ns = kit_now_ns();
    if (run->plan->badness != ISOLATION_SLOW || run->kept_from == run->kept_to || now_ns < run->settle_next_ns)
        return;
    run->settle_next_ns = now_ns + SLOW_EVERY_MS * 1000000ull;
    (void)truc_done(
        run->kept[run->kept_from++]); /* a lost connection has taken it back: then there is nothing to settle */
}

static void ignore_log(void *context, int level, const char *text)
{
    (void)context, (void)level, (void)text;
}

static int open_adapter(struct run *run, const char *system, truc_adapter **ret_adapter, struct truc_fault *fault)
{
    char settings[KIT_PATH_BYTES];
    int code = kit_bus_settings(&run->bus, system, settings, fault);
    struct truc_options options = {.size = sizeof options, .settings = settings, .inbox = "memory", .log = ignore_log};
    return code < 0 ? code : truc_adapter_open(&options, ret_adapter, fault);
}

static int restart_crashing(struct run *run, struct truc_fault *fault)
{
    const char *const arguments[] = {"/proc/self/exe", "--crash", run->crash_settings, NULL};
    if (child_runs(&run->crashing))
        return 0;
    run->lost += run->crashing.status != 0;
    return child_start(&run->crashing, "r0", arguments, run->crash_log, false, fault);
}

static int open_all(struct run *run, struct truc_fault *fault)
{
    int code = open_adapter(run, "sender", &run->sender, fault);
    if (code == 0)
        code = kit_bus_settings(&run->bus, "r0", run->crash_settings, fault);
    if (code == 0)
        code = kit_path(run->crash_log, fault, "%s/r0.log", run->bus.folder);
    for (unsigned i = 0; code == 0 && i < ISOLATION_RECEIVERS; i++) {
        struct receiver *receiver = &run->receivers[i];
        char id[8];
        (void)snprintf(id, sizeof id, "r%u", i);
        *receiver = (struct receiver){.run = run, .is_bad = i == 0};
        if (receiver->is_bad && run->plan->badness == ISOLATION_CRASHING)
            continue; /* has a process of its own */
        code = open_adapter(run, id, &receiver->adapter, fault);
        if (code == 0 && truc_serve(receiver->adapter, "document.send", take, receiver) < 0)
            code = fault_set(fault, TRUC_E_STATE, "no handler");
    }
    return code;
}

/* ---- the run ---- */

static int step(struct run *run, int wait_ms, struct truc_fault *fault)
{
    struct pollfd ready[ISOLATION_RECEIVERS + 1] = {{.fd = truc_fd(run->sender), .events = POLLIN}};
    nfds_t count = 1;
    for (unsigned i = 0; i < ISOLATION_RECEIVERS; i++)
        if (run->receivers[i].adapter)
            ready[count++] = (struct pollfd){.fd = truc_fd(run->receivers[i].adapter), .events = POLLIN};
    if (poll(ready, count, wait_ms) < 0 && errno != EINTR)
        return fault_errno(fault, TRUC_E_IO, errno, "poll");
    int code = truc_step(run->sender, fault);
    for (unsigned i = 0; code == 0 && i < ISOLATION_RECEIVERS; i++)
        if (run->receivers[i].adapter)
            code = truc_step(run->receivers[i].adapter, fault);
    settle_slowly(run);
    if (code == 0 && run->plan->badness == ISOLATION_CRASHING)
        code = restart_crashing(run, fault);
    return code;
}

static bool all_connected(const struct run *run)
{
    bool connected = truc_is_connected(run->sender);
    for (unsigned i = 0; i < ISOLATION_RECEIVERS; i++)
        connected = connected && (run->receivers[i].adapter == NULL || truc_is_connected(run->receivers[i].adapter));
    return connected;
}

static int await_connected(struct run *run, struct truc_fault *fault)
{
    uint64_t until_ns = kit_now_ns() + READY_WAIT_MS * 1000000ull;
    int code = 0;
    while (code == 0 && !all_connected(run))
        code = kit_now_ns() > until_ns ? fault_set(fault, TRUC_E_TIMEOUT, "not all connected in %d ms", READY_WAIT_MS)
                                       : step(run, STEP_WAIT_MS, fault);
    return code;
}

static void note_outcome(void *context, const struct truc_outcome *outcome)
{
    struct run *run = context;
    run->refused += outcome->code != 0 && outcome->code != TRUC_E_CLOSED;
}

static int publish(struct run *run, uint64_t due_ns, struct truc_fault *fault)
{
    char id[32], key[32];
    (void)snprintf(id, sizeof id, "m-%u", run->published);
    (void)snprintf(key, sizeof key, "k-%u", run->published); /* no order: how it is served is measured, not that */
    const struct test_document document = {
        .id = id, .key = key, .content_bytes = CONTENT_BYTES, .time_ns = run->begin_wall_ns + (due_ns - run->begin_ns)};
    run->published++;
    return test_document_publish(run->sender, &document, note_outcome, run, fault);
}

static int send_paced(struct run *run, struct truc_fault *fault)
{
    int code = 0;
    run->begin_ns = kit_now_ns();
    run->begin_wall_ns = now_wall_ns();
    while (code == 0 && run->published < run->plan->count) {
        uint64_t due_ns = run->begin_ns + run->published * 1000000000ull / run->plan->rate, now_ns = kit_now_ns();
        if (now_ns >= due_ns && truc_publish_pending(run->sender) < WINDOW)
            code = publish(run, due_ns, fault);
        else
            code = step(run, now_ns < due_ns && due_ns - now_ns > 1000000 ? 1 : 0, fault);
    }
    return code;
}

static int await_all(struct run *run, struct truc_fault *fault)
{
    const size_t wanted = (size_t)run->plan->count * (ISOLATION_RECEIVERS - 1);
    uint64_t until_ns = kit_now_ns() + END_WAIT_MS * 1000000ull;
    int code = 0;
    while (code == 0 && run->samples_count < wanted)
        code = kit_now_ns() > until_ns
                   ? fault_set(fault, TRUC_E_TIMEOUT, "%zu of %zu messages came", run->samples_count, wanted)
                   : step(run, STEP_WAIT_MS, fault);
    if (code == 0 && run->refused)
        code = fault_set(fault, TRUC_E_STATE, "%u messages were refused", run->refused);
    return code;
}

static int by_value(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
    return (one > other) - (one < other);
}

static double broker_mib(pid_t broker)
{
    char path[64], line[256];
    double mib = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)broker);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            mib = (double)strtoul(line + 6, NULL, 10) / 1024;
    if (file)
        fclose(file);
    return mib;
}

static void judge(struct run *run, struct isolation_result *ret)
{
    qsort(run->samples_ns, run->samples_count, sizeof *run->samples_ns, by_value);
    uint64_t p50_ns = run->samples_ns[run->samples_count / 2], p99_ns = run->samples_ns[run->samples_count * 99 / 100];
    *ret = (struct isolation_result){.p50_ms = (double)p50_ns / 1e6,
                                     .p99_ms = (double)p99_ns / 1e6,
                                     .broker_mib = broker_mib(run->bus.broker.pid),
                                     .bad_taken = run->receivers[0].taken,
                                     .bad_lost = run->lost};
}

static void end(struct run *run)
{
    kit_kill(&run->crashing);
    truc_adapter_close(run->sender);
    for (unsigned i = 0; i < ISOLATION_RECEIVERS; i++)
        truc_adapter_close(run->receivers[i].adapter);
    kit_bus_remove(&run->bus);
    free(run->samples_ns);
    free(run);
}

int isolation_run(const struct isolation_plan *plan, struct isolation_result *ret_result, struct truc_fault *fault)
{
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a run");
    run->plan = plan;
    run->samples_ns = calloc((size_t)plan->count * ISOLATION_RECEIVERS, sizeof *run->samples_ns);
    int code = run->samples_ns ? make_bus(run, fault) : fault_set(fault, TRUC_E_MEMORY, "no memory for samples");
    if (code == 0)
        code = open_all(run, fault);
    if (code == 0)
        code = await_connected(run, fault);
    if (code == 0)
        code = send_paced(run, fault);
    if (code == 0)
        code = await_all(run, fault);
    if (code == 0)
        judge(run, ret_result);
    end(run);
    return code;
}

/* ---- the one that crashes ---- */

static int crash(truc_request *request, void *context)
{
    (void)request, (void)context;
    _exit(CRASHED);
}

int isolation_crash(const char *settings)
{
    struct truc_fault fault = {0};
    truc_adapter *adapter = NULL;
    const struct truc_options options = {.size = sizeof options, .settings = settings, .inbox = "memory"};
    if (truc_adapter_open(&options, &adapter, &fault) < 0 || truc_serve(adapter, "document.send", crash, NULL) < 0)
        return 1;
    int status = truc_run(adapter);
    truc_adapter_close(adapter);
    return status;
}
