/* far_work.h - tasks that fall due, run by a few worker threads, each with its own HTTP client.
 * Keeps nothing on disk: the owner reloads its tasks from its store at start.
 * The one-stop desk's clerks and the portal's submissions run on it. */
#ifndef FAR_WORK_H
#define FAR_WORK_H

#include "far_client.h"

#include <heap.h>
#include <stdbool.h>
#include <stdint.h>

enum { FAR_WORKERS_MAX = 64, FAR_TASKS_MAX = 500000 };

/* The first member of the owner's task. A task is in the queue or with one worker, never both. */
struct far_task {
    struct heap_node node;
};

/* Does one step of the task. Returns how many milliseconds later it is due again, or FAR_TASK_DONE; then the
 * function has already released the task. */
#define FAR_TASK_DONE UINT32_MAX
typedef uint32_t (*far_task_run)(void *context, struct far_task *task, struct far_client *client);
typedef void (*far_task_release)(struct far_task *task);

struct far_work;

int far_work_start(unsigned workers, far_task_run run, far_task_release release, void *context,
                   struct far_work **ret_work, struct truc_fault *fault);
/* Stops the workers (a transfer under way is cut), releases the tasks that are left; NULL is fine. */
void far_work_stop(struct far_work *work);
/* Takes ownership on success. LIMIT at FAR_TASKS_MAX, MEMORY. */
int far_work_add(struct far_work *work, struct far_task *task, uint32_t due_in_ms);
/* Tasks queued and with workers. */
size_t far_work_count(struct far_work *work);

#endif
