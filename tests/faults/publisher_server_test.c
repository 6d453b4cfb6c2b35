/* What happens to a publish when a real server goes away, refuses or hangs, and what its result
 * then says. */
#include "pubsub/pubsub.h"
#include "tests/support/check.h"
#include "tests/support/peer.h"
#include "tests/support/publisher_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  LARGE = 16 * 1024 * 1024 /* more than the buffers of two sockets hold */
};

/* Attempts lie so far apart that a test comes in between. */
static respub_publisher_options options(void) {
  respub_publisher_options o = quick_options();
  o.backoff_min_ms = 200;
  o.backoff_max_ms = 400;
  return o;
}

static void begin(void) {
  respub_publisher_options o = options();
  open_publisher(&o);
}

static bool tell(const char *command, const char *answer) {
  return respub_test_server_says(server, command, answer);
}

static respub_status publish(const char *payload, int64_t *receivers, respub_error *error) {
  return respub_publisher_publish(pub, RESPUB_LIT("news"), respub_slice_of_string(payload),
                                  receivers, error);
}

/* True when a publish without a fault is delivered to nobody. */
static bool is_well(void) {
  respub_error error = {RESPUB_OK, ""};
  int64_t receivers = -1;
  respub_status status = publish("well?", &receivers, &error);
  return RESPUB_CHECK(status == RESPUB_OK && receivers == 0, "%s: %s", respub_status_name(status),
                      error.text);
}

static void says(const respub_error *error, respub_status status, const char *text) {
  RESPUB_CHECK(error->status == status && strstr(error->text, text) != NULL, "%s: %s",
               respub_status_name(error->status), error->text);
}

/* ------------------------------------------------------------------------------------------------
 * A publish in a thread of its own, to be disturbed */

typedef struct attempt {
  pthread_t thread;
  respub_slice payload;
  respub_status status;
  int64_t receivers;
  respub_error error;
  uint64_t bytes_before;
} attempt;

static void *run_attempt(void *ctx) {
  attempt *a = ctx;
  a->status =
      respub_publisher_publish(pub, RESPUB_LIT("news"), a->payload, &a->receivers, &a->error);
  return NULL;
}

static void start_attempt(attempt *a, respub_slice payload) {
  memset(a, 0, sizeof *a);
  a->payload = payload;
  a->bytes_before = stats().bytes_out;
  CU_ASSERT_EQUAL_FATAL(pthread_create(&a->thread, NULL, run_attempt, a), 0);
}

static void finish_attempt(attempt *a) {
  CU_ASSERT_EQUAL(pthread_join(a->thread, NULL), 0);
}

/* The socket has taken something, and all of a small message. */
static bool has_sent(void *ctx) {
  attempt *a = ctx;
  size_t least = a->payload.len < 1000 ? a->payload.len : 1000;
  return stats().bytes_out >= a->bytes_before + least;
}

static bool await_sent(attempt *a) {
  return respub_test_wait(has_sent, a, DEADLINE_MS);
}

/* ------------------------------------------------------------------------------------------------
 * Away */

static void a_refused_connection_leaves_the_message_unsent(void) {
  respub_error error;
  begin();
  CU_ASSERT_TRUE(respub_test_server_stop(server));
  CU_ASSERT_EQUAL(publish("x", NULL, &error), RESPUB_EUNSENT);
  says(&error, RESPUB_EUNSENT, "refused");
  /* Between two attempts it fails at once: no third attempt was made. */
  CU_ASSERT_EQUAL(publish("x", NULL, &error), RESPUB_EUNSENT);
  says(&error, RESPUB_EUNSENT, "refused");
  CU_ASSERT_EQUAL(stats().connect_failures, 1);
  CU_ASSERT_EQUAL(stats().unsent, 2);
  says(&(respub_error){stats().last_error.status, "refused"}, RESPUB_ECONNECT, "refused");
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  end();
}

static void connect_says_what_is_wrong_at_the_start(void) {
  respub_error error;
  begin();
  CU_ASSERT_TRUE(respub_test_server_stop(server));
  CU_ASSERT_EQUAL(respub_publisher_connect(pub, &error), RESPUB_ECONNECT);
  says(&error, RESPUB_ECONNECT, "refused");
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  CU_ASSERT_EQUAL(respub_publisher_connect(pub, &error), RESPUB_OK);
  CU_ASSERT_TRUE(stats().connected);
  CU_ASSERT_EQUAL(respub_publisher_connect(pub, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(stats().connects, 1);
  CU_ASSERT_TRUE(is_well());
  end();
}

static void a_connection_lost_before_the_first_byte_is_replaced(void) {
  begin();
  CU_ASSERT_TRUE(is_well());
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  CU_ASSERT_TRUE(is_well());
  CU_ASSERT_EQUAL(stats().connects, 2);
  CU_ASSERT_EQUAL(stats().disconnects, 1);
  end();
}

static void a_connection_lost_before_the_first_byte_and_not_replaced_leaves_it_unsent(void) {
  respub_error error;
  begin();
  CU_ASSERT_TRUE(is_well());
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  CU_ASSERT_EQUAL(publish("x", NULL, &error), RESPUB_EUNSENT);
  says(&error, RESPUB_EUNSENT, "refused");
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  end();
}

static void a_message_cut_in_the_middle_is_unsent(void) {
  char *large = calloc(1, LARGE);
  attempt a;
  CU_ASSERT_PTR_NOT_NULL_FATAL(large);
  begin();
  CU_ASSERT_TRUE(is_well());
  CU_ASSERT_TRUE(respub_test_server_freeze(server));
  start_attempt(&a, respub_slice_of(large, LARGE));
  CU_ASSERT_TRUE(await_sent(&a));
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  finish_attempt(&a);
  CU_ASSERT_EQUAL(a.status, RESPUB_EUNSENT);
  CU_ASSERT(stats().bytes_out - a.bytes_before < LARGE);
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  CU_ASSERT_EQUAL(respub_test_server_published(server), 0);
  end();
  free(large);
}

static void a_message_cut_in_the_middle_is_sent_again_when_the_server_is_there(void) {
  char *large = calloc(1, LARGE);
  attempt a;
  CU_ASSERT_PTR_NOT_NULL_FATAL(large);
  begin();
  CU_ASSERT_TRUE(is_well());
  CU_ASSERT_TRUE(tell("CONFIG RESETSTAT", "+OK"));
  CU_ASSERT_TRUE(respub_test_server_freeze(server));
  start_attempt(&a, respub_slice_of(large, LARGE));
  CU_ASSERT_TRUE(await_sent(&a));
  respub_test_peer killer;
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&killer, respub_test_server_port(server)));
  CU_ASSERT_TRUE(
      respub_test_peer_say(&killer, "CLIENT KILL TYPE normal SKIPME yes\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_server_thaw(server));
  finish_attempt(&a);
  respub_test_peer_close(&killer);
  /* The server may have read the whole message before it read the command to kill. */
  CU_ASSERT_EQUAL(a.status, RESPUB_OK);
  CU_ASSERT_EQUAL(respub_test_server_published(server), 1);
  end();
  free(large);
}

static void a_message_without_its_reply_is_unanswered(void) {
  attempt a;
  begin();
  CU_ASSERT_TRUE(is_well());
  CU_ASSERT_TRUE(respub_test_server_freeze(server));
  start_attempt(&a, RESPUB_LIT("doubtful"));
  CU_ASSERT_TRUE(await_sent(&a));
  CU_ASSERT_TRUE(respub_test_server_kill(server));
  finish_attempt(&a);
  CU_ASSERT_EQUAL(a.status, RESPUB_EUNANSWERED);
  says(&a.error, RESPUB_EUNANSWERED, "lost before the reply");
  CU_ASSERT_EQUAL(stats().unanswered, 1);
  CU_ASSERT_TRUE(respub_test_server_restart(server));
  CU_ASSERT_EQUAL(respub_test_server_published(server), 0); /* nothing was sent again */
  end();
}

/* ------------------------------------------------------------------------------------------------
 * Time */

static void a_late_reply_is_thrown_away_and_never_given_to_another(void) {
  respub_publisher_options o = options();
  respub_error error;
  respub_test_peer subscriber;
  int64_t receivers = -1;
  o.timeout_ms = respub_test_scaled(300);
  open_publisher(&o);
  CU_ASSERT_TRUE(is_well());
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&subscriber, respub_test_server_port(server)));
  CU_ASSERT_TRUE(respub_test_peer_say(&subscriber, "SUBSCRIBE late\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_receive_text(&subscriber, ":1\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_server_freeze(server));
  CU_ASSERT_EQUAL(
      respub_publisher_publish(pub, RESPUB_LIT("late"), RESPUB_LIT("slow"), &receivers, &error),
      RESPUB_TIMEOUT);
  says(&error, RESPUB_TIMEOUT, "no reply within");
  CU_ASSERT_EQUAL(receivers, 0);
  CU_ASSERT_TRUE(respub_test_server_thaw(server));
  /* Delivered after all, to one; the next publish reaches nobody, and says so. */
  CU_ASSERT_TRUE(respub_test_peer_receive_text(&subscriber, "slow", DEADLINE_MS));
  CU_ASSERT_TRUE(is_well());
  CU_ASSERT_EQUAL(stats().connects, 1);
  CU_ASSERT_EQUAL(stats().unanswered, 1);
  CU_ASSERT_EQUAL(stats().published, 2);
  respub_test_peer_close(&subscriber);
  end();
}

static void a_payload_whose_owner_left_is_sent_on_from_a_copy(void) {
  respub_publisher_options o = options();
  respub_test_peer subscriber;
  char *large = malloc(LARGE);
  CU_ASSERT_PTR_NOT_NULL_FATAL(large);
  memset(large, 'p', LARGE);
  o.timeout_ms = respub_test_scaled(300);
  open_publisher(&o);
  CU_ASSERT_TRUE(is_well());
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&subscriber, respub_test_server_port(server)));
  CU_ASSERT_TRUE(respub_test_peer_say(&subscriber, "SUBSCRIBE news\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_receive_text(&subscriber, ":1\r\n", DEADLINE_MS));
  size_t before = subscriber.len;
  CU_ASSERT_TRUE(respub_test_server_freeze(server));
  CU_ASSERT_EQUAL(
      respub_publisher_publish(pub, RESPUB_LIT("news"), respub_slice_of(large, LARGE), NULL, NULL),
      RESPUB_TIMEOUT);
  free(large);
  CU_ASSERT_TRUE(respub_test_server_thaw(server));
  int64_t receivers = 0;
  respub_status status;
  do {
    status = publish("behind", &receivers, NULL);
  } while (status == RESPUB_TIMEOUT);
  CU_ASSERT_EQUAL(status, RESPUB_OK);
  CU_ASSERT_EQUAL(receivers, 1);
  CU_ASSERT_TRUE(respub_test_peer_receive(&subscriber, before + LARGE + 60, DEADLINE_MS));
  const char *body = memchr(subscriber.bytes + before, 'p', subscriber.len - before);
  CU_ASSERT_PTR_NOT_NULL_FATAL(body);
  CU_ASSERT_EQUAL(strspn(body, "p"), LARGE);
  CU_ASSERT_EQUAL(stats().connects, 1);
  respub_test_peer_close(&subscriber);
  end();
}

static void a_paused_server_only_takes_its_time(void) {
  respub_test_peer other;
  begin();
  CU_ASSERT_TRUE(is_well());
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&other, respub_test_server_port(server)));
  int64_t before_ms = respub_test_now_ms();
  CU_ASSERT_TRUE(respub_test_peer_say(&other, "CLIENT PAUSE 300 ALL\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_expect(&other, "+OK\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(is_well());
  CU_ASSERT(respub_test_now_ms() - before_ms >= 250);
  CU_ASSERT_EQUAL(stats().connects, 1);
  respub_test_peer_close(&other);
  end();
}

/* Only the connection that asks is there. */
static bool publisher_was_closed(void *ctx) {
  char reply[4096];
  (void)ctx;
  return respub_test_server_command(server, reply, sizeof reply, "INFO clients") > 0 &&
         strstr(reply, "connected_clients:1\r\n") != NULL;
}

static void a_connection_that_the_server_closed_while_idle_is_replaced_each_time(void) {
  begin();
  CU_ASSERT_TRUE(tell("CONFIG SET timeout 1", "+OK"));
  for (unsigned n = 1; n <= 3; n++) {
    CU_ASSERT_TRUE(is_well());
    CU_ASSERT_EQUAL(stats().connects, n);
    CU_ASSERT_TRUE(respub_test_wait(publisher_was_closed, NULL, DEADLINE_MS));
  }
  CU_ASSERT_EQUAL(stats().unanswered + stats().unsent, 0);
  CU_ASSERT_TRUE(tell("CONFIG SET timeout 0", "+OK"));
  end();
}

static void a_killed_client_is_replaced_before_the_next_message(void) {
  begin();
  for (unsigned n = 1; n <= 20; n++) {
    CU_ASSERT_TRUE(is_well());
    CU_ASSERT_EQUAL(stats().connects, n);
    CU_ASSERT_TRUE(tell("CLIENT KILL TYPE normal", ":1"));
  }
  end();
}

/* ------------------------------------------------------------------------------------------------
 * Refusals */

static void a_forbidden_channel_is_refused_with_the_text_of_the_server(void) {
  respub_publisher_options o = options();
  respub_error error;
  CU_ASSERT_TRUE(tell("ACL SETUSER shy on >pw +@all resetchannels &public", "+OK"));
  snprintf(o.connection.username, sizeof o.connection.username, "shy");
  snprintf(o.connection.password, sizeof o.connection.password, "pw");
  open_publisher(&o);
  CU_ASSERT_EQUAL(publish("x", NULL, &error), RESPUB_EREFUSED);
  says(&error, RESPUB_EREFUSED, "NOPERM");
  CU_ASSERT_EQUAL(
      respub_publisher_publish(pub, RESPUB_LIT("public"), RESPUB_LIT("x"), NULL, &error),
      RESPUB_OK);
  CU_ASSERT_EQUAL(stats().refused, 1);
  CU_ASSERT_EQUAL(stats().connects, 1);
  CU_ASSERT_TRUE(tell("ACL DELUSER shy", ":1"));
  end();
}

static void a_series_says_which_of_its_messages_were_refused(void) {
  respub_publisher_options o = options();
  respub_error error;
  respub_publish_message messages[] = {{RESPUB_LIT("public"), RESPUB_LIT("1")},
                                       {RESPUB_LIT("secret"), RESPUB_LIT("2")},
                                       {RESPUB_LIT("public"), RESPUB_LIT("3")}};
  respub_publish_result results[3];
  CU_ASSERT_TRUE(tell("ACL SETUSER shy on >pw +@all resetchannels &public", "+OK"));
  snprintf(o.connection.username, sizeof o.connection.username, "shy");
  snprintf(o.connection.password, sizeof o.connection.password, "pw");
  open_publisher(&o);
  for (int round = 0; round < 3; round++) {
    CU_ASSERT_EQUAL(respub_publisher_publish_many(pub, messages, 3, results, &error),
                    RESPUB_EREFUSED);
    CU_ASSERT_EQUAL(results[0].status, RESPUB_OK);
    CU_ASSERT_EQUAL(results[1].status, RESPUB_EREFUSED);
    CU_ASSERT_EQUAL(results[2].status, RESPUB_OK);
    says(&error, RESPUB_EREFUSED, "NOPERM");
  }
  CU_ASSERT_EQUAL(stats().published, 6);
  CU_ASSERT_EQUAL(stats().refused, 3);
  CU_ASSERT_TRUE(tell("ACL DELUSER shy", ":1"));
  end();
}

static void wrong_credentials_leave_the_message_unsent_and_wait_long(void) {
  respub_publisher_options o = options();
  respub_error error;
  snprintf(o.connection.password, sizeof o.connection.password, "wrong");
  open_publisher(&o);
  CU_ASSERT_EQUAL(publish("x", NULL, &error), RESPUB_EUNSENT);
  says(&error, RESPUB_EUNSENT, "");
  CU_ASSERT_EQUAL(stats().last_error.status, RESPUB_EAUTH);
  CU_ASSERT_PTR_NULL(strstr(error.text, "wrong\"")); /* no password in a text */
  CU_ASSERT_EQUAL(publish("x", NULL, NULL), RESPUB_EUNSENT);
  CU_ASSERT_EQUAL(stats().connect_failures, 1);
  end();
}

/* Redis refuses writes when its memory is full; PUBLISH is none, and goes through. */
static void a_server_without_memory_still_publishes(void) {
  begin();
  CU_ASSERT_TRUE(tell("CONFIG SET maxmemory-policy noeviction", "+OK"));
  CU_ASSERT_TRUE(tell("CONFIG SET maxmemory 100kb", "+OK"));
  CU_ASSERT_TRUE(tell("SET key value", "-OOM"));
  CU_ASSERT_TRUE(is_well());
  CU_ASSERT_TRUE(tell("CONFIG SET maxmemory 0", "+OK"));
  end();
}

/* Nobody gets in from outside while the server is full, nor surely right after it was: only a
 * connection that is already there can change the limit. */
static void a_full_server_is_told_from_one_that_is_away(void) {
  respub_error error;
  respub_test_peer inside;
  begin();
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&inside, respub_test_server_port(server)));
  CU_ASSERT_TRUE(respub_test_peer_say(&inside, "CONFIG SET maxclients 1\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_expect(&inside, "+OK\r\n", DEADLINE_MS));
  CU_ASSERT_EQUAL(publish("x", NULL, &error), RESPUB_EUNSENT);
  says(&error, RESPUB_EUNSENT, "max number of clients");
  CU_ASSERT_TRUE(respub_test_peer_say(&inside, "CONFIG SET maxclients 1000\r\n", DEADLINE_MS));
  CU_ASSERT_TRUE(respub_test_peer_expect(&inside, "+OK\r\n", DEADLINE_MS));
  respub_test_peer_close(&inside);
  end();
}

static void a_message_beyond_the_limit_of_the_server_is_refused(void) {
  respub_error error;
  char *large = calloc(1, LARGE);
  CU_ASSERT_PTR_NOT_NULL_FATAL(large);
  begin();
  CU_ASSERT_TRUE(is_well());
  CU_ASSERT_TRUE(tell("CONFIG SET proto-max-bulk-len 1mb", "+OK"));
  respub_status status = respub_publisher_publish(pub, RESPUB_LIT("news"),
                                                  respub_slice_of(large, LARGE), NULL, &error);
  RESPUB_CHECK(status == RESPUB_EREFUSED, "%s: %s", respub_status_name(status), error.text);
  says(&error, RESPUB_EREFUSED, "invalid bulk length");
  CU_ASSERT_TRUE(is_well());
  CU_ASSERT_TRUE(tell("CONFIG SET proto-max-bulk-len 512mb", "+OK"));
  end();
  free(large);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(a_refused_connection_leaves_the_message_unsent),
      RESPUB_TEST(connect_says_what_is_wrong_at_the_start),
      RESPUB_TEST(a_connection_lost_before_the_first_byte_is_replaced),
      RESPUB_TEST(a_connection_lost_before_the_first_byte_and_not_replaced_leaves_it_unsent),
      RESPUB_TEST(a_message_cut_in_the_middle_is_unsent),
      RESPUB_TEST(a_message_cut_in_the_middle_is_sent_again_when_the_server_is_there),
      RESPUB_TEST(a_message_without_its_reply_is_unanswered),
      RESPUB_TEST(a_late_reply_is_thrown_away_and_never_given_to_another),
      RESPUB_TEST(a_payload_whose_owner_left_is_sent_on_from_a_copy),
      RESPUB_TEST(a_paused_server_only_takes_its_time),
      RESPUB_TEST(a_connection_that_the_server_closed_while_idle_is_replaced_each_time),
      RESPUB_TEST(a_killed_client_is_replaced_before_the_next_message),
      RESPUB_TEST(a_forbidden_channel_is_refused_with_the_text_of_the_server),
      RESPUB_TEST(a_series_says_which_of_its_messages_were_refused),
      RESPUB_TEST(wrong_credentials_leave_the_message_unsent_and_wait_long),
      RESPUB_TEST(a_server_without_memory_still_publishes),
      RESPUB_TEST(a_full_server_is_told_from_one_that_is_away),
      RESPUB_TEST(a_message_beyond_the_limit_of_the_server_is_refused),
  };
  return respub_test_main_at_redis(&server, "publisher and server", tests, RESPUB_TEST_COUNT(tests),
                                   argc, argv);
}
