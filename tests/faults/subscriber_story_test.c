/* The table of faults in the README's section on reliability: for each, the events, in order. */
#include "pubsub/pubsub.h"
#include "tests/support/peer.h"
#include "tests/support/subscriber_fixture.h"
#include "tests/support/trickle.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static respub_subscriber_options options(void) {
  respub_subscriber_options o = quick_options();
  o.slow_retry_ms = 100;
  o.connection.connect_timeout_ms = respub_test_scaled(500);
  return o;
}

static void begin(const respub_subscriber_options *o, respub_handler *handler) {
  open_on(o, "x", handler);
  CU_ASSERT_TRUE(saw("subscribed x", 1));
}

/* ------------------------------------------------------------------------------------------------
 * Stories: names of events, one behind the other; with a star, any number of that one (at least
 * one with a plus) */

static bool is_line(size_t at, const char *name, size_t len) {
  const char *line = seen.lines[at];
  return strncmp(line, name, len) == 0 && (line[len] == ' ' || line[len] == '\0');
}

/* What was recorded is this story, from the first line to the last. */
static bool is_story(const char *story) {
  size_t at = 0;
  while (*story != '\0') {
    size_t len = strcspn(story, "*+ ");
    char mark = story[len];
    size_t first = at;
    while (at < seen.count && is_line(at, story, len) &&
           (at == first || mark == '*' || mark == '+'))
      at++;
    if (at == first && mark != '*')
      return false;
    story += len;
    story += strspn(story, "*+ ");
  }
  return at == seen.count;
}

static void check_story(const char *story) {
  pthread_mutex_lock(&seen.lock);
  bool right = is_story(story);
  pthread_mutex_unlock(&seen.lock);
  CU_ASSERT_TRUE(right);
  if (right)
    return;
  fprintf(stderr, "\nnot: %s\n", story);
  respub_test_show_recorded(&seen);
}

/* Comes back, and messages come with it. */
static void check_back(const char *story) {
  CU_ASSERT_TRUE(saw("restored", 1));
  CU_ASSERT_TRUE(tell("PUBLISH x y", ":1"));
  CU_ASSERT_TRUE(saw("message", 1));
  check_story(story);
}

/* ------------------------------------------------------------------------------------------------
 */

static void a_server_that_ends_and_comes_again(void) {
  for (int killed = 0; killed < 2; killed++) {
    respub_subscriber_options o = options();
    begin(&o, respub_test_record);
    CU_ASSERT_TRUE(killed ? respub_test_server_kill(server) : respub_test_server_stop(server));
    CU_ASSERT_TRUE(saw("connect_failed", 1));
    CU_ASSERT_TRUE(respub_test_server_restart(server));
    check_back("connected subscribed disconnected connect_failed+ connected subscribed gap restored"
               " message");
    end();
  }
}

static void a_client_that_is_killed(void) {
  respub_subscriber_options o = options();
  begin(&o, respub_test_record);
  CU_ASSERT_TRUE(tell("CLIENT KILL TYPE pubsub", ":1"));
  check_back("connected subscribed disconnected connected subscribed gap restored message");
  end();
}

static void a_server_that_freezes(void) {
  respub_subscriber_options o = options();
  begin(&o, respub_test_record);
  CU_ASSERT_TRUE(respub_test_server_freeze(server));
  CU_ASSERT_TRUE(saw("disconnected the peer sent nothing", 1));
  CU_ASSERT_TRUE(saw("connect_failed", 1));
  CU_ASSERT_TRUE(respub_test_server_thaw(server));
  check_back("connected subscribed disconnected connect_failed+ connected subscribed gap restored"
             " message");
  end();
}

static void a_pause_longer_than_the_timeout(void) {
  respub_subscriber_options o = options();
  begin(&o, respub_test_record);
  char command[40];
  snprintf(command, sizeof command, "CLIENT PAUSE %d ALL", 4 * respub_test_scaled(500));
  CU_ASSERT_TRUE(tell(command, "+OK"));
  CU_ASSERT_TRUE(saw("disconnected the peer sent nothing", 1));
  check_back("connected subscribed disconnected connect_failed* connected subscribed gap restored"
             " message");
  end();
}

static void an_access_list_that_narrows_and_widens(void) {
  respub_subscriber_options o = options();
  CU_ASSERT_TRUE(tell("ACL SETUSER eve on >pass resetchannels &x &z +@all", "+OK"));
  snprintf(o.connection.username, sizeof o.connection.username, "eve");
  snprintf(o.connection.password, sizeof o.connection.password, "pass");
  begin(&o, respub_test_record);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("z"), NULL, NULL, NULL), RESPUB_OK);
  CU_ASSERT_TRUE(saw("subscribed z", 1));
  CU_ASSERT_TRUE(tell("ACL SETUSER eve resetchannels &z", "+OK"));
  CU_ASSERT_TRUE(saw("gap", 1));
  CU_ASSERT_TRUE(respub_test_recorded_at(&seen, "subscribed z", 2) <
                 respub_test_recorded_at(&seen, "gap", 1));
  CU_ASSERT_TRUE(respub_test_recorded_at(&seen, "refused x", 1) <
                 respub_test_recorded_at(&seen, "gap", 1));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "restored"), 0);
  CU_ASSERT_TRUE(tell("ACL SETUSER eve &x", "+OK"));
  CU_ASSERT_TRUE(saw("restored", 1));
  size_t again = respub_test_recorded_at(&seen, "subscribed x", 2);
  CU_ASSERT_EQUAL(respub_test_recorded_at(&seen, "gap", 2), again + 1);
  CU_ASSERT_EQUAL(respub_test_recorded_at(&seen, "restored", 1), again + 2);
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "disconnected"), 1);
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "refused"), 1);
  end();
}

static void a_password_that_changes(void) {
  respub_subscriber_options o = options();
  CU_ASSERT_TRUE(tell("ACL SETUSER pat on >old &* +@all", "+OK"));
  snprintf(o.connection.username, sizeof o.connection.username, "pat");
  snprintf(o.connection.password, sizeof o.connection.password, "old");
  begin(&o, respub_test_record);
  CU_ASSERT_TRUE(tell("ACL SETUSER pat resetpass >new", "+OK"));
  CU_ASSERT_TRUE(tell("CLIENT KILL TYPE pubsub", ":1"));
  CU_ASSERT_TRUE(saw("connect_failed", 2));
  respub_subscriber_stats stats;
  respub_subscriber_get_stats(sub, &stats);
  CU_ASSERT_EQUAL(stats.last_error.status, RESPUB_EAUTH);
  CU_ASSERT_TRUE(tell("ACL SETUSER pat resetpass >old", "+OK"));
  check_back("connected subscribed disconnected connect_failed+ connected subscribed gap restored"
             " message");
  end();
}

static void a_server_without_room(void) {
  respub_subscriber_options o = options();
  respub_test_peer other;
  begin(&o, respub_test_record);
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&other, respub_test_server_port(server)));
  CU_ASSERT_TRUE(respub_test_peer_say(
      &other, "CONFIG SET maxclients 1\r\nCLIENT KILL TYPE pubsub\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_expect(&other, "+OK\r\n:1\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(saw("connect_failed", 2));
  respub_subscriber_stats stats;
  respub_subscriber_get_stats(sub, &stats);
  CU_ASSERT_EQUAL(stats.last_error.status, RESPUB_EREFUSED);
  CU_ASSERT_TRUE(respub_test_peer_say(&other, "CONFIG SET maxclients 10000\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_expect(&other, "+OK\r\n", DEADLINE_MS));
  respub_test_peer_close(&other);
  check_back("connected subscribed disconnected connect_failed+ connected subscribed gap restored"
             " message");
  end();
}

/* ------------------------------------------------------------------------------------------------
 * A proxy in between */

static respub_test_trickle *proxy;

static respub_subscriber_options options_by_proxy(void) {
  respub_subscriber_options o = options();
  proxy = respub_test_trickle_start(respub_test_server_port(server));
  snprintf(o.connection.host, sizeof o.connection.host, "127.0.0.1");
  o.connection.port = respub_test_trickle_port(proxy);
  o.connection.connect_timeout_ms = respub_test_scaled(5000);
  return o;
}

static void end_proxy(void) {
  end();
  respub_test_trickle_free(proxy);
}

static void a_message_that_never_ends(void) {
  respub_subscriber_options o = options_by_proxy();
  begin(&o, respub_test_record);
  respub_test_trickle_stick(proxy);
  CU_ASSERT_TRUE(saw("disconnected the peer goes on with a message that does not end", 1));
  check_back("connected subscribed disconnected connected subscribed gap restored message");
  end_proxy();
}

static void a_subscribe_that_gets_lost(void) {
  respub_subscriber_options o = options_by_proxy();
  begin(&o, respub_test_record);
  respub_test_trickle_lose(proxy);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("late"), NULL, NULL, NULL),
                  RESPUB_OK);
  CU_ASSERT_TRUE(saw("disconnected the server answers PING but not", 1));
  CU_ASSERT_TRUE(saw("subscribed late", 1));
  check_back("connected subscribed disconnected connected subscribed+ gap restored message");
  respub_subscriber_stats stats;
  respub_subscriber_get_stats(sub, &stats);
  CU_ASSERT_EQUAL(stats.resyncs, 1);
  end_proxy();
}

/* ------------------------------------------------------------------------------------------------
 * A handler that is behind */

static atomic_bool gone;

static bool is_gone(void *ctx) {
  (void)ctx;
  return atomic_load(&gone);
}

static void wait_for_go(const respub_event *event, void *ctx) {
  respub_test_record(event, ctx);
  (void)respub_test_wait(is_gone, NULL, DEADLINE_MS);
}

static void a_queue_that_overflows(void) {
  respub_subscriber_options o = options();
  o.delivery = RESPUB_DELIVER_DROP_OLDEST;
  o.queue_messages = 2;
  begin(&o, wait_for_go);
  CU_ASSERT_TRUE(tell("PUBLISH x 0", ":1"));
  CU_ASSERT_TRUE(saw("message x 0", 1));
  for (int i = 0; i < 7; i++)
    CU_ASSERT_TRUE(tell("PUBLISH x 1", ":1"));
  CU_ASSERT_TRUE(tell("PUBLISH x last", ":1"));
  CU_ASSERT_TRUE(read_all(9));
  atomic_store(&gone, true);
  CU_ASSERT_TRUE(saw("message x last", 1));
  CU_ASSERT_TRUE(saw("gap", 1));
  CU_ASSERT_EQUAL(seen.last_gap.missed, 6);
  CU_ASSERT_EQUAL(seen.last_gap.status, RESPUB_EFULL);
  CU_ASSERT(respub_test_recorded_at(&seen, "slow_consumer", 1) <
            respub_test_recorded_at(&seen, "gap", 1));
  end();
}

static const respub_test tests[] = {
    RESPUB_TEST(a_server_that_ends_and_comes_again),
    RESPUB_TEST(a_client_that_is_killed),
    RESPUB_TEST(a_server_that_freezes),
    RESPUB_TEST(a_pause_longer_than_the_timeout),
    RESPUB_TEST(an_access_list_that_narrows_and_widens),
    RESPUB_TEST(a_password_that_changes),
    RESPUB_TEST(a_server_without_room),
    RESPUB_TEST(a_message_that_never_ends),
    RESPUB_TEST(a_subscribe_that_gets_lost),
    RESPUB_TEST(a_queue_that_overflows),
};

int main(int argc, char **argv) {
  return respub_test_main_at_redis(&server, "subscriber's stories", tests, RESPUB_TEST_COUNT(tests),
                                   argc, argv);
}
