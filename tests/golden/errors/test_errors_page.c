/* test_errors_page.c - docs/errors.md is made from bus/base/truc/error.def and may not drift from it.
 * Usage: test_errors_page PAGE compares; with --write it makes the page anew.
 * Groups and numbers are error.def's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <truc/error.h>

struct group {
    int first;
    const char *title;
};

static const struct group groups[] = {
    {1, "The program itself"},
    {20, "The wire protocol: the broker closes the session after these"},
    {40, "Why a message was refused: final for that message unless it says otherwise"},
    {70, "What became of an accepted message at a destination"},
    {90, "The journal"},
    {1000, NULL},
};

static const int numbers[] = {
#define TRUC_ERROR(name, number, meaning, hint) number,
#include <truc/error.def>
#undef TRUC_ERROR
};

static int make_page(FILE *out)
{
    size_t group = 0;
    int failed = fprintf(out, "# Errors\n\nEvery outcome has a name and a number; both are for ever. `truc explain "
                              "NAME` tells the same.\n"
                              "This page is made from `bus/base/truc/error.def`; a test compares them.\n") < 0;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (groups[group].title && numbers[i] >= groups[group].first)
            failed |= fprintf(out, "\n## %s\n\n| number | name | meaning | what to do |\n|---|---|---|---|\n",
                              groups[group++].title) < 0;
        failed |= fprintf(out, "| %d | `%s` | %s | %s |\n", numbers[i], truc_error_name(-numbers[i]),
                          truc_error_meaning(-numbers[i]), truc_error_hint(-numbers[i])) < 0;
    }
    return failed;
}

int main(int argc, char **argv)
{
    char *made = NULL, *page = NULL;
    size_t made_size = 0, page_size = 0;
    if (argc == 3 && strcmp(argv[1], "--write") == 0) {
        FILE *out = fopen(argv[2], "w");
        return out == NULL || make_page(out) || fclose(out) != 0;
    }
    FILE *memory = open_memstream(&made, &made_size), *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (memory == NULL || file == NULL || make_page(memory) || fclose(memory) != 0 ||
        getdelim(&page, &page_size, 0, file) < 0) {
        fprintf(stderr, "usage: test_errors_page [--write] docs/errors.md\n");
        return 2;
    }
    fclose(file);
    int differs = strcmp(made, page) != 0;
    if (differs)
        fprintf(stderr,
                "docs/errors.md is not what error.def says; make it anew: test_errors_page --write docs/errors.md\n");
    free(made);
    free(page);
    return differs;
}
