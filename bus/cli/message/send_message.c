/* send_message.c - see send_message.h.
 * schema_from_json judges the payload as the broker will; what it finds is named with its field.
 * Kind and version come from the schema: nobody has to say that a command is one. */
#include "send_message.h"

#include "cli_file.h"
#include "cli_policy.h"
#include "cli_words.h"
#include "fault.h"
#include "policy_match.h"
#include "time_text.h"

#include <stdio.h>

enum {
    PAYLOAD_JSON_BYTES_MAX = 64 * 1024 * 1024,
    READ_STEP_BYTES = 64 * 1024,
    REFUSALS_FIRST = 40,
    REFUSALS_LAST = 89
};

enum cli_exit send_exit_of(int code)
{
    if (code <= -REFUSALS_FIRST && code >= -REFUSALS_LAST && code != TRUC_E_SHUTTING_DOWN)
        return CLI_NOT_SO;
    bool is_blob = code <= TRUC_E_BLOB_UNKNOWN && code >= TRUC_E_BLOB_EXPIRED && code != TRUC_E_BLOB_SPACE;
    return is_blob || code == TRUC_E_TOO_LARGE ? CLI_NOT_SO : cli_exit_of(code);
}

/* ---- the schema ---- */

static int find_type(struct send_message *message, const char *type, struct truc_fault *fault)
{
    message->schema = schema_set_find_type(message->schemas, bytes_string(type));
    if (message->schema)
        return 0;
    const struct schema_message *nearest = schema_set_nearest_type(message->schemas, bytes_string(type));
    fault_set(fault, TRUC_E_UNKNOWN_TYPE, _("no schema has the type '%s'"), type);
    if (nearest)
        fault_hint(fault, _("did you mean '%s'?"), nearest->type);
    return TRUC_E_UNKNOWN_TYPE;
}

/* ---- the header ---- */

static int read_urgency(const struct cli_arguments *arguments, enum truc_urgency *ret_urgency, struct truc_fault *fault)
{
    const char *word = cli_option_value(arguments, "urgency");
    uint32_t urgency = word ? policy_urgency_find(bytes_string(word)) : TRUC_NORMAL;
    if (urgency == 0)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--urgency %s: normal, urgent, very-urgent or express"), word);
    *ret_urgency = (enum truc_urgency)urgency;
    return 0;
}

/* A mapping that writes the classification as a constant is a defect, and so would be a default here. */
static int read_classification(const struct cli_arguments *arguments, struct truc_fault *fault)
{
    const char *word = cli_option_value(arguments, "classification");
    if (word && strcmp(word, "not-secret") == 0)
        return 0;
    if (word && strcmp(word, "secret") != 0)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--classification %s: not-secret or secret"), word);
    fault_set(fault, TRUC_E_SECRET,
              word ? _("what is secret does not enter the bus; nothing was sent")
                   : _("nobody says that it is not secret; nothing was sent"));
    if (word == NULL)
        fault_hint(fault, _("if it is not: --classification not-secret"));
    return TRUC_E_SECRET;
}

static int read_expiry(const struct cli *cli, const struct cli_arguments *arguments, uint64_t *ret_expires_ns,
                       struct truc_fault *fault)
{
    const char *text = cli_option_value(arguments, "expires");
    uint64_t span_ns = 0;
    if (text == NULL)
        return 0;
    if (span_parse(bytes_string(text), &span_ns) < 0 || span_ns > UINT64_MAX - cli->now_ns)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--expires %s: a span from now, like 30m or 2h"), text);
    *ret_expires_ns = cli->now_ns + span_ns;
    return 0;
}

static int read_header(const struct cli *cli, const struct cli_arguments *arguments, struct send_message *message,
                       struct truc_fault *fault)
{
    static const enum truc_kind kinds[] = {[SCHEMA_KIND_EVENT] = TRUC_EVENT,
                                           [SCHEMA_KIND_COMMAND] = TRUC_COMMAND,
                                           [SCHEMA_KIND_REQUEST] = TRUC_REQUEST,
                                           [SCHEMA_KIND_REPLY] = TRUC_REPLY};
    struct truc_outgoing *outgoing = &message->outgoing;
    *outgoing = (struct truc_outgoing){.size = sizeof *outgoing,
                                       .type = message->schema->type,
                                       .kind = kinds[message->schema->kind],
                                       .classification = TRUC_NOT_SECRET,
                                       .subject = cli_option_value(arguments, "subject"),
                                       .id = cli_option_value(arguments, "id"),
                                       .ordering_key = cli_option_value(arguments, "ordering-key"),
                                       .historical = cli_option_value(arguments, "historical") != NULL,
                                       .purpose = {.procedure = cli_option_value(arguments, "procedure"),
                                                   .dossier = cli_option_value(arguments, "dossier"),
                                                   .officer = cli_option_value(arguments, "officer"),
                                                   .legal_basis = cli_option_value(arguments, "legal-basis")}};
    int code = read_classification(arguments, fault);
    if (code == 0)
        code = read_urgency(arguments, &outgoing->urgency, fault);
    if (code == 0)
        code = read_expiry(cli, arguments, &outgoing->expires_ns, fault);
    if (code == 0)
        code = cli_option_time(arguments, "time", cli->now_ns, &outgoing->time_ns, fault);
    return code < 0 ? code : 0;
}

int send_message_open(const struct cli *cli, const struct cli_arguments *arguments, const char *type,
                      struct send_message *ret_message, struct truc_fault *fault)
{
    struct send_message message = {.schemas = NULL};
    int code = cli_schemas_find(cli, arguments, &message.schemas, fault);
    if (code == 0)
        code = find_type(&message, type, fault);
    if (code == 0)
        code = read_header(cli, arguments, &message, fault);
    if (code < 0)
        send_message_free(&message);
    else
        *ret_message = message;
    return code;
}

void send_message_free(struct send_message *message)
{
    buffer_free(&message->payload);
    schema_set_free(message->schemas);
    *message = (struct send_message){.schemas = NULL};
}

/* ---- the payload ---- */

int send_message_take(struct send_message *message, struct bytes json, struct truc_fault *fault)
{
    buffer_clear(&message->payload);
    int code = schema_from_json(message->schema, json, &message->payload, fault);
    if (code < 0) {
        if (code == TRUC_E_PAYLOAD && fault)
            fault_hint(fault, _("its fields: truc schema show %s"), message->schema->type);
        return code;
    }
    message->outgoing.payload = message->payload.size ? message->payload.data : NULL;
    message->outgoing.payload_bytes = message->payload.size;
    return 0;
}

static int read_standard_input(struct buffer *out, struct truc_fault *fault)
{
    out->size_max = PAYLOAD_JSON_BYTES_MAX;
    for (;;) {
        uint8_t *at = buffer_extend(out, READ_STEP_BYTES);
        if (at == NULL)
            return fault_set(fault, buffer_failed(out), _("the standard input is larger than %d bytes"),
                             PAYLOAD_JSON_BYTES_MAX);
        size_t got = fread(at, 1, READ_STEP_BYTES, stdin);
        out->size -= READ_STEP_BYTES - got;
        if (got == 0)
            return ferror(stdin) ? fault_set(fault, TRUC_E_IO, _("the standard input can't be read")) : 0;
    }
}

int send_message_read(const struct cli_arguments *arguments, struct send_message *message, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer content = {0};
    const char *json = cli_option_value(arguments, "json"), *file = cli_option_value(arguments, "file");
    int code = 0;
    if ((json == NULL) == (file == NULL)) {
        fault_set(fault, TRUC_E_ARGUMENT,
                  json ? _("--json and --file exclude each other") : _("where is the payload?"));
        fault_hint(fault, _("--json '{…}', --file FILE, or --file - for the standard input"));
        return TRUC_E_ARGUMENT;
    }
    if (json)
        return send_message_take(message, bytes_string(json), fault);
    code = strcmp(file, "-") == 0 ? read_standard_input(&content, fault) : cli_file_read(file, &content, fault);
    if (code == TRUC_E_NOT_FOUND)
        return fault->code = TRUC_E_ARGUMENT;
    return code < 0 ? code : send_message_take(message, buffer_view(&content), fault);
}
