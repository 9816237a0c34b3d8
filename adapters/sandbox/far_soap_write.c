/* far_soap_write.c - the answers of the population database, element by element.
 * Reading is in far_soap_read.c. The X-Road header of the request is echoed, as the protocol demands. */
#include "far_soap.h"

static void append_escaped(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            buffer_append_string(out, "&amp;");
            break;
        case '<':
            buffer_append_string(out, "&lt;");
            break;
        case '>':
            buffer_append_string(out, "&gt;");
            break;
        default:
            buffer_append_byte(out, (uint8_t)*text);
            break;
        }
    }
}

static void append_element(struct buffer *out, const char *prefix, const char *name, const char *text)
{
    buffer_printf(out, "<%s:%s>", prefix, name);
    append_escaped(out, text);
    buffer_printf(out, "</%s:%s>", prefix, name);
}

static void append_identifier(struct buffer *out, const char *name, const struct far_soap_identifier *of)
{
    bool is_service = of->service[0] != '\0';
    buffer_printf(out, "<xro:%s id:objectType=\"%s\">", name, is_service ? "SERVICE" : "SUBSYSTEM");
    append_element(out, "id", "xRoadInstance", of->instance);
    append_element(out, "id", "memberClass", of->member_class);
    append_element(out, "id", "memberCode", of->member_code);
    append_element(out, "id", "subsystemCode", of->subsystem);
    if (is_service)
        append_element(out, "id", "serviceCode", of->service);
    buffer_printf(out, "</xro:%s>", name);
}

static void begin(struct buffer *out, const struct far_soap_request *request)
{
    buffer_append_string(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
                              "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\""
                              " xmlns:xro=\"http://x-road.eu/xsd/xroad.xsd\""
                              " xmlns:id=\"http://x-road.eu/xsd/identifiers\""
                              " xmlns:dan=\"http://dancuquocgia.bca\"><soapenv:Header>");
    append_identifier(out, "client", &request->client);
    append_identifier(out, "service", &request->service);
    append_element(out, "xro", "id", request->message_id);
    append_element(out, "xro", "userId", request->user_id);
    append_element(out, "xro", "protocolVersion", "4.0");
    buffer_append_string(out, "</soapenv:Header><soapenv:Body>");
}

static void end(struct buffer *out)
{
    buffer_append_string(out, "</soapenv:Body></soapenv:Envelope>");
}

void far_soap_write_verify(const struct far_soap_request *request, bool exists, struct buffer *out)
{
    begin(out, request);
    buffer_append_string(out, "<dan:XacThucThongTinCongDanResponse>");
    append_element(out, "dan", "MaYeuCau", request->request_code);
    append_element(out, "dan", "TonTai", exists ? "true" : "false");
    buffer_append_string(out, "</dan:XacThucThongTinCongDanResponse>");
    end(out);
}

void far_soap_write_lookup(const struct far_soap_request *request, const struct far_citizen *citizen,
                           struct buffer *out)
{
    begin(out, request);
    buffer_append_string(out, "<dan:TraCuuThongTinCongDanResponse>");
    append_element(out, "dan", "MaYeuCau", request->request_code);
    if (citizen) {
        buffer_append_string(out, "<dan:CongDan>");
        append_element(out, "dan", "SoDinhDanh", citizen->number);
        /* The whole name sits in Ten, as it often does. */
        buffer_append_string(out, "<dan:HoVaTen><dan:Ho/><dan:ChuDem/>");
        append_element(out, "dan", "Ten", citizen->name);
        buffer_append_string(out, "</dan:HoVaTen>");
        append_element(out, "dan", "GioiTinh", citizen->sex);
        append_element(out, "dan", "NgayThangNamSinh", citizen->birth);
        append_element(out, "dan", "QueQuan", citizen->home);
        append_element(out, "dan", "ThuongTru", citizen->home);
        buffer_append_string(out, "</dan:CongDan>");
    }
    buffer_append_string(out, "</dan:TraCuuThongTinCongDanResponse>");
    end(out);
}

void far_soap_write_fault(enum far_soap_error error, const char *text, const char *where, struct buffer *out)
{
    buffer_append_string(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
                              "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\""
                              " xmlns:dan=\"http://dancuquocgia.bca\"><soapenv:Body><soapenv:Fault>");
    buffer_printf(out, "<faultcode>soapenv:%s</faultcode><faultstring>", error == FAR_SOAP_OWN ? "Server" : "Client");
    append_escaped(out, text);
    buffer_printf(out, "</faultstring><detail><dan:Loi><dan:Ma>%03d</dan:Ma>", (int)error);
    if (*where)
        append_element(out, "dan", "PhanTu", where);
    buffer_append_string(out, "</dan:Loi></detail></soapenv:Fault>");
    end(out);
}
