/* test_refusals_are_named_and_journaled.c - every reason for which the core refuses a message or a client, by its name.
 * A refused message is a record of the journal; a refused client is told and its connection closed.
 * Tables: one line a reason. */
#include "core_driver.h"

#include <stdio.h>
#include "protobuf_wire.h"

#define TERMS "    purpose: Kiểm thử\n    basis: internal-rule\n"
static const char more_routes[] =
    "  - name: received\n    from: beta\n    type: dossier.received\n    to: [alpha, gamma]\n"
    "  - name: refused\n    from: beta\n    type: dossier.refused\n    to: alpha\n"
    "  - name: suspended\n    from: beta\n    type: dossier.suspended\n    to: alpha\n";
static const char more_agreements[] =
    "  - name: needs-officer\n    provider: beta\n    consumer: alpha\n    types: [dossier.received]\n" TERMS
    "    requires: [officer]\n    valid: {from: 2026-01-01}\n"
    "  - name: beta-gamma\n    provider: beta\n    consumer: gamma\n    types: [dossier.received]\n" TERMS
    "    valid: {from: 2026-01-01}\n"
    "  - name: lapsed\n    provider: beta\n    consumer: alpha\n    types: [dossier.refused]\n" TERMS
    "    valid: {from: 2026-01-01, until: 2026-10-01}\n"
    "  - name: slow\n    provider: beta\n    consumer: alpha\n    types: [dossier.suspended]\n" TERMS
    "    rate: {total: 1/min}\n    valid: {from: 2026-01-01}\n";
static const struct driver_config more = {
    .routes = more_routes, .agreements = more_agreements, .limits = "  message-bytes: 16KiB\n"};

static void expect_refused(struct driver *driver, struct outcome outcome, int code)
{
    struct journal_record record;
    struct record_refused refused;
    assert_string_equal(truc_error_name(-(int)outcome.code), truc_error_name(code));
    size_t count = driver_record_count(driver, RECORD_REFUSED);
    assert_true(count > 0 && driver_record(driver, RECORD_REFUSED, count - 1, &record));
    assert_int_equal(record_refused_decode(record.body, &refused, NULL), 0);
    assert_int_equal(refused.code, -code);
    assert_true(outcome.text.size > 0);
}

struct change {
    int code;
    void (*make)(struct test_message *message);
};

static const uint8_t large[20000] = {0x3a, 0x9c, 0x9c, 0x01}; /* a note of 19,996 bytes */
static void no_id(struct test_message *message)
{
    message->header.id = BYTES_EMPTY;
}
static void secret(struct test_message *message)
{
    message->header.classification = 2;
}
static void unclassified(struct test_message *message)
{
    message->header.classification = 0;
}
static void unknown_type(struct test_message *message)
{
    message->header.type = bytes_string("dossier.imagined");
}
static void bad_payload(struct test_message *message)
{
    message->payload = bytes_string("\xff\xff");
}
static void bad_digest(struct test_message *message)
{
    message->header.payload_digest = bytes_of(large, 32);
}
static void bad_size(struct test_message *message)
{
    message->header.payload_size_bytes = 7;
}
static void no_route(struct test_message *message)
{
    message->header.type = bytes_string("dossier.withdraw"), message->header.kind = HEADER_COMMAND;
}
static void wrong_kind(struct test_message *message)
{
    message->header.kind = HEADER_COMMAND;
}
static void lapsed(struct test_message *message)
{
    message->header.type = bytes_string("dossier.refused");
}
static void no_purpose(struct test_message *message)
{
    message->header.type = bytes_string("dossier.received");
}
static void expired(struct test_message *message)
{
    message->header.expires_ns = message->header.time_ns - 1;
}
static void future(struct test_message *message)
{
    message->header.time_ns += DAY;
}
static void not_before(struct test_message *message)
{
    message->header.not_before_ns = message->header.time_ns + 400 * DAY;
}
static void not_sender(struct test_message *message)
{
    message->header.source = bytes_string("alpha/desk");
}
static void too_large(struct test_message *message)
{
    message->payload = bytes_of(large, sizeof large);
}
static void no_request(struct test_message *message)
{
    message->header.kind = HEADER_REPLY;
    message->header.type = bytes_string("citizen.verify.reply");
    message->header.in_reply_to = 999;
}

static void test_every_reason_of_a_message_has_its_name(void **state)
{
    static const struct change changes[] = {{TRUC_E_HEADER, no_id},          {TRUC_E_SECRET, secret},
                                            {TRUC_E_SECRET, unclassified},   {TRUC_E_UNKNOWN_TYPE, unknown_type},
                                            {TRUC_E_PAYLOAD, bad_payload},   {TRUC_E_DIGEST, bad_digest},
                                            {TRUC_E_DIGEST, bad_size},       {TRUC_E_NO_ROUTE, no_route},
                                            {TRUC_E_HEADER, wrong_kind},     {TRUC_E_AGREEMENT_LAPSED, lapsed},
                                            {TRUC_E_PURPOSE, no_purpose},    {TRUC_E_EXPIRED, expired},
                                            {TRUC_E_FUTURE, future},         {TRUC_E_HEADER, not_before},
                                            {TRUC_E_NOT_SENDER, not_sender}, {TRUC_E_TOO_LARGE, too_large},
                                            {TRUC_E_NO_REQUEST, no_request}};
    struct driver driver;
    (void)state;
    driver_open(&driver, &more);
    struct peer beta = driver_connect(&driver, BETA, 0);
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct test_message message = peer_message(&beta, "m1", "dossier.suspended", "H56-1");
        changes[i].make(&message);
        expect_refused(&driver, peer_publish_one(&beta, &message), changes[i].code);
    }
    assert_int_equal(driver_record_count(&driver, RECORD_REFUSED), COUNT_OF(changes));
    struct test_message good = peer_message(&beta, "m1", "dossier.suspended", "H56-1"), other = good;
    assert_int_equal(peer_publish_one(&beta, &good).code, 0); /* none of them used up the id */
    other.header.id = bytes_string("m2");
    expect_refused(&driver, peer_publish_one(&beta, &other), TRUC_E_RATE);
    other.header.id = good.header.id;
    other.header.subject = bytes_string("H56-2");
    expect_refused(&driver, peer_publish_one(&beta, &other), TRUC_E_CONFLICT);
    driver_close(&driver);
}

static void digits_as_source(struct test_message *message)
{
    message->header.source = bytes_string("038990000017");
}
static void other_content(struct test_message *message)
{
    message->header.id = bytes_string("038990000017");
    message->header.subject = bytes_string("H56-2");
}
static void digits_as_type(struct test_message *message)
{
    message->header.type = bytes_string("038990000017");
}
static void digits_as_choice(struct test_message *message)
{
    message->payload = bytes_string("\x20\xd9\xe9\xa3\x42"); /* the status is 138999001 */
}

/* A reason is shown to operators and kept for years: it names fields and positions, never what a sender wrote. */
static void test_reasons_quote_nothing_of_a_sender(void **state)
{
    static void (*const changes[])(struct test_message *) = {digits_as_source, other_content, digits_as_type,
                                                             digits_as_choice};
    static const char digits[] = "038990000017";
    struct driver driver;
    (void)state;
    driver_open(&driver, &more);
    struct peer beta = driver_connect(&driver, BETA, 0);
    struct test_message first = peer_message(&beta, digits, "dossier.suspended", "H56-1");
    assert_int_equal(peer_publish_one(&beta, &first).code, 0);
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct test_message message = peer_message(&beta, "m1", "dossier.suspended", "H56-1");
        changes[i](&message);
        struct outcome outcome = peer_publish_one(&beta, &message);
        assert_int_not_equal(outcome.code, 0);
        assert_null(memmem(outcome.text.data, outcome.text.size, digits, strlen(digits)));
        assert_null(memmem(outcome.text.data, outcome.text.size, "138999001", 9));
    }
    struct peer other = driver_peer(&driver, ALPHA);
    struct command hello = driver_hello(&other, 0), error;
    hello.hello.system = hello.hello.software = bytes_string(digits);
    peer_send(&other, &hello);
    driver_round(&driver);
    assert_true(peer_take(&other, COMMAND_ERROR, &error));
    assert_null(memmem(error.error.text.data, error.error.text.size, digits, strlen(digits)));
    hello = driver_hello(&other, 0);
    hello.hello.software = bytes_string(digits);
    peer_send(&other, &hello);
    driver_round(&driver);
    assert_null(strstr(buffer_string(&driver.log), digits));
    driver_close(&driver);
}

static struct outcome publish_twisted(struct peer *peer, const struct publish_twist *twist)
{
    struct outcome outcomes[2];
    struct test_message messages[] = {peer_message(peer, "m1", "dossier.progress", "H56-1"),
                                      peer_message(peer, "m2", "dossier.progress", "H56-1")};
    uint64_t number = peer_publish(peer, messages, 2, twist);
    driver_round(peer->driver);
    assert_true(peer_outcomes(peer, number, outcomes, 2));
    assert_int_equal(outcomes[0].code, outcomes[1].code);
    return outcomes[0];
}

static void test_a_bad_signature_refuses_the_bundle_in_one_record(void **state)
{
    static const enum signing_algorithm algorithms[] = {SIGNING_ED25519, SIGNING_ECDSA_P256, SIGNING_RSA};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
        struct driver driver;
        struct journal_record record;
        struct record_refused refused;
        driver_open(&driver, &(struct driver_config){.alpha_algorithm = algorithms[i]});
        struct peer alpha = driver_connect(&driver, ALPHA, 0);
        expect_refused(&driver, publish_twisted(&alpha, &(struct publish_twist){.bad_signature = true}),
                       TRUC_E_SIGNATURE);
        assert_int_equal(driver_record_count(&driver, RECORD_REFUSED), 1);
        assert_true(driver_record(&driver, RECORD_REFUSED, 0, &record));
        assert_int_equal(record_refused_decode(record.body, &refused, NULL), 0);
        assert_int_equal(refused.count, 2);
        expect_refused(&driver, publish_twisted(&alpha, &(struct publish_twist){.other_key = true, .signs_as = BETA}),
                       TRUC_E_SIGNING_KEY);
        assert_int_equal(publish_twisted(&alpha, NULL).code, 0);
        driver_close(&driver);
    }
}

enum { NOTE_BYTES = 1000000, NOTES_FIT = 16 * 1024 * 1024 / (NOTE_BYTES + 200) }; /* in 16 MiB */

static void append_large_note(struct buffer *payload)
{
    buffer_append_string(payload, "\x3a\xc0\x84\x3d"); /* DossierProgress.note of 1,000,000 bytes */
    memset(buffer_extend(payload, NOTE_BYTES), 'x', NOTE_BYTES);
}

/* 16 MiB of messages may wait for beta, which is away: others than these are taken all the same. */
static void test_a_queue_is_full_by_bytes_too(void **state)
{
    struct driver driver;
    struct buffer payload BUFFER_CLEANUP = {0};
    char id[16];
    (void)state;
    append_large_note(&payload);
    driver_open(&driver, &(struct driver_config){.limits = "  queue-bytes: 16MiB\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    for (unsigned i = 0; i <= NOTES_FIT; i++) {
        (void)snprintf(id, sizeof id, "m%u", i);
        struct test_message message = peer_message(&alpha, id, "dossier.progress", id);
        message.payload = buffer_view(&payload);
        assert_int_equal(peer_publish_one(&alpha, &message).code, i < NOTES_FIT ? 0 : -TRUC_E_BLOCKED);
    }
    peer_accepted(&alpha, "small", "S");
    driver_close(&driver);
}

/* What waits for the same sync counts, too: a round brings no more than there is room for. */
static void test_one_round_does_not_overfill_a_queue(void **state)
{
    enum { EXTRA = 3 };
    struct driver driver;
    struct buffer payload BUFFER_CLEANUP = {0};
    struct outcome outcome;
    uint64_t numbers[NOTES_FIT + EXTRA];
    char id[16];
    (void)state;
    append_large_note(&payload);
    driver_open(&driver, &(struct driver_config){.limits = "  queue-bytes: 16MiB\n  sender-credit: 64MiB\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    for (unsigned i = 0; i < NOTES_FIT + EXTRA; i++) {
        (void)snprintf(id, sizeof id, "m%u", i);
        struct test_message message = peer_message(&alpha, id, "dossier.progress", id);
        message.payload = buffer_view(&payload);
        numbers[i] = peer_publish(&alpha, &message, 1, NULL);
    }
    driver_round(&driver);
    for (unsigned i = 0; i < NOTES_FIT + EXTRA; i++) {
        assert_true(peer_outcomes(&alpha, numbers[i], &outcome, 1));
        assert_int_equal(outcome.code, i < NOTES_FIT ? 0 : -TRUC_E_BLOCKED);
    }
    driver_close(&driver);
}

static void test_keys_end_and_are_revoked(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, &(struct driver_config){.alpha_revoked = "2026-11-01T00:00:00+07:00"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    expect_refused(&driver, publish_twisted(&alpha, NULL), TRUC_E_SIGNING_KEY);
    driver_close(&driver);
    driver_open(&driver, NULL);
    driver.now_ns += 800 * DAY; /* beyond the certificate's two years */
    alpha = driver_connect(&driver, ALPHA, 0);
    expect_refused(&driver, publish_twisted(&alpha, NULL), TRUC_E_SIGNING_KEY);
    driver_close(&driver);
}

static void test_a_reply_says_no_more_than_the_agreement_allows(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), delta = driver_connect(&driver, DELTA, DRIVER_CREDIT_BYTES);
    struct test_message ask = peer_message(&alpha, "r1", "citizen.lookup", "");
    ask.header.kind = HEADER_REQUEST;
    assert_int_equal(peer_publish_one(&alpha, &ask).code, 0);
    struct taken request = peer_expect_one(&delta, "r1");
    struct test_message reply = peer_reply(&delta, "p1", &request);
    expect_refused(&driver, peer_publish_one(&delta, &reply), TRUC_E_UNKNOWN_TYPE); /* of another request's type */
    reply.header.type = bytes_string("citizen.lookup.reply");
    reply.payload = bytes_string("\x3a\x01"
                                 "x"); /* religion */
    expect_refused(&driver, peer_publish_one(&delta, &reply), TRUC_E_REPLY_FIELDS);
    reply.payload = bytes_string("\x2a\x04"
                                 "1990"); /* birth */
    assert_int_equal(peer_publish_one(&delta, &reply).code, 0);
    driver_close(&driver);
}

/* Small messages with large records: a flood is answered in full, recorded in part and counted. */
static void test_a_flood_of_refusals_does_not_fill_the_journal(void **state)
{
    enum { BUNDLES = 100 };
    struct driver driver;
    struct journal_record record;
    struct record_refused refused;
    struct test_message messages[PROTOCOL_BUNDLE_MESSAGES_MAX];
    struct outcome outcomes[PROTOCOL_BUNDLE_MESSAGES_MAX];
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0), beta = driver_connect(&driver, BETA, 0);
    for (size_t i = 0; i < COUNT_OF(messages); i++)
        messages[i] = peer_message(&alpha, "m", "dossier.imagined", "A");
    for (unsigned i = 0; i < BUNDLES; i++) {
        uint64_t number = peer_publish(&alpha, messages, COUNT_OF(messages), NULL);
        driver_round(&driver);
        assert_true(peer_outcomes(&alpha, number, outcomes, COUNT_OF(outcomes)));
        assert_int_equal(outcomes[COUNT_OF(outcomes) - 1].code, -TRUC_E_UNKNOWN_TYPE);
    }
    size_t own = driver_record_count(&driver, RECORD_REFUSED);
    assert_in_range(own, 1000, 10000);
    struct test_message other = peer_message(&beta, "m", "dossier.imagined", "A");
    expect_refused(&driver, peer_publish_one(&beta, &other), TRUC_E_UNKNOWN_TYPE); /* others are recorded */
    driver_stop(&driver);                                                          /* and the rest at the end */
    driver_start(&driver);
    assert_int_equal(driver_record_count(&driver, RECORD_REFUSED), own + 2);
    assert_true(driver_record(&driver, RECORD_REFUSED, own + 1, &record));
    assert_int_equal(record_refused_decode(record.body, &refused, NULL), 0);
    assert_int_equal(refused.count + own, BUNDLES * COUNT_OF(messages));
    driver_close(&driver);
}

/* A dossier.received whose applicant (field 5) shows `count` papers (field 10) with a number of one digit (field 2). */
static void append_many_persons(struct buffer *out, size_t count)
{
    size_t applicant = wire_begin(out, 5);
    for (size_t i = 0; i < count; i++)
        buffer_append(out, "\x52\x03\x12\x01\x31", 5);
    wire_end(out, applicant);
}

/* Each becomes a keyed hash in the record of the message, which is larger than what it came from. */
static void test_a_message_concerns_no_more_persons_than_its_record_holds(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, &(struct driver_config){.limits = "  message-bytes: 4MiB\n"});
    driver_stop(&driver);
    driver.segment_bytes = 16 * 1024 * 1024; /* as large as real ones: only the record's own bound is in the way */
    driver_start(&driver);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    struct buffer many BUFFER_CLEANUP = {0}, most BUFFER_CLEANUP = {0};
    struct test_message message = peer_message(&alpha, "m1", "dossier.received", "H56-1");
    append_many_persons(&many, 600000);
    message.payload = buffer_view(&many);
    expect_refused(&driver, peer_publish_one(&alpha, &message), TRUC_E_PAYLOAD);
    append_many_persons(&most, CORE_PERSONS_MAX);
    message.payload = buffer_view(&most);
    assert_int_equal(peer_publish_one(&alpha, &message).code, 0);
    driver_close(&driver);
}

static void test_a_bundle_of_more_than_the_limit_ends_the_session(void **state)
{
    struct driver driver;
    (void)state;
    driver_open(&driver, &(struct driver_config){.limits = "  bundle-messages: 2\n"});
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    struct test_message messages[3];
    for (size_t i = 0; i < COUNT_OF(messages); i++)
        messages[i] = peer_message(&alpha, "m", "dossier.progress", "A");
    peer_publish(&alpha, messages, COUNT_OF(messages), NULL);
    driver_round(&driver);
    peer_expect_error(&alpha, TRUC_E_LIMIT);
    assert_int_equal(driver_record_count(&driver, RECORD_ACCEPTED), 0);
    driver_close(&driver);
}

/* ---- clients ---- */

static void older(struct command *hello)
{
    hello->hello.version_min = hello->hello.version_max = PROTOCOL_VERSION + 1;
}
static void other_bus(struct command *hello)
{
    hello->hello.bus = bytes_string("elsewhere");
}
static void other_system(struct command *hello)
{
    hello->hello.system = bytes_string("beta");
}
static void short_session(struct command *hello)
{
    hello->hello.session.size = 3;
}
static void no_hello(struct command *hello)
{
    *hello = (struct command){.kind = COMMAND_PING};
}

static void test_every_reason_of_a_hello_has_its_name(void **state)
{
    static const struct {
        int code;
        void (*make)(struct command *);
    } changes[] = {{TRUC_E_VERSION, older},
                   {TRUC_E_WRONG_BUS, other_bus},
                   {TRUC_E_NOT_SENDER, other_system},
                   {TRUC_E_PROTOCOL, short_session},
                   {TRUC_E_SESSION, no_hello}};
    struct driver driver;
    (void)state;
    driver_open(&driver, NULL);
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct peer alpha = driver_peer(&driver, ALPHA);
        struct command hello = driver_hello(&alpha, 0);
        changes[i].make(&hello);
        peer_send(&alpha, &hello);
        driver_round(&driver);
        peer_expect_error(&alpha, changes[i].code);
    }
    assert_true(driver_record_count(&driver, RECORD_SESSION) >=
                COUNT_OF(changes) - 1); /* a session id that is too short is no frame */
    static const uint8_t stranger[32] = {42};
    struct peer nobody = driver_peer(&driver, ALPHA);
    struct command hello = driver_hello(&nobody, 0);
    peer_send_as(&nobody, stranger, &hello);
    driver_round(&driver);
    peer_expect_error(&nobody, TRUC_E_UNKNOWN_KEY);
    driver_reload(&driver, &(struct driver_config){.beta_lines = "suspended: true\n", .limits = "  sessions: 1\n"});
    struct peer beta = driver_peer(&driver, BETA);
    hello = driver_hello(&beta, 0);
    peer_send(&beta, &hello);
    driver_round(&driver);
    peer_expect_error(&beta, TRUC_E_SUSPENDED);
    driver_connect(&driver, ALPHA, 0);
    struct peer gamma = driver_peer(&driver, GAMMA);
    hello = driver_hello(&gamma, 0);
    peer_send(&gamma, &hello);
    driver_round(&driver);
    peer_expect_error(&gamma, TRUC_E_LIMIT);
    driver_connect(&driver, ALPHA, 0); /* takes over from itself although the table is full */
    driver_close(&driver);
}

/* ---- the log ---- */

static void expect_logged(struct driver *driver, const char *text)
{
    if (strstr(buffer_string(&driver->log), text) == NULL)
        fail_msg("'%s' is not in the log:\n%s", text, buffer_string(&driver->log));
}

static void test_the_log_names_who_was_refused_and_why(void **state)
{
    struct driver driver;
    struct journal_record record;
    struct record_session ended;
    (void)state;
    driver_open(&driver, &more);
    struct peer beta = driver_connect(&driver, BETA, 0);
    struct test_message message = peer_message(&beta, "m1", "dossier.suspended", "H56-1");
    secret(&message);
    expect_refused(&driver, peer_publish_one(&beta, &message), TRUC_E_SECRET);
    expect_logged(&driver, "beta: refused 1 at position ");
    expect_logged(&driver, ": SECRET: the message is classified as secret");
    struct command odd = {.kind = COMMAND_WELCOME};
    peer_send(&beta, &odd);
    driver_round(&driver);
    expect_logged(&driver, "beta: disconnected: PROTOCOL: this command is not a client's");

    beta = driver_connect(&driver, BETA, 0);
    assert_int_equal(engine_broke(driver.engine, beta.name, TRUC_E_PROTOCOL, "two frames", &driver.fault), 0);
    driver_round(&driver);
    expect_logged(&driver, "beta: disconnected: PROTOCOL: two frames");
    assert_true(driver_record(&driver, RECORD_SESSION, driver_record_count(&driver, RECORD_SESSION) - 1, &record));
    assert_int_equal(record_session_decode(record.body, &ended, NULL), 0);
    assert_int_equal(ended.code, -TRUC_E_PROTOCOL);
    assert_true(bytes_equal_string(ended.text, "two frames"));

    driver_reload(&driver, &(struct driver_config){.beta_lines = "suspended: true\n"});
    beta = driver_peer(&driver, BETA);
    struct command hello = driver_hello(&beta, 0);
    peer_send(&beta, &hello);
    driver_round(&driver);
    peer_expect_error(&beta, TRUC_E_SUSPENDED);
    expect_logged(&driver, "beta: hello refused: SUSPENDED: system 'beta' is suspended");
    assert_true(driver_record(&driver, RECORD_SESSION, driver_record_count(&driver, RECORD_SESSION) - 1, &record));
    assert_int_equal(record_session_decode(record.body, &ended, NULL), 0);
    assert_int_equal(ended.event, RECORD_SESSION_REFUSED);
    assert_int_equal(ended.code, -TRUC_E_SUSPENDED);
    driver_close(&driver);
}

static void test_of_a_flood_of_refusals_the_log_has_the_beginning(void **state)
{
    enum { MESSAGES = 200, LINES_MAX = 60 + 20 }; /* 60 at once, and what comes back in the rounds of this test */
    struct driver driver;
    char id[16];
    size_t lines = 0;
    (void)state;
    driver_open(&driver, NULL);
    struct peer alpha = driver_connect(&driver, ALPHA, 0);
    for (unsigned i = 0; i < MESSAGES; i++) {
        (void)snprintf(id, sizeof id, "m%u", i);
        struct test_message message = peer_message(&alpha, id, "dossier.imagined", "A");
        expect_refused(&driver, peer_publish_one(&alpha, &message), TRUC_E_UNKNOWN_TYPE);
    }
    for (const char *at = buffer_string(&driver.log); (at = strstr(at, "alpha: refused ")); at++)
        lines++;
    assert_in_range(lines, 1, LINES_MAX);
    assert_int_equal(driver_record_count(&driver, RECORD_REFUSED), MESSAGES); /* the journal has them all */
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_reason_of_a_message_has_its_name),
        cmocka_unit_test(test_reasons_quote_nothing_of_a_sender),
        cmocka_unit_test(test_a_bad_signature_refuses_the_bundle_in_one_record),
        cmocka_unit_test(test_a_queue_is_full_by_bytes_too),
        cmocka_unit_test(test_one_round_does_not_overfill_a_queue),
        cmocka_unit_test(test_keys_end_and_are_revoked),
        cmocka_unit_test(test_a_reply_says_no_more_than_the_agreement_allows),
        cmocka_unit_test(test_a_flood_of_refusals_does_not_fill_the_journal),
        cmocka_unit_test(test_a_message_concerns_no_more_persons_than_its_record_holds),
        cmocka_unit_test(test_a_bundle_of_more_than_the_limit_ends_the_session),
        cmocka_unit_test(test_every_reason_of_a_hello_has_its_name),
        cmocka_unit_test(test_the_log_names_who_was_refused_and_why),
        cmocka_unit_test(test_of_a_flood_of_refusals_the_log_has_the_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
