/* fuzz_schemas.h - the bus's own schemas, loaded once, for the targets that need them. */
#ifndef TRUC_FUZZ_SCHEMAS_H
#define TRUC_FUZZ_SCHEMAS_H

#include "schema.h"

const struct schema_set *fuzz_schemas(void);

#endif
