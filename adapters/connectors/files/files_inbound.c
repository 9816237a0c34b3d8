/* files_inbound.c - see files_inbound.h.
 * The first entry whose name fits and whose `when` holds; the content is read once a format.
 * In the flow: name, content -> entry -> connector_message. */
#include "files_inbound.h"

#include <fnmatch.h>

#include "encode.h"
#include "fault.h"
#include "sha256.h"

static const struct mapping_member file_members[] = {
    {"name", {.kind = MAPPING_TEXT}},
    {"size", {.kind = MAPPING_INTEGER}},
    {"modified", {.kind = MAPPING_TIME}},
    {"digest", {.kind = MAPPING_TEXT}},
};
const struct mapping_record files_file_record = {"the file", file_members, 4};

void files_inbound_free(struct files_inbound *inbound)
{
    connector_message_free(&inbound->message);
    *inbound = (struct files_inbound){0};
}

static int describe(const struct files_incoming *incoming, json_t **ret_file, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer digest = {0};
    struct sha256_digest hash = sha256_of(incoming->content);
    hex_append(&digest, sha256_view(&hash));
    const char *text = buffer_string(&digest);
    *ret_file =
        text ? json_pack("{s:s, s:I, s:I, s:s}", "name", incoming->name, "size", (json_int_t)incoming->content.size,
                         "modified", (json_int_t)incoming->modified_ns, "digest", text)
             : NULL;
    return *ret_file ? 0 : fault_set(fault, TRUC_E_MEMORY, "no memory for a file");
}

/* The entry that takes it; @values' content is the tree as that entry reads it. */
static int find_entry(const struct files_adapter *adapter, const struct files_incoming *incoming, json_t **tree,
                      struct mapping_values *values, const struct files_accept **ret_accept, struct truc_fault *fault)
{
    const struct files_accept *read_as = NULL;
    bool is_named = false;
    for (size_t i = 0; i < adapter->accept_count; i++) {
        const struct files_accept *accept = adapter->accepts[i];
        bool holds = true;
        int result = 0;
        if (fnmatch(accept->name, incoming->name, 0) != 0)
            continue;
        is_named = true;
        if (!read_as || read_as->format != accept->format) {
            json_decref(*tree);
            *tree = NULL;
            result = document_read(accept->format, incoming->content, tree, fault);
        }
        read_as = accept;
        values->roots[FILES_ACCEPT_CONTENT] = *tree;
        if (result == 0 && accept->when)
            result = mapping_expression_holds(accept->when, values, &holds, fault);
        if (result < 0)
            return result;
        if (!holds)
            continue;
        *ret_accept = accept;
        return 0;
    }
    return fault_set(fault, TRUC_E_NOT_FOUND, "%s",
                     is_named ? "no accepts: entry of this name takes this content"
                              : "no accepts: entry takes a file of this name");
}

int files_inbound_make(const struct files_adapter *adapter, const struct files_incoming *incoming,
                       struct files_inbound *ret_inbound, struct truc_fault *fault)
{
    struct files_inbound *inbound = ret_inbound;
    struct mapping_values values = {0};
    json_t *tree = NULL, *file = NULL;
    *inbound = (struct files_inbound){0};
    int result = describe(incoming, &file, fault);
    values.roots[FILES_ACCEPT_FILE] = file;
    values.roots[FILES_ACCEPT_SETTING] = adapter->common.settings;
    if (result == 0)
        result = find_entry(adapter, incoming, &tree, &values, &inbound->accept, fault);
    if (result == 0) {
        result = connector_message_make(&adapter->common, &inbound->accept->form, &values, &inbound->message, fault);
        inbound->is_classified = result != TRUC_E_SECRET;
    }
    json_decref(tree);
    json_decref(file);
    return result;
}
