/* far_event.c - filling the national field names of events from the dossier, the officer and the clock.
 * Days here are calendar days: the sandbox is no deadline engine. See far_event.h. */
#include "far_event.h"
#include "far_catalogue.h"
#include "far_clock.h"
#include "far_json.h"

#include <encode.h>
#include <sha256.h>
#include <stdio.h>

enum { STEP_DAYS = 2 };
static const uint64_t day_ns = UINT64_C(24) * 3600 * TIME_NS_PER_S;

static void set_text(json_t *root, const char *name, const char *value)
{
    json_object_set_new(root, name, json_string(value)); /* a failure is found by the caller: see far_event_append */
}

static void copy(json_t *root, const json_t *dossier, const char *name)
{
    json_t *value = json_object_get(dossier, name);
    if (value)
        json_object_set(root, name, value);
}

static void copy_as(json_t *root, const char *name, const json_t *dossier, const char *from)
{
    json_t *value = json_object_get(dossier, from);
    if (value)
        json_object_set(root, name, value);
}

static void set_time(json_t *root, const char *name, uint64_t time_ns)
{
    char text[TIME_TEXT_BYTES];
    far_clock_compact(time_ns, text);
    set_text(root, name, text);
}

static const struct far_procedure *procedure_of(const json_t *dossier)
{
    const char *code = json_string_value(json_object_get(dossier, "MaTTHC"));
    const struct far_procedure *procedure = code ? far_procedure_find(code) : NULL;
    return procedure ? procedure : far_procedure_at(0);
}

static void fill_question(json_t *root, const json_t *dossier, const struct far_officer *officer)
{
    copy(root, dossier, "MaHoSo");
    copy(root, dossier, "MaTTHC");
    copy(root, dossier, "MaDonVi");
    set_text(root, "MaCanBo", officer->number);
    copy_as(root, "SoDinhDanh", dossier, "SoGiayToChuHoSo");
    copy_as(root, "HoVaTen", dossier, "ChuHoSo");
    copy_as(root, "NgaySinh", dossier, "NgaySinhChuHoSo");
    set_text(root, "DoMat", "Thường");
}

static void fill_common(json_t *root, const json_t *dossier, const struct far_step_kind *kind,
                        const struct far_officer *officer, uint64_t now_ns)
{
    static const char *const kept[] = {"MaHoSo", "MaTTHC", "TenTTHC", "MaDonVi", "DonViXuLy"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        copy(root, dossier, kept[i]);
    char status[FAR_NUMBER_TEXT_BYTES];
    snprintf(status, sizeof status, "%d", kind->status);
    set_text(root, "TrangThai", status);
    set_text(root, "MaCanBo", officer->number);
    set_text(root, "NguoiXuLy", officer->name);
    set_text(root, "ChucDanh", officer->position);
    set_text(root, "PhongBanXuLy", officer->department);
    set_time(root, "ThoiDiemXuLy", now_ns);
    set_text(root, "NoiDungXuLy", kind->content);
    set_text(root, "DoMat", "Thường");
}

static void fill_applicant(json_t *root, const json_t *dossier)
{
    copy(root, dossier, "ChuHoSo");
    copy(root, dossier, "SoGiayToChuHoSo");
    copy(root, dossier, "LoaiDoiTuong");
}

static void fill_received(json_t *root, const json_t *dossier, uint64_t now_ns)
{
    static const char *const kept[] = {"MaLinhVuc",    "TenLinhVuc", "MucDo",        "KenhThucHien",
                                       "HinhThuc",     "NoiNopHoSo", "NgayNopHoSo",  "HoSoCoThanhPhanSoHoa",
                                       "TrichYeuHoSo", "TaiLieuNop", "DanhSachLePhi"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        copy(root, dossier, kept[i]);
    fill_applicant(root, dossier);
    set_time(root, "NgayTiepNhan", now_ns);
    set_time(root, "NgayHenTra", now_ns + procedure_of(dossier)->working_days * day_ns);
}

static void fill_ready(json_t *root, const json_t *dossier, uint64_t now_ns)
{
    set_time(root, "NgayKetThucXuLy", now_ns);
    fill_applicant(root, dossier);
    const char *code = json_string_value(json_object_get(dossier, "MaHoSo"));
    char paper[FAR_CODE_BYTES_MAX + 8];
    snprintf(paper, sizeof paper, "%.*s-KQ1", FAR_CODE_BYTES_MAX, code ? code : "");
    struct sha256_digest digest = sha256_of(bytes_string(paper)); /* stands for the paper's content */
    BUFFER_CLEANUP struct buffer hash = {0};
    hex_append(&hash, sha256_view(&digest));
    const char *hash_text = buffer_string(&hash);
    const struct far_procedure *procedure = procedure_of(dossier);
    json_t *papers = json_pack("[{s:s, s:s, s:s, s:s}]", "TenGiayTo", procedure->result_name, "MaThanhPhanHoSo",
                               procedure->code, "GiayToId", paper, "MaBam", hash_text ? hash_text : "");
    json_object_set_new(root, "DanhSachGiayToKetQua", papers);
}

static void fill_own(json_t *root, const json_t *dossier, enum far_step step, uint64_t now_ns)
{
    switch (step) {
    case FAR_STEP_RECEIVED:
        fill_received(root, dossier, now_ns);
        break;
    case FAR_STEP_REFUSED:
    case FAR_STEP_NO_CITIZEN:
        set_time(root, "NgayTuChoi", now_ns);
        set_text(root, "LyDo", far_step_kind_of(step)->content);
        break;
    case FAR_STEP_READY:
        fill_ready(root, dossier, now_ns);
        break;
    case FAR_STEP_DELIVERED:
        set_time(root, "NgayTra", now_ns);
        copy(root, dossier, "HinhThuc");
        break;
    default:
        set_time(root, "NgayBatDau", now_ns);
        set_time(root, "NgayKetThucTheoQuyDinh", now_ns + STEP_DAYS * day_ns);
        break;
    }
}

int far_event_append(enum far_step step, const json_t *dossier, uint64_t officer, uint64_t now_ns, struct buffer *out)
{
    json_t *root = json_object();
    if (!root)
        return TRUC_E_MEMORY;
    const struct far_officer *who = far_officer_at(officer);
    if (step == FAR_STEP_VERIFY) {
        fill_question(root, dossier, who);
    } else {
        fill_common(root, dossier, far_step_kind_of(step), who, now_ns);
        fill_own(root, dossier, step, now_ns);
    }
    /* DoMat is set after the other common fields and no body goes out without it. */
    int result =
        json_object_get(root, "DoMat") && json_object_get(root, "MaHoSo") ? far_json_append(root, out) : TRUC_E_MEMORY;
    json_decref(root);
    return result;
}
