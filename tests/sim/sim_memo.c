/* sim_memo.c - two tables: certificates that were opened, and hashes of (key, statement, signature) that hold.
 * What does not hold is never remembered: it is checked again each time.
 * See sim_memo.h; verify_key_check is wrapped at link time. */
#include "sim_memo.h"

#include <stdlib.h>

#include "keyring.h"
#include "sha256.h"

/* ---- certificates: of one authority and always valid here, so that nothing but their bytes matters ---- */

enum { OPENED_MAX = 64 };

static struct {
    struct sha256_digest der;
    void *key;
    uint64_t not_after_ns;
} opened[OPENED_MAX];
static size_t opened_count;

static int open_certificate(void *context, struct bytes der, struct bytes system, struct bytes key_id, uint64_t wall_ns,
                            void **ret_key, uint64_t *ret_not_after_ns, struct truc_fault *fault)
{
    struct sha256_digest digest = sha256_of(der);
    for (size_t i = 0; i < opened_count; i++)
        if (sha256_equal(&opened[i].der, &digest)) {
            *ret_key = opened[i].key;
            *ret_not_after_ns = opened[i].not_after_ns;
            return 0;
        }
    int code = keyring_crypto.certificate_open(context, der, system, key_id, wall_ns, ret_key, ret_not_after_ns, fault);
    if (code < 0 || opened_count == OPENED_MAX)
        return code < 0 ? code : TRUC_E_LIMIT;
    opened[opened_count].der = digest;
    opened[opened_count].key = *ret_key;
    opened[opened_count++].not_after_ns = *ret_not_after_ns;
    return 0;
}

static int sign(void *context, struct bytes statement, struct buffer *signature, struct truc_fault *fault)
{
    return keyring_crypto.sign(context, statement, signature, fault);
}

static int verify(void *context, void *key, struct bytes statement, struct bytes signature)
{
    return keyring_crypto.verify(context, key, statement, signature);
}

static void keep_key(void *context, void *key)
{
    (void)context, (void)key; /* the table's */
}

const struct session_crypto memo_crypto = {
    .sign = sign, .certificate_open = open_certificate, .verify = verify, .key_free = keep_key};

void memo_free(void)
{
    while (opened_count)
        keyring_crypto.key_free(NULL, opened[--opened_count].key);
}

/* ---- signatures ---- */

enum { HELD_SLOTS = 64 * 1024 };
static struct sha256_digest held[HELD_SLOTS];

int __real_verify_key_check(const struct verify_key *key, struct bytes message, struct bytes signature);
int __wrap_verify_key_check(const struct verify_key *key, struct bytes message, struct bytes signature);
int __wrap_verify_key_check(const struct verify_key *key, struct bytes message, struct bytes signature)
{
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, key_id_view(&key->id));
    sha256_add(&hash, message);
    sha256_add(&hash, signature);
    struct sha256_digest digest = sha256_end(&hash);
    struct sha256_digest *slot = &held[load_le32(digest.bytes) % HELD_SLOTS];
    if (sha256_equal(slot, &digest))
        return 0;
    int code = __real_verify_key_check(key, message, signature);
    if (code == 0)
        *slot = digest;
    return code;
}
