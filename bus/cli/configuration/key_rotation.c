/* key_rotation.c - see key_rotation.h.
 * In each the order of the writes is the promise: whatever interrupts them, either the old key still does or both do.
 * Keys are read as the user who runs this; the journal's files are written as their owner. */
#include "key_rotation.h"

#include "cli_words.h"
#include "curve_key.h"
#include "encode.h"
#include "file_disk.h"
#include "journal.h"
#include "key_make.h"
#include "secret_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_MODE = 0600, OLD_KEYS_MAX = 1000, PERSON_EPOCHS_MAX = 256 /* as the daemon takes */ };

static int read_secret(const char *folder, const char *name, struct secret *ret_secret, struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    int code = cli_path(path, fault, "%s/%s", folder, name);
    return code < 0 ? code : secret_file_read(path, ret_secret, fault);
}

/* A new file belongs to whom `like` belongs, so that the broker can read what another user put there. */
static int write_secret(const char *folder, const char *name, const char *like, struct bytes content,
                        struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES], model[CLI_PATH_BYTES];
    struct stat status;
    int code = cli_path(path, fault, "%s/%s", folder, name);
    if (code == 0)
        code = cli_path(model, fault, "%s/%s", folder, like);
    if (code < 0 || access(path, F_OK) == 0)
        return code < 0 ? code : cli_file_change(path, content, fault);
    code = cli_file_replace(path, content, SECRET_MODE, fault);
    if (code == 0 && (stat(model, &status) < 0 || (geteuid() == 0 && chown(path, status.st_uid, status.st_gid) < 0)))
        code = fault_errno(fault, TRUC_E_IO, errno, _("give %s to its owner"), path);
    return code;
}

/* ---- the journal's owner ---- */

/* Root may read every key, but what it wrote into the journal the broker could not read. */
struct owner {
    uid_t uid;
    gid_t gid;
    bool changed;
};

static int become_owner(const char *journal, struct owner *ret_before, struct truc_fault *fault)
{
    struct stat status;
    *ret_before = (struct owner){.uid = geteuid(), .gid = getegid()};
    if (stat(journal, &status) < 0)
        return fault_errno(fault, errno == ENOENT ? TRUC_E_CONFIG : TRUC_E_IO, errno, _("look at %s"), journal);
    if (geteuid() != 0 || status.st_uid == 0)
        return 0;
    if (setegid(status.st_gid) < 0 || seteuid(status.st_uid) < 0)
        return fault_errno(fault, TRUC_E_STATE, errno, _("become the owner of %s"), journal);
    ret_before->changed = true;
    return 0;
}

/* `code`, or why it can't go on as who it was. */
static int be_again(const struct owner *before, int code, struct truc_fault *fault)
{
    if (!before->changed || (seteuid(before->uid) == 0 && setegid(before->gid) == 0))
        return code;
    return fault_errno(fault, TRUC_E_STATE, errno, _("be the user again who began"));
}

/* Whose journal it is: what is wrapped and signed is bound to the bus. */
static int find_bus(const struct journal_options *options, struct buffer *bus, struct truc_fault *fault)
{
    struct journal_options reading = *options;
    struct journal *journal = NULL;
    reading.flags = JOURNAL_READ_ONLY;
    int code = journal_open(&reading, NULL, &journal, NULL, fault);
    if (code < 0)
        return code;
    buffer_append_string(bus, journal_bus_id(journal));
    (void)journal_close(journal, 0, NULL); /* a reader has nothing to make durable */
    return buffer_string(bus) ? 0 : fault_set(fault, TRUC_E_MEMORY, _("no memory for a journal"));
}

/* ---- persons ---- */

int key_rotate_persons(const struct key_rotation *rotation, unsigned *ret_epoch, struct truc_fault *fault)
{
    SECRET_CLEANUP struct secret secret = {0};
    KEY_MAKE_CLEANUP struct buffer content = {0};
    unsigned epoch = 1;
    int code = read_secret(rotation->keys, "persons.key", &secret, fault);
    if (code < 0)
        return code;
    buffer_append_bytes(&content, secret_text(&secret));
    buffer_append_byte(&content, '\n');
    for (size_t i = 0; i < content.size; i++)
        epoch += content.data[i] == '\n';
    if (epoch > PERSON_EPOCHS_MAX)
        return fault_set(fault, TRUC_E_LIMIT, _("persons.key has had %d keys"), PERSON_EPOCHS_MAX);
    code = key_make_secret("persons.key", &content, fault);
    if (code == 0)
        code = write_secret(rotation->keys, "persons.key", "persons.key", buffer_view(&content), fault);
    if (code == 0)
        *ret_epoch = epoch;
    return code;
}

/* ---- the master key ---- */

static int read_master(const char *keys, const char *name, struct buffer *out, struct truc_fault *fault)
{
    SECRET_CLEANUP struct secret secret = {0};
    int code = read_secret(keys, name, &secret, fault);
    if (code == 0 && (hex_decode(secret_text(&secret), out) < 0 || out->size != JOURNAL_MASTER_KEY_BYTES))
        code = fault_set(fault, TRUC_E_CONFIG, _("%s is not a journal key: %d bytes in hexadecimal"), name,
                         JOURNAL_MASTER_KEY_BYTES);
    return code;
}

/* An earlier try may have left one that opens some of the segments already: it is that one then. */
static int next_master(const char *keys, struct buffer *out, struct truc_fault *fault)
{
    KEY_MAKE_CLEANUP struct buffer line = {0};
    int code = read_master(keys, "journal.key.next", out, fault);
    if (code != TRUC_E_NOT_FOUND)
        return code;
    *fault = (struct truc_fault){0};
    code = key_make_secret("journal.key.next", &line, fault);
    if (code == 0)
        code = write_secret(keys, "journal.key.next", "journal.key", buffer_view(&line), fault);
    return code < 0 ? code : read_master(keys, "journal.key.next", out, fault);
}

/* journal.key.1, or the next number that is free. */
static int keep_old(const char *keys, char old[CLI_PATH_BYTES], struct truc_fault *fault)
{
    char present[CLI_PATH_BYTES];
    int code = cli_path(present, fault, "%s/journal.key", keys);
    for (int i = 1; code == 0 && i < OLD_KEYS_MAX; i++) {
        code = cli_path(old, fault, "%s/journal.key.%d", keys, i);
        if (code == 0 && link(present, old) == 0)
            return 0;
        if (code == 0 && errno != EEXIST)
            code = fault_errno(fault, TRUC_E_IO, errno, _("keep %s"), old);
    }
    return code < 0 ? code : fault_set(fault, TRUC_E_LIMIT, _("%s has had %d keys"), keys, OLD_KEYS_MAX);
}

static int put_next(const char *keys, const char *next_name, const char *name, struct truc_fault *fault)
{
    char next[CLI_PATH_BYTES], present[CLI_PATH_BYTES];
    int code = cli_path(next, fault, "%s/%s", keys, next_name);
    if (code == 0)
        code = cli_path(present, fault, "%s/%s", keys, name);
    return code < 0 ? code : cli_file_rename(next, present, fault);
}

int key_rotate_journal(const struct key_rotation *rotation, uint64_t *ret_segments, char old[CLI_PATH_BYTES],
                       struct truc_fault *fault)
{
    KEY_MAKE_CLEANUP struct buffer present = {0}, next = {0};
    BUFFER_CLEANUP struct buffer bus = {0};
    struct owner owner = {.changed = false};
    int code = read_master(rotation->keys, "journal.key", &present, fault);
    if (code == 0)
        code = next_master(rotation->keys, &next, fault);
    if (code == 0)
        code = become_owner(rotation->journal, &owner, fault);
    if (code < 0)
        return code;
    struct journal_options options = {.disk = file_disk(), .directory = rotation->journal, .time_ns = rotation->now_ns};
    code = find_bus(&options, &bus, fault);
    options.bus_id = buffer_string(&bus);
    options.master_key = present.data;
    if (code == 0)
        code = journal_rewrap(&options, next.data, ret_segments, fault);
    code = be_again(&owner, code, fault);
    if (code == 0)
        code = keep_old(rotation->keys, old, fault);
    return code < 0 ? code : put_next(rotation->keys, "journal.key.next", "journal.key", fault);
}

/* ---- the key of checkpoints ---- */

struct checkpoint_signer {
    struct secret pem;
    struct signing_key *key;
    struct secret old_text;
    struct journal_checkpoint_key old[JOURNAL_CHECKPOINT_KEYS_MAX];
    size_t old_count;
};

static int read_signer(const char *keys, struct checkpoint_signer *signer, struct truc_fault *fault)
{
    int code = read_secret(keys, "checkpoint.key", &signer->pem, fault);
    if (code == 0)
        code = signing_key_from_pem(bytes_of(signer->pem.data, signer->pem.size), &signer->key, fault);
    if (code < 0)
        return code;
    code = read_secret(keys, "checkpoint.old", &signer->old_text, fault);
    if (code == TRUC_E_NOT_FOUND) {
        *fault = (struct truc_fault){0};
        return 0;
    }
    if (code == 0)
        code = journal_checkpoint_keys_read(bytes_of(signer->old_text.data, signer->old_text.size), signer->old, fault);
    if (code == JOURNAL_CHECKPOINT_KEYS_MAX)
        code = fault_set(fault, TRUC_E_LIMIT, _("%s has had %d keys"), keys, JOURNAL_CHECKPOINT_KEYS_MAX);
    signer->old_count = code > 0 ? (size_t)code : 0;
    return code < 0 ? code : 0;
}

/* The journal gets a last checkpoint by the old key; of how many records, and of which bus. */
static int sign_last(const struct key_rotation *rotation, const struct checkpoint_signer *signer, struct bytes master,
                     struct buffer *bus, uint64_t *ret_through, struct truc_fault *fault)
{
    struct journal *journal = NULL;
    struct journal_options options = {.disk = file_disk(),
                                      .directory = rotation->journal,
                                      .master_key = master.data,
                                      .checkpoint_key = signer->key,
                                      .old_checkpoint_keys = signer->old,
                                      .old_checkpoint_keys_count = signer->old_count,
                                      .time_ns = rotation->now_ns};
    int code = find_bus(&options, bus, fault);
    options.bus_id = buffer_string(bus);
    if (code == 0)
        code = journal_open(&options, NULL, &journal, NULL, fault);
    if (code < 0)
        return code;
    code = journal_checkpoint_make(journal, 0, rotation->now_ns, fault);
    if (code >= 0)
        *ret_through = journal_checkpoint_latest(journal).size;
    int closing = journal_close(journal, rotation->now_ns, code < 0 ? NULL : fault);
    return code < 0 ? code : closing;
}

static int put_keys(const struct key_rotation *rotation, const struct checkpoint_signer *signer, const char *bus,
                    uint64_t through, struct buffer *verifier, struct truc_fault *fault)
{
    KEY_MAKE_CLEANUP struct buffer pem = {0}, old = {0};
    BUFFER_CLEANUP struct buffer line = {0};
    int code = key_make_checkpoint(bus, &pem, verifier, fault);
    buffer_append_bytes(&old, bytes_of(signer->old_text.data, signer->old_text.size));
    buffer_printf(&old, "%llu ", (unsigned long long)through);
    if (code == 0)
        code = key_make_verifier(bus, bytes_of(signer->pem.data, signer->pem.size), &old, fault);
    buffer_append_byte(&old, '\n');
    buffer_append_bytes(&line, buffer_view(verifier));
    buffer_append_byte(&line, '\n');
    if (code == 0 && (buffer_failed(&old) || buffer_failed(&line)))
        code = fault_set(fault, TRUC_E_MEMORY, _("no memory for the checkpoint key"));
    if (code == 0) /* first: from here on the old key is believed as the present one and as an old one */
        code = write_secret(rotation->keys, "checkpoint.old", "checkpoint.key", buffer_view(&old), fault);
    if (code == 0)
        code = write_secret(rotation->keys, "checkpoint.key", "checkpoint.key", buffer_view(&pem), fault);
    return code < 0 ? code
                    : write_secret(rotation->keys, "checkpoint.vkey", "checkpoint.key", buffer_view(&line), fault);
}

int key_rotate_checkpoint(const struct key_rotation *rotation, uint64_t *ret_through, struct buffer *verifier,
                          struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer bus = {0};
    KEY_MAKE_CLEANUP struct buffer master = {0};
    struct owner owner = {.changed = false};
    struct checkpoint_signer *signer = calloc(1, sizeof *signer);
    if (signer == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for the checkpoint key"));
    int code = read_signer(rotation->keys, signer, fault);
    if (code == 0)
        code = read_master(rotation->keys, "journal.key", &master, fault);
    if (code == 0)
        code = become_owner(rotation->journal, &owner, fault);
    if (code == 0)
        code = sign_last(rotation, signer, buffer_view(&master), &bus, ret_through, fault);
    code = be_again(&owner, code, fault);
    if (code == 0)
        code = put_keys(rotation, signer, buffer_string(&bus), *ret_through, verifier, fault);
    signing_key_free(signer->key);
    secret_free(&signer->pem);
    secret_free(&signer->old_text);
    free(signer);
    return code;
}

/* ---- the transport key ---- */

int key_prepare_broker(const struct key_rotation *rotation, struct buffer *public_key, struct truc_fault *fault)
{
    SECRET_CLEANUP struct secret secret = {0};
    CURVE_KEY_CLEANUP struct curve_key key = {.secret_text = ""};
    KEY_MAKE_CLEANUP struct buffer line = {0};
    int code = read_secret(rotation->keys, "broker.curve.next", &secret, fault);
    if (code == 0 && curve_key_from_secret(secret_text(&secret), &key) < 0)
        return fault_set(fault, TRUC_E_CONFIG, _("%s is not a transport key: 40 characters of Z85"),
                         "broker.curve.next");
    if (code == TRUC_E_NOT_FOUND) {
        *fault = (struct truc_fault){0};
        if (curve_key_generate(&key) < 0)
            return fault_set(fault, TRUC_E_CRYPTO, _("no random numbers for the broker's key"));
        buffer_printf(&line, "%s\n", key.secret_text);
        code = write_secret(rotation->keys, "broker.curve.next", "broker.curve", buffer_view(&line), fault);
    }
    buffer_clear(&line);
    buffer_printf(&line, "%s\n", key.public_text);
    if (code == 0)
        code = write_secret(rotation->keys, "broker.pub.next", "broker.curve", buffer_view(&line), fault);
    if (code == 0)
        buffer_append_string(public_key, key.public_text);
    return code;
}

int key_take_broker(const struct key_rotation *rotation, struct truc_fault *fault)
{
    SECRET_CLEANUP struct secret secret = {0};
    CURVE_KEY_CLEANUP struct curve_key key = {.secret_text = ""};
    BUFFER_CLEANUP struct buffer line = {0};
    char path[CLI_PATH_BYTES];
    int code = read_secret(rotation->keys, "broker.curve.next", &secret, fault);
    if (code == TRUC_E_NOT_FOUND) {
        fault_set(fault, TRUC_E_STATE, _("there is no next transport key of the broker"));
        return fault_hint(fault, _("truc key rotate broker makes it: every system has to know it before it is taken"));
    }
    if (code == 0 && curve_key_from_secret(secret_text(&secret), &key) < 0)
        code =
            fault_set(fault, TRUC_E_CONFIG, _("%s is not a transport key: 40 characters of Z85"), "broker.curve.next");
    if (code < 0)
        return code;
    buffer_printf(&line, "%s\n", key.public_text);
    code = write_secret(rotation->keys, "broker.pub", "broker.curve", buffer_view(&line), fault);
    if (code == 0)
        code = put_next(rotation->keys, "broker.curve.next", "broker.curve", fault);
    if (code == 0 && cli_path(path, fault, "%s/broker.pub.next", rotation->keys) == 0 && unlink(path) < 0 &&
        errno != ENOENT)
        code = fault_errno(fault, TRUC_E_IO, errno, _("remove %s"), path);
    return code;
}
