/* What remains when every switch of respub's configuration is off: one process publishes to itself
 * by way of another's broker, without a thread, a name or a sentence; and what was left out says
 * so. Prints the first thing that is wrong and ends with 1. */
#include "respub.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t server;
static respub_allocator heap; /* there is no other; each process has its own */

static void open_heap(void) {
  static _Alignas(16) char memory[1 << 20];
  heap = respub_buffer_allocator(memory, sizeof memory);
}

static void require(bool holds, const char *what) {
  if (holds)
    return;
  fprintf(stderr, "rest: it is not so that %s\n", what);
  if (server > 0) {
    (void)kill(server, SIGKILL);
    (void)waitpid(server, NULL, 0);
  }
  exit(1);
}

static respub_slice slice(const char *text) {
  return respub_slice_of_string(text);
}

/* In a process of its own, because it needs a thread; returns its port. */
static int serve(void) {
  int ends[2];
  int port = 0;
  require(pipe(ends) == 0, "there is a pipe");
  server = fork();
  require(server >= 0, "there is a process");
  if (server > 0) {
    (void)close(ends[1]);
    require(read(ends[0], &port, sizeof port) == (ssize_t)sizeof port, "the broker listens");
    return port;
  }
  respub_broker_options options;
  respub_broker *broker;
  respub_broker_options_init(&options);
  require(respub_broker_open(&broker, &options, NULL) == RESPUB_ENOMEM, "there is no malloc");
  options.password = "secret";
  open_heap();
  options.allocator = heap;
  if (respub_broker_open(&broker, &options, NULL) != RESPUB_OK)
    _exit(1);
  require(respub_broker_start(broker) == RESPUB_EUNSUPPORTED, "a broker starts no thread");
  port = respub_broker_port(broker);
  if (write(ends[1], &port, sizeof port) != (ssize_t)sizeof port)
    _exit(1);
  (void)alarm(60); /* should the other die without a word */
  (void)!respub_broker_run(broker);
  _exit(0);
}

static void the_way_there_and_back(const respub_options *connection) {
  respub_subscriber_options in;
  respub_publisher_options out;
  respub_subscriber *sub;
  respub_publisher *pub;
  respub_event event;
  int64_t receivers = 0;
  respub_subscriber_options_init(&in);
  respub_publisher_options_init(&out);
  in.connection = out.connection = *connection;
  require(respub_subscriber_open(&sub, &in, NULL) == RESPUB_OK, "a subscriber opens");
  require(respub_publisher_open(&pub, &out, NULL) == RESPUB_OK, "a publisher opens");
  require(respub_subscriber_start(sub) == RESPUB_EUNSUPPORTED, "a subscriber starts no thread");
  require(respub_subscriber_psubscribe(sub, slice("n*"), NULL, NULL, NULL) == RESPUB_EUNSUPPORTED,
          "there are no patterns");
  require(respub_subscriber_subscribe(sub, slice("news"), NULL, NULL, NULL) == RESPUB_OK,
          "it subscribes");
  require(respub_subscriber_flush(sub, 10000) == RESPUB_OK, "that is confirmed");
  require(respub_publisher_publish(pub, slice("news"), slice("hello"), &receivers, NULL) ==
              RESPUB_OK,
          "a message is published");
  require(receivers == 1, "one has received it");
  require(respub_publisher_queue(pub, slice("news"), slice("again"), NULL, NULL) == RESPUB_OK,
          "another is queued");
  require(respub_publisher_flush(pub, 10000) == RESPUB_OK, "and sent");
  for (int i = 0; i < 2; i++) {
    do
      require(respub_subscriber_next(sub, 10000, &event) == RESPUB_OK, "an event comes");
    while (event.type != RESPUB_EVENT_MESSAGE);
    require(respub_slice_equal(event.payload, slice(i == 0 ? "hello" : "again")), "it is that one");
  }
  require(respub_subscriber_next(sub, 0, &event) == RESPUB_TIMEOUT, "no more come");
  respub_publisher_close(pub);
  respub_subscriber_close(sub);
}

static void what_the_server_says_is_kept(const respub_options *connection) {
  respub_options options = *connection;
  respub_conn *conn;
  respub_error error = {RESPUB_OK, ""};
  memcpy(options.password, "wrong", sizeof "wrong");
  require(respub_conn_open(&conn, &options, &error) == RESPUB_EAUTH, "the password is wrong");
  require(strncmp(error.text, "WRONGPASS", 9) == 0, "the server's words are there");
  options.port = 1;
  require(respub_conn_open(&conn, &options, &error) == RESPUB_ECONNECT, "nobody listens there");
  require(error.status == RESPUB_ECONNECT && error.text[0] == '\0', "there are no sentences");
  require(respub_status_text(RESPUB_ECONNECT)[0] == '\0', "nor texts of statuses");
  require(strcmp(respub_status_name(RESPUB_ECONNECT), "ECONNECT") == 0, "but names");
}

static void what_is_left_out_says_so(const respub_options *connection) {
  respub_options options = *connection;
  respub_subscriber_options in;
  respub_subscriber *sub;
  respub_conn *conn;
  memcpy(options.host, "no.numbers", sizeof "no.numbers");
  require(respub_conn_open(&conn, &options, NULL) == RESPUB_ERESOLVE, "there are no host names");
  memcpy(options.host, "localhost", sizeof "localhost");
  require(respub_conn_open(&conn, &options, NULL) == RESPUB_OK, "but localhost");
  respub_conn_close(conn);
  memcpy(options.host, "::1", sizeof "::1");
  require(respub_conn_open(&conn, &options, NULL) == RESPUB_ECONNECT, "and IPv6 in numbers");
  options.protocol = 3;
  require(respub_conn_open(&conn, &options, NULL) == RESPUB_EARGUMENT, "there is no RESP3");
  require(respub_options_from_url(&options, "unix:///r", NULL) == RESPUB_EURL,
          "there are no Unix sockets");
  respub_subscriber_options_init(&in);
  require(respub_subscriber_open(&sub, &in, NULL) == RESPUB_ENOMEM, "there is no malloc");
  in.connection.fixed_memory = true;
  require(respub_subscriber_open(&sub, &in, NULL) == RESPUB_EARGUMENT, "memory is never fixed");
  in.delivery = RESPUB_DELIVER_BLOCK;
  require(respub_subscriber_open(&sub, &in, NULL) == RESPUB_EUNSUPPORTED, "there are no queues");
}

int main(void) {
  respub_options connection;
  char url[64];
  int port = serve();
  open_heap();
  (void)snprintf(url, sizeof url, "redis://:secret@127.0.0.1:%d", port);
  require(respub_options_from_url(&connection, url, NULL) == RESPUB_OK, "the URL is one");
  connection.allocator = heap;
  the_way_there_and_back(&connection);
  what_the_server_says_is_kept(&connection);
  what_is_left_out_says_so(&connection);
  (void)kill(server, SIGTERM);
  (void)waitpid(server, NULL, 0);
  puts("what remains works, what is left out says so");
  return 0;
}
