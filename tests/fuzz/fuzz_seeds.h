/* fuzz_seeds.h - what the files share that write the first inputs of the fuzz targets.
 * Not for the targets.
 * fuzz_seeds.c has main. */
#ifndef TRUC_FUZZ_SEEDS_H
#define TRUC_FUZZ_SEEDS_H

#include "bytes.h"

/* CORPUS/TARGET/NAME with these bytes, one part behind the other; ends the program when it can't be written. */
void fuzz_seed_save(const char *target, const char *name, struct bytes prefix, struct bytes content);

void fuzz_seeds_core(void); /* snapshot, operator */
void fuzz_seeds_sdk(void);  /* session, store */
void fuzz_seeds_text(void); /* mapping, template, far */

#endif
