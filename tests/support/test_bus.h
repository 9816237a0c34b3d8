/* test_bus.h - a whole bus for tests: keys, certificates and a configuration loaded by the real loader, all in memory.
 * Not a fixture for one suite: the texts of the configuration come from the caller. No files but the descriptor set.
 * Used by the core's tests and by the simulation. Everything made here is synthetic and thrown away. */
#ifndef TRUC_TEST_BUS_H
#define TRUC_TEST_BUS_H

#include "buffer.h"
#include "curve_key.h"
#include "policy_load.h"
#include "schema.h"
#include "signing.h"

enum { TEST_BUS_SYSTEMS_MAX = 24 };
#define TEST_BUS_START_NS 1795000000000000000ull /* 2026-11-18: inside every certificate and most agreements */

struct test_bus_system {
    const char *id;
    const char *lines;                /* more lines of its file, each ended by \n; NULL: none */
    enum signing_algorithm algorithm; /* 0: Ed25519 from a fixed seed */
    const char *revoked;              /* instant from which its certificate is revoked; NULL: never */
    bool absent;                      /* it has keys, and is not in the configuration */
};

/* The texts a policy is loaded from; the caller's, and only read during the call. */
struct test_bus_texts {
    const char *bus_yaml; /* with "bus: ID", "ca: certs/ca.pem" and "schemas: truc.descriptors" */
    const char *routes_yaml, *agreements_yaml;
    const struct test_bus_system *systems;
    unsigned systems_count;
};

struct test_bus_keys {
    struct signing_key *key;
    struct buffer key_pem, certificate_pem;
    char transport_text[CURVE_KEY_TEXT_BYTES];
    uint8_t transport_key[32];
};

struct test_bus {
    const char *id;
    struct schema_set *schemas;
    struct buffer descriptors, authority_pem;
    struct signing_key *checkpoint_key;
    struct test_bus_keys systems[TEST_BUS_SYSTEMS_MAX]; /* in the order of texts.systems */
    unsigned systems_count;
    struct policy *policy;
};

/* Makes keys and certificates for every system and loads the configuration. `id` must live as long as the bus.
 * 0, or the loader's and the crypto's codes with the report as text; then nothing needs freeing. */
int test_bus_make(const char *id, const char *descriptors_path, const struct test_bus_texts *texts,
                  struct test_bus *ret_bus, struct truc_fault *fault);
/* Another configuration for the same keys; systems must come in the same order, some may be absent. The caller's. */
int test_bus_load(const struct test_bus *bus, const struct test_bus_texts *texts, struct policy **ret_policy,
                  struct truc_fault *fault);
void test_bus_free(struct test_bus *bus);

#endif
