/* rules.c - see rules.h.
 * A dossier keeps the rules it was received under, whatever comes into force later.
 * Pure look-ups. */
#include "rules.h"

#include <string.h>

const struct rules *rules_at(const struct rules_book *book, uint64_t at_ns)
{
    const struct rules *rules = &book->rules[0];
    for (uint32_t i = 1; i < book->rules_count && book->rules[i].valid_from_ns <= at_ns; i++)
        rules = &book->rules[i];
    return rules;
}

uint32_t rules_term_days(const struct rules_book *book, const char *procedure)
{
    uint32_t low = 0, high = book->terms_count;
    while (procedure && low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(book->terms[middle].procedure, procedure);
        if (order == 0)
            return book->terms[middle].days;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}
