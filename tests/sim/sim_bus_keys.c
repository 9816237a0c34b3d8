/* sim_bus_keys.c - the authority, two signing keys for each client with their certificates, and transport keys.
 * libsodium's random numbers come from a counter here: serial numbers and curve keys are the same in every process.
 * See sim_bus_keys.h. */
#include "sim_bus_keys.h"

#include <sodium.h>

#include "sim_random.h"

#define ISSUED_NS (SIM_START_NS - 86400ull * 1000000000)

/* ---- what is random elsewhere ---- */

static struct random fixed = {.state = 1};

static const char *fixed_name(void)
{
    return "fixed";
}

static uint32_t fixed_number(void)
{
    return (uint32_t)random_next(&fixed);
}

static void fixed_bytes(void *const out, const size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)out)[i] = (uint8_t)random_next(&fixed);
}

static struct randombytes_implementation fixed_implementation = {
    .implementation_name = fixed_name, .random = fixed_number, .buf = fixed_bytes};

/* ---- keys ---- */

static int make_key(uint8_t number, struct signing_key **ret_key, struct truc_fault *fault)
{
    uint8_t seed[ED25519_SEED_BYTES] = {number, 0x51, 0x4d};
    return signing_key_from_seed(bytes_of(seed, sizeof seed), ret_key, fault);
}

static int open_keyring(struct sim_bus *bus, const struct sim_bus_made *made, unsigned client, unsigned key,
                        const struct signing_key *signing_key, struct truc_fault *fault)
{
    struct buffer pem BUFFER_CLEANUP = {0};
    int code = signing_key_append_pem(signing_key, &pem, fault);
    if (code < 0)
        return code;
    struct keyring_files files = {.bus = SIM_BUS_ID,
                                  .system = sim_names[client],
                                  .signing_key = buffer_view(&pem),
                                  .certificate = buffer_view(&made->certificates[client][key]),
                                  .authority = buffer_view(&made->authority)};
    return keyring_open(&files, SIM_START_NS, &bus->keyrings[client][key], fault);
}

static int make_signing_key(struct sim_bus *bus, struct sim_bus_made *made, const struct certificate *authority,
                            const struct signing_key *authority_key, unsigned client, unsigned key,
                            struct truc_fault *fault)
{
    struct certificate certificate CERTIFICATE_CLEANUP = {0};
    struct signing_key *signing_key = NULL;
    int code = make_key((uint8_t)(10 + client * SIM_KEYS_EACH + key), &signing_key, fault);
    if (code < 0)
        return code;
    struct certificate_request request = {
        .bus = SIM_BUS_ID, .system = sim_names[client], .key = signing_key_public(signing_key), .now_ns = ISSUED_NS};
    code = certificate_issue(authority, authority_key, &request, &certificate, fault);
    if (code == 0)
        code = certificate_append_pem(&certificate, &made->certificates[client][key], fault);
    if (code == 0)
        code = open_keyring(bus, made, client, key, signing_key, fault);
    signing_key_free(signing_key);
    return code;
}

static int make_transport_key(struct sim_bus *bus, struct sim_bus_made *made, unsigned client, struct truc_fault *fault)
{
    struct curve_key curve CURVE_KEY_CLEANUP = {0};
    struct buffer raw BUFFER_CLEANUP = {0};
    int code = curve_key_generate(&curve);
    if (code == 0)
        code = z85_decode(bytes_string(curve.public_text), &raw);
    if (code < 0 || raw.size != sizeof bus->transport_keys[client])
        return fault_set(fault, TRUC_E_CRYPTO, "a transport key was made wrong");
    memcpy(bus->transport_keys[client], raw.data, raw.size);
    memcpy(made->transport_texts[client], curve.public_text, sizeof curve.public_text);
    return 0;
}

int sim_bus_make_keys(struct sim_bus *bus, struct sim_bus_made *made, struct truc_fault *fault)
{
    struct certificate authority CERTIFICATE_CLEANUP = {0};
    struct signing_key *authority_key = NULL;
    randombytes_set_implementation(&fixed_implementation);
    int code = make_key(1, &authority_key, fault);
    if (code == 0)
        code = make_key(2, &bus->checkpoint_key, fault);
    if (code == 0)
        code = certificate_make_authority(authority_key, SIM_BUS_ID, ISSUED_NS, &authority, fault);
    if (code == 0)
        code = certificate_append_pem(&authority, &made->authority, fault);
    for (unsigned client = 0; code == 0 && client < SIM_CLIENTS; client++) {
        code = make_transport_key(bus, made, client, fault);
        for (unsigned key = 0; code == 0 && key < SIM_KEYS_EACH; key++)
            code = make_signing_key(bus, made, &authority, authority_key, client, key, fault);
    }
    signing_key_free(authority_key);
    return code;
}

void sim_bus_made_free(struct sim_bus_made *made)
{
    buffer_free(&made->authority);
    for (unsigned i = 0; i < SIM_CLIENTS; i++)
        for (unsigned key = 0; key < SIM_KEYS_EACH; key++)
            buffer_free(&made->certificates[i][key]);
}
