/* far_soap.h - the population database's messages: SOAP 1.1 with X-Road headers, read strictly, written by hand.
 * Bytes in, values out: no HTTP, no register. README.md, "population", states the format.
 * X-Road: Message Protocol v4.0 (namespaces xroad.xsd and identifiers). */
#ifndef FAR_SOAP_H
#define FAR_SOAP_H

#include "far_registry.h"

#include <buffer.h>

enum { FAR_SOAP_TEXT_BYTES_MAX = 400, FAR_SOAP_DEPTH_MAX = 32 };

struct far_soap_identifier { /* of xro:client and xro:service, in this order; empty texts when absent */
    char instance[32], member_class[32], member_code[64], subsystem[64], service[64];
};

struct far_soap_request {
    struct far_soap_identifier client, service;
    char message_id[FAR_SOAP_TEXT_BYTES_MAX + 1], user_id[FAR_SOAP_TEXT_BYTES_MAX + 1];
    bool is_lookup;                                 /* TraCuuThongTinCongDan; else XacThucThongTinCongDan */
    char request_code[FAR_SOAP_TEXT_BYTES_MAX + 1]; /* MaYeuCau */
    char procedure[FAR_SOAP_TEXT_BYTES_MAX + 1];    /* MaDVC */
    char officer[FAR_SOAP_TEXT_BYTES_MAX + 1];      /* MaCanBo */
    char agency[FAR_SOAP_TEXT_BYTES_MAX + 1];       /* MaDonVi */
    struct far_query query;
};

/* `detail/Loi/Ma` of a fault. */
enum far_soap_error {
    FAR_SOAP_OK = 0,
    FAR_SOAP_MALFORMED = 1,
    FAR_SOAP_ELEMENT = 2, /* missing, out of order, or with an impossible value */
    FAR_SOAP_HEADER = 3,
    FAR_SOAP_PROCEDURE = 4,
    FAR_SOAP_OFFICER = 5,
    FAR_SOAP_OWN = 999, /* the provider's own trouble: repeat later */
};

/* FAR_SOAP_OK, or the error with its reason in fault->text and the element in fault->where. What was read until then is
 * in `request`, for the message log. */
enum far_soap_error far_soap_read(struct bytes body, struct far_soap_request *request, struct truc_fault *fault);

/* Appends answers. `citizen` NULL: not found or mismatch. */
void far_soap_write_verify(const struct far_soap_request *request, bool exists, struct buffer *out);
void far_soap_write_lookup(const struct far_soap_request *request, const struct far_citizen *citizen,
                           struct buffer *out);
void far_soap_write_fault(enum far_soap_error error, const char *text, const char *where, struct buffer *out);

#endif
