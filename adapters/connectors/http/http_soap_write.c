/* http_soap_write.c - writes SOAP 1.1 envelopes from ordered trees: real servers check the order of elements.
 * By hand, since libxml2's writer would build a tree a second time for a dozen elements.
 * In the flow: outbound calls of format soap, and SOAP answers to those who call us. */
#include "fault.h"
#include "http_soap.h"
#include "mapping_functions.h"
#include "text.h"

static int write_members(const json_t *object, struct buffer *out, unsigned depth, struct truc_fault *fault);

static bool is_name(const char *name)
{
    bool letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') || *name == '_';
    return letter && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:") == strlen(name);
}

static int write_text(const json_t *value, struct buffer *out, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer text = {.size_max = HTTP_BODY_BYTES_MAX};
    mapping_append_scalar(value, &text);
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return fault_set(fault, TRUC_E_PAYLOAD, "a text holds a control character, which XML can't carry");
        switch (c) {
        case '&':
            buffer_append_string(out, "&amp;");
            break;
        case '<':
            buffer_append_string(out, "&lt;");
            break;
        case '>':
            buffer_append_string(out, "&gt;");
            break;
        case '"':
            buffer_append_string(out, "&quot;");
            break;
        case '\r':
            buffer_append_string(out, "&#13;");
            break;
        default:
            buffer_append_byte(out, c);
            break;
        }
    }
    return buffer_failed(&text) ? fault_set(fault, TRUC_E_MEMORY, "no memory for an XML text") : 0;
}

static int write_attributes(const json_t *value, struct buffer *out, struct truc_fault *fault)
{
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, name, member) {
        if (name[0] != '@')
            continue;
        if (!is_name(name + 1))
            return fault_set(fault, TRUC_E_PAYLOAD, "'%s' can't be an attribute's name", name);
        buffer_printf(out, " %s=\"", name + 1);
        int result = write_text(member, out, fault);
        if (result < 0)
            return result;
        buffer_append_byte(out, '"');
    }
    return 0;
}

static int write_element(const char *name, const json_t *value, struct buffer *out, unsigned depth,
                         struct truc_fault *fault)
{
    if (!is_name(name) || depth > DOCUMENT_XML_DEPTH_MAX)
        return fault_set(fault, TRUC_E_PAYLOAD, "'%s' can't be an element's name", name);
    if (json_is_array(value)) {
        int result = 0;
        for (size_t i = 0; result == 0 && i < json_array_size(value); i++)
            result = write_element(name, json_array_get(value, i), out, depth + 1, fault);
        return result;
    }
    buffer_printf(out, "<%s", name);
    int result = json_is_object(value) ? write_attributes(value, out, fault) : 0;
    buffer_append_byte(out, '>');
    if (result == 0)
        result = json_is_object(value) ? write_members(value, out, depth + 1, fault) : write_text(value, out, fault);
    buffer_printf(out, "</%s>", name);
    return result;
}

/* "$" is the text of an element that also has attributes. */
static int write_members(const json_t *object, struct buffer *out, unsigned depth, struct truc_fault *fault)
{
    const char *name;
    json_t *member;
    int result = 0;
    json_object_foreach((json_t *)(uintptr_t)object, name, member) {
        if (strcmp(name, "$") == 0)
            result = write_text(member, out, fault);
        else if (name[0] != '@')
            result = write_element(name, member, out, depth, fault);
        if (result < 0)
            break;
    }
    return result;
}

int http_soap_write(const struct http_soap *soap, struct buffer *out, struct truc_fault *fault)
{
    if (!is_name(soap->operation))
        return fault_set(fault, TRUC_E_PAYLOAD, "'%s' can't be an element's name", soap->operation);
    buffer_append_string(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                              "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"");
    for (size_t i = 0; i < soap->namespace_count; i++)
        buffer_printf(out, " xmlns:%s=\"%s\"", soap->namespaces[i].prefix, soap->namespaces[i].uri);
    buffer_append_string(out, ">");
    int result = 0;
    if (soap->header) {
        buffer_append_string(out, "<soapenv:Header>");
        result = write_members(soap->header, out, 0, fault);
        buffer_append_string(out, "</soapenv:Header>");
    }
    buffer_printf(out, "<soapenv:Body><%s", soap->operation);
    if (soap->body_namespace)
        buffer_printf(out, " xmlns=\"%s\"", soap->body_namespace);
    buffer_append_string(out, ">");
    if (result == 0)
        result = write_members(soap->body, out, 0, fault);
    buffer_printf(out, "</%s></soapenv:Body></soapenv:Envelope>", soap->operation);
    if (result == 0 && buffer_failed(out))
        result = fault_set(fault, buffer_failed(out), "a SOAP envelope grew too large");
    return result;
}
