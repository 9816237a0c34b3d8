/* sim_network.c - when frames arrive, and whether; who hears of an end, and when.
 * Frames of an old connection may still arrive at the broker after those of a new one: connections know nothing of each other.
 * See sim_network.h. */
#include "sim_network.h"

#include <stdlib.h>

#include "sim_world.h"

static uint64_t latency(struct world *world)
{
    if (world->faults && random_chance(&world->random, 2))
        return random_below(&world->random, 2000000000); /* jammed */
    return 50000 + random_below(&world->random, 500000);
}

uint64_t network_connect(struct world *world, unsigned client)
{
    struct sim_network *network = &world->network;
    struct connection *connection = calloc(1, sizeof *connection);
    if (network->count == network->capacity) {
        network->capacity = network->capacity ? 2 * network->capacity : 64;
        network->connections = realloc(network->connections, network->capacity * sizeof *network->connections);
    }
    if (connection == NULL || network->connections == NULL)
        abort();
    network->connections[network->count++] = connection;
    bool up = world->broker.engine != NULL;
    *connection = (struct connection){.peer = network->count,
                                      .client = client,
                                      .life = world->broker.life,
                                      .client_open = true,
                                      .broker_open = up,
                                      .cut_ns = UINT64_MAX};
    world_later(world, latency(world), up ? SIM_CONNECTED : SIM_LOST, connection->peer);
    return connection->peer;
}

struct connection *network_find(const struct world *world, uint64_t peer)
{
    return peer && peer <= world->network.count ? world->network.connections[peer - 1] : NULL;
}

/* When a frame arrives: behind the one before it. 0: never. */
static uint64_t arrival(struct world *world, struct connection *connection, uint64_t *last_ns)
{
    uint64_t at_ns = world->now_ns + latency(world);
    if (at_ns < connection->clogged_ns)
        at_ns = connection->clogged_ns;
    if (at_ns <= *last_ns)
        at_ns = *last_ns + 1;
    *last_ns = at_ns;
    return connection->silent || at_ns > connection->cut_ns ? 0 : at_ns;
}

void network_to_broker(struct world *world, uint64_t peer, struct bytes frame)
{
    struct connection *connection = network_find(world, peer);
    uint64_t at_ns = connection && connection->client_open ? arrival(world, connection, &connection->to_broker_ns) : 0;
    if (at_ns)
        world_at(world, at_ns, SIM_FRAME_TO_BROKER, peer, frame);
}

int network_to_client(struct world *world, uint64_t peer, struct bytes frame)
{
    struct connection *connection = network_find(world, peer);
    if (connection == NULL || !connection->broker_open)
        return TRUC_E_DISCONNECTED;
    oracle_sent(world, connection, frame);
    uint64_t at_ns = arrival(world, connection, &connection->to_client_ns);
    if (at_ns)
        world_at(world, at_ns, SIM_FRAME_TO_CLIENT, peer, frame);
    return 0;
}

/* What is on its way arrives up to some moment. */
static void cut(struct world *world, struct connection *connection)
{
    uint64_t at_ns = world->now_ns + (random_chance(&world->random, 50) ? random_below(&world->random, 3000000) : 0);
    if (random_chance(&world->random, 70) && at_ns < connection->cut_ns)
        connection->cut_ns = at_ns;
}

void network_client_closes(struct world *world, uint64_t peer)
{
    struct connection *connection = network_find(world, peer);
    if (connection == NULL || !connection->client_open)
        return;
    connection->client_open = false;
    cut(world, connection);
    if (random_chance(&world->random, 70)) /* else it is half-open until the broker hears nothing for long */
        world_later(world, latency(world), SIM_BROKER_NOTICES, peer);
}

void network_broker_closes(struct world *world, uint64_t peer)
{
    struct connection *connection = network_find(world, peer);
    if (connection == NULL || !connection->broker_open)
        return;
    connection->broker_open = false;
    uint64_t after_ns = connection->to_client_ns > world->now_ns ? connection->to_client_ns : world->now_ns;
    if (!connection->silent)
        world_at(world, after_ns + 1000, SIM_LOST, peer, BYTES_EMPTY);
}

void network_broker_dies(struct world *world)
{
    for (size_t i = 0; i < world->network.count; i++) {
        struct connection *connection = world->network.connections[i];
        if (!connection->broker_open)
            continue;
        cut(world, connection);
        connection->silent &= random_chance(&world->random, 50); /* a new broker knows nothing of it, and says so */
        network_broker_closes(world, connection->peer);
    }
}

void network_lose(struct world *world, uint64_t peer)
{
    struct connection *connection = network_find(world, peer);
    if (connection == NULL || !connection->client_open)
        return;
    cut(world, connection);
    world_later(world, latency(world), SIM_LOST, peer);
    if (random_chance(&world->random, 50))
        world_later(world, latency(world), SIM_BROKER_NOTICES, peer);
}

void network_silence(struct world *world, uint64_t peer)
{
    struct connection *connection = network_find(world, peer);
    if (connection)
        connection->silent = true;
}

void network_clog(struct world *world, uint64_t peer, uint64_t span_ns)
{
    struct connection *connection = network_find(world, peer);
    if (connection)
        connection->clogged_ns = world->now_ns + span_ns;
}

void network_free(struct sim_network *network)
{
    for (size_t i = 0; i < network->count; i++) {
        map_free(&network->connections[i]->out);
        free(network->connections[i]);
    }
    free(network->connections);
}
