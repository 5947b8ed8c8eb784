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
	struct adapter_metric
	    *adapter_metrics; /* as the adapter wants them; strings are the scenario's */
	struct metrics_adapter *metrics_adapter;
	struct hpa_controller *hpas;
	struct proxy_view *proxy_view; /* of all nodes' proxies */
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
	    .view = plane->proxy_view,
	};

	kubelet_config_defaults(&config);
	config.relist_period = settings->pleg_relist_period;
	config.relist_phase =
	    (sim_time)(random_uniform(&phases, number, 0) * (double)config.relist_period);
	config.sync_frequency = settings->sync_frequency;
	config.back_off.initial = settings->backoff_initial;
	config.back_off.maximum = settings->backoff_max;
	config.world = plane;
	config.image_pull_time = image_pull_time;
	config.container_start_time = container_start_time;
	node->kubelet = kubelet_new(&plane->environment, &config);
	node->table = proxy_table_new();
	node->proxy = kube_proxy_new(&plane->environment, &proxy, parts->network, node->table);
}

/* --- metrics --- */

static enum adapter_source source_of(enum custom_metric_source of)
{
	static const enum adapter_source sources[] = {
	    [CUSTOM_IN_FLIGHT] = ADAPTER_IN_FLIGHT,       [CUSTOM_RATE] = ADAPTER_RATE,
	    [CUSTOM_LATENCY] = ADAPTER_LATENCY,           [CUSTOM_ERROR_RATE] = ADAPTER_ERROR_RATE,
	    [CUSTOM_QUEUE_LENGTH] = ADAPTER_QUEUE_LENGTH, [CUSTOM_CSV] = ADAPTER_SERIES,
	};

	return sources[of];
}

static struct adapter_metric adapter_metric_of(const struct custom_metric *metric)
{
	static const enum adapter_scope scopes[] = {
	    [CUSTOM_PER_POD] = ADAPTER_PER_POD,
	    [CUSTOM_PER_SERVICE] = ADAPTER_PER_OBJECT,
	    [CUSTOM_EXTERNAL] = ADAPTER_EXTERNAL,
	};
	struct adapter_point *points = g_new0(struct adapter_point, metric->n_series);

	for (size_t i = 0; i < metric->n_series; i++) {
		points[i] = (struct adapter_point){metric->series[i].at, metric->series[i].rate};
	}
	return (struct adapter_metric){
	    .name = metric->name,
	    .namespace = metric->namespace ? metric->namespace : "default",
	    .source = source_of(metric->of),
	    .scope = scopes[metric->per],
	    .object_name = metric->object_name,
	    .quantile = metric->quantile,
	    .over = metric->over,
	    .scrape_interval = metric->scrape_interval,
	    .delay = metric->adapter_delay,
	    .points = points,
	    .n_points = metric->n_series,
	};
}

static void start_metrics(struct control_plane *plane, const struct control_plane_parts *parts)
{
	const struct scenario *scenario = plane->scenario;
	const struct component_settings *settings = &scenario->components;
	struct metrics_server_config config;

	metrics_server_config_defaults(&config);
	config.metric_resolution = settings->metric_resolution;
	config.housekeeping_interval = settings->housekeeping_interval;
	config.nodes = (unsigned)scenario->n_nodes;
	plane->metrics_server = metrics_server_new(&plane->environment, &config, parts->usage);
	if (scenario->n_metrics > 0) {
		plane->adapter_metrics = g_new0(struct adapter_metric, scenario->n_metrics);
		for (size_t i = 0; i < scenario->n_metrics; i++) {
			plane->adapter_metrics[i] = adapter_metric_of(&scenario->metrics[i]);
		}
		plane->metrics_adapter = metrics_adapter_new(
		    &plane->environment, plane->adapter_metrics, scenario->n_metrics, parts->usage);
	}
}

static void start_hpas(struct control_plane *plane)
{
	const struct component_settings *settings = &plane->scenario->components;
	struct hpa_controller_config config;

	hpa_controller_config_defaults(&config);
	config.settings.tolerance = settings->hpa_tolerance;
	config.settings.cpu_initialization_period = settings->hpa_cpu_initialization_period;
	config.settings.initial_readiness_delay = settings->hpa_initial_readiness_delay;
	config.settings.downscale_stabilization = settings->hpa_downscale_stabilization;
	config.sync_period = settings->hpa_sync_period;
	config.overhead = plane->scenario->timing.hpa_overhead;
	config.workers = (unsigned)settings->concurrent_hpa_syncs;
	plane->hpas = hpa_controller_new(&plane->environment, &config, plane->metrics_server,
	                                 plane->metrics_adapter);
}

/* --- life --- */

struct control_plane *control_plane_new(const struct control_plane_parts *parts)
{
	struct control_plane *plane = g_new0(struct control_plane, 1);
	const struct scenario *scenario = parts->scenario;
	const struct component_settings *settings = &scenario->components;

	plane->scenario = scenario;
	plane->environment = (struct cluster_environment){
	    .sim = parts->sim,
	    .store = parts->store,
	    .trace = parts->trace,
	    .release = &scenario->release,
	    .watch_delay = scenario->timing.watch,
	    .controller_delay = scenario->timing.controller,
	    .status_delay = scenario->timing.status_update,
	    .proxy_sync = scenario->timing.proxy_sync,
	    .scheduling = scenario->timing.scheduling,
	};
	plane->starts = random_stream_of(simulation_seed(parts->sim), RANDOM_START);
	plane->deployments = deployment_controller_new(&plane->environment);
	plane->replica_sets = replica_set_controller_new(&plane->environment);
	plane->garbage = garbage_collector_new(&plane->environment);
	plane->scheduler = scheduler_new(&plane->environment, settings->scheduler_initial_backoff,
	                                 settings->scheduler_max_backoff);
	plane->slices =
	    endpoint_slice_controller_new(&plane->environment, settings->endpointslice_batch_period,
	                                  (unsigned)settings->max_endpoints_per_slice);
	plane->endpoints = endpoints_controller_new(&plane->environment);
	start_metrics(plane, parts);
	start_hpas(plane);
	plane->proxy_view = proxy_view_new(&plane->environment, parts->network);
	plane->nodes = g_new0(struct node_agents, scenario->n_nodes);
	for (unsigned i = 0; i < scenario->n_nodes; i++) {
		start_node(plane, parts, i);
	}
	return plane;
}

void control_plane_free(struct control_plane *plane)
{
	for (unsigned i = 0; i < plane->scenario->n_nodes; i++) {
		kube_proxy_free(plane->nodes[i].proxy);
		proxy_table_free(plane->nodes[i].table);
		kubelet_free(plane->nodes[i].kubelet);
	}
	proxy_view_free(plane->proxy_view);
	g_free(plane->nodes);
	hpa_controller_free(plane->hpas);
	metrics_adapter_free(plane->metrics_adapter);
	for (size_t i = 0; i < plane->scenario->n_metrics; i++) {
		g_free((void *)plane->adapter_metrics[i].points);
	}
	g_free(plane->adapter_metrics);
	metrics_server_free(plane->metrics_server);
	endpoints_controller_free(plane->endpoints);
	endpoint_slice_controller_free(plane->slices);
	scheduler_free(plane->scheduler);
	garbage_collector_free(plane->garbage);
	replica_set_controller_free(plane->replica_sets);
	deployment_controller_free(plane->deployments);
	g_free(plane);
}

struct proxy_table *control_plane_proxy_table(struct control_plane *plane, unsigned node)
{
	return plane->nodes[node].table;
}

struct metrics_server *control_plane_metrics_server(struct control_plane *plane)
{
	return plane->metrics_server;
}

struct network_address control_plane_address(struct control_plane *plane, unsigned node,
                                             const struct pod *pod)
{
	return kubelet_address_of(plane->nodes[node].kubelet, pod->object.meta.uid);
}
