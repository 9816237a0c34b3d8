/* send_session.h - a system's own session for a moment: publish some messages or ask one question, then leave.
 * Not an adapter: nothing that waits for the system is taken, so nothing is settled in its name.
 * In the flow: cmd_send and cmd_request → here → libtruc, as any adapter (docs/sdk.md). */
#ifndef TRUC_SEND_SESSION_H
#define TRUC_SEND_SESSION_H

#include "cli.h"
#include "cli_arguments.h"

#include <truc/truc.h>

#define SEND_SESSION_OPTIONS                                                                                           \
    {.name = "settings",                                                                                               \
     .value = "FILE",                                                                                                  \
     .explanation = N_("the settings of the system to act as: systems/ID/settings.yaml; else TRUC_SETTINGS")},         \
        {.name = "timeout", .value = "SPAN", .explanation = N_("how long to wait for an answer; 10s when not given")}, \
    {                                                                                                                  \
        .name = "take-over", .explanation = N_("end the connection of the system's adapter, should it have one")       \
    }

struct send_session;

/* What --timeout says, or the 10 s it stands for when not given. TRUC_E_ARGUMENT. */
int send_session_read_timeout(const struct cli_arguments *arguments, uint64_t *ret_timeout_ms,
                              struct truc_fault *fault);

/* TRUC_E_STATE when the operator's key is at hand and says that this system's adapter is connected, unless --take-over was said. */
int send_session_check_free(const struct cli *cli, const struct cli_arguments *arguments, const char *system,
                            struct truc_fault *fault);
/* Reads the settings. Refuses, with TRUC_E_STATE, when the operator's key is at hand and says that the system's adapter is
 * connected, for it would be fenced. receives: answers to questions can come. */
int send_session_open(const struct cli *cli, const struct cli_arguments *arguments, bool receives,
                      struct send_session **ret_session, struct truc_fault *fault);
void send_session_close(struct send_session *session); /* says bye; NULL is fine */
const char *send_session_system(const struct send_session *session);
uint64_t send_session_timeout_ms(const struct send_session *session);

/* Publishes and returns at once; the outcome comes to `completed` during a later call, once. What the SDK refuses by itself
 * comes there, too. Waits first when as many are unanswered as may be. */
int send_session_publish(struct send_session *session, const struct truc_outgoing *message, truc_completion *completed,
                         void *context, struct truc_fault *fault);
/* Until every outcome has come. TRUC_E_TIMEOUT when none came for the time-out; then the rest may have been taken. */
int send_session_wait(struct send_session *session, struct truc_fault *fault);
/* For whoever uses the SDK itself: its adapter; steps until *ended, TRUC_E_TIMEOUT when nothing moved for the time-out; something moved. */
truc_adapter *send_session_adapter(struct send_session *session);
int send_session_until(struct send_session *session, const bool *ended, struct truc_fault *fault);
void send_session_moved(struct send_session *session);
/* Asks, and waits until `answered` was called: at the latest shortly after the time-out. */
int send_session_ask(struct send_session *session, const struct truc_outgoing *message, truc_answer_callback *answered,
                     void *context, struct truc_fault *fault);

#endif
