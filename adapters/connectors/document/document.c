/* document.c - see document.h: reading all formats, and writing JSON.
 * Writing SOAP is truc-http's (http_soap_write.c).
 * In the flow: used by both directions of a connector. */
#include "document.h"

#include <libxml/parser.h>

#include "fault.h"

enum { XML_READER_OPTIONS = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA };

static int read_json(struct bytes body, json_t **ret_tree, struct truc_fault *fault)
{
    json_error_t error = {.line = 0};
    json_t *tree =
        body.size ? json_loadb((const char *)body.data, body.size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error)
                  : json_null();
    if (!tree) {
        fault_set(fault, TRUC_E_PAYLOAD, "the body is not JSON"); /* jansson's text quotes the content */
        fault_where(fault, "line %d, column %d", error.line, error.column);
        return TRUC_E_PAYLOAD;
    }
    *ret_tree = tree;
    return 0;
}

struct xml_reading {
    unsigned nodes;
    struct truc_fault *fault;
};

static int xml_limit(struct xml_reading *reading, const char *text)
{
    return fault_set(reading->fault, TRUC_E_PAYLOAD, "%s", text);
}

static int element(struct xml_reading *reading, const xmlNode *node, unsigned depth, json_t **ret_value);

/* The second element of a name makes a list of both. */
static int add_child(json_t *object, const char *name, json_t *value)
{
    json_t *old = json_object_get(object, name);
    if (!old)
        return json_object_set_new(object, name, value);
    if (json_is_array(old))
        return json_array_append_new(old, value);
    json_t *list = json_array();
    if (!list || json_array_append(list, old) < 0 || json_array_append_new(list, value) < 0) {
        json_decref(list);
        return -1;
    }
    return json_object_set_new(object, name, list);
}

static int children(struct xml_reading *reading, const xmlNode *node, unsigned depth, json_t *object)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        json_t *value = NULL;
        int result = element(reading, child, depth + 1, &value);
        if (result < 0)
            return result;
        if (add_child(object, (const char *)child->name, value) < 0)
            return fault_set(reading->fault, TRUC_E_MEMORY, "no memory for an XML document");
    }
    return 0;
}

static bool is_nil(const xmlNode *node)
{
    for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        if (strcmp((const char *)attribute->name, "nil") == 0 && attribute->children && attribute->children->content)
            return strcmp((const char *)attribute->children->content, "true") == 0;
    }
    return false;
}

static int text_of(struct xml_reading *reading, const xmlNode *node, json_t **ret_value)
{
    BUFFER_CLEANUP struct buffer text = {.size_max = DOCUMENT_BYTES_MAX};
    for (const xmlNode *child = node->children; child; child = child->next) {
        if ((child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) && child->content)
            buffer_append_string(&text, (const char *)child->content);
        else if (child->type == XML_ENTITY_REF_NODE)
            return xml_limit(reading, "the XML refers to an entity");
    }
    json_t *value = buffer_failed(&text) ? NULL : json_stringn(text.size ? (const char *)text.data : "", text.size);
    if (!value)
        return fault_set(reading->fault, TRUC_E_MEMORY, "no memory for an XML text");
    *ret_value = value;
    return 0;
}

static int element(struct xml_reading *reading, const xmlNode *node, unsigned depth, json_t **ret_value)
{
    if (depth > DOCUMENT_XML_DEPTH_MAX || ++reading->nodes > DOCUMENT_XML_NODES_MAX)
        return xml_limit(reading, "the XML is too deep or has too many elements");
    if (is_nil(node)) {
        *ret_value = json_null();
        return 0;
    }
    if (!xmlFirstElementChild((xmlNode *)(uintptr_t)node))
        return text_of(reading, node, ret_value);
    json_t *object = json_object();
    int result =
        object ? children(reading, node, depth, object) : fault_set(reading->fault, TRUC_E_MEMORY, "no memory for XML");
    if (result < 0)
        json_decref(object);
    else
        *ret_value = object;
    return result;
}

static const xmlNode *child_named(const xmlNode *node, const char *name)
{
    const xmlNode *child = node ? node->children : NULL;
    while (child && (child->type != XML_ELEMENT_NODE || strcmp((const char *)child->name, name) != 0))
        child = child->next;
    return child;
}

/* {@name: content of @node} */
static int named(const char *name, const xmlNode *node, json_t **ret_tree, struct truc_fault *fault)
{
    struct xml_reading reading = {.fault = fault};
    json_t *content = NULL, *tree = json_object();
    int result = tree ? element(&reading, node, 0, &content) : fault_set(fault, TRUC_E_MEMORY, "no memory for XML");
    if (result == 0 && json_object_set_new(tree, name, content) < 0)
        result = fault_set(fault, TRUC_E_MEMORY, "no memory for XML");
    if (result < 0)
        json_decref(tree);
    else
        *ret_tree = tree;
    return result;
}

static int read_envelope(const xmlNode *root, json_t **ret_tree, struct truc_fault *fault)
{
    struct xml_reading reading = {.fault = fault};
    if (strcmp((const char *)root->name, "Envelope") != 0)
        return fault_set(fault, TRUC_E_PAYLOAD, "the XML is no SOAP envelope");
    const xmlNode *body = child_named(root, "Body");
    const xmlNode *first = body ? xmlFirstElementChild((xmlNode *)(uintptr_t)body) : NULL;
    if (!first)
        return fault_set(fault, TRUC_E_PAYLOAD, "the SOAP envelope has no content");
    if (strcmp((const char *)first->name, "Fault") != 0)
        return element(&reading, first, 0, ret_tree);
    return named("Fault", first, ret_tree, fault);
}

static int read_root(enum document_format format, const xmlDoc *document, json_t **ret_tree, struct truc_fault *fault)
{
    const xmlNode *root = xmlDocGetRootElement(document);
    if (document->intSubset)
        return fault_set(fault, TRUC_E_PAYLOAD, "the XML has a DTD");
    if (!root)
        return fault_set(fault, TRUC_E_PAYLOAD, "the XML has no element");
    return format == DOCUMENT_FORMAT_SOAP ? read_envelope(root, ret_tree, fault)
                                          : named((const char *)root->name, root, ret_tree, fault);
}

static int read_xml(enum document_format format, struct bytes body, json_t **ret_tree, struct truc_fault *fault)
{
    /* whatever encoding it claims: its bounds were seen in the bytes that are read */
    xmlDoc *document = xmlReadMemory((const char *)body.data, (int)body.size, NULL, "UTF-8", XML_READER_OPTIONS);
    if (!document) {
        const xmlError *error = xmlGetLastError();
        fault_set(fault, TRUC_E_PAYLOAD, "the body is not XML");
        fault_where(fault, "line %d, column %d", error ? error->line : 0, error ? error->int2 : 0);
        return TRUC_E_PAYLOAD;
    }
    int result = read_root(format, document, ret_tree, fault);
    xmlFreeDoc(document);
    return result;
}

int document_read(enum document_format format, struct bytes body, json_t **ret_tree, struct truc_fault *fault)
{
    if (body.size > DOCUMENT_BYTES_MAX)
        return fault_set(fault, TRUC_E_TOO_LARGE, "a body of more than %d bytes", DOCUMENT_BYTES_MAX);
    const char *excess = format == DOCUMENT_FORMAT_JSON ? document_json_excess(body) : document_xml_excess(body);
    if (excess)
        return fault_set(fault, TRUC_E_PAYLOAD, "%s", excess);
    return format == DOCUMENT_FORMAT_JSON ? read_json(body, ret_tree, fault) : read_xml(format, body, ret_tree, fault);
}

static int dump(const char *text, size_t size, void *context)
{
    struct buffer *out = context;
    buffer_append(out, text, size);
    return buffer_failed(out) ? -1 : 0;
}

int document_write_json(const json_t *tree, struct buffer *out, struct truc_fault *fault)
{
    if (json_dump_callback(tree, dump, out, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a JSON body");
    return 0;
}
