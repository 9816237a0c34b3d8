/* test_bus.c - makes keys from fixed seeds, issues certificates, and loads the configuration through the real loader.
 * Key material never depends on a run's seed, so that it is made once.
 * See test_bus.h. */
#include "test_bus.h"

#include <stdio.h>
#include <string.h>

#include "certificate.h"

static const uint64_t day_ns = 86400ull * 1000000000;

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

static int make_key(uint8_t number, enum signing_algorithm algorithm, struct signing_key **ret_key,
                    struct truc_fault *fault)
{
    uint8_t seed[ED25519_SEED_BYTES] = {number, 0x51, 0x4d};
    return algorithm != 0 && algorithm != SIGNING_ED25519
               ? signing_key_generate(algorithm, ret_key, fault)
               : signing_key_from_seed(bytes_of(seed, sizeof seed), ret_key, fault);
}

static int make_transport_key(struct test_bus_keys *keys, struct truc_fault *fault)
{
    struct curve_key curve CURVE_KEY_CLEANUP = {0};
    struct buffer raw BUFFER_CLEANUP = {0};
    int code = curve_key_generate(&curve);
    if (code < 0)
        return fault_set(fault, code, "no transport key could be made");
    if (z85_decode(bytes_string(curve.public_text), &raw) < 0 || raw.size != sizeof keys->transport_key)
        return fault_set(fault, TRUC_E_CRYPTO, "a transport key was made wrong");
    memcpy(keys->transport_key, raw.data, raw.size);
    memcpy(keys->transport_text, curve.public_text, sizeof keys->transport_text);
    return 0;
}

static int make_system(const struct test_bus *bus, const struct test_bus_system *system, uint8_t number,
                       const struct certificate *authority, const struct signing_key *authority_key,
                       struct test_bus_keys *keys, struct truc_fault *fault)
{
    struct certificate certificate CERTIFICATE_CLEANUP = {0};
    int code = make_key(number, system->algorithm, &keys->key, fault);
    if (code < 0)
        return code;
    struct certificate_request request = {.bus = bus->id,
                                          .system = system->id,
                                          .key = signing_key_public(keys->key),
                                          .now_ns = TEST_BUS_START_NS - day_ns};
    code = certificate_issue(authority, authority_key, &request, &certificate, fault);
    if (code == 0)
        code = certificate_append_pem(&certificate, &keys->certificate_pem, fault);
    if (code == 0)
        code = signing_key_append_pem(keys->key, &keys->key_pem, fault);
    return code < 0 ? code : make_transport_key(keys, fault);
}

static int make_systems(struct test_bus *bus, const struct test_bus_texts *texts, struct truc_fault *fault)
{
    struct certificate authority CERTIFICATE_CLEANUP = {0};
    struct signing_key *authority_key = NULL;
    int code = make_key(1, SIGNING_ED25519, &authority_key, fault);
    if (code == 0)
        code = make_key(2, SIGNING_ED25519, &bus->checkpoint_key, fault);
    if (code == 0)
        code = certificate_make_authority(authority_key, bus->id, TEST_BUS_START_NS - day_ns, &authority, fault);
    if (code == 0)
        code = certificate_append_pem(&authority, &bus->authority_pem, fault);
    for (unsigned i = 0; code == 0 && i < texts->systems_count; i++) {
        bus->systems_count = i + 1;
        code =
            make_system(bus, &texts->systems[i], (uint8_t)(10 + i), &authority, authority_key, &bus->systems[i], fault);
    }
    signing_key_free(authority_key);
    return code;
}

static void append_system(const struct test_bus_system *system, struct buffer *out)
{
    buffer_printf(out, "id: %s\ntitle: Hệ thống %s\ntransport-keys: [\"%s.pub\"]\n%s", system->id, system->id,
                  system->id, system->lines ? system->lines : "");
    if (system->revoked)
        buffer_printf(out, "certificates:\n  - {file: certs/%s.pem, revoked: %s}\n", system->id, system->revoked);
    else
        buffer_printf(out, "certificates:\n  - file: certs/%s.pem\n", system->id);
}

static int load(const struct test_bus *bus, const struct policy_file *files, size_t count, struct policy **ret_policy,
                struct truc_fault *fault)
{
    struct policy_report report = {0};
    struct policy_load_options options = {.schemas = bus->schemas, .now_ns = TEST_BUS_START_NS};
    int code = policy_load_files(files, count, &options, ret_policy, &report);
    if (code < 0) {
        struct buffer text BUFFER_CLEANUP = {0};
        policy_report_print(&report, "", &text);
        fault_set(fault, code, "the test's configuration: %s", buffer_string(&text));
    }
    policy_report_free(&report);
    return code;
}

int test_bus_load(const struct test_bus *bus, const struct test_bus_texts *texts, struct policy **ret_policy,
                  struct truc_fault *fault)
{
    struct policy_file files[5 + TEST_BUS_SYSTEMS_MAX * 3];
    char names[TEST_BUS_SYSTEMS_MAX * 3][64];
    struct buffer yaml[TEST_BUS_SYSTEMS_MAX] = {{0}};
    size_t count = 0;
    files[count++] = (struct policy_file){"bus.yaml", bytes_string(texts->bus_yaml)};
    files[count++] = (struct policy_file){"routes/all.yaml", bytes_string(texts->routes_yaml)};
    files[count++] = (struct policy_file){"agreements/all.yaml", bytes_string(texts->agreements_yaml)};
    files[count++] = (struct policy_file){"certs/ca.pem", buffer_view(&bus->authority_pem)};
    files[count++] = (struct policy_file){"truc.descriptors", buffer_view(&bus->descriptors)};
    for (unsigned i = 0; i < texts->systems_count; i++) {
        if (texts->systems[i].absent)
            continue;
        append_system(&texts->systems[i], &yaml[i]);
        (void)snprintf(names[i * 3], sizeof *names, "systems/%s.yaml", texts->systems[i].id);
        (void)snprintf(names[i * 3 + 1], sizeof *names, "certs/%s.pem", texts->systems[i].id);
        (void)snprintf(names[i * 3 + 2], sizeof *names, "%s.pub", texts->systems[i].id);
        files[count++] = (struct policy_file){names[i * 3], buffer_view(&yaml[i])};
        files[count++] = (struct policy_file){names[i * 3 + 1], buffer_view(&bus->systems[i].certificate_pem)};
        files[count++] = (struct policy_file){names[i * 3 + 2], bytes_string(bus->systems[i].transport_text)};
    }
    int code = load(bus, files, count, ret_policy, fault);
    for (unsigned i = 0; i < texts->systems_count; i++)
        buffer_free(&yaml[i]);
    return code;
}

int test_bus_make(const char *id, const char *descriptors_path, const struct test_bus_texts *texts,
                  struct test_bus *ret_bus, struct truc_fault *fault)
{
    struct test_bus bus = {.id = id};
    if (texts->systems_count > TEST_BUS_SYSTEMS_MAX)
        return fault_set(fault, TRUC_E_LIMIT, "more than %d systems", TEST_BUS_SYSTEMS_MAX);
    int code = read_file(descriptors_path, &bus.descriptors, fault);
    if (code == 0)
        code = schema_set_load(buffer_view(&bus.descriptors), &bus.schemas, fault);
    if (code == 0)
        code = make_systems(&bus, texts, fault);
    if (code == 0)
        code = test_bus_load(&bus, texts, &bus.policy, fault);
    if (code < 0)
        test_bus_free(&bus);
    else
        *ret_bus = bus;
    return code;
}

void test_bus_free(struct test_bus *bus)
{
    for (unsigned i = 0; i < bus->systems_count; i++) {
        signing_key_free(bus->systems[i].key);
        buffer_free(&bus->systems[i].key_pem);
        buffer_free(&bus->systems[i].certificate_pem);
    }
    buffer_free(&bus->descriptors);
    buffer_free(&bus->authority_pem);
    signing_key_free(bus->checkpoint_key);
    policy_free(bus->policy);
    schema_set_free(bus->schemas);
    *bus = (struct test_bus){0};
}
