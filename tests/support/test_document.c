/* test_document.c - the message that tests under load send (test_document.h).
 * Packed on the stack: nothing of it is kept.
 * Test support only. */
#include "test_document.h"

#include <string.h>

#include "truc/document/v1/document.pb-c.h"

enum { AROUND_CONTENT_BYTES_MAX = 256 }; /* tags, lengths and the id */

int test_document_publish(truc_adapter *adapter, const struct test_document *document, truc_completion *callback,
                          void *context, struct truc_fault *fault)
{
    char content[TEST_DOCUMENT_CONTENT_BYTES_MAX + 1];
    uint8_t payload[TEST_DOCUMENT_CONTENT_BYTES_MAX + AROUND_CONTENT_BYTES_MAX];
    Truc__Document__V1__Send send = TRUC__DOCUMENT__V1__SEND__INIT;
    if (document->content_bytes > TEST_DOCUMENT_CONTENT_BYTES_MAX ||
        strlen(document->id) > AROUND_CONTENT_BYTES_MAX / 2)
        return TRUC_E_TOO_LARGE;
    memset(content, document->fill ? document->fill : 'a', document->content_bytes);
    content[document->content_bytes] = '\0';
    send.document_id = (char *)(uintptr_t)document->id; /* only read */
    send.content = content;
    struct truc_outgoing message = {.size = sizeof message,
                                    .type = "document.send",
                                    .subject = document->key,
                                    .kind = TRUC_COMMAND,
                                    .classification = TRUC_NOT_SECRET,
                                    .id = document->id,
                                    .time_ns = document->time_ns,
                                    .payload = payload};
    message.payload_bytes = truc__document__v1__send__pack(&send, payload);
    return truc_publish(adapter, &message, callback, context, fault);
}
