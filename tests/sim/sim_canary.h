/* sim_canary.h - the broker broken on purpose, to show that the oracles would notice.
 * Works by wrapping functions at link time: the product's code has no switch for it.
 * See sim_canary.c. */
#ifndef TRUC_SIM_CANARY_H
#define TRUC_SIM_CANARY_H

/* "acknowledge-before-sync", "forget-ids-at-restart"; -1 when there is none of that name. */
struct disk;
int canary_choose(const char *name);
/* Lets the chosen canary into a disk. */
void canary_apply(struct disk *disk);

#endif
