/* peer_server.c - ports, folders and ends of other brokers.
 * See peer_server.h.
 * A free port is asked of the kernel; the broker binds it a moment later. */
#include "peer_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"

enum { READY_WAIT_MS = 60000, STOP_WAIT_MS = 30000, LOOK_EVERY_MS = 20 };

int peer_server_port(uint16_t *ret_port, struct truc_fault *fault)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), code = 0;
    if (probe < 0 || bind(probe, (struct sockaddr *)&address, size) < 0 ||
        getsockname(probe, (struct sockaddr *)&address, &size) < 0)
        code = fault_errno(fault, TRUC_E_IO, errno, "looking for a free port");
    else
        *ret_port = ntohs(address.sin_port);
    if (probe >= 0)
        close(probe);
    return code;
}

int peer_server_folder(struct bench_place *place, uint16_t *ret_port, struct truc_fault *fault)
{
    int code = kit_bus_folder(&place->bus, place->parent, fault);
    if (code == 0)
        code = kit_path(place->bus.log, fault, "%s/server.log", place->bus.folder);
    return code < 0 ? code : peer_server_port(ret_port, fault);
}

static bool takes_connections(uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool taken = probe >= 0 && connect(probe, (const struct sockaddr *)&address, sizeof address) == 0;
    if (probe >= 0)
        close(probe);
    return taken;
}

int peer_server_await(struct bench_place *place, uint16_t port, struct truc_fault *fault)
{
    uint64_t end_ns = kit_now_ns() + READY_WAIT_MS * 1000000ull;
    (void)snprintf(place->bus.endpoint, sizeof place->bus.endpoint, "%u", port);
    while (!takes_connections(port)) {
        (void)poll(NULL, 0, LOOK_EVERY_MS);
        if (!child_runs(&place->bus.broker))
            return fault_set(fault, TRUC_E_STATE, "%s ended with %d; with TRUC_KEEP=1 its log stays",
                             place->bus.broker.name, child_result(&place->bus.broker));
        if (kit_now_ns() > end_ns)
            return fault_set(fault, TRUC_E_TIMEOUT, "%s does not listen after %d ms", place->bus.broker.name,
                             READY_WAIT_MS);
    }
    return 0;
}

int peer_server_settings(const struct bench_place *place, const char *system, char out[KIT_PATH_BYTES],
                         struct truc_fault *fault)
{
    (void)system; /* all clients are told the same */
    return kit_path(out, fault, "%s", place->bus.endpoint);
}

int peer_server_stop(struct bench_place *place, struct truc_fault *fault)
{
    int code = child_stop(&place->bus.broker, STOP_WAIT_MS, fault);
    if (place->helper.pid != 0 && child_stop(&place->helper, STOP_WAIT_MS, code == 0 ? fault : NULL) < 0)
        code = code == 0 ? TRUC_E_TIMEOUT : code;
    kit_bus_remove(&place->bus);
    return code;
}

int peer_server_file(const struct bench_place *place, const char *name, const char *text, struct truc_fault *fault)
{
    char path[KIT_PATH_BYTES];
    int code = kit_path(path, fault, "%s/%s", place->bus.folder, name);
    FILE *file = code == 0 ? fopen(path, "we") : NULL;
    if (code == 0 && (file == NULL || fputs(text, file) == EOF))
        code = fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    if (file && fclose(file) != 0 && code == 0)
        code = fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    return code;
}
