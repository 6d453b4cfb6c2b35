#include "tests/support/sim_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

uint64_t respub_sim_next(respub_sim_random *r) {
  uint64_t x = r->state;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  r->state = x;
  return x * 0x2545f4914f6cdd1du;
}

uint32_t respub_sim_below(respub_sim_random *r, uint32_t n) {
  return (uint32_t)(respub_sim_next(r) >> 33) % n;
}

bool respub_sim_chance(respub_sim_random *r, uint32_t percent) {
  return respub_sim_below(r, 100) < percent;
}

/* ------------------------------------------------------------------------------------------------
 * Streams */

static void *grown(void *memory, size_t size) {
  void *fresh = realloc(memory, size);
  if (fresh == NULL)
    abort();
  return fresh;
}

static void put(respub_sim_stream *s, const char *bytes, size_t n, int64_t at_ms) {
  if (s->end + n > s->capacity) {
    s->capacity = (s->end + n) * 2;
    s->bytes = grown(s->bytes, s->capacity);
  }
  memcpy(s->bytes + s->end, bytes, n);
  s->end += n;
  if (s->piece_count == s->piece_capacity) {
    s->piece_capacity = s->piece_capacity * 2 + 16;
    s->pieces = grown(s->pieces, s->piece_capacity * sizeof *s->pieces);
  }
  if (s->piece_count > s->first_piece && s->pieces[s->piece_count - 1].at_ms > at_ms)
    at_ms = s->pieces[s->piece_count - 1].at_ms;
  s->pieces[s->piece_count++] = (respub_sim_piece){s->end, at_ms};
}

static size_t arrived(const respub_sim_stream *s, int64_t now_ms) {
  size_t end = s->begin;
  for (size_t i = s->first_piece; i < s->piece_count && s->pieces[i].at_ms <= now_ms; i++)
    end = s->pieces[i].end;
  size_t n = end - s->begin;
  size_t left = s->cut_at == SIZE_MAX ? SIZE_MAX : s->cut_at - s->carried;
  return n < left ? n : left;
}

static void take(respub_sim_stream *s, size_t n) {
  s->begin += n;
  s->carried += n;
  while (s->first_piece < s->piece_count && s->pieces[s->first_piece].end <= s->begin)
    s->first_piece++;
}

static bool is_cut(const respub_sim_stream *s) {
  return s->carried == s->cut_at;
}

static int64_t next_arrival(const respub_sim_stream *s) {
  return s->first_piece < s->piece_count ? s->pieces[s->first_piece].at_ms : INT64_MAX;
}

/* ------------------------------------------------------------------------------------------------
 * The wire */

static bool is_silent(const respub_sim_wire *w) {
  return *w->now_ms >= w->silent_ms;
}

void respub_sim_wire_open(respub_sim_wire *w, respub_sim_random *random, const int64_t *now_ms,
                          const respub_sim_faults *faults) {
  respub_sim_wire_free(w);
  *w = (respub_sim_wire){.random = random, .now_ms = now_ms, .silent_ms = INT64_MAX};
  w->down.cut_at = w->up.cut_at = SIZE_MAX;
  w->latency_ms = faults->latency_ms > 0 ? respub_sim_below(random, faults->latency_ms) : 0;
  w->ready_ms = *now_ms + w->latency_ms;
  w->refused = respub_sim_chance(random, faults->refuse);
  w->broken = respub_sim_chance(random, 50);
  w->is_open = true;
  if (respub_sim_chance(random, faults->never))
    w->ready_ms = INT64_MAX;
  /* A small bound as often as a large one, so that every byte of handshake and resubscription is
   * hit. */
  uint32_t reach = respub_sim_chance(random, 50) ? 300 : 6000;
  if (respub_sim_chance(random, faults->cut))
    w->down.cut_at = respub_sim_below(random, reach);
  else if (respub_sim_chance(random, faults->cut))
    w->up.cut_at = respub_sim_below(random, reach);
  if (respub_sim_chance(random, faults->silence))
    w->silent_ms = *now_ms + respub_sim_below(random, 4000);
}

static void free_stream(respub_sim_stream *s) {
  free(s->bytes);
  free(s->pieces);
  *s = (respub_sim_stream){.begin = 0};
}

void respub_sim_wire_free(respub_sim_wire *w) {
  free_stream(&w->down);
  free_stream(&w->up);
}

respub_slice respub_sim_wire_arrived(respub_sim_wire *w) {
  if (!w->is_open || is_silent(w) || w->up.bytes == NULL)
    return respub_slice_of(NULL, 0);
  return respub_slice_of(w->up.bytes + w->up.begin, arrived(&w->up, *w->now_ms));
}

void respub_sim_wire_consume(respub_sim_wire *w, size_t n) {
  take(&w->up, n);
  if (is_cut(&w->up))
    respub_sim_wire_end(w);
}

void respub_sim_wire_check_cut(respub_sim_wire *w) {
  if (w->up.carried + arrived(&w->up, *w->now_ms) == w->up.cut_at)
    respub_sim_wire_end(w);
}

int64_t respub_sim_wire_send(respub_sim_wire *w, respub_slice bytes) {
  if (!w->is_open || w->ended)
    return INT64_MAX;
  int64_t at_ms = *w->now_ms + w->latency_ms;
  put(&w->down, bytes.ptr, bytes.len, at_ms);
  return at_ms;
}

void respub_sim_wire_end(respub_sim_wire *w) {
  w->ended = true;
  w->is_open = false;
}

int64_t respub_sim_wire_next_ms(const respub_sim_wire *w) {
  if (w->closed)
    return INT64_MAX;
  int64_t next = *w->now_ms < w->ready_ms ? w->ready_ms : INT64_MAX;
  if (is_silent(w))
    return next;
  int64_t up = next_arrival(&w->up);
  int64_t down = next_arrival(&w->down);
  next = up < next ? up : next;
  return down < next ? down : next;
}

/* ------------------------------------------------------------------------------------------------
 * The client's end */

static respub_status wire_connect(void *ctx, int64_t now_ms, short *events, int64_t *deadline_ms,
                                  respub_error *error) {
  respub_sim_wire *w = ctx;
  *events = POLLOUT;
  *deadline_ms = w->ready_ms;
  if (now_ms < w->ready_ms)
    return RESPUB_AGAIN;
  if (!w->refused)
    return RESPUB_OK;
  *error = (respub_error){.status = RESPUB_ECONNECT, .text = "simulated: connection refused"};
  w->is_open = false;
  return RESPUB_ECONNECT;
}

static ptrdiff_t over(const respub_sim_wire *w) {
  errno = ECONNRESET;
  return w->broken ? RESPUB_EIO : RESPUB_EEOF;
}

static ptrdiff_t wire_read(void *ctx, void *buf, size_t len) {
  respub_sim_wire *w = ctx;
  if (is_silent(w))
    return 0;
  size_t n = arrived(&w->down, *w->now_ms);
  if (n > len)
    n = len;
  if (n == 0)
    return w->ended || is_cut(&w->down) ? over(w) : 0;
  if (respub_sim_chance(w->random, 40))
    n = 1 + respub_sim_below(w->random, (uint32_t)n);
  memcpy(buf, w->down.bytes + w->down.begin, n);
  take(&w->down, n);
  if (is_cut(&w->down))
    respub_sim_wire_end(w);
  return (ptrdiff_t)n;
}

static ptrdiff_t wire_write(void *ctx, const respub_slice *parts, size_t count) {
  respub_sim_wire *w = ctx;
  if (w->ended && respub_sim_chance(w->random, 50))
    return over(w);
  if (respub_sim_chance(w->random, 10))
    return 0;
  ptrdiff_t taken = 0;
  for (size_t i = 0; i < count; i++) {
    size_t n = parts[i].len;
    bool some = n > 1 && respub_sim_chance(w->random, 20);
    if (some)
      n = 1 + respub_sim_below(w->random, (uint32_t)n - 1);
    if (n > 0)
      put(&w->up, parts[i].ptr, n, *w->now_ms + w->latency_ms);
    taken += (ptrdiff_t)n;
    if (some)
      break;
  }
  return taken;
}

static void wire_close(void *ctx) {
  respub_sim_wire *w = ctx;
  w->closed = true;
  w->is_open = false;
}

static int wire_fd(void *ctx) {
  (void)ctx;
  return -1;
}

respub_transport respub_sim_wire_transport(respub_sim_wire *w) {
  return (respub_transport){.ctx = w,
                            .connect = wire_connect,
                            .read = wire_read,
                            .write = wire_write,
                            .close = wire_close,
                            .fd = wire_fd};
}
