/* far_national_portal.c - Cổng Dịch vụ công Quốc gia: JSON RPC with sessions, field checks and a strict order of calls.
 * Keeps dossiers and statuses in its store; a repeat has one effect. README.md, "national-portal". */
#include "far_clock.h"
#include "far_json.h"
#include "far_side.h"
#include "far_store.h"

#include <fault.h>
#include <stdio.h>
#include <stdlib.h>

enum { RECORDS_A_CALL_MAX = 500 };

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS dossiers ("
    " code TEXT PRIMARY KEY, procedure TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,"
    " created_by TEXT NOT NULL, updates INTEGER NOT NULL DEFAULT 0, repeats INTEGER NOT NULL DEFAULT 0,"
    " received_ns INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS statuses ("
    " id INTEGER PRIMARY KEY, code TEXT NOT NULL, service TEXT NOT NULL, status INTEGER NOT NULL, at TEXT NOT NULL,"
    " content TEXT NOT NULL, message_id TEXT NOT NULL, repeats INTEGER NOT NULL DEFAULT 0,"
    " received_ns INTEGER NOT NULL, UNIQUE (code, service, status, message_id));";

struct national {
    struct far_store store;
    struct far_log *log;
    const char *session;
};

/* One call: the envelope, who asks, and where the answer grows. */
struct call {
    struct national *national;
    const json_t *root;
    const char *service;
    char message_id[FAR_MESSAGE_ID_BYTES_MAX + 1];
    bool is_updating;
    json_t *result; /* a list */
};

static int national_open(const struct far_world *world, void **ret_state, struct truc_fault *fault)
{
    struct national *national = calloc(1, sizeof *national);
    if (!national)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the national portal");
    national->log = world->log;
    national->session = world->session;
    int result = far_store_open(&national->store, world->directory, "national-portal", schema, fault);
    if (result < 0) {
        free(national);
        return result;
    }
    *ret_state = national;
    return 0;
}

static void national_close(void *state)
{
    struct national *national = state;
    far_store_close(&national->store);
    free(national);
}

static bool is_known(struct national *national, const char *code, int *result, struct truc_fault *fault)
{
    int64_t count = 0;
    *result = far_store_number(&national->store, "SELECT count(*) FROM dossiers WHERE code = ?",
                               FAR_VALUES(far_text(code)), 0, &count, fault);
    return count > 0;
}

static int take_found(void *context, sqlite3_stmt *row)
{
    char status[FAR_NUMBER_TEXT_BYTES];
    snprintf(status, sizeof status, "%d", sqlite3_column_int(row, 2));
    json_t *found = json_pack("{s:s, s:s, s:s}", "MaHoSo", far_column_text(row, 0), "MaTTHC", far_column_text(row, 1),
                              "TrangThaiHoSo", status);
    return json_array_append_new(context, found) == 0 ? 0 : TRUC_E_MEMORY;
}

/* TraCuuHoSo: what is known of the dossier; an unknown one is left out of the result. */
static int find_dossier(struct call *call, const json_t *record, struct truc_fault *fault)
{
    char code[FAR_CODE_BYTES_MAX + 1];
    int result = far_json_need(record, "MaHoSo", code, FAR_CODE_BYTES_MAX, fault);
    if (result < 0)
        return result;
    result = far_store_query(&call->national->store, "SELECT code, procedure, status FROM dossiers WHERE code = ?",
                             FAR_VALUES(far_text(code)), take_found, call->result, fault);
    return result < 0 ? result : 0;
}

static int store_status(struct call *call, const char *code, int status, const char *at, const char *content,
                        struct truc_fault *fault)
{
    int result = far_store_run(&call->national->store,
                               "INSERT INTO statuses (code, service, status, at, content, message_id, received_ns)"
                               " VALUES (?, ?, ?, ?, ?, ?, ?)"
                               " ON CONFLICT (code, service, status, message_id) DO UPDATE SET repeats = repeats + 1",
                               FAR_VALUES(far_text(code), far_text(call->service), far_number(status), far_text(at),
                                          far_text(content), far_text(call->message_id),
                                          far_number((int64_t)far_clock_wall_ns())),
                               fault);
    return result < 0 ? result : 0;
}

struct sync {
    char code[FAR_CODE_BYTES_MAX + 1], procedure[FAR_CODE_BYTES_MAX + 1];
    int status;
};

static int read_sync(const json_t *record, struct sync *sync, struct truc_fault *fault)
{
    static const char *const times[] = {"NgayNopHoSo",     "NgayTiepNhan", "NgayHenTra",
                                        "NgayKetThucXuLy", "NgayTra",      "NgayTuChoi"};
    int result = far_json_need(record, "MaHoSo", sync->code, FAR_CODE_BYTES_MAX, fault);
    if (result == 0)
        result = far_json_need(record, "MaTTHC", sync->procedure, FAR_CODE_BYTES_MAX, fault);
    if (result == 0)
        result = far_json_need_status(record, "TrangThaiHoSo", &sync->status, fault);
    for (size_t i = 0; i < sizeof times / sizeof times[0] && result == 0; i++) {
        char text[15], scratch[FAR_NUMBER_TEXT_BYTES];
        if (far_json_text(record, times[i], scratch)) /* may be absent, must be a time when there */
            result = far_json_need_time(record, times[i], text, fault);
    }
    return result;
}

/* A message that already made this dossier, as this call says again. */
static int is_repeat_of_making(struct call *call, const char *code, int64_t *ret_same, struct truc_fault *fault)
{
    return far_store_number(&call->national->store, "SELECT count(*) FROM dossiers WHERE code = ? AND created_by = ?",
                            FAR_VALUES(far_text(code), far_text(call->message_id)), 0, ret_same, fault);
}

static int make_dossier(struct call *call, const struct sync *sync, const char *body, struct truc_fault *fault)
{
    int result =
        far_store_run(&call->national->store,
                      "INSERT INTO dossiers (code, procedure, status, body, created_by, received_ns)"
                      " VALUES (?, ?, ?, ?, ?, ?)",
                      FAR_VALUES(far_text(sync->code), far_text(sync->procedure), far_number(sync->status),
                                 far_text(body), far_text(call->message_id), far_number((int64_t)far_clock_wall_ns())),
                      fault);
    return result < 0 ? result : 0;
}

static int update_dossier(struct call *call, const struct sync *sync, const char *body, struct truc_fault *fault)
{
    int result = far_store_run(&call->national->store,
                               "UPDATE dossiers SET status = ?, body = ?, updates = updates + 1 WHERE code = ?",
                               FAR_VALUES(far_number(sync->status), far_text(body), far_text(sync->code)), fault);
    return result < 0 ? result : 0;
}

/* DongBoHoSoMC: isUpdating False makes a dossier once, True changes a known one. */
static int sync_dossier(struct call *call, const json_t *record, struct truc_fault *fault)
{
    struct sync sync;
    int result = read_sync(record, &sync, fault);
    if (result < 0)
        return result;
    bool known = is_known(call->national, sync.code, &result, fault);
    if (result < 0)
        return result;
    if (!known && call->is_updating)
        return far_json_refuse(fault, "MaHoSo", "chưa đồng bộ hồ sơ");
    BUFFER_CLEANUP struct buffer body = {0};
    if (far_json_append(record, &body) < 0)
        return fault_set(fault, TRUC_E_MEMORY, "hết bộ nhớ");
    if (known && !call->is_updating) {
        int64_t same = 0;
        result = is_repeat_of_making(call, sync.code, &same, fault);
        if (result == 0 && same == 0)
            result = far_json_refuse(fault, "isUpdating", "hồ sơ đã được đồng bộ, phải dùng isUpdating True");
        if (result == 0)
            result = far_store_run(&call->national->store, "UPDATE dossiers SET repeats = repeats + 1 WHERE code = ?",
                                   FAR_VALUES(far_text(sync.code)), fault);
    } else if (known) {
        result = update_dossier(call, &sync, buffer_string(&body), fault);
    } else {
        result = make_dossier(call, &sync, buffer_string(&body), fault);
    }
    return result < 0 ? result : store_status(call, sync.code, sync.status, "", "", fault);
}

/* CapNhatTienDoHoSoMC: one entry of the progress list of a dossier already synchronised. */
static int update_progress(struct call *call, const json_t *record, struct truc_fault *fault)
{
    static const char *const needed[] = {"NguoiXuLy", "NoiDungXuLy"};
    char code[FAR_CODE_BYTES_MAX + 1], at[15], text[FAR_FIELD_BYTES_MAX + 1];
    int status = 0;
    int result = far_json_need(record, "MaHoSo", code, FAR_CODE_BYTES_MAX, fault);
    for (size_t i = 0; i < sizeof needed / sizeof needed[0] && result == 0; i++)
        result = far_json_need(record, needed[i], text, FAR_FIELD_BYTES_MAX, fault);
    if (result == 0)
        result = far_json_need_time(record, "ThoiDiemXuLy", at, fault);
    if (result == 0)
        result = far_json_need_status(record, "TrangThai", &status, fault);
    if (result < 0)
        return result;
    bool known = is_known(call->national, code, &result, fault);
    if (result == 0 && !known)
        return far_json_refuse(fault, "MaHoSo", "chưa đồng bộ hồ sơ");
    if (result == 0)
        result = store_status(call, code, status, at, text, fault); /* text: NoiDungXuLy, the last one read */
    if (result == 0)
        result = far_store_run(&call->national->store, "UPDATE dossiers SET status = ? WHERE code = ?",
                               FAR_VALUES(far_number(status), far_text(code)), fault);
    return result < 0 ? result : 0;
}

static const struct service {
    const char *name;
    int (*run)(struct call *call, const json_t *record, struct truc_fault *fault);
} services[] = {
    {"TraCuuHoSo", find_dossier},
    {"DongBoHoSoMC", sync_dossier},
    {"CapNhatTienDoHoSoMC", update_progress},
};

static const struct service *find_service(const char *name)
{
    for (size_t i = 0; name && i < sizeof services / sizeof services[0]; i++) {
        if (strcmp(services[i].name, name) == 0)
            return &services[i];
    }
    return NULL;
}

/* All records of a call have effect, or none. */
static int run_records(struct call *call, const struct service *service, struct truc_fault *fault)
{
    const json_t *data = json_object_get(call->root, "data");
    size_t count = json_array_size(data);
    if (count == 0 || count > RECORDS_A_CALL_MAX)
        return far_json_refuse(fault, "data", "data phải có 1 đến %d phần tử", RECORDS_A_CALL_MAX);
    int result = far_store_begin(&call->national->store, fault);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count && result == 0; i++)
        result = service->run(call, json_array_get(data, i), fault);
    if (result < 0) {
        far_store_rollback(&call->national->store);
        return result;
    }
    return far_store_commit(&call->national->store, fault);
}

static int read_updating(struct call *call, struct truc_fault *fault)
{
    char scratch[FAR_NUMBER_TEXT_BYTES];
    const char *updating = far_json_text(call->root, "isUpdating", scratch);
    call->is_updating = updating && strcmp(updating, "True") == 0;
    if (strcmp(call->service, "DongBoHoSoMC") != 0 || call->is_updating || (updating && strcmp(updating, "False") == 0))
        return 0;
    return far_json_refuse(fault, "isUpdating", "isUpdating phải là \"True\" hoặc \"False\"");
}

static int run_call(struct call *call, const struct far_request *request, struct truc_fault *fault)
{
    char scratch[FAR_NUMBER_TEXT_BYTES];
    call->service = far_json_text(call->root, "service", scratch);
    const struct service *service = find_service(call->service);
    if (!service)
        return far_json_refuse(fault, "service", "không có dịch vụ này");
    if (!*far_request_header(request, "dstcode"))
        return far_json_refuse(fault, "dstcode", "thiếu tiêu đề dstcode");
    if (!far_json_text(call->root, "madonvi", scratch))
        return far_json_refuse(fault, "madonvi", "thiếu madonvi");
    int result = far_message_id(request, call->message_id, fault);
    if (result == 0)
        result = read_updating(call, fault);
    return result < 0 ? result : run_records(call, service, fault);
}

/* The interface answers 200 with an error_code also when it refuses; only its own trouble is a 503. */
static void answer_call(struct far_answer *answer, const char *error_code, const char *message, const char *where,
                        json_t *result)
{
    json_t *value = json_pack("{s:s, s:s, s:o}", "error_code", error_code, "message", message, "result",
                              result ? result : json_array());
    if (value && *where)
        json_object_set_new(value, "where", json_string(where));
    far_answer_json(answer, 200, value);
}

static void log_call(const struct call *call, const char *outcome)
{
    const json_t *first = json_array_get(json_object_get(call->root, "data"), 0);
    const char *code = json_string_value(json_object_get(first, "MaHoSo"));
    far_log_move(call->national->log, "national-portal", call->service, code, outcome);
}

static void take_call(struct national *national, const struct far_request *request, const json_t *root,
                      struct far_answer *answer)
{
    char scratch[FAR_NUMBER_TEXT_BYTES];
    const char *session = far_json_text(root, "session", scratch);
    if (!session || strcmp(session, national->session) != 0) {
        answer_call(answer, "-1", "phiên làm việc không đúng hoặc đã hết hạn", "session", NULL);
        return;
    }
    struct truc_fault fault = {0};
    struct call call = {.national = national, .root = root, .result = json_array()};
    int result = call.result ? run_call(&call, request, &fault) : fault_set(&fault, TRUC_E_MEMORY, "hết bộ nhớ");
    log_call(&call, result < 0 ? fault.text : "done");
    if (result == 0) {
        answer_call(answer, "0", "thành công", "", call.result);
        return;
    }
    json_decref(call.result);
    if (result == TRUC_E_PAYLOAD)
        answer_call(answer, "1", fault.text, fault.where, NULL);
    else
        far_answer_fault(answer, &fault);
}

static void take_login(struct national *national, const json_t *root, struct far_answer *answer)
{
    char scratch[FAR_NUMBER_TEXT_BYTES];
    if (far_json_text(root, "username", scratch) && far_json_text(root, "password", scratch))
        far_answer_json(
            answer, 200,
            json_pack("{s:s, s:s, s:s}", "error_code", "0", "message", "thành công", "session", national->session));
    else
        answer_call(answer, "1", "thiếu username hoặc password", "username", NULL);
}

static void national_handle(void *state, const struct far_request *request, struct far_answer *answer)
{
    bool is_login = strcmp(request->path, "/login") == 0;
    if (!is_login && strcmp(request->path, "/") != 0) {
        far_answer_error(answer, 404, "1", "không có địa chỉ này", "");
        return;
    }
    struct truc_fault fault = {0};
    json_t *root = far_json_object(request->body, &fault);
    if (!root)
        far_answer_fault(answer, &fault);
    else if (is_login)
        take_login(state, root, answer);
    else
        take_call(state, request, root, answer);
    json_decref(root);
}

const struct far_side_kind far_national_portal_kind = {
    .id = "national-portal",
    .title = "Cổng Dịch vụ công Quốc gia",
    .open = national_open,
    .handle = national_handle,
    .close = national_close,
};
