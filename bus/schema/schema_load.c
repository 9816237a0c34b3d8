/* schema_load.c - takes a serialised descriptor set apart, within bounds, and hands it to the table builder.
 * Not a reader of payloads. protobuf-c unpacks it, whose recursion has no limit: nesting is checked on the wire first.
 * At start and on reload of the configuration. */
#include "fault.h"
#include "schema_set.h"
#include "schema_wire.h"

#include <stdlib.h>

/* Field numbers of descriptor.proto on the only recursive way through it: messages within messages. */
enum { SCHEMA_SET_FILE = 1, SCHEMA_FILE_MESSAGE = 4, SCHEMA_MESSAGE_NESTED = 3 };

static int schema_load_depth(struct bytes message, unsigned depth, struct truc_fault *fault)
{
    if (depth > SCHEMA_DESCRIPTOR_DEPTH_MAX)
        return fault_set(fault, TRUC_E_LIMIT, "the descriptor set nests messages more than %d deep",
                         SCHEMA_DESCRIPTOR_DEPTH_MAX);
    uint32_t inner = depth == 1 ? SCHEMA_SET_FILE : depth == 2 ? SCHEMA_FILE_MESSAGE : SCHEMA_MESSAGE_NESTED;
    struct schema_wire wire = schema_wire_of(message);
    struct schema_wire_field field;
    struct truc_fault reason = {0};
    int result;
    while ((result = schema_wire_next(&wire, &field, &reason)) > 0) {
        if (field.number != inner || field.type != SCHEMA_WIRE_BYTES)
            continue;
        result = schema_load_depth(field.bytes, depth + 1, fault);
        if (result < 0)
            return result;
    }
    return result < 0 ? fault_set(fault, TRUC_E_CONFIG, "not a descriptor set: %s", reason.text) : 0;
}

/* protobuf-c says NULL for bytes it can't read and for no memory alike. */
struct scratch_allocator {
    struct arena *arena;
    int failed; /* 0, TRUC_E_MEMORY or TRUC_E_LIMIT */
};

static void *schema_load_alloc(void *context, size_t size)
{
    struct scratch_allocator *allocator = context;
    void *memory = arena_alloc(allocator->arena, size);
    if (memory == NULL)
        allocator->failed = size > SCHEMA_SET_MEMORY_MAX - allocator->arena->used_bytes ? TRUC_E_LIMIT : TRUC_E_MEMORY;
    return memory;
}

static void schema_load_keep(void *context, void *pointer)
{
    /* the arena frees all at once */
    (void)context;
    (void)pointer;
}

static int schema_load_into(struct schema_set *set, struct bytes descriptor_set, struct arena *scratch,
                            struct truc_fault *fault)
{
    struct scratch_allocator memory = {.arena = scratch};
    ProtobufCAllocator allocator = {.alloc = schema_load_alloc, .free = schema_load_keep, .allocator_data = &memory};
    const Google__Protobuf__FileDescriptorSet *files =
        google__protobuf__file_descriptor_set__unpack(&allocator, descriptor_set.size, descriptor_set.data);
    if (files == NULL && memory.failed)
        return fault_set(fault, memory.failed, "no memory for the schemas, which may take %d bytes",
                         SCHEMA_SET_MEMORY_MAX);
    if (files == NULL)
        return fault_set(fault, TRUC_E_CONFIG, "not a descriptor set");
    if (files->n_file == 0)
        return fault_set(fault, TRUC_E_CONFIG, N_("the descriptor set is empty"));
    struct schema_loading loading = {.set = set, .scratch = scratch, .fault = fault};
    int result = schema_tables_build(&loading, files);
    return result < 0 ? result : schema_types_link(&loading);
}

int schema_set_load(struct bytes descriptor_set, struct schema_set **ret_set, struct truc_fault *fault)
{
    if (descriptor_set.size > SCHEMA_SET_BYTES_MAX)
        return fault_set(fault, TRUC_E_LIMIT, "the descriptor set has %zu bytes, %d are allowed", descriptor_set.size,
                         SCHEMA_SET_BYTES_MAX);
    int result = schema_load_depth(descriptor_set, 1, fault);
    if (result < 0)
        return result;
    struct schema_set *set = calloc(1, sizeof *set);
    if (set == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the schemas");
    set->arena.used_bytes_max = SCHEMA_SET_MEMORY_MAX;
    struct arena scratch ARENA_CLEANUP = {.used_bytes_max = SCHEMA_SET_MEMORY_MAX};
    result = schema_load_into(set, descriptor_set, &scratch, fault);
    if (result < 0) {
        schema_set_free(set);
        return result;
    }
    *ret_set = set;
    return 0;
}

void schema_set_free(struct schema_set *set)
{
    if (set == NULL)
        return;
    map_free(&set->messages_by_name);
    map_free(&set->enums_by_name);
    arena_free(&set->arena);
    free(set);
}
