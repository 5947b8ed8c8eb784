/* gnuplot.c - one process for all pictures. */

#include "plots/gnuplot.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WIDTH = 1200 };

struct sheet {
	char *folder;
	GString *script; /* of finished pictures */
	GString *picture;
	char *name;
	int height;
};

struct sheet *sheet_new(const char *folder)
{
	struct sheet *sheet = g_new0(struct sheet, 1);

	sheet->folder = g_strdup(folder);
	sheet->script = g_string_new("set encoding utf8\n");
	sheet->picture = g_string_new(NULL);
	return sheet;
}

void sheet_free(struct sheet *sheet)
{
	if (sheet) {
		g_free(sheet->folder);
		g_free(sheet->name);
		g_string_free(sheet->script, TRUE);
		g_string_free(sheet->picture, TRUE);
		g_free(sheet);
	}
}

void sheet_add(struct sheet *sheet, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_string_append_vprintf(sheet->picture, format, arguments);
	va_end(arguments);
}

char *sheet_quote(const char *text)
{
	GString *quoted = g_string_new(NULL);

	for (const char *c = text; *c; c++) {
		if (strchr("\"\\", *c)) {
			g_string_append_c(quoted, '\'');
		} else if (*c != '\n') {
			g_string_append_c(quoted, *c);
		}
	}
	return g_string_free(quoted, FALSE);
}

void sheet_begin(struct sheet *sheet, const char *name, const char *title, int height)
{
	g_autofree char *quoted = sheet_quote(title);

	g_free(sheet->name);
	sheet->name = g_strdup(name);
	sheet->height = height;
	g_string_assign(sheet->picture, "");
	sheet_add(sheet, "reset\nset title \"%s\" font \",17\" noenhanced\n", quoted);
	sheet_add(sheet, "set grid xtics ytics back lt 1 lc rgb '#e4e4e4' lw 0.6\nset border 3 lc "
	                 "rgb '#444444'\n"
	                 "set tics nomirror out\nset key noenhanced\n");
}

void sheet_end(struct sheet *sheet)
{
	g_string_append_printf(sheet->script,
	                       "set terminal svg size %d,%d dynamic enhanced font 'DejaVu Sans,14' "
	                       "background '#ffffff'\n"
	                       "set output '%s/%s.svg'\n%s\nunset output\n",
	                       WIDTH, sheet->height, sheet->folder, sheet->name,
	                       sheet->picture->str);
	g_string_append_printf(
	    sheet->script,
	    "set terminal pngcairo size %d,%d enhanced font 'DejaVu Sans,11' background '#ffffff'\n"
	    "set output '%s/%s.png'\n%s\nunset output\n",
	    WIDTH, sheet->height, sheet->folder, sheet->name, sheet->picture->str);
}

/* Writes the whole script; a gnuplot that ends early is told by its exit status. */
static void feed(int fd, const GString *script)
{
	for (size_t done = 0; done < script->len;) {
		ssize_t n = write(fd, script->str + done, script->len - done);

		if (n < 0 && errno != EINTR) {
			break;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	close(fd);
}

bool sheet_draw(struct sheet *sheet, GError **error)
{
	const char *const argv[] = {"gnuplot", NULL};
	g_autofree char *complaints = NULL;
	GPid pid;
	int in, status, fd;
	g_autofree char *name = NULL;

	/* Complaints go to a file, so that neither side ever waits for the other. */
	fd = g_file_open_tmp("podsim-gnuplot-XXXXXX", &name, error);
	if (fd < 0) {
		return false;
	}
	if (!g_spawn_async_with_pipes_and_fds(
		NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, -1,
		fd, fd, NULL, NULL, 0, &pid, &in, NULL, NULL, error)) {
		close(fd);
		unlink(name);
		return false;
	}
	feed(in, sheet->script);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
	close(fd);
	g_file_get_contents(name, &complaints, NULL, NULL);
	unlink(name);
	g_spawn_close_pid(pid);
	if (!g_spawn_check_wait_status(status, NULL)) {
		g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED,
		            "gnuplot could not draw the pictures: %s",
		            complaints ? g_strstrip(complaints) : "no reason given");
		return false;
	}
	return true;
}
