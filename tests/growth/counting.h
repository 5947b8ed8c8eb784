/* counting.h - what a run of a program costs: instructions that valgrind counts (the same on a busy machine as on an idle one)
 * and the highest resident memory, never time. */

#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>

extern char *valgrind; /* its path */
extern char *folder;   /* of the files that runs read and write */

/* What comes before a program whose instructions are to be counted. */
#define COUNTING valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"

/* Finds valgrind and makes the folder. False, and the test is to be skipped (77): there is no valgrind, or this is a build with
 * sanitizers, whose own instructions and memory would be counted. */
bool counting_begin(void);
/* Removes the folder and the plain files in it; as the teardown of a group of tests. */
int counting_end(void **state);

/* Writes a file of the folder. */
void write_file(const char *name, const char *text);
/* Runs a command and returns its standard error, which the caller frees; fails where it fails. @peak_kib: its highest resident
 * memory; NULL: not wanted. */
char *run(const char *const *argv, double *peak_kib);
/* From a line like "==123== I refs:      1,234,567". */
double instructions_of(const char *text);
/* From the line of `podsim run --stats`. */
double requests_of(const char *text);
/* Prints @ratio, which must be above 0 and at most @most. */
void assert_at_most(double ratio, double most);
