/* disk_space.c - percent of used over usable, rounded up, as df shows it.
 * Blocks reserved for root don't count as usable.
 * See disk_space.h. */
#include "disk_space.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "fault.h"

int disk_space_judge(struct disk_space *space, uint64_t used, uint64_t available)
{
    double usable = (double)used + (double)available;
    unsigned percent = 100;
    if (usable > 0) {
        double share = (double)used * 100 / usable;
        percent = (unsigned)share + (share > (unsigned)share);
    }
    unsigned mark = space->percent_max;
    if (space->is_blocked)
        mark = mark > DISK_SPACE_RELEASE_PERCENT ? mark - DISK_SPACE_RELEASE_PERCENT : 0;
    bool was_blocked = space->is_blocked;
    char before[DISK_SPACE_TEXT_BYTES];
    memcpy(before, space->text, sizeof before);
    space->is_blocked = percent > mark;
    space->text[0] = 0;
    if (space->is_blocked)
        snprintf(space->text, sizeof space->text, "disk %u %% > %u %%", percent, mark);
    return was_blocked != space->is_blocked || strcmp(before, space->text) != 0;
}

int disk_space_look(struct disk_space *space, const char *path, struct truc_fault *fault)
{
    struct statvfs status;
    while (statvfs(path, &status) < 0)
        if (errno != EINTR)
            return fault_errno(fault, TRUC_E_IO, errno, "cannot see how full the disk of '%s' is", path);
    return disk_space_judge(space, status.f_blocks - status.f_bfree, status.f_bavail);
}
