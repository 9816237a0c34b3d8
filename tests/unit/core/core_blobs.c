/* core_blobs.c - attachments in a test's hands: contents that can be made again, uploads and downloads by hand.
 * Nothing here judges beyond what its names say.
 * See core_blobs.h. */
#include "core_blobs.h"

#include <stdlib.h>

#include "encode.h"

struct test_blob blob_make(size_t size, uint8_t seed)
{
    /* A chunk more than there is, so that a wrong one can be sent. */
    struct test_blob blob = {.content = calloc(1, size + BLOB_CHUNK), .size = size};
    assert_non_null(blob.content);
    for (size_t i = 0; i < size; i++)
        blob.content[i] = (uint8_t)(i * 13 + i / 257 + seed);
    blob.sha256 = sha256_of(bytes_of(blob.content, size));
    return blob;
}

void blob_free(struct test_blob *blob)
{
    free(blob->content);
}

void blob_ask_put(struct peer *peer, uint64_t number, const struct test_blob *blob, uint32_t classification,
                  uint64_t message)
{
    struct command command = {.kind = COMMAND_BLOB_PUT};
    command.blob_put = (struct command_blob_put){.number = number,
                                                 .sha256 = sha256_view(&blob->sha256),
                                                 .size_bytes = blob->size,
                                                 .classification = classification,
                                                 .message = message};
    peer_send(peer, &command);
}

void blob_send_chunk(struct peer *peer, uint64_t number, const struct test_blob *blob, uint64_t offset, size_t size)
{
    struct command command = {.kind = COMMAND_BLOB_CHUNK};
    command.blob_chunk = (struct command_blob_chunk){
        .number = number, .offset = offset, .data = bytes_of(blob->content + offset % blob->size, size)};
    peer_send(peer, &command);
}

void blob_ask_get(struct peer *peer, uint64_t number, const struct test_blob *blob, uint64_t message, uint64_t offset,
                  uint64_t through)
{
    struct command command = {.kind = COMMAND_BLOB_GET};
    command.blob_get = (struct command_blob_get){.number = number,
                                                 .sha256 = sha256_view(&blob->sha256),
                                                 .message = message,
                                                 .offset = offset,
                                                 .through = through};
    if (peer->system == OPERATOR || peer->system == AUDITOR)
        command.blob_get.reason = bytes_string("tra soát số 12");
    peer_send(peer, &command);
}

struct command_blob_state blob_state(struct peer *peer, uint64_t number)
{
    struct command command;
    for (unsigned round = 0; round < 50; round++) {
        if (peer_take(peer, COMMAND_BLOB_STATE, &command)) {
            assert_int_equal(command.blob_state.number, number);
            return command.blob_state;
        }
        driver_round(peer->driver);
    }
    fail_msg("no state of transfer %llu came", (unsigned long long)number);
    return (struct command_blob_state){0};
}

void blob_expect_code(struct peer *peer, uint64_t number, int code)
{
    struct command_blob_state state = blob_state(peer, number);
    assert_string_equal(truc_error_name(-(int)state.code), truc_error_name(code));
}

struct command_blob_state blob_upload_to(struct peer *peer, uint64_t number, const struct test_blob *blob,
                                         uint64_t most)
{
    blob_ask_put(peer, number, blob, HEADER_NOT_SECRET, 0);
    struct command_blob_state state = blob_state(peer, number);
    uint64_t sent = state.offset;
    while (state.code == 0 && !state.complete && state.offset < most) {
        while (sent < state.through && sent < most) {
            size_t left = blob->size - (size_t)sent, size = left < BLOB_CHUNK ? left : BLOB_CHUNK;
            blob_send_chunk(peer, number, blob, sent, size);
            sent += size;
        }
        state = blob_state(peer, number);
    }
    return state;
}

void blob_upload_all(struct peer *peer, uint64_t number, const struct test_blob *blob)
{
    struct command_blob_state state = blob_upload_to(peer, number, blob, UINT64_MAX);
    assert_string_equal(truc_error_name(-(int)state.code), truc_error_name(0));
    assert_true(state.complete);
    assert_int_equal(state.offset, blob->size);
}

int blob_download(struct peer *peer, uint64_t number, const struct test_blob *blob, uint64_t message, uint64_t offset)
{
    struct command command;
    blob_ask_get(peer, number, blob, message, offset, UINT64_MAX);
    struct command_blob_state state = blob_state(peer, number);
    if (state.code)
        return -(int)state.code;
    assert_int_equal(state.size_bytes, blob->size);
    uint64_t at = offset;
    if (!state.complete)
        state = blob_state(peer, number);
    assert_int_equal(state.code, 0);
    assert_true(state.complete);
    while (peer_take(peer, COMMAND_BLOB_CHUNK, &command)) {
        assert_int_equal(command.blob_chunk.offset, at);
        assert_memory_equal(command.blob_chunk.data.data, blob->content + at, command.blob_chunk.data.size);
        at += command.blob_chunk.data.size;
    }
    assert_int_equal(at, blob->size);
    return 0;
}

struct outcome blob_publish(struct peer *peer, const char *id, const struct test_blob *const *blobs, size_t count)
{
    struct header_attachment attachments[PROTOCOL_ATTACHMENTS_MAX];
    struct test_message message = peer_message(peer, id, "dossier.progress", "H56.1");
    for (size_t i = 0; i < count; i++)
        attachments[i] = (struct header_attachment){.sha256 = sha256_view(&blobs[i]->sha256),
                                                    .size_bytes = blobs[i]->size,
                                                    .name = bytes_string("đơn.pdf"),
                                                    .media_type = bytes_string("application/pdf")};
    message.attachments = attachments;
    message.attachments_count = count;
    return peer_publish_one(peer, &message);
}

uint64_t blob_publish_one(struct peer *peer, const char *id, const struct test_blob *blob)
{
    struct outcome outcome = blob_publish(peer, id, &blob, 1);
    assert_string_equal(truc_error_name(-(int)outcome.code), truc_error_name(0));
    return outcome.sequence;
}

struct record_blob blob_record(struct driver *driver, size_t n)
{
    struct journal_record record;
    struct record_blob value;
    assert_true(driver_record(driver, RECORD_BLOB, n, &record));
    assert_int_equal(record_blob_decode(record.body, &value, NULL), 0);
    return value;
}
