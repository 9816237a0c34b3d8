/* far_address.h - where an adapter is reached: a URL, or a file that will hold {"url": ...}.
 * Adapters choose their ports when they start and may choose others when they start again: a file is read at each use.
 * Used by the traffic and the clerks. */
#ifndef FAR_ADDRESS_H
#define FAR_ADDRESS_H

#include <truc/error.h>

enum { FAR_URL_BYTES_MAX = 512, FAR_ADDRESS_FILE_BYTES_MAX = 64 * 1024 };

struct far_address {
    const char *text; /* "http://…", or "@FILE"; the caller's; NULL: not given */
};

/* base + path into `out`. UNAVAILABLE while there is no file yet or no address given: to be tried again.
 * CONFIG when the file holds something else; LIMIT when the URL is too long. */
int far_address_url(const struct far_address *address, const char *path, char out[FAR_URL_BYTES_MAX],
                    struct truc_fault *fault);

#endif
