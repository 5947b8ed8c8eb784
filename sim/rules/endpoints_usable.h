/* endpoints_usable.h - which endpoints a node sends a Service's connections to, and by what chance.
 *
 * With traffic policy Cluster: all ready endpoints, narrowed by topology hints when every one has
 * hints and one of them is meant for this node or its zone; when none is ready, those that are
 * terminating but still serving. With policy Local the same two steps over this node's own
 * endpoints, without hints. What is left are equal chances: load and latency never count.
 *
 * Pure.
 * Source: Kubernetes 1.34, pkg/proxy/topology.go (CategorizeEndpoints), serviceport.go,
 * iptables/proxier.go (writeServiceToEndpointRules, computeProbability). */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

struct usable_endpoint { /* one endpoint as a node's proxy sees it; everything is borrowed */
	bool ready, serving, terminating;
	bool local;                    /* on this node */
	const char *const *hint_zones; /* NULL-terminated; NULL: no hint */
	const char *const *hint_nodes;
};

struct usable_question {
	bool internal_local, external_local; /* traffic policies Local */
	bool externally_accessible;          /* node port, load balancer or external IP */
	bool terminating_fallback;           /* terminating pods are the last resort (1.26) */
	bool node_hints;                     /* hints for nodes count (1.34) */
	const char *node, *zone;             /* that asks; zone "" or NULL: has none */
	const struct usable_endpoint *endpoints;
	size_t n;
};

struct usable_answer {
	bool uses_cluster, uses_local; /* whether the Service ever uses the policy */
	bool *in_cluster, *in_local;   /* per endpoint: used under that policy */
	bool *reachable;               /* per endpoint: one or the other */
	bool has_any_endpoints; /* anywhere: DROP, not REJECT, where the used list is empty */
};

/* Fills *@answer; free it with usable_answer_clear(). */
void usable_endpoints(const struct usable_question *question, struct usable_answer *answer);
void usable_answer_clear(struct usable_answer *answer);

/* The order of the rules: as strings of address:port, so that "10.0.0.10:80" is before
 * "10.0.0.2:80". Like strcmp(). */
int endpoint_rule_compare(const char *address_a, int port_a, const char *address_b, int port_b);

/* What rule number @index (from 0) of @n says of its probability: "0.3333333333"; NULL for the last
 * rule, which takes everything. To be freed. */
char *endpoint_rule_probability(size_t index, size_t n);
