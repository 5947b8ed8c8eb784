/* settings_apply.c - carries out settings that were changed from outside. */

#include "scenario/sections.h"

#include <string.h>

static void fault(struct reader *reader, const struct setting *s, const char *message)
{
	fields_fault_error(
	    reader, g_error_new(DOC_ERROR, DOC_ERROR_INVALID, "--set %s: %s", s->text, message));
}

/* Keeps the reason without the setting's text, which stands before it already. */
static void fault_of(struct reader *reader, const struct setting *s, GError *error)
{
	g_autofree char *prefix = g_strdup_printf("'%s': ", s->text);
	const char *message = error->message;

	fault(reader, s, g_str_has_prefix(message, prefix) ? message + strlen(prefix) : message);
	g_error_free(error);
}

/* The item of the list @list that is called @name; NULL and a fault. */
static struct doc *find_named(struct reader *reader, const struct setting *s,
                              const struct doc *list, const char *what)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (size_t i = 0; doc_kind_of(list) == DOC_LIST && i < doc_length(list); i++) {
		const char *name = doc_text(doc_get(doc_at(list, i), "name"));

		if (g_strcmp0(name, s->name) == 0) {
			return doc_at(list, i);
		}
		if (name) {
			g_ptr_array_add(names, (gpointer)name);
		}
	}
	g_ptr_array_add(names, NULL);
	g_autofree char *suggestion = fields_suggestion(s->name, (const char *const *)names->pdata);
	g_autofree char *message =
	    g_strdup_printf("there is no %s `%s`%s", what, s->name, suggestion);

	fault(reader, s, message);
	return NULL;
}

static struct doc *target_of(struct reader *reader, const struct setting *s, struct doc *spec)
{
	switch (s->target) {
	case SETTING_CLUSTER:
		if (!doc_get(spec, "cluster")) {
			doc_set(spec, "cluster", doc_new_map());
		}
		return doc_get(spec, "cluster");
	case SETTING_LOAD:
		return find_named(reader, s, doc_get(spec, "load"), "load");
	case SETTING_APPLICATION:
		return find_named(reader, s, doc_get(spec, "applications"), "application");
	case SETTING_METRIC:
		return find_named(reader, s, doc_get(spec, "metrics"), "metric");
	default:
		return spec;
	}
}

void apply_own_settings(struct reader *reader, GPtrArray *settings, struct doc *document)
{
	struct doc *spec = doc_get(document, "spec");

	for (unsigned i = 0; i < settings->len; i++) {
		const struct setting *s = settings->pdata[i];
		GError *error = NULL;

		if (s->target == SETTING_OBJECT || doc_kind_of(spec) != DOC_MAP) {
			continue;
		}
		struct doc *target = target_of(reader, s, spec);

		if (target && !setting_assign(s, target, s->value, &error)) {
			fault_of(reader, s, error);
		}
	}
}

/* --- objects of the manifests --- */

static bool is_target(const struct setting *s, const struct doc *object)
{
	const char *kind = doc_text(doc_get(object, "kind"));
	const char *name = doc_text(doc_find(object, "metadata", "name", NULL));
	const char *namespace = doc_text(doc_find(object, "metadata", "namespace", NULL));

	return g_strcmp0(name, s->name) == 0 && g_strcmp0(kind, object_kind_name(s->kind)) == 0 &&
	       (!s->namespace || g_str_equal(s->namespace, namespace ? namespace : "default"));
}

struct attempt { /* of one setting on all objects */
	unsigned objects, changed;
	GError *error; /* the first */
	GPtrArray *names;
};

static void try_objects(const struct setting *s, const GPtrArray *objects, bool make,
                        struct attempt *attempt)
{
	for (unsigned i = 0; objects && i < objects->len; i++) {
		struct doc *object = objects->pdata[i];
		const char *name = doc_text(doc_find(object, "metadata", "name", NULL));

		if (!is_target(s, object)) {
			if (name && g_strcmp0(doc_text(doc_get(object, "kind")),
			                      object_kind_name(s->kind)) == 0) {
				g_ptr_array_add(attempt->names, (gpointer)name);
			}
			continue;
		}
		attempt->objects++;
		if ((make || setting_reaches(s, object)) &&
		    setting_assign(s, object, s->value, attempt->error ? NULL : &attempt->error)) {
			attempt->changed++;
		}
	}
}

/* All manifests, applied at the start or later. Those that have the place are changed; only when
 * none has, it is made. */
static void try_manifests(const struct setting *s, struct scenario *scenario,
                          struct attempt *attempt)
{
	for (int make = 0; make < 2 && attempt->changed == 0; make++) {
		attempt->objects = 0;
		g_ptr_array_set_size(attempt->names, 0);
		try_objects(s, scenario->manifests, make, attempt);
		for (size_t i = 0; i < scenario->n_timeline; i++) {
			try_objects(s, scenario->timeline[i].documents, make, attempt);
		}
	}
}

/* Patches that would set the same field again carry the new value too, or the setting would last
 * only until then. */
static void change_patch(const struct setting *s, const struct action *action)
{
	if (action->kind == ACTION_PATCH && action->patch_type != PATCH_JSON && action->name &&
	    action->object_kind == s->kind && g_str_equal(action->name, s->name) &&
	    (!s->namespace || g_str_equal(s->namespace, action->namespace)) &&
	    setting_find(s, action->patch)) {
		setting_assign(s, action->patch, s->value, NULL);
	}
}

static void tell(struct reader *reader, const struct setting *s, struct attempt *attempt)
{
	if (attempt->objects == 0) {
		g_ptr_array_add(attempt->names, NULL);
		g_autofree char *suggestion =
		    fields_suggestion(s->name, (const char *const *)attempt->names->pdata);
		g_autofree char *message = g_strdup_printf(
		    "no manifest has %s/%s%s", object_kind_word(s->kind), s->name, suggestion);

		fault(reader, s, message);
	} else if (attempt->changed == 0) {
		fault_of(reader, s, g_steal_pointer(&attempt->error));
	}
	g_clear_error(&attempt->error);
	g_ptr_array_unref(attempt->names);
}

void apply_object_settings(struct reader *reader, GPtrArray *settings, struct scenario *scenario)
{
	for (unsigned i = 0; i < settings->len; i++) {
		const struct setting *s = settings->pdata[i];
		struct attempt attempt = {.names = NULL};

		if (s->target != SETTING_OBJECT) {
			continue;
		}
		attempt.names = g_ptr_array_new();
		try_manifests(s, scenario, &attempt);
		for (size_t k = 0; k < scenario->n_timeline; k++) {
			change_patch(s, &scenario->timeline[k]);
		}
		tell(reader, s, &attempt);
	}
}
