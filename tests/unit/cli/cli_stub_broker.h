/* cli_stub_broker.h - a broker of a few lines for the command line's client: a CURVE ROUTER that answers by script.
 * Not trucd: no admission, no journal. What it was asked is kept for the test to look at.
 * Runs in a thread of its own; used by test_cli_broker.c. */
#ifndef TRUC_TEST_CLI_STUB_BROKER_H
#define TRUC_TEST_CLI_STUB_BROKER_H

#include "buffer.h"

enum stub_manner {
    STUB_ANSWERS,       /* as trucd does; a ping comes before each answer, and an older answer too */
    STUB_SILENT,        /* reads and says nothing */
    STUB_REFUSES_HELLO, /* error NOT_SENDER */
    STUB_REFUSES_ASK,   /* an answer with code STATE */
    STUB_GARBAGE,       /* a frame that is no command */
    STUB_BAD_RESULT,    /* an answer whose result is no status */
    STUB_LEAVES,        /* bye instead of an answer */
    STUB_FALLS_SILENT,  /* after the welcome */
};

struct stub_broker;

/* Listens on a free port of 127.0.0.1 with this secret transport key (Z85). */
struct stub_broker *stub_broker_start(const char *secret_text, enum stub_manner manner);
const char *stub_broker_endpoint(const struct stub_broker *broker);
/* Ends the thread and frees it. The last verb and arguments asked, the pongs and byes seen, are copied out (NULL:
 * not wanted). */
struct stub_seen {
    char verb[64];
    struct buffer arguments;
    unsigned hellos, pongs, byes;
};
void stub_broker_stop(struct stub_broker *broker, struct stub_seen *ret_seen);

#endif
