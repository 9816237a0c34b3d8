/* list.h - intrusive doubly linked list: the links live in the element.
 * A list head is a struct list_link initialised by list_init; an element is in at most one list per link. */
#ifndef TRUC_LIST_H
#define TRUC_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_link {
    struct list_link *previous, *next;
};

static inline void list_init(struct list_link *head)
{
    head->previous = head->next = head;
}
static inline bool list_is_empty(const struct list_link *head)
{
    return head->next == head;
}
static inline bool list_is_linked(const struct list_link *link)
{
    return link->next != NULL && link->next != link;
}
static inline void list_append(struct list_link *head, struct list_link *link)
{
    link->previous = head->previous;
    link->next = head;
    head->previous->next = link;
    head->previous = link;
}
/* Unlinks; harmless when not linked (both links NULL or self). */
static inline void list_remove(struct list_link *link)
{
    if (link->next == NULL)
        return;
    link->previous->next = link->next;
    link->next->previous = link->previous;
    link->previous = link->next = NULL;
}
static inline struct list_link *list_first(const struct list_link *head)
{
    if (list_is_empty(head))
        return NULL;
    return head->next; // NOLINT(clang-analyzer-unix.Malloc): it can't see what list_remove unlinks
}

#define list_element(link, type, member) ((type *)(void *)(((char *)(link)) - offsetof(type, member)))
#define list_each(link, head)                                                                                          \
    for (struct list_link *link = (head)->next, *link##_next = link->next; link != (head);                             \
         link = link##_next, link##_next = link->next)

#endif
