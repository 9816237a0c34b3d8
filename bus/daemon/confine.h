/* confine.h - what trucd gives up before it serves anybody: core files, new privileges, and system calls it never needs.
 * Not the service manager's limits (config/systemd/trucd.service): these hold however trucd was started.
 * daemon.c calls them in this order: user, memory, and only then anything is read; calls once the sockets are bound. */
#ifndef TRUC_CONFINE_H
#define TRUC_CONFINE_H

#include <stdbool.h>
#include <truc/error.h>

/* False in a build with sanitizers, which trace, fork and map at will: then core files and new privileges are all that is given up. */
bool confine_is_whole(void);

/* Started as root: becomes the owner of `directory`, with that owner's group and no other. When root owns it: TRUC_E_CONFIG, unless
 * `as_root`. Not started as root: does nothing. TRUC_E_CONFIG with the reason, TRUC_E_INTERNAL. */
int confine_user(const char *directory, bool as_root, struct truc_fault *fault);
/* No core files, no reading by other processes of this user (ptrace, /proc/PID/mem), no new privileges by running a program;
 * OpenSSL's private keys in locked memory, and all that it frees wiped. Once, before OpenSSL is used. TRUC_E_INTERNAL. */
int confine_memory(struct truc_fault *fault);
/* All threads, for good: the calls of confine_calls.c fail with EPERM. TRUC_E_UNAVAILABLE: this system can't filter calls. */
int confine_calls(struct truc_fault *fault);

#endif
