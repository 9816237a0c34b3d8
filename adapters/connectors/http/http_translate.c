/* http_translate.c - see http_translate.h: find the entry, read the body; then it is a message's matter.
 * Classification, mapping and naming are connector_message.c.
 * In the flow: HTTP -> this -> truc_publish or truc_ask. */
#include "http_translate.h"

#include "document.h"
#include "fault.h"

void http_translated_free(struct http_translated *translated)
{
    json_decref(translated->request);
    connector_message_free(&translated->message);
    *translated = (struct http_translated){0};
}

static struct mapping_values values_of(const struct http_adapter *adapter, const struct http_incoming *incoming,
                                       json_t *request)
{
    struct mapping_values values = {0};
    values.roots[HTTP_ACCEPT_REQUEST] = request;
    values.roots[HTTP_ACCEPT_HEADERS] = incoming->headers;
    values.roots[HTTP_ACCEPT_QUERY] = incoming->query;
    values.roots[HTTP_ACCEPT_SETTING] = adapter->common.settings;
    return values;
}

/* The first entry for the path, whatever its `when`: it says how the body is to be read. */
static int find_path(const struct http_adapter *adapter, const struct http_incoming *incoming,
                     const struct http_accept **ret_accept, struct truc_fault *fault)
{
    bool path_known = false;
    for (size_t i = 0; i < adapter->accept_count; i++) {
        const struct http_accept *accept = adapter->accepts[i];
        bool same = strcmp(accept->path, incoming->path) == 0;
        path_known = path_known || same;
        if (!same || strcmp(accept->method, incoming->method) != 0)
            continue;
        *ret_accept = accept;
        return 0;
    }
    if (path_known)
        return fault_set(fault, TRUC_E_STATE, "this path takes another method");
    return fault_set(fault, TRUC_E_NOT_FOUND, "nothing is accepted at this path");
}

static int find_entry(const struct http_adapter *adapter, const struct http_incoming *incoming,
                      struct http_translated *translated, struct truc_fault *fault)
{
    struct mapping_values values = values_of(adapter, incoming, translated->request);
    for (size_t i = 0; i < adapter->accept_count; i++) {
        const struct http_accept *accept = adapter->accepts[i];
        bool holds = true;
        if (strcmp(accept->path, incoming->path) != 0 || strcmp(accept->method, incoming->method) != 0)
            continue;
        int result = accept->when ? mapping_expression_holds(accept->when, &values, &holds, fault) : 0;
        if (result < 0)
            return result;
        if (!holds)
            continue;
        translated->accept = accept;
        return 0;
    }
    return fault_set(fault, TRUC_E_PAYLOAD, "nothing that is accepted at this path fits this body");
}

int http_translate(const struct http_adapter *adapter, const struct http_incoming *incoming,
                   struct http_translated *ret_translated, bool *ret_malformed, struct truc_fault *fault)
{
    struct http_translated *translated = ret_translated;
    *translated = (struct http_translated){0};
    *ret_malformed = false;
    int result = find_path(adapter, incoming, &translated->accept, fault);
    if (result < 0)
        return result;
    result = document_read(translated->accept->format, incoming->body, &translated->request, fault);
    *ret_malformed = result == TRUC_E_PAYLOAD;
    if (result == 0)
        result = find_entry(adapter, incoming, translated, fault);
    if (result < 0)
        return result;
    struct mapping_values values = values_of(adapter, incoming, translated->request);
    return connector_message_make(&adapter->common, &translated->accept->form, &values, &translated->message, fault);
}
