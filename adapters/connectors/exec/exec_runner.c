/* exec_runner.c - see exec_runner.h: the states of a run and the time between runs.
 * A run ends for the first reason it gave; whatever comes after that is only waited for.
 * In the flow: stepped by exec_connector.c, from one thread. */
#include "exec_runner.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "exec_errors.h"
#include "fault.h"
#include "text.h"

enum state {
    STATE_DOWN,     /* no process */
    STATE_STARTING, /* until it says ready */
    STATE_RUNNING,
    STATE_LEAVING,  /* bye was said */
    STATE_RELEASED, /* its input has ended */
    STATE_FAILED,   /* killed; its end is awaited */
};

struct exec_runner {
    const struct exec_adapter *adapter;
    const struct connector_log *log;
    struct exec_runner_events events;
    enum state state;
    struct exec_process process;
    struct exec_errors errors;
    uint64_t run, now_ms;
    uint64_t started_ms, deadline_ms; /* of ready, or of the next signal */
    uint64_t unread_since_ms;         /* the program has taken nothing of what waits for it; 0: nothing waits */
    uint64_t silent_since_ms;         /* its standard output is closed; 0: it is open */
    uint64_t next_start_ms;
    uint32_t wait_ms; /* before that */
    bool is_last, terminated;
    char why[EXEC_WHY_BYTES];
};

static const struct exec_program_settings *settings_of(const struct exec_runner *runner)
{
    return &runner->adapter->program;
}

int exec_runner_open(const struct exec_adapter *adapter, const struct connector_log *log,
                     const struct exec_runner_events *events, struct exec_runner **ret_runner, struct truc_fault *fault)
{
    struct exec_runner *runner = calloc(1, sizeof(*runner));
    if (!runner)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the program");
    runner->adapter = adapter;
    runner->log = log;
    runner->events = *events;
    *ret_runner = runner;
    return 0;
}

void exec_runner_close(struct exec_runner *runner)
{
    if (runner && runner->state != STATE_DOWN)
        exec_process_end(&runner->process);
    free(runner);
}

bool exec_runner_is_ready(const struct exec_runner *runner)
{
    return runner->state == STATE_RUNNING;
}

bool exec_runner_is_leaving(const struct exec_runner *runner)
{
    return runner->state == STATE_LEAVING;
}

bool exec_runner_is_over(const struct exec_runner *runner)
{
    return runner->is_last && runner->state == STATE_DOWN;
}

uint64_t exec_runner_run(const struct exec_runner *runner)
{
    return runner->run;
}

const char *exec_runner_why(const struct exec_runner *runner)
{
    return runner->why;
}

size_t exec_runner_unread(const struct exec_runner *runner)
{
    return runner->state == STATE_DOWN ? 0 : exec_process_unread(&runner->process);
}

int exec_runner_say(struct exec_runner *runner, json_t *line, struct truc_fault *fault)
{
    bool is_up = runner->state == STATE_STARTING || runner->state == STATE_RUNNING || runner->state == STATE_LEAVING;
    int result;
    if (!line)
        result = fault_set(fault, TRUC_E_MEMORY, "no memory for a line");
    else if (!is_up)
        result = fault_set(fault, TRUC_E_STATE, "the program does not run");
    else
        result = exec_process_say(&runner->process, line, settings_of(runner)->line_bytes, fault);
    json_decref(line);
    return result;
}

void exec_runner_fail(struct exec_runner *runner, const char *why)
{
    if (runner->state == STATE_DOWN || runner->state == STATE_FAILED)
        return;
    text_copy(runner->why, sizeof(runner->why), bytes_string(why));
    runner->state = STATE_FAILED;
    exec_process_signal(&runner->process, SIGKILL);
}

void exec_runner_leave(struct exec_runner *runner)
{
    runner->is_last = true;
    if (runner->state == STATE_RUNNING && exec_runner_say(runner, json_pack("{s:s}", "op", "bye"), NULL) < 0)
        exec_runner_fail(runner, "no memory to say bye");
    if (runner->state == STATE_RUNNING || runner->state == STATE_STARTING)
        runner->state = STATE_LEAVING;
}

void exec_runner_release(struct exec_runner *runner)
{
    if (runner->state != STATE_LEAVING || exec_process_unread(&runner->process))
        return;
    exec_process_close_input(&runner->process);
    runner->state = STATE_RELEASED;
    runner->deadline_ms = runner->now_ms + EXEC_GRACE_MS;
}

/* ---- start and end -------------------------------------------------------------------------------------------- */

static json_t *hello(const struct exec_adapter *adapter)
{
    json_t *serves = json_array(), *accepts = json_array();
    int failed = 0;
    for (size_t i = 0; i < adapter->serve_count; i++)
        failed |= json_array_append_new(serves, json_string(adapter->serves[i]->message->type));
    for (size_t i = 0; i < adapter->accept_count; i++)
        failed |= json_array_append_new(accepts, json_string(adapter->accepts[i]->form.message->type));
    json_t *line = json_pack(
        "{s:s, s:i, s:s, s:s, s:O, s:o, s:o, s:i, s:i, s:I}", "op", "hello", "protocol", EXEC_PROTOCOL, "system",
        adapter->common.name, "title", adapter->common.title, "settings", adapter->common.settings, "serves", serves,
        "accepts", accepts, "in_flight", (int)adapter->program.in_flight, "answer_within_ms",
        (int)adapter->program.answer_within_ms, "line_bytes", (json_int_t)adapter->program.line_bytes);
    if (failed == 0)
        return line;
    json_decref(line);
    return NULL;
}

/* The wait doubles while runs are short, up to the most; a run that was longer than that begins anew. */
static void plan_next(struct exec_runner *runner)
{
    const struct exec_program_settings *settings = settings_of(runner);
    bool was_long = runner->started_ms && runner->now_ms - runner->started_ms > settings->restart_most_ms;
    uint64_t wait_ms = was_long || !runner->wait_ms ? settings->restart_first_ms : (uint64_t)runner->wait_ms * 2;
    runner->wait_ms = wait_ms < settings->restart_most_ms ? (uint32_t)wait_ms : settings->restart_most_ms;
    runner->next_start_ms = runner->now_ms + runner->wait_ms;
    if (!runner->is_last)
        connector_log(runner->log, CONNECTOR_LOG_WARNING, "the program is down: %s; next start in %u ms", runner->why,
                      runner->wait_ms);
}

static void start(struct exec_runner *runner)
{
    struct truc_fault fault = {0};
    runner->started_ms = 0;
    if (exec_process_start(settings_of(runner), runner->adapter->common.directory, &runner->process, &fault) < 0) {
        text_copy(runner->why, sizeof(runner->why), bytes_string(fault.text));
        plan_next(runner);
        return;
    }
    runner->run++;
    runner->state = STATE_STARTING;
    runner->terminated = false;
    runner->unread_since_ms = runner->silent_since_ms = 0;
    runner->why[0] = 0;
    runner->started_ms = runner->now_ms;
    runner->deadline_ms = runner->now_ms + settings_of(runner)->ready_within_ms;
    if (exec_runner_say(runner, hello(runner->adapter), &fault) < 0)
        exec_runner_fail(runner, fault.text);
}

static void end(struct exec_runner *runner, const char *how)
{
    bool has_left = runner->state == STATE_LEAVING || runner->state == STATE_RELEASED;
    if (has_left)
        snprintf(runner->why, sizeof(runner->why), "it said bye; %s", how);
    else if (runner->state != STATE_FAILED)
        text_copy(runner->why, sizeof(runner->why), bytes_string(how));
    exec_process_end(&runner->process);
    runner->state = STATE_DOWN;
    plan_next(runner);
    runner->events.on_end(runner->events.context, runner->why);
}

/* ---- what the program says ------------------------------------------------------------------------------------ */

static void garbage(struct exec_runner *runner, const struct truc_fault *fault)
{
    char why[EXEC_WHY_BYTES];
    snprintf(why, sizeof(why), "it wrote a line that is none of the protocol: %.200s%s%.64s", fault->text,
             *fault->where ? ": " : "", fault->where);
    exec_runner_fail(runner, why);
}

static void take_word(struct exec_runner *runner, struct exec_line *line)
{
    if (line->op == EXEC_READY && runner->state == STATE_STARTING) {
        runner->state = STATE_RUNNING;
        connector_log(runner->log, CONNECTOR_LOG_INFO, "the program is ready, process %d", (int)runner->process.pid);
    } else if (line->op == EXEC_READY && runner->state != STATE_RUNNING && runner->is_last) {
        return; /* it was asked to leave before it was ready */
    } else if (runner->state == STATE_STARTING || line->op == EXEC_READY) {
        exec_runner_fail(runner, "it did not begin with ready, or said it twice");
    } else if (line->op == EXEC_BYE) {
        runner->state = runner->state == STATE_RUNNING ? STATE_LEAVING : runner->state;
    } else {
        runner->events.on_line(runner->events.context, line);
    }
}

static void take_line(struct exec_runner *runner, struct bytes text)
{
    struct exec_line line = {0};
    struct truc_fault fault = {0};
    int result = exec_line_read(text, &line, &fault);
    if (result == TRUC_E_MEMORY)
        exec_runner_fail(runner, "no memory for a line of it");
    else if (result < 0)
        garbage(runner, &fault);
    else
        take_word(runner, &line);
    exec_line_free(&line);
}

static void take_lines(struct exec_runner *runner)
{
    struct bytes text;
    while (runner->state != STATE_FAILED) {
        int result = exec_lines_next(&runner->process.out_lines, &text);
        if (result == 0)
            return;
        if (result == 1)
            take_line(runner, text);
        else
            exec_runner_fail(runner, "it wrote a line longer than line-size");
    }
}

/* True while there may be more. */
static bool read_out(struct exec_runner *runner)
{
    int result = exec_process_read_out(&runner->process);
    if (result == TRUC_E_MEMORY)
        exec_runner_fail(runner, "no memory for what it writes");
    if (result == 1)
        take_lines(runner);
    return result == 1 && runner->state != STATE_FAILED;
}

static void read_err(struct exec_runner *runner, bool at_end)
{
    struct bytes line;
    int result;
    do {
        result = exec_process_read_err(&runner->process);
        while (exec_process_error_line(&runner->process, at_end && result != 1, &line))
            exec_errors_log(&runner->errors, runner->log, runner->now_ms, line);
    } while (at_end && result == 1);
}

/* ---- time ----------------------------------------------------------------------------------------------------- */

static void check_reading(struct exec_runner *runner, bool wrote)
{
    uint32_t within_ms = settings_of(runner)->answer_within_ms;
    if (wrote || exec_process_unread(&runner->process) == 0)
        runner->unread_since_ms = 0;
    if (exec_process_unread(&runner->process) && runner->unread_since_ms == 0)
        runner->unread_since_ms = runner->now_ms;
    if (runner->unread_since_ms && runner->now_ms - runner->unread_since_ms >= within_ms)
        exec_runner_fail(runner, "it hangs: it does not read its standard input");
}

/* Its end follows at once when it has ended, and then that is the reason. */
static void check_silence(struct exec_runner *runner)
{
    bool is_silent = runner->process.out < 0 && (runner->state == STATE_STARTING || runner->state == STATE_RUNNING);
    if (is_silent && runner->silent_since_ms == 0)
        runner->silent_since_ms = runner->now_ms;
    if (is_silent && runner->now_ms - runner->silent_since_ms >= EXEC_SILENCE_MS)
        exec_runner_fail(runner, "it closed its standard output");
}

static void check_deadline(struct exec_runner *runner)
{
    if (runner->now_ms < runner->deadline_ms)
        return;
    if (runner->state == STATE_STARTING) {
        exec_runner_fail(runner, "it did not say ready in time");
    } else if (runner->state == STATE_RELEASED) {
        exec_process_signal(&runner->process, runner->terminated ? SIGKILL : SIGTERM);
        runner->terminated = true;
        runner->deadline_ms = runner->now_ms + EXEC_GRACE_MS;
    }
}

unsigned exec_runner_fds(const struct exec_runner *runner, struct pollfd *fds)
{
    if (runner->state == STATE_DOWN)
        return 0;
    bool reads = runner->state != STATE_FAILED && exec_process_unread(&runner->process) <= EXEC_UNREAD_BYTES_MAX;
    return exec_process_fds(&runner->process, reads, fds);
}

int exec_runner_timeout_ms(const struct exec_runner *runner, uint64_t now_ms)
{
    uint64_t at_ms = UINT64_MAX;
    if (runner->state == STATE_DOWN && !runner->is_last)
        at_ms = runner->next_start_ms;
    else if (runner->state == STATE_STARTING || runner->state == STATE_RELEASED)
        at_ms = runner->deadline_ms;
    else if (runner->state == STATE_RUNNING && runner->silent_since_ms)
        at_ms = runner->silent_since_ms + EXEC_SILENCE_MS;
    else if (runner->state != STATE_DOWN && runner->unread_since_ms)
        at_ms = runner->unread_since_ms + settings_of(runner)->answer_within_ms;
    if (at_ms == UINT64_MAX)
        return -1;
    return at_ms <= now_ms ? 0 : at_ms - now_ms > INT32_MAX ? INT32_MAX : (int)(at_ms - now_ms);
}

static void step_run(struct exec_runner *runner)
{
    char how[EXEC_END_TEXT_BYTES];
    bool has_ended = exec_process_has_ended(&runner->process, how);
    bool wrote = exec_process_write(&runner->process);
    read_err(runner, has_ended);
    if (runner->state != STATE_FAILED && exec_process_unread(&runner->process) <= EXEC_UNREAD_BYTES_MAX)
        while (read_out(runner) && has_ended) /* what it wrote before its end counts */
            continue;
    if (has_ended) {
        end(runner, how);
        return;
    }
    check_silence(runner);
    check_reading(runner, wrote);
    check_deadline(runner);
}

void exec_runner_step(struct exec_runner *runner, uint64_t now_ms)
{
    runner->now_ms = now_ms;
    if (runner->state != STATE_DOWN)
        step_run(runner);
    else if (!runner->is_last && now_ms >= runner->next_start_ms)
        start(runner);
}
