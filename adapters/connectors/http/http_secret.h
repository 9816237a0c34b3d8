/* http_secret.h - a secret that an adapter file names by its file: read at load, kept in the adapter's memory.
 * It appears in no fault and no log.
 * In the flow: loaders of what shows or proves who we are -> this. */
#ifndef TRUC_HTTP_SECRET_H
#define TRUC_HTTP_SECRET_H

#include "connector_load.h"

/* The one line of @file, whose path is relative to the adapter file. TRUC_E_CONFIG when it can't be opened, others may use it, or
 * it holds anything but one line; TRUC_E_MEMORY. */
int http_load_secret(const struct connector_load *load, const struct typed_value *file, const char **ret_secret);

#endif
