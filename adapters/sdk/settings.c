/* settings.c - reading an adapter's settings file and the key files it names.
 * The keys of the file are one table; what they mean is in docs/sdk.md. Keeps no file open.
 * Called once by truc_adapter_open. */
#include "settings.h"

#include "encode.h"
#include "token_key.h"
#include "yaml_typed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct settings_object {
    const struct yaml_node *node;
    struct typed_value bus, system, broker, server_key, transport_key, signing_key, certificate, authority, salt_secret;
    struct typed_value inbox, inbox_keep, outbox, receive_credit, queue_messages, queue_size;
};

#define PLACE(member)     offsetof(struct settings_object, member)
#define BOUNDS(low, high) .least = (low), .most = (high)
#define GIB               (1024ull * 1024 * 1024)
#define HOUR_NS           3600000000000ull

static const struct yaml_key settings_keys[] = {
    {.name = "bus",
     .type = TYPED_ID,
     .required = true,
     .offset = PLACE(bus),
     .explanation = "the bus's id, as in its configuration"},
    {.name = "system",
     .type = TYPED_ID,
     .required = true,
     .offset = PLACE(system),
     .explanation = "this system's id, as in config/systems/"},
    {.name = "broker",
     .type = TYPED_TEXTS,
     .required = true,
     .offset = PLACE(broker),
     .explanation = "where the broker listens, e.g. tcp://127.0.0.1:7401; or a list, standby brokers behind it"},
    {.name = "server-key",
     .type = TYPED_TEXTS,
     .required = true,
     .offset = PLACE(server_key),
     .explanation =
         "the broker's public transport key, 40 characters of Z85; or a list, the next one behind the present"},
    {.name = "transport-key",
     .type = TYPED_TEXT,
     .required = true,
     .offset = PLACE(transport_key),
     .explanation = "file with this system's secret transport key, Z85"},
    {.name = "signing-key",
     .type = TYPED_TEXT,
     .required = true,
     .offset = PLACE(signing_key),
     .explanation = "file with this system's private signing key, PEM; or pkcs11: and what describes it in a token"},
    {.name = "certificate",
     .type = TYPED_TEXT,
     .required = true,
     .offset = PLACE(certificate),
     .explanation = "file with this system's certificate, PEM"},
    {.name = "authority",
     .type = TYPED_TEXT,
     .required = true,
     .offset = PLACE(authority),
     .explanation = "file with the certificate of the bus's authority, PEM"},
    {.name = "salt-secret",
     .type = TYPED_TEXT,
     .required = true,
     .offset = PLACE(salt_secret),
     .explanation = "file with at least 32 random bytes in hexadecimal"},
    {.name = "inbox",
     .type = TYPED_TEXT,
     .required = true,
     .offset = PLACE(inbox),
     .explanation = "file that remembers what was handled, or: memory"},
    {.name = "inbox-keep",
     .type = TYPED_SPAN,
     .offset = PLACE(inbox_keep),
     BOUNDS(HOUR_NS, HOUR_NS * 24 * 366),
     .explanation = "how long it is remembered (14d)"},
    {.name = "outbox",
     .type = TYPED_TEXT,
     .offset = PLACE(outbox),
     .explanation = "file that keeps published messages until they are answered (none)"},
    {.name = "receive-credit",
     .type = TYPED_SIZE,
     .offset = PLACE(receive_credit),
     BOUNDS(1024, GIB),
     .explanation = "bytes delivered and not yet settled (16MiB)"},
    {.name = "queue-messages",
     .type = TYPED_COUNT,
     .offset = PLACE(queue_messages),
     BOUNDS(1, 65536),
     .explanation = "messages published and not yet answered (4096)"},
    {.name = "queue-size",
     .type = TYPED_SIZE,
     .offset = PLACE(queue_size),
     BOUNDS(1024, 4 * GIB),
     .explanation = "their bytes (64MiB)"},
};
static const struct yaml_object settings_table = {.title = "settings file",
                                                  .keys = settings_keys,
                                                  .keys_count = sizeof settings_keys / sizeof *settings_keys,
                                                  .size = sizeof(struct settings_object)};

/* ---- files ---- */

static int read_descriptor(int descriptor, const char *path, struct buffer *out, struct truc_fault *fault)
{
    for (;;) {
        uint8_t chunk[4096];
        ssize_t count = read(descriptor, chunk, sizeof chunk);
        if (count == 0 && buffer_failed(out) == TRUC_E_LIMIT)
            return fault_set(fault, TRUC_E_LIMIT, "%s is larger than %d bytes", path, SETTINGS_FILE_BYTES_MAX);
        if (count == 0)
            return buffer_failed(out) ? fault_set(fault, TRUC_E_MEMORY, "no memory for %s", path) : 0;
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
        buffer_append(out, chunk, (size_t)count);
        explicit_bzero(chunk, sizeof chunk);
    }
}

/* The whole file. A secret one may be readable by its owner alone. */
static int read_file(const char *path, bool is_secret, struct buffer *out, struct truc_fault *fault)
{
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    int code = 0;
    out->size_max = SETTINGS_FILE_BYTES_MAX;
    if (fstat(descriptor, &status) < 0)
        code = fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    else if (is_secret && status.st_mode & (S_IRWXG | S_IRWXO)) {
        fault_set(fault, TRUC_E_CONFIG, "%s holds a secret and others may open it (mode %03o)", path,
                  status.st_mode & 0777u);
        fault_hint(fault, "chmod 600 %s", path);
        code = TRUC_E_CONFIG;
    } else {
        code = read_descriptor(descriptor, path, out, fault);
    }
    (void)close(descriptor); /* was only read */
    return code;
}

/* Relative to the folder of the settings file. */
static const char *resolve(struct arena *arena, const char *settings_path, const char *name)
{
    const char *slash = strrchr(settings_path, '/');
    size_t folder_size = name[0] == '/' || slash == NULL ? 0 : (size_t)(slash - settings_path) + 1;
    size_t name_size = strlen(name) + 1;
    char *path = arena_alloc(arena, folder_size + name_size);
    if (path == NULL)
        return NULL;
    memcpy(path, settings_path, folder_size);
    memcpy(path + folder_size, name, name_size);
    return path;
}

/* Of a required key; the reader has refused files without it. */
static const char *text_of(const struct typed_value *value)
{
    return value->text ? value->text : "";
}

static int place(const char *path, const struct typed_value *value, struct truc_fault *fault)
{
    if (fault && fault->code == TRUC_E_CONFIG && strcmp(fault->hint, truc_error_hint(TRUC_E_CONFIG)) == 0)
        fault_hint(fault, "docs/sdk.md says what belongs there");
    return value->node ? fault_where(fault, "%s:%u:%u", path, value->node->line, value->node->column)
                       : fault_where(fault, "%s", path);
}

static int read_named(struct settings *settings, const char *path, const struct typed_value *value, bool is_secret,
                      struct buffer *out, struct truc_fault *fault)
{
    const char *name = resolve(&settings->arena, path, text_of(value));
    if (name == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for settings");
    int code = read_file(name, is_secret, out, fault);
    if (code < 0)
        (void)place(path, value, fault);
    return code;
}

/* ---- values ---- */

static struct bytes trimmed(const struct buffer *text)
{
    struct bytes view = buffer_view(text);
    while (view.size &&
           (view.data[view.size - 1] == '\n' || view.data[view.size - 1] == '\r' || view.data[view.size - 1] == ' '))
        view.size--;
    return view;
}

static int take_transport_key(struct settings *settings, const char *path, const struct typed_value *value,
                              struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer text = {0};
    int code = read_named(settings, path, value, true, &text, fault);
    if (code < 0)
        return code;
    code = curve_key_from_secret(trimmed(&text), &settings->transport_key);
    if (code == TRUC_E_MEMORY)
        return fault_set(fault, code, "no memory for a transport key");
    if (code < 0) {
        fault_set(fault, TRUC_E_CONFIG, "%s is not a transport key: 40 characters of Z85", value->text);
        return place(path, value, fault);
    }
    return 0;
}

/* The file's bytes are condensed, so that longer secrets count whole. */
static int take_salt_secret(struct settings *settings, const char *path, const struct typed_value *value,
                            struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer text = {0}, secret = {0};
    int code = read_named(settings, path, value, true, &text, fault);
    if (code < 0)
        return code;
    code = hex_decode(trimmed(&text), &secret);
    if (code == TRUC_E_MEMORY)
        return fault_set(fault, code, "no memory for the salt secret");
    if (code < 0 || secret.size < SETTINGS_SALT_SECRET_BYTES_MIN) {
        fault_set(fault, TRUC_E_CONFIG, "%s is not a salt secret: at least %d bytes in hexadecimal", value->text,
                  SETTINGS_SALT_SECRET_BYTES_MIN);
        return place(path, value, fault);
    }
    struct sha256_digest digest = sha256_of(buffer_view(&secret));
    memcpy(settings->salt_secret, secret.size == SHA256_BYTES ? secret.data : digest.bytes, SHA256_BYTES);
    explicit_bzero(&digest, sizeof digest);
    return 0;
}

/* A PEM file, or a token and the file with its PIN. */
static int take_signing_key(struct settings *settings, const char *path, const struct typed_value *value,
                            struct truc_fault *fault)
{
    char name[TOKEN_URI_BYTES_MAX];
    if (!token_uri_is(text_of(value)))
        return read_named(settings, path, value, true, &settings->signing_key, fault);
    settings->signing_token = text_of(value);
    int code = token_uri_pin_file(settings->signing_token, name, fault);
    if (code == 0 && name[0] != '\0') {
        const char *pin = resolve(&settings->arena, path, name);
        code = pin ? read_file(pin, true, &settings->token_pin, fault)
                   : fault_set(fault, TRUC_E_MEMORY, "no memory for settings");
        settings->token_pin.size = trimmed(&settings->token_pin).size;
    }
    if (code < 0)
        (void)place(path, value, fault);
    return code;
}

static int take_server_keys(struct settings *settings, const char *path, const struct typed_value *value,
                            struct truc_fault *fault)
{
    if (value->count > SETTINGS_SERVER_KEYS_MAX) {
        fault_set(fault, TRUC_E_CONFIG, "server-key has %u keys, it takes at most %d", value->count,
                  SETTINGS_SERVER_KEYS_MAX);
        return place(path, value, fault);
    }
    for (uint32_t i = 0; i < value->count; i++) {
        BUFFER_CLEANUP struct buffer key = {0};
        int code = z85_decode(value->items[i]->text, &key);
        if (code == TRUC_E_MEMORY)
            return fault_set(fault, code, "no memory for a transport key");
        if (code < 0 || key.size != CURVE_KEY_BYTES) {
            fault_set(fault, TRUC_E_CONFIG, "server-key is not a transport key: 40 characters of Z85");
            return place(path, value, fault);
        }
        settings->server_keys[i] = (const char *)value->items[i]->text.data; /* a 0 follows it */
    }
    settings->server_key_count = value->count;
    return 0;
}

static int take_brokers(struct settings *settings, const char *path, const struct typed_value *value,
                        struct truc_fault *fault)
{
    if (value->count > SETTINGS_BROKERS_MAX) { /* the reader has refused an empty list */
        fault_set(fault, TRUC_E_CONFIG, "broker has %u addresses, it takes at most %d", value->count,
                  SETTINGS_BROKERS_MAX);
        return place(path, value, fault);
    }
    for (uint32_t i = 0; i < value->count; i++)
        settings->brokers[i] = (const char *)value->items[i]->text.data; /* a 0 follows it */
    settings->broker_count = value->count;
    return 0;
}

static uint64_t number_or(const struct typed_value *value, uint64_t otherwise)
{
    return value->node ? value->number : otherwise;
}

static int take_values(struct settings *settings, const char *path, const struct settings_object *object,
                       struct truc_fault *fault)
{
    settings->bus = text_of(&object->bus);
    settings->system = text_of(&object->system);
    const char *inbox = text_of(&object->inbox);
    settings->inbox = strcmp(inbox, "memory") == 0 ? "memory" : resolve(&settings->arena, path, inbox);
    settings->inbox_keep_ns = number_or(&object->inbox_keep, SETTINGS_INBOX_KEEP_DEFAULT_NS);
    settings->receive_credit_bytes = number_or(&object->receive_credit, SETTINGS_RECEIVE_CREDIT_DEFAULT);
    settings->queue_messages_max = (uint32_t)number_or(&object->queue_messages, SETTINGS_QUEUE_MESSAGES_DEFAULT);
    settings->queue_bytes_max = number_or(&object->queue_size, SETTINGS_QUEUE_BYTES_DEFAULT);
    settings->outbox = object->outbox.node ? resolve(&settings->arena, path, text_of(&object->outbox)) : NULL;
    if (settings->inbox == NULL || (object->outbox.node && settings->outbox == NULL))
        return fault_set(fault, TRUC_E_MEMORY, "no memory for settings");
    int code = take_brokers(settings, path, &object->broker, fault);
    if (code == 0)
        code = take_server_keys(settings, path, &object->server_key, fault);
    if (code == 0)
        code = take_transport_key(settings, path, &object->transport_key, fault);
    if (code == 0)
        code = take_salt_secret(settings, path, &object->salt_secret, fault);
    if (code == 0)
        code = take_signing_key(settings, path, &object->signing_key, fault);
    if (code == 0)
        code = read_named(settings, path, &object->certificate, false, &settings->certificate, fault);
    if (code == 0)
        code = read_named(settings, path, &object->authority, false, &settings->authority, fault);
    return code;
}

/* The first mistake of the report becomes the fault. */
static int first_problem(const struct policy_report *report, const char *path, struct truc_fault *fault)
{
    for (uint32_t i = 0; i < report->problems_count; i++) {
        const struct policy_problem *problem = report->problems[i];
        if (problem->severity != POLICY_ERROR)
            continue;
        fault_set(fault, TRUC_E_CONFIG, "%s", problem->text);
        fault_hint(fault, "%s", problem->details_count ? problem->details[0] : "docs/sdk.md says what belongs there");
        return fault_where(fault, "%s:%u:%u", path, problem->line, problem->column);
    }
    return fault_set(fault, TRUC_E_CONFIG, "%s can't be read as settings", path);
}

static int read_object(struct settings *settings, const char *path, struct settings_object *object,
                       struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer content = {0};
    struct policy_report report = {0};
    struct yaml_node *root = NULL;
    int code = read_file(path, false, &content, fault);
    if (code < 0)
        return code;
    code = yaml_document_read(&settings->arena, path, buffer_view(&content), &report, &root);
    if (code == 0)
        code = yaml_typed_read(&settings->arena, &settings_table, root, &report, object);
    if (code == TRUC_E_MEMORY || report.failed)
        code = fault_set(fault, TRUC_E_MEMORY, "no memory for settings");
    else if (code < 0 || report.errors > 0)
        code = first_problem(&report, path, fault);
    policy_report_free(&report);
    return code < 0 ? code : 0;
}

int settings_read(const char *path, struct settings *ret_settings, struct truc_fault *fault)
{
    enum { ARENA_BYTES_MAX = 1024 * 1024 };
    struct settings settings = {.arena = {.used_bytes_max = ARENA_BYTES_MAX}};
    struct settings_object object = {0};
    int code = read_object(&settings, path, &object, fault);
    if (code == 0)
        code = take_values(&settings, path, &object, fault);
    if (code < 0) {
        settings_clear(&settings);
        return code;
    }
    *ret_settings = settings;
    return 0;
}

void settings_clear(struct settings *settings)
{
    if (settings == NULL)
        return;
    curve_key_wipe(&settings->transport_key);
    buffer_free(&settings->token_pin);
    buffer_free(&settings->signing_key);
    buffer_free(&settings->certificate);
    buffer_free(&settings->authority);
    arena_free(&settings->arena);
    explicit_bzero(settings, sizeof *settings);
}
