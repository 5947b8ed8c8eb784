/* endpoints_slices.h - how the EndpointSlice controller spreads endpoints over slices.
 *
 * A slice has one address type, one set of ports and at most so many endpoints (100). A sync drops
 * what is no longer wanted and updates what changed, puts new endpoints first into slices that are
 * rewritten anyway, and the rest into new full slices and at most one old slice. Nothing is
 * repacked for its own sake. A slice to be made and one to be deleted become one update. A Service
 * without endpoints keeps one empty placeholder slice.
 *
 * Pure. Where Kubernetes leaves the order to chance (Go's maps), pods and slices are taken in the
 * order given.
 * Source: Kubernetes 1.34, staging/src/k8s.io/endpointslice/reconciler.go (reconcileByAddressType,
 * reconcileByPortMapping, finalize), utils.go (getSliceToFill), trafficdist/trafficdist.go. */

#pragma once

#include "kube/release.h"
#include "rules/endpoints.h"

#define ENDPOINT_SLICE_SERVICE_LABEL "kubernetes.io/service-name"
#define ENDPOINT_SLICE_MANAGER_LABEL "endpointslice.kubernetes.io/managed-by"
#define ENDPOINT_SLICE_MANAGER "endpointslice-controller.k8s.io"

struct slice_request { /* everything is borrowed */
	const struct service *service;
	const struct endpoint_pod *pods; /* that the Service selects; others are ignored */
	size_t n_pods;
	const struct endpoint_slice *const *existing; /* of this Service and this controller */
	size_t n_existing;
	/* Of @existing each, if its endpoints are known to be as wanted; their pods are not among @pods
	 * then. All of these slices have the same ports. NULL: nothing is known. */
	const bool *settled;
	size_t max_endpoints; /* in a slice; at least 1 */
	const struct release *release;
	/* The labels of the node @name; false when there is no such node. */
	bool (*node)(void *data, const char *name, const struct string_map **labels);
	void *data;
};

enum slice_action { SLICE_KEEP, SLICE_CREATE, SLICE_UPDATE, SLICE_DELETE };

struct planned_slice {
	enum slice_action action;
	const struct endpoint_slice *existing; /* NULL: to be created */
	const char *address_type;              /* static */
	struct endpoint_port *ports;
	size_t n_ports;
	GArray *endpoints;    /* of struct endpoint, as they are to be; empty when deleted; NULL when
	                       * it was settled and stays as it is */
	bool content_changed; /* of updates: more than labels, so the generation rises */
	bool settled; /* kept, and all as wanted: so it stays until one of its pods changes */
};

struct slice_plan {
	GPtrArray
	    *slices; /* struct planned_slice *: the existing ones in their order, then new ones */
	bool retry;  /* a pod was left out because its node does not exist */
	bool mixed;  /* pods differ in their ports. Not to be used when slices were said to be settled:
	              * to be planned anew, with all pods. */
};

/* What has to be written. Free with slice_plan_free(). */
struct slice_plan *slice_plan_new(const struct slice_request *request);
void slice_plan_free(struct slice_plan *plan);
size_t slice_plan_count(const struct slice_plan *plan, enum slice_action action);

/* The labels of every slice of @service: the Service's own and the reserved ones. A reference. */
struct string_map *slice_labels(const struct service *service);
