/* test_token_key.c - promises about keys in a token: they sign as keys in files do, for each algorithm; what is wrong is named.
 * A real PKCS #11 module (SoftHSM) with a token of its own in a temporary folder.
 * Arguments: the module's path. See adapters/sdk/keys/token_key.h. */
#include "small_broker.h"
#include "token_key.h"

#include "cmocka_start.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;
static const char *module_path;

struct bench {
    struct small_broker broker;
    struct signing_key *keys[3];
};
static const enum signing_algorithm algorithms[] = {SIGNING_ED25519, SIGNING_ECDSA_P256, SIGNING_RSA};

static void run_tool(const char *const *arguments)
{
    pid_t pid;
    int status;
    assert_int_equal(posix_spawnp(&pid, "softhsm2-util", NULL, NULL, (char *const *)(uintptr_t)arguments, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void import(const struct small_broker *broker, const struct signing_key *key, const char *label, const char *id)
{
    BUFFER_CLEANUP struct buffer pem = {0};
    char path[128];
    assert_int_equal(signing_key_append_pem(key, &pem, NULL), 0);
    broker_write(broker, "import.pem", buffer_view(&pem), 0600);
    broker_path(broker, "import.pem", path);
    run_tool((const char *const[]){"softhsm2-util", "--import", path, "--token", "truc", "--label", label, "--id", id,
                                   "--pin", "1234", NULL});
    assert_int_equal(remove(path), 0);
}

/* A token with a key of each algorithm, labelled "0", "1", "2", and the adapter's own, labelled "adapter". */
static int setup(void **state)
{
    static struct bench bench;
    char folder[128], path[128];
    BUFFER_CLEANUP struct buffer conf = {0};
    broker_begin(&bench.broker);
    broker_path(&bench.broker, "tokens", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    buffer_printf(&conf, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", folder);
    broker_write(&bench.broker, "softhsm2.conf", buffer_view(&conf), 0600);
    broker_path(&bench.broker, "softhsm2.conf", path);
    assert_int_equal(setenv("SOFTHSM2_CONF", path, 1), 0);
    run_tool((const char *const[]){"softhsm2-util", "--init-token", "--free", "--label", "truc", "--pin", "1234",
                                   "--so-pin", "5678", NULL});
    for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
        char label[2] = {(char)('0' + i)}, id[3] = {'1', (char)('0' + i)};
        assert_int_equal(signing_key_generate(algorithms[i], &bench.keys[i], NULL), 0);
        import(&bench.broker, bench.keys[i], label, id);
    }
    import(&bench.broker, bench.broker.adapter.key, "adapter", "20");
    broker_write(&bench.broker, "pin", bytes_string("1234\n"), 0600);
    *state = &bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < COUNT_OF(algorithms); i++)
        signing_key_free(bench->keys[i]);
    broker_end(&bench->broker);
    return 0;
}

static int open_key(const char *attributes, const char *pin, const struct signing_key *of, struct signing_key **ret_key,
                    struct truc_fault *fault)
{
    char uri[512];
    (void)snprintf(uri, sizeof uri, "pkcs11:token=truc;%s?module-path=%s", attributes, module_path);
    *fault = (struct truc_fault){0};
    *ret_key = NULL;
    return token_key_open(uri, bytes_string(pin), signing_key_public(of), ret_key, fault);
}

static void test_a_tokens_key_signs_as_a_files_key_does(void **state)
{
    const struct bench *bench = *state;
    static const char *const attributes[] = {"object=0", "id=%11", "object=2;id=%12"};
    for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
        struct signing_key *key;
        struct truc_fault fault;
        BUFFER_CLEANUP struct buffer signature = {0}, pem = {0};
        struct bytes text = bytes_string("statement");
        int code = open_key(attributes[i], "1234", bench->keys[i], &key, &fault);
        assert_string_equal(fault.text, "");
        assert_int_equal(code, 0);
        for (int times = 0; times < 20; times++) { /* ECDSA's numbers have leading zeros now and then */
            buffer_clear(&signature);
            assert_int_equal(signing_key_sign(key, text, &signature), 0);
            assert_int_equal(verify_key_check(signing_key_public(bench->keys[i]), text, buffer_view(&signature)), 0);
        }
        assert_int_equal(signing_key_append_pem(key, &pem, NULL), TRUC_E_STATE);
        signing_key_free(key);
    }
}

static void test_what_is_wrong_with_a_token_is_named(void **state)
{
    const struct bench *bench = *state;
    static const struct {
        const char *attributes, *pin, *text;
        int code;
    } wrong[] = {
        {"object=0", "9999", "logging in", TRUC_E_CRYPTO},
        {"object=0", "", "no private key", TRUC_E_NOT_FOUND},
        {"object=nothing", "1234", "no private key", TRUC_E_NOT_FOUND},
        {"object=1", "1234", "does not sign with Ed25519", TRUC_E_CRYPTO},
        {"object=adapter", "1234", "not the one of the token's key", TRUC_E_CONFIG},
        {"type=private", "1234", "more than one", TRUC_E_NOT_FOUND},
        {"serial=0000", "1234", "describes 0 tokens", TRUC_E_NOT_FOUND},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct signing_key *key;
        struct truc_fault fault;
        int code = open_key(wrong[i].attributes, wrong[i].pin, bench->keys[0], &key, &fault);
        if (code != wrong[i].code || strstr(fault.text, wrong[i].text) == NULL)
            fail_msg("%s: %d '%s'", wrong[i].attributes, code, fault.text);
        assert_null(key);
    }
}

static void test_what_is_wrong_with_a_uri_is_named(void **state)
{
    const struct bench *bench = *state;
    static const struct {
        const char *uri, *text;
        int code;
    } wrong[] = {
        {"pkcs11:token=truc", "names no module-path", TRUC_E_CONFIG},
        {"pkcs11:token=truc?module-path=/m.so&pin-value=1234", "holds a PIN", TRUC_E_CONFIG},
        {"pkcs11:tokens=truc?module-path=/m.so", "not known", TRUC_E_CONFIG},
        {"pkcs11:token=%zz?module-path=/m.so", "can't be read", TRUC_E_CONFIG},
        {"pkcs11:token=truc?module-path=/nowhere/m.so", "/nowhere/m.so can't be loaded", TRUC_E_NOT_FOUND},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct signing_key *key = NULL;
        struct truc_fault fault = {0};
        int code = token_key_open(wrong[i].uri, BYTES_EMPTY, signing_key_public(bench->keys[0]), &key, &fault);
        if (code != wrong[i].code || strstr(fault.text, wrong[i].text) == NULL)
            fail_msg("%s: %d '%s'", wrong[i].uri, code, fault.text);
        assert_null(strstr(fault.text, "1234"));
        assert_null(key);
    }
    char long_uri[TOKEN_URI_BYTES_MAX + 16], path[TOKEN_URI_BYTES_MAX];
    memset(long_uri, 'a', sizeof long_uri);
    memcpy(long_uri, "pkcs11:object=", 14);
    long_uri[sizeof long_uri - 1] = '\0';
    struct truc_fault fault = {0};
    assert_int_equal(token_uri_pin_file(long_uri, path, &fault), TRUC_E_CONFIG);
    assert_int_equal(token_uri_pin_file("pkcs11:?module-path=/m.so&pin-source=http://x", path, &fault), TRUC_E_CONFIG);
    assert_non_null(strstr(fault.text, "no file"));
}

static void write_token_settings(const struct small_broker *broker)
{
    char line[512];
    (void)snprintf(line, sizeof line,
                   "signing-key: 'pkcs11:token=truc;object=adapter?module-path=%s&pin-source=file:pin'", module_path);
    broker_write_settings(broker, "signing-key", line);
}

static int open_adapter(const struct small_broker *broker, truc_adapter **ret_adapter, struct truc_fault *fault)
{
    char path[128];
    broker_path(broker, "settings.yaml", path);
    struct truc_options options = {.size = sizeof options, .settings = path};
    *fault = (struct truc_fault){0};
    return truc_adapter_open(&options, ret_adapter, fault);
}

/* With the key in the token there is none in a file. */
static void test_an_adapter_publishes_with_a_tokens_key(void **state)
{
    struct bench *bench = *state;
    char path[128];
    truc_adapter *adapter = NULL;
    struct truc_fault fault;
    struct truc_outgoing message = {.size = sizeof message,
                                    .type = "citizen.changed",
                                    .payload = "p",
                                    .payload_bytes = 1,
                                    .classification = TRUC_NOT_SECRET};
    broker_path(&bench->broker, "signing.pem", path);
    assert_int_equal(remove(path), 0);
    write_token_settings(&bench->broker);
    int code = open_adapter(&bench->broker, &adapter, &fault);
    assert_string_equal(fault.text, "");
    assert_int_equal(code, 0);
    assert_int_equal(truc_publish(adapter, &message, NULL, NULL, NULL), 0);
    broker_pump_until(&bench->broker, adapter, &bench->broker.published_count, 1);
    truc_adapter_close(adapter);
    broker_pump_until(&bench->broker, NULL, &bench->broker.bye_count, 1);
}

static void test_a_pin_that_others_may_read_is_refused(void **state)
{
    struct bench *bench = *state;
    char path[128];
    truc_adapter *adapter = NULL;
    struct truc_fault fault;
    write_token_settings(&bench->broker);
    broker_path(&bench->broker, "pin", path);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(open_adapter(&bench->broker, &adapter, &fault), TRUC_E_CONFIG);
    assert_non_null(strstr(fault.text, "pin holds a secret"));
    assert_non_null(strstr(fault.where, "settings.yaml:6:14"));
    assert_int_equal(chmod(path, 0600), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tokens_key_signs_as_a_files_key_does),
        cmocka_unit_test(test_what_is_wrong_with_a_token_is_named),
        cmocka_unit_test(test_what_is_wrong_with_a_uri_is_named),
        cmocka_unit_test(test_an_adapter_publishes_with_a_tokens_key),
        cmocka_unit_test(test_a_pin_that_others_may_read_is_refused),
    };
    if (argc != 2)
        return 2;
    module_path = argv[1];
    return cmocka_run_group_tests(tests, setup, teardown);
}
