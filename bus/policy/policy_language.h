/* policy_language.h - the configuration language about itself: what a key means, on a page and to editors.
 * Not: reading files. Everything comes from the tables of policy_keys.c, so it can't disagree with the loader.
 * In the flow: `truc explain KEY`, docs/configuration.md, config/truc.schema.json. */
#ifndef TRUC_POLICY_LANGUAGE_H
#define TRUC_POLICY_LANGUAGE_H

#include "buffer.h"
#include "bytes.h"
#include "fault.h"
#include "words.h"

struct yaml_key;
enum { POLICY_LANGUAGE_PATH_BYTES = 160 };

/* One key: "route.retry.first", where it is written, and its table entry. Lives during the visit. */
struct policy_language_key {
    const char *path, *where;
    const struct yaml_key *key;
};
typedef int policy_language_visit(void *context, const struct policy_language_key *key);
/* Every key, objects before what is in them; a non-zero result ends the walk and is returned. */
int policy_language_each(policy_language_visit *visit, void *context);

/* Appends what a key means. `path` is an object ("route", "routes"), a key with the names above it ("route.retry.first",
 * "bus.limits.message-bytes"), or without some of them ("retry.first", "order-by": wherever there is such a key);
 * empty: the four objects. TRUC_E_NOT_FOUND with a did-you-mean hint, or this one. `translate`: into which language; NULL: English. */
#define POLICY_LANGUAGE_OBJECTS_HINT N_("its objects: truc explain bus, system, route or agreement")
int policy_language_explain(struct bytes path, words_translate *translate, struct buffer *out,
                            struct truc_fault *fault);

/* Appends the reference of all keys in Markdown: the tables of docs/configuration.md. TRUC_E_MEMORY. */
int policy_language_page(struct buffer *out);

/* Appends a JSON Schema (draft 2020-12) of all four kinds of files, for editors' completion and hover texts.
 * TRUC_E_MEMORY. */
int policy_language_schema(struct buffer *out);

#endif
