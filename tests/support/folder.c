#include "tests/support/folder.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void respub_test_folder_open(respub_test_folder *f, const char *file) {
  CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(respub_test_temporary(f->name, "folder")));
  (void)snprintf(f->path, sizeof f->path, "%s/%s", f->name, file);
}

void respub_test_folder_close(const respub_test_folder *f) {
  CU_ASSERT_EQUAL(rmdir(f->name), 0);
}
