/* files_world.c - see files_world.h.
 * The folder is the test's directory.
 * Used by the tests of truc-files. */
#include "files_world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { YAML_BYTES = 4096, PATH_BYTES = 320 };

static const char sections[] =
    "accepts:\n"
    "  - name: \"*.json\"\n"
    "    type: dossier.refused\n"
    "    message:\n"
    "      id: [$.MaHoSo, $.ThoiDiem]\n"
    "      subject: $.MaHoSo\n"
    "      time: parse_time($.ThoiDiem, \"yyyyMMddHHmmss\")\n"
    "      classification: lookup(secrecy, $.DoMat)\n"
    "      body: {code: required($.MaHoSo), reason: file.name}\n"
    "  - name: \"*.xml\"\n"
    "    format: xml\n"
    "    type: dossier.refused\n"
    "    message:\n"
    "      id: file.digest\n"
    "      subject: $.HoSo.MaHoSo\n"
    "      time: file.modified\n"
    "      classification: lookup(secrecy, $.HoSo.DoMat)\n"
    "      body: {code: required($.HoSo.MaHoSo)}\n"
    "serves:\n"
    "  - {type: dossier.refused, name: \"{body.code}.json\", content: {MaHoSo: body.code, LyDo: body.reason}}\n"
    "tables: {secrecy: {Thường: not-secret, Mật: secret}}\n";

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void keep_log(void *context, int level, const char *text)
{
    struct files_world *world = context;
    int size = snprintf(world->log + world->log_bytes, sizeof(world->log) - world->log_bytes, "<%d> %s\n", level, text);
    assert_true(size > 0 && (size_t)size < sizeof(world->log) - world->log_bytes);
    world->log_bytes += (size_t)size;
}

int files_world_make(void **state)
{
    struct files_world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    world->schemas = connector_test_schemas();
    snprintf(world->directory, sizeof(world->directory), "/tmp/truc-files-XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    *state = world;
    return 0;
}

void files_world_stop(struct files_world *world)
{
    files_engine.close(world->running);
    connector_adapter_free(world->adapter);
    world->running = NULL;
    world->adapter = NULL;
}

int files_world_free(void **state)
{
    struct files_world *world = *state;
    char command[sizeof(world->directory) + 16];
    files_world_stop(world);
    schema_set_free(world->schemas);
    snprintf(command, sizeof(command), "rm -rf %s", world->directory);
    int status = system(command);
    free(world);
    return status;
}

void files_world_start(struct files_world *world, const char *keys)
{
    char yaml[YAML_BYTES];
    struct truc_fault fault = {0};
    struct connector_log log = {keep_log, world};
    int size = snprintf(yaml, sizeof(yaml), "adapter: tester\nconnector: files\ntitle: Thử\nfolder: {%spath: %s}\n%s",
                        keys, world->directory, sections);
    assert_true(size > 0 && (size_t)size < sizeof(yaml));
    if (connector_test_load(&files_format, yaml, world->schemas, NULL, 0, &world->adapter, &fault) < 0)
        fail_msg("%s: %s (%s)", fault.where, fault.text, fault.hint);
    world->bus = fake_sdk_open("tester");
    if (files_engine.open(world->adapter, world->bus, &log, &world->running, &fault) < 0)
        fail_msg("%s", fault.text);
}

void files_world_step(struct files_world *world)
{
    struct truc_fault fault = {0};
    if (files_engine.step(world->running, -1, &fault) < 0)
        fail_msg("%s", fault.text);
}

const char *files_world_path(const struct files_world *world, const char *path)
{
    static char whole[PATH_BYTES];
    assert_true(snprintf(whole, sizeof(whole), "%s/%s", world->directory, path) < (int)sizeof(whole));
    return whole;
}

void files_world_drop(struct files_world *world, const char *path, const char *content)
{
    char beside[PATH_BYTES];
    snprintf(beside, sizeof(beside), "%s/.beside", world->directory);
    FILE *stream = fopen(beside, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(content, 1, strlen(content), stream), strlen(content));
    assert_int_equal(fclose(stream), 0);
    assert_int_equal(rename(beside, files_world_path(world, path)), 0);
}

bool files_world_has(const struct files_world *world, const char *path)
{
    struct stat status;
    return lstat(files_world_path(world, path), &status) == 0;
}

const char *files_world_read(const struct files_world *world, const char *path)
{
    static char content[65536];
    FILE *stream = fopen(files_world_path(world, path), "rb");
    content[0] = 0;
    if (stream) {
        content[fread(content, 1, sizeof(content) - 1, stream)] = 0;
        fclose(stream);
    }
    return content;
}

size_t files_world_count(const struct files_world *world, const char *part)
{
    size_t count = 0;
    DIR *directory = opendir(files_world_path(world, part));
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

void files_world_wait(struct files_world *world, const char *path)
{
    uint64_t end_ms = now_ms() + FILES_PATIENCE_MS;
    while (!files_world_has(world, path) && now_ms() < end_ms)
        files_world_step(world);
    if (!files_world_has(world, path))
        fail_msg("no %s; the log is:\n%s", path, world->log);
}

void files_world_wait_log(struct files_world *world, const char *text)
{
    uint64_t end_ms = now_ms() + FILES_PATIENCE_MS;
    while (!strstr(world->log, text) && now_ms() < end_ms)
        files_world_step(world);
    if (!strstr(world->log, text))
        fail_msg("no '%s' in the log:\n%s", text, world->log);
}

void files_world_deliver(struct files_world *world, const char *id, const char *code,
                         struct fake_settlement *settlement)
{
    BUFFER_CLEANUP struct buffer payload = {0};
    struct truc_fault fault = {0};
    json_t *body = json_pack("{s:s, s:s}", "code", code, "reason", "vì thế");
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (schema_from_json(schema_set_find_type(world->schemas, bytes_string("dossier.refused")), bytes_string(text),
                         &payload, &fault) < 0)
        fail_msg("%s", fault.text);
    free(text);
    fake_sdk_deliver(world->bus, "dossier.refused", id, buffer_view(&payload), settlement);
    uint64_t end_ms = now_ms() + FILES_PATIENCE_MS;
    while (settlement->how == FAKE_OPEN && now_ms() < end_ms)
        files_world_step(world);
    assert_int_not_equal(settlement->how, FAKE_OPEN);
}
