/* any.h - values of which frama-c knows nothing but their range. Other tools only read the
 * declarations. */
#ifndef RESPUB_TESTS_EVA_ANY_H
#define RESPUB_TESTS_EVA_ANY_H

#ifdef __FRAMAC__
#include <__fc_builtin.h>
#else
#include <stddef.h>
void Frama_C_make_unknown(char *p, size_t n);
int Frama_C_interval(int min, int max);
long Frama_C_long_interval(long min, long max);
unsigned long Frama_C_unsigned_long_interval(unsigned long min, unsigned long max);
#endif

#endif
