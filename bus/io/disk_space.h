/* disk_space.h - watches how full the journal's file system is, and says when to stop taking messages.
 * Not the journal's own room (it prepares its segments ahead): this is the early brake, seen by people.
 * Asked every second by the loop, which hands the answer to the engine. */
#ifndef TRUC_DISK_SPACE_H
#define TRUC_DISK_SPACE_H

#include <stdbool.h>
#include <stdint.h>
#include <truc/error.h>

enum {
    DISK_SPACE_TEXT_BYTES = 64,
    DISK_SPACE_DEFAULT_PERCENT = 90,
    DISK_SPACE_RELEASE_PERCENT = 2, /* this much below the mark before messages are taken again: no flapping */
};

struct disk_space {
    unsigned percent_max;
    bool is_blocked;
    char text[DISK_SPACE_TEXT_BYTES]; /* "disk 91 % > 90 %"; what the senders are told */
};

/* Looks. 1: is_blocked has changed, or the text while blocked; 0: nothing new; TRUC_E_IO. */
int disk_space_look(struct disk_space *space, const char *path, struct truc_fault *fault);
/* The same with numbers: blocks used, and blocks that may still be used. */
int disk_space_judge(struct disk_space *space, uint64_t used, uint64_t available);

#endif
