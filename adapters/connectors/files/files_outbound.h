/* files_outbound.h - a delivered message becomes a file: its name and its content.
 * Pure: writes nothing. A name never leads out of the folder and never hides.
 * In the flow: files_serving.c and golden cases -> this -> files_writing.c. */
#ifndef TRUC_FILES_OUTBOUND_H
#define TRUC_FILES_OUTBOUND_H

#include "files_adapter.h"

/* @header: members of connector_header_record. TRUC_E_PAYLOAD with, in where, what the name was made from;
 * TRUC_E_MEMORY. */
int files_outbound_make(const struct files_adapter *adapter, const struct files_serve *serve, json_t *header,
                        struct bytes payload, char ret_name[FILES_NAME_BYTES_MAX + 1], struct buffer *content,
                        struct truc_fault *fault);

#endif
