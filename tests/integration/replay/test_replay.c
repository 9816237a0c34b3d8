/* test_replay.c - a bus's journal replayed into a sandbox: what arrives cites its original and tells of nobody; what can't be is named.
 * Two real trucd and the real command line. Test people have numbers that cannot exist (fourth digit 9).
 * The tests build on each other, in their order: a journal is made, refused by a bus at work, replayed, repeated, interrupted. */
#include "cmocka_start.h"

#include <ftw.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <truc/truc.h>
#include <unistd.h>

#include "encode.h"
#include "file_disk.h"
#include "journal.h"
#include "kit_bus.h"
#include "secret_file.h"

enum { ARRIVALS_MAX = 16, ATTEMPTS_MAX = 400, FILE_BYTES_MAX = 32 * 1024 * 1024, CHILD_WAIT_MS = 20000 };

#define FIRST_PERSON  "038999000217"
#define SECOND_PERSON "038999000321"
#define NAME          "Lê Thị Thử Nghiệm"

struct replay {
    struct kit_bus production, sandbox;
    struct buffer output; /* of the last command */
    json_t *end;          /* last line of the last replay */
    unsigned long long erased, refused, from_national_portal, progress;
    pid_t providers[2];
};

static void assert_done(int code, const struct truc_fault *fault)
{
    if (code < 0)
        fail_msg("%s: %s", truc_error_name(fault->code), fault->text);
}

static int run(struct replay *replay, const struct kit_bus *bus, const char *const arguments[])
{
    struct truc_fault fault = {0};
    buffer_clear(&replay->output);
    int status = kit_bus_truc(bus, arguments, &replay->output, &fault);
    assert_done(status, &fault);
    return status;
}
#define TRUC(replay, bus, ...) run(replay, &(replay)->bus, (const char *const[]){__VA_ARGS__, NULL})

static const char *text(struct replay *replay)
{
    const char *whole = buffer_string(&replay->output);
    assert_non_null(whole);
    return whole;
}

static void expect(struct replay *replay, const char *part)
{
    if (strstr(text(replay), part) == NULL)
        fail_msg("'%s' is not in: %s", part, text(replay));
}

/* ---- a bus at work ---- */

static unsigned long long send(struct replay *replay, const char *system, const char *type, const char *subject,
                               const char *payload, int status)
{
    struct truc_fault fault = {0};
    char settings[KIT_PATH_BYTES];
    assert_done(kit_bus_settings(&replay->production, system, settings, &fault), &fault);
    if (TRUC(replay, production, "send", type, "--settings", settings, "--classification", "not-secret", "--subject",
             subject, "--dossier", subject, "--procedure", "1.005129", "--officer", "CB01", "--json", payload,
             "--output", "json") != status)
        fail_msg("%s", text(replay));
    json_t *outcome = json_loads(text(replay), 0, NULL);
    json_int_t position = json_integer_value(json_object_get(outcome, "position"));
    json_decref(outcome);
    return (unsigned long long)position;
}

static void write_dossier(char out[1024], const char *code, const char *person, const char *service)
{
    (void)snprintf(out, 1024,
                   "{\"code\":\"%s\",\"procedure\":{\"code\":\"1.005129\",\"service\":\"%s\"},"
                   "\"agency\":{\"code\":\"H56.14\",\"name\":\"Bộ phận Một cửa (%s)\"},\"applicant\":{\"name\":\"" NAME
                   "\",\"identity_number\":\"%s\",\"phone\":\"0912345678\"}}",
                   code, service, person, person);
}

static int confirm(truc_request *request, void *context)
{
    static const uint8_t exists[] = {0x08, 0x01};
    (void)context;
    return truc_reply_bytes(request, exists, sizeof exists);
}

/* The population database of a bus, as a process: answers every question. */
static pid_t start_provider(const struct kit_bus *bus)
{
    char settings[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    assert_done(kit_bus_settings(bus, "population", settings, &fault), &fault);
    pid_t child = fork();
    if (child == 0) {
        const struct truc_options options = {.size = sizeof options, .settings = settings, .inbox = "memory"};
        truc_adapter *adapter = NULL;
        bool opened = truc_adapter_open(&options, &adapter, &fault) == 0 &&
                      truc_serve(adapter, "citizen.verify", confirm, NULL) == 0;
        _exit(opened ? truc_run(adapter) : 2);
    }
    assert_true(child > 0);
    return child;
}

static void end_provider(pid_t *child)
{
    if (*child > 0) {
        kill(*child, SIGTERM);
        waitpid(*child, NULL, 0);
    }
    *child = 0;
}

static void ask(struct replay *replay, const char *person)
{
    char settings[KIT_PATH_BYTES], payload[256];
    struct truc_fault fault = {0};
    assert_done(kit_bus_settings(&replay->production, "onestop", settings, &fault), &fault);
    (void)snprintf(payload, sizeof payload, "{\"identity_number\":\"%s\",\"name\":\"" NAME "\"}", person);
    if (TRUC(replay, production, "request", "citizen.verify", "--settings", settings, "--classification", "not-secret",
             "--officer", "CB01", "--dossier", "H56.14-261126-0001", "--procedure", "1.005129", "--json", payload) != 0)
        fail_msg("%s", text(replay));
}

/* Beside a broker nobody may write a journal, so this one has stopped. */
static void erase(struct replay *replay, uint64_t position)
{
    char path[KIT_PATH_BYTES], directory[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    struct secret secret = {0};
    struct buffer key = {0};
    struct journal *journal = NULL;
    assert_done(kit_path(path, &fault, "%s/keys/journal.key", replay->production.state), &fault);
    assert_done(kit_path(directory, &fault, "%s/journal", replay->production.state), &fault);
    assert_done(secret_file_read(path, &secret, &fault), &fault);
    assert_int_equal(hex_decode(secret_text(&secret), &key), 0);
    const struct journal_options options = {
        .disk = file_disk(), .directory = directory, .bus_id = "thanhhoa", .master_key = key.data, .time_ns = 1};
    assert_done(journal_open(&options, NULL, &journal, NULL, &fault), &fault);
    assert_done(journal_erase_payload(journal, position, &fault), &fault);
    assert_done(journal_close(journal, 0, &fault), &fault);
    buffer_free(&key);
    secret_free(&secret);
}

static void make_journal(struct replay *replay)
{
    struct truc_fault fault = {0};
    char payload[1024];
    assert_done(kit_bus_start(&replay->production, &fault), &fault);
    replay->providers[0] = start_provider(&replay->production);
    write_dossier(payload, "H56.14-261126-0001", FIRST_PERSON, "full");
    send(replay, "portal", "dossier.submitted", "H56.14-261126-0001", payload, 0);
    ask(replay, FIRST_PERSON);
    write_dossier(payload, "H56.14-261126-0002", FIRST_PERSON, "partial");
    send(replay, "portal", "dossier.submitted", "H56.14-261126-0002", payload, 0);
    write_dossier(payload, "H56.14-261126-0003", SECOND_PERSON, "full");
    replay->erased = send(replay, "portal", "dossier.submitted", "H56.14-261126-0003", payload, 0);
    write_dossier(payload, "H56.14-261126-0004", SECOND_PERSON, "none");
    send(replay, "portal", "dossier.submitted", "H56.14-261126-0004", payload, 1);
    write_dossier(payload, "H56.14-261126-0005", SECOND_PERSON, "full");
    replay->from_national_portal =
        send(replay, "national-portal", "dossier.submitted", "H56.14-261126-0005", payload, 0);
    replay->progress = send(replay, "onestop", "dossier.progress", "H56.14-261126-0001",
                            "{\"code\":\"H56.14-261126-0001\",\"note\":\"đang xử lý\"}", 0);
    end_provider(&replay->providers[0]);
    assert_done(kit_bus_stop(&replay->production, &fault), &fault);
    erase(replay, replay->erased);
    assert_done(kit_bus_start(&replay->production, &fault), &fault); /* a replay reads beside a broker that runs */
}

static void become_sandbox(struct replay *replay)
{
    char path[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    assert_done(kit_path(path, &fault, "%s/config/bus.yaml", replay->sandbox.state), &fault);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fputs("sandbox: true\n", file);
    assert_int_equal(fclose(file), 0);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

static int set_up(void **state)
{
    static struct replay replay;
    char path[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    *state = &replay;
    assert_done(kit_bus_make(&replay.production, NULL, REPLAY_CONFIG, NULL, &fault), &fault);
    assert_done(kit_bus_make(&replay.sandbox, NULL, REPLAY_CONFIG, "thu-nghiem", &fault), &fault);
    assert_done(kit_path(path, &fault, "%s/systems/national-portal", replay.sandbox.state), &fault);
    assert_int_equal(nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0); /* a sandbox need not have everybody */
    make_journal(&replay);
    return 0;
}

static int tear_down(void **state)
{
    struct replay *replay = *state;
    for (size_t i = 0; i < COUNT_OF(replay->providers); i++)
        end_provider(&replay->providers[i]);
    buffer_free(&replay->output);
    json_decref(replay->end);
    kit_bus_remove(&replay->production);
    kit_bus_remove(&replay->sandbox);
    return 0;
}

/* ---- replaying ---- */

static void read_end(struct replay *replay)
{
    const char *whole = text(replay), *last = whole;
    for (const char *at = whole; *at; at++)
        if (*at == '\n' && at[1])
            last = at + 1;
    json_decref(replay->end);
    replay->end = json_loads(last, 0, NULL);
    if (replay->end == NULL)
        fail_msg("no JSON at the end of: %s", whole);
}

static int replay_stretch(struct replay *replay, const char *stretch, const char *more, const char *value)
{
    int status = TRUC(replay, production, "journal", "replay", stretch, "--into", replay->sandbox.state, "--pace",
                      "max", "--output", "json", more, value);
    read_end(replay);
    return status;
}

static json_int_t counted(const struct replay *replay, const char *name)
{
    return json_integer_value(json_object_get(replay->end, name));
}

static json_int_t reason(const struct replay *replay, const char *name)
{
    return json_integer_value(json_object_get(json_object_get(replay->end, "reasons"), name));
}

/* Messages of the sandbox at each destination, of those that this option of journal find finds. */
static size_t sandbox_holds(struct replay *replay, const char *option, const char *value)
{
    (void)TRUC(replay, sandbox, "journal", "find", option, value, "--output", "json");
    json_t *found = json_loads(text(replay), 0, NULL);
    size_t count = json_array_size(json_object_get(found, "messages"));
    json_decref(found);
    return count;
}

static void a_bus_at_work_is_sent_nothing(void **state)
{
    struct replay *replay = *state;
    struct truc_fault fault = {0};
    assert_done(kit_bus_start(&replay->sandbox, &fault), &fault); /* bus.yaml does not say sandbox yet */
    assert_int_equal(TRUC(replay, production, "journal", "replay", "0", "--into", replay->sandbox.state, "--pace",
                          "max", "--output", "json"),
                     2);
    expect(replay, "\"REPLAY\"");
    assert_int_equal(sandbox_holds(replay, "--outcome", "waiting"), 0);
    assert_int_equal(
        TRUC(replay, production, "journal", "replay", "0", "--into", replay->production.state, "--output", "json"),
        2); /* nor the bus that it came from */
    assert_done(kit_bus_stop(&replay->sandbox, &fault), &fault);
    become_sandbox(replay);
    assert_done(kit_bus_start(&replay->sandbox, &fault), &fault);
    replay->providers[1] = start_provider(&replay->sandbox);
}

static void everything_is_replayed_or_named(void **state)
{
    struct replay *replay = *state;
    char line[128];
    assert_int_equal(replay_stretch(replay, "0", NULL, NULL), 1);
    assert_int_equal(counted(replay, "replayed"), 4); /* two submissions, the question, the progress */
    assert_int_equal(counted(replay, "questions_answered"), 1);
    assert_int_equal(counted(replay, "replies"), 1);
    assert_int_equal(counted(replay, "not_replayed"), 3);
    assert_int_equal(reason(replay, "ERASED"), 1);
    assert_int_equal(reason(replay, "REFUSED"), 1);
    assert_int_equal(reason(replay, "NOT_FOUND"), 1);
    assert_true(json_is_null(json_object_get(replay->end, "stopped_before")));
    (void)snprintf(line, sizeof line, "{\"position\":%llu,\"outcome\":\"NOT_REPLAYED\"", replay->erased);
    expect(replay, line);
    (void)snprintf(line, sizeof line, "{\"position\":%llu,\"outcome\":\"NOT_REPLAYED\"", replay->from_national_portal);
    expect(replay, line);
}

static void a_replay_repeated_brings_nothing_twice(void **state)
{
    struct replay *replay = *state;
    assert_int_equal(replay_stretch(replay, "0", "--sender", "onestop"), 0);
    assert_int_equal(counted(replay, "replayed"), 0);
    assert_int_equal(counted(replay, "repeated"), 2);
    assert_int_equal(sandbox_holds(replay, "--outcome", "waiting"),
                     5); /* 2 at onestop, 1 at each portal, 1 at deadlines, which observes */
}

/* ---- what arrived ---- */

struct arrivals {
    size_t count;
    struct buffer payloads[ARRIVALS_MAX];
    bool replayed[ARRIVALS_MAX];
};

static int arrive(truc_request *request, void *context)
{
    struct arrivals *arrivals = context;
    size_t size;
    const void *payload = truc_request_payload(request, &size);
    assert_true(arrivals->count < ARRIVALS_MAX);
    buffer_append(&arrivals->payloads[arrivals->count], payload, size);
    arrivals->replayed[arrivals->count++] = truc_request_replayed(request);
    return truc_done(request);
}

static void receive(struct replay *replay, const char *system, size_t count, struct arrivals *arrivals)
{
    char settings[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    truc_adapter *adapter = NULL;
    assert_done(kit_bus_settings(&replay->sandbox, system, settings, &fault), &fault);
    const struct truc_options options = {.size = sizeof options, .settings = settings, .inbox = "memory"};
    assert_done(truc_adapter_open(&options, &adapter, &fault), &fault);
    assert_int_equal(truc_serve(adapter, "*", arrive, arrivals), 0);
    for (unsigned i = 0; i < ATTEMPTS_MAX && arrivals->count < count; i++) {
        struct pollfd ready = {.fd = truc_fd(adapter), .events = POLLIN};
        (void)poll(&ready, 1, truc_timeout_ms(adapter));
        assert_done(truc_step(adapter, &fault), &fault);
    }
    assert_true(truc_is_sandbox(adapter));
    truc_adapter_close(adapter);
    assert_int_equal(arrivals->count, count);
}

static bool holds(const struct buffer *payload, const char *text_wanted)
{
    return memmem(payload->data, payload->size, text_wanted, strlen(text_wanted)) != NULL;
}

/* The twelve digits of an identity number in a payload. */
static void find_number(const struct buffer *payload, char out[13])
{
    size_t digits = 0;
    for (size_t at = 0; at < payload->size && digits < 12; at++)
        digits = payload->data[at] >= '0' && payload->data[at] <= '9'
                     ? (out[digits] = (char)payload->data[at], digits + 1)
                     : 0;
    out[12] = '\0';
    assert_int_equal(digits, 12);
}

static const char *const secrets[] = {FIRST_PERSON, SECOND_PERSON, NAME, "0912345678"};

static int look_into(const char *path, const struct stat *status, int type, struct FTW *place)
{
    static uint8_t content[FILE_BYTES_MAX];
    (void)place;
    FILE *file = type == FTW_F ? fopen(path, "rb") : NULL;
    if (file == NULL)
        return 0;
    size_t size = fread(content, 1, sizeof content, file);
    fclose(file);
    for (size_t i = 0; i < COUNT_OF(secrets); i++)
        if (memmem(content, size, secrets[i], strlen(secrets[i])))
            fail_msg("'%s' is in %s (%lld bytes)", secrets[i], path, (long long)status->st_size);
    return 0;
}

static void what_arrives_tells_of_nobody_real(void **state)
{
    struct replay *replay = *state;
    struct arrivals arrivals = {.count = 0};
    char first[13], second[13];
    receive(replay, "onestop", 2, &arrivals);
    for (size_t i = 0; i < arrivals.count; i++) {
        assert_true(arrivals.replayed[i]);
        assert_true(holds(&arrivals.payloads[i], "H56.14-261126-000"));
        for (size_t s = 0; s < COUNT_OF(secrets); s++)
            assert_false(holds(&arrivals.payloads[i], secrets[s])); /* nor in the agency's name, which has no mark */
    }
    find_number(&arrivals.payloads[0], first);
    find_number(&arrivals.payloads[1], second);
    assert_string_equal(first, second); /* one person stays one person */
    assert_int_equal(first[3], '9');
    assert_int_equal(nftw(replay->sandbox.folder, look_into, 16, FTW_PHYS), 0);
    for (size_t i = 0; i < arrivals.count; i++)
        buffer_free(&arrivals.payloads[i]);
}

static void each_cites_its_original(void **state)
{
    struct replay *replay = *state;
    char line[160];
    assert_int_equal(TRUC(replay, sandbox, "journal", "show", "--kind", "accepted", "--output", "json"), 0);
    (void)snprintf(line, sizeof line, "\"replay_of\":{\"bus\":\"thanhhoa\",\"position\":%llu,", replay->progress);
    expect(replay, line);
    assert_int_equal(TRUC(replay, sandbox, "journal", "verify"), 0);
    assert_int_equal(TRUC(replay, sandbox, "status"), 0);
}

/* ---- interrupted ---- */

static void stopped_it_says_where_to_go_on(void **state)
{
    struct replay *replay = *state;
    struct truc_fault fault = {0};
    struct child child = {0};
    char log[KIT_PATH_BYTES], stretch[64], chunk[4096];
    size_t before = sandbox_holds(replay, "--destination", "onestop");
    const char *const arguments[] = {
        REPLAY_TRUC, "journal", "replay", "0",     "--into",  replay->sandbox.state,    "--pace",   "0.001x",
        "--sender",  "portal",  "--run",  "again", "--state", replay->production.state, "--output", "json",
        NULL};
    assert_done(kit_path(log, &fault, "%s/replay.log", replay->production.folder), &fault);
    assert_done(child_start(&child, "truc", arguments, log, true, &fault), &fault);
    for (unsigned i = 0; i < ATTEMPTS_MAX && sandbox_holds(replay, "--destination", "onestop") == before;
         i++) /* the first one has arrived */
        assert_true(child_runs(&child));
    kill(child.pid, SIGTERM);
    buffer_clear(&replay->output);
    for (ssize_t size; (size = read(child.output, chunk, sizeof chunk)) > 0;)
        buffer_append(&replay->output, chunk, (size_t)size);
    assert_done(kit_wait_end(&child, CHILD_WAIT_MS, &fault), &fault);
    assert_int_equal(child_result(&child), 1);
    read_end(replay);
    assert_int_equal(counted(replay, "replayed"), 1);
    (void)snprintf(stretch, sizeof stretch, "%lld..%lld", (long long)counted(replay, "stopped_before"),
                   (long long)counted(replay, "last"));
    assert_int_equal(TRUC(replay, production, "journal", "replay", stretch, "--into", replay->sandbox.state, "--pace",
                          "max", "--sender", "portal", "--run", "again", "--output", "json"),
                     1); /* what was erased and what was refused */
    read_end(replay);
    assert_int_equal(counted(replay, "replayed"), 1);
    assert_int_equal(counted(replay, "repeated"), 0);
}

/* Not once a system, and not as if messages had been refused: nothing was sent, and why is for whoever starts the sandbox. */
static void without_its_broker_a_sandbox_is_named_once(void **state)
{
    struct replay *replay = *state;
    struct truc_fault fault = {0};
    assert_done(kit_bus_stop(&replay->sandbox, &fault), &fault);
    assert_int_equal(TRUC(replay, production, "journal", "replay", "0", "--into", replay->sandbox.state, "--pace",
                          "max", "--run", "nobody-there", "--timeout", "300ms", "--output", "json"),
                     3);
    const char *said = strstr(text(replay), "does not answer");
    assert_non_null(said);
    if (strstr(said + 1, "does not answer"))
        fail_msg("said twice: %s", text(replay));
    assert_done(kit_bus_start(&replay->sandbox, &fault), &fault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bus_at_work_is_sent_nothing),
        cmocka_unit_test(everything_is_replayed_or_named),
        cmocka_unit_test(a_replay_repeated_brings_nothing_twice),
        cmocka_unit_test(each_cites_its_original),
        cmocka_unit_test(what_arrives_tells_of_nobody_real),
        cmocka_unit_test(stopped_it_says_where_to_go_on),
        cmocka_unit_test(without_its_broker_a_sandbox_is_named_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
