#include "tools/wanted.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right) {
  const wanted_name *a = left, *b = right;
  if (a->kind != b->kind)
    return a->kind < b->kind ? -1 : 1;
  size_t shorter = a->name.len < b->name.len ? a->name.len : b->name.len;
  int order = shorter > 0 ? memcmp(a->name.ptr, b->name.ptr, shorter) : 0;
  if (order != 0 || a->name.len == b->name.len)
    return order;
  return a->name.len < b->name.len ? -1 : 1;
}

static void add(wanted *w, respub_kind kind, const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++)
    w->names[w->count++] = (wanted_name){.name = respub_slice_of_string(names[i]), .kind = kind};
}

static void keep_each_once(wanted *w) {
  size_t kept = 0;
  qsort(w->names, w->count, sizeof *w->names, compare);
  for (size_t i = 0; i < w->count; i++)
    if (kept == 0 || compare(&w->names[kept - 1], &w->names[i]) != 0)
      w->names[kept++] = w->names[i];
  w->count = kept;
}

bool wanted_open(wanted *w, const char *const *channels, size_t channel_count,
                 const char *const *patterns, size_t pattern_count) {
  *w = (wanted){.names = calloc(channel_count + pattern_count, sizeof *w->names)};
  if (w->names == NULL)
    return false;
  add(w, RESPUB_CHANNEL, channels, channel_count);
  add(w, RESPUB_PATTERN, patterns, pattern_count);
  keep_each_once(w);
  return true;
}

void wanted_note(wanted *w, const respub_event *e) {
  if (e->type != RESPUB_EVENT_REFUSED && e->type != RESPUB_EVENT_SUBSCRIBED)
    return;
  bool refused = e->type == RESPUB_EVENT_REFUSED;
  wanted_name key = {.name = e->kind == RESPUB_PATTERN ? e->pattern : e->channel, .kind = e->kind};
  wanted_name *found = bsearch(&key, w->names, w->count, sizeof key, compare);
  if (found == NULL || found->refused == refused)
    return;
  found->refused = refused;
  w->refused += refused ? 1 : (size_t)-1;
}

bool wanted_all_refused(const wanted *w) {
  return w->refused == w->count;
}

void wanted_close(wanted *w) {
  free(w->names);
  w->names = NULL;
}
