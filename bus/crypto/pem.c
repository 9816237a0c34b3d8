/* pem.c - finds the one block of a kind in a PEM text (RFC 7468).
 * Not what is in it: certificates and revocation lists read their own bytes.
 * Strict where it counts: two blocks of the kind are a mistake, not a choice. */
#include "certificate_private.h"
#include "signing_private.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

enum { PEM_MARK_BYTES = 64 };

int pem_read_only(struct bytes pem, const char *kind, const char *what, uint8_t **ret_der, size_t *ret_size,
                  struct truc_fault *fault)
{
    char mark[PEM_MARK_BYTES];
    size_t mark_size = (size_t)snprintf(mark, sizeof mark, "-----BEGIN %s-----", kind);
    const uint8_t *first = pem.size ? memmem(pem.data, pem.size, mark, mark_size) : NULL;
    if (first == NULL || pem.size > INT_MAX)
        return fault_set(fault, TRUC_E_CRYPTO, "%s: the text holds no '%s'", what, mark);
    size_t behind = pem.size - (size_t)(first + 1 - pem.data);
    if (memmem(first + 1, behind, mark, mark_size) != NULL)
        return fault_set(fault, TRUC_E_CRYPTO, "%s: the text holds more than one; give each its own file", what);
    BIO *input = BIO_new_mem_buf(pem.data, (int)pem.size);
    if (input == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory to read a %s", what);
    char *name = NULL, *header = NULL;
    uint8_t *der = NULL;
    long size = 0;
    int found;
    do { /* blocks of other kinds before it, such as parameters, are passed over */
        OPENSSL_free(name), OPENSSL_free(header), OPENSSL_free(der);
        name = header = NULL, der = NULL;
        found = PEM_read_bio(input, &name, &header, &der, &size);
    } while (found == 1 && strcmp(name, kind) != 0);
    OPENSSL_free(name), OPENSSL_free(header);
    BIO_free(input);
    if (found != 1) {
        char reading[PEM_MARK_BYTES];
        snprintf(reading, sizeof reading, "%s: reading PEM", what);
        return crypto_fault(fault, TRUC_E_CRYPTO, reading);
    }
    *ret_der = der;
    *ret_size = (size_t)size;
    return 0;
}
