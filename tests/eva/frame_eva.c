/* For frama-c -eva: the paths for a whole frame and a whole line, on any bytes of any length up to
 * BYTES, with any number of nodes up to NODES. What they leave to the phases is analysed by itself.
 */
#include "resp/decoder.h"

#include "tests/eva/any.h"

/* What is analysed unless tools/eva says otherwise. */
#ifndef BYTES
#define BYTES 24
#define NODES 4
#endif

static char buf[BYTES];
static respub_node nodes[NODES];

respub_status respub__value_resume(respub_decoder *d, const char *bytes, size_t len, size_t *used) {
  (void)d, (void)bytes, (void)len;
  *used = 0;
  return RESPUB_MORE;
}

int main(void) {
  respub_decoder d;
  size_t used;
  Frama_C_make_unknown(buf, BYTES);
  size_t len = Frama_C_unsigned_long_interval(0, BYTES);
  /*@ split len; */
  size_t n = Frama_C_unsigned_long_interval(0, NODES);
  /*@ split n; */
  respub_decoder_init(&d, NULL, nodes, n);
  return (int)respub_decode(&d, buf + (BYTES - len), len, &used); /* they end where buf ends */
}
