/* test_configuration_page.c - the tables of docs/configuration.md and config/truc.schema.json are made from the loader's own.
 * Usage: test_configuration_page PAGE SCHEMA compares; with --write behind them it makes both anew.
 * What stands around the tables is written by hand. */
#include "policy_language.h"

#include <stdio.h>
#include <string.h>

static const char begin_mark[] = "<!-- keys: made by tests/golden/configuration, compared by its test -->\n";
static const char end_mark[] = "<!-- end of keys -->\n";

static int read_file(const char *path, struct buffer *out)
{
    FILE *file = fopen(path, "rb");
    uint8_t chunk[65536];
    if (file == NULL)
        return -1;
    for (size_t size; (size = fread(chunk, 1, sizeof chunk, file)) > 0;)
        buffer_append(out, chunk, size);
    int failed = ferror(file);
    return fclose(file) != 0 || failed || buffer_failed(out) ? -1 : 0;
}

/* The page with the tables as they should be. */
static int make_page(struct buffer *page, struct buffer *out)
{
    const char *text = buffer_string(page), *begin = text ? strstr(text, begin_mark) : NULL;
    const char *end = begin ? strstr(begin, end_mark) : NULL;
    if (end == NULL) {
        fprintf(stderr, "the page lacks its marks:\n%s%s", begin_mark, end_mark);
        return -1;
    }
    buffer_append(out, text, (size_t)(begin - text) + sizeof begin_mark - 1);
    if (policy_language_page(out) < 0)
        return -1;
    buffer_append_string(out, end);
    return buffer_failed(out);
}

static int check_or_write(const char *path, const struct buffer *kept, const struct buffer *made, int writes)
{
    if (writes) {
        FILE *file = fopen(path, "wb");
        size_t written = file ? fwrite(made->data, 1, made->size, file) : 0;
        return file == NULL || fclose(file) != 0 || written != made->size ? 1 : 0;
    }
    if (bytes_equal(buffer_view(kept), buffer_view(made)))
        return 0;
    fprintf(stderr, "%s is not what the tables of policy_keys.c say; --write makes it so\n", path);
    return 1;
}

int main(int argc, char **argv)
{
    BUFFER_CLEANUP struct buffer page = {0}, schema = {0}, made_page = {0}, made_schema = {0};
    int writes = argc == 4 && strcmp(argv[3], "--write") == 0;
    if (argc != 3 && !writes) {
        fprintf(stderr, "usage: test_configuration_page docs/configuration.md config/truc.schema.json [--write]\n");
        return 2;
    }
    if (read_file(argv[1], &page) < 0 || read_file(argv[2], &schema) < 0 || make_page(&page, &made_page) < 0 ||
        policy_language_schema(&made_schema) < 0)
        return 2;
    return check_or_write(argv[1], &page, &made_page, writes) | check_or_write(argv[2], &schema, &made_schema, writes);
}
