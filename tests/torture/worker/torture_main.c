/* torture_main.c - `torture-worker publish|consume --settings FILE --record FILE [--refused FILE] [--rate N] [--keys N]`.
 * Only the command line.
 * See torture_worker.h. */
#include "torture_worker.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int worker_complain(const char *what, const struct truc_fault *fault)
{
    fprintf(stderr, "torture-worker: %s: %s: %s\n", what, truc_error_name(fault->code), fault->text);
    return WORKER_FAILED;
}

static int usage(void)
{
    fprintf(stderr, "usage: torture-worker publish --settings FILE --record FILE --refused FILE [--rate N] [--keys N]\n"
                    "       torture-worker consume --settings FILE --record FILE\n");
    return WORKER_USAGE;
}

int main(int argc, char **argv)
{
    static const struct option table[] = {
        {"settings", required_argument, NULL, 's'}, {"record", required_argument, NULL, 'r'},
        {"refused", required_argument, NULL, 'f'},  {"rate", required_argument, NULL, 'n'},
        {"keys", required_argument, NULL, 'k'},     {0}};
    struct worker_options options = {.rate_per_s = 200, .keys = 20};
    for (int option; (option = getopt_long(argc, argv, "", table, NULL)) >= 0;)
        switch (option) {
        case 's':
            options.settings = optarg;
            break;
        case 'r':
            options.record = optarg;
            break;
        case 'f':
            options.refused = optarg;
            break;
        case 'n':
            options.rate_per_s = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'k':
            options.keys = (unsigned)strtoul(optarg, NULL, 10);
            break;
        default:
            return usage();
        }
    if (optind + 1 != argc || options.settings == NULL || options.record == NULL || options.rate_per_s == 0 ||
        options.keys == 0)
        return usage();
    if (strcmp(argv[optind], "publish") == 0 && options.refused)
        return worker_publish(&options);
    return strcmp(argv[optind], "consume") == 0 ? worker_consume(&options) : usage();
}
