/* adapter.h - what adapter.c and its neighbours share: the adapter, its handlers, the requests in hand.
 * Internal to the SDK; programs include truc/truc.h.
 * From above: adapter_run.c runs it as a program, adapter.c opens and closes, adapter_step.c moves, publishing.c sends,
 * request.c settles, metrics.c counts, adapter_log.c tells. */
#ifndef TRUC_ADAPTER_H
#define TRUC_ADAPTER_H

#include "inbox.h"
#include "keyring.h"
#include "list.h"
#include "mailbox.h"
#include "outbox.h"
#include "permissions.h"
#include "settings.h"
#include "time_text.h"
#include "transport_zmq.h"
#include <truc/truc.h>

enum { ADAPTER_HANDLERS_MAX = 256, ADAPTER_PURGE_EVERY_S = 600 };

struct adapter_handler {
    char type[PROTOCOL_TYPE_BYTES_MAX + 1];
    truc_handler *handler;
    void *context;
};

struct truc_adapter {
    struct settings settings;
    struct keyring keyring;
    struct session *session;
    struct transport *transport;
    struct inbox *inbox;
    struct outbox *outbox;   /* NULL: what is published is the program's to keep */
    int epoll, wake;         /* what truc_fd gives; an eventfd */
    struct mailbox *mailbox; /* the only thing other threads touch, besides `wake`, which never changes */
    void (*log)(void *context, int level, const char *text);
    void *log_context;
    truc_completion *earlier_outcome; /* of messages an earlier run published; NULL: logged */
    void *earlier_context;
    struct adapter_handler handlers[ADAPTER_HANDLERS_MAX];
    size_t handler_count;
    struct list_link arrived;    /* requests not yet looked at */
    struct list_link begun;      /* noted in the inbox, about to be handled */
    struct list_link held;       /* handed to a handler and not yet settled */
    struct list_link unanswered; /* of completion */
    struct list_link blobs;      /* attachments on their way: blob_transfer.c */
    struct truc_metrics counts;  /* as they grow; what is so now is filled in by truc_metrics */
    struct permissions permissions;
    uint64_t purge_at_ns;
    bool is_stirred;          /* something was settled or published since the last step */
    struct truc_fault broken; /* why no step can follow; code 0: none */
};

/* Who is told how a message or question ended; the session's token for it. */
struct completion {
    struct list_link link; /* among the unanswered, oldest first */
    uint64_t taken_ns;     /* on the monotonic clock */
    truc_completion *completed;
    truc_answer_callback *answered;
    void *context;
    bool is_earlier; /* an earlier run published it */
};

struct truc_request {
    struct list_link link;
    struct truc_adapter *adapter;
    struct session_delivery *delivery;   /* owned */
    struct truc_attachment *attachments; /* owned; NULL: nobody asked yet */
    struct truc_request *self;           /* for what is made when a program asks */
    struct truc_purpose purpose;
    const char *type, *id, *source, *subject, *ordering_key, *correlation_id, *causation_id, *traceparent;
    bool may_have_run, is_kept, is_settled, is_running;
    char texts[]; /* of the members above, each ended by 0 */
};

/* ---- adapter.c */
/* Says bye, completes what is pending; the adapter can only be closed then. */
void adapter_end(struct truc_adapter *adapter);

/* ---- adapter_log.c */
struct session_time adapter_time(void);
void adapter_log_to_stderr(void *context, int level,
                           const char *text); /* what an adapter does when it is told no other */
void adapter_log(struct truc_adapter *adapter, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- adapter_step.c */
int adapter_take_effects(struct truc_adapter *adapter, struct truc_fault *fault);
void adapter_take_posts(struct truc_adapter *adapter); /* makes the calls that were posted until now */

/* ---- outbox_aside.c: messages that a person has to look at ---- */

int outbox_aside_keep(struct truc_adapter *adapter, const struct truc_outcome *outcome, struct truc_fault *fault);
int outbox_aside_remind(struct truc_adapter *adapter, struct truc_fault *fault); /* logs how many there are */

/* ---- publishing.c: what an earlier run left, and completions */
int publishing_restore(struct truc_adapter *adapter, struct truc_fault *fault);
int publishing_complete(struct truc_adapter *adapter, const struct session_effect *effect, struct truc_fault *fault);
void publishing_answer(struct truc_adapter *adapter, const struct session_effect *effect);

/* ---- blob_transfer.c: the session's effects, and files that are hashed before they go */
int adapter_blob_want(struct truc_adapter *adapter, const struct session_effect *effect, struct truc_fault *fault);
int adapter_blob_data(struct truc_adapter *adapter, const struct session_effect *effect, struct truc_fault *fault);
void adapter_blob_progress(const struct session_effect *effect);
void adapter_blob_end(struct truc_adapter *adapter, const struct session_effect *effect);
void adapter_blobs_step(struct truc_adapter *adapter);
bool adapter_blobs_are_hashing(const struct truc_adapter *adapter);
void adapter_blobs_close(struct truc_adapter *adapter);

/* ---- metrics.c */
void metrics_end(struct truc_adapter *adapter, uint64_t *succeeded, int code); /* of a message or a question */
void metrics_settled(struct truc_adapter *adapter, uint32_t outcome);

/* ---- request.c */
struct truc_request *request_new(struct truc_adapter *adapter,
                                 struct session_delivery *delivery); /* takes it on success */
void request_free(struct truc_request *request);
struct inbox_key request_key(const struct truc_request *request);
/* Gives a message known to the inbox its former result again. */
int request_settle_again(struct truc_request *request, const struct inbox_entry *entry);

#endif
