/* explain_position.c - see explain_position.h. First what the record says happened, then the rules that made it so.
 * The record is the truth: rates, room and signatures are not asked again, and are in it.
 * Needs no broker; without the journal's key, conditions on payload fields can't be asked again, and it says so. */
#include "explain_position.h"

#include "cli_file.h"
#include "cli_format.h"
#include "cli_journal.h"
#include "cli_json.h"
#include "cli_policy.h"
#include "cli_words.h"
#include "encode.h"
#include "explanation.h"
#include "judged.h"
#include "record_text.h"

#include <stdlib.h>

enum { SHORT_HASH_BYTES = 3, LABEL_COLUMN = 14 };

struct asked {
    const struct cli *cli;
    struct cli_journal journal;
    struct cli_policy present; /* NULL inside when there is none at hand */
    struct buffer scratch;
    struct journal_record record;
    struct judged judged;
    struct explanation *then, *now; /* NULL: not asked */
    const struct policy *policy;    /* in force then */
    struct truc_fault then_fault, now_fault;
};

/* ---- asking ---- */

/* NULL with the reason in the fault when the policy can't be asked at all. */
static struct explanation *explain(const struct asked *asked, const struct policy *policy, uint64_t now_ns,
                                   struct truc_fault *fault)
{
    struct explanation *explanation = calloc(1, sizeof *explanation);
    if (explanation == NULL) {
        fault_set(fault, TRUC_E_MEMORY, _("no memory for an explanation"));
        return NULL;
    }
    if (!asked->judged.has_payload && judged_asks_payload(&asked->judged, policy))
        fault_set(fault, TRUC_E_JOURNAL_KEY, _("its routes ask for payload fields, and the payload can't be read"));
    else
        (void)judged_query(&asked->judged, policy, now_ns, &explanation->query, fault); /* the fault says it */
    if (fault->code < 0) {
        free(explanation);
        return NULL;
    }
    explanation->policy = policy;
    explanation->sender = explanation->query.sender;
    explanation->message = schema_set_find_type(policy->schemas, asked->judged.header.type);
    explanation_make(explanation);
    return explanation;
}

static int read_record(struct asked *asked, uint64_t position, struct truc_fault *fault)
{
    int code =
        journal_read(asked->journal.journal, position, JOURNAL_WITH_PAYLOAD, &asked->scratch, &asked->record, fault);
    if (code == TRUC_E_ERASED || code == TRUC_E_JOURNAL_KEY)
        code = 0; /* the record is there; its payload is not readable */
    if (code < 0)
        return code;
    if (asked->record.kind == RECORD_REFUSED)
        return 0;
    if (asked->record.kind != RECORD_ACCEPTED) {
        code = fault_set(fault, TRUC_E_ARGUMENT, _("record %llu is '%s', no message"), (unsigned long long)position,
                         record_kind_name((enum record_kind)asked->record.kind));
        fault_hint(fault, _("truc journal show --position %llu shows it"), (unsigned long long)position);
        return code;
    }
    return judged_decode(&asked->record, &asked->judged, fault);
}

static int ask(struct asked *asked, struct truc_fault *fault)
{
    if (asked->record.kind == RECORD_REFUSED || asked->judged.header.kind == HEADER_REPLY)
        return 0;
    int code = cli_journal_policy(&asked->journal, asked->judged.accepted.configuration, &asked->policy, fault);
    if (code < 0)
        return code;
    asked->then = explain(asked, asked->policy, asked->judged.time_ns, &asked->then_fault);
    const struct policy *present = asked->present.policy;
    if (present && !sha256_equal(&present->hash, &asked->policy->hash))
        asked->now = explain(asked, present, asked->cli->now_ns, &asked->now_fault);
    return asked->then_fault.code == TRUC_E_MEMORY || asked->now_fault.code == TRUC_E_MEMORY ? TRUC_E_MEMORY : 0;
}

/* ---- showing ---- */

static void put_policy(const struct policy *policy, struct buffer *out)
{
    hex_append(out, bytes_of(policy->hash.bytes, SHORT_HASH_BYTES));
}

static void put_explanation(const struct explanation *explanation, const struct truc_fault *fault, struct buffer *out)
{
    if (explanation) {
        explanation_append(explanation, out);
        return;
    }
    buffer_append_string(out, "  ");
    cli_append_padded(out, bytes_string(_("can't be asked")), LABEL_COLUMN);
    buffer_printf(out, " %s: %s\n", truc_error_name(fault->code), fault->text);
}

static int put_text(const struct asked *asked, struct buffer *out, struct truc_fault *fault)
{
    int code = record_text_line(&asked->record, out, fault);
    if (code < 0)
        return code;
    if (asked->record.kind == RECORD_REFUSED) {
        buffer_append_string(
            out, _("  nothing of a refused message is kept but this; truc explain CODE says what it means\n"));
        return 0;
    }
    if (asked->judged.header.kind == HEADER_REPLY) {
        buffer_printf(out,
                      _("  a reply goes to who asked, by no route; its request: truc route explain --position %llu\n"),
                      (unsigned long long)(asked->judged.header.in_reply_to - 1));
        return 0;
    }
    buffer_append_string(out, _("under the configuration "));
    put_policy(asked->policy, out);
    buffer_printf(out, _(" in force then (record %llu)\n"), (unsigned long long)asked->judged.accepted.configuration);
    put_explanation(asked->then, &asked->then_fault, out);
    if (asked->present.policy == NULL) {
        buffer_append_string(out, _("no present configuration is at hand; --config names one\n"));
    } else if (asked->now == NULL && asked->now_fault.code == 0) {
        buffer_append_string(out, _("the present configuration is the same\n"));
    } else {
        buffer_append_string(out, _("under the present configuration "));
        put_policy(asked->present.policy, out);
        buffer_append_byte(out, '\n');
        put_explanation(asked->now, &asked->now_fault, out);
    }
    return 0;
}

static json_t *side_json(const struct policy *policy, const struct explanation *explanation,
                         const struct truc_fault *fault)
{
    json_t *object = explanation ? explanation_json(explanation) : json_object();
    cli_json_set(object, "configuration", cli_json_hex(sha256_view(&policy->hash)));
    if (explanation == NULL) {
        cli_json_set(object, "outcome", json_null());
        cli_json_set(object, "reason", cli_json_text(bytes_string(fault->text)));
    }
    return object;
}

static int print_json(const struct asked *asked, struct truc_fault *fault)
{
    json_t *document = json_object();
    json_t *record = record_json(&asked->record, fault);
    if (record == NULL) {
        json_decref(document);
        return fault->code;
    }
    cli_json_set(document, "record", record);
    if (asked->policy)
        cli_json_set(document, "then", side_json(asked->policy, asked->then, &asked->then_fault));
    if (asked->now || asked->now_fault.code < 0)
        cli_json_set(document, "now", side_json(asked->present.policy, asked->now, &asked->now_fault));
    else
        cli_json_set(document, "now", json_null());
    return cli_json_print(document, asked->cli->out);
}

static bool is_refused(const struct asked *asked)
{
    return asked->record.kind == RECORD_REFUSED || (asked->now && asked->now->outcome < 0) ||
           asked->now_fault.code == TRUC_E_NOT_FOUND || asked->now_fault.code == TRUC_E_UNKNOWN_TYPE;
}

/* ---- the whole ---- */

/* An auditor has a journal and no configuration: then only the past is explained. */
static int load_present(struct asked *asked, const struct cli_arguments *arguments)
{
    char folder[CLI_PATH_BYTES];
    if (cli_option_value(arguments, "config") == NULL &&
        (cli_path(folder, NULL, "%s/config", asked->cli->state) < 0 || !cli_is_directory(folder)))
        return CLI_OK;
    return cli_policy_load(asked->cli, arguments, &asked->present);
}

static int explain_record(struct asked *asked, const struct cli_arguments *arguments, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer text = {0};
    uint64_t position = 0;
    int code = cli_option_number(arguments, "position", &position, fault);
    if (code >= 0)
        code = cli_journal_open(asked->cli, arguments, &asked->journal, fault);
    if (code >= 0)
        code = read_record(asked, position, fault);
    if (code >= 0)
        code = ask(asked, fault);
    if (code >= 0 && asked->cli->json)
        return print_json(asked, fault);
    if (code >= 0)
        code = put_text(asked, &text, fault);
    return code < 0 ? code : cli_text_print(&text, asked->cli->out);
}

static void asked_clear(struct asked *asked)
{
    if (asked->then)
        explanation_clear(asked->then);
    if (asked->now)
        explanation_clear(asked->now);
    free(asked->then);
    free(asked->now);
    cli_journal_close(&asked->journal);
    cli_policy_free(&asked->present);
    buffer_free(&asked->scratch);
}

int route_explain_position(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct asked asked = {.cli = cli};
    int exit_code = load_present(&asked, arguments);
    if (exit_code == CLI_OK) {
        int code = explain_record(&asked, arguments, &fault);
        exit_code = code == TRUC_E_MEMORY ? cli_fail_code(cli, code)
                    : code < 0            ? cli_fail(cli, &fault)
                    : is_refused(&asked)  ? CLI_NOT_SO
                                          : CLI_OK;
    }
    asked_clear(&asked);
    return exit_code;
}
