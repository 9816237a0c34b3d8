/* test_cli_system.c - system list and system show say who is on the bus, with which keys, routes and agreements.
 * Over the example configuration with the keys `truc init` made, and without any.
 * Whether a key or an agreement holds is the policy's decision and tested there; here it is that it is told. */
#include "cli_bench.h"
#include "system_edit.h"

#include <string.h>
#include <unistd.h>

#define CONFIG "--config", TRUC_EXAMPLE_CONFIG, "--schemas", TRUC_DESCRIPTORS

static json_t *system_of(json_t *document, const char *id)
{
    size_t i;
    json_t *system;
    json_array_foreach(json_object_get(document, "systems"), i, system)
        if (strcmp(json_string_value(json_object_get(system, "system")), id) == 0)
            return system;
    fail_msg("%s is not listed", id);
    return NULL;
}

static void test_list_says_role_state_and_keys_of_everyone(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus");
    cli_bench_replace(bench, "bus/config/systems/portal.yaml", "id: portal", "suspended: true\nid: portal");
    assert_int_equal(RUN(bench, "system", "list", "--state", bus), CLI_OK);
    cli_bench_expect(bench->out, "SIGNS UNTIL");
    cli_bench_expect(bench->out, "suspended");
    assert_null(strstr(bench->out, "can't sign"));
    assert_int_equal(RUN(bench, "system", "list", "--state", bus, "--output", "json"), CLI_OK);
    json_t *document = cli_bench_json(bench), *portal = system_of(document, "portal");
    assert_int_equal(json_array_size(json_object_get(document, "systems")), 6);
    assert_true(json_is_true(json_object_get(portal, "suspended")));
    assert_true(json_is_false(json_object_get(system_of(document, "onestop"), "suspended")));
    assert_string_equal(json_string_value(json_object_get(system_of(document, "operator"), "role")), "operator");
    json_t *key = json_array_get(json_object_get(portal, "signing_keys"), 0);
    assert_string_equal(json_string_value(json_object_get(key, "algorithm")), "Ed25519");
    assert_true(json_is_true(json_object_get(key, "may_sign")));
    json_decref(document);
}

static void test_without_keys_it_says_who_cannot_sign(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "system", "list", CONFIG), CLI_OK);
    cli_bench_expect(bench->out, "can't sign");
    assert_int_equal(RUN(bench, "system", "show", "portal", CONFIG), CLI_OK);
    cli_bench_expect(bench->out, "none: it can't sign (truc issue makes one)");
    cli_bench_expect(bench->out, "0: it can't connect (truc issue makes one)");
}

static void test_show_tells_keys_routes_and_agreements(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus");
    assert_int_equal(RUN(bench, "system", "show", "onestop", "--state", bus), CLI_OK);
    cli_bench_expect(bench->out, "declared at     systems/onestop.yaml:2\n");
    cli_bench_expect(bench->out, ": may sign\n");
    cli_bench_expect(bench->out, "  sends           citizen.verify by verify-citizen, to population\n");
    cli_bench_expect(bench->out, "  receives        dossier.submitted by online-dossier-to-onestop, from ");
    cli_bench_expect(bench->out, "  agreement       ");
    assert_int_equal(RUN(bench, "system", "show", "population", "--state", bus, "--output", "json"), CLI_OK);
    json_t *document = cli_bench_json(bench);
    assert_string_equal(json_string_value(json_array_get(json_object_get(document, "receives"), 0)), "verify-citizen");
    assert_int_equal(json_array_size(json_object_get(document, "sends")), 0);
    json_t *agreement = json_array_get(json_object_get(document, "agreements"), 0);
    assert_string_equal(json_string_value(json_object_get(agreement, "provider")), "population");
    assert_true(json_is_true(json_object_get(agreement, "in_force")));
    json_decref(document);
}

static void test_show_says_why_a_key_or_an_agreement_does_not_hold(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus");
    cli_bench_replace(bench, "bus/config/systems/portal.yaml", "certificates: [certs/portal.pem]",
                      "certificates: [{file: certs/portal.pem, revoked: \"2026-01-01T00:00:00+07:00\"}]");
    cli_bench_replace(bench, "bus/config/agreements/population.yaml", "until: 2028-12-31", "until: 2026-01-31");
    assert_int_equal(RUN(bench, "system", "show", "portal", "--state", bus), CLI_OK);
    cli_bench_expect(bench->out, "revoked since 01/01/2026");
    assert_int_equal(RUN(bench, "system", "list", "--state", bus), CLI_OK);
    cli_bench_expect(bench->out, "can't sign");
    assert_int_equal(RUN(bench, "system", "show", "population", "--state", bus), CLI_OK);
    cli_bench_expect(bench->out, "ended on 31/01/2026");
}

static void test_an_unknown_system_is_named(void **state)
{
    struct cli_bench *bench = *state;
    assert_int_equal(RUN(bench, "system", "show", "nobody", CONFIG), CLI_NOT_SO);
    cli_bench_expect(bench->err, "there is no system 'nobody'");
    cli_bench_expect(bench->err, "truc system list");
}

/* ---- add ---- */

static void test_an_added_system_is_declared_and_has_its_keys(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus");
    assert_int_equal(RUN(bench, "system", "add", "ward", "--title", "Phường \"Hạc Thành\": # 1", "--contact",
                         "Văn phòng", "--algorithm", "p256", "--state", bus),
                     CLI_OK);
    cli_bench_expect(bench->out, "Made for the system 'ward'");
    cli_bench_expect(bench->out, "config/systems/ward.yaml; routes and agreements come next");
    assert_int_equal(RUN(bench, "system", "show", "ward", "--state", bus, "--output", "json"), CLI_OK);
    json_t *ward = cli_bench_json(bench), *key = json_array_get(json_object_get(ward, "signing_keys"), 0);
    assert_string_equal(json_string_value(json_object_get(ward, "title")), "Phường \"Hạc Thành\": # 1");
    assert_string_equal(json_string_value(json_object_get(ward, "contact")), "Văn phòng");
    assert_string_equal(json_string_value(json_object_get(ward, "role")), "system");
    assert_int_equal(json_integer_value(json_object_get(ward, "transport_keys")), 1);
    assert_true(json_is_true(json_object_get(key, "may_sign")));
    assert_string_not_equal(json_string_value(json_object_get(key, "algorithm")), "Ed25519");
    json_decref(ward);
    assert_int_equal(access(cli_bench_path(bench, "bus/systems/ward/settings.yaml"), F_OK), 0);
    assert_int_equal(RUN(bench, "system", "add", "ward", "--title", "x", "--state", bus), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "it is a system already");
    assert_int_equal(RUN(bench, "check", cli_bench_path(bench, "bus/config")), CLI_OK);
}

static void test_what_cannot_be_added_leaves_nothing(void **state)
{
    static const char *const wrong[][3] = {
        /* id, an option and its value */
        {"../ward", "--contact", "x"},    {"Ward", "--contact", "x"},
        {"ward", "--role", "king"},       {"ward", "--contact", "\xFF"},
        {"ward", "--algorithm", "rot13"}, {"ward", "--authority-key", "/nowhere/ca.key"}};
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(
            RUN(bench, "system", "add", wrong[i][0], "--title", "x", wrong[i][1], wrong[i][2], "--state", bus),
            CLI_WRONG_USE);
        assert_string_not_equal(bench->err, "");
        assert_int_not_equal(access(cli_bench_path(bench, "bus/config/systems/ward.yaml"), F_OK), 0);
        assert_int_not_equal(access(cli_bench_path(bench, "bus/systems/ward"), F_OK), 0);
    }
    assert_int_equal(RUN(bench, "system", "add", "ward", "--state", bus), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "needs a title");
    assert_int_equal(RUN(bench, "system", "add", "v", "--title", "x", "--role", "integrator", "--state",
                         cli_bench_path(bench, "bus")),
                     CLI_WRONG_USE);
    cli_bench_expect(bench->err, "Nothing was added");
}

static void test_only_systems_are_told_of_routes(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus");
    assert_int_equal(RUN(bench, "system", "add", "kiem-toan", "--title", "x", "--role", "auditor", "--state", bus),
                     CLI_OK);
    cli_bench_expect(bench->out, "with the role auditor: it needs no routes and no agreements");
}

/* ---- rotate-key ---- */

static void test_new_keys_are_put_first_in_any_style(void **state)
{
    static const struct system_key_files names = {"keys/a-2.pub", "certs/a-2.pem"};
    static const struct {
        const char *before, *after;
    } edits[] = {
        {"id: a\ntransport-keys: [keys/a.pub] # k\ncertificates: [certs/a.pem]\n",
         "id: a\ntransport-keys: [keys/a-2.pub, keys/a.pub] # k\ncertificates: [certs/a-2.pem, certs/a.pem]\n"},
        {"id: a\ntransport-keys: keys/a.pub # k\n", "id: a\ntransport-keys: [keys/a-2.pub, keys/a.pub] # k\n"},
        {"id: a\ntransport-keys:\n  # mới\n  - keys/a.pub\ncertificates:\n- file: certs/a.pem\n  revoked: x\n",
         "id: a\ntransport-keys:\n  # mới\n  - keys/a-2.pub\n  - keys/a.pub\ncertificates:\n- certs/a-2.pem\n"
         "- file: certs/a.pem\n  revoked: x\n"},
        {"id: a\ntransport-keys: [\"its own\"]\ncertificates: [{file: certs/a.pem, outside: certs/o.pem}]\n",
         "id: a\ntransport-keys: [\"its own\"]\n"
         "certificates: [certs/a-2.pem, {file: certs/a.pem, outside: certs/o.pem}]\n"},
    };
    static const char *const refused[] = {"id: a\ntransport-keys: [\"its own\"]\n",
                                          "id: a\ntransport-keys: \"keys/a.pub\"\n", "id: a\ntransport-keys: []\n"};
    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        BUFFER_CLEANUP struct buffer out = {0};
        struct truc_fault fault = {0};
        if (system_edit_new_keys("a.yaml", bytes_string(edits[i].before), "a", &names, &out, &fault) < 0)
            fail_msg("%zu: %s", i, fault.text);
        assert_string_equal(buffer_string(&out), edits[i].after);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        BUFFER_CLEANUP struct buffer out = {0};
        struct truc_fault fault = {0};
        assert_int_equal(system_edit_new_keys("a.yaml", bytes_string(refused[i]), "a", &names, &out, &fault),
                         TRUC_E_CONFIG);
        assert_int_equal(out.size, 0);
    }
}

static void test_a_rotated_system_has_both_keys(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus");
    assert_int_equal(RUN(bench, "system", "rotate-key", "portal", "--state", bus), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "exists already"); /* its settings have not been handed over yet */
    assert_int_equal(RUN(bench, "system", "show", "portal", "--state", bus), CLI_OK);
    cli_bench_expect(bench->out, "  transport keys  1\n");
    assert_int_equal(rename(cli_bench_path(bench, "bus/systems/portal"), cli_bench_path(bench, "handed-over")), 0);
    assert_int_equal(RUN(bench, "system", "rotate-key", "portal", "--algorithm", "p256", "--state", bus), CLI_OK);
    cli_bench_expect(bench->out, "keys/portal-2.pub");
    assert_int_equal(RUN(bench, "system", "show", "portal", "--state", bus, "--output", "json"), CLI_OK);
    json_t *portal = cli_bench_json(bench), *keys = json_object_get(portal, "signing_keys");
    assert_int_equal(json_integer_value(json_object_get(portal, "transport_keys")), 2);
    assert_int_equal(json_array_size(keys), 2);
    for (size_t i = 0; i < 2; i++)
        assert_true(json_is_true(json_object_get(json_array_get(keys, i), "may_sign")));
    assert_string_not_equal(json_string_value(json_object_get(json_array_get(keys, 0), "algorithm")), "Ed25519");
    json_decref(portal);
    assert_int_equal(RUN(bench, "check", cli_bench_path(bench, "bus/config")), CLI_OK);
}

/* ---- end-key ---- */

#define SINCE   "2026-11-20T03:00:00.000000000Z"
#define EARLIER "2026-11-01T10:00:00+07:00"
#define LATER   "2026-12-01T10:00:00+07:00"

static void test_old_keys_are_ended_in_any_style(void **state)
{
    static const struct {
        const char *before, *after;
    } edits[] = {
        {"id: a\ntransport-keys: [keys/a-2.pub, keys/a.pub] # hai\ncertificates: [certs/a-2.pem, certs/a.pem]\n",
         "id: a\ntransport-keys: [keys/a-2.pub] # hai\n"
         "certificates: [certs/a-2.pem, {file: certs/a.pem, revoked: " SINCE "}]\n"},
        {"id: a\ntransport-keys:\n  - keys/a-2.pub   # mới\n  - \"keys/a.pub\" # cũ\n  - keys/b.pub\ntitle: Á\n",
         "id: a\ntransport-keys:\n  - keys/a-2.pub   # mới\ntitle: Á\n"},
        {"id: a\ncertificates:\n  - certs/c.pem\n  - certs/b.pem # cũ\n  - file: certs/a.pem\n    outside: "
         "certs/ao.pem\n",
         "id: a\ncertificates:\n  - certs/c.pem\n  - {file: certs/b.pem, revoked: " SINCE "} # cũ\n  - revoked: " SINCE
         "\n    file: certs/a.pem\n    outside: certs/ao.pem\n"},
        {"id: a\ncertificates: [c.pem, {file: b.pem, revoked: " EARLIER "}, {file: a.pem, revoked: " LATER "}]\n",
         "id: a\ncertificates: [c.pem, {file: b.pem, revoked: " EARLIER "}, {file: a.pem, revoked: " SINCE "}]\n"},
        {"{id: a, certificates: [{file: b.pem}, {file: a.pem}]}",
         "{id: a, certificates: [{file: b.pem}, {revoked: " SINCE ", file: a.pem}]}"},
    };
    static const char *const nothing[] = {"id: a\ncertificates: certs/a.pem\ntransport-keys: [keys/a.pub]\n",
                                          "id: a\ncertificates: [b.pem, {file: a.pem, revoked: " EARLIER "}]\n",
                                          "id: a\n"};
    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        BUFFER_CLEANUP struct buffer out = {0};
        struct truc_fault fault = {0};
        if (system_edit_end_keys("a.yaml", bytes_string(edits[i].before), "a", SINCE, &out, &fault) < 0)
            fail_msg("%zu: %s", i, fault.text);
        assert_string_equal(buffer_string(&out), edits[i].after);
    }
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        BUFFER_CLEANUP struct buffer out = {0};
        struct truc_fault fault = {0};
        assert_int_equal(system_edit_end_keys("a.yaml", bytes_string(nothing[i]), "a", SINCE, &out, &fault),
                         TRUC_E_STATE);
        assert_int_equal(out.size, 0);
    }
}

/* Blocks of text, which nobody writes a file's name in: refused, not guessed. */
static void test_old_keys_in_a_style_of_their_own_are_left_to_people(void **state)
{
    static const char *const strange[] = {"id: a\ntransport-keys:\n  - keys/a-2.pub\n  - |-\n        b\n",
                                          "id: a\ncertificates:\n  - c.pem\n  - |-\n     certs/a.pem\n"};
    (void)state;
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        BUFFER_CLEANUP struct buffer out = {0};
        struct truc_fault fault = {0};
        assert_int_equal(system_edit_end_keys("a.yaml", bytes_string(strange[i]), "a", SINCE, &out, &fault),
                         TRUC_E_CONFIG);
        assert_non_null(strstr(fault.text, "can't be changed safely"));
        assert_int_equal(out.size, 0);
    }
}

static void test_the_newest_key_must_be_able_to_take_over(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus");
    assert_int_equal(RUN(bench, "system", "end-key", "portal", "--reason", "x", "--state", bus), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "'portal' has no older key that holds");
    cli_bench_replace(bench, "bus/config/systems/portal.yaml", "certificates: [certs/portal.pem]",
                      "certificates: [{file: certs/portal.pem, revoked: \"2026-01-01T00:00:00+07:00\"}]");
    assert_int_equal(RUN(bench, "system", "end-key", "portal", "--reason", "x", "--state", bus), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "the first key of 'portal' can't take over");
    assert_int_equal(RUN(bench, "system", "end-key", "onestop", "--state", bus), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "needs a reason");
    assert_int_equal(RUN(bench, "system", "end-key", "onestop", "--reason", "x", "--compromised",
                         "2999-01-01T00:00:00+07:00", "--state", bus),
                     CLI_WRONG_USE);
    cli_bench_expect(bench->err, "--compromised: '2999-01-01T00:00:00+07:00' is no time");
}

/* ---- remove ---- */

static void test_what_the_rules_name_is_not_removed(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus"), *file = cli_bench_path(bench, "bus/config/systems/population.yaml");
    assert_int_equal(RUN(bench, "system", "remove", "population", "--reason", "x", "--state", bus), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "'population' is still part of the rules");
    cli_bench_expect(bench->err, "  routes/population.yaml:4  route verify-citizen\n");
    cli_bench_expect(bench->err, "  agreements/population.yaml:3  agreement population-verifies-for-onestop\n");
    assert_int_equal(access(file, F_OK), 0);
    assert_int_equal(RUN(bench, "system", "add", "ward", "--title", "Phường", "--state", bus), CLI_OK);
    assert_int_equal(RUN(bench, "system", "add", "vendor", "--title", "Nhà thầu", "--role", "integrator", "--systems",
                         "ward", "--state", bus),
                     CLI_OK);
    assert_int_equal(RUN(bench, "system", "remove", "ward", "--reason", "x", "--state", bus), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "  systems/vendor.yaml:2  integrator vendor\n");
    assert_int_equal(RUN(bench, "system", "remove", "operator", "--reason", "x", "--state", bus), CLI_WRONG_USE);
    assert_int_equal(RUN(bench, "system", "remove", "nobody", "--reason", "x", "--state", bus), CLI_NOT_SO);
    assert_int_equal(RUN(bench, "system", "remove", "population", "--state", bus), CLI_WRONG_USE);
}

static void test_without_a_broker_nothing_is_removed(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus");
    assert_int_equal(RUN(bench, "system", "add", "ward", "--title", "Phường", "--state", bus), CLI_OK);
    assert_int_equal(RUN(bench, "system", "remove", "ward", "--reason", "x", "--broker", "tcp://127.0.0.1:1",
                         "--timeout", "1ms", "--state", bus),
                     CLI_NOT_REACHABLE);
    assert_int_equal(access(cli_bench_path(bench, "bus/config/systems/ward.yaml"), F_OK), 0);
}

/* ---- suspend, resume ---- */

static void test_an_edit_changes_one_key_and_nothing_else(void **state)
{
    static const struct {
        const char *before;
        bool suspended;
        const char *after;
    } edits[] = {
        {"# ai\nid: a   # đây\ntitle: Á\n", true, "# ai\nsuspended: true\nid: a   # đây\ntitle: Á\n"},
        {"id: a\nsuspended: false # tạm\ntitle: Á", true, "id: a\nsuspended: true # tạm\ntitle: Á"},
        {"id: a\r\nsuspended: true\r\n", false, "id: a\r\nsuspended: false\r\n"},
        {"---\n  id: a\n  title: Á\n", true, "---\n  suspended: true\n  id: a\n  title: Á\n"},
        {"{title: Cổng, id: a}\n", true, "{suspended: true, title: Cổng, id: a}\n"},
        {"{title: Cổng, suspended: true, id: a}\n", false, "{title: Cổng, suspended: false, id: a}\n"},
        {"{\n  id: a\n}\n", true, "{\n  suspended: true, id: a\n}\n"},
        {"id: a\ntitle: Á\n", false, "id: a\ntitle: Á\n"},
        {"id: a\nsuspended: true\n", true, "id: a\nsuspended: true\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        BUFFER_CLEANUP struct buffer out = {0};
        struct truc_fault fault = {0};
        int code =
            system_edit_suspended("a.yaml", bytes_string(edits[i].before), "a", edits[i].suspended, &out, &fault);
        if (code < 0)
            fail_msg("%zu: %s", i, fault.text);
        assert_string_equal(buffer_string(&out), edits[i].after);
    }
}

static void test_an_edit_refuses_what_it_does_not_understand(void **state)
{
    static const char *const files[] = {"id: b\n", "- id: a\n", "a", "id: [", ""};
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        BUFFER_CLEANUP struct buffer out = {0};
        struct truc_fault fault = {0};
        assert_int_equal(system_edit_suspended("a.yaml", bytes_string(files[i]), "a", true, &out, &fault),
                         TRUC_E_CONFIG);
        assert_int_equal(out.size, 0);
    }
}

static void test_without_a_broker_the_file_is_changed_and_that_is_said(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus");
    assert_int_equal(RUN(bench, "system", "suspend", "portal", "--reason", "khóa bị lộ", "--broker",
                         "tcp://127.0.0.1:1", "--timeout", "1ms", "--state", bus),
                     CLI_NOT_REACHABLE);
    cli_bench_expect(bench->err, "/systems/portal.yaml says it already");
    assert_int_equal(RUN(bench, "system", "show", "portal", "--state", bus), CLI_OK);
    cli_bench_expect(bench->out, "suspended: nothing is taken from it or delivered to it");
}

static void test_a_mistaken_use_changes_nothing(void **state)
{
    struct cli_bench *bench = *state;
    cli_bench_init(bench, "bus");
    const char *bus = cli_bench_path(bench, "bus");
    assert_int_equal(RUN(bench, "system", "suspend", "portal", "--state", bus), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "needs a reason");
    assert_int_equal(RUN(bench, "system", "suspend", "operator", "--reason", "x", "--state", bus), CLI_WRONG_USE);
    cli_bench_expect(bench->err, "shut itself out");
    assert_int_equal(RUN(bench, "system", "suspend", "nobody", "--reason", "x", "--state", bus), CLI_NOT_SO);
    cli_bench_expect(bench->err, "there is no system 'nobody'");
    assert_int_equal(RUN(bench, "system", "list", "--state", bus), CLI_OK);
    assert_null(strstr(bench->out, "suspended"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cli_bench_setup, cli_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_list_says_role_state_and_keys_of_everyone),
        TEST(test_without_keys_it_says_who_cannot_sign),
        TEST(test_show_tells_keys_routes_and_agreements),
        TEST(test_show_says_why_a_key_or_an_agreement_does_not_hold),
        TEST(test_an_unknown_system_is_named),
        cmocka_unit_test(test_an_edit_changes_one_key_and_nothing_else),
        cmocka_unit_test(test_an_edit_refuses_what_it_does_not_understand),
        TEST(test_without_a_broker_the_file_is_changed_and_that_is_said),
        TEST(test_an_added_system_is_declared_and_has_its_keys),
        TEST(test_what_cannot_be_added_leaves_nothing),
        TEST(test_only_systems_are_told_of_routes),
        cmocka_unit_test(test_new_keys_are_put_first_in_any_style),
        TEST(test_a_rotated_system_has_both_keys),
        TEST(test_a_mistaken_use_changes_nothing),
        cmocka_unit_test(test_old_keys_are_ended_in_any_style),
        cmocka_unit_test(test_old_keys_in_a_style_of_their_own_are_left_to_people),
        TEST(test_the_newest_key_must_be_able_to_take_over),
        TEST(test_what_the_rules_name_is_not_removed),
        TEST(test_without_a_broker_nothing_is_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
