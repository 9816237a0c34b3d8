/* files_candidates.c - see files_candidates.h.
 * Without memory a file waits: it is found again by the next look.
 * In the flow: called from one thread. */
#include "files_candidates.h"

#include <stdlib.h>

#include "time_text.h"

struct candidate {
    struct candidate *next_gone; /* while files_candidates_end removes */
    off_t size;
    uint64_t modified_ns, since_ms; /* so it is since */
    unsigned look;
    bool is_closed, is_known; /* size and time were seen */
    char name[];
};

static uint64_t modified_ns(const struct stat *status)
{
    return (uint64_t)status->st_mtim.tv_sec * TIME_NS_PER_S + (uint64_t)status->st_mtim.tv_nsec;
}

static struct candidate *find(const struct files_candidates *candidates, const char *name)
{
    return map_get_bytes(&candidates->names, bytes_string(name));
}

static struct candidate *find_or_add(struct files_candidates *candidates, const char *name)
{
    struct candidate *candidate = find(candidates, name);
    size_t size = strlen(name) + 1;
    if (candidate || candidates->names.count >= FILES_CANDIDATES_MAX)
        return candidate;
    candidate = calloc(1, sizeof(*candidate) + size);
    if (!candidate)
        return NULL;
    memcpy(candidate->name, name, size);
    candidate->look = candidates->look;
    if (map_put_bytes(&candidates->names, bytes_string(candidate->name), candidate) == 0)
        return candidate;
    free(candidate);
    return NULL;
}

void files_candidates_free(struct files_candidates *candidates)
{
    struct candidate *candidate;
    for (size_t at = 0; (candidate = map_next(&candidates->names, &at));)
        free(candidate);
    map_free(&candidates->names);
}

void files_candidates_closed(struct files_candidates *candidates, const char *name)
{
    struct candidate *candidate = find_or_add(candidates, name);
    if (candidate)
        candidate->is_closed = true;
}

void files_candidates_begin(struct files_candidates *candidates)
{
    candidates->look++;
    candidates->next_look_ms = UINT64_MAX;
}

void files_candidates_forget(struct files_candidates *candidates, const char *name)
{
    free(map_remove_bytes(&candidates->names, bytes_string(name)));
}

void files_candidates_end(struct files_candidates *candidates)
{
    struct candidate *gone = NULL, *candidate;
    for (size_t at = 0; (candidate = map_next(&candidates->names, &at));) {
        if (candidate->look == candidates->look)
            continue;
        candidate->next_gone = gone;
        gone = candidate;
    }
    for (; gone; gone = candidate) {
        candidate = gone->next_gone;
        files_candidates_forget(candidates, gone->name);
    }
}

static bool is_stable(struct files_candidates *candidates, const struct files_adapter *adapter,
                      struct candidate *candidate, const struct stat *status, uint64_t now_ms)
{
    bool same =
        candidate->is_known && candidate->size == status->st_size && candidate->modified_ns == modified_ns(status);
    if (!same)
        candidate->since_ms = now_ms;
    candidate->is_known = true;
    candidate->size = status->st_size;
    candidate->modified_ns = modified_ns(status);
    uint64_t whole_ms = candidate->since_ms + adapter->stable_for_ms;
    if (now_ms >= whole_ms)
        return true;
    if (whole_ms < candidates->next_look_ms)
        candidates->next_look_ms = whole_ms;
    return false;
}

bool files_candidates_is_whole(struct files_candidates *candidates, const struct files_adapter *adapter,
                               const char *name, const struct stat *status, bool has_done_file, uint64_t now_ms)
{
    struct candidate *candidate = find_or_add(candidates, name);
    if (!candidate)
        return false;
    candidate->look = candidates->look;
    switch (adapter->ready) {
    case FILES_READY_DONE_FILE:
        return has_done_file;
    case FILES_READY_CLOSED:
        return candidate->is_closed || is_stable(candidates, adapter, candidate, status, now_ms);
    default:
        return is_stable(candidates, adapter, candidate, status, now_ms);
    }
}
