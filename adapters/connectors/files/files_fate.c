/* files_fate.c - see files_fate.h.
 * A passing trouble is no verdict over the file, whatever it holds.
 * In the flow: pure. */
#include "files_fate.h"

#include <truc/error.h>

#include "connector_refusal.h"

enum files_fate files_fate_of(int code, bool is_classified)
{
    if (code == 0)
        return FILES_DONE;
    if (connector_is_passing(code))
        return FILES_AGAIN;
    return is_classified && code != TRUC_E_SECRET ? FILES_FAILED : FILES_QUARANTINE;
}

const char *files_fate_name(enum files_fate fate)
{
    static const char *const names[] = {"done", "again", "failed", "quarantine"};
    return names[fate];
}
