/* release.h - what differs between Kubernetes releases, as named behaviours.
 *
 * One struct, made from `spec.cluster.version` and `featureGates`, passed to rules and actors. Nothing else compares version
 * numbers. The manual's table of differences is made from this one. */

#pragma once

#include <glib.h>
#include <stdbool.h>

struct release {
	int minor; /* of 1.minor; for printing only */

	/* HPA */
	bool hpa_first_reconcile_at_once;     /* 1.37: a new HPA is reconciled at once, not after a sync period */
	bool hpa_tolerance_by_bounds;         /* 1.33: (1-t) <= r <= (1+t); before |1-r| <= t */
	bool hpa_configurable_tolerance;      /* gate HPAConfigurableTolerance */
	bool hpa_scale_to_zero;               /* gate HPAScaleToZero */
	bool hpa_scaled_to_zero_condition;    /* 1.36 */
	bool hpa_pod_level_resources;         /* gate PodLevelResources and 1.34 */
	bool hpa_container_metric_may_miss;   /* 1.32: a pod lacking the container's sample is missing, not a failure */
	bool hpa_generation;                  /* gate HPAGeneration: spec edits act at once */
	bool hpa_targets_named;               /* 1.30: "cpu: 86%/50%" */
	bool hpa_counts_both_directions;      /* 1.25: a policy's base undoes changes of both directions within its period */
	bool hpa_missing_at_full_target;      /* 1.26: on scale-down a missing pod counts with max(100, target) percent; before 100 */
	bool hpa_refuses_shared_pods;         /* 1.27: AmbiguousSelector */
	bool hpa_keeps_missing_at_target;     /* 1.28: a per-pod average exactly at its target fills in no zeros */
	bool hpa_sidecar_requests;            /* 1.29: requests of restartable init containers count */
	bool hpa_object_error_in_order;       /* 1.37: "unable to get metric NAME: ERROR on KIND NS/OBJECT" */
	bool hpa_zero_average_is_total;       /* 1.38: the reported average of no replicas; before, int64's minimum */

	/* in-place resize of pods */
	bool in_place_resize;                 /* gate InPlacePodVerticalScaling */
	bool resize_subresource;              /* 1.32: resources change through `resize`, before through the pod itself */
	bool resize_conditions;               /* 1.33: PodResizePending, PodResizeInProgress; before, status.resize */
	bool resize_shrinks_memory;           /* 1.34: a memory limit may sink without a restart, if the container uses less */
	bool resize_retried_on_change;        /* 1.34: a deferred resize is tried again when another pod leaves room */

	/* kubelet */
	bool backoff_retry_at_end;            /* 1.35: a refused restart is retried when the back-off ends */
	bool pleg_on_demand_relist;           /* 1.36: relist right after a sync that started something */
	int created_event_form;               /* 0: "Created container app" 1: "Created container: app" (1.32) 2: "Container created" (1.35) */

	/* kube-proxy */
	bool proxy_single_token;              /* 1.34: one sync, then minSyncPeriod; before, a bucket of two */
	bool proxy_terminating_endpoints;     /* gate ProxyTerminatingEndpoints: terminating pods that serve are the last resort */

	/* EndpointSlice controller and kube-proxy */
	bool traffic_distribution;            /* gate ServiceTrafficDistribution: PreferClose */
	bool prefer_same_traffic_distribution; /* gate of that name: PreferSameZone, PreferSameNode, node hints */

	/* Deployment */
	int scaling_event_form;               /* 0: "to 4", 1: "to 4 from 2", 2: "from 2 to 4" */
	bool deletion_by_logarithmic_age;     /* gate LogarithmicScaleDown */
	bool pod_deletion_cost;               /* gate PodDeletionCost */

	/* scheduler */
	bool claims_in_scheduling_message;    /* 1.34: "no new claims to deallocate, " */
};

#define RELEASE_DEFAULT "1.34"

/* Behaviours of @version ("1.24" ... "1.38"). False and @error when it is not one of them. */
bool release_init(struct release *release, const char *version, GError **error);

/* Sets the gate @name; false and @error (with the nearest known name) when podsim knows no such gate. */
bool release_set_gate(struct release *release, const char *name, bool on, GError **error);
