/* test_permissions.c - promises about what a program is told of its agreements: what it may do, until when, and what changes.
 * The table alone with given instants, then the whole way from a welcome.
 * See docs/sdk.md, "What is permitted". */
#include "permissions.h"
#include "small_broker.h"

#include "cmocka_start.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY_NS (24ull * 3600 * 1000000000)
#define NOW_NS (20000 * DAY_NS) /* 2024-10-04 */

struct told {
    size_t count;
    char text[2048]; /* one a line, the level before it */
};

static void take(void *context, int level, const char *text)
{
    struct told *told = context;
    size_t used = strlen(told->text);
    told->count++;
    (void)snprintf(told->text + used, sizeof told->text - used, "%d %s\n", level, text);
}

static void expect(struct told *told, const char *text)
{
    assert_string_equal(told->text, text);
    *told = (struct told){0};
}

static void append(struct buffer *out, const char *type, const char *peer, uint32_t direction, const char *agreement,
                   uint64_t until_ns)
{
    struct permission permission = {.type = bytes_string(type),
                                    .peer = bytes_string(peer),
                                    .direction = direction,
                                    .agreement = bytes_string(agreement),
                                    .valid_until_ns = until_ns};
    permission_append(out, &permission);
}

static void test_a_program_is_told_what_it_may_and_until_when(void **state)
{
    BUFFER_CLEANUP struct buffer elements = {0};
    struct permissions permissions = {0};
    struct told told = {0};
    uint64_t until_ns = 0;
    const struct permissions_listener listener = {.tell = take, .context = &told};
    (void)state;
    append(&elements, "dossier.received", "portal", PERMISSION_SEND, "reception", NOW_NS + DAY_NS);
    append(&elements, "dossier.received", "edoc", PERMISSION_SEND, "copies", PERMISSIONS_FOREVER);
    append(&elements, "dossier.rated", "portal", PERMISSION_RECEIVE, "rating", NOW_NS);
    assert_int_equal(permissions_find(&permissions, "dossier.received", PERMISSION_SEND, NULL, NOW_NS, &until_ns),
                     TRUC_E_DISCONNECTED);
    assert_int_equal(permissions_replace(&permissions, buffer_view(&elements), &listener), 0);
    assert_int_equal(permissions_find(&permissions, "dossier.received", PERMISSION_SEND, "portal", NOW_NS, &until_ns),
                     0);
    assert_int_equal(until_ns, NOW_NS + DAY_NS);
    assert_int_equal(permissions_find(&permissions, "dossier.received", PERMISSION_SEND, NULL, NOW_NS, &until_ns), 0);
    assert_int_equal(until_ns, PERMISSIONS_FOREVER);
    assert_int_equal(permissions_find(&permissions, "dossier.received", PERMISSION_RECEIVE, NULL, NOW_NS, NULL),
                     TRUC_E_NO_AGREEMENT);
    assert_int_equal(permissions_find(&permissions, "dossier.received", PERMISSION_SEND, "tax", NOW_NS, NULL),
                     TRUC_E_NO_AGREEMENT);
    assert_int_equal(permissions_find(&permissions, "dossier.rated", PERMISSION_RECEIVE, "portal", NOW_NS, NULL),
                     TRUC_E_AGREEMENT_LAPSED);
    expect(&told, ""); /* the first are no change */
    permissions_free(&permissions);
}

static void test_an_end_is_told_once_at_each_step_and_once_an_agreement(void **state)
{
    BUFFER_CLEANUP struct buffer elements = {0};
    struct permissions permissions = {0};
    struct told told = {0};
    const struct permissions_listener listener = {.tell = take, .context = &told};
    const uint64_t end_ns = NOW_NS + 100 * DAY_NS;
    (void)state;
    append(&elements, "dossier.received", "portal", PERMISSION_SEND, "reception", end_ns);
    append(&elements, "dossier.rated", "portal", PERMISSION_RECEIVE, "reception", end_ns);
    append(&elements, "dossier.copied", "edoc", PERMISSION_SEND, "copies", 0); /* open-ended */
    assert_int_equal(permissions_replace(&permissions, buffer_view(&elements), &listener), 0);
    permissions_watch(&permissions, NOW_NS, &listener);
    expect(&told, "");
    permissions_watch(&permissions, end_ns - 90 * DAY_NS, &listener);
    expect(&told, "4 agreement reception lapses within 90 days, on 2025-01-12\n");
    permissions_watch(&permissions, end_ns - 31 * DAY_NS, &listener);
    expect(&told, "");
    assert_int_equal(permissions_replace(&permissions, buffer_view(&elements), &listener), 0); /* connected anew */
    permissions_watch(&permissions, end_ns - 31 * DAY_NS, &listener);
    expect(&told, "");
    permissions_watch(&permissions, end_ns - 8 * DAY_NS, &listener);
    expect(&told, "4 agreement reception lapses within 30 days, on 2025-01-12\n");
    permissions_watch(&permissions, end_ns - 1, &listener);
    expect(&told, "4 agreement reception lapses within 7 days, on 2025-01-12\n");
    permissions_watch(&permissions, end_ns, &listener);
    permissions_watch(&permissions, end_ns + DAY_NS, &listener);
    expect(&told, "3 agreement reception has lapsed on 2025-01-12: its messages are refused\n");
    permissions_free(&permissions);
}

static void test_more_than_the_bound_is_told(void **state)
{
    BUFFER_CLEANUP struct buffer elements = {0};
    struct permissions permissions = {0};
    struct told told = {0};
    const struct permissions_listener listener = {.tell = take, .context = &told};
    (void)state;
    for (int i = 0; i <= PERMISSIONS_MAX; i++)
        append(&elements, "dossier.received", "portal", PERMISSION_SEND, "reception", 0);
    assert_int_equal(permissions_replace(&permissions, buffer_view(&elements), &listener), 0);
    assert_int_equal(permissions.count, PERMISSIONS_MAX);
    assert_int_equal(told.count, 1);
    assert_non_null(strstr(told.text, "more than 4096"));
    permissions_free(&permissions);
}

static void test_a_change_reaches_a_connected_adapter(void **state)
{
    BUFFER_CLEANUP struct buffer before = {0}, after = {0};
    struct small_broker broker;
    struct told told = {0};
    char path[128];
    truc_adapter *adapter = NULL;
    (void)state;
    append(&before, "citizen.changed", "onestop", PERMISSION_SEND, "registry", 0);
    append(&after, "citizen.verify", "onestop", PERMISSION_RECEIVE, "verification", 0);
    broker_begin(&broker);
    broker.permissions = buffer_view(&before);
    broker_path(&broker, "settings.yaml", path);
    struct truc_options options = {.size = sizeof options, .settings = path, .log = take, .log_context = &told};
    assert_int_equal(truc_adapter_open(&options, &adapter, NULL), 0);
    assert_int_equal(truc_permitted(adapter, "citizen.changed", TRUC_SENDING, NULL, NULL), TRUC_E_DISCONNECTED);
    broker_pump_until(&broker, adapter, &told.count, 1); /* "connected" */
    assert_int_equal(truc_permitted(adapter, "citizen.changed", TRUC_SENDING, "onestop", NULL), 0);
    assert_int_equal(truc_permitted(adapter, "citizen.verify", TRUC_RECEIVING, "onestop", NULL), TRUC_E_NO_AGREEMENT);
    assert_int_equal(truc_permitted(adapter, NULL, TRUC_SENDING, NULL, NULL), TRUC_E_ARGUMENT);
    broker.permissions = buffer_view(&after);
    broker_welcome(&broker);
    broker_pump_until(&broker, adapter, &told.count, 4);
    assert_int_equal(truc_permitted(adapter, "citizen.changed", TRUC_SENDING, "onestop", NULL), TRUC_E_NO_AGREEMENT);
    assert_int_equal(truc_permitted(adapter, "citizen.verify", TRUC_RECEIVING, "onestop", NULL), 0);
    assert_non_null(strstr(told.text, "6 agreement verification now permits receiving citizen.verify from onestop\n"));
    assert_non_null(strstr(told.text, "4 agreement registry no longer permits sending citizen.changed to onestop\n"));
    truc_adapter_close(adapter);
    broker_end(&broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_program_is_told_what_it_may_and_until_when),
        cmocka_unit_test(test_an_end_is_told_once_at_each_step_and_once_an_agreement),
        cmocka_unit_test(test_more_than_the_bound_is_told),
        cmocka_unit_test(test_a_change_reaches_a_connected_adapter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
