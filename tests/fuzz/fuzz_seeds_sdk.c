/* fuzz_seeds_sdk.c - first inputs of the targets session and store: what an honest broker sends, and edits all over the two files.
 * Signatures and certificates are those that fuzz_session.h calls good.
 * Part of truc-fuzz-seeds (fuzz_seeds.c). */
#include "fuzz_seeds.h"
#include "fuzz_session.h"

enum event { FRAME, CONNECTED, LOST, TIME, PUBLISH, ASK, SETTLE, REPLY }; /* as fuzz_session.c numbers them */

static void put_event(struct buffer *out, enum event event)
{
    buffer_append_byte(out, (uint8_t)event);
}

static void put_frame(struct buffer *out, const struct command *command)
{
    BUFFER_CLEANUP struct buffer frame = {0};
    command_encode(command, &frame);
    put_event(out, FRAME);
    buffer_append_byte(out, (uint8_t)frame.size);
    buffer_append_byte(out, (uint8_t)(frame.size >> 8));
    buffer_append_bytes(out, buffer_view(&frame));
}

static const uint8_t key_id[PROTOCOL_KEY_ID_BYTES] = {2}, salt[PROTOCOL_SALT_BYTES] = {4}, signature[64] = {0},
                     der[] = {0, 1};

static void put_open(struct buffer *out)
{
    BUFFER_CLEANUP struct buffer list = {0};
    permission_append(&list, &(struct permission){bytes_string("dossier.received"), bytes_string("portal"),
                                                  PERMISSION_SEND, bytes_string("a"), 9, BYTES_EMPTY});
    put_event(out, CONNECTED);
    put_frame(out, &(struct command){COMMAND_WELCOME,
                                     .welcome = {1, bytes_string(FUZZ_SESSION_BUS), 7, 4096, 16, 65536, 1000, 0,
                                                 buffer_view(&list), bytes_of(key_id, sizeof key_id), true}});
}

/* One message of portal, alone in its bundle. */
static void put_delivery(struct buffer *out, enum header_kind kind)
{
    BUFFER_CLEANUP struct buffer header = {0}, deliveries = {0}, parcels = {0};
    struct sha256_digest digest = payload_digest(bytes_of(salt, sizeof salt), bytes_string("one"));
    header_encode(&(struct header){.id = bytes_string("e1"),
                                   .source = bytes_string("portal"),
                                   .type = bytes_string("dossier.rated"),
                                   .time_ns = 1795420800000000000ull,
                                   .kind = kind,
                                   .classification = HEADER_NOT_SECRET,
                                   .in_reply_to = kind == HEADER_REPLY ? 4 : 0,
                                   .correlation_id = bytes_string(kind == HEADER_REPLY ? "m0" : ""),
                                   .payload_digest = sha256_view(&digest),
                                   .payload_size_bytes = 3},
                  NULL, 0, &header);
    delivery_append(&deliveries, &(struct delivery){.sequence = 3,
                                                    .attempt = 1,
                                                    .message = {buffer_view(&header), bytes_of(salt, sizeof salt),
                                                                bytes_string("one")},
                                                    .agreement = bytes_string("a")});
    parcel_append(&parcels, &(struct parcel){.sender = bytes_string("portal"),
                                             .key_id = bytes_of(key_id, sizeof key_id),
                                             .signature = bytes_of(signature, sizeof signature),
                                             .count = 1,
                                             .deliveries = buffer_view(&deliveries)});
    put_frame(out, &(struct command){COMMAND_CERTIFICATE,
                                     .certificate = {bytes_of(key_id, sizeof key_id), bytes_string("portal"),
                                                     bytes_of(der, sizeof der)}});
    put_frame(out, &(struct command){COMMAND_DELIVER, .deliver = {.parcels = buffer_view(&parcels)}});
}

static void session_seed(const char *name, enum event say, enum header_kind kind, enum event end)
{
    BUFFER_CLEANUP struct buffer input = {0}, outcomes = {0};
    put_open(&input);
    put_event(&input, say);
    if (say == ASK)
        buffer_append_byte(&input, 9);
    outcome_append(&outcomes, &(struct outcome){0, 9, false, BYTES_EMPTY, BYTES_EMPTY, BYTES_EMPTY});
    put_frame(&input, &(struct command){COMMAND_OUTCOMES, .outcomes = {1, buffer_view(&outcomes), 100}});
    put_delivery(&input, kind);
    put_event(&input, end);
    buffer_append_byte(&input, end == REPLY ? 0 : 1);
    put_frame(&input, &(struct command){COMMAND_FAILED,
                                        .failed = {bytes_string("m0"), 3, 4, bytes_string("r"), bytes_string("t")}});
    put_frame(&input, &(struct command){COMMAND_NOTICE, .error = {3, bytes_string("t"), BYTES_EMPTY, BYTES_EMPTY}});
    put_frame(&input, &(struct command){COMMAND_PING, .ping = {5}});
    put_event(&input, LOST);
    put_event(&input, TIME);
    buffer_append_byte(&input, 200);
    put_open(&input);
    fuzz_seed_save("session", name, BYTES_EMPTY, buffer_view(&input));
}

static void store_seeds(void)
{
    for (uint8_t i = 0; i < 64; i++) { /* a file, a place in it */
        const uint8_t edit[] = {i % 2, (uint8_t)(i * 37), (uint8_t)(i * 2), 1, 0xff, i};
        char name[32];
        (void)snprintf(name, sizeof name, "edit%u", i);
        fuzz_seed_save("store", name, BYTES_EMPTY, bytes_of(edit, sizeof edit));
    }
}

void fuzz_seeds_sdk(void)
{
    session_seed("publish", PUBLISH, HEADER_EVENT, SETTLE);
    session_seed("ask", ASK, HEADER_REPLY, SETTLE);
    session_seed("serve", PUBLISH, HEADER_REQUEST, REPLY);
    store_seeds();
}
