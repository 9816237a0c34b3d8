/* far_work.c - a heap by due time under one lock, a condition, and the worker threads.
 * See far_work.h. */
#include "far_work.h"
#include "far_clock.h"

#include <errno.h>
#include <fault.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct far_work {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct heap due; /* struct far_task by steady milliseconds */
    size_t running;  /* tasks with workers */
    atomic_bool stopping;
    far_task_run run;
    far_task_release release;
    void *context;
    unsigned threads_count;
    pthread_t threads[FAR_WORKERS_MAX];
    struct far_client *clients[FAR_WORKERS_MAX];
};

struct worker {
    struct far_work *work;
    struct far_client *client;
};

/* Waits until a task is due; NULL when stopping. Called and returns with the lock held. */
static struct far_task *take_due(struct far_work *work)
{
    while (!atomic_load(&work->stopping)) {
        struct heap_node *first = heap_first(&work->due);
        if (!first) {
            pthread_cond_wait(&work->changed, &work->lock);
            continue;
        }
        uint64_t now_ms = far_clock_steady_ms();
        if (first->key <= now_ms) {
            heap_remove(&work->due, first);
            return heap_element(first, struct far_task, node);
        }
        struct timespec until = {(time_t)(first->key / 1000), (long)(first->key % 1000) * 1000000};
        pthread_cond_timedwait(&work->changed, &work->lock, &until);
    }
    return NULL;
}

static void *work_on(void *argument)
{
    struct worker worker = *(struct worker *)argument;
    free(argument);
    struct far_work *work = worker.work;
    pthread_mutex_lock(&work->lock);
    struct far_task *task;
    while ((task = take_due(work)) != NULL) {
        work->running++;
        pthread_mutex_unlock(&work->lock);
        uint32_t again_ms = work->run(work->context, task, worker.client);
        pthread_mutex_lock(&work->lock);
        work->running--;
        /* Out of memory: the owner's store still names the task as open, and the summary lists it as unfinished. */
        if (again_ms != FAR_TASK_DONE && heap_put(&work->due, &task->node, far_clock_steady_ms() + again_ms) < 0)
            work->release(task);
        pthread_cond_signal(&work->changed);
    }
    pthread_mutex_unlock(&work->lock);
    return NULL;
}

static int start_worker(struct far_work *work, struct truc_fault *fault)
{
    unsigned place = work->threads_count;
    int result = far_client_open(&work->stopping, &work->clients[place], fault);
    if (result < 0)
        return result;
    struct worker *worker = malloc(sizeof *worker);
    if (worker) {
        *worker = (struct worker){work, work->clients[place]};
        int error_number = pthread_create(&work->threads[place], NULL, work_on, worker);
        if (error_number == 0) {
            work->threads_count++;
            return 0;
        }
        free(worker);
        fault_errno(fault, TRUC_E_MEMORY, error_number, "a worker thread did not start");
    }
    far_client_close(work->clients[place]);
    work->clients[place] = NULL;
    return worker ? TRUC_E_MEMORY : fault_set(fault, TRUC_E_MEMORY, "no memory for a worker");
}

int far_work_start(unsigned workers, far_task_run run, far_task_release release, void *context,
                   struct far_work **ret_work, struct truc_fault *fault)
{
    if (workers < 1 || workers > FAR_WORKERS_MAX)
        return fault_set(fault, TRUC_E_ARGUMENT, "1 to %d workers, not %u", FAR_WORKERS_MAX, workers);
    struct far_work *work = calloc(1, sizeof *work);
    if (!work)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a work queue");
    work->run = run;
    work->release = release;
    work->context = context;
    pthread_mutex_init(&work->lock, NULL); /* default attributes: can't fail on Linux */
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&work->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    int result = 0;
    for (unsigned i = 0; i < workers && result == 0; i++)
        result = start_worker(work, fault);
    if (result < 0) {
        far_work_stop(work);
        return result;
    }
    *ret_work = work;
    return 0;
}

void far_work_stop(struct far_work *work)
{
    if (!work)
        return;
    pthread_mutex_lock(&work->lock);
    atomic_store(&work->stopping, true);
    pthread_cond_broadcast(&work->changed);
    pthread_mutex_unlock(&work->lock);
    for (unsigned i = 0; i < work->threads_count; i++) {
        pthread_join(work->threads[i], NULL);
        far_client_close(work->clients[i]);
    }
    struct heap_node *first;
    while ((first = heap_first(&work->due)) != NULL) {
        heap_remove(&work->due, first);
        work->release(heap_element(first, struct far_task, node));
    }
    heap_free(&work->due);
    pthread_cond_destroy(&work->changed);
    pthread_mutex_destroy(&work->lock);
    free(work);
}

int far_work_add(struct far_work *work, struct far_task *task, uint32_t due_in_ms)
{
    pthread_mutex_lock(&work->lock);
    int result = TRUC_E_LIMIT;
    if (work->due.count + work->running < FAR_TASKS_MAX)
        result = heap_put(&work->due, &task->node, far_clock_steady_ms() + due_in_ms);
    if (result == 0)
        pthread_cond_signal(&work->changed);
    pthread_mutex_unlock(&work->lock);
    return result;
}

size_t far_work_count(struct far_work *work)
{
    pthread_mutex_lock(&work->lock);
    size_t count = work->due.count + work->running;
    pthread_mutex_unlock(&work->lock);
    return count;
}
