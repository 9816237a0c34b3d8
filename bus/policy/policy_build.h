/* policy_build.h - a policy in the making: the files read, their typed values, and what came of them so far.
 * Private to the loader. Steps go on after mistakes, so that one run reports all; what could not be resolved is NULL.
 * In the flow: policy_load calls the steps in the order they stand here. */
#ifndef TRUC_POLICY_BUILD_H
#define TRUC_POLICY_BUILD_H

#include "policy_index.h"
#include "policy_keys.h"
#include "policy_load.h"
#include "policy_match.h"

struct policy_build {
    const struct policy_reader *reader;
    const struct policy_load_options *options;
    struct policy_report *report;
    struct arena scratch; /* nodes and typed values; gone after the load */
    struct policy *policy;
    struct arena *arena;       /* the policy's */
    struct policy_file *files; /* POLICY_FILES_MAX */
    uint32_t files_count;
    struct raw_bus bus;
    /* In the order of declaration, next to the policy's arrays: raw_routes[i] became routes[i]. */
    struct raw_system **raw_systems;
    struct raw_route **raw_routes;
    struct raw_agreement **raw_agreements;
    struct policy_system *systems;
    struct policy_route *routes;
    struct policy_agreement *agreements;
    uint32_t systems_count, routes_count, agreements_count;
    const struct yaml_node **certificate_nodes; /* next to the index's certificates: where each was named */
    const struct yaml_node **issuers_nodes;     /* next to its authorities' files */
    const struct yaml_node **revocation_nodes;  /* next to its revocation lists */
    struct policy_lists *sender_routes, *provider_agreements; /* by system, once all is built: policy_check_lists.c */
    const char **system_ids;                                  /* candidates for "did you mean" */
};

/* Reads one file once and keeps it with the policy. TRUC_E_NOT_FOUND and other failures: nothing is noted. */
int build_read_file(struct policy_build *build, const char *name, struct bytes *ret_content, struct truc_fault *fault);
/* A copy that lives as long as the policy; "" for NULL. NULL without memory. */
const char *build_keep(struct policy_build *build, const char *text);
struct policy_place build_place(const struct policy_build *build, const struct yaml_node *node);
/* The system of that id; a mistake with a suggestion when there is none. NULL in @node gives NULL silently. */
const struct policy_system *build_find_system(struct policy_build *build, const struct yaml_node *node);
/* The schema's message of that type; likewise. */
const struct schema_message *build_find_type(struct policy_build *build, const struct yaml_node *node);

int build_bus(struct policy_build *build);     /* identity, limits, addresses */
int build_schemas(struct policy_build *build); /* the descriptor set */
int build_systems(struct policy_build *build); /* ids, roles, keys, certificates */
/* A list of system ids; unknown ones are left out after being noted. After the ids of all systems are known. */
int build_system_list(struct policy_build *build, const struct typed_value *ids,
                      const struct policy_system *const **ret_systems, uint32_t *ret_count);
int build_routes(struct policy_build *build);
int build_agreements(struct policy_build *build);
/* A key file's, certificate's or list's bytes: 1 read, 0 not there or not readable (noted), or TRUC_E_MEMORY. */
int build_read_key_file(struct policy_build *build, const struct yaml_node *node, struct bytes *ret_content);
/* What @parse makes of the file that @node names, in *@into. 1 made; 0 a mistake, which is noted with the words @wrong; or TRUC_E_MEMORY. */
typedef int build_parse_fn(struct bytes content, void *into, struct truc_fault *fault);
int build_parse_key_file(struct policy_build *build, const struct yaml_node *node, build_parse_fn *parse,
                         const char *wrong, void *into);
/* The certificate in the file that @node names, kept by the index. NULL after a mistake (noted). 0, or TRUC_E_MEMORY. */
int build_certificate(struct policy_build *build, const struct yaml_node *node,
                      const struct certificate **ret_certificate);
/* Where a certificate of the index was named. */
struct policy_spot build_certificate_spot(const struct policy_build *build, const struct certificate *certificate);
/* 0 when one of them issued it, judged at its first instant, so that an end in the past is no mistake but only a warning. */
int policy_check_issued(const struct issuers *issuers, const struct certificate *certificate, struct truc_fault *fault);
/* The bus's authority and those outside, with their revocation lists. */
int build_authorities(struct policy_build *build);
/* Since when the key is revoked by a list, and until when an outside certificate vouches for it. 0, or TRUC_E_MEMORY. */
int build_vouching(struct policy_build *build, struct policy_signing_key *key);
/* "did you mean 'service' (enum)?" below a problem with a path, when there is one like it. */
void build_suggest_field(struct policy_build *build, struct policy_problem *problem,
                         const struct schema_message *message, struct bytes path);
/* The predicates of one route: @match is its map. */
int build_matches(struct policy_build *build, const struct yaml_node *match, struct policy_route *route);
/* One value of the predicate at @key, whose field and operator stand in @match: 1, 0 after a mistake, or
 * TRUC_E_MEMORY. */
int build_match_value(struct policy_build *build, const struct yaml_node *key, const struct yaml_node *node,
                      const struct policy_match *match, struct policy_match_value *ret_value);
/* What comes after the field's name: a value, a list of values, or a map of operators. Sets @match's operator, values,
 * label and the words for people; values_count stays 0 after a mistake. 0 or TRUC_E_MEMORY. */
int build_operator(struct policy_build *build, const struct yaml_node *key, struct policy_match *match);

#endif
