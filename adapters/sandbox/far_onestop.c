/* far_onestop.c - Một cửa điện tử (iGate): takes dossiers from its adapter and gives them to its clerks.
 * The clerks' work is in far_clerk.c. README.md, "onestop". */
#include "far_clerk.h"
#include "far_clock.h"
#include "far_json.h"
#include "far_plan.h"

#include <fault.h>
#include <stdio.h>
#include <stdlib.h>

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS dossiers ("
    " arrival INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, body TEXT NOT NULL, message_id TEXT NOT NULL,"
    " plan INTEGER NOT NULL, place INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'open',"
    " ended TEXT NOT NULL DEFAULT '', repeats INTEGER NOT NULL DEFAULT 0, other_ids INTEGER NOT NULL DEFAULT 0,"
    " secret INTEGER NOT NULL DEFAULT 0, received_ns INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS dossiers_state ON dossiers (state);"
    "CREATE TABLE IF NOT EXISTS posts ("
    " id INTEGER PRIMARY KEY, code TEXT NOT NULL, plan INTEGER NOT NULL, place INTEGER NOT NULL, kind TEXT NOT NULL,"
    " status INTEGER NOT NULL, at TEXT NOT NULL, content TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE,"
    " body TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', http INTEGER NOT NULL DEFAULT 0,"
    " error_code TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 0, UNIQUE (code, plan, place));"
    "CREATE TABLE IF NOT EXISTS reminders ("
    " message_id TEXT PRIMARY KEY, code TEXT NOT NULL, kind TEXT NOT NULL, repeats INTEGER NOT NULL DEFAULT 0);";

struct onestop {
    struct far_store store;
    struct far_clerks *clerks;
    struct far_log *log;
};

static void onestop_close(void *state)
{
    struct onestop *onestop = state;
    far_clerks_stop(onestop->clerks);
    far_store_close(&onestop->store);
    free(onestop);
}

static int onestop_open(const struct far_world *world, void **ret_state, struct truc_fault *fault)
{
    struct onestop *onestop = calloc(1, sizeof *onestop);
    if (!onestop)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the one-stop desk");
    onestop->log = world->log;
    int result = far_store_open(&onestop->store, world->directory, "onestop", schema, fault);
    if (result == 0)
        result = far_clerks_start(&onestop->store, world, &onestop->clerks, fault);
    if (result < 0) {
        onestop_close(onestop);
        return result;
    }
    *ret_state = onestop;
    return 0;
}

struct arrival {
    char code[FAR_CODE_BYTES_MAX + 1];
    char message_id[FAR_MESSAGE_ID_BYTES_MAX + 1];
    bool secret;
    struct buffer body; /* the dossier as one line of JSON */
    int plan;
    bool is_new;
};

/* The fields without which a clerk can't work. */
static int read_arrival(const struct far_request *request, struct arrival *arrival, struct truc_fault *fault)
{
    static const char *const needed[] = {"MaTTHC", "ChuHoSo", "SoGiayToChuHoSo", "NgaySinhChuHoSo", "MaDonVi"};
    json_t *root = far_json_object(request->body, fault);
    if (!root)
        return TRUC_E_PAYLOAD;
    char text[FAR_FIELD_BYTES_MAX + 1], scratch[FAR_NUMBER_TEXT_BYTES];
    int result = far_json_need(root, "MaHoSo", arrival->code, FAR_CODE_BYTES_MAX, fault);
    for (size_t i = 0; i < sizeof needed / sizeof needed[0] && result == 0; i++)
        result = far_json_need(root, needed[i], text, FAR_FIELD_BYTES_MAX, fault);
    if (result == 0)
        result = far_message_id(request, arrival->message_id, fault);
    const char *secrecy = far_json_text(root, "DoMat", scratch);
    arrival->secret = secrecy && strcmp(secrecy, "Thường") != 0;
    if (result == 0 && far_json_append(root, &arrival->body) < 0)
        result = fault_set(fault, TRUC_E_MEMORY, "no memory for a dossier");
    json_decref(root);
    return result;
}

/* Within a transaction: a new row, or a repeat, or the same dossier as another message (a doubled effect: counted). */
static int store_arrival(struct onestop *onestop, struct arrival *arrival, struct truc_fault *fault)
{
    struct far_store *store = &onestop->store;
    int64_t count;
    int result =
        far_store_number(store, "SELECT coalesce(max(arrival), -1) + 1 FROM dossiers", FAR_NO_VALUES, 0, &count, fault);
    if (result < 0)
        return result;
    arrival->plan = (int)far_plan_of_arrival((uint64_t)count);
    const char *body = buffer_string(&arrival->body);
    result = far_store_run(store,
                           "INSERT INTO dossiers (arrival, code, body, message_id, plan, secret, received_ns)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (code) DO NOTHING",
                           FAR_VALUES(far_number(count), far_text(arrival->code), far_text(body),
                                      far_text(arrival->message_id), far_number(arrival->plan),
                                      far_number(arrival->secret), far_number((int64_t)far_clock_wall_ns())),
                           fault);
    if (result < 0)
        return result;
    arrival->is_new = result == 1;
    if (arrival->is_new)
        return 0;
    result = far_store_run(store,
                           "UPDATE dossiers SET repeats = repeats + (message_id = ?1),"
                           " other_ids = other_ids + (message_id <> ?1) WHERE code = ?2",
                           FAR_VALUES(far_text(arrival->message_id), far_text(arrival->code)), fault);
    return result < 0 ? result : 0;
}

/* Stores it and hands it to the clerks, or neither. The clerk waits for the store until the commit; when that fails it
 * finds no dossier and lets go. */
static int accept_arrival(struct onestop *onestop, struct arrival *arrival, struct truc_fault *fault)
{
    int result = far_store_begin(&onestop->store, fault);
    if (result < 0)
        return result;
    result = store_arrival(onestop, arrival, fault);
    if (result == 0 && arrival->is_new && far_clerks_add(onestop->clerks, arrival->code, arrival->plan) < 0)
        result = fault_set(fault, TRUC_E_LIMIT, "không còn chỗ cho hồ sơ mới");
    if (result < 0) {
        far_store_rollback(&onestop->store);
        return result;
    }
    return far_store_commit(&onestop->store, fault);
}

static void take_arrival(struct onestop *onestop, const struct far_request *request, struct far_answer *answer)
{
    struct truc_fault fault = {0};
    struct arrival arrival = {0};
    int result = read_arrival(request, &arrival, &fault);
    if (result == 0)
        result = accept_arrival(onestop, &arrival, &fault);
    if (result < 0) {
        far_answer_fault(answer, &fault);
    } else {
        far_log_move(onestop->log, "onestop", "dossier", arrival.code, arrival.is_new ? "stored" : "repeated");
        far_answer_json(
            answer, 200,
            json_pack("{s:s, s:s, s:s}", "error_code", "0", "message", "thành công", "MaHoSo", arrival.code));
    }
    buffer_free(&arrival.body);
}

/* A reminder of the deadlines system: kept for the officer's screen; posted again it is only counted. */
static void take_reminder(struct onestop *onestop, const struct far_request *request, struct far_answer *answer)
{
    char code[FAR_CODE_BYTES_MAX + 1], kind[FAR_FIELD_BYTES_MAX + 1], message_id[FAR_MESSAGE_ID_BYTES_MAX + 1];
    struct truc_fault fault = {0};
    json_t *root = far_json_object(request->body, &fault);
    int result = root ? far_json_need(root, "MaHoSo", code, FAR_CODE_BYTES_MAX, &fault) : TRUC_E_PAYLOAD;
    if (result == 0)
        result = far_json_need(root, "LoaiNhacViec", kind, FAR_FIELD_BYTES_MAX, &fault);
    if (result == 0)
        result = far_message_id(request, message_id, &fault);
    if (result == 0)
        result = far_store_run(&onestop->store,
                               "INSERT INTO reminders (message_id, code, kind) VALUES (?, ?, ?)"
                               " ON CONFLICT (message_id) DO UPDATE SET repeats = repeats + 1",
                               FAR_VALUES(far_text(message_id), far_text(code), far_text(kind)), &fault);
    json_decref(root);
    if (result < 0)
        far_answer_fault(answer, &fault);
    else
        far_answer_json(answer, 200, json_pack("{s:s, s:s}", "error_code", "0", "message", "thành công"));
}

static void onestop_handle(void *state, const struct far_request *request, struct far_answer *answer)
{
    if (strcmp(request->path, "/api/dossiers") == 0)
        take_arrival(state, request, answer);
    else if (strcmp(request->path, "/api/reminders") == 0)
        take_reminder(state, request, answer);
    else
        far_answer_error(answer, 404, "1", "không có địa chỉ này", "");
}

const struct far_side_kind far_onestop_kind = {
    .id = "onestop",
    .title = "Hệ thống thông tin giải quyết thủ tục hành chính (Một cửa điện tử)",
    .open = onestop_open,
    .handle = onestop_handle,
    .close = onestop_close,
};
