/* door_openapi.c - see door_openapi.h.
 * The fixed parts are text, what follows from schemas is built. Parts without memory are left out by jansson: then NULL.
 * In the flow: called once a request for it. */
#include "door_openapi.h"

/* clang-format off */
static const char fixed[] =
    "{\"openapi\":\"3.0.3\",\"info\":{\"title\":\"\",\"version\":\"1\"},\"security\":[{\"token\":[]}],\"paths\":{"
    "\"/openapi.json\":{\"get\":{\"operationId\":\"describe\",\"responses\":{\"200\":{\"description\":\"this document\"}}}},"
    "\"/v1/inbox\":{\"get\":{\"operationId\":\"listInbox\",\"summary\":\"What was delivered and is neither settled nor leased\",\"parameters\":["
    "{\"name\":\"limit\",\"in\":\"query\",\"schema\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,\"default\":10}},"
    "{\"name\":\"wait\",\"in\":\"query\",\"description\":\"seconds to wait for a message\",\"schema\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":60,\"default\":0}}],"
    "\"responses\":{\"200\":{\"description\":\"the messages\",\"content\":{\"application/json\":{\"schema\":{\"type\":\"object\",\"properties\":{"
    "\"items\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Item\"}}}}}}},\"default\":{\"$ref\":\"#/components/responses/Problem\"}}}},"
    "\"/v1/inbox/{position}\":{\"parameters\":[{\"$ref\":\"#/components/parameters/Position\"}],\"get\":{\"operationId\":\"getMessage\",\"responses\":{"
    "\"200\":{\"description\":\"the message\",\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Item\"}}}},"
    "\"default\":{\"$ref\":\"#/components/responses/Problem\"}}}}},"
    "\"components\":{\"securitySchemes\":{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}},"
    "\"parameters\":{\"Position\":{\"name\":\"position\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"integer\",\"format\":\"int64\"}}},"
    "\"responses\":{\"Problem\":{\"description\":\"why not (RFC 9457)\",\"content\":{\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}}},"
    "\"schemas\":{\"Problem\":{\"type\":\"object\",\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
    "\"code\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"},\"hint\":{\"type\":\"string\"},\"field\":{\"type\":\"string\"}}},"
    "\"Accepted\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"position\":{\"type\":\"integer\",\"format\":\"int64\"},\"repeat\":{\"type\":\"boolean\"}}},"
    "\"Purpose\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"procedure\":{\"type\":\"string\"},\"dossier\":{\"type\":\"string\"},"
    "\"officer\":{\"type\":\"string\"},\"legal-basis\":{\"type\":\"string\"}}},"
    "\"Item\":{\"type\":\"object\",\"required\":[\"position\",\"id\",\"source\",\"type\",\"kind\",\"data\"],\"properties\":{\"position\":{\"type\":\"integer\",\"format\":\"int64\"},"
    "\"id\":{\"type\":\"string\"},\"source\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"},\"kind\":{\"type\":\"string\",\"enum\":[\"event\",\"command\",\"request\"]},"
    "\"subject\":{\"type\":\"string\"},\"time\":{\"type\":\"string\",\"format\":\"date-time\"},\"attempt\":{\"type\":\"integer\"},\"data\":{\"oneOf\":[]}}}}}}";

static const char envelope[] =
    "{\"id\":{\"type\":\"string\"},\"source\":{\"type\":\"string\"},\"subject\":{\"type\":\"string\"},\"time\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"classification\":{\"type\":\"string\",\"enum\":[\"not-secret\"]},\"urgency\":{\"type\":\"string\",\"enum\":[\"normal\",\"urgent\",\"most-urgent\",\"express\"]},"
    "\"ordering-key\":{\"type\":\"string\"},\"correlation-id\":{\"type\":\"string\"},\"causation-id\":{\"type\":\"string\"},\"traceparent\":{\"type\":\"string\"},"
    "\"historical\":{\"type\":\"boolean\"},\"purpose\":{\"$ref\":\"#/components/schemas/Purpose\"}}";
/* clang-format on */

static json_t *problem(void)
{
    return json_pack("{s:s}", "$ref", "#/components/responses/Problem");
}

static json_t *answer(const char *text, json_t *schema)
{
    return json_pack("{s:s, s:{s:{s:o}}}", "description", text, "content", "application/json", "schema", schema);
}

/* What a vendor posts for a type. */
static json_t *request_body(const struct schema_message *message, json_t *components)
{
    bool is_question = message->kind == SCHEMA_KIND_REQUEST;
    json_t *members = json_loads(envelope, 0, NULL);
    json_object_set_new(members, "body", door_openapi_schema(message, components));
    json_t *required = is_question ? json_pack("[s, s]", "subject", "classification")
                                   : json_pack("[s, s, s, s]", "id", "subject", "time", "classification");
    return json_pack("{s:b, s:{s:{s:{s:s, s:b, s:o, s:o}}}}", "required", 1, "content", "application/json", "schema",
                     "type", "object", "additionalProperties", 0, "required", required, "properties", members);
}

static json_t *answers_of(const struct schema_message *message, json_t *components)
{
    json_t *accepted = json_pack("{s:s}", "$ref", "#/components/schemas/Accepted");
    json_t *answers = NULL;
    if (message->kind == SCHEMA_KIND_REQUEST)
        answers = json_pack("{s:o, s:o}", "200",
                            answer("the reply", json_pack("{s:s, s:{s:o, s:{s:s}}}", "type", "object", "properties",
                                                          "body", door_openapi_schema(message->reply, components),
                                                          "position", "type", "integer")),
                            "default", problem());
    else
        answers = json_pack("{s:o, s:o, s:o}", "202", answer("the bus has it", json_incref(accepted)), "200",
                            answer("the bus had it before", json_incref(accepted)), "default", problem());
    json_decref(accepted);
    return answers;
}

static void add_sending(json_t *document, const struct schema_message *message)
{
    bool is_question = message->kind == SCHEMA_KIND_REQUEST;
    json_t *components = json_object_get(json_object_get(document, "components"), "schemas");
    json_t *path = json_sprintf("/v1/%s/%s", is_question ? "requests" : "messages", message->type);
    json_t *operation =
        json_pack("{s:s+, s:s, s:o, s:o}", "operationId", "send.", message->type, "summary", message->title,
                  "requestBody", request_body(message, components), "responses", answers_of(message, components));
    json_object_set_new(json_object_get(document, "paths"), json_string_value(path),
                        json_pack("{s:o}", "post", operation));
    json_decref(path);
}

static void add_receiving(json_t *document, const struct schema_message *message)
{
    json_t *components = json_object_get(json_object_get(document, "components"), "schemas");
    json_t *item = json_object_get(json_object_get(components, "Item"), "properties");
    json_array_append_new(json_object_get(json_object_get(item, "data"), "oneOf"),
                          door_openapi_schema(message, components));
}

static void add_settling(json_t *document)
{
    static const struct {
        const char *word, *summary, *properties;
    } ways[] = {
        {"done", "Its effect has happened", "{}"},
        {"retry", "Not now: it is delivered again", "{\"after\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"}}"},
        {"reject", "Never", "{\"reason\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"}}"},
        {"reply", "The answer to a question", "{\"body\":{\"type\":\"object\"}}"},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        json_t *path = json_sprintf("/v1/inbox/{position}/%s", ways[i].word);
        json_t *parameters = json_pack("[{s:s}]", "$ref", "#/components/parameters/Position");
        json_t *operation =
            json_pack("{s:s, s:s, s:{s:{s:{s:{s:s, s:o}}}}, s:{s:{s:s}, s:o}}", "operationId", ways[i].word, "summary",
                      ways[i].summary, "requestBody", "content", "application/json", "schema", "type", "object",
                      "properties", json_loads(ways[i].properties, 0, NULL), "responses", "200", "description",
                      "it is on disk", "default", problem());
        json_object_set_new(json_object_get(document, "paths"), json_string_value(path),
                            json_pack("{s:o, s:o}", "parameters", parameters, "post", operation));
        json_decref(path);
    }
}

json_t *door_openapi(const struct door_adapter *door, door_openapi_permits *permits, void *context)
{
    json_t *document = json_loads(fixed, 0, NULL);
    if (!document)
        return NULL;
    json_object_set_new(json_object_get(document, "info"), "title", json_string(door->common.title));
    add_settling(document);
    for (size_t i = 0; i < schema_set_type_count(door->schemas); i++) {
        const struct schema_message *message = schema_set_type(door->schemas, i);
        if (schema_set_find_type(door->schemas, bytes_string(message->type)) != message)
            continue; /* an older version: the door speaks the newest */
        if (permits(context, message->type, true))
            add_sending(document, message);
        if (permits(context, message->type, false))
            add_receiving(document, message);
    }
    return document;
}
