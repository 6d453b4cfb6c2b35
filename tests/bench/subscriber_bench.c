/* The subscriber beside hiredis and beside a bare floor: code that receives into 16 KiB, walks the
 * frames without checking them and calls a function. As that function is the same for all channels,
 * a second floor looks the channel up in a plain hash table first, as every program with a handler
 * for each has to. Another process sends all of them the same frames as fast as they are taken.
 *
 * Prints a line a measurement: workload, engine, nanoseconds of one message, nanoseconds of
 * processor time (user and kernel) of the receiving thread for one message; the medians of several
 * rounds, because single ones are now and then twice as fast or slow, with whatever shares the
 * processor's caches. Under callgrind it dumps the counts of one round instead. The last lines are
 * the memory of a subscription. */
#include "pubsub/pubsub.h"
#include "tests/support/alloc.h"

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

enum {
  ROUNDS = 5,
  PAYLOAD = 200,
  MANY = 100000,
  BATCH = 256
};

static size_t messages = 1000000;

static void require(bool held, const char *what) {
  if (held)
    return;
  fprintf(stderr, "subscriber_bench: %s failed\n", what);
  exit(1);
}

static size_t channel_name(char *out, size_t cap, size_t i) {
  return (size_t)snprintf(out, cap, "TICKER_UPDATES_%04x", (unsigned)i);
}

/* ------------------------------------------------------------------------------------------------
 * The sender, in a process of its own */

static char frames[(size_t)MANY * 260];

/* A frame for each of MANY messages, over n channels in an order without a pattern; returns their
 * bytes. */
static size_t write_frames(size_t n) {
  char name[32], payload[PAYLOAD];
  size_t len = 0;
  uint32_t i = 1;
  memset(payload, 'x', sizeof payload);
  for (size_t k = 0; k < MANY; k++, i = i * 1664525u + 1013904223u) {
    respub_slice args[] = {RESPUB_LIT("message"),
                           respub_slice_of(name, channel_name(name, sizeof name, (i >> 8) % n)),
                           respub_slice_of(payload, sizeof payload)};
    len += respub_encode_command(frames + len, sizeof frames - len, args, 3);
  }
  return len;
}

static void send_all(int fd, const char *bytes, size_t len) {
  while (len > 0) {
    ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
    if (sent <= 0)
      return;
    bytes += sent;
    len -= (size_t)sent;
  }
}

/* Answers one command; returns how many channels it subscribed. */
static size_t answer(int fd, const respub_node *command, size_t held) {
  char out[128];
  respub_slice word = respub_node_at(command, 0)->text;
  if (!respub_slice_equal(word, RESPUB_LIT("SUBSCRIBE"))) {
    bool ping = respub_slice_equal(word, RESPUB_LIT("PING"));
    send_all(fd, ping ? "+PONG\r\n" : "+OK\r\n", ping ? 7 : 5);
    return 0;
  }
  size_t names = respub_node_count(command) - 1;
  for (size_t i = 1; i <= names; i++) {
    respub_slice name = respub_node_at(command, i)->text;
    int n = snprintf(out, sizeof out, "*3\r\n$9\r\nsubscribe\r\n$%zu\r\n%.*s\r\n:%zu\r\n", name.len,
                     (int)name.len, name.ptr, held + i);
    send_all(fd, out, (size_t)n);
  }
  return names;
}

/* Confirms so many channels, sends all messages once there is a byte in go, waits for the end. */
static void serve(int fd, int go, size_t channels) {
  static char in[1 << 20];
  respub_node nodes[256];
  respub_decoder d;
  size_t have = 0, held = 0, used;
  respub_decoder_init(&d, NULL, nodes, 256);
  while (held < channels) {
    ssize_t got = recv(fd, in + have, sizeof in - have, 0);
    if (got <= 0)
      return;
    have += (size_t)got;
    size_t at = 0;
    for (; respub_decode(&d, in + at, have - at, &used) == RESPUB_OK; at += used)
      held += answer(fd, nodes, held);
    memmove(in, in + at, have - at);
    have -= at;
  }
  size_t len = write_frames(channels);
  if (read(go, in, 1) != 1)
    return;
  for (size_t sent = 0; sent < messages; sent += MANY)
    send_all(fd, frames, len);
  while (recv(fd, in, sizeof in, 0) > 0)
    continue;
}

typedef struct sender {
  pid_t id;
  uint16_t port;
  int go;
} sender;

static struct sockaddr_in loopback(uint16_t port) {
  struct sockaddr_in a;
  memset(&a, 0, sizeof a);
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

static sender start_sender(size_t channels) {
  struct sockaddr_in a = loopback(0);
  socklen_t len = sizeof a;
  sender s;
  int go[2], listener = socket(AF_INET, SOCK_STREAM, 0);
  require(pipe(go) == 0 && listener >= 0 && bind(listener, (struct sockaddr *)&a, sizeof a) == 0 &&
              listen(listener, 1) == 0 && getsockname(listener, (struct sockaddr *)&a, &len) == 0,
          "listen");
  s.port = ntohs(a.sin_port);
  s.id = fork();
  if (s.id == 0) {
    serve(accept(listener, NULL, NULL), go[0], channels);
    _exit(0);
  }
  s.go = go[1];
  close(go[0]);
  close(listener);
  return s;
}

static void end_sender(sender s) {
  kill(s.id, SIGKILL);
  waitpid(s.id, NULL, 0);
  close(s.go);
}

/* ------------------------------------------------------------------------------------------------
 * Engines: connect and subscribe, then receive all messages between two clock readings */

typedef struct timing {
  int64_t wall_ns, cpu_ns;
} timing;

static int64_t clock_ns(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void begin(sender s, timing *t) {
  require(write(s.go, "", 1) == 1, "write");
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  t->wall_ns = clock_ns(CLOCK_MONOTONIC);
  t->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static void finish(timing *t, const char *name) {
  t->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - t->cpu_ns;
  t->wall_ns = clock_ns(CLOCK_MONOTONIC) - t->wall_ns;
  CALLGRIND_DUMP_STATS_AT(name);
  CALLGRIND_STOP_INSTRUMENTATION;
}

static size_t received;
static volatile size_t sink;

static void on_message(const respub_event *event, void *ctx) {
  (void)ctx;
  sink = event->payload.len;
  if (++received == messages)
    respub_subscriber_stop(event->subscriber);
}

static void run_respub(sender s, size_t channels, timing *t, const char *name) {
  respub_subscriber_options o;
  respub_subscriber *sub;
  respub_event event;
  char channel[32];
  respub_subscriber_options_init(&o);
  snprintf(o.connection.host, sizeof o.connection.host, "127.0.0.1");
  o.connection.port = s.port;
  require(respub_subscriber_open(&sub, &o, NULL) == RESPUB_OK, "open");
  for (size_t i = 0; i < channels; i++)
    require(respub_subscriber_subscribe(
                sub, respub_slice_of(channel, channel_name(channel, sizeof channel, i)), on_message,
                NULL, NULL) == RESPUB_OK,
            "subscribe");
  received = 0;
  require(respub_subscriber_flush(sub, 60000) == RESPUB_OK, "flush");
  while (respub_subscriber_next(sub, 0, &event) == RESPUB_OK)
    continue;
  begin(s, t);
  require(respub_subscriber_run(sub) == RESPUB_OK, "run");
  finish(t, name);
  respub_subscriber_close(sub);
}

static void run_hiredis(sender s, size_t channels, timing *t, const char *name) {
  redisContext *c = redisConnect("127.0.0.1", s.port);
  void *reply;
  char channel[32];
  require(c != NULL && c->err == 0, "hiredis connect");
  for (size_t i = 0; i < channels; i++) {
    channel_name(channel, sizeof channel, i);
    require(redisAppendCommand(c, "SUBSCRIBE %s", channel) == REDIS_OK, "append");
  }
  for (size_t i = 0; i < channels; i++) {
    require(redisGetReply(c, &reply) == REDIS_OK, "hiredis subscribe");
    freeReplyObject(reply);
  }
  begin(s, t);
  for (size_t i = 0; i < messages; i++) {
    require(redisGetReply(c, &reply) == REDIS_OK, "hiredis reply");
    sink = ((redisReply *)reply)->element[2]->len;
    freeReplyObject(reply);
  }
  finish(t, name);
  redisFree(c);
}

/* ------------------------------------------------------------------------------------------------
 * The floor */

static void __attribute__((noinline)) bare_handler(const char *payload, size_t len) {
  (void)payload;
  sink = len;
}

/* The number of a header that is there as a whole; *p moves behind its CR LF. */
static size_t bare_number(const char **p) {
  size_t n = 0;
  const char *at = *p + 1;
  for (; *at != '\r'; at++)
    n = n * 10 + (size_t)(*at - '0');
  *p = at + 2;
  return n;
}

/* A table of names as people write them. */
typedef struct entry {
  size_t len, found;
  char name[32];
} entry;

static entry *table[1 << 18];

static entry **place_of(const char *name, size_t len) {
  const size_t mask = sizeof table / sizeof *table - 1;
  uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
  for (size_t i = 0; i < len; i++)
    hash = (hash ^ (unsigned char)name[i]) * 0x100000001b3u;
  for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
    const entry *e = table[i];
    if (e == NULL || (e->len == len && memcmp(e->name, name, len) == 0))
      return &table[i];
  }
}

static void fill_table(size_t channels) {
  for (size_t i = 0; i < channels; i++) {
    entry *e = calloc(1, sizeof *e);
    require(e != NULL, "calloc");
    e->len = channel_name(e->name, sizeof e->name, i);
    *place_of(e->name, e->len) = e;
  }
}

static void empty_table(void) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    free(table[i]);
    table[i] = NULL;
  }
}

/* One frame: header and three strings. NULL when it is not there as a whole. */
static inline const char *__attribute__((always_inline))
bare_frame(const char *p, const char *end, bool finds) {
  const char *text = p, *channel = p;
  size_t len = 0, channel_len = 0;
  if (end - p < 64)
    return NULL;
  size_t n = bare_number(&p);
  for (size_t i = 0; i < n; i++) {
    channel = text;
    channel_len = len;
    len = bare_number(&p);
    text = p;
    p += len + 2;
    if (p > end)
      return NULL;
  }
  entry *e = finds ? *place_of(channel, channel_len) : NULL;
  if (e != NULL)
    e->found++;
  bare_handler(text, len);
  return p;
}

static int bare_connect(uint16_t port, size_t channels) {
  struct sockaddr_in a = loopback(port);
  char text[80], in[4096], channel[32];
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  require(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0, "connect");
  for (size_t i = 0; i < channels; i++) {
    size_t len = channel_name(channel, sizeof channel, i);
    int n = snprintf(text, sizeof text, "*2\r\n$9\r\nSUBSCRIBE\r\n$%zu\r\n%s\r\n", len, channel);
    send_all(fd, text, (size_t)n);
  }
  for (size_t lines = channels * 6; lines > 0;) {
    ssize_t got = recv(fd, in, sizeof in, 0);
    require(got > 0, "recv");
    for (ssize_t i = 0; i < got; i++)
      lines -= in[i] == '\n';
  }
  return fd;
}

static inline void __attribute__((always_inline))
run_floor(sender s, size_t channels, timing *t, const char *name, bool finds) {
  static char in[16384 + 256];
  int fd = bare_connect(s.port, channels);
  size_t have = 0, found = 0;
  begin(s, t);
  while (found < messages) {
    ssize_t got = recv(fd, in + have, sizeof in - have, 0);
    require(got > 0, "recv");
    have += (size_t)got;
    const char *p = in, *next;
    for (; (next = bare_frame(p, in + have, finds)) != NULL; p = next)
      found++;
    have -= (size_t)(p - in);
    memmove(in, p, have);
  }
  finish(t, name);
  close(fd);
}

static void run_bare(sender s, size_t channels, timing *t, const char *name) {
  run_floor(s, channels, t, name, false);
}

static void run_lookup(sender s, size_t channels, timing *t, const char *name) {
  fill_table(channels);
  run_floor(s, channels, t, name, true);
  empty_table();
}

/* ------------------------------------------------------------------------------------------------
 */

typedef struct engine {
  const char *name;
  void (*run)(sender s, size_t channels, timing *t, const char *name);
} engine;

static const engine engines[] = {
    {"respub", run_respub}, {"hiredis", run_hiredis}, {"bare", run_bare}, {"lookup", run_lookup}};

enum {
  ENGINES = sizeof engines / sizeof *engines
};

static timing measure(const engine *e, size_t channels, const char *workload) {
  timing t;
  char name[64];
  snprintf(name, sizeof name, "%s/%s", workload, e->name);
  sender s = start_sender(channels);
  e->run(s, channels, &t, name);
  end_sender(s);
  return t;
}

static int by_time(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static double median_of_one(int64_t *ns, size_t n) {
  qsort(ns, n, sizeof *ns, by_time);
  const size_t middle = n / 2;
  return (double)ns[middle] / (double)messages;
}

static void compare(const char *workload, size_t channels) {
  int64_t wall_ns[ENGINES][ROUNDS], cpu_ns[ENGINES][ROUNDS];
  size_t rounds = RUNNING_ON_VALGRIND ? 1 : ROUNDS;
  for (size_t round = 0; round < rounds; round++) {
    for (size_t i = 0; i < ENGINES; i++) {
      timing t = measure(&engines[i], channels, workload);
      wall_ns[i][round] = t.wall_ns;
      cpu_ns[i][round] = t.cpu_ns;
    }
  }
  for (size_t i = 0; i < ENGINES; i++)
    printf("%s %s %.1f %.1f\n", workload, engines[i].name, median_of_one(wall_ns[i], rounds),
           median_of_one(cpu_ns[i], rounds));
}

/* What MANY subscriptions take beside their names, before any connection. */
static void weigh(void) {
  respub_test_alloc a = RESPUB_TEST_ALLOC_COUNTING;
  respub_subscriber_options o;
  respub_subscriber *sub;
  char channel[32];
  size_t names = 0;
  respub_subscriber_options_init(&o);
  o.connection.allocator = respub_test_allocator(&a);
  require(respub_subscriber_open(&sub, &o, NULL) == RESPUB_OK, "open");
  size_t before = a.live_bytes;
  for (size_t i = 0; i < MANY; i++) {
    size_t len = channel_name(channel, sizeof channel, i);
    names += len;
    require(respub_subscriber_subscribe(sub, respub_slice_of(channel, len), on_message, NULL,
                                        NULL) == RESPUB_OK,
            "subscribe");
  }
  printf("memory subscription %.1f bytes beside its name\n",
         (double)(a.live_bytes - before - names) / MANY);
  respub_subscriber_close(sub);
}

int main(int argc, char **argv) {
  if (argc > 1)
    messages = strtoul(argv[1], NULL, 10) / MANY * MANY;
  compare("message", 1);
  compare("channels_100", 100);
  compare("channels_10000", 10000);
  compare("channels_100000", MANY);
  weigh();
  return 0;
}
