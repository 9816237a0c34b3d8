/* journal_checkpoint.c - checkpoints: the tree's size and root as a signed note, kept twice. All there were: journal_history.c.
 * Witnesses and time-stamps only add lines to a note; what they say is checked elsewhere. Made between groups and at close;
 * held against the records whenever the journal is opened. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "encode.h"
#include "fault.h"
#include "journal_private.h"
#include "signed_note.h"

/* ---- the text: C2SP tlog-checkpoint ---- */

void journal_checkpoint_text(const char *bus_id, uint64_t size, const struct sha256_digest *root, struct buffer *out)
{
    buffer_printf(out, "%s/journal\n%" PRIu64 "\n", bus_id, size);
    base64_append(out, sha256_view(root));
    buffer_append_byte(out, '\n');
}

/* The next line without its newline; false when there is none. */
int journal_checkpoint_parse(struct bytes text, const char *bus_id, uint64_t *ret_size, struct sha256_digest *ret_root)
{
    struct bytes origin, size_text, root_text;
    char expected[JOURNAL_BUS_ID_BYTES_MAX + sizeof("/journal")];
    uint64_t size;
    BUFFER_CLEANUP struct buffer root = {0};
    int written = snprintf(expected, sizeof(expected), "%s/journal", bus_id);
    if (written < 0 || (size_t)written >= sizeof(expected) || !line_take(&text, &origin) ||
        !line_take(&text, &size_text) || !line_take(&text, &root_text) || text.size > 0 ||
        !bytes_equal_string(origin, expected) || !decimal_read(size_text, &size))
        return TRUC_E_CHECKPOINT;
    int code = base64_decode(root_text, &root);
    if (code < 0 || root.size != SHA256_BYTES)
        return code == TRUC_E_MEMORY ? code : TRUC_E_CHECKPOINT;
    *ret_size = size;
    memcpy(ret_root->bytes, root.data, SHA256_BYTES);
    return 0;
}

/* By the present key; without a line of that, by an older one, of a tree that is not larger than those it signed. */
static int note_believe(const struct journal *journal, const struct note *note, struct bytes name, uint64_t size,
                        struct truc_fault *fault)
{
    struct note_key key;
    int code = note_key_make(name, journal->checkpoint_verify_key, &key, fault);
    if (code == 0)
        code = note_verify(note, &key, fault);
    for (size_t i = 0; code == TRUC_E_NOT_FOUND && i < journal->old_checkpoint_keys_count; i++) {
        const struct journal_checkpoint_key *old = &journal->old_checkpoint_keys[i];
        if (size <= old->through && (code = note_key_make(name, &old->key, &key, fault)) == 0)
            code = note_verify(note, &key, fault);
    }
    return code;
}

int checkpoint_note_check(const struct journal *journal, struct bytes note, uint64_t *ret_size,
                          struct sha256_digest *ret_root, struct truc_fault *fault)
{
    struct note parsed;
    uint64_t size = 0;
    char name[JOURNAL_BUS_ID_BYTES_MAX + sizeof("/journal")];
    int written = snprintf(name, sizeof(name), "%s/journal", journal->bus_id);
    int code = written < 0 || note.size > JOURNAL_CHECKPOINT_NOTE_BYTES_MAX ? TRUC_E_CHECKPOINT
                                                                            : note_parse(note, &parsed, fault);
    if (code == 0)
        code = journal_checkpoint_parse(parsed.text, journal->bus_id, &size, ret_root);
    if (code == TRUC_E_MEMORY) /* says nothing about the checkpoint */
        return fault_set(fault, code, "no memory to read a checkpoint");
    if (code < 0)
        return fault_set(fault, TRUC_E_CHECKPOINT, "a checkpoint is not readable as one of this journal");
    *ret_size = size;
    if (journal->checkpoint_verify_key == NULL)
        return 0;
    code = note_believe(journal, &parsed, bytes_string(name), size, fault);
    if (code < 0 && code != TRUC_E_MEMORY) {
        fault_set(fault, TRUC_E_CHECKPOINT, "a checkpoint does not carry a valid signature of this journal's key");
        fault_hint(fault, "was the key changed? checkpoint.old, beside it, holds those before");
        return TRUC_E_CHECKPOINT;
    }
    return code;
}

int journal_checkpoint_keys_read(struct bytes text, struct journal_checkpoint_key *ret_keys, struct truc_fault *fault)
{
    int count = 0;
    struct bytes line, size_text;
    for (unsigned number = 1; line_take(&text, &line); number++) {
        struct note_key key;
        struct journal_checkpoint_key *out = &ret_keys[count];
        if (line.size == 0)
            continue;
        if (count == JOURNAL_CHECKPOINT_KEYS_MAX)
            return fault_set(fault, TRUC_E_LIMIT, "more than %d keys of checkpoints", JOURNAL_CHECKPOINT_KEYS_MAX);
        if (!word_take(&line, &size_text) || !decimal_read(size_text, &out->through) ||
            note_key_parse(line, &key, NULL) < 0)
            return fault_set(fault, TRUC_E_CONFIG, "line %u is not a size and the key that signed up to it", number);
        out->key = key.key;
        count++;
    }
    return text.size == 0 ? count : fault_set(fault, TRUC_E_CONFIG, "the last line does not end: something is missing");
}

/* ---- kept: latest.a, latest.b, log ---- */

static const char *const slot_names[2] = {"latest.a", "latest.b"};

static int slot_load(struct journal *journal, unsigned slot, bool *ret_is_there, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer note = {0};
    struct file_path path = file_path_in(journal->directory, "checkpoints", slot_names[slot]);
    struct sha256_digest root;
    struct truc_fault reading = {0};
    uint64_t size = 0;
    int code = file_read_whole(journal->disk, path.text, JOURNAL_CHECKPOINT_NOTE_BYTES_MAX, &note, &reading);
    *ret_is_there = code != TRUC_E_NOT_FOUND;
    if (code == 0)
        code = checkpoint_note_check(journal, buffer_view(&note), &size, &root, &reading);
    if (code == TRUC_E_CHECKPOINT)
        fault_where(&reading, "checkpoints/%s:0", slot_names[slot]);
    if (code < 0 && *ret_is_there && fault != NULL)
        *fault = reading; /* the other slot, not made yet, is no reason */
    if (code < 0 || (journal->checkpoint_note.size > 0 && size < journal->checkpoint_size))
        return code;
    buffer_free(&journal->checkpoint_note);
    journal->checkpoint_note = note;
    note = (struct buffer){0};
    journal->checkpoint_size = size;
    journal->checkpoint_root = root;
    journal->checkpoint_slot = 1 - slot;
    return 0;
}

int checkpoints_load(struct journal *journal, struct truc_fault *fault)
{
    int found = 0, good = 0;
    for (unsigned slot = 0; slot < 2; slot++) {
        bool is_there;
        int code = slot_load(journal, slot, &is_there, fault);
        if (code == TRUC_E_IO || code == TRUC_E_MEMORY || code == TRUC_E_JOURNAL_FULL)
            return code; /* the disk's trouble or a shortage: says nothing about the checkpoint */
        found += is_there;
        good += code == 0;
    }
    /* Each is written by rename, so one can be damaged by the disk only; the other then stands. */
    return found > 0 && good == 0 ? TRUC_E_CHECKPOINT : 0;
}

/* ---- making ---- */

void journal_add_boundary(struct journal *journal)
{
    if (journal->next_sequence <= journal->checkpoint_size)
        return;
    if (journal->boundary_count == BOUNDARIES_MAX) { /* thin out: any group end will do for a checkpoint */
        for (size_t i = 0; i < BOUNDARIES_MAX / 2; i++)
            journal->boundaries[i] = journal->boundaries[2 * i + 1];
        journal->boundary_count = BOUNDARIES_MAX / 2;
    }
    journal->boundaries[journal->boundary_count++] = (struct boundary){journal->next_sequence, journal->root};
}

static void boundaries_drop(struct journal *journal, uint64_t size)
{
    size_t kept = 0;
    for (size_t i = 0; i < journal->boundary_count; i++) {
        if (journal->boundaries[i].size > size)
            journal->boundaries[kept++] = journal->boundaries[i];
    }
    journal->boundary_count = kept;
}

/* Writes the note over the older of the two and remembers it. Takes over `note`. */
static int latest_replace(struct journal *journal, struct buffer *note, struct truc_fault *fault)
{
    struct file_path directory = file_path_of(journal->directory, "checkpoints");
    int code =
        file_replace(journal->disk, directory.text, slot_names[journal->checkpoint_slot], buffer_view(note), fault);
    if (code < 0)
        return code;
    buffer_free(&journal->checkpoint_note);
    journal->checkpoint_note = *note;
    *note = (struct buffer){0};
    journal->checkpoint_slot = 1 - journal->checkpoint_slot;
    return 0;
}

static int checkpoint_write(struct journal *journal, const struct boundary *boundary, uint64_t time_ns,
                            struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer text = {0};
    BUFFER_CLEANUP struct buffer note = {0};
    char name[JOURNAL_BUS_ID_BYTES_MAX + sizeof("/journal")];
    int written = snprintf(name, sizeof(name), "%s/journal", journal->bus_id);
    if (written < 0)
        return fault_set(fault, TRUC_E_INTERNAL, "a checkpoint's name can't be written");
    journal_checkpoint_text(journal->bus_id, boundary->size, &boundary->root, &text);
    if (buffer_failed(&text) != 0)
        return fault_set(fault, buffer_failed(&text), "no memory for a checkpoint");
    int code = note_sign(buffer_view(&text), bytes_string(name), journal->checkpoint_key, &note, fault);
    if (code == 0)
        code = checkpoint_history_append(journal, buffer_view(&note), boundary->size, time_ns, fault);
    if (code == 0)
        code = latest_replace(journal, &note, fault);
    return code;
}

int journal_checkpoint_make(struct journal *journal, uint64_t verified_through, uint64_t time_ns,
                            struct truc_fault *fault)
{
    int code = journal_may_write(journal, fault);
    if (code < 0)
        return code;
    if (journal->checkpoint_key == NULL)
        return fault_set(fault, TRUC_E_STATE, "the journal was opened without a key to sign checkpoints");
    if (verified_through > journal->verified_through && verified_through <= journal->next_sequence)
        journal->verified_through = verified_through;
    size_t at = journal->boundary_count;
    while (at > 0 && journal->boundaries[at - 1].size > journal->verified_through)
        at--;
    if (at == 0)
        return 0;
    struct boundary boundary = journal->boundaries[at - 1];
    code = checkpoint_write(journal, &boundary, time_ns, fault);
    if (code < 0)
        return journal_write_code(journal, code, fault);
    journal->checkpoint_size = boundary.size;
    journal->checkpoint_root = boundary.root;
    journal->groups_since_checkpoint = 0;
    boundaries_drop(journal, boundary.size);
    return 1;
}

int journal_checkpoint_when_due(struct journal *journal, uint64_t time_ns, struct truc_fault *fault)
{
    if (journal->checkpoint_key == NULL || journal->checkpoint_groups == 0 ||
        journal->groups_since_checkpoint < journal->checkpoint_groups)
        return 0;
    int code = journal_checkpoint_make(journal, journal->verified_through, time_ns, fault);
    /* No room for a checkpoint is no reason to refuse a group that has room: it is tried again with the next one. */
    return code == TRUC_E_JOURNAL_FULL || code > 0 ? 0 : code;
}

struct journal_checkpoint journal_checkpoint_latest(const struct journal *journal)
{
    return (struct journal_checkpoint){journal->checkpoint_size, journal->checkpoint_root,
                                       buffer_view(&journal->checkpoint_note)};
}

int journal_checkpoint_cosign(struct journal *journal, struct bytes note, struct truc_fault *fault)
{
    struct note latest, given;
    uint64_t size;
    struct sha256_digest root;
    BUFFER_CLEANUP struct buffer copy = {0};
    int code = journal_may_write(journal, fault);
    if (code == 0)
        code = checkpoint_note_check(journal, note, &size, &root, fault);
    if (code < 0)
        return code;
    if (note_parse(buffer_view(&journal->checkpoint_note), &latest, NULL) < 0 || note_parse(note, &given, NULL) < 0 ||
        !bytes_equal(latest.text, given.text))
        return fault_set(fault, TRUC_E_CHECKPOINT, "the note's text is not that of the latest checkpoint");
    buffer_append_bytes(&copy, note);
    if (buffer_failed(&copy) != 0)
        return fault_set(fault, buffer_failed(&copy), "no memory for a checkpoint");
    return journal_write_code(journal, latest_replace(journal, &copy, fault), fault);
}

/* ---- roots of group ends ---- */

int journal_root_at(struct journal *journal, uint64_t size, struct sha256_digest *ret_root, struct truc_fault *fault)
{
    struct segment *segment;
    struct group_header header;
    if (size == journal->next_sequence) {
        *ret_root = journal->root;
        return 0;
    }
    if (size > journal->next_sequence)
        return fault_set(fault, TRUC_E_ARGUMENT, "the journal has only %" PRIu64 " records", journal->next_sequence);
    int code = segment_use_groups(journal, segment_index_of(journal, size), &segment, fault);
    if (code < 0)
        return code;
    const struct group_place *place = segment_find_group(segment, size);
    if (place == NULL || place->first_sequence != size)
        return fault_set(fault, TRUC_E_ARGUMENT, "%" PRIu64 " is not the end of a group", size);
    uint64_t offset = place->offset;
    code = group_header_at(journal, segment, offset, &header, fault);
    if (code == GROUP_BAD)
        return segment_fault(fault, TRUC_E_JOURNAL_CORRUPT, segment, offset, "no group begins where one must");
    if (code == GROUP_GOOD)
        *ret_root = header.root_before;
    return code < 0 ? code : 0;
}
