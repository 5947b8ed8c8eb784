/* kube_proxy.c - programs one node's proxy table from Services and EndpointSlices. */

#include "cluster/kube_proxy.h"

#include "rules/proxy_sync.h"

struct known_service {
	const struct proxy_service *service;
	bool dirty;                  /* has changed since the last sync started */
	GArray *programmed;          /* int: port numbers in the table */
	struct proxy_rule_set *last; /* that was put in force; NULL: none */
};

struct pending { /* computed at the start of a sync, in force at its end */
	struct known_service *known;
	const struct object *service; /* a reference; NULL: gone */
	struct proxy_rule_set *rules;
};

struct kube_proxy {
	struct cluster_environment environment;
	char *node;
	char *zone;
	bool ipvs;
	struct proxy_table *table;
	struct proxy_view *view, *own; /* own: NULL when the view is shared */
	struct proxy_sync sync;
	event_id event;     /* start or end of a sync */
	GPtrArray *known;   /* struct known_service *, by the number of the Service in the view */
	GPtrArray *pending; /* struct pending *, of the running sync */
};

static void start_sync(struct simulation *sim, void *data);
static void end_sync(struct simulation *sim, void *data);

/* --- bookkeeping --- */

static void known_free(void *data)
{
	struct known_service *known = data;

	g_array_unref(known->programmed);
	proxy_rule_set_unref(known->last);
	g_free(known);
}

static void pending_free(void *data)
{
	struct pending *pending = data;

	object_unref(pending->service);
	proxy_rule_set_unref(pending->rules);
	g_free(pending);
}

static struct known_service *known_of(struct kube_proxy *proxy, unsigned number)
{
	while (proxy->known->len <= number) {
		struct known_service *known = g_new0(struct known_service, 1);

		known->service = proxy_view_service(proxy->view, proxy->known->len);
		known->programmed = g_array_new(FALSE, FALSE, sizeof(int));
		g_ptr_array_add(proxy->known, known);
	}
	return proxy->known->pdata[number];
}

static struct pending *compute(struct kube_proxy *proxy, struct known_service *known)
{
	struct pending *pending = g_new0(struct pending, 1);
	unsigned number = known->service->number;
	const struct service *service = proxy_view_look(proxy->view, number);

	pending->known = known;
	pending->service = service ? object_ref(&service->object) : NULL;
	pending->rules = proxy_view_rules(proxy->view, number, proxy->node, proxy->zone);
	return pending;
}

/* --- from rules to the table --- */

static void program_port(struct kube_proxy *proxy, const struct proxy_service *known,
                         const struct service *service, const struct proxy_rules *rules)
{
	struct proxy_port *port =
	    proxy_table_port(proxy->table, known->namespace, known->name, rules->port);

	port->round_robin = proxy->ipvs;
	port->affinity = service->session_affinity && !service_is_headless(service);
	port->affinity_timeout = service->affinity_timeout_seconds * SIM_SECOND;
	proxy_port_share(port, rules->targets, rules->has_any_endpoints);
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

static bool same_pods(const struct proxy_rule_set *a, const struct proxy_rule_set *b)
{
	bool same = a->number == b->number || a->pods->len == b->pods->len;

	for (unsigned i = 0; same && a->number != b->number && i < a->pods->len; i++) {
		same = a->pods->pdata[i] == b->pods->pdata[i];
	}
	return same;
}

static void tell(struct kube_proxy *proxy, struct known_service *known, struct proxy_rule_set *set)
{
	const struct trace *trace = proxy->environment.trace;
	bool news = known->last ? !same_pods(set, known->last) : set->pods->len > 0;

	if (trace->endpoints && news) {
		const struct endpoints_trace t = {
		    .at = simulation_now(proxy->environment.sim),
		    .node = proxy->node,
		    .namespace = known->service->namespace,
		    .service = known->service->name,
		    .pods = (const char *const *)set->pods->pdata,
		    .n_pods = set->pods->len,
		    .set = proxy->own ? 0 : set->number,
		};

		trace->endpoints(trace->self, &t);
	}
	proxy_rule_set_unref(known->last);
	known->last = set;
	set->refs++;
}

static void put_in_force(struct kube_proxy *proxy, const struct pending *pending)
{
	struct known_service *known = pending->known;
	const struct proxy_service *service = known->service;
	const GPtrArray *list = pending->rules->rules;

	for (unsigned i = 0; i < known->programmed->len; i++) {
		int port = g_array_index(known->programmed, int, i);

		if (!has_port(list, port)) {
			proxy_port_program(
			    proxy_table_port(proxy->table, service->namespace, service->name, port),
			    NULL, 0, false, false);
		}
	}
	g_array_set_size(known->programmed, 0);
	for (unsigned i = 0; i < list->len; i++) {
		const struct proxy_rules *rules = list->pdata[i];

		program_port(proxy, service, SERVICE(pending->service), rules);
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

static void on_change(void *self, const struct proxy_service *service, bool headless)
{
	struct kube_proxy *proxy = self;
	struct known_service *known = known_of(proxy, service->number);

	if (headless) { /* DNS has no syncs */
		struct pending *pending = compute(proxy, known);

		put_in_force(proxy, pending);
		pending_free(pending);
	} else {
		changed(proxy, known);
	}
}

static void on_move(void *self, const char *zone)
{
	struct kube_proxy *proxy = self;

	if (g_strcmp0(zone, proxy->zone) == 0) {
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
	sim_time now = simulation_now(environment->sim);

	proxy->environment = *environment;
	proxy->node = g_strdup(settings->node);
	proxy->ipvs = settings->ipvs;
	proxy->own = settings->view ? NULL : proxy_view_new(environment, network);
	proxy->view = settings->view ? settings->view : proxy->own;
	proxy->table = table;
	proxy->known = g_ptr_array_new_with_free_func(known_free);
	proxy->pending = g_ptr_array_new_with_free_func(pending_free);
	proxy_sync_init(&proxy->sync, environment->release->proxy_single_token,
	                settings->min_sync_period,
	                settings->ipvs ? settings->sync_period : PROXY_FULL_SYNC_PERIOD, now);
	schedule_start(proxy, proxy->sync.due);
	const struct proxy_listener listener = {proxy, proxy->node, on_change, on_move};

	proxy_view_join(proxy->view, &listener);
	return proxy;
}

void kube_proxy_free(struct kube_proxy *proxy)
{
	if (proxy) {
		simulation_cancel(proxy->environment.sim, &proxy->event);
		g_ptr_array_unref(proxy->pending);
		g_ptr_array_unref(proxy->known);
		proxy_view_free(proxy->own);
		g_free(proxy->zone);
		g_free(proxy->node);
		g_free(proxy);
	}
}
