/* session.h - the Pub/Sub conversation as a pure state machine: no socket, no thread, no clock.
 *
 * In: what the user wants, values from the server, connected, lost, the time. Out: commands to
 * send, events in order, the next deadline. It keeps what is wanted apart from what the server has
 * confirmed; commands are derived from the difference, so nothing that happens in between can make
 * the two drift apart for good.
 *
 * Facts about Redis in here come from https://redis.io/docs/latest/develop/interact/pubsub/ and
 * pubsub.c of the server: a SUBSCRIBE of k names is answered by k confirmations, each with the
 * number of channels and patterns that the client then holds, or by exactly one error. */
#ifndef RESPUB_PUBSUB_SESSION_H
#define RESPUB_PUBSUB_SESSION_H

#include "pubsub/heartbeat.h"
#include "pubsub/topic.h"

typedef enum respub__op {
  RESPUB__SUBSCRIBE,
  RESPUB__UNSUBSCRIBE,
  RESPUB__PING
} respub__op;

/* A command that was sent: answered by count confirmations, or by one error. */
typedef struct respub__sent {
  uint32_t first; /* place of its first topic in the ring of topics in flight */
  uint16_t count;
  uint16_t done;
  uint8_t op; /* a respub__op */
  bool over;
} respub__sent;

typedef struct respub__session {
  respub__topics topics;
  respub__heartbeat heartbeat;
  int64_t slow_retry_ms;
  uint64_t generation;
  bool live;

  respub__topic *first_listed, *last_listed; /* need a command, in the order they were asked for */
  respub__topic *named;                      /* held, because the last event shows its name */

  respub__sent *sent; /* ring, power of two; unanswered commands, oldest first */
  uint32_t sent_capacity, sent_head, sent_tail;
  respub__topic **flying; /* ring, power of two; topics of those commands */
  uint32_t flying_capacity, flying_head, flying_tail;
  uint32_t most_sent, most_flying; /* both bounds; lower when memory for more is not to be had */
  bool ping_due;

  /* Counts over all topics, kept by one function. */
  size_t wanted[2];    /* by kind */
  size_t confirmed;    /* PRESENT or LEAVING: what the server's count must say */
  size_t refused;      /* wanted and refused */
  size_t unsettled[2]; /* by epoch: the wire differs from what is wanted */
  uint64_t epoch, barrier;
  int64_t retry_at_ms; /* when refused topics are asked for again */

  bool gap_open;     /* messages may have been lost since gap_from_ms */
  bool gap_told;     /* an event has covered it so far; refused topics keep it open */
  bool restore_open; /* RESTORED is owed, once this ticket is settled */
  uint64_t restore_ticket;
  int64_t gap_from_ms;
  int64_t level_ms;           /* when all that the server had sent was last known to be read */
  uint32_t gone_at, gone_end; /* flying: topics whose end or refusal is still to be reported */

  /* The oldest command that is unanswered and no PING; see session_answers.c. */
  bool watching;
  bool passed_over;  /* a PING behind it has been answered */
  uint32_t watched;  /* its number */
  int64_t passed_ms; /* when */
  int64_t ask_ms;    /* when a PING is to ask whether it is passed over */

  unsigned mismatches; /* connections in a row whose counts differed; at 2 the server is believed to
                          count otherwise, and the check is off */
  bool eventful;       /* respub__session_poll may have something to say */
  uint64_t unexpected;
  uint64_t resyncs;
  char text[160]; /* why tick or respub__session_value failed */
} respub__session;

void respub__session_init(respub__session *s, const respub_allocator *alloc, int64_t slow_retry_ms,
                          uint64_t seed);
void respub__session_free(respub__session *s);

/* Fixed memory, with room for most names of at most name_bytes each. */
void respub__session_fix(respub__session *s, uint32_t most, size_t name_bytes);
struct respub__plan;
void respub__session_plan(struct respub__plan *plan, uint32_t most, size_t name_bytes);

/* -- What the user wants -- */

/* Names that are wanted, or that the server has not yet let go. */
size_t respub__session_names(const respub__session *s);

/* The topic, wanted from now on. NULL: out of memory, nothing changed. */
respub__topic *respub__session_want(respub__session *s, respub_kind kind, respub_slice name);

/* Not wanted any more. The topic may be gone after this, and is when it is not on the wire. */
void respub__session_unwant(respub__session *s, respub__topic *t);

/* The queue has let go of the last message of an unwanted topic: it may be gone after this. */
void respub__session_release(respub__session *s, respub__topic *t);

/* A ticket for everything asked so far; settled says whether the server has answered all of that.
 */
uint64_t respub__session_barrier(respub__session *s);
bool respub__session_settled(const respub__session *s, uint64_t ticket);

/* -- What happens on the wire; messages of channels mostly come through ahead.h -- */

/* A whole value came. *event is blank (all zero) or holds an earlier MESSAGE. OK: *event is filled
 * (slices point into the value or a topic) and, for a MESSAGE, *topic is set; see
 * respub__session_poll for more events. AGAIN: nothing to tell; *event is as good as before. < 0:
 * the connection cannot go on and s->text says why (EPROTOCOL, EAUTH, EREFUSED). */
RESPUB_MUST_USE respub_status respub__session_value(respub__session *s, int64_t now_ms,
                                                    const respub_node *value, respub_event *event,
                                                    respub__topic **topic);

/* A connection is ready for commands: everything wanted is to be asked for anew. */
void respub__session_connected(respub__session *s, int64_t now_ms);

/* The connection is gone. */
void respub__session_lost(respub__session *s);

void respub__session_heard(respub__session *s, int64_t now_ms);

/* Another event that is due now: to be asked after each value and after connected until false,
 * before the bytes of that value go. */
bool respub__session_poll(respub__session *s, int64_t now_ms, respub_event *event);

/* The largest names aside, those of a command have so many bytes. */
#define RESPUB__COMMAND_BYTES ((size_t)16384)

/* The next command to send: its arguments in args (max >= 2 slices, valid until the next call). 0:
 * none now. It counts as sent. */
size_t respub__session_command(respub__session *s, respub_slice *args, size_t max);

/* Looks at the clock, under the condition of respub__heartbeat_check. ESILENT: the peer is dead,
 * and s->text says how. Else OK; there may be a command to send. */
RESPUB_MUST_USE respub_status respub__session_tick(respub__session *s, int64_t now_ms);

/* When tick has something to do; RESPUB_NEVER: no need. */
int64_t respub__session_deadline_ms(const respub__session *s);

/* True: respub__session_command would give one. */
bool respub__session_has_command(const respub__session *s);

#endif
