/* control_plane.h - all actors of the cluster, set up as a scenario says. */

#pragma once

#include "cluster/environment.h"
#include "cluster/metrics_server.h"
#include "node/network.h"
#include "node/proxy_table.h"
#include "node/runtime.h"
#include "node/usage.h"
#include "scenario/scenario.h"

struct control_plane;

struct control_plane_parts { /* what the actors are given; borrowed */
	const struct scenario *scenario;
	struct simulation *sim;
	struct store *store;
	const struct trace *trace;
	struct network *network;
	struct usage_registry *usage;
	const struct container_runtime *runtime;
};

/* Starts every controller, and on every node a kubelet and a kube-proxy. */
struct control_plane *control_plane_new(const struct control_plane_parts *parts);
void control_plane_free(struct control_plane *plane);

/* The proxy table of node number @node. */
struct proxy_table *control_plane_proxy_table(struct control_plane *plane, unsigned node);

struct metrics_server *control_plane_metrics_server(struct control_plane *plane);

/* The address of @pod, which is bound to node number @node. */
struct network_address control_plane_address(struct control_plane *plane, unsigned node,
                                             const struct pod *pod);
