/* init_keys.c - makes every key and certificate of a new state directory.
 * Secrets: written with mode 0600 into folders of mode 0700, wiped from memory, never printed.
 * See init_plan.h for the flow. */
#include "cli_words.h"
#include "init_plan.h"

#include "key_make.h"
#include "secret_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { SECRET_MODE = 0600, PUBLIC_MODE = 0644, SECRET_FOLDER_MODE = 0700 };

struct authority {
    struct signing_key *key;
    struct issuers issuers; /* the first one's key it is */
    struct buffer pem;      /* all of them, as every system is to know them */
};

static void authority_clear(struct authority *authority)
{
    issuers_clear(&authority->issuers);
    signing_key_free(authority->key);
    buffer_free(&authority->pem);
}

static int create(const struct init_plan *plan, const char *name, struct buffer *content, mode_t mode,
                  struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    if (buffer_failed(content))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for %s"), name);
    int code = cli_path(path, fault, "%s/%s", plan->root, name);
    return code < 0 ? code : cli_file_create(path, buffer_view(content), mode, fault);
}

/* A file of one line. */
static int create_line(const struct init_plan *plan, const char *name, const char *text, mode_t mode,
                       struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer line = {0};
    buffer_append_string(&line, text);
    buffer_append_byte(&line, '\n');
    return create(plan, name, &line, mode, fault);
}

static int create_folder(const struct init_plan *plan, const char *name, mode_t mode, struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    int code = cli_path(path, fault, "%s/%s", plan->root, name);
    return code < 0 ? code : cli_directory_create(path, mode, fault);
}

static int create_secret(const struct init_plan *plan, const char *name, struct truc_fault *fault)
{
    KEY_MAKE_CLEANUP struct buffer text = {0};
    int code = key_make_secret(name, &text, fault);
    return code < 0 ? code : create(plan, name, &text, SECRET_MODE, fault);
}

static int create_signing_key(const struct init_plan *plan, const char *name, enum signing_algorithm algorithm,
                              struct signing_key **ret_key, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer pem = {0};
    struct signing_key *key = NULL;
    int code = signing_key_generate(algorithm, &key, fault);
    if (code == 0)
        code = signing_key_append_pem(key, &pem, fault);
    if (code == 0)
        code = create(plan, name, &pem, SECRET_MODE, fault);
    if (code == 0)
        *ret_key = key;
    else
        signing_key_free(key);
    return code;
}

static int create_certificate(const struct init_plan *plan, const char *name, const struct certificate *certificate,
                              struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer pem = {0};
    int code = certificate_append_pem(certificate, &pem, fault);
    return code < 0 ? code : create(plan, name, &pem, PUBLIC_MODE, fault);
}

/* In config/, at the place its YAML names, folders included. */
static int config_name(const struct init_plan *plan, const char *file, char out[CLI_PATH_BYTES],
                       struct truc_fault *fault)
{
    char root[CLI_PATH_BYTES];
    int code = cli_path(root, fault, "%s/config", plan->root);
    if (code == 0)
        code = cli_directories_for(root, file, fault);
    return code < 0 ? code : cli_path(out, fault, "config/%s", file);
}

static int make_authority(const struct init_plan *plan, struct authority *authority, struct truc_fault *fault)
{
    char name[CLI_PATH_BYTES];
    int code = create_signing_key(plan, "keys/ca.key", plan->algorithm, &authority->key, fault);
    if (code == 0)
        code = certificate_make_authority(authority->key, plan->bus, plan->now_ns, &authority->issuers.list[0], fault);
    authority->issuers.count = code == 0;
    if (code == 0)
        code = certificate_append_pem(&authority->issuers.list[0], &authority->pem, fault);
    if (code == 0 && plan->authority_file)
        code = config_name(plan, plan->authority_file, name, fault);
    if (code == 0 && plan->authority_file)
        code = create(plan, name, &authority->pem, PUBLIC_MODE, fault);
    return code;
}

static int make_broker_keys(struct init_plan *plan, struct truc_fault *fault)
{
    CURVE_KEY_CLEANUP struct curve_key key;
    if (curve_key_generate(&key) < 0)
        return fault_set(fault, TRUC_E_CRYPTO, _("no random numbers for the broker's key"));
    memcpy(plan->broker_public, key.public_text, sizeof plan->broker_public);
    int code = create_line(plan, "keys/broker.curve", key.secret_text, SECRET_MODE, fault);
    return code < 0 ? code : create_line(plan, "keys/broker.pub", key.public_text, SECRET_MODE, fault);
}

static int make_checkpoint_key(struct init_plan *plan, struct truc_fault *fault)
{
    KEY_MAKE_CLEANUP struct buffer pem = {0};
    int code = key_make_checkpoint(plan->bus, &pem, &plan->checkpoint_vkey, fault);
    if (code == 0)
        code = create(plan, "keys/checkpoint.key", &pem, SECRET_MODE, fault);
    const char *text = buffer_string(&plan->checkpoint_vkey);
    if (code == 0)
        code = text ? create_line(plan, "keys/checkpoint.vkey", text, SECRET_MODE, fault)
                    : fault_set(fault, TRUC_E_MEMORY, _("no memory for the checkpoint key"));
    return code;
}

static int make_transport_key(const struct init_plan *plan, const struct init_system *system, struct truc_fault *fault)
{
    CURVE_KEY_CLEANUP struct curve_key key;
    char name[CLI_PATH_BYTES];
    if (system->public_key_file == NULL)
        return 0;
    if (curve_key_generate(&key) < 0)
        return fault_set(fault, TRUC_E_CRYPTO, _("no random numbers for '%s'"), system->id);
    int code = cli_path(name, fault, "systems/%s/transport.key", system->id);
    if (code == 0)
        code = create_line(plan, name, key.secret_text, SECRET_MODE, fault);
    if (code == 0)
        code = config_name(plan, system->public_key_file, name, fault);
    return code < 0 ? code : create_line(plan, name, key.public_text, PUBLIC_MODE, fault);
}

static int make_certificate(const struct init_plan *plan, struct authority *authority, const struct init_system *system,
                            struct truc_fault *fault)
{
    char name[CLI_PATH_BYTES];
    struct signing_key *key = NULL;
    CERTIFICATE_CLEANUP struct certificate certificate = {0};
    if (system->certificate_file == NULL)
        return 0;
    int code = cli_path(name, fault, "systems/%s/signing.key", system->id);
    if (code == 0)
        code = create_signing_key(plan, name, plan->algorithm, &key, fault);
    if (code < 0)
        return code;
    const struct certificate_request request = {plan->bus, system->id, signing_key_public(key), plan->now_ns};
    code = certificate_issue(&authority->issuers.list[0], authority->key, &request, &certificate, fault);
    if (code == 0)
        code = cli_path(name, fault, "systems/%s/certificate.pem", system->id);
    if (code == 0)
        code = create_certificate(plan, name, &certificate, fault);
    if (code == 0)
        code = config_name(plan, system->certificate_file, name, fault);
    if (code == 0)
        code = create_certificate(plan, name, &certificate, fault);
    if (code == 0) /* so that the folder is whole by itself when it is handed to the system */
        code = cli_path(name, fault, "systems/%s/authority.pem", system->id);
    if (code == 0)
        code = create(plan, name, &authority->pem, PUBLIC_MODE, fault);
    signing_key_free(key);
    return code;
}

/* The SDK's settings; relative names start at the settings file's folder. */
static int make_settings(const struct init_plan *plan, const struct init_system *system, struct truc_fault *fault)
{
    char name[CLI_PATH_BYTES], broker[CLI_PATH_BYTES];
    BUFFER_CLEANUP struct buffer text = {0};
    int code = init_client_endpoint(plan->listen, broker, sizeof broker, fault);
    if (code < 0)
        return code;
    buffer_printf(&text, "# How '%s' reaches the bus; made by truc. All it needs lies beside this file.\n", system->id);
    buffer_printf(&text, "bus: %s\nsystem: %s\nbroker: %s\n", plan->bus, system->id, broker);
    if (plan->broker_next[0])
        buffer_printf(&text, "server-key: [\"%s\", \"%s\"]\n", plan->broker_public, plan->broker_next);
    else
        buffer_printf(&text, "server-key: \"%s\"\n", plan->broker_public);
    if (system->public_key_file)
        buffer_append_string(&text, "transport-key: transport.key\n");
    if (system->certificate_file)
        buffer_append_string(&text,
                             "signing-key: signing.key\ncertificate: certificate.pem\nauthority: authority.pem\n");
    buffer_append_string(&text, "salt-secret: salt.key\ninbox: inbox.sqlite\n");
    code = cli_path(name, fault, "systems/%s/settings.yaml", system->id);
    return code < 0 ? code : create(plan, name, &text, SECRET_MODE, fault);
}

static int make_system(const struct init_plan *plan, struct authority *authority, const struct init_system *system,
                       struct truc_fault *fault)
{
    char name[CLI_PATH_BYTES];
    int code = cli_path(name, fault, "systems/%s", system->id);
    if (code == 0)
        code = create_folder(plan, name, SECRET_FOLDER_MODE, fault);
    if (code == 0)
        code = make_transport_key(plan, system, fault);
    if (code == 0)
        code = make_certificate(plan, authority, system, fault);
    if (code == 0)
        code = cli_path(name, fault, "systems/%s/salt.key", system->id);
    if (code == 0)
        code = create_secret(plan, name, fault);
    return code < 0 ? code : make_settings(plan, system, fault);
}

int init_make_keys(struct init_plan *plan, struct truc_fault *fault)
{
    struct authority authority = {0};
    int code = create_folder(plan, "keys", SECRET_FOLDER_MODE, fault);
    if (code == 0)
        code = create_folder(plan, "systems", 0755, fault);
    if (code == 0)
        code = make_authority(plan, &authority, fault);
    if (code == 0)
        code = make_broker_keys(plan, fault);
    if (code == 0)
        code = create_secret(plan, "keys/journal.key", fault);
    if (code == 0)
        code = create_secret(plan, "keys/persons.key", fault);
    if (code == 0)
        code = make_checkpoint_key(plan, fault);
    for (size_t i = 0; code == 0 && i < plan->systems_count; i++)
        code = make_system(plan, &authority, &plan->systems[i], fault);
    authority_clear(&authority);
    return code;
}

/* ---- one more system of a bus that is there ---- */

static int read_authority(const struct init_plan *plan, const char *key_file, struct authority *authority,
                          struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    SECRET_CLEANUP struct secret key = {0};
    int code = secret_file_read(key_file, &key, fault);
    if (code < 0) {
        fault_hint(fault, _("the authority's key may be kept elsewhere: --authority-key FILE"));
        return code;
    }
    code = signing_key_from_pem(secret_text(&key), &authority->key, fault);
    if (code == 0)
        code = cli_path(path, fault, "%s/config/%s", plan->root, plan->authority_file);
    if (code == 0)
        code = cli_file_read(path, &authority->pem, fault);
    if (code == 0)
        code = issuers_from_pem(buffer_view(&authority->pem), &authority->issuers, fault);
    if (code == 0 && memcmp(&signing_key_public(authority->key)->id, &authority->issuers.list[0].key.id,
                            sizeof authority->issuers.list[0].key.id) != 0)
        code = fault_set(fault, TRUC_E_CONFIG, _("%s is not the key of the authority config/%s"), key_file,
                         plan->authority_file);
    return code;
}

static int read_public(const struct init_plan *plan, const char *name, char out[CURVE_KEY_TEXT_BYTES],
                       struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    BUFFER_CLEANUP struct buffer text = {0};
    int code = cli_path(path, fault, "%s/%s", plan->root, name);
    if (code == 0)
        code = cli_file_read(path, &text, fault);
    if (code == 0 && text.size < CURVE_KEY_TEXT_BYTES - 1)
        code = fault_set(fault, TRUC_E_CONFIG, _("%s is no transport key"), path);
    if (code < 0 || text.data == NULL)
        return code;
    memcpy(out, text.data, CURVE_KEY_TEXT_BYTES - 1);
    out[CURVE_KEY_TEXT_BYTES - 1] = '\0';
    return 0;
}

/* While it is being changed: the next one, too. */
static int read_broker_key(struct init_plan *plan, struct truc_fault *fault)
{
    struct truc_fault none = {0};
    int code = read_public(plan, "keys/broker.pub", plan->broker_public, fault);
    if (code == 0 && (code = read_public(plan, "keys/broker.pub.next", plan->broker_next, &none)) == TRUC_E_NOT_FOUND)
        return 0;
    if (code < 0 && none.code)
        *fault = none;
    return code;
}

/* Nothing that is there is replaced, and nothing is begun that could not be ended for that reason. */
static int check_free(const struct init_plan *plan, const char *folder, const char *file, struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    int code = file ? cli_path(path, fault, "%s/%s/%s", plan->root, folder, file) : 0;
    if (code < 0 || file == NULL || access(path, F_OK) < 0)
        return code;
    code = fault_set(fault, TRUC_E_EXISTS, _("'%s' exists already; nothing was changed"), path);
    if (strcmp(folder, "systems") == 0)
        fault_hint(fault, _("hand that folder over to its system, or move it away, and say it again"));
    else
        fault_hint(fault, _("new keys beside those it has: truc system rotate-key SYSTEM"));
    return code;
}

int init_add_system(struct init_plan *plan, const struct init_system *system, const char *authority_key_file,
                    struct truc_fault *fault)
{
    struct authority authority = {0};
    char path[CLI_PATH_BYTES];
    int code = check_free(plan, "systems", system->id, fault);
    if (code == 0)
        code = check_free(plan, "config", system->public_key_file, fault);
    if (code == 0)
        code = check_free(plan, "config", system->certificate_file, fault);
    if (code == 0)
        code = read_broker_key(plan, fault);
    if (code == 0 && system->certificate_file)
        code = read_authority(plan, authority_key_file, &authority, fault);
    if (code == 0)
        code = cli_path(path, fault, "%s/systems", plan->root);
    if (code == 0 && !cli_is_directory(path)) /* removed when everything had been handed over */
        code = create_folder(plan, "systems", 0755, fault);
    if (code == 0)
        code = make_system(plan, &authority, system, fault);
    authority_clear(&authority);
    return code;
}
