/* dead_selection.c - options to a query, a query to a question.
 * See dead_selection.h. Filters are joined by 'and'; the broker applies them. */
#include "dead_selection.h"

#include "cli_error.h"
#include "cli_words.h"
#include "fault.h"

static struct bytes option(const struct cli_arguments *arguments, const char *name)
{
    const char *value = cli_option_value(arguments, name);
    return bytes_string(value ? value : "");
}

int dead_selection_read(const struct cli_arguments *arguments, struct operator_dead_query *ret,
                        struct truc_fault *fault)
{
    uint64_t position = 0;
    int error = 0;
    if (cli_error_option(arguments, &error, fault) < 0)
        return fault->code;
    *ret = (struct operator_dead_query){.destination = option(arguments, "destination"),
                                        .sender = option(arguments, "from"),
                                        .type = option(arguments, "type"),
                                        .code = bytes_string(error ? truc_error_name(error) : ""),
                                        .reason = option(arguments, "reason")};
    int given = cli_option_number(arguments, "position", &position, fault);
    ret->position = given > 0 ? position + 1 : 0;
    return given < 0 ? given : 0;
}

bool dead_selection_is_all(const struct operator_dead_query *query)
{
    return query->position == 0 &&
           query->destination.size + query->sender.size + query->type.size + query->code.size == 0;
}

int dead_selection_call(struct cli_client *client, const char *verb, const struct operator_dead_query *query,
                        struct command_answer *ret_answer, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer encoded = {0};
    operator_dead_query_encode(query, &encoded);
    if (buffer_failed(&encoded))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a question"));
    return cli_client_call(client, verb, buffer_view(&encoded), ret_answer, fault);
}
