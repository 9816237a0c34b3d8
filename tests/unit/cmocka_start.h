/* cmocka_start.h - what cmocka needs included before it, once.
 * Not a test helper library: includes only. Every cmocka test may start with it. */
#ifndef TRUC_TEST_CMOCKA_START_H
#define TRUC_TEST_CMOCKA_START_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
