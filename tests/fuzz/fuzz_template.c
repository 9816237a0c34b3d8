/* fuzz_template.c - any text as a whole mapping of an adapter file, run on any JSON (docs/mapping.md).
 * What compiles runs, to a value or a named fault, and to the same twice; what is written for a schema is valid by it.
 * A fuzz target, see fuzz.h: YAML, a line "===", JSON. */
#include "fuzz.h"
#include "fuzz_schemas.h"
#include "mapping_payload.h"

enum { MEMORY_MAX = 4 * 1024 * 1024 };
static const char mark[] = "\n===\n";

static void run_twice(const struct mapping_template *template, const struct mapping_values *values, json_t **ret_value)
{
    json_t *second = NULL;
    struct truc_fault fault = {0};
    *ret_value = NULL;
    int code = mapping_template_run(template, values, ret_value, &fault);
    FUZZ_REQUIRE(code == 0 || code == TRUC_E_PAYLOAD || code == TRUC_E_LIMIT);
    FUZZ_REQUIRE(code == 0 || fault.text[0] != '\0');
    FUZZ_REQUIRE(mapping_template_run(template, values, &second, &fault) == code);
    FUZZ_REQUIRE(code != 0 || (*ret_value != NULL && json_equal(*ret_value, second)));
    json_decref(second);
}

/* Read back, a payload is what it was made from; it may say less, as zero is not written. */
static void write_payload(const struct schema_message *message, const json_t *tree,
                          const struct mapping_template *template)
{
    BUFFER_CLEANUP struct buffer payload = {0};
    struct truc_fault fault = {0};
    json_t *again = NULL;
    int code = mapping_payload_write(message, tree, template, &payload, &fault);
    FUZZ_REQUIRE(code == 0 || code == TRUC_E_PAYLOAD || code == TRUC_E_LIMIT);
    if (code < 0)
        return;
    FUZZ_REQUIRE(mapping_payload_read(message, buffer_view(&payload), &again, &fault) == 0);
    json_decref(again);
}

static void try_target(const struct yaml_node *root, struct arena *arena, const struct mapping_values *values,
                       const struct schema_message *message)
{
    struct mapping_scope scope = {.root_count = 0};
    FUZZ_REQUIRE(mapping_scope_add(&scope, "$", mapping_type_of(MAPPING_ANY)) == 0);
    const struct mapping_context context = {&scope, yaml_get(root, "shared"), arena};
    struct mapping_type target = message ? mapping_type_of_message(message) : mapping_type_of(MAPPING_ANY);
    const struct mapping_template *template = NULL;
    struct truc_fault fault = {0};
    json_t *value;
    int code = mapping_template_compile(yaml_get(root, "map"), &context, &target, &template, &fault);
    FUZZ_REQUIRE(code == 0 || (fault.text[0] != '\0' && fault.where[0] != '\0') || code == TRUC_E_MEMORY);
    if (code < 0)
        return;
    run_twice(template, values, &value);
    if (message && value)
        write_payload(message, value, template);
    json_decref(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_CLEANUP struct arena arena = {.used_bytes_max = MEMORY_MAX};
    struct policy_report report = {0};
    struct yaml_node *root = NULL;
    const uint8_t *end = size > 0 ? memmem(data, size, mark, sizeof mark - 1) : NULL;
    if (end == NULL)
        return 0;
    const uint8_t *json = end + sizeof mark - 1;
    struct mapping_values values = {
        .roots = {json_loadb((const char *)json, (size_t)(data + size - json), JSON_DECODE_ANY, NULL)}};
    int code = yaml_document_read(&arena, "adapter.yaml", bytes_of(data, (size_t)(end + 1 - data)), &report, &root);
    if (code == 0 && root->kind == YAML_MAP && yaml_get(root, "map") != NULL) {
        try_target(root, &arena, &values, NULL);
        try_target(root, &arena, &values, schema_set_find_type(fuzz_schemas(), bytes_string("dossier.submitted")));
    }
    json_decref(values.roots[0]);
    policy_report_free(&report);
    return 0;
}
