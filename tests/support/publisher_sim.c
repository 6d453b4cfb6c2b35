#include "tests/support/publisher_sim.h"

#include "pubsub/publisher.h"
#include "tests/support/sim_wire.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  MOST_MESSAGES = 400,
  LONGEST = 70000,
  TURNS = 60,
  CALM_TURNS = 400
};

/* What is known about one message on both sides. */
typedef struct message {
  unsigned executed, refused, results;
  bool given; /* a socket has taken all of it, but perhaps the last CR LF */
  respub_status status;
} message;

typedef struct simulation {
  respub_sim_random random;
  respub_sim_faults faults;
  respub_sim_wire wire;
  bool wired;     /* there is a wire, which the client has not closed */
  uint32_t stall; /* percent of writes after which the socket takes nothing for a while */
  int64_t stalled_until_ms;
  char *taken; /* by the wire, and not yet found to be a whole command */
  size_t taken_len;
  int fds[2]; /* always readable, so that calls that wait go on at once */
  respub_decoder decoder;
  respub_node nodes[64];
  uint32_t refuse, loading, odd; /* percent of commands, handshakes, answers */
  respub_publisher_options options;
  respub_publisher *pub;
  message messages[MOST_MESSAGES];
  unsigned asked;
  unsigned executed_last; /* number of the last that was executed, plus 1 */
  unsigned told_last;     /* of the last that a callback was told about, plus 1 */
  FILE *trace;
  char fault[160];
} simulation;

/* One schedule at a time: the publisher's clock has no context. */
static simulation *current;
static int64_t now_ms;
static char payloads[LONGEST];

__attribute__((format(printf, 2, 3))) static void say(simulation *s, const char *format, ...) {
  if (s->trace == NULL)
    return;
  va_list args;
  va_start(args, format);
  fprintf(s->trace, "%8" PRId64 " ", now_ms);
  vfprintf(s->trace, format, args);
  fputc('\n', s->trace);
  va_end(args);
}

static void blame(simulation *s, const char *what, unsigned number) {
  if (s->fault[0] == '\0')
    snprintf(s->fault, sizeof s->fault, "message %u %s", number, what);
}

/* ------------------------------------------------------------------------------------------------
 * Commands */

static bool is_publish(const respub_node *command) {
  return respub_node_equals(respub_node_at(command, 0), RESPUB_LIT("PUBLISH"));
}

/* Payloads begin with the number of their message, and a point; the rest is "x". */
static unsigned number_of(simulation *s, const respub_node *command) {
  respub_slice payload = respub_node_at(command, 2)->text;
  char *end;
  unsigned number = (unsigned)strtoul(payload.ptr, &end, 10);
  if (number >= s->asked || *end != '.')
    blame(s, "was the last when one came that nobody sent", s->asked);
  for (const char *p = end + 1; p < payload.ptr + payload.len; p++) {
    if (*p != 'x')
      blame(s, "came with a payload that is not its own", number);
  }
  return number < s->asked ? number : 0;
}

/* Finds the whole commands among the bytes that the wire has taken. */
static void note_taken(simulation *s) {
  respub_decoder decoder;
  respub_node nodes[64];
  size_t used = 0, sum = 0;
  respub_decoder_init(&decoder, NULL, nodes, sizeof nodes / sizeof nodes[0]);
  while (sum < s->taken_len &&
         respub_decode(&decoder, s->taken + sum, s->taken_len - sum, &used) == RESPUB_OK) {
    if (is_publish(nodes))
      s->messages[number_of(s, nodes)].given = true;
    sum += used;
  }
  s->taken_len -= sum;
  memmove(s->taken, s->taken + sum, s->taken_len);
}

static void take(simulation *s, const respub_slice *parts, size_t n, size_t taken) {
  for (size_t i = 0; i < n && taken > 0; i++) {
    size_t len = parts[i].len < taken ? parts[i].len : taken;
    s->taken = realloc(s->taken, s->taken_len + len + 2);
    memcpy(s->taken + s->taken_len, parts[i].ptr, len);
    s->taken_len += len;
    taken -= len;
  }
  note_taken(s);
}

/* At the end of a connection: what lacks only the end of a line counts as whole. */
static void take_last(simulation *s) {
  for (int missing = 2; missing > 0 && s->taken_len > 0; missing--) {
    size_t len = s->taken_len;
    memcpy(s->taken + len, &"\r\n"[2 - missing], (size_t)missing);
    s->taken_len = len + (size_t)missing;
    note_taken(s);
    s->taken_len = s->taken_len == 0 ? 0 : len;
  }
  s->taken_len = 0;
}

/* ------------------------------------------------------------------------------------------------
 * Server */

static void reply(simulation *s, const char *text) {
  if (s->wired)
    (void)respub_sim_wire_send(&s->wire, respub_slice_of(text, strlen(text)));
}

static void execute(simulation *s, const respub_node *command) {
  unsigned number = number_of(s, command);
  message *m = &s->messages[number];
  if (respub_sim_chance(&s->random, s->refuse)) {
    m->refused++;
    say(s, "server refuses %u", number);
    reply(s, "-NOPERM simulated\r\n");
    return;
  }
  say(s, "server executes %u", number);
  if (m->executed++ == 0 && number + 1 <= s->executed_last &&
      s->options.retry == RESPUB_RETRY_UNSENT)
    blame(s, "is executed behind a later one", number);
  s->executed_last = number + 1;
  reply(s, respub_sim_chance(&s->random, s->odd) ? "+strange\r\n" : ":1\r\n");
}

static void handle(simulation *s, const respub_node *command) {
  if (is_publish(command))
    execute(s, command);
  else if (!respub_node_equals(respub_node_at(command, 0), RESPUB_LIT("PING")))
    reply(s, "+OK\r\n");
  else
    reply(s, respub_sim_chance(&s->random, s->loading) ? "-LOADING simulated\r\n" : "+PONG\r\n");
}

/* Takes whole commands; returns the bytes. */
static size_t serve(simulation *s, respub_slice in) {
  size_t used = 0, sum = 0;
  while (sum < in.len &&
         respub_decode(&s->decoder, in.ptr + sum, in.len - sum, &used) == RESPUB_OK) {
    handle(s, s->nodes);
    sum += used;
  }
  return sum;
}

static void pump(simulation *s) {
  if (!s->wired)
    return;
  size_t used = serve(s, respub_sim_wire_arrived(&s->wire));
  if (used > 0)
    respub_sim_wire_consume(&s->wire, used);
  else
    respub_sim_wire_check_cut(&s->wire);
}

/* ------------------------------------------------------------------------------------------------
 * Network and clock */

/* What the socket had taken may still reach the server when the client has closed. */
static void wire_close(void *ctx) {
  simulation *s = ctx;
  const respub_sim_stream *up = &s->wire.up;
  size_t left = up->end - up->begin;
  if (up->cut_at != SIZE_MAX && up->carried + left > up->cut_at)
    left = up->cut_at - up->carried;
  s->wired = false;
  if (now_ms < s->wire.silent_ms && respub_sim_chance(&s->random, 70))
    (void)serve(s, respub_slice_of(up->bytes + up->begin, left));
  take_last(s);
  say(s, "client closes");
  respub_sim_wire_free(&s->wire);
}

static respub_status wire_connect(void *ctx, int64_t now, short *events, int64_t *deadline_ms,
                                  respub_error *error) {
  respub_transport t = respub_sim_wire_transport(&((simulation *)ctx)->wire);
  return t.connect(t.ctx, now, events, deadline_ms, error);
}

static ptrdiff_t wire_read(void *ctx, void *buf, size_t len) {
  respub_transport t = respub_sim_wire_transport(&((simulation *)ctx)->wire);
  return t.read(t.ctx, buf, len);
}

static ptrdiff_t wire_write(void *ctx, const respub_slice *parts, size_t n) {
  simulation *s = ctx;
  respub_transport t = respub_sim_wire_transport(&s->wire);
  if (now_ms < s->stalled_until_ms)
    return 0;
  if (respub_sim_chance(&s->random, s->stall))
    s->stalled_until_ms = now_ms + respub_sim_below(&s->random, 2000);
  ptrdiff_t taken = t.write(t.ctx, parts, n);
  if (taken > 0)
    take(s, parts, n, (size_t)taken);
  return taken;
}

static int wire_fd(void *ctx) {
  return ((simulation *)ctx)->fds[0];
}

static respub_status dial(void *ctx, const respub_options *options, int64_t now,
                          respub_transport *transport, respub_error *error) {
  simulation *s = ctx;
  (void)options, (void)now, (void)error;
  respub_sim_wire_open(&s->wire, &s->random, &now_ms, &s->faults);
  respub_decoder_init(&s->decoder, NULL, s->nodes, sizeof s->nodes / sizeof s->nodes[0]);
  s->wired = true;
  s->stalled_until_ms = 0;
  say(s, "client dials");
  *transport =
      (respub_transport){s, wire_connect, wire_read, wire_write, wire_close, wire_fd, NULL};
  return RESPUB_OK;
}

/* Time goes on with each look at the clock, so that calls that wait live in virtual time too. */
static int64_t tick_us(void) {
  now_ms++;
  pump(current);
  return now_ms * 1000;
}

/* ------------------------------------------------------------------------------------------------
 * User */

static respub_slice payload_of(simulation *s, unsigned number) {
  static const uint32_t longest[] = {8, 60, 300, 5000, LONGEST};
  uint32_t most =
      longest[respub_sim_below(&s->random, 20) % 5 * (respub_sim_chance(&s->random, 30) ? 1u : 0u)];
  char text[16];
  int n = snprintf(text, sizeof text, "%u.", number);
  memset(payloads, 'x', sizeof payloads);
  memcpy(payloads, text, (size_t)n);
  return respub_slice_of(payloads, (size_t)n + respub_sim_below(&s->random, most - 7));
}

static void note_result(simulation *s, unsigned number, respub_status status) {
  message *m = &s->messages[number];
  say(s, "message %u: %s", number, respub_status_name(status));
  m->status = status;
  if (m->results++ > 0)
    blame(s, "has a second result", number);
}

static void told(const respub_publish_result *result, respub_slice text, void *ctx) {
  unsigned number = (unsigned)((message *)ctx - current->messages);
  (void)text;
  if (number + 1 <= current->told_last)
    blame(current, "has its callback too late", number);
  current->told_last = number + 1;
  note_result(current, number, result->status);
}

static void queue_one(simulation *s) {
  unsigned number = s->asked;
  message *m = &s->messages[number];
  respub_slice payload = payload_of(s, number);
  s->asked++;
  say(s, "user queues %u, %zu bytes", number, payload.len);
  respub_status status = respub_publisher_queue(s->pub, RESPUB_LIT("c"), payload, told, m);
  if (status == RESPUB_OK)
    return;
  if (status != RESPUB_EFULL && status != RESPUB_EUNSENT)
    blame(s, "cannot be queued, strangely", number);
  note_result(s, number, RESPUB_EUNSENT);
}

static void publish_one(simulation *s) {
  unsigned number = s->asked++;
  respub_slice payload = payload_of(s, number);
  say(s, "user publishes %u, %zu bytes", number, payload.len);
  note_result(s, number, respub_publisher_publish(s->pub, RESPUB_LIT("c"), payload, NULL, NULL));
  memset(payloads, 'z', sizeof payloads); /* nobody may look at it any more */
}

static void publish_many(simulation *s, unsigned n) {
  enum {
    MOST = 20
  };
  static char texts[MOST][6000];
  respub_publish_message messages[MOST];
  respub_publish_result results[MOST];
  unsigned first = s->asked;
  n = n < MOST ? n : MOST;
  s->asked += n;
  for (unsigned i = 0; i < n; i++) {
    memset(texts[i], 'x', sizeof texts[i]);
    int len = snprintf(texts[i], sizeof texts[i], "%u.", first + i);
    texts[i][len] = 'x';
    size_t more = respub_sim_chance(&s->random, 20) ? 5500 : respub_sim_below(&s->random, 80);
    messages[i] = (respub_publish_message){RESPUB_LIT("c"), {texts[i], (size_t)len + more}};
  }
  say(s, "user publishes %u to %u", first, first + n - 1);
  respub_status status = respub_publisher_publish_many(s->pub, messages, n, results, NULL);
  respub_status worst = RESPUB_OK;
  for (unsigned i = 0; i < n; i++) {
    note_result(s, first + i, results[i].status);
    worst = worst == RESPUB_OK ? results[i].status : worst;
  }
  if ((status == RESPUB_OK) != (worst == RESPUB_OK))
    blame(s, "and the series behind it: status and results differ", first);
}

static void act(simulation *s) {
  uint32_t choice = respub_sim_below(&s->random, 10);
  if (choice < 4) {
    for (uint32_t n = 1 + respub_sim_below(&s->random, 6); n > 0; n--)
      queue_one(s);
  } else if (choice < 6) {
    publish_one(s);
  } else if (choice < 7) {
    publish_many(s, 1 + respub_sim_below(&s->random, 20));
  } else if (choice < 8) {
    int timeout_ms = (int)respub_sim_below(&s->random, 300);
    say(s, "user flushes for %d ms", timeout_ms);
    say(s, "flushed: %s", respub_status_name(respub_publisher_flush(s->pub, timeout_ms)));
  } else {
    for (uint32_t n = respub_sim_below(&s->random, 20); n > 0; n--) {
      if (respub_publisher_step(s->pub) != RESPUB_OK)
        blame(s, "was the last when a step failed", s->asked);
    }
  }
  if (respub_sim_chance(&s->random, 30))
    now_ms += respub_sim_below(&s->random, 800);
}

/* ------------------------------------------------------------------------------------------------
 * A run */

static int between(simulation *s, uint32_t least, uint32_t most) {
  return (int)(least + respub_sim_below(&s->random, most - least + 1));
}

static void choose_options(simulation *s) {
  respub_publisher_options *o = &s->options;
  respub_publisher_options_init(o);
  o->connection.dial = dial;
  o->connection.dial_ctx = s;
  o->connection.connect_timeout_ms = between(s, 50, 2000);
  if (respub_sim_chance(&s->random, 30))
    o->connection.output_bytes = (size_t)between(s, 100, 3000);
  o->timeout_ms = between(s, 20, 1500);
  o->backoff_min_ms = between(s, 1, 50);
  o->backoff_max_ms = o->backoff_min_ms + between(s, 0, 500);
  o->slow_retry_ms = between(s, 1, 2000);
  o->away = (respub_away)respub_sim_below(&s->random, 3);
  o->overflow = (respub_overflow)respub_sim_below(&s->random, 2);
  o->retry = (respub_retry)respub_sim_below(&s->random, 2);
  o->away_messages = (size_t)between(s, 1, 12);
  o->away_bytes = (size_t)between(s, 100, 20000);
  o->away_expiry_ms = respub_sim_chance(&s->random, 50) ? between(s, 1, 1000) : 0;
  o->inflight_bytes = (size_t)between(s, 500, 100000);
  o->queue_blocks = respub_sim_chance(&s->random, 50);
}

static bool begin(simulation *s, uint64_t seed, FILE *trace) {
  memset(s, 0, sizeof *s);
  current = s;
  now_ms = 1000000;
  s->trace = trace;
  s->random.state = seed * 0x9E3779B97F4A7C15u + 1;
  choose_options(s);
  s->faults = (respub_sim_faults){(uint32_t)between(s, 0, 30), (uint32_t)between(s, 0, 10),
                                  (uint32_t)between(s, 0, 60), (uint32_t)between(s, 0, 15),
                                  (uint32_t)between(s, 0, 60)};
  s->refuse = (uint32_t)between(s, 0, 15);
  s->loading = (uint32_t)between(s, 0, 15);
  s->stall = respub_sim_chance(&s->random, 50) ? (uint32_t)between(s, 0, 10) : 0;
  s->odd = respub_sim_chance(&s->random, 20) ? 3 : 0;
  if (pipe(s->fds) != 0 || write(s->fds[1], "", 1) != 1 ||
      respub_publisher_open(&s->pub, &s->options, NULL) != RESPUB_OK) {
    blame(s, "cannot be reached: the run does not begin", 0);
    return false;
  }
  s->pub->clock_us = tick_us;
  s->pub->link.life.backoff.random = seed | 1;
  return true;
}

/* The network is well again; what waits goes out. */
static void calm_down(simulation *s) {
  s->faults = (respub_sim_faults){.latency_ms = 5};
  s->refuse = s->loading = s->odd = s->stall = 0;
  if (s->wired && now_ms >= s->wire.silent_ms)
    respub_sim_wire_end(&s->wire);
  if (s->wired)
    s->wire.silent_ms = INT64_MAX;
  for (int i = 0; i < CALM_TURNS && respub_publisher_outstanding(s->pub) > 0; i++) {
    respub_status status = respub_publisher_flush(s->pub, 100);
    if (status != RESPUB_OK && status != RESPUB_TIMEOUT)
      blame(s, "was the last when a flush failed", s->asked);
    now_ms += 50;
  }
  if (respub_publisher_outstanding(s->pub) > 0)
    blame(s, "or an earlier one is still outstanding in the calm", s->asked - 1);
}

static void judge(simulation *s, unsigned number) {
  const message *m = &s->messages[number];
  bool twice = s->options.retry == RESPUB_RETRY_AT_LEAST_ONCE;
  if (m->results != 1)
    blame(s, "has not one result", number);
  if (m->executed > 1 && !twice)
    blame(s, "was executed twice", number);
  if (m->status == RESPUB_OK && m->executed == 0)
    blame(s, "is said to be delivered and was not executed", number);
  if (m->status == RESPUB_EUNSENT && m->executed + m->refused > 0)
    blame(s, "is said to be unsent and reached the server", number);
  if (m->status == RESPUB_EREFUSED && (m->refused == 0 || m->executed > 0))
    blame(s, "is said to be refused and was executed", number);
  if (m->status == RESPUB_EUNANSWERED && !m->given)
    blame(s, "is said to be sent and was not", number);
  if (m->status != RESPUB_OK && m->status != RESPUB_EUNSENT && m->status != RESPUB_EREFUSED &&
      m->status != RESPUB_EUNANSWERED && m->status != RESPUB_TIMEOUT)
    blame(s, "has a strange result", number);
}

static void sum_up(const simulation *s, respub_publisher_sim_totals *t) {
  for (unsigned i = 0; i < s->asked; i++) {
    const message *m = &s->messages[i];
    t->messages++;
    t->ok += m->status == RESPUB_OK;
    t->refused += m->status == RESPUB_EREFUSED;
    t->unsent += m->status == RESPUB_EUNSENT;
    t->unanswered += m->status == RESPUB_EUNANSWERED;
    t->late += m->status == RESPUB_TIMEOUT;
    t->twice += m->executed > 1;
  }
}

const char *respub_publisher_sim_run(uint64_t seed, FILE *trace,
                                     respub_publisher_sim_totals *totals) {
  static simulation s;
  if (!begin(&s, seed, trace))
    return s.fault;
  for (int turn = 0; turn < TURNS && s.asked < MOST_MESSAGES - 30; turn++)
    act(&s);
  if (respub_sim_chance(&s.random, 80))
    calm_down(&s);
  respub_publisher_stats stats;
  respub_publisher_get_stats(s.pub, &stats);
  respub_publisher_close(s.pub);
  for (unsigned i = 0; i < s.asked; i++)
    judge(&s, i);
  if (totals != NULL) {
    sum_up(&s, totals);
    totals->losses += stats.disconnects;
  }
  free(s.taken);
  close(s.fds[0]);
  close(s.fds[1]);
  return s.fault[0] == '\0' ? NULL : s.fault;
}
