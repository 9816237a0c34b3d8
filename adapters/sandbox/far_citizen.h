/* far_citizen.h - synthetic citizens: a pure function of (seed, number), with identifiers that can't exist.
 * Not a register (that is far_registry.h). The fourth digit of every number is 9, which no real number has.
 * The population database is filled from it, and the dossier generator picks its applicants from it. */
#ifndef FAR_CITIZEN_H
#define FAR_CITIZEN_H

#include <stdbool.h>
#include <stdint.h>

enum { FAR_CITIZENS_MAX = 999999, FAR_CITIZEN_NUMBER_DIGITS = 12 };

struct far_citizen {
    char number[FAR_CITIZEN_NUMBER_DIGITS + 1];
    char name[96];  /* NFC */
    char birth[9];  /* yyyyMMdd */
    char sex[8];    /* Nam, Nữ */
    char home[160]; /* quê quán, thường trú */
};

/* `place` below FAR_CITIZENS_MAX; different places give different numbers. */
struct far_citizen far_citizen_of(uint64_t seed, uint32_t place);

#endif
