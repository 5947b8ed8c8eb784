/* content.c - hashes a scenario with all that it names. */

#include "study/content.h"

#include <string.h>

static bool add_file(GChecksum *sum, const char *name, const char *path, GError **error)
{
	g_autofree char *bytes = NULL;
	size_t length;

	if (!g_file_get_contents(path, &bytes, &length, error)) {
		return false;
	}
	g_autofree char *head = g_strdup_printf("%s %zu\n", name, length);

	g_checksum_update(sum, (const guchar *)head, -1);
	g_checksum_update(sum, (const guchar *)bytes, (gssize)length);
	return true;
}

/* Any text that is the name of a file beside the scenario counts as one: one too many only costs a
 * run that was not needed. */
static bool add_named(GChecksum *sum, const char *folder, const struct doc *doc, GError **error)
{
	const char *text = doc_string(doc);

	if (text && *text && strlen(text) < 4096) {
		g_autofree char *path = g_path_is_absolute(text)
		                            ? g_strdup(text)
		                            : g_build_filename(folder, text, NULL);

		return !g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
		       add_file(sum, text, path, error);
	}
	for (size_t i = 0; i < doc_length(doc); i++) {
		const struct doc *child =
		    doc_kind_of(doc) == DOC_MAP ? doc_value_at(doc, i) : doc_at(doc, i);

		if (!add_named(sum, folder, child, error)) {
			return false;
		}
	}
	return true;
}

char *content_hash(const char *path, const struct doc *document, GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *folder = g_path_get_dirname(path);

	g_checksum_update(sum, (const guchar *)"podsim " PODSIM_VERSION "\n", -1);
	if (!add_file(sum, "scenario", path, error) || !add_named(sum, folder, document, error)) {
		return NULL;
	}
	return g_strdup(g_checksum_get_string(sum));
}
