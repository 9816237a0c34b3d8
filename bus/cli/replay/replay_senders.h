/* replay_senders.h - the sandbox's own systems as senders: a session each, opened when its first message is due.
 * Not adapters: what is delivered to them is kept and stays the broker's; answers to their questions are taken. A broker that does not call its
 * bus a sandbox in its welcome is sent nothing.
 * In the flow: journal replay → here → libtruc. */
#ifndef TRUC_REPLAY_SENDERS_H
#define TRUC_REPLAY_SENDERS_H

#include "cli.h"
#include "cli_arguments.h"
#include "replay_message.h"

enum { REPLAY_SENDERS_MAX = 512, REPLAY_UNANSWERED_MAX = 4096 };

/* What became of one message in the sandbox. */
struct replay_fate {
    uint64_t position;  /* of the original */
    int code;           /* 0: taken */
    uint64_t sequence;  /* in the sandbox's journal; 0 of a question */
    bool is_question;   /* then code 0: answered */
    const char *reason; /* a provider's own, of a question */
    const char *text, *hint;
};
typedef void replay_fate_callback(void *context, const struct replay_fate *fate);

struct replay_senders;

struct replay_senders_options {
    const struct cli *sandbox; /* its state directory; lives as long as the senders */
    const struct cli_arguments *arguments;
    int stop_fd; /* readable: the person wants to stop */
    replay_fate_callback *told;
    void *context;
};
int replay_senders_open(const struct replay_senders_options *options, struct replay_senders **ret_senders,
                        struct truc_fault *fault);
void replay_senders_close(struct replay_senders *senders); /* NULL is fine; what is unanswered stays so */

/* Sends, or says why this message can't be: NOT_FOUND (the sandbox has no such system), STATE (its adapter is connected), UNAVAILABLE (its
 * session can't be opened). CANCELLED: the person wants to stop. Any other code ends the replay: REPLAY (that bus is no sandbox), MEMORY. */
int replay_senders_send(struct replay_senders *senders, struct replay_message *message, struct truc_fault *fault);
/* Keeps all sessions going for so long, or until the person wants to stop. */
int replay_senders_wait(struct replay_senders *senders, uint64_t wait_ns, struct truc_fault *fault);
/* Until everything is answered, or nothing is for the time-out: then TIMEOUT. */
int replay_senders_finish(struct replay_senders *senders, struct truc_fault *fault);
bool replay_senders_stopped(const struct replay_senders *senders); /* the person wants to stop */
/* The first original that is not answered yet, UINT64_MAX: none. */
uint64_t replay_senders_unanswered(const struct replay_senders *senders);

#endif
