/* test_http_load.c - adapter files: what is refused at load, with the exact place, text and hint.
 * Loads only; nothing runs.
 * Promise: a file that loads can't let a secret document in and names nothing that does not exist. */
#include "http_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http_soap.h"

#define HEAD   "adapter: tester\nconnector: http\ntitle: Thử\n"
#define FAR    "far-side: {url: \"http://127.0.0.1:1\"}\n"
#define TABLES "tables:\n  secrecy: {Thường: not-secret, Mật: secret}\n"
#define ACCEPT(classification, rest)                                                                                   \
    HEAD TABLES "accepts:\n  - path: /in\n    type: dossier.refused\n    message:\n      id: $.MaHoSo\n      "         \
                "subject: $.MaHoSo\n"                                                                                  \
                "      time: parse_time($.t, \"yyyyMMdd\")\n      classification: " classification                     \
                "\n      body:\n" rest

struct mistake {
    const char *yaml, *where, *text, *hint;
};

static const struct mistake mistakes[] = {
    {HEAD "far-side: {url: ftp://x}\n", "adapter.yaml:4:17", "the far side's url is none", "http://… or https://…"},
    {HEAD "listen: 0.0.0.0:80\n", "adapter.yaml:4:9", "listen is 127.0.0.1:PORT",
     "127.0.0.1:7481; a reverse proxy ends TLS and listens to others"},
    {HEAD FAR "serves:\n  - type: dossier.recieved\n    call: {path: /}\n", "adapter.yaml:6:11",
     "there is no message type 'dossier.recieved'", "did you mean 'dossier.received'?"},
    {HEAD "serves:\n  - type: dossier.received\n    call: {path: /}\n", "adapter.yaml:5:5",
     "what is served needs a far side to call", "far-side: {url: …}"},
    {HEAD FAR "serves:\n  - type: dossier.received\n    call: {path: /}\n    request: {A: body.cod}\n",
     "adapter.yaml:8:23", "dossier.received has no field 'cod'", "did you mean 'code'?"},
    {HEAD FAR "serves:\n  - type: dossier.received\n    call: {path: \"/x/{body.cod}\"}\n", "adapter.yaml:7:28",
     "dossier.received has no field 'cod'", "did you mean 'code'?"},
    {HEAD FAR "serves:\n  - type: dossier.received\n    call: {path: /x/y}\n    reply: {a: $.b}\n", "adapter.yaml:8:12",
     "dossier.received has no reply", "only requests are answered"},
    {HEAD FAR "serves:\n  - type: citizen.verify\n    call: {path: /x}\n", "adapter.yaml:6:5",
     "citizen.verify wants a reply", "add reply: {field: expression}"},
    {HEAD FAR "serves:\n  - type: citizen.verify\n    call: {path: /x}\n    reply: {exist: true}\n",
     "adapter.yaml:8:13", "truc.population.v1.CitizenVerifyReply has no field 'exist'", "did you mean 'exists'?"},
    {HEAD FAR "serves:\n  - type: citizen.verify\n    call: {path: /x}\n    reply: {exists: \"true\"}\n",
     "adapter.yaml:8:21", "this wants bool, not text", "write bool(value), or a comparison"},
    {HEAD FAR "serves:\n  - type: dossier.received\n    call: {path: /x}\n    errors:\n      - when: status == 429\n",
     "adapter.yaml:9:9", "an error rule says one thing to do", "retry: SPAN, reject: NAME or accept: true"},
    {HEAD FAR "serves:\n  - type: dossier.received\n    call: {path: /x}\n    errors:\n      - {when: status == 429, "
              "reject: Wrong}\n",
     "adapter.yaml:9:39", "a reason's name has capitals, digits and '_'", "e.g. ADDRESS_UNKNOWN"},
    {HEAD FAR "serves:\n  - type: dossier.received\n    calls:\n      - {name: a, path: /x}\n      - {path: /y, when: "
              "answers.b.status == 200}\n",
     "adapter.yaml:9:34", "answers has no 'b'", NULL},
    {HEAD FAR
     "serves:\n  - type: dossier.received\n    call: {path: /x}\n  - type: dossier.received\n    call: {path: /x}\n",
     "adapter.yaml:8:11", "dossier.received is served twice", "one entry a type"},
    {ACCEPT("\"not-secret\"", "        code: $.MaHoSo\n"), "adapter.yaml:13:23",
     "the classification is not-secret even when the source says nothing", NULL},
    {ACCEPT("lookup(secrecy, $.DoMat default \"Thường\")", "        code: $.MaHoSo\n"), "adapter.yaml:13:23",
     "the classification is not-secret even when the source says nothing", NULL},
    {ACCEPT("lookup(secrecy, $.DoMat, \"not-secret\")", "        code: $.MaHoSo\n"), "adapter.yaml:13:23",
     "the classification is not-secret even when the source says nothing", NULL},
    {ACCEPT("if($.DoMat != null, \"not-secret\")", "        code: $.MaHoSo\n"), "adapter.yaml:13:23",
     "the classification is not-secret whatever the source says", NULL},
    {ACCEPT("lookup(secrecy, $.DoMat)", "        kode: $.MaHoSo\n"), "adapter.yaml:15:9",
     "dossier.refused has no field 'kode'", "did you mean 'code'?"},
    {ACCEPT("lookup(secrecy, $.DoMat)", "        refused_at: $.a\n        status: \"refuse\"\n"), "adapter.yaml:16:17",
     "truc.dossier.v1.Status has no value 'refuse'", "did you mean 'refused'?"},
    {ACCEPT("lookup(secrecy, $.DoMat)", "        status: lookup(secrecy, $.s)\n"), "adapter.yaml:15:17",
     "truc.dossier.v1.Status has no value 'not-secret'", NULL},
    {ACCEPT("lookup(secrecy, $.DoMat)", "        refused_at: concat($.a)\n"), "adapter.yaml:15:21",
     "this wants time, not text", "read it by a pattern: parse_time(value, \"yyyyMMddHHmmss\")"},
    {ACCEPT("lookup(secrecy, $.DoMat)", "        agency: concat($.a)\n"), "adapter.yaml:15:17",
     "this wants truc.common.v1.Agency, not text", "make an object: a map with the fields under this key"},
    {ACCEPT("lookup(secrecy, $.DoMat)", "        code: {each: $.a, map: item}\n"), "adapter.yaml:15:15",
     "this wants one value, not a list", "take one: first(list)"},
    {ACCEPT("lookup(secrecy, $.DoMat)", "        code: {use: nothing}\n"), "adapter.yaml:15:21",
     "there is no shared mapping 'nothing'", "mappings to use stand under shared: in this file"},
    {ACCEPT("lookup(secrecy, $.DoMat)", "        code: {each: $.a, mapp: item}\n"), "adapter.yaml:15:27",
     "'mapp' does not go with 'each'", "did you mean 'map'?"},
    {HEAD TABLES "accepts:\n  - path: /in\n    type: dossier.refused\n    message: {subject: $.a}\n",
     "adapter.yaml:9:14", "message: lacks 'classification'", NULL},
    {HEAD "tables:\n  a: {x: \"1\"}\nsettings: {b: {c: d}}\n", "adapter.yaml:6:12", "a setting is one text", NULL},
};

/* The place is named with the folder that the file was loaded from. */
static bool is_at(const struct truc_fault *fault, const char *where)
{
    size_t size = strlen(fault->where), end = strlen(where);
    return size > end && fault->where[size - end - 1] == '/' && strcmp(fault->where + size - end, where) == 0;
}

static void mistakes_are_refused_with_their_place(void **state)
{
    (void)state;
    struct schema_set *schemas = connector_test_schemas();
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        struct http_adapter *adapter = NULL;
        struct truc_fault fault = {0};
        int result = http_test_load(mistakes[i].yaml, schemas, NULL, 0, &adapter, &fault);
        bool right = result == TRUC_E_CONFIG && is_at(&fault, mistakes[i].where) &&
                     strcmp(fault.text, mistakes[i].text) == 0 &&
                     (!mistakes[i].hint || strcmp(fault.hint, mistakes[i].hint) == 0);
        if (!right)
            fail_msg("%s\n%d %s\n%s\n%s", mistakes[i].yaml, result, fault.where, fault.text, fault.hint);
    }
    schema_set_free(schemas);
}

static void an_unknown_key_is_refused(void **state)
{
    (void)state;
    struct schema_set *schemas = connector_test_schemas();
    struct http_adapter *adapter = NULL;
    struct truc_fault fault = {0};
    assert_int_equal(http_test_load(HEAD "farside: {url: x}\n", schemas, NULL, 0, &adapter, &fault), TRUC_E_CONFIG);
    assert_true(is_at(&fault, "adapter.yaml:4:1"));
    assert_non_null(strstr(fault.text, "farside"));
    schema_set_free(schemas);
}

static void values_can_be_set_from_outside_only_where_listed(void **state)
{
    (void)state;
    static const char yaml[] = HEAD FAR "settings: {unit: H56}\n";
    struct schema_set *schemas = connector_test_schemas();
    const struct connector_override right[] = {
        {"far-side.url", "http://127.0.0.1:9/x/"}, {"setting.unit", "H57"}, {"listen", "127.0.0.1:81"}};
    const struct connector_override wrong[] = {{"setting.unitt", "H57"}};
    struct http_adapter *adapter = NULL;
    struct truc_fault fault = {0};
    assert_int_equal(http_test_load(yaml, schemas, right, 3, &adapter, &fault), 0);
    assert_string_equal(adapter->far_side.url, "http://127.0.0.1:9/x");
    assert_string_equal(json_string_value(json_object_get(adapter->common.settings, "unit")), "H57");
    assert_int_equal(adapter->listen_port, 81);
    connector_adapter_free(&adapter->common);
    assert_int_equal(http_test_load(yaml, schemas, wrong, 1, &adapter, &fault), TRUC_E_CONFIG);
    assert_string_equal(fault.text, "--set setting.unitt: there is no such key to set");
    schema_set_free(schemas);
}

static void a_secret_that_others_may_read_is_refused(void **state)
{
    (void)state;
    struct schema_set *schemas = connector_test_schemas();
    struct http_adapter *adapter = NULL;
    struct truc_fault fault = {0};
    char path[] = "/tmp/truc-secret-XXXXXX", yaml[512];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "s3cret\n", 7), 7);
    snprintf(yaml, sizeof yaml, HEAD "far-side:\n  url: http://127.0.0.1:1\n  auth: {bearer: {file: %s}}\n", path);
    assert_int_equal(http_test_load(yaml, schemas, NULL, 0, &adapter, &fault), 0);
    assert_string_equal(adapter->far_side.auth_secret, "s3cret");
    connector_adapter_free(&adapter->common);
    assert_int_equal(fchmod(fd, 0640), 0);
    assert_int_equal(http_test_load(yaml, schemas, NULL, 0, &adapter, &fault), TRUC_E_CONFIG);
    assert_non_null(strstr(fault.text, "others may use"));
    close(fd);
    unlink(path);
    schema_set_free(schemas);
}

/* ---- bodies --------------------------------------------------------------------------------------------------- */

#define ENVELOPE(content)                                                                                              \
    "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>" content "</s:Body></s:Envelope>"

static void soap_is_read_as_a_tree(void **state)
{
    (void)state;
    static const struct {
        const char *xml, *json;
    } cases[] = {
        {ENVELOPE("<a:R xmlns:a=\"u\"><a:x>1</a:x><a:l>p</a:l><a:l>q</a:l><a:o><b/></a:o></a:R>"),
         "{\"x\":\"1\",\"l\":[\"p\",\"q\"],\"o\":{\"b\":\"\"}}"},
        {ENVELOPE("<R><x xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" i:nil=\"true\"/></R>"), "{\"x\":null}"},
        {ENVELOPE("<R><t><![CDATA[a<b]]></t></R>"), "{\"t\":\"a<b\"}"},
        {ENVELOPE("<s:Fault><faultcode>s:Server</faultcode></s:Fault>"), "{\"Fault\":{\"faultcode\":\"s:Server\"}}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        json_t *tree;
        struct truc_fault fault = {0};
        if (document_read(DOCUMENT_FORMAT_SOAP, bytes_string(cases[i].xml), &tree, &fault) < 0)
            fail_msg("%s: %s", cases[i].xml, fault.text);
        char *text = json_dumps(tree, JSON_COMPACT | JSON_ENCODE_ANY);
        assert_string_equal(text, cases[i].json);
        free(text);
        json_decref(tree);
    }
}

static void bodies_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum document_format format;
        const char *body, *text;
    } cases[] = {
        {DOCUMENT_FORMAT_JSON, "{\"a\": 1, \"a\": 2}", "the body is not JSON"},
        {DOCUMENT_FORMAT_JSON, "{\"a\": \"\\u0000\"}", "the body is not JSON"},
        {DOCUMENT_FORMAT_JSON, "{\"a\": 1", "the body is not JSON"},
        {DOCUMENT_FORMAT_SOAP, "", "the body is not XML"},
        {DOCUMENT_FORMAT_SOAP, "<a>", "the body is not XML"},
        {DOCUMENT_FORMAT_SOAP, "<a/>", "the XML is no SOAP envelope"},
        {DOCUMENT_FORMAT_SOAP, ENVELOPE(""), "the SOAP envelope has no content"},
        {DOCUMENT_FORMAT_SOAP, "<!DOCTYPE a [<!ENTITY e \"x\">]>" ENVELOPE("<R>&e;</R>"), "the XML has a DTD"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        json_t *tree;
        struct truc_fault fault = {0};
        assert_int_equal(document_read(cases[i].format, bytes_string(cases[i].body), &tree, &fault), TRUC_E_PAYLOAD);
        assert_string_equal(fault.text, cases[i].text);
    }
}

static void deep_bodies_are_refused(void **state)
{
    (void)state;
    BUFFER_CLEANUP struct buffer xml = {0};
    BUFFER_CLEANUP struct buffer json = {0};
    json_t *tree;
    buffer_append_string(&xml, "<s:Envelope xmlns:s=\"u\"><s:Body>");
    for (int i = 0; i < 60; i++)
        buffer_append_string(&xml, "<a>");
    for (int i = 0; i < 60; i++)
        buffer_append_string(&xml, "</a>");
    buffer_append_string(&xml, "</s:Body></s:Envelope>");
    for (int i = 0; i < 100000; i++)
        buffer_append_byte(&json, '[');
    assert_int_equal(document_read(DOCUMENT_FORMAT_SOAP, buffer_view(&xml), &tree, NULL), TRUC_E_PAYLOAD);
    assert_int_equal(document_read(DOCUMENT_FORMAT_JSON, buffer_view(&json), &tree, NULL), TRUC_E_PAYLOAD);
}

static void texts_that_xml_cannot_carry_are_refused(void **state)
{
    (void)state;
    BUFFER_CLEANUP struct buffer out = {0};
    json_t *body = json_pack("{s:s}", "a", "x\x01y");
    struct http_soap soap = {.operation = "Op", .body = body};
    assert_int_equal(http_soap_write(&soap, &out, NULL), TRUC_E_PAYLOAD);
    json_decref(body);
    body = json_pack("{s:s}", "a b", "x");
    soap.body = body;
    assert_int_equal(http_soap_write(&soap, &out, NULL), TRUC_E_PAYLOAD);
    json_decref(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_refused_with_their_place),
        cmocka_unit_test(an_unknown_key_is_refused),
        cmocka_unit_test(values_can_be_set_from_outside_only_where_listed),
        cmocka_unit_test(a_secret_that_others_may_read_is_refused),
        cmocka_unit_test(soap_is_read_as_a_tree),
        cmocka_unit_test(bodies_that_are_none_are_refused),
        cmocka_unit_test(deep_bodies_are_refused),
        cmocka_unit_test(texts_that_xml_cannot_carry_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
