/* small_broker.h - a broker of one client on 127.0.0.1: real CURVE, real keys, answers what the test tells it to.
 * Test support only: no routing, no journal. With it come a bus's keys and an adapter's settings in a temporary folder.
 * Used by test_adapter_*.c and test_settings.c. */
#ifndef TRUC_TEST_SMALL_BROKER_H
#define TRUC_TEST_SMALL_BROKER_H

#include "certificate.h"
#include "command.h"
#include "curve_key.h"
#include <truc/truc.h>

enum { BROKER_PUBLISHED_MAX = 64, BROKER_SETTLED_MAX = 64 };

/* One system with its keys. */
struct broker_party {
    const char *name;
    struct signing_key *key;
    struct certificate certificate;
};

struct small_broker {
    char folder[64], endpoint[64];
    void *context, *router;
    struct curve_key server_key, client_key;
    struct signing_key *authority_key;
    struct certificate authority;
    struct broker_party adapter, peer; /* "population" and "onestop" */
    struct buffer client;              /* routing id of the newest connection */
    bool is_greeted;
    bool is_answering;  /* whether publishes get outcomes */
    size_t answers_max; /* none for a publish after so many messages; 0: no bound */
    int refusal;        /* the code of every outcome; 0: accepted */
    /* What came, across connections. */
    struct broker_published {
        char id[65], type[65], payload[65];
        uint64_t in_reply_to, not_before_ns;
        struct sha256_digest digest; /* of salt, header and payload */
    } published[BROKER_PUBLISHED_MAX];
    size_t published_count;
    struct settlement settled[BROKER_SETTLED_MAX]; /* numbers only: texts are gone with their frame */
    char settled_reasons[BROKER_SETTLED_MAX][33];
    size_t settled_count;
    struct bytes permissions; /* of each welcome; the test's own */
    size_t hello_count, bye_count;
    bool lets_out_field_1; /* replies to citizen.verify may hold that and no more, by agreement "strict" */
    uint8_t session[PROTOCOL_SESSION_BYTES]; /* of the newest hello */
};

void broker_begin(struct small_broker *broker); /* listens; writes settings.yaml and key files into `folder` */
void broker_end(struct small_broker *broker);
void broker_stop(struct small_broker *broker); /* stops listening; broker_listen at the same place again */
void broker_listen(struct small_broker *broker);
void broker_path(const struct small_broker *broker, const char *name, char path[128]);
void broker_write(const struct small_broker *broker, const char *name, struct bytes content, unsigned mode);
void broker_write_settings(const struct small_broker *broker, const char *replace_key,
                           const char *by_line); /* NULL: nothing */

/* Handles what has come; then lets the adapter (may be NULL) step. Waits at most a few ms for either. */
void broker_pump(struct small_broker *broker, truc_adapter *adapter);
/* Pumps until the count is reached; fails the test after ten seconds. */
void broker_pump_until(struct small_broker *broker, truc_adapter *adapter, const size_t *count, size_t wanted);

/* Delivers one message of `peer` with its certificate. */
struct broker_message {
    const char *id, *type, *payload;
    uint32_t kind;
    uint64_t sequence;
    uint32_t attempt;
};
void broker_welcome(struct small_broker *broker); /* once more, as after a change of the configuration */
void broker_deliver(struct small_broker *broker, const struct broker_message *message);

#endif
