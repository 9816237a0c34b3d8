/* daemon_policy.h - reads the configuration for the daemon and writes what is wrong with it into the log.
 * Not the loader (bus/policy/policy_load.h): its report becomes log lines here.
 * At the start, and at every reload, where a bad file changes nothing. */
#ifndef TRUC_DAEMON_POLICY_H
#define TRUC_DAEMON_POLICY_H

#include <stdint.h>
#include <truc/error.h>

struct buffer;
struct io_log;
struct policy;

/* The policy is the caller's. TRUC_E_CONFIG after every mistake was logged; then *ret_policy is untouched. `problems`, when not
 * NULL, is appended what was logged, in the form of `truc check`. */
int daemon_policy_read(const char *directory, uint64_t now_ns, const struct io_log *log, struct policy **ret_policy,
                       struct buffer *problems, struct truc_fault *fault);
/* Whether `next` may take over from `present` while running: 0, or TRUC_E_CONFIG with the reason. */
int daemon_policy_check_change(const struct policy *present, const struct policy *next, struct truc_fault *fault);
/* Whether `next` asks for addresses that only a restart will listen on. */
int daemon_policy_listens_elsewhere(const struct policy *present, const struct policy *next);

#endif
