/* metrics_adapter.h - what the custom and external metrics APIs know: figures that applications
 * show of themselves, scraped and served as Prometheus and its adapter do.
 *
 * Each metric has its own scrape. A gauge (requests in flight, queue length) is answered with its
 * newest sample; what happens per time (requests, errors, latencies) is computed over a window of
 * samples as PromQL's rate() and histogram_quantile() do, so it needs two of them. A container that
 * is gone is gone from gauges with the next scrape, and fades from windows. A series given from
 * outside (CSV) is simply there.
 *
 * Source: prometheus-adapter 0.12, pkg/custom-provider, pkg/external-provider; Prometheus 3,
 * promql/functions.go (extrapolatedRate). */

#pragma once

#include "cluster/environment.h"
#include "kube/autoscaling.h"
#include "node/usage.h"

enum adapter_source {
	ADAPTER_IN_FLIGHT,    /* requests being worked on */
	ADAPTER_RATE,         /* requests received a second */
	ADAPTER_LATENCY,      /* a quantile of the times of answered requests, in seconds */
	ADAPTER_ERROR_RATE,   /* failed requests as a share of all that ended, 0 to 1 */
	ADAPTER_QUEUE_LENGTH, /* requests that wait for a pool slot */
	ADAPTER_SERIES,       /* values from outside */
};

enum adapter_scope {
	ADAPTER_PER_POD,    /* metric type Pods */
	ADAPTER_PER_OBJECT, /* type Object: of the pods that a Service selects */
	ADAPTER_EXTERNAL,   /* type External: of all pods of the namespace */
};

struct adapter_point { /* of a series: the value from @at on */
	sim_time at;
	double value;
};

struct adapter_metric {
	const char *name;
	const char *namespace;
	enum adapter_source source;
	enum adapter_scope scope;
	const char *object_name; /* of the Service */
	double quantile;         /* LATENCY */
	sim_time over;           /* window of RATE, LATENCY, ERROR_RATE */
	sim_time scrape_interval;
	sim_time delay;                     /* from a scrape until its samples can be seen */
	const struct adapter_point *points; /* SERIES, in order of time */
	size_t n_points;
};

struct metrics_adapter;

/* Starts scraping. @metrics are borrowed, as is @usage; both must outlive it. */
struct metrics_adapter *metrics_adapter_new(const struct cluster_environment *environment,
                                            const struct adapter_metric *metrics, size_t n_metrics,
                                            struct usage_registry *usage);
void metrics_adapter_free(struct metrics_adapter *adapter); /* NULL is fine */

struct adapter_value {
	GRefString *pod; /* NULL: not of a pod */
	sim_time timestamp;
	int64_t milli; /* truncated */
};

/* The values (struct adapter_value, owned) of the Pods metric @name for the pods that @selector
 * picks, maybe none. NULL and *@failure (to be freed) when there is no such metric. */
GArray *metrics_adapter_pods(struct metrics_adapter *adapter, const char *namespace,
                             const char *name, const struct label_selector *selector,
                             char **failure);

/* The value of an Object metric; false and *@failure (to be freed) when there is none. */
bool metrics_adapter_object(struct metrics_adapter *adapter, const char *namespace,
                            const char *name, const struct object_reference *object,
                            struct adapter_value *value, char **failure);

/* The values of an External metric, as metrics_adapter_pods(). */
GArray *metrics_adapter_external(struct metrics_adapter *adapter, const char *namespace,
                                 const char *name, char **failure);
