/* fuzz_certificate.c - any bytes as certificates, revocation lists and keys, DER and PEM (RFC 5280, RFC 5958).
 * What is accepted is the same after it was written as PEM and read again.
 * A fuzz target, see fuzz.h. */
#include "certificate.h"
#include "fuzz.h"
#include "revocation_list.h"

static void try_certificate(struct certificate *certificate)
{
    struct certificate again;
    struct truc_fault fault;
    BUFFER_CLEANUP struct buffer pem = {0};
    FUZZ_REQUIRE(certificate_append_pem(certificate, &pem, &fault) == 0);
    FUZZ_REQUIRE(certificate_from_pem(buffer_view(&pem), &again, &fault) == 0);
    FUZZ_REQUIRE(bytes_equal(certificate_der(certificate), certificate_der(&again)));
    FUZZ_REQUIRE(strcmp(certificate->subject, again.subject) == 0 && strcmp(certificate->uri, again.uri) == 0);
    (void)certificate_check_chain(certificate, &again, certificate->not_before_ns, &fault);
    certificate_clear(&again);
    certificate_clear(certificate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = bytes_of(data, size);
    struct certificate certificate;
    struct revocation_list list;
    struct verify_key key;
    struct signing_key *secret;
    struct truc_fault fault;
    if (certificate_from_der(input, &certificate, &fault) == 0)
        try_certificate(&certificate);
    if (certificate_from_pem(input, &certificate, &fault) == 0)
        try_certificate(&certificate);
    if (revocation_list_from_pem(input, &list, &fault) == 0)
        revocation_list_clear(&list);
    if (verify_key_from_der(input, &key, &fault) == 0) {
        FUZZ_REQUIRE(bytes_equal(verify_key_der(&key), input));
        verify_key_clear(&key);
    }
    if (signing_key_from_pem(input, &secret, &fault) == 0)
        signing_key_free(secret);
    return 0;
}
