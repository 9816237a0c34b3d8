/* support_parts.c - takes out what may leave, instead of crossing out what may not: what is not named here stays.
 * Comments and contacts name people; keys are nobody else's business; subjects and ids lead to dossiers.
 * See support_parts.h. */
#include "support_parts.h"

#include "arena.h"
#include "cli_file.h"
#include "cli_format.h"
#include "protocol_limits.h"
#include "record.h"
#include "yaml_document.h"

#include <archive.h>
#include <openssl/crypto.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <zmq.h>

#define LEFT_OUT "(left out)"

enum { FILE_MEMORY_MAX = 16 * 1024 * 1024 };

/* ---- configuration ---- */

/* Keys whose values name people or keys. */
static bool is_kept_back(struct bytes key)
{
    static const char *const keys[] = {"contact", "transport-keys", "certificates", "revoked"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (bytes_equal_string(key, keys[i]))
            return true;
    return false;
}

static json_t *node_json(const struct yaml_node *node);

/* Keys are people's writing too, where they are wrong. */
static void add_member(json_t *object, const struct yaml_node *key)
{
    BUFFER_CLEANUP struct buffer name = {0};
    cli_append_safe(&name, key->text);
    const char *text = buffer_string(&name);
    if (text)
        cli_json_set(object, text, is_kept_back(key->text) ? json_string(LEFT_OUT) : node_json(key->value));
}

static json_t *node_json(const struct yaml_node *node)
{
    if (node == NULL)
        return json_null();
    if (node->kind == YAML_TEXT)
        return cli_json_text(node->text);
    json_t *value = node->kind == YAML_LIST ? json_array() : json_object();
    for (const struct yaml_node *item = node->first; item; item = item->next)
        if (node->kind == YAML_LIST)
            json_array_append_new(value, node_json(item));
        else
            add_member(value, item);
    return value;
}

struct collecting {
    const char *folder;   /* STATE/config */
    const char *relative; /* "systems", or "" */
    json_t *files;
};

static json_t *file_json(const char *path, const char *name)
{
    struct arena arena = {.used_bytes_max = FILE_MEMORY_MAX};
    struct policy_report report = {0};
    struct yaml_node *root = NULL;
    struct truc_fault fault = {0};
    BUFFER_CLEANUP struct buffer content = {0};
    json_t *value;
    int code = cli_file_read(path, &content, &fault);
    if (code == 0)
        code = yaml_document_read(&arena, name, buffer_view(&content), &report, &root);
    if (code == 0) {
        value = node_json(root);
    } else {
        value = json_object();
        cli_json_set(value, "unreadable", json_string(truc_error_name(code)));
        if (report.problems_count)
            cli_json_set(value, "line", cli_json_count(report.problems[0]->line));
    }
    policy_report_free(&report);
    arena_free(&arena);
    return value;
}

static int collect(void *context, const char *entry)
{
    const struct collecting *collecting = context;
    char name[CLI_PATH_BYTES], path[CLI_PATH_BYTES];
    size_t size = strlen(entry);
    if (size <= 5 || strcmp(entry + size - 5, ".yaml") != 0 ||
        cli_path(name, NULL, "%s%s%s", collecting->relative, *collecting->relative ? "/" : "", entry) < 0 ||
        cli_path(path, NULL, "%s/%s", collecting->folder, name) < 0)
        return 0;
    cli_json_set(collecting->files, name, file_json(path, name));
    return 0;
}

json_t *support_configuration(const struct cli *cli)
{
    static const char *const folders[] = {"", "systems", "routes", "agreements", "calendar", "directory"};
    char folder[CLI_PATH_BYTES], path[CLI_PATH_BYTES];
    json_t *files = json_object();
    if (cli_path(folder, NULL, "%s/config", cli->state) < 0)
        return files;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        struct collecting collecting = {folder, folders[i], files};
        if (cli_path(path, NULL, "%s/%s", folder, folders[i]) == 0 && cli_is_directory(path))
            (void)cli_directory_list(path, collect, &collecting, NULL); /* what can't be listed isn't given */
    }
    return files;
}

/* ---- refusals ---- */

static json_t *refusal_json(const struct journal_record *record)
{
    struct record_refused refused = {0};
    json_t *object = json_object();
    cli_json_set(object, "position", cli_json_count(record->sequence));
    cli_json_set(object, "time", cli_json_time(record->time_ns));
    if (record_refused_decode(record->body, &refused, NULL) < 0)
        return object;
    cli_json_set(object, "code", json_string(truc_error_name(-(int)refused.code)));
    cli_json_set(object, "sender", cli_json_text(refused.sender));
    cli_json_set(object, "type", cli_json_text(refused.type));
    cli_json_set(object, "where", cli_json_text(refused.where));
    cli_json_set(object, "count", cli_json_count(refused.count));
    return object;
}

static int take_refusal(void *context, const struct journal_record *record)
{
    json_t *array = context;
    if (record->kind != RECORD_REFUSED)
        return 0;
    if (json_array_size(array) == SUPPORT_REFUSALS_MAX)
        json_array_remove(array, 0);
    json_array_append_new(array, refusal_json(record));
    return 0;
}

json_t *support_refusals(struct journal *journal)
{
    json_t *array = json_array(), *document = json_object();
    uint64_t next = journal_next_sequence(journal);
    uint64_t from = next > SUPPORT_REFUSALS_RECORDS_MAX ? next - SUPPORT_REFUSALS_RECORDS_MAX : 0;
    int code = journal_scan(journal, from, 0, take_refusal, array, NULL);
    cli_json_set(document, "from_position", cli_json_count(from));
    cli_json_set(document, "until_position", cli_json_count(next));
    if (code < 0)
        cli_json_set(document, "ended_by", json_string(truc_error_name(code)));
    cli_json_set(document, "refusals", array);
    return document;
}

/* ---- versions ---- */

json_t *support_versions(void)
{
    json_t *document = json_object(), *libraries = json_object();
    struct utsname system;
    int major, minor, patch;
    zmq_version(&major, &minor, &patch);
    cli_json_set(document, "truc", json_string(TRUC_VERSION));
    cli_json_set(document, "protocol", json_integer(PROTOCOL_VERSION));
    if (uname(&system) == 0) { /* without the machine's name */
        cli_json_set(document, "kernel", json_string(system.release));
        cli_json_set(document, "machine", json_string(system.machine));
    }
    cli_json_set(libraries, "zeromq", json_sprintf("%d.%d.%d", major, minor, patch));
    cli_json_set(libraries, "openssl", json_string(OpenSSL_version(OPENSSL_VERSION)));
    cli_json_set(libraries, "sodium", json_string(sodium_version_string()));
    cli_json_set(libraries, "sqlite", json_string(sqlite3_libversion()));
    cli_json_set(libraries, "jansson", json_string(JANSSON_VERSION));
    cli_json_set(libraries, "archive", json_string(archive_version_string()));
    cli_json_set(document, "libraries", libraries);
    return document;
}
