/* fuzz_snapshot.c - any state as the core's snapshot of a small broker, well framed: read back when it starts (bus/core/restart).
 * A snapshot that is not used changes nothing; one that is used saves again as what it was read as.
 * A fuzz target, see fuzz.h: the input is the state behind its version and position. */
#include "core_world.h"
#include "fuzz.h"
#include "protobuf_wire.h"

enum { STATE_SIZE_AT = 24, HEADER_BYTES = 32, TICKS = 4, TAKEN_MAX = 64 };

static struct buffer first_fields; /* of a state: its version and position, as the core writes them */
static struct buffer replayed;     /* the state after a start without a snapshot */

static void forget(void)
{
    buffer_free(&first_fields);
    buffer_free(&replayed);
}

static struct buffer *snapshot_file(const struct driver *driver)
{
    const char *path;
    size_t n = 0;
    while ((path = memory_disk_path(driver->disk, n)) != NULL && strstr(path, ".snap") == NULL)
        n++;
    FUZZ_REQUIRE(path != NULL);
    return memory_disk_content(driver->disk, path);
}

static struct bytes state_of(const struct buffer *file)
{
    size_t size = (size_t)load_le64(file->data + STATE_SIZE_AT);
    FUZZ_REQUIRE(size + SHA256_BYTES + HEADER_BYTES < file->size);
    return bytes_of(file->data + file->size - SHA256_BYTES - size, size);
}

static void keep_first_fields(struct bytes state)
{
    struct wire_reader reader = wire_read(state);
    struct wire_field field;
    const uint8_t *end = state.data;
    while (wire_next(&reader, &field) > 0 && field.number <= 2)
        end = reader.at;
    buffer_append(&first_fields, state.data, (size_t)(end - state.data));
    FUZZ_REQUIRE(first_fields.size > 0 && !buffer_failed(&first_fields));
}

static void save(const struct driver *driver, struct buffer *out)
{
    FUZZ_REQUIRE(core_save(engine_core(driver->engine), out) == 0);
}

static void make_reference(void)
{
    struct driver driver;
    if (first_fields.size > 0)
        return;
    core_world_copy(&driver);
    keep_first_fields(state_of(snapshot_file(&driver)));
    driver_remove_files(&driver, ".snap");
    driver_start(&driver);
    save(&driver, &replayed);
    core_world_end(&driver);
    FUZZ_REQUIRE(atexit(forget) == 0);
}

static void replace_state(struct buffer *file, struct bytes rest)
{
    file->size -= SHA256_BYTES + state_of(file).size;
    store_le64(file->data + STATE_SIZE_AT, first_fields.size + rest.size);
    buffer_append_bytes(file, buffer_view(&first_fields));
    buffer_append_bytes(file, rest);
    struct sha256_digest digest = sha256_of(buffer_view(file));
    buffer_append_bytes(file, sha256_view(&digest));
    FUZZ_REQUIRE(!buffer_failed(file));
}

/* Read into a core of its own, before queues are loaded: what it saves is read as the same. */
static void save_again(const struct driver *driver, struct bytes state)
{
    static const uint8_t person_key[CORE_PERSON_KEY_BYTES] = {9};
    struct core_settings settings = {
        .policy = driver->bus.policy, .person_key = person_key, .person_epoch = 1, .hash_key = {3}};
    BUFFER_CLEANUP struct buffer first = {0}, second = {0};
    struct core *core = NULL;
    struct wire_reader reader = wire_read(buffer_view(&first_fields));
    struct wire_field position;
    FUZZ_REQUIRE(wire_next(&reader, &position) > 0 && wire_next(&reader, &position) > 0);
    FUZZ_REQUIRE(core_create(&settings, &core, NULL) == 0);
    if (core_restore(core, position.value, state, NULL) == 0) {
        FUZZ_REQUIRE(core_save(core, &first) == 0);
        core_restart(core);
        FUZZ_REQUIRE(core_restore(core, position.value, buffer_view(&first), NULL) == 0);
        FUZZ_REQUIRE(core_save(core, &second) == 0);
        FUZZ_REQUIRE(first.size == second.size);
    }
    core_free(core);
}

/* A broker that started goes on: receivers come, and time passes. */
static void go_on(struct driver *driver)
{
    struct taken taken[TAKEN_MAX];
    struct peer beta = driver_connect(driver, BETA, DRIVER_CREDIT_BYTES);
    struct peer gamma = driver_connect(driver, GAMMA, DRIVER_CREDIT_BYTES);
    for (unsigned i = 0; i < TICKS; i++) {
        driver_advance(driver, SECOND);
        (void)peer_take_deliveries(&beta, taken, TAKEN_MAX);
        (void)peer_take_deliveries(&gamma, taken, TAKEN_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct driver driver;
    struct truc_fault fault = {0};
    make_reference();
    core_world_copy(&driver);
    struct buffer *file = snapshot_file(&driver);
    replace_state(file, bytes_of(data, size));
    save_again(&driver, state_of(file));
    int code = driver_try_start(&driver, &fault);
    FUZZ_REQUIRE(code == 0 || fault.text[0] != '\0');
    if (code == 0 && engine_opened(driver.engine)->restored_sequence == 0) {
        BUFFER_CLEANUP struct buffer now = {0};
        save(&driver, &now);
        FUZZ_REQUIRE(bytes_equal(buffer_view(&now), buffer_view(&replayed)));
    }
    if (code == 0)
        go_on(&driver);
    core_world_end(&driver);
    return 0;
}
