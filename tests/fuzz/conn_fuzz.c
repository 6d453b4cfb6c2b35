/* A connection to a server that says anything, in pieces of any size, while the client's writes are
 * taken in part and one request for memory fails: nothing is read that is not there, replies are
 * counted, what ends stays ended, the password is not repeated, and nothing is left behind.
 *
 * The input: five bytes choose the size of reads, the size of writes, the request for memory that
 * fails, the options, and the number of commands; the rest is what the server says. */
#include "net/net.h"
#include "tests/support/alloc.h"
#include "tests/support/script.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
  KNOBS = 5,
  PROTOCOL_3 = 1,
  PASSWORD = 2,
  GREETED = 4
};

#define SECRET "hunter2"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds)
    abort();
}

/* Reads every byte that a value refers to, so that the sanitizer sees whether it is there. */
static unsigned look_at(const respub_node *value) {
  unsigned sum = 0;
  for (size_t i = 0; i < value->span; i++) {
    for (size_t k = 0; k < value[i].text.len; k++)
      sum += (unsigned char)value[i].text.ptr[k];
  }
  return sum;
}

static void take_everything(respub_conn *conn) {
  const respub_node *value;
  for (;;) {
    size_t due = respub_conn_due(conn);
    respub_status status = respub_conn_take(conn, &value);
    require((status == RESPUB_OK) == (value != NULL));
    if (status != RESPUB_OK) {
      require(respub_conn_due(conn) == due);
      return;
    }
    (void)look_at(value);
    bool answers = due > 0 && respub_node_value(value)->type != RESPUB_PUSH;
    require(respub_conn_due(conn) == due - answers);
  }
}

static void talk(respub_conn *conn, size_t commands) {
  respub_slice ping = RESPUB_LIT("PING");
  respub_slice parts[] = {RESPUB_LIT("*1\r\n"), RESPUB_LIT(""), RESPUB_LIT("$4\r\nPING\r\n")};
  respub_status status = RESPUB_OK;
  int starved = 0; /* one refusal passes, unless it came within a command */
  for (size_t i = 0; i < commands && status >= 0; i++)
    status = i % 2 == 0 ? respub_conn_append(conn, &ping, 1)
                        : respub_conn_write(conn, parts, 3, 1, i % 4 == 1, NULL);
  do {
    status = respub_conn_push(conn);
    take_everything(conn);
    if (status >= 0)
      status = respub_conn_fill(conn);
    starved += status == RESPUB_ENOMEM;
  } while (status >= 0 || (status == RESPUB_ENOMEM && starved < 3));
  take_everything(conn);
  require(respub_conn_fill(conn) == status && respub_conn_push(conn) == status);
  require(respub_conn_error(conn)->status == status);
}

static void set_options(respub_options *o, respub_test_script *script, unsigned knob) {
  respub_options_init(o);
  o->dial = respub_test_script_dial;
  o->dial_ctx = script;
  o->buffer_bytes = 64;
  o->limits.bytes = 4096;
  o->protocol = (knob & PROTOCOL_3) != 0 ? 3 : 2;
  if ((knob & PASSWORD) != 0)
    memcpy(o->password, SECRET, sizeof SECRET);
}

static void greet(respub_test_script *script, const respub_options *o) {
  if (o->protocol == 3)
    respub_test_script_say(script, "%0\r\n+OK\r\n+OK\r\n");
  else
    respub_test_script_say(script, o->password[0] != '\0' ? "+OK\r\n+OK\r\n+OK\r\n"
                                                          : "+PONG\r\n+OK\r\n+OK\r\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < KNOBS)
    return 0;
  respub_test_script script;
  respub_test_script_init(&script);
  script.read_most = data[0];
  script.write_most = data[1];
  script.write_pause_every = data[1] % 5 == 0 ? 0 : 1 + (size_t)data[1] % 5;
  respub_test_alloc alloc = RESPUB_TEST_ALLOC_FAILING(data[2]);
  respub_options options;
  set_options(&options, &script, data[3]);
  options.allocator = respub_test_allocator(&alloc);
  if ((data[3] & GREETED) != 0)
    greet(&script, &options);
  if (size > KNOBS)
    respub_test_script_say_bytes(&script, respub_slice_of(data + KNOBS, size - KNOBS));
  respub_test_script_end(&script);

  respub_conn *conn;
  respub_error error = {RESPUB_OK, ""};
  respub_status status = respub_conn_open(&conn, &options, &error);
  require((status == RESPUB_OK) == (conn != NULL));
  if (status == RESPUB_OK)
    talk(conn, data[4]);
  else
    require(error.status == status &&
            (options.password[0] == '\0' || strstr(error.text, SECRET) == NULL));
  respub_conn_close(conn);
  require(script.closes == script.dials && alloc.live == 0);
  respub_test_script_free(&script);
  return 0;
}
