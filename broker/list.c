#include "broker/list.h"

void respub__broker_list_append(respub__broker_list *list, respub__broker_link *link) {
  link->next = NULL;
  link->previous = list->last;
  if (list->last != NULL)
    list->last->next = link;
  else
    list->first = link;
  list->last = link;
  list->count++;
}

void respub__broker_list_remove(respub__broker_list *list, respub__broker_link *link) {
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
