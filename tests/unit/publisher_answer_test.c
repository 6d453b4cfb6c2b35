/* What a publisher makes of each answer that a server may give, from a peer that says what is
 * written down here. */
#include "pubsub/pubsub.h"
#include "tests/support/check.h"
#include "tests/support/test.h"

#include <string.h>
#include <unistd.h>

enum {
  MOST_ANSWERS = 8,
  NODES = 16
};

/* Each PUBLISH gets the next of the answers, and :0 when there are no more. */
typedef struct peer {
  const char *answers[MOST_ANSWERS];
  size_t answered;
  const char *ping; /* the answer to PING in the handshake */
  const char *auth;
  unsigned dials;
  char in[16384], out[4096];
  size_t in_len, out_len;
  int fds[2]; /* always readable: what is to be said has been said when it is asked for */
} peer;

static peer the_peer;
static respub_publisher *pub;

static void say(peer *p, const char *text) {
  size_t len = strlen(text);
  CU_ASSERT_FATAL(len <= sizeof p->out - p->out_len);
  memcpy(p->out + p->out_len, text, len);
  p->out_len += len;
}

static bool is_command(const respub_node *command, const char *name) {
  return respub_node_equals(respub_node_at(command, 0), respub_slice_of_string(name));
}

static void answer(peer *p, const respub_node *command) {
  if (is_command(command, "PUBLISH")) {
    const char *text = p->answered < MOST_ANSWERS ? p->answers[p->answered] : NULL;
    p->answered += text != NULL;
    say(p, text != NULL ? text : ":0\r\n");
  } else if (is_command(command, "PING")) {
    say(p, p->ping);
  } else {
    say(p, is_command(command, "AUTH") ? p->auth : "+OK\r\n");
  }
}

static void serve(peer *p) {
  respub_decoder decoder;
  respub_node nodes[NODES];
  size_t used = 0, sum = 0;
  respub_decoder_init(&decoder, NULL, nodes, NODES);
  while (sum < p->in_len &&
         respub_decode(&decoder, p->in + sum, p->in_len - sum, &used) == RESPUB_OK) {
    answer(p, nodes);
    sum += used;
  }
  p->in_len -= sum;
  memmove(p->in, p->in + sum, p->in_len);
}

static respub_status peer_connect(void *ctx, int64_t now_ms, short *events, int64_t *deadline_ms,
                                  respub_error *error) {
  (void)ctx, (void)now_ms, (void)events, (void)deadline_ms, (void)error;
  return RESPUB_OK;
}

static ptrdiff_t peer_write(void *ctx, const respub_slice *parts, size_t n) {
  peer *p = ctx;
  size_t taken = 0;
  for (size_t i = 0; i < n; i++) {
    CU_ASSERT_FATAL(parts[i].len <= sizeof p->in - p->in_len);
    memcpy(p->in + p->in_len, parts[i].ptr, parts[i].len);
    p->in_len += parts[i].len;
    taken += parts[i].len;
  }
  serve(p);
  return (ptrdiff_t)taken;
}

static ptrdiff_t peer_read(void *ctx, void *buf, size_t len) {
  peer *p = ctx;
  size_t n = p->out_len < len ? p->out_len : len;
  memcpy(buf, p->out, n);
  p->out_len -= n;
  memmove(p->out, p->out + n, p->out_len);
  return (ptrdiff_t)n;
}

static void peer_close(void *ctx) {
  peer *p = ctx;
  p->in_len = p->out_len = 0;
}

static int peer_fd(void *ctx) {
  return ((peer *)ctx)->fds[0];
}

static respub_status dial(void *ctx, const respub_options *options, int64_t now_ms,
                          respub_transport *transport, respub_error *error) {
  (void)options, (void)now_ms, (void)error;
  ((peer *)ctx)->dials++;
  *transport =
      (respub_transport){ctx, peer_connect, peer_read, peer_write, peer_close, peer_fd, NULL};
  return RESPUB_OK;
}

/* ------------------------------------------------------------------------------------------------
 */

static void begin_with(const respub_publisher_options *options) {
  respub_publisher_options o = *options;
  the_peer = (peer){.ping = "+PONG\r\n", .auth = "+OK\r\n"};
  CU_ASSERT_EQUAL_FATAL(pipe(the_peer.fds), 0);
  close(the_peer.fds[1]); /* its end is readable, for ever */
  o.connection.dial = dial;
  o.connection.dial_ctx = &the_peer;
  CU_ASSERT_EQUAL_FATAL(respub_publisher_open(&pub, &o, NULL), RESPUB_OK);
}

/* The first message of a publisher goes a longer way than the others: each test is run on both. */
enum {
  AT_FIRST,
  LATER,
  WAYS
};

static void begin(int way) {
  respub_publisher_options o;
  respub_publisher_options_init(&o);
  begin_with(&o);
  if (way == LATER)
    CU_ASSERT_EQUAL_FATAL(respub_publisher_connect(pub, NULL), RESPUB_OK);
}

static void end(void) {
  respub_publisher_close(pub);
  close(the_peer.fds[0]);
}

static respub_status publish(int64_t *receivers, respub_error *error) {
  return respub_publisher_publish(pub, RESPUB_LIT("news"), RESPUB_LIT("x"), receivers, error);
}

static void says(const respub_error *error, respub_status status, const char *text) {
  RESPUB_CHECK(error->status == status && strcmp(error->text, text) == 0, "%s: %s",
               respub_status_name(error->status), error->text);
}

static respub_publisher_stats stats(void) {
  respub_publisher_stats s;
  respub_publisher_get_stats(pub, &s);
  return s;
}

#define OOM "OOM command not allowed when used memory > 'maxmemory'."
#define LOADING "LOADING Redis is loading the dataset in memory"

static const char *const refusals[] = {OOM, LOADING, "BUSY a script", "NOPERM no", "ERR no"};
static const char *const refusal_lines[] = {"-" OOM "\r\n", "-" LOADING "\r\n",
                                            "-BUSY a script\r\n", "-NOPERM no\r\n", "-ERR no\r\n"};

enum {
  REFUSALS = sizeof refusals / sizeof refusals[0]
};

static void be_refused(int way) {
  respub_error error;
  begin(way);
  memcpy(the_peer.answers, refusal_lines, sizeof refusal_lines);
  for (size_t i = 0; i < REFUSALS; i++) {
    int64_t receivers = -1;
    CU_ASSERT_EQUAL(publish(&receivers, &error), RESPUB_EREFUSED);
    CU_ASSERT_EQUAL(receivers, 0);
    says(&error, RESPUB_EREFUSED, refusals[i]);
  }
  CU_ASSERT_EQUAL(publish(NULL, &error), RESPUB_OK);
  CU_ASSERT_EQUAL(the_peer.dials, 1); /* a server that refuses is there */
  CU_ASSERT_EQUAL(stats().refused, REFUSALS);
  CU_ASSERT_EQUAL(stats().published, 1);
  end();
}

static void a_refusal_is_told_in_the_words_of_the_server(void) {
  for (int way = 0; way < WAYS; way++)
    be_refused(way);
}

static void be_answered_one_by_one(int way) {
  respub_publish_message messages[5];
  respub_publish_result results[5];
  respub_error error;
  begin(way);
  for (size_t i = 0; i < 5; i++)
    messages[i] = (respub_publish_message){RESPUB_LIT("news"), RESPUB_LIT("x")};
  const char *answers[] = {":3\r\n", "-" OOM "\r\n", ":4\r\n", "-" LOADING "\r\n", ":5\r\n"};
  memcpy(the_peer.answers, answers, sizeof answers);
  CU_ASSERT_EQUAL(respub_publisher_publish_many(pub, messages, 5, results, &error),
                  RESPUB_EREFUSED);
  says(&error, RESPUB_EREFUSED, OOM); /* the first */
  for (size_t i = 0; i < 5; i++) {
    CU_ASSERT_EQUAL(results[i].status, i % 2 == 0 ? RESPUB_OK : RESPUB_EREFUSED);
    CU_ASSERT_EQUAL(results[i].receivers, i % 2 == 0 ? 3 + (int64_t)i / 2 : 0);
  }
  CU_ASSERT_EQUAL(stats().receivers, 12);
  CU_ASSERT_EQUAL(the_peer.dials, 1);
  end();
}

static void each_of_many_has_the_answer_that_it_got(void) {
  for (int way = 0; way < WAYS; way++)
    be_answered_one_by_one(way);
}

static size_t told;

static void note(const respub_publish_result *result, respub_slice text, void *ctx) {
  (void)ctx;
  CU_ASSERT_EQUAL(result->status, RESPUB_EREFUSED);
  CU_ASSERT_EQUAL(result->receivers, 0);
  CU_ASSERT_TRUE(respub_slice_equal(text, respub_slice_of_string(refusals[told++])));
}

static void tell_callbacks(int way) {
  begin(way);
  told = 0;
  memcpy(the_peer.answers, refusal_lines, sizeof refusal_lines);
  for (size_t i = 0; i < REFUSALS; i++)
    CU_ASSERT_EQUAL(respub_publisher_queue(pub, RESPUB_LIT("news"), RESPUB_LIT("x"), note, NULL),
                    RESPUB_OK);
  CU_ASSERT_EQUAL(respub_publisher_flush(pub, 10000), RESPUB_OK);
  CU_ASSERT_EQUAL(told, REFUSALS);
  end();
}

static void a_callback_gets_the_words_of_the_server(void) {
  for (int way = 0; way < WAYS; way++)
    tell_callbacks(way);
}

static void a_server_that_loads_is_connected_to_all_the_same(void) {
  respub_publisher_options o;
  respub_error error;
  respub_publisher_options_init(&o);
  begin_with(&o);
  the_peer.ping = "-" LOADING "\r\n";
  the_peer.answers[0] = "-" LOADING "\r\n";
  CU_ASSERT_EQUAL(publish(NULL, &error), RESPUB_EREFUSED);
  says(&error, RESPUB_EREFUSED, LOADING);
  CU_ASSERT_EQUAL(publish(NULL, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(the_peer.dials, 1);
  end();
}

static void a_server_that_refuses_the_password_while_it_loads_leaves_it_unsent(void) {
  respub_publisher_options o;
  respub_error error;
  respub_publisher_options_init(&o);
  memcpy(o.connection.password, "pw", sizeof "pw");
  begin_with(&o);
  the_peer.auth = "-" LOADING "\r\n";
  CU_ASSERT_EQUAL(publish(NULL, &error), RESPUB_EUNSENT);
  CU_ASSERT_PTR_NOT_NULL(strstr(error.text, LOADING));
  CU_ASSERT_EQUAL(stats().last_error.status, RESPUB_EREFUSED);
  CU_ASSERT_EQUAL(stats().unsent, 1);
  end();
}

static void be_answered_strangely(int way) {
  static const char *const strange[] = {"+OK\r\n", "$1\r\nx\r\n", "*0\r\n",
                                        "$-1\r\n", "hello\r\n",   ":1\r\n:1\r\n"};
  for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
    respub_error error = {RESPUB_OK, ""};
    begin(way);
    the_peer.answers[0] = strange[i];
    respub_status status = publish(NULL, &error);
    bool answered = strange[i][0] == ':'; /* the one too many is noticed behind it */
    RESPUB_CHECK(status == (answered ? RESPUB_OK : RESPUB_EUNANSWERED), "%s: %s %s", strange[i],
                 respub_status_name(status), error.text);
    CU_ASSERT_EQUAL(publish(NULL, NULL), RESPUB_OK);
    CU_ASSERT_EQUAL(the_peer.dials, 2);
    end();
  }
}

static void what_is_no_answer_ends_the_connection_and_leaves_the_message_in_doubt(void) {
  for (int way = 0; way < WAYS; way++)
    be_answered_strangely(way);
}

static void pass_over_a_push(int way) {
  int64_t receivers = -1;
  begin(way);
  the_peer.answers[0] = ">2\r\n$10\r\ninvalidate\r\n_\r\n:7\r\n";
  CU_ASSERT_EQUAL(publish(&receivers, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(receivers, 7);
  CU_ASSERT_EQUAL(publish(&receivers, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(receivers, 0);
  CU_ASSERT_EQUAL(the_peer.dials, 1);
  end();
}

static void a_push_among_the_answers_is_passed_over(void) {
  for (int way = 0; way < WAYS; way++)
    pass_over_a_push(way);
}

static void be_told_a_count_below_zero(int way) {
  int64_t receivers = -7;
  begin(way);
  the_peer.answers[0] = ":-1\r\n";
  CU_ASSERT_EQUAL(publish(&receivers, NULL), RESPUB_OK);
  CU_ASSERT_EQUAL(receivers, 0);
  CU_ASSERT_EQUAL(stats().receivers, 0);
  end();
}

static void a_count_below_zero_is_no_count(void) {
  for (int way = 0; way < WAYS; way++)
    be_told_a_count_below_zero(way);
}

static const respub_test tests[] = {
    RESPUB_TEST(a_refusal_is_told_in_the_words_of_the_server),
    RESPUB_TEST(each_of_many_has_the_answer_that_it_got),
    RESPUB_TEST(a_callback_gets_the_words_of_the_server),
    RESPUB_TEST(a_server_that_loads_is_connected_to_all_the_same),
    RESPUB_TEST(a_server_that_refuses_the_password_while_it_loads_leaves_it_unsent),
    RESPUB_TEST(what_is_no_answer_ends_the_connection_and_leaves_the_message_in_doubt),
    RESPUB_TEST_OF(RESPUB_RESP3, a_push_among_the_answers_is_passed_over),
    RESPUB_TEST(a_count_below_zero_is_no_count),
};

int main(int argc, char **argv) {
  return respub_test_main("publisher answers", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
