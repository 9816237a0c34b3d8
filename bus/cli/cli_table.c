/* cli_table.c - see cli_table.h. A failed allocation is remembered and told once, by cli_table_print.
 * libsmartcols measures text by the locale: cli_main makes sure that it is a UTF-8 one.
 * Text from elsewhere is made safe before it becomes a cell. */
#include "cli_table.h"

#include "cli_format.h"
#include "cli_words.h"

#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <truc/error.h>

struct cli_table {
    struct libscols_table *table;
    struct libscols_line *line;
    size_t cell;
    bool failed;
};

struct cli_table *cli_table_create(const struct cli_column *columns, size_t count)
{
    struct cli_table *table = calloc(1, sizeof *table);
    if (table == NULL || (table->table = scols_new_table()) == NULL) {
        free(table);
        return NULL;
    }
    scols_table_enable_noencoding(table->table, 1);
    for (size_t i = 0; i < count; i++)
        if (scols_table_new_column(table->table, cli_words(columns[i].title), 0,
                                   columns[i].right ? SCOLS_FL_RIGHT : 0) == NULL)
            table->failed = true;
    return table;
}

void cli_table_free(struct cli_table *table)
{
    if (table) {
        scols_unref_table(table->table);
        free(table);
    }
}

void cli_table_row(struct cli_table *table)
{
    if (table == NULL)
        return;
    table->cell = 0;
    table->line = scols_table_new_line(table->table, NULL);
    table->failed |= table->line == NULL;
}

void cli_table_cell(struct cli_table *table, struct bytes text)
{
    struct buffer safe = {0};
    if (table == NULL || table->line == NULL)
        return;
    cli_append_safe(&safe, text);
    const char *cell = buffer_string(&safe);
    if (cell == NULL || scols_line_set_data(table->line, table->cell++, cell) != 0)
        table->failed = true;
    buffer_free(&safe);
}

void cli_table_text(struct cli_table *table, const char *text)
{
    cli_table_cell(table, bytes_string(text));
}

void cli_table_count(struct cli_table *table, uint64_t count)
{
    char text[CLI_NUMBER_BYTES];
    cli_table_text(table, cli_format_count(count, text));
}

/* libsmartcols fills the last column of a line with blanks where it is shorter; nobody wants those. */
static void print_trimmed(const char *text, FILE *out)
{
    while (*text) {
        size_t line = strcspn(text, "\n"), end = line;
        while (end > 0 && text[end - 1] == ' ')
            end--;
        fprintf(out, "%.*s\n", (int)end, text);
        text += text[line] ? line + 1 : line;
    }
}

int cli_table_print(struct cli_table *table, FILE *out)
{
    char *text = NULL;
    if (table == NULL || table->failed)
        return TRUC_E_MEMORY;
    scols_table_set_termforce(table->table, SCOLS_TERMFORCE_NEVER);
    if (scols_print_table_to_string(table->table, &text) != 0)
        return TRUC_E_MEMORY;
    if (text)
        print_trimmed(text, out);
    free(text);
    return 0;
}
