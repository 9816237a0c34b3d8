/* fuzz_policy.c - any text as the files of a configuration: YAML, its meaning, and the report of what is wrong.
 * There is a policy or an error told with a file, never neither.
 * A fuzz target, see fuzz.h: files stand one after the other, "=== NAME" in a line before each. */
#include "fuzz.h"
#include "fuzz_schemas.h"
#include "policy_load.h"

enum { FILES_MAX = 16, NAME_BYTES_MAX = 64 };
static const char mark[] = "=== ";

static size_t split(struct bytes input, char names[FILES_MAX][NAME_BYTES_MAX], struct policy_file *files)
{
    size_t count = 0;
    const uint8_t *at = input.data, *end = input.data + input.size;
    while (count < FILES_MAX && (size_t)(end - at) > sizeof mark && memcmp(at, mark, sizeof mark - 1) == 0) {
        const uint8_t *name = at + sizeof mark - 1, *line = memchr(name, '\n', (size_t)(end - name));
        if (line == NULL || line - name >= NAME_BYTES_MAX || memchr(name, 0, (size_t)(line - name)) != NULL)
            break;
        (void)snprintf(names[count], NAME_BYTES_MAX, "%.*s", (int)(line - name), (const char *)name);
        const uint8_t *next = memmem(line, (size_t)(end - line), "\n=== ", 5);
        at = next != NULL ? next + 1 : end;
        files[count] = (struct policy_file){names[count], bytes_of(line + 1, (size_t)(at - line - 1))};
        for (size_t i = 0; i < count; i++)
            if (strcmp(names[i], names[count]) == 0)
                return count;
        count++;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char names[FILES_MAX][NAME_BYTES_MAX];
    struct policy_file files[FILES_MAX];
    const struct policy_load_options options = {
        .schemas = fuzz_schemas(), .now_ns = 1795000000000000000ull, .allow_missing_keys = true};
    struct policy_report report = {0};
    struct policy *policy = NULL;
    BUFFER_CLEANUP struct buffer text = {0}, json = {0};
    size_t count = split(bytes_of(data, size), names, files);
    int code = policy_load_files(files, count, &options, &policy, &report);
    policy_report_print(&report, "", &text);
    FUZZ_REQUIRE(policy_report_json(&report, "", &json) == 0);
    FUZZ_REQUIRE((code == 0) == (policy != NULL));
    FUZZ_REQUIRE(code == 0 || (code == TRUC_E_CONFIG && text.size > 0));
    policy_free(policy);
    policy_report_free(&report);
    return 0;
}
