/* kube_proxy.c - programs one node's proxy table from Services and EndpointSlices. */

#include "cluster/kube_proxy.h"

#include "cluster/proxy_rules.h"
#include "rules/endpoints_slices.h"
#include "rules/proxy_sync.h"
#include "store/informer.h"

#define ZONE_LABEL "topology.kubernetes.io/zone"

struct known_service {
	char *namespace, *name;
	bool dirty;         /* has changed since the last sync started */
	GArray *programmed; /* int: port numbers in the table */
	GPtrArray *pods;    /* names that are traced, borrowed from the proxy's */
};

struct pending { /* computed at the start of a sync, in force at its end */
	struct known_service *known;
	const struct object *service; /* a reference; NULL: gone */
	GPtrArray *rules;             /* struct proxy_rules *; pod names are the proxy's own */
};

struct kube_proxy {
	struct cluster_environment environment;
	char *node;
	char *zone;
	bool ipvs;
	const struct network *network;
	struct proxy_table *table;
	struct informer *services, *slices, *nodes;
	struct proxy_sync sync;
	event_id event;        /* start or end of a sync */
	GPtrArray *known;      /* struct known_service *, in order of first sight */
	GHashTable *by_name;   /* "namespace/name" -> struct known_service * */
	GPtrArray *pending;    /* struct pending *, of the running sync */
	GHashTable *pod_names; /* GRefString as a set: targets borrow from here */
};

static void start_sync(struct simulation *sim, void *data);
static void end_sync(struct simulation *sim, void *data);

/* --- bookkeeping --- */

static void known_free(void *data)
{
	struct known_service *known = data;

	g_free(known->namespace);
	g_free(known->name);
	g_array_unref(known->programmed);
	g_ptr_array_unref(known->pods);
	g_free(known);
}

static void pending_free(void *data)
{
	struct pending *pending = data;

	object_unref(pending->service);
	g_ptr_array_unref(pending->rules);
	g_free(pending);
}

static struct known_service *known_of(struct kube_proxy *proxy, const char *namespace,
                                      const char *name)
{
	g_autofree char *key = g_strdup_printf("%s/%s", namespace, name);
	struct known_service *known = g_hash_table_lookup(proxy->by_name, key);

	if (!known) {
		known = g_new0(struct known_service, 1);
		known->namespace = g_strdup(namespace);
		known->name = g_strdup(name);
		known->programmed = g_array_new(FALSE, FALSE, sizeof(int));
		known->pods = g_ptr_array_new();
		g_ptr_array_add(proxy->known, known);
		g_hash_table_insert(proxy->by_name, g_steal_pointer(&key), known);
	}
	return known;
}

/* The same text for as long as the proxy lives: connections outlast the slice that named them. */
static const char *keep_name(struct kube_proxy *proxy, const char *name)
{
	const char *kept = name ? g_hash_table_lookup(proxy->pod_names, name) : NULL;

	if (name && !kept) {
		char *copy = g_strdup(name);

		g_hash_table_add(proxy->pod_names, copy);
		kept = copy;
	}
	return kept;
}

/* --- from state to rules --- */

struct gathering {
	const struct known_service *known;
	GPtrArray *slices;
};

static void gather_slice(void *data, const struct object *object)
{
	struct gathering *gathering = data;
	const char *service = string_map_get(object->meta.labels, ENDPOINT_SLICE_SERVICE_LABEL);

	if (g_strcmp0(service, gathering->known->name) == 0 &&
	    g_strcmp0(object->meta.namespace, gathering->known->namespace) == 0) {
		g_ptr_array_add(gathering->slices, (void *)object);
	}
}

static struct pending *compute(struct kube_proxy *proxy, struct known_service *known)
{
	struct pending *pending = g_new0(struct pending, 1);
	const struct object *service = informer_get(proxy->services, known->namespace, known->name);
	g_autoptr(GPtrArray) slices = g_ptr_array_new();
	struct gathering gathering = {known, slices};
	const struct proxy_node node = {proxy->node, proxy->zone, proxy->network,
	                                proxy->environment.release};

	informer_each(proxy->slices, gather_slice, &gathering);
	pending->known = known;
	pending->service = service ? object_ref(service) : NULL;
	pending->rules = proxy_rules_of(service ? SERVICE(service) : NULL, slices, &node);
	for (unsigned i = 0; i < pending->rules->len; i++) {
		GArray *targets = ((struct proxy_rules *)pending->rules->pdata[i])->targets;

		for (unsigned k = 0; k < targets->len; k++) {
			struct proxy_target *target =
			    &g_array_index(targets, struct proxy_target, k);

			target->pod_name = keep_name(proxy, target->pod_name);
		}
	}
	return pending;
}

/* --- from rules to the table --- */

static void program_port(struct kube_proxy *proxy, const struct known_service *known,
                         const struct service *service, const struct proxy_rules *rules)
{
	struct proxy_port *port =
	    proxy_table_port(proxy->table, known->namespace, known->name, rules->port);

	port->round_robin = proxy->ipvs;
	port->affinity = service->session_affinity && !service_is_headless(service);
	port->affinity_timeout = service->affinity_timeout_seconds * SIM_SECOND;
	proxy_port_program(port, (const struct proxy_target *)rules->targets->data,
	                   rules->targets->len, rules->has_any_endpoints, true);
}

static bool has_port(const GPtrArray *rules, int port)
{
	for (unsigned i = 0; i < rules->len; i++) {
		if (((const struct proxy_rules *)rules->pdata[i])->port == port) {
			return true;
		}
	}
	return false;
}

/* Names of the pods behind any port, each once, in the order of the rules. */
static GPtrArray *pods_of(const GPtrArray *rules)
{
	GPtrArray *pods = g_ptr_array_new();

	for (unsigned i = 0; i < rules->len; i++) {
		const GArray *targets = ((const struct proxy_rules *)rules->pdata[i])->targets;

		for (unsigned k = 0; k < targets->len; k++) {
			const char *name = g_array_index(targets, struct proxy_target, k).pod_name;

			if (name && !g_ptr_array_find(pods, name, NULL)) {
				g_ptr_array_add(pods, (void *)name);
			}
		}
	}
	return pods;
}

static bool same_pods(const GPtrArray *a, const GPtrArray *b)
{
	bool same = a->len == b->len;

	for (unsigned i = 0; same && i < a->len; i++) {
		same = a->pdata[i] == b->pdata[i];
	}
	return same;
}

static void tell(struct kube_proxy *proxy, struct known_service *known, const GPtrArray *rules)
{
	const struct trace *trace = proxy->environment.trace;
	g_autoptr(GPtrArray) pods = pods_of(rules);

	if (same_pods(pods, known->pods)) {
		return;
	}
	if (trace->endpoints) {
		const struct endpoints_trace t = {
		    .at = simulation_now(proxy->environment.sim),
		    .node = proxy->node,
		    .namespace = known->namespace,
		    .service = known->name,
		    .pods = (const char *const *)pods->pdata,
		    .n_pods = pods->len,
		};

		trace->endpoints(trace->self, &t);
	}
	g_ptr_array_unref(known->pods);
	known->pods = g_steal_pointer(&pods);
}

static void put_in_force(struct kube_proxy *proxy, const struct pending *pending)
{
	struct known_service *known = pending->known;

	for (unsigned i = 0; i < known->programmed->len; i++) {
		int port = g_array_index(known->programmed, int, i);

		if (!has_port(pending->rules, port)) {
			proxy_port_program(
			    proxy_table_port(proxy->table, known->namespace, known->name, port),
			    NULL, 0, false, false);
		}
	}
	g_array_set_size(known->programmed, 0);
	for (unsigned i = 0; i < pending->rules->len; i++) {
		const struct proxy_rules *rules = pending->rules->pdata[i];

		program_port(proxy, known, SERVICE(pending->service), rules);
		g_array_append_val(known->programmed, rules->port);
	}
	tell(proxy, known, pending->rules);
}

/* --- syncs --- */

/* Schedules the start of the next sync, unless one is running. */
static void schedule_start(struct kube_proxy *proxy, sim_time at)
{
	if (!proxy->sync.running) {
		simulation_cancel(proxy->environment.sim, &proxy->event);
		if (at != SIM_NEVER) {
			proxy->event = simulation_schedule(proxy->environment.sim, at, PHASE_SYNC,
			                                   start_sync, proxy);
		}
	}
}

static void request_sync(struct kube_proxy *proxy)
{
	schedule_start(proxy,
	               proxy_sync_request(&proxy->sync, simulation_now(proxy->environment.sim)));
}

static void start_sync(struct simulation *sim, void *data)
{
	struct kube_proxy *proxy = data;

	proxy_sync_start(&proxy->sync, simulation_now(sim));
	for (unsigned i = 0; i < proxy->known->len; i++) {
		struct known_service *known = proxy->known->pdata[i];

		if (known->dirty) {
			known->dirty = false;
			g_ptr_array_add(proxy->pending, compute(proxy, known));
		}
	}
	proxy->event = simulation_schedule_after(sim, proxy->environment.proxy_sync, PHASE_SYNC,
	                                         end_sync, proxy);
}

static void end_sync(struct simulation *sim, void *data)
{
	struct kube_proxy *proxy = data;

	proxy->event = EVENT_NONE;
	for (unsigned i = 0; i < proxy->pending->len; i++) {
		put_in_force(proxy, proxy->pending->pdata[i]);
	}
	g_ptr_array_set_size(proxy->pending, 0);
	schedule_start(proxy, proxy_sync_end(&proxy->sync, simulation_now(sim)));
}

/* --- what is seen --- */

static void changed(struct kube_proxy *proxy, struct known_service *known)
{
	known->dirty = true;
	request_sync(proxy);
}

/* DNS has no syncs. */
static void changed_headless(struct kube_proxy *proxy, struct known_service *known)
{
	struct pending *pending = compute(proxy, known);

	put_in_force(proxy, pending);
	pending_free(pending);
}

static void on_service(void *data, enum change kind, const struct object *old,
                       const struct object *object)
{
	struct kube_proxy *proxy = data;
	struct known_service *known = known_of(proxy, object->meta.namespace, object->meta.name);

	if (kind == CHANGE_MODIFIED && !proxy_cares_for_service(SERVICE(old), SERVICE(object))) {
		return;
	}
	if (service_is_headless(SERVICE(object))) {
		changed_headless(proxy, known);
	} else {
		changed(proxy, known);
	}
}

static void on_slice(void *data, enum change kind, const struct object *old,
                     const struct object *object)
{
	struct kube_proxy *proxy = data;
	const char *name = string_map_get(object->meta.labels, ENDPOINT_SLICE_SERVICE_LABEL);

	if (!name || (kind == CHANGE_MODIFIED &&
	              !proxy_cares_for_slice(ENDPOINT_SLICE(old), ENDPOINT_SLICE(object)))) {
		return;
	}
	const struct object *service = informer_get(proxy->services, object->meta.namespace, name);
	struct known_service *known = known_of(proxy, object->meta.namespace, name);

	if (service && service_is_headless(SERVICE(service))) {
		changed_headless(proxy, known);
	} else {
		changed(proxy, known);
	}
}

/* Hints are held against the node's own zone. */
static void on_node(void *data, enum change kind, const struct object *old,
                    const struct object *object)
{
	struct kube_proxy *proxy = data;
	const char *zone = string_map_get(object->meta.labels, ZONE_LABEL);

	if (kind == CHANGE_DELETED || g_strcmp0(object->meta.name, proxy->node) != 0 ||
	    g_strcmp0(zone, proxy->zone) == 0) {
		return;
	}
	g_free(proxy->zone);
	proxy->zone = g_strdup(zone);
	for (unsigned i = 0; i < proxy->known->len; i++) {
		changed(proxy, proxy->known->pdata[i]);
	}
}

/* --- life --- */

struct kube_proxy *kube_proxy_new(const struct cluster_environment *environment,
                                  const struct kube_proxy_settings *settings,
                                  const struct network *network, struct proxy_table *table)
{
	struct kube_proxy *proxy = g_new0(struct kube_proxy, 1);
	struct store *store = environment->store;
	sim_time delay = environment->watch_delay, now = simulation_now(environment->sim);

	proxy->environment = *environment;
	proxy->node = g_strdup(settings->node);
	proxy->ipvs = settings->ipvs;
	proxy->network = network;
	proxy->table = table;
	proxy->known = g_ptr_array_new_with_free_func(known_free);
	proxy->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	proxy->pending = g_ptr_array_new_with_free_func(pending_free);
	proxy->pod_names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	proxy_sync_init(&proxy->sync, environment->release->proxy_single_token,
	                settings->min_sync_period,
	                settings->ipvs ? settings->sync_period : PROXY_FULL_SYNC_PERIOD, now);
	schedule_start(proxy, proxy->sync.due);
	proxy->nodes = informer_new(store, KIND_NODE, delay, on_node, proxy);
	proxy->services = informer_new(store, KIND_SERVICE, delay, on_service, proxy);
	proxy->slices = informer_new(store, KIND_ENDPOINT_SLICE, delay, on_slice, proxy);
	return proxy;
}

void kube_proxy_free(struct kube_proxy *proxy)
{
	if (proxy) {
		simulation_cancel(proxy->environment.sim, &proxy->event);
		informer_free(proxy->slices);
		informer_free(proxy->services);
		informer_free(proxy->nodes);
		g_ptr_array_unref(proxy->pending);
		g_hash_table_unref(proxy->by_name);
		g_ptr_array_unref(proxy->known);
		g_hash_table_unref(proxy->pod_names);
		g_free(proxy->zone);
		g_free(proxy->node);
		g_free(proxy);
	}
}
