#include "broker/list.h"

void respub__list_append(respub__list *list, respub__link *link) {
  link->next = NULL;
  link->previous = list->last;
  if (list->last != NULL)
    list->last->next = link;
  else
    list->first = link;
  list->last = link;
  list->count++;
}

void respub__list_remove(respub__list *list, respub__link *link) {
  if (link->previous != NULL)
    link->previous->next = link->next;
  else
    list->first = link->next;
  if (link->next != NULL)
    link->next->previous = link->previous;
  else
    list->last = link->previous;
  list->count--;
}
