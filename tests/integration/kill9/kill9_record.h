/* kill9_record.h - the outside record of the kill -9 test: what the bus acknowledged, and what effects happened.
 * Append-only text files that no part of the bus writes or reads; the judge believes nothing else.
 * Written by kill9_publish.c and kill9_consume.c, judged by kill9_judge.c. */
#ifndef KILL9_RECORD_H
#define KILL9_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include <truc/error.h>

enum {
    RECORD_TEXT_BYTES = 32,
    RECORD_LINES_MAX = 1000000,
    LINE_BYTES_MIN = 30, /* to translate "so many lines more" into a size to wait for */
};

/* One acknowledgement or one effect. */
struct record_line {
    char id[RECORD_TEXT_BYTES];  /* SENDER-NUMBER */
    char key[RECORD_TEXT_BYTES]; /* ordering key */
    uint64_t sequence;           /* journal position that the bus named */
    uint64_t time_ns;            /* monotonic */
};

/* The file's lines in their order; the caller frees *ret_lines. A last line without its end is cut off the file (`mend`), or is
 * an error: an effect that was not written whole did not happen. */
int record_read(const char *path, int mend, struct record_line **ret_lines, size_t *ret_count,
                struct truc_fault *fault);
/* Opens for appending, makes it if needed. */
int record_open(const char *path, struct truc_fault *fault);
/* Appends with one write; `durable`: and syncs. 0 or -1. */
int record_append(int file, const struct record_line *line, int durable);
/* SENDER-NUMBER's number. */
uint64_t record_number(const char *id);

#endif
