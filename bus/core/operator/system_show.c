/* system_show.c - the texts that `truc config diff` compares, of one system and of every rule that names it.
 * See system_show.h. */
#include "system_show.h"

#include "fault.h"
#include "policy.h"
#include "policy_text.h"
#include "protobuf_wire.h"
#include "words.h"

static bool is_at_its_ends(const struct policy_route *route, const struct policy_system *system)
{
    return policy_holds_system(route->from, route->from_count, system) ||
           policy_holds_system(route->to, route->to_count, system) ||
           policy_holds_system(route->observe, route->observe_count, system);
}

/* An element { name = 1, text = 2 }. */
static void put_rule(struct buffer *out, uint32_t number, const char *name, const struct buffer *text)
{
    size_t mark = wire_begin(out, number);
    wire_put_string(out, 1, name);
    wire_put_bytes(out, 2, buffer_view(text));
    wire_end(out, mark);
}

int system_show(const struct core *core, struct bytes id, struct buffer *out, struct truc_fault *fault)
{
    const struct policy *policy = core->policy;
    const struct policy_system *system = policy_system_by_id(policy, id);
    BUFFER_CLEANUP struct buffer text = {0};
    if (system == NULL) {
        fault_set(fault, TRUC_E_NOT_FOUND, "there is no system '%.*s'", BYTES_PRINTF(id));
        return fault_hint(fault, N_("truc status shows the systems"));
    }
    policy_text_system(system, &text);
    wire_put_string(out, 1, system->id);
    wire_put_bytes(out, 2, buffer_view(&text));
    for (uint32_t i = 0; i < policy->routes_count; i++)
        if (is_at_its_ends(&policy->routes[i], system)) {
            buffer_clear(&text);
            policy_text_route(&policy->routes[i], &text);
            put_rule(out, 3, policy->routes[i].name, &text);
        }
    for (uint32_t i = 0; i < policy->agreements_count; i++)
        if (policy->agreements[i].provider == system || policy->agreements[i].consumer == system) {
            buffer_clear(&text);
            policy_text_agreement(&policy->agreements[i], &text);
            put_rule(out, 4, policy->agreements[i].name, &text);
        }
    return buffer_failed(&text);
}
