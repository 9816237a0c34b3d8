/* daemon_policy.h - reads the configuration for the daemon and writes what is wrong with it into the log.
 * Not the loader (bus/policy/policy_load.h): its report becomes log lines here.
 * At the start, and at every reload, where a bad file changes nothing. */
#ifndef TRUC_DAEMON_POLICY_H
#define TRUC_DAEMON_POLICY_H

#include "policy.h"
#include "zmq_server.h"

#include <truc/error.h>

struct buffer;
struct io_log;

/* The policy is the caller's. TRUC_E_CONFIG after every mistake was logged; then *ret_policy is untouched. `problems`, when not
 * NULL, is appended what was logged, in the form of `truc check`. */
int daemon_policy_read(const char *directory, uint64_t now_ns, const struct io_log *log, struct policy **ret_policy,
                       struct buffer *problems, struct truc_fault *fault);
/* Whether `next` may take over from `present` while running: 0, or the reason: TRUC_E_CONFIG; TRUC_E_SCHEMA_CHANGE when its schemas
 * no longer mean what messages on the bus were written by, unless that is accepted. */
int daemon_policy_check_change(const struct policy *present, const struct policy *next, bool accept_schema_change,
                               struct truc_fault *fault);

/* Addresses as a configuration writes them, beyond its life. */
struct daemon_addresses {
    char texts[POLICY_LISTEN_MAX][ZMQ_SERVER_ENDPOINT_BYTES];
    uint32_t count; /* 0: the configuration's are not used */
};
void daemon_addresses_of(const struct policy *policy, struct daemon_addresses *ret);
/* Appends what `next` asks for and only a restart will listen on; nothing when it is what is listened on. */
void daemon_addresses_differ(const struct daemon_addresses *listening, const struct policy *next, struct buffer *out);

#endif
