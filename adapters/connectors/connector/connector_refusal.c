/* connector_refusal.c - see connector_refusal.h.
 * A code that is not named here stays what it is.
 * In the flow: pure. */
#include "connector_refusal.h"

#include <truc/error.h>

bool connector_is_passing(int code)
{
    switch (code) {
    case TRUC_E_MEMORY:
    case TRUC_E_LIMIT:
    case TRUC_E_IO:
    case TRUC_E_TIMEOUT:
    case TRUC_E_UNAVAILABLE:
    case TRUC_E_DISCONNECTED:
    case TRUC_E_CLOSED:
    case TRUC_E_EXISTS: /* it waits in the SDK's outbox: sent again after that, the bus knows it */
    case TRUC_E_CANCELLED:
    case TRUC_E_CREDIT:
    case TRUC_E_RATE:
    case TRUC_E_BLOCKED:
    case TRUC_E_SHUTTING_DOWN:
    case TRUC_E_DEADLINE:
    case TRUC_E_RETRIES:
    case TRUC_E_NOT_SERVED:
    case TRUC_E_HANDLER:
    case TRUC_E_JOURNAL_FULL:
        return true;
    default:
        return false;
    }
}
