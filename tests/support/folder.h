/* folder.h - a folder of a test's own, with the path of one thing that the test will put there. */
#ifndef RESPUB_TESTS_SUPPORT_FOLDER_H
#define RESPUB_TESTS_SUPPORT_FOLDER_H

#include "tests/support/temporary.h"

typedef struct respub_test_folder {
  char name[RESPUB_TEST_TEMPORARY];
  char path[108]; /* no longer than that of a socket may be */
} respub_test_folder;

/* Makes the folder, and nothing in it. A failed assertion ends the test when that does not work. */
void respub_test_folder_open(respub_test_folder *f, const char *file);

/* Removes the folder, and asserts that the test left nothing in it. */
void respub_test_folder_close(const respub_test_folder *f);

#endif
