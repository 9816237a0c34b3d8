/* files_work.h - the files in work/: read, published, and moved to where the bus's word sends them.
 * Each is in one of three states: to be read, with the bus, to be moved away. None of them lives longer than this run.
 * In the flow: files_picking.c -> this -> files_inbound, truc_publish, files_folder. */
#ifndef TRUC_FILES_WORK_H
#define TRUC_FILES_WORK_H

#include "files_picking.h"

struct files_works;

int files_works_open(const struct files_adapter *adapter, truc_adapter *bus, const struct files_folder *folder,
                     const struct connector_log *log, struct files_works **ret_works, struct truc_fault *fault);
void files_works_close(struct files_works *works); /* NULL is fine */

bool files_works_has(const struct files_works *works, const char *name);
/* A file that lies in work/. Without memory it stays there and is found by the next look. */
void files_works_add(struct files_works *works, const char *name);
size_t files_works_count(const struct files_works *works);
size_t files_works_out(const struct files_works *works);       /* with the bus */
uint64_t files_works_next_ms(const struct files_works *works); /* when the next has to be looked at; UINT64_MAX: none */
/* @is_stopped: only what is with the bus, or already answered, goes on. */
void files_works_step(struct files_works *works, uint64_t now_ms, bool is_stopped);

#endif
