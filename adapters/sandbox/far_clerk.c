/* far_clerk.c - one step of one dossier: write the post down, send it, note the answer, move on.
 * See far_clerk.h; plans in far_plan.c, bodies in far_event.c. */
#include "far_clerk.h"
#include "far_clock.h"
#include "far_event.h"
#include "far_retry.h"
#include "far_work.h"

#include <fault.h>
#include <stdio.h>
#include <stdlib.h>

struct far_clerks {
    struct far_store *store;
    const struct far_world *world;
    struct far_work *work;
};

/* A dossier in somebody's hands. What it says is in the store too, except the attempts since the start. */
struct matter {
    struct far_task task;
    char code[FAR_CODE_BYTES_MAX + 1];
    int plan;
    unsigned place; /* of the step in the plan */
    unsigned attempts;
};

/* The post of one step as it stands in the store. */
struct post {
    int64_t id; /* 0: none yet */
    char message_id[FAR_MESSAGE_ID_BYTES_MAX + 1];
    struct buffer body;
};

static enum far_step step_of(const struct matter *matter)
{
    return far_plan_step((enum far_plan)matter->plan, matter->place);
}

static int take_post(void *context, sqlite3_stmt *row)
{
    struct post *post = context;
    post->id = sqlite3_column_int64(row, 0);
    snprintf(post->message_id, sizeof post->message_id, "%s", far_column_text(row, 1));
    buffer_append_string(&post->body, far_column_text(row, 2));
    return buffer_failed(&post->body);
}

static int find_post(struct far_clerks *clerks, const struct matter *matter, struct post *post,
                     struct truc_fault *fault)
{
    int result = far_store_query(
        clerks->store, "SELECT id, message_id, body FROM posts WHERE code = ? AND plan = ? AND place = ?",
        FAR_VALUES(far_text(matter->code), far_number(matter->plan), far_number(matter->place)), take_post, post,
        fault);
    return result < 0 ? result : 0;
}

struct received {
    json_t *dossier;
    int64_t arrival;
};

static int take_dossier(void *context, sqlite3_stmt *row)
{
    struct received *received = context;
    received->dossier = json_loads(far_column_text(row, 0), 0, NULL);
    received->arrival = sqlite3_column_int64(row, 1);
    return received->dossier ? 0 : TRUC_E_MEMORY;
}

/* Writes the step's post down, body and all: from now on its bytes don't change. */
static int write_post(struct far_clerks *clerks, const struct matter *matter, struct post *post,
                      struct truc_fault *fault)
{
    const struct far_step_kind *kind = far_step_kind_of(step_of(matter));
    struct received received = {0};
    int result = far_store_query(clerks->store, "SELECT body, arrival FROM dossiers WHERE code = ?",
                                 FAR_VALUES(far_text(matter->code)), take_dossier, &received, fault);
    if (result < 1) {
        json_decref(received.dossier);
        return result < 0 ? result : fault_set(fault, TRUC_E_NOT_FOUND, "no dossier %s", matter->code);
    }
    uint64_t now_ns = far_clock_wall_ns();
    result = far_event_append(step_of(matter), received.dossier, (uint64_t)received.arrival, now_ns, &post->body);
    json_decref(received.dossier);
    if (result < 0)
        return fault_set(fault, result, "no memory for a post");
    char at[TIME_TEXT_BYTES];
    far_clock_compact(now_ns, at);
    snprintf(post->message_id, sizeof post->message_id, "onestop-%s-%s", matter->code, kind->name);
    const char *body = buffer_string(&post->body);
    result = far_store_run(clerks->store,
                           "INSERT INTO posts (code, plan, place, kind, status, at, content, message_id, body)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                           FAR_VALUES(far_text(matter->code), far_number(matter->plan), far_number(matter->place),
                                      far_text(kind->name), far_number(kind->status), far_text(at),
                                      far_text(kind->content), far_text(post->message_id), far_text(body)),
                           fault);
    return result < 0 ? result : 0;
}

static int prepare_post(struct far_clerks *clerks, const struct matter *matter, struct post *post,
                        struct truc_fault *fault)
{
    int result = find_post(clerks, matter, post, fault);
    if (result == 0 && post->id == 0) {
        result = write_post(clerks, matter, post, fault);
        if (result == 0)
            result = far_store_number(clerks->store, "SELECT id FROM posts WHERE message_id = ?",
                                      FAR_VALUES(far_text(post->message_id)), 0, &post->id, fault);
    }
    return result;
}

/* What the population database said; an answer without TonTai is as good as none. */
static int read_exists(struct bytes answer)
{
    json_t *root = json_loadb((const char *)answer.data, answer.size, 0, NULL);
    const json_t *exists = json_object_get(root, "TonTai");
    int result = json_is_boolean(exists) ? json_is_true(exists) : -1;
    json_decref(root);
    return result;
}

/* Where the dossier goes after this step; a last step ends it. */
static void advance(struct matter *matter, bool citizen_missing)
{
    if (citizen_missing) {
        matter->plan = FAR_PLAN_NO_CITIZEN;
        matter->place = 0;
    } else {
        matter->place++;
    }
    matter->attempts = 0;
}

/* Notes the answer and the dossier's new place in one transaction. `ended` is NULL while it goes on. */
static int note_step(struct far_clerks *clerks, const struct post *post, int http, const char *error_code,
                     enum far_outcome outcome, const struct matter *next, const char *ended, struct truc_fault *fault)
{
    int result = far_store_begin(clerks->store, fault);
    if (result < 0)
        return result;
    const char *state = outcome == FAR_OUTCOME_TAKEN ? "accepted" : "refused";
    result = far_store_run(
        clerks->store, "UPDATE posts SET state = ?, http = ?, error_code = ?, attempts = attempts + 1 WHERE id = ?",
        FAR_VALUES(far_text(state), far_number(http), far_text(error_code), far_number(post->id)), fault);
    if (result >= 0)
        result = far_store_run(
            clerks->store, "UPDATE dossiers SET plan = ?, place = ?, state = ?, ended = ? WHERE code = ?",
            FAR_VALUES(far_number(next->plan), far_number(next->place), far_text(ended ? "ended" : "open"),
                       far_text(ended ? ended : ""), far_text(next->code)),
            fault);
    if (result < 0) {
        far_store_rollback(clerks->store);
        return result;
    }
    return far_store_commit(clerks->store, fault);
}

/* Not taken: counts the attempt. A question that was answered with an error is asked anew, as another message;
 * one without an answer keeps its id, since it may be on its way. */
static void note_attempt(struct far_clerks *clerks, const struct matter *matter, const struct post *post, int http,
                         const char *error_code, enum far_outcome outcome)
{
    char message_id[FAR_MESSAGE_ID_BYTES_MAX + 1];
    snprintf(message_id, sizeof message_id, "%s", post->message_id);
    if (outcome == FAR_OUTCOME_AGAIN && step_of(matter) == FAR_STEP_VERIFY)
        snprintf(message_id, sizeof message_id, "onestop-%s-verify-%u", matter->code, matter->attempts + 1);
    /* Failing to count only loses the count: the post is still open in the store. */
    far_store_run(clerks->store,
                  "UPDATE posts SET attempts = attempts + 1, http = ?, error_code = ?, message_id = ? WHERE id = ?",
                  FAR_VALUES(far_number(http), far_text(error_code), far_text(message_id), far_number(post->id)), NULL);
}

/* What the dossier's end is called: its last status, or that the check was refused by name. */
static void name_end(enum far_step step, char out[32])
{
    if (step == FAR_STEP_VERIFY)
        snprintf(out, 32, "unverified");
    else
        snprintf(out, 32, "%d", far_step_kind_of(step)->status);
}

static uint32_t finish_step(struct far_clerks *clerks, struct matter *matter, const struct post *post, int http,
                            struct bytes answer, const char *error_code, enum far_outcome outcome)
{
    enum far_step step = step_of(matter);
    bool missing = false;
    if (step == FAR_STEP_VERIFY && outcome == FAR_OUTCOME_TAKEN) {
        int exists = read_exists(answer);
        if (exists < 0) { /* an answer that says nothing is never "not found" */
            note_attempt(clerks, matter, post, http, "NO_ANSWER", FAR_OUTCOME_AGAIN);
            return far_retry_pause_ms(++matter->attempts);
        }
        missing = exists == 0;
    }
    struct matter next = *matter;
    advance(&next, missing);
    char ended[32];
    name_end(step, ended);
    bool over = step_of(&next) == FAR_STEP_END || (step == FAR_STEP_VERIFY && outcome == FAR_OUTCOME_REFUSED);
    if (note_step(clerks, post, http, error_code, outcome, &next, over ? ended : NULL, NULL) < 0)
        return far_retry_pause_ms(++matter->attempts); /* the store is in trouble: the same post again later */
    matter->plan = next.plan;
    matter->place = next.place;
    matter->attempts = 0;
    if (!over)
        return clerks->world->pace_ms;
    free(matter);
    return FAR_TASK_DONE;
}

static uint32_t take_step(struct far_clerks *clerks, struct matter *matter, struct far_client *client,
                          struct post *post, struct buffer *answer)
{
    const struct far_step_kind *kind = far_step_kind_of(step_of(matter));
    char url[FAR_URL_BYTES_MAX];
    struct truc_fault fault = {0};
    int http = prepare_post(clerks, matter, post, &fault);
    if (http == 0)
        http = far_address_url(&clerks->world->onestop_adapter, kind->path, url, &fault);
    if (http == 0) {
        const struct far_post request = {.url = url,
                                         .content_type = "application/json",
                                         .message_id = post->message_id,
                                         .body = buffer_view(&post->body)};
        http = far_client_post(client, &request, answer, &fault);
    }
    if (http == TRUC_E_NOT_FOUND) { /* its arrival was rolled back */
        free(matter);
        return FAR_TASK_DONE;
    }
    enum far_outcome outcome = far_outcome_of(http);
    char error_code[FAR_ERROR_CODE_BYTES_MAX + 1], what[64], said[FAR_ERROR_CODE_BYTES_MAX + 32];
    far_error_code(http, buffer_view(answer), error_code);
    snprintf(what, sizeof what, "%s", kind->name);
    snprintf(said, sizeof said, "%d %s", http < 0 ? 0 : http, error_code);
    far_log_move(clerks->world->log, "onestop", what, matter->code, said);
    if (outcome == FAR_OUTCOME_TAKEN || outcome == FAR_OUTCOME_REFUSED)
        return finish_step(clerks, matter, post, http, buffer_view(answer), error_code, outcome);
    if (post->id != 0)
        note_attempt(clerks, matter, post, http < 0 ? 0 : http, error_code, outcome);
    return far_retry_pause_ms(++matter->attempts);
}

static uint32_t run_matter(void *context, struct far_task *task, struct far_client *client)
{
    struct post post = {0};
    BUFFER_CLEANUP struct buffer answer = {0};
    uint32_t again_ms = take_step(context, (struct matter *)(void *)task, client, &post, &answer);
    buffer_free(&post.body);
    return again_ms;
}

static void release_matter(struct far_task *task)
{
    free(task); /* the task is the first member */
}

static int add_matter(struct far_clerks *clerks, const char *code, int plan, unsigned place)
{
    struct matter *matter = calloc(1, sizeof *matter);
    if (!matter)
        return TRUC_E_MEMORY;
    snprintf(matter->code, sizeof matter->code, "%s", code);
    matter->plan = plan;
    matter->place = place;
    int result = far_work_add(clerks->work, &matter->task, clerks->world->pace_ms);
    if (result < 0)
        free(matter);
    return result;
}

static int take_open(void *context, sqlite3_stmt *row)
{
    return add_matter(context, far_column_text(row, 0), sqlite3_column_int(row, 1),
                      (unsigned)sqlite3_column_int(row, 2));
}

int far_clerks_start(struct far_store *store, const struct far_world *world, struct far_clerks **ret_clerks,
                     struct truc_fault *fault)
{
    struct far_clerks *clerks = calloc(1, sizeof *clerks);
    if (!clerks)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the clerks");
    clerks->store = store;
    clerks->world = world;
    int result = far_work_start(world->clerks, run_matter, release_matter, clerks, &clerks->work, fault);
    if (result == 0)
        result = far_store_query(store, "SELECT code, plan, place FROM dossiers WHERE state = 'open' ORDER BY arrival",
                                 FAR_NO_VALUES, take_open, clerks, fault);
    if (result < 0) {
        far_clerks_stop(clerks);
        return result;
    }
    *ret_clerks = clerks;
    return 0;
}

void far_clerks_stop(struct far_clerks *clerks)
{
    if (!clerks)
        return;
    far_work_stop(clerks->work);
    free(clerks);
}

int far_clerks_add(struct far_clerks *clerks, const char *code, int plan)
{
    return add_matter(clerks, code, plan, 0);
}
