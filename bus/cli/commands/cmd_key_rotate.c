/* cmd_key_rotate.c - `truc key rotate NAME`: a new key in the place of one of the bus's own, and what there is to do next.
 * Not: systems' keys (cmd_system_rotate_key.c). Works on files; of a running broker only the lock of its journal is asked.
 * In the flow: keys/ → key_rotation → keys/ → the next start of trucd. */
#include "authority_rotation.h"
#include "cli_file.h"
#include "cli_json.h"
#include "cli_policy.h"
#include "cli_words.h"
#include "command_table.h"
#include "key_rotation.h"

#include <stdlib.h>
#include <string.h>

const struct cli_option cmd_key_rotate_options[] = {
    {.name = "keys", .value = "DIR", .explanation = N_("the broker's keys, instead of the state directory's")},
    {.name = "journal", .value = "DIR", .explanation = N_("the journal, instead of the state directory's")},
    {.name = "take",
     .explanation = N_("of the broker's transport key: put the next one in the place of the present one")},
    {.name = "end", .explanation = N_("of the bus's authority: believe the newest only")},
    {.name = NULL},
};

/* What a rotation has to tell: a document for programs, a text for people. */
struct telling {
    json_t *document;
    struct buffer text;
};

static int rotate_persons(const struct cli *cli, const struct cli_arguments *arguments,
                          const struct key_rotation *rotation, struct telling *telling, struct truc_fault *fault)
{
    unsigned epoch = 0;
    int code = key_rotate_persons(rotation, &epoch, fault);
    (void)cli;
    (void)arguments;
    cli_json_set(telling->document, "epoch", cli_json_count(epoch));
    buffer_printf(&telling->text,
                  _("persons.key has a key of epoch %u. trucd uses it from its next start on; the "
                    "others stay, for what they made is found with them.\n"),
                  epoch);
    return code;
}

static int rotate_journal(const struct cli *cli, const struct cli_arguments *arguments,
                          const struct key_rotation *rotation, struct telling *telling, struct truc_fault *fault)
{
    uint64_t segments = 0;
    char old[CLI_PATH_BYTES] = "";
    int code = key_rotate_journal(rotation, &segments, old, fault);
    (void)cli;
    (void)arguments;
    cli_json_set(telling->document, "segments", cli_json_count(segments));
    cli_json_set(telling->document, "old_key", json_string(old));
    buffer_printf(&telling->text,
                  _("journal.key is new, and the keys of %llu segments are wrapped with it.\n"
                    "%s opens copies of the journal from before: keep it with them, or destroy both.\n"),
                  (unsigned long long)segments, old);
    return code;
}

static int rotate_checkpoint(const struct cli *cli, const struct cli_arguments *arguments,
                             const struct key_rotation *rotation, struct telling *telling, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer verifier = {0};
    uint64_t through = 0;
    int code = key_rotate_checkpoint(rotation, &through, &verifier, fault);
    const char *line = code == 0 ? buffer_string(&verifier) : "";
    (void)cli;
    (void)arguments;
    cli_json_set(telling->document, "through", cli_json_count(through));
    cli_json_set(telling->document, "verifier", json_string(line ? line : ""));
    buffer_printf(&telling->text,
                  _("checkpoint.key is new. The old one is believed up to %llu records and no further "
                    "(checkpoint.old).\nFor those who verify, beside the old one: %s\n"),
                  (unsigned long long)through, line ? line : "");
    return code;
}

static int rotate_broker(const struct cli *cli, const struct cli_arguments *arguments,
                         const struct key_rotation *rotation, struct telling *telling, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer next = {0};
    bool takes = cli_option_value(arguments, "take") != NULL;
    (void)cli;
    int code = takes ? key_take_broker(rotation, fault) : key_prepare_broker(rotation, &next, fault);
    const char *line = code == 0 ? buffer_string(&next) : "";
    cli_json_set(telling->document, "taken", json_boolean(takes));
    cli_json_set(telling->document, "next", takes ? json_null() : json_string(line ? line : ""));
    if (takes)
        buffer_append_string(&telling->text, _("broker.curve is the next key now: restart trucd, and take the old one "
                                               "out of every system's settings in time.\n"));
    else
        buffer_printf(&telling->text,
                      _("The next transport key of the broker is made, and not in force. Put it behind the "
                        "present one in every system's settings:\n  server-key: [PRESENT, \"%s\"]\n"
                        "Then: truc key rotate broker --take\n"),
                      line ? line : "");
    return code;
}

static int begin_authority(const struct authority_rotation *rotation, struct telling *telling, struct truc_fault *fault)
{
    char old[CLI_PATH_BYTES] = "";
    const char *file = rotation->plan->authority_file;
    int code = authority_begin(rotation, old, fault);
    cli_json_set(telling->document, "old_key", *old ? json_string(old) : json_null());
    if (code < 0)
        return code;
    buffer_printf(&telling->text,
                  _("%s/ca.key is new; config/%s holds its certificate and the old one, and both are believed.\n"),
                  rotation->keys, file);
    if (*old)
        buffer_printf(&telling->text, _("The old key is kept as %s. Take both off this machine.\n"), old);
    buffer_printf(&telling->text,
                  _("Next: truc reload --reason TEXT. Give config/%s to every system as its authority.pem, and have it "
                    "start anew.\n"
                    "Then, for each of them: truc system rotate-key, hand over, truc system end-key.\n"
                    "At last: truc key rotate authority --end\n"),
                  file);
    return 0;
}

/* What is wrong with the configuration has been printed when the fault is empty. */
static int end_authority(const struct cli *cli, const struct cli_arguments *arguments,
                         const struct authority_rotation *rotation, struct telling *telling, struct truc_fault *fault)
{
    struct cli_policy loaded = {0};
    if (cli_policy_load(cli, arguments, &loaded) != CLI_OK)
        return fault_set(fault, TRUC_E_CONFIG, _("nothing was changed"));
    int code = authority_end(rotation, loaded.policy, fault);
    cli_policy_free(&loaded);
    if (code == 0)
        buffer_printf(
            &telling->text,
            _("config/%s holds the newest certificate only. Next: truc reload --reason TEXT. Give the file to every "
              "system once more when nothing waits that was signed before.\n"),
            rotation->plan->authority_file);
    return code;
}

static int rotate_authority(const struct cli *cli, const struct cli_arguments *arguments,
                            const struct key_rotation *rotation, struct telling *telling, struct truc_fault *fault)
{
    bool ends = cli_option_value(arguments, "end") != NULL;
    struct init_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for the authority"));
    const struct authority_rotation files = {.plan = plan, .keys = rotation->keys};
    plan->now_ns = cli->now_ns;
    int code = cli_path(plan->root, fault, "%s", cli->state);
    if (code == 0)
        code = cli_path(plan->source, fault, "%s/config", cli->state);
    if (code == 0)
        code = init_plan_read(plan, fault);
    if (code == 0)
        code = ends ? end_authority(cli, arguments, &files, telling, fault) : begin_authority(&files, telling, fault);
    cli_json_set(telling->document, "ended", json_boolean(ends));
    init_plan_free(plan);
    free(plan);
    return code;
}

static const struct {
    const char *name;
    int (*rotate)(const struct cli *cli, const struct cli_arguments *arguments, const struct key_rotation *rotation,
                  struct telling *telling, struct truc_fault *fault);
} keys[] = {{"authority", rotate_authority},
            {"broker", rotate_broker},
            {"checkpoint", rotate_checkpoint},
            {"journal", rotate_journal},
            {"persons", rotate_persons}};

static int rotate(const struct cli *cli, const struct cli_arguments *arguments, const struct key_rotation *rotation,
                  struct telling *telling, struct truc_fault *fault)
{
    const char *name = cli_operand(arguments, 0);
    if (cli_option_value(arguments, "take") && strcmp(name, "broker") != 0)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--take is for the key 'broker'"));
    if (cli_option_value(arguments, "end") && strcmp(name, "authority") != 0)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--end is for the key 'authority'"));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(name, keys[i].name) == 0)
            return keys[i].rotate(cli, arguments, rotation, telling, fault);
    fault_set(fault, TRUC_E_ARGUMENT,
              _("'%s' is no key of the broker: authority, broker, checkpoint, journal or persons"), name);
    return fault_hint(fault, _("a system's: truc system rotate-key"));
}

static int tell(const struct cli *cli, struct telling *telling)
{
    const char *text = buffer_string(&telling->text);
    if (cli->json)
        return cli_json_print(json_incref(telling->document), cli->out);
    if (text == NULL)
        return TRUC_E_MEMORY;
    fputs(text, cli->out);
    return 0;
}

int cmd_key_rotate(struct cli *cli, const struct cli_arguments *arguments)
{
    char key_folder[CLI_PATH_BYTES], journal[CLI_PATH_BYTES];
    const char *key_option = cli_option_value(arguments, "keys"),
               *journal_option = cli_option_value(arguments, "journal");
    const struct key_rotation rotation = {.keys = key_folder, .journal = journal, .now_ns = cli->now_ns};
    struct telling telling = {.document = json_object()};
    struct truc_fault fault = {0};
    cli_json_set(telling.document, "key", json_string(cli_operand(arguments, 0)));
    int code = key_option ? cli_path(key_folder, &fault, "%s", key_option)
                          : cli_path(key_folder, &fault, "%s/keys", cli->state);
    if (code == 0)
        code = journal_option ? cli_path(journal, &fault, "%s", journal_option)
                              : cli_path(journal, &fault, "%s/journal", cli->state);
    if (code == 0)
        code = rotate(cli, arguments, &rotation, &telling, &fault);
    int exit_code = code < 0 ? cli_fail(cli, &fault) : CLI_OK;
    if (code == 0 && (code = tell(cli, &telling)) < 0)
        exit_code = cli_fail_code(cli, code);
    json_decref(telling.document);
    buffer_free(&telling.text);
    return exit_code;
}
