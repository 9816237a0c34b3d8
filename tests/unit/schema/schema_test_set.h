/* schema_test_set.h - loads the descriptor sets that the tests of bus/schema work on, and builds wire bytes.
 * Not part of the library: reads files, and fails the test when it can't.
 * Used by every test in this folder. */
#ifndef TRUC_SCHEMA_TEST_SET_H
#define TRUC_SCHEMA_TEST_SET_H

#include "cmocka_start.h"

#include "schema.h"

/* A file's content in memory; buffer_free it. */
struct buffer test_read_file(const char *path);
/* TRUC_DESCRIPTORS for NULL, or NAME.descriptors of this folder. */
struct schema_set *test_set(const char *name);
int test_set_try(const char *name, struct schema_set **ret_set, struct truc_fault *fault);

const struct schema_message *test_type(const struct schema_set *set, const char *type);

/* The wire bytes of a JSON text; fails the test when the JSON is refused. buffer_free it. */
struct buffer test_payload(const struct schema_message *message, const char *json);

/* An empty message in a field in a message …, @depth fields in all, with these one-byte tags from the outside in.
 * buffer_free it. */
struct buffer test_nested(size_t depth, uint8_t first_tag, uint8_t second_tag, uint8_t further_tag);

#define BYTES_LITERAL(text) bytes_of(text, sizeof(text) - 1)

#endif
