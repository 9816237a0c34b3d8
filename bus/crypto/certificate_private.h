/* certificate_private.h - how the files about certificates read OpenSSL's names, times and rules.
 * Not for other folders: outside bus/crypto nobody sees OpenSSL.
 * certificate.c reads and judges certificates with it, revocation_list.c lists of them. */
#ifndef TRUC_CERTIFICATE_PRIVATE_H
#define TRUC_CERTIFICATE_PRIVATE_H

#include "certificate.h"

#include <openssl/x509.h>

/* OpenSSL's form; NULL when it can't be made. `ret_end`: behind the last byte read. Freed by the caller. */
X509 *certificate_x509(struct bytes der, const uint8_t **ret_end);
/* UTC ns; 0 before 1970 and UINT64_MAX after 2554. TRUC_E_CRYPTO when it is no time. */
int certificate_time(const ASN1_TIME *time, uint64_t *ret_time_ns);
/* Whether certificates and lists may be signed so: no SHA-1, no MD5, nothing unusual. */
bool certificate_signature_is_strong(int signature_nid);
enum pem_kind { PEM_CERTIFICATE, PEM_REVOCATION_LIST };
/* The bytes of the text's only PEM block of this kind; others before it are passed over. TRUC_E_CRYPTO when there is none or more
 * than one. Freed by the caller with OPENSSL_free. */
int pem_read_only(struct bytes pem, enum pem_kind kind, uint8_t **ret_der, size_t *ret_size, struct truc_fault *fault);

#endif
