/* verdict_text.c - see verdict_text.h.
 * Tables only; statuses have the names of the code list.
 * Pure. */
#include "verdict_text.h"

const char *verdict_text(enum rate_verdict verdict)
{
    static const char *const texts[] = {
        [RATE_LEFT_OUT] = "không tính", [RATE_ON_TIME] = "đúng hạn", [RATE_LATE] = "quá hạn"};
    return texts[verdict];
}

const char *reason_text(enum rate_reason reason)
{
    static const char *const texts[RATE_REASONS] = {
        [RATE_NOT_RECEIVED] = "chưa được tiếp nhận",
        [RATE_ENDED_IN_TIME] = "xử lý xong trong hạn",
        [RATE_ENDED_LATE] = "xử lý xong sau hạn",
        [RATE_STILL_IN_TIME] = "đang xử lý, còn hạn",
        [RATE_STILL_LATE] = "đang xử lý, đã quá hạn",
        [RATE_TOO_MANY_SUPPLEMENTS] = "yêu cầu bổ sung quá số lần cho phép",
        [RATE_NO_DUE_DATE] = "không có hạn trả",
        [RATE_STATUS_LEFT_OUT] = "mới đăng ký hoặc không được tiếp nhận",
        [RATE_WITHDRAWN] = "công dân rút hồ sơ",
        [RATE_PAUSED] = "đang chờ bổ sung, chờ nộp tiền hoặc dừng xử lý",
    };
    return texts[reason];
}

const char *note_text(size_t bit)
{
    static const char *const texts[NOTES] = {
        "có thông tin xử lý nhưng không có thông tin tiếp nhận",
        "không có hạn trả, thủ tục cũng không có thời hạn trong tệp cấu hình",
        "hạn trả trước thời điểm tiếp nhận: giữ nguyên như bản tin",
        "kết thúc trước khi tiếp nhận: một trong hai thời điểm sai",
        "có bổ sung nhưng trước đó không có yêu cầu bổ sung: không dời hạn",
        "hạn trả ngoài giờ làm việc: kiểm tra múi giờ của hệ thống gửi",
        "xử lý lại sau khi đã có kết quả",
        "bản tin không ghi trạng thái: giữ trạng thái trước đó",
        "ngày nằm ngoài lịch làm việc đã có: chưa dời sang ngày làm việc",
        "tiếp nhận hai lần khác thời điểm: tính lần đầu",
    };
    return bit < NOTES ? texts[bit] : "";
}

const char *status_text(uint32_t status)
{
    static const char *const texts[STATUS_MAX + 1] = {
        "không rõ",
        "Mới đăng ký",
        "Được tiếp nhận",
        "Không được tiếp nhận",
        "Đang xử lý",
        "Yêu cầu bổ sung giấy tờ",
        "Yêu cầu thực hiện nghĩa vụ tài chính",
        "Công dân yêu cầu rút hồ sơ",
        "Dừng xử lý",
        "Đã xử lý xong",
        "Đã trả kết quả",
    };
    return status <= STATUS_MAX ? texts[status] : texts[0];
}

const char *task_status_text(uint32_t status)
{
    static const struct {
        uint32_t status;
        const char *text;
    } texts[] = {{1, "Đã đến"},    {2, "Từ chối tiếp nhận"}, {3, "Đã tiếp nhận"},
                 {4, "Phân công"}, {5, "Đang xử lý"},        {6, "Hoàn thành"},
                 {13, "Lấy lại"},  {15, "Đồng ý lấy lại"},   {16, "Từ chối lấy lại"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "không rõ";
}
