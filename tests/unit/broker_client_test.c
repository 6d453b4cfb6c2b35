/* Clients of a hub, without sockets: what one says, and what the others get. */
#include "broker/client.h"
#include "broker/reply.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct fixture {
  respub_test_alloc alloc;
  respub__broker_hub hub;
  size_t log_lines;
  char last_log[256];
} fixture;

static void keep_line(void *ctx, respub_log_level level, const char *line) {
  fixture *f = ctx;
  (void)level;
  f->log_lines++;
  snprintf(f->last_log, sizeof f->last_log, "%s", line);
}

static void open_fixture(fixture *f, size_t client_output_bytes, const char *password) {
  *f = (fixture){.alloc = RESPUB_TEST_ALLOC_COUNTING};
  respub_broker_options options = {
      .password = password,
      .client_output_bytes = client_output_bytes,
      .allocator = respub_test_allocator(&f->alloc),
      .log = {f, keep_line},
  };
  respub__broker_hub_init(&f->hub, &options);
}

static void close_fixture(fixture *f) {
  while (f->hub.clients.count > 0)
    respub__broker_client_free(
        RESPUB__BROKER_OF(f->hub.clients.first, respub__broker_client, of_hub));
  respub__broker_hub_free(&f->hub);
  CU_ASSERT_EQUAL(f->alloc.live, 0);
}

static void give(respub__broker_client *c, respub_slice bytes) {
  while (bytes.len > 0) {
    char *place;
    size_t room;
    CU_ASSERT_EQUAL_FATAL(respub__broker_request_room(&c->request, &place, &room), RESPUB_OK);
    room = room < bytes.len ? room : bytes.len;
    memcpy(place, bytes.ptr, room);
    respub__broker_request_filled(&c->request, room);
    bytes = respub_slice_of(bytes.ptr + room, bytes.len - room);
  }
}

static void say(respub__broker_client *c, const char *text) {
  give(c, respub_slice_of_string(text));
  CU_ASSERT_FALSE(respub__broker_client_execute(c, UINT64_MAX));
}

/* Takes all that a client would be sent. True when it is exactly this. */
static bool got(respub__broker_client *c, respub_slice expected) {
  bool equal = c->output.bytes == expected.len;
  size_t at = 0;
  while (c->output.bytes > 0) {
    respub_slice part;
    size_t n = respub__broker_output_parts(&c->output, &part, 1);
    CU_ASSERT_EQUAL_FATAL(n, 1);
    equal = equal && memcmp(part.ptr, expected.ptr + at, part.len) == 0;
    at += part.len;
    respub__broker_output_sent(&c->output, part.len);
  }
  return equal;
}

#define CHECK_GOT(client, text) CU_ASSERT_TRUE(got(client, RESPUB_LIT(text)))

/* ------------------------------------------------------------------------------------------------
 */

static void a_message_reaches_channel_and_pattern_subscribers(void) {
  fixture f;
  respub__broker_client a, b, c;
  open_fixture(&f, 0, NULL);
  respub__broker_client_init(&a, &f.hub);
  respub__broker_client_init(&b, &f.hub);
  respub__broker_client_init(&c, &f.hub);
  say(&a, "SUBSCRIBE x\r\nPSUBSCRIBE *\r\n");
  say(&b, "PSUBSCRIBE *\r\n");
  (void)got(&a, RESPUB_LIT(""));
  (void)got(&b, RESPUB_LIT(""));
  say(&c, "PUBLISH x hi\r\nPUBLISH y yo\r\n");
  CHECK_GOT(&a, "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$2\r\nhi\r\n"
                "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\nx\r\n$2\r\nhi\r\n"
                "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\ny\r\n$2\r\nyo\r\n");
  CHECK_GOT(&b, "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\nx\r\n$2\r\nhi\r\n"
                "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\ny\r\n$2\r\nyo\r\n");
  CHECK_GOT(&c, ":3\r\n:2\r\n");
  CU_ASSERT_EQUAL(f.hub.stats.published, 2);
  CU_ASSERT_EQUAL(f.hub.stats.delivered, 5);
  close_fixture(&f);
}

/* As it is on a single board: memory for one message, not for one each. */
static void a_large_message_is_kept_once_for_all(void) {
  enum {
    SUBSCRIBERS = 50,
    SIZE = 200000
  };
  fixture f;
  static respub__broker_client s[SUBSCRIBERS];
  respub__broker_client publisher;
  char header[64];
  char *payload = malloc(SIZE);
  CU_ASSERT_PTR_NOT_NULL_FATAL(payload);
  memset(payload, 'p', SIZE);
  open_fixture(&f, 0, NULL);
  for (int i = 0; i < SUBSCRIBERS; i++) {
    respub__broker_client_init(&s[i], &f.hub);
    say(&s[i], "SUBSCRIBE x\r\n");
  }
  respub__broker_client_init(&publisher, &f.hub);
  int len = snprintf(header, sizeof header, "*3\r\n$7\r\nPUBLISH\r\n$1\r\nx\r\n$%d\r\n", SIZE);
  give(&publisher, respub_slice_of(header, (size_t)len));
  give(&publisher, respub_slice_of(payload, SIZE));
  say(&publisher, "\r\n");
  CHECK_GOT(&publisher, ":50\r\n");
  for (int i = 0; i < SUBSCRIBERS; i++)
    CU_ASSERT_TRUE(s[i].output.bytes > SIZE);
  CU_ASSERT_TRUE(f.alloc.live_bytes < 2 * SIZE);
  free(payload);
  close_fixture(&f);
}

/* Nobody could get it otherwise: what a socket takes at once may be much less. */
static void the_largest_command_fits_into_the_output_of_a_subscriber(void) {
  enum {
    HEAD = sizeof "*3\r\n$7\r\nPUBLISH\r\n$1\r\nx\r\n$00000000\r\n" - 1
  };
  fixture f;
  respub__broker_client s, p;
  respub_broker_options options;
  respub_broker_options_init(&options);
  open_fixture(&f, 0, NULL);
  CU_ASSERT_EQUAL(f.hub.client_output_bytes, options.client_output_bytes);
  CU_ASSERT_EQUAL(f.hub.request_bytes, options.request_bytes);
  respub__broker_client_init(&s, &f.hub);
  respub__broker_client_init(&p, &f.hub);
  say(&s, "SUBSCRIBE x\r\n");
  size_t size = f.hub.request_bytes - HEAD - 2;
  char *payload = calloc(size, 1);
  CU_ASSERT_PTR_NOT_NULL_FATAL(payload);
  char head[HEAD + 1];
  snprintf(head, sizeof head, "*3\r\n$7\r\nPUBLISH\r\n$1\r\nx\r\n$%08zu\r\n", size);
  give(&p, respub_slice_of(head, HEAD));
  give(&p, respub_slice_of(payload, size));
  free(payload);
  say(&p, "\r\n");
  CHECK_GOT(&p, ":1\r\n");
  CU_ASSERT_EQUAL(s.state, RESPUB__BROKER_CLIENT_OPEN);
  close_fixture(&f);
}

static void who_does_not_read_is_lost_and_nobody_else(void) {
  fixture f;
  respub__broker_client slow, quick, publisher;
  open_fixture(&f, 100, NULL);
  respub__broker_client_init(&slow, &f.hub);
  respub__broker_client_init(&quick, &f.hub);
  respub__broker_client_init(&publisher, &f.hub);
  say(&slow, "SUBSCRIBE x\r\n");
  say(&quick, "SUBSCRIBE x\r\n");
  (void)got(&slow, RESPUB_LIT(""));
  for (int i = 0; i < 3; i++) {
    (void)got(&quick, RESPUB_LIT(""));
    say(&publisher, "PUBLISH x 0123456789\r\n");
    CU_ASSERT_EQUAL(slow.state, i < 2 ? RESPUB__BROKER_CLIENT_OPEN : RESPUB__BROKER_CLIENT_LOST);
  }
  CHECK_GOT(&publisher, ":2\r\n:2\r\n:1\r\n");
  CHECK_GOT(&quick, "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$10\r\n0123456789\r\n");
  CU_ASSERT_EQUAL(quick.state, RESPUB__BROKER_CLIENT_OPEN);
  CU_ASSERT_EQUAL(f.hub.stats.evicted, 1);
  CU_ASSERT_EQUAL(f.log_lines, 1);
  CU_ASSERT_STRING_EQUAL(f.last_log, "client 1: does not read, too much is waiting for it");
  close_fixture(&f);
}

/* Its topics must not go while the message still goes round. */
static void a_client_may_be_lost_in_the_middle_of_a_message(void) {
  fixture f;
  respub__broker_client slow, publisher;
  open_fixture(&f, 150, NULL);
  respub__broker_client_init(&slow, &f.hub);
  respub__broker_client_init(&publisher, &f.hub);
  say(&slow, "PSUBSCRIBE a* b*\r\n");
  (void)got(&slow, RESPUB_LIT(""));
  say(&slow, "PSUBSCRIBE *a *b\r\n");
  (void)got(&slow, RESPUB_LIT(""));
  say(&publisher, "PUBLISH aa 01234567890123456789012345678901234567890123456789\r\n");
  CU_ASSERT_EQUAL(slow.state, RESPUB__BROKER_CLIENT_LOST);
  CHECK_GOT(&publisher, ":1\r\n");
  say(&publisher, "PUBLISH aa x\r\n");
  CHECK_GOT(&publisher, ":0\r\n");
  respub__broker_client_free(&slow);
  say(&publisher, "PUBSUB NUMPAT\r\n");
  CHECK_GOT(&publisher, ":0\r\n");
  close_fixture(&f);
}

static void the_limit_is_the_last_size_that_passes(void) {
  fixture f;
  respub__broker_client c;
  open_fixture(&f, 14, NULL); /* two PONGs */
  respub__broker_client_init(&c, &f.hub);
  say(&c, "PING\r\nPING\r\n");
  CU_ASSERT_EQUAL(c.state, RESPUB__BROKER_CLIENT_OPEN);
  say(&c, "PING\r\n");
  CU_ASSERT_EQUAL(c.state, RESPUB__BROKER_CLIENT_LOST);
  close_fixture(&f);
}

static void a_flood_of_commands_takes_several_turns(void) {
  fixture f;
  respub__broker_client c;
  open_fixture(&f, 0, NULL);
  respub__broker_client_init(&c, &f.hub);
  for (int i = 0; i < 100; i++)
    give(&c, RESPUB_LIT("PING\r\n"));
  CU_ASSERT_TRUE(respub__broker_client_execute(&c, f.hub.work + 10));
  CU_ASSERT_EQUAL(c.output.bytes, 70);
  CU_ASSERT_TRUE(respub__broker_client_execute(&c, f.hub.work + 89));
  CU_ASSERT_EQUAL(c.output.bytes, 99 * 7);
  CU_ASSERT_FALSE(respub__broker_client_execute(&c, f.hub.work + 10));
  CU_ASSERT_EQUAL(c.output.bytes, 700);
  close_fixture(&f);
}

/* One command for many is as much work as many commands for one. */
static void receivers_and_patterns_count_as_work(void) {
  fixture f;
  respub__broker_client a, b, c;
  open_fixture(&f, 0, NULL);
  respub__broker_client_init(&a, &f.hub);
  respub__broker_client_init(&b, &f.hub);
  respub__broker_client_init(&c, &f.hub);
  say(&a, "SUBSCRIBE x\r\nPSUBSCRIBE y z\r\n");
  say(&b, "SUBSCRIBE x\r\n");
  uint64_t before = f.hub.work;
  say(&c, "PUBLISH x hello\r\n");
  CU_ASSERT_EQUAL(f.hub.work - before, 5);
  before = f.hub.work;
  say(&c, "PUBSUB CHANNELS nothing\r\n");
  CU_ASSERT_TRUE(f.hub.work - before >= 2);
  close_fixture(&f);
}

/* A pattern and a channel of thousands of bytes each are millions of steps. */
static void long_patterns_and_channels_count_as_more_work(void) {
  enum {
    LONG = 4000,
    COMMANDS = 50
  };
  fixture f;
  respub__broker_client s, p;
  static char text[LONG + 32];
  open_fixture(&f, 0, NULL);
  respub__broker_client_init(&s, &f.hub);
  respub__broker_client_init(&p, &f.hub);
  memset(text, 'a', sizeof text);
  give(&s, RESPUB_LIT("PSUBSCRIBE *"));
  give(&s, respub_slice_of(text, LONG));
  say(&s, "b\r\n");
  give(&s, RESPUB_LIT("SUBSCRIBE "));
  give(&s, respub_slice_of(text, LONG));
  say(&s, "\r\n");
  for (int i = 0; i < COMMANDS; i++) {
    give(&p, RESPUB_LIT("PUBLISH "));
    give(&p, respub_slice_of(text, LONG));
    give(&p, RESPUB_LIT(" x\r\n"));
  }
  CU_ASSERT_TRUE(respub__broker_client_execute(&p, f.hub.work + 10000));
  CU_ASSERT_TRUE(f.hub.stats.published >= 1);
  CU_ASSERT_TRUE(f.hub.stats.published < COMMANDS / 2);
  CU_ASSERT_FALSE(respub__broker_client_execute(&p, UINT64_MAX));
  CU_ASSERT_EQUAL(f.hub.stats.published, COMMANDS);
  uint64_t before = f.hub.work;
  give(&p, RESPUB_LIT("PUBSUB CHANNELS *"));
  give(&p, respub_slice_of(text, LONG));
  say(&p, "b\r\n");
  CU_ASSERT_TRUE(f.hub.work - before >= 1000);
  close_fixture(&f);
}

static void nothing_is_executed_after_the_end(void) {
  const char *const endings[] = {"QUIT\r\nPUBLISH x a\r\n", "*x\r\nPUBLISH x a\r\n",
                                 "POST / HTTP/1.1\r\nPUBLISH x a\r\n"};
  const char *const replies[] = {"+OK\r\n", "-ERR Protocol error: invalid multibulk length\r\n",
                                 ""};
  for (int i = 0; i < 3; i++) {
    fixture f;
    respub__broker_client c;
    open_fixture(&f, 0, NULL);
    respub__broker_client_init(&c, &f.hub);
    say(&c, endings[i]);
    say(&c, "PING\r\n");
    CU_ASSERT_NOT_EQUAL(c.state, RESPUB__BROKER_CLIENT_OPEN);
    CU_ASSERT_EQUAL(f.hub.stats.published, 0);
    CU_ASSERT_EQUAL(f.hub.touched.count, 1);
    CU_ASSERT_TRUE(got(&c, respub_slice_of_string(replies[i])));
    close_fixture(&f);
  }
}

static void who_leaves_gets_no_more_messages(void) {
  fixture f;
  respub__broker_client leaving, publisher;
  open_fixture(&f, 0, NULL);
  respub__broker_client_init(&leaving, &f.hub);
  respub__broker_client_init(&publisher, &f.hub);
  say(&leaving, "SUBSCRIBE x\r\nQUIT\r\n");
  say(&publisher, "PUBLISH x a\r\nPUBSUB CHANNELS\r\n");
  CHECK_GOT(&publisher, ":0\r\n*0\r\n");
  CHECK_GOT(&leaving, "*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n+OK\r\n");
  close_fixture(&f);
}

static void unsubscribing_from_all_names_each_with_what_is_left(void) {
  fixture f;
  respub__broker_client c;
  open_fixture(&f, 0, NULL);
  respub__broker_client_init(&c, &f.hub);
  say(&c, "SUBSCRIBE a b\r\nPSUBSCRIBE p\r\n");
  (void)got(&c, RESPUB_LIT(""));
  say(&c, "UNSUBSCRIBE\r\n");
  CHECK_GOT(&c, "*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:2\r\n"
                "*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:1\r\n");
  say(&c, "PUNSUBSCRIBE\r\n");
  CHECK_GOT(&c, "*3\r\n$12\r\npunsubscribe\r\n$1\r\np\r\n:0\r\n");
  close_fixture(&f);
}

static void what_redis_7_0_does_not_know_is_answered_as_later_ones_do(void) {
  fixture f;
  respub__broker_client c;
  open_fixture(&f, 0, NULL);
  respub__broker_client_init(&c, &f.hub);
  say(&c, "CLIENT SETINFO lib-name respub\r\nclient setinfo LIB-VER 1.0\r\n");
  CHECK_GOT(&c, "+OK\r\n+OK\r\n");
  say(&c, "CLIENT SETINFO lib-name 'a b'\r\nCLIENT SETINFO lib-ver '\n'\r\n");
  CHECK_GOT(&c, "-ERR lib-name cannot contain spaces, newlines or special characters.\r\n"
                "-ERR Protocol error: unbalanced quotes in request\r\n");
  respub__broker_client d;
  respub__broker_client_init(&d, &f.hub);
  say(&d, "CLIENT SETINFO nosuch x\r\nCLIENT SETINFO lib-name\r\n");
  CHECK_GOT(&d, "-ERR Unrecognized option 'nosuch'\r\n"
                "-ERR wrong number of arguments for 'client|setinfo' command\r\n");
  close_fixture(&f);
}

static void a_stranger_may_not_name_its_library(void) {
  fixture f;
  respub__broker_client c;
  open_fixture(&f, 0, "secret");
  respub__broker_client_init(&c, &f.hub);
  say(&c, "CLIENT SETINFO lib-name x\r\nAUTH secret\r\nCLIENT SETINFO lib-name x\r\n");
  CHECK_GOT(&c, "-NOAUTH Authentication required.\r\n+OK\r\n+OK\r\n");
  close_fixture(&f);
}

static void info_has_the_sections_that_are_asked_for(void) {
  fixture f;
  respub__broker_client c;
  open_fixture(&f, 0, NULL);
  respub__broker_client_init(&c, &f.hub);
  say(&c, "INFO clients\r\nINFO persistence replication\r\nINFO nosuch\r\n");
  CHECK_GOT(&c, "$32\r\n# Clients\r\nconnected_clients:1\r\n\r\n"
                "$76\r\n# Persistence\r\nloading:0\r\n\r\n"
                "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n$0\r\n\r\n");
  say(&c, "INFO\r\nINFO all\r\n");
  CU_ASSERT_TRUE(c.output.bytes > 2 * 300);
  close_fixture(&f);
}

static void help_lists_only_what_there_is(void) {
  fixture f;
  respub__broker_client c;
  open_fixture(&f, 0, NULL);
  respub__broker_client_init(&c, &f.hub);
  say(&c, "CLIENT HELP\r\nPUBSUB HELP\r\n");
  respub_slice part;
  CU_ASSERT_EQUAL_FATAL(respub__broker_output_parts(&c.output, &part, 1), 1);
  CU_ASSERT_TRUE(respub_slice_starts_with(part, RESPUB_LIT("*5\r\n+CLIENT ")));
  close_fixture(&f);
}

/* Every allocation fails once; whatever then happens to a client, it never gets a part of a reply.
 */
static void without_memory_a_client_is_lost_not_misled(void) {
  static const char whole[] = "*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n"
                              "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$1\r\na\r\n";
  bool failed = true;
  for (size_t n = 0; failed; n++) {
    fixture f;
    respub__broker_client s, p;
    open_fixture(&f, 0, NULL);
    respub__broker_client_init(&s, &f.hub);
    respub__broker_client_init(&p, &f.hub);
    give(&s, RESPUB_LIT("CLIENT SETNAME me\r\nSUBSCRIBE x\r\n"));
    give(&p, RESPUB_LIT("PUBLISH x a\r\n"));
    f.alloc.fail_at = f.alloc.calls + n;
    (void)respub__broker_client_execute(&s, UINT64_MAX);
    (void)respub__broker_client_execute(&p, UINT64_MAX);
    failed = f.alloc.failed > 0;
    bool lost = s.state == RESPUB__BROKER_CLIENT_LOST || p.state == RESPUB__BROKER_CLIENT_LOST;
    CU_ASSERT_EQUAL(lost, failed);
    if (s.state == RESPUB__BROKER_CLIENT_OPEN && p.state == RESPUB__BROKER_CLIENT_OPEN) {
      respub__broker_output_sent(&s.output, 5); /* +OK */
      CU_ASSERT_TRUE(got(&s, respub_slice_of(whole, sizeof whole - 1)));
      CHECK_GOT(&p, ":1\r\n");
    }
    close_fixture(&f);
  }
}

static void reset_forgets_name_subscriptions_and_password(void) {
  fixture f;
  respub__broker_client c;
  open_fixture(&f, 0, "secret");
  respub__broker_client_init(&c, &f.hub);
  say(&c, "AUTH secret\r\nCLIENT SETNAME me\r\nSUBSCRIBE x\r\nRESET\r\n");
  CU_ASSERT_FALSE(c.authenticated);
  CU_ASSERT_PTR_NULL(c.name);
  CU_ASSERT_FALSE(respub__broker_client_subscribed(&c));
  CU_ASSERT_PTR_NULL(
      respub__broker_topic_find(&f.hub.topics, RESPUB__BROKER_CHANNEL, RESPUB_LIT("x")));
  close_fixture(&f);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(a_message_reaches_channel_and_pattern_subscribers),
      RESPUB_TEST(a_large_message_is_kept_once_for_all),
      RESPUB_TEST(the_largest_command_fits_into_the_output_of_a_subscriber),
      RESPUB_TEST(who_does_not_read_is_lost_and_nobody_else),
      RESPUB_TEST(a_client_may_be_lost_in_the_middle_of_a_message),
      RESPUB_TEST(the_limit_is_the_last_size_that_passes),
      RESPUB_TEST(a_flood_of_commands_takes_several_turns),
      RESPUB_TEST(receivers_and_patterns_count_as_work),
      RESPUB_TEST(long_patterns_and_channels_count_as_more_work),
      RESPUB_TEST(nothing_is_executed_after_the_end),
      RESPUB_TEST(who_leaves_gets_no_more_messages),
      RESPUB_TEST(unsubscribing_from_all_names_each_with_what_is_left),
      RESPUB_TEST(what_redis_7_0_does_not_know_is_answered_as_later_ones_do),
      RESPUB_TEST(a_stranger_may_not_name_its_library),
      RESPUB_TEST(info_has_the_sections_that_are_asked_for),
      RESPUB_TEST(help_lists_only_what_there_is),
      RESPUB_TEST(without_memory_a_client_is_lost_not_misled),
      RESPUB_TEST(reset_forgets_name_subscriptions_and_password),
  };
  return respub_test_main("broker client", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
