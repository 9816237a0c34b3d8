/* files_picking.c - see files_picking.h: looks through in/ and work/, and when to do it again.
 * What becomes of one file is files_work.c.
 * In the flow: stepped by files_connector.c, from one thread. */
#include "files_picking.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "connector_mask.h"
#include "fault.h"
#include "files_candidates.h"
#include "files_watch.h"
#include "files_work.h"

enum { NAME_BYTES = 256 };
static const char done_suffix[] = ".done";

struct files_picking {
    const struct files_adapter *adapter;
    const struct files_folder *folder;
    const struct connector_log *log;
    struct files_works *works;
    struct files_candidates candidates;
    int watch;
    uint64_t now_ms, next_rescan_ms;
    bool is_due, is_stopped; /* due: look at once */
    size_t waits_below;      /* look again when fewer files than this are in work; 0: nothing waits for that */
};

int files_picking_open(const struct files_adapter *adapter, truc_adapter *bus, const struct files_folder *folder,
                       const struct connector_log *log, struct files_picking **ret_picking, struct truc_fault *fault)
{
    struct files_picking *picking = calloc(1, sizeof(*picking));
    if (!picking)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the drop folder");
    *picking = (struct files_picking){.adapter = adapter, .folder = folder, .log = log, .watch = -1, .is_due = true};
    picking->candidates.next_look_ms = UINT64_MAX;
    int result = files_works_open(adapter, bus, folder, log, &picking->works, fault);
    if (result == 0)
        result = files_watch_open(folder->parts[FILES_IN], &picking->watch, fault);
    if (result < 0)
        files_picking_close(picking);
    else
        *ret_picking = picking;
    return result;
}

void files_picking_close(struct files_picking *picking)
{
    if (!picking)
        return;
    if (picking->watch >= 0)
        close(picking->watch);
    files_works_close(picking->works);
    files_candidates_free(&picking->candidates);
    free(picking);
}

int files_picking_fd(const struct files_picking *picking)
{
    return picking->watch;
}

void files_picking_stop(struct files_picking *picking)
{
    picking->is_stopped = true;
}

size_t files_picking_out(const struct files_picking *picking)
{
    return files_works_out(picking->works);
}

static void log_name(const struct files_picking *picking, const char *name, const char *text)
{
    BUFFER_CLEANUP struct buffer masked = {0};
    connector_mask_append(&masked, bytes_string(name));
    const char *shown = buffer_string(&masked);
    connector_log(picking->log, CONNECTOR_LOG_WARNING, "in/%s: %s", shown ? shown : "?", text);
}

/* ---- looking --------------------------------------------------------------------------------------------------- */

/* Calls @look for each name of a part until it returns false; false when it did. */
static bool look_through(struct files_picking *picking, enum files_part part,
                         bool (*look)(struct files_picking *picking, const char *name))
{
    int fd = openat(picking->folder->parts[part], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    bool whole = true;
    if (!directory) {
        connector_log(picking->log, CONNECTOR_LOG_WARNING, "%s/ can't be read: %s", files_part_name(part),
                      strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    for (const struct dirent *entry; whole && (entry = readdir(directory));) {
        if (entry->d_name[0] != '.') /* names of what is still being written, by custom */
            whole = look(picking, entry->d_name);
    }
    closedir(directory);
    return whole;
}

/* What an earlier run left. */
static bool take_up(struct files_picking *picking, const char *name)
{
    if (files_works_has(picking->works, name))
        return true;
    if (files_works_count(picking->works) >= picking->adapter->in_flight) {
        picking->waits_below = picking->adapter->in_flight;
        return false;
    }
    files_works_add(picking->works, name);
    return true;
}

static bool has_done_file(const struct files_picking *picking, const char *name, char done[NAME_BYTES])
{
    struct stat status;
    return picking->adapter->ready == FILES_READY_DONE_FILE &&
           snprintf(done, NAME_BYTES, "%s%s", name, done_suffix) < NAME_BYTES &&
           fstatat(picking->folder->parts[FILES_IN], done, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_done_file(const struct files_picking *picking, const char *name)
{
    size_t size = strlen(name), suffix = sizeof(done_suffix) - 1;
    return picking->adapter->ready == FILES_READY_DONE_FILE && size > suffix &&
           strcmp(name + size - suffix, done_suffix) == 0;
}

static void pick_up(struct files_picking *picking, const char *name)
{
    struct truc_fault fault = {0};
    char done[NAME_BYTES];
    int result = files_folder_move(picking->folder, FILES_IN, FILES_WORK, name, &fault);
    if (result == TRUC_E_EXISTS) { /* the one before it under this name is not done yet */
        size_t count = files_works_count(picking->works);
        picking->waits_below = picking->waits_below > count ? picking->waits_below : count;
        return;
    }
    files_candidates_forget(&picking->candidates, name);
    if (result == TRUC_E_NOT_FOUND)
        return;
    if (result < 0) {
        log_name(picking, name, fault.text);
        return;
    }
    if (has_done_file(picking, name, done))
        unlinkat(picking->folder->parts[FILES_IN], done, 0);
    files_works_add(picking->works, name);
}

static bool look_at(struct files_picking *picking, const char *name)
{
    struct stat status;
    char done[NAME_BYTES];
    if (is_done_file(picking, name) ||
        fstatat(picking->folder->parts[FILES_IN], name, &status, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR(status.st_mode))
        return true;
    if (strlen(name) > FILES_NAME_BYTES_MAX) {
        log_name(picking, name, "a name of more than 200 bytes is not picked up");
        return true;
    }
    /* what is no file is never written to: it goes at once, and is named there */
    bool is_whole =
        !S_ISREG(status.st_mode) || files_candidates_is_whole(&picking->candidates, picking->adapter, name, &status,
                                                              has_done_file(picking, name, done), picking->now_ms);
    if (!is_whole)
        return true;
    if (files_works_count(picking->works) >= picking->adapter->in_flight) {
        picking->waits_below = picking->adapter->in_flight;
        return false;
    }
    pick_up(picking, name);
    return true;
}

static void look(struct files_picking *picking)
{
    picking->is_due = false;
    picking->waits_below = 0;
    picking->next_rescan_ms = picking->now_ms + picking->adapter->rescan_ms;
    files_candidates_begin(&picking->candidates);
    if (look_through(picking, FILES_WORK, take_up) && look_through(picking, FILES_IN, look_at))
        files_candidates_end(&picking->candidates);
}

static void on_name(void *context, const char *name)
{
    struct files_picking *picking = context;
    files_candidates_closed(&picking->candidates, name);
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

static bool has_room(const struct files_picking *picking)
{
    return files_works_count(picking->works) < picking->waits_below;
}

int files_picking_timeout_ms(const struct files_picking *picking, uint64_t now_ms)
{
    uint64_t at_ms = files_works_next_ms(picking->works);
    if (!picking->is_stopped && (picking->is_due || has_room(picking)))
        return 0;
    if (!picking->is_stopped && picking->next_rescan_ms < at_ms)
        at_ms = picking->next_rescan_ms;
    if (!picking->is_stopped && picking->candidates.next_look_ms < at_ms)
        at_ms = picking->candidates.next_look_ms;
    if (at_ms == UINT64_MAX)
        return -1;
    return at_ms <= now_ms ? 0 : at_ms - now_ms > INT32_MAX ? INT32_MAX : (int)(at_ms - now_ms);
}

int files_picking_step(struct files_picking *picking, uint64_t now_ms, struct truc_fault *fault)
{
    picking->now_ms = now_ms;
    int result = files_watch_read(picking->watch, on_name, picking, fault);
    if (result < 0)
        return result;
    if (result == 1)
        picking->is_due = true;
    bool is_time = now_ms >= picking->next_rescan_ms || now_ms >= picking->candidates.next_look_ms;
    if (!picking->is_stopped && (picking->is_due || is_time || has_room(picking)))
        look(picking);
    files_works_step(picking->works, now_ms, picking->is_stopped);
    return 0;
}
