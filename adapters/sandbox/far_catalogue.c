/* far_catalogue.c - the tables behind far_catalogue.h.
 * Synthetic: no row names a person or promises that a procedure still exists. */
#include "far_catalogue.h"

#include <string.h>

static const struct far_procedure procedures[] = {
    {"1.001193", "Đăng ký khai sinh", "G15-HT01", "Hộ tịch", "toàn trình", "Giấy chứng sinh", "Giấy khai sinh", 1, 0},
    {"1.000894", "Đăng ký kết hôn", "G15-HT01", "Hộ tịch", "một phần", "Tờ khai đăng ký kết hôn",
     "Giấy chứng nhận kết hôn", 1, 0},
    {"1.004873", "Cấp Giấy xác nhận tình trạng hôn nhân", "G15-HT01", "Hộ tịch", "toàn trình",
     "Tờ khai cấp giấy xác nhận", "Giấy xác nhận tình trạng hôn nhân", 3, 15000},
    {"2.000488", "Cấp Phiếu lý lịch tư pháp", "G01-TP02", "Lý lịch tư pháp", "toàn trình", "Tờ khai yêu cầu cấp phiếu",
     "Phiếu lý lịch tư pháp", 10, 200000},
    {"1.012783", "Đăng ký biến động quyền sử dụng đất", "G10-DD01", "Đất đai", "một phần", "Đơn đăng ký biến động",
     "Giấy chứng nhận đã xác nhận thay đổi", 10, 28000},
    {"2.001610", "Đăng ký thành lập doanh nghiệp tư nhân", "G09-DN01", "Đăng ký doanh nghiệp", "toàn trình",
     "Giấy đề nghị đăng ký doanh nghiệp", "Giấy chứng nhận đăng ký doanh nghiệp", 3, 50000},
    {"1.001776", "Hưởng trợ cấp xã hội hằng tháng", "G14-BT01", "Bảo trợ xã hội", "toàn trình",
     "Tờ khai đề nghị trợ giúp xã hội", "Quyết định trợ cấp xã hội", 10, 0},
    {"1.010708.000.00.00.H56", "Cấp giấy phép xây dựng nhà ở riêng lẻ", "G17-XD01", "Hoạt động xây dựng", "một phần",
     "Đơn đề nghị cấp giấy phép xây dựng", "Giấy phép xây dựng", 15, 75000},
};

static const struct far_agency agencies[] = {
    {"H56.14", "UBND phường Hạc Thành"}, {"H56.21", "UBND xã Hoằng Hóa"},
    {"H56.33", "UBND phường Sầm Sơn"},   {"H56.02", "Sở Tư pháp"},
    {"H56.05", "Sở Tài chính"},          {"H56.09", "Sở Nông nghiệp và Môi trường"},
};

static const struct far_officer officers[] = {
    {"038975000217", "Lê Thị Thu Hà", "Công chức tiếp nhận", "Trung tâm Phục vụ hành chính công"},
    {"038981000342", "Nguyễn Văn Đức", "Chuyên viên", "Phòng Văn hóa - Xã hội"},
    {"038988000455", "Phạm Minh Tuấn", "Chuyên viên", "Phòng Kinh tế, Hạ tầng và Đô thị"},
    {"038979000568", "Trịnh Thị Hằng", "Phó trưởng phòng", "Văn phòng HĐND và UBND"},
    {"038990000671", "Hoàng Đình Long", "Công chức tư pháp - hộ tịch", "Văn phòng HĐND và UBND"},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

size_t far_procedures_count(void)
{
    return COUNT(procedures);
}

const struct far_procedure *far_procedure_at(size_t place)
{
    return &procedures[place % COUNT(procedures)];
}

const struct far_procedure *far_procedure_find(const char *code)
{
    for (size_t i = 0; i < COUNT(procedures); i++) {
        if (strcmp(procedures[i].code, code) == 0)
            return &procedures[i];
    }
    return NULL;
}

const struct far_agency *far_agency_at(uint64_t place)
{
    return &agencies[place % COUNT(agencies)];
}

const struct far_officer *far_officer_at(uint64_t place)
{
    return &officers[place % COUNT(officers)];
}

bool far_officer_known(const char *number)
{
    for (size_t i = 0; i < COUNT(officers); i++) {
        if (strcmp(officers[i].number, number) == 0)
            return true;
    }
    return false;
}
