/* test_protocol_vectors.c - the vectors printed in docs/protocol.md are the ones the code makes, byte for byte.
 * With --write it renews them in the page instead (for a change of the protocol, which is a new version).
 * Arguments: the page's path, optionally --write. */
#include "vectors.h"

#include "cmocka_start.h"

#include <stdio.h>
#include <stdlib.h>

static const char begin_mark[] = "<!-- vectors: made by tests/golden/protocol, compared by its test -->\n```text\n";
static const char end_mark[] = "```\n<!-- end of vectors -->\n";
static const char *page_path;

static void read_page(struct buffer *out)
{
    FILE *page = fopen(page_path, "r");
    assert_non_null(page);
    char chunk[4096];
    size_t size;
    while ((size = fread(chunk, 1, sizeof chunk, page)) > 0)
        buffer_append(out, chunk, size);
    assert_false(ferror(page));
    assert_int_equal(fclose(page), 0);
}

/* Where the vectors stand in the page. */
static struct bytes find_vectors(struct buffer *page)
{
    const char *text = buffer_string(page);
    const char *begin = strstr(text, begin_mark);
    assert_non_null(begin);
    begin += strlen(begin_mark);
    const char *end = strstr(begin, end_mark);
    assert_non_null(end);
    return bytes_of(begin, (size_t)(end - begin));
}

static void test_page_and_code_agree(void **state)
{
    BUFFER_CLEANUP struct buffer page = {0}, made = {0}, printed = {0};
    (void)state;
    read_page(&page);
    vectors_write(&made);
    buffer_append_bytes(&printed, find_vectors(&page));
    assert_string_equal(buffer_string(&printed), buffer_string(&made));
}

static int write_page(void)
{
    BUFFER_CLEANUP struct buffer page = {0}, made = {0};
    read_page(&page);
    vectors_write(&made);
    struct bytes old = find_vectors(&page);
    size_t before = (size_t)(old.data - page.data);
    FILE *file = fopen(page_path, "w");
    if (file == NULL)
        return 1;
    size_t written = fwrite(page.data, 1, before, file) + fwrite(made.data, 1, made.size, file) +
                     fwrite(old.data + old.size, 1, page.size - before - old.size, file);
    return fclose(file) == 0 && written == page.size - old.size + made.size ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_page_and_code_agree)};
    if (argc < 2) {
        (void)fprintf(stderr, "usage: %s docs/protocol.md [--write]\n", argv[0]);
        return 2;
    }
    page_path = argv[1];
    if (argc > 2 && strcmp(argv[2], "--write") == 0)
        return write_page();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
