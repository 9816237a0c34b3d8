/* files_watch.h - the drop folder, watched: which names were closed after writing or moved in since the last look.
 * A hint and no more: what it misses is found by looking through the folder.
 * In the flow: inotify -> this -> files_candidates.c. */
#ifndef TRUC_FILES_WATCH_H
#define TRUC_FILES_WATCH_H

#include <truc/error.h>

/* A name came to be whole. */
typedef void files_watch_name(void *context, const char *name);

/* A descriptor to poll for reading; closed by close(2). TRUC_E_IO. @directory: the open drop folder. */
int files_watch_open(int directory, int *ret_fd, struct truc_fault *fault);
/* Reads what is there. 1: look through the folder, 0: nothing came, TRUC_E_IO: the folder was moved or removed. */
int files_watch_read(int fd, files_watch_name *name, void *context, struct truc_fault *fault);

#endif
