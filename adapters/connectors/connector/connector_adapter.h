/* connector_adapter.h - what every adapter file says, compiled: whose it is, settings, code tables; and how it is loaded.
 * Data only: no socket, no bus. A connector's own part stands around it; see docs/architecture.md, "A connector".
 * In the flow: adapter.yaml -> connector_adapter_load -> the connector, --check, --cases. */
#ifndef TRUC_CONNECTOR_ADAPTER_H
#define TRUC_CONNECTOR_ADAPTER_H

#include <jansson.h>

#include "arena.h"
#include "buffer.h"
#include "mapping_template.h"
#include "schema.h"

enum {
    CONNECTOR_SETTINGS_MAX = 64,
    CONNECTOR_OVERRIDES_MAX = 16,
    CONNECTOR_ADAPTER_MEMORY_MAX = 32 * 1024 * 1024,
};

struct connector_file;
struct connector_load;
struct connector_format;

/* The first member of every connector's own struct. Immutable after loading. */
struct connector_adapter {
    const struct connector_format *format;
    struct arena arena;
    const char *name, *title;
    const char *directory; /* of the adapter file, with its slash, or "" */
    json_t *settings;      /* root `setting` */
    struct mapping_record setting_record;
    struct mapping_member setting_members[CONNECTOR_SETTINGS_MAX];
    struct mapping_tables tables;
};

/* What a connector adds to the data side: its keys, what they mean, its golden cases. */
struct connector_format {
    const struct yaml_object *file; /* keys of the file; its struct begins with struct connector_file */
    size_t adapter_bytes;           /* of its own struct, which begins with struct connector_adapter */
    const char *overrides;          /* what --set takes besides setting.NAME: "far-side.url, listen" */
    bool (*takes_override)(const struct connector_file *file, const char *key);
    /* Its own sections; identity, settings and tables are there. Faults as connector_adapter_load. */
    int (*load)(struct connector_load *load, const struct connector_file *file);
    void (*release)(struct connector_adapter *adapter); /* what is not in the arena; may be NULL */
    void (*summarise)(const struct connector_adapter *adapter, struct buffer *out); /* "accepts 3, serves 2" */
    /* One golden case: feeds its "given", and puts what comes out into @actual, in the form of its "expect". TRUC_E_CONFIG
     * when the case itself is wrong. */
    int (*run_case)(const struct connector_adapter *adapter, const json_t *given, json_t *actual,
                    struct truc_fault *fault);
};

/* KEY=VALUE from the command line. */
struct connector_override {
    const char *key, *value;
};

/* Reads and checks an adapter file; files it names are relative to it. The result is the caller's until
 * connector_adapter_free. TRUC_E_CONFIG with file:line:column and a hint, TRUC_E_IO, TRUC_E_MEMORY. @schemas must
 * outlive the adapter. */
int connector_adapter_load(const struct connector_format *format, const char *path, const struct schema_set *schemas,
                           const struct connector_override *overrides, size_t override_count,
                           struct connector_adapter **ret_adapter, struct truc_fault *fault);
void connector_adapter_free(struct connector_adapter *adapter); /* NULL is fine */

#endif
