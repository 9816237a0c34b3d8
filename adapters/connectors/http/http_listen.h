/* http_listen.h - the key listen: of an adapter file: where a program of HTTP listens.
 * Opens no socket.
 * In the flow: http_load.c and the door's loader -> this. */
#ifndef TRUC_HTTP_LISTEN_H
#define TRUC_HTTP_LISTEN_H

#include "connector_load.h"

/* "127.0.0.1:PORT" (0: the system chooses; --set listen goes before). TRUC_E_CONFIG for any other address: without TLS the
 * program listens to this machine only. */
int http_load_listen(const struct connector_load *load, const struct typed_value *value, const char **ret_address,
                     uint16_t *ret_port);

#endif
