/* cmd_dead_change.c - `truc dead retry` and `truc dead discard`: another chance for what waits for a person, or its end.
 * Not: choosing by itself. Both are journaled, each message with who asked and why, so a reason is required.
 * In batches: an interruption loses nothing, and the same command goes on with what is still dead. */
#include "cli_broker.h"
#include "cli_format.h"
#include "cli_json.h"
#include "cli_words.h"
#include "command_table.h"
#include "dead_selection.h"
#include "fault.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_LETTERS = 1000, BATCHES_A_SECOND = 5 /* the broker answers ten questions a second for long */ };

const struct cli_option cmd_dead_retry_options[] = {
    DEAD_SELECTION_OPTIONS,
    {.name = "all", .explanation = N_("every dead letter; otherwise name which")},
    {.name = "rate", .value = "N/s", .explanation = N_("no faster than this: 50/s, 30/min")},
    {.name = "reason", .value = "TEXT", .explanation = N_("why: it is journaled with your name")},
    CLI_BROKER_OPTIONS,
    {.name = NULL},
};
const struct cli_option cmd_dead_discard_options[] = {
    DEAD_SELECTION_OPTIONS,
    {.name = "all", .explanation = N_("every dead letter; otherwise name which")},
    {.name = "reason", .value = "TEXT", .explanation = N_("why: it is journaled with your name")},
    CLI_BROKER_OPTIONS,
    {.name = NULL},
};

/* One of the two. */
struct dead_change {
    const char *verb, *needs_reason, *json_name, *done;
};

/* So many at once, and then so long nothing. */
struct pace {
    uint32_t batch;
    uint64_t pause_ms;
};

static int read_pace(const struct cli_arguments *arguments, struct pace *ret, struct truc_fault *fault)
{
    enum { MS_A_SECOND = 1000, MS_A_MINUTE = 60000, RATE_MAX = 1000000 };
    const char *text = cli_option_value(arguments, "rate");
    char *end = NULL;
    *ret = (struct pace){.batch = BATCH_LETTERS};
    if (text == NULL)
        return 0;
    unsigned long long count = *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
    uint64_t span_ms = end && strcmp(end, "/s") == 0 ? MS_A_SECOND : end && strcmp(end, "/min") == 0 ? MS_A_MINUTE : 0;
    if (count == 0 || count > RATE_MAX || span_ms == 0)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--rate %s: a number a second or a minute, like 50/s or 30/min"),
                         text);
    uint64_t batch = count * MS_A_SECOND / (span_ms * BATCHES_A_SECOND); /* small enough to be even */
    ret->batch = batch < 1 ? 1 : batch > BATCH_LETTERS ? BATCH_LETTERS : (uint32_t)batch;
    ret->pause_ms = ret->batch * span_ms / count;
    return 0;
}

static int check(const struct cli_arguments *arguments, const struct dead_change *change,
                 const struct operator_dead_query *query, struct truc_fault *fault)
{
    if (query->reason.size == 0) {
        fault_set(fault, TRUC_E_ARGUMENT, "%s", cli_words(change->needs_reason));
        return fault_hint(fault, _("add --reason TEXT"));
    }
    if (dead_selection_is_all(query) && cli_option_value(arguments, "all") == NULL) {
        fault_set(fault, TRUC_E_ARGUMENT, _("which dead letters?"));
        return fault_hint(fault, _("add --destination, --from, --type, --code or --position; or --all"));
    }
    return 0;
}

/* The broker's time: what dies again after it is not of this run. */
static int read_time(struct cli_client *client, uint64_t *ret_ns, struct truc_fault *fault)
{
    struct command_answer answer = {0};
    struct operator_status status = {0};
    int code = cli_client_call(client, "status", BYTES_EMPTY, &answer, fault);
    if (code == 0)
        code = operator_status_decode(answer.result, &status, fault);
    *ret_ns = status.time_ns;
    return code;
}

/* Heartbeats go on meanwhile. */
static int rest(struct cli_client *client, uint64_t pause_ms, struct truc_fault *fault)
{
    struct command_answer none = {0};
    int code = pause_ms ? cli_client_next(client, pause_ms, &none, fault) : 0;
    return code < 0 ? code : 0;
}

static int change_all(struct cli_client *client, const char *verb, struct operator_dead_query *query,
                      const struct pace *pace, uint64_t *count, struct truc_fault *fault)
{
    struct command_answer answer = {0};
    uint64_t done = 0;
    int code = read_time(client, &query->before_ns, fault);
    query->count_max = pace->batch;
    do {
        if (code == 0)
            code = dead_selection_call(client, verb, query, &answer, fault);
        if (code == 0)
            code = operator_done_decode(answer.result, &done, fault);
        if (code == 0) {
            *count += done;
            if (done == pace->batch)
                code = rest(client, pace->pause_ms ? pace->pause_ms : 1000 / BATCHES_A_SECOND, fault);
        }
    } while (code == 0 && done == pace->batch);
    return code;
}

static int tell(const struct cli *cli, const struct dead_change *change, uint64_t count)
{
    char text[CLI_NUMBER_BYTES];
    if (cli->json) {
        json_t *document = json_object();
        cli_json_set(document, change->json_name, cli_json_count(count));
        int code = cli_json_print(document, cli->out);
        if (code < 0)
            return cli_fail_code(cli, code);
    } else if (count == 0) {
        fputs(_("no dead letter matches; truc dead list shows all\n"), cli->out);
    } else {
        fprintf(cli->out, "%s %s\n", cli_format_count(count, text), cli_words(change->done));
    }
    return count == 0 ? CLI_NOT_SO : CLI_OK;
}

static int run(const struct cli *cli, const struct cli_arguments *arguments, const struct dead_change *change,
               const struct pace *pace)
{
    struct truc_fault fault = {0};
    struct operator_dead_query query = {0};
    struct cli_client *client = NULL;
    uint64_t count = 0;
    int code = dead_selection_read(arguments, &query, &fault);
    if (code == 0)
        code = check(arguments, change, &query, &fault);
    if (code == 0)
        code = cli_broker_open(cli, arguments, -1, &client, &fault);
    if (code == 0)
        code = change_all(client, change->verb, &query, pace, &count, &fault);
    cli_client_close(client);
    return code < 0 ? cli_fail(cli, &fault) : tell(cli, change, count);
}

int cmd_dead_retry(struct cli *cli, const struct cli_arguments *arguments)
{
    static const struct dead_change change = {"dead-retry", N_("a retry needs a reason: it is journaled"), "retried",
                                              N_("queued again; truc queue list shows how they fare")};
    struct truc_fault fault = {0};
    struct pace pace;
    return read_pace(arguments, &pace, &fault) < 0 ? cli_fail(cli, &fault) : run(cli, arguments, &change, &pace);
}

int cmd_dead_discard(struct cli *cli, const struct cli_arguments *arguments)
{
    static const struct dead_change change = {
        "dead-discard", N_("giving messages up needs a reason: it is journaled"), "discarded",
        N_("given up for good; the journal keeps each with your name and the reason")};
    const struct pace pace = {.batch = BATCH_LETTERS};
    return run(cli, arguments, &change, &pace);
}
