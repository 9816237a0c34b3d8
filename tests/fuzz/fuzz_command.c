/* fuzz_command.c - any bytes as a frame: all commands, and the lists within them (docs/protocol.md, "Commands").
 * What is accepted is accepted by protobuf-c too, and written again it is read as the same.
 * A fuzz target, see fuzz.h. */
#include "command.h"
#include "field_path.h"
#include "fuzz.h"

#include <truc/bus/v1/wire.pb-c.h>

/* Each walker's last code: 0 when the list is good to its end. */
static int walk_parcels(struct bytes parcels)
{
    struct parcel parcel;
    struct delivery delivery;
    struct sha256_digest hash;
    int code, inner = 0;
    for (size_t at = 0; (code = parcel_next(parcels, &at, &parcel)) > 0;) {
        for (size_t i = 0; inner >= 0 && (inner = delivery_next(parcel.deliveries, &i, &delivery)) > 0;)
            FUZZ_REQUIRE(message_size(&delivery.message) <= parcels.size);
        for (size_t i = 0; inner >= 0 && (inner = proof_next(parcel.proof, &i, &hash)) > 0;)
            FUZZ_REQUIRE(i <= parcel.proof.size);
    }
    return code < 0 ? code : inner;
}

static int walk_permissions(struct bytes permissions)
{
    struct permission permission;
    struct field_path path;
    int code, inner = 0;
    for (size_t at = 0; (code = permission_next(permissions, &at, &permission)) > 0;)
        for (size_t i = 0; inner >= 0 && (inner = field_path_next(permission.reply_fields, &i, &path)) > 0;)
            FUZZ_REQUIRE(path.count > 0 && path.count <= PROTOCOL_FIELD_PATH_STEPS_MAX);
    return code < 0 ? code : inner;
}

static int walk_settlements(struct bytes settlements)
{
    struct settlement settlement, again;
    struct bytes leaf;
    int code;
    for (size_t at = 0; (code = settlement_next(settlements, &at, &settlement, &leaf)) > 0;)
        FUZZ_REQUIRE(settlement_decode(leaf, &again) == 0 && again.sequence == settlement.sequence);
    return code;
}

static int walk_outcomes(struct bytes outcomes)
{
    struct outcome outcome;
    int code;
    for (size_t at = 0; (code = outcome_next(outcomes, &at, &outcome)) > 0;)
        FUZZ_REQUIRE(at <= outcomes.size);
    return code;
}

/* 0 when what stands in the command is good, too: decoding the frame does not look into it. */
static int walk(const struct command *command)
{
    static struct bundle bundle;
    switch (command->kind) {
    case COMMAND_WELCOME:
        return walk_permissions(command->welcome.permissions);
    case COMMAND_PUBLISH:
        return bundle_decode(command->publish.bundle, &bundle, NULL);
    case COMMAND_OUTCOMES:
        return walk_outcomes(command->outcomes.outcomes);
    case COMMAND_DELIVER:
        return walk_parcels(command->deliver.parcels);
    case COMMAND_SETTLE:
        return walk_settlements(command->settle.settlements);
    default:
        return 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct command command, again;
    struct truc_fault fault;
    if (command_decode(bytes_of(data, size), &command, &fault) != 0)
        return 0;
    if (walk(&command) == 0) {
        Truc__Bus__V1__Command *foreign = truc__bus__v1__command__unpack(NULL, size, data);
        FUZZ_REQUIRE(foreign != NULL);
        truc__bus__v1__command__free_unpacked(foreign, NULL);
    }
    BUFFER_CLEANUP struct buffer first = {0}, second = {0};
    command_encode(&command, &first);
    FUZZ_REQUIRE(command_decode(buffer_view(&first), &again, &fault) == 0 && again.kind == command.kind);
    command_encode(&again, &second);
    FUZZ_REQUIRE(bytes_equal(buffer_view(&first), buffer_view(&second)));
    return 0;
}
