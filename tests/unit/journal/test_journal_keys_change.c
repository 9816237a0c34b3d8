/* test_journal_keys_change.c - another master key opens every payload, whatever interrupts the change; another checkpoint key signs
 * on, and what the old one signed is believed up to where it ended and no further.
 * Over the disk in memory, with the power failing at each write. */
#include "journal_fixture.h"

#include <stdio.h>

#include "signed_note.h"

enum { GROUPS = 24, GROUP_RECORDS = 20 /* several segments */ };

static const uint8_t next_master[32] = "another master key, of 32 bytes";

static void fill(struct journal_fixture *fixture)
{
    struct journal *journal = fixture_must_open(fixture);
    for (unsigned i = 0; i < GROUPS; i++)
        fixture_must_append(fixture, journal, GROUP_RECORDS);
    assert_int_equal(journal_close(journal, fixture->options.time_ns, &fixture->fault), 0);
}

/* ---- the master key ---- */

static void expect_all(struct journal_fixture *fixture)
{
    struct journal *journal = fixture_must_open(fixture);
    assert_int_equal(journal_next_sequence(journal), GROUPS * GROUP_RECORDS);
    fixture_check_all(fixture, journal);
    fixture_must_append(fixture, journal, 1); /* and it goes on */
    fixture_check_all(fixture, journal);
    journal_close(journal, 1, NULL);
}

static void test_another_master_key_opens_what_the_first_did(void **state)
{
    struct journal_fixture fixture;
    struct journal *journal = NULL;
    uint64_t count = 0, again = 0;
    (void)state;
    fixture_begin(&fixture);
    fill(&fixture);
    assert_int_equal(journal_rewrap(&fixture.options, next_master, &count, &fixture.fault), 0);
    assert_true(count > 2);
    assert_int_equal(journal_rewrap(&fixture.options, next_master, &again, &fixture.fault), 0); /* nothing to do */
    assert_int_equal(again, count);
    assert_int_equal(fixture_open(&fixture, &journal), TRUC_E_JOURNAL_KEY); /* the old one is worth nothing now */
    fixture.options.master_key = next_master;
    expect_all(&fixture);
    fixture_end(&fixture);
}

static void test_an_interrupted_change_goes_on(void **state)
{
    (void)state;
    bool interrupted = true;
    for (uint64_t change = 1; interrupted; change++) {
        struct journal_fixture fixture;
        uint64_t count = 0;
        fixture_begin(&fixture);
        fill(&fixture);
        memory_disk_set_faults(fixture.disk, &(struct memory_disk_faults){.power_off = change});
        interrupted = journal_rewrap(&fixture.options, next_master, &count, &fixture.fault) < 0;
        memory_disk_crash(fixture.disk, change);
        struct journal *journal = NULL;
        int code = fixture_open(&fixture, &journal); /* with the old one: all of it, or not at all */
        assert_true(code == 0 || code == TRUC_E_JOURNAL_KEY);
        if (code == 0)
            fixture_check_all(&fixture, journal);
        journal_close(journal, 1, NULL);
        assert_int_equal(journal_rewrap(&fixture.options, next_master, &count, &fixture.fault), 0);
        fixture.options.master_key = next_master;
        expect_all(&fixture);
        fixture_end(&fixture);
        assert_true(change < 1000);
    }
}

static void test_a_key_that_opens_nothing_changes_nothing(void **state)
{
    static const uint8_t wrong[32] = "neither the one nor the other k";
    struct journal_fixture fixture;
    struct journal_options options;
    struct journal *journal = NULL;
    uint64_t count = 0;
    (void)state;
    fixture_begin(&fixture);
    fill(&fixture);
    options = fixture.options;
    options.master_key = wrong;
    struct memory_disk_counts before = memory_disk_counts(fixture.disk);
    assert_int_equal(journal_rewrap(&options, next_master, &count, &fixture.fault), TRUC_E_JOURNAL_KEY);
    assert_non_null(strstr(fixture.fault.where, "keys/0"));
    assert_int_equal(memory_disk_counts(fixture.disk).writes, before.writes);
    journal = fixture_must_open(&fixture);
    assert_int_equal(journal_rewrap(&fixture.options, next_master, &count, &fixture.fault), TRUC_E_STATE);
    journal_close(journal, 1, NULL);
    expect_all(&fixture);
    fixture_end(&fixture);
}

/* ---- the key of checkpoints ---- */

static struct signing_key *make_key(const char *seed)
{
    struct signing_key *key = NULL;
    assert_int_equal(signing_key_from_seed(bytes_of(seed, ED25519_SEED_BYTES), &key, NULL), 0);
    return key;
}

static int verify(struct journal_fixture *fixture)
{
    struct journal_options options = fixture->options;
    struct journal *journal = NULL;
    struct journal_verified verified;
    options.flags = JOURNAL_READ_ONLY;
    int code = journal_open(&options, NULL, &journal, NULL, &fixture->fault);
    if (code == 0)
        code = journal_verify_all(journal, NULL, &verified, &fixture->fault);
    journal_close(journal, 0, NULL);
    return code;
}

static void test_another_checkpoint_key_signs_on_and_the_old_one_is_believed_so_far(void **state)
{
    struct journal_fixture fixture;
    struct journal *journal = NULL;
    (void)state;
    fixture_begin(&fixture);
    fill(&fixture);
    struct signing_key *old = fixture.key, *next = make_key("the next key of the checkpoints.");
    struct journal_checkpoint_key ended = {*signing_key_public(old), (uint64_t)GROUPS * GROUP_RECORDS};
    fixture.options.checkpoint_key = next;
    assert_int_equal(fixture_open(&fixture, &journal), TRUC_E_CHECKPOINT); /* nobody vouches for the old one */
    fixture.options.old_checkpoint_keys = &ended;
    fixture.options.old_checkpoint_keys_count = 1;
    assert_int_equal(verify(&fixture), 0);
    journal = fixture_must_open(&fixture);
    fixture_must_append(&fixture, journal, GROUP_RECORDS);
    assert_int_equal(journal_close(journal, fixture.options.time_ns, &fixture.fault), 0);
    assert_int_equal(verify(&fixture), 0); /* the history has both */
    ended.through--;
    assert_int_equal(verify(&fixture), TRUC_E_CHECKPOINT); /* signed beyond its end */
    assert_non_null(strstr(fixture.fault.where, "checkpoints/log"));
    ended.through++;
    fixture.options.checkpoint_key = old; /* who has the old key can't go on with it */
    fixture.options.old_checkpoint_keys = NULL;
    fixture.options.old_checkpoint_keys_count = 0;
    journal = fixture_must_open(&fixture); /* its own last one, in the other slot, is older and good */
    fixture_must_append(&fixture, journal, GROUP_RECORDS);
    assert_int_equal(journal_close(journal, fixture.options.time_ns, &fixture.fault), 0);
    fixture.options.checkpoint_key = next;
    fixture.options.old_checkpoint_keys = &ended;
    fixture.options.old_checkpoint_keys_count = 1;
    assert_int_equal(verify(&fixture), TRUC_E_CHECKPOINT);
    signing_key_free(next);
    fixture_end(&fixture);
}

static void test_old_keys_are_read_line_by_line(void **state)
{
    static const char *const wrong[] = {"x", "12\n", "12 test-bus/journal\n", " test-bus/journal+00000000+AAAA\n",
                                        "-1 x\n"};
    struct journal_checkpoint_key keys[JOURNAL_CHECKPOINT_KEYS_MAX];
    struct truc_fault fault = {0};
    struct note_key key;
    BUFFER_CLEANUP struct buffer text = {0};
    struct signing_key *signing = make_key("the next key of the checkpoints.");
    (void)state;
    assert_int_equal(note_key_make(bytes_string("test-bus/journal"), signing_key_public(signing), &key, NULL), 0);
    for (unsigned i = 0; i < 3; i++) {
        buffer_printf(&text, "%u ", i * 100);
        note_key_append(&key, &text);
        buffer_append_byte(&text, '\n');
    }
    assert_int_equal(journal_checkpoint_keys_read(buffer_view(&text), keys, &fault), 3);
    assert_int_equal(keys[2].through, 200);
    assert_memory_equal(keys[2].key.id.bytes, signing_key_public(signing)->id.bytes, sizeof keys[2].key.id.bytes);
    assert_int_equal(journal_checkpoint_keys_read(BYTES_EMPTY, keys, &fault), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(journal_checkpoint_keys_read(bytes_string(wrong[i]), keys, &fault), TRUC_E_CONFIG);
    for (unsigned i = 0; i < JOURNAL_CHECKPOINT_KEYS_MAX; i++) {
        buffer_append_string(&text, "1 ");
        note_key_append(&key, &text);
        buffer_append_byte(&text, '\n');
    }
    assert_int_equal(journal_checkpoint_keys_read(buffer_view(&text), keys, &fault), TRUC_E_LIMIT);
    signing_key_free(signing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_master_key_opens_what_the_first_did),
        cmocka_unit_test(test_an_interrupted_change_goes_on),
        cmocka_unit_test(test_a_key_that_opens_nothing_changes_nothing),
        cmocka_unit_test(test_another_checkpoint_key_signs_on_and_the_old_one_is_believed_so_far),
        cmocka_unit_test(test_old_keys_are_read_line_by_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
