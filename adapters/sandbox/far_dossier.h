/* far_dossier.h - one synthetic online dossier as a citizen submits it, right or wrong on purpose.
 * A pure function of (mix, number, time): nothing is sent or stored here.
 * The traffic posts what comes out of it to the portal's adapter. */
#ifndef FAR_DOSSIER_H
#define FAR_DOSSIER_H

#include "far_json.h"

enum far_dossier_class {
    FAR_DOSSIER_PLAIN,
    FAR_DOSSIER_UNKNOWN_CITIZEN, /* the number, or the number with this day of birth, is in no register */
    FAR_DOSSIER_MALFORMED,       /* the body ends in the middle */
    FAR_DOSSIER_SECRET,          /* DoMat is Mật */
    FAR_DOSSIER_FORBIDDEN,       /* posted where the adapter publishes a type nobody may send */
    FAR_DOSSIER_REPEATED,        /* right, and posted twice */
    FAR_DOSSIER_CLASSES,
};

/* "plain", "unknown-citizen", ... */
const char *far_dossier_class_name(enum far_dossier_class class);
/* Whether the portal's adapter is to accept it. */
bool far_dossier_class_passes(enum far_dossier_class class);

struct far_mix {
    uint64_t seed;
    uint32_t citizens_count; /* the population register holds places 0 .. citizens_count - 1 */
    double wrong_share;      /* 0 .. 1 */
};

struct far_dossier {
    char code[FAR_CODE_BYTES_MAX + 1];
    char message_id[FAR_CODE_BYTES_MAX + 16];
    enum far_dossier_class class;
    const char *path; /* below the adapter's URL */
    struct buffer body;
};

/* The class alone; `number` counts from 1. */
enum far_dossier_class far_dossier_class_of(const struct far_mix *mix, uint64_t number);
/* Fills a {0} dossier; the caller frees it on success. The same arguments give the same bytes. MEMORY. */
int far_dossier_make(const struct far_mix *mix, uint64_t number, uint64_t submitted_ns, struct far_dossier *dossier);
void far_dossier_free(struct far_dossier *dossier);

#endif
