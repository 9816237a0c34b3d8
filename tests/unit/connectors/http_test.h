/* http_test.h - an HTTP adapter file written for a test.
 * Not a test itself.
 * Used by the tests of truc-http. */
#ifndef HTTP_TEST_H
#define HTTP_TEST_H

#include "connector_test.h"
#include "http_adapter.h"

/* As connector_test_load. */
static inline int http_test_load(const char *yaml, const struct schema_set *schemas,
                                 const struct connector_override *overrides, size_t override_count,
                                 struct http_adapter **ret_adapter, struct truc_fault *fault)
{
    struct connector_adapter *adapter = NULL;
    int result = connector_test_load(&http_format, yaml, schemas, overrides, override_count, &adapter, fault);
    if (result == 0)
        *ret_adapter = (struct http_adapter *)adapter;
    return result;
}

/* Loads or fails the test with the fault's text. */
static inline struct http_adapter *http_test_adapter(const char *yaml, const struct schema_set *schemas,
                                                     const char *far_side_url)
{
    struct http_adapter *adapter = NULL;
    struct truc_fault fault = {0};
    struct connector_override url = {"far-side.url", far_side_url};
    if (http_test_load(yaml, schemas, &url, far_side_url != NULL, &adapter, &fault) < 0)
        fail_msg("%s: %s (%s)", fault.where, fault.text, fault.hint);
    return adapter;
}

#endif
