/* From the moment before a PUBLISH is written to the moment when its message is at hand: in a
 * handler of the subscriber, asleep until it comes or spinning; beside a bare blocking loop of poll
 * and recv, and a bare loop that never sleeps. One redis-server serves all; one message is under
 * way at a time, with a pause between two, so that who may sleep is asleep.
 *
 * Prints a line a way: its name, microseconds of the 10th percentile, the median and the 99th
 * percentile; of the round with the lowest 10th, because the ways take turns and a busy moment hits
 * one of them only. Publisher, server and a receiver that never sleeps want a core each: with less
 * than three, the low percentile says most. */

#include "pubsub/pubsub.h"
#include "tests/support/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  ROUNDS = 5,
  WARM_UP = 100,
  MESSAGES = 1000,
  PERCENTILE_10 = MESSAGES / 10,
  MEDIAN = MESSAGES / 2,
  PERCENTILE_99 = MESSAGES * 99 / 100,
  PAUSE_US = 100
};

static const char publish[] = "*3\r\n$7\r\nPUBLISH\r\n$7\r\nlatency\r\n$1\r\nx\r\n";
static const char subscribe[] = "*2\r\n$9\r\nSUBSCRIBE\r\n$7\r\nlatency\r\n";
static const char message[] = "*3\r\n$7\r\nmessage\r\n$7\r\nlatency\r\n$1\r\nx\r\n";
static const char confirmation[] = "*3\r\n$9\r\nsubscribe\r\n$7\r\nlatency\r\n:1\r\n";

static respub_test_server *server;
static atomic_llong arrived_ns; /* 0: not yet */

static void require(bool held, const char *what) {
  if (held)
    return;
  fprintf(stderr, "latency_bench: %s failed\n", what);
  exit(1);
}

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int dial(void) {
  struct sockaddr_in a = {.sin_family = AF_INET,
                          .sin_port = htons(respub_test_server_port(server))};
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  require(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0, "connect");
  require(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0, "setsockopt");
  return fd;
}

static void say(int fd, const char *text) {
  size_t len = strlen(text);
  require(send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len, "send");
}

static void expect(int fd, const char *text) {
  char in[128];
  for (size_t have = 0, len = strlen(text); have < len;) {
    ssize_t got = recv(fd, in + have, len - have, 0);
    require(got > 0, "recv");
    have += (size_t)got;
  }
}

/* ------------------------------------------------------------------------------------------------
 * Publishing, and what is made of it */

static int by_size(const void *a, const void *b) {
  long long x = *(const long long *)a, y = *(const long long *)b;
  return (x > y) - (x < y);
}

static long long time_one(int fd) {
  atomic_store(&arrived_ns, 0);
  long long start = now_ns();
  say(fd, publish);
  expect(fd, ":1\r\n");
  long long deadline = start + 5000000000, end;
  while ((end = atomic_load(&arrived_ns)) == 0) {
    require(now_ns() < deadline, "a message within 5 s");
    sched_yield();
  }
  return end - start;
}

typedef struct quantiles {
  double p10_us, p50_us, p99_us;
} quantiles;

static quantiles measure(void) {
  static long long took[MESSAGES];
  const struct timespec pause = {.tv_nsec = PAUSE_US * 1000};
  int fd = dial();
  for (int i = -WARM_UP; i < MESSAGES; i++) {
    (void)pselect(0, NULL, NULL, NULL, &pause, NULL);
    long long ns = time_one(fd);
    if (i >= 0)
      took[i] = ns;
  }
  close(fd);
  qsort(took, MESSAGES, sizeof *took, by_size);
  return (quantiles){(double)took[PERCENTILE_10] / 1000, (double)took[MEDIAN] / 1000,
                     (double)took[PERCENTILE_99] / 1000};
}

/* ------------------------------------------------------------------------------------------------
 * Ways to receive */

static void on_message(const respub_event *event, void *ctx) {
  (void)event;
  (void)ctx;
  atomic_store(&arrived_ns, now_ns());
}

static quantiles run_respub(int spin_us) {
  respub_subscriber_options o;
  respub_subscriber *sub;
  respub_subscriber_options_init(&o);
  o.spin_us = spin_us;
  require(respub_options_from_url(&o.connection, respub_test_server_url(server), NULL) == RESPUB_OK,
          "url");
  require(respub_subscriber_open(&sub, &o, NULL) == RESPUB_OK, "open");
  require(respub_subscriber_subscribe(sub, RESPUB_LIT("latency"), on_message, NULL, NULL) ==
              RESPUB_OK,
          "subscribe");
  require(respub_subscriber_start(sub) == RESPUB_OK, "start");
  require(respub_subscriber_flush(sub, 5000) == RESPUB_OK, "flush");
  quantiles q = measure();
  respub_subscriber_close(sub);
  return q;
}

typedef struct bare {
  int fd;
  bool spins;
} bare;

/* Until the socket is shut down. */
static void *bare_main(void *arg) {
  const bare *b = arg;
  char in[1024];
  for (size_t have = 0;;) {
    struct pollfd p = {.fd = b->fd, .events = POLLIN};
    if (!b->spins && poll(&p, 1, -1) < 0)
      continue;
    ssize_t got = recv(b->fd, in + have, sizeof in - have, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
      return NULL;
    have += got > 0 ? (size_t)got : 0;
    if (have < sizeof message - 1)
      continue;
    require(memcmp(in, message, sizeof message - 1) == 0, "a message");
    have -= sizeof message - 1;
    atomic_store(&arrived_ns, now_ns());
  }
}

static quantiles run_bare(int spins) {
  bare b = {dial(), spins != 0};
  pthread_t thread;
  say(b.fd, subscribe);
  expect(b.fd, confirmation);
  require(pthread_create(&thread, NULL, bare_main, &b) == 0, "pthread_create");
  quantiles q = measure();
  shutdown(b.fd, SHUT_RDWR);
  pthread_join(thread, NULL);
  close(b.fd);
  return q;
}

typedef struct way {
  const char *name;
  quantiles (*run)(int argument);
  int argument;
} way;

static const way ways[] = {{"respub", run_respub, 0},
                           {"bare poll and recv", run_bare, 0},
                           {"respub, spin_us 200", run_respub, 200},
                           {"bare loop that never sleeps", run_bare, 1}};

enum {
  WAYS = sizeof ways / sizeof *ways
};

int main(void) {
  quantiles best[WAYS] = {{0, 0, 0}};
  server = respub_test_server_start(NULL);
  require(server != NULL, "redis-server");
  for (int round = 0; round < ROUNDS; round++) {
    for (size_t i = 0; i < WAYS; i++) {
      quantiles q = ways[i].run(ways[i].argument);
      if (round == 0 || q.p10_us < best[i].p10_us)
        best[i] = q;
    }
  }
  for (size_t i = 0; i < WAYS; i++)
    printf("%s\t%.1f\t%.1f\t%.1f\n", ways[i].name, best[i].p10_us, best[i].p50_us, best[i].p99_us);
  respub_test_server_free(server);
  return 0;
}
