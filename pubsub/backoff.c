#include "pubsub/lifecycle.h"

#include <string.h>

void respub__backoff_init(respub__backoff *b, int64_t min_ms, int64_t max_ms, int64_t slow_ms,
                          uint64_t seed) {
  b->min_ms = min_ms;
  b->max_ms = max_ms;
  b->slow_ms = slow_ms;
  b->random = seed != 0 ? seed : 1; /* xorshift stays at 0 for ever */
  b->tries = 0;
}

/* xorshift64* (Marsaglia; Vigna, "An experimental exploration of Marsaglia's xorshift generators").
 */
static uint64_t draw(respub__backoff *b) {
  uint64_t x = b->random;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  b->random = x;
  return x * 0x2545F4914F6CDD1DULL;
}

/* low <= result <= high. The bias of the remainder is far below what a delay in ms can show. */
static int64_t between(respub__backoff *b, int64_t low, int64_t high) {
  uint64_t choices = (uint64_t)(high - low) + 1;
  return low + (int64_t)(draw(b) % choices);
}

static int64_t ceiling_ms(const respub__backoff *b) {
  int64_t ceiling = b->min_ms;
  for (unsigned i = 0; i < b->tries && ceiling < b->max_ms; i++) {
    ceiling = ceiling > b->max_ms / 2 ? b->max_ms : ceiling * 2;
  }
  return ceiling;
}

int64_t respub__backoff_failed(respub__backoff *b, bool slow) {
  if (b->tries < 64) { /* more doublings than an int64 has bits change nothing */
    b->tries++;
  }
  return slow ? between(b, b->slow_ms / 2, b->slow_ms) : between(b, b->min_ms, ceiling_ms(b));
}

int64_t respub__backoff_lost(respub__backoff *b, int64_t lived_ms, bool slow) {
  if (lived_ms > b->max_ms) {
    b->tries = 0;
  }
  if (slow || b->tries > 0) {
    return respub__backoff_failed(b, slow);
  }
  b->tries = 1;
  return 0;
}

static bool contains(respub_slice text, respub_slice part) {
  for (size_t i = 0; i + part.len <= text.len; i++) {
    if (memcmp(text.ptr + i, part.ptr, part.len) == 0) {
      return true;
    }
  }
  return false;
}

bool respub__is_slow(respub_status status, respub_slice text) {
  /* Looked for anywhere, because the text may be a sentence around the server's. A false hit costs
   * no more than a longer delay. */
  const respub_slice lasting[] = {
      RESPUB_LIT("NOPERM"),
      RESPUB_LIT("WRONGPASS"),
      RESPUB_LIT("NOAUTH"),
      RESPUB_LIT("invalid password"), /* WRONGPASS before Redis 6 */
      RESPUB_LIT("DENIED"),           /* protected mode */
      RESPUB_LIT("NOPROTO"),
      RESPUB_LIT("DB index is out of range"),
      RESPUB_LIT("max number of clients"),
  };
  if (status == RESPUB_EAUTH || respub_status_category(status) == RESPUB_CATEGORY_USAGE) {
    return true;
  }
  if (status != RESPUB_EREFUSED) {
    return false;
  }
  for (size_t i = 0; i < sizeof lasting / sizeof lasting[0]; i++) {
    if (contains(text, lasting[i])) {
      return true;
    }
  }
  return false;
}
