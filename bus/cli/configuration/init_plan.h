/* init_plan.h - what `truc init` is to make: read from the configuration it copies.
 * Not: making it (init_config.c, init_keys.c) and not checking it as a whole, which policy_load does afterwards.
 * In the flow: cmd_init → init_plan_read → init_make_config → init_make_keys → rename. */
#ifndef TRUC_INIT_PLAN_H
#define TRUC_INIT_PLAN_H

#include "arena.h"
#include "issuers.h"
#include "cli.h"
#include "cli_file.h"
#include "curve_key.h"
#include "fault.h"
#include "policy.h"
#include "policy_keys.h"
#include "signing.h"

enum { INIT_SYSTEMS_MAX = POLICY_SYSTEMS_MAX, INIT_PLAN_BYTES_MAX = 32 * 1024 * 1024 };

struct init_system {
    const char *id;
    const char *public_key_file;  /* relative to config/; NULL: the configuration holds the key itself, it isn't ours */
    const char *certificate_file; /* likewise; NULL: it signs nothing */
    bool is_system;               /* not an operator, auditor or integrator */
};

struct init_plan {
    char source[CLI_PATH_BYTES];      /* the configuration's directory */
    char descriptors[CLI_PATH_BYTES]; /* file to copy as schemas_file */
    const char *bus, *listen;         /* as they shall be in the new bus.yaml */
    enum signing_algorithm algorithm;
    uint64_t now_ns;

    struct arena arena; /* owns what follows */
    struct policy_report report;
    struct buffer bus_yaml; /* the source's */
    struct raw_bus raw_bus;
    const char *authority_file, *schemas_file; /* relative to config/; NULL when bus.yaml names none */
    struct init_system systems[INIT_SYSTEMS_MAX];
    size_t systems_count;

    char root[CLI_PATH_BYTES]; /* where it is built */
    char broker_public[CURVE_KEY_TEXT_BYTES];
    char broker_next[CURVE_KEY_TEXT_BYTES]; /* "": its key is not being changed */
    struct buffer checkpoint_vkey;          /* C2SP verifier key */
    size_t config_files;
};

/* Reads source/bus.yaml and source/systems. `plan` holds source, bus and listen (NULL: as in the source), algorithm.
 * TRUC_E_CONFIG: plan->report says what is wrong. Others: in the fault. */
int init_plan_read(struct init_plan *plan, struct truc_fault *fault);
void init_plan_free(struct init_plan *plan);

/* Whether an entry of transport-keys names a file, which we may make, rather than being the key itself. */
bool init_is_key_file(struct bytes text);

/* ed25519, p256 or rsa. */
int init_algorithm(const char *name, enum signing_algorithm *ret_algorithm, struct truc_fault *fault);

/* root/config: the YAML files, bus.yaml with the new bus id and address, and the descriptor set. */
int init_make_config(struct init_plan *plan, struct truc_fault *fault);
/* root/keys, root/systems and what config/ names of public keys and certificates. Fills broker_public,
 * checkpoint_vkey. */
int init_make_keys(struct init_plan *plan, struct truc_fault *fault);

/* The same for one system that was added to the configuration root/config, with the authority's key from this file.
 * TRUC_E_EXISTS: some of it is there; nothing was changed. */
int init_add_system(struct init_plan *plan, const struct init_system *system, const char *authority_key_file,
                    struct truc_fault *fault);

/* Where clients of this machine find a broker that listens there: wildcards become 127.0.0.1. TRUC_E_CONFIG,
 * TRUC_E_LIMIT. */
int init_client_endpoint(const char *listen, char *out, size_t out_size, struct truc_fault *fault);

#endif
