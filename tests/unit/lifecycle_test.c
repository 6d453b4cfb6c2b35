/* The states of a connection that comes back, and the delays between its attempts. */
#include "pubsub/lifecycle.h"
#include "tests/support/test.h"

enum {
  STATES = RESPUB__LIFE_CLOSED + 1,
  EVENTS = RESPUB__LIFE_CLOSE + 1,
  DRAWS = 2000
};

#define MIN_MS 100
#define MAX_MS 10000
#define SLOW_MS 30000

/* --- states --- */

static void each_state_answers_each_event_as_the_table_says(void) {
  enum {
    I = RESPUB__LIFE_IDLE,
    C = RESPUB__LIFE_CONNECTING,
    L = RESPUB__LIFE_LIVE
  };
  enum {
    B = RESPUB__LIFE_BACKOFF,
    X = RESPUB__LIFE_CLOSED
  };
  static const int table[STATES][EVENTS] = {
      /*                      START READY FAILED LOST DUE CLOSE */
      [RESPUB__LIFE_IDLE] = {C, I, I, I, I, X},   [RESPUB__LIFE_CONNECTING] = {C, L, B, C, C, X},
      [RESPUB__LIFE_LIVE] = {L, L, L, B, L, X},   [RESPUB__LIFE_BACKOFF] = {B, B, B, B, C, X},
      [RESPUB__LIFE_CLOSED] = {X, X, X, X, X, X},
  };
  for (int state = 0; state < STATES; state++) {
    for (int event = 0; event < EVENTS; event++) {
      respub__life next = respub__life_next((respub__life)state, (respub__life_event)event);
      CU_ASSERT_EQUAL((int)next, table[state][event]);
    }
  }
}

static void each_state_has_a_name_of_its_own(void) {
  for (int a = 0; a < STATES; a++) {
    CU_ASSERT_STRING_NOT_EQUAL(respub__life_name((respub__life)a), "unknown");
    for (int b = 0; b < a; b++) {
      CU_ASSERT_STRING_NOT_EQUAL(respub__life_name((respub__life)a),
                                 respub__life_name((respub__life)b));
    }
  }
  CU_ASSERT_STRING_EQUAL(respub__life_name((respub__life)99), "unknown");
}

/* --- delays --- */

static respub__backoff backoff_with(uint64_t seed, unsigned tries) {
  respub__backoff b;
  respub__backoff_init(&b, MIN_MS, MAX_MS, SLOW_MS, seed);
  b.tries = tries;
  return b;
}

/* Draws many delays after `before` failures; their least and greatest. */
static void range_of(unsigned before, bool slow, int64_t *least, int64_t *greatest) {
  *least = INT64_MAX;
  *greatest = INT64_MIN;
  for (uint64_t seed = 0; seed < DRAWS; seed++) {
    respub__backoff b = backoff_with(seed * 0x9E3779B97F4A7C15ULL, before);
    int64_t delay = respub__backoff_failed(&b, slow);
    *least = delay < *least ? delay : *least;
    *greatest = delay > *greatest ? delay : *greatest;
  }
}

static void delays_double_up_to_the_bound_with_full_jitter(void) {
  static const int64_t ceilings[] = {200, 400, 800, 1600, 3200, 6400, 10000, 10000};
  for (unsigned tries = 0; tries < sizeof ceilings / sizeof ceilings[0]; tries++) {
    int64_t least, greatest;
    range_of(tries, false, &least, &greatest);
    CU_ASSERT(least >= MIN_MS && least <= MIN_MS + ceilings[tries] / 20);
    CU_ASSERT(greatest <= ceilings[tries] && greatest >= ceilings[tries] - ceilings[tries] / 20);
  }
}

static void what_will_not_heal_waits_in_the_slow_lane(void) {
  int64_t least, greatest;
  range_of(0, true, &least, &greatest);
  CU_ASSERT(least >= SLOW_MS / 2 && least <= SLOW_MS / 2 + SLOW_MS / 20);
  CU_ASSERT(greatest <= SLOW_MS && greatest >= SLOW_MS - SLOW_MS / 20);
}

static void equal_bounds_leave_no_choice(void) {
  respub__backoff b;
  respub__backoff_init(&b, 7, 7, 1, 0);
  CU_ASSERT_EQUAL(respub__backoff_failed(&b, false), 7);
  int64_t slow = respub__backoff_failed(&b, true);
  CU_ASSERT(slow >= 0 && slow <= 1);
}

static void huge_bounds_and_endless_failures_never_overflow(void) {
  respub__backoff b;
  respub__backoff_init(&b, INT64_MAX / 2 + 1, INT64_MAX, INT64_MAX, 1);
  for (int i = 0; i < 1000; i++) {
    CU_ASSERT_FATAL(respub__backoff_failed(&b, false) >= INT64_MAX / 2 + 1);
    CU_ASSERT_FATAL(respub__backoff_failed(&b, true) >= INT64_MAX / 2);
  }
}

static void different_seeds_draw_different_delays(void) {
  respub__backoff a = backoff_with(1, 10), b = backoff_with(2, 10);
  int equal = 0;
  for (int i = 0; i < 100; i++) {
    equal += respub__backoff_failed(&a, false) == respub__backoff_failed(&b, false);
  }
  CU_ASSERT(equal < 10);
}

static void the_first_loss_is_followed_at_once(void) {
  respub__backoff b = backoff_with(5, 0);
  CU_ASSERT_EQUAL(respub__backoff_lost(&b, 3, false), 0);
}

static void a_server_that_accepts_and_hangs_up_is_not_hammered(void) {
  respub__backoff b = backoff_with(5, 0);
  CU_ASSERT_EQUAL(respub__backoff_lost(&b, 3, false), 0);
  for (int i = 0; i < 20; i++) {
    CU_ASSERT(respub__backoff_lost(&b, 3, false) >= MIN_MS);
  }
}

static void a_connection_that_lasted_makes_the_tries_count_anew(void) {
  respub__backoff b = backoff_with(5, 12);
  CU_ASSERT(respub__backoff_lost(&b, MAX_MS, false) >= MIN_MS); /* exactly max_ms is not longer */
  CU_ASSERT_EQUAL(respub__backoff_lost(&b, MAX_MS + 1, false), 0);
  int64_t delay = respub__backoff_failed(&b, false);
  CU_ASSERT(delay >= MIN_MS && delay <= 4 * MIN_MS);
}

static void a_loss_that_will_not_heal_waits_even_after_a_long_life(void) {
  respub__backoff b = backoff_with(5, 0);
  CU_ASSERT(respub__backoff_lost(&b, MAX_MS + 1, true) >= SLOW_MS / 2);
}

/* --- both together --- */

static respub__lifecycle lifecycle(void) {
  respub__lifecycle l;
  respub__lifecycle_init(&l, MIN_MS, MAX_MS, SLOW_MS, 42);
  return l;
}

static void a_life_goes_through_failure_delay_and_connection(void) {
  respub__lifecycle l = lifecycle();
  CU_ASSERT_EQUAL(l.state, RESPUB__LIFE_IDLE);
  respub__lifecycle_start(&l);
  int64_t delay = respub__lifecycle_failed(&l, 1000, false);
  CU_ASSERT(delay >= MIN_MS);
  CU_ASSERT_EQUAL(l.state, RESPUB__LIFE_BACKOFF);
  CU_ASSERT_EQUAL(l.retry_at_ms, 1000 + delay);
  respub__lifecycle_tick(&l, 1000 + delay - 1);
  CU_ASSERT_EQUAL(l.state, RESPUB__LIFE_BACKOFF);
  respub__lifecycle_tick(&l, 1000 + delay);
  CU_ASSERT_EQUAL(l.state, RESPUB__LIFE_CONNECTING);
  respub__lifecycle_ready(&l, 5000);
  CU_ASSERT_EQUAL(l.state, RESPUB__LIFE_LIVE);
  CU_ASSERT_EQUAL(l.generation, 1);
  CU_ASSERT_EQUAL(l.live_since_ms, 5000);
}

static void a_long_life_that_ends_is_tried_again_at_once(void) {
  respub__lifecycle l = lifecycle();
  respub__lifecycle_start(&l);
  (void)respub__lifecycle_failed(&l, 0, false);
  respub__lifecycle_tick(&l, INT64_MAX);
  respub__lifecycle_ready(&l, 100);
  CU_ASSERT_EQUAL(respub__lifecycle_lost(&l, 100 + MAX_MS + 1, false), 0);
  CU_ASSERT_EQUAL(l.state, RESPUB__LIFE_BACKOFF);
  respub__lifecycle_tick(&l, 100 + MAX_MS + 1);
  CU_ASSERT_EQUAL(l.state, RESPUB__LIFE_CONNECTING);
  respub__lifecycle_ready(&l, 200 + MAX_MS);
  CU_ASSERT_EQUAL(l.generation, 2);
}

static void calls_at_the_wrong_time_change_nothing(void) {
  const respub__lifecycle before = lifecycle();
  respub__lifecycle l = before;
  respub__lifecycle_ready(&l, 5);
  CU_ASSERT_EQUAL(respub__lifecycle_failed(&l, 5, false), 0);
  CU_ASSERT_EQUAL(respub__lifecycle_lost(&l, 5, true), 0);
  respub__lifecycle_tick(&l, 5);
  CU_ASSERT_EQUAL(l.state, before.state);
  CU_ASSERT_EQUAL(l.generation, before.generation);
  CU_ASSERT_EQUAL(l.retry_at_ms, before.retry_at_ms);
  CU_ASSERT_EQUAL(l.live_since_ms, before.live_since_ms);
  CU_ASSERT_EQUAL(l.backoff.tries, before.backoff.tries);
}

static void closed_is_for_good(void) {
  respub__lifecycle l = lifecycle();
  respub__lifecycle_start(&l);
  respub__lifecycle_ready(&l, 0);
  respub__lifecycle_close(&l);
  respub__lifecycle_start(&l);
  (void)respub__lifecycle_lost(&l, 1, false);
  respub__lifecycle_tick(&l, INT64_MAX);
  CU_ASSERT_EQUAL(l.state, RESPUB__LIFE_CLOSED);
  CU_ASSERT_EQUAL(l.generation, 1);
}

/* --- the slow lane --- */

static bool refusal_is_slow(const char *text) {
  return respub__is_slow(RESPUB_EREFUSED, respub_slice_of_string(text));
}

static void refusals_that_will_not_heal_are_told_from_those_that_will(void) {
  CU_ASSERT_TRUE(refusal_is_slow("ERR max number of clients reached"));
  CU_ASSERT_TRUE(refusal_is_slow("NOPERM User x has no permissions to run the 'select' command"));
  CU_ASSERT_TRUE(refusal_is_slow("redis://h:1/0 refused: -DENIED Redis is in protected mode"));
  CU_ASSERT_TRUE(refusal_is_slow("NOAUTH Authentication required."));
  CU_ASSERT_TRUE(refusal_is_slow("ERR DB index is out of range"));
  CU_ASSERT_FALSE(refusal_is_slow("LOADING Redis is loading the dataset in memory"));
  CU_ASSERT_FALSE(refusal_is_slow("NOPER"));
  CU_ASSERT_FALSE(refusal_is_slow(""));
  CU_ASSERT_TRUE(respub__is_slow(RESPUB_EAUTH, respub_slice_of(NULL, 0)));
  CU_ASSERT_TRUE(respub__is_slow(RESPUB_EARGUMENT, respub_slice_of(NULL, 0)));
  CU_ASSERT_FALSE(respub__is_slow(RESPUB_ECONNECT, RESPUB_LIT("to host max number of clients")));
  CU_ASSERT_FALSE(respub__is_slow(RESPUB_TIMEOUT, respub_slice_of(NULL, 0)));
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(each_state_answers_each_event_as_the_table_says),
      RESPUB_TEST(each_state_has_a_name_of_its_own),
      RESPUB_TEST(delays_double_up_to_the_bound_with_full_jitter),
      RESPUB_TEST(what_will_not_heal_waits_in_the_slow_lane),
      RESPUB_TEST(equal_bounds_leave_no_choice),
      RESPUB_TEST(huge_bounds_and_endless_failures_never_overflow),
      RESPUB_TEST(different_seeds_draw_different_delays),
      RESPUB_TEST(the_first_loss_is_followed_at_once),
      RESPUB_TEST(a_server_that_accepts_and_hangs_up_is_not_hammered),
      RESPUB_TEST(a_connection_that_lasted_makes_the_tries_count_anew),
      RESPUB_TEST(a_loss_that_will_not_heal_waits_even_after_a_long_life),
      RESPUB_TEST(a_life_goes_through_failure_delay_and_connection),
      RESPUB_TEST(a_long_life_that_ends_is_tried_again_at_once),
      RESPUB_TEST(calls_at_the_wrong_time_change_nothing),
      RESPUB_TEST(closed_is_for_good),
      RESPUB_TEST(refusals_that_will_not_heal_are_told_from_those_that_will),
  };
  return respub_test_main("lifecycle", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
