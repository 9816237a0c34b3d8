/* files_main.c - the program truc-files: its two tables, run.
 * Nothing else.
 * In the flow: main -> connector_main -> files_connector.c. */
#include "files_adapter.h"
#include "files_connector.h"

int main(int argc, char **argv)
{
    return connector_main(&files_format, &files_engine, argc, argv);
}
