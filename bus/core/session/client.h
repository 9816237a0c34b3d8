/* client.h - connections that said hello.
 * Below everything that handles a command, so that any of them can tell a client something or end it.
 * Used by hello.c, dispatch.c and the files of the commands. */
#ifndef TRUC_CLIENT_H
#define TRUC_CLIENT_H

#include "core_state.h"

struct client *client_of(const struct core *core, uint64_t peer); /* NULL: it has said no hello */
void client_send_error(struct core *core, uint64_t peer, const struct truc_fault *fault); /* and closes; any peer */
/* Journals one event of a connection that may have no session. */
void client_journal(struct core *core, const struct record_session *value);
/* Journals what became of a connection; `code` 0: nothing wrong. */
void client_record(struct core *core, const struct client *session, enum record_session_event event, int code,
                   const char *text);
/* Its connection is no longer to be spoken to; `code` 0: it was lost, otherwise it broke the framing, as `text` says. */
void client_gone(struct core *core, uint64_t peer, int code, const char *text);
void client_end(struct core *core, struct client *session, int code, const char *text); /* with an error to the peer */
void client_forget(struct core *core, struct client *session, int code, const char *text); /* without */

void client_notice(struct core *core, const struct client *session, int code, const char *text);
void client_notice_all(struct core *core, int code, const char *text); /* code positive, 0 ends the state */
/* The answer to an operator's ask; `more`: further answers follow. `fault` may be NULL. */
/* Fills an answer command: the fault when it holds one, else the result. */
void client_fill_answer(struct command *command, uint64_t number, const struct truc_fault *fault, struct bytes result);
void client_answer(struct core *core, const struct client *session, uint64_t number, const struct truc_fault *fault,
                   struct bytes result, bool more);

int client_tick(struct core *core);
void client_check_all(struct core *core); /* after a new configuration: ends those that no longer belong */
void client_stop_all(struct core *core);
void client_free_all(struct core *core);

#endif
