/* test_trucd_confined.c - a running trucd as its machine sees it: filtered threads, another user's than root, memory that others
 * of the same user cannot read, and the broker's keys in locked memory only; at its end, whatever ended it, they are nowhere.
 * A real process, looked at through /proc and, for its end, ptrace. What is filtered: test_confine.c. */
#include "cmocka_start.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "curve_key.h"
#include "encode.h"
#include "trucd_process.h"

enum {
    OTHER_USER = 65534, /* nobody's: any that is not root's */
    KEY_BYTES = 32,
    SECRETS_MAX = 8,
    SECRET_BYTES_MAX = 80,
    EXIT_CONFIGURATION = 2,
    EXIT_DAMAGED = 3,
    EXIT_CANNOT_BIND = 5,
};

static struct trucd_programs programs;

static int setup(void **state)
{
    struct trucd_process *process = calloc(1, sizeof *process);
    trucd_prepare(process, &programs);
    *state = process;
    return 0;
}

static int teardown(void **state)
{
    trucd_forget(*state);
    free(*state);
    return 0;
}

static void stop_cleanly(struct trucd_process *process)
{
    trucd_signal(process, SIGTERM);
    assert_int_equal(trucd_await_end(process), 0);
}

static void need_root(void)
{
    if (geteuid() == 0)
        return;
    print_message("SKIP: not root, who can become another user and look into other processes\n");
    skip();
}

static void need_confinement(void)
{
    if (confine_is_whole())
        return;
    print_message("SKIP: a build with sanitizers filters no calls and can be read\n");
    skip();
}

/* ---- /proc/PID/status ---- */

static void read_status(pid_t pid, const char *of, char *out, size_t size_max)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, of);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    out[fread(out, 1, size_max - 1, file)] = 0;
    fclose(file);
}

static void expect_status(const char *status, const char *line)
{
    if (strstr(status, line) == NULL)
        fail_msg("no line '%s' in\n%s", line, status);
}

static unsigned threads_seen;

static int expect_filtered(const char *path, const struct stat *status, int type, struct FTW *place)
{
    char text[4096];
    (void)status, (void)type;
    if (strcmp(path + place->base, "status") != 0 || place->level != 2)
        return 0;
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    expect_status(text, "\nNoNewPrivs:\t1\n");
    expect_status(text, "\nSeccomp:\t2\n");
    threads_seen++;
    return 0;
}

static void every_thread_is_filtered(void **state)
{
    struct trucd_process *process = *state;
    char tasks[64];
    need_confinement();
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    (void)snprintf(tasks, sizeof tasks, "/proc/%d/task", (int)process->pid);
    threads_seen = 0;
    assert_int_equal(nftw(tasks, expect_filtered, 8, FTW_PHYS), 0);
    assert_true(threads_seen >= 3); /* the loop, libzmq's, the ZAP handler's */
    stop_cleanly(process);
    assert_false(trucd_log_has(process, "no filter"));
}

static void without_a_filter_it_says_so(void **state)
{
    struct trucd_process *process = *state;
    char status[4096];
    trucd_start(process, &programs, "--no-filter");
    trucd_await_ready(process);
    read_status(process->pid, "status", status, sizeof status);
    expect_status(status, "\nSeccomp:\t0\n");
    stop_cleanly(process);
    assert_true(trucd_log_has(process, "no filter of system calls"));
}

/* ---- users ---- */

static int give_away(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return lchown(path, OTHER_USER, OTHER_USER);
}

static void root_becomes_the_owner_of_the_state(void **state)
{
    struct trucd_process *process = *state;
    char status[4096], path[TRUCD_PATH_BYTES];
    struct stat made;
    need_root();
    assert_int_equal(nftw(process->directory, give_away, 8, FTW_PHYS), 0);
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    read_status(process->pid, "status", status, sizeof status);
    expect_status(status, "\nUid:\t65534\t65534\t65534\t65534\n");
    expect_status(status, "\nGid:\t65534\t65534\t65534\t65534\n");
    expect_status(status, "\nGroups:\t \n");
    expect_status(status, "\nCapPrm:\t0000000000000000\n");
    expect_status(status, "\nCapEff:\t0000000000000000\n");
    trucd_signal(process, SIGHUP); /* with the rights it started with */
    trucd_await_notice(process, "RELOADING=1");
    trucd_await_notice(process, "READY=1");
    stop_cleanly(process);
    assert_true(trucd_log_has(process, "the configuration has not changed"));
    assert_false(trucd_log_has(process, "running as root"));
    trucd_path(process, "state/journal/format", path);
    assert_int_equal(stat(path, &made), 0);
    assert_int_equal(made.st_uid, OTHER_USER);
}

static void copy_program(const char *from, const char *to)
{
    char chunk[64 * 1024];
    size_t size;
    FILE *in = fopen(from, "rbe"), *out = fopen(to, "wbe");
    assert_non_null(in);
    assert_non_null(out);
    while ((size = fread(chunk, 1, sizeof chunk, in)) > 0)
        assert_int_equal(fwrite(chunk, 1, size, out), size);
    fclose(in);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(to, 0755), 0);
}

/* Another process of the broker's own user: what a stolen account of the same name could start. */
static int open_as_other_user(pid_t pid)
{
    int status;
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setgroups(0, NULL) < 0 || setgid(OTHER_USER) < 0 || setuid(OTHER_USER) < 0)
            _exit(255);
        _exit(open(path, O_RDONLY | O_CLOEXEC) < 0 ? errno : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void its_own_user_cannot_read_its_memory(void **state)
{
    static const char *const as_other_user[] = {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                                NULL};
    struct trucd_process *process = *state;
    struct trucd_programs own = programs;
    char program[TRUCD_PATH_BYTES];
    need_root();
    need_confinement();
    trucd_path(process, "trucd", program); /* the build's folder may be closed to that user */
    copy_program(programs.trucd, program);
    assert_int_equal(nftw(process->directory, give_away, 8, FTW_PHYS), 0);
    own.trucd = program;
    own.wrapper = as_other_user;
    trucd_start(process, &own, NULL);
    trucd_await_ready(process);
    assert_int_equal(open_as_other_user(process->pid), EACCES);
    stop_cleanly(process);
}

/* ---- keys in memory ---- */

struct secret_bytes {
    const char *name;
    uint8_t data[SECRET_BYTES_MAX];
    size_t size;
};

static size_t add_secret(struct secret_bytes *secret, const char *name, struct bytes data)
{
    assert_true(data.size >= KEY_BYTES && data.size <= sizeof secret->data);
    secret->name = name;
    secret->size = data.size;
    memcpy(secret->data, data.data, data.size);
    return 1;
}

/* As text and as bytes. The raw transport key is not among them: libzmq has copies that nobody can lock or wipe. */
static size_t read_secrets(const struct trucd_process *process, struct secret_bytes secrets[SECRETS_MAX])
{
    static const char *const names[] = {"journal.key", "persons.key"};
    char text[1024], name[64];
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        BUFFER_CLEANUP struct buffer raw = {0};
        (void)snprintf(name, sizeof name, "state/keys/%s", names[i]);
        trucd_read(process, name, text, sizeof text);
        assert_int_equal(hex_decode(bytes_string(text), &raw), 0);
        count += add_secret(&secrets[count], names[i], bytes_string(text));
        count += add_secret(&secrets[count], names[i], buffer_view(&raw));
    }
    trucd_read(process, "state/keys/broker.curve", text, sizeof text);
    count += add_secret(&secrets[count], "broker.curve", bytes_string(text));
    BUFFER_CLEANUP struct buffer der = {0};
    trucd_read(process, "state/keys/checkpoint.key", text, sizeof text);
    const char *from = strchr(text, '\n') + 1, *to = strchr(from, '\n');
    count += add_secret(&secrets[count], "checkpoint.key", bytes_of(from + 16, (size_t)(to - from) - 16));
    assert_int_equal(base64_decode(bytes_of(from, (size_t)(to - from)), &der), 0);
    assert_true(der.size > KEY_BYTES); /* PKCS #8: the seed is the last of it */
    count += add_secret(&secrets[count], "checkpoint.key", bytes_of(der.data + der.size - KEY_BYTES, KEY_BYTES));
    return count;
}

struct found {
    unsigned locked, loose;
};

static void search(const uint8_t *memory, size_t size, bool is_locked, const struct secret_bytes *secret,
                   struct found *found)
{
    const uint8_t *at = memory, *end = memory + size;
    while ((at = memmem(at, (size_t)(end - at), secret->data, secret->size)) != NULL) {
        found->locked += is_locked;
        found->loose += !is_locked;
        at++;
    }
}

/* All that the process has written of its memory. */
static void search_process(pid_t pid, const struct secret_bytes *secrets, size_t count, struct found *founds)
{
    char path[64], line[512];
    unsigned long from = 0, to = 0, mapped = 0;
    bool is_written = false;
    (void)snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    (void)snprintf(path, sizeof path, "/proc/%d/smaps", (int)pid);
    FILE *maps = fopen(path, "re");
    assert_true(memory >= 0);
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        char *dash,
            *rights; /* "7f2db5cad000-7f2db5cae000 rw-p …" begins what is said of a piece, "VmFlags: …" ends it */
        unsigned long begin = strtoul(line, &dash, 16);
        if (dash > line && *dash == '-') {
            from = begin;
            to = strtoul(dash + 1, &rights, 16);
            is_written = strncmp(rights, " rw", 3) == 0;
        }
        if (strncmp(line, "VmFlags:", 8) != 0 || !is_written || to <= from)
            continue;
        uint8_t *copy = malloc(to - from);
        assert_non_null(copy);
        ssize_t size = pread(memory, copy, to - from, (off_t)from);
        assert_true(size >= 0);
        for (size_t i = 0; i < count; i++)
            search(copy, (size_t)size, strstr(line, " lo") != NULL, &secrets[i], &founds[i]);
        free(copy);
        mapped += to - from;
    }
    fclose(maps);
    close(memory);
    assert_true(mapped > 1024ul * 1024); /* it was read */
}

static void keys_lie_in_locked_memory_only(void **state)
{
    struct trucd_process *process = *state;
    struct secret_bytes secrets[SECRETS_MAX];
    struct found founds[SECRETS_MAX] = {{0}};
    unsigned seen = 0;
    need_root();
    need_confinement();
    size_t count = read_secrets(process, secrets);
    trucd_start(process, &programs, NULL);
    trucd_await_ready(process);
    search_process(process->pid, secrets, count, founds);
    for (size_t i = 0; i < count; i++) {
        if (founds[i].loose)
            print_error("%s, %zu bytes: %u times in memory that is not locked\n", secrets[i].name, secrets[i].size,
                        founds[i].loose);
        seen += founds[i].locked > 0;
    }
    for (size_t i = 0; i < count; i++)
        assert_int_equal(founds[i].loose, 0);
    assert_true(seen >= 4); /* the search does find what there is: four keys in use */
    stop_cleanly(process);
}

/* ---- at the end ---- */

struct ending {
    const char *name;
    const char *option, *spoiled, *text; /* an argument more; a file of the state written over */
    int signal, exit;
};

static const struct ending endings[] = {
    {.name = "SIGTERM", .signal = SIGTERM},
    {.name = "--check", .option = "--check"},
    {.name = "an address that can't be bound", .option = "--listen=tcp://192.0.2.1:7400", .exit = EXIT_CANNOT_BIND},
    {.name = "a journal that is damaged",
     .spoiled = "state/journal/format",
     .text = "truc-journal 9\n",
     .exit = EXIT_DAMAGED},
    {.name = "a key that is none", .spoiled = "state/keys/persons.key", .text = "none\n", .exit = EXIT_CONFIGURATION},
};

/* From now on it stops when it begins to end, with its memory as it was. */
static void trace(struct trucd_process *process, const struct ending *ending, const struct trucd_programs *stopped)
{
    int status;
    trucd_start(process, ending->signal ? &programs : stopped, ending->option);
    if (ending->signal)
        trucd_await_ready(process);
    else
        assert_int_equal(waitpid(process->pid, &status, WUNTRACED), process->pid);
    assert_int_equal(ptrace(PTRACE_SEIZE, process->pid, NULL, PTRACE_O_TRACEEXIT), 0);
    assert_int_equal(kill(process->pid, ending->signal ? ending->signal : SIGCONT), 0);
}

/* Searches it then. Its exit code. */
static int await_end_searched(struct trucd_process *process, const struct secret_bytes *secrets, size_t count,
                              struct found *founds)
{
    int status;
    unsigned searched = 0;
    for (;;) {
        assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
        if (!WIFSTOPPED(status))
            break;
        int event = status >> 16, signal = event ? 0 : WSTOPSIG(status);
        if (event == PTRACE_EVENT_EXIT) {
            search_process(process->pid, secrets, count, founds);
            searched++;
        }
        assert_int_equal(ptrace(PTRACE_CONT, process->pid, NULL, signal), 0);
    }
    process->pid = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(searched, 1);
    return WEXITSTATUS(status);
}

static void whatever_ends_it_the_keys_are_gone(void **state)
{
    static const char *const stopped_first[] = {"/bin/sh", "-c", "kill -STOP $$; exec \"$@\"", "sh", NULL};
    need_root();
    need_confinement();
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        struct trucd_process process;
        struct trucd_programs stopped = programs;
        struct secret_bytes secrets[SECRETS_MAX];
        struct found founds[SECRETS_MAX] = {{0}};
        trucd_prepare(&process, &programs);
        size_t count = read_secrets(&process, secrets);
        if (endings[i].spoiled) {
            trucd_start(&process, &programs, NULL); /* so that there is a journal */
            trucd_await_ready(&process);
            stop_cleanly(&process);
            trucd_write(&process, endings[i].spoiled, endings[i].text, false);
        }
        stopped.wrapper = stopped_first;
        trace(&process, &endings[i], &stopped);
        assert_int_equal(await_end_searched(&process, secrets, count, founds), endings[i].exit);
        for (size_t k = 0; k < count; k++)
            if (founds[k].locked + founds[k].loose)
                fail_msg("%s: %s, %zu bytes, is still in memory", endings[i].name, secrets[k].name, secrets[k].size);
        trucd_forget(&process);
    }
    (void)state;
}

int main(int argc, char **argv)
{
#define CONFINED(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CONFINED(every_thread_is_filtered),
        CONFINED(without_a_filter_it_says_so),
        CONFINED(root_becomes_the_owner_of_the_state),
        CONFINED(its_own_user_cannot_read_its_memory),
        CONFINED(keys_lie_in_locked_memory_only),
        cmocka_unit_test(whatever_ends_it_the_keys_are_gone),
    };
    if (argc != 5) {
        (void)fprintf(stderr, "usage: test_trucd_confined TRUCD TRUC CONFIG DESCRIPTORS\n");
        return EXIT_CONFIGURATION;
    }
    programs = (struct trucd_programs){.trucd = argv[1], .truc = argv[2], .config = argv[3], .descriptors = argv[4]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
