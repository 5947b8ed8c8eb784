#include "scenario/scenario.h"

#include "kube/quantity.h"
#include "scenario/sections.h"

#include <string.h>

#define TAIL SIM_MINUTE /* after the last thing that happens, when `to` is not given */

void scenario_free(struct scenario *s)
{
	if (!s) {
		return;
	}
	for (size_t i = 0; i < s->n_applications; i++) {
		application_free(&s->applications[i]);
	}
	for (size_t i = 0; i < s->n_loads; i++) {
		load_free(&s->loads[i]);
	}
	for (size_t i = 0; i < s->n_timeline; i++) {
		action_clear(&s->timeline[i]);
	}
	for (size_t i = 0; i < s->n_metrics; i++) {
		metric_clear(&s->metrics[i]);
	}
	for (size_t i = 0; i < s->n_expectations; i++) {
		expectation_clear(&s->expectations[i]);
	}
	cluster_clear(s);
	g_free(s->applications);
	g_free(s->loads);
	g_free(s->timeline);
	g_free(s->metrics);
	g_free(s->expectations);
	g_clear_pointer(&s->manifests, g_ptr_array_unref);
	doc_free(s->document);
	g_free(s->name);
	g_free(s->description);
	g_free(s->file);
	g_free(s);
}

/* --- times --- */

/* The end of the last load, or the last action with all that it lasts; @from when nothing happens.
 */
static sim_time last_happening(const struct scenario *s)
{
	sim_time last = s->from;

	for (size_t i = 0; i < s->n_loads; i++) {
		last = MAX(last, s->loads[i].from + s->loads[i].duration);
	}
	for (size_t i = 0; i < s->n_timeline; i++) {
		const struct action *action = &s->timeline[i];
		sim_time lasts = action->duration == SIM_NEVER ? 0 : action->duration;

		last = MAX(last, action->at + lasts);
	}
	return last;
}

static void read_measure(struct reader *reader, const struct doc *map, struct scenario *s)
{
	static const char *const known[] = {"from", "to", NULL};

	if (doc_kind_of(map) == DOC_NULL || !fields_map(reader, map, "measure", known)) {
		return;
	}
	s->measure_from = s->from;
	s->measure_to = s->to;
	fields_instant(reader, map, "from", &s->measure_from);
	fields_instant(reader, map, "to", &s->measure_to);
	s->has_measure = true;
	if (s->measure_from >= s->measure_to) {
		fields_fault(reader, map, "`measure` ends before it begins");
	} else if (s->measure_from < s->from || s->measure_to > s->to) {
		fields_fault(reader, map,
		             "`measure` does not lie between the scenario's `from` and `to`");
	}
}

static void read_seed(struct reader *reader, const struct doc *spec, struct scenario *s)
{
	const struct doc *seed = doc_get(spec, "seed");
	int64_t number = 1;

	if (seed && (!doc_int(seed, &number) || number < 0)) {
		fields_fault(reader, seed, "`seed` must be a whole number, not negative");
	}
	s->seed = (uint64_t)number;
}

static void read_to(struct reader *reader, const struct doc *spec, struct scenario *s)
{
	if (doc_get(spec, "to")) {
		fields_instant(reader, spec, "to", &s->to);
		if (s->to <= s->from) {
			fields_fault(reader, doc_get(spec, "to"), "`to` must lie after `from`");
		}
		return;
	}
	if (s->n_loads == 0 && s->n_timeline == 0 && doc_kind_of(spec) == DOC_MAP) {
		fields_fault(
		    reader, spec,
		    "`spec` needs `to`: there is no load and no timeline to tell when it is over");
	}
	s->to = last_happening(s) + TAIL;
}

/* --- the file --- */

static void read_manifests(struct reader *reader, const struct doc *list, struct scenario *s)
{
	s->manifests = g_ptr_array_new_with_free_func((GDestroyNotify)doc_free);
	if (doc_kind_of(list) == DOC_STRING) {
		read_manifest(reader, list, s->manifests);
	} else if (doc_kind_of(list) != DOC_NULL && fields_list(reader, list, "manifests", 0)) {
		for (size_t i = 0; i < doc_length(list); i++) {
			read_manifest(reader, doc_at(list, i), s->manifests);
		}
	}
}

static void read_expectations(struct reader *reader, const struct doc *list, struct scenario *s)
{
	if (doc_kind_of(list) == DOC_NULL || !fields_list(reader, list, "expect", 0)) {
		return;
	}
	s->expectations = g_new0(struct expectation, doc_length(list) + 1);
	for (size_t i = 0; i < doc_length(list); i++) {
		GError *error = NULL;

		if (expectation_parse(&s->expectations[s->n_expectations], doc_at(list, i),
		                      &error)) {
			s->n_expectations++;
		} else {
			fields_fault_error(reader, error);
		}
	}
}

static bool applies_anything(const struct scenario *s)
{
	for (size_t i = 0; i < s->n_timeline; i++) {
		if (s->timeline[i].documents) {
			return true;
		}
	}
	return false;
}

static void read_spec(struct reader *reader, const struct doc *spec, struct scenario *s)
{
	static const char *const known[] = {"from",     "to",        "seed",         "measure",
	                                    "cluster",  "manifests", "applications", "load",
	                                    "timeline", "metrics",   "expect",       NULL};

	fields_map(reader, spec, "spec", known);
	fields_instant(reader, spec, "from", &s->from);
	read_seed(reader, spec, s);
	read_cluster(reader, doc_get(spec, "cluster"), s);
	read_manifests(reader, doc_get(spec, "manifests"), s);
	read_applications(reader, doc_get(spec, "applications"), s);
	read_loads(reader, doc_get(spec, "load"), s);
	read_timeline(reader, doc_get(spec, "timeline"), s);
	if (doc_kind_of(spec) == DOC_MAP && !doc_get(spec, "manifests") && !applies_anything(s)) {
		fields_fault(reader, spec,
		             "`spec` needs `manifests`, or a timeline that applies some");
	}
	read_to(reader, spec, s);
	read_measure(reader, doc_get(spec, "measure"), s);
	read_metrics(reader, doc_get(spec, "metrics"), s);
	read_expectations(reader, doc_get(spec, "expect"), s);
}

/* apiVersion, kind and metadata. */
static void read_header(struct reader *reader, const struct doc *document, struct scenario *s)
{
	static const char *const known[] = {"apiVersion", "kind", "metadata", "spec", NULL};
	static const char *const metadata[] = {"name", "description", "labels", "annotations",
	                                       NULL};
	const struct doc *version = doc_get(document, "apiVersion"),
			 *kind = doc_get(document, "kind");
	const char *base = strrchr(s->file, '/');

	fields_map(reader, document, "Scenario", known);
	if (g_strcmp0(doc_text(version), "podsim/v1") != 0) {
		fields_fault(reader, version ? version : document,
		             "`apiVersion` must be podsim/v1%s%s", version ? ", not " : "",
		             version && doc_text(version) ? doc_text(version) : "");
	}
	if (g_strcmp0(doc_text(kind), "Scenario") != 0) {
		fields_fault(reader, kind ? kind : document, "`kind` must be Scenario%s%s",
		             kind ? ", not " : "", kind && doc_text(kind) ? doc_text(kind) : "");
	}
	if (fields_map(reader, doc_get(document, "metadata"), "metadata", metadata)) {
		fields_string(reader, doc_get(document, "metadata"), "name", &s->name);
		fields_string(reader, doc_get(document, "metadata"), "description",
		              &s->description);
	}
	if (!s->name) {
		s->name = g_strdup(base ? base + 1 : s->file);
	}
	if (doc_kind_of(doc_get(document, "spec")) == DOC_NULL) {
		fields_fault(reader, document, "a Scenario needs `spec`");
	}
}

static void setting_unref(void *setting)
{
	setting_free(setting);
}

static GPtrArray *read_settings(struct reader *reader, const struct scenario_overrides *overrides)
{
	GPtrArray *settings = g_ptr_array_new_with_free_func(setting_unref);

	for (char **set = overrides ? overrides->sets : NULL; set && *set; set++) {
		GError *error = NULL;
		struct setting *setting = setting_parse(*set, &error);

		if (setting && !setting->value) {
			fields_fault_error(
			    reader, g_error_new(DOC_ERROR, DOC_ERROR_INVALID,
			                        "--set %s: a value is missing, as in %s=VALUE",
			                        *set, *set));
			setting_free(setting);
		} else if (setting) {
			g_ptr_array_add(settings, setting);
		} else {
			g_prefix_error(&error, "--set ");
			fields_fault_error(reader, error);
		}
	}
	return settings;
}

/* The one document of the file. */
static struct doc *read_document(const char *path, GError **error)
{
	g_autoptr(GPtrArray) documents = doc_read_file(path, error);

	if (!documents) {
		return NULL;
	}
	if (documents->len != 1) {
		g_set_error(error, DOC_ERROR, DOC_ERROR_INVALID,
		            "%s: expected one document of kind Scenario, found %u", path,
		            documents->len);
		return NULL;
	}
	if (doc_kind_of(documents->pdata[0]) != DOC_MAP) {
		doc_error_at(error, documents->pdata[0], "a Scenario must be a map, not %s",
		             doc_kind_name(doc_kind_of(documents->pdata[0])));
		return NULL;
	}
	return doc_copy(documents->pdata[0]);
}

struct scenario *scenario_load_document(const char *file, struct doc *document,
                                        const struct scenario_overrides *overrides, GError **error)
{
	struct scenario *s = g_new0(struct scenario, 1);
	struct reader reader;

	s->file = g_strdup(file);
	s->document = document;
	fields_init(&reader, g_str_equal(file, "-") ? NULL : file);
	GPtrArray *settings = read_settings(&reader, overrides);

	apply_own_settings(&reader, settings, document);
	read_header(&reader, document, s);
	read_spec(&reader, doc_get(document, "spec"), s);
	if (overrides && overrides->has_seed) {
		s->seed = overrides->seed;
	}
	apply_object_settings(&reader, settings, s);
	check_references(&reader, s);
	check_objects(&reader, s);
	if (!fields_finish(&reader, error)) {
		g_clear_pointer(&s, scenario_free);
	}
	g_ptr_array_unref(settings);
	fields_clear(&reader);
	return s;
}

struct scenario *scenario_load(const char *path, const struct scenario_overrides *overrides,
                               GError **error)
{
	struct doc *document = read_document(path, error);

	return document ? scenario_load_document(path, document, overrides, error) : NULL;
}

/* --- which application a container is --- */

static bool fits(const char *pattern, const char *text)
{
	return !pattern || (text && g_pattern_match_simple(pattern, text));
}

static bool match_fits(const struct application_match *match, const char *namespace,
                       const char *deployment, const struct string_map *labels,
                       const struct container *container)
{
	for (size_t i = 0; i < string_map_size(match->labels); i++) {
		if (!fits(string_map_value_at(match->labels, i),
		          string_map_get(labels, string_map_key_at(match->labels, i)))) {
			return false;
		}
	}
	return fits(match->container, container->name) && fits(match->image, container->image) &&
	       fits(match->deployment, deployment) && fits(match->namespace, namespace);
}

const struct application *scenario_application(const struct scenario *scenario,
                                               const char *namespace, const char *deployment,
                                               const struct string_map *labels,
                                               const struct container *container)
{
	for (size_t i = 0; i < scenario->n_applications; i++) {
		if (match_fits(&scenario->applications[i].match, namespace, deployment, labels,
		               container)) {
			return &scenario->applications[i];
		}
	}
	return NULL;
}
