/* journal_rewrap.c - a new master key: each segment's key is taken out of the old wrapping and put into the new one.
 * Not: new segment keys; who has had the old master key and the files has had what they protect.
 * Under `truc key rotate journal`; layout of the files: docs/journal-format.md, "Keys". */
#include <stdlib.h>

#include "fault.h"
#include "journal_private.h"

struct wrapping {
    struct journal *journal;
    const uint8_t *next_key;
    uint64_t count; /* that the next key opens now */
};

/* 1 and the key when `master_key` opens it, 0 when it does not. */
static int try_key(const struct wrapping *wrapping, const uint8_t *master_key, uint64_t first_sequence,
                   struct bytes file, struct segment_keys *ret_keys, struct truc_fault *fault)
{
    const struct journal *journal = wrapping->journal;
    struct truc_fault why = {0};
    int code = segment_key_unwrap(journal->cipher, master_key, journal->bus_id, first_sequence, file, ret_keys, &why);
    if (code == TRUC_E_JOURNAL_KEY)
        return 0;
    if (code < 0 && fault)
        *fault = why;
    return code < 0 ? code : 1;
}

/* A file of a key; 0 and an empty buffer when it is gone: what it opened was purged, or there never was any. */
static int read_key(const struct journal *journal, const char *folder, const char *name, struct buffer *out,
                    struct truc_fault *fault)
{
    struct file_path path = file_path_in(journal->directory, folder, name);
    int code = file_read_whole(journal->disk, path.text, SEGMENT_KEY_FILE_BYTES, out, fault);
    if (code == TRUC_E_NOT_FOUND || (code == 0 && bytes_are_zero(buffer_view(out)))) {
        buffer_clear(out);
        return 0;
    }
    return code;
}

static int wrap(const struct wrapping *wrapping, const char *folder, const char *name, uint64_t first_sequence,
                const struct segment_keys *keys, struct truc_fault *fault)
{
    const struct journal *journal = wrapping->journal;
    uint8_t nonce[SEGMENT_KEY_NONCE_BYTES], file[SEGMENT_KEY_FILE_BYTES];
    journal->random(journal->random_context, nonce, sizeof(nonce));
    int code = segment_key_wrap(journal->cipher, wrapping->next_key, journal->bus_id, first_sequence, keys->key, nonce,
                                file, fault);
    return code < 0 ? code
                    : file_replace(journal->disk, file_path_of(journal->directory, folder).text, name,
                                   bytes_of(file, sizeof(file)), fault);
}

/* One key: says whether it can be done, or does it. */
static int take_key(struct wrapping *wrapping, const char *folder, const char *name, uint64_t first_sequence,
                    bool writes, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer file = {0};
    struct segment_keys keys;
    int code = read_key(wrapping->journal, folder, name, &file, fault);
    if (code < 0 || file.size == 0)
        return code < 0 ? (fault_where(fault, "%s/%s", folder, name), code) : 0;
    code = try_key(wrapping, wrapping->next_key, first_sequence, buffer_view(&file), &keys, fault);
    bool done = code == 1; /* by an earlier try that was interrupted */
    if (code == 0)
        code = try_key(wrapping, wrapping->journal->master_key, first_sequence, buffer_view(&file), &keys, fault);
    if (code == 0)
        code = fault_set(fault, TRUC_E_JOURNAL_KEY, "neither the present nor the next master key opens this one");
    else if (code == 1)
        code = writes && !done ? wrap(wrapping, folder, name, first_sequence, &keys, fault) : 0;
    wrapping->count += code == 0 && writes;
    segment_keys_wipe(&keys);
    if (code < 0)
        fault_where(fault, "%s/%s", folder, name);
    return code;
}

static int take_segment(struct wrapping *wrapping, uint64_t first_sequence, bool writes, struct truc_fault *fault)
{
    char name[SEGMENT_NAME_BYTES];
    segment_name_of(first_sequence, ".key", name);
    return take_key(wrapping, "keys", name, first_sequence, writes, fault);
}

int journal_rewrap(const struct journal_options *options, const uint8_t *next_key, uint64_t *ret_count,
                   struct truc_fault *fault)
{
    struct journal *journal = calloc(1, sizeof(*journal));
    struct wrapping wrapping = {.journal = journal, .next_key = next_key};
    if (journal == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a journal");
    int code = journal_claim(journal, options, fault);
    for (unsigned pass = 0; code == 0 && pass < 2; pass++) {
        /* The open segment first: without its key no broker starts, so none finds some of the others closed. */
        for (size_t i = journal->segment_count; code == 0 && i-- > 0;)
            code = take_segment(&wrapping, journal->segments[i].first_sequence, pass == 1, fault);
        if (code == 0) /* that of the attachments, when there have been any */
            code = take_key(&wrapping, "blobs", "store.key", UINT64_MAX, pass == 1, fault);
    }
    journal_free(journal);
    if (code == 0)
        *ret_count = wrapping.count;
    return code;
}
