/* fuzz_document.c - whatever a far side sends, read as JSON, as XML and as SOAP (document.h): the first byte says which.
 * What is read is a tree within the bounds, and the same twice; what is not has a name and no tree.
 * A fuzz target, see fuzz.h. */
#include "document.h"
#include "fuzz.h"

static size_t count_values(const json_t *value)
{
    size_t count = 1, at;
    const char *name;
    json_t *inner;
    json_array_foreach(value, at, inner) {
        count += count_values(inner);
    }
    json_object_foreach((json_t *)(uintptr_t)value, name, inner) {
        count += count_values(inner);
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum document_format format = (enum document_format)(data[0] % 3);
    struct bytes body = bytes_of(data + 1, size - 1);
    struct truc_fault fault = {0};
    json_t *first = NULL, *second = NULL;
    int code = document_read(format, body, &first, &fault);
    FUZZ_REQUIRE(code == 0 || (code == TRUC_E_PAYLOAD && first == NULL && *fault.text));
    if (code < 0)
        return 0;
    FUZZ_REQUIRE(document_read(format, body, &second, &fault) == 0 && json_equal(first, second));
    FUZZ_REQUIRE(count_values(first) <= 2 * (size_t)DOCUMENT_JSON_VALUES_MAX + 2);
    if (format != DOCUMENT_FORMAT_JSON)
        FUZZ_REQUIRE(!json_is_array(first));
    json_decref(first);
    json_decref(second);
    return 0;
}
