/* authority_rotation.h - a new certificate authority of the bus beside the old one, and the old one's end.
 * Not: the systems' certificates (system rotate-key), and not telling systems whom to believe: that is the operator's walk.
 * In the flow: keys/ca.key and config/'s file of the authority → here → the same, for the next reload. */
#ifndef TRUC_AUTHORITY_ROTATION_H
#define TRUC_AUTHORITY_ROTATION_H

#include "init_plan.h"
#include "policy.h"

struct authority_rotation {
    const struct init_plan *plan; /* read; its root is the state directory */
    const char *keys;             /* folder of ca.key */
};

/* A new key, and its certificate in front of the others in the authority's file: both are believed. The old key, if it is
 * there, is kept under the name in `old` ("" otherwise). Interrupted, the same call goes on. TRUC_E_CONFIG, TRUC_E_LIMIT, TRUC_E_IO. */
int authority_begin(const struct authority_rotation *rotation, char old[CLI_PATH_BYTES], struct truc_fault *fault);
/* Leaves only the newest certificate. TRUC_E_STATE while a system of this configuration still signs with what an older one
 * certified, or when there is no older one. */
int authority_end(const struct authority_rotation *rotation, const struct policy *policy, struct truc_fault *fault);

#endif
