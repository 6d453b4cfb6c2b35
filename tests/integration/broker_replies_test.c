/* The broker's replies against those of redis-server: the same bytes to both, the same bytes back.
 */
#include "tests/support/broker_fixture.h"
#include "tests/support/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One redis-server and one broker that are set up alike. */
typedef struct pair {
  respub_test_server *redis;
  respub_broker *broker;
} pair;

static void pair_open(pair *p, const char *const extra[], const char *username,
                      const char *password) {
  p->redis = respub_test_server_start(extra);
  CU_ASSERT_PTR_NOT_NULL_FATAL(p->redis);
  respub_broker_options options;
  respub_broker_options_init(&options);
  options.username = username;
  options.password = password;
  p->broker = start_with(&options);
}

static void pair_close(pair *p) {
  respub_broker_close(p->broker);
  respub_test_server_free(p->redis);
}

/* Connections, the first to redis-server and the second to the broker. */
typedef struct twins {
  respub_test_peer peer[2];
} twins;

static void twins_open(twins *t, const pair *p) {
  CU_ASSERT_TRUE_FATAL(respub_test_peer_tcp(&t->peer[0], respub_test_server_port(p->redis)));
  connect_peer(&t->peer[1], p->broker);
}

static void twins_close(twins *t) {
  respub_test_peer_close(&t->peer[0]);
  respub_test_peer_close(&t->peer[1]);
}

static void twins_send(twins *t, respub_slice bytes) {
  for (int i = 0; i < 2; i++)
    (void)respub_test_peer_send(&t->peer[i], bytes.ptr, bytes.len, DEADLINE_MS);
}

static void show(const char *who, const respub_test_peer *p) {
  fprintf(stderr, "  %-13s", who);
  for (size_t i = 0; i < p->len && i < 600; i++) {
    unsigned char c = (unsigned char)p->bytes[i];
    fprintf(stderr, c >= ' ' && c < 127 ? "%c" : "\\x%02x", c);
  }
  fputc('\n', stderr);
}

/* Both have said the same so far. */
static bool twins_agree(const twins *t, respub_slice request) {
  const respub_test_peer *redis = &t->peer[0];
  const respub_test_peer *broker = &t->peer[1];
  if (redis->len == broker->len && memcmp(redis->bytes, broker->bytes, redis->len) == 0)
    return true;
  fprintf(stderr, "after \"%.*s\"\n", (int)(request.len < 200 ? request.len : 200), request.ptr);
  show("redis-server:", redis);
  show("broker:", broker);
  return false;
}

/* What the two answer to these bytes, up to the end that the client's end brings about. */
static void compare(const pair *p, respub_slice request) {
  twins t;
  twins_open(&t, p);
  twins_send(&t, request);
  for (int i = 0; i < 2; i++) {
    respub_test_peer_finish(&t.peer[i]);
    CU_ASSERT_TRUE(respub_test_peer_receive_end(&t.peer[i], DEADLINE_MS));
  }
  CU_ASSERT_TRUE(twins_agree(&t, request));
  twins_close(&t);
}

static void compare_all(const pair *p, const respub_slice *requests, size_t n) {
  for (size_t i = 0; i < n; i++)
    compare(p, requests[i]);
}

#define COMPARE(pair, ...)                                                                         \
  do {                                                                                             \
    const respub_slice requests[] = {__VA_ARGS__};                                                 \
    compare_all(pair, requests, sizeof requests / sizeof requests[0]);                             \
  } while (0)
#define SAY(text) RESPUB_LIT(text)

static void with_open_pair(void (*test)(const pair *p)) {
  pair p;
  pair_open(&p, NULL, NULL, NULL);
  test(&p);
  pair_close(&p);
}

/* ------------------------------------------------------------------------------------------------
 */

static void compare_plain_commands(const pair *p) {
  COMPARE(p, SAY("PING\r\n"), SAY("ping hello\r\n"), SAY("*1\r\n$4\r\nPING\r\n"),
          SAY("*2\r\n$4\r\npInG\r\n$0\r\n\r\n"), SAY("*2\r\n$4\r\nPING\r\n$3\r\na\0b\r\n"),
          SAY("ECHO x\r\n"), SAY("*2\r\n$4\r\nECHO\r\n$4\r\n\r\n\r\n\r\n"), SAY("QUIT\r\n"),
          SAY("QUIT now\r\nPING\r\n"), SAY("PING\r\nQUIT\r\nPING\r\n"), SAY("RESET\r\n"),
          SAY("SELECT 0\r\nSELECT 15\r\n"), SAY("CLIENT SETNAME me\r\nCLIENT GETNAME\r\n"),
          SAY("CLIENT GETNAME\r\n"), SAY("CLIENT SETNAME \"\"\r\nCLIENT GETNAME\r\n"),
          SAY("CLIENT SETNAME me\r\nRESET\r\nCLIENT GETNAME\r\n"),
          SAY("HELLO 2 SETNAME you foo\r\nclient getname\r\n"), SAY("PUBLISH nobody x\r\n"),
          SAY("PUBSUB CHANNELS\r\nPUBSUB NUMPAT\r\nPUBSUB NUMSUB\r\nPUBSUB NUMSUB a b\r\n"),
          SAY("PUBSUB CHANNELS a*\r\npubsub channels\r\n"));
}

static void plain_commands_answer_as_redis_does(void) {
  with_open_pair(compare_plain_commands);
}

static void compare_errors(const pair *p) {
  COMPARE(p, SAY("PING a b\r\n"), SAY("ECHO\r\n"), SAY("ECHO a b\r\n"), SAY("RESET x\r\n"),
          SAY("SUBSCRIBE\r\n"), SAY("PSUBSCRIBE\r\n"), SAY("PUBLISH\r\n"), SAY("PUBLISH a\r\n"),
          SAY("publish a b c\r\n"), SAY("SELECT\r\n"), SAY("SELECT a b\r\n"), SAY("AUTH\r\n"),
          SAY("PUBSUB\r\n"), SAY("pubsub numpat x\r\n"), SAY("PUBSUB CHANNELS a b\r\n"),
          SAY("PUBSUB cHaNnElS a b\r\n"), SAY("CLIENT\r\n"), SAY("CLIENT SETNAME\r\n"),
          SAY("CLIENT GETNAME x\r\n"), SAY("CLIENT ID x\r\n"), SAY("CLIENT SETNAME a b\r\n"));
  COMPARE(p, SAY("SELECT 16\r\n"), SAY("SELECT -1\r\n"), SAY("SELECT x\r\n"), SAY("SELECT 01\r\n"),
          SAY("SELECT +1\r\n"), SAY("SELECT \"\"\r\n"), SAY("SELECT \"1 \"\r\n"),
          SAY("SELECT -0\r\n"), SAY("SELECT 2147483647\r\n"), SAY("SELECT 2147483648\r\n"),
          SAY("SELECT -2147483648\r\n"), SAY("SELECT -2147483649\r\n"),
          SAY("SELECT 9223372036854775807\r\n"), SAY("SELECT 9223372036854775808\r\n"),
          SAY("SELECT -\r\n"));
  COMPARE(p, SAY("CLIENT SETNAME \"a b\"\r\n"), SAY("CLIENT SETNAME \"a\\x00\"\r\n"),
          SAY("CLIENT SETNAME \"a\\n\"\r\n"), SAY("HELLO 2 SETNAME \"a b\"\r\n"),
          SAY("HELLO 1\r\n"), SAY("HELLO 4\r\n"), SAY("HELLO x\r\n"), SAY("HELLO 2 AUTH x\r\n"),
          SAY("HELLO 2 nonsense\r\n"), SAY("HELLO 2 SETNAME\r\n"),
          SAY("HELLO 99999999999999999999\r\n"), SAY("HELLO 2 AUTH default x nonsense\r\n"),
          SAY("HELLO 2 AUTH nobody x\r\n"), SAY("AUTH secret\r\n"), SAY("AUTH default secret\r\n"),
          SAY("AUTH nobody secret\r\n"), SAY("AUTH a b c\r\n"));
}

static void wrong_arguments_are_refused_as_redis_does(void) {
  with_open_pair(compare_errors);
}

static void compare_unknown(const pair *p) {
  char words[1200];
  memset(words, 'w', sizeof words);
  memcpy(words, "nosuch ", 7);
  for (size_t i = 60; i + 2 < sizeof words; i += 60)
    words[i] = ' ';
  memcpy(words + sizeof words - 2, "\r\n", 2);
  compare(p, respub_slice_of(words, sizeof words));
  memset(words, 'W', sizeof words - 2);
  compare(p, respub_slice_of(words, sizeof words));
  memcpy(words, "CLIENT ", 7);
  compare(p, respub_slice_of(words, sizeof words));
  COMPARE(p, SAY("nosuch\r\n"), SAY("NoSuch a 'b c' \"\"\r\n"),
          SAY("\"no\\r\\nsuch\" \"a\\r\\nb\"\r\n"), SAY("\"no\\x00such\" \"a\\x00b\" c\r\n"),
          SAY("''\r\n"), SAY("client nosuch\r\n"), SAY("CLIENT nosuch a b\r\n"),
          SAY("Client ''\r\n"), SAY("pubsub nosuch\r\n"), SAY("PUBSUB \"no\\r\\nsuch\" x\r\n"),
          SAY("PING\r\nnosuch\r\nPING\r\n"), SAY("POST / HTTP/1.1\r\nHost: x\r\n\r\n"),
          SAY("PING\r\nHost: x\r\nPING\r\n"), SAY("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
}

static void unknown_commands_are_named_as_redis_does(void) {
  with_open_pair(compare_unknown);
}

static void compare_subscriber_mode(const pair *p) {
  COMPARE(p, SAY("SUBSCRIBE a\r\n"), SAY("SUBSCRIBE a b a\r\n"), SAY("subscribe ''\r\n"),
          SAY("PSUBSCRIBE a* a* b*\r\nSUBSCRIBE a\r\n"), SAY("SUBSCRIBE a\r\nUNSUBSCRIBE a\r\n"),
          SAY("UNSUBSCRIBE\r\n"), SAY("PUNSUBSCRIBE\r\n"), SAY("UNSUBSCRIBE a b\r\n"),
          SAY("PUNSUBSCRIBE a*\r\n"), SAY("SUBSCRIBE a\r\nUNSUBSCRIBE\r\nUNSUBSCRIBE\r\n"),
          SAY("SUBSCRIBE a\r\nPUNSUBSCRIBE\r\nUNSUBSCRIBE nosuch\r\n"),
          SAY("PSUBSCRIBE a\r\nSUBSCRIBE a\r\nUNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nPING\r\n"),
          SAY("SUBSCRIBE a\r\nPING\r\nPING x\r\nPING x y\r\n"), SAY("SUBSCRIBE a\r\nQUIT\r\n"),
          SAY("SUBSCRIBE a\r\nRESET\r\nPING\r\nPUBLISH a b\r\n"),
          SAY("*2\r\n$9\r\nSUBSCRIBE\r\n$3\r\n\0\r\n\r\n*1\r\n$11\r\nUNSUBSCRIBE\r\n"),
          SAY("SUBSCRIBE a\r\nUNSUBSCRIBE a\r\nECHO out\r\n"));
  COMPARE(p, SAY("SUBSCRIBE a\r\nPUBLISH a b\r\n"), SAY("SUBSCRIBE a\r\nEcho x\r\n"),
          SAY("SUBSCRIBE a\r\nCLIENT GETNAME\r\n"), SAY("SUBSCRIBE a\r\nCLIENT\r\n"),
          SAY("SUBSCRIBE a\r\nPUBSUB CHANNELS\r\n"), SAY("SUBSCRIBE a\r\nHELLO 2\r\n"),
          SAY("SUBSCRIBE a\r\nHELLO 3\r\n"), SAY("SUBSCRIBE a\r\nAUTH x\r\n"),
          SAY("SUBSCRIBE a\r\nSELECT 1\r\n"), SAY("SUBSCRIBE a\r\nINFO\r\n"),
          SAY("SUBSCRIBE a\r\nnosuch\r\n"), SAY("SUBSCRIBE a\r\nECHO\r\n"),
          SAY("SUBSCRIBE a\r\nCLIENT SETNAME\r\n"), SAY("PSUBSCRIBE a\r\nSELECT 1\r\n"),
          SAY("SUBSCRIBE a\r\nSUBSCRIBE\r\n"), SAY("SUBSCRIBE a\r\nPUBSUB nosuch\r\n"));
}

static void subscriber_mode_is_that_of_redis(void) {
  with_open_pair(compare_subscriber_mode);
}

static void compare_inline(const pair *p) {
  COMPARE(p, SAY("PING\n"), SAY("  PING  \r\n"), SAY("\r\n\r\n\nPING\r\n"), SAY("\tECHO\t x\r\n"),
          SAY("ECHO \"a b\"\r\n"), SAY("ECHO 'a b'\r\n"),
          SAY("ECHO \"\\x41\\x0a\\n\\r\\t\\b\\a\\q\\\"\"\r\n"), SAY("ECHO 'it\\'s \\n'\r\n"),
          SAY("ECHO \"\\x4\"\r\n"), SAY("ECHO \"\\xzz\"\r\n"), SAY("ECHO a\"b\"\r\n"),
          SAY("ECHO a'b c'\r\n"), SAY("ECHO \"\"\r\n"), SAY("ECHO ''\r\n"),
          SAY("ECHO \"a\"b\r\nPING\r\n"), SAY("ECHO 'a'b\r\n"), SAY("ECHO \"a\r\n"),
          SAY("ECHO 'a\r\n"), SAY("ECHO \"a\\\r\n"), SAY("ECHO \"a\\\"\r\n"),
          SAY("ECHO \"a\"\v\r\n"), SAY("ECHO a\vb\r\n"), SAY("\v\fECHO x\r\n"),
          SAY("ECHO a\\ b\r\n"), SAY("ECHO \\x41\r\n"), SAY("PING\r\r\n"), SAY("ECHO a\rb\r\n"),
          SAY("PING"), SAY("PI"), SAY("\r\n"), SAY(" \r\nPING\r\n"),
          SAY("ECHO x\r\n*1\r\n$4\r\nPING\r\nECHO y\r\n"), SAY("$4\r\nPING\r\n"));
}

static void inline_commands_are_split_as_redis_does(void) {
  with_open_pair(compare_inline);
}

static void compare_long_lines(const pair *p) {
  size_t size = 80000;
  char *line = malloc(size);
  CU_ASSERT_PTR_NOT_NULL_FATAL(line);
  memset(line, 'x', size);
  compare(p, respub_slice_of(line, size)); /* no end in sight */
  memcpy(line, "ECHO ", 5);
  memcpy(line + 60000, "\r\n", 2);
  compare(p, respub_slice_of(line, 60002));
  free(line);
}

static void an_endless_line_is_refused_as_redis_does(void) {
  with_open_pair(compare_long_lines);
}

static void compare_framing(const pair *p) {
  COMPARE(p, SAY("*0\r\nPING\r\n"), SAY("*-1\r\nPING\r\n"), SAY("*x\r\nPING\r\n"), SAY("*\r\n"),
          SAY("*01\r\n"), SAY("*+1\r\n"), SAY("*1 \r\n"), SAY("*99999999999\r\n"),
          SAY("*99999999999999999999\r\n"), SAY("PING\r\n*1\r\nPING\r\nPING\r\n"),
          SAY("*1\r\n:1\r\n"), SAY("*1\r\n+PING\r\n"), SAY("*1\r\n-PING\r\n"), SAY("*1\r\n*1\r\n"),
          SAY("*1\r\n*0\r\n"), SAY("*1\r\n\r\n"), SAY("*1\r\n%1\r\n"), SAY("*1\r\n>1\r\n"),
          SAY("*1\r\n|1\r\n"), SAY("*1\r\n#t\r\n"), SAY("*1\r\n,1\r\n"), SAY("*1\r\n(1\r\n"),
          SAY("*1\r\n=5\r\ntxt:x\r\n"), SAY("*1\r\n!1\r\nx\r\n"), SAY("*1\r\n\x80\r\n"),
          SAY("*1\r\n$\r\n"), SAY("*1\r\n$-1\r\n"), SAY("*1\r\n$-2\r\n"), SAY("*1\r\n$x\r\n"),
          SAY("*1\r\n$04\r\nPING\r\n"), SAY("*1\r\n$99999999999999999999\r\n"),
          SAY("*1\r\n$4294967296\r\n"), SAY("*2\r\n$4\r\nPING\r\nPING\r\n"), SAY("*1"),
          SAY("*1\r\n$4"), SAY("*1\r\n$4\r\nPI"), SAY("*2\r\n$4\r\nECHO\r\n"),
          SAY("PING\r\n*1\r\n$4\r\nPI"));
  COMPARE(p, SAY("*-5\r\nPING\r\n"), SAY("*-9223372036854775808\r\nPING\r\n"), SAY("*-05\r\n"),
          SAY("*-0\r\n"), SAY("*-\r\n"), SAY("*2\r\n:1\r\n"), SAY("*2\r\n-3\r\nx y\r\n"),
          SAY("*2\r\n$-1\r\n"), SAY("*1\r\n:x\r\n"), SAY("*1\r\n=x\r\n"), SAY("*1\r\n#x\r\n"),
          SAY("*2\r\n$1\r\na\r\n+b\r\n"), SAY("*1\r\n,x\r\n"), SAY("*1\r\n!x\r\n"));
}

static void malformed_commands_are_refused_as_redis_does(void) {
  with_open_pair(compare_framing);
}

/* ------------------------------------------------------------------------------------------------
 */

static void compare_authentication(const pair *p) {
  COMPARE(p, SAY("PING\r\n"), SAY("SUBSCRIBE a\r\n"), SAY("QUIT\r\n"), SAY("RESET\r\nPING\r\n"),
          SAY("nosuch\r\n"), SAY("ECHO\r\n"), SAY("CLIENT nosuch\r\n"), SAY("CLIENT GETNAME\r\n"),
          SAY("HELLO\r\n"), SAY("HELLO 2\r\n"), SAY("HELLO 4\r\nHELLO x\r\n"), SAY("AUTH\r\n"),
          SAY("AUTH secret\r\nPING\r\n"), SAY("AUTH wrong\r\nPING\r\n"), SAY("AUTH secre\r\n"),
          SAY("AUTH secrets\r\n"), SAY("AUTH secreT\r\n"), SAY("AUTH ''\r\n"),
          SAY("AUTH default secret\r\nPING\r\n"), SAY("AUTH bob secret\r\nPING\r\n"),
          SAY("AUTH bob wrong\r\n"), SAY("AUTH a b c\r\n"),
          SAY("AUTH secret\r\nAUTH wrong\r\nPING\r\n"), SAY("AUTH secret\r\nRESET\r\nPING\r\n"),
          SAY("HELLO 2 AUTH default wrong\r\nPING\r\n"), SAY("HELLO 2 AUTH bob wrong\r\nPING\r\n"),
          SAY("HELLO 2 SETNAME me\r\nAUTH secret\r\nCLIENT GETNAME\r\n"),
          SAY("SUBSCRIBE a\r\nAUTH secret\r\nSUBSCRIBE a\r\n"));
  COMPARE(
      p, SAY("*10\r\n$4\r\nECHO\r\n"), SAY("*11\r\n"), SAY("*1000\r\n"), SAY("*1\r\n$16384\r\n"),
      SAY("*1\r\n$16385\r\n"), SAY("*1\r\n$536870912\r\n"), SAY("*2\r\n$4\r\nAUTH\r\n$16385\r\n"),
      SAY("*x\r\n"), SAY("1 2 3 4 5 6 7 8 9 10 11 12\r\n"),
      SAY("AUTH secret\r\n*12\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n"
          "$1\r\ne\r\n$1\r\nf\r\n$1\r\ng\r\n$1\r\nh\r\n$1\r\ni\r\n$1\r\nj\r\n$1\r\nk\r\n"));
}

static void a_password_is_asked_for_as_redis_does(void) {
  const char *const extra[] = {"--requirepass", "secret", NULL};
  pair p;
  pair_open(&p, extra, NULL, "secret");
  compare_authentication(&p);
  pair_close(&p);
}

static void a_user_name_is_asked_for_as_redis_does(void) {
  const char *const extra[] = {"--user", "bob",    "on",      ">secret", "~*",        "&*",
                               "+@all",  "--user", "default", "off",     "resetpass", NULL};
  pair p;
  pair_open(&p, extra, "bob", "secret");
  compare_authentication(&p);
  pair_close(&p);
}

/* ------------------------------------------------------------------------------------------------
 */

/* Redis 7 knows RESP3; this is what it says of versions that it does not know. */
static void resp3_is_refused_as_redis_refuses_unknown_versions(void) {
  pair p;
  twins t;
  pair_open(&p, NULL, NULL, NULL);
  twins_open(&t, &p);
  respub_slice request = SAY("HELLO 4 SETNAME me\r\nCLIENT GETNAME\r\nQUIT\r\n");
  (void)respub_test_peer_send(&t.peer[0], request.ptr, request.len, DEADLINE_MS);
  (void)respub_test_peer_say(&t.peer[1], "HELLO 3 SETNAME me\r\nCLIENT GETNAME\r\nQUIT\r\n",
                             DEADLINE_MS);
  for (int i = 0; i < 2; i++)
    CU_ASSERT_TRUE(respub_test_peer_receive_end(&t.peer[i], DEADLINE_MS));
  CU_ASSERT_TRUE(twins_agree(&t, request));
  twins_close(&t);
  pair_close(&p);
}

static void messages_look_as_those_of_redis(void) {
  pair p;
  twins subscriber, publisher;
  pair_open(&p, NULL, NULL, NULL);
  twins_open(&subscriber, &p);
  twins_open(&publisher, &p);
  respub_slice subscribe =
      SAY("SUBSCRIBE news ''\r\nPSUBSCRIBE n*\r\nPSUBSCRIBE nothing\r\nPING\r\n");
  twins_send(&subscriber, subscribe);
  for (int i = 0; i < 2; i++)
    CU_ASSERT_TRUE(
        respub_test_peer_receive_text(&subscriber.peer[i], "pong\r\n$0\r\n\r\n", DEADLINE_MS));
  respub_slice publish =
      SAY("PUBLISH news hello\r\nPUBLISH nova \"\"\r\nPUBLISH '' empty\r\n"
          "PUBLISH other x\r\n*3\r\n$7\r\nPUBLISH\r\n$4\r\nn\0\r\n\r\n$3\r\n\r\n\0\r\n"
          "PUBSUB NUMSUB news nova\r\nPUBSUB NUMPAT\r\nPUBSUB CHANNELS n*\r\n"
          "PUBSUB CHANNELS x\r\nQUIT\r\n");
  twins_send(&publisher, publish);
  for (int i = 0; i < 2; i++)
    CU_ASSERT_TRUE(respub_test_peer_receive_end(&publisher.peer[i], DEADLINE_MS));
  CU_ASSERT_TRUE(twins_agree(&publisher, publish));
  twins_send(&subscriber, SAY("QUIT\r\n"));
  for (int i = 0; i < 2; i++)
    CU_ASSERT_TRUE(respub_test_peer_receive_end(&subscriber.peer[i], DEADLINE_MS));
  CU_ASSERT_TRUE(twins_agree(&subscriber, subscribe));
  twins_close(&subscriber);
  twins_close(&publisher);
  pair_close(&p);
}

/* Apart from version and number of the client. */
static void hello_describes_the_server_as_redis_does(void) {
  pair p;
  twins t;
  pair_open(&p, NULL, NULL, NULL);
  twins_open(&t, &p);
  twins_send(&t, SAY("HELLO 2\r\nQUIT\r\n"));
  respub_node nodes[2][15];
  for (int i = 0; i < 2; i++) {
    CU_ASSERT_TRUE(respub_test_peer_receive_end(&t.peer[i], DEADLINE_MS));
    respub_decoder d;
    size_t used;
    respub_decoder_init(&d, NULL, nodes[i], 15);
    CU_ASSERT_EQUAL_FATAL(respub_decode(&d, t.peer[i].bytes, t.peer[i].len, &used), RESPUB_OK);
  }
  CU_ASSERT_EQUAL(nodes[1][0].integer, 14);
  for (int k = 0; k < 15; k++) {
    CU_ASSERT_EQUAL(nodes[0][k].type, nodes[1][k].type);
    if (k != 4 && k != 8) {
      CU_ASSERT_EQUAL(nodes[0][k].integer, nodes[1][k].integer);
      CU_ASSERT_TRUE(respub_slice_equal(nodes[0][k].text, nodes[1][k].text));
    }
  }
  CU_ASSERT_TRUE(respub_slice_starts_with(nodes[1][4].text, RESPUB_LIT("7.0.")));
  twins_close(&t);
  pair_close(&p);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(plain_commands_answer_as_redis_does),
      RESPUB_TEST(wrong_arguments_are_refused_as_redis_does),
      RESPUB_TEST(unknown_commands_are_named_as_redis_does),
      RESPUB_TEST(subscriber_mode_is_that_of_redis),
      RESPUB_TEST(inline_commands_are_split_as_redis_does),
      RESPUB_TEST(an_endless_line_is_refused_as_redis_does),
      RESPUB_TEST(malformed_commands_are_refused_as_redis_does),
      RESPUB_TEST(a_password_is_asked_for_as_redis_does),
      RESPUB_TEST(a_user_name_is_asked_for_as_redis_does),
      RESPUB_TEST(resp3_is_refused_as_redis_refuses_unknown_versions),
      RESPUB_TEST(messages_look_as_those_of_redis),
      RESPUB_TEST(hello_describes_the_server_as_redis_does),
  };
  return respub_test_main("broker replies against redis-server", tests, RESPUB_TEST_COUNT(tests),
                          argc, argv);
}
