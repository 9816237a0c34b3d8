/* test_every_byte_is_found_or_harmless.c - any one byte of a broker's directory is flipped, and it is opened: the damage is named, or it
 * lies where everything can be made anew, and was: then verification is content, and every question has the answer it had before.
 * Segments, snapshots, checkpoints, keys, objects, queue lists, runs of ids and indexes, as one.
 * What each kind of file promises by itself: tests/unit/journal. */
#include <stdio.h>

#include "core_world.h"

enum {
    TAKEN_MAX = 16,
    ZEROS = 64,  /* of so many together one is flipped */
    STRIDE = 61, /* of segments and objects every so many: test_journal_damage.c has each byte of theirs */
};
static const char *const ids[] = {"m0", "m1", "m2", "m3", "m4", "m5", "r1", "r2"};

/* ---- questions; each returns the code that ended the broker, or 0 ---- */

static int pass_round(struct driver *driver)
{
    int code = driver_commit(driver);
    driver->now_ns += CORE_LAZY_MS * MS;
    driver->up_ns += CORE_LAZY_MS * MS;
    return code < 0 ? code : driver_commit(driver);
}

static int connect(struct driver *driver, enum driver_system system, struct peer *ret_peer)
{
    *ret_peer = driver_peer(driver, system);
    struct command hello = driver_hello(ret_peer, DRIVER_CREDIT_BYTES);
    peer_send(ret_peer, &hello);
    return pass_round(driver);
}

/* Ids that the broker knows, with other content: each is a conflict, and would be a new message if it were forgotten. */
static int publish_again(struct driver *driver, struct buffer *out)
{
    struct peer alpha;
    struct outcome outcome;
    int code = connect(driver, ALPHA, &alpha);
    for (size_t i = 0; code == 0 && i < COUNT_OF(ids); i++) {
        struct test_message message = peer_message(&alpha, ids[i], "dossier.progress", "other");
        uint64_t number = peer_publish(&alpha, &message, 1, NULL);
        if ((code = pass_round(driver)) == 0 && peer_outcomes(&alpha, number, &outcome, 1))
            buffer_printf(out, "%s %s\n", ids[i], truc_error_name(-(int)outcome.code));
    }
    return code;
}

static int list_dead_letters(struct driver *driver, struct buffer *out)
{
    struct peer operator;
    struct command command = {.kind = COMMAND_ASK, .ask = {.number = 1, .verb = bytes_string("dead-list")}};
    int code = connect(driver, OPERATOR, &operator);
    if (code == 0) {
        peer_send(&operator, & command);
        code = pass_round(driver);
    }
    if (code == 0 && peer_take(&operator, COMMAND_ANSWER, &command))
        buffer_append_bytes(out, command.answer.result);
    return code;
}

/* Everything that waits for it, whatever order it comes in after a rebuilt list, and settles it. */
static int receive(struct driver *driver, enum driver_system system, struct buffer *out)
{
    struct taken taken[TAKEN_MAX];
    struct peer peer;
    int code = connect(driver, system, &peer);
    for (size_t count; code == 0 && (count = peer_take_deliveries(&peer, taken, TAKEN_MAX)) > 0;) {
        struct settlement settlements[TAKEN_MAX];
        for (size_t i = 0; i < count; i++) {
            buffer_printf(out, "%s %.*s@%llu#%u\n", driver->names[system], BYTES_PRINTF(taken[i].header.id),
                          (unsigned long long)taken[i].sequence, taken[i].attempt);
            settlements[i] = taken_settlement(&taken[i], SETTLED_DONE);
        }
        peer_send_settle(&peer, settlements, count, false);
        code = pass_round(driver);
    }
    return code;
}

static int ask_everything(struct driver *driver, struct buffer *out)
{
    static const enum driver_system receivers[] = {BETA, GAMMA, DELTA};
    int code = publish_again(driver, out);
    if (code == 0)
        code = list_dead_letters(driver, out);
    for (size_t i = 0; code == 0 && i < COUNT_OF(receivers); i++)
        code = receive(driver, receivers[i], out);
    assert_int_equal(buffer_failed(out), 0);
    return code;
}

/* ---- one byte ---- */

/* Starts and verifies. Negative: the damage was named. */
static int start(struct driver *driver)
{
    int code = driver_try_start(driver, &driver->fault);
    return code < 0 ? code : journal_verify_all(engine_journal(driver->engine), NULL, NULL, &driver->fault);
}

static bool is_part_of(const char *path, const char *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(path, parts[i]) != NULL)
            return true;
    return false;
}

/* What was cut is told. Without the dispensable the journal is whole all the same. An object in force is put again at the start, and then
 * must be what it was. */
static bool is_harmless(struct driver *driver, const char *path)
{
    static const char *const dispensable[] = {"/queues/", "/ids/", "/index/", "/snapshots/", "/lock", "/spare.tmp"};
    const struct buffer *before = memory_disk_content(core_world()->disk, path);
    if (engine_opened(driver->engine)->cut_bytes > 0 || is_part_of(path, dispensable, COUNT_OF(dispensable)))
        return true;
    return strstr(path, "/objects/") != NULL &&
           bytes_equal(buffer_view(memory_disk_content(driver->disk, path)), buffer_view(before));
}

struct account {
    unsigned found, harmless;
};

static void flip(const char *path, size_t at, uint8_t bits, struct bytes expected, struct account *account)
{
    struct driver driver;
    BUFFER_CLEANUP struct buffer answers = {0};
    core_world_copy(&driver);
    struct buffer *content = memory_disk_content(driver.disk, path);
    content->data[at] ^= bits;
    int code = start(&driver);
    if (code == 0)
        code = ask_everything(&driver, &answers);
    if (code < 0 && driver.fault.text[0] == '\0')
        fail_msg("%s:%zu: %s, and nothing else", path, at, truc_error_name(code));
    if (code == 0 && !bytes_equal(buffer_view(&answers), expected))
        fail_msg("%s:%zu: other answers:\n%s\nnot\n%.*s", path, at, buffer_string(&answers), BYTES_PRINTF(expected));
    if (code == 0 && !is_harmless(&driver, path))
        fail_msg("%s:%zu: was not found", path, at);
    account->found += code < 0;
    account->harmless += code == 0;
    core_world_end(&driver);
}

static size_t next_byte(const char *path, struct bytes content, size_t at)
{
    static const char *const strided[] = {"/segments/", "/objects/"};
    static const uint8_t zeros[ZEROS];
    if (is_part_of(path, strided, COUNT_OF(strided)))
        return at + STRIDE;
    return at + (content.size - at > ZEROS && memcmp(content.data + at, zeros, ZEROS) == 0 ? ZEROS : 1);
}

static struct account flip_file(const char *path, struct bytes content, struct bytes expected)
{
    struct account account = {0};
    for (size_t at = 0; at < content.size; at = next_byte(path, content, at))
        flip(path, at, (uint8_t)(1u << at % 8), expected, &account);
    return account;
}

static void test_every_byte_is_found_or_harmless(void **state)
{
    struct driver driver;
    BUFFER_CLEANUP struct buffer expected = {0};
    unsigned lists = 0, runs = 0, snapshots = 0;
    const char *path;
    (void)state;
    core_world_copy(&driver);
    assert_int_equal(start(&driver), 0);
    assert_int_equal(ask_everything(&driver, &expected), 0);
    core_world_end(&driver);
    struct memory_disk *disk = core_world()->disk;
    for (size_t n = 0; (path = memory_disk_path(disk, n)) != NULL; n++) {
        struct bytes content = buffer_view(memory_disk_content(disk, path));
        struct account account = flip_file(path, content, buffer_view(&expected));
        print_message("%s: %zu bytes, %u found, %u harmless\n", path, content.size, account.found, account.harmless);
        lists += strstr(path, ".ql") != NULL;
        runs += strstr(path, ".ids") != NULL;
        snapshots += strstr(path, ".snap") != NULL;
    }
    assert_true(lists > 0 && runs > 0 && snapshots > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_byte_is_found_or_harmless)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
