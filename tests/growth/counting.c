/* counting.c - runs programs, and reads what they cost. */

#include "counting.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

char *valgrind, *folder;

void write_file(const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
}

char *run(const char *const *argv, double *peak_kib)
{
	g_autofree char *path = g_build_filename(folder, "stderr", NULL);
	struct rusage usage;
	int status;
	char *text;
	const pid_t child = fork();

	if (child == 0) {
		const int null = open("/dev/null", O_WRONLY);
		const int err = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

		unsetenv("MALLOC_PERTURB_"); /* it uses memory that the program does not */
		dup2(null, 1);
		dup2(err, 2);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	assert_int_equal(child, wait4(child, &status, 0, &usage));
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		print_error("%s", text);
		fail();
	}
	if (peak_kib != NULL) {
		*peak_kib = (double)usage.ru_maxrss;
	}
	return text;
}

double instructions_of(const char *text)
{
	const char *at = strstr(text, "refs:");
	double n = 0;

	assert_non_null(at);
	for (at += strlen("refs:"); *at != '\n' && *at != '\0'; at++) {
		if (g_ascii_isdigit(*at)) {
			n = 10 * n + (*at - '0');
		}
	}
	assert_true(n > 0);
	return n;
}

double requests_of(const char *text)
{
	const char *at = strstr(text, " events, ");
	double n;

	assert_non_null(at);
	assert_int_equal(sscanf(at, " events, %lf requests", &n), 1);
	return n;
}

void assert_at_most(double ratio, double most)
{
	print_message("    ratio %.3f, at most %.3f\n", ratio, most);
	assert_true(ratio > 0);
	assert_true(ratio <= most);
}

bool counting_begin(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return false;
#endif
	valgrind = g_find_program_in_path("valgrind");
	if (valgrind != NULL) {
		folder = g_dir_make_tmp("podsim-growth-XXXXXX", NULL);
	}
	return valgrind != NULL;
}

int counting_end(void **state)
{
	g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
	const char *name;

	while (files && (name = g_dir_read_name(files))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		g_unlink(path);
	}
	g_rmdir(folder);
	g_free(folder);
	g_free(valgrind);
	return 0;
}
