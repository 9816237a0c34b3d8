/* fuzz_exec_line.c - whatever a program writes, cut into lines and read as the protocol of truc-exec (docs/connector-exec.md).
 * How the bytes arrive changes nothing; a line is of the protocol or named; what is published becomes a message or a refusal, and nothing secret passes.
 * A fuzz target, see fuzz.h. */
#include "exec_inbound.h"
#include "exec_lines.h"
#include "fuzz.h"
#include "fuzz_schemas.h"

enum { LINE_BYTES_MAX = 4096 };

/* An adapter that takes one type as the program writes it. */
static const struct exec_adapter *adapter(void)
{
    static struct exec_adapter it = {.common.name = "tester", .accept_count = 1};
    static struct exec_accept accept = {.within_ms = 1000};
    accept.form.message = schema_set_find_type(fuzz_schemas(), bytes_string("dossier.refused"));
    it.accepts[0] = &accept;
    return &it;
}

static void publish(struct exec_line *line)
{
    struct exec_inbound inbound;
    struct truc_fault fault = {0};
    const char *said = json_string_value(json_object_get(line->tree, "classification"));
    bool is_not_secret = said && strcmp(said, "not-secret") == 0;
    int code = exec_inbound_make(adapter(), line, &inbound, &fault);
    FUZZ_REQUIRE(code != 0 || is_not_secret);
    FUZZ_REQUIRE(code == 0 || code == TRUC_E_SECRET || code == TRUC_E_PAYLOAD || code == TRUC_E_UNKNOWN_TYPE);
    FUZZ_REQUIRE(code != 0 || (inbound.message.outgoing.id && *inbound.message.outgoing.subject));
    json_t *answer = code == 0 ? exec_say_accepted(line->ref, inbound.message.outgoing.id, 1)
                               : exec_say_refused(line->ref, code, "", fault.text, fault.where);
    FUZZ_REQUIRE(answer != NULL);
    json_decref(answer);
    exec_inbound_free(&inbound);
}

static void read_line(struct bytes text)
{
    struct exec_line line = {0};
    struct truc_fault fault = {0};
    int code = exec_line_read(text, &line, &fault);
    FUZZ_REQUIRE(code == 0 || (code == TRUC_E_PROTOCOL && *fault.text));
    if (code == 0 && exec_op_is_answer(line.op))
        FUZZ_REQUIRE(line.delivery > 0);
    if (code == 0 && (line.op == EXEC_PUBLISH || line.op == EXEC_REQUEST))
        publish(&line);
    exec_line_free(&line);
}

/* The lines of @data when it comes in pieces of @piece bytes; how many, those that are cut included. */
static int count_lines(struct bytes data, size_t piece, bool reads)
{
    struct exec_lines lines = {.line_bytes_max = LINE_BYTES_MAX};
    struct bytes line;
    int count = 0, result;
    for (size_t at = 0; at < data.size; at += piece) {
        size_t size = data.size - at < piece ? data.size - at : piece;
        FUZZ_REQUIRE(exec_lines_add(&lines, bytes_of(data.data + at, size)) == 0);
        while ((result = exec_lines_next(&lines, &line)) != 0) {
            FUZZ_REQUIRE(result == 1 || (result == TRUC_E_TOO_LARGE && line.size == LINE_BYTES_MAX));
            FUZZ_REQUIRE(line.size <= LINE_BYTES_MAX && (!line.size || !memchr(line.data, '\n', line.size)));
            if (reads && result == 1)
                read_line(line);
            count++;
        }
    }
    exec_lines_free(&lines);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int whole = count_lines(bytes_of(data, size), size ? size : 1, true);
    FUZZ_REQUIRE(count_lines(bytes_of(data, size), 7, false) == whole);
    return 0;
}
