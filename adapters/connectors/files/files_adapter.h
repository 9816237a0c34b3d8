/* files_adapter.h - what an adapter file of truc-files says, compiled: the folder, what is picked up and what is written.
 * Data only: no descriptor, no bus. Immutable after loading.
 * In the flow: adapter.yaml -> connector_adapter_load -> the connector, --check, --cases. See docs/connector-files.md. */
#ifndef TRUC_FILES_ADAPTER_H
#define TRUC_FILES_ADAPTER_H

#include "connector_message.h"
#include "connector_pattern.h"
#include "document.h"

enum {
    FILES_ACCEPTS_MAX = 64,
    FILES_SERVES_MAX = 64,
    FILES_NAME_BYTES_MAX = 200, /* of a file; so that ~N.reason still fits behind it */
    FILES_SIZE_MAX = DOCUMENT_BYTES_MAX,
    FILES_IN_FLIGHT_DEFAULT = 16,
    FILES_IN_FLIGHT_MAX = 256,
    FILES_STABLE_DEFAULT_MS = 5000,
    FILES_RESCAN_DEFAULT_MS = 60000,
    FILES_SPAN_MAX_MS = 3600000,
    FILES_REMEMBER_DEFAULT_S = 7 * 24 * 3600,
    FILES_REMEMBER_MAX_S = 366 * 24 * 3600,
};

/* The roots of the mappings, by index. */
enum files_accept_root { FILES_ACCEPT_CONTENT, FILES_ACCEPT_FILE, FILES_ACCEPT_SETTING };
enum files_serve_root { FILES_SERVE_BODY, FILES_SERVE_HEADER, FILES_SERVE_SETTING };

/* When a file in the drop folder is whole. */
enum files_ready {
    FILES_READY_CLOSED,    /* its writer has closed it, or it was moved in; one that nobody saw come: as STABLE */
    FILES_READY_DONE_FILE, /* NAME.done lies beside it */
    FILES_READY_STABLE,    /* size and time have not changed for so long */
};

struct files_accept {
    const char *name; /* fnmatch(3) */
    enum document_format format;
    struct connector_form form;
    const struct mapping_expression *when; /* several entries may take one name; NULL: any content */
};

struct files_serve {
    const struct schema_message *message;
    struct connector_pattern name;
    const struct mapping_template *content;
};

struct files_adapter {
    struct connector_adapter common;
    const char *folder; /* relative to the adapter file, or absolute */
    enum files_ready ready;
    uint32_t stable_for_ms, rescan_ms;
    uint32_t in_flight; /* files picked up and not yet done */
    size_t size_max;
    uint64_t remember_s; /* how long a message that was written is known */
    struct files_accept *accepts[FILES_ACCEPTS_MAX];
    size_t accept_count;
    struct files_serve *serves[FILES_SERVES_MAX];
    size_t serve_count;
};

extern const struct connector_format files_format;

/* The adapter around @adapter, which files_format loaded. */
static inline const struct files_adapter *files_adapter_of(const struct connector_adapter *adapter)
{
    return (const struct files_adapter *)adapter;
}

/* NULL when there is none. */
const struct files_serve *files_adapter_find_serve(const struct files_adapter *adapter, const char *type);

#endif
