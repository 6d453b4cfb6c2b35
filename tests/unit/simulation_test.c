/* Random schedules of user, server and network, replayed by their seeds. */
#include "tests/support/sim.h"
#include "tests/support/test.h"
#include "tests/support/wait.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  SCHEDULES = 20000
};

static long number_from(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text == NULL || *text == '\0' ? otherwise : strtol(text, NULL, 10);
}

/* Runs one schedule and says how to replay it when it fails. */
static bool holds(uint64_t seed, respub_sim_totals *totals) {
  const char *fault = respub_sim_run(seed, NULL, totals);
  if (fault == NULL)
    return true;
  fprintf(stderr, "schedule %" PRIu64 ": %s\n  replay: simulation_test --seed %" PRIu64 "\n", seed,
          fault, seed);
  return false;
}

static void report(uint64_t count, const respub_sim_totals *totals) {
  printf("\n    %" PRIu64 " schedules: %" PRIu64 " messages, %" PRIu64 " lost inside %" PRIu64
         " gaps, %" PRIu64 " connections lost, %" PRIu64 " resynchronisations\n",
         count, totals->messages, totals->lost, totals->gaps, totals->losses, totals->resyncs);
}

static int run_range(uint64_t first, uint64_t count) {
  respub_sim_totals totals = {0};
  int failures = 0;
  for (uint64_t seed = first; seed < first + count && failures < 5; seed++)
    failures += !holds(seed, &totals);
  report(count, &totals);
  CU_ASSERT(totals.messages > 0 && totals.lost > 0 && totals.gaps > 0);
  return failures;
}

/* Slow surroundings (valgrind, sanitizers) get fewer schedules; see RESPUB_TEST_SLOW in wait.h. */
static void every_loss_lies_in_a_gap_and_wanted_becomes_confirmed(void) {
  long slow = number_from("RESPUB_TEST_SLOW", 1);
  CU_ASSERT_EQUAL(run_range(1, (uint64_t)(SCHEDULES / slow)), 0);
}

static const respub_test tests[] = {
    RESPUB_TEST(every_loss_lies_in_a_gap_and_wanted_becomes_confirmed),
};

static int replay(uint64_t seed) {
  const char *fault = respub_sim_run(seed, stdout, NULL);
  printf("schedule %" PRIu64 ": %s\n", seed, fault == NULL ? "as it should be" : fault);
  return fault != NULL;
}

/* Schedules that make test does not run, until the time is over or one fails. */
static int soak(long seconds) {
  respub_sim_totals totals = {0};
  int64_t until_ms = respub_test_now_ms() + seconds * 1000;
  uint64_t first = (uint64_t)time(NULL) << 32, seed = first;
  while (respub_test_now_ms() < until_ms) {
    if (!holds(seed++, &totals))
      return 1;
  }
  report(seed - first, &totals);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "--seed") == 0)
    return replay(strtoull(argv[2], NULL, 10));
  if (argc == 3 && strcmp(argv[1], "--soak") == 0)
    return soak(strtol(argv[2], NULL, 10));
  return respub_test_main("simulation", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
