/* fuzz_schemas.c - the bus's own schemas, loaded once. Not fuzzed themselves: an operator's file, made by protoc.
 * Under the targets payload, policy and mapping. */
#include "fuzz_schemas.h"

#include "fuzz.h"

static struct schema_set *schemas;

static void forget(void)
{
    schema_set_free(schemas);
}

const struct schema_set *fuzz_schemas(void)
{
    if (schemas != NULL)
        return schemas;
    BUFFER_CLEANUP struct buffer content = {0};
    uint8_t chunk[65536];
    struct truc_fault fault;
    FILE *file = fopen(TRUC_DESCRIPTORS_PATH, "rb");
    FUZZ_REQUIRE(file != NULL);
    for (size_t size; (size = fread(chunk, 1, sizeof chunk, file)) > 0;)
        buffer_append(&content, chunk, size);
    (void)fclose(file);
    FUZZ_REQUIRE(schema_set_load(buffer_view(&content), &schemas, &fault) == 0);
    FUZZ_REQUIRE(atexit(forget) == 0);
    return schemas;
}
