/* apart.h - functions that are to stay functions. */
#ifndef RESPUB_NET_APART_H
#define RESPUB_NET_APART_H

/* In front of a static function that few messages need, called where each of them passes: compilers
 * would inline it, and then every message pays for saving the registers that it takes. */
#if defined(__GNUC__)
#define RESPUB__APART __attribute__((noinline))
#else
#define RESPUB__APART
#endif

#endif
