/* far_address.c - reading {"url": ...} files. See far_address.h.
 * Writes nothing. */
#include "far_address.h"

#include <fault.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static int join(const char *base, const char *path, char out[FAR_URL_BYTES_MAX], struct truc_fault *fault)
{
    size_t size = strlen(base);
    while (size > 0 && base[size - 1] == '/')
        size--;
    int written = snprintf(out, FAR_URL_BYTES_MAX, "%.*s%s", (int)size, base, path);
    if (written < 0 || written >= FAR_URL_BYTES_MAX)
        return fault_set(fault, TRUC_E_LIMIT, "a URL longer than %d bytes: %.60s…", FAR_URL_BYTES_MAX, base);
    return 0;
}

int far_address_url(const struct far_address *address, const char *path, char out[FAR_URL_BYTES_MAX],
                    struct truc_fault *fault)
{
    if (!address || !address->text)
        return fault_set(fault, TRUC_E_UNAVAILABLE, "no address of the adapter was given");
    if (address->text[0] != '@')
        return join(address->text, path, out, fault);
    const char *file_name = address->text + 1;
    FILE *file = fopen(file_name, "re");
    if (!file)
        return fault_set(fault, TRUC_E_UNAVAILABLE, "%s is not there yet", file_name);
    char text[FAR_ADDRESS_FILE_BYTES_MAX];
    size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    json_t *root = json_loadb(text, size, 0, NULL);
    const char *url = json_string_value(json_object_get(root, "url"));
    int result = url ? join(url, path, out, fault)
                     : fault_set(fault, TRUC_E_CONFIG, "%s does not hold {\"url\": ...}", file_name);
    json_decref(root);
    return result;
}
