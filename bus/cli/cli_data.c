/* cli_data.c - finds the files installed with the program.
 * A build has the same folders as an installation: bin/ and share/truc/.
 * See cli_data.h. */
#include "cli_data.h"

#include <string.h>
#include <unistd.h>

/* The folder of this program, without a '/' at the end; "" when the system doesn't say. */
static void find_program(char out[CLI_PATH_BYTES])
{
    ssize_t size = readlink("/proc/self/exe", out, CLI_PATH_BYTES - 1);
    out[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(out, '/');
    if (slash)
        *slash = '\0';
}

int cli_data_path(char out[CLI_PATH_BYTES], const char *name, struct truc_fault *fault)
{
    char program[CLI_PATH_BYTES], beside[CLI_PATH_BYTES];
    find_program(program);
    if (cli_path(beside, NULL, "%s/../share/truc/%s", program, name) == 0 && access(beside, R_OK) == 0)
        return cli_path(out, fault, "%s", beside);
    return cli_path(out, fault, "%s/%s", TRUC_DATA_DIRECTORY, name);
}
