/* daemon_reload.c - a reload from its beginning to its end: read, compare, put in force or leave alone, and say which.
 * Not what is in force (the core's), nor what is right (the policy's loader). A bad file changes nothing.
 * Asked for by SIGHUP or by an operator (daemon_loop.c); the operator is answered through the core, which journals it. */
#include "buffer.h"
#include "daemon.h"
#include "daemon_policy.h"
#include "fault.h"
#include "policy.h"
#include "policy_difference.h"

enum { TEXT_BYTES_MAX = 1024 * 1024 /* of each text of an answer: they share a frame of 16 MiB */ };

/* One reload and what is to be said of it. */
struct reload {
    struct policy *next; /* what is on disk, until it is in force */
    struct buffer problems, difference;
    struct buffer restart; /* empty when none is needed */
    bool clock_accepted;
};

static void reload_free(struct reload *reload)
{
    policy_free(reload->next);
    buffer_free(&reload->problems);
    buffer_free(&reload->difference);
    buffer_free(&reload->restart);
}

/* Whole lines of a text that may be longer than an answer. */
static struct bytes fitting(const struct buffer *text)
{
    struct bytes view = buffer_view(text);
    if (view.size <= TEXT_BYTES_MAX)
        return view;
    view.size = TEXT_BYTES_MAX;
    while (view.size > 0 && view.data[view.size - 1] != '\n')
        view.size--;
    return view;
}

static int answer(struct daemon *daemon, const struct reload *reload, bool changed, const struct truc_fault *refused,
                  struct truc_fault *fault)
{
    if (!daemon->operator_waits)
        return 0;
    daemon->operator_waits = false;
    const struct core_reloaded reloaded = {.code = refused->code,
                                           .changed = changed,
                                           .clock_accepted = reload->clock_accepted,
                                           .text = bytes_string(refused->text),
                                           .problems = fitting(&reload->problems),
                                           .difference = fitting(&reload->difference),
                                           .restart = fitting(&reload->restart)};
    return engine_reloaded(daemon->engine, &reloaded, fault);
}

/* ---- the two ends ---- */

static int leave_alone(struct daemon *daemon, const struct reload *reload, const struct truc_fault *refused,
                       struct truc_fault *fault)
{
    daemon_log_fault(daemon, LOG_ERR, refused);
    io_log_write(&daemon->log, LOG_ERR, "reload refused: the bus keeps its present configuration");
    return answer(daemon, reload, false, refused, fault);
}

static int put_in_force(struct daemon *daemon, struct reload *reload, struct truc_fault *fault)
{
    const struct truc_fault none = {0};
    struct policy *before = daemon->policy, *next = reload->next;
    int code = engine_policy(daemon->engine, next, "reload", fault);
    if (code == 0)
        code = answer(daemon, reload, true, &none, fault); /* its record is in the same group */
    if (code == 0)
        code = engine_commit(daemon->engine, fault); /* durable, and nothing points at the old one any more */
    daemon->policy = next;
    reload->next = NULL;
    if (code < 0) {
        daemon->retired = before; /* the core may still see parts of it: it is freed at the end */
        return code;
    }
    policy_free(before);
    io_log_print(&daemon->log, LOG_NOTICE, "a new configuration is in force: %u systems, %u routes, %u agreements",
                 (unsigned)next->systems_count, (unsigned)next->routes_count, (unsigned)next->agreements_count);
    return 0;
}

/* ---- the way there ---- */

/* "~ route verify-citizen · within: 5s → 10s  routes/population.yaml:4" */
static void put_change(const struct policy_change *change, struct buffer *out)
{
    static const char signs[] = {[POLICY_ADDED] = '+', [POLICY_REMOVED] = '-', [POLICY_CHANGED] = '~'};
    static const struct bytes nothing = {(const uint8_t *)"nothing", sizeof "nothing" - 1};
    buffer_printf(out, "%c %s%s%s", signs[change->kind], change->what, *change->name ? " " : "", change->name);
    if (change->kind == POLICY_CHANGED)
        buffer_printf(out, " · %.*s: %.*s → %.*s", BYTES_PRINTF(change->key),
                      BYTES_PRINTF(change->before.size ? change->before : nothing),
                      BYTES_PRINTF(change->after.size ? change->after : nothing));
    if (change->place)
        buffer_printf(out, "  %s:%u", change->place->file, (unsigned)change->place->line);
    buffer_append_byte(out, '\n');
}

static int note_change(void *context, const struct policy_change *change)
{
    struct reload *reload = context;
    if (!change->needs_restart) /* those are told at every reload until then: daemon_addresses_differ */
        put_change(change, &reload->difference);
    return 0;
}

/* What is on disk and may take over, with what it changes. */
static int read_next(struct daemon *daemon, struct reload *reload, struct truc_fault *refused)
{
    int code = daemon_policy_read(daemon->options->config, io_clock_now_ns(&daemon->clock), &daemon->log, &reload->next,
                                  &reload->problems, refused);
    if (code == 0)
        code = daemon_policy_check_change(daemon->policy, reload->next, daemon->accept_schema_change, refused);
    if (code == 0)
        code = policy_differ(daemon->policy, reload->next, note_change, reload);
    if (code == 0)
        daemon_addresses_differ(&daemon->listening, reload->next, &reload->restart);
    if (code == 0 &&
        (buffer_failed(&reload->problems) || buffer_failed(&reload->difference) || buffer_failed(&reload->restart)))
        code = TRUC_E_MEMORY;
    if (code < 0 && refused->code == 0)
        fault_set(refused, code, "the configuration can't be compared: %s", truc_error_meaning(code));
    return code;
}

static void accept_clock(struct daemon *daemon, struct reload *reload)
{
    if (!daemon->clock.jumped)
        return;
    io_clock_accept(&daemon->clock); /* the operator has been told of the jump, and asks to go on */
    daemon->said_jump = false;       /* the next one is another, however soon it comes */
    io_log_write(&daemon->log, LOG_NOTICE, "the wall clock is followed again");
    reload->clock_accepted = true;
}

static int run(struct daemon *daemon, struct reload *reload, struct truc_fault *fault)
{
    struct truc_fault refused = {0};
    accept_clock(daemon, reload);
    if (read_next(daemon, reload, &refused) < 0)
        return leave_alone(daemon, reload, &refused, fault);
    if (reload->restart.size)
        io_log_write(&daemon->log, LOG_WARNING, "bus.yaml: `listen` has changed; a restart makes it so");
    if (!sha256_equal(&reload->next->hash, &daemon->policy->hash))
        return put_in_force(daemon, reload, fault);
    io_log_write(&daemon->log, LOG_NOTICE, "reload: the configuration has not changed");
    return answer(daemon, reload, false, &refused, fault);
}

int daemon_reload(struct daemon *daemon, struct truc_fault *fault)
{
    struct reload reload = {.next = NULL};
    daemon->reload_asked = false;
    daemon_tell_manager(daemon, "RELOADING=1\nSTATUS=reading the configuration");
    int code = run(daemon, &reload, fault);
    daemon_tell_manager(daemon, "READY=1");
    daemon->accept_schema_change = false; /* it was this reload's */
    reload_free(&reload);
    return code;
}
