/* test_key_rotation.c - every key of the broker's own is changed on a bus with messages, and nothing it did is lost: payloads are read
 * and delivered, checkpoints verify, settings with the next transport key reach the broker.
 * A real trucd and the real command line. How each change survives interruptions: tests/unit/journal/test_journal_keys_change.c. */
#include "cmocka_start.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit_bus.h"

enum { FILE_BYTES_MAX = 16 * 1024 };

static const char dossier[] =
    "{\"code\":\"H56.14-261126-0001\",\"procedure\":{\"code\":\"1.005129\",\"service\":\"full\"},"
    "\"agency\":{\"code\":\"H56.14\"},\"applicant\":{\"name\":\"Nguyễn Thị A\",\"identity_number\":\"038999000001\"}}";

struct rotating {
    struct kit_bus bus;
    struct buffer output; /* of the last command */
    unsigned sent;
};

static void assert_done(int code, const struct truc_fault *fault)
{
    if (code < 0)
        fail_msg("%s: %s", truc_error_name(fault->code), fault->text);
}

static int run(struct rotating *rotating, const char *const arguments[])
{
    struct truc_fault fault = {0};
    buffer_clear(&rotating->output);
    int status = kit_bus_truc(&rotating->bus, arguments, &rotating->output, &fault);
    assert_done(status, &fault);
    return status;
}
#define TRUC(rotating, ...) run(rotating, (const char *const[]){__VA_ARGS__, NULL})

static void expect(struct rotating *rotating, const char *part)
{
    const char *text = buffer_string(&rotating->output);
    assert_non_null(text);
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in: %s", part, text);
}

static void start(struct rotating *rotating)
{
    struct truc_fault fault = {0};
    assert_done(kit_bus_start(&rotating->bus, &fault), &fault);
}

static void stop(struct rotating *rotating)
{
    struct truc_fault fault = {0};
    assert_done(kit_bus_stop(&rotating->bus, &fault), &fault);
}

static int set_up(void **state)
{
    struct rotating *rotating = calloc(1, sizeof *rotating);
    struct truc_fault fault = {0};
    *state = rotating;
    int code = rotating ? kit_bus_make(&rotating->bus, NULL, OPERATE_CONFIG, NULL, &fault) : -1;
    if (code == 0)
        code = kit_bus_start(&rotating->bus, &fault);
    if (code == 0)
        return 0;
    print_error("%s: %s\n", truc_error_name(fault.code), fault.text);
    return -1;
}

static int tear_down(void **state)
{
    struct rotating *rotating = *state;
    buffer_free(&rotating->output);
    kit_bus_remove(&rotating->bus);
    free(rotating);
    return 0;
}

/* A dossier for the one-stop desk, which is away: it waits. */
static void send_one(struct rotating *rotating)
{
    char settings[KIT_PATH_BYTES], id[32];
    struct truc_fault fault = {0};
    assert_done(kit_bus_settings(&rotating->bus, "portal", settings, &fault), &fault);
    (void)snprintf(id, sizeof id, "rotation-%u", rotating->sent++);
    assert_int_equal(TRUC(rotating, "send", "dossier.submitted", "--settings", settings, "--classification",
                          "not-secret", "--subject", "H56.14-261126-0001", "--id", id, "--json", dossier),
                     0);
}

/* Every record, signature, checkpoint and payload, with the keys that lie there; and the queue, from the journal. */
static void expect_whole(struct rotating *rotating)
{
    char waiting[64];
    assert_int_equal(TRUC(rotating, "journal", "verify", "--output", "json"), 0);
    expect(rotating, "\"checkpoint_signatures_checked\": true");
    expect(rotating, "\"payloads_without_key\": 0");
    assert_int_equal(TRUC(rotating, "queue", "show", "onestop"), 0);
    (void)snprintf(waiting, sizeof waiting, "queued %u · ", rotating->sent);
    expect(rotating, waiting);
}

static void a_key_of_the_journal_is_not_changed_while_it_is_written(void **state)
{
    struct rotating *rotating = *state;
    send_one(rotating);
    assert_int_not_equal(TRUC(rotating, "key", "rotate", "journal", "--output", "json"), 0);
    expect(rotating, "\"STATE\"");
    assert_int_not_equal(TRUC(rotating, "key", "rotate", "checkpoint", "--output", "json"), 0);
    expect(rotating, "\"STATE\"");
    assert_int_not_equal(TRUC(rotating, "key", "rotate", "portal", "--output", "json"), 0);
    expect(rotating, "authority, broker, checkpoint, journal or persons");
    expect_whole(rotating);
}

/* Every dossier so far names the same person; the hashes were made with keys of several epochs. */
static void expect_person(struct rotating *rotating, const char *number, unsigned count)
{
    char path[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    unsigned found = 0;
    assert_done(kit_path(path, &fault, "%s/number", rotating->bus.folder), &fault);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fchmod(fileno(file), 0600), 0);
    fprintf(file, "%s\n", number);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(
        TRUC(rotating, "journal", "person", "--number-file", path, "--reason", "khiếu nại 12", "--output", "json"),
        count ? 0 : 1);
    const char *at = buffer_string(&rotating->output);
    assert_non_null(at);
    assert_null(strstr(at, number));
    while ((at = strstr(at, "\"position\""))) {
        found++;
        at++;
    }
    assert_int_equal(found, count);
}

/* Who looks, and why, is in the journal before anything is found; for whom, as a hash. A copy has nobody who would write it. */
static void looking_for_a_person_is_on_record(void **state)
{
    struct rotating *rotating = *state;
    char number[KIT_PATH_BYTES], journal[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    expect_person(rotating, "038999000009", 0);
    assert_done(kit_path(number, &fault, "%s/number", rotating->bus.folder), &fault);
    assert_done(kit_path(journal, &fault, "%s/journal", rotating->bus.state), &fault);
    assert_int_equal(TRUC(rotating, "journal", "person", "--number-file", number, "--output", "json"), 2);
    expect(rotating, "needs a reason");
    assert_int_equal(TRUC(rotating, "journal", "show", "--kind", "operation"), 0);
    expect(rotating, "operator asked person-look · done · khiếu nại 12");
    assert_null(strstr(buffer_string(&rotating->output), "038999000009"));
    stop(rotating);
    assert_int_equal(TRUC(rotating, "journal", "person", "--number-file", number, "--reason", "why"), 3);
    assert_int_equal(
        TRUC(rotating, "journal", "person", "--number-file", number, "--journal", journal, "--output", "json"), 1);
    start(rotating);
}

static void each_key_is_changed_and_nothing_is_lost(void **state)
{
    static const char *const keys[] = {"journal", "checkpoint", "persons"};
    struct rotating *rotating = *state;
    for (unsigned round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT_OF(keys); i++) {
            stop(rotating);
            assert_int_equal(TRUC(rotating, "key", "rotate", keys[i]), 0);
            start(rotating);
            send_one(rotating);
            expect_whole(rotating);
        }
    }
    expect_person(rotating, "038999000001", rotating->sent);
    expect_person(rotating, "038999000002", 0);
    assert_int_equal(TRUC(rotating, "journal", "show", "--count", "1000", "--payload"), 0);
    expect(rotating, "H56.14-261126-0001");
}

static void rewrite(struct rotating *rotating, const char *system, const char *present, const char *next)
{
    static char content[FILE_BYTES_MAX];
    char path[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    assert_done(kit_bus_settings(&rotating->bus, system, path, &fault), &fault);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    content[fread(content, 1, sizeof content - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    const char *at = strstr(content, present);
    assert_non_null(at);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%.*s[\"%s\", \"%s\"]%s", (int)(at - content) - 1, content, present, next, at + strlen(present) + 1);
    assert_int_equal(fclose(file), 0);
}

static void read_line(const struct rotating *rotating, const char *name, char out[64])
{
    char path[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    assert_done(kit_path(path, &fault, "%s/keys/%s", rotating->bus.state, name), &fault);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(out, 64, file));
    out[strcspn(out, "\n")] = '\0';
    assert_int_equal(fclose(file), 0);
}

static void the_transport_key_is_with_everybody_before_it_is_taken(void **state)
{
    struct rotating *rotating = *state;
    char present[64], next[64], again[64];
    assert_int_not_equal(TRUC(rotating, "key", "rotate", "broker", "--take"), 0); /* there is none yet */
    assert_int_equal(TRUC(rotating, "key", "rotate", "broker"), 0);
    read_line(rotating, "broker.pub", present);
    read_line(rotating, "broker.pub.next", next);
    expect(rotating, next);
    assert_string_not_equal(present, next);
    assert_int_equal(TRUC(rotating, "key", "rotate", "broker"), 0); /* it stays the same */
    expect(rotating, next);
    rewrite(rotating, "portal", present, next);
    rewrite(rotating, "operator", present, next);
    send_one(rotating); /* by the present one */
    assert_int_equal(TRUC(rotating, "key", "rotate", "broker", "--take"), 0);
    stop(rotating);
    start(rotating);
    read_line(rotating, "broker.pub", again);
    assert_string_equal(again, next);
    send_one(rotating);
    expect_whole(rotating);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_of_the_journal_is_not_changed_while_it_is_written),
        cmocka_unit_test(looking_for_a_person_is_on_record),
        cmocka_unit_test(each_key_is_changed_and_nothing_is_lost),
        cmocka_unit_test(the_transport_key_is_with_everybody_before_it_is_taken),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
