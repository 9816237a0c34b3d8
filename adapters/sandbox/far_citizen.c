/* far_citizen.c - names, days of birth and places put together by a seeded stream.
 * See far_citizen.h. */
#include "far_citizen.h"
#include "far_random.h"

#include <stdio.h>
#include <string.h>

enum { CITIZEN_STREAM = 0x10000000, BIRTH_YEAR_FIRST = 1940, BIRTH_YEARS = 67, DAYS_EVERY_MONTH_HAS = 28 };

static const char *const families[] = {"Nguyễn", "Trần", "Lê",    "Phạm", "Hoàng", "Huỳnh", "Phan",
                                       "Vũ",     "Võ",   "Đặng",  "Bùi",  "Đỗ",    "Hồ",    "Ngô",
                                       "Dương",  "Lý",   "Trịnh", "Đinh", "Mai",   "Lường"};
static const char *const middles_male[] = {"Văn", "Đức", "Hữu", "Minh", "Quang", "Đình", "Xuân", "Công", "Bá", "Thế"};
static const char *const middles_female[] = {"Thị", "Thị Thu", "Ngọc", "Thùy", "Thị Kim", "Khánh", "Diệu", "Thị Hồng"};
static const char *const given_male[] = {"An",   "Bình", "Cường", "Dũng", "Đạt", "Hải",   "Hùng", "Khoa",
                                         "Long", "Nam",  "Phúc",  "Quân", "Sơn", "Thắng", "Tuấn", "Việt"};
static const char *const given_female[] = {"Anh", "Chi",  "Dung", "Giang", "Hà",   "Hạnh",   "Hiền", "Hương",
                                           "Lan", "Linh", "Mai",  "Nga",   "Oanh", "Phương", "Thảo", "Yến"};
static const char *const communes[] = {"phường Hạc Thành", "phường Sầm Sơn", "phường Bỉm Sơn", "xã Hoằng Hóa",
                                       "xã Thọ Xuân",      "xã Ngọc Lặc",    "xã Như Thanh",   "xã Mường Lát"};
static const char *const provinces[] = {"038", "051", "066"};

#define PICK(random, table) (table)[far_random_below((random), sizeof(table) / sizeof((table)[0]))]

struct far_citizen far_citizen_of(uint64_t seed, uint32_t place)
{
    struct far_random random = far_random_of(seed, CITIZEN_STREAM + (uint64_t)place);
    struct far_citizen citizen;
    unsigned year = BIRTH_YEAR_FIRST + (unsigned)far_random_below(&random, BIRTH_YEARS);
    unsigned month = 1 + (unsigned)far_random_below(&random, 12);
    unsigned day = 1 + (unsigned)far_random_below(&random, DAYS_EVERY_MONTH_HAS);
    snprintf(citizen.birth, sizeof citizen.birth, "%04u%02u%02u", year % 10000, month % 100, day % 100);
    /* Province, 9 where a real number tells sex and century, year of birth, and the place: unique. */
    snprintf(citizen.number, sizeof citizen.number, "%s9%02u%06u", PICK(&random, provinces), year % 100,
             place % 1000000);
    bool female = far_random_below(&random, 2) == 1;
    const char *family = PICK(&random, families);
    const char *middle = female ? PICK(&random, middles_female) : PICK(&random, middles_male);
    const char *given = female ? PICK(&random, given_female) : PICK(&random, given_male);
    snprintf(citizen.name, sizeof citizen.name, "%s %s %s", family, middle, given);
    snprintf(citizen.sex, sizeof citizen.sex, "%s", female ? "Nữ" : "Nam");
    snprintf(citizen.home, sizeof citizen.home, "Tổ %u, %s, tỉnh Thanh Hóa",
             1 + (unsigned)far_random_below(&random, 12), PICK(&random, communes));
    return citizen;
}
