/* metrics_server.c - scrapes, what is kept of them, and queries. */

#include "cluster/metrics_server.h"

#include "cluster/cadvisor.h"
#include "engine/random.h"
#include "store/informer.h"

#define RANDOM_ENTITY 0x6d7376 /* among controllers' own tickers */

struct stored_container {
	GRefString *name;
	struct metrics_point last, prev;
	bool has_prev;
};

struct stored_pod {
	GArray *containers; /* struct stored_container */
	bool incomplete;    /* of a batch: a container shows no CPU or no memory yet */
};

struct node_scrape {
	struct metrics_server *server;
	unsigned node;
	event_id request;
};

struct metrics_server {
	struct cluster_environment environment;
	struct metrics_server_config config;
	struct random_stream chance;
	struct cadvisor *cadvisor;
	struct informer *pods;
	GHashTable *stored; /* "namespace/pod" -> struct stored_pod * */
	GHashTable *batch;  /* same, of the scrape under way; NULL: none is */
	struct node_scrape *nodes;
	unsigned waiting; /* nodes that have not answered yet */
	uint64_t scrapes;
	event_id tick;
	bool out;
};

void metrics_server_config_defaults(struct metrics_server_config *config)
{
	*config = (struct metrics_server_config){
	    .metric_resolution = 15 * SIM_SECOND,
	    .housekeeping_interval = 10 * SIM_SECOND,
	    .jitter = true,
	    .nodes = 1,
	};
}

/* --- what is kept --- */

static void clear_container(void *data)
{
	struct stored_container *container = data;

	g_ref_string_release(container->name);
}

static void stored_pod_free(void *data)
{
	struct stored_pod *pod = data;

	g_array_unref(pod->containers);
	g_free(pod);
}

static GHashTable *pods_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, stored_pod_free);
}

static char *key_of(const char *namespace, const char *pod)
{
	return g_strdup_printf("%s/%s", namespace, pod);
}

static const struct stored_container *find_container(const struct stored_pod *pod, const char *name)
{
	for (unsigned i = 0; pod && i < pod->containers->len; i++) {
		const struct stored_container *one =
		    &g_array_index(pod->containers, struct stored_container, i);

		if (g_str_equal(one->name, name)) {
			return one;
		}
	}
	return NULL;
}

/* The whole batch takes the place of what was there: pods that it lacks are forgotten at once. */
static void store_batch(struct metrics_server *server)
{
	GHashTableIter iter;
	void *key, *value;

	g_hash_table_iter_init(&iter, server->batch);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		struct stored_pod *pod = value;
		const struct stored_pod *before = g_hash_table_lookup(server->stored, key);

		if (pod->incomplete) {
			g_hash_table_iter_remove(&iter);
			continue;
		}
		for (unsigned i = 0; i < pod->containers->len; i++) {
			struct stored_container *one =
			    &g_array_index(pod->containers, struct stored_container, i);
			const struct stored_container *old = find_container(before, one->name);

			one->has_prev =
			    metrics_previous_point(&one->last, old ? &old->last : NULL,
			                           old && old->has_prev ? &old->prev : NULL,
			                           server->config.metric_resolution, &one->prev);
		}
	}
	g_hash_table_unref(server->stored);
	server->stored = g_steal_pointer(&server->batch);
}

/* --- scrapes --- */

static void add_to_batch(void *data, const struct usage_source *source,
                         const struct metrics_point *sample)
{
	struct metrics_server *server = data;
	char *key = key_of(source->namespace, source->pod);
	struct stored_pod *pod = g_hash_table_lookup(server->batch, key);
	const struct stored_container container = {.name = g_ref_string_acquire(source->container),
	                                           .last = *sample};

	if (pod) {
		g_free(key);
	} else {
		pod = g_new0(struct stored_pod, 1);
		pod->containers = g_array_new(FALSE, FALSE, sizeof(struct stored_container));
		g_array_set_clear_func(pod->containers, clear_container);
		g_hash_table_insert(server->batch, key, pod);
	}
	pod->incomplete |= sample->cpu == 0 || sample->memory == 0;
	g_array_append_val(pod->containers, container);
}

static void scrape_node(struct simulation *sim, void *data)
{
	struct node_scrape *node = data;
	struct metrics_server *server = node->server;

	node->request = EVENT_NONE;
	cadvisor_each(server->cadvisor, node->node, add_to_batch, server);
	if (--server->waiting == 0) {
		store_batch(server);
	}
}

/* Requests are spread so that not all nodes answer at once. */
static sim_time request_delay(const struct metrics_server *server, unsigned node)
{
	const sim_time most = MIN(8 * SIM_MILLISECOND * server->config.nodes, 4 * SIM_SECOND);

	if (!server->config.jitter) {
		return 0;
	}
	return (sim_time)(random_uniform(&server->chance,
	                                 RANDOM_ENTITY + ((uint64_t)node + 1) * 0x1000000,
	                                 server->scrapes) *
	                  (double)most);
}

static void scrape(struct simulation *sim, void *data)
{
	struct metrics_server *server = data;

	server->tick = simulation_schedule_after(sim, server->config.metric_resolution, PHASE_TICK,
	                                         scrape, server);
	server->batch = pods_new();
	server->waiting = server->config.nodes;
	for (unsigned i = 0; i < server->config.nodes; i++) {
		server->nodes[i].request = simulation_schedule_after(
		    sim, request_delay(server, i), PHASE_TICK, scrape_node, &server->nodes[i]);
	}
	server->scrapes++;
}

static void stop(struct metrics_server *server)
{
	struct simulation *sim = server->environment.sim;

	simulation_cancel(sim, &server->tick);
	for (unsigned i = 0; i < server->config.nodes; i++) {
		simulation_cancel(sim, &server->nodes[i].request);
	}
	g_clear_pointer(&server->batch, g_hash_table_unref);
	g_hash_table_remove_all(server->stored);
}

void metrics_server_set_outage(struct metrics_server *server, bool out)
{
	if (out == server->out) {
		return;
	}
	server->out = out;
	if (out) {
		stop(server);
	} else {
		server->tick = simulation_schedule_after(server->environment.sim, 0, PHASE_TICK,
		                                         scrape, server);
	}
}

/* --- queries --- */

static void pod_usage_free(void *data)
{
	struct metrics_pod_usage *usage = data;

	g_free(usage->containers);
	g_free(usage);
}

/* NULL while a container has one point only. */
static struct metrics_pod_usage *usage_of(const struct stored_pod *stored, const char *name)
{
	const GArray *containers = stored->containers;
	struct metrics_pod_usage *usage = g_new0(struct metrics_pod_usage, 1);
	const struct stored_container *oldest = NULL;

	usage->pod = name;
	usage->containers = g_new0(struct metrics_container_usage, containers->len);
	for (unsigned i = 0; i < containers->len; i++) {
		const struct stored_container *one =
		    &g_array_index(containers, struct stored_container, i);
		struct metrics_container_usage *container = &usage->containers[usage->n_containers];

		if (!one->has_prev) {
			pod_usage_free(usage);
			return NULL;
		}
		if (!metrics_cpu_usage(&one->last, &one->prev, &container->cpu_nano)) {
			continue; /* the rest of the pod is reported without it */
		}
		container->name = one->name;
		container->memory_bytes = one->last.memory;
		usage->n_containers++;
		if (!oldest || one->last.time < oldest->last.time) {
			oldest = one;
		}
	}
	if (oldest) {
		usage->timestamp = oldest->last.time;
		usage->window = oldest->last.time - oldest->prev.time;
	}
	return usage;
}

GPtrArray *metrics_server_query(struct metrics_server *server, const char *namespace,
                                const struct label_selector *selector, const char **failure)
{
	if (server->out) {
		*failure = "the server is currently unable to handle the request (get "
		           "pods.metrics.k8s.io)";
		return NULL;
	}
	GPtrArray *answer = g_ptr_array_new_with_free_func(pod_usage_free);
	g_autoptr(GPtrArray) pods = informer_list(server->pods);

	for (unsigned i = 0; i < pods->len; i++) {
		const struct object_meta *meta = &((const struct object *)pods->pdata[i])->meta;

		if (g_strcmp0(meta->namespace, namespace) != 0 ||
		    !label_selector_matches(selector, meta->labels)) {
			continue;
		}
		g_autofree char *key = key_of(meta->namespace, meta->name);
		const struct stored_pod *stored = g_hash_table_lookup(server->stored, key);
		struct metrics_pod_usage *usage = stored ? usage_of(stored, meta->name) : NULL;

		if (usage) {
			g_ptr_array_add(answer, usage);
		}
	}
	return answer;
}

/* --- life --- */

struct metrics_server *metrics_server_new(const struct cluster_environment *environment,
                                          const struct metrics_server_config *config,
                                          struct usage_registry *usage)
{
	struct metrics_server *server = g_new0(struct metrics_server, 1);

	server->environment = *environment;
	server->config = *config;
	server->chance = random_stream_of(simulation_seed(environment->sim), RANDOM_CONTROLLER);
	server->cadvisor =
	    cadvisor_new(environment, usage, config->housekeeping_interval, config->jitter);
	server->pods =
	    informer_new(environment->store, KIND_POD, environment->watch_delay, NULL, NULL);
	server->stored = pods_new();
	server->nodes = g_new0(struct node_scrape, config->nodes);
	for (unsigned i = 0; i < config->nodes; i++) {
		server->nodes[i] = (struct node_scrape){.server = server, .node = i};
	}
	const double phase = config->jitter ? random_uniform(&server->chance, RANDOM_ENTITY, 0) : 0;

	server->tick = simulation_schedule_after(
	    environment->sim, (sim_time)(phase * (double)config->metric_resolution), PHASE_TICK,
	    scrape, server);
	return server;
}

void metrics_server_free(struct metrics_server *server)
{
	if (!server) {
		return;
	}
	stop(server);
	cadvisor_free(server->cadvisor);
	informer_free(server->pods);
	g_hash_table_unref(server->stored);
	g_free(server->nodes);
	g_free(server);
}
