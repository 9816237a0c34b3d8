/* token_key.c - PKCS #11 through p11-kit: module → token → session → private key → signatures.
 * The secret never comes here; what the token gives back is brought into the one form that signing.h names.
 * See token_key.h. */
#include "token_key.h"

#include <openssl/ecdsa.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "sha256.h"

enum { TOKEN_SLOTS_MAX = 64, P256_NUMBER_BYTES = 32 };

struct token_key {
    CK_FUNCTION_LIST *module; /* loaded; initialized when `ready` */
    bool ready;
    CK_SESSION_HANDLE session; /* 0: none */
    CK_OBJECT_HANDLE object;
    enum signing_algorithm algorithm;
    pthread_mutex_t signing; /* a session does one thing at a time */
};

/* ---- the URI ---- */

bool token_uri_is(const char *text)
{
    return strncmp(text, "pkcs11:", 7) == 0;
}

static int uri_fault(struct truc_fault *fault, const char *what)
{
    fault_set(fault, TRUC_E_CONFIG, "the signing key's PKCS #11 URI %s", what);
    return fault_hint(fault, "pkcs11:token=LABEL;object=LABEL?module-path=/usr/lib/MODULE.so&pin-source=file:keys/pin");
}

static int parse(const char *text, P11KitUri **ret_uri, struct truc_fault *fault)
{
    if (strlen(text) >= TOKEN_URI_BYTES_MAX)
        return uri_fault(fault, "is too long");
    P11KitUri *uri = p11_kit_uri_new();
    if (uri == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a PKCS #11 URI");
    const char *wrong = NULL;
    if (p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri) != P11_KIT_URI_OK)
        wrong = "can't be read (RFC 7512)";
    else if (p11_kit_uri_any_unrecognized(uri))
        wrong = "has attributes that are not known";
    else if (p11_kit_uri_get_pin_value(uri) != NULL)
        wrong = "holds a PIN: put it into a file of mode 600 and name that by pin-source";
    else if (p11_kit_uri_get_module_path(uri) == NULL)
        wrong = "names no module-path";
    if (wrong) {
        p11_kit_uri_free(uri);
        return uri_fault(fault, wrong);
    }
    *ret_uri = uri;
    return 0;
}

int token_uri_pin_file(const char *text, char ret_path[TOKEN_URI_BYTES_MAX], struct truc_fault *fault)
{
    static const char scheme[] = "file:";
    P11KitUri *uri = NULL;
    int code = parse(text, &uri, fault);
    if (code < 0 || uri == NULL)
        return code;
    const char *source = p11_kit_uri_get_pin_source(uri);
    if (source == NULL)
        ret_path[0] = '\0';
    else if (strncmp(source, scheme, sizeof scheme - 1) != 0)
        code = uri_fault(fault, "has a pin-source that is no file");
    else
        memcpy(ret_path, source + sizeof scheme - 1, strlen(source + sizeof scheme - 1) + 1);
    p11_kit_uri_free(uri);
    return code;
}

/* ---- opening ---- */

static int token_fault(struct truc_fault *fault, const char *what, CK_RV reason)
{
    return fault_set(fault, TRUC_E_CRYPTO, "the token: %s: %s", what, p11_kit_strerror(reason));
}

static void token_key_free(void *context)
{
    struct token_key *key = context;
    if (key->session)
        (void)key->module->C_CloseSession(key->session); /* logs out with the last session */
    if (key->ready)
        (void)p11_kit_module_finalize(key->module);
    if (key->module)
        p11_kit_module_release(key->module);
    pthread_mutex_destroy(&key->signing);
    free(key);
}

static int load(struct token_key *key, P11KitUri *uri, struct truc_fault *fault)
{
    const char *path = p11_kit_uri_get_module_path(uri);
    key->module = p11_kit_module_load(path, 0);
    if (key->module == NULL)
        return fault_set(fault, TRUC_E_NOT_FOUND, "the PKCS #11 module %s can't be loaded: %s", path,
                         p11_kit_message() ? p11_kit_message() : "no reason given");
    CK_RV result = p11_kit_module_initialize(key->module);
    if (result != CKR_OK)
        return token_fault(fault, "starting its module", result);
    key->ready = true;
    return 0;
}

/* The one slot whose token is the URI's. */
static int find_slot(const struct token_key *key, P11KitUri *uri, CK_SLOT_ID *ret_slot, struct truc_fault *fault)
{
    CK_SLOT_ID slots[TOKEN_SLOTS_MAX];
    CK_ULONG count = TOKEN_SLOTS_MAX, found = 0;
    CK_RV result = key->module->C_GetSlotList(CK_TRUE, slots, &count);
    if (result != CKR_OK)
        return token_fault(fault, "listing tokens", result);
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        if (key->module->C_GetTokenInfo(slots[i], &info) != CKR_OK || !p11_kit_uri_match_token_info(uri, &info))
            continue;
        *ret_slot = slots[i];
        found++;
    }
    if (found == 1)
        return 0;
    fault_set(fault, TRUC_E_NOT_FOUND, "the signing key's PKCS #11 URI describes %lu tokens, not one", found);
    return fault_hint(fault, "is the token there? p11tool --list-tokens or pkcs11-tool --list-slots shows which are");
}

static int log_in(struct token_key *key, CK_SLOT_ID slot, struct bytes pin, struct truc_fault *fault)
{
    CK_RV result = key->module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &key->session);
    if (result != CKR_OK) {
        key->session = 0;
        return token_fault(fault, "opening a session", result);
    }
    if (pin.size == 0)
        return 0;
    CK_UTF8CHAR text[TOKEN_PIN_BYTES_MAX];
    if (pin.size > sizeof text)
        return fault_set(fault, TRUC_E_CONFIG, "the PIN is longer than %d bytes", TOKEN_PIN_BYTES_MAX);
    memcpy(text, pin.data, pin.size);
    result = key->module->C_Login(key->session, CKU_USER, text, (CK_ULONG)pin.size);
    explicit_bzero(text, sizeof text);
    if (result == CKR_OK || result == CKR_USER_ALREADY_LOGGED_IN)
        return 0;
    token_fault(fault, "logging in", result);
    return fault_hint(fault, "a wrong PIN is counted by the token: correct the file before the next try");
}

/* The one private key that has the URI's attributes. */
static int find_object(struct token_key *key, P11KitUri *uri, struct truc_fault *fault)
{
    CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE class = {CKA_CLASS, &private_key, sizeof private_key};
    if (p11_kit_uri_set_attribute(uri, &class) != P11_KIT_URI_OK)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to find a key");
    CK_ULONG attributes = 0, count = 0;
    CK_ATTRIBUTE *wanted = p11_kit_uri_get_attributes(uri, &attributes);
    CK_RV result = key->module->C_FindObjectsInit(key->session, wanted, attributes);
    if (result != CKR_OK)
        return token_fault(fault, "looking for the key", result);
    CK_OBJECT_HANDLE objects[2];
    result = key->module->C_FindObjects(key->session, objects, 2, &count);
    (void)key->module->C_FindObjectsFinal(key->session);
    if (result != CKR_OK)
        return token_fault(fault, "looking for the key", result);
    if (count != 1) {
        fault_set(fault, TRUC_E_NOT_FOUND, "the token has %s private key that the URI describes",
                  count ? "more than one" : "no");
        return fault_hint(fault, "name it by object= or id=; a private key shows only after login: is pin-source set?");
    }
    key->object = objects[0];
    return 0;
}

/* ---- signing ---- */

/* ECDSA comes as r ‖ s (PKCS #11 2.3.1); signing.h wants DER. */
static int append_ecdsa(const uint8_t *raw, CK_ULONG size, struct buffer *out)
{
    if (size != (CK_ULONG)2 * P256_NUMBER_BYTES)
        return TRUC_E_CRYPTO;
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, P256_NUMBER_BYTES, NULL),
           *s = BN_bin2bn(raw + P256_NUMBER_BYTES, P256_NUMBER_BYTES, NULL);
    if (signature == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(signature, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(signature);
        return TRUC_E_MEMORY;
    }
    uint8_t *der = NULL;
    int der_size = i2d_ECDSA_SIG(signature, &der);
    if (der_size > 0)
        buffer_append(out, der, (size_t)der_size);
    OPENSSL_free(der);
    ECDSA_SIG_free(signature);
    return der_size > 0 ? buffer_failed(out) : TRUC_E_MEMORY;
}

static CK_RV sign_raw(const struct token_key *key, CK_MECHANISM_TYPE type, struct bytes data, uint8_t *raw,
                      CK_ULONG *size)
{
    CK_MECHANISM mechanism = {type, NULL, 0};
    CK_RV result = key->module->C_SignInit(key->session, &mechanism, key->object);
    return result == CKR_OK ? key->module->C_Sign(key->session, (CK_BYTE *)(uintptr_t)data.data, data.size, raw, size)
                            : result;
}

static int token_key_sign(void *context, struct bytes message, struct buffer *out)
{
    struct token_key *key = context;
    uint8_t raw[SIGNATURE_BYTES_MAX];
    CK_ULONG size = sizeof raw;
    struct sha256_digest digest = sha256_of(message);
    CK_RV result = CKR_GENERAL_ERROR;
    pthread_mutex_lock(&key->signing);
    if (key->algorithm == SIGNING_ECDSA_P256)
        result = sign_raw(key, CKM_ECDSA, sha256_view(&digest), raw, &size);
    else if (key->algorithm == SIGNING_RSA)
        result = sign_raw(key, CKM_SHA256_RSA_PKCS, message, raw, &size);
    else
        result = sign_raw(key, CKM_EDDSA, message, raw, &size);
    pthread_mutex_unlock(&key->signing);
    if (result != CKR_OK)
        return TRUC_E_CRYPTO;
    if (key->algorithm == SIGNING_ECDSA_P256)
        return append_ecdsa(raw, size, out);
    buffer_append(out, raw, size);
    return buffer_failed(out);
}

/* A key that signs, but not for this certificate, would have everything refused later. */
static int try_key(struct token_key *key, const struct verify_key *public_key, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer signature = {0};
    struct bytes probe = bytes_string("truc/token-key-probe/v1\n"); /* no statement begins so */
    int code = token_key_sign(key, probe, &signature);
    if (code < 0)
        return fault_set(fault, code, "the token's key does not sign with %s",
                         signing_algorithm_name(public_key->algorithm));
    if (verify_key_check(public_key, probe, buffer_view(&signature)) < 0)
        return fault_set(fault, TRUC_E_CONFIG, "the certificate is not the one of the token's key");
    return 0;
}

static int open_parsed(struct token_key *key, P11KitUri *uri, struct bytes pin, const struct verify_key *public_key,
                       struct truc_fault *fault)
{
    CK_SLOT_ID slot = 0;
    int code = load(key, uri, fault);
    if (code == 0)
        code = find_slot(key, uri, &slot, fault);
    if (code == 0)
        code = log_in(key, slot, pin, fault);
    if (code == 0)
        code = find_object(key, uri, fault);
    return code < 0 ? code : try_key(key, public_key, fault);
}

int token_key_open(const char *text, struct bytes pin, const struct verify_key *public_key,
                   struct signing_key **ret_key, struct truc_fault *fault)
{
    P11KitUri *uri = NULL;
    int code = parse(text, &uri, fault);
    if (code < 0 || uri == NULL)
        return code;
    struct token_key *key = calloc(1, sizeof *key);
    if (key == NULL || pthread_mutex_init(&key->signing, NULL) != 0) {
        free(key);
        p11_kit_uri_free(uri);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a token's key");
    }
    key->algorithm = public_key->algorithm;
    code = open_parsed(key, uri, pin, public_key, fault);
    p11_kit_uri_free(uri);
    if (code == 0) {
        const struct signer signer = {.context = key, .sign = token_key_sign, .free = token_key_free};
        code = signing_key_from_signer(&signer, public_key, ret_key, fault);
    }
    if (code < 0)
        token_key_free(key);
    return code;
}
