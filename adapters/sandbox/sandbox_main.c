/* sandbox_main.c - truc-sandbox: a province in a box. Wiring only: options, run, exit code.
 * Exit codes: 0 well, 4 not everything is accounted for, 64 wrong usage, 70 anything else. README.md: what it plays. */
#include "sandbox_run.h"

#include <curl/curl.h>
#include <libxml/parser.h>
#include <stdio.h>

enum { EXIT_INCOMPLETE = 4, EXIT_TROUBLE = 70 };

int main(int argc, char **argv)
{
    struct sandbox_options options;
    sandbox_options_read(argc, argv, &options);
    curl_global_init(CURL_GLOBAL_DEFAULT); /* before there are threads */
    xmlInitParser();
    struct truc_fault fault = {0};
    int result = sandbox_run(&options, &fault);
    curl_global_cleanup();
    xmlCleanupParser();
    if (result < 0) {
        fprintf(stderr, "truc-sandbox: %s%s%s\n", fault.text, *fault.where ? ": " : "", fault.where);
        return EXIT_TROUBLE;
    }
    if (result == SANDBOX_INCOMPLETE)
        fprintf(stderr, "truc-sandbox: not everything is accounted for: see the summary\n");
    return result == SANDBOX_INCOMPLETE ? EXIT_INCOMPLETE : 0;
}
