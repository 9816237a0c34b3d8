/* fuzz_seeds_core.c - first inputs of the targets that start a small broker: its own snapshot, and a question for each verb.
 * The snapshot's version and position are left out: the target puts its own before.
 * Part of truc-fuzz-seeds (fuzz_seeds.c). */
#include "core_world.h"
#include "fuzz.h"
#include "fuzz_seeds.h"
#include "operate.h"
#include "protobuf_wire.h"

static void snapshot_seed(void)
{
    BUFFER_CLEANUP struct buffer state = {0};
    struct driver driver;
    struct wire_field field;
    core_world_copy(&driver);
    driver_start(&driver);
    FUZZ_REQUIRE(core_save(engine_core(driver.engine), &state) == 0);
    struct wire_reader reader = wire_read(buffer_view(&state));
    FUZZ_REQUIRE(wire_next(&reader, &field) > 0 && wire_next(&reader, &field) > 0 && field.number == 2);
    fuzz_seed_save("snapshot", "whole", BYTES_EMPTY, bytes_of(reader.at, (size_t)(reader.end - reader.at)));
    core_world_end(&driver);
}

/* Arguments that fit some verb: a Change, a DeadQuery, a PayloadQuery or a PersonLook has its fields by these numbers. */
static void question(size_t verb, struct bytes arguments)
{
    char name[64];
    BUFFER_CLEANUP struct buffer input = {0};
    for (uint8_t who = 0; who < 3; who++) {
        buffer_append_byte(&input, (uint8_t)verb);
        buffer_append_byte(&input, who);
        buffer_append_byte(&input, (uint8_t)arguments.size);
        buffer_append_bytes(&input, arguments);
    }
    (void)snprintf(name, sizeof name, "%s-%u", operate_verb(verb), (unsigned)arguments.size);
    fuzz_seed_save("operator", name, BYTES_EMPTY, buffer_view(&input));
}

static void operator_seeds(void)
{
    static const uint8_t hash[SHA256_BYTES] = {1, 2, 3};
    BUFFER_CLEANUP struct buffer change = {0}, dead = {0}, payload = {0}, person = {0};
    wire_put_string(&change, 1, "beta");
    wire_put_string(&change, 2, "why");
    wire_put_string(&dead, 1, "beta");
    wire_put_string(&dead, 4, "why");
    wire_put_string(&dead, 7, "HANDLER");
    wire_put_uint(&payload, 1, 8);
    wire_put_string(&payload, 2, "why");
    wire_put_bytes(&person, 1, bytes_of(hash, sizeof hash));
    wire_put_uint(&person, 2, 1);
    wire_put_string(&person, 3, "why");
    const struct bytes arguments[] = {BYTES_EMPTY, buffer_view(&change), buffer_view(&dead), buffer_view(&payload),
                                      buffer_view(&person)};
    for (size_t verb = 0; operate_verb(verb) != NULL; verb++)
        for (size_t i = 0; i < COUNT_OF(arguments); i++)
            question(verb, arguments[i]);
}

void fuzz_seeds_core(void)
{
    snapshot_seed();
    operator_seeds();
}
