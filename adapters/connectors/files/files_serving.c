/* files_serving.c - see files_serving.h.
 * A full disk, a read-only folder: retried by the route, with the system's words. A name that is taken: rejected.
 * In the flow: called by the SDK, from one thread. */
#include "files_serving.h"

#include <stdlib.h>

#include "connector_delivery.h"
#include "fault.h"
#include "files_outbound.h"
#include "files_writing.h"

enum { FORGET_EVERY_S = 3600 };

struct files_serving {
    const struct files_adapter *adapter;
    const struct files_folder *folder;
    const struct connector_log *log;
    uint64_t forgotten_s;
};

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static struct sha256_digest name_message(const truc_request *request)
{
    struct sha256 hash;
    const char *source = text_of(truc_request_source(request));
    sha256_begin(&hash);
    sha256_add(&hash, bytes_of(source, strlen(source) + 1)); /* with its end, so that no two pairs are one text */
    sha256_add(&hash, bytes_string(text_of(truc_request_id(request))));
    return sha256_end(&hash);
}

static void judge(int result, const struct truc_fault *fault, struct connector_settlement *settlement)
{
    if (result == 0)
        connector_settlement_set(settlement, CONNECTOR_DONE, 0, "%s", "");
    else if (result == TRUC_E_EXISTS)
        connector_settlement_reject(settlement, "NAME_TAKEN", fault->text);
    else if (result == TRUC_E_IO)
        connector_settlement_set(settlement, CONNECTOR_RETRY, TRUC_E_UNAVAILABLE, "%.300s", fault->text);
    else
        connector_settlement_fault(settlement, fault);
}

static int handle(truc_request *request, void *context)
{
    const struct files_serving *serving = context;
    BUFFER_CLEANUP struct buffer content = {0};
    char name[FILES_NAME_BYTES_MAX + 1];
    struct connector_settlement settlement = {0};
    struct truc_fault fault = {0};
    size_t size;
    const void *payload = truc_request_payload(request, &size);
    const struct files_serve *serve = files_adapter_find_serve(serving->adapter, text_of(truc_request_type(request)));
    struct sha256_digest message = name_message(request);
    json_t *header = connector_header_of(request);
    int result =
        header ? files_outbound_make(serving->adapter, serve, header, bytes_of(payload, size), name, &content, &fault)
               : fault_set(&fault, TRUC_E_MEMORY, "no memory");
    if (result == 0)
        result = files_write_once(serving->folder, &message, name, buffer_view(&content), &fault);
    json_decref(header);
    judge(result, &fault, &settlement);
    return connector_settle(request, &settlement, serving->log);
}

int files_serving_open(const struct files_adapter *adapter, truc_adapter *bus, const struct files_folder *folder,
                       const struct connector_log *log, struct files_serving **ret_serving, struct truc_fault *fault)
{
    struct files_serving *serving = calloc(1, sizeof(*serving));
    if (!serving)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the serving side");
    *serving = (struct files_serving){.adapter = adapter, .folder = folder, .log = log};
    for (size_t i = 0; i < adapter->serve_count; i++) {
        int result = truc_serve(bus, adapter->serves[i]->message->type, handle, serving);
        if (result < 0) {
            free(serving);
            return fault_set(fault, result, "%s can't be served", adapter->serves[i]->message->type);
        }
    }
    *ret_serving = serving;
    return 0;
}

void files_serving_close(struct files_serving *serving)
{
    free(serving);
}

void files_serving_forget(struct files_serving *serving, uint64_t now_s)
{
    struct truc_fault fault = {0};
    if (serving->forgotten_s && now_s - serving->forgotten_s < FORGET_EVERY_S)
        return;
    serving->forgotten_s = now_s;
    uint64_t remember_s = serving->adapter->remember_s;
    if (files_forget(serving->folder, now_s > remember_s ? now_s - remember_s : 0, &fault) < 0)
        connector_log(serving->log, CONNECTOR_LOG_WARNING, "%s", fault.text);
}
