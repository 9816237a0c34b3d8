/* fuzz_record.c - any bytes as the body of any record of the journal (docs/journal-format.md, "Records").
 * What is accepted is read as the same when it is written again.
 * A fuzz target, see fuzz.h: the first byte chooses the kind. */
#include "fuzz.h"
#include "record.h"

#define TRY(name)                                                                                                      \
    static int try_##name(struct bytes body, struct buffer *out)                                                       \
    {                                                                                                                  \
        struct record_##name value;                                                                                    \
        struct truc_fault fault;                                                                                       \
        int code = record_##name##_decode(body, &value, &fault);                                                       \
        if (code == 0)                                                                                                 \
            record_##name##_encode(&value, out);                                                                       \
        return code;                                                                                                   \
    }
TRY(started)
TRY(configuration)
TRY(bundle)
TRY(accepted)
TRY(refused)
TRY(settled)
TRY(fate)
TRY(attempted)
TRY(session)
TRY(operation)

static void walk(struct bytes body)
{
    struct record_destination destination;
    struct record_person person;
    struct record_file file;
    struct bytes settlement;
    for (size_t at = 0; record_destination_next(body, &at, &destination) > 0;)
        FUZZ_REQUIRE(at <= body.size);
    for (size_t at = 0; record_person_next(body, &at, &person) > 0;)
        FUZZ_REQUIRE(at <= body.size);
    for (size_t at = 0; record_file_next(body, &at, &file) > 0;)
        FUZZ_REQUIRE(at <= body.size);
    for (size_t at = 0; record_settlement_next(body, &at, &settlement) > 0;)
        FUZZ_REQUIRE(at <= body.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int (*const tries[])(struct bytes, struct buffer *) = {
        try_started, try_configuration, try_bundle,    try_accepted, try_refused,
        try_settled, try_fate,          try_attempted, try_session,  try_operation,
    };
    if (size == 0)
        return 0;
    int (*try)(struct bytes, struct buffer *) = tries[data[0] % (sizeof tries / sizeof *tries)];
    BUFFER_CLEANUP struct buffer first = {0}, second = {0};
    walk(bytes_of(data + 1, size - 1));
    if (try(bytes_of(data + 1, size - 1), &first) != 0)
        return 0;
    FUZZ_REQUIRE(try(buffer_view(&first), &second) == 0);
    FUZZ_REQUIRE(bytes_equal(buffer_view(&first), buffer_view(&second)));
    return 0;
}
