/* rehearsal.c - the objects after each instant of the timeline at which people change them.
 *
 * What the API server would hold is followed through apply, patch, scale, delete and undo; what
 * controllers write is not: an HPA's range stands for its decisions. */

#include "check/set.h"

#include "kube/codec.h"

#include <string.h>

struct known {
	char *kind, *namespace, *name;
	struct doc *last;     /* as last applied; what a user wrote */
	struct doc *live;     /* as the API server holds it */
	GPtrArray *templates; /* struct doc *: every pod template it had, for undo */
};

struct rehearsal {
	struct check_set *set;
	GPtrArray *objects; /* struct known * */
};

static void known_free(void *data)
{
	struct known *known = data;

	g_free(known->kind);
	g_free(known->namespace);
	g_free(known->name);
	doc_free(known->last);
	doc_free(known->live);
	g_ptr_array_unref(known->templates);
	g_free(known);
}

static struct known *find(const struct rehearsal *r, const char *kind, const char *namespace,
                          const char *name)
{
	for (unsigned i = 0; i < r->objects->len; i++) {
		struct known *known = r->objects->pdata[i];

		if (g_str_equal(known->kind, kind) && g_strcmp0(known->name, name) == 0 &&
		    g_str_equal(known->namespace, namespace)) {
			return known;
		}
	}
	return NULL;
}

static struct known *find_acted_on(const struct rehearsal *r, const struct action *action)
{
	return find(r, object_kind_name(action->object_kind),
	            action->namespace ? action->namespace : "default", action->name);
}

/* --- changes --- */

static void set_live(struct rehearsal *r, struct known *known, struct doc *live)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	struct object *object =
	    object_decode(live, known->namespace, &r->set->release, faults, NULL);

	/* The scenario was refused on loading if this could not be decoded. */
	if (object && object->source) {
		doc_free(live);
		live = doc_copy(object->source);
	}
	object_unref(object);
	doc_free(known->live);
	known->live = live;
	const struct doc *template = doc_find(live, "spec", "template", NULL);
	const unsigned n = known->templates->len;

	if (template && (n == 0 || !doc_equal(known->templates->pdata[n - 1], template))) {
		g_ptr_array_add(known->templates, doc_copy(template));
	}
}

static void apply(struct rehearsal *r, const struct doc *document, const char *namespace)
{
	const char *kind = doc_text(doc_get(document, "kind"));
	const char *name = doc_text(doc_find(document, "metadata", "name", NULL));
	const char *own = doc_text(doc_find(document, "metadata", "namespace", NULL));
	struct known *known;

	if (!kind || !name) {
		return;
	}
	namespace = own ? own : namespace ? namespace : "default";
	known = find(r, kind, namespace, name);
	if (known) {
		struct doc *merged = patch_three_way(known->last, document, known->live, NULL);

		if (merged) {
			set_live(r, known, merged);
		}
		doc_free(known->last);
	} else {
		known = g_new0(struct known, 1);
		known->kind = g_strdup(kind);
		known->name = g_strdup(name);
		known->namespace = g_strdup(namespace);
		known->templates = g_ptr_array_new_with_free_func((GDestroyNotify)doc_free);
		g_ptr_array_add(r->objects, known);
		set_live(r, known, doc_copy(document));
	}
	known->last = doc_copy(document);
}

static void undo(struct rehearsal *r, struct known *known)
{
	const unsigned n = known->templates->len;
	struct doc *live = doc_copy(known->live);

	if (n >= 2) {
		doc_set(doc_get(live, "spec"), "template",
		        doc_copy(known->templates->pdata[n - 2]));
		set_live(r, known, live);
	} else {
		doc_free(live);
	}
}

static void change(struct rehearsal *r, const struct action *action, struct known *known)
{
	struct doc *live = NULL;

	switch (action->kind) {
	case ACTION_PATCH:
		live = patch_apply(action->patch_type, known->live, action->patch, NULL);
		break;
	case ACTION_SCALE:
		live = doc_copy(known->live);
		doc_set_int(doc_get(live, "spec"), "replicas", action->replicas);
		break;
	case ACTION_DELETE:
		g_ptr_array_remove(r->objects, known);
		return;
	case ACTION_ROLLOUT_UNDO:
		undo(r, known);
		return;
	default:
		return;
	}
	if (live) {
		set_live(r, known, live);
	}
}

static void carry_out(struct rehearsal *r, const struct action *action)
{
	struct known *known;

	if (action->kind == ACTION_APPLY) {
		for (unsigned i = 0; i < action->documents->len; i++) {
			apply(r, action->documents->pdata[i], action->namespace);
		}
	} else if (action->kind == ACTION_PATCH || action->kind == ACTION_SCALE ||
	           action->kind == ACTION_DELETE || action->kind == ACTION_ROLLOUT_UNDO) {
		known = find_acted_on(r, action);
		if (known) {
			change(r, action, known);
		}
	}
}

/* --- states --- */

void look_at_state(struct check_set *set)
{
	check_probes_served(set);
	check_probe_timing(set);
	check_dependencies(set);
	check_readiness(set);
	check_termination(set);
	check_hpas(set);
	check_services(set);
	check_capacity(set);
	check_budgets_of_disruption(set);
	check_unmodelled(set);
	compute_budgets(set);
	end_of_state(set);
	set->state++;
}

static void look(struct rehearsal *r, sim_time at, sim_time next)
{
	g_autoptr(GPtrArray) ignored = g_ptr_array_new_with_free_func(g_free);

	set_empty(r->set);
	r->set->at = at;
	r->set->next = next;
	for (unsigned i = 0; i < r->objects->len; i++) {
		const struct known *known = r->objects->pdata[i];

		set_add(r->set, known->live, known->last, known->namespace, ignored);
	}
	look_at_state(r->set);
}

void rehearse_timeline(struct check_set *set)
{
	const struct scenario *s = set->scenario;
	struct rehearsal r = {set, g_ptr_array_new_with_free_func(known_free)};
	sim_time at = s->from;

	for (unsigned i = 0; i < s->manifests->len; i++) {
		apply(&r, s->manifests->pdata[i], "default");
	}
	for (size_t i = 0; at != SIM_NEVER;) {
		/* Everything of one instant makes one state. */
		while (i < s->n_timeline && s->timeline[i].at <= at) {
			carry_out(&r, &s->timeline[i++]);
		}
		const sim_time next = i < s->n_timeline ? s->timeline[i].at : SIM_NEVER;

		look(&r, at, next);
		at = next;
	}
	g_ptr_array_unref(r.objects);
}
