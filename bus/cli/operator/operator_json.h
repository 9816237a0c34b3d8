/* operator_json.h - a queue's numbers as JSON, the same wherever they appear.
 * Not: words for people (operator_text.h).
 * Used by status, queue list and queue show. */
#ifndef TRUC_OPERATOR_JSON_H
#define TRUC_OPERATOR_JSON_H

#include "cli_json.h"
#include "operator_answer.h"

json_t *operator_queue_json(const struct operator_queue *queue);

#endif
