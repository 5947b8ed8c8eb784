/* scheduling_picture.h - what is placed where, kept up to date from one attempt to the next.
 *
 * An attempt looks at every node. So that it need not look at every pod as well, the picture keeps
 * for each node the sums of what its pods request, how many pods of each owner it has, and which
 * domain of a topology key it belongs to. The scheduler's cache (NodeInfo) does the same.
 * Source: Kubernetes 1.34, pkg/scheduler/framework/types.go, backend/cache/cache.go. */

#pragma once

#include "rules/scheduling.h"

enum scheduling_resource { SCHEDULING_CPU, SCHEDULING_MEMORY, SCHEDULING_RESOURCES };

/* Amounts of one node, in thousandths. */
struct scheduling_totals {
	int64_t allocatable[SCHEDULING_RESOURCES]; /* 0: says nothing */
	int64_t requested[SCHEDULING_RESOURCES];   /* by all that the node has to carry */
	int64_t scored[SCHEDULING_RESOURCES];      /* same, with defaults for who does not say */
	int64_t max_pods;                          /* G_MAXINT64: no limit */
	int64_t other_pods;                        /* that the scenario does not model */
	unsigned version;                          /* grows with every change; never 0 */
	unsigned minding; /* pods with terms of affinity or anti-affinity */
};

/* Which nodes share a value of one label. */
struct scheduling_domains {
	int *of_node; /* -1: the node has no such label */
	int n;
};

struct scheduling_picture;

/* A picture of @nodes with what is placed on them. Nodes are borrowed; the lists of pods are
 * copied, the pods in them borrowed. */
struct scheduling_picture *scheduling_picture_new(const struct scheduling_node *nodes, size_t n);
void scheduling_picture_free(struct scheduling_picture *picture);

const struct scheduling_node *scheduling_picture_nodes(const struct scheduling_picture *picture,
                                                       size_t *n);
const struct scheduling_totals *scheduling_picture_totals(const struct scheduling_picture *picture,
                                                          size_t node);
/* Terms of affinity or anti-affinity on any node's pods. */
bool scheduling_picture_has_terms(const struct scheduling_picture *picture);
/* A taint on any node that is only to be avoided. */
bool scheduling_picture_has_soft_taints(const struct scheduling_picture *picture);

/* What was last computed of each node's totals for pods of @spec; to be used as long as the versions
 * are the same, and filled in by the caller. Of the last spec only. */
struct scheduling_memo {
	unsigned version; /* 0: nothing */
	int score;
};
struct scheduling_memo *scheduling_picture_memos(struct scheduling_picture *picture,
                                                 struct pod_spec *spec);

/* Pods of @owner (a UID) on each node that are not terminating; NULL: none anywhere. */
const int *scheduling_picture_counts(const struct scheduling_picture *picture, const char *owner);
/* Lives as long as the picture. */
const struct scheduling_domains *scheduling_picture_domains(struct scheduling_picture *picture,
                                                            const char *key);

/* @pod is placed on node number @node from now on, or not any more (the same version of it). */
void scheduling_picture_place(struct scheduling_picture *picture, size_t node,
                              const struct pod *pod);
void scheduling_picture_remove(struct scheduling_picture *picture, size_t node,
                               const struct pod *pod);

/* What @pod requests of a resource; @missing stands for each container that does not say. */
int64_t scheduling_request_or(const struct pod_spec *spec, const char *resource, int64_t missing);
/* The same as the scores for resources count it. */
int64_t scheduling_scored_request(const struct pod_spec *spec, enum scheduling_resource resource);
const char *scheduling_resource_name(enum scheduling_resource resource);
/* Totals of a node that is in no picture. */
void scheduling_totals_of(const struct scheduling_node *node, struct scheduling_totals *totals);
