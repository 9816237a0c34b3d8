/* dossier.h - what is known of a dossier or of a document's task: facts, each with the time it happened, from one message each.
 * Not what follows from them (dossier_clock.h): facts are only collected, so that the order they arrive in changes nothing.
 * In the flow: message -> fact -> store -> dossier -> dossier_clock. */
#ifndef DEADLINES_DOSSIER_H
#define DEADLINES_DOSSIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DOSSIER_CODE_BYTES_MAX = 64,
    DOSSIER_FACTS_MAX = 2000, /* past it a message is rejected by name */
    STATUS_MAX = 10,
};

/* TrangThaiHoSo, as numbered on the national interface and in schemas/truc/dossier/v1/parts.proto. Never rewritten. */
enum dossier_status {
    STATUS_NONE = 0,
    STATUS_REGISTERED = 1,
    STATUS_RECEIVED = 2,
    STATUS_REFUSED = 3,
    STATUS_IN_PROGRESS = 4,
    STATUS_SUPPLEMENT = 5,
    STATUS_FEE = 6,
    STATUS_WITHDRAWN = 7,
    STATUS_SUSPENDED = 8,
    STATUS_DONE = 9,
    STATUS_DELIVERED = 10,
};

/* In the order in which facts of one instant are taken. The numbers are in the store: never reuse one. */
enum fact_kind {
    FACT_RECEIVED = 1,
    FACT_REFUSED = 2,
    FACT_PROGRESS = 3,
    FACT_SUPPLEMENT_REQUESTED = 4,
    FACT_SUPPLEMENTED = 5,
    FACT_FEE_DUE = 6,
    FACT_SUSPENDED = 7,
    FACT_WITHDRAWN = 8,
    FACT_RESULT_READY = 9,
    FACT_RESULT_DELIVERED = 10,
    /* of a document's task */
    FACT_TASK_GIVEN = 20,
    FACT_TASK_STATUS = 21,
};

/* Texts may be NULL: not said. */
struct fact {
    enum fact_kind kind;
    uint32_t status; /* enum dossier_status; of a task the document's status code, 1..16 */
    uint64_t at_ns;  /* when it happened, by the message itself */
    uint64_t due_ns; /* the date that it sets for the whole matter; 0: none */
    uint64_t step_began_ns, step_due_ns;
    uint32_t request_count; /* of a request for a supplement: which one it is; 0: not said */
    bool is_historical;     /* backfill: reminds nobody */
    const char *step_name;
    const char *officer; /* account, or the name when no account is said */
    const char *supplement_id;
    const char *type; /* of the message */
    const char *source, *message_id;
};

struct dossier {
    const char *code; /* of a task: the document's id, a slash, and the unit that has it */
    const char *procedure_code, *procedure_name, *sector_code, *sector_name;
    const char *unit_code, *unit_name;
    const struct fact *facts; /* in the order of facts_sort */
    size_t count;
    uint64_t promised_ns; /* the new date of an apology that went out; 0: none */
};

/* Puts facts into the order of their own times; those of one instant by kind, then by message. */
void facts_sort(struct fact *facts, size_t count);

#endif
