/* http_far_side_load.c - the far-side: section: where it is, how we show who we are, what stands around each request.
 * Secrets appear in no fault and no log (http_secret.c).
 * In the flow: called by http_load.c. */
#include "fault.h"
#include "http_load.h"
#include "http_secret.h"
#include "connector_records.h"
#include "time_text.h"

static const struct mapping_member call_members[] = {
    {"service", {.kind = MAPPING_TEXT}},
    {"name", {.kind = MAPPING_TEXT}},
};
/* `call` in an envelope. */
static const struct mapping_record call_record = {"the call", call_members, 2};

static int load_auth(const struct http_load *load, const struct http_file_auth *file, struct http_far_side *far_side)
{
    const struct typed_value *way = file->bearer.node ? &file->bearer : file->basic.node ? &file->basic : &file->header;
    bool one = (file->bearer.node != NULL) + (file->basic.node != NULL) + (file->header.node != NULL) == 1;
    if (!one)
        return connector_load_fail(&load->common, file->node, "bearer, basic or header", "auth names exactly one way");
    const struct http_file_secret *secret = way->objects;
    far_side->auth = way == &file->bearer ? HTTP_AUTH_BEARER : way == &file->basic ? HTTP_AUTH_BASIC : HTTP_AUTH_HEADER;
    far_side->auth_name = far_side->auth == HTTP_AUTH_BASIC ? secret->user.text : secret->name.text;
    if (far_side->auth != HTTP_AUTH_BEARER && !far_side->auth_name)
        return connector_load_fail(&load->common, secret->node, "basic wants user, header wants name",
                                   "a name is missing");
    return http_load_secret(&load->common, &secret->file, &far_side->auth_secret);
}

static int load_namespaces(const struct http_load *load, const struct yaml_node *map, struct http_far_side *far_side)
{
    if (map->kind != YAML_MAP)
        return connector_load_fail(&load->common, map, "write prefix: namespace", "namespaces are a map");
    for (const struct yaml_node *key = map->first; key; key = key->next) {
        if (far_side->namespace_count == HTTP_NAMESPACES_MAX || key->value->kind != YAML_TEXT)
            return connector_load_fail(&load->common, key, "prefix: namespace, at most 16", "no more namespaces here");
        far_side->namespaces[far_side->namespace_count++] =
            (struct http_namespace){(const char *)key->text.data, (const char *)key->value->text.data};
    }
    return 0;
}

static int envelope_scope(const struct http_load *load, struct mapping_scope *scope)
{
    struct mapping_type header = {.kind = MAPPING_RECORD, .record = &connector_header_record};
    struct mapping_type call = {.kind = MAPPING_RECORD, .record = &call_record};
    *scope = (struct mapping_scope){.tables = &load->adapter->common.tables};
    mapping_scope_add(scope, "request", mapping_type_of(MAPPING_ANY));
    mapping_scope_add(scope, "header", header);
    mapping_scope_add(scope, "setting", connector_load_setting_type(&load->common));
    return mapping_scope_add(scope, "call", call);
}

static int load_soap(const struct http_load *load, const struct http_file_soap *file, const struct mapping_scope *scope,
                     struct http_far_side *far_side)
{
    struct mapping_type any = mapping_type_of(MAPPING_ANY);
    int result = 0;
    if (file->namespaces.node)
        result = load_namespaces(load, file->namespaces.node, far_side);
    far_side->body_namespace = file->body_namespace.text;
    if (result == 0 && file->header.node)
        result = connector_load_template(&load->common, file->header.node, scope, &any, &far_side->soap_header);
    return result;
}

static int load_url(const struct http_load *load, const struct http_file_far_side *file, struct http_far_side *far_side)
{
    const char *override = connector_load_override(&load->common, "far-side.url");
    const char *url = override ? override : file->url.text;
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return connector_load_fail(&load->common, file->url.node, "http://… or https://…",
                                   "the far side's url is none");
    struct bytes text = bytes_string(url);
    while (text.size && text.data[text.size - 1] == '/')
        text.size--;
    far_side->url = arena_string(&load->adapter->common.arena, text);
    return far_side->url ? 0 : connector_load_no_memory(&load->common);
}

int http_load_far_side(struct http_load *load)
{
    struct http_far_side *far_side = &load->adapter->far_side;
    const struct http_file_far_side *file = load->far_side;
    struct mapping_type any = mapping_type_of(MAPPING_ANY);
    struct mapping_scope scope;
    *far_side =
        (struct http_far_side){.url = "", .timeout_ms = HTTP_TIMEOUT_DEFAULT_MS, .in_flight = HTTP_IN_FLIGHT_DEFAULT};
    if (!file)
        return 0;
    envelope_scope(load, &scope);
    if (file->timeout.node)
        far_side->timeout_ms = (uint32_t)(file->timeout.number / TIME_NS_PER_MS);
    if (file->in_flight.node)
        far_side->in_flight = (uint32_t)file->in_flight.number;
    if (file->format.node)
        far_side->format = (enum document_format)file->format.number;
    int result = load_url(load, file, far_side);
    if (result == 0 && file->auth.node)
        result = load_auth(load, file->auth.objects, far_side);
    if (result == 0 && file->envelope.node)
        result = connector_load_template(&load->common, file->envelope.node, &scope, &any, &far_side->envelope);
    if (result == 0 && file->headers.node)
        result = http_load_headers(load, file->headers.node, &scope, far_side->headers, &far_side->header_count);
    if (result == 0 && file->soap.node)
        result = load_soap(load, file->soap.objects, &scope, far_side);
    return result;
}
