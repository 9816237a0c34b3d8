/* sim_disk.c - passes every call on to the disk in memory, unless it is the one that fails.
 * A failing call has done nothing, but for the sync of a directory: names that it should have made durable may never be.
 * See sim_disk.h. */
#include "sim_disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim_canary.h"
#include "sim_world.h"

struct sim_file {
    struct disk_file file;
    struct disk_file *inner;
    struct sim_disk *disk;
};

static struct sim_disk *disk_of(struct disk *disk)
{
    return (struct sim_disk *)(void *)disk;
}

static struct sim_file *file_of(struct disk_file *file)
{
    return (struct sim_file *)(void *)file;
}

static struct disk *inner_of(struct disk *disk)
{
    return memory_disk_interface(disk_of(disk)->memory);
}

/* Counts down; true for the call that fails. */
static bool fails(const struct sim_disk *disk, uint64_t *left)
{
    return !disk->is_calm && *left && --*left == 0;
}

static const struct disk_operations operations;

/* `inner` is set when the code is 0. */
static int wrap(struct disk *disk, int code, struct disk_file *const *inner, struct disk_file **ret_file)
{
    if (code < 0)
        return code;
    struct sim_file *file = calloc(1, sizeof *file);
    if (file == NULL)
        abort();
    *file = (struct sim_file){{&operations}, *inner, disk_of(disk)};
    *ret_file = &file->file;
    return code;
}

static int sim_open(struct disk *disk, const char *path, unsigned flags, struct disk_file **ret_file)
{
    struct disk_file *inner = NULL;
    if (fails(disk_of(disk), &disk_of(disk)->faults.fail_open))
        return -EMFILE;
    return wrap(disk, disk_open(inner_of(disk), path, flags, &inner), &inner, ret_file);
}

static int sim_lock(struct disk *disk, const char *path, struct disk_file **ret_file)
{
    struct disk_file *inner = NULL;
    return wrap(disk, disk_lock(inner_of(disk), path, &inner), &inner, ret_file);
}

static void sim_close(struct disk_file *file)
{
    canary_closes(file_of(file)->inner);
    disk_close(file_of(file)->inner);
    free(file);
}

static int64_t sim_read_at(struct disk_file *file, uint64_t offset, void *data, size_t size)
{
    return disk_read_at(file_of(file)->inner, offset, data, size);
}

static int sim_write_at(struct disk_file *file, uint64_t offset, const void *data, size_t size)
{
    return disk_write_at(file_of(file)->inner, offset, data, size);
}

static int sim_sync(struct disk_file *file)
{
    struct world *world = file_of(file)->disk->world;
    if (world->faults && !world->disk.is_calm && random_chance(&world->random, 1))
        world->now_ns += random_below(&world->random, random_chance(&world->random, 10) ? 3000000000 : 200000000);
    return canary_sync(file_of(file)->inner);
}

static int64_t sim_size(struct disk_file *file)
{
    return disk_size(file_of(file)->inner);
}

static int sim_truncate(struct disk_file *file, uint64_t size)
{
    return disk_truncate(file_of(file)->inner, size);
}

/* Segments are named by their first position, with leading zeros. */
static void note_segment(struct sim_disk *disk, const char *path)
{
    static const char folder[] = "/journal/segments/";
    size_t size = sizeof folder - 1;
    if (strncmp(path, folder, size) == 0 && path[size] >= '0' && path[size] <= '9' &&
        strcmp(path, disk->last_segment) > 0)
        (void)snprintf(disk->last_segment, sizeof disk->last_segment, "%s", path);
}

static int sim_rename(struct disk *disk, const char *from, const char *to)
{
    if (fails(disk_of(disk), &disk_of(disk)->faults.fail_rename))
        return -EIO;
    note_segment(disk_of(disk), to);
    return disk_rename(inner_of(disk), from, to);
}

static int sim_unlink(struct disk *disk, const char *path)
{
    return disk_unlink(inner_of(disk), path);
}

static int sim_make_directory(struct disk *disk, const char *path)
{
    return disk_make_directory(inner_of(disk), path);
}

static int sim_sync_directory(struct disk *disk, const char *path)
{
    if (fails(disk_of(disk), &disk_of(disk)->faults.fail_sync_directory))
        return -EIO;
    return canary_sync_directory(inner_of(disk), path);
}

static int sim_list(struct disk *disk, const char *path, int (*visit)(void *context, const char *name), void *context)
{
    return disk_list(inner_of(disk), path, visit, context);
}

static const struct disk_operations operations = {
    .open = sim_open,
    .close = sim_close,
    .read_at = sim_read_at,
    .write_at = sim_write_at,
    .sync = sim_sync,
    .size = sim_size,
    .truncate = sim_truncate,
    .rename = sim_rename,
    .unlink = sim_unlink,
    .make_directory = sim_make_directory,
    .sync_directory = sim_sync_directory,
    .list = sim_list,
    .lock = sim_lock,
};

void sim_disk_init(struct world *world)
{
    world->disk = (struct sim_disk){.disk = {&operations}, .world = world, .memory = memory_disk_new()};
    if (world->disk.memory == NULL)
        abort();
}

void sim_disk_arm(struct world *world, const struct sim_disk_faults *faults)
{
    world->disk.faults = *faults;
    world->disk.is_armed = true;
    memory_disk_set_faults(world->disk.memory, &world->disk.faults.memory);
}

void sim_disk_disarm(struct world *world)
{
    world->disk.faults = (struct sim_disk_faults){0};
    world->disk.is_armed = world->disk.is_tight = false;
    memory_disk_set_faults(world->disk.memory, &world->disk.faults.memory);
}

static int look(void *context, const char *name)
{
    char path[DISK_PATH_BYTES_MAX];
    (void)snprintf(path, sizeof path, "/journal/segments/%s", name);
    note_segment(context, path);
    return 0;
}

void sim_disk_look(struct world *world)
{
    world->disk.last_segment[0] = 0;
    (void)disk_list(memory_disk_interface(world->disk.memory), "/journal/segments", look, &world->disk);
}

void sim_disk_free(struct sim_disk *disk)
{
    memory_disk_free(disk->memory);
}
