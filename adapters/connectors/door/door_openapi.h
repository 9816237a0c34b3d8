/* door_openapi.h - the door described as an OpenAPI 3.0.3 document: only the types that this system may send or receive.
 * Pure: permissions are asked of the caller.
 * In the flow: GET /openapi.json -> this. */
#ifndef TRUC_DOOR_OPENAPI_H
#define TRUC_DOOR_OPENAPI_H

#include <jansson.h>

#include "door_adapter.h"

/* Whether an agreement in force lets this system send (or else receive) the type. */
typedef bool door_openapi_permits(void *context, const char *type, bool is_sending);

/* A new reference, or NULL without memory. */
json_t *door_openapi(const struct door_adapter *door, door_openapi_permits *permits, void *context);

/* door_openapi_schema.c: {"$ref": …} of a message, which is put with all it holds into @components. */
json_t *door_openapi_schema(const struct schema_message *message, json_t *components);

#endif
