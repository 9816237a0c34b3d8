/* torture_consume.c - receives documents; a document's effect is one line of the record, synced before the message is settled.
 * After a crash the SDK says which messages an earlier run may have handled; only for those does it look into its own record.
 * See torture_worker.h. */
#include "torture_worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "torture_record.h"
#include "kit_wait.h"
#include "truc/document/v1/document.pb-c.h"

struct consumer {
    int record;
    struct record_line *earlier; /* effects of earlier runs, sorted by id */
    size_t earlier_count;
};

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct record_line *)a)->id, ((const struct record_line *)b)->id);
}

/* The document must be the one its message says. */
static bool is_intact(truc_request *request)
{
    size_t size;
    const void *payload = truc_request_payload(request, &size);
    Truc__Document__V1__Send *send = truc__document__v1__send__unpack(NULL, size, payload);
    bool intact = send && strcmp(send->document_id, truc_request_id(request)) == 0 &&
                  strlen(send->content) == WORKER_CONTENT_BYTES;
    if (send)
        truc__document__v1__send__free_unpacked(send, NULL);
    return intact;
}

static int take(truc_request *request, void *context)
{
    const struct consumer *consumer = context;
    struct record_line line = {.sequence = truc_request_sequence(request), .time_ns = kit_now_ns()};
    (void)snprintf(line.id, sizeof line.id, "%s", truc_request_id(request));
    (void)snprintf(line.key, sizeof line.key, "%s", truc_request_ordering_key(request));
    if (!is_intact(request))
        return truc_reject(request, TRUC_E_PAYLOAD, NULL, "not the document that was sent");
    if (truc_request_may_have_run(request) && consumer->earlier_count > 0 &&
        bsearch(&line, consumer->earlier, consumer->earlier_count, sizeof line, by_id))
        return truc_done(request);
    if (record_append(consumer->record, &line) < 0 || record_sync(consumer->record) < 0)
        return truc_retry(request, TRUC_E_IO, "the record can't be written");
    return truc_done(request);
}

int worker_consume(const struct worker_options *options)
{
    struct truc_fault fault = {0};
    struct consumer consumer = {.record = record_open(options->record, &fault)};
    struct truc_options opened = {.size = sizeof opened, .settings = options->settings};
    truc_adapter *adapter = NULL;
    if (consumer.record < 0 || record_read(options->record, &consumer.earlier, &consumer.earlier_count, &fault) < 0)
        return worker_complain("record", &fault);
    if (consumer.earlier_count > 0)
        qsort(consumer.earlier, consumer.earlier_count, sizeof *consumer.earlier, by_id);
    int status = WORKER_FAILED;
    if (truc_adapter_open(&opened, &adapter, &fault) < 0)
        worker_complain("opening", &fault);
    else if (truc_serve(adapter, "document.send", take, &consumer) == 0)
        status = truc_run(adapter);
    truc_adapter_close(adapter);
    free(consumer.earlier);
    return status;
}
