#include "tests/support/black_hole.h"

#include <CUnit/CUnit.h>
#include <poll.h>
#include <sys/socket.h>

#define LISTENER 0

void respub_test_black_hole_open(respub_test_black_hole *hole) {
  int *fds = hole->fds;
  respub_status status =
      respub__socket_listen_tcp(&fds[LISTENER], "127.0.0.1", 0, NULL, &hole->address, NULL);
  CU_ASSERT_EQUAL_FATAL(status, RESPUB_OK);
  /* From here on, room for one or two that wait to be accepted, depending on the system. */
  CU_ASSERT_EQUAL_FATAL(listen(fds[LISTENER], 0), 0);
  for (int i = 1; i < 4; i++) {
    status = respub__socket_connect(&fds[i], &hole->address, NULL);
    CU_ASSERT_EQUAL_FATAL(status, RESPUB_OK);
    struct pollfd p = {fds[i], POLLOUT, 0};
    (void)poll(&p, 1, 100);
  }
  CU_ASSERT_EQUAL_FATAL(respub__socket_connected(fds[3]), RESPUB_AGAIN);
}

void respub_test_black_hole_close(respub_test_black_hole *hole) {
  for (int i = 0; i < 4; i++)
    respub__socket_close(hole->fds[i]);
}
