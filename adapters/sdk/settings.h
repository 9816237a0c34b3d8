/* settings.h - an adapter's settings file: which bus, which system, which keys, which inbox (docs/sdk.md).
 * Reads YAML and the files it names; secret ones must be private to their owner. Connects to nothing.
 * First step of opening an adapter. */
#ifndef TRUC_SETTINGS_H
#define TRUC_SETTINGS_H

#include "arena.h"
#include "buffer.h"
#include "curve_key.h"
#include "fault.h"
#include "sha256.h"

enum {
    SETTINGS_FILE_BYTES_MAX = 64 * 1024, /* of the settings, and of each key file */
    SETTINGS_RECEIVE_CREDIT_DEFAULT = 16 * 1024 * 1024,
    SETTINGS_QUEUE_MESSAGES_DEFAULT = 4096,
    SETTINGS_QUEUE_BYTES_DEFAULT = 64 * 1024 * 1024,
    SETTINGS_SALT_SECRET_BYTES_MIN = 32,
    SETTINGS_BROKERS_MAX = 8,
    SETTINGS_SERVER_KEYS_MAX = 4,
};
#define SETTINGS_INBOX_KEEP_DEFAULT_NS (14ull * 24 * 3600 * 1000000000ull)

struct settings {
    struct arena arena; /* owns the texts */
    const char *bus, *system;
    const char *server_keys[SETTINGS_SERVER_KEYS_MAX]; /* Z85, tried in this order at each address */
    size_t server_key_count;
    const char *brokers[SETTINGS_BROKERS_MAX]; /* addresses in the order they are tried */
    size_t broker_count;
    const char *inbox;  /* a path, or "memory" */
    const char *outbox; /* a path; NULL: none */
    uint64_t inbox_keep_ns;
    uint64_t receive_credit_bytes, queue_bytes_max;
    uint32_t queue_messages_max;
    struct curve_key transport_key;
    const char *signing_token;                         /* PKCS #11 URI of the signing key; NULL: it is in a file */
    struct buffer token_pin;                           /* secret */
    struct buffer signing_key, certificate, authority; /* contents of PEM files; signing_key empty with a token */
    uint8_t salt_secret[SHA256_BYTES];
};

/* TRUC_E_CONFIG with file:line:column in fault->where; TRUC_E_IO for a file that can't be read. Relative paths start at the
 * settings file's folder. */
int settings_read(const char *path, struct settings *ret_settings, struct truc_fault *fault);
void settings_clear(struct settings *settings); /* wipes; leaves {0}; NULL is fine */

#endif
