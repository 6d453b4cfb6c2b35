/* temporary.h - names for the files and folders of a test. */
#ifndef RESPUB_TESTS_SUPPORT_TEMPORARY_H
#define RESPUB_TESTS_SUPPORT_TEMPORARY_H

#include <stddef.h>

/* Room for any such name; what is put behind it still makes the path of a socket. */
#define RESPUB_TEST_TEMPORARY 64

/* Writes a template for mkstemp and mkdtemp with this name in it, and returns out. It lies below
 * $TMPDIR, which tests/run sets to a folder that goes with it whatever becomes of the test; below
 * /tmp without that, or when that is too long. */
char *respub_test_temporary(char out[RESPUB_TEST_TEMPORARY], const char *name);

#endif
