/* world.c - puts the parts together, runs them, and takes the record. */

#include "world/world.h"

#include "traffic/traffic.h"
#include "world/control_plane.h"
#include "world/nodes.h"
#include "world/objects.h"
#include "world/request_log.h"
#include "world/timeline.h"

struct world {
	const struct scenario *scenario;
	struct simulation *sim;
	struct store *store;
	struct network *network;
	struct usage_registry *usage;
	struct recorder *recorder;
	struct servers *servers;
	struct control_plane *plane;
	struct objects *objects;
	struct timeline *timeline;
	struct clients **clients;     /* one a load */
	const struct trace *requests; /* of the clients */
	GHashTable *nodes;            /* name -> number + 1 */
};

/* --- what the servers ask the world --- */

static unsigned node_of(void *data, const struct pod *pod)
{
	const struct world *world = data;

	return GPOINTER_TO_UINT(g_hash_table_lookup(world->nodes, pod->node_name)) - 1;
}

/* The Deployment that owns @pod's ReplicaSet, or NULL. */
static const char *deployment_of(const struct world *world, const struct pod *pod)
{
	const struct owner_reference *owner = &pod->object.meta.owner;

	if (owner->kind != KIND_REPLICA_SET) {
		return NULL;
	}
	const struct object *set =
	    store_get(world->store, KIND_REPLICA_SET, pod->object.meta.namespace, owner->name);

	return set && set->meta.owner.kind == KIND_DEPLOYMENT ? set->meta.owner.name : NULL;
}

static const struct application *application_of(void *data, const struct pod *pod,
                                                const struct container *container)
{
	const struct world *world = data;

	return scenario_application(world->scenario, pod->object.meta.namespace,
	                            deployment_of(world, pod), pod->object.meta.labels, container);
}

static struct network_address address_of(void *data, const struct pod *pod)
{
	struct world *world = data;

	return control_plane_address(world->plane, node_of(world, pod), pod);
}

static int64_t node_cpu(void *data, unsigned node)
{
	const struct world *world = data;
	int64_t milli;

	return resource_list_get(&world->scenario->nodes[node].allocatable, "cpu", &milli) ? milli
	                                                                                   : 4000;
}

static int64_t node_others(void *data, unsigned node)
{
	const struct world *world = data;
	int64_t milli;

	resource_list_get(&world->scenario->nodes[node].other_requests, "cpu", &milli);
	return milli;
}

/* --- building --- */

static struct servers *build_servers(struct world *world)
{
	const struct servers_environment environment = {
	    .sim = world->sim,
	    .network = world->network,
	    .usage = world->usage,
	    .trace = recorder_trace(world->recorder),
	    .applications = world->scenario->applications,
	    .n_applications = world->scenario->n_applications,
	    .application_of = application_of,
	    .address_of = address_of,
	    .node_of = node_of,
	    .node_cpu_milli = node_cpu,
	    .node_others_milli = node_others,
	    .world = world,
	    .rtt = world->scenario->rtt,
	    .cfs_throttling = world->scenario->cfs_throttling,
	    .cgroup_v1 = world->scenario->cgroup_v1,
	};

	return servers_new(&environment);
}

static struct control_plane *build_control_plane(struct world *world)
{
	const struct control_plane_parts parts = {
	    .scenario = world->scenario,
	    .sim = world->sim,
	    .store = world->store,
	    .trace = recorder_trace(world->recorder),
	    .network = world->network,
	    .usage = world->usage,
	    .runtime = servers_runtime(world->servers),
	};

	return control_plane_new(&parts);
}

static struct timeline *build_timeline(struct world *world)
{
	const struct timeline_targets targets = {
	    .sim = world->sim,
	    .store = world->store,
	    .objects = world->objects,
	    .servers = world->servers,
	    .metrics_server = control_plane_metrics_server(world->plane),
	    .recorder = world->recorder,
	};

	return timeline_new(world->scenario, &targets);
}

static bool apply_manifests(struct world *world, GError **error)
{
	const GPtrArray *manifests = world->scenario->manifests;

	for (unsigned i = 0; i < manifests->len; i++) {
		if (!objects_apply(world->objects, manifests->pdata[i], error)) {
			return false;
		}
	}
	return true;
}

static bool build_clients(struct world *world, GError **error)
{
	const struct scenario *scenario = world->scenario;

	world->clients = g_new0(struct clients *, scenario->n_loads);
	for (unsigned i = 0; i < scenario->n_loads; i++) {
		const struct load *load = &scenario->loads[i];
		const char *namespace = load->target.namespace ? load->target.namespace : "default";
		int node = nodes_find(scenario, load->node);

		if (node < 0) {
			doc_error_at_place(error, load->where, "there is no node '%s'", load->node);
			return false;
		}
		struct proxy_port *port =
		    proxy_table_port(control_plane_proxy_table(world->plane, (unsigned)node),
		                     namespace, load->target.service, load->target.port);

		world->clients[i] = clients_new(world->sim, world->servers, world->network,
		                                world->requests, load, i, port, scenario->rtt);
	}
	return true;
}

static struct world *world_new(const struct scenario *scenario)
{
	struct world *world = g_new0(struct world, 1);

	world->scenario = scenario;
	world->nodes = g_hash_table_new(g_str_hash, g_str_equal);
	for (unsigned i = 0; i < scenario->n_nodes; i++) {
		g_hash_table_insert(world->nodes, scenario->nodes[i].name, GUINT_TO_POINTER(i + 1));
	}
	world->sim = simulation_new(scenario->from, scenario->seed);
	world->store = store_new(world->sim);
	world->network = network_new();
	world->usage = usage_registry_new();
	world->recorder = recorder_new(world->store, world->usage, scenario);
	world->servers = build_servers(world);
	world->plane = build_control_plane(world);
	world->objects = objects_new(world->store, &scenario->release);
	world->timeline = build_timeline(world);
	return world;
}

static void world_free(struct world *world)
{
	if (world->recorder) { /* of a run that failed; it reads the containers once more */
		run_free(recorder_finish(world->recorder));
	}
	for (unsigned i = 0; world->clients && i < world->scenario->n_loads; i++) {
		clients_free(world->clients[i]);
	}
	g_free(world->clients);
	timeline_free(world->timeline);
	objects_free(world->objects);
	control_plane_free(world->plane);
	servers_free(world->servers);
	usage_registry_free(world->usage);
	network_free(world->network);
	store_free(world->store);
	simulation_free(world->sim);
	g_hash_table_unref(world->nodes);
	g_free(world);
}

/* --- the record of the clients --- */

static void read_bin(void *self, size_t i, uint64_t *done, uint64_t *failures,
                     const struct histogram **latency)
{
	struct clients *clients = self;
	const struct load_bin *bin = &clients_results(clients)->bins[i];

	*done = bin->done;
	*failures = bin->failures;
	*latency = clients_bin_latency(clients, i);
}

static void record_loads(struct world *world)
{
	for (unsigned i = 0; i < world->scenario->n_loads; i++) {
		const struct load_results *results = clients_results(world->clients[i]);
		const struct load_record record = {
		    .load = &world->scenario->loads[i],
		    .all_running = clients_all_running(world->clients[i]),
		    .requests = results->sent,
		    .failures = results->failures,
		    .outcomes = results->outcomes,
		    .latency = results->latency,
		    .bin_width = results->bin_width,
		    .n_bins = results->n_bins,
		    .bin = read_bin,
		    .self = world->clients[i],
		    .connections_opened = results->connections_opened,
		};

		recorder_add_load(world->recorder, &record);
	}
}

/* The request log of @scenario at @path; *@names gets what it borrows. */
static struct request_log *open_log(const struct scenario *scenario, const char *path,
                                    const char ***names, GError **error)
{
	*names = g_new0(const char *, scenario->n_loads + 1);
	for (size_t i = 0; i < scenario->n_loads; i++) {
		(*names)[i] = scenario->loads[i].name;
	}
	return request_log_open(path, *names, error);
}

/* Runs to the end of the scenario; in slices when somebody wants to know how far it is. */
static bool run_to_end(struct world *world, const struct world_progress *progress, GError **error)
{
	enum { SLICES = 1000 };
	const struct scenario *scenario = world->scenario;
	const sim_time slice = (scenario->to - scenario->from) / SLICES;
	sim_time until = scenario->from;

	while (progress && slice > 0 && until < scenario->to - slice) {
		until += slice;
		if (!simulation_run_until(world->sim, until, error) ||
		    timeline_failed(world->timeline, error)) {
			return false;
		}
		progress->tell(progress->data, scenario, until);
	}
	return simulation_run_until(world->sim, scenario->to, error) &&
	       !timeline_failed(world->timeline, error);
}

static struct run *run_world(const struct scenario *scenario, const struct trace *requests,
                             const struct world_progress *progress, GError **error)
{
	struct world *world = world_new(scenario);
	struct run *run = NULL;

	world->requests = requests ? requests : recorder_trace(world->recorder);
	bool good = nodes_create(world->store, scenario, error) && apply_manifests(world, error) &&
	            build_clients(world, error) && run_to_end(world, progress, error);

	if (good) {
		record_loads(world);
		run = recorder_finish(g_steal_pointer(&world->recorder));
		run->statistics.events = simulation_events(world->sim);
	}
	world_free(world);
	return run;
}

struct run *world_run(const struct scenario *scenario, GError **error)
{
	return world_run_watched(scenario, NULL, NULL, error);
}

struct run *world_run_logged(const struct scenario *scenario, const char *requests, GError **error)
{
	return world_run_watched(scenario, requests, NULL, error);
}

struct run *world_run_watched(const struct scenario *scenario, const char *requests,
                              const struct world_progress *progress, GError **error)
{
	if (!requests) {
		return run_world(scenario, NULL, progress, error);
	}
	g_autofree const char **names = NULL;
	struct request_log *log = open_log(scenario, requests, &names, error);

	if (!log) {
		return NULL;
	}
	struct run *run = run_world(scenario, request_log_trace(log), progress, error);

	if (!request_log_close(log, run ? error : NULL) && run) {
		run_free(run);
		return NULL;
	}
	return run;
}
