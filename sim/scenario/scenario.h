/* scenario.h - a whole scenario, read and checked: plain data, never changed after loading.
 *
 * Reading turns the file into this, with every fault as file:line:column. What only the API server
 * can judge (a patch of an object that another action made) is judged when the timeline is carried
 * out, with the place kept here. */

#pragma once

#include "kube/object.h"
#include "kube/patch.h"
#include "kube/pod.h"
#include "kube/release.h"
#include "scenario/application.h"
#include "scenario/expect.h"
#include "scenario/load.h"

struct node_spec { /* after `count` was unrolled */
	char *name;
	struct resource_list allocatable, other_requests;
	struct string_map *labels;
	GPtrArray *taints; /* struct doc * of the manifest notation; NULL: none */
	struct doc_location where;
};

struct component_settings { /* real flag or field names in the file; defaults of the real components
	                     */
	/* kubeControllerManager */
	sim_time hpa_sync_period, hpa_downscale_stabilization, hpa_cpu_initialization_period,
	    hpa_initial_readiness_delay;
	double hpa_tolerance;
	int concurrent_hpa_syncs;
	sim_time endpointslice_batch_period;
	int max_endpoints_per_slice;
	/* metricsServer */
	sim_time metric_resolution;
	/* kubelet */
	sim_time sync_frequency, housekeeping_interval;
	sim_time backoff_initial, backoff_max;
	sim_time pleg_relist_period;
	/* kubeProxy */
	enum proxy_mode { PROXY_IPTABLES, PROXY_IPVS, PROXY_NFTABLES } proxy_mode;
	sim_time proxy_min_sync_period, proxy_sync_period;
	/* scheduler */
	sim_time scheduler_initial_backoff, scheduler_max_backoff;
};

struct timing {                          /* what no flag sets */
	struct distribution *image_pull; /* ns; only where the image is not on the node */
	struct distribution *container_start;
	sim_time watch;         /* API server to a watcher */
	sim_time status_update; /* kubelet to API server */
	sim_time controller;    /* from queue to write of a controller's sync */
	sim_time proxy_sync;    /* duration of one kube-proxy sync */
	sim_time scheduling;    /* one scheduling attempt */
	sim_time hpa_overhead;  /* added to each HPA cycle; 50 ms */
};

enum action_kind {
	ACTION_APPLY,
	ACTION_PATCH,
	ACTION_SCALE,
	ACTION_DELETE,
	ACTION_ROLLOUT_RESTART,
	ACTION_ROLLOUT_UNDO,
	ACTION_DEPENDENCY,
	ACTION_KILL,
	ACTION_OUTAGE,
	ACTION_ROUTE,
	ACTION_CONDITION,
};

struct action {
	sim_time at;
	enum action_kind kind;
	struct doc_location where;
	char *text; /* one line for the story: "apply manifests/hpa.yaml" */

	GPtrArray *documents;         /* apply: struct doc *, already split */
	enum object_kind object_kind; /* patch, scale, delete, rollout: what it acts on */
	char *name, *namespace;
	enum patch_type patch_type;
	struct doc *patch;
	bool resize;                     /* patch: through the subresource `resize` of pods */
	int replicas;                    /* scale */
	struct label_selector *selector; /* delete, kill, patch: which pods; NULL: by name */
	int count;                       /* of pods; -1: all */
	sim_time duration; /* dependency, outage, route: how long; SIM_NEVER: to the end */
	char *application; /* dependency, route */
	char *target;      /* name of the dependency; path of the route; component of the outage; type of
	                      the condition */
	sim_time new_pods; /* condition: also of pods that come later, so long after they do; SIM_NEVER */
	int status; /* route: answers this; kill: exit code; condition: enum condition_status */
	sim_time latency;  /* route: added wait; 0 none */
};

/* A metric that an adapter would offer to the HPA. */
enum custom_metric_source {
	CUSTOM_IN_FLIGHT,
	CUSTOM_RATE,
	CUSTOM_LATENCY,
	CUSTOM_ERROR_RATE,
	CUSTOM_QUEUE_LENGTH,
	CUSTOM_CSV
};
struct custom_metric {
	char *name;
	enum custom_metric_source of;
	double quantile;          /* latency */
	sim_time over;            /* window of rates and latencies */
	sim_time scrape_interval; /* default 15 s */
	sim_time adapter_delay;   /* from the scrape to the answer; default 0 */
	enum { CUSTOM_PER_POD, CUSTOM_PER_SERVICE, CUSTOM_EXTERNAL } per;
	char *object_name, *namespace; /* Service; for pods: NULL */
	struct rate_point *series;     /* CSV: value over time from the scenario's zero */
	size_t n_series;
	struct doc_location where;
};

struct scenario {
	char *name, *description;
	char *file; /* as the user named it */
	sim_time from, to;
	uint64_t seed;
	bool has_measure;
	sim_time measure_from, measure_to;
	struct release release;
	char *version;      /* "1.32" */
	int64_t clock_zero; /* wall clock of simulated zero, seconds since 1970 */
	struct node_spec *nodes;
	size_t n_nodes;
	struct component_settings components;
	struct timing timing;
	sim_time rtt;         /* network round trip */
	bool cfs_throttling;  /* `throttling: cfs`; default: the fluid limit */
	bool cgroup_v1;       /* `cgroups: v1`; default: v2 */
	GPtrArray *manifests; /* struct doc *, split, applied at `from` */
	struct application *applications;
	size_t n_applications;
	struct load *loads;
	size_t n_loads;
	struct action *timeline; /* in order of time, ties as written */
	size_t n_timeline;
	struct custom_metric *metrics;
	size_t n_metrics;
	struct expectation *expectations;
	size_t n_expectations;
	struct doc *document; /* the file itself, after --set */
};

/* Settings changed from outside: `path=value`, in the one grammar of setting paths (docs/manual).
 */
struct scenario_overrides {
	GStrv sets; /* "load/locust:users=50", "cluster:metricsServer.metric-resolution=30s", ...;
	               NULL: none */
	bool has_seed;
	uint64_t seed;
};

/* Reads and checks @path. Files it names are looked up beside it. NULL and @error: every fault
 * found, a line each. */
struct scenario *scenario_load(const char *path, const struct scenario_overrides *overrides,
                               GError **error);
/* The same for a document that was read already (a map, which is taken); @file is where it came
 * from. */
struct scenario *scenario_load_document(const char *file, struct doc *document,
                                        const struct scenario_overrides *overrides, GError **error);
void scenario_free(struct scenario *scenario);

/* The model of a container: the first application whose match fits, or NULL. @deployment may be
 * NULL. */
const struct application *scenario_application(const struct scenario *scenario,
                                               const char *namespace, const char *deployment,
                                               const struct string_map *labels,
                                               const struct container *container);
