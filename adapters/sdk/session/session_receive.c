/* session_receive.c - the receiving half of a session: certificates, proof of what was delivered, receive credit.
 * Nothing reaches a handler that its sender's signature does not cover; it does not run handlers and keeps no inbox.
 * Between the broker's deliver command and SESSION_DELIVER (docs/protocol.md, "Delivery"). */
#include "session_internal.h"

#include "merkle.h"

#include <stdlib.h>

enum { LEVEL_ERROR = 3 };

/* ---- certificates ------------------------------------------------------------------------------------------------------- */

static void peer_key_free(struct session *session, struct peer_key *peer)
{
    if (peer && peer->key)
        session->settings.crypto->key_free(session->settings.crypto_context, peer->key);
    free(peer);
}

static void forget_peer_keys(struct session *session)
{
    size_t at = 0;
    struct peer_key *peer;
    while ((peer = map_next(&session->peer_keys, &at)) != NULL)
        peer_key_free(session, peer);
    map_free(&session->peer_keys); /* keeps the hash key */
    memset(session->roots, 0, sizeof session->roots);
}

/* Opens the certificate into `peer`. 0, why it is not accepted, or TRUC_E_MEMORY. */
static int peer_key_open(struct session *session, struct session_time now,
                         const struct command_certificate *certificate, struct peer_key *peer, struct truc_fault *fault)
{
    memcpy(peer->key_id, certificate->key_id.data, PROTOCOL_KEY_ID_BYTES);
    copy_name(peer->system, sizeof peer->system, certificate->system);
    int code = session->settings.crypto->certificate_open(session->settings.crypto_context, certificate->der,
                                                          certificate->system, certificate->key_id, now.wall_ns,
                                                          &peer->key, &peer->not_after_ns, fault);
    if (code < 0)
        peer->key = NULL;
    return code;
}

/* Takes the place of what was known under its key id: a key may get a new certificate. One that is not accepted replaces none
 * that was. */
static int peer_key_put(struct session *session, struct peer_key *peer)
{
    struct bytes key_id = bytes_of(peer->key_id, PROTOCOL_KEY_ID_BYTES);
    struct peer_key *known = map_get_bytes(&session->peer_keys, key_id);
    if (known && known->key && peer->key == NULL) {
        peer_key_free(session, peer);
        return 0;
    }
    int code = map_put_bytes(&session->peer_keys, key_id, peer);
    peer_key_free(session, code < 0 ? peer : known);
    return code;
}

int receive_certificate(struct session *session, struct session_time now, const struct command_certificate *certificate)
{
    if (certificate->key_id.size != PROTOCOL_KEY_ID_BYTES || certificate->der.size == 0 ||
        certificate->system.size == 0)
        return session_violation(session, now, TRUC_E_PROTOCOL,
                                 "a certificate command lacks key id, system or certificate");
    if (session->peer_keys.count == SESSION_CERTIFICATES_MAX &&
        map_get_bytes(&session->peer_keys, certificate->key_id) == NULL)
        return session_violation(session, now, TRUC_E_LIMIT, "more than %d certificates in one connection",
                                 SESSION_CERTIFICATES_MAX);
    struct peer_key *peer = calloc(1, sizeof *peer);
    if (peer == NULL)
        return TRUC_E_MEMORY;
    struct truc_fault fault = {0};
    int code = peer_key_open(session, now, certificate, peer, &fault);
    if (code == TRUC_E_MEMORY) {
        peer_key_free(session, peer);
        return code;
    }
    if (peer_key_put(session, peer) < 0)
        return TRUC_E_MEMORY;
    return code == 0 ? 0
                     : effect_log(session, LEVEL_ERROR, "the certificate of %.*s is not accepted: %s",
                                  BYTES_PRINTF(certificate->system), fault.text);
}

/* ---- proof -------------------------------------------------------------------------------------------------------------- */

/* The deliveries of one parcel, decoded once. */
struct parcel_contents {
    struct delivery deliveries[PROTOCOL_BUNDLE_MESSAGES_MAX];
    struct sha256_digest leaves[PROTOCOL_BUNDLE_MESSAGES_MAX];
    bool is_wanted[PROTOCOL_BUNDLE_MESSAGES_MAX];
    size_t count;
};

/* TRUC_E_PROTOCOL: not well-formed, indexes not ascending or out of the bundle, salt of another size. */
static int parcel_read(const struct parcel *parcel, struct parcel_contents *ret)
{
    size_t offset = 0;
    int more;
    *ret = (struct parcel_contents){0};
    if (parcel->count == 0 || parcel->count > PROTOCOL_BUNDLE_MESSAGES_MAX ||
        parcel->key_id.size != PROTOCOL_KEY_ID_BYTES)
        return TRUC_E_PROTOCOL;
    struct delivery delivery;
    uint32_t index_min = 0;
    while ((more = delivery_next(parcel->deliveries, &offset, &delivery)) > 0) {
        if (delivery.index < index_min || delivery.index >= parcel->count || delivery.attempt == 0 ||
            delivery.message.salt.size != PROTOCOL_SALT_BYTES || delivery.message.header.size == 0)
            return TRUC_E_PROTOCOL;
        index_min = delivery.index + 1;
        ret->is_wanted[delivery.index] = true;
        ret->leaves[ret->count] = message_leaf(delivery.message.header);
        ret->deliveries[ret->count++] = delivery;
    }
    return more < 0 || ret->count == 0 ? TRUC_E_PROTOCOL : 0;
}

static int parcel_root(struct session *session, const struct parcel *parcel, const struct parcel_contents *contents,
                       struct sha256_digest *ret_root)
{
    struct sha256_digest hash;
    size_t offset = 0;
    int more;
    buffer_clear(&session->scratch);
    while ((more = proof_next(parcel->proof, &offset, &hash)) > 0)
        buffer_append_bytes(&session->scratch, sha256_view(&hash));
    if (more < 0)
        return TRUC_E_SIGNATURE;
    if (buffer_failed(&session->scratch))
        return buffer_failed(&session->scratch);
    int code = merkle_multiproof_root(parcel->count, contents->is_wanted, contents->leaves, contents->count,
                                      buffer_view(&session->scratch), ret_root);
    return code < 0 ? TRUC_E_SIGNATURE : 0;
}

static bool root_is_known(const struct session *session, const struct parcel *parcel, const struct sha256_digest *root)
{
    for (size_t i = 0; i < SESSION_ROOTS_REMEMBERED; i++) {
        const struct verified_root *known = &session->roots[i];
        if (known->count == parcel->count && sha256_equal(&known->root, root) &&
            memcmp(known->key_id, parcel->key_id.data, PROTOCOL_KEY_ID_BYTES) == 0)
            return true;
    }
    return false;
}

static void root_remember(struct session *session, const struct parcel *parcel, const struct sha256_digest *root)
{
    struct verified_root *place = &session->roots[session->root_next++ % SESSION_ROOTS_REMEMBERED];
    memcpy(place->key_id, parcel->key_id.data, PROTOCOL_KEY_ID_BYTES);
    place->root = *root;
    place->count = parcel->count;
}

/* 0, TRUC_E_SIGNING_KEY (no valid certificate), TRUC_E_SIGNATURE, or TRUC_E_MEMORY. */
static int parcel_verify(struct session *session, struct session_time now, const struct parcel *parcel,
                         const struct parcel_contents *contents)
{
    const struct peer_key *peer = map_get_bytes(&session->peer_keys, parcel->key_id);
    struct sha256_digest root;
    if (peer == NULL || peer->key == NULL || now.wall_ns > peer->not_after_ns ||
        !bytes_equal_string(parcel->sender, peer->system))
        return TRUC_E_SIGNING_KEY;
    int code = parcel_root(session, parcel, contents, &root);
    if (code < 0 || root_is_known(session, parcel, &root))
        return code;
    struct statement statement = {.kind = STATEMENT_BUNDLE,
                                  .bus = bytes_string(session->bus),
                                  .system = parcel->sender,
                                  .key_id = parcel->key_id,
                                  .count = parcel->count,
                                  .root = root};
    buffer_clear(&session->scratch);
    statement_write(&statement, &session->scratch);
    if (buffer_failed(&session->scratch))
        return buffer_failed(&session->scratch);
    code = session->settings.crypto->verify(session->settings.crypto_context, peer->key, buffer_view(&session->scratch),
                                            parcel->signature);
    if (code == 0)
        root_remember(session, parcel, &root);
    return code < 0 && code != TRUC_E_MEMORY ? TRUC_E_SIGNATURE : code;
}

/* ---- deliveries --------------------------------------------------------------------------------------------------------- */

static struct session_delivery *delivery_new(const struct delivery *delivery, const struct sha256_digest *leaf)
{
    const struct message *message = &delivery->message;
    struct session_delivery *owned =
        malloc(sizeof *owned + message->header.size + message->payload.size + delivery->agreement.size);
    if (owned == NULL)
        return NULL;
    *owned = (struct session_delivery){.sequence = 0};
    uint8_t *at = (uint8_t *)(owned + 1);
    memcpy(at, message->header.data, message->header.size);
    if (message->payload.size)
        memcpy(at + message->header.size, message->payload.data, message->payload.size);
    uint8_t *agreement = at + message->header.size + message->payload.size;
    if (delivery->agreement.size)
        memcpy(agreement, delivery->agreement.data, delivery->agreement.size);
    owned->agreement = bytes_of(agreement, delivery->agreement.size);
    owned->sequence = delivery->sequence;
    owned->attempt = delivery->attempt;
    owned->is_observed = delivery->observed;
    owned->leaf = *leaf;
    owned->payload = bytes_of(at + message->header.size, message->payload.size);
    owned->header =
        (struct header){.payload_digest = bytes_of(at, message->header.size)}; /* decoded in open_delivery */
    return owned;
}

/* Content of one message of a verified parcel: 0, or why it is rejected. */
static int open_delivery(const struct parcel *parcel, const struct delivery *delivery, struct session_delivery *owned,
                         struct truc_fault *fault)
{
    struct bytes encoded = owned->header.payload_digest;
    int code = header_decode(encoded, &owned->header, fault);
    if (code == 0)
        code = header_check(&owned->header, fault);
    if (code < 0)
        return code;
    if (!bytes_equal(header_sender(&owned->header), parcel->sender))
        return fault_set(fault, TRUC_E_SIGNATURE, "the header names another sender than the one who signed");
    if (owned->header.payload_size_bytes != owned->payload.size)
        return fault_set(fault, TRUC_E_DIGEST, "the header says another size than the payload has");
    struct sha256_digest digest = payload_digest(delivery->message.salt, owned->payload);
    if (!bytes_equal(sha256_view(&digest), owned->header.payload_digest))
        return fault_set(fault, TRUC_E_DIGEST, "the payload is not the one the header's digest was made of");
    if (owned->is_observed && owned->header.kind == HEADER_REQUEST)
        owned->header.kind = HEADER_EVENT; /* for the program; what was signed has been checked */
    return 0;
}

static int reject(struct session *session, const struct delivery *delivery, const struct sha256_digest *leaf,
                  int reason, const char *text)
{
    struct settlement settlement = {.outcome = SETTLED_REJECT,
                                    .code = code_to_wire(reason),
                                    .reason = bytes_string(truc_error_name(reason)),
                                    .text = bytes_string(text)};
    int code = effect_log(session, LEVEL_ERROR, "message %llu is rejected: %s: %s",
                          (unsigned long long)delivery->sequence, truc_error_name(reason), text);
    return code < 0 ? code : receive_settle(session, delivery->sequence, &settlement, sha256_view(leaf));
}

/* A reply goes to who asked, everything else to the driver. Ownership of `owned` passes in every case. */
static int hand_over(struct session *session, struct session_delivery *owned)
{
    if (owned->header.kind != HEADER_REPLY) {
        int code = effect_deliver(session, owned);
        if (code < 0)
            session_delivery_free(owned);
        return code;
    }
    struct settlement done = {.outcome = SETTLED_DONE};
    struct sha256_digest leaf = owned->leaf;
    uint64_t sequence = owned->sequence;
    bool is_taken = false;
    int code = ask_reply(session, owned, &is_taken);
    if (!is_taken)
        session_delivery_free(owned);
    return code < 0 ? code : receive_settle(session, sequence, &done, sha256_view(&leaf));
}

/* Notes that the message is here. Sets ret_known when it is being handled since an earlier connection. */
static int inbound_note(struct session *session, const struct delivery *delivery, bool *ret_known)
{
    struct inbound *inbound = inbound_find(session, delivery->sequence);
    *ret_known = inbound != NULL;
    if (inbound == NULL) {
        inbound = calloc(1, sizeof *inbound);
        if (inbound == NULL || map_put_number(&session->inbound, delivery->sequence, inbound) < 0) {
            free(inbound);
            return TRUC_E_MEMORY;
        }
    }
    inbound->sequence = delivery->sequence;
    inbound->size_bytes = message_size(&delivery->message);
    inbound->is_current = true;
    return 0;
}

/* `verified`: what parcel_verify said of the whole parcel. */
static int take_delivery(struct session *session, const struct parcel *parcel, const struct delivery *delivery,
                         const struct sha256_digest *leaf, int verified)
{
    bool is_known;
    int code = inbound_note(session, delivery, &is_known);
    if (code < 0 || (is_known && verified == 0))
        return code; /* handled already: its settlement will go to this connection */
    if (verified < 0 && is_known)
        return effect_log(session, LEVEL_ERROR, "message %llu came again with a wrong proof",
                          (unsigned long long)delivery->sequence);
    if (verified < 0)
        return reject(session, delivery, leaf, verified, truc_error_meaning(verified));
    struct session_delivery *owned = delivery_new(delivery, leaf);
    if (owned == NULL)
        return TRUC_E_MEMORY;
    struct truc_fault fault = {0};
    if ((code = open_delivery(parcel, delivery, owned, &fault)) < 0) {
        session_delivery_free(owned);
        return reject(session, delivery, leaf, code, fault.text);
    }
    if (session->is_draining && owned->header.kind != HEADER_REPLY) {
        inbound_forget(session,
                       inbound_find(session, delivery->sequence)); /* stays the broker's; it comes again after bye */
        session_delivery_free(owned);
        return 0;
    }
    return hand_over(session, owned);
}

static bool is_repeated_here(const struct session *session, uint64_t sequence)
{
    const struct inbound *inbound = inbound_find(session, sequence);
    return inbound != NULL && inbound->is_current;
}

static int take_parcel(struct session *session, struct session_time now, const struct parcel *parcel,
                       struct parcel_contents *contents)
{
    if (parcel_read(parcel, contents) < 0)
        return session_violation(session, now, TRUC_E_PROTOCOL, "a parcel is malformed");
    for (size_t i = 0; i < contents->count; i++) {
        const struct delivery *delivery = &contents->deliveries[i];
        size_t size_bytes = message_size(&delivery->message);
        if (is_repeated_here(session, delivery->sequence))
            return session_violation(session, now, TRUC_E_PROTOCOL, "message %llu came twice without being settled",
                                     (unsigned long long)delivery->sequence);
        if (size_bytes > session->receive_window_bytes - session->receive_used_bytes)
            return session_violation(session, now, TRUC_E_CREDIT, "more was delivered than the credit of %llu bytes",
                                     (unsigned long long)session->receive_window_bytes);
        session->receive_used_bytes += size_bytes;
    }
    int verified = parcel_verify(session, now, parcel, contents);
    if (verified == TRUC_E_MEMORY)
        return verified;
    for (size_t i = 0; i < contents->count; i++) {
        int code = take_delivery(session, parcel, &contents->deliveries[i], &contents->leaves[i], verified);
        if (code < 0)
            return code;
    }
    return 0;
}

int receive_deliver(struct session *session, struct session_time now, const struct command_deliver *deliver)
{
    struct parcel_contents *contents = malloc(sizeof *contents);
    if (contents == NULL)
        return TRUC_E_MEMORY;
    struct parcel parcel;
    size_t offset = 0, count = 0;
    int code = 0, more = 0;
    while (code == 0 && !session->is_violated && (more = parcel_next(deliver->parcels, &offset, &parcel)) > 0)
        code = ++count > PROTOCOL_PARCELS_MAX
                   ? session_violation(session, now, TRUC_E_PROTOCOL, "deliver holds more than %d parcels",
                                       PROTOCOL_PARCELS_MAX)
                   : take_parcel(session, now, &parcel, contents);
    free(contents);
    if (code == 0 && more < 0)
        return session_violation(session, now, TRUC_E_PROTOCOL, "deliver holds a malformed parcel");
    return code;
}

/* ---- connections -------------------------------------------------------------------------------------------------------- */

/* The window must hold the broker's largest message, or that message could never be delivered. */
int receive_welcomed(struct session *session, struct session_time now)
{
    if (session->receive_window_bytes == 0 || session->receive_window_bytes >= session->message_bytes_max)
        return 0;
    uint64_t missing_bytes = session->message_bytes_max - session->receive_window_bytes;
    session->receive_window_bytes = session->message_bytes_max;
    return session->is_draining ? 0 : receive_grant(session, now, missing_bytes);
}

void receive_disconnected(struct session *session)
{
    size_t at = 0;
    struct inbound *inbound;
    while ((inbound = map_next(&session->inbound, &at)) != NULL)
        inbound->is_current = false;
    session->receive_used_bytes = session->grant_bytes = session->grant_at_ns = 0;
    buffer_clear(&session->settlements);
    buffer_clear(&session->settlement_leaves);
    session->settlement_count = 0;
    forget_peer_keys(session);
}

void receive_free(struct session *session)
{
    size_t at = 0;
    struct inbound *inbound;
    while ((inbound = map_next(&session->inbound, &at)) != NULL)
        free(inbound);
    map_free(&session->inbound);
    forget_peer_keys(session);
    buffer_free(&session->settlements);
    buffer_free(&session->settlement_leaves);
}
