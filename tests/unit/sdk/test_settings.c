/* test_settings.c - promises about the settings file: what is wrong is named with its place; secrets must be private.
 * Opens adapters, connects to nothing.
 * See docs/sdk.md. */
#include "small_broker.h"

#include "cmocka_start.h"

#include <sys/stat.h>

static int open_with(struct small_broker *broker, struct truc_fault *fault)
{
    char path[128];
    truc_adapter *adapter = NULL;
    broker_path(broker, "settings.yaml", path);
    struct truc_options options = {.size = sizeof options, .settings = path};
    *fault = (struct truc_fault){0};
    int code = truc_adapter_open(&options, &adapter, fault);
    truc_adapter_close(adapter);
    return code;
}

static void test_sound_settings_open(void **state)
{
    struct small_broker broker;
    struct truc_fault fault;
    (void)state;
    broker_begin(&broker);
    assert_int_equal(open_with(&broker, &fault), 0);
    broker_end(&broker);
}

static void test_a_mistake_is_named_with_its_place(void **state)
{
    static const struct {
        const char *key, *line, *text, *where;
    } wrong[] = {
        {"system", "sistem: population", "sistem", "settings.yaml:2:1"},
        {"server-key", "server-key: abc", "server-key", "settings.yaml:4:13"},
        {"server-key", "server-key: [abc]", "server-key", "settings.yaml:4:13"},
        {"server-key", "server-key: [a, b, c, d, e]", "5 keys", "settings.yaml:4:13"},
        {"broker", "broker: []", "empty", "settings.yaml:3:9"},
        {"broker", "broker: [a, b, c, d, e, f, g, h, i]", "9 addresses", "settings.yaml:3:9"},
        {"inbox", "inbox-keep: soon", "span", "settings.yaml:10:13"},
        {"salt-secret", "salt-secret: settings.yaml", "settings.yaml", "settings.yaml:9:14"},
    };
    struct small_broker broker;
    struct truc_fault fault;
    (void)state;
    broker_begin(&broker);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        broker_write_settings(&broker, wrong[i].key, wrong[i].line);
        assert_int_equal(open_with(&broker, &fault), TRUC_E_CONFIG);
        if (strstr(fault.text, wrong[i].text) == NULL || strstr(fault.where, wrong[i].where) == NULL)
            fail_msg("%s: '%s' at '%s'", wrong[i].line, fault.text, fault.where);
    }
    broker_write_settings(&broker, "authority", "authority: missing.pem");
    assert_int_equal(open_with(&broker, &fault), TRUC_E_IO);
    assert_non_null(strstr(fault.text, "missing.pem"));
    broker_end(&broker);
}

static void test_a_secret_file_that_others_may_open_is_refused(void **state)
{
    static const char *const secrets[] = {"transport.key", "signing.pem", "salt"};
    struct small_broker broker;
    struct truc_fault fault;
    (void)state;
    broker_begin(&broker);
    for (size_t i = 0; i < COUNT_OF(secrets); i++) {
        char path[128];
        broker_path(&broker, secrets[i], path);
        assert_int_equal(chmod(path, 0640), 0);
        assert_int_equal(open_with(&broker, &fault), TRUC_E_CONFIG);
        assert_non_null(strstr(fault.text, secrets[i]));
        assert_non_null(strstr(fault.hint, "chmod 600"));
        assert_int_equal(chmod(path, 0600), 0);
    }
    broker_end(&broker);
}

static void test_another_systems_keys_are_refused(void **state)
{
    struct small_broker broker;
    struct truc_fault fault;
    BUFFER_CLEANUP struct buffer pem = {0};
    (void)state;
    broker_begin(&broker);
    broker_write_settings(&broker, "system", "system: onestop");
    assert_true(open_with(&broker, &fault) < 0);
    broker_write_settings(&broker, NULL, NULL);
    assert_int_equal(signing_key_append_pem(broker.peer.key, &pem, NULL), 0);
    broker_write(&broker, "signing.pem", buffer_view(&pem), 0600);
    assert_int_equal(open_with(&broker, &fault), TRUC_E_CONFIG);
    assert_null(strstr(fault.text, "PRIVATE"));
    broker_end(&broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound_settings_open),
        cmocka_unit_test(test_a_mistake_is_named_with_its_place),
        cmocka_unit_test(test_a_secret_file_that_others_may_open_is_refused),
        cmocka_unit_test(test_another_systems_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
