/* CUnit.h - stands in for CUnit where it is not built for the target: what the tests here use of
 * it, with its names and its summary. A fatal assertion that does not hold ends the program. */
#ifndef RESPUB_TESTS_FOREIGN_CUNIT_H
#define RESPUB_TESTS_FOREIGN_CUNIT_H

/* CUnit's brings both. */
#include <stdio.h>
#include <string.h>

typedef int CU_BOOL;
#define CU_FALSE 0
#define CU_TRUE 1

typedef struct respub_foreign_suite *CU_pSuite;
typedef struct respub_foreign_test *CU_pTest;
typedef void (*CU_TestFunc)(void);

typedef enum CU_ErrorCode {
  CUE_SUCCESS,
  CUE_FAILURE
} CU_ErrorCode;

CU_ErrorCode CU_initialize_registry(void);
void CU_cleanup_registry(void);
CU_pSuite CU_add_suite(const char *name, int (*begin)(void), int (*end)(void));
CU_pTest CU_add_test(CU_pSuite suite, const char *name, CU_TestFunc function);
const char *CU_get_error_msg(void);
unsigned CU_get_number_of_suites_failed(void);
unsigned CU_get_number_of_tests_run(void);
unsigned CU_get_number_of_failure_records(void);

CU_BOOL CU_assertImplementation(CU_BOOL holds, unsigned line, const char *text, const char *file,
                                const char *function, CU_BOOL fatal);

#define RESPUB_FOREIGN(holds, text, fatal)                                                         \
  ((void)CU_assertImplementation((holds) ? CU_TRUE : CU_FALSE, __LINE__, text, __FILE__, "", fatal))

#define CU_ASSERT(value) RESPUB_FOREIGN(value, #value, CU_FALSE)
#define CU_ASSERT_TRUE(value) RESPUB_FOREIGN(value, #value, CU_FALSE)
#define CU_ASSERT_FALSE(value) RESPUB_FOREIGN(!(value), "!(" #value ")", CU_FALSE)
#define CU_ASSERT_EQUAL(a, b) RESPUB_FOREIGN((a) == (b), #a " == " #b, CU_FALSE)
#define CU_ASSERT_NOT_EQUAL(a, b) RESPUB_FOREIGN((a) != (b), #a " != " #b, CU_FALSE)
#define CU_ASSERT_PTR_NULL(p) RESPUB_FOREIGN((p) == NULL, #p " == NULL", CU_FALSE)
#define CU_ASSERT_PTR_NOT_NULL(p) RESPUB_FOREIGN((p) != NULL, #p " != NULL", CU_FALSE)
#define CU_ASSERT_PTR_EQUAL(a, b)                                                                  \
  RESPUB_FOREIGN((const void *)(a) == (const void *)(b), #a " == " #b, CU_FALSE)
#define CU_ASSERT_PTR_NOT_EQUAL(a, b)                                                              \
  RESPUB_FOREIGN((const void *)(a) != (const void *)(b), #a " != " #b, CU_FALSE)
#define CU_ASSERT_STRING_EQUAL(a, b) RESPUB_FOREIGN(strcmp(a, b) == 0, #a " == " #b, CU_FALSE)
#define CU_ASSERT_STRING_NOT_EQUAL(a, b) RESPUB_FOREIGN(strcmp(a, b) != 0, #a " != " #b, CU_FALSE)
#define CU_FAIL(text) RESPUB_FOREIGN(CU_FALSE, text, CU_FALSE)

#define CU_ASSERT_FATAL(value) RESPUB_FOREIGN(value, #value, CU_TRUE)
#define CU_ASSERT_TRUE_FATAL(value) RESPUB_FOREIGN(value, #value, CU_TRUE)
#define CU_ASSERT_FALSE_FATAL(value) RESPUB_FOREIGN(!(value), "!(" #value ")", CU_TRUE)
#define CU_ASSERT_EQUAL_FATAL(a, b) RESPUB_FOREIGN((a) == (b), #a " == " #b, CU_TRUE)
#define CU_ASSERT_NOT_EQUAL_FATAL(a, b) RESPUB_FOREIGN((a) != (b), #a " != " #b, CU_TRUE)
#define CU_ASSERT_PTR_NULL_FATAL(p) RESPUB_FOREIGN((p) == NULL, #p " == NULL", CU_TRUE)
#define CU_ASSERT_PTR_NOT_NULL_FATAL(p) RESPUB_FOREIGN((p) != NULL, #p " != NULL", CU_TRUE)
#define CU_ASSERT_PTR_EQUAL_FATAL(a, b)                                                            \
  RESPUB_FOREIGN((const void *)(a) == (const void *)(b), #a " == " #b, CU_TRUE)
#define CU_ASSERT_PTR_NOT_EQUAL_FATAL(a, b)                                                        \
  RESPUB_FOREIGN((const void *)(a) != (const void *)(b), #a " != " #b, CU_TRUE)
#define CU_ASSERT_STRING_EQUAL_FATAL(a, b) RESPUB_FOREIGN(strcmp(a, b) == 0, #a " == " #b, CU_TRUE)
#define CU_ASSERT_STRING_NOT_EQUAL_FATAL(a, b)                                                     \
  RESPUB_FOREIGN(strcmp(a, b) != 0, #a " != " #b, CU_TRUE)
#define CU_FAIL_FATAL(text) RESPUB_FOREIGN(CU_FALSE, text, CU_TRUE)

#endif
