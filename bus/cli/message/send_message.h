/* send_message.h - a message to send, from options and JSON: header from the one, payload from the other by its schema.
 * Not: sending (send_session.h). The classification is never guessed: what nobody calls not secret is refused.
 * In the flow: cmd_send and cmd_request. */
#ifndef TRUC_SEND_MESSAGE_H
#define TRUC_SEND_MESSAGE_H

#include "buffer.h"
#include "cli.h"
#include "cli_arguments.h"
#include "schema.h"

#include <truc/truc.h>

#define SEND_MESSAGE_OPTIONS                                                                                           \
    {.name = "json", .value = "TEXT", .explanation = N_("the payload as JSON, by the type's schema")},                 \
        {.name = "file", .value = "FILE", .explanation = N_("the same from a file; - for the standard input")},        \
        {.name = "classification",                                                                                     \
         .value = "not-secret|secret",                                                                                 \
         .explanation = N_("there is no default; anything but not-secret is refused here")},                           \
        {.name = "subject", .value = "CODE", .explanation = N_("what it is about: the dossier")},                      \
        {.name = "id", .value = "ID", .explanation = N_("unique for ever; made when not given")},                      \
        {.name = "ordering-key", .value = "KEY", .explanation = N_("the subject when not given")},                     \
        {.name = "urgency",                                                                                            \
         .value = "normal|urgent|very-urgent|express",                                                                 \
         .explanation = N_("Thường, Khẩn, Thượng khẩn, Hỏa tốc")},                                                     \
        {.name = "expires", .value = "SPAN", .explanation = N_("not delivered after this time from now, like 2h")},    \
        {.name = "time",                                                                                               \
         .value = "TIME",                                                                                              \
         .explanation =                                                                                                \
             N_("when it happened; now when not given. The same id, time and payload again have one effect")},         \
        {.name = "historical", .explanation = N_("of the past: reminds and texts nobody")},                            \
        {.name = "procedure", .value = "CODE", .explanation = N_("purpose: the procedure")},                           \
        {.name = "dossier", .value = "CODE", .explanation = N_("purpose: the dossier")},                               \
        {.name = "officer", .value = "CODE", .explanation = N_("purpose: the officer")},                               \
        {.name = "legal-basis", .value = "TEXT", .explanation = N_("purpose: the legal basis")},                       \
    {                                                                                                                  \
        .name = "schemas", .value = "FILE", .explanation = N_("the descriptor set, instead of the state directory's")  \
    }

/* Start with {0}. */
struct send_message {
    struct schema_set *schemas;
    const struct schema_message *schema; /* of the type */
    struct buffer payload;
    struct truc_outgoing outgoing; /* its texts are the arguments' */
};

/* The schema of the type and the header. TRUC_E_UNKNOWN_TYPE with a did-you-mean; TRUC_E_ARGUMENT; TRUC_E_SECRET. */
int send_message_open(const struct cli *cli, const struct cli_arguments *arguments, const char *type,
                      struct send_message *ret_message, struct truc_fault *fault);
/* Takes this payload. TRUC_E_PAYLOAD with the field in fault->where. */
int send_message_take(struct send_message *message, struct bytes json, struct truc_fault *fault);
/* Reads the payload that --json or --file names. TRUC_E_ARGUMENT unless it is one of them. */
int send_message_read(const struct cli_arguments *arguments, struct send_message *message, struct truc_fault *fault);
void send_message_free(struct send_message *message);

/* The exit code of an outcome: a refusal by name is "not so", whoever refused; the rest as ever. */
enum cli_exit send_exit_of(int code);

#endif
