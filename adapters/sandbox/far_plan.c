/* far_plan.c - the tables of steps and plans. See far_plan.h.
 * Statuses are those of the national portal's TrangThaiHoSo. */
#include "far_plan.h"

#include <stddef.h>

static const struct far_step_kind kinds[FAR_STEPS] = {
    [FAR_STEP_END] = {"end", "", 0, ""},
    [FAR_STEP_VERIFY] = {"verify", "/citizens/verify", 0, "Xác thực công dân"},
    [FAR_STEP_RECEIVED] = {"received", "/events/received", 2, "Tiếp nhận hồ sơ đủ điều kiện"},
    [FAR_STEP_REFUSED] = {"refused", "/events/refused", 3, "Thành phần hồ sơ không đúng quy định"},
    [FAR_STEP_NO_CITIZEN] = {"no-citizen", "/events/refused", 3,
                             "Thông tin công dân không khớp Cơ sở dữ liệu quốc gia về dân cư"},
    [FAR_STEP_WORK] = {"work", "/events/progress", 4, "Thụ lý hồ sơ"},
    [FAR_STEP_SUPPLEMENT] = {"supplement", "/events/progress", 5, "Đề nghị bổ sung bản chính giấy tờ"},
    [FAR_STEP_RESUMED] = {"resumed", "/events/progress", 4, "Tiếp tục xử lý sau khi bổ sung giấy tờ"},
    [FAR_STEP_FEE] = {"fee", "/events/progress", 6, "Đề nghị nộp phí, lệ phí"},
    [FAR_STEP_PAID] = {"paid", "/events/progress", 4, "Tiếp tục xử lý sau khi nộp phí, lệ phí"},
    [FAR_STEP_WITHDRAWN] = {"withdrawn", "/events/progress", 7, "Công dân yêu cầu rút hồ sơ"},
    [FAR_STEP_STOPPED] = {"stopped", "/events/progress", 8, "Dừng xử lý: quá hạn bổ sung giấy tờ"},
    [FAR_STEP_READY] = {"ready", "/events/result-ready", 9, "Đã xử lý xong, có kết quả"},
    [FAR_STEP_DELIVERED] = {"delivered", "/events/result-delivered", 10, "Đã trả kết quả cho công dân"},
};

struct plan {
    const char *name;
    enum far_step steps[FAR_PLAN_STEPS_MAX];
};

static const struct plan plans[FAR_PLANS] = {
    [FAR_PLAN_STRAIGHT] = {"straight",
                           {FAR_STEP_VERIFY, FAR_STEP_RECEIVED, FAR_STEP_WORK, FAR_STEP_READY, FAR_STEP_DELIVERED}},
    [FAR_PLAN_SUPPLEMENT] = {"supplement",
                             {FAR_STEP_VERIFY, FAR_STEP_RECEIVED, FAR_STEP_WORK, FAR_STEP_SUPPLEMENT, FAR_STEP_RESUMED,
                              FAR_STEP_READY, FAR_STEP_DELIVERED}},
    [FAR_PLAN_FEE] = {"fee",
                      {FAR_STEP_VERIFY, FAR_STEP_RECEIVED, FAR_STEP_WORK, FAR_STEP_FEE, FAR_STEP_PAID, FAR_STEP_READY,
                       FAR_STEP_DELIVERED}},
    [FAR_PLAN_WITHDRAWN] = {"withdrawn", {FAR_STEP_VERIFY, FAR_STEP_RECEIVED, FAR_STEP_WORK, FAR_STEP_WITHDRAWN}},
    [FAR_PLAN_STOPPED] = {"stopped",
                          {FAR_STEP_VERIFY, FAR_STEP_RECEIVED, FAR_STEP_WORK, FAR_STEP_SUPPLEMENT, FAR_STEP_STOPPED}},
    [FAR_PLAN_REFUSED] = {"refused", {FAR_STEP_VERIFY, FAR_STEP_REFUSED}},
    [FAR_PLAN_NO_CITIZEN] = {"no-citizen", {FAR_STEP_NO_CITIZEN}},
};

/* Twenty arrivals: thirteen straight, the rest spread early, so that a short run shows them. */
static const enum far_plan turns[] = {
    FAR_PLAN_STRAIGHT, FAR_PLAN_SUPPLEMENT, FAR_PLAN_STRAIGHT,   FAR_PLAN_FEE,      FAR_PLAN_WITHDRAWN,
    FAR_PLAN_STRAIGHT, FAR_PLAN_STOPPED,    FAR_PLAN_STRAIGHT,   FAR_PLAN_REFUSED,  FAR_PLAN_STRAIGHT,
    FAR_PLAN_STRAIGHT, FAR_PLAN_STRAIGHT,   FAR_PLAN_SUPPLEMENT, FAR_PLAN_STRAIGHT, FAR_PLAN_STRAIGHT,
    FAR_PLAN_STRAIGHT, FAR_PLAN_STRAIGHT,   FAR_PLAN_FEE,        FAR_PLAN_STRAIGHT, FAR_PLAN_STRAIGHT,
};

const struct far_step_kind *far_step_kind_of(enum far_step step)
{
    return &kinds[step < FAR_STEPS ? step : FAR_STEP_END];
}

enum far_plan far_plan_of_arrival(uint64_t arrival)
{
    return turns[arrival % (sizeof turns / sizeof turns[0])];
}

enum far_step far_plan_step(enum far_plan plan, unsigned place)
{
    if (plan >= FAR_PLANS || place >= FAR_PLAN_STEPS_MAX)
        return FAR_STEP_END;
    return plans[plan].steps[place];
}

const char *far_plan_name(enum far_plan plan)
{
    return plan < FAR_PLANS ? plans[plan].name : "?";
}
