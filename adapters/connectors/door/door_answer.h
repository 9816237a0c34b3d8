/* door_answer.h - the door's answers: JSON, and problems as RFC 9457 says them.
 * Knows no path and no message.
 * In the flow: outcomes -> this -> http_server_answer. */
#ifndef TRUC_DOOR_ANSWER_H
#define TRUC_DOOR_ANSWER_H

#include "http_server.h"

/* What is wrong, for the vendor. Texts may be NULL. */
struct door_problem {
    unsigned status;    /* 0: as http_status_of says for the code */
    int code;           /* TRUC_E_… */
    const char *reason; /* a provider's own name for it, in place of the code's */
    const char *text, *hint, *field;
};

void door_answer_problem(struct http_exchange *exchange, const struct door_problem *problem);
/* The problem of a fault; @status 0 as above. */
void door_answer_fault(struct http_exchange *exchange, unsigned status, const struct truc_fault *fault);
/* Takes @tree over; NULL (no memory) is answered 503. */
void door_answer_json(struct http_exchange *exchange, unsigned status, json_t *tree);
/* Takes the text over. */
void door_answer_text(struct http_exchange *exchange, unsigned status, struct buffer *text);

#endif
