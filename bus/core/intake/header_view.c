/* header_view.c - see header_view.h.
 * A field that rules learn to ask for is added here once, for the broker and for whoever explains it.
 * Pure: no state, no allocation. */
#include "header_view.h"

struct policy_header_view header_view(const struct header *header)
{
    return (struct policy_header_view){.id = header->id,
                                       .source = header->source,
                                       .subject = header->subject,
                                       .ordering_key = header->ordering_key,
                                       .data_content_type = header->data_content_type,
                                       .purpose_procedure = header->purpose.procedure,
                                       .purpose_dossier = header->purpose.dossier,
                                       .purpose_officer = header->purpose.officer,
                                       .purpose_legal_basis = header->purpose.legal_basis,
                                       .urgency = header->urgency,
                                       .historical = header->historical};
}
