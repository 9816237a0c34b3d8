/* fuzz_http_body.c - any bytes as a body that the HTTP connector gets or is answered with: JSON, SOAP (docs/connector-http.md).
 * What is read is written and read again as the same; what is refused is told, and not by quoting it.
 * A fuzz target, see fuzz.h: an odd first byte means SOAP; then comes the body. */
#include "fuzz.h"
#include "http_soap.h"

#include <libxml/parser.h>

static void check_json(const json_t *tree)
{
    BUFFER_CLEANUP struct buffer body = {.size_max = 64 * 1024 * 1024};
    struct truc_fault fault = {0};
    json_t *again = NULL;
    FUZZ_REQUIRE(document_write_json(tree, &body, &fault) == 0);
    FUZZ_REQUIRE(document_read(DOCUMENT_FORMAT_JSON, buffer_view(&body), &again, &fault) == 0);
    FUZZ_REQUIRE(json_equal(tree, again));
    json_decref(again);
}

/* Names of elements and texts that XML can't hold are refused; what is written is an envelope. */
static void check_soap(const json_t *tree)
{
    BUFFER_CLEANUP struct buffer body = {.size_max = 64 * 1024 * 1024};
    const struct http_soap soap = {.operation = "op", .body = tree};
    struct truc_fault fault = {0};
    json_t *again = NULL;
    int code = http_soap_write(&soap, &body, &fault);
    FUZZ_REQUIRE(code == 0 || (code == TRUC_E_PAYLOAD && fault.text[0] != '\0'));
    if (code < 0)
        return;
    code = document_read(DOCUMENT_FORMAT_SOAP, buffer_view(&body), &again, &fault);
    FUZZ_REQUIRE(code == 0 || code == TRUC_E_PAYLOAD || code == TRUC_E_TOO_LARGE); /* deeper than what is read */
    json_decref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct truc_fault fault = {0};
    json_t *tree = NULL;
    if (size < 1)
        return 0;
    enum document_format format = data[0] % 2 == 1 ? DOCUMENT_FORMAT_SOAP : DOCUMENT_FORMAT_JSON;
    int code = document_read(format, bytes_of(data + 1, size - 1), &tree, &fault);
    FUZZ_REQUIRE((code == 0) == (tree != NULL));
    FUZZ_REQUIRE(code == 0 || ((code == TRUC_E_PAYLOAD || code == TRUC_E_TOO_LARGE) && fault.text[0] != '\0'));
    if (code == 0) {
        check_json(tree);
        check_soap(tree);
    }
    json_decref(tree);
    return 0;
}
