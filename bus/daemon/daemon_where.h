/* daemon_where.h - tells other programs where the broker really listens: a small JSON file.
 * Not discovery: adapters have the address in their settings. For tests, demonstrations and ports chosen at run time.
 * Written once the sockets are bound; whoever sees the file can connect. */
#ifndef TRUC_DAEMON_WHERE_H
#define TRUC_DAEMON_WHERE_H

#include <stddef.h>
#include <truc/error.h>

struct daemon_where {
    const char *bus, *server_key; /* server_key: public transport key, Z85 */
    const char *const *endpoints;
    size_t endpoints_count; /* 1 or more */
};

/* {"bus": …, "endpoint": the first, "endpoints": […], "server_key": …, "pid": …}; appears whole or not at all.
 * TRUC_E_CONFIG (the path is of whoever started the program), TRUC_E_MEMORY. */
int daemon_where_write(const char *path, const struct daemon_where *where, struct truc_fault *fault);

#endif
