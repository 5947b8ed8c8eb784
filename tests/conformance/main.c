/* main.c - build/tests/conformance PATH...: runs a case file, or every .yaml file below a folder.
 *
 * Prints a line a case and closes with `N passed, N failed`. Exit code 0 when all passed, 1 when any failed, 2 for wrong usage. */

#include "conformance.h"

#include <stdio.h>
#include <string.h>

struct table {
	const char *name;
	bool (*run)(const struct doc *kase, GString *diff);
};

static const struct table tables[] = {
	{"hpa", conformance_hpa},
	{"probes", conformance_probes},
	{"rollout", conformance_rollout},
	{"endpoints", conformance_endpoints},
	{"patch", conformance_patch},
};

static bool is_one_of(const char *word, const char *const *words)
{
	return word && g_strv_contains(words, word);
}

/* Which table a case belongs to, by its fields; NULL when none has such. */
static const struct table *table_of(const struct doc *kase)
{
	static const char *const endpoints[] = {"podInEndpoints", "endpointConditions", "podChange", "endpointPorts",
	                                        "slicePacking",   "missingNode",        "endpointsObject", "printEndpoints",
	                                        "usableEndpoints", "ruleProbability",   "proxySync", NULL};
	const char *rule = doc_string(doc_get(kase, "rule"));

	if (doc_get(kase, "stage")) {
		return &tables[0];
	}
	if (doc_get(kase, "kubelet") || doc_get(kase, "probes")) {
		return &tables[1];
	}
	if (rule && g_str_equal(rule, "strategicMergePatch")) {
		return &tables[4];
	}
	if (is_one_of(rule, endpoints)) {
		return &tables[3];
	}
	return rule ? &tables[2] : NULL;
}

static bool run_file(const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) documents = doc_read_file(path, &error);
	g_autoptr(GString) diff = g_string_new(NULL);
	bool good = false;

	if (!documents) {
		g_string_append_printf(diff, "%s\n", error->message);
	} else if (documents->len != 1 || doc_kind_of(documents->pdata[0]) != DOC_MAP) {
		g_string_append_printf(diff, "%s: expected one map\n", path);
	} else {
		const struct table *table = table_of(documents->pdata[0]);

		if (table) {
			good = table->run(documents->pdata[0], diff) && diff->len == 0;
		} else {
			g_string_append_printf(diff, "%s: no table has such a case\n", path);
		}
	}
	printf("%s %s\n", good ? "ok" : "not ok", path);
	g_auto(GStrv) lines = g_strsplit(diff->str, "\n", -1);

	for (char **line = lines; !good && *line; line++) {
		if (**line || line[1]) {
			printf("    %s\n", *line);
		}
	}
	return good;
}

static void find_cases(const char *path, GPtrArray *found, bool *good)
{
	g_autoptr(GError) error = NULL;

	if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
		g_ptr_array_add(found, g_strdup(path));
		return;
	}
	GDir *dir = g_dir_open(path, 0, &error);

	if (!dir) {
		printf("not ok %s\n    %s\n", path, error->message);
		*good = false;
		return;
	}
	for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		if (g_file_test(child, G_FILE_TEST_IS_DIR) || g_str_has_suffix(name, ".yaml")) {
			find_cases(child, found, good);
		}
	}
	g_dir_close(dir);
}

static int compare_paths(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int main(int argc, char **argv)
{
	g_autoptr(GPtrArray) cases = g_ptr_array_new_with_free_func(g_free);
	bool readable = true;
	unsigned passed = 0, failed = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: %s PATH...\n", argv[0]);
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		find_cases(argv[i], cases, &readable);
	}
	g_ptr_array_sort(cases, compare_paths);
	for (unsigned i = 0; i < cases->len; i++) {
		if (run_file(cases->pdata[i])) {
			passed++;
		} else {
			failed++;
		}
	}
	failed += readable ? 0 : 1;
	printf("%u passed, %u failed\n", passed, failed);
	return failed || passed == 0 ? 1 : 0;
}
