/* far_traffic.c - a thread that keeps the pace and a few that post. See far_traffic.h.
 * What is posted is made by far_dossier.c; answers are read as far_retry.c says. */
#include "far_traffic.h"
#include "far_clock.h"
#include "far_retry.h"
#include "far_work.h"

#include <fault.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { FULL_PAUSE_MS = 50 };

struct far_traffic {
    struct far_store *portal;
    const struct far_world *world;
    struct far_traffic_plan plan;
    struct far_work *work;
    pthread_t pacer;
    bool pacer_started;
    pthread_mutex_t lock;
    pthread_cond_t ended_changed;
    bool ended;                /* under lock */
    struct truc_fault failure; /* under lock; code 0: none */
};

struct submission {
    struct far_task task;
    uint64_t number, submitted_ns;
    unsigned attempts;
    bool posted_once; /* of a repeated one: the first post was taken */
};

static int note_answer(struct far_traffic *traffic, const struct submission *submission, const char *state, int http,
                       const char *error_code, uint64_t answer_us)
{
    return far_store_run(traffic->portal,
                         "UPDATE submissions SET state = ?, http = ?, error_code = ?, answer_us = ?,"
                         " attempts = attempts + 1 WHERE number = ?",
                         FAR_VALUES(far_text(state), far_number(http), far_text(error_code),
                                    far_number((int64_t)answer_us), far_number((int64_t)submission->number)),
                         NULL);
}

static int post_dossier(struct far_traffic *traffic, const struct far_dossier *dossier, struct far_client *client,
                        struct buffer *answer)
{
    char url[FAR_URL_BYTES_MAX];
    int http = far_address_url(&traffic->world->portal_adapter, dossier->path, url, NULL);
    if (http < 0)
        return http;
    const struct far_post post = {.url = url,
                                  .content_type = "application/json",
                                  .message_id = dossier->message_id,
                                  .body = buffer_view(&dossier->body)};
    return far_client_post(client, &post, answer, NULL);
}

static uint32_t submit(struct far_traffic *traffic, struct submission *submission, const struct far_dossier *dossier,
                       struct far_client *client)
{
    BUFFER_CLEANUP struct buffer answer = {0};
    uint64_t began_us = far_clock_steady_us();
    int http = post_dossier(traffic, dossier, client, &answer);
    uint64_t answer_us = far_clock_steady_us() - began_us;
    enum far_outcome outcome = far_outcome_of(http);
    char error_code[FAR_ERROR_CODE_BYTES_MAX + 1], said[FAR_ERROR_CODE_BYTES_MAX + 32];
    far_error_code(http, buffer_view(&answer), error_code);
    snprintf(said, sizeof said, "%d %s", http < 0 ? 0 : http, error_code);
    far_log_move(traffic->world->log, "portal", far_dossier_class_name(dossier->class), dossier->code, said);
    if (outcome == FAR_OUTCOME_TAKEN && dossier->class == FAR_DOSSIER_REPEATED && !submission->posted_once) {
        submission->posted_once = true;
        return 0; /* at once again: an impatient citizen */
    }
    const char *state = outcome == FAR_OUTCOME_TAKEN     ? "accepted"
                        : outcome == FAR_OUTCOME_REFUSED ? "refused"
                                                         : "waiting";
    int noted = note_answer(traffic, submission, state, http < 0 ? 0 : http, error_code, answer_us);
    bool final = outcome == FAR_OUTCOME_TAKEN || outcome == FAR_OUTCOME_REFUSED;
    if (!final || noted < 0) /* an answer that could not be noted is asked for again: the bus knows the id */
        return far_retry_pause_ms(++submission->attempts);
    free(submission);
    return FAR_TASK_DONE;
}

static uint32_t run_submission(void *context, struct far_task *task, struct far_client *client)
{
    struct far_traffic *traffic = context;
    struct submission *submission = (struct submission *)(void *)task;
    struct far_dossier dossier = {0};
    if (far_dossier_make(&traffic->plan.mix, submission->number, submission->submitted_ns, &dossier) < 0)
        return far_retry_pause_ms(++submission->attempts); /* out of memory: later */
    uint32_t again_ms = submit(traffic, submission, &dossier, client);
    far_dossier_free(&dossier);
    return again_ms;
}

static void release_submission(struct far_task *task)
{
    free(task); /* the task is the first member */
}

static int add_submission(struct far_traffic *traffic, uint64_t number, uint64_t submitted_ns)
{
    struct submission *submission = calloc(1, sizeof *submission);
    if (!submission)
        return TRUC_E_MEMORY;
    submission->number = number;
    submission->submitted_ns = submitted_ns;
    int result = far_work_add(traffic->work, &submission->task, 0);
    if (result < 0)
        free(submission);
    return result;
}

/* Writes the next dossier into the ledger and gives it to the senders. */
static int begin_submission(struct far_traffic *traffic, uint64_t number, struct truc_fault *fault)
{
    uint64_t now_ns = far_clock_wall_ns();
    struct far_dossier dossier = {0};
    int result = far_dossier_make(&traffic->plan.mix, number, now_ns, &dossier);
    if (result < 0)
        return fault_set(fault, result, "no memory for a dossier");
    result = far_store_run(traffic->portal,
                           "INSERT INTO submissions (number, code, class, submitted_ns) VALUES (?, ?, ?, ?)",
                           FAR_VALUES(far_number((int64_t)number), far_text(dossier.code), far_number(dossier.class),
                                      far_number((int64_t)now_ns)),
                           fault);
    far_dossier_free(&dossier);
    if (result < 0)
        return result;
    result = add_submission(traffic, number, now_ns);
    return result < 0 ? fault_set(fault, result, "no memory for a submission") : 0;
}

/* Waits until `due_ms` or the end; whether to go on. */
static bool wait_until(struct far_traffic *traffic, uint64_t due_ms)
{
    struct timespec until = {(time_t)(due_ms / 1000), (long)(due_ms % 1000) * 1000000};
    pthread_mutex_lock(&traffic->lock);
    while (!traffic->ended && far_clock_steady_ms() < due_ms)
        pthread_cond_timedwait(&traffic->ended_changed, &traffic->lock, &until);
    bool go_on = !traffic->ended;
    pthread_mutex_unlock(&traffic->lock);
    return go_on;
}

static void fail(struct far_traffic *traffic, const struct truc_fault *fault)
{
    pthread_mutex_lock(&traffic->lock);
    traffic->failure = *fault;
    pthread_mutex_unlock(&traffic->lock);
}

static void *keep_pace(void *argument)
{
    struct far_traffic *traffic = argument;
    const struct far_traffic_plan *plan = &traffic->plan;
    struct truc_fault fault = {0};
    int64_t next = 0;
    int result = far_store_number(traffic->portal, "SELECT coalesce(max(number) + 1, ?1) FROM submissions",
                                  FAR_VALUES(far_number((int64_t)plan->first)), (int64_t)plan->first, &next, &fault);
    if (next < (int64_t)plan->first)
        next = (int64_t)plan->first;
    uint64_t began_ms = far_clock_steady_ms();
    uint64_t due_ms = began_ms;
    for (uint64_t sent = 0; result == 0 && (plan->count == 0 || sent < plan->count);) {
        if (plan->for_ms && due_ms - began_ms >= plan->for_ms)
            break;
        if (!wait_until(traffic, due_ms))
            break;
        if (far_work_count(traffic->work) >= FAR_SUBMISSIONS_WAITING_MAX) {
            due_ms = far_clock_steady_ms() + FULL_PAUSE_MS;
            /* Don't make up for the pause in a burst. */
            began_ms = due_ms - (uint64_t)((double)sent * 1000.0 / plan->rate);
            continue;
        }
        result = begin_submission(traffic, (uint64_t)next, &fault);
        next++;
        sent++;
        due_ms = began_ms + (uint64_t)((double)sent * 1000.0 / plan->rate);
    }
    if (result < 0)
        fail(traffic, &fault);
    far_traffic_end(traffic);
    return NULL;
}

static int take_waiting(void *context, sqlite3_stmt *row)
{
    return add_submission(context, (uint64_t)sqlite3_column_int64(row, 0), (uint64_t)sqlite3_column_int64(row, 1));
}

static int start_threads(struct far_traffic *traffic, struct truc_fault *fault)
{
    int result = far_work_start(FAR_SENDERS, run_submission, release_submission, traffic, &traffic->work, fault);
    if (result == 0)
        result = far_store_query(traffic->portal,
                                 "SELECT number, submitted_ns FROM submissions WHERE state = 'waiting' ORDER BY number",
                                 FAR_NO_VALUES, take_waiting, traffic, fault);
    if (result < 0)
        return result;
    int error_number = pthread_create(&traffic->pacer, NULL, keep_pace, traffic);
    if (error_number)
        return fault_errno(fault, TRUC_E_MEMORY, error_number, "the traffic's thread did not start");
    traffic->pacer_started = true;
    return 0;
}

int far_traffic_start(struct far_store *portal, const struct far_world *world, const struct far_traffic_plan *plan,
                      struct far_traffic **ret_traffic, struct truc_fault *fault)
{
    if (!(plan->rate > 0 && plan->rate <= FAR_RATE_MAX))
        return fault_set(fault, TRUC_E_ARGUMENT, "the rate must be above 0 and at most %d a second", FAR_RATE_MAX);
    struct far_traffic *traffic = calloc(1, sizeof *traffic);
    if (!traffic)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the traffic");
    traffic->portal = portal;
    traffic->world = world;
    traffic->plan = *plan;
    pthread_mutex_init(&traffic->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&traffic->ended_changed, &attributes);
    pthread_condattr_destroy(&attributes);
    int result = start_threads(traffic, fault);
    if (result < 0) {
        far_traffic_stop(traffic);
        return result;
    }
    *ret_traffic = traffic;
    return 0;
}

void far_traffic_end(struct far_traffic *traffic)
{
    pthread_mutex_lock(&traffic->lock);
    traffic->ended = true;
    pthread_cond_broadcast(&traffic->ended_changed);
    pthread_mutex_unlock(&traffic->lock);
}

bool far_traffic_runs(struct far_traffic *traffic)
{
    pthread_mutex_lock(&traffic->lock);
    bool runs = !traffic->ended;
    pthread_mutex_unlock(&traffic->lock);
    return runs;
}

const char *far_traffic_failure(struct far_traffic *traffic)
{
    pthread_mutex_lock(&traffic->lock);
    const char *text = traffic->failure.code ? traffic->failure.text : NULL; /* set once, before the end */
    pthread_mutex_unlock(&traffic->lock);
    return text;
}

void far_traffic_stop(struct far_traffic *traffic)
{
    if (!traffic)
        return;
    far_traffic_end(traffic);
    if (traffic->pacer_started)
        pthread_join(traffic->pacer, NULL);
    far_work_stop(traffic->work);
    pthread_cond_destroy(&traffic->ended_changed);
    pthread_mutex_destroy(&traffic->lock);
    free(traffic);
}
