/* test_sandbox_parse.c - shares, rates, outages and addresses are read as written, and refused when they are not.
 * The option table itself is argp's. */
#include "far_test.h"
#include "sandbox_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void shares(void **state)
{
    (void)state;
    double share = -1;
    assert_int_equal(sandbox_share_parse("8%", &share, NULL), 0);
    assert_float_equal(share, 0.08, 1e-9);
    assert_int_equal(sandbox_share_parse("0.25", &share, NULL), 0);
    assert_float_equal(share, 0.25, 1e-9);
    static const char *const wrongs[] = {"", "%", "8%%", "-1", "1.5", "101%", "nan", "x", "8 %"};
    for (size_t i = 0; i < COUNT_OF(wrongs); i++) {
        share = 7;
        assert_int_equal(sandbox_share_parse(wrongs[i], &share, NULL), TRUC_E_ARGUMENT);
        assert_float_equal(share, 7, 0);
    }
}

static void rates(void **state)
{
    (void)state;
    double rate = -1;
    assert_int_equal(sandbox_rate_parse("20/s", &rate, NULL), 0);
    assert_float_equal(rate, 20, 0);
    assert_int_equal(sandbox_rate_parse("0.5", &rate, NULL), 0);
    assert_float_equal(rate, 0.5, 0);
    static const char *const wrongs[] = {"", "/s", "20/m", "-1", "5001", "inf"};
    for (size_t i = 0; i < COUNT_OF(wrongs); i++)
        assert_int_equal(sandbox_rate_parse(wrongs[i], &rate, NULL), TRUC_E_ARGUMENT);
}

static void outages(void **state)
{
    (void)state;
    char text[] = "population:5s+8s", other[] = "portal:0s+250ms:503";
    struct sandbox_outage outage;
    assert_int_equal(sandbox_outage_parse(text, &outage, NULL), 0);
    assert_string_equal(outage.id, "population");
    assert_int_equal(outage.start_ms, 5000);
    assert_int_equal(outage.length_ms, 8000);
    assert_int_equal(outage.kind, FAR_OUTAGE_REFUSED);
    assert_int_equal(sandbox_outage_parse(other, &outage, NULL), 0);
    assert_int_equal(outage.length_ms, 250);
    assert_int_equal(outage.kind, FAR_OUTAGE_503);
    char wrongs[][40] = {"population",  "population:5s", "nobody:1s+1s",
                         "portal:x+1s", "portal:1s+",    "portal:1s+1s:404"};
    for (size_t i = 0; i < COUNT_OF(wrongs); i++)
        assert_int_equal(sandbox_outage_parse(wrongs[i], &outage, NULL), TRUC_E_ARGUMENT);
}

static void an_address_is_a_url_or_a_file_that_may_come_later(void **state)
{
    (void)state;
    char url[FAR_URL_BYTES_MAX], path[] = "/tmp/truc-far-address-XXXXXX", text[64];
    const struct far_address plain = {"http://127.0.0.1:1/"}, none = {NULL};
    assert_int_equal(far_address_url(&plain, "/dossiers", url, NULL), 0);
    assert_string_equal(url, "http://127.0.0.1:1/dossiers");
    assert_int_equal(far_address_url(&none, "/", url, NULL), TRUC_E_UNAVAILABLE);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    snprintf(text, sizeof text, "@%s", path);
    const struct far_address file = {text};
    assert_int_equal(far_address_url(&file, "/x", url, NULL), TRUC_E_CONFIG);
    static const char content[] = "{\"url\":\"http://127.0.0.1:2\"}";
    assert_int_equal(write(fd, content, sizeof content - 1), sizeof content - 1);
    close(fd);
    assert_int_equal(far_address_url(&file, "/x", url, NULL), 0);
    assert_string_equal(url, "http://127.0.0.1:2/x");
    unlink(path);
    assert_int_equal(far_address_url(&file, "/x", url, NULL), TRUC_E_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares),
        cmocka_unit_test(rates),
        cmocka_unit_test(outages),
        cmocka_unit_test(an_address_is_a_url_or_a_file_that_may_come_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
