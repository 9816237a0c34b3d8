/* policy_fixture.c - the right configuration that tests start from.
 * Not a test by itself. Keys are Z85 of counted bytes, certificates come from seeded keys: every run is the same.
 * In the flow: see policy_fixture.h. */
#include "policy_fixture.h"

#include "certificate.h"
#include "curve_key.h"
#include "schema.h"
#include "time_text.h"

#include <stdio.h>
#include <stdlib.h>

enum { AUTHORITY_SEED = 200 };

static const struct {
    const char *id, *title;
} systems[] = {
    {"portal", "Cổng dịch vụ công tỉnh"},
    {"onestop", "Một cửa điện tử"},
    {"population", "CSDL quốc gia về dân cư"},
    {"national-portal", "Cổng Dịch vụ công Quốc gia"},
};

static const char bus_yaml[] = "bus: thanhhoa\n"
                               "title: Trục thử nghiệm\n"
                               "listen: [\"tcp://127.0.0.1:7400\"]\n"
                               "ca: certs/ca.pem\n"
                               "schemas: truc.descriptors\n";

static const char routes_dossiers[] = "routes:\n"
                                      "  - name: online-to-onestop\n"
                                      "    title: Hồ sơ trực tuyến về Một cửa\n"
                                      "    from: [portal, national-portal]\n"
                                      "    type: dossier.submitted\n"
                                      "    match:\n"
                                      "      body.procedure.service: [full, partial]\n"
                                      "      body.agency.code: {agency-under: H56}\n"
                                      "    to: onestop\n"
                                      "    retry: {first: 2s, factor: 1.5, at-most: 1m, for: 12h}\n"
                                      "  - name: received-to-portals\n"
                                      "    from: onestop\n"
                                      "    type: dossier.received\n"
                                      "    to: [portal, national-portal]\n"
                                      "    order-by: ordering-key\n"
                                      "    expire: 30d\n";

static const char routes_population[] = "routes:\n"
                                        "  - name: verify-citizen\n"
                                        "    from: onestop\n"
                                        "    type: citizen.verify\n"
                                        "    to: population\n"
                                        "    within: 5s\n";

static const char agreements_dossiers[] = "agreements:\n"
                                          "  - name: portal-to-onestop\n"
                                          "    provider: portal\n"
                                          "    consumer: onestop\n"
                                          "    types: [dossier.submitted]\n"
                                          "    purpose: Giải quyết thủ tục hành chính\n"
                                          "    basis: internal-rule\n"
                                          "    valid: {from: 2026-01-01}\n"
                                          "  - name: national-to-onestop\n"
                                          "    provider: national-portal\n"
                                          "    consumer: onestop\n"
                                          "    types: [dossier.submitted]\n"
                                          "    purpose: Giải quyết thủ tục hành chính\n"
                                          "    basis: mandatory\n"
                                          "    legal-basis: Nghị định 278/2025/NĐ-CP\n"
                                          "    valid: {from: 2026-01-01}\n"
                                          "  - name: onestop-to-portal\n"
                                          "    provider: onestop\n"
                                          "    consumer: portal\n"
                                          "    types: [dossier.received]\n"
                                          "    purpose: Công khai tiến độ\n"
                                          "    basis: agreement\n"
                                          "    valid: {from: 2026-01-01}\n"
                                          "  - name: onestop-to-national\n"
                                          "    provider: onestop\n"
                                          "    consumer: national-portal\n"
                                          "    types: [dossier.received]\n"
                                          "    purpose: Đồng bộ trạng thái\n"
                                          "    basis: agreement\n"
                                          "    valid: {from: 2026-01-01, until: 2026-12-31}\n";

static const char agreements_population[] = "agreements:\n"
                                            "  - name: population-verifies\n"
                                            "    provider: population\n"
                                            "    consumer: onestop\n"
                                            "    types: [citizen.verify]\n"
                                            "    purpose: Xác thực công dân\n"
                                            "    basis: mandatory\n"
                                            "    legal-basis: Luật Căn cước 2023\n"
                                            "    requires: [officer, dossier, procedure]\n"
                                            "    reply-fields: [exists]\n"
                                            "    rate: {total: 50/s, per-officer: 30/min}\n"
                                            "    valid: {from: 2026-01-01, until: 2026-12-31}\n";

uint64_t fixture_time(const char *rfc3339)
{
    uint64_t time_ns;
    assert_int_equal(time_parse_rfc3339(bytes_string(rfc3339), &time_ns), 0);
    return time_ns;
}

static size_t find_file(const struct policy_fixture *fixture, const char *name)
{
    size_t i = 0;
    while (i < fixture->files_count && strcmp(fixture->files[i].name, name) != 0)
        i++;
    return i;
}

static void put_bytes(struct policy_fixture *fixture, const char *name, struct bytes content)
{
    size_t i = find_file(fixture, name);
    assert_true(i < FIXTURE_FILES_MAX);
    if (i == fixture->files_count)
        fixture->files_count++;
    fixture->files[i] = (struct policy_file){name, content};
}

void fixture_put(struct policy_fixture *fixture, const char *name, const char *content)
{
    if (content != NULL) {
        put_bytes(fixture, name, bytes_string(content));
        return;
    }
    size_t i = find_file(fixture, name);
    assert_true(i < fixture->files_count);
    fixture->files[i] = fixture->files[--fixture->files_count];
}

/* A buffer that lives as long as the fixture's present files. */
static struct buffer *new_memory(struct policy_fixture *fixture)
{
    size_t i = 0;
    while (fixture->memory[i].data != NULL)
        assert_true(++i < FIXTURE_FILES_MAX);
    return &fixture->memory[i];
}

static struct signing_key *seeded_key(uint8_t seed)
{
    uint8_t bytes[ED25519_SEED_BYTES];
    memset(bytes, seed, sizeof bytes);
    struct signing_key *key;
    assert_int_equal(signing_key_from_seed(bytes_of(bytes, sizeof bytes), &key, NULL), 0);
    return key;
}

static void make_authority(struct signing_key *key, struct certificate *ret_authority)
{
    assert_int_equal(
        certificate_make_authority(key, "thanhhoa", fixture_time("2025-12-01T00:00:00Z"), ret_authority, NULL), 0);
}

static void put_pem(struct policy_fixture *fixture, const char *name, const struct certificate *certificate)
{
    struct buffer *pem = new_memory(fixture);
    assert_int_equal(certificate_append_pem(certificate, pem, NULL), 0);
    put_bytes(fixture, name, buffer_view(pem));
}

static void put_authority(struct policy_fixture *fixture)
{
    struct signing_key *key = seeded_key(AUTHORITY_SEED);
    struct certificate authority CERTIFICATE_CLEANUP = {0};
    make_authority(key, &authority);
    put_pem(fixture, "certs/ca.pem", &authority);
    signing_key_free(key);
}

void fixture_put_certificate(struct policy_fixture *fixture, const char *name, const char *bus, const char *system,
                             uint8_t seed, uint64_t now_ns)
{
    struct signing_key *authority_key = seeded_key(AUTHORITY_SEED), *key = seeded_key(seed);
    struct certificate authority CERTIFICATE_CLEANUP = {0}, certificate CERTIFICATE_CLEANUP = {0};
    make_authority(authority_key, &authority);
    const struct certificate_request request = {
        .bus = bus, .system = system, .key = signing_key_public(key), .now_ns = now_ns};
    assert_int_equal(certificate_issue(&authority, authority_key, &request, &certificate, NULL), 0);
    put_pem(fixture, name, &certificate);
    signing_key_free(authority_key);
    signing_key_free(key);
}

static void put_system(struct policy_fixture *fixture, size_t at)
{
    static char names[4][3][64];
    snprintf(names[at][0], sizeof names[at][0], "systems/%s.yaml", systems[at].id);
    snprintf(names[at][1], sizeof names[at][1], "keys/%s.pub", systems[at].id);
    snprintf(names[at][2], sizeof names[at][2], "certs/%s.pem", systems[at].id);
    struct buffer *yaml = new_memory(fixture);
    buffer_printf(yaml, "id: %s\ntitle: %s\ntransport-keys: %s\ncertificates: [%s]\n", systems[at].id,
                  systems[at].title, names[at][1], names[at][2]);
    put_bytes(fixture, names[at][0], buffer_view(yaml));
    uint8_t raw[POLICY_TRANSPORT_KEY_BYTES];
    memset(raw, (int)at + 1, sizeof raw);
    struct buffer *key = new_memory(fixture);
    assert_int_equal(z85_append(key, bytes_of(raw, sizeof raw)), 0);
    buffer_append_byte(key, '\n');
    put_bytes(fixture, names[at][1], buffer_view(key));
    fixture_put_certificate(fixture, names[at][2], "thanhhoa", systems[at].id, (uint8_t)(at + 1),
                            fixture_time("2026-01-01T00:00:00Z"));
}

static void free_memory(struct policy_fixture *fixture, size_t from)
{
    for (size_t i = from; i < FIXTURE_FILES_MAX; i++)
        buffer_free(&fixture->memory[i]);
}

/* Making certificates takes most of a test's time, so it is done once a program. */
static void make_right_files(struct policy_fixture *fixture)
{
    fixture_put(fixture, "bus.yaml", bus_yaml);
    put_authority(fixture);
    for (size_t i = 0; i < COUNT_OF(systems); i++)
        put_system(fixture, i);
    fixture_put(fixture, "routes/dossiers.yaml", routes_dossiers);
    fixture_put(fixture, "routes/population.yaml", routes_population);
    fixture_put(fixture, "agreements/dossiers.yaml", agreements_dossiers);
    fixture_put(fixture, "agreements/population.yaml", agreements_population);
    memcpy(fixture->right_files, fixture->files, sizeof fixture->files);
    fixture->right_files_count = fixture->files_count;
    while (fixture->memory[fixture->right_memory_count].data != NULL)
        fixture->right_memory_count++;
}

void fixture_reset(struct policy_fixture *fixture)
{
    free_memory(fixture, fixture->right_memory_count);
    memcpy(fixture->files, fixture->right_files, sizeof fixture->files);
    fixture->files_count = fixture->right_files_count;
    fixture->options = (struct policy_load_options){.schemas = fixture->schemas, .now_ns = FIXTURE_NOW_NS};
}

int fixture_setup(void **state)
{
    struct policy_fixture *fixture = calloc(1, sizeof *fixture);
    FILE *file = fopen(TRUC_DESCRIPTORS, "rb");
    if (fixture == NULL || file == NULL)
        return -1;
    struct buffer descriptors BUFFER_CLEANUP = {0};
    uint8_t *at = buffer_extend(&descriptors, SCHEMA_SET_BYTES_MAX);
    descriptors.size = at == NULL ? 0 : fread(at, 1, SCHEMA_SET_BYTES_MAX, file);
    fclose(file);
    if (schema_set_load(buffer_view(&descriptors), &fixture->schemas, NULL) < 0)
        return -1;
    make_right_files(fixture);
    fixture_reset(fixture);
    *state = fixture;
    return 0;
}

int fixture_teardown(void **state)
{
    struct policy_fixture *fixture = *state;
    free_memory(fixture, 0);
    schema_set_free(fixture->schemas);
    free(fixture);
    return 0;
}

char *fixture_report(struct policy_fixture *fixture, int *ret_result)
{
    struct policy_report report = {0};
    struct policy *policy = NULL;
    int error = policy_load_files(fixture->files, fixture->files_count, &fixture->options, &policy, &report);
    struct buffer text BUFFER_CLEANUP = {0};
    policy_report_print(&report, "config/", &text);
    policy_report_summary(&report, &text);
    char *copy = strdup(buffer_string(&text));
    policy_report_free(&report);
    policy_free(policy);
    *ret_result = error;
    return copy;
}

struct policy *fixture_load(struct policy_fixture *fixture)
{
    return fixture_load_warned(fixture, 0);
}

struct policy *fixture_load_warned(struct policy_fixture *fixture, uint32_t warnings)
{
    struct policy_report report = {0};
    struct policy *policy = NULL;
    int error = policy_load_files(fixture->files, fixture->files_count, &fixture->options, &policy, &report);
    struct buffer text BUFFER_CLEANUP = {0};
    policy_report_print(&report, "config/", &text);
    uint32_t noted = report.errors + report.warnings;
    if (noted != warnings)
        print_error("%s", buffer_string(&text));
    policy_report_free(&report);
    assert_int_equal(error, 0);
    assert_int_equal(noted, warnings);
    return policy;
}
