/* far_dossier.c - the dossier's JSON with the national field names, filled from the catalogue and the citizens.
 * See far_dossier.h; the fields are those of the national portal's HoSo. */
#include "far_dossier.h"
#include "far_catalogue.h"
#include "far_citizen.h"
#include "far_clock.h"
#include "far_random.h"

#include <encode.h>
#include <sha256.h>
#include <stdio.h>

enum {
    DOSSIER_STREAM = 0x40000000,
    DOCUMENT_BYTES_LEAST = 80 * 1024,
    DOCUMENT_BYTES_SPREAD = 3 * 1024 * 1024,
};

static const char *const class_names[FAR_DOSSIER_CLASSES] = {
    [FAR_DOSSIER_PLAIN] = "plain",         [FAR_DOSSIER_UNKNOWN_CITIZEN] = "unknown-citizen",
    [FAR_DOSSIER_MALFORMED] = "malformed", [FAR_DOSSIER_SECRET] = "secret",
    [FAR_DOSSIER_FORBIDDEN] = "forbidden", [FAR_DOSSIER_REPEATED] = "repeated",
};

const char *far_dossier_class_name(enum far_dossier_class class)
{
    return class < FAR_DOSSIER_CLASSES ? class_names[class] : "?";
}

bool far_dossier_class_passes(enum far_dossier_class class)
{
    return class == FAR_DOSSIER_PLAIN || class == FAR_DOSSIER_UNKNOWN_CITIZEN || class == FAR_DOSSIER_REPEATED;
}

/* The wrong ones are spread evenly and take turns, so that a short run shows every kind. The half a step keeps the first
 * dossier right at every share below one half. */
enum far_dossier_class far_dossier_class_of(const struct far_mix *mix, uint64_t number)
{
    uint64_t wrong_before = (uint64_t)((double)(number - 1) * mix->wrong_share + 0.5);
    uint64_t wrong_with = (uint64_t)((double)number * mix->wrong_share + 0.5);
    if (wrong_with == wrong_before)
        return FAR_DOSSIER_PLAIN;
    return FAR_DOSSIER_PLAIN + 1 + (enum far_dossier_class)((mix->seed + wrong_before) % (FAR_DOSSIER_CLASSES - 1));
}

/* A citizen of the register, or one it does not hold: half of those unknown, half with another day of birth. */
static struct far_citizen pick_applicant(const struct far_mix *mix, enum far_dossier_class class,
                                         struct far_random *random)
{
    uint32_t count = mix->citizens_count ? mix->citizens_count : 1;
    struct far_citizen citizen = far_citizen_of(mix->seed, (uint32_t)far_random_below(random, count));
    if (class != FAR_DOSSIER_UNKNOWN_CITIZEN)
        return citizen;
    if (far_random_below(random, 2) == 0)
        return far_citizen_of(mix->seed, FAR_CITIZENS_MAX - (uint32_t)far_random_below(random, 1000));
    snprintf(citizen.birth, sizeof citizen.birth, "19000101"); /* before every citizen of the register */
    return citizen;
}

static json_t *make_documents(const struct far_procedure *procedure, const char *code, struct far_random *random)
{
    struct sha256_digest digest = sha256_of(bytes_string(code)); /* stands for the file's content */
    BUFFER_CLEANUP struct buffer hash = {0};
    hex_append(&hash, sha256_view(&digest));
    const char *hash_text = buffer_string(&hash);
    char file_id[FAR_CODE_BYTES_MAX + 8], part[48];
    snprintf(file_id, sizeof file_id, "%s-T1", code);
    snprintf(part, sizeof part, "%s-01", procedure->code);
    json_int_t size = DOCUMENT_BYTES_LEAST + (json_int_t)far_random_below(random, DOCUMENT_BYTES_SPREAD);
    return json_pack("[{s:s, s:s, s:s, s:I, s:s, s:s}]", "MaThanhPhanHoSo", part, "TepDinhKemId", file_id,
                     "TenTepDinhKem", procedure->document_name, "KichThuoc", size, "MaBam", hash_text ? hash_text : "",
                     "DuocSoHoa", "1");
}

static json_t *make_fees(const struct far_procedure *procedure)
{
    if (procedure->fee_dong == 0)
        return json_array();
    char code[48], price[24];
    snprintf(code, sizeof code, "LP-%s", procedure->code);
    snprintf(price, sizeof price, "%u", procedure->fee_dong);
    return json_pack("[{s:s, s:s, s:s, s:s, s:s}]", "MaPhiLePhi", code, "TenPhiLePhi", "Lệ phí giải quyết",
                     "LoaiPhiLePhi", "2", "HinhThucThu", "1", "Gia", price);
}

static void set_text(json_t *object, const char *name, const char *value)
{
    json_object_set_new(object, name, json_string(value)); /* a failure shows as a missing field: see fill */
}

static void set_procedure(json_t *root, const struct far_procedure *procedure, const struct far_agency *agency)
{
    set_text(root, "MaTTHC", procedure->code);
    set_text(root, "TenTTHC", procedure->name);
    set_text(root, "MaLinhVuc", procedure->sector_code);
    set_text(root, "TenLinhVuc", procedure->sector_name);
    set_text(root, "MucDo", procedure->service);
    set_text(root, "KenhThucHien", "2");
    set_text(root, "HinhThuc", "1");
    set_text(root, "MaDonVi", agency->code);
    set_text(root, "DonViXuLy", agency->name);
    set_text(root, "NoiNopHoSo", "1");
    set_text(root, "DuocThanhToanTrucTuyen", procedure->fee_dong ? "1" : "0");
}

static void set_applicant(json_t *root, const struct far_citizen *citizen, struct far_random *random)
{
    char phone[16], email[64];
    snprintf(phone, sizeof phone, "0000%06u", (unsigned)far_random_below(random, 1000000)); /* no such prefix */
    snprintf(email, sizeof email, "cd%s@congdan.example", citizen->number + 6);             /* RFC 2606 */
    set_text(root, "ChuHoSo", citizen->name);
    set_text(root, "SoGiayToChuHoSo", citizen->number);
    set_text(root, "NgaySinhChuHoSo", citizen->birth);
    set_text(root, "LoaiDoiTuong", "1");
    set_text(root, "SoDienThoai", phone);
    set_text(root, "Email", email);
    set_text(root, "DiaChi", citizen->home);
    set_text(root, "TaiKhoanDuocXacThucVoiVNeID", "1");
}

static int fill(const struct far_mix *mix, uint64_t number, uint64_t submitted_ns, struct far_dossier *dossier)
{
    struct far_random random = far_random_of(mix->seed, DOSSIER_STREAM + number);
    const struct far_procedure *procedure = far_procedure_at(far_random_below(&random, far_procedures_count()));
    const struct far_agency *agency = far_agency_at(far_random_below(&random, UINT16_MAX));
    struct far_citizen citizen = pick_applicant(mix, dossier->class, &random);
    char submitted[TIME_TEXT_BYTES], about[256];
    far_clock_compact(submitted_ns, submitted);
    snprintf(dossier->code, sizeof dossier->code, "%s-%.6s-%04llu", agency->code, submitted + 2,
             (unsigned long long)number);
    snprintf(dossier->message_id, sizeof dossier->message_id, "portal-%s", dossier->code);
    snprintf(about, sizeof about, "%s của %s", procedure->name, citizen.name);

    json_t *root = json_object();
    if (!root)
        return TRUC_E_MEMORY;
    set_text(root, "MaHoSo", dossier->code);
    set_procedure(root, procedure, agency);
    set_applicant(root, &citizen, &random);
    set_text(root, "TrichYeuHoSo", about);
    set_text(root, "TrangThaiHoSo", "1");
    set_text(root, "NgayNopHoSo", submitted);
    set_text(root, "DoMat", dossier->class == FAR_DOSSIER_SECRET ? "Mật" : "Thường");
    set_text(root, "HoSoCoThanhPhanSoHoa", "1");
    json_object_set_new(root, "TaiLieuNop", make_documents(procedure, dossier->code, &random));
    int failed = json_object_set_new(root, "DanhSachLePhi", make_fees(procedure));
    enum { FIELDS = 27 };
    int result = failed || json_object_size(root) != FIELDS ? TRUC_E_MEMORY : far_json_append(root, &dossier->body);
    json_decref(root);
    return result;
}

int far_dossier_make(const struct far_mix *mix, uint64_t number, uint64_t submitted_ns, struct far_dossier *dossier)
{
    dossier->class = far_dossier_class_of(mix, number);
    dossier->path = dossier->class == FAR_DOSSIER_FORBIDDEN ? "/dossiers/forbidden" : "/dossiers";
    int result = fill(mix, number, submitted_ns, dossier);
    if (result < 0) {
        buffer_free(&dossier->body);
        return result;
    }
    if (dossier->class == FAR_DOSSIER_MALFORMED)
        dossier->body.size -= dossier->body.size / 3; /* a connection cut too early */
    return 0;
}

void far_dossier_free(struct far_dossier *dossier)
{
    if (dossier)
        buffer_free(&dossier->body);
}
