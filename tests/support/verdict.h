/* verdict.h - tables of schemas, values, and what the schema says about the value.
 *
 * In schemas and values an apostrophe stands for a quotation mark: {'type': 'string'}. */
#ifndef RESPUB_TESTS_SUPPORT_VERDICT_H
#define RESPUB_TESTS_SUPPORT_VERDICT_H

#include "schema/schema.h"

typedef struct respub_test_verdict {
  const char *schema; /* NULL: that of the row before */
  const char *value;
  const char *fault; /* the whole sentence; NULL: accepted */
} respub_test_verdict;

/* Compiles, validates and compares row by row; validates also without asking why. */
void respub_test_verdicts(const respub_test_verdict *rows, size_t n);

#define RESPUB_VERDICTS(...)                                                                       \
  do {                                                                                             \
    static const respub_test_verdict rows[] = {__VA_ARGS__};                                       \
    respub_test_verdicts(rows, sizeof rows / sizeof rows[0]);                                      \
  } while (0)

/* The text with quotation marks for apostrophes, to be freed; ends the program without memory. */
char *respub_test_quotes(const char *text);

/* The schema or value of such a text; NULL and a failed assertion when it cannot be used. */
respub_schema *respub_test_schema(const char *text);
cJSON *respub_test_value(const char *text);

#endif
