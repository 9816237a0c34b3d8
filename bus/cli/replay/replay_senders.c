/* replay_senders.c - several libtruc sessions in one poll.
 * A sender that can't be opened once is not tried again: its messages are told apart by that reason.
 * See replay_senders.h. */
#include "replay_senders.h"
#include "cli_words.h"

#include "cli_file.h"
#include "list.h"
#include "send_session.h"
#include "time_text.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LOG_BYTES = 256, LOG_WORTH_SAYING = 4 /* syslog's warning */ };

struct sender {
    char system[PROTOCOL_NAME_BYTES_MAX + 1];
    truc_adapter *adapter; /* NULL: it can't be opened */
    int code;              /* why */
    char reason[TRUC_FAULT_TEXT_BYTES_MAX];
    char last_log[LOG_BYTES];
};

struct unanswered {
    struct list_link link;
    struct replay_senders *senders;
    uint64_t position;
    bool is_question;
};

struct replay_senders {
    struct replay_senders_options options;
    struct sender *table[REPLAY_SENDERS_MAX];
    size_t count;
    struct list_link unanswered; /* in the order they were sent */
    size_t unanswered_count;
    uint64_t timeout_ms, progress_ms; /* progress: when the last outcome came */
    uint64_t question_ms;             /* the longest that a question may take */
    bool stopped;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * TIME_NS_PER_S + (uint64_t)now.tv_nsec;
}

/* ---- getting on ---- */

static int step_all(struct replay_senders *senders, uint64_t wait_ms, struct truc_fault *fault)
{
    struct pollfd ready[REPLAY_SENDERS_MAX + 1] = {
        {.fd = senders->stopped ? -1 : senders->options.stop_fd, .events = POLLIN}};
    nfds_t count = 1;
    for (size_t i = 0; i < senders->count; i++) {
        if (senders->table[i]->adapter == NULL)
            continue;
        uint64_t sdk_ms = (uint64_t)truc_timeout_ms(senders->table[i]->adapter);
        wait_ms = sdk_ms < wait_ms ? sdk_ms : wait_ms;
        ready[count++] = (struct pollfd){.fd = truc_fd(senders->table[i]->adapter), .events = POLLIN};
    }
    if (poll(ready, count, (int)(wait_ms < INT32_MAX ? wait_ms : INT32_MAX)) < 0 && errno != EINTR)
        return fault_errno(fault, TRUC_E_IO, errno, "waiting for the sandbox");
    senders->stopped |= ready[0].revents != 0;
    int code = 0;
    for (size_t i = 0; code == 0 && i < senders->count; i++)
        if (senders->table[i]->adapter)
            code = truc_step(senders->table[i]->adapter, fault);
    return code;
}

int replay_senders_wait(struct replay_senders *senders, uint64_t wait_ns, struct truc_fault *fault)
{
    uint64_t wait_ms = (wait_ns + TIME_NS_PER_MS - 1) / TIME_NS_PER_MS, now = now_ms(), end = now + wait_ms;
    int code = 0;
    while (code == 0 && !senders->stopped && now < end) {
        code = step_all(senders, end - now, fault);
        now = now_ms();
    }
    return code;
}

static int too_late(const struct replay_senders *senders, struct truc_fault *fault)
{
    fault_set(fault, TRUC_E_TIMEOUT, _("the sandbox answered nothing within %llu ms; %zu messages are unanswered"),
              (unsigned long long)senders->timeout_ms, senders->unanswered_count);
    fault_hint(fault, _("is its trucd running? what was taken is known when the stretch is replayed again"));
    return TRUC_E_TIMEOUT;
}

/* Until at most `most` are unanswered, also when the person wants to stop: what was sent is awaited. */
static int wait_for(struct replay_senders *senders, size_t most, struct truc_fault *fault)
{
    uint64_t limit_ms = senders->timeout_ms + senders->question_ms;
    int code = 0;
    while (code == 0 && senders->unanswered_count > most) {
        uint64_t passed_ms = now_ms() - senders->progress_ms;
        if (passed_ms >= limit_ms)
            return too_late(senders, fault);
        code = step_all(senders, limit_ms - passed_ms, fault);
    }
    return code;
}

int replay_senders_finish(struct replay_senders *senders, struct truc_fault *fault)
{
    return wait_for(senders, 0, fault);
}

bool replay_senders_stopped(const struct replay_senders *senders)
{
    return senders->stopped;
}

uint64_t replay_senders_unanswered(const struct replay_senders *senders)
{
    struct list_link *first = list_first(&senders->unanswered);
    return first ? list_element(first, struct unanswered, link)->position : UINT64_MAX;
}

/* ---- opening ---- */

static void keep_log(void *context, int level, const char *text)
{
    struct sender *sender = context;
    if (level <= LOG_WORTH_SAYING)
        (void)snprintf(sender->last_log, sizeof sender->last_log, "%s", text);
}

/* What comes for the system's real adapter: kept, never settled, delivered again when we have gone. */
static int keep_request(truc_request *request, void *context)
{
    (void)context;
    truc_keep(request);
    return 0;
}

static int cannot(struct sender *sender, int code, const char *text)
{
    truc_adapter_close(sender->adapter);
    sender->adapter = NULL;
    sender->code = code;
    (void)snprintf(sender->reason, sizeof sender->reason, "%s", text);
    return 0;
}

/* Without a broker there, no other sender would fare better: it is said once, of all. */
static bool is_alone(const struct replay_senders *senders)
{
    for (size_t i = 0; i < senders->count; i++)
        if (senders->table[i]->adapter && truc_is_connected(senders->table[i]->adapter))
            return false;
    return true;
}

/* Until its broker has welcomed it and called itself a sandbox. */
static int connect_sender(struct replay_senders *senders, struct sender *sender, struct truc_fault *fault)
{
    uint64_t begun_ms = now_ms(), passed_ms = 0;
    int code = 0;
    while (code == 0 && !senders->stopped && !truc_is_connected(sender->adapter) &&
           truc_refused(sender->adapter, NULL) == 0 && (passed_ms = now_ms() - begun_ms) < senders->timeout_ms)
        code = step_all(senders, senders->timeout_ms - passed_ms, fault);
    if (code < 0)
        return code;
    if (!truc_is_connected(sender->adapter) && truc_refused(sender->adapter, NULL) == 0 && is_alone(senders) &&
        !senders->stopped) {
        fault_set(fault, TRUC_E_TIMEOUT, _("the sandbox in %s does not answer: no session within %llu ms%s%s"),
                  senders->options.sandbox->state, (unsigned long long)senders->timeout_ms,
                  *sender->last_log ? ": " : "", sender->last_log);
        fault_hint(fault, _("is its trucd running? truc doctor --state %s"), senders->options.sandbox->state);
        return TRUC_E_TIMEOUT;
    }
    if (!truc_is_connected(sender->adapter)) {
        struct truc_fault why = {0}; /* a cut text is still a reason */
        fault_set(&why, TRUC_E_UNAVAILABLE, _("no session as '%s' within %llu ms%s%s"), sender->system,
                  (unsigned long long)senders->timeout_ms, *sender->last_log ? ": " : "", sender->last_log);
        return cannot(sender, TRUC_E_UNAVAILABLE, why.text);
    }
    if (truc_is_sandbox(sender->adapter))
        return 0;
    fault_set(fault, TRUC_E_REPLAY, _("the bus behind %s is no sandbox, as its broker says: nothing was sent to it"),
              senders->options.sandbox->state);
    return TRUC_E_REPLAY;
}

static int open_sender(struct replay_senders *senders, struct sender *sender, struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    struct truc_fault why = {0};
    const struct truc_options options = {
        .size = sizeof options, .settings = path, .inbox = "memory", .log = keep_log, .log_context = sender};
    int code = cli_path(path, fault, "%s/systems/%s/settings.yaml", senders->options.sandbox->state, sender->system);
    if (code < 0)
        return code;
    if (access(path, R_OK) < 0) {
        (void)snprintf(why.text, sizeof why.text, _("the sandbox has no system '%s'"), sender->system);
        return cannot(sender, TRUC_E_NOT_FOUND, why.text);
    }
    if (send_session_check_free(senders->options.sandbox, senders->options.arguments, sender->system, &why) < 0)
        return cannot(sender, TRUC_E_STATE, why.text);
    if (truc_adapter_open(&options, &sender->adapter, &why) < 0)
        return cannot(sender, TRUC_E_UNAVAILABLE, why.text);
    if ((code = truc_serve(sender->adapter, "*", keep_request, NULL)) < 0)
        return fault_set(fault, code, "%s", truc_error_meaning(code));
    return connect_sender(senders, sender, fault);
}

/* The sender of that name, opened if it can be. */
static int find_sender(struct replay_senders *senders, const char *system, struct sender **ret_sender,
                       struct truc_fault *fault)
{
    for (size_t i = 0; i < senders->count; i++)
        if (strcmp(senders->table[i]->system, system) == 0) {
            *ret_sender = senders->table[i];
            return 0;
        }
    if (senders->count == REPLAY_SENDERS_MAX)
        return fault_set(fault, TRUC_E_LIMIT, _("more than %d senders"), REPLAY_SENDERS_MAX);
    struct sender *sender = calloc(1, sizeof *sender);
    if (sender == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a session"));
    (void)snprintf(sender->system, sizeof sender->system, "%s", system);
    senders->table[senders->count++] = sender;
    *ret_sender = sender;
    return open_sender(senders, sender, fault);
}

int replay_senders_open(const struct replay_senders_options *options, struct replay_senders **ret_senders,
                        struct truc_fault *fault)
{
    struct replay_senders *senders = calloc(1, sizeof *senders);
    if (senders == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for sessions"));
    senders->options = *options;
    list_init(&senders->unanswered);
    int code = send_session_read_timeout(options->arguments, &senders->timeout_ms, fault);
    if (code < 0)
        replay_senders_close(senders);
    else
        *ret_senders = senders;
    return code;
}

void replay_senders_close(struct replay_senders *senders)
{
    if (senders == NULL)
        return;
    senders->options.told = NULL; /* what closing completes has no answer */
    for (size_t i = 0; i < senders->count; i++) {
        truc_adapter_close(senders->table[i]->adapter);
        free(senders->table[i]);
    }
    free(senders);
}

/* ---- sending ---- */

static void settle(struct unanswered *waiting, struct replay_fate *fate)
{
    struct replay_senders *senders = waiting->senders;
    fate->position = waiting->position;
    fate->is_question = waiting->is_question;
    list_remove(&waiting->link);
    senders->unanswered_count--;
    senders->progress_ms = now_ms();
    free(waiting);
    if (senders->options.told)
        senders->options.told(senders->options.context, fate);
}

static void take_outcome(void *context, const struct truc_outcome *outcome)
{
    struct replay_fate fate = {.code = outcome->code,
                               .sequence = outcome->sequence,
                               .reason = "",
                               .text = outcome->text,
                               .hint = outcome->hint};
    settle(context, &fate);
}

static void take_answer(void *context, const struct truc_answer *answer)
{
    struct replay_fate fate = {
        .code = answer->code, .reason = answer->reason, .text = answer->text, .hint = answer->hint};
    settle(context, &fate);
}

/* As truc_publish; a window that is full is waited for. */
static int send(struct replay_senders *senders, const struct sender *sender, const struct replay_message *message,
                struct unanswered *waiting, struct truc_fault *fault)
{
    for (;;) {
        int code = waiting->is_question
                       ? truc_ask(sender->adapter, &message->outgoing, message->timeout_ms, take_answer, waiting, fault)
                       : truc_publish(sender->adapter, &message->outgoing, take_outcome, waiting, fault);
        if (code != TRUC_E_LIMIT || senders->unanswered_count == 0)
            return code;
        *fault = (struct truc_fault){0};
        int waited = wait_for(senders, senders->unanswered_count - 1, fault);
        if (waited < 0)
            return waited;
    }
}

/* A message that the SDK itself refuses has its outcome at once. */
static void refuse(struct replay_senders *senders, struct unanswered *waiting, const struct truc_fault *refused)
{
    struct replay_fate fate = {.code = refused->code, .reason = "", .text = refused->text, .hint = refused->hint};
    list_append(&senders->unanswered, &waiting->link);
    senders->unanswered_count++;
    settle(waiting, &fate);
}

int replay_senders_send(struct replay_senders *senders, struct replay_message *message, struct truc_fault *fault)
{
    struct sender *sender = NULL;
    struct truc_fault refused = {0};
    int code = find_sender(senders, message->sender, &sender, fault);
    if (code == 0 && senders->unanswered_count >= REPLAY_UNANSWERED_MAX)
        code = wait_for(senders, REPLAY_UNANSWERED_MAX - 1, fault);
    if (code < 0)
        return code;
    if (senders->stopped)
        return TRUC_E_CANCELLED;
    if (sender->adapter == NULL)
        return fault_set(fault, sender->code, "%s", sender->reason);
    struct unanswered *waiting = malloc(sizeof *waiting);
    if (waiting == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a message"));
    *waiting = (struct unanswered){.senders = senders,
                                   .position = message->original.position,
                                   .is_question = message->outgoing.kind == TRUC_REQUEST};
    if (senders->unanswered_count == 0)
        senders->progress_ms = now_ms();
    if (waiting->is_question && message->timeout_ms > senders->question_ms)
        senders->question_ms = message->timeout_ms;
    replay_message_date(message, wall_ns());
    code = send(senders, sender, message, waiting, &refused);
    if (code == TRUC_E_TIMEOUT || code == TRUC_E_MEMORY || code == TRUC_E_IO) {
        free(waiting);
        *fault = refused;
        return code;
    }
    if (code < 0) {
        refuse(senders, waiting, &refused);
        return 0;
    }
    list_append(&senders->unanswered, &waiting->link);
    senders->unanswered_count++;
    return 0;
}
