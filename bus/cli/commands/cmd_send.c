/* cmd_send.c - `truc send TYPE`: publishes one message, or one a line, as the system whose settings are given.
 * Not an adapter: it waits until each is on disk and routed, or refused by name, and leaves.
 * Exit code 0 when all were accepted, 1 when one was refused, 3 when the broker can't be reached. */
#include "cli_format.h"
#include "cli_json.h"
#include "cli_words.h"
#include "command_table.h"
#include "fault.h"
#include "send_blob.h"
#include "send_message.h"
#include "send_session.h"
#include "time_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct cli_option cmd_send_options[] = {
    SEND_SESSION_OPTIONS,
    SEND_MESSAGE_OPTIONS,
    {.name = "attach",
     .value = "FILE",
     .repeats = true,
     .explanation = N_("upload this file and name it in the message; again for each further one")},
    {.name = "lines",
     .value = "FILE",
     .explanation =
         N_("many messages, each a line {\"subject\": …, \"id\": …, \"time\": …, \"payload\": {…}}; - for the "
            "standard input")},
    {.name = NULL},
};

enum { LINE_BYTES_MAX = 16 * 1024 * 1024 };

struct sending {
    const struct cli *cli;
    struct send_session *session;
    struct send_message message;
    struct send_attachments attachments;
    const char *subject; /* of lines that name none; NULL: none */
    uint64_t time_ns;    /* likewise; 0: now */
    size_t accepted, refused;
    bool many; /* then a refusal is a line among others */
    int refused_code;
    struct truc_fault *fault;
};

/* One message on its way; freed with its outcome. */
struct sent {
    struct sending *sending;
    size_t line;
};

/* ---- showing ---- */

static void print_json(const struct sending *sending, size_t line, const struct truc_outcome *outcome)
{
    json_t *object = json_object();
    if (sending->many)
        cli_json_set(object, "line", cli_json_count(line));
    cli_json_set(object, "outcome", json_string(outcome->code ? truc_error_name(outcome->code) : "ACCEPTED"));
    cli_json_set(object, "position", outcome->code ? json_null() : cli_json_count(outcome->sequence));
    cli_json_set(object, "id", cli_json_text(bytes_string(outcome->id)));
    cli_json_set(object, "text", cli_json_text(bytes_string(outcome->text)));
    cli_json_set(object, "hint", cli_json_text(bytes_string(outcome->code ? outcome->hint : "")));
    (void)cli_json_print_line(object, sending->cli->out); /* a closed pipe ends the program by its signal */
}

static void print_text(const struct sending *sending, size_t line, const struct truc_outcome *outcome)
{
    BUFFER_CLEANUP struct buffer text = {0};
    char position[CLI_NUMBER_BYTES];
    if (sending->many)
        buffer_printf(&text, "%zu: ", line);
    if (outcome->code == 0)
        buffer_printf(&text, _("accepted at position %s"), cli_format_count(outcome->sequence, position));
    else
        buffer_printf(&text, _("refused %s"), truc_error_name(outcome->code));
    if (*outcome->id) {
        buffer_append_string(&text, _(", id "));
        cli_append_safe(&text, bytes_string(outcome->id));
    }
    if (outcome->code) {
        const char *english = truc_error_meaning(outcome->code), *meaning = cli_words(english);
        buffer_append_string(&text, ": ");
        cli_append_safe(&text, bytes_string(outcome->text));
        if (meaning != english) /* what the broker wrote is English */
            buffer_printf(&text, " [%s]", meaning);
        buffer_append_string(&text, "\n  ");
        cli_append_safe(&text, bytes_string(cli_words(outcome->hint)));
    }
    buffer_append_byte(&text, '\n');
    const char *whole = buffer_string(&text);
    if (whole)
        fputs(whole, outcome->code && !sending->many ? sending->cli->err : sending->cli->out);
}

static void show(struct sending *sending, size_t line, const struct truc_outcome *outcome)
{
    sending->accepted += outcome->code == 0;
    sending->refused += outcome->code != 0;
    if (outcome->code)
        sending->refused_code = outcome->code;
    if (sending->cli->json)
        print_json(sending, line, outcome);
    else
        print_text(sending, line, outcome);
}

static void take_outcome(void *context, const struct truc_outcome *outcome)
{
    struct sent *sent = context;
    if (outcome->code != TRUC_E_CLOSED) /* then we ended it ourselves, and said why */
        show(sent->sending, sent->line, outcome);
    free(sent);
}

/* ---- sending ---- */

static int publish(struct sending *sending, size_t line)
{
    struct sent *sent = malloc(sizeof *sent);
    if (sent == NULL)
        return fault_set(sending->fault, TRUC_E_MEMORY, _("no memory for a message"));
    *sent = (struct sent){sending, line};
    return send_session_publish(sending->session, &sending->message.outgoing, take_outcome, sent, sending->fault);
}

/* A line that is no message is refused like one: the others go their way. */
static void refuse_line(struct sending *sending, size_t line, const struct truc_fault *fault)
{
    char text[sizeof fault->text + sizeof fault->where + 4];
    snprintf(text, sizeof text, "%s%s%s", fault->where, *fault->where ? ": " : "", fault->text);
    const struct truc_outcome outcome = {.code = fault->code, .id = "", .text = text, .hint = fault->hint};
    show(sending, line, &outcome);
}

/* RFC 3339; the option's when the line has none. */
static int read_time(struct sending *sending, const json_t *line, struct truc_fault *fault)
{
    const char *time = json_string_value(json_object_get(line, "time"));
    sending->message.outgoing.time_ns = sending->time_ns;
    if (time && time_parse_rfc3339(bytes_string(time), &sending->message.outgoing.time_ns) < 0)
        return fault_set(fault, TRUC_E_PAYLOAD, _("'%s' is no time: 2026-11-23T14:03:00+07:00"), time);
    return 0;
}

static int read_line(struct sending *sending, json_t *line, struct truc_fault *fault)
{
    static const char *const names[] = {"subject", "id", "time", "payload"};
    const char *name;
    json_t *value;
    json_object_foreach(line, name, value) {
        bool known = false;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            known |= strcmp(name, names[i]) == 0;
        if (!known)
            return fault_set(fault, TRUC_E_PAYLOAD, _("a line holds subject, id, time and payload, not '%s'"), name);
    }
    char *payload = json_dumps(json_object_get(line, "payload"), JSON_COMPACT);
    if (payload == NULL)
        return fault_set(fault, TRUC_E_PAYLOAD, _("the line has no object 'payload'"));
    int code = send_message_take(&sending->message, bytes_string(payload), fault);
    free(payload);
    if (code == 0)
        code = read_time(sending, line, fault);
    const char *subject = json_string_value(json_object_get(line, "subject"));
    sending->message.outgoing.subject = subject ? subject : sending->subject;
    sending->message.outgoing.id = json_string_value(json_object_get(line, "id"));
    return code;
}

static int send_line(struct sending *sending, struct bytes text, size_t number)
{
    struct truc_fault fault = {0};
    json_error_t error;
    json_t *line = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    int code = json_is_object(line) ? read_line(sending, line, &fault)
                                    : fault_set(&fault, TRUC_E_PAYLOAD, _("the line is no JSON object: %s"),
                                                line ? _("another value") : error.text);
    int sent = 0;
    if (code == 0)
        sent = publish(sending, number);
    else
        refuse_line(sending, number, &fault);
    json_decref(line);
    return sent;
}

static int send_lines(struct sending *sending, FILE *file)
{
    char *line = NULL;
    size_t capacity = 0, number = 0;
    ssize_t size;
    int code = 0;
    while (code == 0 && (size = getline(&line, &capacity, file)) >= 0) {
        number++;
        if (size > LINE_BYTES_MAX)
            code =
                fault_set(sending->fault, TRUC_E_LIMIT, _("line %zu is longer than %d bytes"), number, LINE_BYTES_MAX);
        else if (strspn(line, " \t\r\n") != (size_t)size)
            code = send_line(sending, bytes_of(line, (size_t)size), number);
    }
    free(line);
    return code;
}

static int send_many(struct sending *sending, const char *name)
{
    bool standard = strcmp(name, "-") == 0;
    FILE *file = standard ? stdin : fopen(name, "re");
    if (file == NULL)
        return fault_errno(sending->fault, TRUC_E_ARGUMENT, errno, _("open %s"), name);
    int code = send_lines(sending, file);
    if (!standard)
        fclose(file);
    return code;
}

static int check_kind(const struct send_message *message, struct truc_fault *fault)
{
    if (message->outgoing.kind == TRUC_EVENT || message->outgoing.kind == TRUC_COMMAND)
        return 0;
    fault_set(fault, TRUC_E_ARGUMENT, _("%s is no event or command"), message->schema->type);
    if (message->outgoing.kind == TRUC_REQUEST)
        fault_hint(fault, _("ask it: truc request %s"), message->schema->type);
    return TRUC_E_ARGUMENT;
}

static int send_all(struct sending *sending, const struct cli_arguments *arguments)
{
    const char *lines = cli_option_value(arguments, "lines");
    int code = check_kind(&sending->message, sending->fault);
    sending->many = lines != NULL;
    sending->subject = sending->message.outgoing.subject;
    sending->time_ns = sending->message.outgoing.time_ns;
    if (code == 0 && !sending->many)
        code = send_message_read(arguments, &sending->message, sending->fault);
    if (code == 0)
        code = send_session_open(sending->cli, arguments, false, &sending->session, sending->fault);
    if (code == 0)
        code = send_blob_attach(sending->session, arguments, &sending->attachments, &sending->message.outgoing,
                                sending->fault);
    if (code == 0)
        code = lines ? send_many(sending, lines) : publish(sending, 1);
    return code < 0 ? code : send_session_wait(sending->session, sending->fault);
}

static int end(const struct sending *sending, int code)
{
    char accepted[CLI_NUMBER_BYTES], refused[CLI_NUMBER_BYTES];
    if (sending->many && !sending->cli->json)
        fprintf(sending->cli->out, _("%s accepted, %s refused\n"), cli_format_count(sending->accepted, accepted),
                cli_format_count(sending->refused, refused));
    if (code == 0)
        return sending->refused ? (int)send_exit_of(sending->refused_code) : CLI_OK;
    (void)cli_fail(sending->cli, sending->fault);
    return (int)send_exit_of(code);
}

int cmd_send(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct sending sending = {.cli = cli, .fault = &fault};
    int code = send_message_open(cli, arguments, cli_operand(arguments, 0), &sending.message, &fault);
    if (code == 0)
        code = send_all(&sending, arguments);
    send_session_close(sending.session);
    send_message_free(&sending.message);
    return end(&sending, code);
}
