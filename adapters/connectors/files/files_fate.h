/* files_fate.h - what becomes of a file that was picked up, by how its message ended.
 * Pure. The one rule that matters: what is not shown to be not secret goes to quarantine, never elsewhere.
 * In the flow: files_picking.c and golden cases -> this. */
#ifndef TRUC_FILES_FATE_H
#define TRUC_FILES_FATE_H

#include <stdbool.h>

enum files_fate {
    FILES_DONE,
    FILES_AGAIN, /* later, from where it is */
    FILES_FAILED,
    FILES_QUARANTINE,
};

/* @code: 0 or an enum truc_error; @is_classified: its classification was read, and is not secret. */
enum files_fate files_fate_of(int code, bool is_classified);
/* "done", "again", "failed", "quarantine". */
const char *files_fate_name(enum files_fate fate);

#endif
