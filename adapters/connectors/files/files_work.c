/* files_work.c - see files_work.h.
 * A passing trouble (the disk, the bus) leaves the file where it is and waits, twice as long each time; every wait is in the log.
 * In the flow: stepped by files_picking.c; completions come from the SDK. */
#include "files_work.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "connector_mask.h"
#include "fault.h"
#include "files_fate.h"
#include "files_inbound.h"
#include "list.h"
#include "text.h"
#include "time_text.h"

enum work_state { WORK_TO_READ, WORK_OUT, WORK_TO_MOVE };

struct work {
    struct list_link link;
    struct files_works *works;
    enum work_state state;
    uint64_t next_ms;
    uint32_t wait_ms;
    bool is_classified;
    enum files_fate fate; /* TO_MOVE */
    struct truc_fault fault;
    char name[FILES_NAME_BYTES_MAX + 1];
};

struct files_works {
    const struct files_adapter *adapter;
    truc_adapter *bus;
    const struct files_folder *folder;
    const struct connector_log *log;
    struct list_link list;
    size_t count, out;
    uint64_t now_ms;
};

int files_works_open(const struct files_adapter *adapter, truc_adapter *bus, const struct files_folder *folder,
                     const struct connector_log *log, struct files_works **ret_works, struct truc_fault *fault)
{
    struct files_works *works = calloc(1, sizeof(*works));
    if (!works)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for files");
    *works = (struct files_works){.adapter = adapter, .bus = bus, .folder = folder, .log = log};
    list_init(&works->list);
    *ret_works = works;
    return 0;
}

static void work_free(struct work *work)
{
    list_remove(&work->link);
    work->works->count--;
    free(work);
}

void files_works_close(struct files_works *works)
{
    if (!works)
        return;
    list_each(link, &works->list)
        work_free(list_element(link, struct work, link));
    free(works);
}

bool files_works_has(const struct files_works *works, const char *name)
{
    list_each(link, &works->list) {
        if (strcmp(list_element(link, const struct work, link)->name, name) == 0)
            return true;
    }
    return false;
}

size_t files_works_count(const struct files_works *works)
{
    return works->count;
}

size_t files_works_out(const struct files_works *works)
{
    return works->out;
}

uint64_t files_works_next_ms(const struct files_works *works)
{
    uint64_t next_ms = UINT64_MAX;
    list_each(link, &works->list) {
        const struct work *work = list_element(link, const struct work, link);
        if (work->state != WORK_OUT && work->next_ms < next_ms)
            next_ms = work->next_ms;
    }
    return next_ms;
}

void files_works_add(struct files_works *works, const char *name)
{
    struct work *work = calloc(1, sizeof(*work));
    if (!work)
        return;
    work->works = works;
    text_copy(work->name, sizeof(work->name), bytes_string(name));
    list_append(&works->list, &work->link);
    works->count++;
}

static void log_work(const struct work *work, enum connector_log_level level, const char *text, const char *why)
{
    BUFFER_CLEANUP struct buffer masked = {0};
    connector_mask_append(&masked, bytes_string(work->name));
    const char *shown = buffer_string(&masked);
    connector_log(work->works->log, level, "%s: %s%s%.300s", shown ? shown : "?", text, *why ? ": " : "", why);
}

static void wait(struct work *work, enum work_state state, const char *why)
{
    char text[64];
    uint32_t wait_ms = work->wait_ms ? work->wait_ms * 2 : FILES_RETRY_FIRST_MS;
    work->wait_ms = wait_ms < FILES_RETRY_MOST_MS ? wait_ms : FILES_RETRY_MOST_MS;
    work->next_ms = work->works->now_ms + work->wait_ms;
    work->state = state;
    snprintf(text, sizeof(text), "again in %u ms", work->wait_ms);
    log_work(work, CONNECTOR_LOG_WARNING, text, why);
}

/* ---- the end --------------------------------------------------------------------------------------------------- */

/* {"code", "text", "where", "at"}, a line. Holds nothing of the content. */
static char *reason_of(const struct work *work)
{
    struct timespec now;
    char at[TIME_TEXT_BYTES];
    clock_gettime(CLOCK_REALTIME, &now);
    time_format_rfc3339((uint64_t)now.tv_sec * TIME_NS_PER_S, at);
    json_t *reason = json_pack("{s:s, s:s, s:s, s:s}", "code", truc_error_name(work->fault.code), "text",
                               work->fault.text, "where", work->fault.where, "at", at);
    char *text = reason ? json_dumps(reason, JSON_COMPACT) : NULL;
    json_decref(reason);
    return text;
}

static void move_away(struct work *work)
{
    static const enum files_part places[] = {
        [FILES_DONE] = FILES_PART_DONE,
        [FILES_AGAIN] = FILES_WORK,
        [FILES_FAILED] = FILES_PART_FAILED,
        [FILES_QUARANTINE] = FILES_PART_QUARANTINE,
    };
    struct truc_fault fault = {0};
    char *reason = work->fate == FILES_DONE ? NULL : reason_of(work);
    int result =
        work->fate != FILES_DONE && !reason
            ? fault_set(&fault, TRUC_E_MEMORY, "no memory for a reason")
            : files_folder_file_away(work->works->folder, FILES_WORK, places[work->fate], work->name, reason, &fault);
    free(reason);
    if (result < 0 && result != TRUC_E_NOT_FOUND) {
        wait(work, WORK_TO_MOVE, fault.text);
        return;
    }
    if (result == TRUC_E_NOT_FOUND)
        log_work(work, CONNECTOR_LOG_WARNING, "somebody took it out of work/", "");
    else if (work->fate == FILES_DONE)
        log_work(work, CONNECTOR_LOG_INFO, "done", "");
    else
        log_work(work, CONNECTOR_LOG_WARNING, files_fate_name(work->fate), truc_error_name(work->fault.code));
    work_free(work);
}

/* Its message, or the file itself, came to this. */
static void settle(struct work *work, int code, const struct truc_fault *fault)
{
    work->fate = files_fate_of(code, work->is_classified);
    work->fault = *fault;
    work->fault.code = code;
    if (work->fate == FILES_AGAIN)
        wait(work, WORK_TO_READ, fault->text);
    else
        move_away(work);
}

static void on_published(void *context, const struct truc_outcome *outcome)
{
    struct work *work = context;
    struct truc_fault fault = {.code = outcome->code};
    text_copy(fault.text, sizeof(fault.text), bytes_string(outcome->text ? outcome->text : ""));
    work->works->out--;
    settle(work, outcome->code, &fault);
}

/* ---- the beginning --------------------------------------------------------------------------------------------- */

static int publish(struct work *work, struct bytes content, const struct stat *status, struct truc_fault *fault)
{
    struct files_works *works = work->works;
    struct files_inbound inbound;
    struct files_incoming incoming = {.name = work->name,
                                      .modified_ns = (uint64_t)status->st_mtim.tv_sec * TIME_NS_PER_S +
                                                     (uint64_t)status->st_mtim.tv_nsec,
                                      .content = content};
    int result = files_inbound_make(works->adapter, &incoming, &inbound, fault);
    work->is_classified = inbound.is_classified;
    if (result == TRUC_E_LIMIT) /* of a mapping: the same file comes to the same */
        result = TRUC_E_PAYLOAD;
    if (result == 0) {
        work->state = WORK_OUT;
        works->out++;
        result = truc_publish(works->bus, &inbound.message.outgoing, on_published, work, fault);
        works->out -= result < 0;
    }
    files_inbound_free(&inbound);
    return result;
}

static void begin(struct work *work)
{
    const struct files_works *works = work->works;
    BUFFER_CLEANUP struct buffer content = {.size_max = FILES_SIZE_MAX + 1}; /* wiped: it may be secret */
    struct stat status;
    struct truc_fault fault = {0};
    work->is_classified = false;
    int result =
        files_folder_read(works->folder, FILES_WORK, work->name, works->adapter->size_max, &content, &status, &fault);
    if (result == TRUC_E_NOT_FOUND) {
        log_work(work, CONNECTOR_LOG_WARNING, "somebody took it out of work/", "");
        work_free(work);
        return;
    }
    if (result == 0)
        result = publish(work, buffer_view(&content), &status, &fault);
    if (result < 0)
        settle(work, result, &fault);
}

void files_works_step(struct files_works *works, uint64_t now_ms, bool is_stopped)
{
    works->now_ms = now_ms;
    list_each(link, &works->list) {
        struct work *work = list_element(link, struct work, link);
        if (work->state == WORK_OUT || now_ms < work->next_ms)
            continue;
        if (work->state == WORK_TO_MOVE)
            move_away(work);
        else if (!is_stopped)
            begin(work);
    }
}
