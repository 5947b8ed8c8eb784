/* autoscaling.h - HorizontalPodAutoscalers (autoscaling/v2; v1 is read into the same). All quantities are milli-units. */

#pragma once

#include "kube/pod.h"

enum metric_type { METRIC_RESOURCE, METRIC_CONTAINER_RESOURCE, METRIC_PODS, METRIC_OBJECT, METRIC_EXTERNAL, METRIC_UNKNOWN };
const char *metric_type_name(enum metric_type type);

enum target_type { TARGET_UTILIZATION, TARGET_VALUE, TARGET_AVERAGE_VALUE, TARGET_UNSET };

struct metric_target {
	enum target_type type;
	bool has_utilization, has_value, has_average_value;
	int32_t average_utilization; /* percent of the request */
	int64_t value, average_value;
};

struct object_reference {
	char *api_version, *kind, *name;
};

struct metric_spec {
	enum metric_type type;
	char *type_text;      /* as written, for METRIC_UNKNOWN */
	char *name;           /* of the resource or of the metric */
	char *container;      /* ContainerResource */
	struct label_selector *selector; /* of the metric; NULL: none */
	struct object_reference object;  /* Object: describedObject */
	struct metric_target target;
};

enum select_policy { SELECT_MAX, SELECT_MIN, SELECT_DISABLED };

struct scaling_policy {
	bool percent; /* else Pods */
	int32_t value;
	int32_t period_seconds;
};

struct scaling_rules {
	int32_t stabilization_window_seconds; /* -1: unset */
	enum select_policy select;
	struct scaling_policy *policies;
	size_t n_policies;
	bool has_tolerance;
	double tolerance; /* a fraction */
};

struct metric_status {
	bool present; /* false: blank entry, the metric failed */
	bool has_utilization, has_value, has_average_value;
	int32_t utilization;
	int64_t value, average_value;
};

struct hpa {
	struct object object;
	struct object_reference target;
	bool has_min_replicas; /* as written; the default is 1 */
	int32_t min_replicas, max_replicas;
	struct metric_spec *metrics;
	size_t n_metrics;
	bool has_behavior; /* `behavior` present, if only as {}: another path than absent */
	struct scaling_rules scale_up, scale_down; /* defaults filled in when has_behavior */
	struct {
		int64_t observed_generation; /* 0: unset */
		int32_t current_replicas, desired_replicas;
		sim_time last_scale_time;    /* SIM_NEVER: never */
		struct metric_status *metrics;
		size_t n_metrics;
		struct conditions conditions;
	} status;
};

#define HPA(o) ((struct hpa *)(o))

/* Completes @rules as the API server does when `behavior` is present. */
void scaling_rules_default_up(struct scaling_rules *rules);
void scaling_rules_default_down(struct scaling_rules *rules);
