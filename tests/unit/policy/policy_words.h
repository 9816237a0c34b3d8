/* policy_words.h - a made-up language without letters, to find what a report says in English all the same.
 * Not the Vietnamese texts (tests/golden/screens/vi), but every text must be one that the catalogue has in Vietnamese.
 * In the flow: given as a translation to reports and traces by tests of bus/policy. */
#ifndef TRUC_TEST_POLICY_WORDS_H
#define TRUC_TEST_POLICY_WORDS_H

#include "words.h"

/* The text with its letters gone and its conversions between « and »; as it is when the catalogue lacks it. The
 * result lives for some dozen calls. */
const char *made_up_words(const char *english) __attribute__((format_arg(1)));

/* Fails when a text made with made_up_words has English left: outside « and », or as a fragment between them. */
void assert_made_up(const char *text);

#endif
