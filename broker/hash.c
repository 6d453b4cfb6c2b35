#include "broker/hash.h"

typedef struct sip {
  uint64_t a;
  uint64_t b;
  uint64_t c;
  uint64_t d;
} sip;

static uint64_t rotated(uint64_t x, unsigned bits) {
  return x << bits | x >> (64 - bits);
}

static void sip_mix(sip *s) {
  s->a += s->b;
  s->c += s->d;
  s->b = rotated(s->b, 13) ^ s->a;
  s->d = rotated(s->d, 16) ^ s->c;
  s->a = rotated(s->a, 32);
  s->c += s->b;
  s->a += s->d;
  s->b = rotated(s->b, 17) ^ s->c;
  s->d = rotated(s->d, 21) ^ s->a;
  s->c = rotated(s->c, 32);
}

static void absorb(sip *s, uint64_t word) {
  s->d ^= word;
  sip_mix(s);
  s->a ^= word;
}

/* The n (<= 8) bytes as a little-endian number, on a machine of any order. */
static uint64_t word_of(const char *bytes, size_t n) {
  uint64_t word = 0;
  for (size_t i = 0; i < n; i++)
    word |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
  return word;
}

uint64_t respub__broker_hash(respub__broker_hash_key key, respub_slice bytes) {
  sip s = {
      key.low ^ 0x736f6d6570736575u,
      key.high ^ 0x646f72616e646f6du,
      key.low ^ 0x6c7967656e657261u,
      key.high ^ 0x7465646279746573u,
  };
  size_t whole = bytes.len - bytes.len % 8;
  for (size_t i = 0; i < whole; i += 8)
    absorb(&s, word_of(bytes.ptr + i, 8));
  uint64_t rest = bytes.len > whole ? word_of(bytes.ptr + whole, bytes.len - whole) : 0;
  absorb(&s, rest | (uint64_t)bytes.len << 56);
  s.c ^= 0xff;
  sip_mix(&s);
  sip_mix(&s);
  sip_mix(&s);
  return s.a ^ s.b ^ s.c ^ s.d;
}
