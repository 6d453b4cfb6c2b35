/* list.h - a doubly linked list whose links are members of the things in it. */
#ifndef RESPUB_BROKER_LIST_H
#define RESPUB_BROKER_LIST_H

#include <stddef.h>

typedef struct respub__link {
  struct respub__link *next;
  struct respub__link *previous;
} respub__link;

/* All zero: empty. */
typedef struct respub__list {
  respub__link *first;
  respub__link *last;
  size_t count;
} respub__list;

/* The thing of this type whose member is *pointer (of the member's type, not const). */
#define RESPUB__OF(pointer, type, member)                                                          \
  ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

void respub__list_append(respub__list *list, respub__link *link);

/* link is in list. */
void respub__list_remove(respub__list *list, respub__link *link);

#endif
