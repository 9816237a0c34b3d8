/* test_cli_init.c - truc init makes a directory that is whole, private and accepted by check, or makes nothing.
 * Also truc check, whose words are those of the loader's report.
 * The example configuration of the repository is the one copied. */
#include "cli_bench.h"

#include "certificate.h"
#include "cli_file.h"
#include "curve_key.h"
#include "signed_note.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const systems[] = {"deadlines", "national-portal", "onestop", "operator", "population", "portal"};

static unsigned mode_of(const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0)
        fail_msg("%s is not there", path);
    return (unsigned)status.st_mode & 07777u;
}

static void test_secrets_are_private_from_the_start(void **state)
{
    static const char *const keys[] = {"ca.key",         "broker.curve",    "broker.pub", "journal.key",
                                       "checkpoint.key", "checkpoint.vkey", "persons.key"};
    static const char *const of_systems[] = {"settings.yaml", "transport.key", "signing.key", "salt.key"};
    struct cli_bench *bench = *state;
    char name[128];
    mode_t before = umask(0);
    cli_bench_init(bench, "bus");
    umask(before);
    assert_int_equal(mode_of(cli_bench_path(bench, "bus")), 0755);
    assert_int_equal(mode_of(cli_bench_path(bench, "bus/keys")), 0700);
    assert_int_equal(mode_of(cli_bench_path(bench, "bus/journal")), 0700);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        snprintf(name, sizeof name, "bus/keys/%s", keys[i]);
        assert_int_equal(mode_of(cli_bench_path(bench, name)), 0600);
    }
    for (size_t i = 0; i < COUNT_OF(systems); i++) {
        snprintf(name, sizeof name, "bus/systems/%s", systems[i]);
        assert_int_equal(mode_of(cli_bench_path(bench, name)), 0700);
        for (size_t j = 0; j < COUNT_OF(of_systems); j++) {
            snprintf(name, sizeof name, "bus/systems/%s/%s", systems[i], of_systems[j]);
            assert_int_equal(mode_of(cli_bench_path(bench, name)), 0600);
        }
    }
}

static void test_check_accepts_what_init_makes(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    cli_bench_expect(bench->out, "for the bus 'thanhhoa'");
    cli_bench_expect(bench->out, "Next: trucd --state ");
    assert_int_equal(RUN(bench, "check", "--state", cli_bench_path(bench, "bus")), CLI_OK);
    cli_bench_expect(bench->out, "no mistakes; 6 systems, 15 routes, 9 agreements; configuration ");
    assert_string_equal(bench->err, "");
}

static void test_keys_are_pairs_and_certificates_chain(void **state)
{
    struct cli_bench *bench = *state;
    struct certificate authority, certificate;
    struct truc_fault fault;
    struct signing_key *key;
    char name[128];
    cli_bench_init(bench, "bus");
    char *authority_pem = cli_bench_read(cli_bench_path(bench, "bus/config/certs/ca.pem"), NULL), *pem;
    assert_int_equal(certificate_from_pem(bytes_string(authority_pem), &authority, &fault), 0);
    for (size_t i = 0; i < COUNT_OF(systems); i++) {
        snprintf(name, sizeof name, "bus/systems/%s/certificate.pem", systems[i]);
        pem = cli_bench_read(cli_bench_path(bench, name), NULL);
        snprintf(name, sizeof name, "bus/config/certs/%s.pem", systems[i]);
        char *same = cli_bench_read(cli_bench_path(bench, name), NULL);
        assert_string_equal(pem, same);
        free(same);
        snprintf(name, sizeof name, "bus/systems/%s/authority.pem", systems[i]);
        same = cli_bench_read(cli_bench_path(bench, name), NULL);
        assert_string_equal(authority_pem, same);
        free(same);
        assert_int_equal(certificate_from_pem(bytes_string(pem), &certificate, &fault), 0);
        assert_int_equal(certificate_check_system(&certificate, "thanhhoa", systems[i], &fault), 0);
        assert_int_equal(certificate_check_chain(&certificate, &authority, bench->now_ns, &fault), 0);
        free(pem);
        snprintf(name, sizeof name, "bus/systems/%s/signing.key", systems[i]);
        pem = cli_bench_read(cli_bench_path(bench, name), NULL);
        assert_int_equal(signing_key_from_pem(bytes_string(pem), &key, &fault), 0);
        assert_true(bytes_equal(verify_key_der(signing_key_public(key)), verify_key_der(&certificate.key)));
        signing_key_free(key);
        certificate_clear(&certificate);
        free(pem);
    }
    free(authority_pem);
    certificate_clear(&authority);
}

static char *read_line(struct cli_bench *bench, const char *name)
{
    char *text = cli_bench_read(cli_bench_path(bench, name), NULL);
    size_t size = strlen(text);
    assert_true(size > 1 && text[size - 1] == '\n');
    text[size - 1] = '\0';
    return text;
}

static void test_transport_and_checkpoint_keys_fit(void **state)
{
    static const char *const pairs[][2] = {{"bus/keys/broker.curve", "bus/keys/broker.pub"},
                                           {"bus/systems/portal/transport.key", "bus/config/keys/portal.pub"}};
    struct cli_bench *bench = *state;
    struct curve_key key;
    struct note_key note_key;
    struct signing_key *signing;
    struct truc_fault fault;
    cli_bench_init(bench, "bus");
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        char *secret = read_line(bench, pairs[i][0]), *public = read_line(bench, pairs[i][1]);
        assert_int_equal(curve_key_from_secret(bytes_string(secret), &key), 0);
        assert_string_equal(key.public_text, public);
        free(secret);
        free(public);
    }
    char *vkey = read_line(bench, "bus/keys/checkpoint.vkey"), *pem = read_line(bench, "bus/keys/checkpoint.key");
    assert_int_equal(note_key_parse(bytes_string(vkey), &note_key, &fault), 0);
    assert_string_equal(note_key.name, "thanhhoa/journal");
    assert_int_equal(signing_key_from_pem(bytes_string(pem), &signing, &fault), 0);
    assert_true(bytes_equal(verify_key_der(signing_key_public(signing)), verify_key_der(&note_key.key)));
    signing_key_free(signing);
    free(vkey);
    free(pem);
}

static void test_settings_lead_to_this_broker(void **state)
{
    struct cli_bench *bench = *state;
    char line[128];
    assert_int_equal(RUN(bench, "init", cli_bench_path(bench, "bus"), "--from", TRUC_EXAMPLE_CONFIG, "--schemas",
                         TRUC_DESCRIPTORS, "--bus", "dak-lak", "--listen", "tcp://0.0.0.0:7411"),
                     CLI_OK);
    char *settings = cli_bench_read(cli_bench_path(bench, "bus/systems/portal/settings.yaml"), NULL);
    char *broker = read_line(bench, "bus/keys/broker.pub"),
         *bus = cli_bench_read(cli_bench_path(bench, "bus/config/bus.yaml"), NULL);
    cli_bench_expect(settings, "\nbus: dak-lak\nsystem: portal\nbroker: tcp://127.0.0.1:7411\n");
    snprintf(line, sizeof line, "\nserver-key: \"%s\"\n", broker);
    cli_bench_expect(settings, line);
    cli_bench_expect(settings, "\nauthority: authority.pem\n");
    cli_bench_expect(bus, "\nbus: dak-lak\n");
    cli_bench_expect(bus, "\nlisten: [tcp://0.0.0.0:7411]\n");
    free(settings);
    free(broker);
    free(bus);
    assert_int_equal(RUN(bench, "check", cli_bench_path(bench, "bus/config")), CLI_OK);
}

static void test_two_directories_share_no_secret(void **state)
{
    static const char *const names[] = {"keys/ca.key",
                                        "keys/journal.key",
                                        "keys/persons.key",
                                        "keys/broker.curve",
                                        "keys/checkpoint.key",
                                        "systems/portal/salt.key",
                                        "systems/portal/transport.key",
                                        "systems/portal/signing.key"};
    struct cli_bench *bench = *state;
    char name[128];
    cli_bench_init(bench, "a");
    cli_bench_init(bench, "b");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(name, sizeof name, "a/%s", names[i]);
        char *a = cli_bench_read(cli_bench_path(bench, name), NULL);
        snprintf(name, sizeof name, "b/%s", names[i]);
        char *b = cli_bench_read(cli_bench_path(bench, name), NULL);
        assert_string_not_equal(a, b);
        free(a);
        free(b);
    }
}

static void test_what_exists_is_never_touched(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    char *before = cli_bench_read(cli_bench_path(bench, "bus/keys/journal.key"), NULL);
    assert_int_equal(
        RUN(bench, "init", cli_bench_path(bench, "bus"), "--from", TRUC_EXAMPLE_CONFIG, "--schemas", TRUC_DESCRIPTORS),
        CLI_WRONG_USE);
    cli_bench_expect(bench->err, "exists already; nothing was changed [EXISTS]");
    char *after = cli_bench_read(cli_bench_path(bench, "bus/keys/journal.key"), NULL);
    assert_string_equal(before, after);
    free(before);
    free(after);
    cli_bench_write(cli_bench_path(bench, "file"), "x", 1);
    assert_int_equal(
        RUN(bench, "init", cli_bench_path(bench, "file"), "--from", TRUC_EXAMPLE_CONFIG, "--schemas", TRUC_DESCRIPTORS),
        CLI_WRONG_USE);
    assert_int_equal(mkdir(cli_bench_path(bench, "empty"), 0755), 0);
    cli_bench_init(bench, "empty"); /* as a package leaves it */
}

static int count_name(void *context, const char *name)
{
    (void)name;
    ++*(int *)context;
    return 0;
}

static int count_entries(const char *path)
{
    int count = 0;
    assert_int_equal(cli_directory_list(path, count_name, &count, NULL), 0);
    return count;
}

/* A configuration with a mistake: the whole example but one line. */
static void make_broken_config(struct cli_bench *bench)
{
    char *bus = cli_bench_read(TRUC_EXAMPLE_CONFIG "/bus.yaml", NULL),
         *portal = cli_bench_read(TRUC_EXAMPLE_CONFIG "/systems/portal.yaml", NULL);
    static const char routes[] =
        "routes:\n  - name: to-nobody\n    from: portal\n    type: dossier.submitted\n    to: onestpo\n";
    assert_int_equal(mkdir(cli_bench_path(bench, "broken"), 0755), 0);
    assert_int_equal(mkdir(cli_bench_path(bench, "broken/systems"), 0755), 0);
    assert_int_equal(mkdir(cli_bench_path(bench, "broken/routes"), 0755), 0);
    cli_bench_write(cli_bench_path(bench, "broken/bus.yaml"), bus, strlen(bus));
    cli_bench_write(cli_bench_path(bench, "broken/systems/portal.yaml"), portal, strlen(portal));
    cli_bench_write(cli_bench_path(bench, "broken/routes/all.yaml"), routes, strlen(routes));
    free(bus);
    free(portal);
}

static void test_a_failure_leaves_nothing_behind(void **state)
{
    struct cli_bench *bench = *state;
    make_broken_config(bench);
    int before = count_entries(bench->directory);
    assert_int_equal(RUN(bench, "init", cli_bench_path(bench, "bus"), "--from", cli_bench_path(bench, "broken"),
                         "--schemas", TRUC_DESCRIPTORS),
                     CLI_WRONG_USE);
    cli_bench_expect(bench->err, "routes/all.yaml:5:9: error: ");
    assert_int_equal(
        RUN(bench, "init", cli_bench_path(bench, "bus"), "--from", TRUC_EXAMPLE_CONFIG, "--schemas", "/nowhere"),
        CLI_WRONG_USE);
    cli_bench_expect(bench->err, "--schemas FILE");
    assert_int_equal(RUN(bench, "init", cli_bench_path(bench, "bus"), "--from", "/nowhere"), CLI_WRONG_USE);
    assert_int_equal(RUN(bench, "init", cli_bench_path(bench, "broken/bus"), "--from", cli_bench_path(bench, "broken"),
                         "--schemas", TRUC_DESCRIPTORS),
                     CLI_WRONG_USE);
    cli_bench_expect(bench->err, "can't lie inside the configuration");
    assert_int_equal(RUN(bench, "init", cli_bench_path(bench, "bus"), "--from", TRUC_EXAMPLE_CONFIG, "--schemas",
                         TRUC_DESCRIPTORS, "--bus", "Not An Id"),
                     CLI_WRONG_USE);
    assert_int_equal(count_entries(bench->directory), before);
    assert_int_equal(access(cli_bench_path(bench, "bus"), F_OK), -1);
}

static void test_p256_is_used_where_it_is_asked_for(void **state)
{
    struct cli_bench *bench = *state;
    struct certificate certificate;
    assert_int_equal(RUN(bench, "init", cli_bench_path(bench, "bus"), "--from", TRUC_EXAMPLE_CONFIG, "--schemas",
                         TRUC_DESCRIPTORS, "--algorithm", "p256", "--output", "json"),
                     CLI_OK);
    json_t *document = cli_bench_json(bench);
    assert_int_equal(json_array_size(json_object_get(document, "systems")), COUNT_OF(systems));
    assert_string_equal(json_string_value(json_object_get(document, "bus")), "thanhhoa");
    json_decref(document);
    char *pem = cli_bench_read(cli_bench_path(bench, "bus/systems/portal/certificate.pem"), NULL);
    assert_int_equal(certificate_from_pem(bytes_string(pem), &certificate, NULL), 0);
    assert_int_equal(certificate.key.algorithm, SIGNING_ECDSA_P256);
    certificate_clear(&certificate);
    free(pem);
    assert_int_equal(RUN(bench, "check", "--state", cli_bench_path(bench, "bus")), CLI_OK);
    assert_int_equal(RUN(bench, "init", cli_bench_path(bench, "x"), "--algorithm", "dsa"), CLI_WRONG_USE);
}

/* ---- issue ---- */

static void test_a_system_added_later_gets_keys_that_the_bus_accepts(void **state)
{
    static const char yaml[] = "id: ward\ntitle: Cổng phường\ncontact: Ủy ban nhân dân phường\n"
                               "transport-keys: [keys/ward.pub]\ncertificates: [certs/ward.pem]\n";
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    assert_int_equal(RUN(bench, "issue", "ward", "--state", cli_bench_path(bench, "bus")), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "config/systems/ward.yaml first");
    cli_bench_write(cli_bench_path(bench, "bus/config/systems/ward.yaml"), yaml, strlen(yaml));
    assert_int_equal(
        RUN(bench, "issue", "ward", "--state", cli_bench_path(bench, "bus"), "--authority-key", "/nowhere"),
        CLI_WRONG_USE);
    cli_bench_expect(bench->err, "--authority-key FILE");
    assert_int_equal(RUN(bench, "issue", "ward", "--state", cli_bench_path(bench, "bus")), CLI_OK);
    cli_bench_expect(bench->out, "bus/systems/ward ");
    assert_int_equal(RUN(bench, "check", "--state", cli_bench_path(bench, "bus")), CLI_OK);
    cli_bench_expect(bench->out, "no mistakes; 7 systems");
    char *settings = cli_bench_read(cli_bench_path(bench, "bus/systems/ward/settings.yaml"), NULL);
    char *broker = cli_bench_read(cli_bench_path(bench, "bus/keys/broker.pub"), NULL);
    broker[strcspn(broker, "\n")] = '\0';
    cli_bench_expect(settings, broker);
    free(settings);
    free(broker);
    assert_int_equal(RUN(bench, "issue", "ward", "--state", cli_bench_path(bench, "bus")), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "exists already; nothing was changed");
}

/* ---- check ---- */

static void test_check_names_the_place_and_keeps_the_bus(void **state)
{
    struct cli_bench *bench = *state;
    make_broken_config(bench);
    assert_int_equal(
        RUN(bench, "check", cli_bench_path(bench, "broken"), "--schemas", TRUC_DESCRIPTORS, "--without-keys"),
        CLI_NOT_SO);
    cli_bench_expect(bench->out, cli_bench_path(bench, "broken/routes/all.yaml:5:9: error: "));
    cli_bench_expect(bench->out, "    to: onestpo\n        ^~~~~~~\n");
    cli_bench_expect(bench->out, "; the bus keeps its present configuration\n");
}

static void test_check_answers_programs(void **state)
{
    struct cli_bench *bench = *state;
    make_broken_config(bench);
    assert_int_equal(RUN(bench, "check", cli_bench_path(bench, "broken"), "--schemas", TRUC_DESCRIPTORS,
                         "--without-keys", "--output", "json"),
                     CLI_NOT_SO);
    json_t *document = cli_bench_json(bench);
    assert_true(json_integer_value(json_object_get(document, "errors")) >= 1);
    assert_true(json_array_size(json_object_get(document, "problems")) >= 1);
    assert_null(json_object_get(document, "configuration"));
    json_decref(document);
}

static void test_check_wants_keys_unless_told(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "check", TRUC_EXAMPLE_CONFIG, "--schemas", TRUC_DESCRIPTORS), CLI_NOT_SO);
    cli_bench_expect(bench->out, "error: there is no file keys/portal.pub");
    cli_bench_expect(bench->out, "before it: truc check --without-keys\n");
    assert_int_equal(RUN(bench, "check", TRUC_EXAMPLE_CONFIG, "--schemas", TRUC_DESCRIPTORS, "--without-keys"), CLI_OK);
    cli_bench_expect(bench->out, "no mistakes; 6 systems");
    assert_int_equal(RUN(bench, "check", "/nowhere"), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "there is no directory '/nowhere'");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cli_bench_setup, cli_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_secrets_are_private_from_the_start),
        TEST(test_check_accepts_what_init_makes),
        TEST(test_a_system_added_later_gets_keys_that_the_bus_accepts),
        TEST(test_keys_are_pairs_and_certificates_chain),
        TEST(test_transport_and_checkpoint_keys_fit),
        TEST(test_settings_lead_to_this_broker),
        TEST(test_two_directories_share_no_secret),
        TEST(test_what_exists_is_never_touched),
        TEST(test_a_failure_leaves_nothing_behind),
        TEST(test_p256_is_used_where_it_is_asked_for),
        TEST(test_check_names_the_place_and_keeps_the_bus),
        TEST(test_check_answers_programs),
        TEST(test_check_wants_keys_unless_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
