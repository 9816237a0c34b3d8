/* test_http_systems.c - the adapters under adapters/systems keep their golden cases, and refuse what they must.
 * Runs their own files, without network and bus.
 * Promise: what an adapter's README says about its messages is what comes out. */
#include "connector_test.h"

#include <stdio.h>

#include "connector_case.h"
#include "http_adapter.h"

static void tell(void *context, const char *file, const char *title, const char *difference)
{
    (void)context;
    if (difference)
        print_error("%s (%s):\n%s\n", file, title, difference);
}

static void keeps_its_cases(const char *system, size_t accepts, size_t serves)
{
    char path[512];
    struct truc_fault fault = {0};
    struct connector_adapter *adapter = NULL;
    struct schema_set *schemas = connector_test_schemas();
    snprintf(path, sizeof(path), "%s/%s/adapter.yaml", SYSTEMS_DIRECTORY, system);
    if (connector_adapter_load(&http_format, path, schemas, NULL, 0, &adapter, &fault) < 0)
        fail_msg("%s: %s (%s)", fault.where, fault.text, fault.hint);
    assert_int_equal(http_adapter_of(adapter)->accept_count, accepts);
    assert_int_equal(http_adapter_of(adapter)->serve_count, serves);
    assert_string_equal(adapter->name, system);
    snprintf(path, sizeof(path), "%s/%s/cases", SYSTEMS_DIRECTORY, system);
    int failed = connector_cases_run(adapter, path, tell, NULL, &fault);
    if (failed < 0)
        fail_msg("%s", fault.text);
    assert_int_equal(failed, 0);
    connector_adapter_free(adapter);
    schema_set_free(schemas);
}

static void portal_keeps_its_cases(void **state)
{
    (void)state;
    keeps_its_cases("portal", 2, 5);
}

static void onestop_keeps_its_cases(void **state)
{
    (void)state;
    keeps_its_cases("onestop", 6, 4);
}

static void population_keeps_its_cases(void **state)
{
    (void)state;
    keeps_its_cases("population", 0, 1);
}

static void national_portal_keeps_its_cases(void **state)
{
    (void)state;
    keeps_its_cases("national-portal", 0, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(portal_keeps_its_cases),
        cmocka_unit_test(onestop_keeps_its_cases),
        cmocka_unit_test(population_keeps_its_cases),
        cmocka_unit_test(national_portal_keeps_its_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
