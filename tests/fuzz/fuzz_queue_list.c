/* fuzz_queue_list.c - any bytes as a queue list's file (docs/journal-format.md, "Queue lists").
 * Whatever is opened reads whole, takes another entry, and holds the same when it is opened again.
 * A fuzz target, see fuzz.h: an odd first byte mends the checksums. */
#include "encode.h"
#include "fuzz.h"
#include "memory_disk.h"
#include "queue_list.h"

enum { ENTRY_BYTES = 32, CRC_AT = 28, FILE_BYTES_MAX = 65536 };
static const char path[] = "/list";

static void mend(struct buffer *content)
{
    for (size_t at = 0; at + ENTRY_BYTES <= content->size; at += ENTRY_BYTES) {
        uint32_t crc = 0;
        if (at > 0) {
            uint8_t number[8];
            store_le64(number, load_le64(content->data + 16) + at / ENTRY_BYTES - 1);
            crc = crc32c(0, bytes_of(number, sizeof number));
        }
        store_le32(content->data + at + CRC_AT, crc32c(crc, bytes_of(content->data + at, CRC_AT)));
    }
}

static void put_file(struct disk *disk, struct bytes content)
{
    struct disk_file *file = NULL;
    FUZZ_REQUIRE(disk_open(disk, path, DISK_WRITE | DISK_CREATE, &file) == 0);
    FUZZ_REQUIRE(content.size == 0 || disk_write_at(file, 0, content.data, content.size) == 0);
    disk_close(file);
}

static uint64_t read_all(struct queue_list *list)
{
    static struct queue_entry entries[FILE_BYTES_MAX / ENTRY_BYTES + 1];
    struct truc_fault fault;
    uint64_t first = queue_list_first(list), count = queue_list_count(list) - first;
    FUZZ_REQUIRE(count < sizeof entries / sizeof *entries);
    int read = queue_list_read(list, first, entries, (size_t)count + 1, &fault);
    FUZZ_REQUIRE(read >= 0 ? (uint64_t)read == count : read == TRUC_E_JOURNAL_CORRUPT);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > FILE_BYTES_MAX)
        return 0;
    BUFFER_CLEANUP struct buffer content = {0};
    buffer_append(&content, data + 1, size - 1);
    if (data[0] % 2 == 1)
        mend(&content);
    struct memory_disk *memory = memory_disk_new();
    struct disk *disk = memory_disk_interface(memory);
    struct queue_list *list = NULL;
    struct truc_fault fault;
    put_file(disk, buffer_view(&content));
    if (queue_list_open(disk, path, &list, &fault) == 0) {
        uint64_t count = read_all(list);
        int code = queue_list_append(list, &(struct queue_entry){.sequence = 7}, &fault);
        FUZZ_REQUIRE(code == 0 && queue_list_close(list, &fault) == 0);
        FUZZ_REQUIRE(queue_list_open(disk, path, &list, &fault) == 0);
        FUZZ_REQUIRE(read_all(list) == count + 1);
        FUZZ_REQUIRE(queue_list_close(list, &fault) == 0);
    }
    memory_disk_free(memory);
    return 0;
}
