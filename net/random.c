#include "net/random.h"

#include "net/clock.h"
#include "net/socket.h"

#include <stddef.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/random.h>
#else
#include <fcntl.h>
#endif

#ifdef __linux__
/* Early in the life of a machine there is nothing to give; nobody should wait for it. */
static bool from_system(uint64_t *seed) {
  return getrandom(seed, sizeof *seed, GRND_NONBLOCK) == (ptrdiff_t)sizeof *seed;
}
#else
static bool from_system(uint64_t *seed) {
  int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  ptrdiff_t got = read(fd, seed, sizeof *seed);
  respub__socket_close(fd);
  return got == (ptrdiff_t)sizeof *seed;
}
#endif

/* The finaliser of splitmix64: every input bit changes about half of the output's. */
static uint64_t mix_bits(uint64_t x) {
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

uint64_t respub__random_seed(void) {
  uint64_t seed = 0;
  if (from_system(&seed))
    return seed;
  seed = mix_bits((uint64_t)respub__clock_us() ^ mix_bits((uint64_t)getpid()));
  return mix_bits(seed ^ (uint64_t)(uintptr_t)&seed ^ (uint64_t)respub__wall_ms());
}
