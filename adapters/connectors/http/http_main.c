/* http_main.c - the program truc-http: the HTTP connector's two tables, run.
 * Nothing else.
 * In the flow: main -> connector_main -> http_connector.c. */
#include <curl/curl.h>
#include <stdlib.h>

#include "http_connector.h"

int main(int argc, char **argv)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return EXIT_FAILURE;
    int status = connector_main(&http_format, &http_engine, argc, argv);
    curl_global_cleanup();
    return status;
}
