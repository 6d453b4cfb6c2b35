/* The publisher beside hiredis and beside a bare floor: code that writes a PUBLISH from memory,
 * reads, and trusts what comes. A real redis-server without subscribers answers all three.
 *
 * Prints a line a measurement: workload, engine, nanoseconds of one message, microseconds of
 * processor time of this process for one message (medians of many short rounds, in which the
 * engines take turns, so that a busy moment hits all). Under callgrind it dumps the counts of one
 * round of the single-threaded workloads instead; tests/bench/publisher_table makes the table.
 *
 * Whether server and clients share a core changes the time of a message several times over, and the
 * scheduler may do either for seconds. So those who wait for each answer are measured with all on
 * one core, and with the server on another. Eight threads run where the scheduler puts them, too;
 * between its two states there is no middle, so that figure is the mean. What is timed happens in a
 * process that has had a second thread, as most have; what is counted does not, because with
 * threads the C library adds some fifty instructions to each system call. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* sched_setaffinity */
#endif

#include "pubsub/pubsub.h"
#include "tests/support/server.h"

#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

enum {
  ROUNDS = 61, /* short ones: on a busy machine most of them are not disturbed */
  THREADS = 8,
  BATCH = 1000,
  PAYLOAD = 200,
  LARGE = 4 * 1024 * 1024
};

static const char channel[] = "TICKER_UPDATES_ABCD";
static char payload[PAYLOAD];
static char *large;

typedef struct context {
  respub_publisher *pub;
  redisContext *hiredis;
  int bare; /* a connected socket */
  pthread_mutex_t lock;
  pid_t server;
} context;

/* Publishes n messages. */
typedef void (*engine)(context *c, size_t n);

static void fail(const char *what) {
  fprintf(stderr, "publisher_bench: %s failed\n", what);
  exit(1);
}

static void require(bool held, const char *what) {
  if (!held)
    fail(what);
}

static respub_slice channel_slice(void) {
  return respub_slice_of(channel, sizeof channel - 1);
}

/* ------------------------------------------------------------------------------------------------
 * respub */

static void respub_sync(context *c, size_t n) {
  for (size_t i = 0; i < n; i++) {
    int64_t receivers;
    require(respub_publisher_publish(c->pub, channel_slice(), respub_slice_of(payload, PAYLOAD),
                                     &receivers, NULL) == RESPUB_OK,
            "publish");
  }
}

static void respub_batches(context *c, size_t n) {
  static respub_publish_message messages[BATCH];
  static respub_publish_result results[BATCH];
  for (size_t i = 0; i < BATCH; i++)
    messages[i] = (respub_publish_message){channel_slice(), respub_slice_of(payload, PAYLOAD)};
  for (size_t i = 0; i < n; i += BATCH)
    require(respub_publisher_publish_many(c->pub, messages, BATCH, results, NULL) == RESPUB_OK,
            "publish_many");
}

static void count_done(const respub_publish_result *result, respub_slice text, void *ctx) {
  (void)text;
  *(size_t *)ctx += result->status == RESPUB_OK;
}

static void respub_queue(context *c, size_t n) {
  size_t done = 0;
  for (size_t i = 0; i < n; i++) {
    require(respub_publisher_queue(c->pub, channel_slice(), respub_slice_of(payload, PAYLOAD),
                                   count_done, &done) == RESPUB_OK,
            "queue");
    if (i % BATCH == BATCH - 1)
      require(respub_publisher_flush(c->pub, 60000) == RESPUB_OK, "flush");
  }
  require(done == n, "a result for each");
}

static void respub_large(context *c, size_t n) {
  for (size_t i = 0; i < n; i++)
    require(respub_publisher_publish(c->pub, channel_slice(), respub_slice_of(large, LARGE), NULL,
                                     NULL) == RESPUB_OK,
            "large publish");
}

/* ------------------------------------------------------------------------------------------------
 * hiredis */

static const char *const hiredis_words[] = {"PUBLISH", channel, payload};
static const size_t hiredis_sizes[] = {7, sizeof channel - 1, PAYLOAD};

static void hiredis_command(redisContext *hiredis, const char *text, size_t size) {
  const char *words[] = {"PUBLISH", channel, text};
  const size_t sizes[] = {7, sizeof channel - 1, size};
  redisReply *reply = redisCommandArgv(hiredis, 3, words, sizes);
  require(reply != NULL && reply->type == REDIS_REPLY_INTEGER, "redisCommandArgv");
  freeReplyObject(reply);
}

static void hiredis_sync(context *c, size_t n) {
  for (size_t i = 0; i < n; i++)
    hiredis_command(c->hiredis, payload, PAYLOAD);
}

static void hiredis_locked(context *c, size_t n) {
  for (size_t i = 0; i < n; i++) {
    pthread_mutex_lock(&c->lock);
    hiredis_command(c->hiredis, payload, PAYLOAD);
    pthread_mutex_unlock(&c->lock);
  }
}

static void hiredis_batches(context *c, size_t n) {
  for (size_t i = 0; i < n; i += BATCH) {
    for (size_t k = 0; k < BATCH; k++)
      require(redisAppendCommandArgv(c->hiredis, 3, (const char **)(uintptr_t)hiredis_words,
                                     hiredis_sizes) == REDIS_OK,
              "redisAppendCommandArgv");
    for (size_t k = 0; k < BATCH; k++) {
      void *reply;
      require(redisGetReply(c->hiredis, &reply) == REDIS_OK, "redisGetReply");
      freeReplyObject(reply);
    }
  }
}

static void hiredis_large(context *c, size_t n) {
  for (size_t i = 0; i < n; i++)
    hiredis_command(c->hiredis, large, LARGE);
}

/* ------------------------------------------------------------------------------------------------
 * Bare */

static char *bare_bulk(char *p, const char *text, size_t len) {
  char digits[20];
  size_t n = 0;
  for (size_t rest = len; n == 0 || rest > 0; rest /= 10)
    digits[n++] = (char)('0' + rest % 10);
  *p++ = '$';
  while (n > 0)
    *p++ = digits[--n];
  *p++ = '\r';
  *p++ = '\n';
  memcpy(p, text, len);
  p += len;
  *p++ = '\r';
  *p++ = '\n';
  return p;
}

static char *bare_command(char *p) {
  memcpy(p, "*3\r\n", 4);
  p = bare_bulk(p + 4, "PUBLISH", 7);
  p = bare_bulk(p, channel, sizeof channel - 1);
  return bare_bulk(p, payload, PAYLOAD);
}

static void bare_write(int fd, const char *bytes, size_t n) {
  while (n > 0) {
    ssize_t put = write(fd, bytes, n);
    require(put > 0, "write");
    bytes += put;
    n -= (size_t)put;
  }
}

static volatile int64_t sink;

/* Reads until so many numbers have come. */
static void bare_replies(int fd, size_t n) {
  char in[16384];
  int64_t number = 0;
  while (n > 0) {
    ssize_t got = read(fd, in, sizeof in);
    require(got > 0, "read");
    for (ssize_t i = 0; i < got; i++) {
      if (in[i] == ':')
        number = 0;
      else if (in[i] >= '0')
        number = number * 10 + (in[i] - '0');
      else if (in[i] == '\n') {
        sink = number;
        n--;
      }
    }
  }
}

static void bare_sync(context *c, size_t n) {
  char out[512];
  for (size_t i = 0; i < n; i++) {
    bare_write(c->bare, out, (size_t)(bare_command(out) - out));
    bare_replies(c->bare, 1);
  }
}

static void bare_batches(context *c, size_t n) {
  static char out[BATCH * 512];
  for (size_t i = 0; i < n; i += BATCH) {
    char *end = out;
    for (size_t k = 0; k < BATCH; k++)
      end = bare_command(end);
    bare_write(c->bare, out, (size_t)(end - out));
    bare_replies(c->bare, BATCH);
  }
}

/* ------------------------------------------------------------------------------------------------
 * Measuring */

static double seconds_of(struct timeval t) {
  return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static double cpu_us(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime)) * 1e6;
}

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

typedef struct contender {
  const char *name;
  engine run;
  double ns[ROUNDS], us[ROUNDS];
} contender;

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Sorts the figures. */
static double median(double figures[ROUNDS]) {
  qsort(figures, ROUNDS, sizeof figures[0], compare_doubles);
  return figures[ROUNDS / 2];
}

static double mean(double figures[ROUNDS]) {
  double sum = 0;
  for (int i = 0; i < ROUNDS; i++)
    sum += figures[i];
  return sum / ROUNDS;
}

static void count(const char *workload, const contender *e, context *c, size_t n) {
  char label[128];
  snprintf(label, sizeof label, "%s\t%s\t%zu", workload, e->name, n);
  e->run(c, n);
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  e->run(c, n);
  CALLGRIND_DUMP_STATS_AT(label);
  CALLGRIND_STOP_INSTRUMENTATION;
}

static void measure(contender *e, int round, context *c, size_t n,
                    void (*run)(context *, engine, size_t)) {
  double ns = now_ns(), us = cpu_us();
  run(c, e->run, n);
  e->ns[round] = (now_ns() - ns) / (double)n;
  e->us[round] = (cpu_us() - us) / (double)n;
}

static void compare(const char *workload, contender *engines, size_t n_engines, context *c,
                    size_t n, void (*run)(context *, engine, size_t),
                    double (*figure)(double figures[ROUNDS])) {
  for (int round = 0; round < ROUNDS; round++) {
    for (size_t i = 0; i < n_engines; i++)
      measure(&engines[i], round, c, n, run);
  }
  for (size_t i = 0; i < n_engines; i++)
    printf("%s\t%s\t%.0f\t%.3f\n", workload, engines[i].name, figure(engines[i].ns),
           figure(engines[i].us));
  fflush(stdout);
}

static void alone(context *c, engine run, size_t n) {
  run(c, n);
}

typedef struct task {
  context *c;
  engine run;
  size_t n;
} task;

static void *run_task(void *ctx) {
  task *t = ctx;
  t->run(t->c, t->n);
  return NULL;
}

static void together(context *c, engine run, size_t n) {
  pthread_t threads[THREADS];
  task t = {c, run, n / THREADS};
  for (int i = 0; i < THREADS; i++)
    require(pthread_create(&threads[i], NULL, run_task, &t) == 0, "pthread_create");
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
}

/* ------------------------------------------------------------------------------------------------
 * Where it runs */

static void place(context *c, const cpu_set_t *client, const cpu_set_t *server) {
  require(sched_setaffinity(0, sizeof *client, client) == 0, "sched_setaffinity");
  require(sched_setaffinity(c->server, sizeof *server, server) == 0, "sched_setaffinity");
}

/* The last core that may be used, and which is not the other. False: there is none. */
static bool pick_core(const cpu_set_t *usable, const cpu_set_t *other, cpu_set_t *core) {
  CPU_ZERO(core);
  for (size_t i = CPU_SETSIZE; i-- > 0;) {
    if (CPU_ISSET(i, usable) && !CPU_ISSET(i, other)) {
      CPU_SET(i, core);
      return true;
    }
  }
  return false;
}

/* Both: with server and clients on one core, and with the server on another. */
static void compare_placed(const char *workload, contender *engines, size_t n_engines, context *c,
                           size_t n, void (*run)(context *, engine, size_t)) {
  char label[64];
  cpu_set_t usable, none, one, two;
  CPU_ZERO(&none);
  require(sched_getaffinity(0, sizeof usable, &usable) == 0, "sched_getaffinity");
  require(pick_core(&usable, &none, &one), "a core");
  place(c, &one, &one);
  snprintf(label, sizeof label, "%s, one core", workload);
  compare(label, engines, n_engines, c, n, run, median);
  if (pick_core(&usable, &one, &two)) {
    place(c, &one, &two);
    snprintf(label, sizeof label, "%s, two cores", workload);
    compare(label, engines, n_engines, c, n / 4, run, median);
  }
  place(c, &usable, &usable);
}

#define ENGINES(list) (sizeof(list) / sizeof(list)[0])

static void run_all(context *c) {
  contender sync[] = {{.name = "respub", .run = respub_sync},
                      {.name = "bare", .run = bare_sync},
                      {.name = "hiredis", .run = hiredis_sync}};
  contender threads[] = {{.name = "respub", .run = respub_sync},
                         {.name = "hiredis", .run = hiredis_locked}};
  contender batches[] = {{.name = "respub", .run = respub_batches},
                         {.name = "respub queue", .run = respub_queue},
                         {.name = "bare", .run = bare_batches},
                         {.name = "hiredis", .run = hiredis_batches}};
  contender big[] = {{.name = "respub", .run = respub_large},
                     {.name = "hiredis", .run = hiredis_large}};
  if (RUNNING_ON_VALGRIND) {
    for (size_t i = 0; i < ENGINES(sync); i++)
      count("one at a time", &sync[i], c, 1000);
    for (size_t i = 0; i < ENGINES(batches); i++)
      count("batches of 1,000", &batches[i], c, 10 * BATCH);
    return;
  }
  compare_placed("one at a time", sync, ENGINES(sync), c, 800, alone);
  compare_placed("8 threads", threads, ENGINES(threads), c, 8 * 1000, together);
  compare("8 threads, anywhere", threads, ENGINES(threads), c, 8 * 1000, together, mean);
  compare("batches of 1,000", batches, ENGINES(batches), c, 10 * BATCH, alone, median);
  compare("4 MiB payload", big, ENGINES(big), c, 2, alone, median);
}

static void *return_at_once(void *ctx) {
  return ctx;
}

static void have_second_thread(void) {
  pthread_t thread;
  require(pthread_create(&thread, NULL, return_at_once, NULL) == 0, "pthread_create");
  pthread_join(thread, NULL);
}

static int bare_connect(uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  require(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

int main(void) {
  context c = {.lock = PTHREAD_MUTEX_INITIALIZER};
  respub_publisher_options o;
  respub_test_server *server = respub_test_server_start(NULL);
  require(server != NULL, "redis-server");
  large = calloc(1, LARGE);
  require(large != NULL, "calloc");
  memset(payload, 'p', sizeof payload);
  if (!RUNNING_ON_VALGRIND)
    have_second_thread();
  respub_publisher_options_init(&o);
  require(respub_options_from_url(&o.connection, respub_test_server_url(server), NULL) == RESPUB_OK,
          "url");
  require(respub_publisher_open(&c.pub, &o, NULL) == RESPUB_OK, "open");
  require(respub_publisher_connect(c.pub, NULL) == RESPUB_OK, "connect");
  c.hiredis = redisConnect("127.0.0.1", respub_test_server_port(server));
  require(c.hiredis != NULL && c.hiredis->err == 0, "redisConnect");
  c.bare = bare_connect(respub_test_server_port(server));
  c.server = respub_test_server_id(server);
  run_all(&c);
  close(c.bare);
  redisFree(c.hiredis);
  respub_publisher_close(c.pub);
  respub_test_server_free(server);
  free(large);
  return 0;
}
