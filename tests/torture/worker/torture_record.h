/* torture_record.h - the outside record: what the bus acknowledged, and what effects happened.
 * Append-only text files that no part of the bus writes or reads; the judge (../judge/) believes nothing else.
 * Written by torture_publish.c and torture_consume.c. */
#ifndef TORTURE_RECORD_H
#define TORTURE_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include <truc/error.h>

enum { RECORD_TEXT_BYTES = 32, RECORD_LINES_MAX = 1000000 };

/* One acknowledgement or one effect. */
struct record_line {
    char id[RECORD_TEXT_BYTES];  /* SENDER-NUMBER */
    char key[RECORD_TEXT_BYTES]; /* ordering key */
    uint64_t sequence;           /* journal position that the bus named */
    uint64_t time_ns;            /* monotonic, the same clock in every process of the machine */
};

/* The file's lines in their order; the caller frees *ret_lines. A last line without its end is cut off the file: what was not
 * written whole did not happen. */
int record_read(const char *path, struct record_line **ret_lines, size_t *ret_count, struct truc_fault *fault);
/* Opens for appending, makes it if needed. */
int record_open(const char *path, struct truc_fault *fault);
/* Appends with one write. 0 or -1; durable after record_sync. */
int record_append(int file, const struct record_line *line);
int record_sync(int file);
/* SENDER-NUMBER's number. */
uint64_t record_number(const char *id);

#endif
