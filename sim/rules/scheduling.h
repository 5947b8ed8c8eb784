/* scheduling.h - where a pod goes: one attempt of the scheduler.
 *
 * Nodes that cannot take the pod are filtered out, each with its reasons; what is left is scored
 * from 0 to 100 by several plugins with weights, and the best total wins. Requests count, usage
 * does not. Without a node the attempt ends in the message of the event FailedScheduling.
 *
 * Pure: the caller passes what is placed where, and one uniform draw for ties.
 *
 * Source: Kubernetes 1.31 to 1.34, pkg/scheduler/framework/plugins, framework/types.go,
 * schedule_one.go. Not modelled: volumes, host ports, images on nodes, priorities, and the sampling
 * of nodes in clusters of more than 100. */

#pragma once

#include "kube/pod.h"
#include "kube/release.h"
#include "kube/service.h"

struct scheduling_node {
	const struct node *node;
	const GPtrArray *pods; /* struct pod *: all placed here that are not finished, terminating
	                        * ones included */
};

struct scheduling_picture;

struct scheduling_input {
	const struct pod *pod;
	const struct scheduling_node *nodes; /* any order; it decides only the order of verdicts */
	size_t n_nodes;
	const struct release *release;
	struct scheduling_picture *picture; /* of these nodes; NULL: made for this one decision */
};

struct scheduling_verdict {
	GPtrArray *reasons;    /* interned char *; empty: the node fits, and the list is `none` */
	bool preemption_helps; /* removing pods could make it fit */
	int score;             /* weighted total; 0 when only one node fits */
};

struct scheduling_decision {
	int node;                            /* index; -1: none */
	struct scheduling_verdict *verdicts; /* one per node */
	size_t n;
	GPtrArray *none; /* the empty list that all nodes that fit share */
	char *message;   /* of FailedScheduling; NULL when there is a node */
};

/* Decides; ties go to the best node number floor(@tie x number of best nodes), @tie in [0, 1). */
void scheduling_decide(const struct scheduling_input *input, double tie,
                       struct scheduling_decision *decision);
void scheduling_decision_clear(struct scheduling_decision *decision);

/* All reasons of a node in one text ("Insufficient cpu, Insufficient memory"); NULL when it fits.
 * Free with g_free(). */
char *scheduling_verdict_text(const struct scheduling_verdict *verdict);

/* What is requested of @resource on the node: pods and whatever else the node has to carry. */
int64_t scheduling_requested(const struct scheduling_node *node, const char *resource);

/* --- for the parts of the rule only --- */
/* The node's label; kubernetes.io/hostname is its name when unset. NULL: none. */
const char *scheduling_node_label(const struct node *node, const char *key);
bool scheduling_node_matches(const struct pod_spec *spec, const struct node *node);
bool scheduling_term_matches(const struct node_selector_term *term, const struct node *node);
bool scheduling_tolerates(const struct pod_spec *spec, const struct taint *taint);
