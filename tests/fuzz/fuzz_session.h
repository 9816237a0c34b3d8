/* fuzz_session.h - an SDK session whose keys are fakes, for the targets session and store.
 * A certificate is good when its first byte is even, and so is a signature: the fuzzer can make both.
 * Not for tests of the session: those have tests/unit/sdk/session_bench.h. */
#ifndef TRUC_FUZZ_SESSION_H
#define TRUC_FUZZ_SESSION_H

#include "fuzz.h"
#include "session.h"

#define FUZZ_SESSION_BUS    "bus"
#define FUZZ_SESSION_SYSTEM "onestop"

static inline int fuzz_sign(void *context, struct bytes statement, struct buffer *signature, struct truc_fault *fault)
{
    (void)context, (void)fault;
    struct sha256_digest digest = sha256_of(statement);
    digest.bytes[0] = 0;
    buffer_append_bytes(signature, sha256_view(&digest));
    return 0;
}

static inline int fuzz_certificate_open(void *context, struct bytes der, struct bytes system, struct bytes key_id,
                                        uint64_t wall_ns, void **ret_key, uint64_t *ret_not_after_ns,
                                        struct truc_fault *fault)
{
    (void)context, (void)system, (void)key_id;
    if (der.size == 0 || der.data[0] % 2 != 0)
        return fault_set(fault, TRUC_E_SIGNING_KEY, "the certificate is no good");
    *ret_key = malloc(1);
    *ret_not_after_ns = wall_ns + (uint64_t)der.size * 1000000000u;
    return *ret_key ? 0 : TRUC_E_MEMORY;
}

static inline int fuzz_verify(void *context, void *key, struct bytes statement, struct bytes signature)
{
    (void)context, (void)key, (void)statement;
    return signature.size > 0 && signature.data[0] % 2 == 0 ? 0 : TRUC_E_SIGNATURE;
}

static inline void fuzz_key_free(void *context, void *key)
{
    (void)context;
    free(key);
}

static inline struct session *fuzz_session(struct session_time now)
{
    static const struct session_crypto crypto = {fuzz_sign, fuzz_certificate_open, fuzz_verify, fuzz_key_free};
    struct session_settings settings = {.bus = FUZZ_SESSION_BUS,
                                        .system = FUZZ_SESSION_SYSTEM,
                                        .software = "fuzz",
                                        .session_id = {1},
                                        .key_id = {2},
                                        .salt_secret = {3},
                                        .receive_window_bytes = 65536,
                                        .queue_messages_max = 32,
                                        .queue_bytes_max = 65536,
                                        .random_seed = 7,
                                        .crypto = &crypto};
    struct session *session = NULL;
    FUZZ_REQUIRE(session_create(&settings, now, &session, NULL) == 0);
    return session;
}

#endif
