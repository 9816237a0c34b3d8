/* daemon_keys.c - four files: Z85, PEM, 64 hexadecimal digits, and lines of them; a fifth with keys of the past, when there are any.
 * Each is read through secret_file, which refuses what others can read.
 * See daemon_keys.h. */
#include "daemon_keys.h"

#include <openssl/crypto.h>
#include <stdio.h>

#include "encode.h"
#include "fault.h"
#include "locked.h"
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

/* The last of at most `max` lines; how many there are. */
static int read_symmetric(const char *directory, const char *name, uint8_t key[DAEMON_SYMMETRIC_KEY_BYTES], int max,
                          struct truc_fault *fault)
{
    SECRET_CLEANUP struct secret secret = {0};
    int count = read_file(directory, name, &secret, fault);
    if (count < 0)
        return count;
    for (struct bytes text = secret_text(&secret); text.size > 0;) {
        BUFFER_CLEANUP struct buffer decoded = {0};
        const uint8_t *end = memchr(text.data, '\n', text.size);
        size_t size = end ? (size_t)(end - text.data) : text.size;
        bool right = hex_decode(bytes_of(text.data, size), &decoded) == 0 && decoded.size == DAEMON_SYMMETRIC_KEY_BYTES;
        if (right)
            memcpy(key, decoded.data, DAEMON_SYMMETRIC_KEY_BYTES);
        if (decoded.data)
            OPENSSL_cleanse(decoded.data, decoded.size);
        if (!right || ++count > max)
            break;
        text = end ? bytes_of(end + 1, text.size - size - 1) : BYTES_EMPTY;
        if (text.size == 0)
            return count;
    }
    return fault_set(fault, TRUC_E_CONFIG, "%s/%s does not hold %d hexadecimal digits%s", directory, name,
                     2 * DAEMON_SYMMETRIC_KEY_BYTES, max > 1 ? " a line" : "");
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

/* Keys that signed checkpoints in the past; none when there is no file. */
static int read_old_checkpoints(const char *directory, struct daemon_keys *keys, struct truc_fault *fault)
{
    SECRET_CLEANUP struct secret secret = {0};
    struct truc_fault why = {0};
    int count = read_file(directory, "checkpoint.old", &secret, &why);
    if (count == TRUC_E_NOT_FOUND)
        return 0;
    if (count == 0)
        count = journal_checkpoint_keys_read(bytes_of(secret.data, secret.size), keys->old_checkpoints, &why);
    if (count < 0) {
        *fault = why;
        fault_where(fault, "%s/checkpoint.old", directory);
        return count;
    }
    keys->old_checkpoints_count = (size_t)count;
    return 0;
}

int daemon_keys_read(const char *directory, struct daemon_keys **ret_keys, struct truc_fault *fault)
{
    struct daemon_keys *keys = locked_new(sizeof *keys);
    if (keys == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the keys");
    int code = read_transport(directory, &keys->transport, fault);
    if (code == 0)
        code = read_checkpoint(directory, &keys->checkpoint, fault);
    if (code == 0)
        code = read_old_checkpoints(directory, keys, fault);
    if (code == 0)
        code = read_symmetric(directory, "journal.key", keys->journal, 1, fault);
    if (code >= 0)
        code = read_symmetric(directory, "persons.key", keys->persons, DAEMON_PERSON_EPOCHS_MAX, fault);
    if (code <= 0) {
        daemon_keys_free(keys);
        return code;
    }
    keys->person_epoch = (uint32_t)code;
    *ret_keys = keys;
    return 0;
}

void daemon_keys_free(struct daemon_keys *keys)
{
    if (keys == NULL)
        return;
    signing_key_free(keys->checkpoint);
    locked_free(keys);
}
