/* command_samples.c - one command of each kind (command_samples.h).
 * Test support only; each value occurs once, so that exchanged fields show.
 * Linked into test_command_*. */
#include "command_samples.h"

#include "field_path.h"

#include "header.h"
#include <string.h>

static const uint8_t bytes_16[16] = {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
                                     0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f};
static const uint8_t bytes_32[32] = {0x32, 1, 2, 3};
static const uint8_t bytes_64[64] = {0x64, 9, 8, 7};

static struct bytes text(const char *value)
{
    return bytes_string(value);
}

void sample_header(struct buffer *out)
{
    struct header header = {
        .id = text("id-1"),
        .source = text("onestop/desk-2"),
        .type = text("dossier.received"),
        .subject = text("H56.14-261123-0042"),
        .time_ns = 1795420800000000001u,
        .data_schema = text("truc.dossier.v1"),
        .data_content_type = text("application/protobuf"),
        .kind = HEADER_REPLY,
        .correlation_id = text("correlation"),
        .causation_id = text("causation"),
        .ordering_key = text("key"),
        .expires_ns = 1795420800000000002u,
        .not_before_ns = 1795420800000000003u,
        .urgency = 4,
        .classification = 1,
        .purpose = {text("1.010708"), text("H56.14-261123-0042"), text("cb-217"), text("Luật Căn cước 2023")},
        .traceparent = text("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        .historical = true,
        .payload_digest = bytes_of(bytes_32, 32),
        .payload_size_bytes = 70000,
        .in_reply_to = 300,
    };
    struct header_attachment attachments[] = {
        {.sha256 = bytes_of(bytes_32, 32),
         .size_bytes = 5000000,
         .name = text("đơn.pdf"),
         .media_type = text("application/pdf")},
        {.sha256 = bytes_of(bytes_64, 32), .size_bytes = 1, .name = text("b"), .media_type = text("c/d")},
    };
    header_encode(&header, attachments, 2, out);
}

static void sample_bundle(struct buffer *out)
{
    static struct bundle bundle; /* too large for the stack */
    BUFFER_CLEANUP struct buffer header = {0};
    sample_header(&header);
    bundle.key_id = bytes_of(bytes_16, 16);
    bundle.signature = bytes_of(bytes_64, 64);
    bundle.messages[0] = (struct message){buffer_view(&header), bytes_of(bytes_32, 32), text("payload")};
    bundle.messages[1] = (struct message){text("h"), bytes_of(bytes_64, 32), BYTES_EMPTY};
    bundle.count = 2;
    bundle_encode(&bundle, out);
}

static void sample_parcels(struct buffer *out)
{
    BUFFER_CLEANUP struct buffer deliveries = {0}, proof = {0};
    struct sha256_digest hash = {{0xaa}};
    delivery_append(&deliveries, &(struct delivery){.sequence = 0,
                                                    .index = 0,
                                                    .attempt = 1,
                                                    .message = {text("h0"), bytes_of(bytes_32, 32), text("p0")}});
    delivery_append(&deliveries, &(struct delivery){.sequence = 1u << 20,
                                                    .index = 2,
                                                    .attempt = 3,
                                                    .message = {text("h2"), bytes_of(bytes_64, 32), text("p2")},
                                                    .observed = true,
                                                    .agreement = text("agreement-1")});
    proof_append(&proof, &hash);
    parcel_append(out, &(struct parcel){.sender = text("portal"),
                                        .key_id = bytes_of(bytes_16, 16),
                                        .signature = bytes_of(bytes_64, 64),
                                        .count = 3,
                                        .deliveries = buffer_view(&deliveries),
                                        .proof = buffer_view(&proof)});
    parcel_append(out, &(struct parcel){.sender = text("edoc"), .count = 1});
}

static void sample_settlements(struct buffer *out)
{
    BUFFER_CLEANUP struct buffer leaf = {0};
    settlement_encode(
        &(struct settlement){.sequence = 70, .outcome = SETTLED_DONE, .message_leaf = bytes_of(bytes_32, 32)}, &leaf);
    settlement_append(out, buffer_view(&leaf));
    buffer_clear(&leaf);
    settlement_encode(&(struct settlement){.sequence = 71,
                                           .outcome = SETTLED_RETRY,
                                           .message_leaf = bytes_of(bytes_64, 32),
                                           .code = 9,
                                           .reason = text("UNAVAILABLE"),
                                           .text = text("hệ thống tạm dừng"),
                                           .retry_after_ms = 1500},
                      &leaf);
    settlement_append(out, buffer_view(&leaf));
}

/* The kinds with elements; `parts` keeps them alive until the command is encoded. */
static struct command sample_with_parts(enum command_kind kind, struct buffer *parts)
{
    struct command command = {.kind = kind};
    if (kind == COMMAND_WELCOME) {
        BUFFER_CLEANUP struct buffer fields = {0};
        field_path_append(&fields, &(struct field_path){{1}, 1});
        field_path_append(&fields, &(struct field_path){{3, 536870911}, 2});
        permission_append(parts, &(struct permission){text("citizen.verify"), text("population"), PERMISSION_SEND,
                                                      text("agreement-1"), 77, BYTES_EMPTY});
        permission_append(parts, &(struct permission){text("dossier.submitted"), text("portal"), PERMISSION_RECEIVE,
                                                      text("agreement-2"), 78, buffer_view(&fields)});
        command.welcome =
            (struct command_welcome){1,  text("thanhhoa"),   1795420800000000000u,   16u << 20, 256, 64u << 20, 5000,
                                     42, buffer_view(parts), bytes_of(bytes_32, 32), true};
    } else if (kind == COMMAND_PUBLISH) {
        sample_bundle(parts);
        command.publish = (struct command_publish){9, buffer_view(parts)};
    } else if (kind == COMMAND_OUTCOMES) {
        outcome_append(parts, &(struct outcome){0, 500, true, BYTES_EMPTY, BYTES_EMPTY, BYTES_EMPTY});
        outcome_append(parts, &(struct outcome){47, 0, false, text("no route"), text("where"), text("hint")});
        command.outcomes = (struct command_outcomes){9, buffer_view(parts), 1234};
    } else if (kind == COMMAND_DELIVER) {
        sample_parcels(parts);
        command.deliver = (struct command_deliver){buffer_view(parts)};
    } else {
        sample_settlements(parts);
        command.settle = (struct command_settle){bytes_of(bytes_16, 16), bytes_of(bytes_64, 64), buffer_view(parts)};
    }
    return command;
}

static struct command sample_plain(enum command_kind kind)
{
    switch (kind) {
    case COMMAND_HELLO:
        return (struct command){kind, .hello = {1, 2, text("thanhhoa"), text("onestop"), bytes_of(bytes_16, 16),
                                                text("libtruc 0.1"), 1u << 24}};
    case COMMAND_CREDIT:
        return (struct command){kind, .credit = {65536}};
    case COMMAND_FAILED:
        return (struct command){kind, .failed = {text("q1"), 88, 71, text("NO_MATCH"), text("không khớp")}};
    case COMMAND_BYE:
        return (struct command){kind, .bye = {text("closing")}};
    case COMMAND_ERROR:
    case COMMAND_NOTICE:
        return (struct command){kind, .error = {59, text("blocked"), kind == COMMAND_ERROR ? text("disk") : BYTES_EMPTY,
                                                kind == COMMAND_ERROR ? text("free space") : BYTES_EMPTY}};
    case COMMAND_ASK:
        return (struct command){kind, .ask = {3, text("queue.list"), text("arguments")}};
    case COMMAND_ANSWER:
        return (struct command){kind, .answer = {3, 5, text("not found"), text("list"), text("result"), true}};
    case COMMAND_CERTIFICATE:
        return (struct command){kind, .certificate = {bytes_of(bytes_16, 16), text("portal"), text("der")}};
    case COMMAND_BLOB_PUT:
        return (struct command){kind, .blob_put = {4, bytes_of(bytes_32, 32), 1u << 30, 1, 72}};
    case COMMAND_BLOB_GET:
        return (struct command){kind, .blob_get = {5, bytes_of(bytes_32, 32), 72, 262144, 1048576, text("tra soát")}};
    case COMMAND_BLOB_CHUNK:
        return (struct command){kind, .blob_chunk = {4, 262144, bytes_of(bytes_64, 64)}};
    case COMMAND_BLOB_STATE:
        return (struct command){
            kind, .blob_state = {4, 112, text("another hash"), text("again"), 262144, 1u << 30, true, 1048576, 262144}};
    case COMMAND_BLOB_MORE:
        return (struct command){kind, .blob_more = {5, 2097152}};
    case COMMAND_BLOB_STOP:
        return (struct command){kind, .blob_stop = {4, true}};
    default:
        return (struct command){kind, .ping = {kind == COMMAND_PING ? 21 : 22}};
    }
}

void sample_encode(enum command_kind kind, struct buffer *out)
{
    BUFFER_CLEANUP struct buffer parts = {0};
    bool has_parts = kind == COMMAND_WELCOME || kind == COMMAND_PUBLISH || kind == COMMAND_OUTCOMES ||
                     kind == COMMAND_DELIVER || kind == COMMAND_SETTLE;
    struct command command = has_parts ? sample_with_parts(kind, &parts) : sample_plain(kind);
    command_encode(&command, out);
}
