/* Bytes on their way to a client. */
#include "broker/output.h"
#include "tests/support/alloc.h"
#include "tests/support/test.h"

#include <string.h>

enum {
  MODEL_BYTES = 1 << 20
};

typedef struct fixture {
  respub_test_alloc alloc;
  respub_allocator allocator;
  respub__broker_output output;
  size_t written; /* bytes of the model's sequence that went in and came out */
  size_t sent;
} fixture;

static void open_fixture(fixture *f) {
  *f = (fixture){.alloc = RESPUB_TEST_ALLOC_COUNTING};
  f->allocator = respub_test_allocator(&f->alloc);
  f->output.allocator = &f->allocator;
}

static void close_fixture(fixture *f) {
  respub__broker_output_free(&f->output);
  CU_ASSERT_EQUAL(f->alloc.live, 0);
}

/* The k-th byte of all that is ever sent. */
static char byte_at(size_t k) {
  return (char)(k * 31 + (k >> 8));
}

static void fill(fixture *f, char *place, size_t size) {
  for (size_t i = 0; i < size; i++)
    place[i] = byte_at(f->written++);
}

static void add(fixture *f, size_t size) {
  char *place = respub__broker_output_add(&f->output, size);
  CU_ASSERT_PTR_NOT_NULL_FATAL(place);
  fill(f, place, size);
}

static void share(fixture *f, size_t size) {
  respub__broker_block *block = respub__broker_block_new(&f->allocator, size);
  CU_ASSERT_PTR_NOT_NULL_FATAL(block);
  fill(f, block->bytes, size);
  CU_ASSERT_EQUAL(respub__broker_output_share(&f->output, block), RESPUB_OK);
  respub__broker_block_release(&f->allocator, block);
}

/* Looks at the parts, and takes up to size bytes of them away. */
static void take(fixture *f, size_t size, size_t max_parts) {
  respub_slice parts[16];
  size_t n = respub__broker_output_parts(&f->output, parts, max_parts);
  size_t seen = 0;
  bool right = true;
  CU_ASSERT_TRUE(n <= max_parts);
  for (size_t i = 0; i < n; i++) {
    CU_ASSERT_TRUE(parts[i].len > 0);
    for (size_t k = 0; k < parts[i].len; k++)
      right &= parts[i].ptr[k] == byte_at(f->sent + seen++);
  }
  CU_ASSERT_TRUE(right);
  CU_ASSERT_TRUE(seen > 0 || f->output.bytes == 0);
  size = size < seen ? size : seen;
  f->sent += size;
  respub__broker_output_sent(&f->output, size);
}

static void what_goes_in_comes_out_in_order(void) {
  fixture f;
  open_fixture(&f);
  add(&f, 10);
  share(&f, 100);
  share(&f, 5000);
  add(&f, 10);
  share(&f, 600);
  share(&f, 1);
  CU_ASSERT_EQUAL(f.output.bytes, 5721);
  while (f.output.bytes > 0)
    take(&f, 7, 3);
  CU_ASSERT_EQUAL(f.sent, f.written);
  close_fixture(&f);
}

static void random_traffic_comes_out_in_order(void) {
  uint32_t state = 3;
  fixture f;
  open_fixture(&f);
  while (f.written < MODEL_BYTES) {
    state = state * 1664525u + 1013904223u;
    size_t size = (state >> 8) % 3000 % (1 + (state >> 20)) + 1;
    if ((state >> 12) % 3 == 0)
      add(&f, size);
    else if ((state >> 12) % 3 == 1)
      share(&f, size);
    else
      take(&f, 2 * size, 1 + (state >> 28));
    CU_ASSERT_EQUAL_FATAL(f.output.bytes, f.written - f.sent);
  }
  while (f.output.bytes > 0)
    take(&f, SIZE_MAX, 16);
  CU_ASSERT_EQUAL(f.sent, f.written);
  close_fixture(&f);
}

static void an_output_that_is_sent_holds_no_memory(void) {
  fixture f;
  open_fixture(&f);
  for (int i = 0; i < 100; i++)
    add(&f, 100);
  take(&f, SIZE_MAX, 16);
  while (f.output.bytes > 0)
    take(&f, SIZE_MAX, 16);
  CU_ASSERT_EQUAL(f.alloc.live, 0);
  close_fixture(&f);
}

static void a_large_block_is_shared_and_goes_with_its_last_holder(void) {
  enum {
    SIZE = 100000
  };
  fixture f[3];
  respub_test_alloc shared_alloc = RESPUB_TEST_ALLOC_COUNTING;
  respub_allocator shared = respub_test_allocator(&shared_alloc);
  respub__broker_block *block = respub__broker_block_new(&shared, SIZE);
  CU_ASSERT_PTR_NOT_NULL_FATAL(block);
  memset(block->bytes, 'x', SIZE);
  for (int i = 0; i < 3; i++) {
    open_fixture(&f[i]);
    f[i].output.allocator = &shared; /* whoever is last frees the block */
    CU_ASSERT_EQUAL(respub__broker_output_share(&f[i].output, block), RESPUB_OK);
  }
  CU_ASSERT_TRUE(shared_alloc.live_bytes < 2 * SIZE);
  respub__broker_block_release(&shared, block);
  respub__broker_output_sent(&f[0].output, SIZE);
  respub__broker_output_free(&f[1].output);
  respub__broker_output_sent(&f[2].output, SIZE - 1);
  CU_ASSERT_TRUE(shared_alloc.live > 0);
  respub__broker_output_sent(&f[2].output, 1);
  CU_ASSERT_EQUAL(shared_alloc.live, 0);
}

/* What the limit of a client's output counts must be near what its output costs. */
static void memory_stays_near_the_bytes_that_wait(void) {
  const size_t sizes[] = {5, 40, 100, 511};
  for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
    fixture f;
    open_fixture(&f);
    for (int i = 0; i < 5000; i++)
      add(&f, sizes[k]);
    CU_ASSERT_TRUE(f.alloc.live_bytes < 2 * f.output.bytes);
    close_fixture(&f);
    open_fixture(&f);
    for (int i = 0; i < 1000; i++) {
      add(&f, sizes[k]);
      share(&f, 600);
    }
    CU_ASSERT_TRUE(f.alloc.live_bytes < 4 * f.output.bytes);
    close_fixture(&f);
  }
}

static void without_memory_nothing_is_added(void) {
  for (size_t n = 0; n < 2; n++) {
    fixture f;
    open_fixture(&f);
    f.alloc.fail_at = n;
    CU_ASSERT_PTR_NULL(respub__broker_output_add(&f.output, 10));
    CU_ASSERT_EQUAL(f.output.bytes, 0);
    add(&f, 10);
    take(&f, SIZE_MAX, 16);
    close_fixture(&f);
    open_fixture(&f);
    respub__broker_block *block = respub__broker_block_new(&f.allocator, 1000);
    CU_ASSERT_PTR_NOT_NULL_FATAL(block);
    f.alloc.fail_at = 1;
    CU_ASSERT_EQUAL(respub__broker_output_share(&f.output, block), RESPUB_ENOMEM);
    CU_ASSERT_EQUAL(f.output.bytes, 0);
    respub__broker_block_release(&f.allocator, block);
    close_fixture(&f);
  }
}

static void sizes_beyond_all_memory_are_refused(void) {
  fixture f;
  open_fixture(&f);
  CU_ASSERT_PTR_NULL(respub__broker_block_new(&f.allocator, SIZE_MAX));
  CU_ASSERT_PTR_NULL(respub__broker_output_add(&f.output, SIZE_MAX - 1));
  close_fixture(&f);
}

int main(int argc, char **argv) {
  static const respub_test tests[] = {
      RESPUB_TEST(what_goes_in_comes_out_in_order),
      RESPUB_TEST(random_traffic_comes_out_in_order),
      RESPUB_TEST(an_output_that_is_sent_holds_no_memory),
      RESPUB_TEST(a_large_block_is_shared_and_goes_with_its_last_holder),
      RESPUB_TEST(memory_stays_near_the_bytes_that_wait),
      RESPUB_TEST(without_memory_nothing_is_added),
      RESPUB_TEST(sizes_beyond_all_memory_are_refused),
  };
  return respub_test_main("broker output", tests, RESPUB_TEST_COUNT(tests), argc, argv);
}
