/* policy_language.h - the configuration language about itself: what a key means, and a JSON Schema for editors.
 * Not: reading files. Everything comes from the tables of policy_keys.c, so it can't disagree with the loader.
 * In the flow: `truc explain KEY`, and config/truc.schema.json. */
#ifndef TRUC_POLICY_LANGUAGE_H
#define TRUC_POLICY_LANGUAGE_H

#include "buffer.h"
#include "bytes.h"
#include "fault.h"

/* Appends what a key means. `path` is an object and keys below it, joined by '.': "route", "route.retry.first",
 * "agreement.valid", "system.certificates", "bus.limits.message-bytes"; empty: the four objects.
 * TRUC_E_NOT_FOUND with a did-you-mean hint. */
int policy_language_explain(struct bytes path, struct buffer *out, struct truc_fault *fault);

/* Appends a JSON Schema (draft 2020-12) of all four kinds of files, for editors' completion and hover texts.
 * TRUC_E_MEMORY. */
int policy_language_schema(struct buffer *out);

#endif
