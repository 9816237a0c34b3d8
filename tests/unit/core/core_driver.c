/* core_driver.c - starts, stops and crashes a broker for a test, and moves its clock.
 * The clients are in core_peer.c.
 * See core_driver.h. */
#include "core_driver.h"

#include <stdio.h>
#include <stdlib.h>

#include "core_frames.h"

static const char standard_routes[] =
    "  - name: alpha-progress\n    from: alpha\n    type: dossier.progress\n    to: [beta, gamma]\n"
    "    retry: {first: 1s, factor: 2, at-most: 4s, for: 60s}\n"
    "  - name: alpha-received\n    from: alpha\n    type: dossier.received\n    to: beta\n"
    "    retry: {first: 1s, factor: 2, at-most: 4s, for: 60s}\n"
    "  - name: verify\n    from: [alpha, beta]\n    type: citizen.verify\n    to: delta\n    within: 20s\n"
    "  - name: lookup\n    from: alpha\n    type: citizen.lookup\n    to: delta\n    within: 20s\n";
#define TERMS "    purpose: Kiểm thử\n    basis: internal-rule\n    valid: {from: 2026-01-01}\n"
static const char standard_agreements[] =
    "  - name: alpha-beta\n    provider: alpha\n    consumer: beta\n    types: [dossier.progress, "
    "dossier.received]\n" TERMS
    "  - name: alpha-gamma\n    provider: alpha\n    consumer: gamma\n    types: [dossier.progress]\n" TERMS
    "  - name: delta-alpha\n    provider: delta\n    consumer: alpha\n    types: [citizen.verify]\n" TERMS
    "  - name: delta-beta\n    provider: delta\n    consumer: beta\n    types: [citizen.verify]\n" TERMS
    "  - name: delta-alpha-lookup\n    provider: delta\n    consumer: alpha\n    types: [citizen.lookup]\n"
    "    reply-fields: [birth]\n" TERMS;

static const struct test_bus_system standard_systems[DRIVER_SYSTEMS] = {
    [ALPHA] = {.id = "alpha"},
    [BETA] = {.id = "beta"},
    [GAMMA] = {.id = "gamma"},
    [DELTA] = {.id = "delta"},
    [OPERATOR] = {.id = "operator", .lines = "role: operator\n"},
    [AUDITOR] = {.id = "auditor", .lines = "role: auditor\n"},
    [INTEGRATOR] = {.id = "vendor", .lines = "role: integrator\nsystems: beta\n"}};

/* ---- the configuration ---- */

struct texts {
    struct buffer bus, routes, agreements;
    struct test_bus_system systems[TEST_BUS_SYSTEMS_MAX];
};

static void write_systems(const struct driver_config *config, struct test_bus_system systems[TEST_BUS_SYSTEMS_MAX])
{
    if (config->systems) {
        assert_true(config->systems_count <= TEST_BUS_SYSTEMS_MAX);
        memcpy(systems, config->systems, config->systems_count * sizeof *systems);
        return;
    }
    memcpy(systems, standard_systems, sizeof standard_systems);
    systems[ALPHA].algorithm = config->alpha_algorithm;
    systems[ALPHA].revoked = config->alpha_revoked;
    systems[BETA].lines = config->beta_lines;
    for (unsigned i = 0; i < DRIVER_SYSTEMS; i++)
        systems[i].absent = config->absent[i];
    systems[INTEGRATOR].absent |= config->absent[BETA]; /* which it looks after */
}

static struct test_bus_texts write_texts(const struct driver_config *config, struct texts *texts)
{
    buffer_printf(&texts->bus, "bus: test\ntitle: Kiểm thử\nlisten: [\"tcp://127.0.0.1:7400\"]\nca: "
                               "certs/ca.pem\nschemas: truc.descriptors\n");
    if (config->sandbox)
        buffer_append_string(&texts->bus, "sandbox: true\n");
    if (config->limits)
        buffer_printf(&texts->bus, "limits:\n%s", config->limits);
    buffer_printf(&texts->routes, "routes:\n%s%s", config->only_routes ? config->only_routes : standard_routes,
                  config->routes ? config->routes : "");
    buffer_printf(&texts->agreements, "agreements:\n%s%s",
                  config->only_agreements ? config->only_agreements : standard_agreements,
                  config->agreements ? config->agreements : "");
    write_systems(config, texts->systems);
    return (struct test_bus_texts){.bus_yaml = buffer_string(&texts->bus),
                                   .routes_yaml = buffer_string(&texts->routes),
                                   .agreements_yaml = buffer_string(&texts->agreements),
                                   .systems = texts->systems,
                                   .systems_count = config->systems_count ? config->systems_count : DRIVER_SYSTEMS};
}

static void texts_free(struct texts *texts)
{
    buffer_free(&texts->bus);
    buffer_free(&texts->routes);
    buffer_free(&texts->agreements);
}

static void must(int code, const struct truc_fault *fault)
{
    if (code < 0)
        fail_msg("%s: %s %s", truc_error_name(code), fault->text, fault->where);
}

static const struct driver_config standard;

void driver_reload(struct driver *driver, const struct driver_config *config)
{
    struct truc_fault fault = {0};
    struct texts texts = {0};
    struct policy *policy = NULL;
    struct test_bus_texts all = write_texts(config ? config : &standard, &texts);
    must(test_bus_load(&driver->bus, &all, &policy, &fault), &fault);
    if (driver->engine) {
        must(engine_policy(driver->engine, policy, "reload", &fault), &fault);
        driver_round(driver);
    }
    policy_free(driver->reloaded);
    driver->reloaded = policy;
    texts_free(&texts);
}

/* ---- the world around the engine ---- */

static struct driver *driver_of(struct transport *transport)
{
    return list_element(transport, struct driver, transport);
}

static int send(struct transport *transport, uint64_t peer, struct bytes data)
{
    struct driver *driver = driver_of(transport);
    if (driver->refuse_sends)
        return TRUC_E_DISCONNECTED;
    list_append(&driver->sent, &frame_new(peer, data)->link);
    return 0;
}

static void close_peer(struct transport *transport, uint64_t peer)
{
    driver_of(transport)->closed++;
    driver_of(transport)->last_closed_peer = peer;
}

static uint64_t clock_now(void *context)
{
    return ((const struct driver *)context)->now_ns;
}

static uint64_t clock_up(void *context)
{
    return ((const struct driver *)context)->up_ns;
}

static void log_line(void *context, int level, const char *text)
{
    struct driver *driver = context;
    (void)level;
    buffer_printf(&driver->log, "%s\n", text);
}

static void count_reload(void *context, bool accept_schema_change)
{
    ((struct driver *)context)->schema_change_accepted = accept_schema_change;
    ((struct driver *)context)->reloads_asked++;
}

int driver_try_start(struct driver *driver, struct truc_fault *fault)
{
    static const uint8_t journal_key[32] = {7};
    struct engine_options options = {.disk = memory_disk_interface(driver->disk),
                                     .directory = "/journal",
                                     .policy = driver->reloaded ? driver->reloaded : driver->bus.policy,
                                     .journal_key = journal_key,
                                     .checkpoint_key = driver->bus.checkpoint_key,
                                     .person_key = {9},
                                     .person_epoch = 1,
                                     .hash_key = {3},
                                     .segment_bytes = driver->segment_bytes,
                                     .snapshot_records = driver->snapshot_records,
                                     .recent_bytes = DRIVER_RECENT_BYTES,
                                     .ids_young_max = driver->ids_young_max,
                                     .ids_runs_max = driver->ids_runs_max,
                                     .blob_sweep_ns = driver->blob_sweep_ns,
                                     .transport = &driver->transport,
                                     .clock = {clock_now, clock_up, driver},
                                     .log = log_line,
                                     .log_context = driver,
                                     .ask_reload = count_reload};
    driver->frame_code = 0;
    return engine_open(&options, &driver->engine, fault);
}

void driver_start(struct driver *driver)
{
    struct truc_fault fault = {0};
    must(driver_try_start(driver, &fault), &fault);
}

void driver_open(struct driver *driver, const struct driver_config *config)
{
    struct truc_fault fault = {0};
    struct texts texts = {0};
    *driver = (struct driver){.now_ns = TEST_BUS_START_NS,
                              .up_ns = 1000 * SECOND,
                              .segment_bytes = 1024 * 1024,
                              .transport = {.send = send, .close = close_peer},
                              .disk = memory_disk_new()};
    list_init(&driver->arrived);
    list_init(&driver->sent);
    struct test_bus_texts all = write_texts(config ? config : &standard, &texts);
    must(test_bus_make("test", TRUC_DESCRIPTORS_PATH, &all, &driver->bus, &fault), &fault);
    for (unsigned i = 0; i < all.systems_count; i++)
        driver->names[i] = all.systems[i].id;
    texts_free(&texts);
    assert_non_null(driver->disk);
    driver_start(driver);
}

static void forget_arrived(struct driver *driver)
{
    frames_free(&driver->arrived);
}

void driver_stop(struct driver *driver)
{
    struct truc_fault fault = {0};
    must(engine_close(driver->engine, &fault), &fault);
    driver->engine = NULL;
    forget_arrived(driver);
}

void driver_kill(struct driver *driver)
{
    memory_disk_kill(driver->disk);
    engine_abandon(driver->engine);
    driver->engine = NULL;
    forget_arrived(driver);
}

void driver_power_cut(struct driver *driver)
{
    memory_disk_crash(driver->disk, 1);
    engine_abandon(driver->engine);
    driver->engine = NULL;
    forget_arrived(driver);
}

void driver_close(struct driver *driver)
{
    struct truc_fault fault = {0};
    if (driver->engine)
        must(engine_close(driver->engine, &fault), &fault);
    frames_free(&driver->arrived);
    frames_free(&driver->sent);
    buffer_free(&driver->scratch);
    buffer_free(&driver->log);
    memory_disk_free(driver->disk);
    policy_free(driver->reloaded);
    test_bus_free(&driver->bus);
}

void driver_remove_files(struct driver *driver, const char *part)
{
    const char *path;
    unsigned removed = 0;
    for (size_t n = 0; (path = memory_disk_path(driver->disk, n)) != NULL;) {
        if (strstr(path, part) == NULL) {
            n++;
            continue;
        }
        char name[DISK_PATH_BYTES_MAX];
        (void)snprintf(name, sizeof name, "%s", path);
        memory_disk_remove(driver->disk, name);
        removed++;
    }
    assert_true(removed > 0);
}

/* ---- rounds ---- */

int driver_commit(struct driver *driver)
{
    int code = driver->frame_code < 0 ? driver->frame_code : engine_commit(driver->engine, &driver->fault);
    forget_arrived(driver);
    return code;
}

void driver_round(struct driver *driver)
{
    must(driver_commit(driver), &driver->fault);
    driver->now_ns += CORE_LAZY_MS * MS; /* lazy records have waited long enough */
    driver->up_ns += CORE_LAZY_MS * MS;
    must(driver_commit(driver), &driver->fault);
}

void driver_advance(struct driver *driver, uint64_t ns)
{
    driver->now_ns += ns;
    driver->up_ns += ns;
    driver_round(driver);
}

/* ---- the journal ---- */

struct looking {
    enum record_kind kind;
    size_t left;
    uint64_t sequence;
    bool found;
    size_t count;
};

static int look(void *context, const struct journal_record *record)
{
    struct looking *looking = context;
    if (record->kind != looking->kind)
        return 0;
    looking->count++;
    if (looking->left-- == 0) {
        looking->found = true;
        looking->sequence = record->sequence;
    }
    return 0;
}

bool driver_record(struct driver *driver, enum record_kind kind, size_t n, struct journal_record *ret)
{
    struct looking looking = {.kind = kind, .left = n};
    struct truc_fault fault = {0};
    must(journal_scan(engine_journal(driver->engine), 0, 0, look, &looking, &fault), &fault);
    if (!looking.found)
        return false;
    must(journal_read(engine_journal(driver->engine), looking.sequence, 0, &driver->scratch, ret, &fault), &fault);
    return true;
}

size_t driver_record_count(struct driver *driver, enum record_kind kind)
{
    struct looking looking = {.kind = kind, .left = SIZE_MAX};
    struct truc_fault fault = {0};
    must(journal_scan(engine_journal(driver->engine), 0, 0, look, &looking, &fault), &fault);
    return looking.count;
}
