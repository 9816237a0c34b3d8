/* trucd_process.c - see trucd_process.h.
 * Every call asserts; waiting has a limit that only a failure reaches.
 * Only the process that was started here is ever signalled. */
#include "trucd_process.h"

#include "cmocka_start.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000, ARGUMENTS_MAX = 24, LOG_BYTES_MAX = 64 * 1024 };

void trucd_path(const struct trucd_process *process, const char *name, char out[TRUCD_PATH_BYTES])
{
    int size = snprintf(out, TRUCD_PATH_BYTES, "%s/%s", process->directory, name);
    assert_true(size > 0 && size < TRUCD_PATH_BYTES);
}

/* Output goes to DIRECTORY/log. */
static pid_t spawn(const struct trucd_process *process, const char *const *arguments)
{
    char log[TRUCD_PATH_BYTES], notify[TRUCD_PATH_BYTES];
    trucd_path(process, "log", log);
    trucd_path(process, "notify", notify);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    setenv("NOTIFY_SOCKET", notify, 1);
    setenv("WATCHDOG_USEC", "3000000", 1);
    setenv("TRUC_AS_ROOT", "1", 1); /* as which CI runs, with a state of root's */
    if (strcmp(arguments[0], TRUCD_TRACER) == 0)
        setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* the leak checker can't work beside a tracer */
    execv(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(127);
}

static void open_manager(struct trucd_process *process)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[TRUCD_PATH_BYTES];
    trucd_path(process, "notify", path);
    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    process->manager_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(process->manager_fd >= 0);
    assert_int_equal(bind(process->manager_fd, (struct sockaddr *)&address, sizeof address), 0);
}

void trucd_prepare(struct trucd_process *process, const struct trucd_programs *programs)
{
    char state[TRUCD_PATH_BYTES];
    *process = (struct trucd_process){.manager_fd = -1};
    strcpy(process->directory, "/tmp/trucd-test-XXXXXX");
    assert_non_null(mkdtemp(process->directory));
    open_manager(process);
    trucd_path(process, "state", state);
    const char *arguments[] = {programs->truc,        "init", state, "--from", programs->config, "--schemas",
                               programs->descriptors, NULL};
    process->pid = spawn(process, arguments);
    assert_int_equal(trucd_await_end(process), 0);
}

void trucd_start(struct trucd_process *process, const struct trucd_programs *programs, const char *extra)
{
    char state[TRUCD_PATH_BYTES], where[TRUCD_PATH_BYTES];
    trucd_path(process, "state", state);
    trucd_path(process, "where.json", where);
    const char *own[] = {programs->trucd, "--state", state, "--where", where, "--listen", "tcp://127.0.0.1:*", extra};
    const char *arguments[ARGUMENTS_MAX] = {NULL};
    size_t count = 0;
    for (const char *const *at = programs->wrapper; at && *at; at++)
        arguments[count++] = *at;
    assert_true(count + COUNT_OF(own) < ARGUMENTS_MAX);
    memcpy(&arguments[count], own, sizeof own);
    process->pid = spawn(process, arguments);
}

static void show_log(const struct trucd_process *process)
{
    char log[LOG_BYTES_MAX];
    trucd_read(process, "log", log, sizeof log);
    print_error("the log of trucd:\n%s\n", log);
}

void trucd_await_notice(struct trucd_process *process, const char *start)
{
    char text[1024] = "";
    struct pollfd item = {.fd = process->manager_fd, .events = POLLIN};
    do {
        if (poll(&item, 1, PATIENCE_MS) != 1) {
            show_log(process);
            fail_msg("no notice '%s' came", start);
        }
        ssize_t size = recv(process->manager_fd, text, sizeof text - 1, 0);
        assert_true(size >= 0);
        text[size] = 0;
    } while (strncmp(text, start, strlen(start)) != 0);
}

void trucd_await_ready(struct trucd_process *process)
{
    char path[TRUCD_PATH_BYTES];
    trucd_await_notice(process, "READY=1");
    trucd_path(process, "where.json", path);
    json_t *where = json_load_file(path, 0, NULL);
    const char *endpoint = json_string_value(json_object_get(where, "endpoint"));
    const char *server_key = json_string_value(json_object_get(where, "server_key"));
    assert_non_null(endpoint);
    assert_non_null(server_key);
    (void)snprintf(process->endpoint, sizeof process->endpoint, "%s", endpoint);
    (void)snprintf(process->server_key, sizeof process->server_key, "%s", server_key);
    json_decref(where);
}

void trucd_signal(const struct trucd_process *process, int signal)
{
    assert_true(process->pid > 0);
    assert_int_equal(kill(process->pid, signal), 0);
}

int trucd_await_end(struct trucd_process *process)
{
    int status;
    pid_t ended;
    while ((ended = waitpid(process->pid, &status, 0)) < 0 && errno == EINTR)
        ;
    assert_int_equal(ended, process->pid);
    process->pid = 0;
    if (!WIFEXITED(status) && WTERMSIG(status) != SIGKILL)
        show_log(process);
    assert_true(WIFEXITED(status) || WTERMSIG(status) == SIGKILL);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void trucd_read(const struct trucd_process *process, const char *name, char *out, size_t size_max)
{
    char path[TRUCD_PATH_BYTES];
    trucd_path(process, name, path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(out, 1, size_max - 1, file);
    fclose(file);
    while (size && out[size - 1] == '\n')
        size--;
    out[size] = 0;
}

bool trucd_log_has(const struct trucd_process *process, const char *text)
{
    char log[LOG_BYTES_MAX];
    trucd_read(process, "log", log, sizeof log);
    return strstr(log, text) != NULL;
}

void trucd_write(const struct trucd_process *process, const char *name, const char *text, bool append)
{
    char path[TRUCD_PATH_BYTES];
    trucd_path(process, name, path);
    FILE *file = fopen(path, append ? "a" : "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void trucd_forget(struct trucd_process *process)
{
    enum { OPEN_DIRECTORIES_MAX = 8 };
    if (process->pid > 0) {
        kill(process->pid, SIGKILL);
        (void)trucd_await_end(process);
    }
    if (process->manager_fd >= 0)
        close(process->manager_fd);
    (void)nftw(process->directory, remove_one, OPEN_DIRECTORIES_MAX, FTW_DEPTH | FTW_PHYS);
}
