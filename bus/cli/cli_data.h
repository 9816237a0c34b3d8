/* cli_data.h - what is installed with the program: the sample configuration and the message schemas.
 * Not the state directory, which is the user's.
 * Used by init and schema show when they are told nothing else. */
#ifndef TRUC_CLI_DATA_H
#define TRUC_CLI_DATA_H

#include "cli_file.h"

/* The path of "config" or "truc.descriptors": in ../share/truc of the program's own folder, so that an installation can be
 * moved, else where it was configured to be installed. */
int cli_data_path(char out[CLI_PATH_BYTES], const char *name, struct truc_fault *fault);

#endif
