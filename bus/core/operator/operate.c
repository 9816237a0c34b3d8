/* operate.c - what operators and auditors ask a running broker (schemas/truc/bus/v1/operator.proto).
 * A table of verbs with the roles that may use them; what changes something, or shows what is masked elsewhere, is journaled
 * with who asked and why.
 * See operate.h; the command line is the usual asker. */
#include "operate.h"

#include "change.h"
#include "client.h"
#include "core_emit.h"
#include "dead_letters.h"
#include "fault.h"
#include "guard.h"
#include "operation.h"
#include "payload_show.h"
#include "person_look.h"
#include "protobuf_wire.h"
#include "queue_pause.h"
#include "queue_show.h"
#include "queue_status.h"
#include "reload.h"
#include "scope.h"
#include "system_show.h"
#include "time_text.h"
#include "words.h"

enum { DENIALS_JOURNALED_A_MINUTE = 10, FAILURES_JOURNALED_A_MINUTE = 30 }; /* of one asker: of a flood its beginning */
enum { ASKS_AT_ONCE = 60, ASKS_SPAN_S = 6 /* in which so many come back */ };
/* What one verb is asked, and answers. */
struct question {
    struct client *session;
    uint64_t number; /* of the ask */
    struct bytes arguments;
    struct buffer *out;  /* the answer */
    struct bytes reason; /* why, for the journal; set by verbs that change something */
};

/* ---- status ---- */

/* Of the whole bus. */
static void put_totals(const struct core *core, struct buffer *out)
{
    wire_put_uint(out, 4, core->next_sequence);
    wire_put_uint(out, 5, core->durable_through);
    wire_put_uint(out, 8, core->counts.accepted);
    wire_put_uint(out, 9, core->counts.refused);
    wire_put_uint(out, 10, core->counts.repeated);
    wire_put_uint(out, 11, core->counts.bundles);
    wire_put_uint(out, 12, core->requests.count);
    wire_put_uint(out, 13, core->counts.requests);
    wire_put_uint(out, 14, core->counts.replies);
    wire_put_uint(out, 15, core->counts.deadlines);
    wire_put_uint(out, 16, dedupe_count(&core->dedupe));
    wire_put_bool(out, 22, core->indexed);
    wire_put_uint(out, 23, core->index_next);
    wire_put_uint(out, 24, core->index_behind_ms);
    wire_put_string(out, 25, core->index_trouble);
    wire_put_uint(out, 26, core->blobs_count);
    wire_put_uint(out, 27, core->blobs_bytes);
}

static int ask_status(struct core *core, struct question *question, struct truc_fault *fault)
{
    struct buffer *out = question->out;
    (void)fault;
    wire_put_string(out, 1, core->policy->bus_id);
    wire_put_string(out, 2, core->policy->title);
    wire_put_bytes(out, 3, sha256_view(&core->policy->hash));
    wire_put_fixed64(out, 6, core->started_ns);
    wire_put_fixed64(out, 7, core->now_ns);
    if (scope_is_whole(question->session))
        put_totals(core, out);
    wire_put_bool(out, 17, core->blocked);
    wire_put_string(out, 18, core->blocked_text);
    for (size_t i = 0; i < core->destination_count; i++)
        if (scope_holds(core, question->session, bytes_string(core->destination_table[i]->system)))
            queue_status_put(core, core->destination_table[i], 19, out);
    wire_put_bool(out, 20, core->policy->sandbox);
    BUFFER_CLEANUP struct buffer scope = {0};
    scope_describe(core, question->session, &scope);
    wire_put_bytes(out, 21, buffer_view(&scope));
    return buffer_failed(&scope);
}

static int ask_system_show(struct core *core, struct question *question, struct truc_fault *fault)
{
    struct change change; /* without a reason: nothing is changed */
    int code = change_decode(question->arguments, &change, fault);
    if (code == 0)
        code = scope_check(core, question->session, change.system, fault);
    return code < 0 ? code : system_show(core, change.system, question->out, fault);
}

static int ask_queue_show(struct core *core, struct question *question, struct truc_fault *fault)
{
    struct change change; /* without a reason: nothing is changed */
    int code = change_decode(question->arguments, &change, fault);
    if (code == 0)
        code = scope_check(core, question->session, change.system, fault);
    return code < 0 ? code : queue_show_ask(core, question->session, question->number, change.system, fault);
}

/* ---- dead letters ---- */

static int ask_dead_list(struct core *core, struct question *question, struct truc_fault *fault)
{
    struct dead_query query;
    int code = dead_query_decode(question->arguments, &query, fault);
    return code < 0 ? code : dead_letters_list(core, question->session, &query, question->out);
}

static int read_dead_change(struct question *question, struct dead_query *ret, struct truc_fault *fault)
{
    int code = dead_query_decode(question->arguments, ret, fault);
    if (code < 0)
        return code;
    question->reason = ret->reason;
    return ret->reason.size ? 0 : fault_set(fault, TRUC_E_ARGUMENT, "a reason is required: it is journaled");
}

static int ask_dead_retry(struct core *core, struct question *question, struct truc_fault *fault)
{
    struct dead_query query;
    int code = read_dead_change(question, &query, fault);
    return code < 0 ? code : dead_letters_retry(core, &query, bytes_string(question->session->system), question->out);
}

static int ask_dead_discard(struct core *core, struct question *question, struct truc_fault *fault)
{
    struct dead_query query;
    int code = read_dead_change(question, &query, fault);
    return code < 0 ? code : dead_letters_discard(core, &query, bytes_string(question->session->system), question->out);
}

/* ---- changes of one thing ---- */

static int read_change(struct question *question, struct change *ret, struct truc_fault *fault)
{
    if (change_decode(question->arguments, ret, fault) < 0)
        return TRUC_E_PROTOCOL;
    question->reason = ret->reason;
    return ret->reason.size ? 0 : fault_set(fault, TRUC_E_ARGUMENT, "a reason is required: it is journaled");
}

static int ask_reload(struct core *core, struct question *question, struct truc_fault *fault)
{
    struct change change;
    int code = read_change(question, &change, fault);
    return code < 0 ? code : reload_ask(core, question->session, question->number, &change, fault);
}

static int ask_queue_pause(struct core *core, struct question *question, struct truc_fault *fault)
{
    struct change change;
    int code = read_change(question, &change, fault);
    return code < 0 ? code : queue_pause_begin(core, &change, bytes_string(question->session->system), fault);
}

static int ask_queue_resume(struct core *core, struct question *question, struct truc_fault *fault)
{
    struct change change;
    int code = read_change(question, &change, fault);
    return code < 0 ? code : queue_pause_end(core, &change, fault);
}

/* ---- looking at what is masked elsewhere ---- */

static int ask_payload_show(struct core *core, struct question *question, struct truc_fault *fault)
{
    return payload_show_ask(core, question->session, question->number, question->arguments, &question->reason, fault);
}

static int ask_person_look(struct core *core, struct question *question, struct truc_fault *fault)
{
    return person_look_ask(core, question->session, question->arguments, &question->reason, fault);
}

/* ---- following ---- */

static int ask_follow(struct core *core, struct question *question, struct truc_fault *fault)
{
    (void)fault;
    if (!question->session->follows)
        core->followers++;
    question->session->follows = true;
    return 0;
}

/* ---- the table ---- */

struct verb {
    const char *name;
    enum operate_decision may[POLICY_ROLES_COUNT];
    bool
        journaled; /* it changes something, or shows what is masked elsewhere: also an attempt that was denied is evidence */
    bool stays; /* further answers follow */
    bool later; /* when it was begun well, who ends it answers, and journals what was done */
    int (*ask)(struct core *core, struct question *question, struct truc_fault *fault);
};

/* Each row decides for each role; a role that a row forgets may not use it, and a test finds the row. */
#define LOOKING                                                                                                        \
    {                                                                                                                  \
        [POLICY_ROLE_SYSTEM] = OPERATE_MAY_NOT, [POLICY_ROLE_OPERATOR] = OPERATE_MAY,                                  \
        [POLICY_ROLE_AUDITOR] = OPERATE_MAY, [POLICY_ROLE_INTEGRATOR] = OPERATE_MAY_OWN                                \
    }
#define LOOKING_IN_CLEAR                                                                                               \
    {                                                                                                                  \
        [POLICY_ROLE_SYSTEM] = OPERATE_MAY_NOT, [POLICY_ROLE_OPERATOR] = OPERATE_MAY,                                  \
        [POLICY_ROLE_AUDITOR] = OPERATE_MAY, [POLICY_ROLE_INTEGRATOR] = OPERATE_MAY_NOT                                \
    }
#define CHANGING                                                                                                       \
    {                                                                                                                  \
        [POLICY_ROLE_SYSTEM] = OPERATE_MAY_NOT, [POLICY_ROLE_OPERATOR] = OPERATE_MAY,                                  \
        [POLICY_ROLE_AUDITOR] = OPERATE_MAY_NOT, [POLICY_ROLE_INTEGRATOR] = OPERATE_MAY_NOT                            \
    }

static const struct verb verbs[] = {
    {.name = "status", .may = LOOKING, .ask = ask_status},
    {.name = "queue-show", .may = LOOKING, .later = true, .ask = ask_queue_show},
    {.name = "system-show", .may = LOOKING, .ask = ask_system_show},
    {.name = "dead-list", .may = LOOKING, .ask = ask_dead_list},
    {.name = "dead-retry", .may = CHANGING, .journaled = true, .ask = ask_dead_retry},
    {.name = "dead-discard", .may = CHANGING, .journaled = true, .ask = ask_dead_discard},
    {.name = RELOAD_VERB, .may = CHANGING, .journaled = true, .later = true, .ask = ask_reload},
    {.name = QUEUE_PAUSE_VERB, .may = CHANGING, .journaled = true, .ask = ask_queue_pause},
    {.name = QUEUE_RESUME_VERB, .may = CHANGING, .journaled = true, .ask = ask_queue_resume},
    {.name = "follow", .may = LOOKING, .stays = true, .ask = ask_follow},
    {.name = PAYLOAD_SHOW_VERB, .may = LOOKING_IN_CLEAR, .journaled = true, .later = true, .ask = ask_payload_show},
    {.name = PERSON_LOOK_VERB, .may = LOOKING_IN_CLEAR, .journaled = true, .ask = ask_person_look},
};

const char *operate_verb(size_t n)
{
    return n < sizeof verbs / sizeof *verbs ? verbs[n].name : NULL;
}

enum operate_decision operate_decides(size_t n, enum policy_role role)
{
    return verbs[n].may[role];
}

static const struct verb *find_verb(struct bytes name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (bytes_equal_string(name, verbs[i].name))
            return &verbs[i];
    return NULL;
}

static bool may_ask(const struct verb *verb, const struct client *session)
{
    return verb->may[session->role] == OPERATE_MAY || verb->may[session->role] == OPERATE_MAY_OWN;
}

static int journal_operation(struct core *core, const struct question *question, const struct verb *verb, int code)
{
    const struct record_operation record = {.operator_id = bytes_string(question->session->system),
                                            .verb = bytes_string(verb->name),
                                            .arguments = question->arguments,
                                            .reason = question->reason,
                                            .code = (uint32_t)-code};
    return operation_journal(core, &record);
}

static void deny(const struct core *core, const struct client *session, const struct verb *verb,
                 struct truc_fault *fault)
{
    const struct policy_system *asker = policy_system_by_id(core->policy, bytes_string(session->system));
    bool auditors = verb->may[POLICY_ROLE_AUDITOR] == OPERATE_MAY;
    fault_set(fault, TRUC_E_STATE, "'%s' is for operators%s; '%s' has the role %s", verb->name,
              auditors ? " and auditors" : "", session->system, asker ? policy_role_text(asker) : "of nobody");
    fault_hint(fault, N_("ask an operator to do it; what each role may: truc explain role"));
}

/* Denied or fruitless, an attempt is evidence; but nobody who may change nothing is to fill the disk with attempts. */
static int journal_attempt(struct core *core, const struct question *question, const struct verb *verb, int code)
{
    bool is_denied = !may_ask(verb, question->session);
    if (guard_take(core, is_denied ? "ask denied" : "ask failed", question->session->system,
                   is_denied ? DENIALS_JOURNALED_A_MINUTE : FAILURES_JOURNALED_A_MINUTE, 60 * TIME_NS_PER_S))
        return journal_operation(core, question, verb, code);
    return 0;
}

/* Not too many, a verb that there is, and one for the asker's role; else the fault says why not. */
static int admit(struct core *core, const struct question *question, struct bytes name, const struct verb **ret_verb,
                 struct truc_fault *fault)
{
    const struct client *session = question->session;
    const struct verb *verb = find_verb(name);
    if (!guard_take(core, "ask", session->system, ASKS_AT_ONCE, /* an answer may look at every dead letter there is */
                    ASKS_SPAN_S * TIME_NS_PER_S))
        return fault_set(fault, TRUC_E_RATE, "more than %d questions in %d s", ASKS_AT_ONCE, ASKS_SPAN_S);
    if (verb == NULL)
        return fault_set(fault, TRUC_E_NOT_FOUND, "this broker knows no '%.*s'", BYTES_PRINTF(name));
    if (!may_ask(verb, session)) {
        deny(core, session, verb, fault);
        return verb->journaled && journal_attempt(core, question, verb, fault->code) < 0 ? TRUC_E_MEMORY : fault->code;
    }
    *ret_verb = verb;
    return 0;
}

/* What changes something is in the journal, and what tried to; a verb that ends later sees to that itself. */
static int perform(struct core *core, struct question *question, const struct verb *verb, struct truc_fault *fault)
{
    int code = verb->ask(core, question, fault);
    if (code == 0 && buffer_failed(question->out))
        code = TRUC_E_MEMORY;
    if (!verb->journaled || code == TRUC_E_MEMORY || (verb->later && code == 0))
        return code;
    int journaled = code ? journal_attempt(core, question, verb, code) : journal_operation(core, question, verb, 0);
    return journaled < 0 ? TRUC_E_MEMORY : code;
}

int operate_take(struct core *core, struct client *session, const struct command_ask *ask)
{
    struct truc_fault fault = {0};
    BUFFER_CLEANUP struct buffer result = {0};
    struct question question = {.session = session, .number = ask->number, .arguments = ask->arguments, .out = &result};
    const struct verb *verb = NULL;
    int code = admit(core, &question, ask->verb, &verb, &fault);
    if (verb == NULL) {
        if (code != TRUC_E_MEMORY)
            client_answer(core, session, ask->number, &fault, BYTES_EMPTY, false);
        return code == TRUC_E_MEMORY ? code : 0;
    }
    session->follow_number = verb->stays ? ask->number : session->follow_number;
    code = perform(core, &question, verb, &fault);
    if ((code < 0 && fault.code == 0) || (code == 0 && verb->later))
        return code; /* the core's end, or an answer that comes with an event */
    if (fault.code == 0 && verb->journaled)
        return operation_answer(core, session, ask->number, NULL, buffer_view(&result));
    client_answer(core, session, ask->number, &fault, buffer_view(&result), fault.code == 0 && verb->stays);
    return 0;
}
