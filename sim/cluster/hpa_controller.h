/* hpa_controller.h - the HorizontalPodAutoscaler controller: when it looks at an HPA, what it is
 * shown, and what it writes.
 *
 * An HPA is looked at again a sync period after the last look ended; nothing but time and the HPA
 * object itself wakes the controller up. So its phase comes from when the HPA was created, and
 * drifts later by what each look takes. A look reads the scale of the target, the pods as the
 * informer has them, and the metrics APIs; rules/hpa.h decides; a moment later the scale and the
 * status are written. Recommendations and scale events live in memory only.
 *
 * Source: Kubernetes 1.37, pkg/controller/podautoscaler/horizontal.go, rate_limiters.go. */

#pragma once

#include "cluster/environment.h"
#include "cluster/metrics_adapter.h"
#include "cluster/metrics_server.h"

struct hpa_controller_config {
	struct hpa_settings settings;
	sim_time sync_period; /* 15 s */
	sim_time overhead;    /* from the beginning of a look to its writes; 50 ms. Positive. */
	unsigned workers;     /* HPAs looked at in parallel; 5 */
};

/* The defaults of kube-controller-manager. */
void hpa_controller_config_defaults(struct hpa_controller_config *config);

struct hpa_controller;

/* @server and @adapter are borrowed; NULL: that API is not installed. */
struct hpa_controller *hpa_controller_new(const struct cluster_environment *environment,
                                          const struct hpa_controller_config *config,
                                          struct metrics_server *server,
                                          struct metrics_adapter *adapter);
/* NULL is fine. The simulation must not run on with the store's watches after this. */
void hpa_controller_free(struct hpa_controller *controller);
