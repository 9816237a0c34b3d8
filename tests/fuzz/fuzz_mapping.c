/* fuzz_mapping.c - any text as an expression of the mapping language, and what it makes of a message (docs/mapping.md).
 * What compiles evaluates, to a value or a named fault, and to the same twice.
 * A fuzz target, see fuzz.h. */
#include "fuzz.h"
#include "fuzz_schemas.h"
#include "mapping_expression.h"
#include "text.h"

enum { MEMORY_MAX = 1024 * 1024 };
static const char answer[] =
    "{\"data\":[{\"code\":\"004\",\"n\":-3,\"at\":\"20261118083000\"},{}],\"ten\":\"Nguy\xe1\xbb\x85n\","
    "\"real\":0.5,\"yes\":true,\"none\":null}";

static void evaluate_twice(const struct mapping_expression *expression, const struct mapping_values *values)
{
    json_t *first = NULL, *second = NULL;
    struct truc_fault fault;
    int code = mapping_expression_evaluate(expression, values, &first, &fault);
    FUZZ_REQUIRE(code == 0 || code == TRUC_E_PAYLOAD || code == TRUC_E_LIMIT);
    FUZZ_REQUIRE(mapping_expression_evaluate(expression, values, &second, &fault) == code);
    FUZZ_REQUIRE(code != 0 || (first != NULL && json_equal(first, second)));
    json_decref(first);
    json_decref(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct mapping_place place = {"adapter.yaml", 1, 1};
    struct mapping_scope scope = {.root_count = 2};
    ARENA_CLEANUP struct arena arena = {.used_bytes_max = MEMORY_MAX};
    const struct mapping_expression *expression = NULL;
    struct truc_fault fault;
    scope.roots[0] = (struct mapping_root){"$", mapping_type_of(MAPPING_ANY)};
    scope.roots[1] = (struct mapping_root){
        "body", mapping_type_of_message(schema_set_find_type(fuzz_schemas(), bytes_string("dossier.submitted")))};
    if (!text_is_utf8(bytes_of(data, size))) /* as every text of a YAML file is */
        return 0;
    if (mapping_expression_compile(bytes_of(data, size), &scope, &place, &arena, &expression, &fault) != 0)
        return 0;
    json_t *far = json_loads(answer, 0, NULL);
    struct mapping_values values = {.roots = {far, json_object()}};
    FUZZ_REQUIRE(far != NULL);
    evaluate_twice(expression, &values);
    json_decref(values.roots[1]);
    json_decref(far);
    return 0;
}
