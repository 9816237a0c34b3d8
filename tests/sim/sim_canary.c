/* sim_canary.c - the table of canaries: a name, and the oracle that must catch it. Another one, or a crash, doesn't count.
 * What each does is in sim_canary_disk.c and sim_canary_core.c.
 * See sim_canary.h. */
#include "sim_canary.h"

#include <string.h>

enum canary canary_chosen;

static const struct {
    const char *name;
    enum oracle oracle;
} canaries[CANARY_COUNT] = {
    [CANARY_ACKNOWLEDGE_BEFORE_SYNC] = {"acknowledge-before-sync", ORACLE_DURABILITY},
    [CANARY_DELIVER_BEFORE_SYNC] = {"deliver-before-sync", ORACLE_DURABILITY},
    [CANARY_SKIP_DIRECTORY_SYNC] = {"skip-directory-sync", ORACLE_DURABILITY},
    [CANARY_RETRY_FAILED_SYNC] = {"retry-failed-sync", ORACLE_DURABILITY},
    [CANARY_CUT_VALID_GROUP] = {"cut-valid-group", ORACLE_SURVIVAL},
    [CANARY_FORGET_IDS_AT_RESTART] = {"forget-ids-at-restart", ORACLE_ONCE},
    [CANARY_FORGET_IDS_ON_DISK] = {"forget-ids-on-disk", ORACLE_ONCE},
    [CANARY_DELIVER_BEYOND_CREDIT] = {"deliver-beyond-credit", ORACLE_CREDIT},
    [CANARY_DELIVER_TO_SUSPENDED] = {"deliver-to-suspended", ORACLE_ALLOWED},
    [CANARY_DELIVER_AFTER_LAPSE] = {"deliver-after-lapse", ORACLE_ALLOWED},
    [CANARY_FORGET_SETTLEMENT] = {"forget-settlement", ORACLE_SETTLED},
    [CANARY_SETTLE_WITHOUT_RECEIPT] = {"settle-without-receipt", ORACLE_RECEIPT},
    [CANARY_BREAK_ORDER] = {"break-order", ORACLE_ORDER},
    [CANARY_DROP_WHEN_FULL] = {"drop-when-full", ORACLE_RECEIPT},
    [CANARY_ACCEPT_REVOKED_KEY] = {"accept-revoked-key", ORACLE_KEY},
    [CANARY_IGNORE_BLOCKED_KEYS] = {"ignore-blocked-keys", ORACLE_BOUNDS},
    [CANARY_DELIVER_TOO_EARLY] = {"deliver-too-early", ORACLE_TIME},
    [CANARY_REFUSE_WITHOUT_REASON] = {"refuse-without-reason", ORACLE_REFUSAL},
};

int canary_choose(const char *name, enum oracle *ret_oracle)
{
    for (unsigned i = CANARY_NONE + 1; i < CANARY_COUNT; i++)
        if (strcmp(name, canaries[i].name) == 0) {
            canary_chosen = (enum canary)i;
            *ret_oracle = canaries[i].oracle;
            return 0;
        }
    return -1;
}
