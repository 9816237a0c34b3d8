/* test_document.h - the message that tests under load send: a document.send, a command of any size.
 * Not for what a message may look like: such tests write their own.
 * Under load.c, test_overload.c, the torture's publisher and the isolation bench. */
#ifndef TRUC_TEST_DOCUMENT_H
#define TRUC_TEST_DOCUMENT_H

#include <truc/truc.h>

enum { TEST_DOCUMENT_CONTENT_BYTES_MAX = 8192 };

struct test_document {
    const char *id, *key;   /* the key is the subject, and so the order */
    unsigned content_bytes; /* at most TEST_DOCUMENT_CONTENT_BYTES_MAX */
    char fill;              /* what the content consists of; 0: 'a' */
    uint64_t time_ns;       /* 0: now */
};

/* truc_publish's code; TRUC_E_TOO_LARGE. */
int test_document_publish(truc_adapter *adapter, const struct test_document *document, truc_completion *callback,
                          void *context, struct truc_fault *fault);

#endif
