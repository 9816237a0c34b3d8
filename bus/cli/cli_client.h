/* cli_client.h - one conversation with a running broker: hello, questions, answers (docs/protocol.md).
 * Not: an adapter. It publishes nothing, receives nothing, and never reconnects: a command says what is wrong and ends.
 * In the flow: status, tail, queue and dead ask through it. */
#ifndef TRUC_CLI_CLIENT_H
#define TRUC_CLI_CLIENT_H

#include "command.h"
#include "curve_key.h"

struct cli_client;

struct cli_client_options {
    const char *endpoint;        /* tcp://127.0.0.1:7400 */
    const char *server_key;      /* Z85 */
    const struct curve_key *key; /* ours */
    const char *bus, *system;    /* who we are, and where we think we are */
    uint64_t timeout_ms;         /* for the connection and for each answer */
    int stop_fd;                 /* readable: end waiting with TRUC_E_CLOSED; -1: none */
};

/* Connects and is let in. TRUC_E_UNAVAILABLE: nobody listens there; TRUC_E_TIMEOUT; TRUC_E_UNKNOWN_KEY: the broker
 * does not know our key; TRUC_E_CRYPTO: it isn't the broker with that key; what the broker's error command says. */
int cli_client_open(const struct cli_client_options *options, struct cli_client **ret_client, struct truc_fault *fault);
void cli_client_close(struct cli_client *client); /* says bye; NULL is fine */

/* Sends a question; its answers come by cli_client_next. */
int cli_client_ask(struct cli_client *client, const char *verb, struct bytes arguments, struct truc_fault *fault);
/* Waits for the next answer to the last question: 1; 0 when timeout_ms (UINT64_MAX: none) passed without one. The
 * answer's views live until the next call. A refusal of the broker is an error with its code. TRUC_E_DISCONNECTED,
 * TRUC_E_CLOSED. */
int cli_client_next(struct cli_client *client, uint64_t timeout_ms, struct command_answer *ret_answer,
                    struct truc_fault *fault);
/* The same for an answer to any question: ret_answer->number says to which, and cli_client_asked() the number of the last
 * one. For who asks again while an earlier question (follow) is still being answered. */
int cli_client_next_any(struct cli_client *client, uint64_t timeout_ms, struct command_answer *ret_answer,
                        struct truc_fault *fault);
uint64_t cli_client_asked(const struct cli_client *client);
/* One question, one answer. TRUC_E_TIMEOUT when it does not come. */
int cli_client_call(struct cli_client *client, const char *verb, struct bytes arguments,
                    struct command_answer *ret_answer, struct truc_fault *fault);

#endif
