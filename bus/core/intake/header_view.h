/* header_view.h - what rules may ask of a message's header, taken from the header as it was signed.
 * Not: the rules (policy.h) or the header's encoding (protocol/header.h), which know nothing of each other.
 * In the flow: stage_check and the offline explanations of `truc` → here → policy_route, so that both ask the same. */
#ifndef TRUC_HEADER_VIEW_H
#define TRUC_HEADER_VIEW_H

#include "header.h"
#include "policy.h"

/* Views into what `header` views. */
struct policy_header_view header_view(const struct header *header);

#endif
