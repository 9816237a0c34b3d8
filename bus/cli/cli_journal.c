/* cli_journal.c - see cli_journal.h. Keys that are not there limit what can be shown, and are no error.
 * A past configuration is read by the same loader that read it then, from the files kept in the journal.
 * Nothing of the present configuration is used: evidence must stand by itself. */
#include "cli_journal.h"

#include "cli_context.h"
#include "cli_file.h"
#include "cli_words.h"
#include "encode.h"
#include "file_disk.h"
#include "policy_load.h"
#include "record.h"
#include "secret_file.h"

#include <stdlib.h>
#include <string.h>

enum { VKEY_BYTES_MAX = 512, CONFIGURATION_BYTES_MAX = 256 * 1024 * 1024 };

/* ---- opening ---- */

static int read_master_key(const struct cli *cli, const struct cli_arguments *arguments, struct buffer *out,
                           struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    SECRET_CLEANUP struct secret secret = {0};
    const char *named = cli_option_value(arguments, "key");
    int code = named ? cli_path(path, fault, "%s", named) : cli_path(path, fault, "%s/keys/journal.key", cli->state);
    if (code < 0)
        return code;
    code = secret_file_read(path, &secret, fault);
    if (code < 0)
        return named ? code : 0; /* an auditor has none, and sees everything but payloads */
    if (hex_decode(secret_text(&secret), out) < 0 || out->size != JOURNAL_MASTER_KEY_BYTES)
        return fault_set(fault, TRUC_E_CONFIG, _("%s is not a journal key: %d bytes in hexadecimal"), path,
                         JOURNAL_MASTER_KEY_BYTES);
    return 0;
}

static int take_checkpoint_key(struct cli_journal *journal, struct bytes text, struct truc_fault *fault)
{
    while (text.size > 0 && (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == ' '))
        text.size--;
    int code = note_key_parse(text, &journal->checkpoint_key, fault);
    journal->has_checkpoint_key = code == 0;
    return code;
}

static int read_checkpoint_key(const struct cli *cli, const struct cli_arguments *arguments,
                               struct cli_journal *journal, struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    BUFFER_CLEANUP struct buffer text = {0};
    const char *named = cli_option_value(arguments, "checkpoint-key");
    if (named)
        return take_checkpoint_key(journal, bytes_string(named), fault);
    int code = cli_path(path, fault, "%s/keys/checkpoint.vkey", cli->state);
    if (code < 0 || cli_file_read(path, &text, NULL) < 0)
        return code;
    return take_checkpoint_key(journal, buffer_view(&text), fault);
}

/* Keys that are past: of an own file, which only its owner reads, or of a copy that an auditor was given. */
static int read_old_checkpoint_keys(const struct cli *cli, const struct cli_arguments *arguments,
                                    struct cli_journal *journal, struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    BUFFER_CLEANUP struct buffer text = {0};
    const char *named = cli_option_value(arguments, "old-checkpoint-keys");
    int code = named ? cli_path(path, fault, "%s", named) : cli_path(path, fault, "%s/keys/checkpoint.old", cli->state);
    if (code < 0 || (code = cli_file_read(path, &text, named ? fault : NULL)) < 0)
        return named ? code : 0;
    code = journal_checkpoint_keys_read(buffer_view(&text), journal->old_checkpoint_keys, fault);
    if (code < 0)
        return fault_where(fault, "%s", path), code;
    journal->old_checkpoint_keys_count = (size_t)code;
    return 0;
}

static int journal_path(const struct cli *cli, const struct cli_arguments *arguments, char path[CLI_PATH_BYTES],
                        struct truc_fault *fault)
{
    const char *named = cli_option_value(arguments, "journal");
    int code = named ? cli_path(path, fault, "%s", named) : cli_path(path, fault, "%s/journal", cli->state);
    if (code < 0 || cli_is_directory(path))
        return code;
    code = fault_set(fault, TRUC_E_CONFIG, _("there is no journal '%s'"), path);
    cli_context_hint(named ? NULL : cli, _("name the state directory with --state, or a journal with --journal"),
                     fault);
    return code;
}

static int open_reader(struct cli_journal *journal, const struct journal_options *options, struct truc_fault *fault)
{
    int code = journal_open(options, NULL, &journal->journal, &journal->opened, fault);
    if (code == TRUC_E_NOT_FOUND)
        fault_hint(fault, _("a journal's directory holds format, segments/ and what docs/journal-format.md names"));
    return code;
}

int cli_journal_open(const struct cli *cli, const struct cli_arguments *arguments, struct cli_journal *journal,
                     struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    BUFFER_CLEANUP struct buffer key = {0};
    int code = read_master_key(cli, arguments, &key, fault);
    if (code == 0)
        code = read_checkpoint_key(cli, arguments, journal, fault);
    if (code == 0)
        code = read_old_checkpoint_keys(cli, arguments, journal, fault);
    if (code == 0)
        code = journal_path(cli, arguments, path, fault);
    if (code < 0)
        return code;
    const struct journal_options options = {.disk = file_disk(),
                                            .directory = path,
                                            .master_key = key.size ? key.data : NULL,
                                            .checkpoint_verify_key =
                                                journal->has_checkpoint_key ? &journal->checkpoint_key.key : NULL,
                                            .old_checkpoint_keys = journal->old_checkpoint_keys,
                                            .old_checkpoint_keys_count = journal->old_checkpoint_keys_count,
                                            .time_ns = cli->now_ns,
                                            .flags = JOURNAL_READ_ONLY};
    journal->has_key = key.size > 0;
    return open_reader(journal, &options, fault);
}

int cli_journal_open_as_is(const struct cli *cli, const struct cli_arguments *arguments, struct cli_journal *journal,
                           struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    int code = journal_path(cli, arguments, path, fault);
    const struct journal_options options = {
        .disk = file_disk(), .directory = path, .flags = JOURNAL_READ_ONLY | JOURNAL_AS_IS};
    return code < 0 ? code : open_reader(journal, &options, fault);
}

int cli_journal_derive_key(const struct cli *cli, const struct cli_arguments *arguments, const char *purpose,
                           uint8_t ret_key[SHA256_BYTES], struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer key = {0};
    int code = read_master_key(cli, arguments, &key, fault);
    if (code == 0 && key.size == 0)
        code = fault_set(fault, TRUC_E_JOURNAL_KEY, _("payloads are encrypted and no key is at hand"));
    if (code < 0)
        return code;
    struct sha256_digest derived = hkdf_sha256(buffer_view(&key), BYTES_EMPTY, bytes_string(purpose));
    memcpy(ret_key, derived.bytes, SHA256_BYTES);
    return 0;
}

int cli_journal_with_key(const struct cli *cli, const struct cli_arguments *arguments,
                         int (*use)(void *context, const char *folder, const uint8_t *key, struct truc_fault *fault),
                         void *context, struct truc_fault *fault)
{
    char folder[CLI_PATH_BYTES];
    BUFFER_CLEANUP struct buffer key = {0}; /* wiped when it is freed */
    const char *named = cli_option_value(arguments, "journal");
    int code = named ? cli_path(folder, fault, "%s", named) : cli_path(folder, fault, "%s/journal", cli->state);
    if (code == 0)
        code = read_master_key(cli, arguments, &key, fault);
    if (code == 0 && key.size == 0)
        code = fault_set(fault, TRUC_E_JOURNAL_KEY, _("payloads are encrypted and no key is at hand"));
    return code < 0 ? code : use(context, folder, key.data, fault);
}

void cli_journal_close(struct cli_journal *journal)
{
    policy_free(journal->policy);
    if (journal->journal)
        (void)journal_close(journal->journal, 0, NULL); /* a reader has nothing to make durable */
    *journal = (struct cli_journal){0};
}

/* ---- configurations ---- */

struct file_set {
    struct arena arena;
    struct policy_file *files;
    size_t count, capacity;
};

static int add_file(struct cli_journal *journal, struct file_set *set, const struct record_file *file,
                    struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer content = {0};
    struct sha256_digest digest;
    if (file->sha256.size != SHA256_BYTES || set->count == set->capacity)
        return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, _("a configuration record is malformed"));
    memcpy(digest.bytes, file->sha256.data, SHA256_BYTES);
    int code = journal_object_get(journal->journal, &digest, &content, fault);
    if (code < 0)
        return code;
    struct policy_file *added = &set->files[set->count++];
    added->name = arena_string(&set->arena, file->name);
    added->content = arena_copy(&set->arena, buffer_view(&content));
    if (added->name == NULL || (content.size > 0 && added->content.data == NULL))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a configuration"));
    return 0;
}

static int collect_files(struct cli_journal *journal, struct bytes elements, struct file_set *set,
                         struct truc_fault *fault)
{
    struct record_file file;
    size_t offset = 0;
    int more;
    while ((more = record_file_next(elements, &offset, &file)) > 0)
        set->capacity++;
    set->files = arena_alloc_array(&set->arena, set->capacity + 1, sizeof *set->files);
    if (set->files == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a configuration"));
    offset = 0;
    while (more == 0 && (more = record_file_next(elements, &offset, &file)) > 0)
        if ((more = add_file(journal, set, &file, fault)) < 0)
            return more;
    return more < 0 ? fault_set(fault, more, _("a configuration record is malformed")) : 0;
}

static int load(struct cli_journal *journal, struct bytes body, uint64_t time_ns, struct policy **ret_policy,
                struct truc_fault *fault)
{
    struct record_configuration record;
    struct file_set set = {.arena = {.used_bytes_max = CONFIGURATION_BYTES_MAX}};
    struct policy_report report = {.translate = cli_words};
    const struct policy_load_options options = {.now_ns = time_ns, .was_in_force = true};
    int code = record_configuration_decode(body, &record, fault);
    if (code == 0)
        code = collect_files(journal, record.files, &set, fault);
    if (code == 0 && (code = policy_load_files(set.files, set.count, &options, ret_policy, &report)) < 0)
        fault_set(fault, code, _("a configuration kept in the journal can't be loaded: %s"),
                  report.problems_count ? report.problems[0]->text : cli_words(truc_error_meaning(code)));
    policy_report_free(&report);
    arena_free(&set.arena);
    return code;
}

int cli_journal_policy(struct cli_journal *journal, uint64_t sequence, const struct policy **ret_policy,
                       struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer scratch = {0};
    struct journal_record record;
    struct policy *policy = NULL;
    if (journal->policy && journal->policy_sequence == sequence) {
        *ret_policy = journal->policy;
        return 0;
    }
    int code = journal_read(journal->journal, sequence, 0, &scratch, &record, fault);
    if (code == 0 && record.kind != RECORD_CONFIGURATION)
        code = fault_set(fault, TRUC_E_JOURNAL_CORRUPT, _("record %llu is no configuration"),
                         (unsigned long long)sequence);
    if (code == 0)
        code = load(journal, record.body, record.time_ns, &policy, fault);
    if (code < 0)
        return code;
    policy_free(journal->policy);
    journal->policy = policy;
    journal->policy_sequence = sequence;
    *ret_policy = policy;
    return 0;
}
