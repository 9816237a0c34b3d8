/* cmd_journal_proof.c - `truc journal proof`: one record's proof, as a text that other transparency-log tools verify.
 * Not: the check of everything (cmd_journal_verify.c). It proves that the latest checkpoint covers the record.
 * The form is a C2SP tlog-proof; docs/journal-format.md says how the leaf is made. */
#include "cli_journal.h"
#include "cli_json.h"
#include "cli_words.h"
#include "command_table.h"

const struct cli_option cmd_journal_proof_options[] = {
    {.name = "position", .value = "N", .explanation = N_("the record's journal position")},
    CLI_JOURNAL_OPTIONS,
    {.name = NULL},
};

/* The proof, and the leaf it is for. TRUC_E_NOT_FOUND: no checkpoint covers the record yet. */
static int prove(struct cli_journal *journal, uint64_t position, struct buffer *proof, struct sha256_digest *ret_leaf,
                 struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer scratch = {0};
    struct journal_record record;
    int code = journal_read(journal->journal, position, 0, &scratch, &record, fault);
    if (code == 0) {
        *ret_leaf = journal_leaf_hash(&record);
        code = journal_proof_text(journal->journal, position, proof, fault);
        if (code == TRUC_E_NOT_FOUND) {
            fault_set(fault, code, _("no checkpoint covers record %llu yet"), (unsigned long long)position);
            fault_hint(fault, _("the broker signs one after 1,024 groups of records, and when it ends"));
        }
    }
    return code;
}

static int print(const struct cli *cli, uint64_t position, struct bytes proof, const struct sha256_digest *leaf)
{
    if (!cli->json) {
        fwrite(proof.data, 1, proof.size, cli->out);
        return 0;
    }
    json_t *document = json_object();
    cli_json_set(document, "position", cli_json_count(position));
    cli_json_set(document, "leaf", cli_json_hex(sha256_view(leaf)));
    cli_json_set(document, "proof", json_stringn((const char *)proof.data, proof.size)); /* its lines stay lines */
    return cli_json_print(document, cli->out);
}

int cmd_journal_proof(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct cli_journal journal = {0};
    struct sha256_digest leaf;
    BUFFER_CLEANUP struct buffer proof = {0};
    uint64_t position = 0;
    int code = cli_option_number(arguments, "position", &position, &fault);
    if (code == 0)
        code = fault_set(&fault, TRUC_E_ARGUMENT, _("which record: --position N"));
    if (code > 0)
        code = cli_journal_open(cli, arguments, &journal, &fault);
    if (code == 0)
        code = prove(&journal, position, &proof, &leaf, &fault);
    if (code == 0)
        code = print(cli, position, buffer_view(&proof), &leaf);
    if (code < 0 && fault.code == 0)
        fault_set(&fault, code, "%s", truc_error_meaning(code));
    cli_journal_close(&journal);
    return code < 0 ? cli_fail(cli, &fault) : CLI_OK;
}
