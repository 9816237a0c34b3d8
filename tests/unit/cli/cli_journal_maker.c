/* cli_journal_maker.c - see cli_journal_maker.h.
 * Signatures, digests and certificates are real; only the mistake asked for is not.
 * People in it do not exist: citizen numbers have a 9 in the fourth place. */
#include "cli_journal_maker.h"

#include "bundle.h"
#include "command.h"
#include "encode.h"
#include "file_disk.h"
#include "header.h"
#include "journal.h"
#include "merkle.h"
#include "policy_load.h"
#include "record.h"
#include "schema.h"
#include "signing.h"

#include <stdlib.h>

enum { RECEIVER_RETRIES = 9 };

struct maker {
    struct cli_bench *bench;
    const char *state;
    enum maker_mistake mistake;
    struct policy *policy;
    struct signing_key *portal, *onestop, *checkpoint;
    uint8_t master_key[JOURNAL_MASTER_KEY_BYTES];
    struct journal *journal;
    struct buffer headers[2], payload, signature, bodies[MAKER_RECORDS];
    uint8_t salt[PROTOCOL_SALT_BYTES];
    struct sha256_digest leaves[2];
    struct journal_entry entries[MAKER_RECORDS];
    size_t count;
};

static char *read_below(const struct maker *maker, const char *name)
{
    char path[BENCH_PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", maker->state, name);
    return cli_bench_read(cli_bench_path(maker->bench, path), NULL);
}

static struct signing_key *read_key(const struct maker *maker, const char *name)
{
    struct signing_key *key = NULL;
    char *pem = read_below(maker, name);
    assert_int_equal(signing_key_from_pem(bytes_string(pem), &key, NULL), 0);
    free(pem);
    return key;
}

static void read_state(struct maker *maker)
{
    char path[BENCH_PATH_BYTES];
    struct policy_report report = {0};
    struct buffer key = {0};
    const struct policy_load_options options = {.now_ns = BENCH_NOW_NS};
    snprintf(path, sizeof path, "%s/config", maker->state);
    assert_int_equal(policy_load_directory(cli_bench_path(maker->bench, path), &options, &maker->policy, &report), 0);
    policy_report_free(&report);
    maker->portal = read_key(maker, "systems/portal/signing.key");
    maker->onestop = read_key(maker, "systems/onestop/signing.key");
    maker->checkpoint = read_key(maker, "keys/checkpoint.key");
    char *text = read_below(maker, "keys/journal.key");
    assert_int_equal(hex_decode(bytes_of(text, 2 * JOURNAL_MASTER_KEY_BYTES), &key), 0);
    memcpy(maker->master_key, key.data, sizeof maker->master_key);
    buffer_free(&key);
    free(text);
}

/* ---- objects ---- */

static void put_objects(struct maker *maker)
{
    for (uint32_t i = 0; i < maker->policy->files_count; i++) {
        struct sha256_digest digest;
        if (maker->mistake == MAKER_CONFIGURATION && strcmp(maker->policy->files[i].name, "routes/dossiers.yaml") == 0)
            continue;
        assert_int_equal(journal_object_put(maker->journal, maker->policy->files[i].content, &digest, NULL), 0);
    }
    for (uint32_t i = 0; i < maker->policy->systems_count; i++) {
        struct sha256_digest digest;
        const struct policy_system *system = &maker->policy->systems[i];
        if (maker->mistake != MAKER_BUNDLE_CERTIFICATE || strcmp(system->id, "portal") != 0)
            assert_int_equal(journal_object_put(maker->journal, system->signing_keys[0].certificate_der, &digest, NULL),
                             0);
    }
}

static struct bytes certificate_hash(const struct maker *maker, const char *system)
{
    return sha256_view(&policy_system_by_id(maker->policy, bytes_string(system))->signing_keys[0].certificate_sha256);
}

/* ---- messages ---- */

static void make_header(struct maker *maker, size_t at)
{
    struct sha256_digest digest =
        payload_digest(bytes_of(maker->salt, sizeof maker->salt), buffer_view(&maker->payload));
    const struct header header = {
        .id = bytes_string(at == 0 ? "0192f0c1-0000-7000-8000-000000000001" : "0192f0c1-0000-7000-8000-000000000002"),
        .source = bytes_string(maker->mistake == MAKER_HEADER_SENDER ? "onestop" : "portal"),
        .type = bytes_string(at == 0 ? "dossier.submitted" : "dossier.withdraw"),
        .subject = bytes_string(at == 0 ? MAKER_DOSSIER : "H56.14-261123-0043"),
        .time_ns = BENCH_NOW_NS,
        .kind = at == 0 ? HEADER_EVENT : HEADER_COMMAND,
        .urgency = HEADER_URGENCY_NORMAL,
        .classification = HEADER_NOT_SECRET,
        .payload_digest = sha256_view(&digest),
        .payload_size_bytes = maker->payload.size,
    };
    header_encode(&header, NULL, 0, &maker->headers[at]);
    maker->leaves[at] = message_leaf(buffer_view(&maker->headers[at]));
}

static void make_messages(struct maker *maker)
{
    static const char json[] =
        "{\"code\": \"" MAKER_DOSSIER "\", \"procedure\": {\"service\": \"full\"}, \"agency\": {\"code\": \"H56.14\"}, "
        "\"applicant\": {\"name\": \"" MAKER_NAME "\", \"identity_number\": \"" MAKER_IDENTITY "\"}}";
    struct truc_fault fault = {0};
    const struct schema_message *schema =
        schema_set_find_type(maker->policy->schemas, bytes_string("dossier.submitted"));
    assert_non_null(schema);
    if (schema_from_json(schema, bytes_string(json), &maker->payload, &fault) < 0)
        fail_msg("%s %s", fault.text, fault.where);
    memset(maker->salt, 0x5a, sizeof maker->salt);
    make_header(maker, 0);
    make_header(maker, 1);
}

static void sign(struct maker *maker, const struct signing_key *key, enum statement_kind kind, const char *system,
                 const struct sha256_digest *leaves, size_t count)
{
    struct buffer text = {0};
    const struct statement statement = {.kind = kind,
                                        .bus = bytes_string(maker->policy->bus_id),
                                        .system = bytes_string(system),
                                        .key_id = key_id_view(&signing_key_public(key)->id),
                                        .count = count,
                                        .root = merkle_root(leaves, count)};
    statement_write(&statement, &text);
    buffer_clear(&maker->signature);
    assert_int_equal(signing_key_sign(key, buffer_view(&text), &maker->signature), 0);
    buffer_free(&text);
}

/* ---- records ---- */

static struct buffer *add(struct maker *maker, enum record_kind kind)
{
    assert_true(maker->count < MAKER_RECORDS);
    maker->entries[maker->count].kind = (uint16_t)kind;
    maker->entries[maker->count].time_ns = BENCH_NOW_NS + maker->count * 1000000;
    return &maker->bodies[maker->count++];
}

static void add_configuration(struct maker *maker)
{
    struct buffer files = {0};
    for (uint32_t i = 0; i < maker->policy->files_count; i++) {
        struct sha256_digest digest = sha256_of(maker->policy->files[i].content);
        const struct record_file file = {bytes_string(maker->policy->files[i].name), sha256_view(&digest)};
        record_file_append(&files, &file);
    }
    const struct record_configuration record = {
        .hash = sha256_view(&maker->policy->hash), .files = buffer_view(&files), .origin = bytes_string("start")};
    record_configuration_encode(&record, add(maker, RECORD_CONFIGURATION));
    buffer_free(&files);
}

static void add_bundle(struct maker *maker)
{
    const char *sender = maker->mistake == MAKER_BUNDLE_SENDER ? "onestop" : "portal";
    sign(maker, maker->portal, STATEMENT_BUNDLE, sender, maker->leaves, 2);
    if (maker->mistake == MAKER_BUNDLE_SIGNATURE)
        maker->signature.data[10] ^= 1;
    const struct record_bundle record = {.sender = bytes_string(sender),
                                         .key_id = key_id_view(&signing_key_public(maker->portal)->id),
                                         .signature = buffer_view(&maker->signature),
                                         .count = 2,
                                         .leaves = bytes_of(maker->leaves, sizeof maker->leaves),
                                         .certificate = certificate_hash(maker, "portal")};
    record_bundle_encode(&record, add(maker, RECORD_BUNDLE));
}

static void add_accepted(struct maker *maker)
{
    struct buffer destinations = {0};
    const struct record_destination destination = {.system = bytes_string("onestop"),
                                                   .route = bytes_string("online-dossier-to-onestop"),
                                                   .agreement = bytes_string("portal-gives-dossiers-to-onestop")};
    record_destination_append(&destinations, &destination);
    const struct record_accepted record = {.bundle = 2,
                                           .index = 0,
                                           .header =
                                               buffer_view(&maker->headers[maker->mistake == MAKER_HEADER ? 1 : 0]),
                                           .destinations = buffer_view(&destinations),
                                           .configuration = 1,
                                           .payload_bytes = maker->payload.size};
    record_accepted_encode(&record, add(maker, RECORD_ACCEPTED));
    struct journal_entry *entry = &maker->entries[maker->count - 1];
    entry->has_payload = true;
    memcpy(entry->salt, maker->salt, sizeof entry->salt);
    if (maker->mistake == MAKER_PAYLOAD)
        maker->payload.data[maker->payload.size - 1] ^= 1;
    entry->payload = buffer_view(&maker->payload);
    buffer_free(&destinations);
}

static void add_refused(struct maker *maker)
{
    struct sha256_digest other = sha256_of(bytes_string("another message"));
    const struct record_refused record = {.sender = bytes_string("portal"),
                                          .id = bytes_string("0192f0c1-0000-7000-8000-000000000002"),
                                          .type = bytes_string("dossier.withdraw"),
                                          .subject = bytes_string("H56.14-261123-0043"),
                                          .code = 47,
                                          .text = bytes_string("no route takes dossier.withdraw from portal"),
                                          .leaf =
                                              sha256_view(maker->mistake == MAKER_REFUSAL ? &other : &maker->leaves[1]),
                                          .bundle = 3,
                                          .count = 1};
    record_refused_encode(&record, add(maker, RECORD_REFUSED));
}

static void add_receipt(struct maker *maker)
{
    struct buffer encoded = {0}, settlements = {0};
    const struct settlement settlement = {
        .sequence = 3,
        .outcome = SETTLED_DONE,
        .message_leaf = sha256_view(&maker->leaves[maker->mistake == MAKER_RECEIPT_MESSAGE ? 1 : 0])};
    settlement_encode(&settlement, &encoded);
    struct sha256_digest leaf = merkle_leaf_hash(buffer_view(&encoded));
    record_settlement_append(&settlements, buffer_view(&encoded));
    sign(maker, maker->onestop, STATEMENT_RECEIPT, "onestop", &leaf, 1);
    if (maker->mistake == MAKER_RECEIPT_SIGNATURE)
        maker->signature.data[40] ^= 0x80;
    const struct record_settled record = {.system = bytes_string("onestop"),
                                          .key_id = key_id_view(&signing_key_public(maker->onestop)->id),
                                          .signature = buffer_view(&maker->signature),
                                          .settlements = buffer_view(&settlements),
                                          .certificate = certificate_hash(maker, "onestop")};
    record_settled_encode(&record, add(maker, RECORD_SETTLED));
    buffer_free(&encoded);
    buffer_free(&settlements);
}

static void add_rest(struct maker *maker)
{
    const struct record_fate fate = {.message = 3,
                                     .system = bytes_string("onestop"),
                                     .code = 72,
                                     .reason = bytes_string("RETRIES"),
                                     .attempts = RECEIVER_RETRIES,
                                     .sender = bytes_string("portal"),
                                     .type = bytes_string("dossier.submitted"),
                                     .subject = bytes_string(MAKER_DOSSIER)};
    const struct record_session session = {.system = bytes_string("portal"),
                                           .event = RECORD_SESSION_OPENED,
                                           .software = bytes_string("libtruc"),
                                           .session = bytes_string("0123456789abcdef")};
    const struct record_operation operation = {.operator_id = bytes_string("operator"),
                                               .verb = bytes_string("dead-retry"),
                                               .reason = bytes_string("đã sửa cổng")};
    const struct record_started stopped = {.software = bytes_string("trucd"), .reason = bytes_string("SIGTERM")};
    record_fate_encode(&fate, add(maker, RECORD_DEAD));
    if (maker->mistake == MAKER_MALFORMED_BODY)
        buffer_append_string(add(maker, RECORD_SESSION), "\xff\xff");
    else
        record_session_encode(&session, add(maker, RECORD_SESSION));
    record_operation_encode(&operation, add(maker, RECORD_OPERATION));
    record_started_encode(&stopped, add(maker, RECORD_STOPPED));
}

static void append_all(struct maker *maker)
{
    struct truc_fault fault = {0};
    for (size_t i = 0; i < maker->count; i++)
        maker->entries[i].body = buffer_view(&maker->bodies[i]);
    for (size_t from = 0; from < maker->count; from += MAKER_RECORDS / 2) { /* two groups, a checkpoint after each */
        const struct journal_group group = {maker->entries + from, MAKER_RECORDS / 2, BENCH_NOW_NS,
                                            from + MAKER_RECORDS / 2};
        if (journal_append_group(maker->journal, &group, &fault) < 0)
            fail_msg("append: %s", fault.text);
        assert_int_equal(journal_checkpoint_make(maker->journal, group.verified_through, BENCH_NOW_NS, &fault), 1);
    }
    assert_int_equal(journal_close(maker->journal, BENCH_NOW_NS, &fault), 0);
}

void maker_write(struct cli_bench *bench, const char *state, enum maker_mistake mistake)
{
    char path[BENCH_PATH_BYTES];
    struct truc_fault fault = {0};
    struct maker maker = {.bench = bench, .state = state, .mistake = mistake};
    const struct record_started started = {.software = bytes_string("trucd"), .reason = bytes_string("start")};
    read_state(&maker);
    snprintf(path, sizeof path, "%s/journal", state);
    const struct journal_options options = {.disk = file_disk(),
                                            .directory = cli_bench_path(bench, path),
                                            .bus_id = maker.policy->bus_id,
                                            .master_key = maker.master_key,
                                            .checkpoint_key = maker.checkpoint,
                                            .segment_bytes = JOURNAL_SEGMENT_BYTES_MIN,
                                            .time_ns = BENCH_NOW_NS,
                                            .flags = JOURNAL_CREATE};
    if (journal_open(&options, NULL, &maker.journal, NULL, &fault) < 0)
        fail_msg("open: %s", fault.text);
    put_objects(&maker);
    make_messages(&maker);
    record_started_encode(&started, add(&maker, RECORD_STARTED));
    add_configuration(&maker);
    add_bundle(&maker);
    add_accepted(&maker);
    add_refused(&maker);
    add_receipt(&maker);
    add_rest(&maker);
    append_all(&maker);
    for (size_t i = 0; i < MAKER_RECORDS; i++)
        buffer_free(&maker.bodies[i]);
    buffer_free(&maker.headers[0]);
    buffer_free(&maker.headers[1]);
    buffer_free(&maker.payload);
    buffer_free(&maker.signature);
    signing_key_free(maker.portal);
    signing_key_free(maker.onestop);
    signing_key_free(maker.checkpoint);
    policy_free(maker.policy);
}
