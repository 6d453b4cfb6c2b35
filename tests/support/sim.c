#include "tests/support/sim.h"

#include "pubsub/engine.h"
#include "tests/support/sim_server.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_MESSAGES = 512,
  MOST_GAPS = 256,
  TROUBLE_MS = 12000,
  CALM_MS = 60000
};

/* What became of one message for one topic. */
typedef struct fate {
  int64_t published_ms;
  int64_t arrives_ms; /* INT64_MAX: never sent */
  uint32_t era;       /* of the topic when it was published; 0: the user did not expect it */
  bool sent, delivered;
} fate;

typedef struct topic_view {
  respub__topic *topic; /* NULL: not wanted */
  uint32_t era;         /* counts from 1 what the user did to it */
  bool confirmed;       /* the user has seen SUBSCRIBED, and no end since */
  int64_t last;         /* number of the last message delivered */
} topic_view;

typedef struct sim {
  respub_sim_random random;
  respub_sim_wire wire;
  respub_sim_server server;
  respub_sim_faults faults;
  respub__engine engine;
  topic_view views[RESPUB_SIM_TOPICS];
  fate fates[MOST_MESSAGES][RESPUB_SIM_TOPICS];
  struct {
    int64_t from_ms, to_ms;
  } gaps[MOST_GAPS];
  unsigned messages, gap_count;
  int64_t now_ms;
  int64_t next_ask_ms, next_publish_ms, next_fidget_ms, next_server_ms;
  bool calm, connected, restore_due, lossy;
  FILE *trace;
  char fault[200];
} sim;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
blame(sim *s, const char *format, ...) {
  if (s->fault[0] != '\0')
    return;
  va_list args;
  va_start(args, format);
  int n = snprintf(s->fault, sizeof s->fault, "at %lld ms: ", (long long)s->now_ms);
  vsnprintf(s->fault + n, sizeof s->fault - (size_t)n, format, args);
  va_end(args);
}

#define TRACE(s, ...)                                                                              \
  do {                                                                                             \
    if ((s)->trace != NULL) {                                                                      \
      fprintf((s)->trace, "%6lld ", (long long)(s)->now_ms);                                       \
      fprintf((s)->trace, __VA_ARGS__);                                                            \
      fputc('\n', (s)->trace);                                                                     \
    }                                                                                              \
  } while (0)

/* ------------------------------------------------------------------------------------------------
 * Set-up */

static respub_status dial(void *ctx, const respub_options *options, int64_t now_ms,
                          respub_transport *transport, respub_error *error) {
  sim *s = ctx;
  (void)options;
  (void)now_ms;
  (void)error;
  respub_sim_wire_open(&s->wire, &s->random, &s->now_ms, &s->faults);
  respub_sim_server_accept(&s->server);
  *transport = respub_sim_wire_transport(&s->wire);
  TRACE(s, "dial: latency %lld, down cut %zd, up cut %zd, silent %lld",
        (long long)s->wire.latency_ms, (ssize_t)s->wire.down.cut_at, (ssize_t)s->wire.up.cut_at,
        s->wire.silent_ms == INT64_MAX ? -1 : (long long)s->wire.silent_ms);
  return RESPUB_OK;
}

static uint32_t some(sim *s, uint32_t most) {
  return respub_sim_chance(&s->random, 50) ? respub_sim_below(&s->random, most + 1) : 0;
}

static void set_up(sim *s, uint64_t seed, FILE *trace) {
  s->random.state = seed * 0x9e3779b97f4a7c15u + 1;
  s->trace = trace;
  s->now_ms = 1000000;
  s->server.wire = &s->wire;
  s->server.random = &s->random;
  s->wire.closed = true;
  s->faults =
      (respub_sim_faults){some(s, 40), some(s, 15), some(s, 60), some(s, 40), 1 + some(s, 400)};
  s->server.moods = (respub_sim_moods){.loading = some(s, 10),
                                       .odd_pong = some(s, 50),
                                       .take_away = some(s, 20),
                                       .miscount = some(s, 2),
                                       .stranger = some(s, 30),
                                       .bad_auth = some(s, 10),
                                       .mute = some(s, 4),
                                       .stuck = some(s, 3)};
  s->server.nosub = respub_sim_chance(&s->random, 20);
  s->lossy = s->server.moods.mute > 0;
  respub_subscriber_options o;
  respub_subscriber_options_init(&o);
  o.ping_interval_ms = 1000;
  o.ping_timeout_ms = 900;
  o.backoff_min_ms = 20;
  o.backoff_max_ms = 800;
  o.slow_retry_ms = 3000;
  o.connection.connect_timeout_ms = 2000;
  o.connection.buffer_bytes = 64;
  memcpy(o.connection.password, "secret", 7);
  o.connection.dial = dial;
  o.connection.dial_ctx = s;
  respub__engine_init(&s->engine, &o, respub_sim_next(&s->random) | 1);
  respub__lifecycle_start(&s->engine.link.life);
}

static void tear_down(sim *s) {
  respub__engine_free(&s->engine);
  respub_sim_wire_free(&s->wire);
}

/* ------------------------------------------------------------------------------------------------
 * The user */

static respub_kind kind_of(unsigned topic) {
  return topic < RESPUB_SIM_CHANNELS ? RESPUB_CHANNEL : RESPUB_PATTERN;
}

static void ask(sim *s) {
  unsigned i =
      respub_sim_below(&s->random, RESPUB_PATTERNS ? RESPUB_SIM_TOPICS : RESPUB_SIM_CHANNELS);
  topic_view *v = &s->views[i];
  TRACE(s, "user: %s %s", v->topic == NULL ? "wants" : "drops", respub_sim_topic_name(i));
  v->era++;
  v->confirmed = false;
  if (v->topic != NULL) {
    respub__session_unwant(&s->engine.session, v->topic);
    v->topic = NULL;
    return;
  }
  v->topic = respub__session_want(&s->engine.session, kind_of(i),
                                  respub_slice_of_string(respub_sim_topic_name(i)));
  /* The server may hold it still, from before; then nothing will be confirmed again. */
  v->confirmed = v->topic->wire == RESPUB__PRESENT;
}

static int find_view(respub_kind kind, respub_slice name) {
  for (unsigned i = 0; i < RESPUB_SIM_TOPICS; i++)
    if (kind_of(i) == kind &&
        respub_slice_equal(name, respub_slice_of_string(respub_sim_topic_name(i))))
      return (int)i;
  return -1;
}

static void on_message(sim *s, const respub_event *e, const respub__topic *topic) {
  int i = find_view(e->kind, e->kind == RESPUB_CHANNEL ? e->channel : e->pattern);
  if (i < 0 || s->views[i].topic != topic) {
    blame(s, "a message for a topic that is not wanted");
    return;
  }
  char text[16];
  snprintf(text, sizeof text, "%.*s", (int)e->payload.len, e->payload.ptr);
  long number = strtol(text, NULL, 10);
  fate *f = &s->fates[number][i];
  if (!f->sent || f->delivered)
    blame(s, "message %ld for %s %s", number, respub_sim_topic_name((unsigned)i),
          f->sent ? "came twice" : "was never sent");
  if (number <= s->views[i].last)
    blame(s, "message %ld came after %lld", number, (long long)s->views[i].last);
  f->delivered = true;
  s->views[i].last = number;
}

static void on_topic_event(sim *s, const respub_event *e) {
  int i = find_view(e->kind, e->kind == RESPUB_CHANNEL ? e->channel : e->pattern);
  if (i < 0) {
    blame(s, "%s of an unknown topic", respub_event_name(e->type));
    return;
  }
  /* A refusal of what was confirmed before is part of the loss: the gap must last until it is
   * confirmed again. */
  if (e->type == RESPUB_EVENT_REFUSED)
    return;
  topic_view *v = &s->views[i];
  v->confirmed = e->type == RESPUB_EVENT_SUBSCRIBED && v->topic != NULL;
}

static void expect(sim *s, bool legal, const respub_event *e) {
  if (!legal)
    blame(s, "%s out of order", respub_event_name(e->type));
}

static void on_gap(sim *s, const respub_event *e) {
  expect(s, s->connected && e->from_ms <= e->to_ms, e);
  if (s->gap_count == MOST_GAPS) {
    blame(s, "more than %d gaps", MOST_GAPS);
    return;
  }
  s->gaps[s->gap_count].from_ms = e->from_ms;
  s->gaps[s->gap_count++].to_ms = e->to_ms;
}

static void on_event(sim *s, const respub_event *e, const respub__topic *topic) {
  respub_slice name = e->kind == RESPUB_CHANNEL ? e->channel : e->pattern;
  TRACE(s, "event: %s %.*s %.*s %.*s", respub_event_name(e->type), (int)name.len, name.ptr,
        (int)e->payload.len, e->payload.ptr, (int)e->text.len, e->text.ptr);
  switch (e->type) {
  case RESPUB_EVENT_MESSAGE:
    on_message(s, e, topic);
    break;
  case RESPUB_EVENT_CONNECTED:
    expect(s, !s->connected, e);
    s->connected = true;
    break;
  case RESPUB_EVENT_DISCONNECTED:
    expect(s, s->connected, e);
    s->connected = false;
    s->restore_due = true;
    break;
  case RESPUB_EVENT_CONNECT_FAILED:
    expect(s, !s->connected, e);
    break;
  case RESPUB_EVENT_GAP:
    on_gap(s, e);
    break;
  case RESPUB_EVENT_RESTORED:
    expect(s, s->connected, e);
    s->restore_due = false;
    break;
  case RESPUB_EVENT_SUBSCRIBED:
  case RESPUB_EVENT_UNSUBSCRIBED:
  case RESPUB_EVENT_REFUSED:
    expect(s, s->connected, e);
    on_topic_event(s, e);
    break;
  case RESPUB_EVENT_SLOW_CONSUMER:
  case RESPUB_EVENT_CLOSED:
    expect(s, false, e);
    break;
  }
}

/* ------------------------------------------------------------------------------------------------
 * The server's side */

static void publish(sim *s) {
  if (s->messages == MOST_MESSAGES)
    return;
  unsigned number = s->messages++;
  unsigned channel = respub_sim_below(&s->random, RESPUB_SIM_CHANNELS);
  int64_t sent_at[RESPUB_SIM_TOPICS];
  respub_sim_server_publish(&s->server, channel, number, sent_at);
  TRACE(s, "server: publishes %u on %s", number, respub_sim_topic_name(channel));
  for (unsigned i = 0; i < RESPUB_SIM_TOPICS; i++) {
    bool concerns = i == channel || (i >= RESPUB_SIM_CHANNELS && respub_sim_matches(i, channel));
    bool expected = concerns && s->views[i].topic != NULL && s->views[i].confirmed;
    s->fates[number][i] = (fate){.published_ms = s->now_ms,
                                 .arrives_ms = sent_at[i],
                                 .era = expected ? s->views[i].era : 0,
                                 .sent = sent_at[i] != INT64_MAX};
  }
}

static void trouble(sim *s) {
  uint32_t what = respub_sim_below(&s->random, 100);
  if (what < 20 && s->wire.is_open) {
    TRACE(s, "server: restarts");
    respub_sim_wire_end(&s->wire);
  } else if (what < 60) {
    unsigned i = respub_sim_below(&s->random, RESPUB_SIM_TOPICS);
    s->server.forbidden[i] = !s->server.forbidden[i] && respub_sim_chance(&s->random, 40);
    TRACE(s, "server: %s %s", s->server.forbidden[i] ? "forbids" : "allows",
          respub_sim_topic_name(i));
  }
}

static void become_calm(sim *s) {
  TRACE(s, "calm");
  s->calm = true;
  s->faults = (respub_sim_faults){.latency_ms = 20};
  s->server.moods = (respub_sim_moods){.loading = 0};
  memset(s->server.forbidden, 0, sizeof s->server.forbidden);
  if (respub_sim_chance(&s->random, 30))
    s->server.forbidden[respub_sim_below(&s->random, RESPUB_SIM_TOPICS)] = true;
  s->wire.down.cut_at = s->wire.up.cut_at = SIZE_MAX;
}

/* ------------------------------------------------------------------------------------------------
 * Time */

static bool is_due(sim *s, int64_t *next_ms, uint32_t most_ms) {
  if (s->now_ms < *next_ms)
    return false;
  *next_ms = s->now_ms + 1 + respub_sim_below(&s->random, most_ms);
  return true;
}

static void turn(sim *s) {
  respub_event event = {.type = RESPUB_EVENT_MESSAGE};
  respub__topic *topic = NULL;
  respub__link_result result = respub__engine_connect(&s->engine, s->now_ms);
  respub__engine_connected(&s->engine, s->now_ms, result);
  respub__engine_send(&s->engine, s->now_ms);
  while (respub__engine_next(&s->engine, s->now_ms, &event, &topic) == RESPUB_OK) {
    on_event(s, &event, topic);
    if (event.type != RESPUB_EVENT_MESSAGE)
      event = (respub_event){.type = RESPUB_EVENT_MESSAGE};
    /* A handler may change its mind between any two events. */
    if (!s->calm && respub_sim_chance(&s->random, 5))
      ask(s);
  }
}

static void act(sim *s) {
  if (!s->calm && is_due(s, &s->next_ask_ms, 700))
    ask(s);
  if (is_due(s, &s->next_publish_ms, s->calm ? 2000 : 150))
    publish(s);
  if (!s->calm && is_due(s, &s->next_fidget_ms, 300))
    respub_sim_server_fidget(&s->server);
  if (!s->calm && is_due(s, &s->next_server_ms, 3000))
    trouble(s);
  respub_sim_server_serve(&s->server);
  turn(s);
}

static int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* Bytes that were not taken at once (a split read or write) are looked at again a moment later. */
static void advance(sim *s) {
  int64_t next =
      respub__engine_has_work(&s->engine) ? s->now_ms + 1 : respub__engine_deadline_ms(&s->engine);
  next = least(next, respub_sim_wire_next_ms(&s->wire));
  next = least(next, least(s->next_publish_ms, respub_sim_server_next_ms(&s->server)));
  if (!s->calm)
    next = least(next, least(least(s->next_ask_ms, s->next_fidget_ms), s->next_server_ms));
  bool unsent =
      respub__link_is_live(&s->engine.link) && respub_conn_unsent(s->engine.link.conn) > 0;
  bool news = s->wire.ended && !s->wire.closed;
  if (unsent || news || next <= s->now_ms)
    next = s->now_ms + 1;
  s->now_ms = next;
}

/* ------------------------------------------------------------------------------------------------
 * Judgement */

/* A gap that a refused topic keeps open has not got its end yet. */
static bool in_a_gap(const sim *s, const fate *f) {
  if (s->engine.session.gap_open && f->arrives_ms >= s->engine.session.gap_from_ms)
    return true;
  for (unsigned i = 0; i < s->gap_count; i++)
    if (f->published_ms <= s->gaps[i].to_ms && f->arrives_ms >= s->gaps[i].from_ms)
      return true;
  return false;
}

static void judge_messages(sim *s, respub_sim_totals *totals) {
  for (unsigned n = 0; n < s->messages; n++) {
    for (unsigned i = 0; i < RESPUB_SIM_TOPICS; i++) {
      const fate *f = &s->fates[n][i];
      totals->messages += f->delivered;
      /* What is still under way at the end, and what the user has dropped or taken up since, is not
       * judged. */
      if (f->delivered || f->era == 0 || f->era != s->views[i].era)
        continue;
      if (f->sent && f->arrives_ms > s->now_ms)
        continue;
      totals->lost++;
      if (!in_a_gap(s, f))
        blame(s, "message %u for %s, published at %lld, is lost outside every gap", n,
              respub_sim_topic_name(i), (long long)f->published_ms);
    }
  }
}

/* One topic may have become forbidden for good while it was held; then it stays held until the
 * connection ends. And where commands and confirmations get lost, nothing tells of a subscription
 * that the server holds for nobody, once its counts are not believed any more, or when its NOSUB
 * for one UNSUBSCRIBE is all the answer that an earlier, lost one seems to get. */
static bool agrees(const sim *s, unsigned *refused) {
  bool untold = s->lossy && (s->engine.session.mismatches >= 2 || s->server.nosub);
  *refused = 0;
  for (unsigned i = 0; i < RESPUB_SIM_TOPICS; i++) {
    bool wanted = s->views[i].topic != NULL;
    bool excused = wanted && s->server.forbidden[i] && !s->server.held[i];
    *refused += excused;
    if (s->server.held[i] && !wanted && untold)
      continue;
    if (s->server.held[i] != wanted && !excused)
      return false;
  }
  return true;
}

static void judge_end(sim *s) {
  const respub__session *session = &s->engine.session;
  unsigned refused;
  if (!session->live || !s->connected)
    blame(s, "not connected at the end");
  else if (!agrees(s, &refused))
    blame(s, "what the server holds is not what is wanted");
  else if (session->unsettled[0] + session->unsettled[1] + session->refused != refused)
    blame(s, "not settled at the end");
  else if (refused == 0 && (s->restore_due || session->gap_open))
    blame(s, "RESTORED never came");
}

const char *respub_sim_run(uint64_t seed, FILE *trace, respub_sim_totals *totals) {
  static sim s;
  respub_sim_totals ignored = {0};
  if (totals == NULL)
    totals = &ignored;
  memset(&s, 0, sizeof s);
  for (unsigned i = 0; i < RESPUB_SIM_TOPICS; i++)
    s.views[i].last = -1;
  set_up(&s, seed, trace);
  int64_t calm_ms = s.now_ms + TROUBLE_MS;
  while (s.fault[0] == '\0' && s.now_ms < calm_ms + CALM_MS) {
    act(&s);
    advance(&s);
    if (!s.calm && s.now_ms >= calm_ms)
      become_calm(&s);
  }
  act(&s);
  judge_messages(&s, totals);
  judge_end(&s);
  totals->gaps += s.gap_count;
  totals->losses += s.engine.disconnects;
  totals->resyncs += s.engine.session.resyncs;
  tear_down(&s);
  return s.fault[0] == '\0' ? NULL : s.fault;
}
