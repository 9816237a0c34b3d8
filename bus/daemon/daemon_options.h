/* daemon_options.h - what trucd was asked on its command line.
 * Not the configuration (bus.yaml and its folders): only where things lie, and what concerns this one start.
 * Read once by trucd.c. */
#ifndef TRUC_DAEMON_OPTIONS_H
#define TRUC_DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum { DAEMON_PATH_BYTES = 512, DAEMON_LISTEN_MAX = 8 };

struct daemon_options {
    char state[DAEMON_PATH_BYTES], config[DAEMON_PATH_BYTES], keys[DAEMON_PATH_BYTES], journal[DAEMON_PATH_BYTES];
    const char *where;                     /* NULL: not asked for */
    const char *listen[DAEMON_LISTEN_MAX]; /* instead of the configuration's, when listen_count > 0 */
    size_t listen_count;
    unsigned disk_percent_max;
    bool check, verbose;
    bool as_root;   /* may run as root, when the state is root's */
    bool no_filter; /* of system calls */
    bool no_index;  /* the search index is left to who searches */
};

/* Fills the options, or says what is wrong and ends the program with DAEMON_EXIT_CONFIGURATION, as a program should. */
void daemon_options_read(int argc, char **argv, struct daemon_options *ret_options);

#endif
