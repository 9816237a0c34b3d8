/* support_parts.h - what of a state directory may be given away: rules without persons and keys, refusals without subjects.
 * Not: the numbers, which journal_stats.h has, and not the archive.
 * In the flow: cmd_bundle puts each into the archive. */
#ifndef TRUC_SUPPORT_PARTS_H
#define TRUC_SUPPORT_PARTS_H

#include "cli.h"
#include "cli_journal.h"
#include "cli_json.h"

enum { SUPPORT_REFUSALS_MAX = 100, SUPPORT_REFUSALS_RECORDS_MAX = 200000 };

/* Every YAML file of STATE/config by its name, as values: no comments, no contact, no keys, no certificates' names. A
 * file that can't be read is there with the reason. NULL when out of memory. */
json_t *support_configuration(const struct cli *cli);
/* The last refusals among the last records: when, why, who, which type, where; never about what. NULL when out of memory;
 * an unreadable journal ends the list. */
json_t *support_refusals(struct journal *journal);
/* Programs and libraries by version. */
json_t *support_versions(void);

#endif
