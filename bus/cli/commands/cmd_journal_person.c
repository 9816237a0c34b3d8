/* cmd_journal_person.c - `truc journal person`: the messages about one person, by the keyed hashes that their records hold.
 * Not: the search index, which knows no persons. Who has persons.key may ask this, and nobody else can.
 * The number comes from a file or the standard input: an argument would be in the shell's history and in ps. */
#include "cli_broker.h"
#include "cli_file.h"
#include "cli_format.h"
#include "cli_journal.h"
#include "cli_json.h"
#include "cli_table.h"
#include "cli_words.h"
#include "command_table.h"
#include "encode.h"
#include "header.h"
#include "key_make.h"
#include "operator_answer.h"
#include "record.h"
#include "secret_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NUMBER_BYTES_MAX = 256, KEY_BYTES = 32, EPOCHS_MAX = 256 };

const struct cli_option cmd_journal_person_options[] = {
    {.name = "number-file", .value = "FILE", .explanation = N_("holds the identity number; - for standard input")},
    {.name = "persons-key", .value = "FILE", .explanation = N_("instead of keys/persons.key")},
    {.name = "reason",
     .value = "TEXT",
     .explanation = N_("why; it is journaled with your name, unless a copy is read (--journal)")},
    CLI_JOURNAL_OPTIONS,
    CLI_BROKER_OPTIONS,
    {.name = NULL},
};

struct person {
    struct sha256_digest hashes[EPOCHS_MAX]; /* of the number, by each epoch's key: the first is epoch 1's */
    uint32_t epochs;
};

struct finding {
    const struct person *person;
    struct cli_table *table;
    json_t *array;
};

/* ---- the question ---- */

static int read_number(const char *name, struct secret *ret_number, struct truc_fault *fault)
{
    if (strcmp(name, "-") != 0)
        return secret_file_read(name, ret_number, fault);
    ret_number->data = malloc(NUMBER_BYTES_MAX);
    if (ret_number->data == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for %s"), name);
    for (ssize_t size = 1; size > 0 && ret_number->size < NUMBER_BYTES_MAX;) {
        size = read(STDIN_FILENO, ret_number->data + ret_number->size, NUMBER_BYTES_MAX - ret_number->size);
        if (size < 0)
            return fault_errno(fault, TRUC_E_IO, errno, _("read %s"), name);
        ret_number->size += (size_t)size;
    }
    return 0;
}

/* A line an epoch, as key rotate persons writes them. */
static int hash_number(struct bytes keys, struct bytes number, struct person *person, struct truc_fault *fault)
{
    while (keys.size > 0) {
        KEY_MAKE_CLEANUP struct buffer key = {0};
        const uint8_t *end = memchr(keys.data, '\n', keys.size);
        size_t size = end ? (size_t)(end - keys.data) : keys.size;
        if (person->epochs == EPOCHS_MAX || hex_decode(bytes_of(keys.data, size), &key) < 0 || key.size != KEY_BYTES)
            return fault_set(fault, TRUC_E_CONFIG, _("persons.key does not hold %d hexadecimal digits a line"),
                             2 * KEY_BYTES);
        person->hashes[person->epochs++] = hmac_sha256(buffer_view(&key), number);
        keys = end ? bytes_of(end + 1, keys.size - size - 1) : BYTES_EMPTY;
    }
    return 0;
}

static int read_person(const struct cli *cli, const struct cli_arguments *arguments, struct person *person,
                       struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    SECRET_CLEANUP struct secret keys = {0}, number = {0};
    const char *file = cli_option_value(arguments, "number-file"), *named = cli_option_value(arguments, "persons-key");
    if (file == NULL) {
        fault_set(fault, TRUC_E_ARGUMENT, _("whose messages?"));
        return fault_hint(fault, _("--number-file FILE, or - for standard input: a number is no argument"));
    }
    int code = named ? cli_path(path, fault, "%s", named) : cli_path(path, fault, "%s/keys/persons.key", cli->state);
    if (code == 0)
        code = secret_file_read(path, &keys, fault);
    if (code == 0 && secret_text(&keys).size == 0)
        code =
            fault_set(fault, TRUC_E_CONFIG, _("persons.key does not hold %d hexadecimal digits a line"), 2 * KEY_BYTES);
    if (code == 0)
        code = read_number(file, &number, fault);
    if (code == 0 && secret_text(&number).size == 0)
        code = fault_set(fault, TRUC_E_ARGUMENT, _("%s holds no number"), file);
    return code < 0 ? code : hash_number(secret_text(&keys), secret_text(&number), person, fault);
}

/* Access to what concerns a person is on record before it is had: the running broker journals it. A copy elsewhere has no broker. */
static int announce(const struct cli *cli, const struct cli_arguments *arguments, const struct person *person,
                    struct truc_fault *fault)
{
    const char *reason = cli_option_value(arguments, "reason");
    struct cli_client *client = NULL;
    struct command_answer answer = {0};
    BUFFER_CLEANUP struct buffer encoded = {0};
    if (cli_option_value(arguments, "journal")) {
        fputs(_("a copy is read: no journal has this look on record\n"), cli->err);
        return 0;
    }
    if (reason == NULL || *reason == '\0') {
        fault_set(fault, TRUC_E_ARGUMENT, _("looking for a person's messages needs a reason: it is journaled"));
        return fault_hint(fault, _("add --reason TEXT"));
    }
    const struct operator_person_look look = {.hash = sha256_view(&person->hashes[person->epochs - 1]),
                                              .epoch = person->epochs,
                                              .reason = bytes_string(reason)};
    operator_person_look_encode(&look, &encoded);
    if (buffer_failed(&encoded))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a question"));
    int code = cli_broker_open(cli, arguments, -1, &client, fault);
    if (code == 0)
        code = cli_client_call(client, "person-look", buffer_view(&encoded), &answer, fault);
    cli_client_close(client);
    return code;
}

/* ---- the answer ---- */

static bool is_about(const struct person *person, struct bytes elements)
{
    struct record_person each;
    size_t offset = 0;
    while (record_person_next(elements, &offset, &each) > 0)
        if (each.epoch >= 1 && each.epoch <= person->epochs &&
            bytes_equal(each.hash, sha256_view(&person->hashes[each.epoch - 1])))
            return true;
    return false;
}

static void take(const struct finding *finding, const struct journal_record *record, const struct header *header)
{
    char time[TIME_TEXT_BYTES];
    json_t *object = json_object();
    cli_table_row(finding->table);
    cli_table_count(finding->table, record->sequence);
    cli_table_text(finding->table, cli_format_moment(record->time_ns, time));
    cli_table_cell(finding->table, header_sender(header));
    cli_table_cell(finding->table, header->type);
    cli_table_cell(finding->table, header->subject);
    cli_json_set(object, "position", cli_json_count(record->sequence));
    cli_json_set(object, "time", cli_json_time(record->time_ns));
    cli_json_set(object, "sender", cli_json_text(header_sender(header)));
    cli_json_set(object, "type", cli_json_text(header->type));
    cli_json_set(object, "subject", cli_json_text(header->subject));
    json_array_append_new(finding->array, object);
}

static int look(void *context, const struct journal_record *record)
{
    const struct finding *finding = context;
    struct record_accepted accepted;
    struct header header;
    if (record->kind != RECORD_ACCEPTED)
        return 0;
    int code = record_accepted_decode(record->body, &accepted, NULL);
    if (code < 0 || !is_about(finding->person, accepted.persons))
        return code;
    code = header_decode(accepted.header, &header, NULL);
    if (code == 0)
        take(finding, record, &header);
    return code;
}

static int print(const struct cli *cli, const struct finding *finding)
{
    if (cli->json) {
        json_t *document = json_object();
        cli_json_set(document, "messages", json_incref(finding->array));
        return cli_json_print(document, cli->out);
    }
    if (json_array_size(finding->array) == 0) {
        fputs(_("no message is so\n"), cli->out);
        return 0;
    }
    return cli_table_print(finding->table, cli->out);
}

int cmd_journal_person(struct cli *cli, const struct cli_arguments *arguments)
{
    static const struct cli_column columns[] = {
        {N_("POSITION"), true}, {N_("TIME"), false}, {N_("FROM"), false}, {N_("TYPE"), false}, {N_("SUBJECT"), false}};
    struct truc_fault fault = {0};
    struct cli_journal journal = {0};
    struct person *person = calloc(1, sizeof *person);
    struct finding finding = {
        .person = person, .table = cli_table_create(columns, sizeof columns / sizeof *columns), .array = json_array()};
    int code = person ? read_person(cli, arguments, person, &fault)
                      : fault_set(&fault, TRUC_E_MEMORY, _("no memory for %s"), "persons.key");
    if (code == 0)
        code = announce(cli, arguments, person, &fault);
    if (code == 0)
        code = cli_journal_open(cli, arguments, &journal, &fault);
    if (code == 0)
        code = journal_scan(journal.journal, 0, 0, look, &finding, &fault);
    if (code == 0)
        code = print(cli, &finding);
    int exit_code = json_array_size(finding.array) ? CLI_OK : CLI_NOT_SO;
    if (code < 0)
        exit_code = fault.code ? cli_fail(cli, &fault) : cli_fail_code(cli, code);
    cli_journal_close(&journal);
    cli_table_free(finding.table);
    json_decref(finding.array);
    free(person);
    return exit_code;
}
