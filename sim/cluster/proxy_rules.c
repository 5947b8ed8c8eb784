/* proxy_rules.c - what a node's proxy would program for one Service. */

#include "cluster/proxy_rules.h"

#include "rules/endpoints.h"
#include "rules/endpoints_usable.h"

#include <string.h>

struct candidate {
	const struct endpoint *endpoint;
	int port;
	bool local;
};

static bool same_text(const char *a, const char *b)
{
	return g_strcmp0(a ? a : "", b ? b : "") == 0;
}

/* --- candidates --- */

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	return endpoint_rule_compare(left->endpoint->address, left->port, right->endpoint->address,
	                             right->port);
}

/* While an endpoint moves from one slice to another it may stand in both. Then a local one is
 * preferred, which is a matter of the node. */
static void drop_doubles(GArray *candidates, bool *for_all)
{
	for (unsigned i = 1; i < candidates->len;) {
		struct candidate *earlier = &g_array_index(candidates, struct candidate, i - 1);
		const struct candidate *later = &g_array_index(candidates, struct candidate, i);

		if (compare_candidates(earlier, later) == 0) {
			*for_all = false;
			if (later->local) {
				*earlier = *later;
			}
			g_array_remove_index(candidates, i);
		} else {
			i++;
		}
	}
}

static void add_candidates(GArray *candidates, const struct endpoint_slice *slice, int port,
                           const char *node)
{
	for (size_t i = 0; i < slice->n_endpoints; i++) {
		struct candidate candidate = {&slice->endpoints[i], port,
		                              g_strcmp0(slice->endpoints[i].node_name, node) == 0};

		g_array_append_val(candidates, candidate);
	}
}

/* Endpoints of @port in the order of the rules. A headless Service's client uses the port number
 * that it knows, on whatever address DNS names. */
static GArray *candidates_of(const struct service *service, const struct service_port *port,
                             const GPtrArray *slices, const char *node, bool *for_all)
{
	GArray *candidates = g_array_new(FALSE, FALSE, sizeof(struct candidate));

	for (unsigned i = 0; i < slices->len; i++) {
		const struct endpoint_slice *slice = slices->pdata[i];

		if (!same_text(slice->address_type, service_address_type(service))) {
			continue;
		}
		if (service_is_headless(service)) {
			add_candidates(candidates, slice, port->port, node);
			continue;
		}
		for (size_t k = 0; k < slice->n_ports; k++) {
			if (same_text(slice->ports[k].name, port->name) &&
			    same_text(slice->ports[k].protocol, port->protocol)) {
				add_candidates(candidates, slice, slice->ports[k].port, node);
			}
		}
	}
	g_array_sort(candidates, compare_candidates);
	drop_doubles(candidates, for_all);
	return candidates;
}

/* --- targets --- */

static void choose(const struct service *service, const GArray *candidates,
                   const struct proxy_node *node, struct usable_answer *answer)
{
	g_autofree struct usable_endpoint *endpoints =
	    g_new0(struct usable_endpoint, candidates->len + 1);
	g_autofree const char **hints = g_new0(const char *, 4 * candidates->len + 1);

	for (unsigned i = 0; i < candidates->len; i++) {
		const struct candidate *candidate = &g_array_index(candidates, struct candidate, i);
		const char **own = &hints[4 * (size_t)i]; /* zone, NULL, node, NULL */

		own[0] = candidate->endpoint->hint_zone;
		own[2] = candidate->endpoint->hint_node;
		endpoints[i] = (struct usable_endpoint){
		    .ready = candidate->endpoint->ready,
		    .serving = candidate->endpoint->serving,
		    .terminating = candidate->endpoint->terminating,
		    .local = candidate->local,
		    .hint_zones = (const char *const *)own,
		    .hint_nodes = (const char *const *)own + 2,
		};
	}
	const struct usable_question question = {
	    .internal_local = service->internal_local,
	    .external_local = service->external_local,
	    .externally_accessible =
		same_text(service->type, "NodePort") || same_text(service->type, "LoadBalancer"),
	    .terminating_fallback = node->release->proxy_terminating_endpoints,
	    .node_hints = node->release->prefer_same_traffic_distribution,
	    .node = node->name,
	    .zone = node->zone,
	    .endpoints = endpoints,
	    .n = candidates->len,
	};

	usable_endpoints(&question, answer);
}

static void rules_free(void *data)
{
	struct proxy_rules *rules = data;

	g_array_unref(rules->targets);
	g_free(rules);
}

static struct proxy_rules *rules_of_port(const struct service *service,
                                         const struct service_port *port, const GPtrArray *slices,
                                         const struct proxy_node *node, bool *for_all)
{
	struct proxy_rules *rules = g_new0(struct proxy_rules, 1);
	g_autoptr(GArray) candidates = candidates_of(service, port, slices, node->name, for_all);
	bool headless = service_is_headless(service);
	struct usable_answer answer;

	choose(service, candidates, node, &answer);
	rules->port = port->port;
	rules->targets = g_array_new(FALSE, TRUE, sizeof(struct proxy_target));
	rules->has_any_endpoints = answer.has_any_endpoints && !headless; /* no name, no packet */
	for (unsigned i = 0; i < candidates->len; i++) {
		const struct candidate *candidate = &g_array_index(candidates, struct candidate, i);
		const struct endpoint *endpoint = candidate->endpoint;
		bool used = headless                  ? endpoint->ready
		            : service->internal_local ? answer.in_local[i]
		                                      : answer.in_cluster[i];

		*for_all = *for_all && (headless || (!endpoint->hint_zone && !endpoint->hint_node));
		if (used) {
			struct proxy_target target = {
			    .address = network_find(node->network, endpoint->address),
			    .port = candidate->port,
			    .pod_name = endpoint->pod_name,
			};

			g_array_append_val(rules->targets, target);
		}
	}
	usable_answer_clear(&answer);
	return rules;
}

GPtrArray *proxy_rules_of(const struct service *service, const GPtrArray *slices,
                          const struct proxy_node *node, bool *for_all)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(rules_free);

	*for_all = !service || !service->internal_local || service_is_headless(service);
	if (!service || !service->cluster_ip || same_text(service->type, "ExternalName")) {
		return list;
	}
	for (size_t i = 0; i < service->n_ports; i++) {
		const struct service_port *port = &service->ports[i];

		if (same_text(port->protocol, "TCP")) {
			g_ptr_array_add(list, rules_of_port(service, port, slices, node, for_all));
		}
	}
	return list;
}

/* --- changes that matter --- */

bool proxy_cares_for_service(const struct service *old, const struct service *new)
{
	bool same = old->n_ports == new->n_ports &&same_text(old->type, new->type) &&
	            same_text(old->cluster_ip, new->cluster_ip) &&
	            old->session_affinity == new->session_affinity &&
	            old->affinity_timeout_seconds == new->affinity_timeout_seconds &&
	            old->internal_local == new->internal_local &&
	            old->external_local == new->external_local;

	for (size_t i = 0; same && i < new->n_ports; i++) {
		same = same_text(old->ports[i].name, new->ports[i].name) &&
		       same_text(old->ports[i].protocol, new->ports[i].protocol) &&
		       old->ports[i].port == new->ports[i].port &&
		       old->ports[i].node_port == new->ports[i].node_port;
	}
	return !same;
}

static bool same_to_proxy(const struct endpoint *a, const struct endpoint *b)
{
	return a->ready == b->ready && a->serving == b->serving &&
	       a->terminating == b->terminating && same_text(a->address, b->address) &&
	       same_text(a->node_name, b->node_name) && same_text(a->zone, b->zone) &&
	       same_text(a->hint_zone, b->hint_zone) && same_text(a->hint_node, b->hint_node);
}

bool proxy_cares_for_slice(const struct endpoint_slice *old, const struct endpoint_slice *new)
{
	bool same = old->n_endpoints == new->n_endpoints &&endpoint_ports_equal(
					    old->ports, old->n_ports, new->ports, new->n_ports);

	for (size_t i = 0; same && i < new->n_endpoints; i++) {
		same = same_to_proxy(&old->endpoints[i], &new->endpoints[i]);
	}
	return !same;
}
