/* send_session.c - libtruc driven by hand until what was sent is answered.
 * Nothing is received: without receive credit nothing is delivered; a question needs credit for its answer, so what else
 * comes with it is kept and not settled, and stays the broker's. See send_session.h. */
#include "send_session.h"

#include "cli_broker.h"
#include "cli_file.h"
#include "cli_words.h"
#include "fault.h"
#include "operator_answer.h"
#include "time_text.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { TIMEOUT_MS_DEFAULT = 10000, LOG_BYTES = 256, LOG_WORTH_SAYING = 4 /* syslog's warning */ };

struct waiting {
    struct send_session *session;
    truc_completion *completed;
    truc_answer_callback *answered;
    void *context;
};

struct send_session {
    truc_adapter *adapter;
    uint64_t timeout_ms, progress_ms; /* progress: when the last outcome came, or the first was asked for */
    size_t unanswered;
    bool receives, drained;
    char last_log[LOG_BYTES]; /* why it does not get on, as far as the SDK knows */
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void keep_log(void *context, int level, const char *text)
{
    struct send_session *session = context;
    if (level <= LOG_WORTH_SAYING)
        snprintf(session->last_log, sizeof session->last_log, "%s", text);
}

/* What comes for the system's real adapter: kept, never settled, delivered again when we have gone. */
static int keep_request(truc_request *request, void *context)
{
    (void)context;
    truc_keep(request);
    return 0;
}

/* ---- whether the adapter is there ---- */

static int find_connected(struct bytes queues, const char *system, struct truc_fault *fault)
{
    struct operator_queue queue = {.connected = false};
    size_t offset = 0;
    while (operator_queue_next(queues, &offset, &queue, NULL) > 0)
        if (queue.connected && bytes_equal_string(queue.system, system)) {
            fault_set(fault, TRUC_E_STATE, _("the adapter of '%s' is connected: acting as it would end its connection"),
                      system);
            fault_hint(fault, _("stop it first, or say --take-over; a tool of its own deserves a system of its own"));
            return TRUC_E_STATE;
        }
    return 0;
}

/* Only where an operator's key lies in the state directory can anybody tell. */
int send_session_check_free(const struct cli *cli, const struct cli_arguments *arguments, const char *system,
                            struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    struct cli_client *client = NULL;
    struct command_answer answer = {0};
    struct operator_status status;
    int code = 0;
    if (cli_option_value(arguments, "take-over") ||
        cli_path(path, NULL, "%s/systems/operator/settings.yaml", cli->state) < 0 ||
        (cli->settings == NULL && access(path, R_OK) < 0))
        return 0;
    if (cli_broker_open(cli, arguments, -1, &client, NULL) == 0 &&
        cli_client_call(client, "status", BYTES_EMPTY, &answer, NULL) == 0 &&
        operator_status_decode(answer.result, &status, NULL) == 0)
        code = find_connected(status.queues, system, fault);
    cli_client_close(client); /* when it does not answer, the SDK will say why */
    return code;
}

/* ---- opening ---- */

int send_session_read_timeout(const struct cli_arguments *arguments, uint64_t *ret_timeout_ms, struct truc_fault *fault)
{
    const char *text = cli_option_value(arguments, "timeout");
    uint64_t span_ns = TIMEOUT_MS_DEFAULT * TIME_NS_PER_MS;
    if (text &&
        (span_parse(bytes_string(text), &span_ns) < 0 || span_ns < TIME_NS_PER_MS || span_ns > 3600 * TIME_NS_PER_S))
        return fault_set(fault, TRUC_E_ARGUMENT, _("--timeout %s: a span from 1ms to 60m, like 10s"), text);
    *ret_timeout_ms = span_ns / TIME_NS_PER_MS;
    return 0;
}

static int open_adapter(struct send_session *session, const struct cli_arguments *arguments, struct truc_fault *fault)
{
    const char *named = cli_option_value(arguments, "settings"), *environment = getenv("TRUC_SETTINGS");
    const struct truc_options options = {.size = sizeof options,
                                         .settings = named ? named : environment,
                                         .inbox = "memory", /* the adapter's own is none of our business */
                                         .log = keep_log,
                                         .log_context = session};
    if (options.settings == NULL) {
        fault_set(fault, TRUC_E_ARGUMENT, _("as which system: --settings FILE"));
        fault_hint(fault, _("truc init makes one for each system: systems/ID/settings.yaml"));
        return TRUC_E_ARGUMENT;
    }
    int code = truc_adapter_open(&options, &session->adapter, fault);
    if (code == TRUC_E_IO || code == TRUC_E_NOT_FOUND)
        return fault->code = TRUC_E_CONFIG;
    if (code == 0 && session->receives)
        code = truc_serve(session->adapter, "*", keep_request, NULL);
    else if (code == 0)
        truc_drain(session->adapter); /* before the first step: it says hello without credit */
    return code;
}

int send_session_open(const struct cli *cli, const struct cli_arguments *arguments, bool receives,
                      struct send_session **ret_session, struct truc_fault *fault)
{
    struct send_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a session"));
    session->receives = receives;
    int code = send_session_read_timeout(arguments, &session->timeout_ms, fault);
    if (code == 0)
        code = open_adapter(session, arguments, fault);
    if (code == 0)
        code = send_session_check_free(cli, arguments, truc_adapter_system(session->adapter), fault);
    if (code < 0)
        send_session_close(session);
    else
        *ret_session = session;
    return code;
}

void send_session_close(struct send_session *session)
{
    if (session == NULL)
        return;
    truc_adapter_close(session->adapter);
    free(session);
}

const char *send_session_system(const struct send_session *session)
{
    return truc_adapter_system(session->adapter);
}

uint64_t send_session_timeout_ms(const struct send_session *session)
{
    return session->timeout_ms;
}

/* ---- getting on ---- */

static int step(struct send_session *session, uint64_t wait_ms, struct truc_fault *fault)
{
    struct pollfd ready = {.fd = truc_fd(session->adapter), .events = POLLIN};
    uint64_t sdk_ms = (uint64_t)truc_timeout_ms(session->adapter);
    (void)poll(&ready, 1, (int)(sdk_ms < wait_ms ? sdk_ms : wait_ms)); /* interrupted: the step finds nothing */
    int code = truc_step(session->adapter, fault);
    if (code == 0 && session->receives && !session->drained && truc_is_connected(session->adapter)) {
        truc_drain(session->adapter); /* credit for the answer was given; more is not */
        session->drained = true;
    }
    return code;
}

static int too_late(const struct send_session *session, struct truc_fault *fault)
{
    fault_set(fault, TRUC_E_TIMEOUT, _("no answer within %llu ms%s%s"), (unsigned long long)session->timeout_ms,
              *session->last_log ? ": " : "", session->last_log);
    if (truc_is_connected(session->adapter))
        fault_hint(fault, _("it may have been taken: truc journal find --sender %s --since 5m"),
                   truc_adapter_system(session->adapter));
    else
        fault_hint(fault, _("is trucd running, and does it know this system's key? truc doctor"));
    return TRUC_E_TIMEOUT;
}

/* Until at most `most` are unanswered. */
static int wait_for(struct send_session *session, size_t most, struct truc_fault *fault)
{
    int code = 0;
    while (code == 0 && session->unanswered > most) {
        uint64_t passed_ms = now_ms() - session->progress_ms;
        if (passed_ms >= session->timeout_ms)
            return too_late(session, fault);
        code = step(session, session->timeout_ms - passed_ms, fault);
        if (code == 0 && session->unanswered > most)
            code = truc_refused(session->adapter, fault); /* waiting would not mend it */
    }
    return code;
}

int send_session_wait(struct send_session *session, struct truc_fault *fault)
{
    return wait_for(session, 0, fault);
}

static struct waiting *waiting_new(struct send_session *session, void *context)
{
    struct waiting *waiting = calloc(1, sizeof *waiting);
    if (waiting)
        *waiting = (struct waiting){.session = session, .context = context};
    return waiting;
}

static void settle(struct waiting *waiting)
{
    waiting->session->unanswered--;
    waiting->session->progress_ms = now_ms();
    free(waiting);
}

static void take_outcome(void *context, const struct truc_outcome *outcome)
{
    struct waiting *waiting = context;
    waiting->completed(waiting->context, outcome);
    settle(waiting);
}

static void take_answer(void *context, const struct truc_answer *answer)
{
    struct waiting *waiting = context;
    waiting->answered(waiting->context, answer);
    settle(waiting);
}

/* ---- sending ---- */

int send_session_publish(struct send_session *session, const struct truc_outgoing *message, truc_completion *completed,
                         void *context, struct truc_fault *fault)
{
    struct truc_fault refused = {0};
    struct waiting *waiting = waiting_new(session, context);
    if (waiting == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a message"));
    waiting->completed = completed;
    if (session->unanswered == 0)
        session->progress_ms = now_ms();
    int code = truc_publish(session->adapter, message, take_outcome, waiting, &refused);
    while (code == TRUC_E_LIMIT && session->unanswered > 0) { /* the window is full */
        int waited = wait_for(session, session->unanswered - 1, fault);
        if (waited < 0) {
            free(waiting);
            return waited;
        }
        code = truc_publish(session->adapter, message, take_outcome, waiting, &refused);
    }
    if (code == 0) {
        session->unanswered++;
        return 0;
    }
    free(waiting);
    const struct truc_outcome outcome = {
        .code = code, .id = message->id ? message->id : "", .text = refused.text, .hint = refused.hint};
    completed(context, &outcome);
    return 0;
}

int send_session_ask(struct send_session *session, const struct truc_outgoing *message, truc_answer_callback *answered,
                     void *context, struct truc_fault *fault)
{
    struct waiting *waiting = waiting_new(session, context);
    if (waiting == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a question"));
    waiting->answered = answered;
    int code = truc_ask(session->adapter, message, (uint32_t)session->timeout_ms, take_answer, waiting, fault);
    if (code < 0) {
        free(waiting);
        return code;
    }
    session->unanswered++;
    while (code == 0 && session->unanswered > 0) /* the SDK's timer ends it */
        if ((code = step(session, session->timeout_ms, fault)) == 0 && session->unanswered > 0)
            code = truc_refused(session->adapter, fault);
    if (code == 0 && !truc_is_connected(session->adapter))
        return too_late(session, fault);
    return code;
}

/* ---- for whoever uses the SDK itself ---- */

truc_adapter *send_session_adapter(struct send_session *session)
{
    return session->adapter;
}

void send_session_moved(struct send_session *session)
{
    session->progress_ms = now_ms();
}

int send_session_until(struct send_session *session, const bool *ended, struct truc_fault *fault)
{
    int code = 0;
    session->progress_ms = now_ms();
    while (code == 0 && !*ended) {
        uint64_t passed_ms = now_ms() - session->progress_ms;
        if (truc_timeout_ms(session->adapter) == 0)
            passed_ms = 0; /* it is at work: reading a large file, or taking what came */
        if (passed_ms >= session->timeout_ms)
            return too_late(session, fault);
        code = step(session, session->timeout_ms - passed_ms, fault);
    }
    return code;
}
