/* far_soap_read.c - a SOAP request as a real server reads it: namespaces, X-Road headers, elements in their order.
 * libxml2 without network, entities or unlimited sizes; a document type declaration is refused. */
#include "far_soap.h"
#include "far_json.h"

#include <ctype.h>
#include <fault.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <string.h>

static const char soap_space[] = "http://schemas.xmlsoap.org/soap/envelope/";
static const char xroad_space[] = "http://x-road.eu/xsd/xroad.xsd";
static const char identifier_space[] = "http://x-road.eu/xsd/identifiers";
static const char population_space[] = "http://dancuquocgia.bca";

static enum far_soap_error refuse(struct truc_fault *fault, enum far_soap_error error, const char *where,
                                  const char *text)
{
    fault_set(fault, error == FAR_SOAP_OWN ? TRUC_E_MEMORY : TRUC_E_PAYLOAD, "%s", text);
    fault_where(fault, "%s", where);
    return error;
}

static const xmlNode *first_element(const xmlNode *node)
{
    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return node;
}

static bool is_named(const xmlNode *node, const char *space, const char *name)
{
    return node && strcmp((const char *)node->name, name) == 0 && node->ns && node->ns->href &&
           strcmp((const char *)node->ns->href, space) == 0;
}

static const xmlNode *child_named(const xmlNode *parent, const char *space, const char *name)
{
    const xmlNode *node = first_element(parent->children);
    while (node && !is_named(node, space, name))
        node = first_element(node->next);
    return node;
}

/* The element's text without white space around it; false when it has child elements or is too long. */
static bool copy_text(const xmlNode *node, char *out, size_t size)
{
    if (first_element(node->children))
        return false;
    xmlChar *content = xmlNodeGetContent(node);
    if (!content)
        return false;
    const char *text = (const char *)content;
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    bool fits = length < size;
    if (fits) {
        memcpy(out, text, length);
        out[length] = '\0';
    }
    xmlFree(content);
    return fits;
}

static enum far_soap_error need_text(const xmlNode *parent, const char *space, const char *name, char *out, size_t size,
                                     enum far_soap_error error, struct truc_fault *fault)
{
    const xmlNode *node = child_named(parent, space, name);
    if (!node || !copy_text(node, out, size) || !*out)
        return refuse(fault, error, name, "thiếu phần tử hoặc giá trị không hợp lệ");
    return FAR_SOAP_OK;
}

static enum far_soap_error read_identifier(const xmlNode *header, const char *name, bool is_service,
                                           struct far_soap_identifier *out, struct truc_fault *fault)
{
    const xmlNode *node = child_named(header, xroad_space, name);
    if (!node)
        return refuse(fault, FAR_SOAP_HEADER, name, "thiếu tiêu đề X-Road");
    const struct {
        const char *name;
        char *out;
        size_t size;
    } parts[] = {
        {"xRoadInstance", out->instance, sizeof out->instance},
        {"memberClass", out->member_class, sizeof out->member_class},
        {"memberCode", out->member_code, sizeof out->member_code},
        {"subsystemCode", out->subsystem, sizeof out->subsystem},
        {"serviceCode", out->service, sizeof out->service},
    };
    size_t count = sizeof parts / sizeof parts[0] - (is_service ? 0 : 1);
    enum far_soap_error error = FAR_SOAP_OK;
    for (size_t i = 0; i < count && error == FAR_SOAP_OK; i++)
        error = need_text(node, identifier_space, parts[i].name, parts[i].out, parts[i].size, FAR_SOAP_HEADER, fault);
    return error;
}

static enum far_soap_error read_header(const xmlNode *envelope, struct far_soap_request *request,
                                       struct truc_fault *fault)
{
    const xmlNode *header = child_named(envelope, soap_space, "Header");
    if (!header)
        return refuse(fault, FAR_SOAP_HEADER, "Header", "thiếu tiêu đề SOAP");
    char version[8] = "";
    enum far_soap_error error =
        need_text(header, xroad_space, "id", request->message_id, sizeof request->message_id, FAR_SOAP_HEADER, fault);
    if (error == FAR_SOAP_OK)
        error = read_identifier(header, "client", false, &request->client, fault);
    if (error == FAR_SOAP_OK)
        error = read_identifier(header, "service", true, &request->service, fault);
    if (error == FAR_SOAP_OK)
        error =
            need_text(header, xroad_space, "userId", request->user_id, sizeof request->user_id, FAR_SOAP_HEADER, fault);
    if (error == FAR_SOAP_OK)
        error = need_text(header, xroad_space, "protocolVersion", version, sizeof version, FAR_SOAP_HEADER, fault);
    if (error == FAR_SOAP_OK && strcmp(version, "4.0") != 0)
        error = refuse(fault, FAR_SOAP_HEADER, "protocolVersion", "chỉ nhận phiên bản 4.0");
    return error;
}

static bool is_digits(const char *text, size_t size)
{
    return strlen(text) == size && strspn(text, "0123456789") == size;
}

/* Takes the element that stands at *at, which must have this name, and moves on to the next. */
static enum far_soap_error take_next(const xmlNode **at, const char *name, char *out, size_t size, bool may_be_empty,
                                     struct truc_fault *fault)
{
    const xmlNode *node = *at;
    if (!is_named(node, population_space, name))
        return refuse(fault, FAR_SOAP_ELEMENT, name, "phần tử thiếu hoặc sai thứ tự");
    if (!copy_text(node, out, size) || (!may_be_empty && !*out))
        return refuse(fault, FAR_SOAP_ELEMENT, name, "giá trị trống hoặc quá dài");
    *at = first_element(node->next);
    return FAR_SOAP_OK;
}

static enum far_soap_error take_number(const xmlNode **at, struct far_query *query, struct truc_fault *fault)
{
    query->is_old_number = is_named(*at, population_space, "SoCMND");
    const char *name = query->is_old_number ? "SoCMND" : "SoDinhDanh";
    enum far_soap_error error = take_next(at, name, query->number, sizeof query->number, false, fault);
    if (error == FAR_SOAP_OK && !is_digits(query->number, query->is_old_number ? 9 : FAR_CITIZEN_NUMBER_DIGITS))
        error = refuse(fault, FAR_SOAP_ELEMENT, name, "số định danh có 12 chữ số, số CMND có 9 chữ số");
    return error;
}

static enum far_soap_error take_birth(const xmlNode **at, struct far_query *query, struct truc_fault *fault)
{
    if (!is_named(*at, population_space, "NgayThangNamSinh"))
        return refuse(fault, FAR_SOAP_ELEMENT, "NgayThangNamSinh", "phần tử thiếu hoặc sai thứ tự");
    const xmlNode *inner = first_element((*at)->children);
    bool only_year = is_named(inner, population_space, "Nam");
    const char *name = only_year ? "Nam" : "NgayThangNam";
    enum far_soap_error error = take_next(&inner, name, query->birth, sizeof query->birth, false, fault);
    if (error == FAR_SOAP_OK && (inner || !is_digits(query->birth, only_year ? 4 : 8)))
        error = refuse(fault, FAR_SOAP_ELEMENT, name, "Nam là yyyy, NgayThangNam là yyyyMMdd");
    if (error == FAR_SOAP_OK)
        *at = first_element((*at)->next);
    return error;
}

static enum far_soap_error read_operation(const xmlNode *operation, struct far_soap_request *request,
                                          struct truc_fault *fault)
{
    char ignored[FAR_SOAP_TEXT_BYTES_MAX + 1]; /* checked for its place, of no use here */
    const struct {
        const char *name;
        char *out;
        bool may_be_empty;
    } parts[] = {
        {"MaYeuCau", request->request_code, false}, {"MaDVC", request->procedure, false}, {"MaTichHop", ignored, true},
        {"MaCanBo", request->officer, false},       {"MaDonVi", request->agency, false},  {"TaiKhoan", ignored, true},
    };
    const xmlNode *at = first_element(operation->children);
    enum far_soap_error error = FAR_SOAP_OK;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && error == FAR_SOAP_OK; i++)
        error = take_next(&at, parts[i].name, parts[i].out, FAR_SOAP_TEXT_BYTES_MAX + 1, parts[i].may_be_empty, fault);
    if (error == FAR_SOAP_OK)
        error = take_number(&at, &request->query, fault);
    if (error == FAR_SOAP_OK)
        error = take_next(&at, "HoVaTen", request->query.name, sizeof request->query.name, false, fault);
    if (error == FAR_SOAP_OK)
        error = take_birth(&at, &request->query, fault);
    if (error == FAR_SOAP_OK && at)
        error = refuse(fault, FAR_SOAP_ELEMENT, (const char *)at->name, "phần tử thừa");
    return error;
}

static enum far_soap_error read_envelope(const xmlDoc *document, struct far_soap_request *request,
                                         struct truc_fault *fault)
{
    const xmlNode *envelope = first_element(document->children);
    if (document->intSubset || !is_named(envelope, soap_space, "Envelope"))
        return refuse(fault, FAR_SOAP_MALFORMED, "Envelope", "không phải thông điệp SOAP 1.1");
    const xmlNode *body = child_named(envelope, soap_space, "Body");
    const xmlNode *operation = body ? first_element(body->children) : NULL;
    request->is_lookup = is_named(operation, population_space, "TraCuuThongTinCongDan");
    if (!request->is_lookup && !is_named(operation, population_space, "XacThucThongTinCongDan"))
        return refuse(fault, FAR_SOAP_MALFORMED, "Body", "không có nghiệp vụ này");
    enum far_soap_error error = read_header(envelope, request, fault);
    if (error == FAR_SOAP_OK)
        error = read_operation(operation, request, fault);
    if (error == FAR_SOAP_OK && strcmp(request->service.service, (const char *)operation->name) != 0)
        error = refuse(fault, FAR_SOAP_HEADER, "serviceCode", "khác với nghiệp vụ trong thân thông điệp");
    return error;
}

enum far_soap_error far_soap_read(struct bytes body, struct far_soap_request *request, struct truc_fault *fault)
{
    *request = (struct far_soap_request){0};
    if (body.size == 0 || body.size > FAR_BODY_BYTES_MAX)
        return refuse(fault, FAR_SOAP_MALFORMED, "", "thân thông điệp trống hoặc quá lớn");
    xmlDoc *document = xmlReadMemory((const char *)body.data, (int)body.size, NULL, NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
    if (!document)
        return refuse(fault, FAR_SOAP_MALFORMED, "", "không phải XML đúng cú pháp");
    enum far_soap_error error = read_envelope(document, request, fault);
    xmlFreeDoc(document);
    return error;
}
