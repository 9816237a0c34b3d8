/* cmd_journal_verify.c - `truc journal verify`: a proof from a directory alone, without trust in who ran the bus.
 * Not: the checks themselves: the journal's own (journal_verify_all) and those of its evidence (evidence.h).
 * Exit code 1 and the first damage when something does not hold. */
#include "blobs_verify.h"
#include "cli_file.h"
#include "cli_format.h"
#include "cli_journal.h"
#include "cli_json.h"
#include "cli_words.h"
#include "command_table.h"
#include "encode.h"
#include "evidence.h"

#include <inttypes.h>
#include <unistd.h>

const struct cli_option cmd_journal_verify_options[] = {
    {.name = "authority",
     .value = "FILE",
     .explanation = N_("the authority's certificate, got by another way than the journal")},
    {.name = "blobs", .explanation = N_("read every attachment, too, and compare it with its hash; needs the key")},
    {.name = "quiet", .explanation = N_("no progress on a terminal")},
    CLI_JOURNAL_OPTIONS,
    {.name = NULL},
};

struct verification {
    const struct cli *cli;
    struct cli_journal journal;
    struct issuers authority;
    bool has_authority, shows_progress, checks_blobs;
    uint64_t blobs; /* attachments that are what their names say */
    struct evidence *evidence;
    struct journal_verified verified;
    struct truc_fault *fault;
};

static int check_record(void *context, const struct journal_record *record)
{
    struct verification *verification = context;
    return evidence_check(verification->evidence, record, verification->fault);
}

static int show_progress(void *context, uint64_t done_bytes, uint64_t total_bytes)
{
    const struct verification *verification = context;
    char done[CLI_NUMBER_BYTES], total[CLI_NUMBER_BYTES];
    if (!verification->shows_progress)
        return 0;
    fputs("\r", verification->cli->err);
    fprintf(verification->cli->err, _("%s of %s   "), cli_format_bytes(done_bytes, done),
            cli_format_bytes(total_bytes, total));
    return 0;
}

static int read_authority(struct verification *verification, const char *path, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer pem = {0};
    if (path == NULL)
        return 0;
    int code = cli_file_read(path, &pem, fault);
    if (code == 0)
        code = issuers_from_pem(buffer_view(&pem), &verification->authority, fault);
    verification->has_authority = code == 0;
    return code < 0 ? (fault->code = TRUC_E_CONFIG) : 0;
}

static int verify(struct verification *verification)
{
    const struct journal_verify verify = {show_progress, check_record, verification};
    int code = evidence_create(verification->journal.journal,
                               verification->has_authority ? &verification->authority : NULL, &verification->evidence);
    if (code == 0)
        code = journal_verify_all(verification->journal.journal, &verify, &verification->verified, verification->fault);
    if (verification->shows_progress)
        fputs("\r                              \r", verification->cli->err);
    return code;
}

/* ---- showing ---- */

struct line {
    const char *name, *json_name;
    uint64_t count;
};

enum { LINES_MAX = 16 };

static size_t fill_lines(const struct verification *verification, struct line lines[LINES_MAX])
{
    const struct journal_verified *verified = &verification->verified;
    const struct evidence_counts counts = evidence_counts(verification->evidence);
    const struct line all[] = {
        {N_("records, each a leaf of the tree"), "records", verified->records},
        {N_("groups"), "groups", verified->groups},
        {N_("segments"), "segments", verified->segments},
        {N_("checkpoints agree with the tree"), "checkpoints", verified->checkpoints},
        {N_("configurations are there whole"), "configurations", counts.configurations},
        {N_("certificates are the authority's"), "certificates", counts.certificates},
        {N_("bundles, signed by their senders"), "bundles", counts.bundles},
        {N_("messages are those of their bundles"), "messages", counts.messages},
        {N_("payloads are those that were signed"), "payloads", counts.payloads},
        {N_("payloads were erased, with proof left"), "payloads_erased", verified->payloads_erased},
        {N_("payloads stay closed without a key"), "payloads_without_key", verified->payloads_without_key},
        {N_("refusals"), "refusals", counts.refusals},
        {N_("receipts, signed by their receivers"), "receipts", counts.receipts},
        {N_("settlements name what was delivered"), "settlements", counts.settlements},
        {N_("attachments are those of their hashes"), "blobs", verification->blobs},
    };
    size_t count = sizeof all / sizeof *all - !verification->checks_blobs; /* the last line is theirs */
    memcpy(lines, all, sizeof all);
    return count;
}

static int print_text(const struct verification *verification, const struct line *lines, size_t count)
{
    BUFFER_CLEANUP struct buffer text = {0};
    char number[CLI_NUMBER_BYTES];
    const struct journal_checkpoint checkpoint = journal_checkpoint_latest(verification->journal.journal);
    buffer_printf(&text, _("journal of the bus '%s'\n"), journal_bus_id(verification->journal.journal));
    for (size_t i = 0; i < count; i++)
        if (lines[i].count > 0 || i < 4)
            buffer_printf(&text, "  %12s  %s\n", cli_format_count(lines[i].count, number), cli_words(lines[i].name));
    if (checkpoint.size == 0)
        buffer_append_string(&text, _("no checkpoint is there: records cut off at the end would not be missed\n"));
    else
        buffer_printf(&text, _("last checkpoint: %s records, %s\n"), cli_format_count(checkpoint.size, number),
                      verification->journal.has_checkpoint_key ? _("its signature verifies")
                                                               : _("its signature was not checked: --checkpoint-key"));
    if (!verification->has_authority && evidence_counts(verification->evidence).certificates > 0)
        buffer_append_string(
            &text, _("the authority is the journal's own; pin it with --authority FILE for a stronger proof\n"));
    buffer_append_string(&text, _("root: "));
    base64_append(&text, sha256_view(&verification->verified.root));
    buffer_append_string(&text, _("\nall of it holds\n"));
    const char *whole = buffer_string(&text);
    if (whole == NULL)
        return TRUC_E_MEMORY;
    fputs(whole, verification->cli->out);
    return 0;
}

static int print_json(const struct verification *verification, const struct line *lines, size_t count)
{
    json_t *document = json_object();
    const struct journal_checkpoint checkpoint = journal_checkpoint_latest(verification->journal.journal);
    BUFFER_CLEANUP struct buffer root = {0};
    base64_append(&root, sha256_view(&verification->verified.root));
    cli_json_set(document, "holds", json_true());
    cli_json_set(document, "bus", json_string(journal_bus_id(verification->journal.journal)));
    cli_json_set(document, "root", cli_json_text(buffer_view(&root)));
    cli_json_set(document, "checkpoint_size", cli_json_count(checkpoint.size));
    cli_json_set(document, "checkpoint_signatures_checked", json_boolean(verification->journal.has_checkpoint_key));
    cli_json_set(document, "authority_pinned", json_boolean(verification->has_authority));
    for (size_t i = 0; i < count; i++)
        cli_json_set(document, lines[i].json_name, cli_json_count(lines[i].count));
    return cli_json_print(document, verification->cli->out);
}

static int show(const struct verification *verification)
{
    struct line lines[LINES_MAX];
    size_t count = fill_lines(verification, lines);
    return verification->cli->json ? print_json(verification, lines, count) : print_text(verification, lines, count);
}

int cmd_journal_verify(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct verification verification = {.cli = cli, .fault = &fault};
    verification.shows_progress =
        !cli->json && cli_option_value(arguments, "quiet") == NULL && isatty(fileno(cli->err)) == 1;
    int code = read_authority(&verification, cli_option_value(arguments, "authority"), &fault);
    if (code == 0)
        code = cli_journal_open(cli, arguments, &verification.journal, &fault);
    if (code == 0)
        code = verify(&verification);
    verification.checks_blobs = cli_option_value(arguments, "blobs") != NULL;
    if (code == 0 && verification.checks_blobs)
        code = blobs_verify(cli, arguments, &verification.journal, &verification.blobs, &fault);
    if (code == 0)
        code = show(&verification);
    if (code < 0 && fault.code == 0)
        fault_set(&fault, code, "%s", truc_error_meaning(code));
    evidence_free(verification.evidence);
    cli_journal_close(&verification.journal);
    issuers_clear(&verification.authority);
    return code < 0 ? cli_fail(cli, &fault) : CLI_OK;
}
