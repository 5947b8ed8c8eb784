/* hpa_look.h - one look of the HPA controller: what it was shown, kept until its decision is
 * written. Part of the HPA controller's actor; see hpa_controller.h. */

#pragma once

#include "cluster/environment.h"
#include "cluster/metrics_adapter.h"
#include "cluster/metrics_server.h"

struct hpa_look {
	struct hpa_input input;
	struct hpa_decision decision;
	const struct hpa *hpa;       /* as seen; referenced */
	struct hpa_history *history; /* of the controller */
	GPtrArray *pods;             /* const struct pod *, referenced */
	GArray *answers;             /* struct hpa_metric_answer */
	GPtrArray *memory;           /* what answers and scale point to */
};

struct hpa_sources { /* where a look looks; borrowed */
	const struct cluster_environment *environment;
	const struct hpa_settings *settings;
	struct metrics_server *server;   /* NULL: not installed */
	struct metrics_adapter *adapter; /* NULL: not installed */
};

/* Reads the target's scale, takes @pods (of the HPA's namespace, referenced) and asks the metrics
 * APIs. input->others stays empty. */
struct hpa_look *hpa_look_new(const struct hpa_sources *sources, const struct hpa *hpa,
                              struct hpa_history *history, const GPtrArray *pods);
void hpa_look_free(struct hpa_look *look);

/* Sets the target's replicas as the API server does for the scale subresource. NULL when done, else
 * the error's text, to be freed. */
char *hpa_look_write_scale(const struct hpa_look *look, struct store *store, int32_t replicas);
