/* Random schedules of a publisher's user, server and network, replayed by their seeds. */
#include "tests/support/publisher_sim.h"
#include "tests/support/test.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
  SCHEDULES = 5000
};

static long number_from(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text == NULL || *text == '\0' ? otherwise : strtol(text, NULL, 10);
}

static int run_range(uint64_t first, uint64_t count) {
  respub_publisher_sim_totals t = {0};
  int failures = 0;
  for (uint64_t seed = first; seed < first + count && failures < 5; seed++) {
    const char *fault = respub_publisher_sim_run(seed, NULL, &t);
    if (fault == NULL)
      continue;
    failures++;
    fprintf(stderr,
            "schedule %" PRIu64 ": %s\n  replay: publisher_simulation_test --seed %" PRIu64 "\n",
            seed, fault, seed);
  }
  printf("\n    %" PRIu64 " schedules: %" PRIu64 " messages, %" PRIu64 " delivered, %" PRIu64
         " refused, %" PRIu64 " unsent, %" PRIu64 " unanswered, %" PRIu64 " late, %" PRIu64
         " executed twice, %" PRIu64 " connections lost\n",
         count, t.messages, t.ok, t.refused, t.unsent, t.unanswered, t.late, t.twice, t.losses);
  CU_ASSERT(t.ok > 0 && t.refused > 0 && t.unsent > 0 && t.unanswered > 0 && t.late > 0 &&
            t.twice > 0 && t.losses > 0);
  return failures;
}

/* Slow surroundings (valgrind, sanitizers) get fewer schedules; see RESPUB_TEST_SLOW in wait.h. */
static void every_result_says_what_happened_to_the_message(void) {
  long slow = number_from("RESPUB_TEST_SLOW", 1);
  CU_ASSERT_EQUAL(run_range(1, (uint64_t)(SCHEDULES / slow)), 0);
}

static const respub_test tests[] = {
    RESPUB_TEST(every_result_says_what_happened_to_the_message),
};

static int replay(uint64_t seed) {
  const char *fault = respub_publisher_sim_run(seed, stdout, NULL);
  printf("schedule %" PRIu64 ": %s\n", seed, fault == NULL ? "as it should be" : fault);
  return fault != NULL;
}

int main(int argc, char **argv) {
  if (argc == 3 && argv[1][0] == '-' && argv[1][1] == '-')
    return replay(strtoull(argv[2], NULL, 10));
  return respub_test_main("publisher simulation", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
