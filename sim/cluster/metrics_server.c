/* metrics_server.c - scrapes, what is kept of them, and queries. */

#include "cluster/metrics_server.h"

#include "cluster/cadvisor.h"
#include "engine/random.h"
#include "store/informer.h"

#define RANDOM_ENTITY 0x6d7376 /* among controllers' own tickers */

struct stored_container {
	const char *name; /* among those of its pod */
	struct metrics_point last, prev;
	bool has_prev;
};

/* A pod is looked up by name when the first sample of a container comes; from then on the container
 * leads to it. */
struct stored_pod {
	char *key;              /* "namespace/pod" */
	GPtrArray *names;       /* GRefString *, of all containers that it ever had, each once */
	unsigned containers_up; /* of which cAdvisor has samples */
	bool orphaned;          /* is among those to be looked at when the next batch is stored */
	GArray *containers;     /* struct stored_container; valid if stored in the last batch */
	uint64_t stored;        /* the last batch with it that was stored */
	GArray *fresh;          /* the same, of the batch under way */
	uint64_t fresh_batch;   /* which one that is */
	bool incomplete;        /* of that batch: a container shows no CPU or no memory yet */
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
	GHashTable *pods_by_key; /* "namespace/pod" -> struct stored_pod * */
	GPtrArray *batch;        /* struct stored_pod *, of the scrape under way */
	GPtrArray *orphans;      /* struct stored_pod *: no container leads to them any more */
	uint64_t stored;         /* number of the batch in force; 0: none */
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

static void stored_pod_free(void *data)
{
	struct stored_pod *pod = data;

	g_array_unref(pod->containers);
	g_array_unref(pod->fresh);
	g_ptr_array_unref(pod->names);
	g_free(pod->key);
	g_free(pod);
}

static GArray *containers_new(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct stored_container));
}

static struct stored_pod *stored_pod_new(void)
{
	struct stored_pod *pod = g_new0(struct stored_pod, 1);

	pod->containers = containers_new();
	pod->fresh = containers_new();
	pod->names = g_ptr_array_new_with_free_func((GDestroyNotify)g_ref_string_release);
	return pod;
}

static char *key_of(const char *namespace, const char *pod)
{
	return g_strdup_printf("%s/%s", namespace, pod);
}

static const struct stored_container *find_container(const GArray *containers, const char *name)
{
	for (unsigned i = 0; containers && i < containers->len; i++) {
		const struct stored_container *one =
		    &g_array_index(containers, struct stored_container, i);

		if (one->name == name) {
			return one;
		}
	}
	return NULL;
}

static void store_pod(const struct metrics_server *server, struct stored_pod *pod)
{
	GArray *before = pod->containers;
	const GArray *known = pod->stored == server->stored ? before : NULL;

	for (unsigned i = 0; i < pod->fresh->len; i++) {
		struct stored_container *one =
		    &g_array_index(pod->fresh, struct stored_container, i);
		const struct stored_container *old = find_container(known, one->name);

		one->has_prev = metrics_previous_point(
		    &one->last, old ? &old->last : NULL, old && old->has_prev ? &old->prev : NULL,
		    server->config.metric_resolution, &one->prev);
	}
	pod->containers = pod->fresh;
	pod->fresh = before;
	pod->stored = pod->fresh_batch;
}

/* The whole batch takes the place of what was there: pods that it lacks are forgotten at once. */
static void store_batch(struct metrics_server *server)
{
	for (unsigned i = 0; i < server->batch->len; i++) {
		struct stored_pod *pod = server->batch->pdata[i];

		if (!pod->incomplete) {
			store_pod(server, pod);
		}
	}
	g_ptr_array_set_size(server->batch, 0);
	server->stored = server->scrapes;
	for (unsigned i = 0; i < server->orphans->len; i++) {
		struct stored_pod *pod = server->orphans->pdata[i];

		if (pod->containers_up > 0) {
			pod->orphaned = false;
			g_ptr_array_remove_index_fast(server->orphans, i--);
		} else if (pod->stored != server->stored) {
			g_ptr_array_remove_index_fast(server->orphans, i--);
			g_hash_table_remove(server->pods_by_key, pod->key);
		}
	}
}

/* --- scrapes --- */

struct kept { /* of a container as long as it runs */
	struct stored_pod *pod;
	const char *name; /* among those of the pod */
};

static const char *name_in(struct stored_pod *pod, GRefString *name)
{
	for (unsigned i = 0; i < pod->names->len; i++) {
		if (g_str_equal(pod->names->pdata[i], name)) {
			return pod->names->pdata[i];
		}
	}
	g_ptr_array_add(pod->names, g_ref_string_acquire(name));
	return name;
}

static struct kept *keep(struct metrics_server *server, const struct usage_source *source)
{
	g_autofree char *key = key_of(source->namespace, source->pod);
	struct stored_pod *pod = g_hash_table_lookup(server->pods_by_key, key);
	struct kept *kept = g_new0(struct kept, 1);

	if (!pod) {
		pod = stored_pod_new();
		pod->key = g_steal_pointer(&key);
		g_hash_table_insert(server->pods_by_key, pod->key, pod);
	}
	pod->containers_up++;
	kept->pod = pod;
	kept->name = name_in(pod, source->container);
	return kept;
}

/* What is stored of it stays until the next batch is. */
static void lose_container(void *data, void *lost)
{
	const struct metrics_server *server = data;
	g_autofree struct kept *kept = lost;
	struct stored_pod *pod = kept->pod;

	if (--pod->containers_up == 0 && !pod->orphaned) {
		pod->orphaned = true;
		g_ptr_array_add(server->orphans, pod);
	}
}

static void add_to_batch(void *data, const struct usage_source *source,
                         const struct metrics_point *sample, void **slot)
{
	struct metrics_server *server = data;

	if (!*slot) {
		*slot = keep(server, source);
	}
	const struct kept *kept = *slot;
	struct stored_pod *pod = kept->pod;
	const struct stored_container container = {.name = kept->name, .last = *sample};

	if (pod->fresh_batch != server->scrapes) {
		pod->fresh_batch = server->scrapes;
		pod->incomplete = false;
		g_array_set_size(pod->fresh, 0);
		g_ptr_array_add(server->batch, pod);
	}
	pod->incomplete |= sample->cpu == 0 || sample->memory == 0;
	g_array_append_val(pod->fresh, container);
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
	server->waiting = server->config.nodes;
	g_ptr_array_set_size(server->batch, 0);
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
	g_ptr_array_set_size(server->batch, 0);
	server->stored = 0;
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

static bool is_known(const struct metrics_server *server, const struct stored_pod *pod)
{
	return server->stored && pod->stored == server->stored;
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
		const struct stored_pod *stored = g_hash_table_lookup(server->pods_by_key, key);
		struct metrics_pod_usage *usage =
		    stored && is_known(server, stored) ? usage_of(stored, meta->name) : NULL;

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
	server->cadvisor = cadvisor_new(environment, usage, config->housekeeping_interval,
	                                config->jitter, config->nodes);
	cadvisor_on_loss(server->cadvisor, lose_container, server);
	server->pods =
	    informer_new(environment->store, KIND_POD, environment->watch_delay, NULL, NULL);
	server->pods_by_key = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, stored_pod_free);
	server->batch = g_ptr_array_new();
	server->orphans = g_ptr_array_new();
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
	g_ptr_array_unref(server->batch);
	g_ptr_array_unref(server->orphans);
	g_hash_table_unref(server->pods_by_key);
	g_free(server->nodes);
	g_free(server);
}
