/* test_cli_journal.c - journal show, find, verify and proof over a small journal with real signatures, right and wrong.
 * Nothing but the directory is used: no broker runs.
 * Every kind of wrong evidence must be named at its record. */
#include "cli_bench.h"

#include "cli_journal_maker.h"
#include "encode.h"
#include "header.h"
#include "journal.h"
#include "merkle.h"
#include "record.h"
#include "record_text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *state_of(struct cli_bench *bench)
{
    return cli_bench_path(bench, "bus");
}

static int setup(void **state)
{
    struct cli_bench *bench = cli_bench_new();
    cli_bench_init(bench, "bus");
    maker_write(bench, "bus", MAKER_RIGHT);
    *state = bench;
    return 0;
}

/* ---- show ---- */

static void test_show_is_one_line_a_record(void **state)
{
    static const char *const lines[] = {
        "        0  23/11/2026 14:03:07.118  started        trucd · start\n",
        "        2  23/11/2026 14:03:07.120  bundle         portal · 2 messages · key ",
        "        3  23/11/2026 14:03:07.121  accepted       portal → onestop                    dossier.submitted      "
        "   " MAKER_DOSSIER "  ",
        "        4  23/11/2026 14:03:07.122  refused        NO_ROUTE  portal  dossier.withdraw  H56.14-261123-0043  no "
        "route takes",
        "        5  23/11/2026 14:03:07.123  settled        onestop · 1 done\n",
        "record 3 for onestop · RETRIES · dossier.submitted · " MAKER_DOSSIER " · 9 attempts · RETRIES\n",
        "session        portal opened · libtruc\n",
        "operation      operator asked dead-retry · done · đã sửa cổng\n",
        "stopped        trucd · SIGTERM\n",
    };
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "journal", "show", "--state", state_of(bench)), CLI_OK);
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        cli_bench_expect(bench->out, lines[i]);
}

static void test_an_observer_is_shown_as_one_with_what_it_missed(void **state)
{
    const struct record_destination destinations[] = {
        {.system = bytes_string("onestop"), .route = bytes_string("r")},
        {.system = bytes_string("deadlines"), .route = bytes_string("r"), .observer = true},
        {.system = bytes_string("ioc"), .observer = true, .outcome = (uint32_t)-TRUC_E_SUSPENDED},
    };
    const struct header header = {.id = bytes_string("m1"),
                                  .source = bytes_string("portal"),
                                  .type = bytes_string("dossier.submitted"),
                                  .kind = HEADER_EVENT};
    BUFFER_CLEANUP struct buffer elements = {0}, encoded = {0}, body = {0}, line = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(destinations); i++)
        record_destination_append(&elements, &destinations[i]);
    header_encode(&header, NULL, 0, &encoded);
    record_accepted_encode(
        &(struct record_accepted){.header = buffer_view(&encoded), .destinations = buffer_view(&elements)}, &body);
    const struct journal_record record = {.kind = RECORD_ACCEPTED, .body = buffer_view(&body)};
    assert_int_equal(record_text_line(&record, &line, NULL), 0);
    cli_bench_expect(buffer_string(&line), "portal → onestop, deadlines observes, ioc observes (SUSPENDED)");
    json_t *object = record_json(&record, NULL);
    const json_t *shown = json_array_get(json_object_get(object, "destinations"), 2);
    assert_true(json_is_true(json_object_get(shown, "observer")));
    assert_string_equal(json_string_value(json_object_get(shown, "outcome")), "SUSPENDED");
    json_decref(object);
}

static size_t count_lines(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static void test_show_takes_a_range_or_one(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "journal", "show", "--state", state_of(bench), "--count", "3"), CLI_OK);
    assert_int_equal(count_lines(bench->out), 3);
    cli_bench_expect(bench->out, "stopped");
    assert_int_equal(RUN(bench, "journal", "show", "--state", state_of(bench), "--from", "2", "--count", "2"), CLI_OK);
    assert_int_equal(count_lines(bench->out), 2);
    cli_bench_expect(bench->out, "accepted");
    assert_int_equal(RUN(bench, "journal", "show", "--state", state_of(bench), "--position", "5"), CLI_OK);
    assert_int_equal(count_lines(bench->out), 1);
    assert_int_equal(RUN(bench, "journal", "show", "--state", state_of(bench), "--position", "99"), CLI_NOT_SO);
    assert_int_equal(RUN(bench, "journal", "show", "--state", state_of(bench), "--from", "99"), CLI_NOT_SO);
    assert_int_equal(RUN(bench, "journal", "show", "--state", "/nowhere"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "there is no journal '/nowhere/journal'");
    cli_bench_expect(bench->err, "--journal");
}

static void test_show_follows_a_dossier(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(
        RUN(bench, "journal", "show", "--state", state_of(bench), "--dossier", MAKER_DOSSIER, "--output", "json"),
        CLI_OK);
    assert_int_equal(count_lines(bench->out), 3); /* accepted, receipt, dead letter */
    cli_bench_expect(bench->out, "\"kind\":\"settled\"");
    assert_int_equal(RUN(bench, "journal", "show", "--state", state_of(bench), "--dossier", "H56.14-261123-0043"),
                     CLI_OK);
    assert_int_equal(count_lines(bench->out), 1);
    cli_bench_expect(bench->out, "NO_ROUTE");
    assert_int_equal(RUN(bench, "journal", "show", "--state", state_of(bench), "--dossier", "H56.14"), CLI_NOT_SO);
    assert_string_equal(bench->out, "the journal has nothing about this dossier\n");
}

static void test_a_malformed_record_hides_no_other(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "odd");
    maker_write(bench, "odd", MAKER_MALFORMED_BODY);
    assert_int_equal(RUN(bench, "journal", "show", "--state", cli_bench_path(bench, "odd")), CLI_NOT_SO);
    assert_int_equal(count_lines(bench->out), MAKER_RECORDS);
    cli_bench_expect(bench->out, "        7  23/11/2026 14:03:07.125  session        can't be read: ");
    assert_int_equal(RUN(bench, "journal", "show", "--state", cli_bench_path(bench, "odd"), "--output", "json"),
                     CLI_NOT_SO);
    assert_int_equal(count_lines(bench->out), MAKER_RECORDS);
    cli_bench_expect(bench->out, "\"malformed\":");
}

static void test_payloads_are_shown_masked(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "journal", "show", "--state", state_of(bench), "--position", "3", "--payload"), CLI_OK);
    cli_bench_expect(bench->out, "\"identity_number\": \"…345\"");
    cli_bench_expect(bench->out, "\"name\": \"•••\"");
    cli_bench_expect(bench->out, "\"service\": \"full\"");
    assert_null(strstr(bench->out, MAKER_IDENTITY));
    assert_null(strstr(bench->out, MAKER_NAME));
    assert_int_equal(
        RUN(bench, "journal", "show", "--state", state_of(bench), "--position", "3", "--payload", "--output", "json"),
        CLI_OK);
    json_t *record = cli_bench_json(bench), *payload = json_object_get(record, "payload");
    assert_string_equal(json_string_value(json_object_get(payload, "code")), MAKER_DOSSIER);
    assert_string_equal(json_string_value(json_object_get(record, "sent")), "2026-11-23T07:03:07.118000000Z");
    json_decref(record);
}

static void test_without_a_key_payloads_stay_closed(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "journal", "show", "--journal", cli_bench_path(bench, "bus/journal"), "--position", "3",
                         "--payload"),
                     CLI_OK);
    cli_bench_expect(bench->out, "dossier.submitted");
    cli_bench_expect(bench->out, "[JOURNAL_KEY]");
    assert_null(strstr(bench->out, "\"code\""));
    assert_int_equal(
        RUN(bench, "journal", "show", "--journal", cli_bench_path(bench, "bus/journal"), "--key", "/nowhere"),
        CLI_NOT_SO);
}

/* ---- find ---- */

static size_t found(struct cli_bench *bench)
{
    json_t *document = cli_bench_json(bench);
    size_t count = json_array_size(json_object_get(document, "messages"));
    json_decref(document);
    return count;
}

static void test_find_selects(void **state)
{
    static const struct {
        const char *option, *value;
        size_t count;
    } rows[] = {
        {"--dossier", MAKER_DOSSIER, 1},
        {"--id", "0192f0c1-0000-7000-8000-000000000001", 1},
        {"--type", "dossier.submitted", 1},
        {"--type", "dossier", 0},
        {"--sender", "portal", 2},
        {"--destination", "onestop", 1},
        {"--outcome", "refused", 1},
        {"--outcome", "waiting", 0},
        {"--since", "2026-11-23", 2},
        {"--since", "2026-11-24", 0},
        {"--until", "2026-11-24", 2},
        {"--until", "1h", 0},
        {"--count", "1", 1},
    };
    struct cli_bench *bench = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int code = RUN(bench, "journal", "find", "--state", state_of(bench), rows[i].option, rows[i].value, "--output",
                       "json");
        assert_int_equal(code, rows[i].count ? CLI_OK : CLI_NOT_SO);
        assert_int_equal(found(bench), rows[i].count);
    }
    assert_int_equal(access(cli_bench_path(bench, "bus/journal/index/search.sqlite"), F_OK), 0);
}

static void test_find_shows_a_table(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "journal", "find", "--state", state_of(bench), "--index", ":memory:"), CLI_OK);
    cli_bench_expect(bench->out, "POSITION TIME ");
    cli_bench_expect(bench->out, "portal onestop dossier.submitted " MAKER_DOSSIER);
    cli_bench_expect(bench->out, "refused NO_ROUTE\n");
    assert_int_equal(RUN(bench, "journal", "find", "--state", state_of(bench), "--outcome", "refsued"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "did you mean refused?");
}

/* ---- verify ---- */

static void test_verify_counts_what_holds(void **state)
{
    struct cli_bench *bench = *state;
    static const struct {
        const char *name;
        json_int_t count;
    } rows[] = {{"records", MAKER_RECORDS},
                {"bundles", 1},
                {"messages", 1},
                {"payloads", 1},
                {"refusals", 1},
                {"receipts", 1},
                {"settlements", 1},
                {"certificates", 2},
                {"configurations", 1},
                {"checkpoint_size", MAKER_RECORDS}};
    assert_int_equal(RUN(bench, "journal", "verify", "--state", state_of(bench), "--output", "json"), CLI_OK);
    json_t *document = cli_bench_json(bench);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(json_integer_value(json_object_get(document, rows[i].name)), rows[i].count);
    assert_true(json_is_true(json_object_get(document, "holds")));
    assert_true(json_is_true(json_object_get(document, "checkpoint_signatures_checked")));
    json_decref(document);
    assert_int_equal(RUN(bench, "journal", "verify", "--state", state_of(bench)), CLI_OK);
    cli_bench_expect(bench->out, "\nall of it holds\n");
    cli_bench_expect(bench->out, "last checkpoint: 10 records, its signature verifies\n");
}

static void test_verify_needs_nothing_but_the_directory(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "journal", "verify", "--journal", cli_bench_path(bench, "bus/journal"), "--authority",
                         cli_bench_path(bench, "bus/config/certs/ca.pem"), "--output", "json"),
                     CLI_OK);
    json_t *document = cli_bench_json(bench);
    assert_int_equal(json_integer_value(json_object_get(document, "payloads_without_key")), 1);
    assert_int_equal(json_integer_value(json_object_get(document, "bundles")), 1);
    assert_true(json_is_true(json_object_get(document, "authority_pinned")));
    assert_true(json_is_false(json_object_get(document, "checkpoint_signatures_checked")));
    json_decref(document);
}

static void test_verify_believes_only_the_right_authority_and_log_key(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "other");
    assert_int_equal(RUN(bench, "journal", "verify", "--state", state_of(bench), "--authority",
                         cli_bench_path(bench, "other/config/certs/ca.pem")),
                     CLI_NOT_SO);
    cli_bench_expect(bench->err, "(record 2)");
    char *vkey = cli_bench_read(cli_bench_path(bench, "other/keys/checkpoint.vkey"), NULL);
    vkey[strcspn(vkey, "\n")] = '\0';
    int code = RUN(bench, "journal", "verify", "--state", state_of(bench), "--checkpoint-key", vkey);
    free(vkey);
    assert_int_equal(code, CLI_NOT_SO);
    cli_bench_expect(bench->err, "[CHECKPOINT]");
    assert_int_equal(RUN(bench, "journal", "verify", "--state", state_of(bench), "--authority", "/nowhere"),
                     CLI_WRONG_USE);
}

static void test_wrong_evidence_is_named_at_its_record(void **state)
{
    static const struct {
        const char *text, *where, *name;
    } rows[MAKER_MISTAKES_COUNT] = {
        [MAKER_BUNDLE_SIGNATURE] = {"the signature of 'portal' does not verify", "(record 2)", "[SIGNATURE]"},
        [MAKER_BUNDLE_SENDER] = {"", "(record 2)", "[SIGNING_KEY]"},
        [MAKER_BUNDLE_CERTIFICATE] = {"the certificate of a signature is not kept", "(record 2)", "[JOURNAL_CORRUPT]"},
        [MAKER_HEADER] = {"the message is not the one of its bundle", "(record 3)", "[DIGEST]"},
        [MAKER_HEADER_SENDER] = {"the message names another sender", "(record 3)", "[SIGNING_KEY]"},
        [MAKER_PAYLOAD] = {"the payload is not the one its sender signed", "(record 3)", "[DIGEST]"},
        [MAKER_REFUSAL] = {"a refusal is about no message of its bundle", "(record 4)", "[DIGEST]"},
        [MAKER_RECEIPT_SIGNATURE] = {"the signature of 'onestop' does not verify", "(record 5)", "[SIGNATURE]"},
        [MAKER_RECEIPT_MESSAGE] = {"a receipt is about another message", "(record 5)", "[DIGEST]"},
        [MAKER_CONFIGURATION] = {"a file of a configuration is not kept", "(record 1)", "[JOURNAL_CORRUPT]"},
    };
    struct cli_bench *bench = *state;
    char name[32];
    for (int mistake = MAKER_RIGHT + 1; mistake < MAKER_MISTAKES_COUNT; mistake++) {
        snprintf(name, sizeof name, "wrong%d", mistake);
        cli_bench_init(bench, name);
        maker_write(bench, name, (enum maker_mistake)mistake);
        assert_int_equal(RUN(bench, "journal", "verify", "--state", cli_bench_path(bench, name)), CLI_NOT_SO);
        cli_bench_expect(bench->err, rows[mistake].text);
        cli_bench_expect(bench->err, rows[mistake].where);
        cli_bench_expect(bench->err, rows[mistake].name);
        assert_string_equal(bench->out, "");
    }
}

/* ---- proof ---- */

static struct sha256_digest digest_of_base64(const char *text)
{
    BUFFER_CLEANUP struct buffer data = {0};
    struct sha256_digest digest;
    assert_int_equal(base64_decode(bytes_of(text, strcspn(text, "\n")), &data), 0);
    assert_int_equal(data.size, SHA256_BYTES);
    memcpy(digest.bytes, data.data, SHA256_BYTES);
    return digest;
}

/* Read as a stranger would: line by line, with RFC 6962 and nothing of the journal. */
static void test_a_proof_leads_from_the_record_to_the_signed_root(void **state)
{
    struct cli_bench *bench = *state;
    struct sha256_digest leaf, root, hashes[8];
    size_t count = 0;
    assert_int_equal(RUN(bench, "journal", "proof", "--state", state_of(bench), "--position", "3", "--output", "json"),
                     CLI_OK);
    json_t *document = cli_bench_json(bench);
    const char *at = json_string_value(json_object_get(document, "proof")), *head = "c2sp.org/tlog-proof@v1\nindex 3\n";
    BUFFER_CLEANUP struct buffer hex = {0};
    assert_int_equal(hex_decode(bytes_string(json_string_value(json_object_get(document, "leaf"))), &hex), 0);
    memcpy(leaf.bytes, hex.data, SHA256_BYTES);
    assert_int_equal(strncmp(at, head, strlen(head)), 0);
    for (at += strlen(head); *at != '\n'; at = strchr(at, '\n') + 1) {
        assert_true(count < COUNT_OF(hashes));
        hashes[count++] = digest_of_base64(at);
    }
    head = "\nthanhhoa/journal\n10\n";
    assert_int_equal(strncmp(at, head, strlen(head)), 0);
    root = digest_of_base64(at + strlen(head));
    assert_int_equal(merkle_inclusion_verify(&leaf, 3, MAKER_RECORDS, hashes, count, &root), 0);
    assert_int_not_equal(merkle_inclusion_verify(&leaf, 4, MAKER_RECORDS, hashes, count, &root), 0);
    json_decref(document);
    assert_int_equal(RUN(bench, "journal", "proof", "--state", state_of(bench), "--position", "10"), CLI_NOT_SO);
    assert_int_equal(RUN(bench, "journal", "proof", "--state", state_of(bench)), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "--position N");
}

static void test_a_flipped_byte_on_disk_is_found(void **state)
{
    struct cli_bench *bench = *state;
    const char *path = cli_bench_path(bench, "bus/journal/segments/00000000000000000000.tj");
    char segment[BENCH_PATH_BYTES * 2];
    size_t size;
    strcpy(segment, path);
    char *content = cli_bench_read(segment, &size);
    for (size_t at = 4096 + 16; at < 4096 + 2000; at += 331) {
        content[at] ^= 4;
        cli_bench_write(segment, content, size);
        assert_int_equal(RUN(bench, "journal", "verify", "--state", state_of(bench)), CLI_NOT_SO);
        content[at] ^= 4;
    }
    cli_bench_write(segment, content, size);
    free(content);
    assert_int_equal(RUN(bench, "journal", "verify", "--state", state_of(bench)), CLI_OK);
}

/* The whole journal with one of its folders away. */
static int verify_without(struct cli_bench *bench, const char *folder)
{
    char from[BENCH_PATH_BYTES * 2], to[BENCH_PATH_BYTES * 2];
    snprintf(from, sizeof from, "%s/%s", cli_bench_path(bench, "bus/journal"), folder);
    snprintf(to, sizeof to, "%s/%s", cli_bench_path(bench, "bus"), folder);
    assert_int_equal(rename(from, to), 0);
    int code = RUN(bench, "journal", "verify", "--state", state_of(bench));
    assert_int_equal(rename(to, from), 0);
    return code;
}

static void test_a_copy_needs_no_snapshots_and_is_told_what_it_lacks(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(verify_without(bench, "snapshots"), CLI_OK);
    assert_int_equal(verify_without(bench, "checkpoints"), CLI_OK);
    cli_bench_expect(bench->out, "no checkpoint is there: records cut off at the end would not be missed");
    assert_int_equal(verify_without(bench, "objects"), CLI_NOT_SO);
    cli_bench_expect(bench->err, "is not kept in the journal: objects/");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, cli_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_show_is_one_line_a_record),
        TEST(test_an_observer_is_shown_as_one_with_what_it_missed),
        TEST(test_show_takes_a_range_or_one),
        TEST(test_show_follows_a_dossier),
        TEST(test_a_malformed_record_hides_no_other),
        TEST(test_payloads_are_shown_masked),
        TEST(test_without_a_key_payloads_stay_closed),
        TEST(test_find_selects),
        TEST(test_find_shows_a_table),
        TEST(test_verify_counts_what_holds),
        TEST(test_verify_needs_nothing_but_the_directory),
        TEST(test_verify_believes_only_the_right_authority_and_log_key),
        TEST(test_wrong_evidence_is_named_at_its_record),
        TEST(test_a_proof_leads_from_the_record_to_the_signed_root),
        TEST(test_a_flipped_byte_on_disk_is_found),
        TEST(test_a_copy_needs_no_snapshots_and_is_told_what_it_lacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
