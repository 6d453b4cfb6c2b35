/* The walk over addresses. Time is what the tests say it is. */
#include "net/dial.h"
#include "net/memory.h"
#include "tests/support/alloc.h"
#include "tests/support/black_hole.h"
#include "tests/support/check.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
  MOST = 4
};

typedef struct walk {
  respub__address list[MOST];
  size_t count;
  respub_options options;
  respub_transport transport;
  short events;
  int64_t deadline_ms;
  respub_error error;
} walk;

static void begin(walk *w) {
  respub__addresses addresses = {w->list, w->count};
  respub_options_init(&w->options);
  CU_ASSERT_EQUAL_FATAL(respub__dial_addresses(&addresses, &w->options, &w->transport, &w->error),
                        RESPUB_OK);
}

/* At now_ms of an attempt that ends at 5000. */
static respub_status go_on(walk *w, int64_t now_ms) {
  w->deadline_ms = 5000;
  return w->transport.connect(w->transport.ctx, now_ms, &w->events, &w->deadline_ms, &w->error);
}

static respub_status go_on_until_known(walk *w, int64_t now_ms) {
  respub_status status;
  while ((status = go_on(w, now_ms)) == RESPUB_AGAIN) {
    struct pollfd p = {w->transport.fd(w->transport.ctx), w->events, 0};
    if (poll(&p, 1, respub_test_scaled(5000)) != 1)
      break;
  }
  return status;
}

static void end(walk *w) {
  w->transport.close(w->transport.ctx);
}

static int listen_somewhere(respub__address *address) {
  int fd;
  CU_ASSERT_EQUAL_FATAL(respub__socket_listen_tcp(&fd, NULL, 0, NULL, address, NULL), RESPUB_OK);
  return fd;
}

static void set_refusing(respub__address *address) {
  respub__socket_close(listen_somewhere(address));
}

/* The lowest descriptor that is free: the same before and after when nothing was left open. */
static int lowest_free(void) {
  int fd = dup(0);
  respub__socket_close(fd);
  return fd;
}

static void the_first_address_that_accepts_is_taken(void) {
  walk w = {.count = 3};
  int free_before = lowest_free();
  set_refusing(&w.list[0]);
  int listener = listen_somewhere(&w.list[1]);
  int other = listen_somewhere(&w.list[2]);
  begin(&w);
  CU_ASSERT_EQUAL(go_on_until_known(&w, 0), RESPUB_OK);
  struct pollfd p[2] = {{listener, POLLIN, 0}, {other, POLLIN, 0}};
  CU_ASSERT_EQUAL(poll(p, 2, respub_test_scaled(5000)), 1);
  CU_ASSERT_EQUAL(p[0].revents, POLLIN);
  CU_ASSERT_TRUE(w.transport.fd(w.transport.ctx) >= 0);
  end(&w);
  respub__socket_close(listener);
  respub__socket_close(other);
  CU_ASSERT_EQUAL(lowest_free(), free_before);
}

static void when_none_accepts_the_last_one_and_its_reason_are_named(void) {
  walk w = {.count = 2};
  char where[RESPUB__ADDRESS_TEXT];
  set_refusing(&w.list[0]);
  set_refusing(&w.list[1]);
  begin(&w);
  CU_ASSERT_EQUAL(go_on_until_known(&w, 0), RESPUB_ECONNECT);
  CU_ASSERT_EQUAL(w.error.status, RESPUB_ECONNECT);
  CU_ASSERT_PTR_NOT_NULL(strstr(w.error.text, respub__address_text(&w.list[1], where)));
  CU_ASSERT_PTR_NOT_NULL(strstr(w.error.text, strerror(ECONNREFUSED)));
  CU_ASSERT_EQUAL(w.transport.fd(w.transport.ctx), -1);
  end(&w);
}

static void an_address_that_never_answers_leaves_time_for_the_others(void) {
  respub_test_black_hole hole;
  walk w = {.count = 3};
  respub_test_black_hole_open(&hole);
  w.list[0] = hole.address;
  w.list[1] = hole.address;
  int listener = listen_somewhere(&w.list[2]);
  begin(&w);
  CU_ASSERT_EQUAL(go_on(&w, 2000), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(w.deadline_ms, 3000);
  CU_ASSERT_EQUAL(w.events, POLLOUT);
  CU_ASSERT_EQUAL(go_on(&w, 2999), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(w.deadline_ms, 3000);
  /* What a late caller has lost is taken from all that are left alike. */
  CU_ASSERT_EQUAL(go_on(&w, 3100), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(w.deadline_ms, 4050);
  CU_ASSERT_EQUAL(go_on_until_known(&w, 4050), RESPUB_OK);
  end(&w);
  respub__socket_close(listener);
  respub_test_black_hole_close(&hole);
}

static void the_last_address_has_all_the_time_that_is_left(void) {
  respub_test_black_hole hole;
  walk w = {.count = 2};
  respub_test_black_hole_open(&hole);
  set_refusing(&w.list[0]);
  w.list[1] = hole.address;
  begin(&w);
  CU_ASSERT_EQUAL(go_on(&w, 1000), RESPUB_AGAIN);
  while (w.deadline_ms != 5000) {
    struct pollfd p = {w.transport.fd(w.transport.ctx), w.events, 0};
    CU_ASSERT_EQUAL_FATAL(poll(&p, 1, respub_test_scaled(5000)), 1);
    CU_ASSERT_EQUAL_FATAL(go_on(&w, 1000), RESPUB_AGAIN);
  }
  CU_ASSERT_EQUAL(go_on(&w, 4999), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(go_on(&w, 5000), RESPUB_ECONNECT);
  CU_ASSERT_PTR_NOT_NULL(strstr(w.error.text, strerror(ETIMEDOUT)));
  end(&w);
  respub_test_black_hole_close(&hole);
}

/* No event tells that a Unix socket's backlog has room again. */
static void a_full_backlog_of_a_unix_socket_is_tried_again_soon(void) {
  enum {
    MOST_WAITING = 8
  };
  respub_test_folder folder;
  int waiting[MOST_WAITING];
  int count = 0;
  walk w = {.count = 1};
  respub_test_folder_open(&folder, "socket");
  CU_ASSERT_EQUAL(respub__address_local(&w.list[0], folder.path), RESPUB_OK);
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  CU_ASSERT_EQUAL(bind(listener, &w.list[0].as.any, w.list[0].length), 0);
  CU_ASSERT_EQUAL(listen(listener, 1), 0);
  while (count < MOST_WAITING &&
         respub__socket_connect(&waiting[count], &w.list[0], NULL) == RESPUB_OK)
    count++;
  begin(&w);
#ifdef __linux__
  CU_ASSERT_EQUAL(go_on(&w, 0), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(w.transport.fd(w.transport.ctx), -1);
  CU_ASSERT_TRUE(w.deadline_ms > 0 && w.deadline_ms < 100);
  CU_ASSERT_EQUAL(go_on(&w, 4999), RESPUB_AGAIN);
  CU_ASSERT_EQUAL(w.deadline_ms, 5000);
#endif
  for (int i = 0; i < count; i++)
    respub__socket_close(accept(listener, NULL, NULL));
  CU_ASSERT_EQUAL(go_on(&w, 4999), RESPUB_OK);
  end(&w);
  while (count > 0)
    respub__socket_close(waiting[--count]);
  respub__socket_close(listener);
  CU_ASSERT_EQUAL(unlink(folder.path), 0);
  respub_test_folder_close(&folder);
}

static void closing_half_way_leaves_nothing_behind(void) {
  respub_test_black_hole hole;
  respub_test_alloc alloc = RESPUB_TEST_ALLOC_COUNTING;
  respub_test_black_hole_open(&hole);
  respub_options o;
  respub_transport t;
  respub_error e;
  respub_options_init(&o);
  o.allocator = respub_test_allocator(&alloc);
  (void)snprintf(o.host, sizeof o.host, "127.0.0.1");
  o.port = respub__address_port(&hole.address);
  int free_before = lowest_free();
  for (int steps = 0; steps < 2; steps++) {
    short events;
    int64_t deadline_ms = 5000;
    CU_ASSERT_EQUAL_FATAL(respub__dial(NULL, &o, 0, &t, &e), RESPUB_OK);
    if (steps > 0)
      CU_ASSERT_EQUAL(t.connect(t.ctx, 0, &events, &deadline_ms, &e), RESPUB_AGAIN);
    t.close(t.ctx);
    CU_ASSERT_EQUAL(alloc.live, 0);
  }
  CU_ASSERT_EQUAL(lowest_free(), free_before);
  respub_test_black_hole_close(&hole);
}

static void a_name_that_nobody_knows_is_told(void) {
  respub_options o;
  respub_transport t;
  respub_error e;
  respub_options_init(&o);
  (void)snprintf(o.host, sizeof o.host, "no.such.host.invalid");
  short events;
  int64_t deadline_ms = 5000;
  respub_status status = respub__dial(NULL, &o, 0, &t, &e);
  bool dialed = status == RESPUB_OK; /* not without threads or a resolver */
  while (dialed && (status = t.connect(t.ctx, 0, &events, &deadline_ms, &e)) == RESPUB_MORE) {
    struct pollfd p = {t.fd(t.ctx), events, 0};
    CU_ASSERT_EQUAL_FATAL(poll(&p, 1, respub_test_scaled(60000)), 1);
  }
  if (dialed)
    t.close(t.ctx);
  CU_ASSERT_EQUAL(status, RESPUB_ERESOLVE);
  CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "no.such.host.invalid"));
  respub__addresses none;
  respub_allocator a = respub__allocator(NULL);
  CU_ASSERT_EQUAL(respub__resolve_local(&none, &a, "", &e),
                  RESPUB_UNIX ? RESPUB_EARGUMENT : RESPUB_EUNSUPPORTED);
}

static void addresses_in_numbers_become_themselves(void) {
  static const char *const rows[][2] = {
      {"127.0.0.1", "127.0.0.1:7"}, {"::1", "[::1]:7"}, {"::ffff:1.2.3.4", "[::ffff:1.2.3.4]:7"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    respub__addresses found;
    respub_allocator a = respub__allocator(NULL);
    char text[RESPUB__ADDRESS_TEXT];
    CU_ASSERT_EQUAL_FATAL(respub__resolve(&found, &a, rows[i][0], 7, NULL), RESPUB_OK);
    CU_ASSERT_EQUAL(found.count, 1);
    CU_ASSERT_STRING_EQUAL(respub__address_text(&found.list[0], text), rows[i][1]);
    respub__addresses_free(&found, &a);
    respub__addresses_free(&found, &a);
  }
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(the_first_address_that_accepts_is_taken),
      RESPUB_TEST(when_none_accepts_the_last_one_and_its_reason_are_named),
      RESPUB_TEST(an_address_that_never_answers_leaves_time_for_the_others),
      RESPUB_TEST(the_last_address_has_all_the_time_that_is_left),
      RESPUB_TEST_OF(RESPUB_UNIX, a_full_backlog_of_a_unix_socket_is_tried_again_soon),
      RESPUB_TEST(closing_half_way_leaves_nothing_behind),
      RESPUB_TEST(a_name_that_nobody_knows_is_told),
      RESPUB_TEST(addresses_in_numbers_become_themselves),
  };
  return respub_test_main("net dial", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
