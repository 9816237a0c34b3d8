/* files_outbound.c - see files_outbound.h.
 * The content is JSON with a line's end behind it.
 * In the flow: called once a delivery. */
#include "files_outbound.h"

#include "fault.h"
#include "mapping_functions.h"
#include "mapping_payload.h"
#include "text.h"

static int wrong_name(struct truc_fault *fault, const struct mapping_expression *source, const char *text)
{
    fault_set(fault, TRUC_E_PAYLOAD, "%s", text);
    if (source)
        fault_where(fault, "%s", mapping_expression_source(source));
    return TRUC_E_PAYLOAD;
}

static int append_value(const struct mapping_expression *expression, const struct mapping_values *values,
                        struct buffer *name, struct truc_fault *fault)
{
    json_t *value = NULL;
    size_t before = name->size;
    int result = mapping_expression_evaluate(expression, values, &value, fault);
    if (result < 0)
        return result;
    mapping_append_scalar(value, name);
    json_decref(value);
    if (!buffer_failed(name) && name->size == before)
        return wrong_name(fault, expression, "a value of the file's name is missing");
    if (!buffer_failed(name) && memchr(name->data + before, '/', name->size - before))
        return wrong_name(fault, expression, "a value makes the file's name lead elsewhere");
    return 0;
}

static int make_name(const struct files_serve *serve, const struct mapping_values *values,
                     char ret_name[FILES_NAME_BYTES_MAX + 1], struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer name = {.size_max = FILES_NAME_BYTES_MAX};
    int result = 0;
    for (size_t i = 0; result == 0 && i < serve->name.count; i++) {
        const struct connector_piece *piece = &serve->name.pieces[i];
        if (piece->text)
            buffer_append_string(&name, piece->text);
        else
            result = append_value(piece->expression, values, &name, fault);
    }
    if (result < 0)
        return result;
    if (buffer_failed(&name) == TRUC_E_MEMORY)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a file's name");
    if (buffer_failed(&name) || !name.size || name.data[0] == '.' || text_has_control(buffer_view(&name)) ||
        memchr(name.data, 0, name.size) || !text_is_utf8(buffer_view(&name)))
        return wrong_name(fault, NULL,
                          "this is no name for a file: 1 to 200 bytes, no dot at its beginning, no "
                          "control character");
    memcpy(ret_name, name.data, name.size);
    ret_name[name.size] = 0;
    return 0;
}

int files_outbound_make(const struct files_adapter *adapter, const struct files_serve *serve, json_t *header,
                        struct bytes payload, char ret_name[FILES_NAME_BYTES_MAX + 1], struct buffer *content,
                        struct truc_fault *fault)
{
    struct mapping_values values = {0};
    json_t *body = NULL, *tree = NULL;
    int result = mapping_payload_read(serve->message, payload, &body, fault);
    values.roots[FILES_SERVE_BODY] = body;
    values.roots[FILES_SERVE_HEADER] = header;
    values.roots[FILES_SERVE_SETTING] = adapter->common.settings;
    if (result == 0)
        result = make_name(serve, &values, ret_name, fault);
    if (result == 0)
        result = mapping_template_run(serve->content, &values, &tree, fault);
    if (result == 0)
        result = document_write_json(tree, content, fault);
    if (result == 0)
        buffer_append_byte(content, '\n');
    json_decref(tree);
    json_decref(body);
    return result == 0 && buffer_failed(content) ? fault_set(fault, TRUC_E_MEMORY, "no memory for a file") : result;
}
