/* journal_fixture.c - a journal on a memory disk with known keys, for the journal's tests.
 * Not a mock: it is the real journal; only disk and randomness are given.
 * Every record's content follows from its sequence, so that a reader knows what must be there. */
#include "journal_fixture.h"

#include <stdlib.h>

static const uint8_t master_key[JOURNAL_MASTER_KEY_BYTES] = "a master key for tests: 32 byte";

static void random_seeded(void *context, uint8_t *out, size_t size)
{
    uint64_t *state = context;
    for (size_t i = 0; i < size; i++) {
        *state = *state * 6364136223846793005ull + 1442695040888963407ull;
        out[i] = (uint8_t)(*state >> 56);
    }
}

void fixture_begin(struct journal_fixture *fixture)
{
    static const uint8_t seed[ED25519_SEED_BYTES] = "a checkpoint key made for tests";
    *fixture = (struct journal_fixture){.random = 1};
    fixture->disk = memory_disk_new();
    assert_non_null(fixture->disk);
    assert_int_equal(signing_key_from_seed(bytes_of(seed, sizeof(seed)), &fixture->key, NULL), 0);
    fixture->options = (struct journal_options){
        .disk = memory_disk_interface(fixture->disk),
        .directory = "/journal",
        .bus_id = "test-bus",
        .master_key = master_key,
        .checkpoint_key = fixture->key,
        .segment_bytes = FIXTURE_SEGMENT_BYTES,
        .time_ns = 1795000000000000000ull,
        .flags = JOURNAL_CREATE,
        .random = random_seeded,
        .random_context = &fixture->random,
    };
}

void fixture_end(struct journal_fixture *fixture)
{
    signing_key_free(fixture->key);
    memory_disk_free(fixture->disk);
}

int fixture_open_on(struct journal_fixture *fixture, struct memory_disk *disk, struct journal **ret_journal)
{
    struct journal_options options = fixture->options;
    options.disk = memory_disk_interface(disk);
    return journal_open(&options, NULL, ret_journal, &fixture->opened, &fixture->fault);
}

int fixture_open(struct journal_fixture *fixture, struct journal **ret_journal)
{
    return journal_open(&fixture->options, NULL, ret_journal, &fixture->opened, &fixture->fault);
}

struct journal *fixture_must_open(struct journal_fixture *fixture)
{
    struct journal *journal = NULL;
    int code = fixture_open(fixture, &journal);
    if (code != 0)
        fail_msg("%s: %s (%s)", truc_error_name(code), fixture->fault.text, fixture->fault.where);
    return journal;
}

void fixture_die(struct journal_fixture *fixture, struct journal *journal)
{
    struct memory_disk_faults faults = {.power_off = 1};
    memory_disk_set_faults(fixture->disk, &faults);
    journal_close(journal, 1, NULL);
    memory_disk_kill(fixture->disk);
}

bool fixture_has_payload(uint64_t sequence)
{
    return sequence % 3 == 1;
}

enum { CONTENT_BYTES_MAX = 600 };

/* Bodies of 0 to 210 bytes, payloads of 0 to 590. */
static size_t body_make(uint64_t sequence, uint8_t *out)
{
    size_t size = (size_t)(sequence * 7 % 31) * 7;
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(sequence + i);
    return size;
}

static size_t payload_make(uint64_t sequence, uint8_t *out)
{
    size_t size = (size_t)(sequence * 11 % 60) * 10;
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(sequence * 3 + i * 5);
    return size;
}

static void salt_make(uint64_t sequence, uint8_t out[JOURNAL_SALT_BYTES])
{
    struct sha256_digest salt = sha256_of(bytes_of(&sequence, sizeof(sequence)));
    memcpy(out, salt.bytes, JOURNAL_SALT_BYTES);
}

int fixture_append(struct journal_fixture *fixture, struct journal *journal, size_t count)
{
    struct journal_entry *entries = calloc(count, sizeof(*entries));
    uint8_t(*content)[2][CONTENT_BYTES_MAX] = calloc(count, sizeof(*content));
    uint64_t sequence = journal_next_sequence(journal);
    assert_non_null(entries);
    assert_non_null(content);
    for (size_t i = 0; i < count; i++, sequence++) {
        entries[i] = (struct journal_entry){
            .kind = (uint16_t)(1 + sequence % 9),
            .flags = (uint16_t)(sequence % 4 * 2),
            .time_ns = fixture->options.time_ns + sequence,
            .body = bytes_of(content[i][0], body_make(sequence, content[i][0])),
            .has_payload = fixture_has_payload(sequence),
            .payload = bytes_of(content[i][1], payload_make(sequence, content[i][1])),
        };
        salt_make(sequence, entries[i].salt);
    }
    struct journal_group group = {entries, count, fixture->options.time_ns + sequence, sequence};
    int code = journal_append_group(journal, &group, &fixture->fault);
    free(content);
    free(entries);
    return code;
}

void fixture_must_append(struct journal_fixture *fixture, struct journal *journal, size_t count)
{
    int code = fixture_append(fixture, journal, count);
    if (code != 0)
        fail_msg("%s: %s", truc_error_name(code), fixture->fault.text);
}

void fixture_check_record(struct journal_fixture *fixture, struct journal *journal, uint64_t sequence)
{
    BUFFER_CLEANUP struct buffer scratch = {0};
    struct journal_record record;
    uint8_t expected[CONTENT_BYTES_MAX], salt[JOURNAL_SALT_BYTES];
    int code = journal_read(journal, sequence, JOURNAL_WITH_PAYLOAD, &scratch, &record, &fixture->fault);
    if (code != 0)
        fail_msg("%llu: %s: %s", (unsigned long long)sequence, truc_error_name(code), fixture->fault.text);
    assert_int_equal(record.sequence, sequence);
    assert_int_equal(record.kind, 1 + sequence % 9);
    assert_int_equal(record.flags, sequence % 4 * 2 + fixture_has_payload(sequence));
    assert_int_equal(record.time_ns, fixture->options.time_ns + sequence);
    assert_true(bytes_equal(record.body, bytes_of(expected, body_make(sequence, expected))));
    assert_int_equal(record.has_payload, fixture_has_payload(sequence));
    assert_int_equal(record.payload_is_read, record.has_payload);
    if (!record.has_payload)
        return;
    salt_make(sequence, salt);
    assert_memory_equal(record.salt, salt, sizeof(salt));
    assert_true(bytes_equal(record.payload, bytes_of(expected, payload_make(sequence, expected))));
}

void fixture_check_all(struct journal_fixture *fixture, struct journal *journal)
{
    for (uint64_t sequence = 0; sequence < journal_next_sequence(journal); sequence++)
        fixture_check_record(fixture, journal, sequence);
}
