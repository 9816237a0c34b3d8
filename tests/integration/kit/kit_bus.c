/* kit_bus.c - makes, starts, stops and removes a test's own bus.
 * Paths of the build come from CMake: KIT_PROGRAMS, KIT_DESCRIPTORS.
 * See kit_bus.h. */
#include "kit_bus.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"

enum { READY_WAIT_MS = 20000, STOP_WAIT_MS = 20000, ARGUMENTS_MAX = 24, OPEN_FILES_MAX = 16 };

/* A port that is free now; trucd binds it a moment later, and again after each of its ends. */
static int free_endpoint(char out[64], struct truc_fault *fault)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0 || bind(probe, (struct sockaddr *)&address, size) < 0 ||
        getsockname(probe, (struct sockaddr *)&address, &size) < 0) {
        fault_errno(fault, TRUC_E_IO, errno, "looking for a free port");
        if (probe >= 0)
            close(probe);
        return TRUC_E_IO;
    }
    (void)snprintf(out, 64, "tcp://127.0.0.1:%u", ntohs(address.sin_port));
    close(probe);
    return 0;
}

int kit_bus_folder(struct kit_bus *bus, const char *parent, struct truc_fault *fault)
{
    *bus = (struct kit_bus){0};
    if (parent == NULL)
        parent = getenv("TMPDIR");
    int code = kit_path(bus->folder, fault, "%s/truc-test-XXXXXX", parent ? parent : "/tmp");
    if (code < 0)
        return code;
    if (mkdtemp(bus->folder) == NULL) {
        code = fault_errno(fault, TRUC_E_IO, errno, "%s", bus->folder);
        bus->folder[0] = 0;
        return code;
    }
    code = kit_path(bus->state, fault, "%s/state", bus->folder);
    if (code == 0)
        code = kit_path(bus->where, fault, "%s/trucd.json", bus->folder);
    return code < 0 ? code : kit_path(bus->log, fault, "%s/trucd.log", bus->folder);
}

int kit_bus_make(struct kit_bus *bus, const char *parent, const char *config, const char *id, struct truc_fault *fault)
{
    char log[KIT_PATH_BYTES];
    int code = kit_bus_folder(bus, parent, fault);
    if (code == 0)
        code = free_endpoint(bus->endpoint, fault);
    if (code == 0)
        code = kit_path(log, fault, "%s/init.log", bus->folder);
    if (code < 0)
        return code;
    const char *arguments[ARGUMENTS_MAX] = {KIT_PROGRAMS "/truc", "init",          bus->state, "--from",     config,
                                            "--schemas",          KIT_DESCRIPTORS, "--listen", bus->endpoint};
    if (id) {
        arguments[9] = "--bus";
        arguments[10] = id;
    }
    return child_run("truc init", arguments, log, fault);
}

int kit_bus_launch(struct kit_bus *bus, struct truc_fault *fault)
{
    if (unlink(bus->where) < 0 && errno != ENOENT)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", bus->where);
    const char *const arguments[] = {
        KIT_PROGRAMS "/trucd", "--as-root", "--state", bus->state, "--where", bus->where, NULL};
    return child_start(&bus->broker, "trucd", arguments, bus->log, false, fault);
}

int kit_bus_await(struct kit_bus *bus, struct truc_fault *fault)
{
    return kit_wait_file(bus->folder, bus->where, &bus->broker, READY_WAIT_MS, fault);
}

int kit_bus_start(struct kit_bus *bus, struct truc_fault *fault)
{
    int code = kit_bus_launch(bus, fault);
    return code < 0 ? code : kit_bus_await(bus, fault);
}

int kit_bus_stop(struct kit_bus *bus, struct truc_fault *fault)
{
    int code = child_stop(&bus->broker, STOP_WAIT_MS, fault);
    if (code == 0 && child_result(&bus->broker) != 0)
        code =
            fault_set(fault, TRUC_E_STATE, "trucd ended with %d; its log is %s", child_result(&bus->broker), bus->log);
    return code;
}

static int read_all(int descriptor, struct buffer *output, struct truc_fault *fault)
{
    for (;;) {
        char chunk[4096];
        ssize_t size = read(descriptor, chunk, sizeof chunk);
        if (size == 0)
            return buffer_failed(output) ? fault_set(fault, buffer_failed(output), "no room for what truc printed") : 0;
        if (size < 0 && errno != EINTR)
            return fault_errno(fault, TRUC_E_IO, errno, "reading from truc");
        if (size > 0)
            buffer_append(output, chunk, (size_t)size);
    }
}

int kit_bus_truc(const struct kit_bus *bus, const char *const arguments[], struct buffer *output,
                 struct truc_fault *fault)
{
    const char *all[ARGUMENTS_MAX] = {KIT_PROGRAMS "/truc"};
    char log[KIT_PATH_BYTES];
    struct child truc = {0};
    size_t count = 1;
    for (size_t i = 0; arguments[i]; i++) {
        if (count + 3 >= ARGUMENTS_MAX)
            return fault_set(fault, TRUC_E_LIMIT, "more than %d arguments", ARGUMENTS_MAX - 4);
        all[count++] = arguments[i];
    }
    all[count++] = "--state";
    all[count++] = bus->state;
    int code = kit_path(log, fault, "%s/truc.log", bus->folder);
    if (code == 0)
        code = child_start(&truc, "truc", all, log, true, fault);
    if (code < 0)
        return code;
    code = read_all(truc.output, output, fault);
    if (code == 0)
        code = kit_wait_end(&truc, STOP_WAIT_MS, fault);
    if (child_stop(&truc, 0, NULL) < 0 && code == 0)
        code = fault_set(fault, TRUC_E_TIMEOUT, "truc %s did not end", arguments[0]);
    return code < 0 ? code : child_result(&truc);
}

int kit_bus_settings(const struct kit_bus *bus, const char *system, char out[KIT_PATH_BYTES], struct truc_fault *fault)
{
    return kit_path(out, fault, "%s/systems/%s/settings.yaml", bus->state, system);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

void kit_bus_remove(struct kit_bus *bus)
{
    kit_kill(&bus->broker);
    if (bus->folder[0] == 0)
        return;
    if (getenv("TRUC_KEEP"))
        fprintf(stderr, "kept: %s\n", bus->folder);
    else if (nftw(bus->folder, remove_entry, OPEN_FILES_MAX, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "not removed: %s\n", bus->folder);
    bus->folder[0] = 0;
}
