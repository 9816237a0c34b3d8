/* verdict_text.h - verdicts, notes and statuses in words.
 * Vietnamese: the readers are the offices' people, and the words are those of the rules.
 * Called by report.c and explain.c. */
#ifndef DEADLINES_VERDICT_TEXT_H
#define DEADLINES_VERDICT_TEXT_H

#include "rate.h"

#include <stddef.h>

const char *verdict_text(enum rate_verdict verdict); /* đúng hạn, quá hạn, không tính */
const char *reason_text(enum rate_reason reason);    /* vì sao */
const char *note_text(size_t bit);                   /* of enum clock_note, by its bit's place below NOTES */
const char *status_text(uint32_t status);            /* of TrangThaiHoSo, as the national interface names them */
const char *task_status_text(uint32_t status);       /* of a document at its receiver */

#endif
