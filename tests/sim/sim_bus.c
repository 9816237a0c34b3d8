/* sim_bus.c - the bus's files, in each of its configurations, handed to the real loader.
 * Systems, keys and certificates are the same in all of them, but for who is suspended, gone or revoked.
 * See sim_bus.h; sim_bus_keys.c makes the keys. */
#include <stdio.h>
#include <stdlib.h>

#include "policy_load.h"
#include "sim_bus_keys.h"

static const char bus_yaml[] =
    "bus: " SIM_BUS_ID
    "\ntitle: Mô phỏng\nlisten: [\"tcp://127.0.0.1:7400\"]\nca: certs/ca.pem\nschemas: truc.descriptors\n"
    "limits:\n  sender-credit: 64KiB\n  message-bytes: 16KiB\n  blocked-keys: 4\n"
    "  requests-open: 8\n";

static bool is_there(enum sim_configuration configuration, unsigned client)
{
    return configuration != SIM_REMOVED || client != SIM_GAMMA;
}

static void append_system(enum sim_configuration configuration, unsigned client, struct buffer *out)
{
    const char *name = sim_names[client];
    buffer_printf(out, "id: %s\ntitle: Hệ thống %s\ntransport-keys: [\"%s.pub\"]\n", name, name, name);
    if (client == SIM_OPERATOR)
        buffer_append_string(out, "role: operator\n");
    if (configuration == SIM_SUSPENDED && client == SIM_GAMMA)
        buffer_append_string(out, "suspended: true\n");
    buffer_append_string(out, "certificates:\n");
    for (unsigned key = 0; key < SIM_KEYS_EACH; key++) {
        buffer_printf(out, "  - file: certs/%s-%u.pem\n", name, key);
        if ((client == SIM_MALLORY && key == 1) || (configuration == SIM_REVOKED && client == SIM_BETA && key == 0))
            buffer_append_string(out, "    revoked: 2026-11-17T00:00:00+07:00\n");
    }
}

static void append_routes(enum sim_configuration configuration, struct buffer *out)
{
    static const char retry[] = "    retry: {first: 100ms, factor: 2, at-most: 2s, for: 24h}\n";
    bool gamma = is_there(configuration, SIM_GAMMA), rerouted = configuration == SIM_REROUTED;
    buffer_printf(out, "routes:\n  - name: alpha-progress\n    from: alpha\n    type: dossier.progress\n");
    buffer_printf(out, "    to: %s\n    observe: %s\n%s", rerouted ? "[beta, gamma]" : "beta",
                  gamma && !rerouted ? "[gamma, mallory]" : "mallory", retry);
    buffer_printf(out,
                  "  - name: beta-progress\n    from: beta\n    type: dossier.progress\n    to: %s\n"
                  "    order-by: ordering-key\n%s",
                  gamma ? "[alpha, gamma]" : "alpha", retry);
    if (gamma)
        buffer_printf(
            out, "  - name: mallory-progress\n    from: mallory\n    type: dossier.progress\n    to: gamma\n%s", retry);
    buffer_printf(
        out, "  - name: verify\n    from: [alpha, beta]\n    type: citizen.verify\n    to: delta\n%s    within: 20s\n",
        gamma ? "    observe: gamma\n" : "");
}

static void append_agreement(struct buffer *out, const char *provider, const char *consumer, const char *type,
                             bool observes, bool lapses)
{
    buffer_printf(out,
                  "  - name: %s-%s-%s%s\n    provider: %s\n    consumer: %s\n    types: [%s]\n    observes: %s\n"
                  "    purpose: Kiểm thử\n    basis: internal-rule\n    valid: {from: 2026-01-01%s}\n",
                  provider, consumer, type[0] == 'd' ? "progress" : "verify", observes ? "-seen" : "", provider,
                  consumer, type, observes ? "true" : "false", lapses ? ", until: 2026-11-18" : "");
}

static void append_agreements(enum sim_configuration configuration, struct buffer *out)
{
    static const char tell[] = "dossier.progress", ask[] = "citizen.verify";
    bool lapses = configuration == SIM_LAPSING;
    buffer_append_string(out, "agreements:\n");
    append_agreement(out, "alpha", "beta", tell, false, false);
    append_agreement(out, "beta", "alpha", tell, false, false);
    append_agreement(out, "alpha", "mallory", tell, true, false);
    append_agreement(out, "delta", "alpha", ask, false, lapses);
    append_agreement(out, "delta", "beta", ask, false, false);
    if (!is_there(configuration, SIM_GAMMA))
        return;
    append_agreement(out, "alpha", "gamma", tell, false, false);
    append_agreement(out, "alpha", "gamma", tell, true, false);
    append_agreement(out, "beta", "gamma", tell, false, lapses);
    append_agreement(out, "mallory", "gamma", tell, false, false);
    append_agreement(out, "alpha", "gamma", ask, true, false);
    append_agreement(out, "beta", "gamma", ask, true, false);
}

/* The files of one configuration with what they are made of. */
struct files {
    struct policy_file list[5 + SIM_CLIENTS * (2 + SIM_KEYS_EACH)];
    char names[5 + SIM_CLIENTS * (2 + SIM_KEYS_EACH)][64];
    size_t count;
    struct buffer routes, agreements, systems[SIM_CLIENTS];
};

static void files_free(struct files *files)
{
    buffer_free(&files->routes);
    buffer_free(&files->agreements);
    for (unsigned i = 0; i < SIM_CLIENTS; i++)
        buffer_free(&files->systems[i]);
}

__attribute__((format(printf, 3, 4))) static void add_file(struct files *files, struct bytes content,
                                                           const char *name_format, ...)
{
    va_list arguments;
    va_start(arguments, name_format);
    (void)vsnprintf(files->names[files->count], sizeof *files->names, name_format, arguments);
    va_end(arguments);
    files->list[files->count] = (struct policy_file){files->names[files->count], content};
    files->count++;
}

static void add_system(struct files *files, const struct sim_bus_made *made, enum sim_configuration configuration,
                       unsigned client)
{
    append_system(configuration, client, &files->systems[client]);
    add_file(files, buffer_view(&files->systems[client]), "systems/%s.yaml", sim_names[client]);
    add_file(files, bytes_string(made->transport_texts[client]), "%s.pub", sim_names[client]);
    for (unsigned key = 0; key < SIM_KEYS_EACH; key++)
        add_file(files, buffer_view(&made->certificates[client][key]), "certs/%s-%u.pem", sim_names[client], key);
}

static int load(struct sim_bus *bus, const struct sim_bus_made *made, struct bytes descriptors,
                enum sim_configuration configuration, struct truc_fault *fault)
{
    struct files files = {.count = 0};
    append_routes(configuration, &files.routes);
    append_agreements(configuration, &files.agreements);
    add_file(&files, bytes_string(bus_yaml), "bus.yaml");
    add_file(&files, buffer_view(&files.routes), "routes/all.yaml");
    add_file(&files, buffer_view(&files.agreements), "agreements/all.yaml");
    add_file(&files, buffer_view(&made->authority), "certs/ca.pem");
    for (unsigned i = 0; i < SIM_CLIENTS; i++)
        if (is_there(configuration, i))
            add_system(&files, made, configuration, i);
    add_file(&files, descriptors, "truc.descriptors");
    struct policy_report report = {0};
    struct policy_load_options options = {.schemas = bus->schemas, .now_ns = SIM_START_NS};
    int code = policy_load_files(files.list, files.count, &options, &bus->policies[configuration], &report);
    if (code < 0) {
        struct buffer text BUFFER_CLEANUP = {0};
        policy_report_print(&report, "", &text);
        fault_set(fault, code, "configuration %d of the simulation: %s", configuration, buffer_string(&text));
    } else {
        bus->policies[configuration]->limits.queue_messages_max =
            SIM_QUEUE_MESSAGES_MAX; /* the least that a file may say is more than a run sends */
    }
    policy_report_free(&report);
    files_free(&files);
    return code;
}

static int read_file(const char *path, struct buffer *out, struct truc_fault *fault)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return fault_set(fault, TRUC_E_IO, "can't open %s", path);
    uint8_t chunk[65536];
    for (size_t size; (size = fread(chunk, 1, sizeof chunk, file)) > 0;)
        buffer_append(out, chunk, size);
    int code = ferror(file) ? fault_set(fault, TRUC_E_IO, "can't read %s", path) : buffer_failed(out);
    fclose(file);
    return code;
}

int sim_bus_make(const char *descriptors_path, struct sim_bus *ret_bus, struct truc_fault *fault)
{
    struct sim_bus bus = {0};
    struct sim_bus_made made = {0};
    struct buffer descriptors BUFFER_CLEANUP = {0};
    int code = read_file(descriptors_path, &descriptors, fault);
    if (code == 0)
        code = schema_set_load(buffer_view(&descriptors), &bus.schemas, fault);
    if (code == 0)
        code = sim_bus_make_keys(&bus, &made, fault);
    for (int i = 0; code == 0 && i < SIM_CONFIGURATIONS; i++)
        code = load(&bus, &made, buffer_view(&descriptors), (enum sim_configuration)i, fault);
    sim_bus_made_free(&made);
    if (code < 0)
        sim_bus_free(&bus);
    else
        *ret_bus = bus;
    return code;
}

void sim_bus_free(struct sim_bus *bus)
{
    for (unsigned i = 0; i < SIM_CLIENTS; i++)
        for (unsigned key = 0; key < SIM_KEYS_EACH; key++)
            keyring_clear(&bus->keyrings[i][key]);
    signing_key_free(bus->checkpoint_key);
    for (int i = 0; i < SIM_CONFIGURATIONS; i++)
        policy_free(bus->policies[i]);
    schema_set_free(bus->schemas);
}
