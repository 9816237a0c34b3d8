/* permissions.c - the table of what may be sent and received (permissions.h).
 * Compared as a whole with the one before: a person hears what is new and what is gone. Decides nothing about a message.
 * Called by adapter_step.c and truc_permitted. */
#include "permissions.h"

#include "time_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEVEL_ERROR = 3, LEVEL_WARNING = 4, LEVEL_INFO = 6 };
enum { DATE_CHARACTERS = 10 }; /* of an RFC 3339 instant */
static const uint64_t day_ns = 24ull * 3600 * TIME_NS_PER_S;
static const unsigned days_told[] = {90, 30, 7, 0}; /* remaining; 0: it has lapsed */
enum { NEVER_TOLD = 1000 };                         /* more than the longest span */

static void tell(const struct permissions_listener *listener, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void tell(const struct permissions_listener *listener, int level, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    listener->tell(listener->context, level, text);
}

static void copy_text(char *out, size_t size, struct bytes text)
{
    (void)snprintf(out, size, "%.*s", BYTES_PRINTF(text));
}

static struct permitted permitted_of(const struct permission *permission)
{
    struct permitted permitted = {.direction = permission->direction, .told_days = NEVER_TOLD};
    copy_text(permitted.type, sizeof permitted.type, permission->type);
    copy_text(permitted.peer, sizeof permitted.peer, permission->peer);
    copy_text(permitted.agreement, sizeof permitted.agreement, permission->agreement);
    permitted.valid_until_ns = permission->valid_until_ns ? permission->valid_until_ns : PERMISSIONS_FOREVER;
    return permitted;
}

static bool is_same_end(const struct permitted *a, const struct permitted *b)
{
    return a->valid_until_ns == b->valid_until_ns && strcmp(a->agreement, b->agreement) == 0;
}

static struct permitted *same_in(const struct permissions *permissions, const struct permitted *wanted)
{
    for (size_t i = 0; i < permissions->count; i++) {
        struct permitted *entry = &permissions->entries[i];
        if (entry->direction == wanted->direction && is_same_end(entry, wanted) &&
            strcmp(entry->type, wanted->type) == 0 && strcmp(entry->peer, wanted->peer) == 0)
            return entry;
    }
    return NULL;
}

static int read_all(struct bytes elements, struct permissions *ret, const struct permissions_listener *listener)
{
    struct permission permission;
    size_t offset = 0;
    int more;
    struct permissions read = {.entries = calloc(PERMISSIONS_MAX, sizeof *read.entries), .is_known = true};
    if (read.entries == NULL)
        return TRUC_E_MEMORY;
    while ((more = permission_next(elements, &offset, &permission)) > 0 && read.count < PERMISSIONS_MAX)
        read.entries[read.count++] = permitted_of(&permission);
    if (more > 0)
        tell(listener, LEVEL_WARNING, "the broker names more than %d permissions: those past it are not known here",
             PERMISSIONS_MAX);
    if (more < 0)
        tell(listener, LEVEL_WARNING, "the broker's permissions can't be read from the %zu. on", read.count + 1);
    struct permitted *fitting = realloc(read.entries, (read.count ? read.count : 1) * sizeof *read.entries);
    if (fitting)
        read.entries = fitting;
    *ret = read;
    return 0;
}

static void tell_one(const struct permissions_listener *listener, const struct permitted *permitted, bool is_new)
{
    bool is_sending = permitted->direction == PERMISSION_SEND;
    tell(listener, is_new ? LEVEL_INFO : LEVEL_WARNING, "agreement %s %s permits %s %s %s %s", permitted->agreement,
         is_new ? "now" : "no longer", is_sending ? "sending" : "receiving", permitted->type,
         is_sending ? "to" : "from", permitted->peer);
}

/* Also keeps what was told of an entry that stays. */
static void tell_changes(const struct permissions *before, const struct permissions *after,
                         const struct permissions_listener *listener)
{
    for (size_t i = 0; i < after->count; i++) {
        const struct permitted *known = same_in(before, &after->entries[i]);
        if (known)
            after->entries[i].told_days = known->told_days;
        else
            tell_one(listener, &after->entries[i], true);
    }
    for (size_t i = 0; i < before->count; i++)
        if (same_in(after, &before->entries[i]) == NULL)
            tell_one(listener, &before->entries[i], false);
}

int permissions_replace(struct permissions *permissions, struct bytes elements,
                        const struct permissions_listener *listener)
{
    struct permissions read;
    int code = read_all(elements, &read, listener);
    if (code < 0)
        return code;
    if (permissions->is_known) /* the first are no change */
        tell_changes(permissions, &read, listener);
    permissions_free(permissions);
    *permissions = read;
    return 0;
}

/* The shortest of the spans told that the time left is within; NEVER_TOLD: longer than all. */
static unsigned days_due(const struct permitted *permitted, uint64_t now_ns)
{
    unsigned due = NEVER_TOLD;
    if (permitted->valid_until_ns == PERMISSIONS_FOREVER)
        return due;
    uint64_t left_ns = permitted->valid_until_ns > now_ns ? permitted->valid_until_ns - now_ns : 0;
    for (size_t i = 0; i < sizeof days_told / sizeof *days_told; i++)
        if (left_ns <= days_told[i] * day_ns)
            due = days_told[i];
    return due;
}

static void tell_end(const struct permitted *permitted, unsigned days, const struct permissions_listener *listener)
{
    char date[TIME_TEXT_BYTES];
    time_format_rfc3339(permitted->valid_until_ns, date);
    if (days == 0)
        tell(listener, LEVEL_ERROR, "agreement %s has lapsed on %.*s: its messages are refused", permitted->agreement,
             DATE_CHARACTERS, date);
    else
        tell(listener, LEVEL_WARNING, "agreement %s lapses within %u days, on %.*s", permitted->agreement, days,
             DATE_CHARACTERS, date);
}

void permissions_watch(struct permissions *permissions, uint64_t now_ns, const struct permissions_listener *listener)
{
    const struct permitted *told = NULL; /* an agreement's types follow each other: it is told once */
    for (size_t i = 0; i < permissions->count; i++) {
        struct permitted *entry = &permissions->entries[i];
        unsigned days = days_due(entry, now_ns);
        if (days >= entry->told_days)
            continue;
        if (told == NULL || !is_same_end(told, entry))
            tell_end(entry, days, listener);
        entry->told_days = days;
        told = entry;
    }
}

int permissions_find(const struct permissions *permissions, const char *type, uint32_t direction, const char *peer,
                     uint64_t now_ns, uint64_t *ret_until_ns)
{
    uint64_t until_ns = 0; /* the latest of all that fit */
    for (size_t i = 0; i < permissions->count; i++) {
        const struct permitted *entry = &permissions->entries[i];
        if (entry->direction == direction && strcmp(entry->type, type) == 0 &&
            (peer == NULL || strcmp(entry->peer, peer) == 0) && entry->valid_until_ns > until_ns)
            until_ns = entry->valid_until_ns;
    }
    if (!permissions->is_known)
        return TRUC_E_DISCONNECTED;
    if (until_ns == 0)
        return TRUC_E_NO_AGREEMENT;
    if (until_ns <= now_ns)
        return TRUC_E_AGREEMENT_LAPSED;
    if (ret_until_ns)
        *ret_until_ns = until_ns;
    return 0;
}

void permissions_free(struct permissions *permissions)
{
    free(permissions->entries);
    *permissions = (struct permissions){0};
}
