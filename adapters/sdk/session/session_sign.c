/* session_sign.c - the one signature over a bundle of messages or of receipts (docs/protocol.md, "Signatures").
 * Not the key, which the driver holds: session_settings.crypto.
 * Below session_publish.c and session_receipt.c. */
#include "session_internal.h"

#include "merkle.h"

int session_sign(struct session *session, enum statement_kind kind, const struct sha256_digest *leaves, size_t count,
                 struct buffer *out)
{
    const struct statement statement = {.kind = kind,
                                        .bus = bytes_string(session->bus),
                                        .system = bytes_string(session->system),
                                        .key_id = session_key_id(session),
                                        .count = count,
                                        .root = merkle_root(leaves, count)};
    struct truc_fault fault = {0};
    buffer_clear(&session->scratch);
    statement_write(&statement, &session->scratch);
    if (buffer_failed(&session->scratch))
        return buffer_failed(&session->scratch);
    int code =
        session->settings.crypto->sign(session->settings.crypto_context, buffer_view(&session->scratch), out, &fault);
    return code == 0 ? buffer_failed(out) : code;
}
