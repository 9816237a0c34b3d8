/* test_strict.c - who is not registered, lies about itself, is suspended or revoked gets nowhere, and is told so by name.
 * One real broker; each test is an adapter over libtruc with one thing wrong. The first test shows that a right one gets in.
 * That ZeroMQ alone refuses unknown keys is tested in tests/unit/io. */
#include "cmocka_start.h"

#include <stdbool.h>
#include <stdio.h>

#include "kit_bus.h"
#include "strict_probe.h"
#include "strict_settings.h"

struct strict {
    struct kit_bus bus;
    struct kit_bus other; /* another bus's keys; its broker is never started */
};

static void assert_done(int code, const struct truc_fault *fault)
{
    if (code < 0)
        fail_msg("%s: %s", truc_error_name(fault->code), fault->text);
}

static int make_buses(struct strict *strict, struct truc_fault *fault)
{
    char stranger[KIT_PATH_BYTES], ours[KIT_PATH_BYTES], theirs[KIT_PATH_BYTES];
    int code = kit_bus_make(&strict->bus, NULL, STRICT_CONFIG, NULL, fault);
    if (code == 0)
        code = kit_bus_make(&strict->other, NULL, STRICT_CONFIG, "other", fault);
    if (code == 0)
        code = kit_path(stranger, fault, "%s/config/keys/stranger.pub", strict->bus.state);
    if (code == 0)
        code = settings_foreign_key(stranger, fault); /* so the stranger's own key is registered nowhere */
    if (code == 0)
        code = kit_path(ours, fault, "%s/config/keys/beta.pub", strict->bus.state);
    if (code == 0)
        code = kit_path(theirs, fault, "%s/config/keys/beta.pub", strict->other.state);
    if (code == 0)
        code = settings_copy(theirs, ours,
                             fault); /* beta's transport key is that of the other bus: the handshake lets it in */
    return code < 0 ? code : kit_bus_start(&strict->bus, fault);
}

static int set_up(void **state)
{
    static struct strict strict;
    struct truc_fault fault = {0};
    *state = &strict;
    if (make_buses(&strict, &fault) == 0)
        return 0;
    print_error("%s: %s\n", truc_error_name(fault.code), fault.text);
    kit_bus_remove(&strict.bus);
    kit_bus_remove(&strict.other);
    return -1;
}

static int tear_down(void **state)
{
    struct strict *strict = *state;
    struct truc_fault fault = {0};
    int code = kit_bus_stop(&strict->bus, &fault);
    if (code < 0)
        print_error("%s: %s\n", truc_error_name(fault.code), fault.text);
    kit_bus_remove(&strict->bus);
    kit_bus_remove(&strict->other);
    return code;
}

static void open_as(const struct strict *strict, struct probe *probe, const char *system)
{
    char settings[KIT_PATH_BYTES];
    struct truc_fault fault = {0};
    assert_done(kit_bus_settings(&strict->bus, system, settings, &fault), &fault);
    assert_done(probe_open(probe, settings, &fault), &fault);
}

/* The adapter is told `text` and was never let in. */
static void assert_kept_out(struct probe *probe, const char *text)
{
    bool told = probe_until_logged(probe, text);
    if (!told)
        print_error("%s\n", buffer_string(&probe->log));
    bool connected = probe->was_connected;
    probe_close(probe);
    assert_true(told);
    assert_false(connected);
}

static void a_registered_system_gets_in_and_is_heard(void **state)
{
    struct probe probe;
    struct truc_fault fault = {0};
    open_as(*state, &probe, "alpha");
    assert_done(probe_publish(&probe, "strict-alpha-1", &fault), &fault);
    bool answered = probe_until_answered(&probe);
    int code = probe.code;
    probe_close(&probe);
    assert_true(answered);
    assert_int_equal(code, 0);
}

static void a_key_that_is_not_registered_stays_outside(void **state)
{
    struct probe probe;
    open_as(*state, &probe, "stranger");
    assert_kept_out(&probe, "does not know this transport key: register it in config/systems/ID.yaml, transport-keys "
                            "(UNKNOWN_KEY)");
}

static void a_system_of_another_bus_is_told_so(void **state)
{
    const struct strict *strict = *state;
    struct probe probe;
    struct truc_fault fault = {0};
    char right[KIT_PATH_BYTES], wrong[KIT_PATH_BYTES];
    assert_done(kit_bus_settings(&strict->bus, "beta", right, &fault), &fault);
    assert_done(kit_path(wrong, &fault, "%s/systems/beta/wrong-bus.yaml", strict->other.state), &fault);
    assert_done(settings_with(right, wrong, "bus: integration", "bus: other", &fault), &fault);
    assert_done(probe_open(&probe, wrong, &fault), &fault);
    assert_kept_out(&probe, "WRONG_BUS");
}

static void nobody_speaks_for_another_system(void **state)
{
    const struct strict *strict = *state;
    struct probe probe;
    struct truc_fault fault = {0};
    char right[KIT_PATH_BYTES], wrong[KIT_PATH_BYTES];
    assert_done(kit_bus_settings(&strict->bus, "alpha", right, &fault), &fault);
    assert_done(kit_path(wrong, &fault, "%s/systems/alpha/claims.yaml", strict->bus.state), &fault);
    assert_done(
        settings_with(right, wrong, "transport-key: transport.key", "transport-key: ../gamma/transport.key", &fault),
        &fault);
    assert_done(probe_open(&probe, wrong, &fault), &fault);
    assert_kept_out(&probe, "NOT_SENDER");
}

static void a_suspended_system_is_kept_out(void **state)
{
    struct probe probe;
    open_as(*state, &probe, "held");
    assert_kept_out(&probe, "SUSPENDED");
}

static void a_revoked_certificate_signs_nothing(void **state)
{
    struct probe probe;
    struct truc_fault fault = {0};
    open_as(*state, &probe, "revoked");
    assert_done(probe_publish(&probe, "strict-revoked-1", &fault), &fault);
    bool answered = probe_until_answered(&probe);
    int code = probe.code;
    bool named = strstr(probe.text, "revoked") != NULL;
    if (!named)
        print_error("%s\n", probe.text);
    probe_close(&probe);
    assert_true(answered);
    assert_int_equal(code, TRUC_E_SIGNING_KEY);
    assert_true(named);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registered_system_gets_in_and_is_heard),
        cmocka_unit_test(a_key_that_is_not_registered_stays_outside),
        cmocka_unit_test(a_system_of_another_bus_is_told_so),
        cmocka_unit_test(nobody_speaks_for_another_system),
        cmocka_unit_test(a_suspended_system_is_kept_out),
        cmocka_unit_test(a_revoked_certificate_signs_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
