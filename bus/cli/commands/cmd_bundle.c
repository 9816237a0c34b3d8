/* cmd_bundle.c - `truc bundle FILE`: an archive for whoever is to help, with nothing secret or personal in it.
 * Not a backup. Each part is made by the command that people use themselves, so that both see the same.
 * Works without a broker and with a damaged journal: then the part says what failed. */
#include "cli_words.h"
#include "support_archive.h"
#include "support_parts.h"
#include "cli_format.h"
#include "command_table.h"
#include "doctor.h"
#include "journal_index.h"

#include <stdlib.h>
#include <sys/stat.h>

#define ROOT "truc-bundle/"

const struct cli_option cmd_bundle_options[] = {DOCTOR_OPTIONS, {.name = NULL}};

static const char readme[] =
    "What `truc bundle` has collected for whoever is to help with a bus.\n"
    "\n"
    "  doctor.txt, doctor.json   what is good, to be watched or bad, and what to do (truc doctor)\n"
    "  status.json               the running broker's counts and queues, or why it did not answer (truc status)\n"
    "  check.json                mistakes of the configuration, if any (truc check)\n"
    "  journal-stats.json        how much is in the journal (truc journal stats)\n"
    "  refusals.json             the last refusals: when, why, whose, which type; never about what\n"
    "  configuration.json        the rules, without comments, contacts and keys\n"
    "  versions.json             of truc and of the libraries under it\n"
    "\n"
    "No key, no payload, no subject, no id, no contact is in it; digits that may be a citizen's number keep their "
    "last\n"
    "three only. Names of systems, message types, routes and agreements are. Look through it before you send it.\n";

struct support {
    const struct cli *cli;
    const struct cli_arguments *arguments; /* the options, without the operand */
    struct support_archive *archive;
    size_t parts;
};

static int add(struct support *support, const char *name, struct bytes content, struct truc_fault *fault)
{
    support->parts++;
    return support_archive_add(support->archive, name, content, fault);
}

static int add_json(struct support *support, const char *name, json_t *document, struct truc_fault *fault)
{
    char *text = document ? json_dumps(document, JSON_INDENT(2)) : NULL;
    int code = text ? add(support, name, bytes_string(text), fault)
                    : fault_set(fault, TRUC_E_MEMORY, _("no memory for %s"), name);
    free(text);
    json_decref(document);
    return code;
}

struct part {
    const char *name;
    bool json, masks; /* masks: what it quotes has not been masked yet */
    int (*run)(struct cli *cli, const struct cli_arguments *arguments);
};

static int add_masked(struct support *support, const char *name, struct bytes content, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer masked = {0};
    journal_index_mask(content, &masked);
    if (buffer_failed(&masked))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for %s"), name);
    return add(support, name, buffer_view(&masked), fault);
}

/* What a command prints, right or wrong: a failure is what the helper wants to see. */
static int add_command(struct support *support, const struct part *part, struct truc_fault *fault)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for %s"), part->name);
    struct cli cli = *support->cli;
    cli.out = cli.err = out;
    cli.json = part->json;
    (void)part->run(&cli, support->arguments); /* its exit code is in what it says */
    fclose(out);
    int code = part->masks ? add_masked(support, part->name, bytes_of(text, size), fault)
                           : add(support, part->name, bytes_of(text, size), fault);
    free(text);
    return code;
}

static int add_refusals(struct support *support, struct truc_fault *fault)
{
    struct cli_journal journal = {0};
    int code = cli_journal_open(support->cli, support->arguments, &journal, NULL);
    if (code == 0)
        code = add_json(support, ROOT "refusals.json", support_refusals(journal.journal), fault);
    else
        code = 0; /* journal-stats.json says why it can't be opened */
    cli_journal_close(&journal);
    return code;
}

static int fill(struct support *support, struct truc_fault *fault)
{
    static const struct part parts[] = {{ROOT "doctor.txt", false, true, cmd_doctor},
                                        {ROOT "doctor.json", true, false, cmd_doctor},
                                        {ROOT "status.json", true, false, cmd_status},
                                        {ROOT "check.json", true, true, cmd_check},
                                        {ROOT "journal-stats.json", true, false, cmd_journal_stats}};
    enum cli_language before = cli_words_use(CLI_ENGLISH); /* whoever is to help may read no Vietnamese */
    int code = add(support, ROOT "README.txt", bytes_string(readme), fault);
    for (size_t i = 0; code == 0 && i < sizeof parts / sizeof *parts; i++)
        code = add_command(support, &parts[i], fault);
    if (code == 0)
        code = add_refusals(support, fault);
    if (code == 0)
        code = add_json(support, ROOT "configuration.json", support_configuration(support->cli), fault);
    if (code == 0)
        code = add_json(support, ROOT "versions.json", support_versions(), fault);
    cli_words_use(before);
    return code == 0 ? support_archive_finish(support->archive, fault) : code;
}

static int show(const struct support *support, const char *path)
{
    struct stat status = {.st_size = 0};
    char bytes[CLI_NUMBER_BYTES];
    (void)stat(path, &status); /* it has just been written */
    if (!support->cli->json) {
        fprintf(support->cli->out,
                _("Made %s: %zu files, %s, without keys, payloads, subjects and contacts.\nLook through it before you "
                  "send it: tar -tf %s\n"),
                path, support->parts, cli_format_bytes((uint64_t)status.st_size, bytes), path);
        return 0;
    }
    json_t *document = json_object();
    cli_json_set(document, "file", cli_json_text(bytes_string(path)));
    cli_json_set(document, "files", cli_json_count(support->parts));
    cli_json_set(document, "bytes", cli_json_count((uint64_t)status.st_size));
    return cli_json_print(document, support->cli->out);
}

int cmd_bundle(struct cli *cli, const struct cli_arguments *arguments)
{
    const char *path = cli_operand(arguments, 0);
    struct truc_fault fault = {0};
    struct cli_arguments options = *arguments;
    struct support support = {.cli = cli, .arguments = &options};
    options.operands_count = 0;
    int code = support_archive_create(path, cli->now_ns, &support.archive, &fault);
    if (code == 0)
        code = fill(&support, &fault);
    support_archive_close(support.archive);
    if (code == 0 && (code = show(&support, path)) < 0)
        fault_set(&fault, code, "%s", truc_error_meaning(code));
    return code < 0 ? cli_fail(cli, &fault) : CLI_OK;
}
