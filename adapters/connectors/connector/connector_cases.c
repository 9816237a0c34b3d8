/* connector_cases.c - runs the case files of a directory and says what differs.
 * What one case feeds is its connector's matter.
 * In the flow: --cases and tests/unit/connectors. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "connector_case.h"
#include "fault.h"

enum { PATH_BYTES_MAX = 4096 };

static int is_case(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 5 && strcmp(entry->d_name + size - 5, ".json") == 0;
}

/* 1 when the case failed, 0 when not, or TRUC_E_MEMORY. */
static int run_one(const struct connector_adapter *adapter, const char *directory, const char *file,
                   connector_case_told *told, void *context)
{
    char path[PATH_BYTES_MAX];
    struct truc_fault fault = {0};
    json_error_t error = {.text = "the path is too long"};
    json_t *test = NULL, *actual = json_object();
    if (snprintf(path, sizeof(path), "%s/%s", directory, file) < (int)sizeof(path))
        test = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!test) {
        told(context, file, "", error.text);
        json_decref(actual);
        return 1;
    }
    const char *title = json_string_value(json_object_get(test, "title"));
    int result = actual ? adapter->format->run_case(adapter, json_object_get(test, "given"), actual, &fault)
                        : connector_case_no_memory(&fault);
    bool same = result == 0 && json_equal(actual, json_object_get(test, "expect"));
    char *text = result == 0 && !same ? json_dumps(actual, JSON_INDENT(2)) : NULL;
    if (result == TRUC_E_MEMORY || (result == 0 && !same && !text)) {
        json_decref(test);
        json_decref(actual);
        return TRUC_E_MEMORY;
    }
    told(context, file, title ? title : "", same ? NULL : text ? text : fault.text);
    free(text);
    json_decref(test);
    json_decref(actual);
    return !same;
}

int connector_cases_run(const struct connector_adapter *adapter, const char *directory, connector_case_told *told,
                        void *context, struct truc_fault *fault)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, is_case, alphasort), failed = 0;
    if (count < 0)
        return fault_set(fault, TRUC_E_IO, "%s can't be read", directory);
    for (int i = 0; i < count; i++) {
        int result = failed < 0 ? 0 : run_one(adapter, directory, entries[i]->d_name, told, context);
        failed = result < 0 ? result : failed + result;
        free(entries[i]);
    }
    free(entries);
    if (count == 0)
        return fault_set(fault, TRUC_E_IO, "%s holds no case", directory);
    return failed < 0 ? fault_set(fault, failed, "no memory for a case") : failed;
}
