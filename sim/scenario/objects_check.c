/* objects_check.c - a rehearsal of the manifests and of the timeline's apply and patch actions,
 * without time.
 *
 * Every object is decoded once as the API server would, in the order in which it comes, so that a
 * fault in the last patch of a long scenario is told at once. Then Services, loads, patches and
 * selectors are held against the objects that there ever are: one that meets nothing is a fault. */

#include "scenario/sections.h"

#include "kube/codec.h"
#include "kube/quantity.h"

#include <string.h>

struct known { /* one object that some manifest makes */
	enum object_kind kind;
	char *kind_name, *namespace, *name;
	sim_time first;   /* when it is there first */
	struct doc *last; /* as last applied */
	struct doc *live; /* as the API server holds it */
	GPtrArray
	    *maps; /* struct string_map *: labels of its pods, or a Service's selector, over time */
};

struct rehearsal {
	struct reader *reader;
	const struct scenario *scenario;
	GPtrArray *objects; /* struct known *, in order of appearance */
};

static void known_free(struct known *known)
{
	g_free(known->kind_name);
	g_free(known->namespace);
	g_free(known->name);
	doc_free(known->last);
	doc_free(known->live);
	g_ptr_array_unref(known->maps);
	g_free(known);
}

static struct string_map *labels_of(const struct doc *map)
{
	struct string_map *labels = NULL;

	for (size_t i = 0; i < doc_length(map) && doc_kind_of(map) == DOC_MAP; i++) {
		const char *value = doc_text(doc_value_at(map, i));
		struct string_map *more =
		    string_map_with(labels, doc_key_at(map, i), value ? value : "");

		string_map_unref(labels);
		labels = more;
	}
	return labels;
}

/* What matters to selectors in @live: a Service's selector, or the labels of the pods that the
 * object makes. */
static const struct doc *selector_or_labels(const struct known *known, const struct doc *live)
{
	switch (known->kind) {
	case KIND_SERVICE:
		return doc_find(live, "spec", "selector", NULL);
	case KIND_POD:
		return doc_find(live, "metadata", "labels", NULL);
	default:
		return doc_find(live, "spec", "template", "metadata", "labels", NULL);
	}
}

/* Sets what the API server holds now (taken). */
static void set_live(struct known *known, struct doc *live)
{
	bool makes_pods = known->kind == KIND_POD || doc_find(live, "spec", "template", NULL);

	doc_free(known->live);
	known->live = live;
	if (makes_pods || known->kind == KIND_SERVICE) {
		g_ptr_array_add(known->maps, labels_of(selector_or_labels(known, live)));
	}
}

static struct known *find(const struct rehearsal *r, const char *kind, const char *namespace,
                          const char *name)
{
	for (unsigned i = 0; i < r->objects->len; i++) {
		struct known *known = r->objects->pdata[i];

		if (g_str_equal(known->kind_name, kind) && g_str_equal(known->name, name) &&
		    (!namespace || g_str_equal(known->namespace, namespace))) {
			return known;
		}
	}
	return NULL;
}

/* What the API server would make of @document (taken): the document with its defaults, or as it is
 * when it has faults. */
static struct doc *decoded(struct rehearsal *r, struct doc *document, const char *namespace)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	GError *error = NULL;
	struct object *object =
	    object_decode(document, namespace, &r->scenario->release, faults, &error);

	for (unsigned i = 0; i < faults->len; i++) {
		fields_fault_error(
		    r->reader, g_error_new_literal(DOC_ERROR, DOC_ERROR_INVALID, faults->pdata[i]));
	}
	if (error) {
		fields_fault_error(r->reader, error);
	}
	if (object && object->source) {
		struct doc *source = doc_copy(object->source);

		doc_free(document);
		document = source;
	}
	if (object) {
		object_unref(object);
	}
	return document;
}

static void apply_object(struct rehearsal *r, const struct doc *document, const char *namespace,
                         sim_time at)
{
	const char *kind = doc_text(doc_get(document, "kind"));
	const char *name = doc_text(doc_find(document, "metadata", "name", NULL));
	const char *own = doc_text(doc_find(document, "metadata", "namespace", NULL));
	GError *error = NULL;

	if (!kind || !name) {
		doc_free(decoded(r, doc_copy(document), namespace)); /* for its faults */
		return;
	}
	struct known *known = find(r, kind, own ? own : namespace, name);

	if (known) {
		struct doc *merged = patch_three_way(known->last, document, known->live, &error);

		if (!merged) {
			fields_fault_error(r->reader, error);
			return;
		}
		doc_free(known->last);
		set_live(known, decoded(r, merged, namespace));
	} else {
		known = g_new0(struct known, 1);
		known->kind_name = g_strdup(kind);
		known->name = g_strdup(name);
		known->namespace = g_strdup(own ? own : namespace);
		known->first = at;
		if (!object_kind_from_word(kind, &known->kind)) {
			known->kind = KIND_OTHER;
		}
		known->maps = g_ptr_array_new_with_free_func((GDestroyNotify)string_map_unref);
		set_live(known, decoded(r, doc_copy(document), namespace));
		g_ptr_array_add(r->objects, known);
	}
	known->last = doc_copy(document);
}

/* --- what actions act on --- */

/* Those kinds whose objects controllers make, under names that nobody knows beforehand. */
static bool has_generated_names(enum object_kind kind)
{
	return kind == KIND_POD || kind == KIND_REPLICA_SET || kind == KIND_ENDPOINT_SLICE ||
	       kind == KIND_ENDPOINTS || kind == KIND_EVENT;
}

static bool is_node(const struct scenario *s, const char *name)
{
	for (size_t i = 0; i < s->n_nodes; i++) {
		if (g_str_equal(s->nodes[i].name, name)) {
			return true;
		}
	}
	return false;
}

/* Names of the objects of @kind, for suggestions. */
static char *suggest_object(const struct rehearsal *r, enum object_kind kind, const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (unsigned i = 0; i < r->objects->len; i++) {
		const struct known *known = r->objects->pdata[i];

		if (known->kind == kind) {
			g_ptr_array_add(names, known->name);
		}
	}
	g_ptr_array_add(names, NULL);
	return fields_suggestion(name, (const char *const *)names->pdata);
}

static void tell_absent(struct rehearsal *r, const struct action *action)
{
	const char *kind = object_kind_name(action->object_kind);
	const struct known *elsewhere = find(r, kind, NULL, action->name);
	g_autofree char *suggestion = suggest_object(r, action->object_kind, action->name);

	for (size_t i = 0; i < r->scenario->n_timeline; i++) {
		const struct action *later = &r->scenario->timeline[i];

		for (unsigned k = 0; later->documents && k < later->documents->len; k++) {
			const struct doc *document = later->documents->pdata[k];
			const char *name = doc_text(doc_find(document, "metadata", "name", NULL));

			if (later->at >= action->at && g_strcmp0(name, action->name) == 0 &&
			    g_strcmp0(doc_text(doc_get(document, "kind")), kind) == 0) {
				g_autofree char *at = duration_to_string(later->at);

				fields_fault_at(r->reader, action->where,
				                "%s/%s is not there yet: it is applied only at %s",
				                object_kind_word(action->object_kind), action->name,
				                at);
				return;
			}
		}
	}
	if (elsewhere) {
		fields_fault_at(r->reader, action->where,
		                "there is no %s/%s in namespace %s, but in %s there is",
		                object_kind_word(action->object_kind), action->name,
		                action->namespace, elsewhere->namespace);
	} else {
		fields_fault_at(r->reader, action->where, "no manifest makes %s/%s%s",
		                object_kind_word(action->object_kind), action->name, suggestion);
	}
}

/* The object that @action names; NULL, with a fault unless it may be one that a controller makes.
 */
static struct known *acted_on(struct rehearsal *r, const struct action *action)
{
	if (!action->name) {
		return NULL;
	}
	struct known *known =
	    find(r, object_kind_name(action->object_kind),
	         action->object_kind == KIND_NODE ? NULL : action->namespace, action->name);

	if (!known && !has_generated_names(action->object_kind) &&
	    !(action->object_kind == KIND_NODE && is_node(r->scenario, action->name))) {
		tell_absent(r, action);
	}
	return known;
}

static void rehearse_patch(struct rehearsal *r, const struct action *action)
{
	struct known *known = acted_on(r, action);
	GError *error = NULL;

	if (!known || !action->patch) {
		return;
	}
	struct doc *patched = patch_apply(action->patch_type, known->live, action->patch, &error);

	if (!patched) {
		fields_fault_error(r->reader, error);
		return;
	}
	set_live(known, decoded(r, patched, known->namespace));
}

static void rehearse(struct rehearsal *r)
{
	const struct scenario *s = r->scenario;

	for (unsigned i = 0; i < s->manifests->len; i++) {
		apply_object(r, s->manifests->pdata[i], "default", s->from);
	}
	for (size_t i = 0; i < s->n_timeline; i++) {
		const struct action *action = &s->timeline[i];

		for (unsigned k = 0; action->documents && k < action->documents->len; k++) {
			apply_object(r, action->documents->pdata[k], action->namespace, action->at);
		}
		if (action->kind == ACTION_PATCH) {
			rehearse_patch(r, action);
		} else if (action->kind != ACTION_APPLY) {
			acted_on(r, action);
		}
	}
}

/* --- selectors --- */

/* Whether pods with @labels have all of @wanted and meet @selector; either may be NULL. */
static bool is_selected(const struct string_map *labels, const struct string_map *wanted,
                        const struct label_selector *selector)
{
	for (size_t i = 0; i < string_map_size(wanted); i++) {
		if (g_strcmp0(string_map_get(labels, string_map_key_at(wanted, i)),
		              string_map_value_at(wanted, i)) != 0) {
			return false;
		}
	}
	return !selector || label_selector_matches(selector, labels);
}

/* Whether there are ever pods in @namespace that are selected. *@example tells of some that are
 * not; to be freed. */
static bool selects_something(const struct rehearsal *r, const char *namespace,
                              const struct string_map *wanted,
                              const struct label_selector *selector, char **example)
{
	for (unsigned i = 0; i < r->objects->len; i++) {
		const struct known *known = r->objects->pdata[i];

		if (known->kind == KIND_SERVICE || !g_str_equal(known->namespace, namespace)) {
			continue;
		}
		for (unsigned k = 0; k < known->maps->len; k++) {
			const struct string_map *labels = known->maps->pdata[k];

			if (is_selected(labels, wanted, selector)) {
				return true;
			}
			if (!*example && labels) {
				g_autofree char *text = string_map_to_string(labels);

				*example = g_strdup_printf("; the pods of %s/%s have %s",
				                           object_kind_word(known->kind),
				                           known->name, text);
			}
		}
	}
	return false;
}

static void check_service(struct rehearsal *r, const struct known *known)
{
	const struct doc *written = doc_find(known->last, "spec", "selector", NULL);
	g_autofree char *example = NULL;

	for (unsigned i = 0; i < known->maps->len; i++) {
		const struct string_map *wanted = known->maps->pdata[i];

		if (string_map_size(wanted) == 0 ||
		    selects_something(r, known->namespace, wanted, NULL, &example)) {
			return;
		}
	}
	g_autofree char *text = string_map_to_string(known->maps->pdata[0]);

	fields_fault(
	    r->reader, written ? written : known->last,
	    "the Service `%s` selects nothing: no pod of any manifest in namespace %s has %s%s",
	    known->name, known->namespace, text, example ? example : "");
}

static void check_selector(struct rehearsal *r, const struct action *action)
{
	g_autofree char *example = NULL;

	if (action->selector &&
	    !selects_something(r, action->namespace, NULL, action->selector, &example)) {
		g_autofree char *text = label_selector_to_string(action->selector);

		fields_fault_at(r->reader, action->where,
		                "the selector %s matches no pod of any manifest in namespace %s%s",
		                text, action->namespace, example ? example : "");
	}
}

/* --- loads and metrics --- */

static struct known *find_service(struct rehearsal *r, const char *name, const char *namespace,
                                  struct doc_location where, const char *who)
{
	struct known *known = find(r, "Service", namespace, name);

	if (!known) {
		const struct known *elsewhere = find(r, "Service", NULL, name);
		g_autofree char *suggestion = suggest_object(r, KIND_SERVICE, name);

		if (elsewhere) {
			fields_fault_at(
			    r->reader, where,
			    "%s: there is no Service `%s` in namespace %s, but in %s there is", who,
			    name, namespace, elsewhere->namespace);
		} else {
			fields_fault_at(r->reader, where,
			                "%s: no manifest makes the Service `%s`%s", who, name,
			                suggestion);
		}
	}
	return known;
}

/* Gives @load the number of its Service's port. */
static void resolve_port(struct rehearsal *r, struct load *load, const struct doc *ports)
{
	g_autoptr(GString) all = g_string_new(NULL);
	size_t n = doc_kind_of(ports) == DOC_LIST ? doc_length(ports) : 0;

	if (load->target.port == 0 && !load->target.port_name && n == 1) {
		int64_t number = 0;

		doc_int(doc_get(doc_at(ports, 0), "port"), &number);
		load->target.port = (int)number;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct doc *port = doc_at(ports, i);
		const char *name = doc_text(doc_get(port, "name"));
		int64_t number = 0;

		if (!doc_int(doc_get(port, "port"), &number)) {
			continue;
		}
		if ((load->target.port_name && g_strcmp0(name, load->target.port_name) == 0) ||
		    (!load->target.port_name && number == load->target.port)) {
			load->target.port = (int)number;
			return;
		}
		g_string_append_printf(all, "%s%d%s%s%s", all->len ? ", " : "", (int)number,
		                       name ? " (" : "", name ? name : "", name ? ")" : "");
	}
	if (load->target.port_name || load->target.port) {
		g_autofree char *number = g_strdup_printf("%d", load->target.port);

		fields_fault_at(r->reader, load->where, "the Service `%s` has no port %s, only %s",
		                load->target.service,
		                load->target.port_name ? load->target.port_name : number, all->str);
	} else {
		fields_fault_at(
		    r->reader, load->where,
		    "the Service `%s` has more than one port: `target` needs `port`, one of %s",
		    load->target.service, all->str);
	}
}

static void check_load_target(struct rehearsal *r, struct load *load)
{
	g_autofree char *who = g_strdup_printf("load `%s`", load->name);
	const struct known *known;

	if (g_str_equal(load->target.service, "?")) {
		return;
	}
	known = find_service(r, load->target.service, load->target.namespace, load->where, who);
	if (known) {
		resolve_port(r, load, doc_find(known->live, "spec", "ports", NULL));
	}
}

void check_objects(struct reader *reader, const struct scenario *scenario)
{
	struct rehearsal r = {.reader = reader, .scenario = scenario};

	r.objects = g_ptr_array_new_with_free_func((GDestroyNotify)known_free);
	rehearse(&r);
	for (unsigned i = 0; i < r.objects->len; i++) {
		const struct known *known = r.objects->pdata[i];

		if (known->kind == KIND_SERVICE) {
			check_service(&r, known);
		}
	}
	for (size_t i = 0; i < scenario->n_timeline; i++) {
		check_selector(&r, &scenario->timeline[i]);
	}
	for (size_t i = 0; i < scenario->n_loads; i++) {
		check_load_target(&r, &scenario->loads[i]);
	}
	for (size_t i = 0; i < scenario->n_metrics; i++) {
		const struct custom_metric *metric = &scenario->metrics[i];
		g_autofree char *who = g_strdup_printf("metric `%s`", metric->name);

		if (metric->per == CUSTOM_PER_SERVICE && metric->object_name) {
			find_service(&r, metric->object_name, metric->namespace, metric->where,
			             who);
		}
	}
	g_ptr_array_unref(r.objects);
}
