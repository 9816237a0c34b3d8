/* far_portal.c - Cổng dịch vụ công tỉnh: takes the status of dossiers back from its adapter and keeps it.
 * Does not submit dossiers: that is the traffic (far_traffic.c), which keeps its ledger in this store.
 * README.md, "portal". */
#include "far_portal.h"
#include "far_clock.h"
#include "far_json.h"
#include "far_side.h"

#include <fault.h>
#include <stdio.h>
#include <stdlib.h>

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS submissions ("
    " number INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, class INTEGER NOT NULL, submitted_ns INTEGER NOT NULL,"
    " state TEXT NOT NULL DEFAULT 'waiting', http INTEGER NOT NULL DEFAULT 0, error_code TEXT NOT NULL DEFAULT '',"
    " attempts INTEGER NOT NULL DEFAULT 0, answer_us INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX IF NOT EXISTS submissions_state ON submissions (state);"
    "CREATE TABLE IF NOT EXISTS statuses ("
    " id INTEGER PRIMARY KEY, code TEXT NOT NULL, status INTEGER NOT NULL, at TEXT NOT NULL, content TEXT NOT NULL,"
    " message_id TEXT NOT NULL, repeats INTEGER NOT NULL DEFAULT 0, received_ns INTEGER NOT NULL,"
    " UNIQUE (code, status, message_id));";

struct portal {
    struct far_store store;
    struct far_log *log;
};

struct far_store *far_portal_store(void *state)
{
    return &((struct portal *)state)->store;
}

static int portal_open(const struct far_world *world, void **ret_state, struct truc_fault *fault)
{
    struct portal *portal = calloc(1, sizeof *portal);
    if (!portal)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the portal");
    portal->log = world->log;
    int result = far_store_open(&portal->store, world->directory, "portal", schema, fault);
    if (result < 0) {
        free(portal);
        return result;
    }
    *ret_state = portal;
    return 0;
}

static void portal_close(void *state)
{
    struct portal *portal = state;
    far_store_close(&portal->store);
    free(portal);
}

struct update {
    char code[FAR_CODE_BYTES_MAX + 1];
    int status;
    char at[15];
    char message_id[FAR_MESSAGE_ID_BYTES_MAX + 1];
};

static int read_update(const struct far_request *request, const json_t *root, struct update *update,
                       struct truc_fault *fault)
{
    int result = far_json_need(root, "MaHoSo", update->code, FAR_CODE_BYTES_MAX, fault);
    if (result == 0)
        result = far_json_need_status(root, "TrangThai", &update->status, fault);
    if (result == 0)
        result = far_json_need_time(root, "ThoiDiem", update->at, fault);
    return result < 0 ? result : far_message_id(request, update->message_id, fault);
}

/* Stores it once; the same (dossier, status, message id) again only counts as a repeat. */
static int store_update(struct portal *portal, const struct update *update, const char *content,
                        struct truc_fault *fault)
{
    int result = far_store_run(&portal->store,
                               "INSERT INTO statuses (code, status, at, content, message_id, received_ns)"
                               " VALUES (?, ?, ?, ?, ?, ?)"
                               " ON CONFLICT (code, status, message_id) DO UPDATE SET repeats = repeats + 1",
                               FAR_VALUES(far_text(update->code), far_number(update->status), far_text(update->at),
                                          far_text(content), far_text(update->message_id),
                                          far_number((int64_t)far_clock_wall_ns())),
                               fault);
    return result < 0 ? result : 0;
}

static void take_update(struct portal *portal, const struct far_request *request, struct far_answer *answer)
{
    struct truc_fault fault = {0};
    struct update update;
    json_t *root = far_json_object(request->body, &fault);
    int result = root ? read_update(request, root, &update, &fault) : TRUC_E_PAYLOAD;
    if (result == 0) {
        const char *content = json_string_value(json_object_get(root, "NoiDung"));
        result = store_update(portal, &update, content ? content : "", &fault);
    }
    json_decref(root);
    if (result < 0) {
        far_answer_fault(answer, &fault);
        return;
    }
    char what[32];
    snprintf(what, sizeof what, "status %d", update.status);
    far_log_move(portal->log, "portal", what, update.code, "stored");
    far_answer_done(answer);
}

static void portal_handle(void *state, const struct far_request *request, struct far_answer *answer)
{
    if (strcmp(request->path, "/api/ho-so/trang-thai") == 0)
        take_update(state, request, answer);
    else
        far_answer_error(answer, 404, "1", "không có địa chỉ này", "");
}

const struct far_side_kind far_portal_kind = {
    .id = "portal",
    .title = "Cổng dịch vụ công tỉnh",
    .open = portal_open,
    .handle = portal_handle,
    .close = portal_close,
};
