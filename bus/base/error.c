/* error.c - texts of the named outcomes: name, meaning, what to do.
 * Not the place to add one (that is truc/error.def); pure look-up, no state.
 * Used by fault.c for hints, and by everything that shows an outcome to a person. */
#include <string.h>
#include <truc/error.h>

struct error_text {
    int code;
    const char *name;
    const char *meaning;
    const char *hint;
};

static const struct error_text error_texts[] = {
    {TRUC_OK, "OK", "it worked", ""},
#define TRUC_ERROR(name, number, meaning, hint) {-(number), #name, meaning, hint},
#include <truc/error.def>
#undef TRUC_ERROR
};

static const struct error_text error_unknown = {TRUC_E_LAST_, "UNKNOWN", "an outcome this version does not know",
                                                "upgrade: the other side is newer"};

static const struct error_text *error_find(int code)
{
    for (size_t i = 0; i < sizeof(error_texts) / sizeof(error_texts[0]); i++)
        if (error_texts[i].code == code)
            return &error_texts[i];
    return &error_unknown;
}

const char *truc_error_name(int code)
{
    return error_find(code)->name;
}

const char *truc_error_meaning(int code)
{
    return error_find(code)->meaning;
}

const char *truc_error_hint(int code)
{
    return error_find(code)->hint;
}

int truc_error_from_name(const char *name)
{
    for (size_t i = 0; i < sizeof(error_texts) / sizeof(error_texts[0]); i++)
        if (strcmp(error_texts[i].name, name) == 0)
            return error_texts[i].code;
    return 0;
}
