/* sim_model.c - the table itself: a line for each permission, a line for each thing that a configuration changes.
 * Knows systems and types by name; no route, agreement or schema.
 * See sim_model.h. */
#include "sim_model.h"

const char *const sim_names[SIM_CLIENTS] = {"alpha", "beta", "gamma", "delta", "mallory", "ops"};

int sim_client_of(struct bytes name)
{
    for (int i = 0; i < SIM_CLIENTS; i++)
        if (bytes_equal_string(name, sim_names[i]))
            return i;
    return -1;
}

static bool may_tell(int sender, enum sim_client receiver)
{
    switch (sender) {
    case SIM_ALPHA:
        return receiver == SIM_BETA || receiver == SIM_GAMMA || receiver == SIM_MALLORY;
    case SIM_BETA:
        return receiver == SIM_ALPHA || receiver == SIM_GAMMA;
    case SIM_MALLORY:
        return receiver == SIM_GAMMA;
    default:
        return false;
    }
}

bool model_allows(enum sim_configuration configuration, uint64_t wall_ns, struct bytes sender, struct bytes type,
                  enum sim_client receiver)
{
    int from = sim_client_of(sender);
    bool tells = bytes_equal_string(type, "dossier.progress"), asks = bytes_equal_string(type, "citizen.verify"),
         replies = bytes_equal_string(type, "citizen.verify.reply");
    bool asker = from == SIM_ALPHA || from == SIM_BETA;
    if ((configuration == SIM_REMOVED || configuration == SIM_SUSPENDED) && receiver == SIM_GAMMA)
        return false;
    if (configuration == SIM_LAPSING && wall_ns >= SIM_LAPSE_NS &&
        ((tells && from == SIM_BETA && receiver == SIM_GAMMA) || (asks && from == SIM_ALPHA && receiver == SIM_DELTA) ||
         (replies && receiver == SIM_ALPHA)))
        return false;
    if (tells)
        return may_tell(from, receiver);
    if (asks) /* gamma sees that it was asked */
        return asker && (receiver == SIM_DELTA || receiver == SIM_GAMMA);
    return replies && from == SIM_DELTA && (receiver == SIM_ALPHA || receiver == SIM_BETA);
}

bool model_key_counts(enum sim_configuration configuration, enum sim_client client, unsigned key)
{
    return !(client == SIM_MALLORY && key == 1) && !(configuration == SIM_REVOKED && client == SIM_BETA && key == 0);
}
