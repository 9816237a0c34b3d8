/* memory_disk.c - a disk in memory that behaves as badly as real ones may: for tests and the simulation.
 * A file has what readers see (`seen`), what would survive a power cut for certain (`durable`), and the changes
 * between. Implements bus/journal/disk.h. Deterministic: every choice comes from the seed of memory_disk_crash(). */
#include "memory_disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { SECTOR_BYTES = 512 };

/* A write (data) or truncation (data NULL) that no sync has made durable. */
struct change {
    uint64_t offset; /* truncation: the new size */
    uint8_t *data;
    size_t size;
};

struct inode {
    struct buffer seen, durable;
    struct change *changes;
    size_t change_count, change_capacity;
    size_t references; /* names (seen, durable, in pending operations) and open files */
    bool is_directory;
    bool is_locked;
    bool has_lost; /* a sync failed: what readers see may never have been written */
};

struct name {
    char *path;
    struct inode *inode;
};

struct names {
    struct name *items;
    size_t count, capacity;
};

/* inode set: path now names it; NULL: path is gone. A rename is two of them that survive together. */
struct name_change {
    char *path;
    struct inode *inode;
    bool with_next;
};

struct memory_disk {
    struct disk disk;
    struct names seen, durable;
    struct name_change *pending;
    size_t pending_count, pending_capacity;
    struct memory_disk_faults faults;
    struct memory_disk_counts counts, counts_at_faults;
    uint64_t life; /* files opened in an earlier one are dead */
    bool is_off;
};

struct memory_file {
    struct disk_file file;
    struct memory_disk *disk;
    struct inode *inode;
    uint64_t life;
    unsigned flags;
    bool holds_lock;
};

/* Tests run with enough memory; without it they stop here. */
static void *must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

static void *grow(void *items, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? 2 * *capacity : 16;
    return must(realloc(items, *capacity * size));
}

/* ---- inodes ---- */

static void changes_clear(struct inode *inode)
{
    for (size_t i = 0; i < inode->change_count; i++)
        free(inode->changes[i].data);
    inode->change_count = 0;
}

static void inode_release(struct inode *inode)
{
    if (inode == NULL || --inode->references > 0)
        return;
    changes_clear(inode);
    free(inode->changes);
    buffer_free(&inode->seen);
    buffer_free(&inode->durable);
    free(inode);
}

static void content_resize(struct buffer *content, uint64_t size)
{
    content->size_max = 4ull << 30;
    if (size > content->size) {
        size_t before = content->size;
        must(buffer_extend(content, (size_t)size - before));
        memset(content->data + before, 0, (size_t)size - before);
    }
    content->size = (size_t)size;
}

static void content_write(struct buffer *content, uint64_t offset, const uint8_t *data, size_t size)
{
    if (offset + size > content->size)
        content_resize(content, offset + size);
    if (size > 0)
        memcpy(content->data + offset, data, size);
}

static void change_apply(struct buffer *content, const struct change *change)
{
    if (change->data == NULL)
        content_resize(content, change->offset);
    else
        content_write(content, change->offset, change->data, change->size);
}

static void change_add(struct inode *inode, uint64_t offset, const uint8_t *data, size_t size)
{
    inode->changes = grow(inode->changes, &inode->change_capacity, inode->change_count, sizeof(*inode->changes));
    struct change change = {.offset = offset, .size = size};
    if (data != NULL) {
        change.data = must(malloc(size ? size : 1));
        memcpy(change.data, data, size);
    }
    inode->changes[inode->change_count++] = change;
    change_apply(&inode->seen, &change);
}

/* ---- names ---- */

static struct name *names_find(const struct names *names, const char *path)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i].path, path) == 0)
            return &names->items[i];
    }
    return NULL;
}

static void names_set(struct names *names, const char *path, struct inode *inode)
{
    struct name *name = names_find(names, path);
    if (inode != NULL)
        inode->references++;
    if (name != NULL && inode != NULL) {
        inode_release(name->inode);
        name->inode = inode;
    } else if (name != NULL) {
        inode_release(name->inode);
        free(name->path);
        *name = names->items[--names->count];
    } else if (inode != NULL) {
        names->items = grow(names->items, &names->capacity, names->count, sizeof(*names->items));
        names->items[names->count++] = (struct name){must(strdup(path)), inode};
    }
}

static void names_clear(struct names *names)
{
    while (names->count > 0)
        names_set(names, names->items[0].path, NULL);
    free(names->items);
    *names = (struct names){0};
}

static bool is_in_directory(const char *path, const char *directory)
{
    size_t size = strlen(directory);
    if (size > 0 && directory[size - 1] == '/')
        size--;
    return strncmp(path, directory, size) == 0 && path[size] == '/' && strchr(path + size + 1, '/') == NULL &&
           path[size + 1];
}

static void name_change_add(struct memory_disk *disk, const char *path, struct inode *inode, bool with_next)
{
    disk->pending = grow(disk->pending, &disk->pending_capacity, disk->pending_count, sizeof(*disk->pending));
    disk->pending[disk->pending_count++] = (struct name_change){must(strdup(path)), inode, with_next};
    if (inode != NULL)
        inode->references++;
    names_set(&disk->seen, path, inode);
}

static void name_change_free(struct name_change *change)
{
    inode_release(change->inode);
    free(change->path);
}

static void pending_clear(struct memory_disk *disk)
{
    for (size_t i = 0; i < disk->pending_count; i++)
        name_change_free(&disk->pending[i]);
    disk->pending_count = 0;
}

/* ---- faults ---- */

static bool is_dead(const struct memory_disk *disk, const struct memory_file *file)
{
    return disk->is_off || (file != NULL && file->life != disk->life);
}

/* Counts a call that changes something; true when the power is gone. */
static bool change_is_refused(struct memory_disk *disk, const struct memory_file *file)
{
    if (is_dead(disk, file))
        return true;
    disk->counts.changes++;
    uint64_t number = disk->counts.changes - disk->counts_at_faults.changes;
    disk->is_off = disk->faults.power_off != 0 && number >= disk->faults.power_off;
    return disk->is_off;
}

static int fault_error(const struct memory_disk *disk)
{
    return disk->faults.fail_error != 0 ? disk->faults.fail_error : -EIO;
}

uint64_t memory_disk_used_bytes(const struct memory_disk *disk)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < disk->seen.count; i++)
        bytes += disk->seen.items[i].inode->seen.size;
    return bytes;
}

/* ---- the calls ---- */

static const struct disk_operations operations;

static struct memory_disk *disk_of(struct disk *disk)
{
    return (struct memory_disk *)(void *)disk;
}

static struct memory_file *file_of(struct disk_file *file)
{
    return (struct memory_file *)(void *)file;
}

static bool parent_exists(const struct memory_disk *disk, const char *path)
{
    char parent[DISK_PATH_BYTES_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return false;
    size_t size = (size_t)(slash - path);
    memcpy(parent, path, size);
    parent[size] = '\0';
    const struct name *name = size > 0 ? names_find(&disk->seen, parent) : NULL;
    return size == 0 || (name != NULL && name->inode->is_directory);
}

static struct inode *inode_new(bool is_directory)
{
    struct inode *inode = must(calloc(1, sizeof(*inode)));
    inode->is_directory = is_directory;
    return inode;
}

static int memory_open(struct disk *interface, const char *path, unsigned flags, struct disk_file **ret_file)
{
    struct memory_disk *disk = disk_of(interface);
    struct name *name = names_find(&disk->seen, path);
    if (strlen(path) >= DISK_PATH_BYTES_MAX)
        return -ENAMETOOLONG;
    if (is_dead(disk, NULL))
        return -EIO;
    if (disk->faults.no_descriptors)
        return -EMFILE;
    if (name != NULL && flags & DISK_EXCLUSIVE)
        return -EEXIST;
    if (name != NULL && name->inode->is_directory)
        return -EISDIR;
    if (name == NULL) {
        if (!(flags & DISK_CREATE) || !parent_exists(disk, path))
            return -ENOENT;
        if (change_is_refused(disk, NULL))
            return -EIO;
        name_change_add(disk, path, inode_new(false), false);
        name = names_find(&disk->seen, path);
    }
    struct memory_file *file = must(calloc(1, sizeof(*file)));
    *file = (struct memory_file){{&operations}, disk, name->inode, disk->life, flags, false};
    name->inode->references++;
    *ret_file = &file->file;
    return 0;
}

static void memory_close(struct disk_file *handle)
{
    struct memory_file *file = file_of(handle);
    if (file->holds_lock && file->life == file->disk->life)
        file->inode->is_locked = false;
    inode_release(file->inode);
    free(file);
}

static int64_t memory_read_at(struct disk_file *handle, uint64_t offset, void *data, size_t size)
{
    struct memory_file *file = file_of(handle);
    const struct buffer *content = &file->inode->seen;
    if (is_dead(file->disk, file))
        return -EIO;
    if (offset >= content->size)
        return 0;
    size_t got = content->size - offset < size ? (size_t)(content->size - offset) : size;
    memcpy(data, content->data + offset, got);
    return (int64_t)got;
}

static int memory_write_at(struct disk_file *handle, uint64_t offset, const void *data, size_t size)
{
    struct memory_file *file = file_of(handle);
    struct memory_disk *disk = file->disk;
    if (change_is_refused(disk, file))
        return -EIO;
    if (!(file->flags & DISK_WRITE))
        return -EBADF;
    disk->counts.writes++;
    if (disk->faults.fail_write != 0 && disk->counts.writes - disk->counts_at_faults.writes == disk->faults.fail_write)
        return fault_error(disk);
    uint64_t end = offset + size, now = file->inode->seen.size;
    if (disk->faults.space_bytes != 0 && end > now &&
        memory_disk_used_bytes(disk) + (end - now) > disk->faults.space_bytes)
        return -ENOSPC;
    change_add(file->inode, offset, data, size);
    return 0;
}

static bool sync_is_refused(struct memory_disk *disk)
{
    disk->counts.syncs++;
    return disk->faults.fail_sync != 0 && disk->counts.syncs - disk->counts_at_faults.syncs == disk->faults.fail_sync;
}

static int memory_sync(struct disk_file *handle)
{
    struct memory_file *file = file_of(handle);
    if (change_is_refused(file->disk, file))
        return -EIO;
    bool fails = sync_is_refused(file->disk);
    for (size_t i = 0; i < file->inode->change_count && !fails; i++)
        change_apply(&file->inode->durable, &file->inode->changes[i]);
    changes_clear(file->inode); /* after a failure too: the kernel has marked the pages clean */
    file->inode->has_lost |= fails;
    return fails ? fault_error(file->disk) : 0;
}

static int64_t memory_size(struct disk_file *handle)
{
    struct memory_file *file = file_of(handle);
    return is_dead(file->disk, file) ? -EIO : (int64_t)file->inode->seen.size;
}

static int memory_truncate(struct disk_file *handle, uint64_t size)
{
    struct memory_file *file = file_of(handle);
    if (change_is_refused(file->disk, file))
        return -EIO;
    if (!(file->flags & DISK_WRITE))
        return -EBADF;
    change_add(file->inode, size, NULL, 0);
    return 0;
}

static int memory_rename(struct disk *interface, const char *from, const char *to)
{
    struct memory_disk *disk = disk_of(interface);
    struct name *name = names_find(&disk->seen, from);
    if (change_is_refused(disk, NULL))
        return -EIO;
    if (name == NULL || !parent_exists(disk, to))
        return -ENOENT;
    struct inode *inode = name->inode;
    name_change_add(disk, to, inode, true);
    name_change_add(disk, from, NULL, false);
    return 0;
}

static int memory_unlink(struct disk *interface, const char *path)
{
    struct memory_disk *disk = disk_of(interface);
    if (change_is_refused(disk, NULL))
        return -EIO;
    if (names_find(&disk->seen, path) == NULL)
        return -ENOENT;
    name_change_add(disk, path, NULL, false);
    return 0;
}

static int memory_make_directory(struct disk *interface, const char *path)
{
    struct memory_disk *disk = disk_of(interface);
    if (names_find(&disk->seen, path) != NULL)
        return -EEXIST;
    if (!parent_exists(disk, path))
        return -ENOENT;
    if (change_is_refused(disk, NULL))
        return -EIO;
    name_change_add(disk, path, inode_new(true), false);
    return 0;
}

static int memory_sync_directory(struct disk *interface, const char *path)
{
    struct memory_disk *disk = disk_of(interface);
    size_t kept = 0;
    if (change_is_refused(disk, NULL))
        return -EIO;
    if (sync_is_refused(disk))
        return fault_error(disk); /* a file system that can't write its log stops; what it showed may still arrive */
    for (size_t i = 0; i < disk->pending_count; i++) {
        struct name_change *change = &disk->pending[i];
        if (!is_in_directory(change->path, path)) {
            disk->pending[kept++] = *change;
            continue;
        }
        names_set(&disk->durable, change->path, change->inode);
        name_change_free(change);
    }
    disk->pending_count = kept;
    return 0;
}

static int memory_list(struct disk *interface, const char *path, int (*visit)(void *context, const char *name),
                       void *context)
{
    struct memory_disk *disk = disk_of(interface);
    const struct name *directory = names_find(&disk->seen, path);
    if (is_dead(disk, NULL))
        return -EIO;
    if (directory == NULL)
        return -ENOENT;
    for (size_t i = 0; i < disk->seen.count; i++) {
        const char *item = disk->seen.items[i].path;
        if (!is_in_directory(item, path))
            continue;
        int stop = visit(context, strrchr(item, '/') + 1);
        if (stop != 0)
            return stop;
    }
    return 0;
}

static int memory_lock(struct disk *interface, const char *path, struct disk_file **ret_file)
{
    struct disk_file *handle;
    int code = memory_open(interface, path, DISK_READ | DISK_WRITE | DISK_CREATE, &handle);
    if (code < 0)
        return code;
    struct memory_file *file = file_of(handle);
    if (file->inode->is_locked) {
        memory_close(handle);
        return -EWOULDBLOCK;
    }
    file->inode->is_locked = file->holds_lock = true;
    *ret_file = handle;
    return 0;
}

static const struct disk_operations operations = {
    .open = memory_open,
    .close = memory_close,
    .read_at = memory_read_at,
    .write_at = memory_write_at,
    .sync = memory_sync,
    .size = memory_size,
    .truncate = memory_truncate,
    .rename = memory_rename,
    .unlink = memory_unlink,
    .make_directory = memory_make_directory,
    .sync_directory = memory_sync_directory,
    .list = memory_list,
    .lock = memory_lock,
};

/* ---- outside ---- */

struct memory_disk *memory_disk_new(void)
{
    struct memory_disk *disk = calloc(1, sizeof(*disk));
    if (disk != NULL)
        disk->disk.operations = &operations;
    return disk;
}

void memory_disk_free(struct memory_disk *disk)
{
    if (disk == NULL)
        return;
    pending_clear(disk);
    free(disk->pending);
    names_clear(&disk->seen);
    names_clear(&disk->durable);
    free(disk);
}

struct disk *memory_disk_interface(struct memory_disk *disk)
{
    return &disk->disk;
}

static struct inode *inode_copy(const struct inode *from)
{
    struct inode *inode = inode_new(from->is_directory);
    content_write(&inode->seen, 0, from->seen.data, from->seen.size);
    content_write(&inode->durable, 0, from->seen.data, from->seen.size);
    return inode;
}

struct memory_disk *memory_disk_copy(const struct memory_disk *disk)
{
    struct memory_disk *copy = must(memory_disk_new());
    for (size_t i = 0; i < disk->seen.count; i++) {
        struct inode *inode = inode_copy(disk->seen.items[i].inode);
        names_set(&copy->seen, disk->seen.items[i].path, inode);
        names_set(&copy->durable, disk->seen.items[i].path, inode);
    }
    return copy;
}

bool memory_disk_is_off(const struct memory_disk *disk)
{
    return disk->is_off;
}

static bool content_is_durable(const struct inode *inode)
{
    if (inode->change_count > 0)
        return false;
    return !inode->has_lost || bytes_equal(buffer_view(&inode->seen), buffer_view(&inode->durable));
}

bool memory_disk_is_durable(const struct memory_disk *disk, const char *path)
{
    const struct name *seen = names_find(&disk->seen, path), *durable = names_find(&disk->durable, path);
    return seen != NULL && durable != NULL && seen->inode == durable->inode && content_is_durable(seen->inode);
}

void memory_disk_set_faults(struct memory_disk *disk, const struct memory_disk_faults *faults)
{
    disk->faults = *faults;
    disk->counts_at_faults = disk->counts;
}

/* SplitMix64: small, and the same everywhere. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

/* Each sector of each unsynced write survives or not; a mood per change makes "all" and "nothing" common too. */
static void change_survive(struct inode *inode, const struct change *change, uint64_t *random)
{
    uint64_t mood = next_random(random) % 4;
    if (change->data == NULL) {
        if (mood >= 2)
            change_apply(&inode->durable, change);
        return;
    }
    for (size_t at = 0; at < change->size;) {
        size_t in_sector = (size_t)((change->offset + at) % SECTOR_BYTES);
        size_t size = SECTOR_BYTES - in_sector < change->size - at ? SECTOR_BYTES - in_sector : change->size - at;
        bool survives = mood == 0 ? false : mood == 1 ? true : next_random(random) & 1;
        if (survives)
            content_write(&inode->durable, change->offset + at, change->data + at, size);
        at += size;
    }
}

static void disk_wake(struct memory_disk *disk)
{
    for (size_t i = 0; i < disk->seen.count; i++)
        disk->seen.items[i].inode->is_locked = false;
    disk->faults = (struct memory_disk_faults){0};
    disk->is_off = false;
    disk->life++;
}

void memory_disk_kill(struct memory_disk *disk)
{
    disk_wake(disk);
}

void memory_disk_crash(struct memory_disk *disk, uint64_t seed)
{
    uint64_t random = seed;
    size_t survivors = (size_t)(next_random(&random) % (disk->pending_count + 1));
    if (survivors > 0 && disk->pending[survivors - 1].with_next)
        survivors--;
    for (size_t i = 0; i < survivors; i++)
        names_set(&disk->durable, disk->pending[i].path, disk->pending[i].inode);
    pending_clear(disk);
    names_clear(&disk->seen);
    for (size_t i = 0; i < disk->durable.count; i++) {
        struct inode *inode = disk->durable.items[i].inode;
        for (size_t j = 0; j < inode->change_count; j++)
            change_survive(inode, &inode->changes[j], &random);
        changes_clear(inode);
        content_resize(&inode->seen, 0);
        content_write(&inode->seen, 0, inode->durable.data, inode->durable.size);
        inode->has_lost = false;
        names_set(&disk->seen, disk->durable.items[i].path, inode);
    }
    disk_wake(disk);
}

struct buffer *memory_disk_content(struct memory_disk *disk, const char *path)
{
    struct name *name = names_find(&disk->seen, path);
    return name == NULL || name->inode->is_directory ? NULL : &name->inode->seen;
}

static int name_order(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->path, ((const struct name *)b)->path);
}

const char *memory_disk_path(struct memory_disk *disk, size_t n)
{
    qsort(disk->seen.items, disk->seen.count, sizeof(disk->seen.items[0]), name_order);
    for (size_t i = 0; i < disk->seen.count; i++) {
        if (!disk->seen.items[i].inode->is_directory && n-- == 0)
            return disk->seen.items[i].path;
    }
    return NULL;
}

void memory_disk_remove(struct memory_disk *disk, const char *path)
{
    names_set(&disk->seen, path, NULL);
    names_set(&disk->durable, path, NULL);
}

struct memory_disk_counts memory_disk_counts(const struct memory_disk *disk)
{
    return disk->counts;
}
