/* view.c - the objects of an instant, found and sorted. */

#include "report/view.h"

#include "kube/codec.h"
#include "kube/quantity.h"

#include <stdlib.h>
#include <string.h>

#define EVENT_TTL SIM_HOUR /* --event-ttl of the API server */

/* --- building --- */

static int compare_objects(const void *a, const void *b)
{
	const struct object *left = *(const struct object *const *)a;
	const struct object *right = *(const struct object *const *)b;
	const int namespaces = g_strcmp0(left->meta.namespace, right->meta.namespace);

	return namespaces ? namespaces : strcmp(left->meta.name, right->meta.name);
}

/* The last version of each object up to the view's instant, deleted ones left out. */
static void collect(struct view *view, const GPtrArray *versions, sim_time not_before)
{
	g_autoptr(GHashTable) last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTableIter iter;
	void *value;

	for (unsigned i = 0; i < versions->len; i++) {
		const struct run_version *version = versions->pdata[i];
		const struct object *object = version->object;

		if (version->at > view->at) {
			break;
		}
		char *key = g_strdup_printf("%d/%s/%s", (int)object->kind,
		                            object->meta.namespace ? object->meta.namespace : "",
		                            object->meta.name);

		if (version->change == CHANGE_DELETED || version->at <= not_before) {
			g_hash_table_remove(last, key);
			g_free(key);
		} else {
			g_hash_table_replace(last, key, (void *)object);
		}
	}
	g_hash_table_iter_init(&iter, last);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		g_ptr_array_add(view->objects[((const struct object *)value)->kind], value);
	}
}

struct view *view_new(const struct run *run, sim_time at)
{
	struct view *view = g_new0(struct view, 1);

	view->run = run;
	view->at = MIN(at, run->to);
	view->clock_zero = run->scenario->clock_zero;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		view->objects[i] = g_ptr_array_new();
	}
	collect(view, run->versions, G_MININT64);
	collect(view, run->event_versions, view->at - EVENT_TTL);
	for (size_t i = 0; i < KIND_COUNT; i++) { /* the order of a hash table is no order */
		g_ptr_array_sort(view->objects[i], compare_objects);
	}
	return view;
}

void view_free(struct view *view)
{
	if (!view) {
		return;
	}
	for (size_t i = 0; i < KIND_COUNT; i++) {
		g_ptr_array_unref(view->objects[i]);
	}
	g_free(view);
}

/* --- kinds --- */

static const struct {
	const char *resource, *prefix;
} kinds[KIND_COUNT] = {
    [KIND_POD] = {"pods", "pod"},
    [KIND_NODE] = {"nodes", "node"},
    [KIND_DEPLOYMENT] = {"deployments.apps", "deployment.apps"},
    [KIND_REPLICA_SET] = {"replicasets.apps", "replicaset.apps"},
    [KIND_SERVICE] = {"services", "service"},
    [KIND_ENDPOINT_SLICE] = {"endpointslices.discovery.k8s.io", "endpointslice.discovery.k8s.io"},
    [KIND_ENDPOINTS] = {"endpoints", "endpoints"},
    [KIND_HPA] = {"horizontalpodautoscalers.autoscaling", "horizontalpodautoscaler.autoscaling"},
    [KIND_PDB] = {"poddisruptionbudgets.policy", "poddisruptionbudget.policy"},
    [KIND_EVENT] = {"events", "event"},
    [KIND_OTHER] = {"objects", "object"},
};

const char *view_kind_resource(enum object_kind kind)
{
	return kinds[kind].resource;
}

const char *view_kind_prefix(enum object_kind kind)
{
	return kinds[kind].prefix;
}

bool view_kind_is_global(enum object_kind kind)
{
	return kind == KIND_NODE;
}

/* --- finding --- */

const struct doc *view_path(const struct doc *document, const char *path)
{
	g_autofree char *text = g_strdup(path);
	const struct doc *at = document;

	g_strdelimit(text, "{}[]", '.');
	g_auto(GStrv) words = g_strsplit(text, ".", -1);

	for (char **word = words; at && *word; word++) {
		if (**word) {
			at = doc_kind_of(at) == DOC_LIST
			         ? doc_at(at, (size_t)strtoul(*word, NULL, 10))
			         : doc_get(at, *word);
		}
	}
	return at;
}

/* One requirement of a field selector: "metadata.name=web". */
static bool field_fits(const struct doc *document, const char *requirement)
{
	const char *sign = strchr(requirement, '=');

	if (!sign) {
		return false;
	}
	const bool unequal = sign > requirement && sign[-1] == '!';
	g_autofree char *path =
	    g_strndup(requirement, (size_t)(sign - requirement) - (unequal ? 1 : 0));
	const char *value = doc_text(view_path(document, path));

	return g_str_equal(value ? value : "", sign + (sign[1] == '=' ? 2 : 1)) != unequal;
}

static bool fields_fit(const struct view *view, const char *fields, const struct object *object)
{
	g_autoptr(doc) document = object_encode(object, view->clock_zero);
	g_auto(GStrv) requirements = g_strsplit(fields, ",", -1);

	for (char **requirement = requirements; *requirement; requirement++) {
		if (**requirement && !field_fits(document, *requirement)) {
			return false;
		}
	}
	return true;
}

static bool fits_but_name(const struct view *view, const struct view_query *query,
                          const struct object *object)
{
	return object->kind == query->kind &&
	       (!query->namespace || view_kind_is_global(object->kind) ||
	        g_strcmp0(object->meta.namespace, query->namespace) == 0) &&
	       (!query->selector || label_selector_matches(query->selector, object->meta.labels)) &&
	       (!query->fields || fields_fit(view, query->fields, object));
}

bool view_fits(const struct view *view, const struct view_query *query, const struct object *object)
{
	return (!query->name || g_str_equal(object->meta.name, query->name)) &&
	       fits_but_name(view, query, object);
}

GPtrArray *view_select(const struct view *view, const struct view_query *query)
{
	const GPtrArray *objects = view->objects[query->kind];
	GPtrArray *found = g_ptr_array_new();

	for (unsigned i = 0; i < objects->len; i++) {
		if (view_fits(view, query, objects->pdata[i])) {
			g_ptr_array_add(found, objects->pdata[i]);
		}
	}
	if (query->name && found->len == 0) {
		/* nothing has just this name: generated names are known by their beginning */
		for (unsigned i = 0; i < objects->len; i++) {
			const struct object *object = objects->pdata[i];

			if (g_str_has_prefix(object->meta.name, query->name) &&
			    fits_but_name(view, query, object)) {
				g_ptr_array_add(found, objects->pdata[i]);
			}
		}
	}
	return found;
}

const struct object *view_find(const struct view *view, enum object_kind kind,
                               const char *namespace, const char *name)
{
	const GPtrArray *objects = view->objects[kind];

	for (unsigned i = 0; i < objects->len; i++) {
		const struct object *object = objects->pdata[i];

		if (g_strcmp0(object->meta.name, name) == 0 &&
		    (!namespace || g_strcmp0(object->meta.namespace, namespace) == 0)) {
			return object;
		}
	}
	return NULL;
}

GPtrArray *view_owned(const struct view *view, enum object_kind kind, const char *uid)
{
	const GPtrArray *objects = view->objects[kind];
	GPtrArray *owned = g_ptr_array_new();

	for (unsigned i = 0; i < objects->len; i++) {
		const struct object *object = objects->pdata[i];

		if (object->meta.owner.kind != KIND_COUNT &&
		    g_strcmp0(object->meta.owner.uid, uid) == 0) {
			g_ptr_array_add(owned, objects->pdata[i]);
		}
	}
	return owned;
}

static int compare_events(const void *a, const void *b)
{
	const struct event *left = EVENT(*(void *const *)a), *right = EVENT(*(void *const *)b);

	if (left->last_time != right->last_time) {
		return left->last_time < right->last_time ? -1 : 1;
	}
	if (left->object.meta.resource_version != right->object.meta.resource_version) {
		return left->object.meta.resource_version < right->object.meta.resource_version ? -1
		                                                                                : 1;
	}
	return strcmp(left->object.meta.name, right->object.meta.name);
}

GPtrArray *view_events_of(const struct view *view, const char *uid)
{
	const GPtrArray *objects = view->objects[KIND_EVENT];
	GPtrArray *events = g_ptr_array_new();

	for (unsigned i = 0; i < objects->len; i++) {
		const struct event *event = objects->pdata[i];

		if (!uid || g_strcmp0(event->regarding_uid, uid) == 0) {
			g_ptr_array_add(events, objects->pdata[i]);
		}
	}
	g_ptr_array_sort(events, compare_events);
	return events;
}

const struct run_pod *view_run_pod(const struct view *view, const struct object *pod)
{
	for (unsigned i = 0; i < view->run->pods->len; i++) {
		const struct run_pod *known = view->run->pods->pdata[i];

		if (g_strcmp0(known->uid, pod->meta.uid) == 0) {
			return known;
		}
	}
	return NULL;
}

/* --- time --- */

char *view_age(const struct view *view, sim_time since)
{
	if (since == SIM_NEVER) {
		return g_strdup("<unknown>");
	}
	return duration_to_human(view->at - sim_time_floor_second(since));
}

char *view_time(const struct view *view, sim_time at)
{
	static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	g_autoptr(GDateTime) time = NULL;

	if (at != SIM_NEVER) {
		time = g_date_time_new_from_unix_utc(view->clock_zero +
		                                     sim_time_floor_second(at) / SIM_SECOND);
	}
	if (!time) {
		return g_strdup("<unknown>");
	}
	return g_strdup_printf(
	    "%s, %02d %s %04d %02d:%02d:%02d +0000", days[g_date_time_get_day_of_week(time) - 1],
	    g_date_time_get_day_of_month(time), months[g_date_time_get_month(time) - 1],
	    g_date_time_get_year(time), g_date_time_get_hour(time), g_date_time_get_minute(time),
	    g_date_time_get_second(time));
}

/* --- sorting --- */

struct keyed {
	void *object;
	struct doc *document; /* owns @key */
	const struct doc *key;
	sim_time exact; /* of timestamps, which are printed in whole seconds */
	unsigned place;
};

static int compare_keys(const void *a, const void *b)
{
	const struct keyed *left = a, *right = b;
	double x, y;
	int order;

	if (doc_number(left->key, &x) && doc_number(right->key, &y)) {
		order = x < y ? -1 : x > y;
	} else {
		order = g_strcmp0(doc_text(left->key), doc_text(right->key));
	}
	if (!order && left->exact != right->exact) {
		order = left->exact < right->exact ? -1 : 1;
	}
	return order ? order : (left->place > right->place) - (left->place < right->place);
}

bool view_sort(const struct view *view, GPtrArray *objects, const char *path)
{
	g_autofree struct keyed *keys = g_new0(struct keyed, objects->len + 1);
	bool any = false;

	for (unsigned i = 0; i < objects->len; i++) {
		const struct object *object = objects->pdata[i];

		keys[i].object = objects->pdata[i];
		keys[i].document = object_encode(object, view->clock_zero);
		keys[i].key = view_path(keys[i].document, path);
		keys[i].exact = object->kind == KIND_EVENT ? EVENT(object)->last_time : 0;
		keys[i].place = i;
		any = any || doc_text(keys[i].key);
	}
	qsort(keys, objects->len, sizeof(keys[0]), compare_keys);
	for (unsigned i = 0; i < objects->len; i++) {
		objects->pdata[i] = keys[i].object;
		doc_free(keys[i].document);
	}
	return any || objects->len == 0;
}
