/* daemon_index.c - the indexer's thread: take in what has become durable, tidy a little, wait half a second.
 * It has its own open journal and its own file; of two threads that want a processor the broker's loop comes first.
 * See daemon_index.h; docs/adr/0020-search-index.md says why a thread. */
#include "daemon_index.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "fault.h"
#include "file_disk.h"
#include "io_clock.h"
#include "journal_index.h"
#include "time_text.h"

enum {
    LOOK_EVERY_MS = 500,
    TRY_AGAIN_MS = 5000, /* after trouble */
    TIDY_STEPS = 16,     /* after a batch: more than the batch adds, so that runs stay few */
    NICE = 5,            /* a third of the loop's share where both want a processor */
};

struct daemon_index {
    char journal_path[DISK_PATH_BYTES_MAX];
    pthread_t thread;
    _Atomic uint64_t durable;

    pthread_mutex_t mutex; /* over what follows */
    pthread_cond_t changed;
    bool is_stopping;
    struct daemon_index_state state;

    /* The thread's own. */
    struct disk_file *lock;
    struct journal *journal;
    struct journal_index *index;
};

/* ---- opening ---- */

static int open_file(struct daemon_index *self, struct truc_fault *fault)
{
    char path[DISK_PATH_BYTES_MAX + sizeof(JOURNAL_INDEX_LOCK) + 1];
    if (self->lock == NULL) {
        (void)snprintf(path, sizeof path, "%s/%s", self->journal_path, JOURNAL_INDEX_LOCK);
        int error = disk_lock(file_disk(), path, &self->lock);
        if (error == -EWOULDBLOCK)
            return fault_set(fault, TRUC_E_STATE, "another process is filling the search index");
        if (error < 0)
            return fault_errno(fault, TRUC_E_IO, -error, "lock %s", path);
    }
    (void)snprintf(path, sizeof path, "%s/%s", self->journal_path, JOURNAL_INDEX_FILE);
    return journal_index_open(path, 0, &self->index, fault);
}

static int open_all(struct daemon_index *self, struct truc_fault *fault)
{
    const struct journal_options options = {
        .disk = file_disk(), .directory = self->journal_path, .flags = JOURNAL_READ_ONLY | JOURNAL_AS_IS};
    int code = self->journal ? 0 : journal_open(&options, NULL, &self->journal, NULL, fault);
    if (code == 0 && self->index == NULL)
        code = open_file(self, fault);
    return code;
}

/* After trouble everything is opened anew; what is damaged is removed first. */
static void close_all(struct daemon_index *self)
{
    char path[DISK_PATH_BYTES_MAX + sizeof(JOURNAL_INDEX_FILE) + 1];
    bool is_damaged = self->index && journal_index_is_damaged(self->index);
    journal_index_close(self->index);
    self->index = NULL;
    (void)snprintf(path, sizeof path, "%s/%s", self->journal_path, JOURNAL_INDEX_FILE);
    if (is_damaged)
        (void)journal_index_remove(path, NULL); /* what can't be removed is found damaged again, and told again */
    if (self->journal)
        (void)journal_close(self->journal, 0, NULL); /* a reader has nothing to make durable */
    self->journal = NULL;
}

/* ---- the thread ---- */

static bool stops(struct daemon_index *self)
{
    pthread_mutex_lock(&self->mutex);
    bool is_stopping = self->is_stopping;
    pthread_mutex_unlock(&self->mutex);
    return is_stopping;
}

static void wait_ms(struct daemon_index *self, long ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + (uint64_t)ms * TIME_NS_PER_MS;
    until.tv_sec += (time_t)(ns / TIME_NS_PER_S);
    until.tv_nsec = (long)(ns % TIME_NS_PER_S);
    pthread_mutex_lock(&self->mutex);
    while (!self->is_stopping && pthread_cond_timedwait(&self->changed, &self->mutex, &until) == 0)
        continue;
    pthread_mutex_unlock(&self->mutex);
}

static void tell(struct daemon_index *self, uint64_t as_of_up_ns, const struct truc_fault *trouble)
{
    pthread_mutex_lock(&self->mutex);
    if (self->index) {
        self->state.next = journal_index_next(self->index);
        self->state.rebuilds += journal_index_started_over(self->index);
    }
    if (as_of_up_ns)
        self->state.as_of_up_ns = as_of_up_ns;
    if (trouble)
        (void)snprintf(self->state.trouble, sizeof self->state.trouble, "%s%s%s", trouble->where,
                       *trouble->where ? ": " : "", trouble->text);
    else
        self->state.trouble[0] = '\0';
    pthread_mutex_unlock(&self->mutex);
}

/* Takes a batch in and tidies. 1: there is more to take in; 0: it waits for more. */
static int work(struct daemon_index *self, struct truc_fault *fault)
{
    uint64_t durable = atomic_load(&self->durable), before_ns = io_clock_up_ns();
    int code = open_all(self, fault);
    if (code == 0 && journal_index_next(self->index) != durable)
        code = journal_index_catch_up(self->index, self->journal, durable, JOURNAL_INDEX_BATCH_RECORDS, fault);
    if (code < 0)
        return code;
    bool is_behind = code > 0 && journal_index_next(self->index) < durable;
    tell(self, is_behind ? 0 : before_ns, NULL);
    code = 1;
    for (int i = 0; code > 0 && i < TIDY_STEPS && !stops(self); i++)
        code = journal_index_tidy(self->index, fault);
    return code < 0 ? code : is_behind;
}

static void *run(void *context)
{
    struct daemon_index *self = context;
    const struct sched_param batch = {.sched_priority = 0};
    /* Both are wishes: where they are not granted the index takes its turn like any thread. */
    (void)sched_setscheduler(0, SCHED_BATCH, &batch);
    (void)setpriority(PRIO_PROCESS, 0, NICE);
    while (!stops(self)) {
        struct truc_fault fault = {0};
        int code = work(self, &fault);
        bool is_damaged = code < 0 && self->index && journal_index_is_damaged(self->index);
        if (code < 0) {
            tell(self, 0, &fault);
            close_all(self);
        }
        if (code <= 0)
            wait_ms(self, code == 0 ? LOOK_EVERY_MS : is_damaged ? 0 : TRY_AGAIN_MS);
    }
    close_all(self);
    disk_close(self->lock);
    return NULL;
}

/* ---- the loop's side ---- */

int daemon_index_start(const char *journal, uint64_t records, struct daemon_index **ret_index, struct truc_fault *fault)
{
    struct daemon_index *self = calloc(1, sizeof *self);
    pthread_condattr_t monotonic;
    if (self == NULL || strlen(journal) >= sizeof self->journal_path) {
        free(self);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the search index");
    }
    memcpy(self->journal_path, journal, strlen(journal) + 1);
    self->durable = records;
    self->state.as_of_up_ns = io_clock_up_ns();
    pthread_mutex_init(&self->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&self->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int error = pthread_create(&self->thread, NULL, run, self);
    if (error) {
        pthread_cond_destroy(&self->changed);
        pthread_mutex_destroy(&self->mutex);
        free(self);
        return fault_errno(fault, TRUC_E_INTERNAL, error, "start the search index's thread");
    }
    *ret_index = self;
    return 0;
}

void daemon_index_durable(struct daemon_index *index, uint64_t records)
{
    atomic_store_explicit(&index->durable, records, memory_order_relaxed);
}

void daemon_index_state(struct daemon_index *index, struct daemon_index_state *ret_state)
{
    pthread_mutex_lock(&index->mutex);
    *ret_state = index->state;
    pthread_mutex_unlock(&index->mutex);
}

void daemon_index_stop(struct daemon_index *index)
{
    if (index == NULL)
        return;
    pthread_mutex_lock(&index->mutex);
    index->is_stopping = true;
    pthread_cond_signal(&index->changed);
    pthread_mutex_unlock(&index->mutex);
    pthread_join(index->thread, NULL);
    pthread_cond_destroy(&index->changed);
    pthread_mutex_destroy(&index->mutex);
    free(index);
}
