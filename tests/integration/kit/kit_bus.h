/* kit_bus.h - a bus of a test's own: keys by `truc init` in a temporary folder, a real `trucd` on a free port.
 * Not the adapters: each test brings its own. Everything it starts it also ends, by process id.
 * Used by the integration tests and by truc-bench. */
#ifndef KIT_BUS_H
#define KIT_BUS_H

#include "buffer.h"
#include "kit_wait.h"

struct kit_bus {
    char folder[KIT_PATH_BYTES]; /* temporary; everything is below it */
    char state[KIT_PATH_BYTES];  /* what `truc init` made */
    char where[KIT_PATH_BYTES];  /* file that appears when the broker listens */
    char log[KIT_PATH_BYTES];    /* of the broker */
    char endpoint[64];
    struct child broker;
};

/* Only the temporary folder below `parent` (NULL: TMPDIR, /tmp) and the names in it; `state` may be changed afterwards to a state
 * directory that somebody else makes there. */
int kit_bus_folder(struct kit_bus *bus, const char *parent, struct truc_fault *fault);
/* Folder below `parent` (NULL: TMPDIR, /tmp) and state directory from the configuration folder `config`. `id`: NULL: as there. */
int kit_bus_make(struct kit_bus *bus, const char *parent, const char *config, const char *id, struct truc_fault *fault);
int kit_bus_launch(struct kit_bus *bus, struct truc_fault *fault); /* starts trucd and does not wait for it */
int kit_bus_await(struct kit_bus *bus, struct truc_fault *fault);  /* until it listens */
int kit_bus_start(struct kit_bus *bus, struct truc_fault *fault);  /* both */
int kit_bus_stop(struct kit_bus *bus, struct truc_fault *fault);   /* SIGTERM; a fault unless it ends with 0 in time */
/* Runs `truc ARGUMENTS… --state STATE`; what it printed is appended to `output`. Its exit status, or a fault. */
int kit_bus_truc(const struct kit_bus *bus, const char *const arguments[], struct buffer *output,
                 struct truc_fault *fault);
/* The settings file of a system's adapter. */
int kit_bus_settings(const struct kit_bus *bus, const char *system, char out[KIT_PATH_BYTES], struct truc_fault *fault);
/* Ends the broker whatever it does and removes the folder, unless TRUC_KEEP is set in the environment: then says where it is. */
void kit_bus_remove(struct kit_bus *bus);

#endif
