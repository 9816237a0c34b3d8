/* strict_settings.h - settings files that are wrong in one place: made from a right one by replacing one text.
 * Files only; which place is wrong is the test's business.
 * Used by test_strict.c. */
#ifndef STRICT_SETTINGS_H
#define STRICT_SETTINGS_H

#include <truc/error.h>

/* Writes `to` (mode 0600) with the content of `from`, its one occurrence of `old` replaced. TRUC_E_NOT_FOUND when there is none. */
int settings_with(const char *from, const char *to, const char *old, const char *new, struct truc_fault *fault);
/* Replaces a public transport key file by the public half of a key that nobody has. */
int settings_foreign_key(const char *path, struct truc_fault *fault);
/* `to` becomes a copy of `from`. */
int settings_copy(const char *from, const char *to, struct truc_fault *fault);

#endif
