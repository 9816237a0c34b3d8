/* scope.c - looks the asker up in the policy, each time.
 * See scope.h. */
#include "scope.h"

#include "fault.h"
#include "policy.h"
#include "words.h"

bool scope_is_whole(const struct client *session)
{
    return session->role == POLICY_ROLE_OPERATOR || session->role == POLICY_ROLE_AUDITOR;
}

static const struct policy_system *asker_of(const struct core *core, const struct client *session)
{
    return policy_system_by_id(core->policy, bytes_string(session->system));
}

bool scope_holds(const struct core *core, const struct client *session, struct bytes system)
{
    const struct policy_system *asker = asker_of(core, session);
    return scope_is_whole(session) || (asker && policy_looks_after(asker, system));
}

int scope_check(const struct core *core, const struct client *session, struct bytes system, struct truc_fault *fault)
{
    if (scope_holds(core, session, system))
        return 0;
    fault_set(fault, TRUC_E_STATE, "'%.*s' is none of the systems that '%s' looks after", BYTES_PRINTF(system),
              session->system);
    return fault_hint(fault, N_("truc status shows those; an operator can add one: truc explain systems"));
}

void scope_describe(const struct core *core, const struct client *session, struct buffer *out)
{
    const struct policy_system *asker = asker_of(core, session);
    for (uint32_t i = 0; !scope_is_whole(session) && asker && i < asker->looks_after_count; i++)
        buffer_printf(out, "%s%s", i ? ", " : "", asker->looks_after[i]->id);
}
