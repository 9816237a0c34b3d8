/* policy_load.h - from the files of a configuration to a policy, or to a report of every mistake in them.
 * Not: deciding about messages (policy.h). A configuration with an error gives no policy at all.
 * In the flow: at start, at reload, in `truc check`, and when an old decision is judged again from the journal. */
#ifndef TRUC_POLICY_LOAD_H
#define TRUC_POLICY_LOAD_H

#include "policy.h"
#include "policy_report.h"

enum {
    POLICY_FILES_MAX = 32768,                 /* a system has a file, a transport key and two certificates, or more */
    POLICY_FILE_BYTES_MAX = 16 * 1024 * 1024, /* the descriptor set is the largest; YAML has its own, smaller limit */
};

/* Where files come from. Names are relative, with '/' between folders. */
struct policy_reader {
    void *context;
    /* Calls `visit` for each plain file in a folder, in any order; a folder that does not exist has none. Stops at and
     * returns a result of `visit` that is not 0. 0, or TRUC_E_IO with the reason. */
    int (*list)(void *context, const char *folder, int (*visit)(void *visit_context, const char *name),
                void *visit_context, struct truc_fault *fault);
    /* Appends a file's bytes: 0, TRUC_E_NOT_FOUND, TRUC_E_IO, TRUC_E_LIMIT. */
    int (*read)(void *context, const char *name, struct buffer *out, struct truc_fault *fault);
};

struct policy_load_options {
    const struct schema_set
        *schemas;            /* NULL: read the descriptor set that bus.yaml names; else it must outlive the policy */
    uint64_t now_ns;         /* for warnings about what ends soon; no rule depends on it */
    bool was_in_force;       /* it was judged when it came into force: today's rules between its parts are not asked */
    bool allow_missing_keys; /* a key or certificate file may be missing: before `truc init` */
};

/* Reads bus.yaml, systems/NAME.yaml, routes/NAME.yaml, agreements/NAME.yaml and the key files these name.
 * 0: *ret_policy is complete and the caller's; @report may hold warnings.
 * TRUC_E_CONFIG: @report says everything that is wrong, sorted; *ret_policy is untouched. TRUC_E_MEMORY likewise. */
int policy_load(const struct policy_reader *reader, const struct policy_load_options *options,
                struct policy **ret_policy, struct policy_report *report);
int policy_load_directory(const char *path, const struct policy_load_options *options, struct policy **ret_policy,
                          struct policy_report *report);
/* From memory: tests, simulations, and configurations kept in a journal. The files are copied. */
int policy_load_files(const struct policy_file *files, size_t count, const struct policy_load_options *options,
                      struct policy **ret_policy, struct policy_report *report);

#endif
