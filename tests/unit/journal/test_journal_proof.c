/* test_journal_proof.c - every record is provable against a checkpoint, every later state against every earlier one,
 * with tools that know nothing of the journal; checkpoints never sign backwards nor ahead of what was verified. Proofs
 * come from the stored tree or, without it, from the records: both must agree. */
#include <stdio.h>

#include "encode.h"
#include "journal_fixture.h"
#include "signed_note.h"

static struct sha256_digest leaf_of(struct journal *journal, uint64_t sequence)
{
    BUFFER_CLEANUP struct buffer scratch = {0};
    struct journal_record record;
    assert_int_equal(journal_read(journal, sequence, 0, &scratch, &record, NULL), 0);
    return journal_leaf_hash(&record);
}

static void check_inclusions(struct journal *journal, uint64_t size, const struct sha256_digest *root)
{
    struct merkle_proof proof;
    for (uint64_t sequence = 0; sequence < size; sequence++) {
        struct sha256_digest leaf = leaf_of(journal, sequence);
        assert_int_equal(journal_prove_inclusion(journal, sequence, size, &proof, NULL), 0);
        assert_int_equal(merkle_inclusion_verify(&leaf, sequence, size, proof.hashes, proof.count, root), 0);
    }
    assert_int_equal(journal_prove_inclusion(journal, size, size, &proof, NULL), TRUC_E_NOT_FOUND);
}

enum { STATES = 14 };

/* Group sizes 1, 2, 3 …: states of 0, 1, 3, 6 … records. */
static void states_make(struct journal_fixture *fixture, struct journal *journal, struct sha256_digest roots[STATES])
{
    for (size_t i = 0; i < STATES; i++) {
        if (i > 0)
            fixture_must_append(fixture, journal, i);
        roots[i] = journal_root(journal);
    }
}

static uint64_t state_size(size_t i)
{
    return i * (i + 1) / 2;
}

static void check_states(struct journal *journal, const struct sha256_digest roots[STATES])
{
    struct merkle_proof proof;
    for (size_t i = 0; i < STATES; i++) {
        if (i > 0) /* 0 would ask for the latest checkpoint's size */
            check_inclusions(journal, state_size(i), &roots[i]);
        for (size_t j = i; j < STATES; j++) {
            assert_int_equal(journal_prove_consistency(journal, state_size(i), state_size(j), &proof, NULL), 0);
            assert_int_equal(merkle_consistency_verify(state_size(i), &roots[i], state_size(j), &roots[j], proof.hashes,
                                                       proof.count),
                             0);
        }
    }
    assert_int_equal(journal_prove_consistency(journal, 3, 1, &proof, NULL), TRUC_E_ARGUMENT);
    assert_int_equal(journal_prove_consistency(journal, 2, 3, &proof, NULL), TRUC_E_ARGUMENT); /* not a group's end */
}

static void every_record_and_every_state_is_provable(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    struct sha256_digest roots[STATES];
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    states_make(&fixture, journal, roots);
    assert_int_equal(journal_checkpoint_make(journal, journal_next_sequence(journal), 1, &fixture.fault), 1);
    check_states(journal, roots);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    /* A reader beside it, with the stored tree and without. */
    for (int round = 0; round < 2; round++) {
        struct journal_options reading = {
            .disk = fixture.options.disk, .directory = "/journal", .flags = JOURNAL_READ_ONLY};
        assert_int_equal(journal_open(&reading, NULL, &journal, NULL, &fixture.fault), 0);
        check_states(journal, roots);
        assert_int_equal(journal_close(journal, 1, NULL), 0);
        memory_disk_remove(fixture.disk, "/journal/index/tree");
    }
    fixture_end(&fixture);
}

static void checkpoints_sign_only_what_was_verified(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    struct journal_entry entry = {.kind = 1};
    struct journal_group group = {&entry, 1, 1, 0}; /* nothing verified yet */
    for (size_t i = 0; i < 600; i++)
        assert_int_equal(journal_append_group(journal, &group, &fixture.fault), 0);
    assert_int_equal(journal_checkpoint_make(journal, 0, 1, &fixture.fault), 0);
    assert_int_equal(journal_checkpoint_latest(journal).size, 0);
    assert_int_equal(journal_checkpoint_make(journal, 450, 1, &fixture.fault), 1);
    uint64_t size = journal_checkpoint_latest(journal).size;
    assert_true(size > 300 && size <= 450);
    assert_int_equal(journal_checkpoint_make(journal, 100, 1, &fixture.fault), 0);
    assert_int_equal(journal_checkpoint_make(journal, 600, 1, &fixture.fault), 1);
    assert_int_equal(journal_checkpoint_latest(journal).size, 600);
    assert_int_equal(journal_checkpoint_make(journal, 600, 1, &fixture.fault), 0);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

static void checkpoints_are_made_after_so_many_groups(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    fixture.options.checkpoint_groups = 5;
    struct journal *journal = fixture_must_open(&fixture);
    for (size_t i = 0; i < 23; i++)
        fixture_must_append(&fixture, journal, 2);
    assert_int_equal(journal_checkpoint_latest(journal).size, 40);
    struct journal_verified verified;
    assert_int_equal(journal_verify_all(journal, NULL, &verified, &fixture.fault), 0);
    assert_int_equal(verified.checkpoints, 4 + 2); /* the history, and the latest twice */
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

/* Strangers hold all of them: that passes, and a group has its file open already. */
static void without_a_descriptor_a_checkpoint_waits_and_nothing_fails(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    fixture.options.checkpoint_groups = 5;
    struct journal *journal = fixture_must_open(&fixture);
    fixture_must_append(&fixture, journal, 2);
    memory_disk_set_faults(fixture.disk, &(struct memory_disk_faults){.no_descriptors = true});
    for (size_t i = 0; i < 11; i++)
        fixture_must_append(&fixture, journal, 2);
    assert_int_equal(journal_checkpoint_latest(journal).size, 0);
    assert_int_equal(journal_checkpoint_make(journal, 24, 1, &fixture.fault), TRUC_E_JOURNAL_FULL);
    assert_non_null(strstr(fixture.fault.hint, "LimitNOFILE"));
    assert_false(journal_is_failed(journal));
    memory_disk_set_faults(fixture.disk, &(struct memory_disk_faults){0});
    fixture_must_append(&fixture, journal, 2);
    assert_true(journal_checkpoint_latest(journal).size >= 24);
    assert_int_equal(journal_verify_all(journal, NULL, NULL, &fixture.fault), 0);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

/* A reader of the proof's text who knows only C2SP tlog-proof, signed-note and RFC 6962. */
static void proof_texts_verify_by_themselves(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    for (size_t i = 0; i < 9; i++)
        fixture_must_append(&fixture, journal, 5);
    assert_int_equal(journal_checkpoint_make(journal, 45, 1, &fixture.fault), 1);
    struct note_key key;
    assert_int_equal(note_key_make(bytes_string("test-bus/journal"), signing_key_public(fixture.key), &key, NULL), 0);
    for (uint64_t sequence = 0; sequence < 45; sequence += 11) {
        BUFFER_CLEANUP struct buffer text = {0};
        assert_int_equal(journal_proof_text(journal, sequence, &text, &fixture.fault), 0);
        const char *at = buffer_string(&text);
        char expected[80];
        (void)snprintf(expected, sizeof(expected), "c2sp.org/tlog-proof@v1\nindex %u\n", (unsigned)sequence);
        assert_memory_equal(at, expected, strlen(expected));
        at += strlen(expected);
        struct sha256_digest hashes[16], root, leaf = leaf_of(journal, sequence);
        size_t count = 0;
        for (; *at != '\n'; at = strchr(at, '\n') + 1) {
            BUFFER_CLEANUP struct buffer hash = {0};
            assert_int_equal(base64_decode(bytes_of(at, strcspn(at, "\n")), &hash), 0);
            assert_int_equal(hash.size, SHA256_BYTES);
            memcpy(hashes[count++].bytes, hash.data, SHA256_BYTES);
        }
        struct note note;
        uint64_t size;
        assert_int_equal(note_parse(bytes_string(at + 1), &note, &fixture.fault), 0);
        assert_int_equal(note_verify(&note, &key, &fixture.fault), 0);
        assert_int_equal(journal_checkpoint_parse(note.text, "test-bus", &size, &root), 0);
        assert_int_equal(size, 45);
        assert_int_equal(merkle_inclusion_verify(&leaf, sequence, size, hashes, count, &root), 0);
    }
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

static void witnesses_add_lines_and_change_nothing(void **state)
{
    (void)state;
    struct journal_fixture fixture;
    fixture_begin(&fixture);
    struct journal *journal = fixture_must_open(&fixture);
    fixture_must_append(&fixture, journal, 5);
    assert_int_equal(journal_checkpoint_make(journal, 5, 1, &fixture.fault), 1);
    static const uint8_t id[NOTE_KEY_ID_BYTES] = {1, 2, 3, 4}, signature[72] = {4};
    BUFFER_CLEANUP struct buffer note = {0};
    buffer_append_bytes(&note, journal_checkpoint_latest(journal).note);
    assert_int_equal(note_append_signature(&note, bytes_string("witness"), id, bytes_of(signature, 72), &fixture.fault),
                     0);
    assert_int_equal(journal_checkpoint_cosign(journal, buffer_view(&note), &fixture.fault), 0);
    fixture_die(&fixture, journal);
    journal = fixture_must_open(&fixture);
    assert_true(bytes_equal(journal_checkpoint_latest(journal).note, buffer_view(&note)));
    note.data[0] ^= 1;
    assert_int_equal(journal_checkpoint_cosign(journal, buffer_view(&note), &fixture.fault), TRUC_E_CHECKPOINT);
    assert_int_equal(journal_close(journal, 1, NULL), 0);
    fixture_end(&fixture);
}

static void checkpoint_texts_are_read_strictly(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "test-bus/journal\n",
        "test-bus/journal\n1\n",
        "test-bus/journal\n01\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "test-bus/journal\n-1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "test-bus/journal\n\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "test-bus/journal\n99999999999999999999\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "other/journal\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "test-bus/journal\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "test-bus/journal\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "test-bus/journal\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nmore\n",
    };
    uint64_t size = 7;
    struct sha256_digest root;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(journal_checkpoint_parse(bytes_string(wrong[i]), "test-bus", &size, &root), TRUC_E_CHECKPOINT);
    assert_int_equal(size, 7);
    BUFFER_CLEANUP struct buffer text = {0};
    struct sha256_digest expected = sha256_of(bytes_string("x"));
    journal_checkpoint_text("test-bus", 12, &expected, &text);
    assert_int_equal(journal_checkpoint_parse(buffer_view(&text), "test-bus", &size, &root), 0);
    assert_int_equal(size, 12);
    assert_true(sha256_equal(&root, &expected));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_and_every_state_is_provable),
        cmocka_unit_test(checkpoints_sign_only_what_was_verified),
        cmocka_unit_test(checkpoints_are_made_after_so_many_groups),
        cmocka_unit_test(without_a_descriptor_a_checkpoint_waits_and_nothing_fails),
        cmocka_unit_test(proof_texts_verify_by_themselves),
        cmocka_unit_test(witnesses_add_lines_and_change_nothing),
        cmocka_unit_test(checkpoint_texts_are_read_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
