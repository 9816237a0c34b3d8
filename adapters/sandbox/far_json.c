/* far_json.c - jansson behind far_json.h, and the one shape of answers in JSON.
 * See README.md, "Common rules". */
#include "far_json.h"

#include <encode.h>
#include <fault.h>
#include <sha256.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time_text.h>

json_t *far_json_object(struct bytes body, struct truc_fault *fault)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)body.data, body.size, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        fault_set(fault, TRUC_E_PAYLOAD, "không phải JSON: %s", error.text);
        fault_where(fault, "%d:%d", error.line, error.column);
        return NULL;
    }
    if (json_is_object(root))
        return root;
    json_decref(root);
    fault_set(fault, TRUC_E_PAYLOAD, "không phải một đối tượng JSON");
    fault_where(fault, "1:1");
    return NULL;
}

int far_json_append(const json_t *value, struct buffer *out)
{
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (!text)
        return TRUC_E_MEMORY;
    buffer_append_string(out, text);
    free(text);
    return buffer_failed(out);
}

const char *far_json_text(const json_t *object, const char *name, char scratch[FAR_NUMBER_TEXT_BYTES])
{
    const json_t *value = json_object_get(object, name);
    if (json_is_integer(value)) {
        snprintf(scratch, FAR_NUMBER_TEXT_BYTES, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return scratch;
    }
    const char *text = json_string_value(value);
    return text && *text ? text : NULL;
}

int far_json_refuse(struct truc_fault *fault, const char *where, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fault_vset(fault, TRUC_E_PAYLOAD, format, arguments);
    va_end(arguments);
    fault_where(fault, "%s", where);
    return TRUC_E_PAYLOAD;
}

int far_json_need(const json_t *object, const char *name, char *out, size_t size_max, struct truc_fault *fault)
{
    char scratch[FAR_NUMBER_TEXT_BYTES];
    const char *text = far_json_text(object, name, scratch);
    if (!text)
        return far_json_refuse(fault, name, "thiếu %s", name);
    if (strlen(text) > size_max)
        return far_json_refuse(fault, name, "%s dài quá %zu byte", name, size_max);
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

int far_json_need_status(const json_t *object, const char *name, int *ret_status, struct truc_fault *fault)
{
    char text[3];
    int result = far_json_need(object, name, text, sizeof text - 1, fault);
    if (result < 0)
        return result;
    for (int status = 1; status <= 10; status++) {
        char expected[3];
        snprintf(expected, sizeof expected, "%d", status);
        if (strcmp(text, expected) == 0) {
            *ret_status = status;
            return 0;
        }
    }
    return far_json_refuse(fault, name, "%s phải từ 1 đến 10, không phải '%s'", name, text);
}

int far_json_need_time(const json_t *object, const char *name, char out[15], struct truc_fault *fault)
{
    char text[15];
    int result = far_json_need(object, name, text, 14, fault);
    if (result < 0)
        return result;
    uint64_t time_ns;
    if (strlen(text) != 14 || time_parse_compact(bytes_string(text), 0, &time_ns) < 0)
        return far_json_refuse(fault, name, "%s phải là yyyyMMddHHmmss, không phải '%s'", name, text);
    memcpy(out, text, sizeof text);
    return 0;
}

void far_answer_json(struct far_answer *answer, unsigned status, json_t *value)
{
    buffer_clear(&answer->body);
    answer->status = status;
    if (far_json_append(value, &answer->body) < 0) {
        buffer_clear(&answer->body);
        answer->status = 503;
        buffer_append_string(&answer->body, "{\"error_code\":\"UNAVAILABLE\",\"message\":\"hết bộ nhớ\"}");
    }
    json_decref(value);
}

void far_answer_done(struct far_answer *answer)
{
    far_answer_json(answer, 200, json_pack("{s:s, s:s}", "error_code", "0", "message", "thành công"));
}

void far_answer_error(struct far_answer *answer, unsigned status, const char *error_code, const char *message,
                      const char *where)
{
    json_t *value = json_pack("{s:s, s:s}", "error_code", error_code, "message", message);
    if (value && *where)
        json_object_set_new(value, "where", json_string(where));
    far_answer_json(answer, status, value);
}

void far_answer_fault(struct far_answer *answer, const struct truc_fault *fault)
{
    if (fault->code == TRUC_E_PAYLOAD || fault->code == TRUC_E_ARGUMENT)
        far_answer_error(answer, 400, "1", fault->text, fault->where);
    else
        far_answer_error(answer, 503, "UNAVAILABLE", fault->text, fault->where);
}

int far_message_id(const struct far_request *request, char out[FAR_MESSAGE_ID_BYTES_MAX + 1], struct truc_fault *fault)
{
    const char *given = far_request_header(request, "X-Message-Id");
    size_t size = strlen(given);
    if (size > FAR_MESSAGE_ID_BYTES_MAX)
        return far_json_refuse(fault, "X-Message-Id", "X-Message-Id dài quá %d byte", FAR_MESSAGE_ID_BYTES_MAX);
    if (size > 0) {
        memcpy(out, given, size + 1);
        return 0;
    }
    struct sha256_digest digest = sha256_of(request->body);
    BUFFER_CLEANUP struct buffer text = {0};
    buffer_append_string(&text, "body:");
    hex_append(&text, sha256_view(&digest));
    const char *id = buffer_string(&text);
    if (!id)
        return fault_set(fault, TRUC_E_MEMORY, "hết bộ nhớ");
    snprintf(out, FAR_MESSAGE_ID_BYTES_MAX + 1, "%s", id);
    return 0;
}
