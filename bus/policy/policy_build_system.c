/* policy_build_system.c - systems with their transport keys and signing certificates.
 * Not: whether a certificate is trusted (policy_check_keys.c). Public keys only; nothing secret passes here.
 * In the flow: see policy_build.h. */
#include "policy_build.h"

#include "curve_key.h"

#include <stdio.h>

enum { Z85_KEY_CHARACTERS = CURVE_KEY_TEXT_BYTES - 1 };

static bool is_key_file(const char *text)
{
    size_t size = strlen(text);
    return size > 4 && strcmp(text + size - 4, ".pub") == 0;
}

static struct bytes trim_end(struct bytes text)
{
    while (text.size > 0 && (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\r'))
        text.size--;
    return text;
}

static int build_transport_key(struct policy_build *build, const struct yaml_node *node, struct policy_system *system)
{
    struct bytes text = node->text;
    bool file = is_key_file((const char *)text.data);
    if (file) {
        int result = build_read_key_file(build, node, &text);
        if (result <= 0)
            return result;
        text = trim_end(text);
    }
    struct buffer key BUFFER_CLEANUP = {0};
    int decoded = text.size == Z85_KEY_CHARACTERS ? z85_decode(text, &key) : TRUC_E_ARGUMENT;
    if (decoded == TRUC_E_MEMORY)
        return decoded;
    if (decoded < 0) {
        struct policy_problem *problem = policy_report_error(build->report, policy_spot_node(node),
                                                             file ? N_("the content of this file is no transport key")
                                                                  : N_("this text is no transport key"));
        policy_report_detail(build->report, problem,
                             "a public key is %d characters of Z85, or a file name ending in .pub", Z85_KEY_CHARACTERS);
        return 0;
    }
    if (system->transport_keys_count == POLICY_TRANSPORT_KEYS_MAX) {
        policy_report_error(build->report, policy_spot_node(node), "more than %d transport keys",
                            POLICY_TRANSPORT_KEYS_MAX);
        return 0;
    }
    memcpy(system->transport_keys[system->transport_keys_count++], key.data, POLICY_TRANSPORT_KEY_BYTES);
    return 0;
}

static int build_signing_keys(struct policy_build *build, const struct typed_value *certificates,
                              struct policy_system *system)
{
    const struct raw_certificate *raw = certificates->objects;
    if (certificates->count > POLICY_SIGNING_KEYS_MAX) {
        policy_report_error(build->report, policy_spot_node(certificates->node), "more than %d certificates",
                            POLICY_SIGNING_KEYS_MAX);
        return 0;
    }
    struct policy_signing_key *keys = arena_alloc_array(build->arena, certificates->count + 1u, sizeof *keys);
    if (keys == NULL)
        return TRUC_E_MEMORY;
    uint32_t count = 0;
    for (uint32_t i = 0; i < certificates->count; i++) {
        const struct certificate *certificate, *outside = NULL;
        if (raw[i].file.node == NULL)
            continue;
        int error = build_certificate(build, raw[i].file.node, &certificate);
        if (error == 0 && raw[i].outside.node != NULL)
            error = build_certificate(build, raw[i].outside.node, &outside);
        if (error < 0)
            return error;
        if (certificate == NULL)
            continue;
        struct policy_signing_key *key = &keys[count++];
        *key = (struct policy_signing_key){
            .verify_key = &certificate->key,
            .certificate = certificate,
            .certificate_der = certificate_der(certificate),
            .certificate_sha256 = certificate->digest,
            .not_before_ns = certificate->not_before_ns,
            .not_after_ns = certificate->not_after_ns,
            .revoked_at_ns = raw[i].revoked.node != NULL ? raw[i].revoked.number : POLICY_NEVER,
            .outside = outside,
            .place = build_place(build, raw[i].file.node),
        };
        memcpy(key->key_id, certificate->key.id.bytes, POLICY_KEY_ID_BYTES);
        if ((error = build_vouching(build, key)) < 0)
            return error;
    }
    system->signing_keys = keys;
    system->signing_keys_count = count;
    return 0;
}

/* systems/portal.yaml holds the system portal, so that errors and people find it. */
static void check_file_name(struct policy_build *build, const struct raw_system *raw)
{
    char expected[128];
    snprintf(expected, sizeof expected, "systems/%s.yaml", raw->id.text);
    if (strcmp(expected, raw->node->file) != 0)
        policy_report_error(build->report, policy_spot_node(raw->id.node), "the system '%s' belongs into %s",
                            raw->id.text, expected);
}

static int build_system(struct policy_build *build, const struct raw_system *raw, struct policy_system *system)
{
    check_file_name(build, raw);
    system->id = build_keep(build, raw->id.text);
    system->title = build_keep(build, raw->title.text);
    system->contact = build_keep(build, raw->contact.text);
    if (system->id == NULL || system->title == NULL || system->contact == NULL)
        return TRUC_E_MEMORY;
    system->role = (enum policy_role)raw->role.number;
    system->suspended = raw->suspended.number != 0;
    system->place = build_place(build, raw->node);
    for (uint32_t i = 0; i < raw->transport_keys.count; i++) {
        int error = build_transport_key(build, raw->transport_keys.items[i], system);
        if (error < 0)
            return error;
    }
    return build_signing_keys(build, &raw->certificates, system);
}

static int make_room(struct policy_build *build)
{
    size_t certificates = 1;
    for (uint32_t i = 0; i < build->systems_count; i++)
        certificates += (size_t)2 * build->raw_systems[i]->certificates.count; /* each may have one from outside */
    build->systems = arena_alloc_array(build->arena, build->systems_count + 1u, sizeof *build->systems);
    build->system_ids = arena_alloc_array(&build->scratch, build->systems_count + 1u, sizeof *build->system_ids);
    build->certificate_nodes = arena_alloc_array(&build->scratch, certificates, sizeof *build->certificate_nodes);
    struct policy_index *index = build->policy->index;
    index->certificates = arena_alloc_array(build->arena, certificates, sizeof *index->certificates);
    bool whole = build->systems != NULL && build->system_ids != NULL && build->certificate_nodes != NULL &&
                 index->certificates != NULL;
    return whole ? 0 : TRUC_E_MEMORY;
}

int build_systems(struct policy_build *build)
{
    int error = make_room(build);
    if (error == 0)
        error = build_authorities(build);
    for (uint32_t i = 0; i < build->systems_count && error == 0; i++) {
        build->systems[i].index = i;
        error = build_system(build, build->raw_systems[i], &build->systems[i]);
        build->system_ids[i] = build->systems[i].id;
    }
    for (uint32_t i = 0; i < build->systems_count && error == 0; i++)
        if (build->raw_systems[i]->systems.node != NULL)
            error = build_system_list(build, &build->raw_systems[i]->systems, &build->systems[i].looks_after,
                                      &build->systems[i].looks_after_count);
    build->policy->systems = build->systems;
    build->policy->systems_count = build->systems_count;
    return error;
}
