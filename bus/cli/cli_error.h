/* cli_error.h - the name of an outcome as people write it, and its code.
 * Not: what it means (truc explain). The one list is bus/base/truc/error.def.
 * Used by explain and by filters on refusals. */
#ifndef TRUC_CLI_ERROR_H
#define TRUC_CLI_ERROR_H

#include "cli_arguments.h"

/* The code of NO_ROUTE, no-route, TRUC_E_NO_ROUTE, 47 or -47: whatever is at hand. 0: there is none. */
int cli_error_code(const char *text);
/* The name most like it, for "did you mean"; NULL when none is. */
const char *cli_error_nearest(const char *text);
/* What --code names; 0 when it was not given. A name that is no error's is a mistake, and no filter that nothing passes. */
int cli_error_option(const struct cli_arguments *arguments, int *ret_code, struct truc_fault *fault);

#endif
