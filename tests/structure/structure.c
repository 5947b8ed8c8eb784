/* structure.c - structure DIRECTORY LINES: whether the sources below DIRECTORY keep to the plan.
 *
 * Folders are floors. An include points to a lower floor or stays in its folder; it never points up
 * or sideways, and no files include each other in a circle. No file has more than LINES lines.
 * Prints every fault as FILE:LINE: what; exit code 1 when there is one. */

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *folder;
	int floor; /* tenths: plots stand between two others */
} floors[] = {
    {"engine", 0}, {"document", 0},  {"kube", 10},   {"rules", 20},   {"scenario", 20},
    {"trace", 30}, {"store", 40},    {"node", 40},   {"cluster", 50}, {"traffic", 50},
    {"check", 50}, {"record", 60},   {"report", 70}, {"world", 70},   {"plots", 75},
    {"study", 80}, {"commands", 90}, {"", 95}, /* main.c */
};

struct source {
	char *path;                          /* from DIRECTORY: "kube/pod.h" */
	GPtrArray *includes;                 /* char *, of the same form */
	enum { UNSEEN, OPEN, CLOSED } state; /* of the search for circles */
};

struct house {
	const char *directory;
	GPtrArray *sources; /* in order of path */
	GHashTable *by_path;
	unsigned faults;
};

static void fault(struct house *house, const char *path, unsigned line, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static void fault(struct house *house, const char *path, unsigned line, const char *format, ...)
{
	va_list arguments;

	printf("%s/%s:%u: ", house->directory, path, line);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	house->faults++;
}

static void source_free(void *data)
{
	struct source *source = data;

	g_free(source->path);
	g_ptr_array_unref(source->includes);
	g_free(source);
}

/* --- finding --- */

static int compare_sources(const void *a, const void *b)
{
	return strcmp((*(struct source *const *)a)->path, (*(struct source *const *)b)->path);
}

static void find_sources(struct house *house, const char *folder)
{
	g_autofree char *path = g_build_filename(house->directory, folder, NULL);
	g_autoptr(GError) error = NULL;
	GDir *dir = g_dir_open(path, 0, &error);

	if (!dir) {
		fprintf(stderr, "%s\n", error->message);
		exit(2);
	}
	for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
		g_autofree char *child =
		    *folder ? g_build_filename(folder, name, NULL) : g_strdup(name);
		g_autofree char *whole = g_build_filename(house->directory, child, NULL);

		if (g_file_test(whole, G_FILE_TEST_IS_DIR)) {
			find_sources(house, child);
		} else if (g_str_has_suffix(name, ".c") || g_str_has_suffix(name, ".h")) {
			struct source *source = g_new0(struct source, 1);

			source->path = g_steal_pointer(&child);
			source->includes = g_ptr_array_new_with_free_func(g_free);
			g_ptr_array_add(house->sources, source);
			g_hash_table_insert(house->by_path, source->path, source);
		}
	}
	g_dir_close(dir);
}

/* --- floors --- */

/* The floor of a path, -1 when its folder is not in the plan. */
static int floor_of(const char *path)
{
	const char *slash = strchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;

	for (size_t i = 0; i < G_N_ELEMENTS(floors); i++) {
		if (strlen(floors[i].folder) == length &&
		    strncmp(floors[i].folder, path, length) == 0) {
			return floors[i].floor;
		}
	}
	return -1;
}

static bool same_folder(const char *a, const char *b)
{
	g_autofree char *folder_a = g_path_get_dirname(a);
	g_autofree char *folder_b = g_path_get_dirname(b);

	return g_str_equal(folder_a, folder_b);
}

static void check_include(struct house *house, struct source *source, unsigned line,
                          const char *included)
{
	int from = floor_of(source->path), to = floor_of(included);

	if (!g_hash_table_contains(house->by_path, included)) {
		fault(house, source->path, line, "\"%s\" is no path from %s/", included,
		      house->directory);
	} else if (!same_folder(source->path, included) && to >= from) {
		fault(house, source->path, line, "\"%s\" points %s", included,
		      to > from ? "up" : "sideways");
	} else {
		g_ptr_array_add(source->includes, g_strdup(included));
	}
}

/* What stands between the quotes of an #include line; NULL when @line is none. To be freed. */
static char *quoted_include(const char *line)
{
	line += strspn(line, " \t");
	if (*line++ != '#') {
		return NULL;
	}
	line += strspn(line, " \t");
	if (!g_str_has_prefix(line, "include")) {
		return NULL;
	}
	line += strlen("include");
	line += strspn(line, " \t");
	const char *end = *line == '"' ? strchr(line + 1, '"') : NULL;

	return end ? g_strndup(line + 1, (gsize)(end - line - 1)) : NULL;
}

static void read_source(struct house *house, struct source *source, unsigned most_lines)
{
	g_autofree char *path = g_build_filename(house->directory, source->path, NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	if (!g_file_get_contents(path, &text, NULL, &error)) {
		fprintf(stderr, "%s\n", error->message);
		exit(2);
	}
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	unsigned n = g_strv_length(lines);

	n -= n > 0 && !*lines[n - 1];
	if (floor_of(source->path) < 0) {
		fault(house, source->path, 1, "its folder is not in the plan");
	}
	if (n > most_lines) {
		fault(house, source->path, n, "%u lines, at most %u", n, most_lines);
	}
	for (unsigned i = 0; i < n; i++) {
		g_autofree char *included = quoted_include(lines[i]);

		if (included) {
			check_include(house, source, i + 1, included);
		}
	}
}

/* --- circles --- */

static void follow(struct house *house, struct source *source)
{
	source->state = OPEN;
	for (unsigned i = 0; i < source->includes->len; i++) {
		struct source *next =
		    g_hash_table_lookup(house->by_path, source->includes->pdata[i]);

		if (next->state == OPEN) {
			fault(house, source->path, 1, "\"%s\" closes a circle", next->path);
		} else if (next->state == UNSEEN) {
			follow(house, next);
		}
	}
	source->state = CLOSED;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: %s DIRECTORY LINES\n", argv[0]);
		return 2;
	}
	g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func(source_free);
	g_autoptr(GHashTable) by_path = g_hash_table_new(g_str_hash, g_str_equal);
	struct house house = {argv[1], sources, by_path, 0};

	find_sources(&house, "");
	g_ptr_array_sort(sources, compare_sources);
	for (unsigned i = 0; i < sources->len; i++) {
		read_source(&house, sources->pdata[i], (unsigned)atoi(argv[2]));
	}
	for (unsigned i = 0; i < sources->len; i++) {
		struct source *source = sources->pdata[i];

		if (source->state == UNSEEN) {
			follow(&house, source);
		}
	}
	printf("%u files, %u faults\n", sources->len, house.faults);
	return house.faults > 0 || sources->len == 0 ? 1 : 0;
}
