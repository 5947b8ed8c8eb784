/* cadvisor.c - housekeeping of containers. */

#include "cluster/cadvisor.h"

#include "engine/random.h"
#include "kube/pod.h"

struct sampled { /* a running container */
	struct cadvisor *cadvisor;
	struct usage_source *source;
	uint64_t entity;
	uint64_t draws;
	sim_time interval;
	event_id housekeeping;
	bool has_sample;
	struct metrics_point newest;
	GList *link;
	void *kept; /* by the reader; NULL: nothing */
};

struct cadvisor {
	struct cluster_environment environment;
	struct usage_registry *usage;
	struct usage_listener listener;
	struct random_stream jitters;
	sim_time interval;
	bool jitter;
	unsigned n_nodes;
	GQueue *of_nodes;      /* struct sampled *, in order of discovery, of each node */
	GHashTable *by_source; /* struct usage_source * -> struct sampled * */
	GHashTable *attempts;  /* "uid/container" -> number of attempts seen */
	void (*release)(void *data, void *kept);
	void *data;
};

/* --- chance --- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	for (int i = 0; i < 8; i++) {
		hash = (hash ^ (value >> (8 * i) & 0xff)) * G_GUINT64_CONSTANT(1099511628211);
	}
	return hash;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
	for (const char *c = text ? text : ""; *c; c++) {
		hash = (hash ^ (unsigned char)*c) * G_GUINT64_CONSTANT(1099511628211);
	}
	return hash;
}

static uint64_t container_index(const struct pod *pod, const char *name)
{
	for (size_t i = 0; i < pod->spec->n_containers; i++) {
		if (g_str_equal(pod->spec->containers[i].name, name)) {
			return i;
		}
	}
	return pod->spec->n_containers;
}

/* A container's number that no generated name and no other setting has a part in: whose pod it is,
 * which one of them, and which container. */
static uint64_t entity_of(const struct cadvisor *cadvisor, const struct usage_source *source)
{
	const struct store *store = cadvisor->environment.store;
	const struct object *pod = store_get(store, KIND_POD, source->namespace, source->pod);
	uint64_t hash = mix_text(G_GUINT64_CONSTANT(14695981039346656037), source->namespace);

	if (!pod) {
		return mix_text(mix_text(hash, source->pod), source->container);
	}
	const struct owner_reference *owner = &pod->meta.owner;
	const struct object *set =
	    owner->kind == KIND_REPLICA_SET
		? store_get(store, KIND_REPLICA_SET, source->namespace, owner->name)
		: NULL;

	if (set && set->meta.owner.kind == KIND_DEPLOYMENT) {
		hash = mix(mix_text(hash, set->meta.owner.name), set->meta.ordinal);
	} else {
		hash = mix_text(hash, owner->kind == KIND_COUNT ? pod->meta.name : owner->name);
	}
	return mix(mix(hash, pod->meta.ordinal), container_index(POD(pod), source->container));
}

/* The first ordinal of an attempt's draws. */
static uint64_t first_draw(struct cadvisor *cadvisor, const struct usage_source *source)
{
	char *key = g_strdup_printf("%s/%s", source->pod_uid, source->container);
	const unsigned attempt = GPOINTER_TO_UINT(g_hash_table_lookup(cadvisor->attempts, key));

	g_hash_table_insert(cadvisor->attempts, key, GUINT_TO_POINTER(attempt + 1));
	return (uint64_t)attempt << 32;
}

/* --- housekeeping --- */

static void housekeep(struct simulation *sim, void *data)
{
	struct sampled *container = data;
	const struct cadvisor *cadvisor = container->cadvisor;
	const sim_time now = simulation_now(sim);
	const struct metrics_point before = container->newest;
	struct usage_reading reading = {0};

	container->source->read(container->source->self, now, &reading);
	container->newest =
	    metrics_point_of(now, reading.started_at, reading.cpu_seconds, reading.memory_bytes);
	if (container->has_sample) {
		container->interval =
		    metrics_housekeeping_interval(container->interval, cadvisor->interval,
		                                  before.cpu == container->newest.cpu &&
		                                      before.memory == container->newest.memory);
	}
	container->has_sample = true;

	const double u = cadvisor->jitter ? random_uniform(&cadvisor->jitters, container->entity,
	                                                   container->draws++)
	                                  : 0.5;
	const sim_time wait = container->interval + (sim_time)(u * (double)container->interval);

	container->housekeeping =
	    simulation_schedule_after(sim, wait, PHASE_OBSERVE, housekeep, container);
}

/* Sources of nodes that nobody scrapes are sampled as well: those share the last queue. */
static GQueue *queue_of(const struct cadvisor *cadvisor, const struct usage_source *source)
{
	return &cadvisor->of_nodes[MIN(source->node, cadvisor->n_nodes)];
}

static void discover(void *data, struct usage_source *source)
{
	struct cadvisor *cadvisor = data;
	struct sampled *container = g_new0(struct sampled, 1);

	container->cadvisor = cadvisor;
	container->source = source;
	container->interval = cadvisor->interval;
	container->entity = entity_of(cadvisor, source);
	container->draws = first_draw(cadvisor, source);
	g_queue_push_tail(queue_of(cadvisor, source), container);
	container->link = queue_of(cadvisor, source)->tail;
	g_hash_table_insert(cadvisor->by_source, source, container);
	/* An event of its own: the container is not ready to be read while it is announced. */
	container->housekeeping = simulation_schedule_after(cadvisor->environment.sim, 0,
	                                                    PHASE_OBSERVE, housekeep, container);
}

static void drop(struct sampled *container)
{
	struct cadvisor *cadvisor = container->cadvisor;

	simulation_cancel(cadvisor->environment.sim, &container->housekeeping);
	if (container->kept) {
		cadvisor->release(cadvisor->data, container->kept);
	}
	g_queue_delete_link(queue_of(cadvisor, container->source), container->link);
	g_free(container);
}

static void lose(void *data, struct usage_source *source)
{
	struct cadvisor *cadvisor = data;
	struct sampled *container = g_hash_table_lookup(cadvisor->by_source, source);

	g_hash_table_remove(cadvisor->by_source, source);
	drop(container);
}

/* --- life --- */

struct cadvisor *cadvisor_new(const struct cluster_environment *environment,
                              struct usage_registry *usage, sim_time interval, bool jitter,
                              unsigned nodes)
{
	struct cadvisor *cadvisor = g_new0(struct cadvisor, 1);

	cadvisor->environment = *environment;
	cadvisor->usage = usage;
	cadvisor->interval = interval;
	cadvisor->jitter = jitter;
	cadvisor->jitters = random_stream_of(simulation_seed(environment->sim), RANDOM_SCRAPE);
	cadvisor->by_source = g_hash_table_new(NULL, NULL);
	cadvisor->attempts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	cadvisor->n_nodes = nodes;
	cadvisor->of_nodes = g_new0(GQueue, nodes + 1);
	cadvisor->listener =
	    (struct usage_listener){.data = cadvisor, .added = discover, .removed = lose};
	usage_registry_listen(usage, &cadvisor->listener);
	return cadvisor;
}

void cadvisor_free(struct cadvisor *cadvisor)
{
	if (!cadvisor) {
		return;
	}
	usage_registry_unlisten(cadvisor->usage, &cadvisor->listener);
	for (unsigned i = 0; i <= cadvisor->n_nodes; i++) {
		while (cadvisor->of_nodes[i].head) {
			drop(cadvisor->of_nodes[i].head->data);
		}
	}
	g_free(cadvisor->of_nodes);
	g_hash_table_unref(cadvisor->by_source);
	g_hash_table_unref(cadvisor->attempts);
	g_free(cadvisor);
}

void cadvisor_on_loss(struct cadvisor *cadvisor, void (*release)(void *data, void *kept),
                      void *data)
{
	cadvisor->release = release;
	cadvisor->data = data;
}

void cadvisor_each(const struct cadvisor *cadvisor, unsigned node,
                   void (*fn)(void *data, const struct usage_source *source,
                              const struct metrics_point *sample, void **kept),
                   void *data)
{
	for (const GList *link = cadvisor->of_nodes[node].head; link; link = link->next) {
		struct sampled *container = link->data;

		if (container->has_sample) {
			fn(data, container->source, &container->newest, &container->kept);
		}
	}
}
