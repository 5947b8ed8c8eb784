/* proxy_rules.h - what a node's proxy would program for one Service: from its EndpointSlices to
 * targets in the order of the rules.
 *
 * Source: Kubernetes 1.34, pkg/proxy/endpointslicecache.go, pkg/proxy/topology.go. */

#pragma once

#include "kube/release.h"
#include "kube/service.h"
#include "node/network.h"
#include "node/proxy_table.h"

struct proxy_rules {     /* of one port of a Service */
	int port;        /* the Service's number */
	GArray *targets; /* struct proxy_target; pod_name is the slice's own */
	bool has_any_endpoints;
};

struct proxy_node {              /* where the rules are for */
	const char *name, *zone; /* zone NULL: none */
	const struct network *network;
	const struct release *release;
};

/* A list of struct proxy_rules *, which it frees: one for each TCP port of @service, of whose
 * @slices (struct endpoint_slice *) they are made. None for a Service without a cluster IP.
 * *@for_all: they are the same on every node. */
GPtrArray *proxy_rules_of(const struct service *service, const GPtrArray *slices,
                          const struct proxy_node *node, bool *for_all);

/* Whether the change of a Service or slice from @old to @new makes a difference to any rule. */
bool proxy_cares_for_service(const struct service *old, const struct service *new);
bool proxy_cares_for_slice(const struct endpoint_slice *old, const struct endpoint_slice *new);
