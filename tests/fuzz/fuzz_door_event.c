/* fuzz_door_event.c - whatever a vendor posts to truc-door, in all three forms; and whatever stands in its file of tokens.
 * It becomes a message or a named refusal, the same way twice, and nothing passes that is not classified as not secret.
 * A fuzz target, see fuzz.h. The first byte says which form; the binary one has "name: value" lines before an empty one. */
#include "door_event.h"
#include "door_tokens.h"
#include "fuzz.h"
#include "fuzz_schemas.h"

enum { FORM_PLAIN, FORM_STRUCTURED, FORM_BINARY, FORM_TOKENS, FORMS };

/* Takes the header lines off; what can't be in a header ends them. */
static struct bytes take_headers(struct bytes data, json_t *headers)
{
    while (data.size) {
        const uint8_t *end = memchr(data.data, '\n', data.size);
        size_t size = end ? (size_t)(end - data.data) : data.size;
        const uint8_t *colon = memchr(data.data, ':', size);
        struct bytes rest = bytes_of(data.data + size + (end != NULL), data.size - size - (end != NULL));
        if (!size || !colon)
            return size ? data : rest;
        const char *value = (const char *)colon + 1;
        size_t value_size = size - (size_t)(value - (const char *)data.data);
        if (value_size && *value == ' ') {
            value++;
            value_size--;
        }
        json_t *text = memchr(value, 0, value_size) ? NULL : json_stringn(value, value_size);
        char name[64];
        snprintf(name, sizeof(name), "%.*s", (int)(colon - data.data), (const char *)data.data);
        if (text)
            json_object_set_new(headers, name, text); /* NULL: no UTF-8, as http_server.c leaves it out */
        data = rest;
    }
    return data;
}

static int make(const struct http_incoming *incoming, struct connector_message *message, struct truc_fault *fault)
{
    static const struct door_adapter door = {.common.name = "tester"};
    static struct connector_form form;
    unsigned status;
    form.message = schema_set_find_type(fuzz_schemas(), bytes_string("dossier.refused"));
    return door_event_read(&door, &form, incoming, message, &status, fault);
}

static void read_event(struct bytes data, int how)
{
    struct truc_fault fault = {0}, again_fault = {0};
    struct connector_message message, again;
    json_t *headers = json_object();
    json_object_set_new(headers, "content-type",
                        json_string(how == FORM_STRUCTURED ? "application/cloudevents+json" : "application/json"));
    if (how == FORM_BINARY)
        data = take_headers(data, headers);
    struct http_incoming incoming = {.method = "POST", .path = "/", .headers = headers, .body = data};
    int code = make(&incoming, &message, &fault), code_again = make(&incoming, &again, &again_fault);
    FUZZ_REQUIRE(code == 0 || ((code == TRUC_E_SECRET || code == TRUC_E_PAYLOAD) && *fault.text));
    FUZZ_REQUIRE(code == code_again && strcmp(fault.where, again_fault.where) == 0);
    if (code == 0) {
        const char *said = json_string_value(json_object_get(message.tree, "classification"));
        FUZZ_REQUIRE(said && strcmp(said, "not-secret") == 0);
        FUZZ_REQUIRE(*message.outgoing.id && strcmp(message.id, again.id) == 0);
        FUZZ_REQUIRE(message.payload.size == again.payload.size);
    }
    connector_message_free(&message);
    connector_message_free(&again);
    json_decref(headers);
}

static void read_tokens(struct bytes data)
{
    static struct door_token_list list;
    struct truc_fault fault = {0};
    int code = door_token_list_parse("tokens", data, &list, &fault);
    FUZZ_REQUIRE(code == 0 || (code == TRUC_E_CONFIG && *fault.where));
    for (size_t i = 0; i < list.count; i++)
        FUZZ_REQUIRE(*list.tokens[i].name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    int how = data[0] % FORMS;
    struct bytes rest = bytes_of(data + 1, size - 1);
    if (how == FORM_TOKENS)
        read_tokens(rest);
    else
        read_event(rest, how);
    return 0;
}
