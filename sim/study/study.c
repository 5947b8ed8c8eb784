/* study.c - loading a study, and what a setting looks like. */

#include "study/study.h"

#include "study/content.h"
#include "study/study_private.h"

#include <string.h>

void study_free(struct study *study)
{
	if (!study) {
		return;
	}
	for (size_t i = 0; i < study->n_settings; i++) {
		for (size_t k = 0; k < study->n_paths; k++) {
			doc_free(study->settings[i].values[k]);
		}
		g_free(study->settings[i].values);
		g_free(study->settings[i].key);
	}
	for (size_t i = 0; i < study->n_paths; i++) {
		g_free(study->paths[i].text);
		g_free(study->paths[i].label);
	}
	for (size_t i = 0; i < study->n_measures; i++) {
		g_free(study->measures[i].text);
		expect_term_clear(&study->measures[i].term);
		expectation_clear(&study->measures[i].line);
	}
	for (size_t i = 0; i < study->goal.n_subjects; i++) {
		expectation_clear(&study->goal.subjects[i].line);
	}
	g_free(study->goal.subjects);
	g_free(study->settings);
	g_free(study->paths);
	g_free(study->measures);
	scenario_free(study->scenario);
	g_free(study->content);
	g_free(study->scenario_file);
	g_free(study->name);
	g_free(study->description);
	g_free(study->file);
	g_free(study);
}

/* --- settings --- */

static int by_path(const void *a, const void *b, void *data)
{
	const struct study *study = data;

	return strcmp(study->paths[*(const size_t *)a].text, study->paths[*(const size_t *)b].text);
}

char *study_setting_key(const struct study *study, struct doc *const *values)
{
	g_autofree size_t *order = g_new(size_t, study->n_paths + 1);
	g_autoptr(doc) map = doc_new_map();

	for (size_t i = 0; i < study->n_paths; i++) {
		order[i] = i;
	}
	g_qsort_with_data(order, (int)study->n_paths, sizeof(*order), by_path, (gpointer)study);
	for (size_t i = 0; i < study->n_paths; i++) {
		if (values[order[i]]) {
			doc_set(map, study->paths[order[i]].text, doc_copy(values[order[i]]));
		}
	}
	return doc_to_json(map, 0);
}

size_t study_find_setting(const struct study *study, const char *key)
{
	for (size_t i = 0; i < study->n_settings; i++) {
		if (g_str_equal(study->settings[i].key, key)) {
			return i;
		}
	}
	return STUDY_NO_SETTING;
}

void study_add_setting(struct study *study, struct doc **values)
{
	/* grows by doubling: a power of two is always full */
	if ((study->n_settings & (study->n_settings - 1)) == 0) {
		study->settings =
		    g_renew(struct study_setting, study->settings, MAX(1, 2 * study->n_settings));
	}
	study->settings[study->n_settings++] = (struct study_setting){
	    .values = values,
	    .key = study_setting_key(study, values),
	    .baseline = STUDY_NO_SETTING,
	};
}

char *study_value_text(const struct doc *value)
{
	if (!value) {
		return g_strdup("-");
	}
	return doc_text(value) ? g_strdup(doc_text(value)) : doc_to_json(value, 0);
}

char *study_setting_text(const struct study *study, size_t setting)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < study->n_paths; i++) {
		const struct doc *value = study->settings[setting].values[i];
		g_autofree char *word = study_value_text(value);

		if (value) {
			g_string_append_printf(text, "%s%s=%s", text->len ? ", " : "",
			                       study->paths[i].label, word);
		}
	}
	if (!text->len) {
		g_string_append(text, "the scenario as it is");
	}
	return g_string_free(text, FALSE);
}

struct scenario *study_scenario(const struct study *study, size_t setting, GError **error)
{
	g_autoptr(GStrvBuilder) sets = g_strv_builder_new();

	for (size_t i = 0; i < study->n_paths; i++) {
		const struct doc *value = study->settings[setting].values[i];

		if (value) {
			g_autofree char *json = doc_to_json(value, 0);
			g_autofree char *set = g_strdup_printf("%s=%s", study->paths[i].text, json);

			g_strv_builder_add(sets, set);
		}
	}
	g_auto(GStrv) words = g_strv_builder_end(sets);
	const struct scenario_overrides overrides = {.sets = words};

	return scenario_load(study->scenario_file, &overrides, error);
}

/* --- checking settings against the scenario --- */

/* The first value of @setting that no earlier one had; NULL: all were seen. */
static const struct doc *new_value(const struct study *study, size_t setting, GHashTable *seen)
{
	const struct doc *first = NULL;

	for (size_t i = 0; i < study->n_paths; i++) {
		const struct doc *value = study->settings[setting].values[i];
		g_autofree char *json = doc_to_json(value, 0);
		char *key = g_strdup_printf("%zu %s", i, json);

		if (g_hash_table_add(seen, key) && value && !first) {
			first = value;
		}
	}
	return first;
}

/* Every value is tried in a setting that has it. The scenario's own faults were told before. */
static void check_settings(struct reader *reader, const struct study *study)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (size_t i = 0; i < study->n_settings; i++) {
		const struct doc *value = new_value(study, i, seen);
		g_autoptr(GError) error = NULL;
		struct scenario *scenario = value ? study_scenario(study, i, &error) : NULL;

		if (error) {
			g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);

			for (char **line = lines; *line; line++) {
				if (g_hash_table_add(told, g_strdup(*line))) {
					fields_fault(reader, value, "%s", *line);
				}
			}
		}
		scenario_free(scenario);
	}
}

/* --- the file --- */

static void read_header(struct reader *reader, const struct doc *document, struct study *study)
{
	static const char *const known[] = {"apiVersion", "kind", "metadata", "spec", NULL};
	static const char *const metadata[] = {"name", "description", "labels", "annotations",
	                                       NULL};
	const struct doc *version = doc_get(document, "apiVersion"),
			 *kind = doc_get(document, "kind");

	fields_map(reader, document, "Study", known);
	if (g_strcmp0(doc_text(version), "podsim/v1") != 0) {
		fields_fault(reader, version ? version : document,
		             "`apiVersion` must be podsim/v1%s%s", version ? ", not " : "",
		             version && doc_text(version) ? doc_text(version) : "");
	}
	if (g_strcmp0(doc_text(kind), "Study") != 0) {
		fields_fault(reader, kind ? kind : document, "`kind` must be Study%s%s",
		             kind ? ", not " : "", kind && doc_text(kind) ? doc_text(kind) : "");
	}
	if (fields_map(reader, doc_get(document, "metadata"), "metadata", metadata)) {
		fields_string(reader, doc_get(document, "metadata"), "name", &study->name);
		fields_string(reader, doc_get(document, "metadata"), "description",
		              &study->description);
	}
	if (!study->name) {
		g_autofree char *base = g_path_get_basename(study->file);
		char *dot = strrchr(base, '.');

		study->name =
		    g_strndup(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
	}
}

/* The scenario, and with it the seed of the first run; false when there is none to go on with. */
static bool read_scenario(struct reader *reader, const struct doc *spec, struct study *study)
{
	GError *error = NULL;
	g_autofree char *name = NULL;

	if (!doc_get(spec, "scenario")) {
		fields_fault(reader, spec,
		             "`spec` needs `scenario`, the file of the scenario to vary");
		return false;
	}
	if (!fields_string(reader, spec, "scenario", &name)) {
		return false;
	}
	study->scenario_file = fields_path(reader, name);
	if (!g_file_test(study->scenario_file, G_FILE_TEST_IS_REGULAR)) {
		fields_fault(reader, doc_get(spec, "scenario"), "there is no file %s",
		             study->scenario_file);
		return false;
	}
	study->scenario = scenario_load(study->scenario_file, NULL, &error);
	if (!study->scenario) {
		g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);

		for (char **line = lines; *line; line++) {
			fields_fault_error(
			    reader, g_error_new_literal(DOC_ERROR, DOC_ERROR_INVALID, *line));
		}
		g_error_free(error);
		return false;
	}
	study->first_seed = study->scenario->seed;
	study->content = content_hash(study->scenario_file, study->scenario->document, &error);
	if (!study->content) {
		fields_fault_error(reader, error);
	}
	return study->content != NULL;
}

static void read_spec(struct reader *reader, const struct doc *document, struct study *study)
{
	static const char *const known[] = {"scenario", "vary",     "sample", "seeds",
	                                    "measure",  "baseline", "goal",   NULL};
	const struct doc *spec = doc_get(document, "spec");

	if (doc_kind_of(spec) == DOC_NULL) {
		fields_fault(reader, document, "a Study needs `spec`");
		return;
	}
	if (!fields_map(reader, spec, "spec", known) && doc_kind_of(spec) != DOC_MAP) {
		return;
	}
	const bool scenario = read_scenario(reader, spec, study);

	study_read_vary(reader, spec, study);
	study_read_baseline(reader, spec, study);
	study_read_measures(reader, spec, study);
	if (scenario && reader->faults->len == 0) {
		check_settings(reader, study);
	}
}

struct study *study_load(const char *path, GError **error)
{
	g_autoptr(GPtrArray) documents = doc_read_file(path, error);
	g_autoptr(study) study = NULL;
	struct reader reader;

	if (!documents) {
		return NULL;
	}
	if (documents->len != 1) {
		g_set_error(error, DOC_ERROR, DOC_ERROR_INVALID,
		            "%s: expected one document of kind Study, found %u", path,
		            documents->len);
		return NULL;
	}
	if (doc_kind_of(documents->pdata[0]) != DOC_MAP) {
		doc_error_at(error, documents->pdata[0], "a Study must be a map, not %s",
		             doc_kind_name(doc_kind_of(documents->pdata[0])));
		return NULL;
	}
	study = g_new0(struct study, 1);
	study->file = g_strdup(path);
	fields_init(&reader, g_str_equal(path, "-") ? NULL : path);
	read_header(&reader, documents->pdata[0], study);
	if (g_strcmp0(doc_text(doc_get(documents->pdata[0], "kind")), "Study") == 0) {
		read_spec(&reader, documents->pdata[0],
		          study); /* of another kind it says nothing */
	}
	const bool good = fields_finish(&reader, error);

	fields_clear(&reader);
	return good ? g_steal_pointer(&study) : NULL;
}
