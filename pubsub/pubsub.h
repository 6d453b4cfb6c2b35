/* pubsub.h - Redis Pub/Sub: subscribers that never die in silence, publishers that tell the truth.
 *
 * Subscribe and print, in a thread of the library's:
 *
 *     static void print(const respub_event *e, void *ctx) {
 *       printf("%.*s\n", (int)e->payload.len, e->payload.ptr);
 *     }
 *     respub_subscriber *sub;
 *     respub_subscriber_options o;
 *     respub_subscriber_options_init(&o);
 *     respub_subscriber_open(&sub, &o, NULL);
 *     respub_subscriber_subscribe(sub, RESPUB_LIT("news"), print, NULL, NULL);
 *     respub_subscriber_start(sub);
 *     ...
 *     respub_subscriber_close(sub);
 *
 * Redis Pub/Sub delivers at most once: what is published while no connection is up is gone. This
 * library never hides that: each loss is an event, in order with the messages.
 *
 * Threads: every function here may be called from any thread, and from inside a handler, unless its
 * comment says otherwise; close included. No lock is held while a handler runs. After fork a
 * child's calls on its parent's objects return RESPUB_EFORKED and touch no socket; closing them
 * there frees memory and the child's descriptors. */
#ifndef RESPUB_PUBSUB_H
#define RESPUB_PUBSUB_H

#include "net/net.h"

struct pollfd;

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------
 * Events */

typedef struct respub_subscriber respub_subscriber;

/* One subscribed handler. Never reused, so a stale one is found out (RESPUB_ENOTFOUND). 0 is none.
 */
typedef uint64_t respub_subscription;

typedef enum respub_kind {
  RESPUB_CHANNEL,
  RESPUB_PATTERN
} respub_kind;

/* X(name, text). Everything that happens to a subscriber, in one ordered stream. */
#define RESPUB_EVENT_MAP(X)                                                                        \
  X(MESSAGE, "message")               /* channel, payload; pattern when kind is PATTERN */         \
  X(CONNECTED, "connected")           /* handshake done; generation counts them from 1 */          \
  X(CONNECT_FAILED, "connect_failed") /* status, text; next try in delay_ms */                     \
  X(SUBSCRIBED, "subscribed")         /* the server confirmed channel or pattern */                \
  X(UNSUBSCRIBED, "unsubscribed")     /* the server confirmed the end of it */                     \
  X(REFUSED, "refused")               /* channel or pattern, text of the server; see below */      \
  X(DISCONNECTED, "disconnected")     /* status, text; next try in delay_ms */                     \
  X(GAP, "gap")                       /* messages may be missing: from_ms, to_ms, missed */        \
  X(RESTORED, "restored")             /* after a loss: all that is wanted is confirmed again */    \
  X(SLOW_CONSUMER, "slow_consumer")   /* the queue is full; one event an episode */                \
  X(CLOSED, "closed")                 /* the last event */

typedef enum respub_event_type {
#define RESPUB_EVENT_ENUM(name, text) RESPUB_EVENT_##name,
  RESPUB_EVENT_MAP(RESPUB_EVENT_ENUM)
#undef RESPUB_EVENT_ENUM
} respub_event_type;

/* "message", "connected", ...; "unknown" for anything else. */
const char *respub_event_name(respub_event_type type);

#define RESPUB_MISSED_UNKNOWN UINT64_MAX

/* What happened. Slices and text are valid until the handler returns (or, from
 * respub_subscriber_next, until the next call of next, run, flush, start, step or close). Members
 * that a type does not name above are 0 or empty.
 *
 * Order of events around a lost connection: DISCONNECTED, any number of CONNECT_FAILED, CONNECTED,
 * one SUBSCRIBED for each channel and pattern (messages of those already confirmed may come
 * between), GAP, RESTORED. A loss before RESTORED extends the gap that is still open: DISCONNECTED
 * comes again, and the GAP covers both. When something is refused on the way, GAP comes as soon as
 * all the rest is confirmed, and again, longer, before RESTORED.
 *
 * GAP, connection lost: from_ms is when the last byte came that proves the old connection alive; if
 * reading was behind then (a slow handler, a full queue), or a message was coming in that never
 * ended, the last moment when that was not so. to_ms is
 * when everything wanted was confirmed on the new one; missed is RESPUB_MISSED_UNKNOWN. For
 * one channel the gap ends at its own SUBSCRIBED. GAP, queue overflow: from_ms and to_ms are the
 * times of the first and last message dropped in this episode, missed is their exact number, status
 * is RESPUB_EFULL.
 *
 * REFUSED: the server refused to (un)subscribe just this channel or pattern (-NOPERM ...). The
 * subscription stays wanted and is tried again on each new connection and every slow_retry_ms; only
 * the first refusal in a row is an event. Unsubscribe to give up. */
typedef struct respub_event {
  respub_event_type type;
  respub_kind kind;
  respub_status status;
  respub_slice channel;
  respub_slice pattern;
  respub_slice payload;
  respub_slice text;       /* a sentence, or the server's error text; not NUL-terminated */
  uint64_t generation;     /* which connection: 1, 2, ...; 0 before the first */
  uint64_t dropped_before; /* MESSAGE: messages of this subscriber dropped by its queue just before
                              this one */
  uint64_t missed;         /* GAP */
  int64_t from_ms, to_ms;  /* GAP; Unix time in ms */
  int64_t delay_ms;        /* CONNECT_FAILED, DISCONNECTED */
  respub_subscription subscription; /* MESSAGE given to a subscription's handler: which one */
  respub_subscriber *subscriber;
} respub_event;

/* Runs on the thread that delivers (own thread, run, step; never two at once for one subscriber).
 * May call anything of this library. Must not longjmp out. */
typedef void respub_handler(const respub_event *event, void *ctx);

/* ------------------------------------------------------------------------------------------------
 * Subscriber */

/* Who waits when messages come faster than handlers take them. */
typedef enum respub_delivery {
  RESPUB_DELIVER_DIRECT, /* handlers run on the reading thread; a slow one leaves bytes with the
                            server, which disconnects after its output limit */
  RESPUB_DELIVER_BLOCK,  /* queue; when full, reading pauses */
  RESPUB_DELIVER_DROP_OLDEST, /* queue; when full, the oldest message goes */
  RESPUB_DELIVER_DROP_NEWEST, /* queue; when full, the new message goes */
  RESPUB_DELIVER_LATEST /* queue of at most one message a channel and pattern: a newer one takes the
                           place of an older one that waits; when full as DROP_OLDEST */
} respub_delivery;

/* A plain value. Zeros are not defaults: use the initialiser.
 *
 * A live connection is given up, with DISCONNECTED, when for ping_interval_ms and ping_timeout_ms
 * together
 *
 * - no byte came, although a PING was sent in between (RESPUB_ESILENT);
 * - a message has been coming in and has not ended; it gets a second more for each KiB of it that
 *   has come, so that large ones pass slow links (RESPUB_ESILENT);
 * - a SUBSCRIBE or UNSUBSCRIBE had no answer, and two PINGs behind it had theirs: servers answer in
 *   order, so it was lost (RESPUB_EPROTOCOL). An answer that is late because messages are under way
 *   in front of it is waited for.
 *
 * Time in which nothing is read on purpose (a slow handler, a full queue) does not count. */
typedef struct respub_subscriber_options {
  respub_options connection;
  respub_handler *on_event; /* all events but MESSAGE; NULL (default): none */
  void *event_ctx;
  int ping_interval_ms; /* silence before a PING; default 15000; 0: no heartbeat */
  int ping_timeout_ms;  /* further silence before the connection is dropped; default 5000, >= 1 */
  /* Bounds of the random delay between attempts; the first attempt after a loss comes at once. */
  int backoff_min_ms; /* default 100, >= 1 */
  int backoff_max_ms; /* default 10000, >= backoff_min_ms */
  /* At most so long, and half of it at least, after what will not heal by itself (WRONGPASS,
   * NOPERM, max clients), and between tries of a refused channel; default 30000, >= 1. */
  int slow_retry_ms;
  respub_delivery delivery; /* default DIRECT */
  size_t queue_messages;    /* default 65536, >= 1; with DIRECT: what flush may keep */
  size_t queue_bytes;       /* default 64 MiB: payloads, names and bookkeeping; >= 1024 */
  size_t most_names;        /* channels and patterns at a time, those included that the server or
                               the queue has yet to let go; EFULL beyond; default 0: no bound */
  size_t most_name_bytes;   /* of each name; EFULL beyond; default and most RESPUB_MAX_NAME_BYTES */
  size_t most_subscriptions; /* handlers at a time, those included whose release is due; EFULL
                                beyond; default 0: no bound, with fixed_memory as most_names */
  int spin_us; /* how long who reads stays awake after an event, polling busily: for latency at the
                  price of a core; not in event loops; default 0 */
} respub_subscriber_options;

void respub_subscriber_options_init(respub_subscriber_options *options);

/* With connection.fixed_memory (see net.h) a subscriber takes one block when it is opened, and
 * nothing afterwards (the system's own memory aside, as for the stacks of threads). most_names has
 * to be given; LATEST is not to be had; queue_bytes, which bounds what flush keeps too, has to hold
 * a message that fills connection.buffer_bytes and its bookkeeping (512 bytes more are enough). A
 * message that does not fit into connection.buffer_bytes with its names ends the connection
 * (DISCONNECTED with RESPUB_EBYTES), after which the subscriber comes back as after any loss.
 * connection.output_bytes does not count, because the largest command is known.
 *
 * The bytes that a buffer of respub_buffer_allocator needs, aligned as malloc's are, to hold one
 * subscriber with these options: exactly, so that one less is RESPUB_ENOMEM when it is opened. They
 * are the subscriber, its connection with its buffers, most_names names of most_name_bytes,
 * most_subscriptions subscriptions, and twice queue_bytes: what waits, and what was taken of it
 * last. SIZE_MAX: more than there can be, or the options are not for
 * fixed memory. */
size_t respub_subscriber_memory(const respub_subscriber_options *options);

/* Makes a subscriber. Connects nothing yet, so it does not fail because a server is away. ENOMEM,
 * EIO (no descriptor left), EARGUMENT (the error names the option), EUNSUPPORTED (delivery by a
 * queue, built without RESPUB_QUEUES). *sub is NULL on failure. */
RESPUB_MUST_USE respub_status respub_subscriber_open(respub_subscriber **sub,
                                                     const respub_subscriber_options *options,
                                                     respub_error *error);

/* Asks for a channel, or for a pattern (psubscribe). Returns at once; the server's answer is an
 * event (SUBSCRIBED or REFUSED), and flush waits for it. The bytes are copied. handler gets each
 * message with ctx; NULL: the messages are for respub_subscriber_next alone. Several subscriptions
 * of one channel each get every message; the channel is left on the wire with the last. A message
 * that matches a channel and patterns arrives once for each, as the server sends it. *subscription
 * (unless NULL) names this subscription. EARGUMENT (a name that is empty, or longer than
 * RESPUB_MAX_NAME_BYTES), EFULL (one of the bounds that the options have; nothing else is changed),
 * ENOMEM, ECLOSED, EFORKED; for a pattern, EUNSUPPORTED when built without RESPUB_PATTERNS. */
RESPUB_MUST_USE respub_status respub_subscriber_subscribe(respub_subscriber *sub,
                                                          respub_slice channel,
                                                          respub_handler *handler, void *ctx,
                                                          respub_subscription *subscription);
RESPUB_MUST_USE respub_status respub_subscriber_psubscribe(respub_subscriber *sub,
                                                           respub_slice pattern,
                                                           respub_handler *handler, void *ctx,
                                                           respub_subscription *subscription);

/* Calls released(ctx) once when the subscription's handler will never run again (after an
 * unsubscribe, or at close), on the thread that delivers or that closes. For giving ctx its end.
 * ENOTFOUND. */
RESPUB_MUST_USE respub_status respub_subscriber_on_release(respub_subscriber *sub,
                                                           respub_subscription subscription,
                                                           void (*released)(void *ctx));

/* Ends one subscription. Its handler is not started again once this returns; when called from
 * another thread, one that is running may still be. ENOTFOUND: ended already.
 *
 * Most of what a name took, some 130 bytes, is kept for names to come until the subscriber is
 * closed, so that it is as large as it was with the most names at a time; the bytes of a long name
 * are given back at once. */
RESPUB_MUST_USE respub_status respub_subscriber_unsubscribe(respub_subscriber *sub,
                                                            respub_subscription subscription);

/* Ends all subscriptions of a channel, of a pattern, or all there are. Not an error when there are
 * none. */
RESPUB_MUST_USE respub_status respub_subscriber_unsubscribe_channel(respub_subscriber *sub,
                                                                    respub_slice channel);
RESPUB_MUST_USE respub_status respub_subscriber_punsubscribe_pattern(respub_subscriber *sub,
                                                                     respub_slice pattern);
RESPUB_MUST_USE respub_status respub_subscriber_unsubscribe_all(respub_subscriber *sub);

/* Waits until the server has answered everything asked before this call, for at most timeout_ms (>=
 * 0). While nobody else drives the subscriber, this call does: it reads and sends, but runs no
 * handler and no on_event. Events and messages that come meanwhile are kept, in order, for whoever
 * delivers next (next, start, run, step; of which all but step may come meanwhile and go on at
 * once), within queue_messages and queue_bytes and by the policy of the queue. OK: all confirmed.
 * TIMEOUT, also when a stop ends the driving. EREFUSED: something asked for is refused. EFULL: so
 * much is kept that reading had to pause (DIRECT, BLOCK); take some of it first, then flush again.
 * ESTATE: called from inside a handler (nothing could come in), or the subscriber is driven by an
 * event loop on this thread. ECLOSED, EFORKED.
 *
 * Built without RESPUB_QUEUES nothing can be kept: a flush that drives then runs handlers and
 * on_event, and what only next would get is gone. */
RESPUB_MUST_USE respub_status respub_subscriber_flush(respub_subscriber *sub, int timeout_ms);

/* -- Way one: a thread of its own -- */

/* Connects and delivers in the background from now on: one reading thread, and with a queue a
 * second one that runs the handlers. While a handler that has called stop still runs, it waits for
 * that. ESTATE: driven already. EIO: no thread to be had.
 * EUNSUPPORTED: built without RESPUB_THREADS. */
RESPUB_MUST_USE respub_status respub_subscriber_start(respub_subscriber *sub);

/* Ends start, run and next, at once, also during backoff or connect. From outside it waits until no
 * handler runs, threads are joined, and run and next have returned; from inside a handler it
 * returns at once. When none of them is going on, the next run or next returns at once instead, so
 * that no stop is lost in a race. The connection and the subscriptions stay: start, run and next go
 * on with them. Not for event loops, which stop by themselves. */
void respub_subscriber_stop(respub_subscriber *sub);

/* -- Way two: the caller's thread -- */

/* Connects and delivers to the handlers until stop or close, as start after a handler's stop. OK
 * when stopped; ECLOSED when closed (the subscriber is gone); ESTATE when driven already or from
 * inside a handler. */
RESPUB_MUST_USE respub_status respub_subscriber_run(respub_subscriber *sub);

/* Waits for the next event of any type, messages included, for at most timeout_ms (>= 0; -1: for
 * ever), and gives it to the caller instead of the handlers. With a queue, reading goes on between
 * calls in a thread of the library's. RESPUB_OK; TIMEOUT, after which the subscriber is as before;
 * ECLOSED when ended by respub_subscriber_stop or close; ESTATE when driven otherwise or from
 * inside a handler. */
RESPUB_MUST_USE respub_status respub_subscriber_next(respub_subscriber *sub, int timeout_ms,
                                                     respub_event *event);

/* -- Way three: an event loop. Delivery must be DIRECT -- */

/* Writes at most two entries to fds (what to poll for right now) and returns how many. Ask before
 * every poll: they change. */
size_t respub_subscriber_fds(respub_subscriber *sub, struct pollfd *fds);

/* Milliseconds until step must be called even if no descriptor is ready; -1: no limit; 0: now. */
int respub_subscriber_timeout_ms(respub_subscriber *sub);

/* Does what can be done now without waiting, and runs the handlers. Call it first, and then
 * whenever a descriptor is ready or the time has come; calling it more often does no harm. OK;
 * ESTATE when driven otherwise, by a handler that has called stop and still runs too; ECLOSED. */
RESPUB_MUST_USE respub_status respub_subscriber_step(respub_subscriber *sub);

/* -- */

/* Ends everything: stops, delivers CLOSED, closes the connection, calls the released functions,
 * frees. What a queue still holds is thrown away. Once it has returned no handler runs. From inside
 * a handler it returns at once, no further handler is started (but CLOSED), and the rest happens
 * when that handler has returned. No other call may come afterwards or at the same time, but for
 * those that wait in run, next, flush or stop: they return first. Accepts NULL. */
void respub_subscriber_close(respub_subscriber *sub);

typedef struct respub_subscriber_stats {
  uint64_t messages;      /* received from the server */
  uint64_t delivered;     /* handler calls, or returned by next */
  uint64_t payload_bytes; /* of messages */
  uint64_t bytes_in, bytes_out;
  uint64_t connects; /* generations */
  uint64_t disconnects;
  uint64_t connect_failures;
  uint64_t pings;
  uint64_t dropped;    /* by the queue */
  uint64_t unexpected; /* messages and replies for nothing that is wanted; ignored */
  uint64_t resyncs;    /* connections dropped because the server's count differed from ours, or an
                          answer was missing */
  uint64_t queue_messages, queue_bytes;           /* now */
  uint64_t queue_messages_high, queue_bytes_high; /* most ever */
  uint64_t channels, patterns;                    /* wanted now */
  uint64_t confirmed; /* channels and patterns that the server has confirmed */
  bool connected;
  respub_error last_error; /* status 0: none yet */
} respub_subscriber_stats;

/* From any thread, also while others deliver. */
void respub_subscriber_get_stats(respub_subscriber *sub, respub_subscriber_stats *stats);

/* ------------------------------------------------------------------------------------------------
 * Publisher
 *
 * One connection; calls from many threads share its pipeline. Every result says what is known:
 *
 * - RESPUB_OK: the server gave it to so many receivers, among those connected to that server; 0 is
 *   no error.
 * - RESPUB_EREFUSED: the server refused (-NOPERM, -OOM, -LOADING, ...); its text is in the error,
 *   and its first word says whether it may do so later. Not delivered; the connection stays.
 * - RESPUB_EUNSENT: the server cannot have executed it, because its command did not leave whole;
 *   safe to send again.
 * - RESPUB_EUNANSWERED: sent, and the connection was lost before the reply: it may have been
 *   delivered or not. Also right after a server was killed: until the system that it ran on closes
 *   the connection, bytes leave as ever, and nothing tells whether anybody read them.
 * - RESPUB_TIMEOUT: as EUNANSWERED, because the deadline passed with the connection still up.
 * - RESPUB_EFULL: not queued because of the bound on bytes in flight. Nothing was sent.
 * - RESPUB_EARGUMENT, RESPUB_ENOMEM, RESPUB_ECLOSED, RESPUB_EFORKED: nothing was sent. */

typedef struct respub_publisher respub_publisher;

/* What is known about one published message. */
typedef struct respub_publish_result {
  respub_status status;
  int64_t receivers; /* with RESPUB_OK; else 0 */
} respub_publish_result;

/* What a publish does while no connection is up. */
typedef enum respub_away {
  RESPUB_AWAY_FAIL,  /* one attempt to connect, then EUNSENT; default. Between attempts, fails at
                        once */
  RESPUB_AWAY_WAIT,  /* wait for a connection until the call's deadline */
  RESPUB_AWAY_BUFFER /* respub_publisher_queue keeps up to away_messages and away_bytes; synchronous
                        calls wait as with WAIT */
} respub_away;

typedef enum respub_overflow {
  RESPUB_OVERFLOW_REFUSE,     /* the new message gets EFULL; default */
  RESPUB_OVERFLOW_DROP_OLDEST /* the oldest message that waits gets EUNSENT */
} respub_overflow;

/* What to do with a message whose delivery is not known (EUNANSWERED). */
typedef enum respub_retry {
  RESPUB_RETRY_UNSENT,       /* send again only what cannot have been executed; default */
  RESPUB_RETRY_AT_LEAST_ONCE /* send again until answered or the deadline: duplicates are possible
                              */
} respub_retry;

/* A plain value. Use the initialiser. */
typedef struct respub_publisher_options {
  respub_options connection;
  respub_handler *on_event; /* CONNECTED, CONNECT_FAILED, DISCONNECTED, CLOSED; event->subscriber is
                               NULL; runs on the thread whose call noticed; default NULL */
  void *event_ctx;
  int timeout_ms; /* deadline of a synchronous publish, connecting included; default 5000, >= 1 */
  int backoff_min_ms, backoff_max_ms, slow_retry_ms; /* as the subscriber's */
  respub_away away;
  respub_overflow overflow;
  respub_retry retry;
  size_t away_messages;  /* default 10000 */
  size_t away_bytes;     /* default 16 MiB */
  int away_expiry_ms;    /* buffered longer than this: EUNSENT; default 0: never */
  size_t inflight_bytes; /* queued and unanswered; beyond it queue waits or says EFULL; default 16
                            MiB */
  bool queue_blocks;     /* at inflight_bytes: true (default) wait until timeout_ms, false EFULL */
} respub_publisher_options;

void respub_publisher_options_init(respub_publisher_options *options);

/* With connection.fixed_memory (see net.h) a publisher takes one block when it is opened, and
 * nothing afterwards. inflight_bytes (512 or more) bounds synchronous calls, too: they wait for
 * room as long as their deadline lets them, and a message that can never fit is RESPUB_EFULL,
 * unless it has 4096 bytes or more, which are never copied. away_bytes is inflight_bytes at most. A
 * queued message that fails has no text.
 *
 * The bytes that a buffer of respub_buffer_allocator needs, aligned as malloc's are, to hold one
 * publisher with these options: exactly, so that one less is RESPUB_ENOMEM when it is opened. They
 * are the publisher, its connection with its buffers, twice inflight_bytes, and as many records as
 * there can be messages in them. SIZE_MAX: more than there can be, or the options are not for fixed
 * memory. */
size_t respub_publisher_memory(const respub_publisher_options *options);

/* Makes a publisher; connects with the first publish or with respub_publisher_connect. EARGUMENT
 * (the error names the option), ENOMEM, EIO. *pub is NULL on failure. */
RESPUB_MUST_USE respub_status respub_publisher_open(respub_publisher **pub,
                                                    const respub_publisher_options *options,
                                                    respub_error *error);

/* Connects now unless connected, waiting until timeout_ms of the options. For a program that wants
 * to know at its start. OK, or what respub_conn_open returns. */
RESPUB_MUST_USE respub_status respub_publisher_connect(respub_publisher *pub, respub_error *error);

/* Publishes and waits for the server's answer. Payload of any bytes; one of 4 KiB or more is sent
 * from where it is, and no more than 64 KiB of it at a time are copied, when the socket is full.
 * *receivers may be NULL. The statuses are above; the error tells more. From inside a publisher's
 * own callback: RESPUB_ESTATE (queue is legal there). */
RESPUB_MUST_USE respub_status respub_publisher_publish(respub_publisher *pub, respub_slice channel,
                                                       respub_slice payload, int64_t *receivers,
                                                       respub_error *error);

/* Publishes n messages in one go and waits for all answers; results[i] is that of messages[i]. OK
 * when every one is OK, else the first status that is not. */
typedef struct respub_publish_message {
  respub_slice channel;
  respub_slice payload;
} respub_publish_message;

RESPUB_MUST_USE respub_status respub_publisher_publish_many(respub_publisher *pub,
                                                            const respub_publish_message *messages,
                                                            size_t n,
                                                            respub_publish_result *results,
                                                            respub_error *error);

/* Gets the result of a queued message: exactly once for each that was accepted, in the order of
 * queueing, from whichever thread's call takes the replies; at the latest from
 * respub_publisher_close. text is the server's, or a sentence. May call anything of this publisher
 * but the calls that wait. */
typedef void respub_published(const respub_publish_result *result, respub_slice text, void *ctx);

/* Queues one message and returns: OK means accepted, and done (unless NULL) will tell. The payload
 * is copied. What is queued leaves when enough has gathered, with the next synchronous call, flush,
 * or step; so end with a flush. Anything else means that done will not be called: EFULL (beyond
 * inflight_bytes or what may be kept while away; see queue_blocks; from inside a callback it never
 * waits), EUNSENT (away, and not the time for an attempt to connect), ENOMEM, EARGUMENT (no size_t
 * holds the command), ECLOSED, EFORKED. */
RESPUB_MUST_USE respub_status respub_publisher_queue(respub_publisher *pub, respub_slice channel,
                                                     respub_slice payload, respub_published *done,
                                                     void *ctx);

/* Sends everything queued and waits until each has its result, for at most timeout_ms (>= 0). OK:
 * nothing is outstanding (each result may still be a failure). TIMEOUT. ESTATE from inside a
 * callback. */
RESPUB_MUST_USE respub_status respub_publisher_flush(respub_publisher *pub, int timeout_ms);

/* Messages accepted by queue that have no result yet. */
size_t respub_publisher_outstanding(respub_publisher *pub);

/* Event loop: as for the subscriber. step never waits; it sends what is
 * queued, takes replies and reconnects. ESTATE: another thread waits in a call of this publisher
 * and does the work. */
size_t respub_publisher_fds(respub_publisher *pub, struct pollfd *fds);
int respub_publisher_timeout_ms(respub_publisher *pub);
RESPUB_MUST_USE respub_status respub_publisher_step(respub_publisher *pub);

/* Closes: what is queued and unsent gets EUNSENT, what is unanswered EUNANSWERED (flush first to
 * avoid both). Calls that wait in other threads return first. From inside a callback it happens
 * when that has returned. Accepts NULL. */
void respub_publisher_close(respub_publisher *pub);

typedef struct respub_publisher_stats {
  uint64_t published;  /* answered with a count */
  uint64_t receivers;  /* sum of the counts */
  uint64_t refused;    /* EREFUSED */
  uint64_t unsent;     /* EUNSENT */
  uint64_t unanswered; /* EUNANSWERED and TIMEOUT */
  uint64_t bytes_in, bytes_out;
  uint64_t connects, disconnects, connect_failures;
  uint64_t inflight_bytes, inflight_bytes_high;
  bool connected;
  respub_error last_error;
} respub_publisher_stats;

void respub_publisher_get_stats(respub_publisher *pub, respub_publisher_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
