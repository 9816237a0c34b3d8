/* files_case.c - see files_case.h: one case, inbound ("file") or outbound ("serves").
 * Files and directories of cases are connector_cases.c's, what all cases share connector_case.c's.
 * In the flow: given -> files_inbound or files_outbound -> actual. */
#include "files_case.h"

#include "connector_case.h"
#include "fault.h"
#include "files_fate.h"
#include "files_inbound.h"
#include "files_outbound.h"
#include "time_text.h"

static int put(json_t *actual, const char *name, json_t *value, struct truc_fault *fault)
{
    return json_object_set_new(actual, name, value) < 0 ? connector_case_no_memory(fault) : 0;
}

/* {"fate", and unless it is done "code", "where"} */
static int put_fate(int code, bool is_classified, const char *where, json_t *actual, struct truc_fault *fault)
{
    int result = put(actual, "fate", json_string(files_fate_name(files_fate_of(code, is_classified))), fault);
    if (result == 0 && code < 0)
        result = put(actual, "code", json_string(truc_error_name(code)), fault);
    return result == 0 && code < 0 && *where ? put(actual, "where", json_string(where), fault) : result;
}

static int run_content(const struct files_adapter *adapter, const json_t *given, struct bytes content, json_t *actual,
                       struct truc_fault *fault)
{
    const char *modified = json_string_value(json_object_get(given, "modified"));
    const char *refused = json_string_value(json_object_get(json_object_get(given, "bus"), "refused"));
    struct files_incoming incoming = {.name = json_string_value(json_object_get(given, "file")), .content = content};
    struct files_inbound inbound;
    struct truc_fault refusal = {0};
    if (modified && time_parse_rfc3339(bytes_string(modified), &incoming.modified_ns) < 0)
        return connector_case_wrong(fault, "modified is an instant, as 2026-11-23T07:03:07Z");
    int code = files_inbound_make(adapter, &incoming, &inbound, &refusal), result = 0;
    if (code == 0)
        result = connector_case_put_message(&inbound.message, actual, fault);
    if (code == 0 && refused) {
        int known = truc_error_from_name(refused);
        code = known ? known : TRUC_E_REJECTED;
    }
    if (result == 0)
        result = put_fate(code, inbound.is_classified, refusal.where, actual, fault);
    files_inbound_free(&inbound);
    return result;
}

static int run_file(const struct files_adapter *adapter, const json_t *given, json_t *actual, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer content = {0};
    int result = connector_case_bytes(given, &content, fault);
    return result < 0 ? result : run_content(adapter, given, buffer_view(&content), actual, fault);
}

static int put_file(const char *name, struct bytes content, json_t *actual, struct truc_fault *fault)
{
    json_t *file = json_pack("{s:s}", "name", name);
    if (file && connector_case_put_bytes(file, content) < 0) {
        json_decref(file);
        file = NULL;
    }
    return put(actual, "file", file, fault);
}

static int run_serves(const struct files_adapter *adapter, const json_t *given, json_t *actual,
                      struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer payload = {0};
    BUFFER_CLEANUP struct buffer content = {0};
    char name[FILES_NAME_BYTES_MAX + 1];
    struct truc_fault refusal = {0};
    struct connector_settlement settlement = {0};
    const struct files_serve *serve =
        files_adapter_find_serve(adapter, json_string_value(json_object_get(given, "serves")));
    if (!serve)
        return connector_case_wrong(fault, "the adapter does not serve this type");
    int result = connector_case_payload(serve->message, json_object_get(given, "body"), &payload, fault);
    if (result < 0)
        return result;
    json_t *header = connector_case_header(given);
    if (!header)
        return connector_case_wrong(fault, "no header");
    int made = files_outbound_make(adapter, serve, header, buffer_view(&payload), name, &content, &refusal);
    json_decref(header);
    if (made == 0)
        return put_file(name, buffer_view(&content), actual, fault);
    connector_settlement_fault(&settlement, &refusal);
    return connector_case_put_settlement(NULL, &settlement, actual, fault);
}

int files_case_run(const struct connector_adapter *adapter, const json_t *given, json_t *actual,
                   struct truc_fault *fault)
{
    const struct files_adapter *files = files_adapter_of(adapter);
    if (json_is_string(json_object_get(given, "file")))
        return run_file(files, given, actual, fault);
    if (json_is_string(json_object_get(given, "serves")))
        return run_serves(files, given, actual, fault);
    return connector_case_wrong(fault, "given: holds neither 'file' nor 'serves'");
}
