/* The codec beside hiredis and beside a bare floor: code that trusts its input, checks nothing but
 * whether the bytes are there, and stores the slices. All three get the same bytes in the same
 * reads.
 *
 * Prints a line a measurement: workload, engine, nanoseconds of one frame (the best of several
 * rounds). Under callgrind it dumps the counts of one round instead; tests/bench/resp_table makes
 * the table. */
#include "resp/resp.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <valgrind/callgrind.h>

enum {
  NODES = 64,
  ROUNDS = 15
};

typedef struct workload {
  const char *name;
  char *stream;
  size_t len;
  size_t frames;
  size_t *reads; /* how much of the stream has arrived after each read */
  size_t n_reads;
} workload;

/* Returns the number of frames that it found or wrote. */
typedef size_t (*engine)(const workload *w);

static void *need(void *memory) {
  if (memory == NULL) {
    fputs("out of memory\n", stderr);
    exit(1);
  }
  return memory;
}

static volatile size_t sink; /* keeps the results alive */

static size_t respub_reads(const workload *w) {
  respub_node nodes[NODES];
  respub_decoder d;
  size_t found = 0, at = 0, used;
  respub_decoder_init(&d, NULL, nodes, NODES);
  for (size_t i = 0; i < w->n_reads; i++) {
    while (respub_decode(&d, w->stream + at, w->reads[i] - at, &used) == RESPUB_OK) {
      at += used;
      found++;
    }
  }
  sink = nodes[0].text.len;
  return found;
}

static size_t hiredis_reads(const workload *w) {
  redisReader *reader = (redisReader *)need(redisReaderCreate());
  size_t found = 0, before = 0;
  for (size_t i = 0; i < w->n_reads; before = w->reads[i++]) {
    redisReaderFeed(reader, w->stream + before, w->reads[i] - before);
    void *reply = NULL;
    while (redisReaderGetReply(reader, &reply) == REDIS_OK && reply != NULL) {
      freeReplyObject(reply);
      found++;
    }
  }
  redisReaderFree(reader);
  return found;
}

/* The number of a header and the byte behind its CR LF; NULL when the header is cut. */
static const char *bare_header(const char *p, const char *end, long *number) {
  long n = 0, sign = 1;
  if (p < end && *p == '-') {
    sign = -1;
    p++;
  }
  for (; p < end && *p != '\r'; p++)
    n = n * 10 + (*p - '0');
  *number = n * sign;
  return end - p >= 2 ? p + 2 : NULL;
}

static const char *bare_value(const char *p, const char *end, respub_slice *slices) {
  long missing = 1, number;
  for (size_t i = 0; missing > 0; missing--, i++) {
    if (p == end)
      return NULL;
    const char type = *p++;
    if (type == '+') {
      slices[i].ptr = p;
      while (p < end && *p != '\r')
        p++;
      slices[i].len = (size_t)(p - slices[i].ptr);
      p += 2;
    } else {
      p = bare_header(p, end, &number);
      if (p == NULL)
        return NULL;
      if (type == '*') {
        missing += number;
      } else if (type == '$' && number >= 0) {
        slices[i] = respub_slice_of(p, (size_t)number);
        if (end - p < number + 2)
          return NULL;
        p += number + 2;
      }
    }
  }
  return p <= end ? p : NULL;
}

static size_t bare_reads(const workload *w) {
  respub_slice slices[NODES] = {{NULL, 0}};
  size_t found = 0, at = 0;
  for (size_t i = 0; i < w->n_reads; i++) {
    const char *next;
    while ((next = bare_value(w->stream + at, w->stream + w->reads[i], slices)) != NULL) {
      at = (size_t)(next - w->stream);
      found++;
    }
  }
  sink = slices[0].len;
  return found;
}

static char out[64 * 1024];

static size_t publish_frames(const workload *w, respub_slice *args) {
  args[0] = RESPUB_LIT("PUBLISH");
  args[1] = RESPUB_LIT("TICKER_UPDATES_ABCD");
  args[2] = respub_slice_of(w->stream, w->len);
  return w->frames;
}

static size_t respub_publishes(const workload *w) {
  respub_slice args[3];
  const size_t frames = publish_frames(w, args);
  for (size_t i = 0; i < frames; i++)
    sink = respub_encode_command(out, sizeof out, args, 3);
  return frames;
}

static size_t respub_prepared_publishes(const workload *w) {
  respub_slice args[3];
  char prefix[64];
  const size_t frames = publish_frames(w, args);
  const size_t size = respub_encode_command_prefix(prefix, sizeof prefix, 3, args, 2);
  for (size_t i = 0; i < frames; i++) {
    memcpy(out, prefix, size);
    sink = size + respub_encode_text(out + size, sizeof out - size, RESPUB_BULK, args[2]);
  }
  return frames;
}

/* What goes out by writev beside the payload. */
static size_t respub_publish_headers(const workload *w) {
  respub_slice args[3];
  char prefix[64];
  const size_t frames = publish_frames(w, args);
  const size_t size = respub_encode_command_prefix(prefix, sizeof prefix, 3, args, 2);
  for (size_t i = 0; i < frames; i++) {
    memcpy(out, prefix, size);
    sink = size + respub_encode_bulk_header(out + size, sizeof out - size, args[2].len);
  }
  return frames;
}

static size_t hiredis_publishes(const workload *w) {
  respub_slice args[3];
  const size_t frames = publish_frames(w, args);
  const char *argv[] = {args[0].ptr, args[1].ptr, args[2].ptr};
  const size_t lens[] = {args[0].len, args[1].len, args[2].len};
  for (size_t i = 0; i < frames; i++) {
    char *command;
    sink = (size_t)redisFormatCommandArgv(&command, 3, argv, lens);
    redisFreeCommand(command);
  }
  return frames;
}

static size_t hiredis_formats(const workload *w) {
  respub_slice args[3];
  const size_t frames = publish_frames(w, args);
  for (size_t i = 0; i < frames; i++) {
    char *command;
    sink = (size_t)redisFormatCommand(&command, "PUBLISH %b %b", args[1].ptr, args[1].len,
                                      args[2].ptr, args[2].len);
    redisFreeCommand(command);
  }
  return frames;
}

static char *bare_bulk(char *p, respub_slice text) {
  char digits[20];
  size_t n = 0;
  for (size_t rest = text.len; n == 0 || rest > 0; rest /= 10)
    digits[n++] = (char)('0' + rest % 10);
  *p++ = '$';
  while (n > 0)
    *p++ = digits[--n];
  *p++ = '\r';
  *p++ = '\n';
  memcpy(p, text.ptr, text.len);
  p += text.len;
  *p++ = '\r';
  *p++ = '\n';
  return p;
}

static size_t bare_publishes(const workload *w) {
  respub_slice args[3];
  const size_t frames = publish_frames(w, args);
  for (size_t i = 0; i < frames; i++) {
    char *p = out;
    memcpy(p, "*3\r\n", 4);
    p += 4;
    for (size_t k = 0; k < 3; k++)
      p = bare_bulk(p, args[k]);
    sink = (size_t)(p - out);
  }
  return frames;
}

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void require(size_t found, const workload *w, const char *name) {
  if (found != w->frames) {
    fprintf(stderr, "%s, %s: %zu frames instead of %zu\n", w->name, name, found, w->frames);
    exit(1);
  }
}

static void count(const workload *w, const char *name, engine run) {
  char label[128];
  snprintf(label, sizeof label, "%s\t%s\t%zu", w->name, name, w->frames);
  require(run(w), w, name); /* lazy binding is over */
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  require(run(w), w, name);
  CALLGRIND_DUMP_STATS_AT(label);
  CALLGRIND_STOP_INSTRUMENTATION;
}

static void measure(const workload *w, const char *name, engine run) {
  if (RUNNING_ON_VALGRIND) {
    count(w, name, run);
    return;
  }
  double best = 1e300;
  for (int round = 0; round < ROUNDS; round++) {
    const double start = now_ns();
    require(run(w), w, name);
    const double took = now_ns() - start;
    best = took < best ? took : best;
  }
  printf("%s\t%s\t%.1f\n", w->name, name, best / (double)w->frames);
}

static uint64_t next_random(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return *state >> 33;
}

/* read_size 0: reads of 1 to 64 bytes at random; else of that size. */
static workload stream_of(const char *name, const char *frame, size_t frame_len, size_t frames,
                          size_t read_size) {
  workload w = {name, NULL, frame_len * frames, frames, NULL, 0};
  uint64_t seed = 1;
  w.stream = (char *)need(malloc(w.len));
  w.reads = (size_t *)need(malloc((w.len + 1) * sizeof *w.reads));
  for (size_t i = 0; i < frames; i++)
    memcpy(w.stream + i * frame_len, frame, frame_len);
  for (size_t at = 0; at < w.len;) {
    at += read_size != 0 ? read_size : 1 + next_random(&seed) % 64;
    w.reads[w.n_reads++] = at < w.len ? at : w.len;
  }
  return w;
}

static void run_stream(const char *name, const char *frame, size_t len, size_t frames,
                       size_t read_size) {
  workload w = stream_of(name, frame, len, frames, read_size);
  measure(&w, "respub", respub_reads);
  measure(&w, "bare", bare_reads);
  measure(&w, "hiredis", hiredis_reads);
  free(w.stream);
  free(w.reads);
}

static size_t frame_of(char *frame, size_t cap, const char *head, size_t payload) {
  const int n = snprintf(frame, cap, "%s$%zu\r\n", head, payload);
  memset(frame + n, 'p', payload);
  memcpy(frame + (size_t)n + payload, "\r\n", 2);
  return (size_t)n + payload + 2;
}

static void run_messages(void) {
  static char frame[80 * 1024];
  const char *message = "*3\r\n$7\r\nmessage\r\n$19\r\nTICKER_UPDATES_ABCD\r\n";
  const char *pmessage =
      "*4\r\n$8\r\npmessage\r\n$16\r\nTICKER_UPDATES_*\r\n$19\r\nTICKER_UPDATES_ABCD\r\n";
  size_t len = frame_of(frame, sizeof frame, message, 200);
  run_stream("message 200 B, 16 KiB reads", frame, len, 6500, 16384);
  run_stream("message 200 B, 1460 B reads", frame, len, 6500, 1460);
  run_stream("message 200 B, 1 to 64 B reads", frame, len, 6500, 0);
  len = frame_of(frame, sizeof frame, pmessage, 200);
  run_stream("pmessage 200 B, 16 KiB reads", frame, len, 6500, 16384);
  len = frame_of(frame, sizeof frame, message, 65536);
  run_stream("message 64 KiB, 16 KiB reads", frame, len, 100, 16384);
}

static void run_replies(void) {
  run_stream("reply :1, 16 KiB reads", ":1\r\n", 4, 50000, 16384);
  run_stream("reply +OK, 16 KiB reads", "+OK\r\n", 5, 50000, 16384);
  run_stream("reply $-1, 16 KiB reads", "$-1\r\n", 5, 50000, 16384);
  run_stream("reply :1, alone", ":1\r\n", 4, 50000, 4);
  run_stream("reply +OK, alone", "+OK\r\n", 5, 50000, 5);
  run_stream("reply $-1, alone", "$-1\r\n", 5, 50000, 5);
  const char *error = "-NOPERM No permissions to access a channel\r\n";
  run_stream("reply -NOPERM, alone", error, strlen(error), 50000, strlen(error));
}

static void run_publishes(void) {
  char payload[200];
  memset(payload, 'p', sizeof payload);
  workload w = {"PUBLISH 200 B", payload, sizeof payload, 10000, NULL, 0};
  measure(&w, "respub", respub_publishes);
  measure(&w, "bare", bare_publishes);
  measure(&w, "hiredis", hiredis_publishes);
  measure(&w, "hiredis %b", hiredis_formats);
  measure(&w, "prepared", respub_prepared_publishes);
  measure(&w, "header only", respub_publish_headers);
}

int main(void) {
  run_messages();
  run_replies();
  run_publishes();
  return 0;
}
