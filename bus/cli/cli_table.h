/* cli_table.h - tables for people, by libsmartcols.
 * Not: JSON (cli_json.h), which has its own names and plain values.
 * In the flow: list commands fill one and print it; a pipe gets full width, a terminal is not overrun. */
#ifndef TRUC_CLI_TABLE_H
#define TRUC_CLI_TABLE_H

#include "bytes.h"

#include <stdio.h>

enum { CLI_TABLE_COLUMNS_MAX = 16 };

struct cli_column {
    const char *title; /* English, marked by N_() */
    bool right;        /* numbers */
};

struct cli_table;

/* NULL when out of memory; the functions below accept NULL, and cli_table_print then says so. */
struct cli_table *cli_table_create(const struct cli_column *columns, size_t count);
void cli_table_free(struct cli_table *table);
/* A new row; cells are filled from the left. */
void cli_table_row(struct cli_table *table);
void cli_table_cell(struct cli_table *table, struct bytes text);
void cli_table_text(struct cli_table *table, const char *text);
void cli_table_count(struct cli_table *table, uint64_t count); /* 58.120 */
/* 0 or TRUC_E_MEMORY: something could not be filled in, nothing was printed. */
int cli_table_print(struct cli_table *table, FILE *out);

#endif
