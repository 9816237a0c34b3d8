/* pem.c - finds the one block of a kind in a PEM text (RFC 7468).
 * Not what is in it: certificates and revocation lists read their own bytes.
 * Strict where it counts: two blocks of the kind are a mistake, not a choice. */
#include "certificate_private.h"
#include "signing_private.h"
#include "words.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

enum { PEM_MARK_BYTES = 64 };

static const struct {
    const char *name, *none, *several, *reading; /* in PEM; what is wrong, whole, so that it can be translated */
} kinds[] = {
    [PEM_CERTIFICATE] = {PEM_STRING_X509, N_("certificate: the text holds no '-----BEGIN CERTIFICATE-----'"),
                         N_("certificate: the text holds more than one; give each its own file"),
                         "certificate: reading PEM"},
    [PEM_REVOCATION_LIST] = {PEM_STRING_X509_CRL, N_("revocation list: the text holds no '-----BEGIN X509 CRL-----'"),
                             N_("revocation list: the text holds more than one; give each its own file"),
                             "revocation list: reading PEM"},
};

int pem_read_only(struct bytes pem, enum pem_kind kind, uint8_t **ret_der, size_t *ret_size, struct truc_fault *fault)
{
    char mark[PEM_MARK_BYTES];
    size_t mark_size = (size_t)snprintf(mark, sizeof mark, "-----BEGIN %s-----", kinds[kind].name);
    const uint8_t *first = pem.size ? memmem(pem.data, pem.size, mark, mark_size) : NULL;
    if (first == NULL || pem.size > INT_MAX)
        return fault_set(fault, TRUC_E_CRYPTO, "%s", kinds[kind].none);
    size_t behind = pem.size - (size_t)(first + 1 - pem.data);
    if (memmem(first + 1, behind, mark, mark_size) != NULL)
        return fault_set(fault, TRUC_E_CRYPTO, "%s", kinds[kind].several);
    BIO *input = BIO_new_mem_buf(pem.data, (int)pem.size);
    if (input == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to read PEM");
    char *name = NULL, *header = NULL;
    uint8_t *der = NULL;
    long size = 0;
    int found;
    do { /* blocks of other kinds before it, such as parameters, are passed over */
        OPENSSL_free(name), OPENSSL_free(header), OPENSSL_free(der);
        name = header = NULL, der = NULL;
        found = PEM_read_bio(input, &name, &header, &der, &size);
    } while (found == 1 && strcmp(name, kinds[kind].name) != 0);
    OPENSSL_free(name), OPENSSL_free(header);
    BIO_free(input);
    if (found != 1)
        return crypto_fault(fault, TRUC_E_CRYPTO, kinds[kind].reading);
    *ret_der = der;
    *ret_size = (size_t)size;
    return 0;
}
