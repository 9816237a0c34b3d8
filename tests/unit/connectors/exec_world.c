/* exec_world.c - see exec_world.h.
 * The test's directory holds the adapter file, and what programs write.
 * Used by the tests of truc-exec. */
#include "exec_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { YAML_BYTES = 16384, PROGRAM_BYTES = 4096 };

static const char rest[] = "serves:\n"
                           "  - type: dossier.refused\n"
                           "  - type: citizen.verify\n"
                           "  - {type: dossier.withdraw, request: {ma: body.code, nguon: header.source}}\n"
                           "accepts:\n"
                           "  - type: dossier.refused\n"
                           "  - type: citizen.verify\n"
                           "  - type: dossier.withdraw\n"
                           "    message:\n"
                           "      id: $.ma\n"
                           "      subject: $.ma\n"
                           "      time: parse_time($.luc, \"yyyyMMddHHmmss\")\n"
                           "      classification: lookup(secrecy, $.mat)\n"
                           "      body: {code: required($.ma)}\n"
                           "tables: {secrecy: {Thường: not-secret, Mật: secret}}\n";

static const char begin[] = "say() { printf '%s\\n' \"$1\"; }\n"
                            "number() { n=${1#*'\"delivery\":'}; printf %s \"${n%%,*}\"; }\n"
                            "read -r hello; say '{\"op\":\"ready\"}'\n";

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void keep_log(void *context, int level, const char *text)
{
    struct exec_world *world = context;
    int size = snprintf(world->log + world->log_bytes, sizeof(world->log) - world->log_bytes, "<%d> %s\n", level, text);
    assert_true(size > 0 && (size_t)size < sizeof(world->log) - world->log_bytes);
    world->log_bytes += (size_t)size;
}

int exec_world_make(void **state)
{
    struct exec_world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    world->schemas = connector_test_schemas();
    snprintf(world->directory, sizeof(world->directory), "/tmp/truc-exec-XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    *state = world;
    return 0;
}

void exec_world_stop(struct exec_world *world)
{
    exec_engine.close(world->running);
    connector_adapter_free(world->adapter);
    world->running = NULL;
    world->adapter = NULL;
}

int exec_world_free(void **state)
{
    struct exec_world *world = *state;
    char command[sizeof(world->directory) + 16];
    exec_world_stop(world);
    schema_set_free(world->schemas);
    snprintf(command, sizeof(command), "rm -rf %s", world->directory);
    int status = system(command);
    free(world);
    return status;
}

static void write_program(const struct exec_world *world, const char *program)
{
    char path[sizeof(world->directory) + 16];
    snprintf(path, sizeof(path), "%s/program.sh", world->directory);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_true(fprintf(stream, "D=%s\n%s\n", world->directory, program) > 0);
    assert_int_equal(fclose(stream), 0);
}

void exec_world_run_bare(struct exec_world *world, const char *keys, const char *program)
{
    static char yaml[YAML_BYTES];
    struct truc_fault fault = {0};
    struct connector_log log = {keep_log, world};
    write_program(world, program);
    int size = snprintf(yaml, sizeof(yaml),
                        "adapter: tester\nconnector: exec\ntitle: Thử\nsettings: {unit: H56}\n"
                        "program: {%scommand: [sh, program.sh]}\n%s",
                        keys, rest);
    assert_true(size > 0 && (size_t)size < sizeof(yaml));
    if (connector_test_load(&exec_format, yaml, world->schemas, NULL, 0, &world->adapter, &fault) < 0)
        fail_msg("%s: %s (%s)", fault.where, fault.text, fault.hint);
    world->adapter->directory = world->directory; /* that of the file is gone already */
    world->bus = fake_sdk_open("tester");
    if (exec_engine.open(world->adapter, world->bus, &log, &world->running, &fault) < 0)
        fail_msg("%s", fault.text);
}

void exec_world_run(struct exec_world *world, const char *keys, const char *program)
{
    char whole[PROGRAM_BYTES];
    assert_true(snprintf(whole, sizeof(whole), "%s%s", begin, program) < (int)sizeof(whole));
    exec_world_run_bare(world, keys, whole);
}

void exec_world_step(struct exec_world *world)
{
    struct truc_fault fault = {0};
    assert_int_equal(exec_engine.step(world->running, -1, &fault), 0);
}

void exec_world_send(struct exec_world *world, const char *type, const char *id, const char *json,
                     struct fake_settlement *settlement)
{
    static struct buffer payloads[16]; /* the stand-in keeps views of them until they are settled */
    static size_t next;
    struct truc_fault fault = {0};
    const struct schema_message *message = schema_set_find_type(world->schemas, bytes_string(type));
    struct buffer *payload = &payloads[next++ % COUNT_OF(payloads)];
    buffer_free(payload);
    if (schema_from_json(message, bytes_string(json), payload, &fault) < 0)
        fail_msg("%s", fault.text);
    fake_sdk_deliver(world->bus, type, id, buffer_view(payload), settlement);
}

void exec_world_wait(struct exec_world *world, const struct fake_settlement *settlement)
{
    uint64_t end_ms = now_ms() + EXEC_PATIENCE_MS;
    while (settlement->how == FAKE_OPEN && now_ms() < end_ms)
        exec_world_step(world);
    if (settlement->how == FAKE_OPEN)
        fail_msg("it is not settled; the log is:\n%s", world->log);
}

void exec_world_deliver(struct exec_world *world, const char *type, const char *id, const char *json,
                        struct fake_settlement *settlement)
{
    exec_world_send(world, type, id, json, settlement);
    exec_world_wait(world, settlement);
}

void exec_world_wait_log(struct exec_world *world, const char *text)
{
    uint64_t end_ms = now_ms() + EXEC_PATIENCE_MS;
    while (!strstr(world->log, text) && now_ms() < end_ms)
        exec_world_step(world);
    if (!strstr(world->log, text))
        fail_msg("no '%s' in the log:\n%s", text, world->log);
}

const char *exec_world_file(struct exec_world *world, const char *name)
{
    static char content[65536];
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", world->directory, name);
    FILE *stream = fopen(path, "rb");
    content[0] = 0;
    if (stream) {
        content[fread(content, 1, sizeof(content) - 1, stream)] = 0;
        fclose(stream);
    }
    return content;
}

void exec_world_wait_file(struct exec_world *world, const char *name, size_t lines)
{
    uint64_t end_ms = now_ms() + EXEC_PATIENCE_MS;
    for (size_t count = 0; count < lines;) {
        if (now_ms() > end_ms)
            fail_msg("%s has %zu lines; the log is:\n%s", name, count, world->log);
        exec_world_step(world);
        count = 0;
        for (const char *at = exec_world_file(world, name); (at = strchr(at, '\n')); at++)
            count++;
    }
}
