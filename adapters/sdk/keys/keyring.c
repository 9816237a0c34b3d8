/* keyring.c - signing as this system, checking certificates against the bus's authority.
 * Adds nothing to bus/crypto but the rule whose key counts for whom.
 * Called by session.c through its crypto table. */
#include "keyring.h"

#include "token_key.h"

#include <stdio.h>
#include <stdlib.h>

int keyring_open(const struct keyring_files *files, uint64_t wall_ns, struct keyring *ret_keyring,
                 struct truc_fault *fault)
{
    struct keyring keyring = {0};
    int code = certificate_from_pem(files->certificate, &keyring.own, fault);
    if (code == 0)
        code = files->token ? token_key_open(files->token, files->token_pin, &keyring.own.key, &keyring.key, fault)
                            : signing_key_from_pem(files->signing_key, &keyring.key, fault);
    if (code == 0)
        code = issuers_from_pem(files->authority, &keyring.authority, fault);
    if (code == 0 && memcmp(&signing_key_public(keyring.key)->id, &keyring.own.key.id, sizeof keyring.own.key.id) != 0)
        code = fault_set(fault, TRUC_E_CONFIG, "the certificate is not the one of the signing key");
    if (code == 0) {
        code = certificate_check_system(&keyring.own, files->bus, files->system, fault);
        if (code < 0)
            fault_hint(fault, "bus and system in the settings are those that the certificate was issued for");
    }
    if (code == 0)
        code = issuers_check(&keyring.authority, &keyring.own, wall_ns, NULL, fault);
    if (code < 0) {
        keyring_clear(&keyring);
        return code;
    }
    (void)snprintf(keyring.bus, sizeof keyring.bus, "%s", files->bus);
    *ret_keyring = keyring;
    return 0;
}

void keyring_clear(struct keyring *keyring)
{
    if (keyring == NULL)
        return;
    signing_key_free(keyring->key);
    certificate_clear(&keyring->own);
    issuers_clear(&keyring->authority);
    *keyring = (struct keyring){0};
}

static int keyring_sign(void *context, struct bytes statement, struct buffer *signature, struct truc_fault *fault)
{
    const struct keyring *keyring = context;
    int code = signing_key_sign(keyring->key, statement, signature);
    return code < 0 ? fault_set(fault, code, "signing failed") : 0;
}

/* Whether the certificate is this system's, with this key, from our authority, and valid now. */
static int check_certificate(const struct keyring *keyring, const struct certificate *certificate, struct bytes system,
                             struct bytes key_id, uint64_t wall_ns, struct truc_fault *fault)
{
    char name[PROTOCOL_NAME_BYTES_MAX + 1];
    if (system.size > PROTOCOL_NAME_BYTES_MAX)
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the system's name is too long");
    memcpy(name, system.data, system.size);
    name[system.size] = 0;
    if (!bytes_equal(key_id, key_id_view(&certificate->key.id)))
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the certificate is for another key");
    int code = certificate_check_system(certificate, keyring->bus, name, fault);
    return code < 0 ? code : issuers_check(&keyring->authority, certificate, wall_ns, NULL, fault);
}

static int keyring_certificate_open(void *context, struct bytes der, struct bytes system, struct bytes key_id,
                                    uint64_t wall_ns, void **ret_key, uint64_t *ret_not_after_ns,
                                    struct truc_fault *fault)
{
    struct certificate certificate;
    int code = certificate_from_der(der, &certificate, fault);
    if (code < 0)
        return code;
    struct verify_key *key = NULL;
    code = check_certificate(context, &certificate, system, key_id, wall_ns, fault);
    if (code == 0 && ((key = calloc(1, sizeof *key)) == NULL || verify_key_copy(&certificate.key, key) < 0))
        code = fault_set(fault, TRUC_E_MEMORY, "no memory for a key");
    if (code == 0) {
        *ret_key = key;
        *ret_not_after_ns = certificate.not_after_ns;
    } else {
        free(key);
    }
    certificate_clear(&certificate);
    return code;
}

static int keyring_verify(void *context, void *key, struct bytes statement, struct bytes signature)
{
    (void)context;
    return verify_key_check(key, statement, signature);
}

static void keyring_key_free(void *context, void *key)
{
    (void)context;
    verify_key_clear(key);
    free(key);
}

const struct session_crypto keyring_crypto = {.sign = keyring_sign,
                                              .certificate_open = keyring_certificate_open,
                                              .verify = keyring_verify,
                                              .key_free = keyring_key_free};
