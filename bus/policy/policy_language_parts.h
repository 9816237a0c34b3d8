/* policy_language_parts.h - the four objects of the configuration, for everything that tells about them.
 * Private to policy_language*.c.
 * In the flow: see policy_language.h. */
#ifndef TRUC_POLICY_LANGUAGE_PARTS_H
#define TRUC_POLICY_LANGUAGE_PARTS_H

#include "policy_keys.h"

/* An object that a person names, and where it is written. */
struct policy_language_object {
    const char *name, *where;
    const struct yaml_object *file;
    bool listed; /* the file's one key is the list of them */
};

enum { POLICY_LANGUAGE_OBJECTS = 4 };
extern const struct policy_language_object policy_language_objects[POLICY_LANGUAGE_OBJECTS];

static inline const struct yaml_object *policy_language_keys(const struct policy_language_object *object)
{
    return object->listed ? object->file->keys[0].object : object->file;
}

#endif
