/* workloads.h - a small cluster for tests of controllers: the store, the Deployment and ReplicaSet
 * controllers, the garbage collector, the scheduler, and a stand-in for the kubelet that starts and
 * stops pods after fixed times. */

#pragma once

#include "cluster/environment.h"
#include "kube/service.h"
#include "kube/workload.h"

struct deployment_controller;
struct replica_set_controller;
struct garbage_collector;
struct scheduler;

struct cluster {
	struct cluster_environment environment;
	struct release release;
	struct trace trace;
	struct deployment_controller *deployments;
	struct replica_set_controller *replica_sets;
	struct garbage_collector *garbage;
	struct scheduler *scheduler;
	GString *story;       /* rollout traces: "TIME TEXT\n" */
	sim_time ready_after; /* binding to Ready, of images other than "broken" */
	sim_time stops_after; /* deletion to gone */
	size_t most_pods;     /* that existed at once */
	GPtrArray *timers;
};

void cluster_begin(struct cluster *cluster, uint64_t seed);
void cluster_end(struct cluster *cluster);
void cluster_run(struct cluster *cluster, double until_seconds);

/* Memory in MiB, cpu in milli. */
void cluster_add_node(struct cluster *cluster, const char *name, int64_t cpu, int64_t memory,
                      int64_t other_memory);

struct wish { /* for a Deployment */
	const char *name, *image;
	int32_t replicas;
	int64_t memory; /* MiB that a pod requests */
	bool recreate, paused;
	int32_t min_ready_seconds;
	int32_t revision_history_limit; /* 0: the default of 10; -1: none */
};

/* Creates the Deployment, or replaces its spec; its replicas stay when @wish has 0. */
void cluster_apply(struct cluster *cluster, const struct wish *wish);
void cluster_scale(struct cluster *cluster, const char *name, int32_t replicas);

const struct deployment *cluster_deployment(const struct cluster *cluster, const char *name);
/* "old 1/1, bad 2/0": image, size and ready pods of each ReplicaSet, oldest first; with 0/0 left
 * out. Free with g_free(). */
char *cluster_sizes(const struct cluster *cluster);
/* Pods that match: any NULL matches all. */
unsigned cluster_count_pods(const struct cluster *cluster, const char *image, bool pending_only);
/* Messages of events with @reason, a line each, in order. Free with g_free(). */
char *cluster_events(const struct cluster *cluster, const char *reason);
