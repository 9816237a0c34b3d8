/* connector_test.c - see connector_test.h.
 * Files live in the test's own directory under TMPDIR and are removed at once.
 * Used by every test of this folder. */
#include "connector_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 16 * 1024 * 1024 };

struct schema_set *connector_test_schemas(void)
{
    BUFFER_CLEANUP struct buffer content = {.size_max = FILE_BYTES_MAX};
    struct schema_set *set = NULL;
    struct truc_fault fault = {0};
    FILE *stream = fopen(TRUC_DESCRIPTORS, "rb");
    assert_non_null(stream);
    for (size_t size = 1; size;) {
        uint8_t chunk[16384];
        size = fread(chunk, 1, sizeof(chunk), stream);
        buffer_append(&content, chunk, size);
    }
    fclose(stream);
    if (schema_set_load(buffer_view(&content), &set, &fault) < 0)
        fail_msg("%s", fault.text);
    return set;
}

int connector_test_load(const struct connector_format *format, const char *yaml, const struct schema_set *schemas,
                        const struct connector_override *overrides, size_t override_count,
                        struct connector_adapter **ret_adapter, struct truc_fault *fault)
{
    char directory[] = "/tmp/truc-connector-XXXXXX";
    assert_non_null(mkdtemp(directory));
    char path[sizeof(directory) + 16];
    snprintf(path, sizeof(path), "%s/adapter.yaml", directory);
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(yaml, 1, strlen(yaml), stream), strlen(yaml));
    assert_int_equal(fclose(stream), 0);
    int result = connector_adapter_load(format, path, schemas, overrides, override_count, ret_adapter, fault);
    unlink(path);
    rmdir(directory);
    return result;
}
