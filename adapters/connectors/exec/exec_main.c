/* exec_main.c - the program truc-exec: its two tables, run.
 * Nothing else.
 * In the flow: main -> connector_main -> exec_connector.c. */
#include "exec_adapter.h"
#include "exec_connector.h"

int main(int argc, char **argv)
{
    return connector_main(&exec_format, &exec_engine, argc, argv);
}
