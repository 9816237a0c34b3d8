/* fuzz_http_adapter.c - any text as an adapter file of the HTTP connector (docs/connector-http.md).
 * There is an adapter, or an error told with its place.
 * A fuzz target, see fuzz.h: the file. */
#include "fuzz_folder.h"
#include "fuzz_schemas.h"
#include "http_connector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[96];
    struct connector_adapter *adapter = NULL;
    struct truc_fault fault = {0};
    if (path[0] == '\0')
        (void)snprintf(path, sizeof path, "%s/adapter.yaml", fuzz_folder_make());
    FILE *file = fopen(path, "wb");
    FUZZ_REQUIRE(file != NULL && fwrite(data, 1, size, file) == size && fclose(file) == 0);
    int code = connector_adapter_load(&http_format, path, fuzz_schemas(), NULL, 0, &adapter, &fault);
    FUZZ_REQUIRE((code == 0) == (adapter != NULL));
    FUZZ_REQUIRE(code == 0 || (fault.code == code && fault.text[0] != '\0'));
    FUZZ_REQUIRE(code == 0 || code == TRUC_E_CONFIG || code == TRUC_E_IO || code == TRUC_E_LIMIT);
    connector_adapter_free(adapter);
    return 0;
}
