/* configuration.c - a policy comes into force: journaled with all its files, then the sessions and queues follow it.
 * Whole or not at all: it was checked before it came here.
 * See configuration.h. */
#include "configuration.h"

#include "client.h"
#include "core_emit.h"
#include "deliver.h"
#include "destination.h"
#include "hello.h"

static int record_configuration(struct core *core, const char *origin)
{
    struct buffer files = {0}, body = {0};
    for (uint32_t i = 0; i < core->policy->files_count; i++) {
        const struct policy_file *file = &core->policy->files[i];
        struct sha256_digest digest = sha256_of(file->content);
        struct record_file entry = {.name = bytes_string(file->name), .sha256 = sha256_view(&digest)};
        record_file_append(&files, &entry);
        core_effect(core, EFFECT_OBJECT)->object.content = file->content;
    }
    for (uint32_t i = 0; i < core->policy->systems_count; i++)
        for (uint32_t k = 0; k < core->policy->systems[i].signing_keys_count; k++)
            core_effect(core, EFFECT_OBJECT)->object.content = core->policy->systems[i].signing_keys[k].certificate_der;
    struct sha256_digest descriptors = sha256_of(core->policy->descriptors);
    struct record_configuration record = {
        .hash = sha256_view(&core->policy->hash), .files = buffer_view(&files), .origin = bytes_string(origin)};
    if (core->policy->descriptors.size > 0)
        record.descriptors = sha256_view(&descriptors);
    record_configuration_encode(&record, &body);
    int code = buffer_failed(&files) ? buffer_failed(&files) : buffer_failed(&body);
    if (code == 0)
        core->configuration_sequence = core_append(core, RECORD_CONFIGURATION, buffer_view(&body), false);
    buffer_free(&files);
    buffer_free(&body);
    return code;
}

int configuration_take(struct core *core, const struct policy *policy, const char *origin)
{
    core->policy = policy;
    for (uint32_t i = 0; i < policy->systems_count; i++)
        if (policy->systems[i].role == POLICY_ROLE_SYSTEM &&
            destination_get(core, bytes_string(policy->systems[i].id)) == NULL)
            return TRUC_E_MEMORY;
    int code = record_configuration(core, origin);
    if (code < 0)
        return code;
    client_check_all(core);
    hello_send_permissions(core);
    return deliver_pump_all(core);
}
