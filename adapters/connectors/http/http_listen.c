/* http_listen.c - see http_listen.h.
 * Loopback only: a reverse proxy ends TLS.
 * In the flow: called once, while loading. */
#include "http_listen.h"

#include <stdlib.h>

int http_load_listen(const struct connector_load *load, const struct typed_value *value, const char **ret_address,
                     uint16_t *ret_port)
{
    static const char address[] = "127.0.0.1";
    const char *listen = value->text ? value->text : "127.0.0.1:0";
    const char *override = connector_load_override(load, "listen");
    if (override)
        listen = override;
    char *end;
    const char *colon = strrchr(listen, ':');
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
    bool right = colon && (size_t)(colon - listen) == sizeof(address) - 1 &&
                 strncmp(listen, address, sizeof(address) - 1) == 0 && colon[1] >= '0' && colon[1] <= '9' &&
                 *end == 0 && port <= UINT16_MAX;
    if (!right)
        return connector_load_fail(load, value->node ? value->node : &(struct yaml_node){.file = "--set listen"},
                                   "127.0.0.1:7481; a reverse proxy ends TLS and listens to others",
                                   "listen is 127.0.0.1:PORT");
    *ret_address = address;
    *ret_port = (uint16_t)port;
    return 0;
}
