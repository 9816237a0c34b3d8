/* fuzz_note.c - any text as a signed note, a checkpoint, or lists of keys (C2SP signed-note, tlog-checkpoint).
 * Only the text that was signed is ever found signed.
 * A fuzz target, see fuzz.h. */
#include <strings.h>

#include "fuzz.h"
#include "fuzz_known.h"
#include "journal.h"
#include "signed_note.h"

static void try_note(struct bytes input, const struct note_key *key)
{
    static struct note note;
    struct truc_fault fault;
    struct sha256_digest root;
    uint64_t tree_size;
    if (note_parse(input, &note, &fault) == 0) {
        if (note_verify(&note, key, &fault) == 0)
            FUZZ_REQUIRE(bytes_equal_string(note.text, FUZZ_CHECKPOINT));
        input = note.text;
    }
    if (journal_checkpoint_parse(input, FUZZ_BUS, &tree_size, &root) == 0) {
        BUFFER_CLEANUP struct buffer text = {0};
        journal_checkpoint_text(FUZZ_BUS, tree_size, &root, &text);
        FUZZ_REQUIRE(bytes_equal(input, buffer_view(&text)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct journal_checkpoint_key keys[JOURNAL_CHECKPOINT_KEYS_MAX];
    struct note_key known, read;
    struct truc_fault fault;
    struct bytes input = bytes_of(data, size);
    fuzz_note_key(&known);
    try_note(input, &known);
    verify_key_clear(&known.key);
    if (note_key_parse(input, &read, &fault) == 0) {
        BUFFER_CLEANUP struct buffer text = {0};
        note_key_append(&read, &text);
        /* The id's digits may be capitals. */
        FUZZ_REQUIRE(text.size == size && strncasecmp((const char *)data, buffer_string(&text), size) == 0);
        verify_key_clear(&read.key);
    }
    int count = journal_checkpoint_keys_read(input, keys, &fault);
    FUZZ_REQUIRE(count <= JOURNAL_CHECKPOINT_KEYS_MAX);
    for (int i = 0; i < count; i++)
        verify_key_clear(&keys[i].key);
    return 0;
}
