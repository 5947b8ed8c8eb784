/* hpa.h - one decision of the HorizontalPodAutoscaler controller, and every step of it.
 *
 * A decision sees one instant: the HPA, its target's scale, the pods of the namespace, what the metrics APIs answer, and what
 * the controller remembers of this HPA. It is made in two halves, because a write lies between them: hpa_decide() computes what
 * the target should have; the caller then writes the scale if `rescale` is set; hpa_conclude() takes the write's outcome and
 * completes status, conditions and events. Nothing here knows a clock or an API: the same input and history give the same
 * decision. Every number that was computed on the way is kept in the decision, so that it can be explained afterwards.
 *
 * Arithmetic is the controller's own: milli-units in int64_t, replicas and percentages in int32_t, integer division that
 * truncates, ratios in double, each product rounded once. Conversions that Go leaves undefined saturate, as from 1.38.
 *
 * Source: Kubernetes 1.37, pkg/controller/podautoscaler/horizontal.go, replica_calculator.go, metrics/client.go and
 * metrics/utilization.go; older releases through struct release. */

#pragma once

#include "kube/autoscaling.h"
#include "kube/release.h"

/* --- what a decision sees --- */

struct hpa_settings { /* flags of kube-controller-manager, and its constants */
	double tolerance;                  /* a fraction, both directions */
	sim_time cpu_initialization_period;
	sim_time initial_readiness_delay;
	sim_time downscale_stabilization;
	double scale_up_limit_factor;      /* of the path without behavior */
};

/* The defaults: 0.1, 5m, 30s, 5m, 2. */
void hpa_settings_init(struct hpa_settings *settings);

#define HPA_SCALE_UP_LIMIT_MINIMUM 4.0
#define HPA_SCALE_WRITE_TRIES 5 /* on conflicts: client-go's retry.DefaultRetry */

struct hpa_scale { /* the scale subresource of the target */
	const char *get_error;    /* not NULL: reading it fails with this text */
	int32_t replicas;         /* spec.replicas */
	int32_t status_replicas;  /* status.replicas */
	const char *selector;     /* status.selector; NULL or "": missing */
};

struct hpa_container_sample {
	const char *name;
	bool has_usage;   /* false: the sample lacks the resource */
	int64_t milli;
};

struct hpa_pod_sample { /* one item of a metrics API's answer */
	const char *pod;
	sim_time timestamp, window;
	bool has_total;   /* `total` stands for the pod (Pods metrics); else the containers do */
	int64_t total;
	const struct hpa_container_sample *containers;
	size_t n_containers;
};

struct hpa_metric_answer {
	const char *failure;       /* not NULL: the API fails with this text */
	const struct hpa_pod_sample *pods; /* Resource, ContainerResource, Pods */
	size_t n_pods;
	const int64_t *values;     /* Object: one; External: one per series */
	size_t n_values;
};

struct hpa_other { /* another HPA of the namespace */
	const char *name;
	const char *selector;      /* the one that it was last seen with; NULL: none yet */
};

struct hpa_recommendation {
	sim_time at;
	int32_t replicas;
};

struct hpa_scale_event {
	sim_time at;
	int32_t change;            /* never negative */
	bool outdated;             /* its slot may be used again */
};

/* What the controller remembers of one HPA, in its slot order. Zeroed: it meets the HPA for the first time. */
struct hpa_history {
	bool known;                /* recommendations were begun, if only as an empty list */
	struct hpa_recommendation *recommendations;
	size_t n_recommendations;
	struct hpa_scale_event *scale_ups, *scale_downs;
	size_t n_scale_ups, n_scale_downs;
};

void hpa_history_clear(struct hpa_history *history);
void hpa_history_copy(struct hpa_history *to, const struct hpa_history *from);
void hpa_history_add_recommendation(struct hpa_history *history, sim_time at, int32_t replicas);
void hpa_history_add_scale_event(struct hpa_history *history, bool up, sim_time at, int32_t change);

struct hpa_input {
	sim_time now;
	const struct hpa *hpa;
	const struct hpa_settings *settings;
	const struct release *release;
	struct hpa_scale scale;
	const struct pod *const *pods;  /* of the namespace; the scale's selector picks */
	size_t n_pods;
	const struct hpa_metric_answer *answers; /* one per metric of the HPA, same order */
	const struct hpa_other *others;
	size_t n_others;
	struct hpa_history *history;    /* read, and brought up to date */
};

/* --- what it says --- */

enum hpa_failure {
	HPA_FAILURE_NONE,
	HPA_FAILURE_UNAVAILABLE,         /* the API fails */
	HPA_FAILURE_NO_METRICS,          /* it answers with nothing */
	HPA_FAILURE_NO_PODS,             /* the selector finds none */
	HPA_FAILURE_NO_READY_METRICS,    /* nothing is left after unready and ignored pods */
	HPA_FAILURE_NO_MATCHING_PODS,    /* no sample of a pod with a request */
	HPA_FAILURE_MISSING_REQUEST,
	HPA_FAILURE_CONTAINER_NOT_FOUND,
	HPA_FAILURE_INVALID_TARGET,      /* the target has neither field that its kind can use */
	HPA_FAILURE_UNKNOWN_TYPE,
};

/* Names of pods, borrowed from the input. */
struct hpa_pod_groups {
	size_t ready_count;
	GPtrArray *ready, *unready, *missing, *ignored; /* const char * */
};

void hpa_pod_groups_clear(struct hpa_pod_groups *groups);

struct hpa_ratio { /* usage against target, over `count` pods */
	int64_t usage;       /* milli, sum */
	int64_t request;     /* milli, sum; of utilization targets */
	size_t count;
	int32_t utilization; /* percent, truncated */
	int64_t average;     /* milli a pod, truncated */
	double ratio;
};

enum hpa_path { /* where a metric's proposal came from */
	HPA_PATH_FAILED,
	HPA_PATH_WITHIN_TOLERANCE,    /* first ratio: current replicas */
	HPA_PATH_PLAIN,               /* ceil(ratio * ready) */
	HPA_PATH_AGAIN_WITHIN,        /* second ratio within tolerance: current replicas */
	HPA_PATH_AGAIN_FLIPPED,       /* the second ratio points the other way: current replicas */
	HPA_PATH_AGAIN_WRONG_WAY,     /* the second count points the other way: current replicas */
	HPA_PATH_AGAIN,               /* ceil(second ratio * counted) */
	HPA_PATH_FROM_ZERO,           /* ceil(ratio): Object and External values of a target at zero */
	HPA_PATH_AVERAGE_WITHIN,      /* Object and External averages: status.replicas */
	HPA_PATH_AVERAGE,             /* ceil(usage / target) */
};

/* One metric's own proposal, before min, max, stabilization and policies. */
struct hpa_proposal {
	const struct metric_spec *spec;
	enum hpa_failure failure;
	const char *event_reason;    /* of the Warning: "FailedGetResourceMetric"; NULL unless it failed */
	char *message;               /* of that event and in the condition */
	char *error;                 /* as it appears in the combined error */
	int32_t replicas;
	char *metric_name;           /* as in reasons: "cpu resource utilization (percentage of request)" */
	struct metric_status status; /* for currentMetrics */
	enum hpa_path path;
	struct hpa_pod_groups groups;
	struct hpa_ratio first, again; /* `again`: with missing and unready pods filled in */
	bool has_first, has_again;
	int64_t target;              /* percent or milli */
	int64_t missing_fill;        /* milli; of averages: what each missing pod counts with in `again` */
	int32_t factor;              /* pods that the ratio was multiplied with; 0: it was not */
};

void hpa_proposal_clear(struct hpa_proposal *proposal);

struct hpa_policy_limit { /* what one policy allows */
	struct scaling_policy policy;
	int32_t added, removed;  /* within its period */
	int32_t base;            /* replicas at the period's beginning */
	int32_t limit;
};

/* From the combined proposal to the number that is written. */
struct hpa_normalization {
	bool done;               /* false on the paths that bypass it */
	bool behavior;
	int32_t proposal;        /* of the metrics */
	int32_t window_min;      /* lowest recommendation of the scale-up window; behavior only */
	int32_t window_max;      /* highest of the scale-down window */
	sim_time up_window, down_window;
	int32_t stabilized;
	const char *stabilization_reason; /* "ScaleUpStabilized", ...; "ReadyForNewScale" when nothing was changed */
	bool has_limit;          /* a rate limit was looked at */
	bool limit_up;           /* its direction */
	int32_t limit;           /* by policies or by the factor, before min and max */
	struct hpa_policy_limit *policies;
	size_t n_policies;
	int32_t replicas;
	const char *limited_reason; /* of ScalingLimited: "DesiredWithinRange", ... */
};

enum hpa_course { /* the way through one reconciliation */
	HPA_COURSE_SCALE_UNREADABLE,
	HPA_COURSE_DISABLED,      /* the target is at zero */
	HPA_COURSE_ABOVE_MAX,
	HPA_COURSE_BELOW_MIN,
	HPA_COURSE_BAD_SELECTOR,
	HPA_COURSE_METRICS_FAILED,
	HPA_COURSE_METRICS,
};

struct hpa_event {
	bool warning;
	const char *reason;       /* static */
	char *message;
};

struct hpa_decision {
	enum hpa_course course;
	bool rescale;             /* the scale is to be written with `replicas` */
	bool rescaled;            /* after hpa_conclude(): it was */
	char *error;              /* the reconciliation reports this error; NULL: none */
	int32_t current_replicas; /* scale.spec.replicas seen */
	int32_t replicas;         /* desired; the current ones when nothing is to be written */
	char *reason;             /* of the rescale: "All metrics below target"; may be empty */
	struct hpa_proposal *proposals; /* one per metric; none when metrics were not looked at */
	size_t n_proposals;
	int32_t proposed;         /* maximum over the valid metrics */
	const char *metric_name;  /* of the metric that gave it; NULL: none */
	size_t invalid_metrics;
	struct hpa_normalization normalization;
	struct hpa_event *events; /* in order */
	size_t n_events;

	/* the HPA's status afterwards */
	int32_t status_current, status_desired;
	sim_time last_scale_time;
	struct metric_status *metrics;
	size_t n_metrics;
	struct conditions conditions;
	int64_t observed_generation;
	bool status_changed;      /* it differs from the one before and is to be written */
};

/* Computes what @input asks for into @decision (its old content is not looked at); updates the recommendations of
 * input->history. Free with hpa_decision_clear() whatever happens. */
void hpa_decide(const struct hpa_input *input, struct hpa_decision *decision);

/* Completes @decision after the scale was written (@write_error NULL) or could not be (its text). To be called always, also
 * when there was nothing to write. Records the scale event in input->history. */
void hpa_conclude(const struct hpa_input *input, const char *write_error, struct hpa_decision *decision);

void hpa_decision_clear(struct hpa_decision *decision);

/* Puts the status of a concluded @decision into @hpa (a copy that may be changed). */
void hpa_decision_apply(const struct hpa_decision *decision, struct hpa *hpa);

/* --- single steps --- */

/* The proposal of metric @index of input->hpa alone, over the pods that the scale's selector picks: replica_calculator.go. */
void hpa_recommend(const struct hpa_input *input, size_t index, struct hpa_proposal *proposal);

/* A pod's value as the controller has it after fetching; `removed` ones no longer count. */
struct hpa_pod_value {
	const char *pod;
	int64_t value;            /* milli */
	sim_time timestamp, window;
	bool removed;
};

/* The values of @answer for a Resource (@container NULL), ContainerResource or Pods metric; struct hpa_pod_value. NULL and
 * *@failure when the release lets a pod without the container's sample fail the metric. Source: metrics/client.go. */
GArray *hpa_pod_values(const struct hpa_metric_answer *answer, const char *container, const struct release *release,
                       const char **failing_pod);

/* Who counts: replica_calculator.go groupPods. @resource: name of the resource, NULL for Pods metrics. */
void hpa_group_pods(const struct pod *const *pods, size_t n_pods, const GArray *values, const char *resource,
                    const struct hpa_settings *settings, sim_time now, struct hpa_pod_groups *groups);

/* Requests (milli) of every pod, in order of @pods: replica_calculator.go calculateRequests. @container NULL: the whole pod.
 * False, *@failure and *@message (to be freed) when one has none. */
bool hpa_pod_requests(const struct pod *const *pods, size_t n_pods, const char *resource, const char *container,
                      const struct release *release, int64_t *requests, enum hpa_failure *failure, char **message);

/* Usage as a percentage of requests, over pods that have both; false when none has. Values of removed pods are left out. */
bool hpa_utilization_ratio(const GArray *values, const struct pod *const *pods, const int64_t *requests, size_t n_pods,
                           int32_t target_utilization, struct hpa_ratio *ratio);

/* Average usage against a target average (milli). There must be a value. */
void hpa_average_ratio(const GArray *values, int64_t target_average, struct hpa_ratio *ratio);

/* Whether no scaling follows from @ratio, by the tolerances of @input's HPA and release. */
bool hpa_within_tolerance(const struct hpa_input *input, double ratio);

/* Stabilizes @proposal against history, which gets it as its newest recommendation: normalization's `window_*`, `stabilized`
 * and `stabilization_reason`. Which path: by hpa->has_behavior. */
void hpa_stabilize(const struct hpa_input *input, int32_t proposal, struct hpa_normalization *normalization);

/* Limits the stabilized number by policies (or the factor), min and max: the rest of @normalization. */
void hpa_limit(const struct hpa_input *input, int32_t stabilized, struct hpa_normalization *normalization);

/* What the policies alone allow from @current replicas. */
int32_t hpa_policies_limit(const struct hpa_input *input, bool up, struct hpa_normalization *normalization);

/* Replicas changed by @events after @now - @period_seconds. */
int32_t hpa_change_in_period(const struct hpa_scale_event *events, size_t n, int32_t period_seconds, sim_time now);

/* Remembers a rescale, if the HPA has behavior. */
void hpa_store_scale_event(const struct hpa *hpa, int32_t from, int32_t to, sim_time now, struct hpa_history *history);

int32_t hpa_min_replicas(const struct hpa *hpa); /* 1 when unset */
