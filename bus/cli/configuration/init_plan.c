/* init_plan.c - reads bus.yaml and the systems of a configuration by the same tables that the loader uses.
 * Not: routes and agreements, which need nothing made.
 * See init_plan.h for the flow. */
#include "init_plan.h"

#include "cli_words.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

static int read_object(struct init_plan *plan, const char *name, const struct yaml_object *object,
                       struct buffer *content, void *ret, struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    struct yaml_node *root = NULL;
    int code = cli_path(path, fault, "%s/%s", plan->source, name);
    if (code == 0)
        code = cli_file_read(path, content, fault);
    if (code < 0)
        return code;
    const char *file = arena_string(&plan->arena, bytes_string(name));
    if (file == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for %s"), name);
    policy_report_add_source(&plan->report, file, buffer_view(content));
    code = yaml_document_read(&plan->arena, file, buffer_view(content), &plan->report, &root);
    if (code == 0)
        code = yaml_typed_read(&plan->arena, object, root, &plan->report, ret);
    if (code < 0 || plan->report.errors > 0)
        return fault_set(fault, code == TRUC_E_MEMORY ? code : TRUC_E_CONFIG, _("%s/%s can't be used"), plan->source,
                         name);
    return 0;
}

static int read_bus(struct init_plan *plan, struct truc_fault *fault)
{
    int code = read_object(plan, "bus.yaml", &policy_bus_file, &plan->bus_yaml, &plan->raw_bus, fault);
    if (code < 0)
        return code;
    plan->authority_file = plan->raw_bus.authority.text;
    plan->schemas_file = plan->raw_bus.schemas.text;
    if (plan->bus == NULL)
        plan->bus = plan->raw_bus.bus.text;
    if (plan->listen == NULL)
        plan->listen =
            plan->raw_bus.listen.items[0]->text.size ? (const char *)plan->raw_bus.listen.items[0]->text.data : "";
    if (!yaml_is_id(bytes_string(plan->bus)))
        return fault_set(fault, TRUC_E_ARGUMENT, _("'%s' is no bus id: small letters, digits and '-', at most 64"),
                         plan->bus);
    return 0;
}

bool init_is_key_file(struct bytes text)
{
    return text.size > 4 && memcmp(text.data + text.size - 4, ".pub", 4) == 0;
}

static int read_system(void *context, const char *name)
{
    struct {
        struct init_plan *plan;
        struct truc_fault *fault;
    } *visit = context;
    struct init_plan *plan = visit->plan;
    char relative[CLI_PATH_BYTES];
    struct raw_system raw = {0};
    size_t size = strlen(name);
    if (size < 6 || strcmp(name + size - 5, ".yaml") != 0)
        return 0;
    if (plan->systems_count == INIT_SYSTEMS_MAX)
        return fault_set(visit->fault, TRUC_E_LIMIT, _("more than %d systems"), INIT_SYSTEMS_MAX);
    BUFFER_CLEANUP struct buffer content = {0};
    int code = cli_path(relative, visit->fault, "systems/%s", name);
    if (code == 0)
        code = read_object(plan, relative, &policy_system_file, &content, &raw, visit->fault);
    if (code < 0)
        return code;
    struct init_system *system = &plan->systems[plan->systems_count++];
    *system = (struct init_system){.id = raw.id.text, .is_system = raw.role.node == NULL || raw.role.number == 0};
    if (raw.transport_keys.count > 0 && init_is_key_file(raw.transport_keys.items[0]->text))
        system->public_key_file = (const char *)raw.transport_keys.items[0]->text.data;
    if (raw.certificates.count > 0)
        system->certificate_file = ((const struct raw_certificate *)raw.certificates.objects)[0].file.text;
    return 0;
}

/* Public keys and certificates go where the configuration names them, and nowhere else. */
static int check_names(const struct init_plan *plan, struct truc_fault *fault)
{
    for (size_t i = 0; i < plan->systems_count; i++) {
        const char *name = plan->systems[i].public_key_file;
        if (name && (name[0] == '/' || strstr(name, "..")))
            return fault_set(fault, TRUC_E_CONFIG, _("transport key file '%s' of '%s' lies outside the configuration"),
                             name, plan->systems[i].id);
        if (plan->systems[i].certificate_file && plan->authority_file == NULL)
            return fault_set(fault, TRUC_E_CONFIG, _("bus.yaml names no 'ca', but '%s' has a certificate"),
                             plan->systems[i].id);
    }
    return 0;
}

int init_plan_read(struct init_plan *plan, struct truc_fault *fault)
{
    char folder[CLI_PATH_BYTES];
    struct {
        struct init_plan *plan;
        struct truc_fault *fault;
    } visit = {plan, fault};
    plan->arena.used_bytes_max = INIT_PLAN_BYTES_MAX;
    int code = read_bus(plan, fault);
    if (code == 0)
        code = cli_path(folder, fault, "%s/systems", plan->source);
    if (code == 0)
        code = cli_directory_list(folder, read_system, &visit, fault);
    if (code == 0)
        code = check_names(plan, fault);
    return code;
}

int init_algorithm(const char *name, enum signing_algorithm *ret_algorithm, struct truc_fault *fault)
{
    static const struct {
        const char *name;
        enum signing_algorithm algorithm;
    } all[] = {{"ed25519", SIGNING_ED25519}, {"p256", SIGNING_ECDSA_P256}, {"rsa", SIGNING_RSA}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(name, all[i].name) == 0) {
            *ret_algorithm = all[i].algorithm;
            return 0;
        }
    return fault_set(fault, TRUC_E_ARGUMENT, _("--algorithm %s: ed25519, p256 or rsa"), name);
}

void init_plan_free(struct init_plan *plan)
{
    buffer_free(&plan->bus_yaml);
    buffer_free(&plan->checkpoint_vkey);
    policy_report_free(&plan->report);
    arena_free(&plan->arena);
}

int init_client_endpoint(const char *listen, char *out, size_t out_size, struct truc_fault *fault)
{
    static const char *const everywhere[] = {"tcp://0.0.0.0:", "tcp://*:", "tcp://[::]:"};
    for (size_t i = 0; i < sizeof everywhere / sizeof *everywhere; i++) {
        size_t size = strlen(everywhere[i]);
        if (strncmp(listen, everywhere[i], size) != 0)
            continue;
        int written = snprintf(out, out_size, "tcp://127.0.0.1:%s", listen + size);
        return written > 0 && (size_t)written < out_size
                   ? 0
                   : fault_set(fault, TRUC_E_LIMIT, _("'%s' is too long"), listen);
    }
    if (strncmp(listen, "tcp://", 6) != 0)
        return fault_set(fault, TRUC_E_CONFIG, _("'%s' is no address: tcp://ADDRESS:PORT"), listen);
    if (strlen(listen) >= out_size)
        return fault_set(fault, TRUC_E_LIMIT, _("'%s' is too long"), listen);
    memcpy(out, listen, strlen(listen) + 1);
    return 0;
}
