/* metrics_server.h - what the resource metrics API knows: CPU and memory of pods, some time ago.
 *
 * Two clocks lie between a container and the HPA. cAdvisor, in every kubelet, samples each
 * container on a timer of its own: first when the container is discovered, then again after the
 * housekeeping interval times 1 to 2, a little rarer while nothing changes. metrics-server scrapes
 * all kubelets once per metric-resolution and gets the newest sample of each running container,
 * with its true age. It keeps the last two points of each; their difference is the CPU figure, and
 * their distance is the window. A pod is known only when all its containers have two points.
 *
 * Source: metrics-server 0.8, pkg/storage/pod.go, pkg/scraper; cAdvisor 0.56, manager/container.go.
 */

#pragma once

#include "cluster/environment.h"
#include "node/usage.h"

struct metrics_server_config {
	sim_time metric_resolution;     /* 15 s in the released manifests, 60 s in the binary */
	sim_time housekeeping_interval; /* of cAdvisor; 10 s */
	bool jitter;                    /* false: intervals are 1.5 times, phases and delays 0 */
	unsigned nodes;                 /* how many are scraped */
};

/* 15 s, 10 s, with jitter, one node. */
void metrics_server_config_defaults(struct metrics_server_config *config);

struct metrics_server;

/* Starts sampling and scraping. @usage is borrowed and must outlive it. */
struct metrics_server *metrics_server_new(const struct cluster_environment *environment,
                                          const struct metrics_server_config *config,
                                          struct usage_registry *usage);
void metrics_server_free(struct metrics_server *server); /* NULL is fine */

/* Takes metrics-server away, with all it knew, or brings it back: then it scrapes at once. The
 * kubelets go on sampling. */
void metrics_server_set_outage(struct metrics_server *server, bool out);

struct metrics_container_usage {
	const char *name;
	int64_t cpu_nano; /* cores / 10^9, mean over the pod's window */
	int64_t memory_bytes;
};

struct metrics_pod_usage { /* a PodMetrics; strings are borrowed until the next scrape */
	const char *pod;
	sim_time timestamp, window; /* of the container whose last sample is the oldest */
	struct metrics_container_usage *containers;
	size_t n_containers;
};

/* What GET .../namespaces/@namespace/pods?labelSelector=@selector answers: an array of struct
 * metrics_pod_usage *, to be unreferenced, maybe empty. NULL and *@failure (static) when the API
 * does not answer. */
GPtrArray *metrics_server_query(struct metrics_server *server, const char *namespace,
                                const struct label_selector *selector, const char **failure);
