#include "pubsub/queue.h"

#include "net/memory.h"
#include "net/pool.h"
#include "pubsub/queue_ring.h"

#include <string.h>

enum {
  USUAL_RECORD = 4096,
  KEPT_RECORD = 65536
};

void respub__queue_init(respub__queue *q, const respub_allocator *alloc, respub__session *session,
                        const respub_subscriber_options *options) {
  /* Without a queue of its own, what a flush keeps leaves the rest with the server, as handlers on
   * the reading thread do. */
  bool direct = options->delivery == RESPUB_DELIVER_DIRECT;
  *q = (respub__queue){.alloc = *alloc,
                       .session = session,
                       .brief = direct,
                       .fixed = options->connection.fixed_memory,
                       .policy = direct ? RESPUB_DELIVER_BLOCK : options->delivery,
                       .most_messages = options->queue_messages,
                       .most_bytes = options->queue_bytes};
  respub__topics_init(&q->latest, alloc, session->topics.seed);
}

void respub__queue_plan(respub__plan *plan, const respub_subscriber_options *options) {
  respub__plan_add(plan, options->queue_bytes, 2); /* ring and taken */
}

size_t respub__queue_least_bytes(size_t message_bytes) {
  size_t more = sizeof(respub__record) + 2 * RESPUB__RECORD_ALIGN;
  return message_bytes > SIZE_MAX - more ? SIZE_MAX : message_bytes + more;
}

void respub__queue_free(respub__queue *q) {
  respub__topics_free(&q->latest);
  respub__free(&q->alloc, q->ring);
  respub__free(&q->alloc, q->key);
  respub__free(&q->alloc, q->taken);
  q->ring = q->key = q->taken = NULL;
}

/* -- Dropping -- */

static void count_drop(respub__queue *q, int64_t wall_ms, uint64_t *side) {
  q->dropped++;
  (*side)++;
  if (q->episode_dropped++ == 0)
    q->episode_from_ms = wall_ms;
  q->episode_to_ms = wall_ms;
  q->episode_generation = q->session->generation;
}

static void forget_key(respub__queue *q, respub__record *r) {
  if (r->key == NULL)
    return;
  respub__topics_remove(&q->latest, r->key);
  r->key = NULL;
}

static void make_void(respub__queue *q, respub__record *r) {
  r->is_void = 1;
  q->void_bytes += respub__record_size(r);
  q->messages--;
  respub__queue_let_go(q, r->topic);
}

/* Events may wait in front of it, and stay there: what has been looked through is not looked
 * through again at the next drop. */
static respub__record *oldest_message(respub__queue *q) {
  while (q->scanned < q->used) {
    size_t at = q->first + q->scanned;
    respub__record *r = respub__record_at(q, at < q->capacity ? at : at - q->capacity);
    if (!r->is_void && r->topic != NULL)
      return r;
    q->scanned += respub__record_size(r);
  }
  return NULL;
}

/* The oldest message goes; events are never dropped. */
static bool drop_oldest(respub__queue *q, int64_t wall_ms) {
  respub__record *r = oldest_message(q);
  if (r == NULL)
    return false;
  q->dropped_old += r->event.dropped_before;
  count_drop(q, wall_ms, &q->dropped_old);
  forget_key(q, r);
  make_void(q, r);
  respub__ring_skip_voids(q);
  return true;
}

/* -- LATEST -- */

static char *append_bytes(char *to, respub_slice bytes) {
  if (bytes.len > 0)
    memcpy(to, bytes.ptr, bytes.len);
  return to + bytes.len;
}

static respub_slice key_name(respub__queue *q, const respub_event *e) {
  size_t size = sizeof(uint32_t) + e->pattern.len + e->channel.len;
  if (size > q->key_capacity) {
    char *key = respub__resize(&q->alloc, q->key, size * 2);
    if (key == NULL)
      return respub_slice_of(NULL, 0);
    q->key = key;
    q->key_capacity = size * 2;
  }
  uint32_t split = (uint32_t)e->pattern.len;
  memcpy(q->key, &split, sizeof split);
  append_bytes(append_bytes(q->key + sizeof split, e->pattern), e->channel);
  return respub_slice_of(q->key, size);
}

/* The entry for this message's channel; an older message that waits there becomes void. NULL: no
 * memory. */
static respub__topic *take_place(respub__queue *q, const respub_event *e,
                                 uint64_t *dropped_before) {
  respub_slice name = key_name(q, e);
  if (name.len == 0)
    return NULL;
  respub__topic *key = respub__topics_find(&q->latest, e->kind, name);
  if (key == NULL) {
    key = respub__topics_add(&q->latest, e->kind, name);
    if (key != NULL)
      key->upkeep->latest = UINT64_MAX;
    return key;
  }
  respub__record *old = respub__record_at(q, (size_t)key->upkeep->latest);
  *dropped_before += old->event.dropped_before + 1;
  q->dropped++;
  old->key = NULL;
  make_void(q, old);
  key->upkeep->latest = UINT64_MAX;
  return key;
}

/* -- In -- */

static size_t event_size(const respub_event *e) {
  size_t size =
      sizeof(respub__record) + e->channel.len + e->pattern.len + e->payload.len + e->text.len;
  return (size + RESPUB__RECORD_ALIGN - 1) / RESPUB__RECORD_ALIGN * RESPUB__RECORD_ALIGN;
}

static void write_record(respub__queue *q, size_t at, const respub_event *e, respub__topic *topic,
                         respub__topic *key) {
  respub__record *r = respub__record_at(q, at);
  *r = (respub__record){.units = (uint32_t)(event_size(e) / RESPUB__RECORD_ALIGN),
                        .topic = topic,
                        .key = key,
                        .event = *e};
  char *to = append_bytes((char *)(r + 1), e->channel);
  to = append_bytes(to, e->pattern);
  to = append_bytes(to, e->payload);
  append_bytes(to, e->text);
  if (key != NULL)
    key->upkeep->latest = at;
  if (topic != NULL) {
    topic->upkeep->holds++;
    q->messages++;
  }
  if (q->messages > q->high_messages)
    q->high_messages = q->messages;
  if (q->used - q->void_bytes > q->high_bytes)
    q->high_bytes = q->used - q->void_bytes;
}

static respub_status put_event(respub__queue *q, const respub_event *e, bool force) {
  size_t at;
  if ((q->used - q->void_bytes) / 2 > q->most_bytes && !force)
    return RESPUB_EFULL;
  respub_status status = respub__ring_place(q, event_size(e), true, &at);
  if (status == RESPUB_OK)
    write_record(q, at, e, NULL, NULL);
  return status;
}

/* One event when the queue is found full; end_episode tells what was dropped. Without memory for
 * this one, that and the count in the next message still tell. */
static void begin_episode(respub__queue *q) {
  if (q->slow)
    return;
  q->slow = true;
  respub_event e = {.type = RESPUB_EVENT_SLOW_CONSUMER,
                    .status = RESPUB_EFULL,
                    .generation = q->session->generation};
  (void)put_event(q, &e, true);
}

static void drop_new(respub__queue *q, int64_t wall_ms) {
  count_drop(q, wall_ms, &q->dropped_new);
  begin_episode(q);
}

/* Room by policy: OK when the message can go in at *at. */
static respub_status find_place(respub__queue *q, size_t size, int64_t wall_ms, size_t *at) {
  bool drops = q->policy == RESPUB_DELIVER_DROP_OLDEST || q->policy == RESPUB_DELIVER_LATEST;
  for (;;) {
    respub_status status = RESPUB_EFULL;
    if (q->messages < q->most_messages)
      status = respub__ring_place(q, size, false, at);
    if (status == RESPUB_OK || !drops || !drop_oldest(q, wall_ms))
      return status;
    begin_episode(q);
  }
}

static respub_status put_message(respub__queue *q, const respub_event *event, respub__topic *topic,
                                 int64_t wall_ms) {
  respub_event e = *event;
  respub__topic *key = NULL;
  e.dropped_before = 0;
  if (q->policy == RESPUB_DELIVER_LATEST && (key = take_place(q, &e, &e.dropped_before)) == NULL)
    return drop_new(q, wall_ms), RESPUB_OK;
  size_t at;
  respub_status status = find_place(q, event_size(&e), wall_ms, &at);
  if (status != RESPUB_OK) {
    if (q->policy == RESPUB_DELIVER_BLOCK) {
      if (status == RESPUB_EFULL)
        begin_episode(q);
      return status;
    }
    if (key != NULL) {
      respub__topics_remove(&q->latest, key);
      q->dropped_new += e.dropped_before;
    }
    return drop_new(q, wall_ms), RESPUB_OK;
  }
  e.dropped_before += q->dropped_new;
  q->dropped_new = 0;
  write_record(q, at, &e, topic, key);
  return RESPUB_OK;
}

respub_status respub__queue_put(respub__queue *q, const respub_event *event, respub__topic *topic,
                                int64_t wall_ms) {
  return topic == NULL ? put_event(q, event, false) : put_message(q, event, topic, wall_ms);
}

/* -- Out -- */

/* The usual records never need another one; a large one is not doubled. */
static bool take_bytes(respub__queue *q, const respub__record *r) {
  size_t size = respub__record_size(r);
  if (size > q->taken_capacity) {
    size_t capacity = size < USUAL_RECORD ? USUAL_RECORD : size;
    if (q->fixed)
      capacity = q->most_bytes;
    char *taken = respub__alloc(&q->alloc, capacity);
    if (taken == NULL)
      return false;
    respub__free(&q->alloc, q->taken);
    q->taken = taken;
    q->taken_capacity = capacity;
  }
  memcpy(q->taken, r, size);
  return true;
}

static const char *point(respub_slice *slice, const char *at) {
  slice->ptr = at;
  return at + slice->len;
}

static void hand_out(respub__queue *q, respub_event *event, respub__topic **topic) {
  respub__record *r = (respub__record *)(void *)q->taken;
  *event = r->event;
  *topic = r->topic;
  const char *at = point(&event->channel, (const char *)(r + 1));
  at = point(&event->pattern, at);
  at = point(&event->payload, at);
  point(&event->text, at);
  if (r->topic == NULL)
    return;
  event->dropped_before += q->dropped_old;
  q->dropped_old = 0;
  q->messages--;
}

/* The episode is over when the queue has been worked down to half of its bounds. */
static bool end_episode(respub__queue *q, respub_event *event, respub__topic **topic) {
  size_t live = q->used - q->void_bytes;
  if (!q->slow || q->messages > q->most_messages / 2 || live > q->most_bytes / 2)
    return false;
  q->slow = false;
  if (q->episode_dropped == 0)
    return false;
  *event = (respub_event){.type = RESPUB_EVENT_GAP,
                          .status = RESPUB_EFULL,
                          .generation = q->episode_generation,
                          .missed = q->episode_dropped,
                          .from_ms = q->episode_from_ms,
                          .to_ms = q->episode_to_ms};
  *topic = NULL;
  q->episode_dropped = 0;
  return true;
}

/* Nothing waits: a record far beyond the usual, and a ring that was hardly used, go back. */
static void trim_queue(respub__queue *q) {
  respub__ring_trim(q);
  if (q->taken_capacity <= KEPT_RECORD && !q->brief)
    return;
  respub__free(&q->alloc, q->taken);
  q->taken = NULL;
  q->taken_capacity = 0;
}

bool respub__queue_take(respub__queue *q, respub_event *event, respub__topic **topic) {
  respub__ring_skip_voids(q);
  if (end_episode(q, event, topic))
    return true;
  if (q->used == 0)
    return trim_queue(q), false;
  respub__record *r = respub__record_at(q, q->first);
  if (!take_bytes(q, r))
    return false;
  forget_key(q, r);
  respub__ring_skip_first(q);
  hand_out(q, event, topic);
  return true;
}

void respub__queue_let_go(respub__queue *q, respub__topic *topic) {
  if (topic == NULL)
    return;
  topic->upkeep->holds--;
  respub__session_release(q->session, topic);
}
