/* Which schema a channel has, and what the built-in ones say. */
#include "tests/support/check.h"
#include "tests/support/test.h"
#include "tests/support/verdict.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static respub_registry *open_registry(void) {
  respub_registry *registry = NULL;
  respub_error error = {.text = ""};
  RESPUB_CHECK(respub_registry_open(&registry, &error) == RESPUB_OK, "%s", error.text);
  CU_ASSERT_PTR_NOT_NULL_FATAL(registry);
  return registry;
}

/* A schema that can be told from others by its one constant. */
static respub_schema *marked(int mark) {
  char text[32];
  (void)snprintf(text, sizeof text, "{'const':%d}", mark);
  return respub_test_schema(text);
}

/* The mark of the channel's schema; 0: it has none; -1: that of a built-in one. */
static int mark_of(const respub_registry *registry, const char *channel) {
  const respub_schema *schema = respub_registry_find(registry, respub_slice_of_string(channel));
  if (schema == NULL)
    return 0;
  const char *mark = strstr(respub_schema_json(schema), "{\n  \"const\": ");
  return mark == NULL ? -1 : (int)strtol(mark + strlen("{\n  \"const\": "), NULL, 10);
}

static respub_status add(respub_registry *registry, const char *name, int mark) {
  return respub_registry_add(registry, respub_slice_of_string(name),
                             mark == 0 ? NULL : marked(mark));
}

static respub_status add_prefix(respub_registry *registry, const char *name, int mark) {
  return respub_registry_add_prefix(registry, respub_slice_of_string(name),
                                    mark == 0 ? NULL : marked(mark));
}

static void channels_of_the_seed_have_schemas(void) {
  respub_registry *registry = open_registry();
  CU_ASSERT_EQUAL(mark_of(registry, "BROKER_REGISTRATION"), -1);
  CU_ASSERT_EQUAL(mark_of(registry, "TICKER_UPDATES_AAPL"), -1);
  CU_ASSERT_EQUAL(mark_of(registry, "TICKER_UPDATES_"), -1);
  CU_ASSERT_EQUAL(mark_of(registry, "ACCOUNT_UPDATES_me"), -1);
  CU_ASSERT_EQUAL(mark_of(registry, "BROKER_REGISTRATIONS"), 0);
  CU_ASSERT_EQUAL(mark_of(registry, "TICKER_UPDATES"), 0);
  CU_ASSERT_EQUAL(mark_of(registry, "ticker_updates_aapl"), 0);
  CU_ASSERT_EQUAL(mark_of(registry, "other"), 0);
  CU_ASSERT_EQUAL(mark_of(registry, ""), 0);
  respub_registry_close(registry);
}

static void the_longest_match_wins_and_an_exact_name_before_any(void) {
  respub_registry *registry = open_registry();
  CU_ASSERT_EQUAL(add_prefix(registry, "a", 1), RESPUB_OK);
  CU_ASSERT_EQUAL(add_prefix(registry, "a.b.", 2), RESPUB_OK);
  CU_ASSERT_EQUAL(add_prefix(registry, "a.b.c", 3), RESPUB_OK);
  CU_ASSERT_EQUAL(add(registry, "a.b.c", 4), RESPUB_OK);
  CU_ASSERT_EQUAL(add(registry, "a.b.cc", 5), RESPUB_OK);
  CU_ASSERT_EQUAL(mark_of(registry, "a"), 1);
  CU_ASSERT_EQUAL(mark_of(registry, "a.b"), 1);
  CU_ASSERT_EQUAL(mark_of(registry, "a.b."), 2);
  CU_ASSERT_EQUAL(mark_of(registry, "a.b.x"), 2);
  CU_ASSERT_EQUAL(mark_of(registry, "a.b.c"), 4);
  CU_ASSERT_EQUAL(mark_of(registry, "a.b.ca"), 3);
  CU_ASSERT_EQUAL(mark_of(registry, "a.b.cc"), 5);
  CU_ASSERT_EQUAL(mark_of(registry, "a.b.ccc"), 3);
  CU_ASSERT_EQUAL(mark_of(registry, "a.z"), 1);
  CU_ASSERT_EQUAL(mark_of(registry, "b"), 0);
  respub_registry_close(registry);
}

static void adding_replaces_and_nothing_removes(void) {
  respub_registry *registry = open_registry();
  CU_ASSERT_EQUAL(add(registry, "x", 1), RESPUB_OK);
  CU_ASSERT_EQUAL(add(registry, "x", 2), RESPUB_OK);
  CU_ASSERT_EQUAL(mark_of(registry, "x"), 2);
  CU_ASSERT_EQUAL(add_prefix(registry, "x", 3), RESPUB_OK);
  CU_ASSERT_EQUAL(mark_of(registry, "x"), 2);
  CU_ASSERT_EQUAL(add(registry, "x", 0), RESPUB_OK);
  CU_ASSERT_EQUAL(mark_of(registry, "x"), 3);
  CU_ASSERT_EQUAL(add_prefix(registry, "x", 0), RESPUB_OK);
  CU_ASSERT_EQUAL(mark_of(registry, "x"), 0);
  CU_ASSERT_EQUAL(add(registry, "x", 0), RESPUB_OK);
  CU_ASSERT_EQUAL(add_prefix(registry, "TICKER_UPDATES_", 0), RESPUB_OK);
  CU_ASSERT_EQUAL(mark_of(registry, "TICKER_UPDATES_A"), 0);
  respub_registry_close(registry);
  respub_registry_close(NULL);
}

static void names_may_be_of_any_bytes_but_not_of_any_length(void) {
  respub_registry *registry = open_registry();
  char name[1025];
  memset(name, 'n', sizeof name);
  respub_schema *schema = marked(1);
  CU_ASSERT_EQUAL(respub_registry_add(registry, RESPUB_LIT(""), schema), RESPUB_EARGUMENT);
  CU_ASSERT_EQUAL(respub_registry_add_prefix(registry, RESPUB_LIT(""), schema), RESPUB_EARGUMENT);
  CU_ASSERT_EQUAL(respub_registry_add(registry, respub_slice_of(name, 1025), schema),
                  RESPUB_EARGUMENT);
  CU_ASSERT_EQUAL(respub_registry_add(registry, respub_slice_of(name, 1024), schema), RESPUB_OK);
  CU_ASSERT_PTR_EQUAL(respub_registry_find(registry, respub_slice_of(name, 1024)), schema);
  CU_ASSERT_PTR_NULL(respub_registry_find(registry, respub_slice_of(name, 1023)));
  respub_slice odd = RESPUB_LIT("a\0b");
  schema = marked(2);
  CU_ASSERT_EQUAL(respub_registry_add(registry, odd, schema), RESPUB_OK);
  CU_ASSERT_PTR_EQUAL(respub_registry_find(registry, odd), schema);
  CU_ASSERT_PTR_NULL(respub_registry_find(registry, RESPUB_LIT("a\0c")));
  CU_ASSERT_PTR_NULL(respub_registry_find(registry, respub_slice_of(NULL, 0)));
  respub_registry_close(registry);
}

typedef struct listing {
  char text[256];
  size_t len;
} listing;

static void list(void *ctx, respub_slice name, bool is_prefix, const respub_schema *schema) {
  listing *l = ctx;
  CU_ASSERT_PTR_NOT_NULL(schema);
  l->len += (size_t)snprintf(l->text + l->len, sizeof l->text - l->len, "%.*s%s ", (int)name.len,
                             name.ptr, is_prefix ? "*" : "");
}

static void entries_are_listed_in_the_order_of_their_names(void) {
  respub_registry *registry = open_registry();
  listing l = {.len = 0};
  CU_ASSERT_EQUAL(add(registry, "b", 1), RESPUB_OK);
  CU_ASSERT_EQUAL(add_prefix(registry, "a", 2), RESPUB_OK);
  CU_ASSERT_EQUAL(add(registry, "a", 3), RESPUB_OK);
  CU_ASSERT_EQUAL(add(registry, "\xff", 4), RESPUB_OK);
  respub_registry_each(registry, list, &l);
  CU_ASSERT_STRING_EQUAL(l.text,
                         "ACCOUNT_UPDATES_* BROKER_REGISTRATION TICKER_UPDATES_* a a* b \xff ");
  respub_registry_close(registry);
}

/* What finding amounts to, without any cleverness. */
static int slow_find(char names[][8], const bool *prefix, size_t n, const char *channel) {
  int best = 0;
  size_t best_len = 0;
  for (size_t i = 0; i < n; i++) {
    size_t len = strlen(names[i]);
    if (!prefix[i] && strcmp(names[i], channel) == 0)
      return (int)i + 1;
    if (prefix[i] && len > best_len && strncmp(names[i], channel, len) == 0) {
      best = (int)i + 1;
      best_len = len;
    }
  }
  return best;
}

static uint32_t next_random(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

static void random_name(char out[8], uint32_t *state) {
  size_t len = 1 + next_random(state) % 6;
  for (size_t i = 0; i < len; i++)
    out[i] = (char)('a' + next_random(state) % 2);
  out[len] = '\0';
}

static void finding_agrees_with_looking_at_every_entry(void) {
  enum {
    ENTRIES = 60,
    QUESTIONS = 2000
  };
  uint32_t state = 2463534242u;
  char names[ENTRIES][8];
  bool prefix[ENTRIES];
  respub_registry *registry = open_registry();
  for (size_t i = 0; i < ENTRIES; i++) {
    random_name(names[i], &state);
    prefix[i] = next_random(&state) % 2 == 0;
    /* The last of the same name counts. */
    for (size_t k = 0; k < i; k++) {
      if (prefix[k] == prefix[i] && strcmp(names[k], names[i]) == 0)
        names[k][0] = '\0';
    }
    CU_ASSERT_EQUAL((prefix[i] ? add_prefix : add)(registry, names[i], (int)i + 1), RESPUB_OK);
  }
  for (int i = 0; i < QUESTIONS; i++) {
    char channel[8];
    random_name(channel, &state);
    RESPUB_CHECK(mark_of(registry, channel) == slow_find(names, prefix, ENTRIES, channel), "%s",
                 channel);
  }
  respub_registry_close(registry);
}

/* ---- the built-in schemas ---- */

typedef struct message_case {
  const char *channel; /* NULL: that of the row before */
  const char *data;
  const char *fault; /* NULL: accepted */
} message_case;

static void check_messages(const message_case *rows, size_t n) {
  respub_registry *registry = open_registry();
  const char *channel = NULL;
  for (size_t i = 0; i < n; i++) {
    channel = rows[i].channel != NULL ? rows[i].channel : channel;
    respub_validation_error error = {.text = ""};
    cJSON *data = respub_test_value(rows[i].data);
    respub_status status =
        respub_message_validate(registry, respub_slice_of_string(channel), data, &error);
    RESPUB_CHECK(status == (rows[i].fault == NULL ? RESPUB_OK : RESPUB_EINVALID), "%s: %s",
                 rows[i].data, error.text);
    RESPUB_CHECK(rows[i].fault == NULL || strcmp(rows[i].fault, error.text) == 0, "%s: %s",
                 rows[i].data, error.text);
    cJSON_Delete(data);
  }
  respub_registry_close(registry);
}

#define MESSAGES(...)                                                                              \
  do {                                                                                             \
    static const message_case rows[] = {__VA_ARGS__};                                              \
    check_messages(rows, sizeof rows / sizeof rows[0]);                                            \
  } while (0)

static void registrations_name_an_action_and_a_ticker(void) {
  MESSAGES(
      {"BROKER_REGISTRATION", "{'action':'subscribe','ticker':'MSFT'}", NULL},
      {NULL, "{'ticker':'MSFT','action':'unsubscribe','more':[1]}", NULL},
      {NULL, "{'action':'subscribe'}", "expected the field \"ticker\", got none (required)"},
      {NULL, "{'ticker':'A'}", "expected the field \"action\", got none (required)"},
      {NULL, "{'action':'buy','ticker':'A'}",
       "/action: expected one of \"subscribe\", \"unsubscribe\", got \"buy\" (enum)"},
      {NULL, "{'action':1,'ticker':'A'}", "/action: expected a string, got 1 (type)"},
      {NULL, "{'action':'subscribe','ticker':null}", "/ticker: expected a string, got null (type)"},
      {NULL, "[]", "expected an object, got an array (type)"});
}

static void ticker_updates_are_prices_or_orders(void) {
  MESSAGES({"TICKER_UPDATES_AAPL",
            "{'type':'price','timestamp':'2025-04-24T09:45:00.000Z','price':150.00,'volume':1000,"
            "'symbol':'AAPL'}",
            NULL},
           {NULL, "{'type':'order','timestamp':'t','order_data':{'id':1}}", NULL},
           {NULL, "{'type':'price','timestamp':'t','price':'150.00','volume':'7'}", NULL},
           {NULL, "{'type':'price','timestamp':'t','volume':null,'x':null}", NULL},
           {NULL, "{'type':'price'}", "expected the field \"timestamp\", got none (required)"},
           {NULL, "{'symbol':'AAPL','price':150.00}",
            "expected the field \"type\", got none (required)"},
           {NULL, "{'type':'trade','timestamp':'t'}",
            "/type: expected one of \"price\", \"order\", got \"trade\" (enum)"},
           {NULL, "{'type':'price','timestamp':1}", "/timestamp: expected a string, got 1 (type)"},
           {NULL, "{'type':'price','timestamp':'t','price':null}",
            "/price: expected a number or a string, got null (type)"},
           {NULL, "{'type':'price','timestamp':'t','volume':[]}",
            "/volume: expected a number, a string or null, got an array (type)"},
           {NULL, "{'type':'price','timestamp':'t','symbol':5}",
            "/symbol: expected a string, got 5 (type)"},
           {NULL, "{'type':'order','timestamp':'t','order_data':'x'}",
            "/order_data: expected an object, got \"x\" (type)"});
}

static void account_updates_are_orders_in_both_directions(void) {
  MESSAGES({"ACCOUNT_UPDATES_bot", "{'type':'order','timestamp':'t'}", NULL},
           {NULL,
            "{'type':'order','timestamp':'t','symbol':'A','order_data':{'id':'1','status':'new',"
            "'side':'buy','quantity':5,'price':null}}",
            NULL},
           {NULL,
            "{'type':'order','timestamp':'t','price':'1.5','order_data':{'status':'filled',"
            "'side':'sell','quantity':'0.5','price':1.5,'qty':[]}}",
            NULL},
           {NULL, "{'timestamp':'t'}", "expected the field \"type\", got none (required)"},
           {NULL, "{'type':'order'}", "expected the field \"timestamp\", got none (required)"},
           {NULL, "{'type':'trade','timestamp':'t'}",
            "/type: expected one of \"price\", \"order\", got \"trade\" (enum)"},
           {NULL, "{'type':'order','timestamp':'t','order_data':null}",
            "/order_data: expected an object, got null (type)"},
           {NULL, "{'type':'order','timestamp':'t','order_data':{'side':'BUY'}}",
            "/order_data/side: expected one of \"buy\", \"sell\", got \"BUY\" (enum)"},
           {NULL, "{'type':'order','timestamp':'t','order_data':{'quantity':null}}",
            "/order_data/quantity: expected a number or a string, got null (type)"},
           {NULL, "{'type':'order','timestamp':'t','order_data':{'id':7}}",
            "/order_data/id: expected a string, got 7 (type)"});
}

static void other_channels_take_any_object(void) {
  MESSAGES({"elsewhere", "{}", NULL}, {NULL, "{'type':5}", NULL},
           {NULL, "5", "expected an object, got 5 (type)"},
           {NULL, "null", "expected an object, got null (type)"});
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(channels_of_the_seed_have_schemas),
      RESPUB_TEST(the_longest_match_wins_and_an_exact_name_before_any),
      RESPUB_TEST(adding_replaces_and_nothing_removes),
      RESPUB_TEST(names_may_be_of_any_bytes_but_not_of_any_length),
      RESPUB_TEST(entries_are_listed_in_the_order_of_their_names),
      RESPUB_TEST(finding_agrees_with_looking_at_every_entry),
      RESPUB_TEST(registrations_name_an_action_and_a_ticker),
      RESPUB_TEST(ticker_updates_are_prices_or_orders),
      RESPUB_TEST(account_updates_are_orders_in_both_directions),
      RESPUB_TEST(other_channels_take_any_object),
  };
  return respub_test_main("schema_registry", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
