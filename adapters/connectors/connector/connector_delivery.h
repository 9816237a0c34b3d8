/* connector_delivery.h - the bus's side of a delivery: its header as mappings see it, and its settlement.
 * The only place where a connector settles; it logs what is no success.
 * In the flow: truc_serve handler -> header -> the connector's work -> connector_settle. */
#ifndef TRUC_CONNECTOR_DELIVERY_H
#define TRUC_CONNECTOR_DELIVERY_H

#include <truc/truc.h>

#include "connector_log.h"
#include "connector_settlement.h"

/* The members of connector_header_record; a new reference, NULL without memory. */
json_t *connector_header_of(const truc_request *request);
/* Settles and frees the settlement's payload. What the SDK's function returned. */
int connector_settle(truc_request *request, struct connector_settlement *settlement, const struct connector_log *log);

#endif
