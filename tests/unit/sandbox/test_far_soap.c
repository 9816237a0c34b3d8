/* test_far_soap.c - the population database reads SOAP as strictly as real servers do.
 * Bytes in, values out: no HTTP here. */
#include "far_soap.h"
#include "far_soap_sample.h"
#include "far_test.h"

#include <stdio.h>
#include <stdlib.h>

static enum far_soap_error read_text(const char *text, struct far_soap_request *request, struct truc_fault *fault)
{
    return far_soap_read(bytes_string(text), request, fault);
}

static void a_right_question_is_read_whole(void **state)
{
    (void)state;
    struct far_soap_request request;
    struct truc_fault fault = {0};
    assert_int_equal(read_text(SAMPLE_VERIFY(SAMPLE_HEADER, SAMPLE_FIRST SAMPLE_WHO SAMPLE_CITIZEN), &request, &fault),
                     0);
    assert_false(request.is_lookup);
    assert_string_equal(request.message_id, "m-1");
    assert_string_equal(request.user_id, "217");
    assert_string_equal(request.client.subsystem, "onestop");
    assert_string_equal(request.service.service, "XacThucThongTinCongDan");
    assert_string_equal(request.procedure, "1.001193");
    assert_string_equal(request.officer, "038975000217");
    assert_string_equal(request.query.number, "038990000001");
    assert_false(request.query.is_old_number);
    assert_string_equal(request.query.name, "Lê Thị An");
    assert_string_equal(request.query.birth, "19900101");
}

static void the_old_number_and_the_year_stand_in_the_same_places(void **state)
{
    (void)state;
    struct far_soap_request request;
    assert_int_equal(read_text(SAMPLE_VERIFY(SAMPLE_HEADER, SAMPLE_FIRST SAMPLE_WHO
                                             "<dan:SoCMND>990000001</dan:SoCMND><dan:HoVaTen>Lê Thị An</dan:HoVaTen>"
                                             "<dan:NgayThangNamSinh><dan:Nam>1990</dan:Nam></dan:NgayThangNamSinh>"),
                               &request, NULL),
                     0);
    assert_true(request.query.is_old_number);
    assert_string_equal(request.query.birth, "1990");
}

struct wrong {
    const char *what, *text;
    enum far_soap_error error;
    const char *where;
};

#define BODY(children) SAMPLE_VERIFY(SAMPLE_HEADER, children)
#define HEADER(header) SAMPLE_VERIFY(header, SAMPLE_FIRST SAMPLE_WHO SAMPLE_CITIZEN)

static const struct wrong wrongs[] = {
    {"officer before procedure",
     BODY("<dan:MaYeuCau>y1</dan:MaYeuCau><dan:MaCanBo>c</dan:MaCanBo><dan:MaDVC>1</dan:MaDVC>"), FAR_SOAP_ELEMENT,
     "MaDVC"},
    {"name before number",
     BODY(SAMPLE_FIRST SAMPLE_WHO
          "<dan:HoVaTen>An</dan:HoVaTen><dan:SoDinhDanh>038990000001</dan:SoDinhDanh>" SAMPLE_BIRTH),
     FAR_SOAP_ELEMENT, "SoDinhDanh"},
    {"birth before name",
     BODY(SAMPLE_FIRST SAMPLE_WHO "<dan:SoDinhDanh>038990000001</dan:SoDinhDanh>" SAMPLE_BIRTH
                                  "<dan:HoVaTen>An</dan:HoVaTen>"),
     FAR_SOAP_ELEMENT, "HoVaTen"},
    {"no account", BODY(SAMPLE_FIRST "<dan:MaCanBo>c</dan:MaCanBo><dan:MaDonVi>d</dan:MaDonVi>" SAMPLE_CITIZEN),
     FAR_SOAP_ELEMENT, "TaiKhoan"},
    {"both numbers",
     BODY(SAMPLE_FIRST SAMPLE_WHO "<dan:SoDinhDanh>038990000001</dan:SoDinhDanh><dan:SoCMND>990000001</dan:SoCMND>"
                                  "<dan:HoVaTen>An</dan:HoVaTen>" SAMPLE_BIRTH),
     FAR_SOAP_ELEMENT, "HoVaTen"},
    {"eleven digits",
     BODY(SAMPLE_FIRST SAMPLE_WHO
          "<dan:SoDinhDanh>03899000000</dan:SoDinhDanh><dan:HoVaTen>An</dan:HoVaTen>" SAMPLE_BIRTH),
     FAR_SOAP_ELEMENT, "SoDinhDanh"},
    {"a letter in the number",
     BODY(SAMPLE_FIRST SAMPLE_WHO
          "<dan:SoDinhDanh>03899000000a</dan:SoDinhDanh><dan:HoVaTen>An</dan:HoVaTen>" SAMPLE_BIRTH),
     FAR_SOAP_ELEMENT, "SoDinhDanh"},
    {"day with dashes",
     BODY(SAMPLE_FIRST SAMPLE_WHO
          "<dan:SoDinhDanh>038990000001</dan:SoDinhDanh><dan:HoVaTen>An</dan:HoVaTen>"
          "<dan:NgayThangNamSinh><dan:NgayThangNam>1990-1-1</dan:NgayThangNam></dan:NgayThangNamSinh>"),
     FAR_SOAP_ELEMENT, "NgayThangNam"},
    {"no name",
     BODY(SAMPLE_FIRST SAMPLE_WHO
          "<dan:SoDinhDanh>038990000001</dan:SoDinhDanh><dan:HoVaTen> </dan:HoVaTen>" SAMPLE_BIRTH),
     FAR_SOAP_ELEMENT, "HoVaTen"},
    {"one element too many", BODY(SAMPLE_FIRST SAMPLE_WHO SAMPLE_CITIZEN "<dan:GhiChu>x</dan:GhiChu>"),
     FAR_SOAP_ELEMENT, "GhiChu"},
    {"an element of another namespace", BODY("<xro:MaYeuCau>y1</xro:MaYeuCau>"), FAR_SOAP_ELEMENT, "MaYeuCau"},
    {"no client", HEADER(SAMPLE_SERVICE SAMPLE_REST), FAR_SOAP_HEADER, "client"},
    {"no service", HEADER(SAMPLE_CLIENT SAMPLE_REST), FAR_SOAP_HEADER, "service"},
    {"no id",
     HEADER(SAMPLE_CLIENT SAMPLE_SERVICE "<xro:userId>217</xro:userId><xro:protocolVersion>4.0</xro:protocolVersion>"),
     FAR_SOAP_HEADER, "id"},
    {"no user", HEADER(SAMPLE_CLIENT SAMPLE_SERVICE "<xro:id>m</xro:id><xro:protocolVersion>4.0</xro:protocolVersion>"),
     FAR_SOAP_HEADER, "userId"},
    {"another version",
     HEADER(SAMPLE_CLIENT SAMPLE_SERVICE "<xro:id>m</xro:id><xro:userId>u</xro:userId>"
                                         "<xro:protocolVersion>3.1</xro:protocolVersion>"),
     FAR_SOAP_HEADER, "protocolVersion"},
    {"another operation", SAMPLE_MESSAGE(SAMPLE_HEADER, "XoaCongDan", ""), FAR_SOAP_MALFORMED, "Body"},
    {"service and operation differ",
     SAMPLE_MESSAGE(SAMPLE_HEADER, "TraCuuThongTinCongDan", SAMPLE_FIRST SAMPLE_WHO SAMPLE_CITIZEN), FAR_SOAP_HEADER,
     "serviceCode"},
    {"not SOAP", "<a/>", FAR_SOAP_MALFORMED, "Envelope"},
    {"not XML", "{}", FAR_SOAP_MALFORMED, ""},
    {"a document type", "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", FAR_SOAP_MALFORMED, "Envelope"},
};

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrongs); i++) {
        struct far_soap_request request;
        struct truc_fault fault = {0};
        enum far_soap_error error = read_text(wrongs[i].text, &request, &fault);
        if (error != wrongs[i].error || strcmp(fault.where, wrongs[i].where) != 0)
            fail_msg("%s: error %d at '%s': %s", wrongs[i].what, (int)error, fault.where, fault.text);
    }
}

static void no_prefix_of_a_question_is_taken(void **state)
{
    (void)state;
    static const char text[] = SAMPLE_VERIFY(SAMPLE_HEADER, SAMPLE_FIRST SAMPLE_WHO SAMPLE_CITIZEN);
    for (size_t size = 0; size < sizeof text - 1; size++) {
        char *prefix = malloc(size + 1); /* exact, so that a read past the end is seen */
        memcpy(prefix, text, size);
        struct far_soap_request request;
        assert_int_not_equal(far_soap_read(bytes_of(prefix, size), &request, NULL), FAR_SOAP_OK);
        free(prefix);
    }
}

static void entities_that_grow_are_refused(void **state)
{
    (void)state;
    static const char bomb[] = "<!DOCTYPE b [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">"
                               "<!ENTITY c \"&b;&b;&b;&b;\"><!ENTITY d SYSTEM \"file:///etc/hostname\">]><b>&c;&d;</b>";
    struct far_soap_request request;
    assert_int_equal(read_text(bomb, &request, NULL), FAR_SOAP_MALFORMED);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    struct buffer text = {0};
    for (int i = 0; i < 10000; i++)
        buffer_append_string(&text, "<a>");
    struct far_soap_request request;
    assert_int_equal(far_soap_read(buffer_view(&text), &request, NULL), FAR_SOAP_MALFORMED);
    buffer_free(&text);
}

static void answers_are_well_formed_and_escaped(void **state)
{
    (void)state;
    struct far_soap_request request;
    assert_int_equal(
        read_text(SAMPLE_VERIFY(SAMPLE_HEADER, "<dan:MaYeuCau>a&lt;b&amp;c</dan:MaYeuCau><dan:MaDVC>1</dan:MaDVC>"
                                               "<dan:MaTichHop/>" SAMPLE_WHO SAMPLE_CITIZEN),
                  &request, NULL),
        0);
    struct buffer out = {0};
    far_soap_write_verify(&request, true, &out);
    const char *text = buffer_string(&out);
    assert_non_null(strstr(text, "<dan:MaYeuCau>a&lt;b&amp;c</dan:MaYeuCau><dan:TonTai>true</dan:TonTai>"));
    assert_non_null(strstr(text, "<xro:id>m-1</xro:id>"));
    buffer_clear(&out);
    far_soap_write_fault(FAR_SOAP_OFFICER, "a<b", "MaCanBo", &out);
    text = buffer_string(&out);
    assert_non_null(strstr(text, "<faultcode>soapenv:Client</faultcode><faultstring>a&lt;b</faultstring>"));
    assert_non_null(strstr(text, "<dan:Ma>005</dan:Ma><dan:PhanTu>MaCanBo</dan:PhanTu>"));
    buffer_clear(&out);
    far_soap_write_lookup(&request, NULL, &out);
    assert_null(strstr(buffer_string(&out), "CongDan>")); /* not found: no empty citizen */
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_question_is_read_whole),
        cmocka_unit_test(the_old_number_and_the_year_stand_in_the_same_places),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(no_prefix_of_a_question_is_taken),
        cmocka_unit_test(entities_that_grow_are_refused),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(answers_are_well_formed_and_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
