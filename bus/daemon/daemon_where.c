/* daemon_where.c - jansson writes beside the file, rename puts it in place.
 * Not synced: it is about this run of the program only.
 * See daemon_where.h. */
#include "daemon_where.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "fault.h"

enum { WHERE_PATH_BYTES = 1024 };

static json_t *make(const struct daemon_where *where)
{
    json_t *endpoints = json_array();
    for (size_t i = 0; i < where->endpoints_count; i++)
        if (json_array_append_new(endpoints, json_string(where->endpoints[i])) < 0) {
            json_decref(endpoints);
            return NULL;
        }
    return json_pack("{s:s, s:s, s:o, s:s, s:I}", "bus", where->bus, "endpoint", where->endpoints[0], "endpoints",
                     endpoints, "server_key", where->server_key, "pid", (json_int_t)getpid());
}

int daemon_where_write(const char *path, const struct daemon_where *where, struct truc_fault *fault)
{
    char beside[WHERE_PATH_BYTES];
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside)
        return fault_set(fault, TRUC_E_CONFIG, "the path '%s' is too long", path);
    json_t *json = make(where);
    if (json == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for '%s'", path);
    int dumped = json_dump_file(json, beside, JSON_INDENT(2));
    json_decref(json);
    if (dumped < 0 || rename(beside, path) < 0) {
        int error = errno;
        (void)unlink(beside);
        return fault_errno(fault, TRUC_E_CONFIG, error, "cannot write '%s'", path); /* not the journal's disk */
    }
    return 0;
}
