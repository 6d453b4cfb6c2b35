/* What real servers do to a subscriber, and what it then tells. */
#include "net/clock.h"
#include "pubsub/pubsub.h"
#include "tests/support/peer.h"
#include "tests/support/subscriber_fixture.h"
#include "tests/support/trickle.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------
 */

static void begin(const respub_subscriber_options *o, const char *channel) {
  open_on(o, channel, respub_test_record);
}

/* The n-th loss: told as disconnected, gap, restored, in this order, and messages come again. */
static void check_recovery(const char *channel, size_t n) {
  char publish[64], message[64];
  CU_ASSERT_TRUE(saw("restored", n));
  CU_ASSERT(respub_test_recorded_at(&seen, "disconnected", n) <
            respub_test_recorded_at(&seen, "gap", n));
  CU_ASSERT(respub_test_recorded_at(&seen, "gap", n) <
            respub_test_recorded_at(&seen, "restored", n));
  snprintf(publish, sizeof publish, "PUBLISH %s back%zu", channel, n);
  snprintf(message, sizeof message, "message %s back%zu", channel, n);
  CU_ASSERT_TRUE(tell(publish, ":1"));
  CU_ASSERT_TRUE(saw(message, 1));
}

/* ------------------------------------------------------------------------------------------------
 */

static void a_killed_server_costs_a_gap_and_no_more(void) {
  respub_subscriber_options o = quick_options();
  begin(&o, "killed");
  for (size_t n = 1; n <= 3; n++) {
    CU_ASSERT_TRUE(saw("subscribed killed", n));
    CU_ASSERT_TRUE(tell("PUBLISH killed before", ":1"));
    CU_ASSERT_TRUE(saw("message killed before", n));
    CU_ASSERT_TRUE(respub_test_server_kill(server));
    CU_ASSERT_TRUE(saw("disconnected", n));
    CU_ASSERT_TRUE(respub_test_server_restart(server));
    check_recovery("killed", n);
  }
  CU_ASSERT(seen.last_gap.from_ms <= seen.last_gap.to_ms);
  CU_ASSERT_EQUAL(seen.last_gap.missed, RESPUB_MISSED_UNKNOWN);
  int64_t wall_ms = respub__wall_ms();
  CU_ASSERT(wall_ms - seen.last_gap.to_ms < 10LL * 60 * 1000);
  end();
}

static void a_frozen_server_is_noticed(void) {
  respub_subscriber_options o = quick_options();
  begin(&o, "frozen");
  CU_ASSERT_TRUE(saw("subscribed", 1));
  CU_ASSERT_TRUE(respub_test_server_freeze(server));
  CU_ASSERT_TRUE(saw("disconnected the peer sent nothing", 1));
  CU_ASSERT_TRUE(respub_test_server_thaw(server));
  check_recovery("frozen", 1);
  end();
}

static void a_pause_shorter_than_the_timeout_loses_nothing(void) {
  respub_subscriber_options o = quick_options();
  o.ping_timeout_ms = DEADLINE_MS;
  begin(&o, "paused");
  CU_ASSERT_TRUE(saw("subscribed", 1));
  CU_ASSERT_TRUE(tell("CLIENT PAUSE 600 ALL", "+OK"));
  CU_ASSERT_TRUE(tell("PUBLISH paused late", ":1"));
  CU_ASSERT_TRUE(saw("message paused late", 1));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "disconnected"), 0);
  end();
}

static void a_killed_client_comes_back(void) {
  respub_subscriber_options o = quick_options();
  begin(&o, "client");
  CU_ASSERT_TRUE(saw("subscribed", 1));
  CU_ASSERT_TRUE(tell("CLIENT KILL TYPE pubsub", ":1"));
  check_recovery("client", 1);
  end();
}

static void an_idle_timeout_of_the_server_does_not_concern_subscribers(void) {
  respub_subscriber_options o = quick_options();
  o.ping_interval_ms = 0;
  CU_ASSERT_TRUE(tell("CONFIG SET timeout 1", "+OK"));
  begin(&o, "idle");
  CU_ASSERT_TRUE(saw("subscribed", 1));
  /* Another connection, not a subscriber, meets the timeout: then it would have met this one too.
   */
  respub_test_peer peer;
  CU_ASSERT_TRUE(respub_test_peer_tcp(&peer, respub_test_server_port(server)));
  CU_ASSERT_TRUE(respub_test_peer_receive_end(&peer, DEADLINE_MS));
  respub_test_peer_close(&peer);
  CU_ASSERT_TRUE(tell("PUBLISH idle still", ":1"));
  CU_ASSERT_TRUE(saw("message idle still", 1));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "disconnected"), 0);
  CU_ASSERT_TRUE(tell("CONFIG SET timeout 0", "+OK"));
  end();
}

/* ------------------------------------------------------------------------------------------------
 * A handler that does not come back while the server goes on */

static atomic_bool gate_open;

static bool gate_is_open(void *ctx) {
  (void)ctx;
  return atomic_load(&gate_open);
}

static void wait_at_gate(const respub_event *event, void *ctx) {
  respub_test_record(event, ctx);
  (void)respub_test_wait(gate_is_open, NULL, DEADLINE_MS);
}

static bool is_cut_off(void *ctx) {
  (void)ctx;
  return tell("PUBSUB NUMSUB flood", "*2\r\n$5\r\nflood\r\n:0");
}

static void flood(void) {
  static char command[70000];
  int n = snprintf(command, sizeof command, "PUBLISH flood ");
  memset(command + n, 'x', 60000);
  for (int i = 0; i < 400 && !is_cut_off(NULL); i++)
    CU_ASSERT_TRUE(tell(command, ":"));
}

static void a_subscriber_cut_off_for_its_slowness_says_what_it_lost(void) {
  respub_subscriber_options o = quick_options();
  atomic_store(&gate_open, false);
  CU_ASSERT_TRUE(tell("CONFIG SET client-output-buffer-limit \"pubsub 1000000 0 0\"", "+OK"));
  respub_test_recorder_init(&seen);
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, &o, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("flood"), wait_at_gate, &seen, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_start(sub), RESPUB_OK);
  CU_ASSERT_TRUE(saw("subscribed", 1));
  flood();
  CU_ASSERT_TRUE(respub_test_wait(is_cut_off, NULL, DEADLINE_MS));
  atomic_store(&gate_open, true);
  CU_ASSERT_TRUE(saw("restored", 1));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "gap"), 1);
  check_recovery("flood", 1);
  end();
}

static void a_slow_handler_is_no_dead_server(void) {
  respub_subscriber_options o = quick_options();
  atomic_store(&gate_open, false);
  respub_test_recorder_init(&seen);
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, &o, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("slow"), wait_at_gate, &seen, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_start(sub), RESPUB_OK);
  CU_ASSERT_TRUE(saw("subscribed", 1));
  CU_ASSERT_TRUE(tell("PUBLISH slow 1", ":1"));
  CU_ASSERT_TRUE(saw("message slow 1", 1));
  /* Longer than interval and timeout together, which is what would count as death. */
  int64_t until_ms = respub_test_now_ms() + 3 * (o.ping_interval_ms + o.ping_timeout_ms);
  while (respub_test_now_ms() < until_ms)
    CU_ASSERT_TRUE(tell("PING", "+PONG"));
  atomic_store(&gate_open, true);
  CU_ASSERT_TRUE(tell("PUBLISH slow 2", ":1"));
  CU_ASSERT_TRUE(saw("message slow 2", 1));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "disconnected"), 0);
  end();
}

static void check_blocked_queue(void) {
  respub_subscriber_stats stats;
  int64_t until_ms = respub_test_now_ms() + respub_test_scaled(1500);
  while (respub_test_now_ms() < until_ms)
    CU_ASSERT_TRUE(tell("PING", "+PONG"));
  respub_subscriber_get_stats(sub, &stats);
  CU_ASSERT(stats.queue_messages <= 4);
  CU_ASSERT_EQUAL(stats.dropped, 0);
}

static void a_full_queue_that_blocks_loses_nothing_and_is_no_dead_server(void) {
  respub_subscriber_options o = quick_options();
  o.delivery = RESPUB_DELIVER_BLOCK;
  o.queue_messages = 4;
  atomic_store(&gate_open, false);
  respub_test_recorder_init(&seen);
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, &o, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("block"), wait_at_gate, &seen, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_start(sub), RESPUB_OK);
  CU_ASSERT_TRUE(saw("subscribed", 1));
  for (int i = 0; i < 100; i++)
    CU_ASSERT_TRUE(tell("PUBLISH block x", ":1"));
  check_blocked_queue();
  atomic_store(&gate_open, true);
  CU_ASSERT_TRUE(saw("message block x", 100));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "disconnected"), 0);
  CU_ASSERT(respub_test_recorded(&seen, "slow_consumer") >= 1);
  end();
}

static void a_queue_that_drops_accounts_for_every_message(void) {
  respub_subscriber_options o = quick_options();
  o.delivery = RESPUB_DELIVER_DROP_OLDEST;
  o.queue_messages = 10;
  atomic_store(&gate_open, false);
  respub_test_recorder_init(&seen);
  CU_ASSERT_EQUAL_FATAL(respub_subscriber_open(&sub, &o, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("drop"), wait_at_gate, &seen, NULL),
                  RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_start(sub), RESPUB_OK);
  CU_ASSERT_TRUE(saw("subscribed", 1));
  for (int i = 0; i < 100; i++)
    CU_ASSERT_TRUE(tell(i < 99 ? "PUBLISH drop x" : "PUBLISH drop last", ":1"));
  CU_ASSERT_TRUE(read_all(100));
  atomic_store(&gate_open, true);
  CU_ASSERT_TRUE(saw("message drop last", 1));
  CU_ASSERT_TRUE(saw("gap", 1));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "slow_consumer"), 1);
  pthread_mutex_lock(&seen.lock);
  CU_ASSERT_EQUAL(seen.last_gap.missed, seen.dropped);
  CU_ASSERT_EQUAL(seen.last_gap.status, RESPUB_EFULL);
  pthread_mutex_unlock(&seen.lock);
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "message") + seen.dropped, 100);
  end();
}

/* ------------------------------------------------------------------------------------------------
 * Refusals */

static void only_the_refused_channel_is_refused(void) {
  respub_subscriber_options o = quick_options();
  CU_ASSERT_TRUE(tell("ACL SETUSER bob on >pass resetchannels &good* +@all", "+OK"));
  snprintf(o.connection.username, sizeof o.connection.username, "bob");
  snprintf(o.connection.password, sizeof o.connection.password, "pass");
  begin(&o, "good0");
  char name[16];
  for (int i = 1; i < 300; i++) {
    snprintf(name, sizeof name, i == 123 ? "bad" : "good%d", i);
    CU_ASSERT_EQUAL(
        respub_subscriber_subscribe(sub, respub_slice_of_string(name), NULL, NULL, NULL),
        RESPUB_OK);
  }
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_EREFUSED);
  CU_ASSERT_TRUE(saw("refused bad NOPERM", 1));
  CU_ASSERT_TRUE(saw("subscribed good", 299));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "refused"), 1);
  CU_ASSERT_TRUE(tell("ACL SETUSER bob &bad", "+OK"));
  CU_ASSERT_TRUE(saw("subscribed bad", 1));
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  end();
}

static void an_access_list_changed_under_a_subscription_is_told(void) {
  respub_subscriber_options o = quick_options();
  CU_ASSERT_TRUE(tell("ACL SETUSER eve on >pass resetchannels &x* +@all", "+OK"));
  snprintf(o.connection.username, sizeof o.connection.username, "eve");
  snprintf(o.connection.password, sizeof o.connection.password, "pass");
  begin(&o, "x1");
  CU_ASSERT_TRUE(saw("subscribed x1", 1));
  CU_ASSERT_TRUE(tell("ACL SETUSER eve resetchannels &y*", "+OK"));
  CU_ASSERT_TRUE(saw("disconnected", 1));
  CU_ASSERT_TRUE(saw("refused x1 NOPERM", 1));
  CU_ASSERT_TRUE(saw("gap", 1));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "restored"), 0);
  CU_ASSERT_TRUE(tell("ACL SETUSER eve &x*", "+OK"));
  CU_ASSERT_TRUE(saw("restored", 1));
  CU_ASSERT(respub_test_recorded_at(&seen, "subscribed x1", 2) <
            respub_test_recorded_at(&seen, "gap", 2));
  CU_ASSERT_TRUE(tell("PUBLISH x1 again", ":1"));
  CU_ASSERT_TRUE(saw("message x1 again", 1));
  end();
}

static void give_up_x1(void *ctx) {
  (void)ctx;
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe_channel(sub, RESPUB_LIT("x1")), RESPUB_OK);
}

/* No byte comes and no PING goes that could wake who reads. */
static void giving_up_what_was_refused_restores_at_once(void) {
  respub_subscriber_options o = quick_options();
  respub_subscription id;
  o.ping_interval_ms = 0;
  o.slow_retry_ms = 10 * 60 * 1000;
  CU_ASSERT_TRUE(tell("ACL SETUSER ann on >pass resetchannels &x* &z* +@all", "+OK"));
  snprintf(o.connection.username, sizeof o.connection.username, "ann");
  snprintf(o.connection.password, sizeof o.connection.password, "pass");
  begin(&o, "x1");
  for (int i = 0; i < 2; i++)
    CU_ASSERT_EQUAL(respub_subscriber_subscribe(sub, RESPUB_LIT("z1"), NULL, NULL, &id), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_on_release(sub, id, give_up_x1), RESPUB_OK);
  CU_ASSERT_TRUE(saw("subscribed", 2));
  CU_ASSERT_TRUE(tell("ACL SETUSER ann resetchannels &z*", "+OK"));
  CU_ASSERT_TRUE(saw("refused x1", 1));
  CU_ASSERT_TRUE(saw("gap", 1));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "restored"), 0);
  CU_ASSERT_EQUAL(respub_subscriber_unsubscribe(sub, id), RESPUB_OK);
  CU_ASSERT_TRUE(saw("restored", 1));
  end();
}

static _Atomic(const char *) current_password;

static respub_status give_credentials(void *ctx, char *username, size_t username_capacity,
                                      char *password, size_t password_capacity) {
  (void)ctx;
  snprintf(username, username_capacity, "rota");
  snprintf(password, password_capacity, "%s", atomic_load(&current_password));
  return RESPUB_OK;
}

static void a_changed_password_is_asked_for_at_each_connect(void) {
  respub_subscriber_options o = quick_options();
  o.connection.credentials = give_credentials;
  CU_ASSERT_TRUE(tell("ACL SETUSER rota on >first &* +@all", "+OK"));
  atomic_store(&current_password, "first");
  begin(&o, "secret");
  CU_ASSERT_TRUE(saw("subscribed secret", 1));
  CU_ASSERT_TRUE(tell("ACL SETUSER rota resetpass >second", "+OK"));
  CU_ASSERT_TRUE(tell("CLIENT KILL TYPE pubsub", ":1"));
  CU_ASSERT_TRUE(saw("connect_failed", 1));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "subscribed"), 1);
  atomic_store(&current_password, "second");
  CU_ASSERT_TRUE(saw("restored", 1));
  respub_subscriber_stats stats;
  respub_subscriber_get_stats(sub, &stats);
  CU_ASSERT_EQUAL(stats.last_error.status, RESPUB_EAUTH);
  CU_ASSERT_PTR_NULL(strstr(stats.last_error.text, "first"));
  end();
}

/* The limit falls when a connection is in: others that are about to go may still count before. */
static void a_server_that_is_full_is_tried_again(void) {
  respub_test_server *full = respub_test_server_start(NULL);
  respub_test_peer inside;
  CU_ASSERT_PTR_NOT_NULL_FATAL(full);
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&inside, respub_test_server_port(full)));
  CU_ASSERT_TRUE(respub_test_peer_say(&inside, "CONFIG SET maxclients 1\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_expect(&inside, "+OK\r\n", DEADLINE_MS));
  respub_subscriber_options o = quick_options();
  CU_ASSERT_EQUAL(respub_options_from_url(&o.connection, respub_test_server_url(full), NULL),
                  RESPUB_OK);
  begin(&o, "room");
  CU_ASSERT_TRUE(saw("connect_failed", 2));
  respub_subscriber_stats stats;
  respub_subscriber_get_stats(sub, &stats);
  CU_ASSERT_EQUAL(stats.last_error.status, RESPUB_EREFUSED);
  CU_ASSERT_PTR_NOT_NULL(strstr(stats.last_error.text, "max number of clients"));
  respub_test_peer_close(&inside);
  CU_ASSERT_TRUE(saw("subscribed room", 1));
  end();
  respub_test_server_free(full);
}

/* ------------------------------------------------------------------------------------------------
 * The network */

static void a_network_that_trickles_changes_nothing(void) {
  respub_test_trickle *proxy = respub_test_trickle_start(respub_test_server_port(server));
  respub_subscriber_options o = quick_options();
  o.connection.port = respub_test_trickle_port(proxy);
  snprintf(o.connection.host, sizeof o.connection.host, "127.0.0.1");
  o.ping_timeout_ms = DEADLINE_MS;
  begin(&o, "drip");
  CU_ASSERT_EQUAL(
      respub_subscriber_psubscribe(sub, RESPUB_LIT("dr*"), respub_test_record, &seen, NULL),
      RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, respub_test_scaled(DEADLINE_MS)), RESPUB_OK);
  for (int i = 0; i < 20; i++)
    CU_ASSERT_TRUE(tell("PUBLISH drip drop", ":2"));
  CU_ASSERT_TRUE(saw("message drip drop", 20));
  CU_ASSERT_TRUE(saw("pmessage dr* drip drop", 20));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "disconnected"), 0);
  end();
  respub_test_trickle_free(proxy);
}

/* Nothing listens there: the connection is refused, and the delay until the next attempt is long.
 */
static void stop_and_close_do_not_wait_for_a_server_that_is_away(void) {
  respub_subscriber_options o = quick_options();
  o.backoff_min_ms = o.backoff_max_ms = 10 * 60 * 1000;
  snprintf(o.connection.unix_path, sizeof o.connection.unix_path, "/nonexistent/redis.sock");
  begin(&o, "away");
  CU_ASSERT_TRUE(saw("connect_failed", 1));
  int64_t from_ms = respub_test_now_ms();
  respub_subscriber_stop(sub);
  CU_ASSERT_EQUAL(respub_subscriber_start(sub), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_subscriber_flush(sub, 0), RESPUB_TIMEOUT);
  respub_subscriber_close(sub);
  CU_ASSERT(respub_test_now_ms() - from_ms < respub_test_scaled(DEADLINE_MS));
  CU_ASSERT_EQUAL(respub_test_recorded(&seen, "closed"), 1);
  respub_test_recorder_free(&seen);
}

static const respub_test tests[] = {
    RESPUB_TEST(a_killed_server_costs_a_gap_and_no_more),
    RESPUB_TEST(a_frozen_server_is_noticed),
    RESPUB_TEST(a_pause_shorter_than_the_timeout_loses_nothing),
    RESPUB_TEST(a_killed_client_comes_back),
    RESPUB_TEST(an_idle_timeout_of_the_server_does_not_concern_subscribers),
    RESPUB_TEST(a_slow_handler_is_no_dead_server),
    RESPUB_TEST(a_full_queue_that_blocks_loses_nothing_and_is_no_dead_server),
    RESPUB_TEST(a_queue_that_drops_accounts_for_every_message),
    RESPUB_TEST(a_subscriber_cut_off_for_its_slowness_says_what_it_lost),
    RESPUB_TEST(only_the_refused_channel_is_refused),
    RESPUB_TEST(an_access_list_changed_under_a_subscription_is_told),
    RESPUB_TEST(giving_up_what_was_refused_restores_at_once),
    RESPUB_TEST(a_server_that_is_full_is_tried_again),
    RESPUB_TEST(a_network_that_trickles_changes_nothing),
    RESPUB_TEST(stop_and_close_do_not_wait_for_a_server_that_is_away),
    RESPUB_TEST(a_changed_password_is_asked_for_at_each_connect),
};

int main(int argc, char **argv) {
  return respub_test_main_at_redis(&server, "subscriber and server", tests,
                                   RESPUB_TEST_COUNT(tests), argc, argv);
}
