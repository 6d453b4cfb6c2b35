/* pipeline.h - publishes in the order they were asked for: which wait, which are under way, which
 * have their result, and what is known about each. Pure: no I/O, no clock, no lock; memory apart.
 * Not thread-safe by itself.
 *
 *     add -> WAITING -> gather -> (PARTLY ->) SENT -> answer -> SETTLED -> results
 *
 * A connection that is lost puts what cannot have been executed back to WAITING, and settles the
 * rest. */
#ifndef RESPUB_PUBSUB_PIPELINE_H
#define RESPUB_PUBSUB_PIPELINE_H

#include "net/memory.h"
#include "pubsub/outbox.h"
#include "pubsub/pubsub.h"

typedef enum respub__publish_state {
  RESPUB__PUBLISH_WAITING, /* this connection was given no byte of it */
  RESPUB__PUBLISH_PARTLY,  /* some; the rest has to follow before anything else */
  RESPUB__PUBLISH_SENT,    /* all; a reply is due */
  RESPUB__PUBLISH_SETTLED  /* it has its result, and no reply is due */
} respub__publish_state;

/* Who is told the result. */
typedef enum respub__publish_kind {
  RESPUB__PUBLISH_CALLED, /* a caller that waits */
  RESPUB__PUBLISH_QUEUED, /* a callback */
  RESPUB__PUBLISH_LEFT    /* nobody: the caller has gone; its reply is taken and thrown away */
} respub__publish_kind;

/* What a caller that waits is told. In the caller's memory; the pipeline lets go of it with the
 * last result or with respub__pipeline_leave. */
typedef struct respub__call {
  size_t left;          /* publishes without a result */
  respub_status status; /* the first that is not OK */
  respub_error *error;  /* of that one; may be NULL */
  uint64_t first;       /* number of its first publish; for leave */
  bool told;            /* put it on the list of finished calls with the last result */
  struct respub__call *next_finished;
} respub__call;

typedef struct respub__publish {
  respub__block *block;
  respub_slice bytes;   /* in the block: the command, or all before a payload by reference */
  respub_slice payload; /* by reference, and CR LF behind it; ptr NULL: in bytes */
  uint64_t end;         /* PARTLY and SENT: where it ends in the connection's stream */
  int64_t expires_at_ms;
  union {
    struct {
      respub__call *call;
      respub_publish_result *result; /* may be NULL */
    } called;
    struct {
      respub_published *done; /* may be NULL */
      void *ctx;
    } queued;
  } to;
  respub_publish_result result; /* QUEUED and SETTLED */
  char *text; /* why, allocated, text_len bytes; NULL: none, or no memory for it */
  size_t text_len;
  uint8_t state;
  uint8_t kind;
  bool maybe; /* an earlier connection may have delivered it */
} respub__publish;

typedef struct respub__pipeline {
  respub_allocator alloc;
  respub__outbox outbox;
  respub__publish *ring; /* a power of two */
  size_t capacity;
  size_t peak; /* most in the ring since it was last empty */
  uint64_t head, reply, cursor,
      tail;        /* numbers of publishes: the oldest kept, the oldest that a reply may be due
                      for, the oldest that was not given whole, the next to be added */
  uint64_t stream; /* bytes given to this connection */
  size_t offset;   /* bytes of the one at cursor given, when PARTLY */
  respub__call *finished;
  bool at_least_once;
  respub_status no_memory; /* what a failed allocation is called: ENOMEM, or with fixed memory EFULL
                            */
  size_t first_capacity;
  size_t bytes; /* of all in the ring */
  size_t bytes_high;
  size_t queued;           /* QUEUED in the ring */
  size_t waiting_messages; /* QUEUED and WAITING */
  size_t waiting_bytes;
  uint64_t published, receivers, refused, unsent, unanswered; /* as respub_publisher_stats */
} respub__pipeline;

/* What is to be published. Exactly one of call and queued. */
typedef struct respub__request {
  respub_slice channel;
  respub_slice payload;
  bool by_reference; /* the payload outlives its result; else it is copied */
  respub__call *call;
  respub_publish_result *result;
  respub_published *done;
  void *ctx;
  int64_t expires_at_ms; /* QUEUED: when a message that still waits is not wanted any more */
} respub__request;

/* What a server's number means: below 0 nobody can have received anything. */
static inline int64_t respub__receivers(int64_t number) {
  return number > 0 ? number : 0;
}

/* A result that a callback is to be told. */
typedef struct respub__outcome {
  respub_published *done;
  void *ctx;
  respub_publish_result result;
  char *text; /* NULL: none */
  size_t text_len;
} respub__outcome;

void respub__pipeline_init(respub__pipeline *p, const respub_allocator *alloc, bool at_least_once);
void respub__pipeline_free(respub__pipeline *p);

/* Fixed memory, for publishes that count for most bytes together, as respub__pipeline_size does. */
void respub__pipeline_fix(respub__pipeline *p, size_t most);
size_t respub__pipeline_messages(size_t most);
struct respub__plan;
void respub__pipeline_plan(struct respub__plan *plan, size_t most);

/* ENOMEM, EARGUMENT (no size_t holds the command); nothing was added then. */
RESPUB_MUST_USE respub_status respub__pipeline_add(respub__pipeline *p,
                                                   const respub__request *request);

/* The bytes that add would count for it. */
size_t respub__pipeline_size(respub_slice channel, respub_slice payload);

/* The next bytes to send: fills at most max (>= 3) parts with at most budget bytes and returns how
 * many parts. They count as given to the connection and stay valid until answered, left or lost.
 * *replies: how many replies they bring. 0: nothing waits. */
size_t respub__pipeline_gather(respub__pipeline *p, respub_slice *parts, size_t max, size_t budget,
                               size_t *replies);

/* Is there anything to gather? */
static inline bool respub__pipeline_waits(const respub__pipeline *p) {
  return p->cursor != p->tail;
}

/* The publish of this number, head <= number < tail. */
static inline respub__publish *respub__pipeline_at(const respub__pipeline *p, uint64_t number) {
  return &p->ring[number & (p->capacity - 1)];
}

#define RESPUB__CRLF_BYTES ((size_t)2)

/* Bytes of the command. */
static inline size_t respub__publish_size(const respub__publish *publish) {
  if (publish->payload.ptr == NULL)
    return publish->bytes.len;
  return publish->bytes.len + publish->payload.len + RESPUB__CRLF_BYTES;
}

/* The oldest that are under way have these answers, in order. Returns how many were taken. Fewer
 * than n: the connection cannot go on, because nothing was due. */
size_t respub__pipeline_counts(respub__pipeline *p, const int64_t *counts, size_t n);

/* The oldest that is under way is refused, in the words of the server. EPROTOCOL: the connection
 * cannot go on, because nothing was due, or it was refused before it was sent whole (which a server
 * does that refuses its size; it is settled then). */
RESPUB_MUST_USE respub_status respub__pipeline_refusal(respub__pipeline *p, respub_slice text);

/* The connection is gone; its socket took the first taken bytes of what it was given. */
void respub__pipeline_lost(respub__pipeline *p, uint64_t taken);

/* Everything that waits is settled: unsent, or unanswered when an earlier connection may have
 * delivered it. */
void respub__pipeline_give_up(respub__pipeline *p, const char *sentence);

/* The caller goes away with late (TIMEOUT, or EUNANSWERED) for what was sent, and unsent for what
 * was not. A payload by reference that was sent partly must be dealt with before: see rest. Looks
 * at everything behind call->first. */
void respub__pipeline_leave(respub__pipeline *p, respub__call *call, respub_status late,
                            const char *sentence);

/* The rest of a message with a payload by reference that belongs to call and was sent partly: fills
 * at most three parts and returns how many, or 0 when there is none. They count as given to the
 * connection, so that the rest of the stream stays in order. */
size_t respub__pipeline_rest(respub__pipeline *p, const respub__call *call, respub_slice parts[3]);

/* Settles what waits and has expired. */
void respub__pipeline_expire(respub__pipeline *p, int64_t now_ms);

/* When expire has something to do; RESPUB_NEVER. */
int64_t respub__pipeline_expiry_ms(const respub__pipeline *p);

/* Settles the oldest queued message that waits, as unsent. False: there is none. */
bool respub__pipeline_drop_oldest(respub__pipeline *p);

/* Fills error (unless NULL) with this text, or with the status's when it is empty; returns status.
 */
respub_status respub__explain(respub_error *error, respub_status status, respub_slice text);

/* Moves at most max results of queued messages out, in their order; 0: there are no more. Each is
 * to be given to respub__outcome_free. */
size_t respub__pipeline_results(respub__pipeline *p, respub__outcome *out, size_t max);

static inline void respub__outcome_free(const respub__pipeline *p, const respub__outcome *outcome) {
  if (outcome->text != NULL)
    respub__free(&p->alloc, outcome->text);
}

#endif
