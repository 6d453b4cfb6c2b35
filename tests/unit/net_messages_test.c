/* Messages that are taken without a tape are those that respub_conn_take would have given. */
#include "net/messages.h"
#include "tests/support/opened.h"
#include "tests/support/test.h"

#include <string.h>

enum {
  MOST = 64,
  TOLD_BYTES = 1024
};

#define NEWS(type, payload) type "3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n" payload

/* What came, as text: "channel=payload;" of a message, "?" of anything else. */
static char told[TOLD_BYTES];

static void tell(respub_slice bytes) {
  size_t len = strlen(told);
  CU_ASSERT_FATAL(bytes.len < sizeof told - len);
  memcpy(told + len, bytes.ptr, bytes.len);
  told[len + bytes.len] = '\0';
}

static void tell_message(respub_slice channel, respub_slice payload) {
  tell(channel);
  tell(RESPUB_LIT("="));
  tell(payload);
  tell(RESPUB_LIT(";"));
}

static bool tell_value(const respub_node *value) {
  bool is_message = value->span == 4 && respub_node_equals(value + 1, RESPUB_LIT("message")) &&
                    value[2].type == RESPUB_BULK && value[3].type == RESPUB_BULK;
  if (is_message)
    tell_message(value[2].text, value[3].text);
  else
    tell(RESPUB_LIT("?"));
  return is_message;
}

/* Everything that comes, until there is no more; messages at most at_once of them a call (0: all by
 * respub_conn_take). Returns how many were taken without a tape. */
static size_t take_everything(respub_conn *conn, size_t at_once, respub_status *end) {
  respub__message messages[MOST];
  const respub_node *value;
  size_t quick = 0;
  respub_status status = RESPUB_OK;
  told[0] = '\0';
  while (status == RESPUB_OK) {
    size_t n = at_once > 0 ? respub__conn_take_messages(conn, messages, at_once) : 0;
    CU_ASSERT_FATAL(n <= at_once);
    for (size_t i = 0; i < n; i++)
      tell_message(messages[i].channel, messages[i].payload);
    quick += n;
    if (n > 0)
      continue;
    status = respub_conn_take(conn, &value);
    if (status == RESPUB_MORE)
      status = respub_conn_fill(conn);
    else if (status == RESPUB_OK)
      (void)tell_value(value);
  }
  *end = status;
  return quick;
}

typedef struct outcome {
  char told[TOLD_BYTES];
  respub_status end;
  size_t quick, due;
} outcome;

/* The text in two reads; before them commands go out that expect two replies. */
static outcome outcome_of(const char *text, size_t split, size_t at_once) {
  respub_test_opened o;
  outcome out;
  respub_slice command = RESPUB_LIT("PING");
  respub_test_opened_init(&o);
  o.options.limits.bulk_bytes = 300;
  respub_test_script_say_bytes(&o.script, respub_slice_of(text, split));
  if (split < strlen(text))
    respub_test_script_say(&o.script, text + split);
  respub_test_opened_open(&o);
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, &command, 1), RESPUB_OK);
  CU_ASSERT_EQUAL(respub_conn_append(o.conn, &command, 1), RESPUB_OK);
  out.quick = take_everything(o.conn, at_once, &out.end);
  out.due = respub_conn_due(o.conn);
  memcpy(out.told, told, sizeof told);
  respub_test_opened_close(&o);
  return out;
}

static void compare(const char *text, size_t split, size_t at_once) {
  outcome with = outcome_of(text, split, at_once);
  outcome without = outcome_of(text, split, 0);
  CU_ASSERT_STRING_EQUAL(with.told, without.told);
  CU_ASSERT_EQUAL(with.end, without.end);
  CU_ASSERT_EQUAL(with.due, without.due);
}

static void messages_come_through_in_order_however_they_are_split(void) {
  static const char text[] = NEWS("*", "$12\r\n111111111111\r\n")
      NEWS("*", "$1\r\n2\r\n") "+PONG\r\n" NEWS(">", "$11\r\n33333333333\r\n")
          NEWS(">", "$11\r\n44444444444\r\n") NEWS("*", "$10\r\n\r\n*3\r\n$7\r\n\r\n") ":1\r\n";
  for (size_t split = 1; split < sizeof text; split++)
    for (size_t at_once = 1; at_once <= 3; at_once++)
      compare(text, split, at_once);
  CU_ASSERT_EQUAL(outcome_of(text, sizeof text - 1, 3).quick, RESPUB_RESP3 ? 5 : 2);
}

static void what_is_no_usual_message_is_left_as_it_is(void) {
  static const char *const others[] = {
      NEWS("*", "$0\r\n\r\n"),
      NEWS("*", "$012\r\n111111111111\r\n"),
      NEWS("*", "$-1\r\n"),
      NEWS("*", "$301\r\n"),
      NEWS("*", "$9999999999\r\n111111111111\r\n"),
      NEWS("*", "$x\r\n111111111111\r\n"),
      NEWS("*", "$12\n111111111111\r\n......."),
      NEWS("*", "$12\rx111111111111\r\n......."),
      NEWS("*", "$12\r\n111111111111\n\r......."),
      NEWS("*", "$12\r\n111111111111x\n......."),
      NEWS("*", ":123456789012\r\n"),
      NEWS("*", "*1\r\n$11\r\n11111111111\r\n"),
      NEWS("~", "$12\r\n111111111111\r\n"),
      "*3\r\n$7\r\nmessage\r\n*1\r\n$4\r\nnews\r\n$12\r\n111111111111\r\n",
      "*3\r\n$7\r\nmessage\r\n$0\r\n\r\n$12\r\n111111111111\r\n",
      "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$4\r\nnews\r\n$12\r\n111111111111\r\n",
      "*3\r\n$7\r\nMESSAGE\r\n$4\r\nnews\r\n$12\r\n111111111111\r\n",
      "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n..................",
      "$40\r\n" NEWS("*", "$1\r\n1\r\n") "....",
  };
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    compare(others[i], strlen(others[i]), MOST);
    CU_ASSERT_EQUAL(outcome_of(others[i], strlen(others[i]), MOST).quick, 0);
  }
}

static void one_wrong_byte_anywhere_changes_nothing(void) {
  static const char wrong[] = {'\0', '\r', '\n', '0', '9', '$', '*', '-', 'x'};
  char text[] = NEWS("*", "$12\r\n111111111111\r\n") NEWS("*", "$12\r\n222222222222\r\n");
  for (size_t at = 0; at < sizeof text - 1; at++) {
    char right = text[at];
    for (size_t i = 0; i < sizeof wrong; i++) {
      text[at] = wrong[i] == '\0' ? (char)(right ^ 1) : wrong[i];
      compare(text, strlen(text), MOST);
    }
    text[at] = right;
  }
}

static void a_message_inside_of_another_value_is_not_taken(void) {
  static const char text[] = "*2\r\n" NEWS("*", "$12\r\n111111111111\r\n")
      NEWS("*", "$12\r\n222222222222\r\n") NEWS("*", "$12\r\n333333333333\r\n");
  for (size_t split = 1; split < sizeof text; split++)
    compare(text, split, MOST);
  CU_ASSERT_STRING_EQUAL(outcome_of(text, 4, MOST).told, "?news=333333333333;");
}

static void limits_that_concern_messages_are_left_to_the_decoder(void) {
  for (int i = 0; i < 3; i++) {
    respub_test_opened o;
    respub__message message;
    const respub_node *value;
    respub_test_opened_init(&o);
    *(i == 0   ? &o.options.limits.elements
      : i == 1 ? &o.options.limits.total
               : &o.options.limits.bytes) = i == 2 ? 50 : 2;
    respub_test_script_say(&o.script, NEWS("*", "$30\r\n111111111111111111111111111111\r\n"));
    respub_test_opened_open(&o);
    CU_ASSERT_EQUAL(respub_conn_fill(o.conn), RESPUB_OK);
    CU_ASSERT_EQUAL(respub__conn_take_messages(o.conn, &message, 1), 0);
    CU_ASSERT(respub_conn_take(o.conn, &value) < 0);
    respub_test_opened_close(&o);
  }
}

static const respub_test tests[] = {
    RESPUB_TEST(messages_come_through_in_order_however_they_are_split),
    RESPUB_TEST(what_is_no_usual_message_is_left_as_it_is),
    RESPUB_TEST(one_wrong_byte_anywhere_changes_nothing),
    RESPUB_TEST(a_message_inside_of_another_value_is_not_taken),
    RESPUB_TEST(limits_that_concern_messages_are_left_to_the_decoder),
};

int main(int argc, char **argv) {
  return respub_test_main("messages", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
