/* nodes.c - from the scenario's nodes to API objects. */

#include "world/nodes.h"

#include "kube/service.h"

/* Amounts of a node that says nothing of itself. */
static void default_amount(struct resource_list *list, const char *name, int64_t milli)
{
	int64_t there;

	if (!resource_list_get(list, name, &there)) {
		resource_list_set(list, name, milli);
	}
}

static void read_taints(struct node *node, const GPtrArray *taints)
{
	node->n_taints = taints ? taints->len : 0;
	node->taints = g_new0(struct taint, node->n_taints);
	for (size_t i = 0; i < node->n_taints; i++) {
		const struct doc *taint = taints->pdata[i];
		const char *effect = doc_text(doc_get(taint, "effect"));

		node->taints[i].key = g_strdup(doc_text(doc_get(taint, "key")));
		node->taints[i].value = g_strdup(doc_text(doc_get(taint, "value")));
		node->taints[i].effect = g_intern_string(effect ? effect : "NoSchedule");
	}
}

static struct node *node_of(const struct node_spec *spec, unsigned number, sim_time now)
{
	struct node *node = NODE(object_new(KIND_NODE));
	g_autofree char *ip = g_strdup_printf("192.168.%u.%u", 65 + number / 250, number % 250 + 3);

	node->object.meta.name = ref_string(spec->name);
	node->object.meta.ordinal = number;
	node->object.meta.labels = string_map_ref(spec->labels);
	if (!string_map_get(spec->labels, "kubernetes.io/hostname")) {
		struct string_map *more =
		    string_map_with(node->object.meta.labels, "kubernetes.io/hostname", spec->name);

		string_map_unref(node->object.meta.labels);
		node->object.meta.labels = more;
	}
	resource_list_copy(&node->allocatable, &spec->allocatable);
	default_amount(&node->allocatable, "cpu", 4 * 1000);
	default_amount(&node->allocatable, "memory", INT64_C(8) * 1024 * 1024 * 1024 * 1000);
	default_amount(&node->allocatable, "pods", 110 * 1000);
	resource_list_copy(&node->capacity, &node->allocatable);
	resource_list_copy(&node->other_requests, &spec->other_requests);
	node->internal_ip = ref_string(ip);
	read_taints(node, spec->taints);
	conditions_set(&node->conditions, "Ready", CONDITION_TRUE, "KubeletReady",
	               "kubelet is posting ready status", now);
	return node;
}

bool nodes_create(struct store *store, const struct scenario *scenario, GError **error)
{
	sim_time now = simulation_now(store_simulation(store));

	for (unsigned i = 0; i < scenario->n_nodes; i++) {
		struct node *node = node_of(&scenario->nodes[i], i, now);
		bool good = store_create(store, &node->object, error);

		object_unref(&node->object);
		if (!good) {
			return false;
		}
	}
	return true;
}

int nodes_find(const struct scenario *scenario, const char *name)
{
	for (unsigned i = 0; i < scenario->n_nodes; i++) {
		if (!name || g_str_equal(scenario->nodes[i].name, name)) {
			return (int)i;
		}
	}
	return -1;
}
