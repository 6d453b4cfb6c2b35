/* Basic.h - see CUnit.h beside it. */
#ifndef RESPUB_TESTS_FOREIGN_BASIC_H
#define RESPUB_TESTS_FOREIGN_BASIC_H

#include "CUnit.h"

typedef enum CU_BasicRunMode {
  CU_BRM_VERBOSE
} CU_BasicRunMode;

void CU_basic_set_mode(CU_BasicRunMode mode);
CU_ErrorCode CU_basic_run_tests(void);

#endif
