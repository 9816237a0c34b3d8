/* fuzz_seeds_text.c - first inputs of the targets that read what people or other programs write: expressions, mappings, SOAP, JSON.
 * One for each form that the language has.
 * Part of truc-fuzz-seeds (fuzz_seeds.c). */
#include "fuzz.h"
#include "fuzz_seeds.h"

static void expression_seeds(void)
{
    static const char *const expressions[] = {
        "$.data[0].code in [\"004\", \"005\"]",
        "body.applicant.name",
        "$[\"ten\"] == 'Nguyen'",
        "$.data[0].n < -2.5",
        "first($.none, \"x\")",
        "$.data[0].at",
        "count($.data)",
        "5m",
    };
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "text%zu", i);
        fuzz_seed_save("mapping", name, BYTES_EMPTY, bytes_string(expressions[i]));
    }
}

static void template_seeds(void)
{
    static const char json[] =
        "\n===\n{\"a\":\"x\",\"rows\":[{\"k\":\"p\",\"n\":1,\"in\":[7,8]},{\"k\":\"q\"}],\"yes\":true}";
    static const char *const mappings[] = {
        "map: {b: $.a, a: \"text\", n: 42, gone: $.nothing}",
        "map:\n  l: {each: $.rows, as: row, when: row.n > 1, map: {K: row.k, A: $.a}}",
        "map:\n  l: {each: $.rows, map: {each: item.in, as: n, map: n}}",
        "map: {c: {when: $.yes, then: {t: $.a}, else: \"no\"}}",
        "map: {c: {use: part}}\nshared: {part: {t: $.a}}",
        "map:\n  code: $.a\n  procedure.code: \"1.1\"\n  fees: [{amount_vnd: int(\"9\"), paid: $.yes}]",
        "map:\n  submitted_at: parse_time(\"20261123140307\", \"yyyyMMddHHmmss\")",
        "map:\n  documents: {each: $.rows, as: row, map: {name: row.k}}",
        "map: [$.a, upper($.a), join($.rows, \",\"), if($.yes, 1, 2), default($.no, \"d\")]",
    };
    for (size_t i = 0; i < sizeof mappings / sizeof *mappings; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "map%zu", i);
        fuzz_seed_save("template", name, bytes_string(mappings[i]), bytes_string(json));
    }
}

#define SOAP(operation, rest)                                                                                          \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\""      \
    " xmlns:x=\"http://x-road.eu/xsd/xroad.xsd\" xmlns:i=\"http://x-road.eu/xsd/identifiers\""                         \
    " xmlns:d=\"http://dancuquocgia.bca\"><s:Header><x:client><i:xRoadInstance>VN</i:xRoadInstance><i:memberClass>GOV" \
    "</i:memberClass><i:memberCode>H56</i:memberCode><i:subsystemCode>o</i:subsystemCode></x:client><x:service>"       \
    "<i:xRoadInstance>VN</i:xRoadInstance><i:memberClass>GOV</i:memberClass><i:memberCode>G01</i:memberCode>"          \
    "<i:subsystemCode>d</i:subsystemCode><i:serviceCode>" operation "</i:serviceCode></x:service><x:id>m-1</x:id>"     \
    "<x:userId>217</x:userId><x:protocolVersion>4.0</x:protocolVersion></s:Header><s:Body><d:" operation               \
    "><d:MaYeuCau>y1</d:MaYeuCau><d:MaDVC>1.001193</d:MaDVC><d:MaTichHop>t</d:MaTichHop>"                              \
    "<d:MaCanBo>038975000217</d:MaCanBo><d:MaDonVi>H56.14</d:MaDonVi><d:TaiKhoan/>" rest "</d:" operation              \
    "></s:Body></s:Envelope>"
#define CITIZEN                                                                                                        \
    "<d:SoDinhDanh>038990000001</d:SoDinhDanh><d:HoVaTen>An</d:HoVaTen><d:NgayThangNamSinh><d:NgayThangNam>19900101"   \
    "</d:NgayThangNam></d:NgayThangNamSinh>"
#define RPC(service, more, data)                                                                                       \
    "{\"session\":\"session-1\",\"madonvi\":\"H56\",\"service\":\"" service "\"," more "\"data\":[" data "]}"
#define DOSSIER                                                                                                        \
    "{\"MaHoSo\":\"D-1\",\"MaTTHC\":\"1.001193\",\"NgayTiepNhan\":\"20261123140000\",\"TrangThaiHoSo\":\"1\"}"

static void far_seeds(void)
{
    static const char *const questions[] = {SOAP("XacThucThongTinCongDan", CITIZEN),
                                            SOAP("TraCuuThongTinCongDan", CITIZEN)};
    static const char *const calls[] = {
        RPC("TraCuuHoSo", "", "{\"MaHoSo\":\"D-1\"}"),
        RPC("DongBoHoSoMC", "\"isUpdating\":\"False\",", DOSSIER),
        RPC("CapNhatTienDoHoSoMC", "\"isUpdating\":\"True\",",
            "{\"MaHoSo\":\"D-1\",\"NguoiXuLy\":\"An\",\"ThoiDiemXuLy\":\"20261123140500\",\"NoiDungXuLy\":\"x\","
            "\"TrangThai\":\"2\"}"),
    };
    fuzz_seed_save("far", "verify", bytes_of("\0", 1), bytes_string(questions[0]));
    fuzz_seed_save("far", "lookup", bytes_of("\0", 1), bytes_string(questions[1]));
    fuzz_seed_save("far", "find", bytes_string("\1"), bytes_string(calls[0]));
    fuzz_seed_save("far", "sync", bytes_string("\1"), bytes_string(calls[1]));
    fuzz_seed_save("far", "progress", bytes_string("\1"), bytes_string(calls[2]));
}

static const char adapter[] =
    "adapter: portal\nconnector: http\nlisten: \"127.0.0.1:0\"\nsettings: {agency: \"H56\"}\n"
    "tables:\n  status: {\"1\": new, \"2\": done}\n"
    "far-side:\n  url: http://127.0.0.1:1\n  timeout: 5s\n  format: json\n  success: $.code == \"0\"\n"
    "  errors: [{when: $.code == \"1\", reject: PAYLOAD}]\n"
    "accepts:\n  - path: /in\n    type: dossier.submitted\n    message: {code: $.a}\n"
    "serves:\n  - type: dossier.received\n    call: {path: /out, method: POST}\n    request: {c: body.code}\n";

/* The bodies are those of the far sides, and a small one of each kind. */
static void http_seeds(void)
{
    fuzz_seed_save("http_body", "object", bytes_of("\0", 1),
                   bytes_string("{\"a\":[1,-2.5,\"x\",null,true,{\"b\":{}}]}"));
    fuzz_seed_save(
        "http_body", "soap", bytes_string("\1"),
        bytes_string(
            "<s:Envelope xmlns:s=\"u\"><s:Body><o><a n=\"1\">x</a><a nil=\"true\"/></o></s:Body></s:Envelope>"));
    fuzz_seed_save("http_body", "fault", bytes_string("\1"),
                   bytes_string("<Envelope><Body><Fault><faultcode>1</faultcode></Fault></Body></Envelope>"));
    fuzz_seed_save("http_body", "verify", bytes_string("\1"), bytes_string(SOAP("XacThucThongTinCongDan", CITIZEN)));
    fuzz_seed_save("http_adapter", "whole", BYTES_EMPTY, bytes_string(adapter));
}

void fuzz_seeds_text(void)
{
    http_seeds();
    expression_seeds();
    template_seeds();
    far_seeds();
}
