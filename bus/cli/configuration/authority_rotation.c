/* authority_rotation.c - see authority_rotation.h.
 * The order of the writes is the promise: a key is on disk before its certificate is believed, and the old key stays until then.
 * Called by cmd_key_rotate.c. */
#include "authority_rotation.h"

#include "cli_words.h"
#include "key_make.h"
#include "secret_file.h"

#include <errno.h>
#include <unistd.h>

enum { SECRET_MODE = 0600, OLD_KEYS_MAX = 1000 };

struct authority_files {
    char certificates[CLI_PATH_BYTES], key[CLI_PATH_BYTES], next[CLI_PATH_BYTES];
    struct buffer pem;
    struct issuers issuers;
};

static void files_clear(struct authority_files *files)
{
    buffer_free(&files->pem);
    issuers_clear(&files->issuers);
}

static int files_read(const struct authority_rotation *rotation, struct authority_files *files,
                      struct truc_fault *fault)
{
    const struct init_plan *plan = rotation->plan;
    if (plan->authority_file == NULL)
        return fault_set(fault, TRUC_E_CONFIG, _("bus.yaml names no authority: ca"));
    int code = cli_path(files->certificates, fault, "%s/%s", plan->source, plan->authority_file);
    if (code == 0)
        code = cli_path(files->key, fault, "%s/ca.key", rotation->keys);
    if (code == 0)
        code = cli_path(files->next, fault, "%s/ca.key.next", rotation->keys);
    if (code == 0)
        code = cli_file_read(files->certificates, &files->pem, fault);
    return code < 0 ? code : issuers_from_pem(buffer_view(&files->pem), &files->issuers, fault);
}

/* An earlier try may have left one: it is that one then. */
static int next_key(const struct authority_files *files, struct signing_key **ret_key, struct truc_fault *fault)
{
    SECRET_CLEANUP struct secret secret = {0};
    KEY_MAKE_CLEANUP struct buffer pem = {0};
    int code = secret_file_read(files->next, &secret, fault);
    if (code != TRUC_E_NOT_FOUND)
        return code < 0 ? code : signing_key_from_pem(bytes_of(secret.data, secret.size), ret_key, fault);
    *fault = (struct truc_fault){0};
    code = signing_key_generate(files->issuers.list[0].key.algorithm, ret_key, fault);
    if (code == 0)
        code = signing_key_append_pem(*ret_key, &pem, fault);
    return code < 0 ? code : cli_file_create(files->next, buffer_view(&pem), SECRET_MODE, fault);
}

/* The certificate of the next key in front, unless it is there already. */
static int put_certificate(const struct authority_rotation *rotation, const struct authority_files *files,
                           const struct signing_key *key, struct truc_fault *fault)
{
    CERTIFICATE_CLEANUP struct certificate certificate = {0};
    BUFFER_CLEANUP struct buffer content = {0};
    const struct verify_key *public_key = signing_key_public(key);
    if (memcmp(&public_key->id, &files->issuers.list[0].key.id, sizeof public_key->id) == 0)
        return 0;
    if (files->issuers.count == ISSUERS_MAX) {
        fault_set(fault, TRUC_E_LIMIT, _("%s holds %d certificates already"), files->certificates, ISSUERS_MAX);
        return fault_hint(fault, _("end the old ones first: truc key rotate authority --end"));
    }
    int code = certificate_make_authority(key, rotation->plan->bus, rotation->plan->now_ns, &certificate, fault);
    if (code == 0)
        code = certificate_append_pem(&certificate, &content, fault);
    buffer_append_bytes(&content, buffer_view(&files->pem));
    if (code == 0 && buffer_failed(&content))
        code = fault_set(fault, TRUC_E_MEMORY, _("no memory for %s"), files->certificates);
    return code < 0 ? code : cli_file_change(files->certificates, buffer_view(&content), fault);
}

/* ca.key.1, or the next number that is free; "" when the key is kept elsewhere. */
static int keep_old(const struct authority_files *files, char old[CLI_PATH_BYTES], struct truc_fault *fault)
{
    old[0] = '\0';
    if (access(files->key, F_OK) < 0)
        return 0;
    for (int i = 1; i < OLD_KEYS_MAX; i++) {
        int code = cli_path(old, fault, "%s.%d", files->key, i);
        if (code < 0 || link(files->key, old) == 0)
            return code;
        if (errno != EEXIST)
            return fault_errno(fault, TRUC_E_IO, errno, _("keep %s"), old);
    }
    return fault_set(fault, TRUC_E_LIMIT, _("%s has had %d keys"), files->key, OLD_KEYS_MAX);
}

int authority_begin(const struct authority_rotation *rotation, char old[CLI_PATH_BYTES], struct truc_fault *fault)
{
    struct authority_files files = {.next = ""};
    struct signing_key *key = NULL;
    int code = files_read(rotation, &files, fault);
    if (code == 0)
        code = next_key(&files, &key, fault);
    if (code == 0)
        code = put_certificate(rotation, &files, key, fault);
    if (code == 0)
        code = keep_old(&files, old, fault);
    if (code == 0)
        code = cli_file_rename(files.next, files.key, fault);
    signing_key_free(key);
    files_clear(&files);
    return code;
}

/* Every key that may sign from now on was certified by the newest. */
static int check_none_is_left(const struct authority_rotation *rotation, const struct policy *policy,
                              const struct certificate *newest, struct truc_fault *fault)
{
    for (uint32_t i = 0; i < policy->systems_count; i++) {
        const struct policy_system *system = &policy->systems[i];
        for (uint32_t k = 0; k < system->signing_keys_count; k++) {
            const struct policy_signing_key *key = &system->signing_keys[k];
            if (key->revoked_at_ns <= rotation->plan->now_ns || certificate_is_issued_by(key->certificate, newest))
                continue;
            fault_set(fault, TRUC_E_STATE, _("'%s' may still sign with a key that an older authority certified"),
                      system->id);
            return fault_hint(
                fault, _("truc system rotate-key %s, hand over, truc system end-key %s (it ends after a minute)"),
                system->id, system->id);
        }
    }
    return 0;
}

int authority_end(const struct authority_rotation *rotation, const struct policy *policy, struct truc_fault *fault)
{
    struct authority_files files = {.next = ""};
    BUFFER_CLEANUP struct buffer content = {0};
    int code = files_read(rotation, &files, fault);
    if (code == 0 && files.issuers.count == 1) {
        code = fault_set(fault, TRUC_E_STATE, _("%s holds one certificate: there is no older authority"),
                         files.certificates);
        fault_hint(fault, _("truc key rotate authority begins a change"));
    }
    if (code == 0)
        code = check_none_is_left(rotation, policy, &files.issuers.list[0], fault);
    if (code == 0)
        code = certificate_append_pem(&files.issuers.list[0], &content, fault);
    if (code == 0)
        code = cli_file_change(files.certificates, buffer_view(&content), fault);
    files_clear(&files);
    return code;
}
