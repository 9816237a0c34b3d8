/* issuers.c - takes a file of certificates apart, and finds the one that issued another.
 * What makes a certificate good is certificate.c's to say.
 * See issuers.h. */
#include "issuers.h"

static const char end_mark[] = "-----END CERTIFICATE-----";

/* Takes the text up to the end of its first certificate. False: there is no further one. */
static bool take_block(struct bytes *text, struct bytes *ret_block)
{
    const uint8_t *end = text->size ? memmem(text->data, text->size, end_mark, sizeof end_mark - 1) : NULL;
    if (end == NULL)
        return false;
    size_t size = (size_t)(end - text->data) + sizeof end_mark - 1;
    *ret_block = bytes_of(text->data, size);
    *text = bytes_of(text->data + size, text->size - size);
    return true;
}

static int add(struct issuers *issuers, struct bytes block, struct truc_fault *fault)
{
    if (issuers->count == ISSUERS_MAX)
        return fault_set(fault, TRUC_E_LIMIT, "more than %d certificates of one authority", ISSUERS_MAX);
    struct certificate *certificate = &issuers->list[issuers->count];
    int code = certificate_from_pem(block, certificate, fault);
    if (code < 0)
        return code;
    issuers->count++;
    for (size_t i = 0; i + 1 < issuers->count; i++)
        if (memcmp(&issuers->list[i].key.id, &certificate->key.id, sizeof certificate->key.id) == 0)
            return fault_set(fault, TRUC_E_CRYPTO, "certificate: the key of '%s' is listed twice",
                             certificate->subject);
    return 0;
}

int issuers_from_pem(struct bytes pem, struct issuers *ret_issuers, struct truc_fault *fault)
{
    struct issuers issuers = {.count = 0};
    struct bytes rest = pem, block;
    int code = 0;
    while (code == 0 && take_block(&rest, &block))
        code = add(&issuers, block, fault);
    if (code == 0 && (issuers.count == 0 || memmem(rest.data, rest.size, "-----BEGIN CERT", 15) != NULL))
        code = certificate_from_pem(rest, &issuers.list[issuers.count % ISSUERS_MAX],
                                    fault); /* says what is wrong with it */
    if (code < 0) {
        issuers_clear(&issuers);
        return code;
    }
    *ret_issuers = issuers;
    return 0;
}

void issuers_clear(struct issuers *issuers)
{
    if (issuers == NULL)
        return;
    for (size_t i = 0; i < issuers->count; i++)
        certificate_clear(&issuers->list[i]);
    issuers->count = 0;
}

int issuers_check(const struct issuers *issuers, const struct certificate *certificate, uint64_t at_time_ns,
                  const struct certificate **ret_issuer, struct truc_fault *fault)
{
    struct truc_fault why = {0};
    int code = TRUC_E_SIGNING_KEY;
    for (size_t i = 0; i < issuers->count; i++) {
        code = certificate_check_chain(certificate, &issuers->list[i], at_time_ns, &why);
        if (code == 0 && ret_issuer != NULL)
            *ret_issuer = &issuers->list[i];
        if (code == 0 || code == TRUC_E_MEMORY || certificate_is_issued_by(certificate, &issuers->list[i]))
            break;
        if (issuers->count > 1)
            code =
                fault_set(&why, TRUC_E_SIGNING_KEY,
                          "wrong issuer: the certificate of '%s' is by '%s', and by none of the authority's %zu keys",
                          certificate->subject, certificate->issuer, issuers->count);
    }
    if (code < 0 && fault != NULL)
        *fault = why;
    return code;
}
