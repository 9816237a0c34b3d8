/* peer_server.h - an own instance of another broker: a temporary folder, a free port of 127.0.0.1, the end by process id.
 * The services of the system are not touched.
 * Used by the files of peers other than Trục. */
#ifndef PEER_SERVER_H
#define PEER_SERVER_H

#include <unistd.h>

#include "bench_peer.h"

/* The folder, and a port that is free now. */
int peer_server_folder(struct bench_place *place, uint16_t *ret_port, struct truc_fault *fault);
int peer_server_port(uint16_t *ret_port, struct truc_fault *fault);
/* Until the port takes connections; what its clients are told is the port. */
int peer_server_await(struct bench_place *place, uint16_t port, struct truc_fault *fault);
int peer_server_settings(const struct bench_place *place, const char *system, char out[KIT_PATH_BYTES],
                         struct truc_fault *fault);
int peer_server_stop(struct bench_place *place, struct truc_fault *fault); /* and removes the folder */
/* Writes a file of the folder. */
int peer_server_file(const struct bench_place *place, const char *name, const char *text, struct truc_fault *fault);

#endif
