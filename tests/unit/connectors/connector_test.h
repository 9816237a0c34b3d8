/* connector_test.h - what the connector's tests share: the project's schemas, adapter files written for a test.
 * Not a test itself.
 * Used by every test of this folder. */
#ifndef CONNECTOR_TEST_H
#define CONNECTOR_TEST_H

#include "cmocka_start.h"

#include "fault.h"
#include "connector_adapter.h"

/* The project's descriptor set; fails the test when it can't be loaded. Free with schema_set_free. */
struct schema_set *connector_test_schemas(void);

/* Writes @yaml to a file of its own and loads it; removes the file. */
int connector_test_load(const struct connector_format *format, const char *yaml, const struct schema_set *schemas,
                        const struct connector_override *overrides, size_t override_count,
                        struct connector_adapter **ret_adapter, struct truc_fault *fault);

#endif
