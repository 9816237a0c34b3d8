/* files_picking.h - inbound: whole files of the drop folder go to work/, become messages, and go where the bus's word sends them.
 * Safe to end at any moment: what lies in work/ is taken up again, and is the same message.
 * In the flow: files_watch and looks through in/ -> work/ -> files_inbound -> truc_publish -> done/, failed/, quarantine/. */
#ifndef TRUC_FILES_PICKING_H
#define TRUC_FILES_PICKING_H

#include <truc/truc.h>

#include "connector_log.h"
#include "files_adapter.h"
#include "files_folder.h"

enum {
    FILES_RETRY_FIRST_MS = 1000, /* after a passing trouble; it doubles */
    FILES_RETRY_MOST_MS = 60000,
};

struct files_picking;

/* All arguments outlive the result. TRUC_E_IO, TRUC_E_MEMORY. */
int files_picking_open(const struct files_adapter *adapter, truc_adapter *bus, const struct files_folder *folder,
                       const struct connector_log *log, struct files_picking **ret_picking, struct truc_fault *fault);
/* After truc_adapter_close, which completes what is out: its files stay in work/. NULL is fine. */
void files_picking_close(struct files_picking *picking);

int files_picking_fd(const struct files_picking *picking); /* readable: call step */
int files_picking_timeout_ms(const struct files_picking *picking, uint64_t now_ms);
/* TRUC_E_IO: the drop folder is gone. */
int files_picking_step(struct files_picking *picking, uint64_t now_ms, struct truc_fault *fault);
void files_picking_stop(struct files_picking *picking);        /* picks up nothing more */
size_t files_picking_out(const struct files_picking *picking); /* files whose message the bus has not answered */

#endif
