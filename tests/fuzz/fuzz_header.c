/* fuzz_header.c - any bytes as a message's header (docs/protocol.md, "Header").
 * What is accepted is accepted by protobuf-c too, and its canonical form is read as the same.
 * A fuzz target, see fuzz.h. */
#include "fuzz.h"
#include "header.h"
#include "protocol_limits.h"

#include <truc/bus/v1/wire.pb-c.h>

enum { ATTACHMENTS_MAX = 256 };

static size_t attachments_read(struct bytes encoded, struct header_attachment *ret_attachments)
{
    struct header_attachment attachment;
    size_t count = 0;
    for (size_t at = 0; header_attachment_next(encoded, &at, &attachment) > 0;) {
        FUZZ_REQUIRE(count < ATTACHMENTS_MAX);
        ret_attachments[count++] = attachment;
    }
    return count;
}

static void encode(const struct header *header, struct buffer *out)
{
    struct header_attachment attachments[ATTACHMENTS_MAX];
    size_t count = attachments_read(header->attachments, attachments);
    FUZZ_REQUIRE(count == header->attachment_count);
    header_encode(header, attachments, count, out);
    FUZZ_REQUIRE(buffer_failed(out) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct header header, again;
    struct truc_fault fault;
    if (header_decode(bytes_of(data, size), &header, &fault) != 0)
        return 0;
    Truc__Bus__V1__Header *foreign = truc__bus__v1__header__unpack(NULL, size, data);
    FUZZ_REQUIRE(foreign != NULL);
    truc__bus__v1__header__free_unpacked(foreign, NULL);
    BUFFER_CLEANUP struct buffer first = {0}, second = {0};
    encode(&header, &first);
    FUZZ_REQUIRE(header_decode(buffer_view(&first), &again, &fault) == 0);
    encode(&again, &second);
    FUZZ_REQUIRE(bytes_equal(buffer_view(&first), buffer_view(&second)));
    FUZZ_REQUIRE(header_check(&header, &fault) == header_check(&again, &fault));
    FUZZ_REQUIRE(header_sender(&header).size <= header.source.size);
    FUZZ_REQUIRE(bytes_equal(header_order_key(&header), header_order_key(&again)));
    FUZZ_REQUIRE(header_asked_type(&header).size <= header.type.size);
    return 0;
}
