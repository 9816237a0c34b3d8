/* test_deadlines_report.c - what people get out of the store: both rates of a period and a unit, and one dossier's clock in words.
 * Read by a second connection, as the program's commands do while the adapter runs.
 * Promise: both rates stand side by side, in Vietnamese, and every difference has its reason and its dossiers. */
#include "cmocka_start.h"

#include "explain.h"
#include "report.h"
#include "store_fixture.h"

#include <stdio.h>

static void fill(struct store_fixture *fixture)
{
    char code[32];
    assert_int_equal(store_begin(fixture->store, NULL), 0); /* one sync for all */
    store_fixture_take(fixture->store, message_received());
    store_fixture_take(fixture->store, message_supplement_requested("2026-03-03 10:00", "S-1"));
    store_fixture_take(fixture->store, message_supplemented("2026-03-04 10:00"));
    store_fixture_take(fixture->store, message_supplement_requested("2026-03-04 11:00", "S-2"));
    store_fixture_take(fixture->store, message_supplemented("2026-03-04 15:00"));
    store_fixture_take(fixture->store, message_result_of(CODE, "2026-03-05 10:00"));
    for (int i = 0; i < 1200; i++) {
        (void)snprintf(code, sizeof code, "H56.14-260310-%04d", i);
        store_fixture_take(fixture->store, deadlines_test_received(code, i % 2 ? "H56.14" : "000.00.01.H56",
                                                                   "2026-03-10 09:00", "2026-03-13 09:00"));
        store_fixture_take(fixture->store, message_result_of(code, i < 3 ? "2026-03-13 16:00" : "2026-03-12 16:00"));
    }
    assert_int_equal(store_commit(fixture->store, NULL), 0);
}

static const char *report_of(struct store_fixture *fixture, const char *unit, struct buffer *out)
{
    static struct report report;
    struct truc_fault fault = {0};
    struct report_request request = {at("2026-03-01 00:00"), at("2026-04-01 00:00"), unit, at("2026-11-23 14:03")};
    struct store *reader = NULL;
    if (store_open(fixture->path, STORE_READ, &reader, &fault) < 0 || /* while the adapter has it open */
        report_make(reader, fixture->book, &request, &report, &fault) < 0)
        fail_msg("%s", fault.text);
    store_close(reader);
    buffer_clear(out);
    report_print(&report, out);
    return buffer_string(out);
}

static void expect(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in:\n%s", part, text);
}

static void the_report_shows_both_rates_and_where_they_differ(void **state)
{
    struct store_fixture *fixture = *state;
    struct buffer out = {0};
    fill(fixture);
    const char *text = report_of(fixture, NULL, &out);
    expect(text,
           "Tiếp nhận hoặc kết thúc từ 01/03/2026 đến 31/03/2026: 1.201 hồ sơ, tính đến 31/03/2026 23:59 GMT+7\n");
    expect(text, "Hồ sơ được tính                                              1.201               1.201\n");
    expect(text, "Quá hạn                                                          4                   0\n");
    expect(text, "Tỷ lệ đúng hạn                                             99,66 %            100,00 %\n");
    expect(text, "Hai quy tắc cho kết quả khác nhau ở 4 hồ sơ\n");
    expect(text, "  3 hồ sơ: QĐ 766: xử lý xong sau hạn; tỉnh: xử lý xong trong hạn\n    H56.14-260310-0000, ");
    expect(text, "  1 hồ sơ: QĐ 766: yêu cầu bổ sung quá số lần cho phép; tỉnh: xử lý xong trong hạn\n    " CODE "\n");
    text = report_of(fixture, "H56.14", &out);
    expect(text, ": 601 hồ sơ, ");
    text = report_of(fixture, "000.00.01.H56", &out);
    expect(text, ": 600 hồ sơ, ");
    text = report_of(fixture, "H15", &out);
    expect(text, ": 0 hồ sơ, ");
    expect(text, "không có");
    buffer_free(&out);
}

static void a_dossier_is_explained_step_by_step(void **state)
{
    struct store_fixture *fixture = *state;
    struct buffer out = {0};
    struct truc_fault fault = {0};
    struct store_reminder reminder = store_fixture_reminder("overdue-1");
    bool is_new;
    fill(fixture);
    reminder.due_ns = at("2026-03-05 09:00");
    reminder.planned_ns = at("2026-03-05 09:00");
    assert_int_equal(store_remind(fixture->store, &reminder, &is_new, NULL), 0);
    assert_int_equal(explain(fixture->store, fixture->book, CODE, at("2026-11-23 14:03"), &out, &fault), 0);
    const char *text = buffer_string(&out);
    expect(text, CODE "  Đăng ký khai sinh (1.001193)  Sở Tư pháp (H56.14)\n");
    expect(text, "  02/03/2026 09:00 GMT+7  tiếp nhận   (dossier.received, onestop)\n");
    expect(text,
           "  03/03/2026 10:00 GMT+7  chờ bổ sung: dừng tính thời hạn   (dossier.supplement-requested, onestop)\n");
    expect(text, "hết chờ bổ sung: đã chờ 1 ngày, hạn trả từ 05/03/2026 09:00 GMT+7 dời đến 06/03/2026 09:00 GMT+7");
    expect(text, "Hiện tại: trạng thái 9, Đã xử lý xong; hạn trả 06/03/2026 09:00 GMT+7\n");
    expect(text, "Theo Nghị định 118/2025/NĐ-CP\n");
    expect(text, "  Quyết định 766          quá hạn: yêu cầu bổ sung quá số lần cho phép");
    expect(text, "  Quy tắc của tỉnh        đúng hạn: xử lý xong trong hạn; so 05/03/2026 10:00 GMT+7 với hạn "
                 "06/03/2026 09:00 GMT+7\n");
    expect(text, "  05/03/2026 09:00 GMT+7  quá hạn: hồ sơ, 05/03/2026 09:00 GMT+7 (chờ gửi)\n");
    assert_int_equal(explain(fixture->store, fixture->book, "nothing", 1, &out, &fault), TRUC_E_NOT_FOUND);
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_report_shows_both_rates_and_where_they_differ, store_fixture_begin,
                                        store_fixture_end),
        cmocka_unit_test_setup_teardown(a_dossier_is_explained_step_by_step, store_fixture_begin, store_fixture_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
