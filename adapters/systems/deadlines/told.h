/* told.h - a reminder as a message of the bus: type and payload.
 * Not its sending (watch.c). Names of officers come from what was heard; accounts are what receivers find their people by.
 * In the flow: reminder -> told -> store -> bus. */
#ifndef DEADLINES_TOLD_H
#define DEADLINES_TOLD_H

#include "buffer.h"
#include "heard.h"
#include "reminder.h"

/* The people of a reminder, as far as they are known; an account of NULL: nobody. */
struct told_people {
    struct officer officer, leader, leader_above;
};

const char *told_type(const struct reminder *reminder);
/* Appends the payload. TRUC_E_MEMORY. */
int told_payload(const struct reminder *reminder, const struct dossier *dossier, const struct told_people *people,
                 struct buffer *out);

#endif
