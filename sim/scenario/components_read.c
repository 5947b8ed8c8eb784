/* components_read.c - settings of the control plane and of the node agents, under the names of
 * their real flags and configuration fields, with their real defaults. Source:
 * pkg/controller/podautoscaler/config/v1alpha1/defaults.go, pkg/controller/endpointslice/config,
 * pkg/kubelet/apis/config/v1beta1/defaults.go, pkg/proxy/apis/config/v1alpha1/defaults.go,
 * pkg/scheduler/apis/config/v1/defaults.go; metrics-server's released manifest for its resolution.
 */

#include "scenario/sections.h"

#include <math.h>

#define HPA_FLAG(name) "horizontal-pod-autoscaler-" name

static void read_controller_manager(struct reader *reader, const struct doc *map,
                                    struct component_settings *c)
{
	static const char *const known[] = {HPA_FLAG("sync-period"),
	                                    HPA_FLAG("downscale-stabilization"),
	                                    HPA_FLAG("cpu-initialization-period"),
	                                    HPA_FLAG("initial-readiness-delay"),
	                                    HPA_FLAG("tolerance"),
	                                    "concurrent-horizontal-pod-autoscaler-syncs",
	                                    "endpointslice-updates-batch-period",
	                                    "max-endpoints-per-slice",
	                                    NULL};

	c->hpa_sync_period = 15 * SIM_SECOND;
	c->hpa_downscale_stabilization = 5 * SIM_MINUTE;
	c->hpa_cpu_initialization_period = 5 * SIM_MINUTE;
	c->hpa_initial_readiness_delay = 30 * SIM_SECOND;
	c->hpa_tolerance = 0.1;
	c->concurrent_hpa_syncs = 5;
	c->endpointslice_batch_period = 0;
	c->max_endpoints_per_slice = 100;
	if (!fields_map(reader, map, "kubeControllerManager", known)) {
		return;
	}
	fields_duration(reader, map, known[0], SIM_MILLISECOND, &c->hpa_sync_period);
	fields_duration(reader, map, known[1], 0, &c->hpa_downscale_stabilization);
	fields_duration(reader, map, known[2], 0, &c->hpa_cpu_initialization_period);
	fields_duration(reader, map, known[3], 0, &c->hpa_initial_readiness_delay);
	fields_number(reader, map, known[4], 0, INFINITY, &c->hpa_tolerance);
	fields_int(reader, map, known[5], 1, 1000, &c->concurrent_hpa_syncs);
	fields_duration(reader, map, known[6], 0, &c->endpointslice_batch_period);
	fields_int(reader, map, known[7], 1, 1000, &c->max_endpoints_per_slice);
}

static void read_metrics_server(struct reader *reader, const struct doc *map,
                                struct component_settings *c)
{
	static const char *const known[] = {"metric-resolution", NULL};

	c->metric_resolution = 15 * SIM_SECOND;
	if (fields_map(reader, map, "metricsServer", known)) {
		/* metrics-server refuses to start below 10 s. */
		fields_duration(reader, map, known[0], 10 * SIM_SECOND, &c->metric_resolution);
	}
}

static void read_kubelet(struct reader *reader, const struct doc *map, struct component_settings *c)
{
	static const char *const known[] = {"syncFrequency", "housekeeping-interval",
	                                    "crashLoopBackOff", NULL};
	static const char *const backoff[] = {"maxContainerRestartPeriod", NULL};
	const struct doc *crash_loop = doc_get(map, "crashLoopBackOff");

	c->sync_frequency = SIM_MINUTE;
	c->housekeeping_interval = 10 * SIM_SECOND;
	c->backoff_initial = 10 * SIM_SECOND;
	c->backoff_max = 300 * SIM_SECOND;
	c->pleg_relist_period = SIM_SECOND;
	if (!fields_map(reader, map, "kubelet", known)) {
		return;
	}
	fields_duration(reader, map, "syncFrequency", SIM_SECOND, &c->sync_frequency);
	fields_duration(reader, map, "housekeeping-interval", SIM_SECOND,
	                &c->housekeeping_interval);
	if (fields_map(reader, crash_loop, "crashLoopBackOff", backoff) &&
	    fields_duration(reader, crash_loop, backoff[0], SIM_SECOND, &c->backoff_max)) {
		if (c->backoff_max > 300 * SIM_SECOND) {
			fields_fault(reader, doc_get(crash_loop, backoff[0]),
			             "`%s` must be at most 300s, not %s", backoff[0],
			             doc_text(doc_get(crash_loop, backoff[0])));
		}
		/* Source: pkg/kubelet/kubelet.go, newCrashLoopBackOff: the initial wait never
		 * exceeds the longest. */
		c->backoff_initial = MIN(c->backoff_initial, c->backoff_max);
	}
}

static void read_proxy(struct reader *reader, const struct doc *map, struct component_settings *c)
{
	static const char *const known[] = {"mode", "iptables", "ipvs", "nftables", NULL};
	static const char *const modes[] = {"iptables", "ipvs", "nftables", NULL};
	static const char *const periods[] = {"minSyncPeriod", "syncPeriod", NULL};
	int mode = PROXY_IPTABLES;

	c->proxy_sync_period = 30 * SIM_SECOND;
	if (fields_map(reader, map, "kubeProxy", known)) {
		fields_word(reader, map, "mode", modes, &mode);
	}
	c->proxy_mode = (enum proxy_mode)mode;
	c->proxy_min_sync_period = mode == PROXY_IPVS ? 0 : SIM_SECOND;
	for (int i = 0; modes[i]; i++) {
		const struct doc *own = doc_get(map, modes[i]);
		sim_time least = c->proxy_min_sync_period, period = c->proxy_sync_period;

		if (!fields_map(reader, own, modes[i], periods)) {
			continue;
		}
		fields_duration(reader, own, "minSyncPeriod", 0, &least);
		fields_duration(reader, own, "syncPeriod", SIM_MILLISECOND, &period);
		if (least > period) {
			fields_fault(reader, own, "`minSyncPeriod` must not exceed `syncPeriod`");
		}
		if (i == mode) {
			c->proxy_min_sync_period = least;
			c->proxy_sync_period = period;
		}
	}
}

static void read_scheduler(struct reader *reader, const struct doc *map,
                           struct component_settings *c)
{
	static const char *const known[] = {"podInitialBackoffSeconds", "podMaxBackoffSeconds",
	                                    NULL};
	int initial = 1, most = 10;

	if (fields_map(reader, map, "kubeScheduler", known)) {
		fields_int(reader, map, known[0], 1, 86400, &initial);
		fields_int(reader, map, known[1], 1, 86400, &most);
		if (most < initial) {
			fields_fault(reader, map, "`%s` must not lie below `%s`", known[1],
			             known[0]);
		}
	}
	c->scheduler_initial_backoff = initial * SIM_SECOND;
	c->scheduler_max_backoff = most * SIM_SECOND;
}

void read_components(struct reader *reader, const struct doc *cluster,
                     struct component_settings *components)
{
	read_controller_manager(reader, doc_get(cluster, "kubeControllerManager"), components);
	read_metrics_server(reader, doc_get(cluster, "metricsServer"), components);
	read_kubelet(reader, doc_get(cluster, "kubelet"), components);
	read_proxy(reader, doc_get(cluster, "kubeProxy"), components);
	read_scheduler(reader, doc_get(cluster, "kubeScheduler"), components);
}
