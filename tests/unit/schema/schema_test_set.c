/* schema_test_set.c - loads the descriptor sets that the tests of bus/schema work on.
 * Not part of the library: reads files, and fails the test when it can't.
 * Used by every test in this folder. */
#include "schema_test_set.h"

#include <stdio.h>
#include <stdlib.h>

struct buffer test_read_file(const char *path)
{
    struct buffer content = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t block[65536];
    for (size_t size; (size = fread(block, 1, sizeof block, file)) > 0;)
        buffer_append(&content, block, size);
    assert_int_equal(ferror(file), 0);
    fclose(file);
    assert_int_equal(buffer_failed(&content), 0);
    return content;
}

int test_set_try(const char *name, struct schema_set **ret_set, struct truc_fault *fault)
{
    char path[1024] = TRUC_DESCRIPTORS;
    if (name != NULL)
        snprintf(path, sizeof path, "%s/%s.descriptors", TEST_DESCRIPTORS_FOLDER, name);
    struct buffer content = test_read_file(path);
    int result = schema_set_load(buffer_view(&content), ret_set, fault);
    buffer_free(&content); /* the set must not need it */
    return result;
}

struct schema_set *test_set(const char *name)
{
    struct schema_set *set = NULL;
    struct truc_fault fault = {0};
    if (test_set_try(name, &set, &fault) < 0)
        fail_msg("%s", fault.text);
    return set;
}

const struct schema_message *test_type(const struct schema_set *set, const char *type)
{
    const struct schema_message *message = schema_set_find_type(set, bytes_string(type));
    assert_non_null(message);
    return message;
}

struct buffer test_payload(const struct schema_message *message, const char *json)
{
    struct buffer payload = {0};
    struct truc_fault fault = {0};
    if (schema_from_json(message, bytes_string(json), &payload, &fault) < 0)
        fail_msg("%s: %s", fault.where, fault.text);
    return payload;
}

static size_t test_varint_size(size_t value)
{
    size_t size = 1;
    for (; value >= 0x80; value >>= 7)
        size++;
    return size;
}

struct buffer test_nested(size_t depth, uint8_t first_tag, uint8_t second_tag, uint8_t further_tag)
{
    size_t *sizes = calloc(depth, sizeof *sizes), size = 0;
    assert_non_null(sizes);
    for (size_t i = depth; i-- > 0;) {
        sizes[i] = size;
        size += 1 + test_varint_size(size);
    }
    struct buffer out = {0};
    for (size_t i = 0; i < depth; i++) {
        buffer_append_byte(&out, i == 0 ? first_tag : i == 1 ? second_tag : further_tag);
        size_t rest = sizes[i];
        for (; rest >= 0x80; rest >>= 7)
            buffer_append_byte(&out, (uint8_t)(rest | 0x80));
        buffer_append_byte(&out, (uint8_t)rest);
    }
    free(sizes);
    return out;
}
