/* far_retry.c - classes of HTTP answers, pauses, and the error's name in an answer. See far_retry.h.
 * No clock and no waiting here. */
#include "far_retry.h"

#include <ctype.h>
#include <truc/error.h>

enum far_outcome far_outcome_of(int result)
{
    if (result < 0)
        return FAR_OUTCOME_UNKNOWN;
    if (result >= 200 && result < 300)
        return FAR_OUTCOME_TAKEN;
    if (result >= 500 || result == 408 || result == 425 || result == 429)
        return FAR_OUTCOME_AGAIN;
    return FAR_OUTCOME_REFUSED;
}

uint32_t far_retry_pause_ms(unsigned attempts)
{
    uint32_t pause_ms = FAR_RETRY_FIRST_MS;
    for (unsigned i = 1; i < attempts && pause_ms < FAR_RETRY_MOST_MS; i++)
        pause_ms *= 2;
    return pause_ms < FAR_RETRY_MOST_MS ? pause_ms : FAR_RETRY_MOST_MS;
}

static void copy_word(const char *text, char out[FAR_ERROR_CODE_BYTES_MAX + 1])
{
    size_t size = 0;
    for (; *text && size < FAR_ERROR_CODE_BYTES_MAX; text++) {
        if (isalnum((unsigned char)*text) || strchr("_-.", *text))
            out[size++] = *text;
    }
    out[size] = '\0';
}

void far_error_code(int result, struct bytes answer, char out[FAR_ERROR_CODE_BYTES_MAX + 1])
{
    out[0] = '\0';
    if (result < 0) {
        copy_word(truc_error_name(result), out);
        return;
    }
    json_t *root = json_loadb((const char *)answer.data, answer.size, 0, NULL);
    char scratch[FAR_NUMBER_TEXT_BYTES];
    const char *code = root ? far_json_text(root, "error_code", scratch) : NULL;
    if (code)
        copy_word(code, out);
    json_decref(root);
}
