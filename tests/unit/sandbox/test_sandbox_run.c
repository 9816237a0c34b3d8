/* test_sandbox_run.c - a whole run in one process: far sides, traffic with mistakes, an outage, drain, account.
 * A stub that passes things on stands for both adapters and the bus, well or badly as the case asks. */
#include "far_soap_sample.h"
#include "far_test.h"
#include "sandbox_run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What stands between the far sides. One call at a time: far_stub holds its lock while the script runs. */
static struct {
    char where_file[128];
    struct far_client *client;
    struct buffer answer;
    bool loses_status_9, doubles_status_2;
    int signals_at_call; /* raise SIGTERM at this call; 0: never */
} passing;

static int forward(const char *side, const char *path, const char *message_id, const char *body)
{
    static const char *const headers[] = {"dstcode: VN", NULL};
    json_t *where = json_load_file(passing.where_file, 0, NULL);
    const char *base = json_string_value(json_object_get(json_object_get(where, side), "url"));
    char url[256];
    snprintf(url, sizeof url, "%s%s", base ? base : "", path);
    const struct far_post post = {url, "application/json", message_id, headers, bytes_string(body)};
    int status = far_client_post(passing.client, &post, &passing.answer, NULL);
    json_decref(where);
    return status;
}

static const char *text_of(const json_t *root, const char *name)
{
    const char *text = json_string_value(json_object_get(root, name));
    return text ? text : "";
}

static unsigned verify(const struct far_call *call, const json_t *root, struct buffer *out)
{
    char body[8192];
    snprintf(body, sizeof body,
             SAMPLE_VERIFY(SAMPLE_HEADER, "<dan:MaYeuCau>y</dan:MaYeuCau><dan:MaDVC>%s</dan:MaDVC><dan:MaTichHop/>"
                                          "<dan:MaCanBo>%s</dan:MaCanBo><dan:MaDonVi>%s</dan:MaDonVi><dan:TaiKhoan/>"
                                          "<dan:SoDinhDanh>%s</dan:SoDinhDanh><dan:HoVaTen>%s</dan:HoVaTen>"
                                          "<dan:NgayThangNamSinh><dan:NgayThangNam>%s</dan:NgayThangNam>"
                                          "</dan:NgayThangNamSinh>"),
             text_of(root, "MaTTHC"), text_of(root, "MaCanBo"), text_of(root, "MaDonVi"), text_of(root, "SoDinhDanh"),
             text_of(root, "HoVaTen"), text_of(root, "NgaySinh"));
    if (forward("population", "/", call->message_id, body) != 200) {
        buffer_append_string(out, "{\"error_code\":\"UNAVAILABLE\"}");
        return 503;
    }
    bool exists = strstr(buffer_string(&passing.answer), "<dan:TonTai>true") != NULL;
    buffer_printf(out, "{\"TonTai\":%s}", exists ? "true" : "false");
    return 200;
}

static void tell_portal(const struct far_call *call, const json_t *root)
{
    const char *status = text_of(root, "TrangThai");
    if (passing.loses_status_9 && strcmp(status, "9") == 0)
        return;
    json_t *update =
        json_pack("{s:s, s:s, s:s, s:s}", "MaHoSo", text_of(root, "MaHoSo"), "TrangThai", text_of(root, "TrangThai"),
                  "ThoiDiem", text_of(root, "ThoiDiemXuLy"), "NoiDung", text_of(root, "NoiDungXuLy"));
    struct buffer body = {0};
    far_json_append(update, &body);
    forward("portal", "/api/ho-so/trang-thai", call->message_id, buffer_string(&body));
    if (passing.doubles_status_2 && strcmp(status, "2") == 0)
        forward("portal", "/api/ho-so/trang-thai", "another-id", buffer_string(&body));
    buffer_free(&body);
    json_decref(update);
}

static void tell_national_portal(const struct far_call *call, json_t *root)
{
    json_t *record = json_copy(root);
    json_object_set(record, "TrangThaiHoSo", json_object_get(root, "TrangThai"));
    json_t *find =
        json_pack("{s:s, s:s, s:s, s:[O]}", "session", "s", "madonvi", "H56", "service", "TraCuuHoSo", "data", record);
    struct buffer body = {0};
    far_json_append(find, &body);
    forward("national-portal", "/", call->message_id, buffer_string(&body));
    json_t *answer = json_loads(buffer_string(&passing.answer), 0, NULL);
    bool known = json_array_size(json_object_get(answer, "result")) > 0;
    json_decref(answer);
    json_object_set_new(find, "service", json_string("DongBoHoSoMC"));
    json_object_set_new(find, "isUpdating", json_string(known ? "True" : "False"));
    buffer_clear(&body);
    far_json_append(find, &body);
    forward("national-portal", "/", call->message_id, buffer_string(&body));
    buffer_free(&body);
    json_decref(find);
    json_decref(record);
}

static unsigned pass_on(const struct far_call *call, size_t place, struct buffer *out)
{
    if (passing.signals_at_call && place + 1 == (size_t)passing.signals_at_call)
        kill(getpid(), SIGTERM);
    json_t *root = json_loads(call->body, 0, NULL);
    unsigned status = 202;
    if (!root)
        status = 400;
    else if (strcmp(call->path, "/dossiers/forbidden") == 0 || strcmp(text_of(root, "DoMat"), "Thường") != 0)
        status = 403;
    else if (strcmp(call->path, "/citizens/verify") == 0)
        status = verify(call, root, out);
    else if (strcmp(call->path, "/dossiers") == 0)
        status = forward("onestop", "/api/dossiers", call->message_id, call->body) == 200 ? 202 : 503;
    else {
        tell_portal(call, root);
        tell_national_portal(call, root);
    }
    json_decref(root);
    return status;
}

struct fixture {
    struct far_test *test;
    struct far_stub *stub;
    struct sandbox_options options;
    char summary_file[128];
};

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->test = far_test_begin();
    fixture->stub = far_stub_start(pass_on);
    memset(&passing, 0, sizeof passing);
    assert_int_equal(far_client_open(NULL, &passing.client, NULL), 0);
    snprintf(passing.where_file, sizeof passing.where_file, "%s-where.json", fixture->test->directory);
    snprintf(fixture->summary_file, sizeof fixture->summary_file, "%s-summary.json", fixture->test->directory);
    fixture->options = (struct sandbox_options){
        .directory = fixture->test->directory,
        .where_file = passing.where_file,
        .summary_file = fixture->summary_file,
        .seed = 7,
        .citizens_count = 50,
        .clerks = 4,
        .session = "s",
        .portal_adapter = far_stub_url(fixture->stub),
        .onestop_adapter = far_stub_url(fixture->stub),
        .traffic = {.mix = {7, 50, 0.4}, .rate = 200, .count = 20, .first = 1},
        .drain_ms = UINT64_C(1000) * FAR_TEST_WAIT_SECONDS,
    };
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    far_stub_stop(fixture->stub);
    far_client_close(passing.client);
    buffer_free(&passing.answer);
    unlink(passing.where_file);
    unlink(fixture->summary_file);
    far_test_end(fixture->test);
    free(fixture);
    return 0;
}

static int run(struct fixture *fixture)
{
    struct truc_fault fault = {0};
    int result = sandbox_run(&fixture->options, &fault);
    if (result < 0)
        fail_msg("%s", fault.text);
    return result;
}

static json_int_t count_of(struct fixture *fixture, const char *list)
{
    json_t *root = json_load_file(fixture->summary_file, 0, NULL);
    assert_non_null(root);
    json_int_t count = json_integer_value(json_object_get(json_object_get(root, list), "count"));
    json_decref(root);
    return count;
}

static void every_dossier_right_or_wrong_is_accounted_for(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(run(fixture), SANDBOX_COMPLETE);
    json_t *root = json_load_file(fixture->summary_file, 0, NULL);
    assert_true(json_is_true(json_object_get(root, "complete")));
    json_t *portal = json_object_get(json_object_get(root, "far-sides"), "portal");
    assert_int_equal(json_integer_value(json_object_get(portal, "submitted")), 20);
    json_decref(root);
}

static void an_absence_of_the_population_database_only_delays(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.outages[0] = (struct sandbox_outage){"population", 0, 1000, FAR_OUTAGE_REFUSED};
    fixture->options.outages_count = 1;
    assert_int_equal(run(fixture), SANDBOX_COMPLETE);
    assert_int_equal(count_of(fixture, "unexpected"), 0); /* nobody was "not found" for it */
}

static void a_lost_message_is_named(void **state)
{
    struct fixture *fixture = *state;
    passing.loses_status_9 = true;
    fixture->options.drain_ms = 1500;
    assert_int_equal(run(fixture), SANDBOX_INCOMPLETE);
    assert_true(count_of(fixture, "unfinished") > 0);
}

static void a_doubled_message_is_named(void **state)
{
    struct fixture *fixture = *state;
    passing.doubles_status_2 = true;
    assert_int_equal(run(fixture), SANDBOX_INCOMPLETE);
    assert_true(count_of(fixture, "doubled") > 0);
    assert_int_equal(count_of(fixture, "unfinished"), 0);
}

static void sigterm_ends_the_traffic_and_finishes_what_began(void **state)
{
    struct fixture *fixture = *state;
    passing.signals_at_call = 5;
    fixture->options.traffic.count = 0; /* without end */
    fixture->options.traffic.rate = 20;
    assert_int_equal(run(fixture), SANDBOX_COMPLETE);
    assert_int_equal(count_of(fixture, "unfinished"), 0);
}

static void a_directory_that_cannot_be_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.directory = "/nonexistent/further";
    struct truc_fault fault = {0};
    assert_int_equal(sandbox_run(&fixture->options, &fault), TRUC_E_IO);
    assert_true(strstr(fault.text, "/nonexistent/further") != NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_dossier_right_or_wrong_is_accounted_for, begin, end),
        cmocka_unit_test_setup_teardown(an_absence_of_the_population_database_only_delays, begin, end),
        cmocka_unit_test_setup_teardown(a_lost_message_is_named, begin, end),
        cmocka_unit_test_setup_teardown(a_doubled_message_is_named, begin, end),
        cmocka_unit_test_setup_teardown(sigterm_ends_the_traffic_and_finishes_what_began, begin, end),
        cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_is_an_error, begin, end),
    };
    /* Threads of the stub and the test must not take the signal that sandbox_run waits for. */
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
