/* daemon_keys.c - four files: Z85, PEM and two of 64 hexadecimal digits.
 * Each is read through secret_file, which refuses what others can read.
 * See daemon_keys.h. */
#include "daemon_keys.h"

#include <openssl/crypto.h>
#include <stdio.h>

#include "encode.h"
#include "fault.h"
#include "secret_file.h"

enum { KEY_PATH_BYTES = 1024 };

static int read_file(const char *directory, const char *name, struct secret *ret_secret, struct truc_fault *fault)
{
    char path[KEY_PATH_BYTES];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, name) >= sizeof path)
        return fault_set(fault, TRUC_E_CONFIG, "the path of the keys is too long");
    int code = secret_file_read(path, ret_secret, fault);
    if (code == TRUC_E_NOT_FOUND)
        fault_hint(fault, "`truc init` makes the keys; --keys names their directory");
    if (code == TRUC_E_IO) /* rights or a path: nothing is wrong with the journal's disk */
        code = fault->code = TRUC_E_CONFIG;
    return code;
}

static int read_symmetric(const char *directory, const char *name, uint8_t key[DAEMON_SYMMETRIC_KEY_BYTES],
                          struct truc_fault *fault)
{
    SECRET_CLEANUP struct secret secret = {0};
    BUFFER_CLEANUP struct buffer decoded = {0};
    int code = read_file(directory, name, &secret, fault);
    if (code < 0)
        return code;
    if (hex_decode(secret_text(&secret), &decoded) < 0 || decoded.size != DAEMON_SYMMETRIC_KEY_BYTES)
        return fault_set(fault, TRUC_E_CONFIG, "%s/%s does not hold %d hexadecimal digits", directory, name,
                         2 * DAEMON_SYMMETRIC_KEY_BYTES);
    memcpy(key, decoded.data, DAEMON_SYMMETRIC_KEY_BYTES);
    return 0;
}

static int read_transport(const char *directory, struct curve_key *ret_key, struct truc_fault *fault)
{
    SECRET_CLEANUP struct secret secret = {0};
    int code = read_file(directory, "broker.curve", &secret, fault);
    if (code == 0 && curve_key_from_secret(secret_text(&secret), ret_key) < 0)
        code = fault_set(fault, TRUC_E_CONFIG, "%s/broker.curve is not a secret transport key of 40 characters (Z85)",
                         directory);
    return code;
}

static int read_checkpoint(const char *directory, struct signing_key **ret_key, struct truc_fault *fault)
{
    SECRET_CLEANUP struct secret secret = {0};
    int code = read_file(directory, "checkpoint.key", &secret, fault);
    if (code < 0)
        return code;
    code = signing_key_from_pem(bytes_of(secret.data, secret.size), ret_key, fault);
    if (code < 0) {
        fault_where(fault, "%s/checkpoint.key", directory);
        return code;
    }
    if (signing_key_public(*ret_key)->algorithm != SIGNING_ED25519)
        return fault_set(fault, TRUC_E_CONFIG, "%s/checkpoint.key is not an Ed25519 key, which checkpoints need",
                         directory);
    return 0;
}

int daemon_keys_read(const char *directory, struct daemon_keys *ret_keys, struct truc_fault *fault)
{
    struct daemon_keys keys = {0};
    int code = read_transport(directory, &keys.transport, fault);
    if (code == 0)
        code = read_checkpoint(directory, &keys.checkpoint, fault);
    if (code == 0)
        code = read_symmetric(directory, "journal.key", keys.journal, fault);
    if (code == 0)
        code = read_symmetric(directory, "persons.key", keys.persons, fault);
    if (code == 0)
        *ret_keys = keys;
    else
        daemon_keys_clear(&keys);
    OPENSSL_cleanse(&keys, sizeof keys);
    return code;
}

void daemon_keys_clear(struct daemon_keys *keys)
{
    if (keys == NULL)
        return;
    curve_key_wipe(&keys->transport);
    signing_key_free(keys->checkpoint);
    OPENSSL_cleanse(keys, sizeof *keys);
}
