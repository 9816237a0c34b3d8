/* key_make.c - see key_make.h.
 * Nothing is printed and nothing written.
 * In the flow: see key_make.h. */
#include "key_make.h"

#include "cli_words.h"
#include "encode.h"
#include "signed_note.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

enum { SECRET_BYTES = 32 };

void key_make_wipe(struct buffer *secret)
{
    if (secret->data)
        explicit_bzero(secret->data, secret->size);
    buffer_free(secret);
}

int key_make_secret(const char *name, struct buffer *out, struct truc_fault *fault)
{
    uint8_t secret[SECRET_BYTES];
    if (getrandom(secret, sizeof secret, 0) != (ssize_t)sizeof secret)
        return fault_errno(fault, TRUC_E_CRYPTO, errno, _("no random numbers for %s"), name);
    hex_append(out, bytes_of(secret, sizeof secret));
    explicit_bzero(secret, sizeof secret);
    buffer_append_byte(out, '\n');
    return buffer_failed(out) ? fault_set(fault, TRUC_E_MEMORY, _("no memory for %s"), name) : 0;
}

static int put_verifier(const char *bus, const struct signing_key *key, struct buffer *verifier,
                        struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer name = {0};
    struct note_key note_key;
    buffer_printf(&name, "%s/journal", bus);
    int code = note_key_make(buffer_view(&name), signing_key_public(key), &note_key, fault);
    if (code == 0)
        note_key_append(&note_key, verifier);
    return code == 0 && buffer_failed(verifier) ? fault_set(fault, TRUC_E_MEMORY, _("no memory for the checkpoint key"))
                                                : code;
}

int key_make_checkpoint(const char *bus, struct buffer *pem, struct buffer *verifier, struct truc_fault *fault)
{
    struct signing_key *key = NULL;
    int code = signing_key_generate(SIGNING_ED25519, &key, fault);
    if (code == 0)
        code = signing_key_append_pem(key, pem, fault);
    if (code == 0)
        code = put_verifier(bus, key, verifier, fault);
    signing_key_free(key);
    return code;
}

int key_make_verifier(const char *bus, struct bytes pem, struct buffer *verifier, struct truc_fault *fault)
{
    struct signing_key *key = NULL;
    int code = signing_key_from_pem(pem, &key, fault);
    if (code == 0)
        code = put_verifier(bus, key, verifier, fault);
    signing_key_free(key);
    return code;
}
