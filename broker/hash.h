/* hash.h - a keyed hash, so that no client can choose names that all fall into one bucket. */
#ifndef RESPUB_BROKER_HASH_H
#define RESPUB_BROKER_HASH_H

#include "resp/resp.h"

typedef struct respub__broker_hash_key {
  uint64_t low;
  uint64_t high;
} respub__broker_hash_key;

/* SipHash with one round a word and three at the end; the key is two little-endian words.
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012. */
uint64_t respub__broker_hash(respub__broker_hash_key key, respub_slice bytes);

#endif
