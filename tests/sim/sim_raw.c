/* sim_raw.c - connecting, saying hello, signing and sending for clients without the SDK.
 * Nothing is checked: that is what some of them are for.
 * See sim_raw.h. */
#include "sim_raw.h"

#include <stdlib.h>

#include "sim_world.h"

void raw_connect(struct world *world, struct sim_raw *raw)
{
    raw->is_welcome = false;
    raw->peer = network_connect(world, raw->client);
}

void raw_disconnect(struct world *world, struct sim_raw *raw)
{
    network_client_closes(world, raw->peer);
    raw->peer = 0;
    raw->is_welcome = false;
}

void raw_send(struct world *world, const struct sim_raw *raw, const struct command *command)
{
    struct buffer frame BUFFER_CLEANUP = {0};
    command_encode(command, &frame);
    if (buffer_failed(&frame))
        abort();
    network_to_broker(world, raw->peer, buffer_view(&frame));
}

void raw_hello(struct world *world, const struct sim_raw *raw, uint64_t credit_bytes, const char *system)
{
    uint8_t session[PROTOCOL_SESSION_BYTES] = {(uint8_t)raw->client, 0xff};
    store_le64(session + 8, raw->peer);
    struct command hello = {.kind = COMMAND_HELLO};
    hello.hello = (struct command_hello){.version_min = PROTOCOL_VERSION,
                                         .version_max = PROTOCOL_VERSION,
                                         .bus = bytes_string(SIM_BUS_ID),
                                         .system = bytes_string(system),
                                         .session = bytes_of(session, sizeof session),
                                         .software = bytes_string("raw"),
                                         .receive_credit_bytes = credit_bytes};
    raw_send(world, raw, &hello);
}

void raw_sign(const struct world *world, unsigned client, unsigned key, enum statement_kind kind,
              const struct sha256_digest *leaves, size_t count, struct buffer *out)
{
    struct buffer text BUFFER_CLEANUP = {0};
    const struct keyring *keyring = &world->bus->keyrings[client][key];
    struct statement statement = {.kind = kind,
                                  .bus = bytes_string(SIM_BUS_ID),
                                  .system = bytes_string(sim_names[client]),
                                  .key_id = key_id_view(&keyring->own.key.id),
                                  .count = count,
                                  .root = merkle_root(leaves, count)};
    statement_write(&statement, &text);
    if (buffer_failed(&text) || signing_key_sign(keyring->key, buffer_view(&text), out) < 0)
        abort();
}
