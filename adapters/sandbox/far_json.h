/* far_json.h - the little of JSON the far sides share: strict bodies in, fields by name, answers out.
 * A layer over jansson; knows no message. */
#ifndef FAR_JSON_H
#define FAR_JSON_H

#include "far_server.h"

#include <jansson.h>

enum { FAR_FIELD_BYTES_MAX = 4000, FAR_CODE_BYTES_MAX = 64 };

/* The body as an object the caller owns, or NULL with PAYLOAD in `fault` (where: line:column). Duplicate keys are
 * refused: two readers would disagree on which one holds. */
json_t *far_json_object(struct bytes body, struct truc_fault *fault);
/* Compact text appended to `out`, keys in the order they were set. */
int far_json_append(const json_t *value, struct buffer *out);

/* PAYLOAD with a text and the place; always returns PAYLOAD, also for a NULL fault. */
int far_json_refuse(struct truc_fault *fault, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A text field, or a whole number as text in `scratch`; NULL when absent, empty or of another type. */
enum { FAR_NUMBER_TEXT_BYTES = 24 };
const char *far_json_text(const json_t *object, const char *name, char scratch[FAR_NUMBER_TEXT_BYTES]);
/* A required text of at most `size_max` bytes, copied 0-terminated into `out` (size_max + 1 bytes).
 * PAYLOAD with the field's name in where. */
int far_json_need(const json_t *object, const char *name, char *out, size_t size_max, struct truc_fault *fault);
/* A required dossier status 1..10. */
int far_json_need_status(const json_t *object, const char *name, int *ret_status, struct truc_fault *fault);
/* A required time yyyyMMddHHmmss that exists. */
int far_json_need_time(const json_t *object, const char *name, char out[15], struct truc_fault *fault);

/* {"error_code":"0","message":"thành công"} with status 200. */
void far_answer_done(struct far_answer *answer);
/* {"error_code":code,"message":text,"where":field}; `where` may be empty. */
void far_answer_error(struct far_answer *answer, unsigned status, const char *error_code, const char *message,
                      const char *where);
/* PAYLOAD and ARGUMENT → 400 "1"; anything else → 503 "UNAVAILABLE": the far side's own trouble, to be repeated. */
void far_answer_fault(struct far_answer *answer, const struct truc_fault *fault);
/* Sends `value` (takes it over) with `status`; a NULL value becomes a 503. */
void far_answer_json(struct far_answer *answer, unsigned status, json_t *value);

/* X-Message-Id, or "body:" and the body's SHA-256 in hex when the header is absent. */
enum { FAR_MESSAGE_ID_BYTES_MAX = 200 };
int far_message_id(const struct far_request *request, char out[FAR_MESSAGE_ID_BYTES_MAX + 1], struct truc_fault *fault);

#endif
