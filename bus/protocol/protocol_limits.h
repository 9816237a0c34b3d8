/* protocol_limits.h - every bound of the wire protocol, in one place (docs/protocol.md, "Limits").
 * Hard limits: a configuration may lower some, never raise them. */
#ifndef TRUC_PROTOCOL_LIMITS_H
#define TRUC_PROTOCOL_LIMITS_H

enum {
    PROTOCOL_VERSION = 1,
    PROTOCOL_BUNDLE_MESSAGES_MAX = 256,
    PROTOCOL_MESSAGE_BYTES_MAX = 16 * 1024 * 1024, /* header + salt + payload */
    PROTOCOL_FRAME_BYTES_MAX = PROTOCOL_MESSAGE_BYTES_MAX + 64 * 1024,
    PROTOCOL_HEADER_BYTES_MAX = 16 * 1024,
    PROTOCOL_ID_BYTES_MAX = 64,
    PROTOCOL_TYPE_BYTES_MAX = 128,
    PROTOCOL_NAME_BYTES_MAX = 64,    /* system ids, bus id */
    PROTOCOL_SUBJECT_BYTES_MAX = 64, /* dossier codes are opaque, at most 64 characters */
    PROTOCOL_TEXT_BYTES_MAX = 512,   /* any other text of a header or settlement */
    PROTOCOL_ATTACHMENTS_MAX = 64,
    PROTOCOL_BLOB_CHUNK_BYTES = 256 * 1024, /* of an attachment in one command */
    PROTOCOL_SALT_BYTES = 32,
    PROTOCOL_KEY_ID_BYTES = 16,
    PROTOCOL_SESSION_BYTES = 16,
    PROTOCOL_SIGNATURE_BYTES_MAX = 512,
    PROTOCOL_SETTLEMENTS_MAX = 1024,     /* in one command */
    PROTOCOL_PARCELS_MAX = 256,          /* in one deliver */
    PROTOCOL_ARGUMENTS_BYTES_MAX = 4096, /* of one ask: they are journaled, also those of an attempt that was denied */
    PROTOCOL_FIELD_PATH_STEPS_MAX = 16,
    PROTOCOL_FIELD_PATH_BYTES_MAX = 160, /* 16 field numbers of nine digits, and the dots */
};

#endif
