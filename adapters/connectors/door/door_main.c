/* door_main.c - the program truc-door: its two tables, run; and `truc-door token FILE NAME`, which makes a token.
 * A token is printed once, to standard output, and nowhere else.
 * In the flow: main -> connector_main -> door_connector.c. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "door_adapter.h"
#include "door_connector.h"
#include "door_tokens.h"

static int make_token(const char *file, const char *name)
{
    BUFFER_CLEANUP struct buffer token = {0};
    struct truc_fault fault = {0};
    if (door_token_create(file, name, &token, &fault) < 0) {
        fprintf(stderr, "truc-door: %s%s%s\n  %s\n", fault.where, *fault.where ? ": " : "", fault.text, fault.hint);
        return EXIT_FAILURE;
    }
    const char *text = buffer_string(&token);
    return text && puts(text) >= 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "token") == 0)
        return make_token(argv[2], argv[3]);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return EXIT_FAILURE;
    int status = connector_main(&door_format, &door_engine, argc, argv);
    curl_global_cleanup();
    return status;
}
