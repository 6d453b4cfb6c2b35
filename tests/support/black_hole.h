/* black_hole.h - a TCP address on loopback that neither accepts nor refuses: a listener whose
 * backlog is full. */
#ifndef RESPUB_TESTS_SUPPORT_BLACK_HOLE_H
#define RESPUB_TESTS_SUPPORT_BLACK_HOLE_H

#include "net/socket.h"

typedef struct respub_test_black_hole {
  int fds[4];
  respub__address address;
} respub_test_black_hole;

/* Ends the test by a failed assertion when the system lets connections through nevertheless. */
void respub_test_black_hole_open(respub_test_black_hole *hole);
void respub_test_black_hole_close(respub_test_black_hole *hole);

#endif
