/* files_serving.h - outbound: delivered messages become files in out/, and are done when they are there.
 * Keeps nothing in memory; what was written is known in sent/.
 * In the flow: truc_serve handler -> files_outbound -> files_write_once -> connector_settle. */
#ifndef TRUC_FILES_SERVING_H
#define TRUC_FILES_SERVING_H

#include <truc/truc.h>

#include "connector_log.h"
#include "files_adapter.h"
#include "files_folder.h"

struct files_serving;

/* Registers a handler for every serves: entry. All arguments outlive the result. */
int files_serving_open(const struct files_adapter *adapter, truc_adapter *bus, const struct files_folder *folder,
                       const struct connector_log *log, struct files_serving **ret_serving, struct truc_fault *fault);
void files_serving_close(struct files_serving *serving); /* NULL is fine */
/* Once an hour: forgets what was written longer ago than the adapter file says. @now_s: seconds since 1970. */
void files_serving_forget(struct files_serving *serving, uint64_t now_s);

#endif
