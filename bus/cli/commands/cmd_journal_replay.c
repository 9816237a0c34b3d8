/* cmd_journal_replay.c - `truc journal replay`: a stretch of a journal into a sandbox, as new messages that cite the old ones.
 * Not a copy: what arrives is signed by the sandbox's own systems, masked, and dated now. Not for a bus at work: its broker refuses.
 * Reads the journal's directory with its key; the journal's own broker is not asked and may run. */
#include "cli_context.h"
#include "cli_file.h"
#include "command_table.h"
#include "record.h"
#include "replay_pace.h"
#include "replay_report.h"
#include "time_text.h"
#include "cli_words.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

const struct cli_option cmd_journal_replay_options[] = {
    {.name = "into",
     .value = "DIR",
     .explanation = N_("the sandbox: its state directory, or the name of a context that has one")},
    {.name = "pace",
     .value = "PACE",
     .explanation = N_("recorded, so many times as fast like 10x or 0.5x, or max; recorded when not given")},
    {.name = "type", .value = "TYPE", .explanation = N_("only messages of this type")},
    {.name = "sender", .value = "SYSTEM", .explanation = N_("only messages of this system")},
    {.name = "destination", .value = "SYSTEM", .explanation = N_("only messages that went to this system")},
    {.name = "dossier", .value = "CODE", .explanation = N_("only messages about this dossier, or sent for it")},
    {.name = "since",
     .value = "TIME",
     .explanation = N_("2026-11-23, 2026-11-23T14:03:00+07:00, or 2h for two hours ago")},
    {.name = "until", .value = "TIME", .explanation = N_("accepted before this time")},
    {.name = "run",
     .value = "NAME",
     .explanation = N_("once more: the same stretch under another name is new to the sandbox")},
    {.name = "timeout",
     .value = "SPAN",
     .explanation = N_("how long to wait for the sandbox's answers; 10s when not given")},
    {.name = "take-over", .explanation = N_("end the connections of the sandbox's adapters that act as senders")},
    CLI_JOURNAL_OPTIONS,
    {.name = NULL},
};

struct replay {
    struct cli_journal journal;
    struct replay_making making;
    struct replay_pace pace;
    struct replay_senders *senders;
    struct replay_report report;
    struct replay_message message;
    struct bytes type, sender, destination, dossier; /* empty: all */
    uint64_t from, last, since_ns, until_ns;         /* until: 0: whenever */
    uint64_t stopped_before;                         /* UINT64_MAX: all was read */
    struct truc_fault *fault;
};

static uint64_t up_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * TIME_NS_PER_S + (uint64_t)now.tv_nsec;
}

/* ---- choosing ---- */

static bool is_wanted(struct bytes wanted, struct bytes found)
{
    return wanted.size == 0 || bytes_equal(wanted, found);
}

static bool goes_to(struct bytes elements, struct bytes wanted)
{
    struct record_destination destination = {0};
    size_t offset = 0;
    while (record_destination_next(elements, &offset, &destination) > 0)
        if (!destination.observer && bytes_equal(destination.system, wanted))
            return true;
    return wanted.size == 0;
}

static bool takes(const struct replay *replay, const struct record_accepted *accepted, const struct header *header)
{
    return is_wanted(replay->type, header->type) && is_wanted(replay->sender, header_sender(header)) &&
           goes_to(accepted->destinations, replay->destination) &&
           (replay->dossier.size == 0 || bytes_equal(replay->dossier, header->subject) ||
            bytes_equal(replay->dossier, header->purpose.dossier));
}

/* ---- replaying ---- */

static bool leaves_out(int code)
{
    return code == TRUC_E_ERASED || code == TRUC_E_JOURNAL_KEY || code == TRUC_E_UNKNOWN_TYPE ||
           code == TRUC_E_PAYLOAD || code == TRUC_E_NOT_FOUND || code == TRUC_E_STATE || code == TRUC_E_UNAVAILABLE;
}

enum { STOPS = 1 };

static int stop(struct replay *replay, uint64_t position)
{
    replay->stopped_before = position;
    return STOPS;
}

static int send(struct replay *replay, const struct journal_record *record)
{
    struct truc_fault fault = {0};
    int code = replay_message_make(&replay->making, record, &replay->message, &fault);
    if (code == 0) {
        uint64_t wait_ns = replay_pace_wait_ns(&replay->pace, record->time_ns, up_ns());
        code = replay_senders_wait(replay->senders, wait_ns, &fault);
    }
    if (code == 0 && replay_senders_stopped(replay->senders))
        return stop(replay, record->sequence);
    if (code == 0)
        code = replay_senders_send(replay->senders, &replay->message, &fault);
    if (code == TRUC_E_CANCELLED)
        return stop(replay, record->sequence);
    if (code < 0 && leaves_out(code)) {
        replay_report_left_out(&replay->report, record->sequence, truc_error_name(code), fault.text, 1);
        return 0;
    }
    if (code < 0) {
        *replay->fault = fault;
        replay->stopped_before = record->sequence;
    }
    return code;
}

static int take_accepted(struct replay *replay, const struct journal_record *record)
{
    struct record_accepted accepted = {0};
    struct header header = {0};
    int code = record_accepted_decode(record->body, &accepted, replay->fault);
    if (code == 0)
        code = header_decode(accepted.header, &header, replay->fault);
    if (code < 0)
        return TRUC_E_JOURNAL_CORRUPT;
    if (!takes(replay, &accepted, &header))
        return 0;
    if (header.kind != HEADER_REPLY)
        return send(replay, record);
    replay->report.replies++;
    return 0;
}

/* The journal has no content of it, so nothing can be replayed: that is said, not passed over. */
static int take_refused(struct replay *replay, const struct journal_record *record)
{
    struct record_refused refused = {0};
    int code = record_refused_decode(record->body, &refused, replay->fault);
    if (code == 0 && is_wanted(replay->type, refused.type) && is_wanted(replay->sender, refused.sender) &&
        is_wanted(replay->dossier, refused.subject) && replay->destination.size == 0)
        replay_report_left_out(&replay->report, record->sequence, "REFUSED",
                               _("it was refused when it came, and its content was not kept"),
                               refused.count ? refused.count : 1);
    return code;
}

static int visit(void *context, const struct journal_record *record)
{
    struct replay *replay = context;
    if (record->sequence > replay->last)
        return STOPS;
    if (record->time_ns < replay->since_ns || (replay->until_ns && record->time_ns >= replay->until_ns))
        return 0;
    if (record->kind == RECORD_ACCEPTED)
        return take_accepted(replay, record);
    return record->kind == RECORD_REFUSED ? take_refused(replay, record) : 0;
}

/* What was sent and has no answer is where it goes on: sent again it is known. */
static int finish(struct replay *replay, int code)
{
    struct truc_fault fault = {0};
    int finished = replay_senders_finish(replay->senders, &fault);
    if (finished < 0 && code >= 0) {
        *replay->fault = fault;
        code = finished;
    }
    uint64_t unanswered = replay_senders_unanswered(replay->senders);
    if (unanswered < replay->stopped_before)
        replay->stopped_before = unanswered;
    return code;
}

static int run(struct replay *replay)
{
    if (replay->from > replay->last)
        return fault_set(replay->fault, TRUC_E_ARGUMENT, _("the journal ends before position %llu"),
                         (unsigned long long)replay->from);
    int code = journal_scan(replay->journal.journal, replay->from, 0, visit, replay, replay->fault);
    code = finish(replay, code);
    if (code == TRUC_E_REPLAY) /* nothing was sent to it */
        return code;
    int printed = replay_report_end(&replay->report, replay->stopped_before, replay->last);
    return code < 0 ? code : printed;
}

/* ---- the question ---- */

/* FROM, FROM.. or FROM..TO. */
static int read_range(const char *text, struct replay *replay, struct truc_fault *fault)
{
    char first[32];
    const char *dots = strstr(text, "..");
    size_t size = dots ? (size_t)(dots - text) : strlen(text);
    (void)snprintf(first, sizeof first, "%.*s", (int)(size < sizeof first ? size : sizeof first), text);
    replay->last = UINT64_MAX;
    if (size < sizeof first && cli_number_parse(first, &replay->from) == 0 &&
        (dots == NULL || dots[2] == '\0' || cli_number_parse(dots + 2, &replay->last) == 0) &&
        replay->from <= replay->last)
        return 0;
    return fault_set(fault, TRUC_E_ARGUMENT,
                     _("'%s' is no stretch of a journal: FROM..TO, or FROM for all from there on"), text);
}

static struct bytes text_option(const struct cli_arguments *arguments, const char *name)
{
    const char *text = cli_option_value(arguments, name);
    return bytes_string(text ? text : "");
}

static int read_question(const struct cli *cli, const struct cli_arguments *arguments, struct replay *replay,
                         struct truc_fault *fault)
{
    const char *pace = cli_option_value(arguments, "pace"), *name = cli_option_value(arguments, "run");
    int code = read_range(cli_operand(arguments, 0), replay, fault);
    if (code == 0)
        code = replay_pace_parse(pace ? pace : "recorded", &replay->pace, fault);
    if (code == 0)
        code = cli_option_time(arguments, "since", cli->now_ns, &replay->since_ns, fault);
    if (code >= 0)
        code = cli_option_time(arguments, "until", cli->now_ns, &replay->until_ns, fault);
    replay->type = text_option(arguments, "type");
    replay->sender = text_option(arguments, "sender");
    replay->destination = text_option(arguments, "destination");
    replay->dossier = text_option(arguments, "dossier");
    replay->making.run = name ? name : "";
    return code < 0 ? code : 0;
}

/* The sandbox as a bus of its own: no context's settings or address of the present one count there. */
static int find_sandbox(const struct cli *cli, const struct cli_arguments *arguments, struct cli_contexts *contexts,
                        struct cli *ret_sandbox, struct truc_fault *fault)
{
    const char *into = cli_option_value(arguments, "into");
    *ret_sandbox = *cli;
    ret_sandbox->settings = ret_sandbox->broker = NULL;
    if (into == NULL) {
        fault_set(fault, TRUC_E_ARGUMENT, _("into which sandbox: --into DIR"));
        return fault_hint(fault, _("truc init DIR --bus ID makes one; its config/bus.yaml says sandbox: true"));
    }
    ret_sandbox->state = into;
    if (cli_is_directory(into))
        return 0;
    int code = cli_contexts_load(contexts, fault);
    const struct cli_context *context = code == 0 ? cli_contexts_find(contexts, into, fault) : NULL;
    if (context == NULL)
        return fault->code;
    if (context->state == NULL)
        return fault_set(fault, TRUC_E_ARGUMENT,
                         _("the context '%s' is an operator's: a replay needs the keys of the sandbox's systems"),
                         into);
    ret_sandbox->state = context->state;
    return 0;
}

static int open_journal(const struct cli *cli, const struct cli_arguments *arguments, struct replay *replay,
                        struct truc_fault *fault)
{
    int code = cli_journal_open(cli, arguments, &replay->journal, fault);
    if (code == 0)
        code = cli_journal_derive_key(cli, arguments, "truc journal replay: pseudonyms v1", replay->making.key.bytes,
                                      fault);
    if (code < 0)
        return code;
    uint64_t next = journal_next_sequence(replay->journal.journal);
    replay->last = replay->last < next ? replay->last : next - (next > 0);
    replay->making.journal = &replay->journal;
    return 0;
}

/* Ctrl-C becomes something to poll, so that it can't be missed between a check and a wait. */
static int catch_signals(int *ret_fd, sigset_t *ret_before, struct truc_fault *fault)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    if (pthread_sigmask(SIG_BLOCK, &signals, ret_before) != 0 ||
        (*ret_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return fault_errno(fault, TRUC_E_IO, errno, "signals can't be caught");
    return 0;
}

/* The program goes on after it was told to stop: what came is taken, or it would end it as soon as it is let through. */
static void release_signals(int fd, const sigset_t *before)
{
    struct signalfd_siginfo taken;
    while (read(fd, &taken, sizeof taken) == (ssize_t)sizeof taken)
        continue;
    close(fd);
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

static int replay_with_signals(const struct cli *sandbox, const struct cli_arguments *arguments, struct replay *replay)
{
    sigset_t before;
    int stop_fd = -1, code = catch_signals(&stop_fd, &before, replay->fault);
    if (code < 0)
        return code;
    const struct replay_senders_options options = {.sandbox = sandbox,
                                                   .arguments = arguments,
                                                   .stop_fd = stop_fd,
                                                   .told = replay_report_fate,
                                                   .context = &replay->report};
    code = replay_senders_open(&options, &replay->senders, replay->fault);
    if (code == 0)
        code = run(replay);
    replay_senders_close(replay->senders);
    release_signals(stop_fd, &before);
    return code;
}

int cmd_journal_replay(struct cli *cli, const struct cli_arguments *arguments)
{
    struct truc_fault fault = {0};
    struct cli_contexts contexts = {.count = 0};
    struct cli sandbox;
    struct replay replay = {.fault = &fault, .stopped_before = UINT64_MAX, .report = {.cli = cli}};
    int code = read_question(cli, arguments, &replay, &fault);
    if (code == 0)
        code = find_sandbox(cli, arguments, &contexts, &sandbox, &fault);
    if (code == 0)
        code = open_journal(cli, arguments, &replay, &fault);
    if (code == 0)
        code = replay_with_signals(&sandbox, arguments, &replay);
    if (code < 0 && fault.code == 0)
        fault_set(&fault, code, "%s", truc_error_meaning(code));
    bool is_whole = code == 0 && replay.stopped_before == UINT64_MAX;
    sodium_memzero(&replay.making.key, sizeof replay.making.key);
    replay_message_free(&replay.message);
    cli_journal_close(&replay.journal);
    cli_contexts_free(&contexts);
    return code < 0 ? cli_fail(cli, &fault) : (int)replay_report_exit(&replay.report, is_whole);
}
