/* system_file.h - which file of the configuration declares a system.
 * Not: what is in it or how it is changed (system_edit.h).
 * In the flow: a command's operand → here → a path for system suspend, resume, rotate-key. */
#ifndef TRUC_SYSTEM_FILE_H
#define TRUC_SYSTEM_FILE_H

#include "cli.h"
#include "cli_arguments.h"
#include "cli_file.h"

/* The file of the system that is the command's first operand, in --config's folder or the state directory's. The whole
 * configuration is read and must be right. 0; otherwise it has been said why, with the exit code in *ret_exit_code. */
int system_file_find(const struct cli *cli, const struct cli_arguments *arguments, char path[CLI_PATH_BYTES],
                     int *ret_exit_code);

#endif
