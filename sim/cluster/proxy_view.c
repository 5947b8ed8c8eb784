/* proxy_view.c - one picture for all proxies, and the rules that they share. */

#include "cluster/proxy_view.h"

#include "rules/endpoints_slices.h"
#include "store/informer.h"

#define ZONE_LABEL "topology.kubernetes.io/zone"

struct seen {                         /* a Service and what is known of it */
	struct proxy_service service; /* first: proxies hold this */
	GPtrArray *slices;            /* references, in order of first sight */
	struct proxy_rule_set *rules; /* last made for everybody; NULL: none */
	uint64_t resolved;            /* the network's changes by then */
};

G_STATIC_ASSERT(offsetof(struct seen, service) == 0);

struct proxy_view {
	const struct network *network;
	const struct release *release;
	struct informer *nodes, *services, *slices;
	GArray *listeners;     /* struct proxy_listener */
	GHashTable *by_node;   /* name of a node -> number of its listener + 1 */
	GPtrArray *seen;       /* struct seen *, in order of first sight */
	GHashTable *by_name;   /* "namespace/name" -> struct seen * */
	GHashTable *pod_names; /* char * as a set: rules borrow from here */
	uint64_t made;         /* rule sets */
};

/* --- bookkeeping --- */

static void release_object(void *object)
{
	object_unref(object);
}

static void seen_free(void *data)
{
	struct seen *seen = data;

	g_free(seen->service.namespace);
	g_free(seen->service.name);
	g_ptr_array_unref(seen->slices);
	proxy_rule_set_unref(seen->rules);
	g_free(seen);
}

static struct seen *seen_of(struct proxy_view *view, const char *namespace, const char *name)
{
	g_autofree char *key = g_strdup_printf("%s/%s", namespace, name);
	struct seen *seen = g_hash_table_lookup(view->by_name, key);

	if (!seen) {
		seen = g_new0(struct seen, 1);
		seen->service.namespace = g_strdup(namespace);
		seen->service.name = g_strdup(name);
		seen->service.number = view->seen->len;
		seen->slices = g_ptr_array_new_with_free_func(release_object);
		g_ptr_array_add(view->seen, seen);
		g_hash_table_insert(view->by_name, g_steal_pointer(&key), seen);
	}
	return seen;
}

static void forget_rules(struct seen *seen)
{
	proxy_rule_set_unref(seen->rules);
	seen->rules = NULL;
}

/* The same text for as long as the view lives: connections outlast the slice that named them. */
static const char *keep_name(struct proxy_view *view, const char *name)
{
	const char *kept = name ? g_hash_table_lookup(view->pod_names, name) : NULL;

	if (name && !kept) {
		char *copy = g_strdup(name);

		g_hash_table_add(view->pod_names, copy);
		kept = copy;
	}
	return kept;
}

/* --- rules --- */

static struct proxy_rule_set *rule_set_ref(struct proxy_rule_set *set)
{
	set->refs++;
	return set;
}

void proxy_rule_set_unref(struct proxy_rule_set *set)
{
	if (set && --set->refs == 0) {
		g_ptr_array_unref(set->rules);
		g_ptr_array_unref(set->pods);
		g_free(set);
	}
}

/* Makes the names last, and lists each once. */
static void name_pods(struct proxy_view *view, struct proxy_rule_set *set)
{
	g_autoptr(GHashTable) listed = g_hash_table_new(NULL, NULL);

	for (unsigned i = 0; i < set->rules->len; i++) {
		GArray *targets = ((struct proxy_rules *)set->rules->pdata[i])->targets;

		for (unsigned k = 0; k < targets->len; k++) {
			struct proxy_target *target =
			    &g_array_index(targets, struct proxy_target, k);

			target->pod_name = keep_name(view, target->pod_name);
			if (target->pod_name &&
			    g_hash_table_add(listed, (void *)target->pod_name)) {
				g_ptr_array_add(set->pods, (void *)target->pod_name);
			}
		}
	}
}

const struct service *proxy_view_look(const struct proxy_view *view, unsigned number)
{
	const struct seen *seen = view->seen->pdata[number];
	const struct object *service =
	    informer_get(view->services, seen->service.namespace, seen->service.name);

	return service ? SERVICE(service) : NULL;
}

struct proxy_rule_set *proxy_view_rules(struct proxy_view *view, unsigned number, const char *node,
                                        const char *zone)
{
	struct seen *seen = view->seen->pdata[number];
	const struct proxy_node here = {node, zone, view->network, view->release};
	uint64_t changes = network_changes(view->network);
	bool for_all = false;

	if (seen->rules && seen->resolved == changes) {
		return rule_set_ref(seen->rules);
	}
	struct proxy_rule_set *set = g_new0(struct proxy_rule_set, 1);

	set->refs = 1;
	set->number = ++view->made;
	set->rules = proxy_rules_of(proxy_view_look(view, number), seen->slices, &here, &for_all);
	set->pods = g_ptr_array_new();
	name_pods(view, set);
	forget_rules(seen);
	if (for_all) {
		seen->rules = rule_set_ref(set);
		seen->resolved = changes;
	}
	return set;
}

/* --- what is seen --- */

static void tell(const struct proxy_view *view, const struct seen *seen, bool headless)
{
	for (unsigned i = 0; i < view->listeners->len; i++) {
		const struct proxy_listener *listener =
		    &g_array_index(view->listeners, struct proxy_listener, i);

		listener->changed(listener->self, &seen->service, headless);
	}
}

static void on_service(void *data, enum change kind, const struct object *old,
                       const struct object *object)
{
	struct proxy_view *view = data;
	struct seen *seen = seen_of(view, object->meta.namespace, object->meta.name);

	forget_rules(seen);
	if (kind != CHANGE_MODIFIED || proxy_cares_for_service(SERVICE(old), SERVICE(object))) {
		tell(view, seen, service_is_headless(SERVICE(object)));
	}
}

/* Puts @object where its last version was, which keeps the order of first sight. */
static void hold_slice(struct seen *seen, enum change kind, const struct object *object)
{
	for (unsigned i = 0; i < seen->slices->len; i++) {
		const struct object *held = seen->slices->pdata[i];

		if (!g_str_equal(held->meta.name, object->meta.name)) {
			continue;
		}
		if (kind == CHANGE_DELETED) {
			g_ptr_array_remove_index(seen->slices, i);
		} else {
			seen->slices->pdata[i] = object_ref(object);
			object_unref(held);
		}
		return;
	}
	if (kind != CHANGE_DELETED) {
		g_ptr_array_add(seen->slices, object_ref(object));
	}
}

static void on_slice(void *data, enum change kind, const struct object *old,
                     const struct object *object)
{
	struct proxy_view *view = data;
	const char *name = string_map_get(object->meta.labels, ENDPOINT_SLICE_SERVICE_LABEL);
	const char *before =
	    old ? string_map_get(old->meta.labels, ENDPOINT_SLICE_SERVICE_LABEL) : NULL;

	if (before && g_strcmp0(before, name) != 0) {
		struct seen *left = seen_of(view, old->meta.namespace, before);

		hold_slice(left, CHANGE_DELETED, old);
		forget_rules(left);
	}
	if (!name) {
		return;
	}
	struct seen *seen = seen_of(view, object->meta.namespace, name);
	const struct service *service = proxy_view_look(view, seen->service.number);

	hold_slice(seen, kind, object);
	forget_rules(seen);
	if (kind != CHANGE_MODIFIED ||
	    proxy_cares_for_slice(ENDPOINT_SLICE(old), ENDPOINT_SLICE(object))) {
		tell(view, seen, service && service_is_headless(service));
	}
}

/* Hints are held against the node's own zone. */
static void on_node(void *data, enum change kind, const struct object *old,
                    const struct object *object)
{
	struct proxy_view *view = data;
	unsigned number = GPOINTER_TO_UINT(g_hash_table_lookup(view->by_node, object->meta.name));

	if (kind != CHANGE_DELETED && number) {
		const struct proxy_listener *listener =
		    &g_array_index(view->listeners, struct proxy_listener, number - 1);

		listener->moved(listener->self, string_map_get(object->meta.labels, ZONE_LABEL));
	}
}

/* --- questions --- */

unsigned proxy_view_services(const struct proxy_view *view)
{
	return view->seen->len;
}

const struct proxy_service *proxy_view_service(const struct proxy_view *view, unsigned number)
{
	const struct seen *seen = view->seen->pdata[number];

	return &seen->service;
}

/* --- life --- */

struct proxy_view *proxy_view_new(const struct cluster_environment *environment,
                                  const struct network *network)
{
	struct proxy_view *view = g_new0(struct proxy_view, 1);
	struct store *store = environment->store;
	sim_time delay = environment->watch_delay;

	view->network = network;
	view->release = environment->release;
	view->listeners = g_array_new(FALSE, FALSE, sizeof(struct proxy_listener));
	view->by_node = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	view->seen = g_ptr_array_new_with_free_func(seen_free);
	view->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	view->pod_names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	view->nodes = informer_new(store, KIND_NODE, delay, on_node, view);
	view->services = informer_new(store, KIND_SERVICE, delay, on_service, view);
	view->slices = informer_new(store, KIND_ENDPOINT_SLICE, delay, on_slice, view);
	return view;
}

void proxy_view_join(struct proxy_view *view, const struct proxy_listener *listener)
{
	g_array_append_val(view->listeners, *listener);
	g_hash_table_insert(view->by_node, g_strdup(listener->node),
	                    GUINT_TO_POINTER(view->listeners->len));
}

void proxy_view_free(struct proxy_view *view)
{
	if (view) {
		informer_free(view->slices);
		informer_free(view->services);
		informer_free(view->nodes);
		g_hash_table_unref(view->by_name);
		g_ptr_array_unref(view->seen);
		g_hash_table_unref(view->pod_names);
		g_hash_table_unref(view->by_node);
		g_array_unref(view->listeners);
		g_free(view);
	}
}
