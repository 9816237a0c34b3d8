/* truc_main.c - the program `truc`: gives the command line its streams and the time.
 * Nothing else is here, so that tests run the same code with their own.
 * main → cli_main (cli.c). */
#include "cli.h"
#include "cli_words.h"
#include "time_text.h"

#include <time.h>

int main(int argc, char **argv)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct cli cli = {
        .out = stdout, .err = stderr, .now_ns = (uint64_t)now.tv_sec * TIME_NS_PER_S + (uint64_t)now.tv_nsec};
    int code = cli_main(&cli, argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs(_("truc: error: the output could not be written\n"), stderr);
        return CLI_WRONG_USE;
    }
    return code;
}
