/* test_operate.c - what an operator changes on a running bus: its configuration, its queues.
 * A real trucd and the real command line; how the core decides is its own tests' matter (tests/unit/core).
 * One bus serves all tests, in their order; each leaves the configuration as it found it. */
#include "cmocka_start.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "kit_bus.h"

enum { FILE_BYTES_MAX = 64 * 1024 };

#define DOSSIER                                                                                                        \
    "{\"code\":\"H56.14-261126-0001\",\"procedure\":{\"code\":\"1.005129\",\"service\":\"full\"},"                     \
    "\"agency\":{\"code\":\"H56.14\"},\"applicant\":{\"name\":\"Nguyễn Thị A\"}}"

struct operate {
    struct kit_bus bus;
    struct buffer output; /* of the last command */
};

static void assert_done(int code, const struct truc_fault *fault)
{
    if (code < 0)
        fail_msg("%s: %s", truc_error_name(fault->code), fault->text);
}

static int set_up(void **state)
{
    static struct operate operate;
    struct truc_fault fault = {0};
    *state = &operate;
    int code = kit_bus_make(&operate.bus, NULL, OPERATE_CONFIG, NULL, &fault);
    if (code == 0)
        code = kit_bus_start(&operate.bus, &fault);
    if (code == 0)
        return 0;
    print_error("%s: %s\n", truc_error_name(fault.code), fault.text);
    kit_bus_remove(&operate.bus);
    return -1;
}

static int tear_down(void **state)
{
    struct operate *operate = *state;
    buffer_free(&operate->output);
    kit_bus_remove(&operate->bus);
    return 0;
}

/* Runs `truc ARGUMENTS… --state STATE`; what it printed is in operate->output. */
static int run(struct operate *operate, const char *const arguments[])
{
    struct truc_fault fault = {0};
    buffer_clear(&operate->output);
    int status = kit_bus_truc(&operate->bus, arguments, &operate->output, &fault);
    assert_done(status, &fault);
    return status;
}
#define TRUC(operate, ...) run(operate, (const char *const[]){__VA_ARGS__, NULL})

static const char *text(struct operate *operate)
{
    const char *whole = buffer_string(&operate->output);
    assert_non_null(whole);
    return whole;
}

static void expect(struct operate *operate, const char *part)
{
    if (strstr(text(operate), part) == NULL)
        fail_msg("'%s' is not in: %s", part, text(operate));
}

/* Writes another text where the only `before` in that file of the configuration is. */
static void rewrite(struct operate *operate, const char *file, const char *before, const char *after)
{
    static char content[FILE_BYTES_MAX];
    char path[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    assert_done(kit_path(path, &fault, "%s/config/%s", operate->bus.state, file), &fault);
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    size_t size = fread(content, 1, sizeof content - 1, stream);
    content[size] = '\0';
    assert_int_equal(fclose(stream), 0);
    char *at = strstr(content, before);
    assert_non_null(at);
    assert_null(strstr(at + 1, before));
    stream = fopen(path, "w");
    assert_non_null(stream);
    fprintf(stream, "%.*s%s%s", (int)(at - content), content, after, at + strlen(before));
    assert_int_equal(fclose(stream), 0);
}

/* ---- reload ---- */

static void a_reload_says_what_it_changed_and_is_journaled_with_its_reason(void **state)
{
    struct operate *operate = *state;
    rewrite(operate, "routes/population.yaml", "within: 5s", "within: 10s");
    assert_int_equal(TRUC(operate, "reload", "--reason", "nguồn dữ liệu trả lời chậm"), 0);
    expect(operate, "in force: configuration ");
    expect(operate, "~ route ");
    expect(operate, "routes/population.yaml:");
    expect(operate, "10s");
    assert_int_equal(TRUC(operate, "journal", "show", "--count", "1000"), 0);
    expect(operate, "operator asked reload · done · nguồn dữ liệu trả lời chậm");
    assert_int_equal(TRUC(operate, "reload", "--reason", "again", "--output", "json"), 0);
    expect(operate, "\"changed\": false");
    rewrite(operate, "routes/population.yaml", "within: 10s", "within: 5s");
    assert_int_equal(TRUC(operate, "reload", "--reason", "back"), 0);
}

static void a_mistake_is_told_with_its_place_and_changes_nothing(void **state)
{
    struct operate *operate = *state;
    rewrite(operate, "routes/population.yaml", "within: 5s", "within: soon");
    assert_int_equal(TRUC(operate, "reload", "--reason", "a slip"), 1);
    expect(operate, "routes/population.yaml:9:13: error: ");
    expect(operate, "nothing changed: ");
    expect(operate, "still in force: configuration ");
    assert_int_equal(TRUC(operate, "journal", "show", "--count", "1000"), 0);
    expect(operate, "operator asked reload · CONFIG · a slip");
    rewrite(operate, "routes/population.yaml", "within: soon", "within: 5s");
    assert_int_equal(TRUC(operate, "reload", "--reason", "mended"), 0);
    expect(operate, "nothing to do: ");
}

static void what_only_a_restart_changes_is_named(void **state)
{
    struct operate *operate = *state;
    rewrite(operate, "bus.yaml", "tcp://127.0.0.1:", "tcp://127.0.0.2:");
    assert_int_equal(TRUC(operate, "reload", "--reason", "another address"), 0);
    expect(operate, "needs a restart: ~ bus · listen: ");
    assert_int_equal(TRUC(operate, "reload", "--reason", "and again"), 0);
    expect(operate, "nothing to do: ");
    expect(operate, "needs a restart: ~ bus · listen: "); /* until it is made */
    rewrite(operate, "bus.yaml", "tcp://127.0.0.2:", "tcp://127.0.0.1:");
    assert_int_equal(TRUC(operate, "reload", "--reason", "back"), 0);
    assert_null(strstr(text(operate), "needs a restart"));
}

/* ---- schemas ---- */

#define NOTED_ROUTE "routes:\n  - name: note-to-onestop\n    from: portal\n    type: dossier.noted\n    to: onestop\n"
#define NOTED_AGREEMENT                                                                                                \
    "agreements:\n  - name: portal-gives-notes\n    provider: portal\n    consumer: onestop\n"                         \
    "    types: [dossier.noted]\n    purpose: Ghi chú hồ sơ\n    basis: internal-rule\n"                           \
    "    legal-basis: Nghị định 118/2025/NĐ-CP\n    valid: {from: 2026-01-01}\n"

static void put_file(const char *path, struct bytes content)
{
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_int_equal(fwrite(content.data, 1, content.size, stream), content.size);
    assert_int_equal(fclose(stream), 0);
}

static void write_config(const struct operate *operate, const char *file, const char *content)
{
    char path[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    assert_done(kit_path(path, &fault, "%s/config/%s", operate->bus.state, file), &fault);
    put_file(path, bytes_string(content));
}

/* Puts another descriptor set in place. */
static void describe(const struct operate *operate, const char *from)
{
    static char content[1024 * 1024];
    char path[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    FILE *stream = fopen(from, "r");
    assert_non_null(stream);
    size_t size = fread(content, 1, sizeof content, stream);
    assert_in_range(size, 1, sizeof content - 1);
    assert_int_equal(fclose(stream), 0);
    assert_done(kit_path(path, &fault, "%s/config/truc.descriptors", operate->bus.state), &fault);
    put_file(path, bytes_of(content, size));
}

static int send_as_portal(struct operate *operate, const char *type, const char *json)
{
    struct truc_fault fault = {0};
    char settings[KIT_PATH_BYTES];
    assert_done(kit_bus_settings(&operate->bus, "portal", settings, &fault), &fault);
    return TRUC(operate, "send", type, "--settings", settings, "--classification", "not-secret", "--subject",
                "H56.14-261126-0002", "--json", json);
}

#define WITH(field)                                                                                                    \
    "{\"code\":\"H56.14-261126-0002\",\"procedure\":{\"code\":\"1.005129\",\"service\":\"full\"},"                     \
    "\"agency\":{\"code\":\"H56.14\"}," field "}"

static void schemas_grow_without_a_new_broker(void **state)
{
    struct operate *operate = *state;
    pid_t broker = operate->bus.broker.pid;
    assert_int_equal(send_as_portal(operate, "dossier.noted", "{}"), 1);
    describe(operate, OPERATE_SCHEMAS "/grown.descriptors");
    write_config(operate, "routes/notes.yaml", NOTED_ROUTE);
    write_config(operate, "agreements/notes.yaml", NOTED_AGREEMENT);
    assert_int_equal(TRUC(operate, "reload", "--reason", "loại thông điệp mới"), 0);
    expect(operate, "+ route note-to-onestop");
    assert_int_equal(send_as_portal(operate, "dossier.noted", "{\"code\":\"H56.14-261126-0002\"}"), 0);
    assert_int_equal(send_as_portal(operate, "dossier.submitted", WITH("\"note\":\"thêm giấy tờ\"")), 0);
    assert_int_equal(broker, operate->bus.broker.pid);
}

static void SCHEMA_CHANGE_is_refused_unless_the_operator_takes_it_on(void **state)
{
    struct operate *operate = *state;
    describe(operate, OPERATE_SCHEMAS "/bent.descriptors");
    assert_int_equal(TRUC(operate, "reload", "--reason", "đổi tên trường"), 1);
    expect(operate, "nothing changed: truc.dossier.v1.Submitted.note (17): another name");
    assert_int_equal(TRUC(operate, "reload", "--reason", "không còn ai dùng", "--accept-schema-change"), 0);
    expect(operate, "in force: configuration ");
    assert_int_equal(send_as_portal(operate, "dossier.submitted", WITH("\"remark\":\"tên mới\"")), 0);
    assert_int_equal(TRUC(operate, "journal", "show", "--count", "1000"), 0);
    expect(operate, "operator asked reload · SCHEMA_CHANGE · đổi tên trường");
    expect(operate, "operator asked reload --accept-schema-change · done · không còn ai dùng");
}

static int send_with(struct operate *operate, const char *settings, const char *dossier)
{
    return TRUC(operate, "send", "dossier.submitted", "--settings", settings, "--classification", "not-secret",
                "--subject", dossier, "--json", DOSSIER, "--timeout", "5s");
}

/* The population database answers no question while it is suspended; route explain says it of the rules in force. */
static void a_system_is_suspended_and_resumed_in_one_command(void **state)
{
    struct operate *operate = *state;
    assert_int_equal(TRUC(operate, "system", "suspend", "population", "--reason", "khóa bị lộ"), 0);
    expect(operate, "in force: configuration ");
    expect(operate, "~ system population");
    assert_int_equal(TRUC(operate, "route", "explain", "--from", "onestop", "--type", "citizen.verify", "--header",
                          "purpose.officer=CB01", "--header", "purpose.dossier=H56.14-261126-0001", "--header",
                          "purpose.procedure=1.005129"),
                     1);
    expect(operate, "SUSPENDED");
    assert_int_equal(TRUC(operate, "system", "resume", "population", "--reason", "khóa mới"), 0);
    expect(operate, "~ system population");
    assert_int_equal(TRUC(operate, "journal", "show", "--count", "1000"), 0);
    expect(operate, "operator asked reload · done · khóa bị lộ");
    expect(operate, "operator asked reload · done · khóa mới");
}

static void an_old_key_ends_when_the_new_one_has_taken_over(void **state)
{
    struct operate *operate = *state;
    char folder[KIT_PATH_BYTES], aside[KIT_PATH_BYTES], old[KIT_PATH_BYTES], settings[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    assert_done(kit_path(folder, &fault, "%s/systems/portal", operate->bus.state), &fault);
    assert_done(kit_path(aside, &fault, "%s/old-portal", operate->bus.folder), &fault);
    assert_done(kit_path(old, &fault, "%s/settings.yaml", aside), &fault);
    assert_int_equal(rename(folder, aside), 0);
    assert_int_equal(TRUC(operate, "system", "rotate-key", "portal"), 0);
    assert_int_equal(TRUC(operate, "reload", "--reason", "khóa mới"), 0);
    assert_done(kit_bus_settings(&operate->bus, "portal", settings, &fault), &fault);
    assert_int_equal(send_with(operate, old, "H56.14-261126-0003"), 0); /* both hold */
    assert_int_equal(send_with(operate, settings, "H56.14-261126-0004"), 0);
    assert_int_equal(TRUC(operate, "system", "end-key", "portal", "--reason", "đã dùng khóa mới"), 0);
    expect(operate, "~ system portal");
    assert_int_not_equal(send_with(operate, old, "H56.14-261126-0005"), 0);
    assert_int_equal(send_with(operate, settings, "H56.14-261126-0006"), 0);
    assert_int_equal(TRUC(operate, "system", "show", "portal"), 0);
    expect(operate, ": may sign until "); /* what was taken before the reload was good */
    assert_int_equal(TRUC(operate, "queue", "show", "onestop", "--output", "json"), 0);
    expect(operate, "\"dead\": 0"); /* what the old key signed before still waits, and counts */
    assert_int_equal(TRUC(operate, "journal", "verify"), 0);
}

static void a_system_is_removed_when_nothing_needs_it(void **state)
{
    struct operate *operate = *state;
    assert_int_equal(TRUC(operate, "system", "add", "ward", "--title", "Phường Hạc Thành"), 0);
    assert_int_equal(TRUC(operate, "reload", "--reason", "phường mới"), 0);
    expect(operate, "+ system ward");
    assert_int_equal(TRUC(operate, "system", "remove", "ward", "--reason", "sáp nhập"), 0);
    expect(operate, "- system ward");
    expect(operate, "ward is no system of this bus any more");
    assert_int_equal(TRUC(operate, "status"), 0);
    expect(operate, "removed, away");
    assert_int_equal(TRUC(operate, "system", "show", "ward"), 1);
    assert_int_equal(TRUC(operate, "system", "remove", "onestop", "--reason", "x"), 2);
    assert_int_equal(TRUC(operate, "journal", "show", "--count", "1000"), 0);
    expect(operate, "operator asked reload · done · sáp nhập");
}

static void without_a_reason_nothing_is_asked(void **state)
{
    struct operate *operate = *state;
    assert_int_equal(TRUC(operate, "reload", "--output", "json"), 2);
    expect(operate, "a reload needs a reason");
}

/* ---- pause ---- */

static void a_pause_outlives_the_broker_and_is_shown_with_its_reason(void **state)
{
    struct operate *operate = *state;
    struct truc_fault fault = {0};
    assert_int_equal(TRUC(operate, "queue", "pause", "onestop"), 2);
    assert_int_equal(TRUC(operate, "queue", "pause", "nobody", "--reason", "why", "--output", "json"), 1);
    expect(operate, "\"NOT_FOUND\"");
    assert_int_equal(TRUC(operate, "queue", "pause", "onestop", "--reason", "bảo trì"), 0);
    expect(operate, "onestop is paused");
    assert_done(kit_bus_stop(&operate->bus, &fault), &fault);
    assert_done(kit_bus_start(&operate->bus, &fault), &fault);
    assert_int_equal(TRUC(operate, "status"), 0);
    expect(operate, "paused, away");
    expect(operate, " by operator: bảo trì\n");
    assert_int_equal(TRUC(operate, "queue", "list", "--output", "json"), 0);
    expect(operate, "\"paused_by\": \"operator\"");
    assert_int_equal(TRUC(operate, "top", "--count", "1"), 0);
    expect(operate, "paused by operator: bảo trì");
    (void)TRUC(operate, "doctor"); /* good or bad is this machine's */
    expect(operate, "nothing is delivered to onestop: paused by operator: bảo trì");
    assert_int_equal(TRUC(operate, "queue", "resume", "onestop", "--reason", "xong"), 0);
    expect(operate, "onestop is delivered to again");
    assert_int_equal(TRUC(operate, "status"), 0);
    assert_null(strstr(text(operate), "paused"));
    assert_int_equal(TRUC(operate, "journal", "show", "--count", "1000"), 0);
    expect(operate, "operator asked queue-pause onestop · done · bảo trì");
    expect(operate, "operator asked queue-resume onestop · done · xong");
}

static void a_queue_says_what_waits_and_since_when(void **state)
{
    struct operate *operate = *state;
    struct truc_fault fault = {0};
    char settings[KIT_PATH_BYTES];
    assert_done(kit_bus_settings(&operate->bus, "portal", settings, &fault), &fault);
    assert_int_equal(TRUC(operate, "send", "dossier.submitted", "--settings", settings, "--classification",
                          "not-secret", "--subject", "H56.14-261126-0001", "--urgency", "express", "--json", DOSSIER,
                          "--output", "json"),
                     0);
    json_t *outcome = json_loads(text(operate), 0, NULL);
    json_int_t position = json_integer_value(json_object_get(outcome, "position"));
    assert_int_equal(TRUC(operate, "queue", "show", "onestop", "--output", "json"), 0);
    json_t *queue = json_loads(text(operate), 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(queue, "oldest_position")), position);
    assert_true(json_is_string(json_object_get(queue, "oldest_accepted")));
    const json_t *lane = json_array_get(json_object_get(queue, "lanes"), 0);
    assert_string_equal(json_string_value(json_object_get(lane, "urgency")), "express");
    assert_int_equal(json_integer_value(json_object_get(lane, "ready")), 1);
    json_decref(queue);
    json_decref(outcome);
    assert_int_equal(TRUC(operate, "queue", "show", "onestop"), 0);
    expect(operate, "queued 1 · ");
    expect(operate, "oldest: position ");
    assert_null(strstr(text(operate), "H56.14")); /* no subject, no content */
    assert_int_equal(TRUC(operate, "queue", "show", "nobody", "--output", "json"), 1);
    expect(operate, "\"NOT_FOUND\"");
}

/* ---- looking ---- */

/* In clear for who says why; the journal tells who looked, also beside the dossier and in a search. */
static void a_payload_in_clear_is_journaled_with_its_reason(void **state)
{
    struct operate *operate = *state;
    struct truc_fault fault = {0};
    char settings[KIT_PATH_BYTES], position[32], line[128];
    assert_done(kit_bus_settings(&operate->bus, "portal", settings, &fault), &fault);
    assert_int_equal(TRUC(operate, "send", "dossier.submitted", "--settings", settings, "--classification",
                          "not-secret", "--subject", "H56.14-261126-0009", "--json", DOSSIER, "--output", "json"),
                     0);
    json_t *outcome = json_loads(text(operate), 0, NULL);
    snprintf(position, sizeof position, "%lld", (long long)json_integer_value(json_object_get(outcome, "position")));
    json_decref(outcome);
    assert_int_equal(TRUC(operate, "journal", "show", position, "--payload"), 0);
    expect(operate, "•••");
    assert_null(strstr(text(operate), "Nguyễn Thị A"));
    assert_int_equal(TRUC(operate, "journal", "show", position, "--clear"), 2);
    assert_int_equal(TRUC(operate, "journal", "show", "--clear", "--reason", "why"), 2);
    assert_int_equal(TRUC(operate, "journal", "show", position, "--clear", "--reason", "khiếu nại 12"), 0);
    expect(operate, "Nguyễn Thị A");
    assert_int_equal(TRUC(operate, "journal", "show", position, "--clear", "--reason", "lần hai", "--output", "json"),
                     0);
    expect(operate, "Nguyễn Thị A");
    assert_int_equal(TRUC(operate, "journal", "show", "1", "--clear", "--reason", "no message", "--output", "json"), 1);
    expect(operate, "\"NOT_FOUND\"");
    assert_int_equal(TRUC(operate, "journal", "show", "--kind", "operation"), 0);
    snprintf(line, sizeof line, "operator asked payload-show of record %s · done · khiếu nại 12", position);
    expect(operate, line);
    expect(operate, "operator asked payload-show of record 1 · NOT_FOUND · no message");
    assert_int_equal(TRUC(operate, "journal", "show", "--dossier", "H56.14-261126-0009"), 0);
    expect(operate, line);
    assert_int_equal(TRUC(operate, "journal", "find", "--shown", "--output", "json"), 0);
    expect(operate, "\"payload_shown\": 2");
    assert_null(strstr(text(operate), "H56.14-261126-0001"));
}

/* Made in one command, and in force after a reload: status and rules of its own systems, and a reason for everything else. */
static void an_integrator_sees_its_own_systems(void **state)
{
    struct operate *operate = *state;
    assert_int_equal(TRUC(operate, "system", "add", "vendor", "--title", "Nhà cung cấp Cổng", "--role", "integrator"),
                     2);
    assert_int_equal(TRUC(operate, "system", "add", "vendor", "--title", "Nhà cung cấp Cổng", "--role", "integrator",
                          "--systems", "portal,national-portal"),
                     0);
    assert_int_equal(TRUC(operate, "reload", "--reason", "bên tích hợp mới"), 0);
    assert_int_equal(TRUC(operate, "status", "--as", "vendor"), 0);
    expect(operate, "only what concerns portal, national-portal");
    expect(operate, "portal");
    assert_null(strstr(text(operate), "onestop"));
    assert_null(strstr(text(operate), "accepted"));
    assert_int_equal(TRUC(operate, "top", "--count", "1", "--as", "vendor"), 0);
    expect(operate, "only what concerns portal, national-portal");
    assert_int_equal(TRUC(operate, "system", "show", "portal", "--as", "vendor"), 0);
    expect(operate, "route online-dossier-to-onestop");
    assert_int_equal(TRUC(operate, "system", "show", "onestop", "--as", "vendor", "--output", "json"), 2);
    expect(operate, "'onestop' is none of the systems that 'vendor' looks after");
    assert_int_equal(TRUC(operate, "reload", "--reason", "why", "--as", "vendor", "--output", "json"), 2);
    expect(operate, "'reload' is for operators; 'vendor' has the role integrator");
    assert_int_equal(
        TRUC(operate, "journal", "show", "10", "--clear", "--reason", "why", "--as", "vendor", "--output", "json"), 2);
    expect(operate, "'payload-show' is for operators and auditors; 'vendor' has the role integrator");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reload_says_what_it_changed_and_is_journaled_with_its_reason),
        cmocka_unit_test(a_mistake_is_told_with_its_place_and_changes_nothing),
        cmocka_unit_test(what_only_a_restart_changes_is_named),
        cmocka_unit_test(a_system_is_suspended_and_resumed_in_one_command),
        cmocka_unit_test(without_a_reason_nothing_is_asked),
        cmocka_unit_test(a_queue_says_what_waits_and_since_when),
        cmocka_unit_test(a_pause_outlives_the_broker_and_is_shown_with_its_reason),
        cmocka_unit_test(an_old_key_ends_when_the_new_one_has_taken_over),
        cmocka_unit_test(a_system_is_removed_when_nothing_needs_it),
        cmocka_unit_test(schemas_grow_without_a_new_broker),
        cmocka_unit_test(SCHEMA_CHANGE_is_refused_unless_the_operator_takes_it_on),
        cmocka_unit_test(a_payload_in_clear_is_journaled_with_its_reason),
        cmocka_unit_test(an_integrator_sees_its_own_systems),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
