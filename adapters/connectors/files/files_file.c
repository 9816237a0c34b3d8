/* files_file.c - see files_file.h: one table per kind of object, with the line that explains each key.
 * No code: reading them is yaml_typed_read's work.
 * In the flow: read by the loader, and by editors' help. */
#include "files_file.h"

#include "files_adapter.h"
#include "time_text.h"

static const char *const names[] = {"files", NULL};
static const char *const ready_words[] = {"closed", "done-file", "stable", NULL}; /* as enum files_ready */
static const char *const format_words[] = {"json", "xml", NULL};

static const struct yaml_key folder_keys[] = {
    CONNECTOR_KEY("path", TYPED_TEXT, true, CONNECTOR_AT(files_file_folder, path),
                  "the folder with in, work, done, failed, quarantine, out and sent; relative to this file"),
    CONNECTOR_WORD("ready", false, CONNECTOR_AT(files_file_folder, ready), ready_words,
                   "when a file is whole: closed, done-file or stable; closed unless given"),
    CONNECTOR_LIMITED("stable-for", TYPED_SPAN, CONNECTOR_AT(files_file_folder, stable_for), TIME_NS_PER_MS,
                      FILES_SPAN_MAX_MS *TIME_NS_PER_MS, "so long unchanged, and it counts as whole"),
    CONNECTOR_LIMITED("rescan", TYPED_SPAN, CONNECTOR_AT(files_file_folder, rescan), TIME_NS_PER_MS,
                      FILES_SPAN_MAX_MS *TIME_NS_PER_MS, "the folder is looked through at least so often"),
    CONNECTOR_LIMITED("in-flight", TYPED_COUNT, CONNECTOR_AT(files_file_folder, in_flight), 1, FILES_IN_FLIGHT_MAX,
                      "files picked up at one time"),
    CONNECTOR_LIMITED("file-size", TYPED_SIZE, CONNECTOR_AT(files_file_folder, file_size), 1, FILES_SIZE_MAX,
                      "largest file that is read"),
    CONNECTOR_LIMITED("remember", TYPED_SPAN, CONNECTOR_AT(files_file_folder, remember), TIME_NS_PER_S,
                      FILES_REMEMBER_MAX_S *TIME_NS_PER_S, "how long a message that was written is known"),
};
static const struct yaml_object folder_object = {"folder", folder_keys, CONNECTOR_COUNT(folder_keys),
                                                 sizeof(struct files_file_folder), true};

static const struct yaml_key accept_keys[] = {
    CONNECTOR_KEY("name", TYPED_TEXT, true, CONNECTOR_AT(files_file_accept, name),
                  "which files, as *.json; * and ? and [...]"),
    CONNECTOR_WORD("format", false, CONNECTOR_AT(files_file_accept, format), format_words,
                   "json or xml; json unless given"),
    CONNECTOR_KEY("type", TYPED_TYPE, true, CONNECTOR_AT(files_file_accept, type), "message type that is published"),
    CONNECTOR_KEY("when", TYPED_TEXT, false, CONNECTOR_AT(files_file_accept, when),
                  "several entries may take one name: the first that holds"),
    CONNECTOR_KEY("message", TYPED_FREE, true, CONNECTOR_AT(files_file_accept, message),
                  "header fields and body of the message"),
};
static const struct yaml_object accept_object = {"file taken", accept_keys, CONNECTOR_COUNT(accept_keys),
                                                 sizeof(struct files_file_accept), false};

static const struct yaml_key serve_keys[] = {
    CONNECTOR_KEY("type", TYPED_TYPES, true, CONNECTOR_AT(files_file_serve, type), "message type or types"),
    CONNECTOR_KEY("name", TYPED_TEXT, true, CONNECTOR_AT(files_file_serve, name),
                  "the file's name; {expression} inside"),
    CONNECTOR_KEY("content", TYPED_FREE, true, CONNECTOR_AT(files_file_serve, content), "what is in it, as JSON"),
};
static const struct yaml_object serve_object = {"message written", serve_keys, CONNECTOR_COUNT(serve_keys),
                                                sizeof(struct files_file_serve), false};

static const struct yaml_key file_keys[] = {
    CONNECTOR_FILE_KEYS(names),
    {.name = "folder",
     .type = TYPED_OBJECT,
     .required = true,
     .offset = CONNECTOR_AT(files_file, folder),
     .object = &folder_object,
     .explanation = "where files come and go"},
    CONNECTOR_PART("accepts", TYPED_OBJECTS, CONNECTOR_AT(files_file, accepts), &accept_object,
                   "files that become messages"),
    CONNECTOR_PART("serves", TYPED_OBJECTS, CONNECTOR_AT(files_file, serves), &serve_object,
                   "messages that become files"),
};
const struct yaml_object files_file_object = {"connector file", file_keys, CONNECTOR_COUNT(file_keys),
                                              sizeof(struct files_file), false};
