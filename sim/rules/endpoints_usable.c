/* endpoints_usable.c - which endpoints a node sends a Service's connections to. */

#include "rules/endpoints_usable.h"

#include <string.h>

enum topology { TOPOLOGY_NONE, TOPOLOGY_NODE, TOPOLOGY_ZONE };

static bool hints_name(const char *const *hints, const char *name)
{
	return hints && name && *name && g_strv_contains(hints, name);
}

static bool has_hints(const char *const *hints)
{
	return hints && hints[0];
}

/* Hints count only when every ready endpoint has one and one of them is for here. */
static enum topology topology_of(const struct usable_question *question)
{
	bool all_nodes = true, all_zones = true, for_node = false, for_zone = false;

	for (size_t i = 0; i < question->n; i++) {
		const struct usable_endpoint *endpoint = &question->endpoints[i];

		if (endpoint->ready) {
			all_nodes = all_nodes && has_hints(endpoint->hint_nodes);
			all_zones = all_zones && has_hints(endpoint->hint_zones);
			for_node = for_node || hints_name(endpoint->hint_nodes, question->node);
			for_zone = for_zone || hints_name(endpoint->hint_zones, question->zone);
		}
	}
	if (question->node_hints && all_nodes && for_node) {
		return TOPOLOGY_NODE;
	}
	return all_zones && for_zone ? TOPOLOGY_ZONE : TOPOLOGY_NONE;
}

static bool fits(const struct usable_endpoint *endpoint, enum topology topology,
                 const struct usable_question *question)
{
	switch (topology) {
	case TOPOLOGY_NODE:
		return hints_name(endpoint->hint_nodes, question->node);
	case TOPOLOGY_ZONE:
		return hints_name(endpoint->hint_zones, question->zone);
	case TOPOLOGY_NONE:
		break;
	}
	return true;
}

static bool is_last_resort(const struct usable_endpoint *endpoint)
{
	return endpoint->serving && endpoint->terminating;
}

/* Marks in @used the endpoints of one policy. */
static void choose(const struct usable_question *question, bool local_only, enum topology topology,
                   bool *used)
{
	bool any = false;

	for (size_t i = 0; i < question->n; i++) {
		const struct usable_endpoint *endpoint = &question->endpoints[i];

		used[i] = endpoint->ready && (!local_only || endpoint->local) &&
		          fits(endpoint, topology, question);
		any = any || used[i];
	}
	for (size_t i = 0; question->terminating_fallback && !any && i < question->n; i++) {
		const struct usable_endpoint *endpoint = &question->endpoints[i];

		used[i] = is_last_resort(endpoint) && (!local_only || endpoint->local);
	}
}

void usable_endpoints(const struct usable_question *question, struct usable_answer *answer)
{
	answer->uses_cluster = !question->internal_local || question->externally_accessible;
	answer->uses_local = question->internal_local ||
	                     (question->external_local && question->externally_accessible);
	answer->in_cluster = g_new0(bool, question->n + 1);
	answer->in_local = g_new0(bool, question->n + 1);
	answer->reachable = g_new0(bool, question->n + 1);
	answer->has_any_endpoints = false;
	if (answer->uses_cluster) {
		choose(question, false, topology_of(question), answer->in_cluster);
	}
	if (answer->uses_local) {
		choose(question, true, TOPOLOGY_NONE, answer->in_local);
	}
	for (size_t i = 0; i < question->n; i++) {
		const struct usable_endpoint *endpoint = &question->endpoints[i];

		answer->reachable[i] = answer->in_cluster[i] || answer->in_local[i];
		answer->has_any_endpoints =
		    answer->has_any_endpoints || endpoint->ready ||
		    (question->terminating_fallback && is_last_resort(endpoint));
	}
}

void usable_answer_clear(struct usable_answer *answer)
{
	g_clear_pointer(&answer->in_cluster, g_free);
	g_clear_pointer(&answer->in_local, g_free);
	g_clear_pointer(&answer->reachable, g_free);
}

/* Without allocation: a sync sorts thousands. */
static void write_rule_key(char *to, size_t size, const char *address, int port)
{
	g_snprintf(to, size, strchr(address, ':') ? "[%s]:%d" : "%s:%d", address, port);
}

static int compare_written(const char *address_a, int port_a, const char *address_b, int port_b)
{
	char a[64], b[64]; /* an IPv6 address has 45 characters at most */

	write_rule_key(a, sizeof a, address_a, port_a);
	write_rule_key(b, sizeof b, address_b, port_b);
	return strcmp(a, b);
}

int endpoint_rule_compare(const char *address_a, int port_a, const char *address_b, int port_b)
{
	const char *a = address_a, *b = address_b;

	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b && port_a == port_b) {
		return 0;
	}
	/* Where one address ends, its colon follows. What has a colon itself is written in
	 * brackets, which matters only if one has them and the other has not. */
	if (*a == *b || strchr(address_a, ':') || strchr(address_b, ':')) {
		return compare_written(address_a, port_a, address_b, port_b);
	}
	return (*a ? *a : ':') - (*b ? *b : ':');
}

char *endpoint_rule_probability(size_t index, size_t n)
{
	char text[32];

	if (index + 1 >= n) {
		return NULL;
	}
	return g_strdup(g_ascii_formatd(text, sizeof text, "%.10f", 1.0 / (double)(n - index)));
}
