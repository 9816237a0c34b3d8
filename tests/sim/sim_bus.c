/* sim_bus.c - makes keys from fixed seeds, issues certificates, and loads the configuration through the real loader.
 * Key material never depends on a run's seed, so that it is made once.
 * See sim_bus.h. */
#include "sim_bus.h"

#include <stdio.h>
#include <stdlib.h>

#include "curve_key.h"
#include "policy_load.h"

const char *const sim_names[SIM_SYSTEMS] = {"alpha", "beta", "gamma", "delta"};
#define SIM_BUS_ID "sim"

static const char bus_yaml[] =
    "bus: " SIM_BUS_ID
    "\ntitle: Mô phỏng\nlisten: [\"tcp://127.0.0.1:7400\"]\nca: certs/ca.pem\nschemas: truc.descriptors\n"
    "limits:\n  sender-credit: 64KiB\n  message-bytes: 16KiB\n  blocked-keys: 4\n";
static const char routes_yaml[] =
    "routes:\n"
    "  - name: alpha-progress\n    from: alpha\n    type: dossier.progress\n    to: beta\n    observe: gamma\n"
    "    retry: {first: 100ms, factor: 2, at-most: 2s, for: 24h}\n"
    "  - name: beta-progress\n    from: beta\n    type: dossier.progress\n    to: [alpha, gamma]\n"
    "    retry: {first: 100ms, factor: 2, at-most: 2s, for: 24h}\n"
    "  - name: verify\n    from: [alpha, beta]\n    type: citizen.verify\n    to: delta\n    observe: gamma\n"
    "    within: 20s\n";

/* The model: written without looking at the routes. */
bool sim_allowed(struct bytes sender, struct bytes type, unsigned receiver)
{
    if (bytes_equal_string(type, "dossier.progress"))
        return receiver != SIM_DELTA && !bytes_equal_string(sender, sim_names[receiver]) &&
               (bytes_equal_string(sender, "alpha") || bytes_equal_string(sender, "beta"));
    if (bytes_equal_string(type, "citizen.verify")) /* gamma sees that it was asked */
        return (receiver == SIM_DELTA || receiver == SIM_GAMMA) &&
               (bytes_equal_string(sender, "alpha") || bytes_equal_string(sender, "beta"));
    if (bytes_equal_string(type, "citizen.verify.reply"))
        return bytes_equal_string(sender, "delta") && (receiver == SIM_ALPHA || receiver == SIM_BETA);
    return false;
}

static void append_agreements(struct buffer *out)
{
    static const char *const pairs[][4] = {
        {"alpha", "beta", "dossier.progress", "false"}, {"alpha", "gamma", "dossier.progress", "true"},
        {"beta", "alpha", "dossier.progress", "false"}, {"beta", "gamma", "dossier.progress", "false"},
        {"delta", "alpha", "citizen.verify", "false"},  {"delta", "beta", "citizen.verify", "false"},
        {"alpha", "gamma", "citizen.verify", "true"},   {"beta", "gamma", "citizen.verify", "true"}};
    buffer_append_string(out, "agreements:\n");
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        buffer_printf(out,
                      "  - name: a%zu\n    provider: %s\n    consumer: %s\n    types: [%s]\n    observes: %s\n"
                      "    purpose: Kiểm thử\n    basis: internal-rule\n    valid: {from: 2026-01-01}\n",
                      i, pairs[i][0], pairs[i][1], pairs[i][2], pairs[i][3]);
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

struct made {
    struct buffer authority, agreements, systems[SIM_SYSTEMS], certificates[SIM_SYSTEMS];
    char names[SIM_SYSTEMS * 2][48];
};

static void made_free(struct made *made)
{
    buffer_free(&made->authority);
    buffer_free(&made->agreements);
    for (unsigned i = 0; i < SIM_SYSTEMS; i++) {
        buffer_free(&made->systems[i]);
        buffer_free(&made->certificates[i]);
    }
}

static int make_key(uint8_t number, struct signing_key **ret_key, struct truc_fault *fault)
{
    uint8_t seed[ED25519_SEED_BYTES] = {number, 0x51, 0x4d};
    return signing_key_from_seed(bytes_of(seed, sizeof seed), ret_key, fault);
}

static int make_system(struct sim_bus *bus, unsigned index, const struct certificate *authority,
                       const struct signing_key *authority_key, struct made *made, struct truc_fault *fault)
{
    struct certificate certificate CERTIFICATE_CLEANUP = {0};
    struct curve_key curve CURVE_KEY_CLEANUP = {0};
    struct buffer pem BUFFER_CLEANUP = {0}, raw BUFFER_CLEANUP = {0};
    struct signing_key *key = NULL;
    int code = make_key((uint8_t)(10 + index), &key, fault);
    if (code < 0)
        return code;
    struct certificate_request request = {.bus = SIM_BUS_ID,
                                          .system = sim_names[index],
                                          .key = signing_key_public(key),
                                          .now_ns = SIM_START_NS - 86400ull * 1000000000};
    code = certificate_issue(authority, authority_key, &request, &certificate, fault);
    if (code == 0)
        code = certificate_append_pem(&certificate, &made->certificates[index], fault);
    if (code == 0)
        code = signing_key_append_pem(key, &pem, fault);
    if (code == 0)
        code = curve_key_generate(&curve);
    signing_key_free(key);
    if (code < 0)
        return code;
    if (z85_decode(bytes_string(curve.public_text), &raw) < 0 || raw.size != 32)
        return fault_set(fault, TRUC_E_CRYPTO, "a transport key was made wrong");
    memcpy(bus->transport_keys[index], raw.data, 32);
    buffer_printf(&made->systems[index],
                  "id: %s\ntitle: Hệ thống %s\ntransport-keys: [\"%s.pub\"]\ncertificates:\n  - file: certs/%s.pem\n",
                  sim_names[index], sim_names[index], sim_names[index], sim_names[index]);
    struct keyring_files files = {.bus = SIM_BUS_ID,
                                  .system = sim_names[index],
                                  .signing_key = buffer_view(&pem),
                                  .certificate = buffer_view(&made->certificates[index]),
                                  .authority = buffer_view(&made->authority)};
    code = keyring_open(&files, SIM_START_NS, &bus->keyrings[index], fault);
    memcpy(made->names[index], curve.public_text, sizeof curve.public_text);
    return code;
}

static int load(struct sim_bus *bus, struct made *made, struct bytes descriptors, struct truc_fault *fault)
{
    struct policy_file files[5 + SIM_SYSTEMS * 3];
    char names[SIM_SYSTEMS * 3][64];
    size_t count = 0;
    files[count++] = (struct policy_file){"bus.yaml", bytes_string(bus_yaml)};
    files[count++] = (struct policy_file){"routes/all.yaml", bytes_string(routes_yaml)};
    files[count++] = (struct policy_file){"agreements/all.yaml", buffer_view(&made->agreements)};
    files[count++] = (struct policy_file){"certs/ca.pem", buffer_view(&made->authority)};
    files[count++] = (struct policy_file){"truc.descriptors", descriptors};
    for (unsigned i = 0; i < SIM_SYSTEMS; i++) {
        (void)snprintf(names[i * 3], sizeof *names, "systems/%s.yaml", sim_names[i]);
        (void)snprintf(names[i * 3 + 1], sizeof *names, "certs/%s.pem", sim_names[i]);
        (void)snprintf(names[i * 3 + 2], sizeof *names, "%s.pub", sim_names[i]);
        files[count++] = (struct policy_file){names[i * 3], buffer_view(&made->systems[i])};
        files[count++] = (struct policy_file){names[i * 3 + 1], buffer_view(&made->certificates[i])};
        files[count++] = (struct policy_file){names[i * 3 + 2], bytes_string(made->names[i])};
    }
    struct policy_report report = {0};
    struct policy_load_options options = {.schemas = bus->schemas, .now_ns = SIM_START_NS};
    int code = policy_load_files(files, count, &options, &bus->policy, &report);
    if (code < 0) {
        struct buffer text BUFFER_CLEANUP = {0};
        policy_report_print(&report, "", &text);
        fault_set(fault, code, "the simulation's configuration: %s", buffer_string(&text));
    }
    policy_report_free(&report);
    return code;
}

int sim_bus_make(const char *descriptors_path, struct sim_bus *ret_bus, struct truc_fault *fault)
{
    struct sim_bus bus = {0};
    struct made made = {0};
    struct certificate authority CERTIFICATE_CLEANUP = {0};
    struct buffer descriptors BUFFER_CLEANUP = {0};
    struct signing_key *authority_key = NULL;
    int code = read_file(descriptors_path, &descriptors, fault);
    if (code == 0)
        code = schema_set_load(buffer_view(&descriptors), &bus.schemas, fault);
    if (code == 0)
        code = make_key(1, &authority_key, fault);
    if (code == 0)
        code = make_key(2, &bus.checkpoint_key, fault);
    if (code == 0)
        code = certificate_make_authority(authority_key, SIM_BUS_ID, SIM_START_NS - 86400ull * 1000000000, &authority,
                                          fault);
    if (code == 0)
        code = certificate_append_pem(&authority, &made.authority, fault);
    for (unsigned i = 0; code == 0 && i < SIM_SYSTEMS; i++)
        code = make_system(&bus, i, &authority, authority_key, &made, fault);
    append_agreements(&made.agreements);
    if (code == 0)
        code = load(&bus, &made, buffer_view(&descriptors), fault);
    signing_key_free(authority_key);
    made_free(&made);
    if (code < 0)
        sim_bus_free(&bus);
    else
        *ret_bus = bus;
    return code;
}

void sim_bus_free(struct sim_bus *bus)
{
    for (unsigned i = 0; i < SIM_SYSTEMS; i++)
        keyring_clear(&bus->keyrings[i]);
    signing_key_free(bus->checkpoint_key);
    policy_free(bus->policy);
    schema_set_free(bus->schemas);
}
