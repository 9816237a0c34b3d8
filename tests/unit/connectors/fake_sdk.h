/* fake_sdk.h - a stand-in for the SDK: keeps what is published, answers as told, delivers what a test gives it.
 * No bus, no network, no threads; the same functions as truc/truc.h.
 * Used by the connector's tests that go over real HTTP. */
#ifndef FAKE_SDK_H
#define FAKE_SDK_H

#include <truc/truc.h>

#include "bytes.h"

enum { FAKE_SDK_SENT_MAX = 64, FAKE_SDK_TEXT_BYTES = 128, FAKE_SDK_PAYLOAD_BYTES = 8192 };

/* What the connector published or asked. */
struct fake_sent {
    char type[FAKE_SDK_TEXT_BYTES], id[FAKE_SDK_TEXT_BYTES], subject[FAKE_SDK_TEXT_BYTES], officer[FAKE_SDK_TEXT_BYTES];
    enum truc_kind kind;
    uint8_t payload[FAKE_SDK_PAYLOAD_BYTES];
    size_t payload_bytes;
};

enum fake_settled { FAKE_OPEN, FAKE_DONE, FAKE_RETRY, FAKE_REJECT, FAKE_REPLY };

/* What became of a delivery. */
struct fake_settlement {
    enum fake_settled how;
    int code;
    char reason[FAKE_SDK_TEXT_BYTES], text[512];
    uint32_t after_ms;
    uint8_t payload[FAKE_SDK_PAYLOAD_BYTES];
    size_t payload_bytes;
};

truc_adapter *fake_sdk_open(const char *system);
/* How the next publishes and questions end: 0 or TRUC_E_…; questions answer with @payload when 0. */
void fake_sdk_answer(truc_adapter *adapter, int code, const char *reason, struct bytes payload);
void fake_sdk_hold(truc_adapter *adapter, bool hold); /* true: nothing completes until false */
void fake_sdk_connect(truc_adapter *adapter, bool connected);
size_t fake_sdk_sent_count(const truc_adapter *adapter);
const struct fake_sent *fake_sdk_sent(const truc_adapter *adapter, size_t index);

/* Delivers a message at the next truc_step; the settlement is the caller's and is filled when it is settled. */
void fake_sdk_deliver(truc_adapter *adapter, const char *type, const char *id, struct bytes payload,
                      struct fake_settlement *settlement);

#endif
