/* revocation_list.c - reads lists of revoked certificates and looks certificates up in them.
 * Only whole lists of one authority: what a delta or an indirect list leaves out would look like a good certificate.
 * See revocation_list.h for the flow. */
#include "revocation_list.h"
#include "certificate_private.h"
#include "signing_private.h"
#include "words.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

void revocation_list_clear(struct revocation_list *list)
{
    if (list == NULL)
        return;
    X509_CRL_free(list->crl);
    *list = (struct revocation_list){0};
}

/* Every extension that narrows what a list covers is critical (RFC 5280 5.2.4, 5.2.5); none of them is known here. */
static int check_whole(const X509_CRL *crl, struct truc_fault *fault)
{
    for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
        X509_EXTENSION *extension = X509_CRL_get_ext(crl, i);
        if (X509_EXTENSION_get_critical(extension))
            return fault_set(
                fault, TRUC_E_CRYPTO,
                "revocation list: it is partial or indirect (critical extension %s); whole lists are taken",
                OBJ_nid2sn(OBJ_obj2nid(X509_EXTENSION_get_object(extension))));
    }
    return 0;
}

static int read_times(const X509_CRL *crl, struct revocation_list *list, struct truc_fault *fault)
{
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
    list->next_update_ns = UINT64_MAX;
    if (certificate_time(X509_CRL_get0_lastUpdate(crl), &list->this_update_ns) < 0 ||
        (next != NULL && certificate_time(next, &list->next_update_ns) < 0))
        return fault_set(fault, TRUC_E_CRYPTO, N_("revocation list: its times are no times"));
    return 0;
}

int revocation_list_from_pem(struct bytes pem, struct revocation_list *ret_list, struct truc_fault *fault)
{
    uint8_t *der = NULL;
    size_t size;
    if (pem.size > REVOCATION_LIST_BYTES_MAX)
        return fault_set(fault, TRUC_E_CRYPTO, "revocation list: it is larger than %d bytes",
                         REVOCATION_LIST_BYTES_MAX);
    int code = pem_read_only(pem, PEM_REVOCATION_LIST, &der, &size, fault);
    if (code < 0)
        return code;
    const uint8_t *at = der;
    struct revocation_list made = {.crl = d2i_X509_CRL(NULL, &at, (long)size)};
    if (made.crl == NULL)
        code = crypto_fault(fault, TRUC_E_CRYPTO, "revocation list");
    else if (at != der + size)
        code = fault_set(fault, TRUC_E_CRYPTO, N_("revocation list: there are bytes behind it"));
    if (code == 0)
        code = check_whole(made.crl, fault);
    if (code == 0)
        code = read_times(made.crl, &made, fault);
    OPENSSL_free(der);
    ERR_clear_error();
    if (code < 0) {
        revocation_list_clear(&made);
        return code;
    }
    *ret_list = made;
    return 0;
}

static int check_issued(X509_CRL *crl, X509 *issuer, const struct certificate *authority, struct truc_fault *fault)
{
    if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) != 0)
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the revocation list is not by '%s'", authority->subject);
    if (!(X509_get_key_usage(issuer) & KU_CRL_SIGN))
        return fault_set(fault, TRUC_E_SIGNING_KEY, "'%s' may not sign revocation lists", authority->subject);
    if (!certificate_signature_is_strong(X509_CRL_get_signature_nid(crl)))
        return fault_set(fault, TRUC_E_SIGNATURE, N_("the revocation list is signed in a way that is not accepted"));
    if (X509_CRL_verify(crl, X509_get0_pubkey(issuer)) != 1)
        return fault_set(fault, TRUC_E_SIGNATURE, "bad signature: the revocation list is not signed by '%s'",
                         authority->subject);
    return 0;
}

int revocation_list_check(const struct revocation_list *list, const struct certificate *authority,
                          struct truc_fault *fault)
{
    const uint8_t *end;
    X509 *issuer = certificate_x509(certificate_der(authority), &end);
    if (issuer == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to check a revocation list");
    int code = check_issued(list->crl, issuer, authority, fault);
    X509_free(issuer);
    ERR_clear_error();
    return code;
}

int revocation_list_find(const struct revocation_list *list, const struct certificate *certificate,
                         uint64_t *ret_since_ns)
{
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    if (serial == NULL || ASN1_STRING_set(serial, certificate->serial, (int)certificate->serial_size) != 1) {
        ASN1_INTEGER_free(serial);
        return TRUC_E_MEMORY;
    }
    X509_REVOKED *entry = NULL;
    int found = X509_CRL_get0_by_serial(list->crl, &entry, serial);
    ASN1_INTEGER_free(serial);
    *ret_since_ns = UINT64_MAX;
    if (found == 1 && certificate_time(X509_REVOKED_get0_revocationDate(entry), ret_since_ns) < 0)
        *ret_since_ns = 0; /* 2 would be "taken off the list again", which only deltas say */
    return 0;
}
