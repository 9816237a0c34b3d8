/* flow_evidence.c - reading what a run left behind.
 * See flow_evidence.h.
 * Files are read after everything has ended; truc reads the journal with no broker running, or asks a new one. */
#include "flow_evidence.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"

enum { ARGUMENTS_MAX = 16, CITIZEN_DIGITS = 12 };

static int read_codes(sqlite3 *store, enum flow_class class, struct flow_codes *codes, struct truc_fault *fault)
{
    sqlite3_stmt *row = NULL;
    int result =
        sqlite3_prepare_v2(store, "SELECT code FROM submissions WHERE class = ? ORDER BY number", -1, &row, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_bind_int(row, 1, (int)class);
    if (result == SQLITE_OK)
        while ((result = sqlite3_step(row)) == SQLITE_ROW && codes->count < FLOW_CODES_MAX)
            (void)snprintf(codes->codes[codes->count++], FLOW_CODE_BYTES, "%s",
                           (const char *)sqlite3_column_text(row, 0));
    sqlite3_finalize(row);
    return result == SQLITE_ROW || result == SQLITE_DONE
               ? 0
               : fault_set(fault, TRUC_E_IO, "the portal's store: %s", sqlite3_errmsg(store));
}

int flow_codes_read(const char *demo_state, enum flow_class class, struct flow_codes *ret_codes,
                    struct truc_fault *fault)
{
    char path[KIT_PATH_BYTES];
    sqlite3 *store = NULL;
    *ret_codes = (struct flow_codes){0};
    int code = kit_path(path, fault, "%s/sandbox/portal.db", demo_state);
    if (code < 0)
        return code;
    code = sqlite3_open_v2(path, &store, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK
               ? read_codes(store, class, ret_codes, fault)
               : fault_set(fault, TRUC_E_IO, "%s can't be opened", path);
    sqlite3_close(store);
    return code;
}

json_t *flow_account_read(const char *demo_state, struct truc_fault *fault)
{
    char path[KIT_PATH_BYTES];
    json_error_t error;
    if (kit_path(path, fault, "%s/run/summary.json", demo_state) < 0)
        return NULL;
    json_t *account = json_load_file(path, 0, &error);
    if (account == NULL)
        fault_set(fault, TRUC_E_IO, "%s: %s", path, error.text);
    return account;
}

json_t *flow_ask(const struct kit_bus *bus, const char *const arguments[], struct truc_fault *fault)
{
    const char *all[ARGUMENTS_MAX];
    BUFFER_CLEANUP struct buffer output = {0};
    json_error_t error;
    size_t count = 0;
    for (; count < ARGUMENTS_MAX - 3 && arguments[count]; count++)
        all[count] = arguments[count];
    all[count++] = "--output";
    all[count++] = "json";
    all[count] = NULL;
    int status = kit_bus_truc(bus, all, &output, fault);
    if (status < 0)
        return NULL;
    json_t *answer = status == 0 ? json_loadb((const char *)output.data, output.size, 0, &error) : NULL;
    if (answer == NULL)
        fault_set(fault, TRUC_E_STATE, "truc %s ended with %d and said %.200s", arguments[0], status,
                  buffer_string(&output) ? buffer_string(&output) : "");
    return answer;
}

int flow_journal_read(const struct kit_bus *bus, struct buffer *out, struct truc_fault *fault)
{
    static const char *const arguments[] = {"journal", "show",      "--from",   "0",    "--count",
                                            "1000000", "--payload", "--output", "json", NULL};
    int status = kit_bus_truc(bus, arguments, out, fault);
    if (status == 0)
        return buffer_string(out) ? 0 : fault_set(fault, TRUC_E_MEMORY, "no memory for the journal");
    return status < 0 ? status : fault_set(fault, TRUC_E_STATE, "truc journal show ended with %d", status);
}

bool flow_has_citizen(const uint8_t *text, size_t size)
{
    size_t run = 0;
    for (size_t i = 0; i <= size; i++) {
        if (i < size && isdigit(text[i])) {
            run++;
            continue;
        }
        size_t start = i - run; /* digits between letters are part of a hash */
        bool alone = (start == 0 || !isalpha(text[start - 1])) && (i == size || !isalpha(text[i]));
        if (run == CITIZEN_DIGITS && alone && text[start + 3] == '9')
            return true;
        run = 0;
    }
    return false;
}

static int look_into(const char *path, bool *ret_found, struct truc_fault *fault)
{
    char line[8192];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fault_errno(fault, TRUC_E_IO, errno, "%s", path);
    while (!*ret_found && fgets(line, sizeof line, file))
        *ret_found = flow_has_citizen((const uint8_t *)line, strlen(line));
    fclose(file);
    return 0;
}

int flow_find_citizen(const char *folder, bool *ret_found, char ret_where[KIT_PATH_BYTES], struct truc_fault *fault)
{
    DIR *directory = opendir(folder);
    int code = directory ? 0 : fault_errno(fault, TRUC_E_IO, errno, "%s", folder);
    *ret_found = false;
    for (const struct dirent *entry; code == 0 && !*ret_found && (entry = readdir(directory));) {
        if (entry->d_type != DT_REG)
            continue;
        code = kit_path(ret_where, fault, "%s/%s", folder, entry->d_name);
        if (code == 0)
            code = look_into(ret_where, ret_found, fault);
    }
    if (directory)
        closedir(directory);
    return code;
}
