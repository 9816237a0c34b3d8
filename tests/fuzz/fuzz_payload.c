/* fuzz_payload.c - any bytes as a payload of any message type, and any text as its JSON (docs/protocol.md, "Payload").
 * What validation accepts goes to JSON and back to the same meaning; what JSON makes is valid; the rest is refused, by every reader.
 * A fuzz target, see fuzz.h: the first byte chooses the type, the second the direction. */
#include "fuzz.h"
#include "schema.h"

#include "fuzz_schemas.h"

static int visit(void *context, const struct schema_field *field, const struct schema_value *value)
{
    (void)context;
    FUZZ_REQUIRE(field->identity && value->bytes.size > 0);
    return 0;
}

static void read_fields(const struct schema_message *message, struct bytes payload, bool is_valid)
{
    struct truc_fault fault;
    for (size_t i = 0; i < message->field_count; i++) {
        struct schema_path path;
        struct schema_value value;
        FUZZ_REQUIRE(schema_path_compile(message, bytes_string(message->fields[i].name), &path, &fault) == 0);
        int code = schema_path_read(&path, payload, &value);
        FUZZ_REQUIRE(code == 0 || (!is_valid && code == TRUC_E_PAYLOAD));
        code = schema_check_only(message, payload, &path, 1, &fault);
        FUZZ_REQUIRE(code == 0 || code == TRUC_E_REPLY_FIELDS || (!is_valid && code == TRUC_E_PAYLOAD));
    }
    int code = schema_each_identity(message, payload, visit, NULL);
    FUZZ_REQUIRE(code == 0 || !is_valid);
}

static void try_payload(const struct schema_message *message, struct bytes payload)
{
    static const struct schema_json_options shown = {.mask = true, .pretty = true, .words = true, .instants = true};
    BUFFER_CLEANUP struct buffer json = {0}, back = {0}, again = {0}, last = {0}, masked = {0};
    struct truc_fault fault;
    bool is_valid = schema_validate(message, payload, NULL, &fault) == 0;
    read_fields(message, payload, is_valid);
    int code = schema_to_json(message, payload, NULL, &json, &fault);
    (void)schema_to_json(message, payload, &shown, &masked, &fault);
    if (!is_valid)
        return;
    FUZZ_REQUIRE(code == 0);
    FUZZ_REQUIRE(schema_from_json(message, buffer_view(&json), &back, &fault) == 0);
    FUZZ_REQUIRE(schema_validate(message, buffer_view(&back), NULL, &fault) == 0);
    /* A zero that was written stands in the first JSON and no longer in the second: in proto3 they mean the same. */
    FUZZ_REQUIRE(schema_to_json(message, buffer_view(&back), NULL, &again, &fault) == 0);
    FUZZ_REQUIRE(schema_from_json(message, buffer_view(&again), &last, &fault) == 0);
    FUZZ_REQUIRE(bytes_equal(buffer_view(&back), buffer_view(&last)));
}

static void try_json(const struct schema_message *message, struct bytes json)
{
    BUFFER_CLEANUP struct buffer payload = {0};
    struct truc_fault fault;
    if (schema_from_json(message, json, &payload, &fault) == 0)
        try_payload(message, buffer_view(&payload));
    else
        FUZZ_REQUIRE(payload.size == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct schema_set *set = fuzz_schemas();
    const struct schema_message *message = schema_set_type(set, data[0] % schema_set_type_count(set));
    (data[1] % 2 == 0 ? try_payload : try_json)(message, bytes_of(data + 2, size - 2));
    return 0;
}
