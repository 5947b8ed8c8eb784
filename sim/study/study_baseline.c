/* study_baseline.c - what each setting is compared with.
 *
 * In a grid, a setting's baseline is the setting that has the values of `baseline` and is otherwise
 * the same. In a list or sample it is one setting for all: the values of `baseline`, and what it
 * does not name as in the scenario; it is added when it is not there. */

#include "study/study_private.h"

#include <string.h>

static size_t path_of(struct reader *reader, const struct study *study, const struct doc *map,
                      size_t entry)
{
	const char *text = doc_key_at(map, entry);
	g_autoptr(GPtrArray) known = g_ptr_array_new();

	for (size_t i = 0; i < study->n_paths; i++) {
		if (g_str_equal(study->paths[i].text, text)) {
			return i;
		}
		g_ptr_array_add(known, study->paths[i].text);
	}
	g_ptr_array_add(known, NULL);
	g_autofree char *suggestion = fields_suggestion(text, (const char *const *)known->pdata);

	fields_fault_at(reader, doc_key_where(map, entry), "`vary` has no path `%s`%s", text,
	                suggestion);
	return SIZE_MAX;
}

/* Identity to number + 1. */
static GHashTable *index_settings(const struct study *study)
{
	GHashTable *index = g_hash_table_new(g_str_hash, g_str_equal);

	for (size_t i = 0; i < study->n_settings; i++) {
		g_hash_table_insert(index, study->settings[i].key, GSIZE_TO_POINTER(i + 1));
	}
	return index;
}

static void compare_in_grid(struct reader *reader, const struct doc *map, struct study *study,
                            struct doc *const *wanted)
{
	g_autoptr(GHashTable) index = index_settings(study);
	g_autofree struct doc **values = g_new0(struct doc *, study->n_paths + 1);

	for (size_t i = 0; i < study->n_settings; i++) {
		for (size_t k = 0; k < study->n_paths; k++) {
			values[k] = wanted[k] ? wanted[k] : study->settings[i].values[k];
		}
		g_autofree char *key = study_setting_key(study, values);
		const size_t found = GPOINTER_TO_SIZE(g_hash_table_lookup(index, key));

		if (!found) {
			fields_fault(reader, map,
			             "the baseline is not a setting of the grid: its "
			             "values must be among those of `vary`");
			return;
		}
		study->settings[i].baseline = found - 1;
	}
}

static void compare_with_one(struct study *study, struct doc *const *wanted)
{
	g_autofree char *key = study_setting_key(study, wanted);
	size_t found = study_find_setting(study, key);

	if (found == STUDY_NO_SETTING) {
		struct doc **values = g_new0(struct doc *, study->n_paths + 1);

		for (size_t k = 0; k < study->n_paths; k++) {
			values[k] = doc_copy(wanted[k]);
		}
		found = study->n_settings;
		study_add_setting(study, values);
	}
	for (size_t i = 0; i < study->n_settings; i++) {
		study->settings[i].baseline = found;
	}
}

void study_read_baseline(struct reader *reader, const struct doc *spec, struct study *study)
{
	const struct doc *map = doc_get(spec, "baseline");

	if (!map || reader->faults->len > 0) {
		return;
	}
	if (doc_kind_of(map) != DOC_MAP) {
		fields_fault(reader, map, "`baseline` must be a map of paths to values, not %s",
		             doc_kind_name(doc_kind_of(map)));
		return;
	}
	g_autofree struct doc **wanted = g_new0(struct doc *, study->n_paths + 1);

	for (size_t i = 0; i < doc_length(map); i++) {
		const size_t path = path_of(reader, study, map, i);

		if (path != SIZE_MAX) {
			wanted[path] = doc_value_at(map, i);
		}
	}
	if (reader->faults->len > 0) {
		return;
	}
	study->has_baseline = true;
	if (study->is_grid) {
		compare_in_grid(reader, map, study, wanted);
	} else {
		compare_with_one(study, wanted);
	}
}
