/* vectors.c - computes the test vectors of docs/protocol.md from fixed inputs (vectors.h).
 * Everything is made by the same functions that broker and SDK use; nothing is copied from the page.
 * Called by test_protocol_vectors.c. */
#include "vectors.h"

#include "cmocka_start.h"
#include "command.h"
#include "encode.h"
#include "field_path.h"
#include "header.h"
#include "merkle.h"
#include "session.h"
#include "signing.h"

enum { MESSAGES = 3, LINE_DIGITS = 96 };

/* What the whole page is computed from. */
struct inputs {
    struct signing_key *key;
    struct bytes key_id;
    struct sha256_digest salts[MESSAGES], leaves[MESSAGES], root;
    struct buffer headers[MESSAGES];
    struct buffer signature;
    struct bundle bundle;
};

static const uint8_t seed[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
static const char salt_secret[] = "a secret of thirty-two bytes....";
static const char *const payloads[MESSAGES] = {"one", "two", "three"};
static const char *const ids[MESSAGES] = {"m-1", "m-2", "m-3"};

static void put_hex(struct buffer *out, const char *name, struct bytes value)
{
    BUFFER_CLEANUP struct buffer digits = {0};
    hex_append(&digits, value);
    buffer_printf(out, "%s =%s", name, digits.size ? "" : " (nothing)");
    for (size_t at = 0; at < digits.size; at += LINE_DIGITS) {
        size_t count = digits.size - at < LINE_DIGITS ? digits.size - at : LINE_DIGITS;
        buffer_append_string(out, digits.size > LINE_DIGITS ? "\n    " : " ");
        buffer_append(out, digits.data + at, count);
    }
    buffer_append_byte(out, '\n');
}

static void put_text(struct buffer *out, const char *name, const char *value)
{
    buffer_printf(out, "%s = \"%s\"\n", name, value);
}

static void put_command(struct buffer *out, const char *name, const struct command *command)
{
    BUFFER_CLEANUP struct buffer frame = {0};
    command_encode(command, &frame);
    assert_int_equal(buffer_failed(&frame), 0);
    put_hex(out, name, buffer_view(&frame));
}

static void make_message(struct inputs *inputs, size_t i)
{
    inputs->salts[i] = hmac_sha256(bytes_string(salt_secret), bytes_string(ids[i]));
    struct sha256_digest digest = payload_digest(sha256_view(&inputs->salts[i]), bytes_string(payloads[i]));
    struct header header = {.id = bytes_string(ids[i]),
                            .source = bytes_string("portal"),
                            .type = bytes_string("dossier.submitted"),
                            .subject = bytes_string("H56.14-261123-0042"),
                            .time_ns = 1795420800000000000u,
                            .kind = HEADER_EVENT,
                            .urgency = HEADER_URGENCY_NORMAL,
                            .classification = HEADER_NOT_SECRET,
                            .purpose = {.procedure = bytes_string("1.010708")},
                            .payload_digest = sha256_view(&digest),
                            .payload_size_bytes = strlen(payloads[i])};
    header_encode(&header, NULL, 0, &inputs->headers[i]);
    inputs->leaves[i] = message_leaf(buffer_view(&inputs->headers[i]));
    inputs->bundle.messages[i] =
        (struct message){buffer_view(&inputs->headers[i]), sha256_view(&inputs->salts[i]), bytes_string(payloads[i])};
}

static void sign(struct inputs *inputs, const struct statement *statement, struct buffer *signature)
{
    BUFFER_CLEANUP struct buffer text = {0};
    statement_write(statement, &text);
    assert_int_equal(signing_key_sign(inputs->key, buffer_view(&text), signature), 0);
}

static struct statement bundle_statement(const struct inputs *inputs)
{
    return (struct statement){.kind = STATEMENT_BUNDLE,
                              .bus = bytes_string("thanhhoa"),
                              .system = bytes_string("portal"),
                              .key_id = inputs->key_id,
                              .count = MESSAGES,
                              .root = inputs->root};
}

static void make_inputs(struct inputs *inputs)
{
    assert_int_equal(signing_key_from_seed(bytes_of(seed, sizeof seed), &inputs->key, NULL), 0);
    inputs->key_id = key_id_view(&signing_key_public(inputs->key)->id);
    for (size_t i = 0; i < MESSAGES; i++)
        make_message(inputs, i);
    inputs->root = merkle_root(inputs->leaves, MESSAGES);
    struct statement statement = bundle_statement(inputs);
    sign(inputs, &statement, &inputs->signature);
    inputs->bundle.key_id = inputs->key_id;
    inputs->bundle.signature = buffer_view(&inputs->signature);
    inputs->bundle.count = MESSAGES;
}

static void free_inputs(struct inputs *inputs)
{
    signing_key_free(inputs->key);
    for (size_t i = 0; i < MESSAGES; i++)
        buffer_free(&inputs->headers[i]);
    buffer_free(&inputs->signature);
}

/* ---- the sections ---- */

static void put_keys(const struct inputs *inputs, struct buffer *out)
{
    const struct verify_key *key = signing_key_public(inputs->key);
    put_hex(out, "ed25519 secret", bytes_of(seed, sizeof seed));
    put_hex(out, "ed25519 public", bytes_of(key->ed25519, sizeof key->ed25519));
    put_hex(out, "subject public key info", verify_key_der(key));
    put_hex(out, "key id", inputs->key_id);
}

static void put_messages(const struct inputs *inputs, struct buffer *out)
{
    put_text(out, "salt secret", salt_secret);
    for (size_t i = 0; i < MESSAGES; i++) {
        struct sha256_digest digest = payload_digest(sha256_view(&inputs->salts[i]), bytes_string(payloads[i]));
        buffer_printf(out, "\nmessage %zu: id \"%s\", payload \"%s\"\n", i, ids[i], payloads[i]);
        put_hex(out, "salt", sha256_view(&inputs->salts[i]));
        put_hex(out, "payload digest", sha256_view(&digest));
        put_hex(out, "header", buffer_view(&inputs->headers[i]));
        put_hex(out, "leaf", sha256_view(&inputs->leaves[i]));
    }
}

static void put_bundle(const struct inputs *inputs, struct buffer *out)
{
    BUFFER_CLEANUP struct buffer text = {0};
    struct statement statement = bundle_statement(inputs);
    statement_write(&statement, &text);
    put_hex(out, "root", sha256_view(&inputs->root));
    buffer_printf(out, "statement (each line ends with one 0x0a) =\n%s", buffer_string(&text));
    put_hex(out, "ed25519 signature", buffer_view(&inputs->signature));
}

static void put_proof(const struct inputs *inputs, const char *name, const bool wanted[MESSAGES], struct buffer *out)
{
    BUFFER_CLEANUP struct buffer proof = {0};
    assert_int_equal(merkle_multiproof_make(inputs->leaves, MESSAGES, wanted, &proof), 0);
    put_hex(out, name, buffer_view(&proof));
}

static void put_proofs(const struct inputs *inputs, struct buffer *out)
{
    put_proof(inputs, "proof of messages 0 and 2 of 3 (leaf 1)", (const bool[]){true, false, true}, out);
    put_proof(inputs, "proof of message 2 of 3 (node of 0 and 1)", (const bool[]){false, false, true}, out);
    put_proof(inputs, "proof of message 0 of 3 (leaf 1, leaf 2)", (const bool[]){true, false, false}, out);
    put_proof(inputs, "proof of all 3", (const bool[]){true, true, true}, out);
}

/* A key made elsewhere and a signature it made: its secret is not in here, so that this one can only be verified. */
static void put_outside_key(struct buffer *out, const char *key_hex, const char *signature_hex, const char *title)
{
    static const char statement[] = "truc/bundle/v1\nthanhhoa\nportal\n00000000000000000000000000000000\n1\n"
                                    "0000000000000000000000000000000000000000000000000000000000000000\n";
    BUFFER_CLEANUP struct buffer der = {0}, signature = {0};
    struct verify_key key;
    assert_int_equal(hex_decode(bytes_string(key_hex), &der), 0);
    assert_int_equal(hex_decode(bytes_string(signature_hex), &signature), 0);
    assert_int_equal(verify_key_from_der(buffer_view(&der), &key, NULL), 0);
    assert_int_equal(verify_key_check(&key, bytes_string(statement), buffer_view(&signature)), 0);
    put_hex(out, "subject public key info", buffer_view(&der));
    put_hex(out, "key id", key_id_view(&key.id));
    buffer_printf(out, "statement =\n%s", statement);
    put_hex(out, title, buffer_view(&signature));
    verify_key_clear(&key);
}

static void put_receipt(struct inputs *inputs, struct buffer *out)
{
    BUFFER_CLEANUP struct buffer encoded = {0}, text = {0}, signature = {0}, elements = {0};
    struct settlement settlement = {.sequence = 70,
                                    .outcome = SETTLED_REJECT,
                                    .message_leaf = sha256_view(&inputs->leaves[0]),
                                    .code = 73,
                                    .reason = bytes_string("NO_MATCH")};
    settlement_encode(&settlement, &encoded);
    settlement_append(&elements, buffer_view(&encoded));
    struct sha256_digest leaf = message_leaf(buffer_view(&encoded));
    struct statement statement = {.kind = STATEMENT_RECEIPT,
                                  .bus = bytes_string("thanhhoa"),
                                  .system = bytes_string("portal"),
                                  .key_id = inputs->key_id,
                                  .count = 1,
                                  .root = merkle_root(&leaf, 1)};
    statement_write(&statement, &text);
    sign(inputs, &statement, &signature);
    put_hex(out, "settlement", buffer_view(&encoded));
    put_hex(out, "leaf, and root of the receipt of one", sha256_view(&leaf));
    buffer_printf(out, "statement =\n%s", buffer_string(&text));
    put_hex(out, "ed25519 signature", buffer_view(&signature));
    put_command(out, "settle",
                &(struct command){.kind = COMMAND_SETTLE,
                                  .settle = {inputs->key_id, buffer_view(&signature), buffer_view(&elements)}});
}

static void put_commands(struct inputs *inputs, struct buffer *out)
{
    BUFFER_CLEANUP struct buffer bundle = {0}, outcomes = {0};
    struct command hello = {.kind = COMMAND_HELLO,
                            .hello = {1, 1, bytes_string("thanhhoa"), bytes_string("portal"), bytes_of(seed, 16),
                                      bytes_string("example"), 1048576}};
    put_command(out, "hello (session 00..0f, receive credit 1048576)", &hello);
    bundle_encode(&inputs->bundle, &bundle);
    put_command(out, "publish 1 (the bundle above)",
                &(struct command){.kind = COMMAND_PUBLISH, .publish = {1, buffer_view(&bundle)}});
    outcome_append(&outcomes, &(struct outcome){.sequence = 70});
    outcome_append(&outcomes, &(struct outcome){.code = 47, .text = bytes_string("no route takes it")});
    outcome_append(&outcomes, &(struct outcome){.sequence = 71, .repeat = true});
    put_command(out, "outcomes 1 (accepted as 70, refused NO_ROUTE, repeat of 71)",
                &(struct command){.kind = COMMAND_OUTCOMES, .outcomes = {1, buffer_view(&outcomes), 600}});
    put_command(out, "credit 65536", &(struct command){.kind = COMMAND_CREDIT, .credit = {65536}});
    put_command(out, "ping 1", &(struct command){.kind = COMMAND_PING, .ping = {1}});
}

static void put_reply_id(struct buffer *out)
{
    char id[33];
    session_reply_id(bytes_string("onestop"), bytes_string("q-1"), id);
    put_text(out, "reply id for asker \"onestop\", request \"q-1\"", id);
}

/* A provider's permission that lists two paths, and a reply before and after them. */
static void put_reply_fields(struct buffer *out)
{
    static const uint8_t whole[] = {0x08, 0x01, 0x12, 0x02, 'A', 'n', 0x1a, 0x06, 0x0a, 0x01, 'A', 0x12, 0x01, 'B'};
    BUFFER_CLEANUP struct buffer fields = {0}, permissions = {0}, trimmed = {0};
    field_path_append(&fields, &(struct field_path){{1}, 1});
    field_path_append(&fields, &(struct field_path){{3, 2}, 2});
    permission_append(&permissions, &(struct permission){.type = bytes_string("citizen.verify"),
                                                         .peer = bytes_string("onestop"),
                                                         .direction = PERMISSION_RECEIVE,
                                                         .agreement = bytes_string("a-1"),
                                                         .valid_until_ns = UINT64_MAX,
                                                         .reply_fields = buffer_view(&fields)});
    struct command welcome = {.kind = COMMAND_WELCOME,
                              .welcome = {.version = 1,
                                          .bus = bytes_string("thanhhoa"),
                                          .time_ns = 1,
                                          .message_bytes_max = 1048576,
                                          .bundle_messages_max = 256,
                                          .publish_credit_bytes = 16777216,
                                          .heartbeat_ms = 5000,
                                          .permissions = buffer_view(&permissions)}};
    put_command(out, "welcome with one permission, reply_fields 1 and 3.2", &welcome);
    (void)field_paths_trim(buffer_view(&fields), bytes_of(whole, sizeof whole),
                           &trimmed); /* the page shows what came of it */
    put_hex(out, "reply as the program gave it", bytes_of(whole, sizeof whole));
    put_hex(out, "reply as it is signed", buffer_view(&trimmed));
}

/* Message 0, replayed into a sandbox; and the welcome of one. */
static void put_replay(const struct inputs *inputs, struct buffer *out)
{
    BUFFER_CLEANUP struct buffer encoded = {0};
    struct sha256_digest salt = hmac_sha256(bytes_string(salt_secret), bytes_string("r-1"));
    struct sha256_digest digest = payload_digest(sha256_view(&salt), bytes_string(payloads[0]));
    struct header header = {.id = bytes_string("r-1"),
                            .source = bytes_string("portal"),
                            .type = bytes_string("dossier.submitted"),
                            .subject = bytes_string("H56.14-261123-0042"),
                            .time_ns = 1795507200000000000u,
                            .kind = HEADER_EVENT,
                            .urgency = HEADER_URGENCY_NORMAL,
                            .classification = HEADER_NOT_SECRET,
                            .payload_digest = sha256_view(&digest),
                            .payload_size_bytes = strlen(payloads[0]),
                            .replay_of = {bytes_string("thanhhoa"), 70, sha256_view(&inputs->leaves[0])}};
    header_encode(&header, NULL, 0, &encoded);
    put_hex(out, "header of a replay of message 0, position 70 of bus \"thanhhoa\"", buffer_view(&encoded));
    struct command welcome = {.kind = COMMAND_WELCOME,
                              .welcome = {.version = 1,
                                          .bus = bytes_string("thu"),
                                          .time_ns = 1,
                                          .message_bytes_max = 1048576,
                                          .bundle_messages_max = 256,
                                          .publish_credit_bytes = 16777216,
                                          .heartbeat_ms = 5000,
                                          .sandbox = true}};
    put_command(out, "welcome of a sandbox, bus \"thu\"", &welcome);
}

void vectors_write(struct buffer *out)
{
    static struct inputs inputs; /* too large for the stack */
    inputs = (struct inputs){0};
    make_inputs(&inputs);
    buffer_append_string(out, "# Ed25519 key\n");
    put_keys(&inputs, out);
    buffer_append_string(out, "\n# Three messages\n");
    put_messages(&inputs, out);
    buffer_append_string(out, "\n# Their bundle, bus \"thanhhoa\", sender \"portal\"\n");
    put_bundle(&inputs, out);
    buffer_append_string(out, "\n# Multiproofs\n");
    put_proofs(&inputs, out);
    buffer_append_string(out, "\n# A receipt: sequence 70, rejected, code 73, reason \"NO_MATCH\", message 0 above\n");
    put_receipt(&inputs, out);
    buffer_append_string(out, "\n# Frames\n");
    put_commands(&inputs, out);
    buffer_append_string(out, "\n# Replies\n");
    put_reply_id(out);
    put_reply_fields(out);
    buffer_append_string(out, "\n# Replays\n");
    put_replay(&inputs, out);
    buffer_append_string(out, "\n# ECDSA P-256 (to be verified; signatures differ each time)\n");
    put_outside_key(out, VECTORS_P256_KEY, VECTORS_P256_SIGNATURE, "ecdsa p-256 signature, DER");
    buffer_append_string(out, "\n# RSA (to be verified)\n");
    put_outside_key(out, VECTORS_RSA_KEY, VECTORS_RSA_SIGNATURE, "rsa pkcs #1 v1.5 signature");
    free_inputs(&inputs);
}
