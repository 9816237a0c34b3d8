/* system_view.h - one system as the configuration knows it: its keys now, and its parts in routes.
 * Not: how it is shown as text (cmd_system_list.c, cmd_system_show.c).
 * In the flow: policy → here → system list, system show. */
#ifndef TRUC_SYSTEM_VIEW_H
#define TRUC_SYSTEM_VIEW_H

#include "policy.h"

#include <jansson.h>

enum { SYSTEM_VIEW_DATE_BYTES = sizeof "23/11/2026" };

/* What a route makes of a system. */
enum system_part { SYSTEM_SENDS, SYSTEM_RECEIVES, SYSTEM_OBSERVES, SYSTEM_PARTS };

bool system_view_has_part(const struct policy_route *route, const struct policy_system *system, enum system_part part);
/* How many routes give it this part. */
uint32_t system_view_routes(const struct policy *policy, const struct policy_system *system, enum system_part part);
/* When the last of the keys that may sign now ends, and how many they are; 0 and 0 when there is none. */
uint64_t system_view_signs_until(const struct policy_system *system, uint64_t now_ns, uint32_t *ret_usable);
const char *system_view_date(uint64_t time_ns, char out[SYSTEM_VIEW_DATE_BYTES]); /* 23/11/2026, GMT+7; returns out */
/* Who it is and its keys; of routes and agreements nothing. */
json_t *system_view_json(const struct policy_system *system, uint64_t now_ns);

#endif
