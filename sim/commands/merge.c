/* merge.c - podsim merge FILE.db...: the shards of a sweep in one file. */

#include "commands/all.h"
#include "study/results.h"

#include <stdio.h>
#include <sys/stat.h>

struct merge_options {
	char *out;
	gboolean dump;
	gboolean complete;
};

static const char examples[] =
    "  podsim merge shard-*.db -o all.db\n"
    "  podsim merge *.db -o all.db --complete && podsim sweep study.yaml --out all.db\n"
    "  podsim merge all.db --dump > runs.csv\n";

/* Whether both names are of one file: the output may be among the inputs. */
static bool same_file(const char *a, const char *b)
{
	struct stat one, other;

	return a && stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

static struct results *merge_all(char *const *paths, int n, const char *out, GError **error)
{
	g_autoptr(results) results = results_like(out ? out : ":memory:", paths[0], error);

	for (int i = 0; results && i < n; i++) {
		if (!same_file(out, paths[i]) && !results_merge(results, paths[i], error)) {
			return NULL;
		}
	}
	return g_steal_pointer(&results);
}

/* What is printed; *@whole: nothing is missing. NULL and @error. */
static char *describe(struct results *results, const struct merge_options *options, bool *whole,
                      GError **error)
{
	GString *text = g_string_new(NULL);
	size_t there, planned;

	if (!results_count(results, &there, &planned, error) ||
	    (options->dump && !results_dump(results, text, error))) {
		return g_string_free(text, TRUE);
	}
	*whole = planned > 0 && there == planned;
	if (planned == 0) {
		fprintf(stderr, "podsim merge: some settings are not finished yet\n");
	} else if (!*whole) {
		fprintf(stderr, "podsim merge: %zu of %zu runs are missing\n", planned - there,
		        planned);
	}
	if (!options->dump) {
		g_string_append_printf(text, "%s: %zu run%s\n", options->out, there,
		                       there == 1 ? "" : "s");
	}
	return g_string_free(text, FALSE);
}

static int merge(char *const *paths, int n, const struct merge_options *options)
{
	GError *error = NULL;
	bool whole = false;

	if (!options->out && !options->dump) {
		g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "where to? Give -o FILE.db, or --dump to print the runs");
		return command_fail(error);
	}
	g_autoptr(results) results = merge_all(paths, n, options->out, &error);
	g_autofree char *text = results ? describe(results, options, &whole, &error) : NULL;

	if (!text) {
		return command_fail(error);
	}
	const int code = command_print(text);

	return code == EXIT_GOOD && options->complete && !whole ? EXIT_NOT_HELD : code;
}

int command_merge(int argc, char **argv)
{
	struct merge_options options = {0};
	const GOptionEntry entries[] = {
	    {"out", 'o', G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &options.out,
	     "Merge into FILE.db, made when absent; may be done again", "FILE.db"},
	    {"dump", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.dump,
	     "Print all runs as CSV, in order of setting and seed", NULL},
	    {"complete", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.complete,
	     "Exit with 1 when runs of the study are missing", NULL},
	    G_OPTION_ENTRY_NULL,
	};
	int code;

	if (command_parse("merge", "FILE.db...", "Puts the shards of a sweep into one file.",
	                  examples, entries, &argc, &argv, 1, -1, &code)) {
		code = merge(argv + 1, argc - 1, &options);
	}
	g_free(options.out);
	return code;
}
