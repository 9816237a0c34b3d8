/* fuzz_seeds.c - writes the first inputs of the fuzz targets, made by the bus's own encoders: truc-fuzz-seeds CORPUS.
 * Not a test; what the fuzzer found worth keeping lies beside them.
 * Run by hand when a format changes: build it in any preset. */
#include <sys/stat.h>

#include "certificate.h"
#include "command.h"
#include "fuzz.h"
#include "fuzz_known.h"
#include "fuzz_schemas.h"
#include "header.h"
#include "fuzz_seeds.h"
#include "queue_list.h"
#include "record.h"

#include "memory_disk.h"

static const char *corpus;
static const struct sha256_digest hash = {{1, 2, 3}};

void fuzz_seed_save(const char *target, const char *name, struct bytes prefix, struct bytes content)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", corpus, target);
    (void)mkdir(path, 0777);
    (void)snprintf(path, sizeof path, "%s/%s/%s", corpus, target, name);
    FILE *file = fopen(path, "wb");
    FUZZ_REQUIRE(file != NULL);
    FUZZ_REQUIRE(fwrite(prefix.data, 1, prefix.size, file) == prefix.size);
    FUZZ_REQUIRE(fwrite(content.data, 1, content.size, file) == content.size);
    FUZZ_REQUIRE(fclose(file) == 0);
}

static struct bytes text(const char *value)
{
    return bytes_string(value);
}

static struct bytes digest(void)
{
    return bytes_of(hash.bytes, sizeof hash.bytes);
}

static void header_seed(struct buffer *out)
{
    const struct header_attachment attachment = {digest(), text("a.pdf"), text("application/pdf"), 12};
    const struct header header = {
        .id = text("m-1"),
        .source = text("portal/a"),
        .type = text("dossier.submitted"),
        .subject = text("H1"),
        .time_ns = 1795000000000000000ull,
        .kind = HEADER_EVENT,
        .urgency = 2,
        .classification = HEADER_NOT_SECRET,
        .correlation_id = text("c"),
        .ordering_key = text("k"),
        .expires_ns = 1795000000000000001ull,
        .purpose = {text("1.000"), text("H1"), text("officer"), text("law")},
        .historical = true,
        .payload_digest = digest(),
        .payload_size_bytes = 3,
        .in_reply_to = 4,
        .attachment_count = 1,
        .replay_of = {text("other"), 5, digest()},
    };
    header_encode(&header, &attachment, 1, out);
}

static void bundle_seed(struct buffer *out)
{
    BUFFER_CLEANUP struct buffer header = {0};
    header_seed(&header);
    static struct bundle bundle;
    bundle = (struct bundle){.key_id = bytes_of(hash.bytes, KEY_ID_BYTES), .signature = digest(), .count = 2};
    bundle.messages[0] = bundle.messages[1] = (struct message){buffer_view(&header), digest(), text("one")};
    bundle_encode(&bundle, out);
}

static void command_seed(const char *name, const struct command *command)
{
    BUFFER_CLEANUP struct buffer frame = {0};
    command_encode(command, &frame);
    fuzz_seed_save("command", name, BYTES_EMPTY, buffer_view(&frame));
}

static void session_seeds(void)
{
    BUFFER_CLEANUP struct buffer list = {0};
    struct command hello = {COMMAND_HELLO, .hello = {1, 1, text("bus"), text("portal"), digest(), text("x"), 65536}};
    command_seed("hello", &hello);
    permission_append(&list, &(struct permission){text("dossier.submitted"), text("onestop"), PERMISSION_SEND,
                                                  text("a"), 9, BYTES_EMPTY});
    struct command welcome = {
        COMMAND_WELCOME, .welcome = {1, text("bus"), 7, 4096, 16, 65536, 1000, 3, buffer_view(&list), digest(), true}};
    command_seed("welcome", &welcome);
    command_seed("credit", &(struct command){COMMAND_CREDIT, .credit = {5}});
    command_seed("ping", &(struct command){COMMAND_PING, .ping = {5}});
    command_seed("pong", &(struct command){COMMAND_PONG, .ping = {5}});
    command_seed("bye", &(struct command){COMMAND_BYE, .bye = {text("bye")}});
    command_seed("error", &(struct command){COMMAND_ERROR, .error = {3, text("t"), text("w"), text("h")}});
    command_seed("notice", &(struct command){COMMAND_NOTICE, .error = {3, text("t"), BYTES_EMPTY, BYTES_EMPTY}});
    command_seed("ask", &(struct command){COMMAND_ASK, .ask = {1, text("queue-show"), text("{}")}});
    command_seed("answer", &(struct command){COMMAND_ANSWER, .answer = {1, 0, text("t"), text("h"), text("{}"), true}});
    command_seed("certificate",
                 &(struct command){COMMAND_CERTIFICATE,
                                   .certificate = {bytes_of(hash.bytes, KEY_ID_BYTES), text("p"), digest()}});
}

static void message_seeds(void)
{
    BUFFER_CLEANUP struct buffer bundle = {0}, header = {0}, outcomes = {0}, deliveries = {0}, proof = {0};
    BUFFER_CLEANUP struct buffer parcels = {0}, settlement = {0}, settlements = {0};
    static const uint8_t choice[33] = {12, 0x35, 0x0a};
    bundle_seed(&bundle);
    header_seed(&header);
    fuzz_seed_save("bundle", "two", bytes_of(choice, sizeof choice), buffer_view(&bundle));
    fuzz_seed_save("header", "whole", BYTES_EMPTY, buffer_view(&header));
    command_seed("publish", &(struct command){COMMAND_PUBLISH, .publish = {1, buffer_view(&bundle)}});
    outcome_append(&outcomes, &(struct outcome){4, 9, true, text("t"), text("w"), text("h")});
    command_seed("outcomes", &(struct command){COMMAND_OUTCOMES, .outcomes = {1, buffer_view(&outcomes), 8}});
    delivery_append(&deliveries,
                    &(struct delivery){3, 0, 1, {buffer_view(&header), digest(), text("one")}, text("a"), true});
    proof_append(&proof, &hash);
    parcel_append(&parcels, &(struct parcel){text("portal"), bytes_of(hash.bytes, KEY_ID_BYTES), digest(), 2,
                                             buffer_view(&deliveries), buffer_view(&proof)});
    command_seed("deliver", &(struct command){COMMAND_DELIVER, .deliver = {buffer_view(&parcels)}});
    settlement_encode(&(struct settlement){3, SETTLED_REJECT, digest(), 4, text("r"), text("t"), 5}, &settlement);
    settlement_append(&settlements, buffer_view(&settlement));
    command_seed("settle", &(struct command){COMMAND_SETTLE, .settle = {bytes_of(hash.bytes, KEY_ID_BYTES), digest(),
                                                                        buffer_view(&settlements)}});
    command_seed("failed", &(struct command){COMMAND_FAILED, .failed = {text("m-1"), 3, 4, text("r"), text("t")}});
}

static void record_seeds(void)
{
    BUFFER_CLEANUP struct buffer body = {0}, list = {0}, header = {0};
    header_seed(&header);
    record_destination_append(&list, &(struct record_destination){.system = text("p"), .route = text("r"), .lane = 1});
    record_accepted_encode(
        &(struct record_accepted){
            .bundle = 1, .header = buffer_view(&header), .destinations = buffer_view(&list), .payload_bytes = 3},
        &body);
    fuzz_seed_save("record", "accepted", text("\x03"), buffer_view(&body));
    buffer_clear(&body);
    record_fate_encode(&(struct record_fate){.message = 1,
                                             .system = text("p"),
                                             .code = 3,
                                             .reason = text("r"),
                                             .attempts = 2,
                                             .sender = text("s"),
                                             .id = text("m-1")},
                       &body);
    fuzz_seed_save("record", "fate", text("\x06"), buffer_view(&body));
    buffer_clear(&body);
    record_operation_encode(&(struct record_operation){text("op"), text("payload-show"), text("{}"), 0, text("r")},
                            &body);
    fuzz_seed_save("record", "operation", text("\x09"), buffer_view(&body));
    buffer_clear(&body);
    record_bundle_encode(
        &(struct record_bundle){text("p"), bytes_of(hash.bytes, KEY_ID_BYTES), digest(), 1, digest(), digest()}, &body);
    fuzz_seed_save("record", "bundle", text("\x02"), buffer_view(&body));
}

/* The smallest JSON is an empty object; the fuzzer's dictionary has the names of fields. */
static void payload_seeds(void)
{
    static const char json[] = "{\"dossier_code\":\"H1\",\"applicant\":{\"identity_number\":\"001912345678\"}}";
    const struct schema_set *set = fuzz_schemas();
    for (size_t i = 0; i < schema_set_type_count(set); i++) {
        const uint8_t as_wire[2] = {(uint8_t)i, 0}, as_json[2] = {(uint8_t)i, 1};
        char name[32];
        BUFFER_CLEANUP struct buffer payload = {0};
        const struct schema_message *message = schema_set_type(set, i);
        for (size_t f = 0; f < message->field_count; f++)
            if (message->fields[f].type == SCHEMA_STRING && !message->fields[f].repeated &&
                message->fields[f].oneof < 0) {
                BUFFER_CLEANUP struct buffer one = {0};
                buffer_printf(&one, "{\"%s\":\"001912345678\"}", message->fields[f].name);
                (void)schema_from_json(message, buffer_view(&one), &payload, NULL);
            }
        (void)snprintf(name, sizeof name, "wire%zu", i);
        fuzz_seed_save("payload", name, bytes_of(as_wire, 2), buffer_view(&payload));
        (void)snprintf(name, sizeof name, "json%zu", i);
        fuzz_seed_save("payload", name, bytes_of(as_json, 2), text(json));
    }
}

static void crypto_seeds(void)
{
    struct signing_key *key = fuzz_signing_key();
    struct note_key note_key;
    struct certificate authority, system;
    struct truc_fault fault;
    const struct certificate_request request = {FUZZ_BUS, "portal", signing_key_public(key), 1795000000000000000ull};
    BUFFER_CLEANUP struct buffer note = {0}, key_text = {0}, pem = {0}, line = {0};
    fuzz_note_key(&note_key);
    FUZZ_REQUIRE(note_sign(text(FUZZ_CHECKPOINT), text(FUZZ_BUS), key, &note, &fault) == 0);
    fuzz_seed_save("note", "signed", BYTES_EMPTY, buffer_view(&note));
    fuzz_seed_save("note", "checkpoint", BYTES_EMPTY, text(FUZZ_CHECKPOINT));
    note_key_append(&note_key, &key_text);
    fuzz_seed_save("note", "key", BYTES_EMPTY, buffer_view(&key_text));
    buffer_printf(&line, "5 %s\n", buffer_string(&key_text));
    fuzz_seed_save("note", "keys", BYTES_EMPTY, buffer_view(&line));
    FUZZ_REQUIRE(certificate_make_authority(key, FUZZ_BUS, request.now_ns, &authority, &fault) == 0);
    FUZZ_REQUIRE(certificate_issue(&authority, key, &request, &system, &fault) == 0);
    FUZZ_REQUIRE(certificate_append_pem(&system, &pem, &fault) == 0);
    fuzz_seed_save("certificate", "authority.der", BYTES_EMPTY, certificate_der(&authority));
    fuzz_seed_save("certificate", "system.der", BYTES_EMPTY, certificate_der(&system));
    fuzz_seed_save("certificate", "system.pem", BYTES_EMPTY, buffer_view(&pem));
    fuzz_seed_save("certificate", "key.der", BYTES_EMPTY, verify_key_der(signing_key_public(key)));
    verify_key_clear(&note_key.key);
    certificate_clear(&system);
    certificate_clear(&authority);
    signing_key_free(key);
}

static void disk_seeds(void)
{
    struct memory_disk *memory = memory_disk_new();
    struct queue_list *list = NULL;
    struct truc_fault fault;
    FUZZ_REQUIRE(queue_list_open(memory_disk_interface(memory), "/list", &list, &fault) == 0);
    for (uint64_t i = 0; i < 5; i++)
        FUZZ_REQUIRE(queue_list_append(list, &(struct queue_entry){i, i * 7, 100, 0}, &fault) == 0);
    FUZZ_REQUIRE(queue_list_close(list, &fault) == 0);
    struct bytes content = buffer_view(memory_disk_content(memory, "/list"));
    fuzz_seed_save("queue_list", "kept", bytes_of("\0", 1), content);
    fuzz_seed_save("queue_list", "mended", text("\1"), content);
    memory_disk_free(memory);
    for (uint8_t i = 0; i < 16; i++) { /* a file, checksums kept or mended, a place in it */
        const uint8_t edit[] = {(uint8_t)(i / 2), i % 2, (uint8_t)(i * 37), (uint8_t)(i % 3 * 8), 1, 0xff, i};
        char name[32];
        (void)snprintf(name, sizeof name, "edit%u", i);
        fuzz_seed_save("journal", name, BYTES_EMPTY, bytes_of(edit, sizeof edit));
        fuzz_seed_save("id_run", name, BYTES_EMPTY, bytes_of(edit + 1, sizeof edit - 1));
    }
}

int main(int count, char **arguments)
{
    if (count != 2)
        return 2;
    corpus = arguments[1];
    (void)mkdir(corpus, 0777);
    session_seeds();
    message_seeds();
    record_seeds();
    payload_seeds();
    crypto_seeds();
    disk_seeds();
    fuzz_seeds_core();
    fuzz_seeds_sdk();
    fuzz_seeds_text();
    return 0;
}
