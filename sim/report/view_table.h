/* view_table.h - the cells of one kind in `kubectl get`.
 *
 * Source: Kubernetes 1.34, pkg/printers/internalversion/printers.go. */

#pragma once

#include "report/view.h"

/* The columns of a kind. */
struct view_columns {
	const char *const *headers; /* NULL-terminated */
	unsigned wide;              /* bit i: header i is for `-o wide` only */
	/* Appends as many cells (char *, owned by @cells) as there are headers. */
	void (*cells)(const struct view *view, const struct object *object, GPtrArray *cells);
};

extern const struct view_columns view_columns_of_pods, view_columns_of_nodes,
    view_columns_of_deployments, view_columns_of_replica_sets, view_columns_of_services,
    view_columns_of_endpoint_slices, view_columns_of_endpoints, view_columns_of_hpas,
    view_columns_of_pdbs, view_columns_of_events;

/* How often more voluntary evictions are allowed now, as the disruption controller reckons. */
int view_disruptions_allowed(const struct view *view, const struct object *pdb);
/* "cpu: 86%/70%": the current part of metric @index of @hpa and its target. */
char *view_hpa_target(const struct hpa *hpa, size_t index);
/* "control-plane", "<none>". */
char *view_node_roles(const struct object *node);
/* Of the nodes: "v1.32.0"; the patch release is not modelled. */
char *view_kubelet_version(const struct view *view);
