/* test_trucd_start.c - why trucd does not start: each reason has its exit code, its name and its place in the log; nothing is changed
 * by the attempt, and once the cause is gone the broker starts with all that it had.
 * A table: one line a reason. What goes wrong in a broker that runs is test_trucd.c's and tests/interop's matter. */
#include "cmocka_start.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "signing.h"
#include "trucd_process.h"

enum { EXIT_CONFIGURATION = 2, EXIT_DAMAGED = 3, EXIT_FAILED = 4, EXIT_INTERNAL = 70, INJECTION_BYTES = 128 };

static struct trucd_programs programs;

typedef void step(const struct trucd_process *process);

/* `says`: what the log names beside the code. Either the world is made wrong and mended, or system calls fail (`inject`, for strace, of
 * the file `injected_file` when given), or the command line is wrong (`option`). */
struct start_case {
    const char *name; /* the code, and what is wrong */
    const char *code; /* NULL: the command line's own text */
    const char *says;
    step *spoil, *mend;
    const char *inject, *injected_file;
    const char *option, *environment; /* an argument more; a variable, NAME=VALUE */
    int exit;
    bool at_the_first_start;
    bool for_root;         /* nobody else is refused that way */
    bool leaves_its_start; /* written, though nobody was told so: recovery may keep it */
};

/* ---- making it wrong, and right again ---- */

static void move(const struct trucd_process *process, const char *from, const char *to)
{
    char source[TRUCD_PATH_BYTES], target[TRUCD_PATH_BYTES];
    trucd_path(process, from, source);
    trucd_path(process, to, target);
    assert_int_equal(rename(source, target), 0);
}

static void put(const struct trucd_process *process, const char *name, const char *text)
{
    char path[TRUCD_PATH_BYTES];
    trucd_path(process, name, path);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
}

static void copy(const struct trucd_process *process, const char *from, const char *to)
{
    char source[TRUCD_PATH_BYTES], target[TRUCD_PATH_BYTES], chunk[4096];
    size_t size;
    trucd_path(process, from, source);
    trucd_path(process, to, target);
    FILE *in = fopen(source, "rbe"), *out = fopen(target, "wbe");
    assert_non_null(in);
    assert_non_null(out);
    while ((size = fread(chunk, 1, sizeof chunk, in)) > 0)
        assert_int_equal(fwrite(chunk, 1, size, out), size);
    assert_int_equal(fclose(in), 0);
    assert_int_equal(fclose(out), 0);
}

static void set_mode(const struct trucd_process *process, const char *name, mode_t mode)
{
    char path[TRUCD_PATH_BYTES];
    trucd_path(process, name, path);
    assert_int_equal(chmod(path, mode), 0);
}

/* Puts another file in the place of one; `put_back` undoes it. */
static void replace(const struct trucd_process *process, const char *name, const char *text)
{
    move(process, name, "kept");
    put(process, name, text);
}

static void put_back(const struct trucd_process *process, const char *name)
{
    move(process, "kept", name);
}

#define FORMAT  "state/journal/format"
#define SEGMENT "state/journal/segments/00000000000000000000.tj"

static void newer_format(const struct trucd_process *process)
{
    replace(process, FORMAT, "truc-journal 9\nbus thanhhoa\n");
}
static void other_bus(const struct trucd_process *process)
{
    replace(process, FORMAT, "truc-journal 1\nbus hanoi\n");
}
static void empty_format(const struct trucd_process *process)
{
    replace(process, FORMAT, "");
}
static void no_format(const struct trucd_process *process)
{
    move(process, FORMAT, "kept");
}
static void format_back(const struct trucd_process *process)
{
    put_back(process, FORMAT);
}
static void no_segment_header(const struct trucd_process *process)
{
    replace(process, SEGMENT, "this was a segment, of which a signed checkpoint tells");
}
static void segment_back(const struct trucd_process *process)
{
    put_back(process, SEGMENT);
}

/* The journal as it was before its last run: whole in itself, but a checkpoint signed what is missing. */
static void older_copy(const struct trucd_process *process)
{
    struct trucd_process again = *process;
    copy(process, SEGMENT, "older");
    trucd_start(&again, &programs, NULL);
    trucd_await_ready(&again);
    trucd_signal(&again, SIGTERM);
    assert_int_equal(trucd_await_end(&again), 0);
    move(process, SEGMENT, "kept");
    move(process, "older", SEGMENT);
}

static void journal_open_to_all(const struct trucd_process *process)
{
    set_mode(process, "state/journal", 0755);
}
static void journal_closed(const struct trucd_process *process)
{
    set_mode(process, "state/journal", 0700);
}
static void key_open_to_all(const struct trucd_process *process)
{
    set_mode(process, "state/keys/journal.key", 0644);
}
static void key_closed(const struct trucd_process *process)
{
    set_mode(process, "state/keys/journal.key", 0600);
}
static void no_key(const struct trucd_process *process)
{
    move(process, "state/keys/persons.key", "kept");
}
static void empty_key(const struct trucd_process *process)
{
    replace(process, "state/keys/persons.key", "");
}
static void words_for_a_key(const struct trucd_process *process)
{
    replace(process, "state/keys/persons.key", "not sixty-four hexadecimal digits\n");
}
static void key_back(const struct trucd_process *process)
{
    put_back(process, "state/keys/persons.key");
}
static void other_journal_key(const struct trucd_process *process)
{
    replace(process, "state/keys/journal.key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
}
static void journal_key_back(const struct trucd_process *process)
{
    put_back(process, "state/keys/journal.key");
}
static void words_for_a_transport_key(const struct trucd_process *process)
{
    replace(process, "state/keys/broker.curve", "forty characters of something else, here\n");
}
static void transport_key_back(const struct trucd_process *process)
{
    put_back(process, "state/keys/broker.curve");
}
static void no_pem(const struct trucd_process *process)
{
    replace(process, "state/keys/checkpoint.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
}
/* A right key of another kind: checkpoints are signed notes, which are Ed25519. */
static void another_kind_of_key(const struct trucd_process *process)
{
    struct signing_key *key = NULL;
    BUFFER_CLEANUP struct buffer pem = {0};
    assert_int_equal(signing_key_generate(SIGNING_ECDSA_P256, &key, NULL), 0);
    assert_int_equal(signing_key_append_pem(key, &pem, NULL), 0);
    signing_key_free(key);
    replace(process, "state/keys/checkpoint.key", buffer_string(&pem));
}
static void checkpoint_key_back(const struct trucd_process *process)
{
    put_back(process, "state/keys/checkpoint.key");
}
static void empty_configuration(const struct trucd_process *process)
{
    replace(process, "state/config/bus.yaml", "");
}
static void configuration_back(const struct trucd_process *process)
{
    put_back(process, "state/config/bus.yaml");
}

static const struct start_case cases[] = {
    {.name = "JOURNAL_VERSION: a journal of a newer format",
     .exit = EXIT_DAMAGED,
     .code = "JOURNAL_VERSION",
     .says = "format version 9",
     .spoil = newer_format,
     .mend = format_back},
    {.name = "WRONG_BUS: a journal of another bus",
     .exit = EXIT_CONFIGURATION,
     .code = "WRONG_BUS",
     .says = "belongs to bus 'hanoi'",
     .spoil = other_bus,
     .mend = format_back},
    {.name = "JOURNAL_CORRUPT: an empty format file",
     .exit = EXIT_DAMAGED,
     .code = "JOURNAL_CORRUPT",
     .says = "format",
     .spoil = empty_format,
     .mend = format_back},
    {.name = "JOURNAL_CORRUPT: segments without a format file",
     .exit = EXIT_DAMAGED,
     .code = "JOURNAL_CORRUPT",
     .says = "no format file",
     .spoil = no_format,
     .mend = format_back},
    {.name = "JOURNAL_CORRUPT: a segment that is none",
     .exit = EXIT_DAMAGED,
     .code = "JOURNAL_CORRUPT",
     .says = "00000000000000000000.tj",
     .spoil = no_segment_header,
     .mend = segment_back},
    {.name = "CHECKPOINT: an older copy of the journal",
     .exit = EXIT_DAMAGED,
     .code = "CHECKPOINT",
     .says = "checkpoint",
     .spoil = older_copy,
     .mend = segment_back},
    {.name = "JOURNAL_KEY: the key of another journal",
     .exit = EXIT_CONFIGURATION,
     .code = "JOURNAL_KEY",
     .says = "key",
     .spoil = other_journal_key,
     .mend = journal_key_back},
    {.name = "CONFIG: a journal that others may read",
     .exit = EXIT_CONFIGURATION,
     .code = "CONFIG",
     .says = "others may use it (mode 0755)",
     .spoil = journal_open_to_all,
     .mend = journal_closed},
    {.name = "CONFIG: a key that others may read",
     .exit = EXIT_CONFIGURATION,
     .code = "CONFIG",
     .says = "journal.key",
     .spoil = key_open_to_all,
     .mend = key_closed},
    {.name = "NOT_FOUND: a key that is not there",
     .exit = EXIT_CONFIGURATION,
     .code = "NOT_FOUND",
     .says = "persons.key",
     .spoil = no_key,
     .mend = key_back},
    {.name = "CONFIG: an empty key",
     .exit = EXIT_CONFIGURATION,
     .code = "CONFIG",
     .says = "persons.key' has 0 bytes",
     .spoil = empty_key,
     .mend = key_back},
    {.name = "CONFIG: words for a key",
     .exit = EXIT_CONFIGURATION,
     .code = "CONFIG",
     .says = "persons.key does not hold 64 hexadecimal digits",
     .spoil = words_for_a_key,
     .mend = key_back},
    {.name = "CONFIG: words for the transport key",
     .exit = EXIT_CONFIGURATION,
     .code = "CONFIG",
     .says = "broker.curve is not a secret transport key",
     .spoil = words_for_a_transport_key,
     .mend = transport_key_back},
    {.name = "CRYPTO: a checkpoint key that is none",
     .exit = EXIT_CONFIGURATION,
     .code = "CRYPTO",
     .says = "checkpoint.key",
     .spoil = no_pem,
     .mend = checkpoint_key_back},
    {.name = "CONFIG: a checkpoint key of another kind",
     .exit = EXIT_CONFIGURATION,
     .code = "CONFIG",
     .says = "is not an Ed25519 key",
     .spoil = another_kind_of_key,
     .mend = checkpoint_key_back},
    {.name = "CONFIG: an empty configuration",
     .exit = EXIT_CONFIGURATION,
     .code = "CONFIG",
     .says = "bus.yaml: the file is empty",
     .spoil = empty_configuration,
     .mend = configuration_back},
    {.name = "CONFIG: no configuration",
     .exit = EXIT_CONFIGURATION,
     .code = "CONFIG",
     .says = "there is no configuration",
     .option = "--config=/nonexistent"},
    {.name = "CONFIG: nowhere to say where it listens",
     .exit = EXIT_CONFIGURATION,
     .code = "CONFIG",
     .says = "/nonexistent/where.json",
     .option = "--where=/nonexistent/where.json"},
    {.name = "ARGUMENT: an address that is none",
     .exit = EXIT_CONFIGURATION,
     .code = "ARGUMENT",
     .says = "carrier-pigeon",
     .option = "--listen=carrier-pigeon"},
    {.name = "ARGUMENT: a service manager whose address is none",
     .exit = EXIT_CONFIGURATION,
     .code = "ARGUMENT",
     .says = "$NOTIFY_SOCKET is 'nowhere'",
     .environment = "NOTIFY_SOCKET=nowhere"},
    {.name = "ARGUMENT: a watchdog whose span is no number",
     .exit = EXIT_CONFIGURATION,
     .code = "ARGUMENT",
     .says = "$WATCHDOG_USEC is 'soon'",
     .environment = "WATCHDOG_USEC=soon"},
    {.name = "CONFIG: root, and nobody said so",
     .exit = EXIT_CONFIGURATION,
     .code = "CONFIG",
     .says = "does not run as root unless told",
     .environment = "TRUC_AS_ROOT=0",
     .for_root = true},
    {.name = "a share of the disk that is none",
     .exit = EXIT_CONFIGURATION,
     .says = "--disk-max is a whole number",
     .option = "--disk-max=none"},
    {.name = "a path of no bytes", .exit = EXIT_CONFIGURATION, .says = "a path has 1 to", .option = "--keys="},
    {.name = "an option that there is not", .exit = EXIT_CONFIGURATION, .says = "--imagined", .option = "--imagined"},
    {.name = "IO: a journal on a disk that is read-only",
     .exit = EXIT_FAILED,
     .code = "IO",
     .says = "Read-only file system",
     .inject = "openat:error=EROFS",
     .injected_file = "state/journal/lock"},
    {.name = "IO: a journal that can't be read",
     .exit = EXIT_FAILED,
     .code = "IO",
     .says = SEGMENT,
     .inject = "pread64:error=EIO",
     .injected_file = SEGMENT},
    {.name = "JOURNAL_FULL: no room for the first segment",
     .exit = EXIT_FAILED,
     .code = "JOURNAL_FULL",
     .says = "No space left on device",
     .inject = "pwrite64:error=ENOSPC",
     .injected_file = "state/journal/segments/spare.tmp",
     .at_the_first_start = true},
    {.name = "JOURNAL_FAILED: a sync that fails",
     .exit = EXIT_FAILED,
     .code = "JOURNAL_FAILED",
     .says = "sync",
     .inject = "fdatasync:error=EIO:when=3+",
     .leaves_its_start = true},
    {.name = "INTERNAL: no descriptor for signals",
     .exit = EXIT_INTERNAL,
     .code = "INTERNAL",
     .says = "signals",
     .inject = "signalfd4:error=EMFILE"},
};

/* ---- one case ---- */

/* `had`: what the log then says of the journal; NULL: anything. */
static void start_and_stop(struct trucd_process *process, const char *had)
{
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    trucd_signal(process, SIGTERM);
    assert_int_equal(trucd_await_end(process), 0);
    assert_true(had == NULL || trucd_log_has(process, had));
}

static void start_wrongly(struct trucd_process *process, const struct start_case *one)
{
    char inject[INJECTION_BYTES], path[TRUCD_PATH_BYTES];
    const char *tracer[] = {TRUCD_TRACER, "-f", "-qq", "-o", "/dev/null", "-e", inject, NULL, NULL, NULL};
    struct trucd_programs traced = programs;
    if (one->inject) {
        (void)snprintf(inject, sizeof inject, "inject=%s", one->inject);
        traced.wrapper = tracer;
    }
    const char *changed[] = {"/usr/bin/env", one->environment, NULL};
    if (one->environment)
        traced.wrapper = changed;
    if (one->injected_file) {
        trucd_path(process, one->injected_file, path);
        tracer[7] = "-P";
        tracer[8] = path;
    }
    trucd_start(process, &traced, one->option);
}

static void expect_log(const struct trucd_process *process, const char *text)
{
    if (trucd_log_has(process, text))
        return;
    char log[16 * 1024];
    trucd_read(process, "log", log, sizeof log);
    fail_msg("'%s' is not in the log:\n%s", text, log);
}

static struct trucd_process *process; /* cmocka's state is the case */

static int setup(void **state)
{
    (void)state;
    process = calloc(1, sizeof *process);
    trucd_prepare(process, &programs);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    trucd_forget(process);
    free(process);
    return 0;
}

static void it_does_not_start_and_then_it_does(void **state)
{
    const struct start_case *one = *state;
    char code[64];
    if (one->inject && access(TRUCD_TRACER, X_OK) != 0) {
        print_message("SKIP: no " TRUCD_TRACER " to make a system call fail\n");
        skip();
    }
    if (one->for_root && geteuid() != 0) {
        print_message("SKIP: not root\n");
        skip();
    }
    if (!one->at_the_first_start)
        start_and_stop(process, NULL);
    if (one->spoil)
        one->spoil(process);
    start_wrongly(process, one);
    int ended = trucd_await_end(process);
    if (one->code) {
        (void)snprintf(code, sizeof code, "(%s)", one->code);
        expect_log(process, code);
    }
    expect_log(process, one->says);
    assert_int_equal(ended, one->exit);
    if (one->mend)
        one->mend(process);
    start_and_stop(process, one->at_the_first_start ? NULL
                            : one->leaves_its_start ? "journal 4 records"
                                                    : "journal 2 records"); /* all that was there still is */
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[COUNT_OF(cases)];
    if (argc != 5) {
        (void)fprintf(stderr, "usage: test_trucd_start TRUCD TRUC CONFIG DESCRIPTORS\n");
        return EXIT_CONFIGURATION;
    }
    programs = (struct trucd_programs){.trucd = argv[1], .truc = argv[2], .config = argv[3], .descriptors = argv[4]};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        tests[i] = (struct CMUnitTest){.name = cases[i].name,
                                       .test_func = it_does_not_start_and_then_it_does,
                                       .setup_func = setup,
                                       .teardown_func = teardown,
                                       .initial_state = (void *)(uintptr_t)&cases[i]};
    return _cmocka_run_group_tests("trucd_start", tests, COUNT_OF(tests), NULL, NULL);
}
