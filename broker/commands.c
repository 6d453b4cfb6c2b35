#include "broker/commands.h"

#include "broker/reply.h"

/* Where a command may be run besides the ordinary. */
enum {
  BEFORE_AUTH = 1,
  SUBSCRIBED = 2
};

typedef struct command {
  respub_slice name;
  const char *full_name; /* as it is written in errors */
  int words;             /* so many, or when negative at least so many; the name counts */
  unsigned where;
  respub__broker_command_function *run;
  const struct command *parts; /* the commands whose name is the second word */
  size_t part_count;
} command;

#define NAME(literal)                                                                              \
  { "" literal, sizeof(literal) - 1 }
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const command client_parts[] = {
    {NAME("getname"), "client|getname", 2, 0, respub__broker_run_client_getname, NULL, 0},
    {NAME("help"), "client|help", 2, 0, respub__broker_run_client_help, NULL, 0},
    {NAME("id"), "client|id", 2, 0, respub__broker_run_client_id, NULL, 0},
    {NAME("setinfo"), "client|setinfo", 4, 0, respub__broker_run_client_setinfo, NULL, 0},
    {NAME("setname"), "client|setname", 3, 0, respub__broker_run_client_setname, NULL, 0},
};

static const command pubsub_parts[] = {
    {NAME("channels"), "pubsub|channels", -2, 0, respub__broker_run_pubsub_channels, NULL, 0},
    {NAME("help"), "pubsub|help", 2, 0, respub__broker_run_pubsub_help, NULL, 0},
    {NAME("numpat"), "pubsub|numpat", 2, 0, respub__broker_run_pubsub_numpat, NULL, 0},
    {NAME("numsub"), "pubsub|numsub", -2, 0, respub__broker_run_pubsub_numsub, NULL, 0},
};

/* The one that comes most often first, the others by name. */
static const command commands[] = {
    {NAME("publish"), "publish", 3, 0, respub__broker_run_publish, NULL, 0},
    {NAME("auth"), "auth", -2, BEFORE_AUTH, respub__broker_run_auth, NULL, 0},
    {NAME("client"), "client", -2, 0, NULL, client_parts, COUNT(client_parts)},
    {NAME("echo"), "echo", 2, 0, respub__broker_run_echo, NULL, 0},
    {NAME("hello"), "hello", -1, BEFORE_AUTH, respub__broker_run_hello, NULL, 0},
    {NAME("info"), "info", -1, 0, respub__broker_run_info, NULL, 0},
    {NAME("ping"), "ping", -1, SUBSCRIBED, respub__broker_run_ping, NULL, 0},
    {NAME("psubscribe"), "psubscribe", -2, SUBSCRIBED, respub__broker_run_psubscribe, NULL, 0},
    {NAME("pubsub"), "pubsub", -2, 0, NULL, pubsub_parts, COUNT(pubsub_parts)},
    {NAME("punsubscribe"), "punsubscribe", -1, SUBSCRIBED, respub__broker_run_punsubscribe, NULL,
     0},
    {NAME("quit"), "quit", -1, BEFORE_AUTH | SUBSCRIBED, respub__broker_run_quit, NULL, 0},
    {NAME("reset"), "reset", 1, BEFORE_AUTH | SUBSCRIBED, respub__broker_run_reset, NULL, 0},
    {NAME("select"), "select", 2, 0, respub__broker_run_select, NULL, 0},
    {NAME("subscribe"), "subscribe", -2, SUBSCRIBED, respub__broker_run_subscribe, NULL, 0},
    {NAME("unsubscribe"), "unsubscribe", -1, SUBSCRIBED, respub__broker_run_unsubscribe, NULL, 0},
};

static const command *find_command(const command *list, size_t n, const respub_node *word) {
  for (size_t i = 0; i < n; i++) {
    if (respub_slice_equal_nocase(list[i].name, word->text))
      return &list[i];
  }
  return NULL;
}

/* ------------------------------------------------------------------------------------------------
 * Refusals */

/* Redis quotes the command and what follows it, 128 bytes of each at most, each cut at a NUL. */
static void refuse_unknown(respub__broker_client *client, const respub__broker_words *words) {
  char quoted[144];
  size_t len = 0;
  quoted[0] = '\0';
  for (size_t i = 1; i < words->count && len < 128; i++) {
    respub_slice text = words->at[i].text;
    len += respub__format(quoted + len, sizeof quoted - len, "'%.*s' ",
                          RESPUB__BROKER_QUOTED(text, 128 - len));
  }
  respub_slice name = words->at[0].text;
  respub__broker_reply_errorf(client, "ERR unknown command '%.*s', with args beginning with: %s",
                              RESPUB__BROKER_QUOTED(name, 128), quoted);
}

static void refuse_unknown_part(respub__broker_client *client, const command *whole,
                                const respub__broker_words *words) {
  char upper[16];
  size_t len = 0;
  for (; len < whole->name.len && len < sizeof upper - 1; len++)
    upper[len] = (char)(whole->name.ptr[len] - 'a' + 'A');
  upper[len] = '\0';
  respub_slice part = words->at[1].text;
  respub__broker_reply_errorf(client, "ERR unknown subcommand '%.*s'. Try %s HELP.",
                              RESPUB__BROKER_QUOTED(part, 128), upper);
}

void respub__broker_refuse_count(respub__broker_client *client, const char *name) {
  respub__broker_reply_errorf(client, "ERR wrong number of arguments for '%s' command", name);
}

static bool count_fits(const command *c, size_t count) {
  return c->words >= 0 ? count == (size_t)c->words : count >= (size_t)-c->words;
}

/* ------------------------------------------------------------------------------------------------
 * Running */

static void check_and_run(respub__broker_client *client, const command *c,
                          const respub__broker_words *words) {
  if (!count_fits(c, words->count))
    respub__broker_refuse_count(client, c->full_name);
  else if (!client->authenticated && (c->where & BEFORE_AUTH) == 0)
    respub__broker_reply_error(client, RESPUB_LIT("NOAUTH Authentication required."));
  else if (respub__broker_client_subscribed(client) && (c->where & SUBSCRIBED) == 0)
    respub__broker_reply_errorf(
        client,
        "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / "
        "QUIT / RESET are allowed in this context",
        c->full_name);
  else
    c->run(client, words);
}

/* A browser that a web page has sent here: whatever follows was not meant as commands. */
static bool is_http(const respub_node *word) {
  return respub__broker_word_is(word, RESPUB_LIT("post")) ||
         respub__broker_word_is(word, RESPUB_LIT("host:"));
}

void respub__broker_command_run(respub__broker_client *client, const respub__broker_words *words) {
  if (is_http(&words->at[0])) {
    respub__broker_client_lose(client, "speaks HTTP");
    return;
  }
  const command *c = find_command(commands, COUNT(commands), &words->at[0]);
  if (c == NULL) {
    refuse_unknown(client, words);
    return;
  }
  if (c->parts != NULL && words->count > 1) {
    const command *part = find_command(c->parts, c->part_count, &words->at[1]);
    if (part == NULL) {
      refuse_unknown_part(client, c, words);
      return;
    }
    c = part;
  }
  check_and_run(client, c, words);
}

bool respub__broker_word_is(const respub_node *word, respub_slice name) {
  return respub_slice_equal_nocase(word->text, name);
}

bool respub__broker_word_number(const respub_node *word, int64_t *value) {
  const char *digits = word->text.ptr;
  size_t len = word->text.len;
  if (len > 0 && digits[0] == '-') {
    digits++;
    len--;
  }
  bool plain = len > 0 && digits[0] >= '1' && digits[0] <= '9';
  if (!plain && !respub_slice_equal(word->text, RESPUB_LIT("0")))
    return false;
  return respub_node_integer(word, value) == RESPUB_OK;
}
