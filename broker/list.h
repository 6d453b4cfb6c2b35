/* list.h - a doubly linked list whose links are members of the things in it. */
#ifndef RESPUB_BROKER_LIST_H
#define RESPUB_BROKER_LIST_H

#include <stddef.h>

typedef struct respub__broker_link {
  struct respub__broker_link *next;
  struct respub__broker_link *previous;
} respub__broker_link;

/* All zero: empty. */
typedef struct respub__broker_list {
  respub__broker_link *first;
  respub__broker_link *last;
  size_t count;
} respub__broker_list;

/* The thing of this type whose member is *pointer (of the member's type, not const). */
#define RESPUB__BROKER_OF(pointer, type, member)                                                   \
  ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

void respub__broker_list_append(respub__broker_list *list, respub__broker_link *link);

/* link is in list. */
void respub__broker_list_remove(respub__broker_list *list, respub__broker_link *link);

#endif
