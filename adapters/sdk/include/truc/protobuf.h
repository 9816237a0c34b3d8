/* truc/protobuf.h - requests and replies as protobuf-c messages; optional, for programs that use generated types.
 * Two inline functions over truc/truc.h, so that libtruc itself does not depend on protobuf-c.
 * The broker has checked payloads against their schema before they arrive. */
#ifndef TRUC_PROTOBUF_H
#define TRUC_PROTOBUF_H

#include <protobuf-c/protobuf-c.h>
#include <stdlib.h>
#include <truc/truc.h>

/* The request's payload as a generated message, freed with protobuf_c_message_free_unpacked(message, NULL); NULL when it is not
 * one, or without memory. Cast it to the generated type. */
static inline ProtobufCMessage *truc_decode(const truc_request *request, const ProtobufCMessageDescriptor *descriptor)
{
    size_t size;
    const void *payload = truc_request_payload(request, &size);
    return protobuf_c_message_unpack(descriptor, NULL, size, (const uint8_t *)payload);
}

/* Answers with a generated message: truc_reply(request, &reply.base). As truc_reply_bytes; TRUC_E_MEMORY. */
static inline int truc_reply(truc_request *request, const ProtobufCMessage *reply)
{
    size_t size = protobuf_c_message_get_packed_size(reply);
    uint8_t *payload = (uint8_t *)malloc(size ? size : 1);
    if (payload == NULL)
        return TRUC_E_MEMORY;
    protobuf_c_message_pack(reply, payload);
    int code = truc_reply_bytes(request, payload, size);
    free(payload);
    return code;
}

#endif
