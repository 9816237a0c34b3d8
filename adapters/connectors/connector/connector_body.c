/* connector_body.c - see connector_body.h.
 * The schema library writes the text, jansson reads it.
 * In the flow: called once a message. */
#include "connector_body.h"

#include "fault.h"

int connector_body_of(const struct schema_message *message, struct bytes payload, json_t **ret_body,
                      struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer text = {0};
    struct schema_json_options options = {.words = true, .instants = true};
    int result = schema_to_json(message, payload, &options, &text, fault);
    if (result < 0)
        return result;
    *ret_body = json_loadb((const char *)text.data, text.size, 0, NULL);
    return *ret_body ? 0 : fault_set(fault, TRUC_E_MEMORY, "no memory for a message's fields");
}
