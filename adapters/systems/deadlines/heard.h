/* heard.h - one message of the bus as a fact about a dossier or a document's task.
 * Not what follows from it. What can't be a fact is refused here, each with a name of its own.
 * In the flow: payload -> heard -> store_hear. */
#ifndef DEADLINES_HEARD_H
#define DEADLINES_HEARD_H

#include "dossier.h"
#include "fault.h"

#include <protobuf-c/protobuf-c.h>

enum { HEARD_CODE_BYTES = 256, HEARD_OFFICERS_MAX = 2 };

struct officer {
    const char *account; /* or the name, when no account is said */
    const char *name, *position, *department;
};

/* As it was delivered. Texts and payload are the caller's. */
struct heard_message {
    const char *type, *source, *id;
    uint64_t time_ns;
    bool is_historical;
    const void *payload;
    size_t payload_bytes;
};

struct heard {
    bool is_task;
    char code[HEARD_CODE_BYTES];
    struct dossier about; /* code and what names it; no facts */
    struct fact fact;
    struct officer officers[HEARD_OFFICERS_MAX];
    uint32_t officers_count;
    ProtobufCMessage *message; /* owns the texts above */
};

/* The message types that are listened to, by index; NULL behind the last. */
const char *heard_type(size_t index);

/* The kind of fact that a message of the type is; 0: it is not listened to. */
enum fact_kind heard_kind(const char *type);

/* 0; TRUC_E_PAYLOAD with a reason for the sender: NOT_DECODED, CODE_MISSING, CODE_TOO_LONG, TIME_IMPLAUSIBLE, DATE_WRONG;
 * TRUC_E_UNKNOWN_TYPE. `now_ns` only bounds how far ahead a sender's clock may be. */
int heard_read(const struct heard_message *message, uint64_t now_ns, struct heard *ret_heard, const char **ret_reason,
               struct truc_fault *fault);
void heard_free(struct heard *heard);

#endif
