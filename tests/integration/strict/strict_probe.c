/* strict_probe.c - stepping a watched adapter.
 * Waits on the adapter's own descriptor and timer.
 * See strict_probe.h. */
#include "strict_probe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "kit_wait.h"
#include "truc/document/v1/document.pb-c.h"

static void take_log(void *context, int level, const char *text)
{
    struct probe *probe = context;
    buffer_printf(&probe->log, "<%d>%s\n", level, text);
}

int probe_open(struct probe *probe, const char *settings, struct truc_fault *fault)
{
    *probe = (struct probe){0};
    struct truc_options options = {
        .size = sizeof options, .settings = settings, .inbox = "memory", .log = take_log, .log_context = probe};
    return truc_adapter_open(&options, &probe->adapter, fault);
}

void probe_close(struct probe *probe)
{
    truc_adapter_close(probe->adapter);
    buffer_free(&probe->log);
    *probe = (struct probe){0};
}

static void answered(void *context, const struct truc_outcome *outcome)
{
    struct probe *probe = context;
    probe->is_answered = true;
    probe->code = outcome->code;
    (void)snprintf(probe->text, sizeof probe->text, "%s", outcome->text);
}

int probe_publish(struct probe *probe, const char *id, struct truc_fault *fault)
{
    char document[64];
    uint8_t payload[256];
    (void)snprintf(document, sizeof document, "%s", id);
    Truc__Document__V1__Send send = TRUC__DOCUMENT__V1__SEND__INIT;
    send.document_id = document;
    struct truc_outgoing message = {.size = sizeof message,
                                    .type = "document.send",
                                    .subject = "strict",
                                    .kind = TRUC_COMMAND,
                                    .classification = TRUC_NOT_SECRET,
                                    .id = id,
                                    .payload = payload};
    message.payload_bytes = truc__document__v1__send__pack(&send, payload);
    return truc_publish(probe->adapter, &message, answered, probe, fault);
}

bool probe_logged(struct probe *probe, const char *text)
{
    const char *log = buffer_string(&probe->log);
    return log && strstr(log, text);
}

typedef bool probe_seen(struct probe *probe, const char *text);

static bool step_until(struct probe *probe, probe_seen *seen, const char *text)
{
    uint64_t end_ns = kit_now_ns() + PROBE_WAIT_MS * 1000000ull;
    struct truc_fault fault = {0};
    while (!seen(probe, text)) {
        uint64_t now_ns = kit_now_ns();
        if (now_ns >= end_ns)
            return false;
        int left_ms = (int)((end_ns - now_ns) / 1000000u) + 1, adapter_ms = truc_timeout_ms(probe->adapter);
        struct pollfd ready = {.fd = truc_fd(probe->adapter), .events = POLLIN};
        if (poll(&ready, 1, adapter_ms < left_ms ? adapter_ms : left_ms) < 0 && errno != EINTR)
            return false;
        if (truc_step(probe->adapter, &fault) < 0) {
            buffer_printf(&probe->log, "the adapter ended: %s\n", fault.text);
            return seen(probe, text);
        }
        probe->was_connected = probe->was_connected || truc_is_connected(probe->adapter);
    }
    return true;
}

static bool is_connected(struct probe *probe, const char *text)
{
    (void)text;
    return truc_is_connected(probe->adapter);
}

static bool is_answered(struct probe *probe, const char *text)
{
    (void)text;
    return probe->is_answered;
}

bool probe_until_logged(struct probe *probe, const char *text)
{
    return step_until(probe, probe_logged, text);
}
bool probe_until_connected(struct probe *probe)
{
    return step_until(probe, is_connected, NULL);
}
bool probe_until_answered(struct probe *probe)
{
    return step_until(probe, is_answered, NULL);
}
