#include "pubsub/session.h"

#include "net/memory.h"
#include "pubsub/session_topics.h"

#include <string.h>

/* With less room than this in the ring it grows first. */
enum {
  ROOMY = 256
};

/* Without memory the bound becomes what there is: commands then wait for answers to earlier ones.
 */
static void grow_sent(respub__session *s) {
  uint32_t capacity = s->sent_capacity * 2;
  respub__sent *fresh = respub__alloc(&s->topics.alloc, capacity * sizeof *fresh);
  if (fresh == NULL) {
    s->most_sent = s->sent_capacity;
    return;
  }
  for (uint32_t i = s->sent_head; i != s->sent_tail; i++)
    fresh[i & (capacity - 1)] = *respub__session_sent(s, i);
  respub__free(&s->topics.alloc, s->sent);
  s->sent = fresh;
  s->sent_capacity = capacity;
}

static void grow_flying(respub__session *s) {
  uint32_t capacity = s->flying_capacity * 2;
  respub__topic **fresh = respub__alloc(&s->topics.alloc, capacity * sizeof(respub__topic *));
  if (fresh == NULL) {
    s->most_flying = s->flying_capacity;
    return;
  }
  for (uint32_t i = s->flying_head; i != s->flying_tail; i++)
    fresh[i & (capacity - 1)] = respub__session_flying(s, i);
  respub__free(&s->topics.alloc, s->flying);
  s->flying = fresh;
  s->flying_capacity = capacity;
}

static bool has_room_sent(respub__session *s) {
  uint32_t used = s->sent_tail - s->sent_head;
  if (used == s->sent_capacity && s->sent_capacity < s->most_sent)
    grow_sent(s);
  return used < s->sent_capacity;
}

/* Room for how many more topics. */
static uint32_t room_flying(respub__session *s) {
  uint32_t used = s->flying_tail - s->flying_head;
  if (s->flying_capacity - used < ROOMY && s->flying_capacity < s->most_flying)
    grow_flying(s);
  return s->flying_capacity - used;
}

static respub__sent *push_sent(respub__session *s, respub__op op, uint16_t count) {
  respub__sent *sent = respub__session_sent(s, s->sent_tail++);
  *sent = (respub__sent){.first = s->flying_tail, .count = count, .op = (uint8_t)op};
  return sent;
}

static respub__topic *unlist_first(respub__session *s) {
  respub__topic *t = s->first_listed;
  s->first_listed = t->upkeep->next;
  if (s->first_listed == NULL)
    s->last_listed = NULL;
  t->listed = false;
  return t;
}

/* The first topic of the list that still needs something; those that changed their mind leave it.
 */
static respub__topic *first_needing(respub__session *s, respub__op *op) {
  while (s->first_listed != NULL && !respub__topic_need(s->first_listed, op))
    respub__session_discard(s, unlist_first(s));
  return s->first_listed;
}

bool respub__session_has_command(const respub__session *s) {
  if (!s->live || s->sent == NULL || s->gone_at != s->gone_end)
    return false;
  if (s->sent_tail - s->sent_head >= s->most_sent)
    return false;
  return s->ping_due ||
         (s->first_listed != NULL && s->flying_tail - s->flying_head < s->most_flying);
}

static respub_slice command_name(respub__op op, respub_kind kind) {
  if (op == RESPUB__SUBSCRIBE)
    return kind == RESPUB_CHANNEL ? RESPUB_LIT("SUBSCRIBE") : RESPUB_LIT("PSUBSCRIBE");
  return kind == RESPUB_CHANNEL ? RESPUB_LIT("UNSUBSCRIBE") : RESPUB_LIT("PUNSUBSCRIBE");
}

static void launch(respub__session *s, respub__topic *t, respub__op op, uint32_t number) {
  t->upkeep->command = number;
  s->flying[s->flying_tail++ & (s->flying_capacity - 1)] = t;
  respub__session_move(s, t, op == RESPUB__SUBSCRIBE ? RESPUB__ASKED : RESPUB__LEAVING);
}

/* As many topics as follow each other with the same need, within every bound. */
static size_t gather(respub__session *s, respub__topic *first, respub__op op, respub_slice *args,
                     size_t most) {
  uint8_t kind = first->kind;
  uint32_t number = s->sent_tail;
  respub__sent *sent = push_sent(s, op, 0);
  size_t bytes = 0;
  size_t n = 0;
  respub__op next_op = op;
  for (respub__topic *t = first; t != NULL && n < most; t = first_needing(s, &next_op)) {
    if (next_op != op || t->kind != kind || n >= t->batch)
      break;
    if (n > 0 && bytes + t->len > RESPUB__COMMAND_BYTES)
      break;
    if (t->batch < most)
      most = t->batch;
    bytes += t->len;
    args[n++] = respub__topic_slice(unlist_first(s));
    launch(s, t, op, number);
  }
  sent->count = (uint16_t)n;
  return n;
}

static size_t ping(respub__session *s, respub_slice *args) {
  s->ping_due = false;
  (void)push_sent(s, RESPUB__PING, 0);
  args[0] = RESPUB_LIT("PING");
  return 1;
}

size_t respub__session_command(respub__session *s, respub_slice *args, size_t max) {
  respub__session_reclaim(s);
  if (!respub__session_has_command(s) || !has_room_sent(s))
    return 0;
  if (s->ping_due)
    return ping(s, args);
  respub__op op = RESPUB__SUBSCRIBE;
  respub__topic *first = first_needing(s, &op);
  size_t room = room_flying(s);
  if (first == NULL || room == 0)
    return 0;
  if (room > max - 1)
    room = max - 1;
  args[0] = command_name(op, (respub_kind)first->kind);
  return 1 + gather(s, first, op, args + 1, room);
}
