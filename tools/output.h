/* output.h - standard output: gathered, written when it matters, and never lost in silence. */
#ifndef RESPUB_TOOLS_OUTPUT_H
#define RESPUB_TOOLS_OUTPUT_H

#include "resp/resp.h"

/* All of these are for one thread. A write that fails is said once on standard error; from then on
 * everything is dropped and the functions below that return something return false. */
void output_bytes(const char *bytes, size_t len);
void output_char(char c);

/* A NUL-terminated string. */
void output_text(const char *text);

/* A string literal. */
#define OUTPUT_LIT(literal) output_bytes("" literal, sizeof("" literal) - 1)

/* Writes what has been gathered. Large pieces and full buffers go out earlier by themselves. */
bool output_flush(void);

/* True as long as nothing has failed. */
bool output_works(void);

#endif
