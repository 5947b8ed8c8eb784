/* control_plane.c - starts the actors with the settings of a scenario. */

#include "world/control_plane.h"

#include "cluster/deployment_controller.h"
#include "cluster/endpoint_slice_controller.h"
#include "cluster/endpoints_controller.h"
#include "cluster/garbage_collector.h"
#include "cluster/hpa_controller.h"
#include "cluster/kube_proxy.h"
#include "cluster/kubelet.h"
#include "cluster/metrics_adapter.h"
#include "cluster/replica_set_controller.h"
#include "cluster/scheduler.h"
#include "engine/random.h"

struct node_agents {
	struct kubelet *kubelet;
	struct kube_proxy *proxy;
	struct proxy_table *table;
};

struct control_plane {
	const struct scenario *scenario;
	struct cluster_environment environment;
	struct random_stream starts;
	struct deployment_controller *deployments;
	struct replica_set_controller *replica_sets;
	struct garbage_collector *garbage;
	struct scheduler *scheduler;
	struct endpoint_slice_controller *slices;
	struct endpoints_controller *endpoints;
	struct metrics_server *metrics_server;
	struct metrics_adapter *metrics_adapter;
	struct hpa_controller *hpas;
	struct node_agents *nodes;
};

/* --- what kubelets ask the world --- */

static sim_time image_pull_time(void *world, const struct pod *pod,
                                const struct container *container)
{
	const struct control_plane *plane = world;
	double u = random_uniform(&plane->starts, pod->object.meta.ordinal, 2);

	return distribution_duration(plane->scenario->timing.image_pull, u);
}

/* The first start of a pod makes its sandbox; a restart finds it there and is immediate. */
static sim_time container_start_time(void *world, const struct pod *pod,
                                     const struct container *container, uint32_t attempt)
{
	const struct control_plane *plane = world;
	double u = random_uniform(&plane->starts, pod->object.meta.ordinal, 1);

	return attempt == 0 ? distribution_duration(plane->scenario->timing.container_start, u) : 0;
}

static void start_node(struct control_plane *plane, const struct control_plane_parts *parts,
                       unsigned number)
{
	const struct component_settings *settings = &plane->scenario->components;
	const struct node_spec *spec = &plane->scenario->nodes[number];
	struct node_agents *node = &plane->nodes[number];
	struct random_stream phases =
	    random_stream_of(simulation_seed(parts->sim), RANDOM_PROBE_PHASE);
	struct kubelet_config config = {
	    .node_name = spec->name,
	    .node = number,
	    .network = parts->network,
	    .runtime = parts->runtime,
	};
	const struct kube_proxy_settings proxy = {
	    .node = spec->name,
	    .ipvs = settings->proxy_mode == PROXY_IPVS,
	    .min_sync_period = settings->proxy_min_sync_period,
	    .sync_period = settings->proxy_sync_period,
	};

	kubelet_config_defaults(&config);
	config.relist_period = settings->pleg_relist_period;
	config.relist_phase =
	    (sim_time)(random_uniform(&phases, number, 0) * (double)config.relist_period);
	config.sync_frequency = settings->sync_frequency;
	config.back_off.initial = settings->backoff_initial;
	config.back_off.max = settings->backoff_max;
	config.world = plane;
	config.image_pull_time = image_pull_time;
	config.container_start_time = container_start_time;
	node->kubelet = kubelet_new(&plane->environment, &config);
	node->table = proxy_table_new();
	node->proxy = kube_proxy_new(&plane->environment, &proxy, parts->network, node->table);
}
