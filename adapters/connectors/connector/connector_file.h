/* connector_file.h - the keys that every adapter file has, and the macros that write a connector's own.
 * Says which keys there are and of what kind; what expressions mean is the loader's work.
 * In the flow: YAML nodes -> these structs (with places) -> connector_adapter_load and the connector's own loader. */
#ifndef TRUC_CONNECTOR_FILE_H
#define TRUC_CONNECTOR_FILE_H

#include "yaml_typed.h"

/* The first member of a connector's own file struct. */
struct connector_file {
    const struct yaml_node *node;
    struct typed_value adapter, connector, title, settings, tables, shared;
};

/* One line of errors: what an answer of the far side means. */
struct connector_file_rule {
    const struct yaml_node *node;
    struct typed_value when, retry, reject, accept;
};
extern const struct yaml_object connector_file_rule_object;

/* clang-format off */
#define CONNECTOR_COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))
#define CONNECTOR_AT(struct_, member) offsetof(struct struct_, member)
#define CONNECTOR_KEY(name_, type_, required_, offset_, explanation_)                                                  \
    {.name = (name_), .type = (type_), .required = (required_), .offset = (offset_), .explanation = (explanation_)}
#define CONNECTOR_WORD(name_, required_, offset_, words_, explanation_)                                                \
    {.name = (name_),                                                                                                  \
     .type = TYPED_WORD,                                                                                               \
     .required = (required_),                                                                                          \
     .offset = (offset_),                                                                                              \
     .words = (words_),                                                                                                \
     .explanation = (explanation_)}
#define CONNECTOR_PART(name_, type_, offset_, object_, explanation_)                                                   \
    {.name = (name_), .type = (type_), .offset = (offset_), .object = (object_), .explanation = (explanation_)}
#define CONNECTOR_LIMITED(name_, type_, offset_, least_, most_, explanation_)                                          \
    {.name = (name_),                                                                                                  \
     .type = (type_),                                                                                                  \
     .offset = (offset_),                                                                                              \
     .least = (least_),                                                                                                \
     .most = (most_),                                                                                                  \
     .explanation = (explanation_)}
/* The keys of struct connector_file; @names_ is {"http", NULL}: what stands behind `connector:`. */
#define CONNECTOR_FILE_KEYS(names_)                                                                                    \
    CONNECTOR_KEY("adapter", TYPED_ID, true, CONNECTOR_AT(connector_file, adapter), "id of the system"),               \
    CONNECTOR_WORD("connector", true, CONNECTOR_AT(connector_file, connector), names_, "which program runs it"),       \
    CONNECTOR_KEY("title", TYPED_TEXT, true, CONNECTOR_AT(connector_file, title), "Vietnamese title"),                 \
    CONNECTOR_KEY("settings", TYPED_FREE, false, CONNECTOR_AT(connector_file, settings),                               \
                  "constants of the installation: setting.NAME"),                                                      \
    CONNECTOR_KEY("tables", TYPED_FREE, false, CONNECTOR_AT(connector_file, tables), "code tables"),                   \
    CONNECTOR_KEY("shared", TYPED_FREE, false, CONNECTOR_AT(connector_file, shared), "mappings for {use: NAME}")
/* clang-format on */

#endif
