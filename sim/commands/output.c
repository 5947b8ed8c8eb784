/* output.c - all files or none. */

#include "commands/output.h"

#include "commands/ending.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <stdio.h>

struct output {
	char *path;
	char *hidden; /* inside path, so that a rename never crosses file systems */
	gboolean made;
	struct ending ending;
};

static void remove_folder(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);

	if (dir) {
		for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
			g_autofree char *child = g_build_filename(path, name, NULL);

			g_unlink(child);
		}
		g_dir_close(dir);
	}
	g_rmdir(path);
}

static void take_back(void *data)
{
	const struct output *output = data;

	remove_folder(output->hidden);
	if (output->made) {
		g_rmdir(output->path);
	}
}

static gboolean fail(GError **error, const char *path)
{
	int number = errno;

	g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(number), "%s: %s", path,
	            g_strerror(number));
	return FALSE;
}

struct output *output_begin(const char *path, GError **error)
{
	gboolean there = g_file_test(path, G_FILE_TEST_IS_DIR);

	if (!there && g_mkdir_with_parents(path, 0777) != 0) {
		fail(error, path);
		return NULL;
	}
	g_autofree char *hidden = g_build_filename(path, ".podsim-XXXXXX", NULL);

	if (!g_mkdtemp(hidden)) {
		fail(error, path);
		return NULL;
	}
	struct output *output = g_new0(struct output, 1);

	output->path = g_strdup(path);
	output->hidden = g_steal_pointer(&hidden);
	output->made = !there;
	ending_begin(&output->ending, take_back, output);
	return output;
}

gboolean output_put(const char *path, const char *text, GError **error)
{
	if (!g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
		return g_file_set_contents(path, text, -1, error);
	}
	FILE *file = fopen(path, "w");
	const bool written = file && fputs(text, file) != EOF;

	return (file && fclose(file) == 0 && written) || fail(error, path);
}

char *output_file(const struct output *output, const char *name)
{
	return g_build_filename(output->hidden, name, NULL);
}

gboolean output_write(const struct output *output, const char *name, const char *bytes,
                      gssize length, GError **error)
{
	g_autofree char *file = output_file(output, name);

	return g_file_set_contents(file, bytes, length, error);
}

static void output_end(struct output *output)
{
	ending_end(&output->ending);
	g_free(output->path);
	g_free(output->hidden);
	g_free(output);
}

gboolean output_commit(struct output *output, GError **error)
{
	GDir *dir = g_dir_open(output->hidden, 0, error);
	gboolean good = dir != NULL;

	for (const char *name; good && (name = g_dir_read_name(dir)) != NULL;) {
		g_autofree char *from = g_build_filename(output->hidden, name, NULL);
		g_autofree char *to = g_build_filename(output->path, name, NULL);

		good = g_rename(from, to) == 0 || fail(error, to);
	}
	if (dir) {
		g_dir_close(dir);
	}
	remove_folder(output->hidden);
	output_end(output);
	return good;
}

void output_abandon(struct output *output)
{
	if (output) {
		take_back(output);
		output_end(output);
	}
}
