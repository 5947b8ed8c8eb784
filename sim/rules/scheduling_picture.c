/* scheduling_picture.c - sums over the pods of each node, kept as pods come and go. */

#include "rules/scheduling_picture.h"

#include <string.h>

/* What a container without a request counts in the scores, so that such pods spread too. */
#define DEFAULT_CPU INT64_C(100)
#define DEFAULT_MEMORY (INT64_C(200) * 1024 * 1024 * 1000)

struct scheduling_picture {
	size_t n;
	struct scheduling_node *nodes;
	struct scheduling_totals *totals;
	GHashTable *owners;  /* UID -> int *, one per node */
	GHashTable *domains; /* key -> struct scheduling_domains * */
	unsigned minding;
	bool soft_taints;
	struct pod_spec *memo_spec; /* NULL: none yet */
	struct scheduling_memo *memos;
};

/* --- requests --- */

const char *scheduling_resource_name(enum scheduling_resource resource)
{
	return resource == SCHEDULING_CPU ? "cpu" : "memory";
}

static int64_t container_request(const struct container *container, const char *resource,
                                 int64_t missing)
{
	int64_t request = 0;

	return resource_list_get(&container->requests, resource, &request) ? request : missing;
}

int64_t scheduling_request_or(const struct pod_spec *spec, const char *resource, int64_t missing)
{
	int64_t sum = 0, sidecars = 0, init = 0, pod;

	if (spec->has_pod_resources && resource_list_get(&spec->pod_requests, resource, &pod)) {
		return pod;
	}
	for (size_t i = 0; i < spec->n_containers; i++) {
		sum += container_request(&spec->containers[i], resource, missing);
	}
	for (size_t i = 0; i < spec->n_init_containers; i++) {
		int64_t one = container_request(&spec->init_containers[i], resource, missing);

		if (spec->init_containers[i].always_restarts) {
			sidecars += one;
			init = MAX(init, sidecars);
		} else {
			init = MAX(init, sidecars + one);
		}
	}
	return MAX(sum + sidecars, init);
}

int64_t scheduling_scored_request(const struct pod_spec *spec, enum scheduling_resource resource)
{
	return scheduling_request_or(spec, scheduling_resource_name(resource),
	                             resource == SCHEDULING_CPU ? DEFAULT_CPU : DEFAULT_MEMORY);
}

/* --- sums --- */

static bool has_terms(const struct pod_spec *spec)
{
	return (spec->pod_affinity && spec->pod_affinity->len > 0) ||
	       (spec->pod_anti_affinity && spec->pod_anti_affinity->len > 0);
}

static void totals_init(struct scheduling_totals *totals, const struct node *node)
{
	*totals = (struct scheduling_totals){.max_pods = G_MAXINT64, .version = 1};
	for (unsigned i = 0; i < SCHEDULING_RESOURCES; i++) {
		const char *name = scheduling_resource_name(i);

		resource_list_get(&node->allocatable, name, &totals->allocatable[i]);
		resource_list_get(&node->other_requests, name, &totals->requested[i]);
		totals->scored[i] = totals->requested[i];
	}
	resource_list_get(&node->other_requests, "pods", &totals->other_pods);
	if (!resource_list_get(&node->allocatable, "pods", &totals->max_pods)) {
		totals->max_pods = G_MAXINT64;
	}
}

/* @sign 1: @pod comes; -1: it goes. */
static void totals_add(struct scheduling_totals *totals, const struct pod *pod, int sign)
{
	for (unsigned i = 0; i < SCHEDULING_RESOURCES; i++) {
		totals->requested[i] +=
		    sign * pod_request(pod, scheduling_resource_name(i));
		totals->scored[i] += sign * scheduling_scored_request(pod->spec, i);
	}
	totals->minding += has_terms(pod->spec) ? (unsigned)sign : 0;
	totals->version++;
}

void scheduling_totals_of(const struct scheduling_node *node, struct scheduling_totals *totals)
{
	totals_init(totals, node->node);
	for (unsigned i = 0; i < node->pods->len; i++) {
		totals_add(totals, POD(node->pods->pdata[i]), 1);
	}
}

static void count_owner(struct scheduling_picture *picture, size_t node, const struct pod *pod,
                        int sign)
{
	const char *owner = pod->object.meta.owner.uid;
	int *counts = owner ? g_hash_table_lookup(picture->owners, owner) : NULL;

	if (!owner || pod_is_terminating(pod)) {
		return;
	}
	if (!counts) {
		counts = g_new0(int, picture->n);
		g_hash_table_insert(picture->owners, g_strdup(owner), counts);
	}
	counts[node] += sign;
}

void scheduling_picture_place(struct scheduling_picture *picture, size_t node,
                              const struct pod *pod)
{
	struct scheduling_totals *totals = &picture->totals[node];

	g_ptr_array_add((GPtrArray *)picture->nodes[node].pods, (void *)pod);
	picture->minding -= totals->minding;
	totals_add(totals, pod, 1);
	picture->minding += totals->minding;
	count_owner(picture, node, pod, 1);
}

void scheduling_picture_remove(struct scheduling_picture *picture, size_t node,
                               const struct pod *pod)
{
	struct scheduling_totals *totals = &picture->totals[node];

	if (!g_ptr_array_remove_fast((GPtrArray *)picture->nodes[node].pods, (void *)pod)) {
		return;
	}
	picture->minding -= totals->minding;
	totals_add(totals, pod, -1);
	picture->minding += totals->minding;
	count_owner(picture, node, pod, -1);
}

/* --- life --- */

static void domains_free(void *data)
{
	struct scheduling_domains *domains = data;

	g_free(domains->of_node);
	g_free(domains);
}

static bool has_soft_taint(const struct node *node)
{
	for (size_t i = 0; i < node->n_taints; i++) {
		if (g_strcmp0(node->taints[i].effect, "PreferNoSchedule") == 0) {
			return true;
		}
	}
	return false;
}

struct scheduling_picture *scheduling_picture_new(const struct scheduling_node *nodes, size_t n)
{
	struct scheduling_picture *picture = g_new0(struct scheduling_picture, 1);

	picture->n = n;
	picture->nodes = g_new0(struct scheduling_node, n);
	picture->totals = g_new0(struct scheduling_totals, n);
	picture->memos = g_new0(struct scheduling_memo, n);
	picture->owners = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	picture->domains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, domains_free);
	for (size_t i = 0; i < n; i++) {
		picture->nodes[i] = (struct scheduling_node){nodes[i].node, g_ptr_array_new()};
		totals_init(&picture->totals[i], nodes[i].node);
		picture->soft_taints |= has_soft_taint(nodes[i].node);
		for (unsigned k = 0; k < nodes[i].pods->len; k++) {
			scheduling_picture_place(picture, i, POD(nodes[i].pods->pdata[k]));
		}
	}
	return picture;
}

void scheduling_picture_free(struct scheduling_picture *picture)
{
	if (picture) {
		for (size_t i = 0; i < picture->n; i++) {
			g_ptr_array_unref((GPtrArray *)picture->nodes[i].pods);
		}
		g_hash_table_unref(picture->domains);
		g_hash_table_unref(picture->owners);
		g_clear_pointer(&picture->memo_spec, pod_spec_unref);
		g_free(picture->memos);
		g_free(picture->totals);
		g_free(picture->nodes);
		g_free(picture);
	}
}

/* --- questions --- */

const struct scheduling_node *scheduling_picture_nodes(const struct scheduling_picture *picture,
                                                       size_t *n)
{
	*n = picture->n;
	return picture->nodes;
}

const struct scheduling_totals *scheduling_picture_totals(const struct scheduling_picture *picture,
                                                          size_t node)
{
	return &picture->totals[node];
}

bool scheduling_picture_has_terms(const struct scheduling_picture *picture)
{
	return picture->minding > 0;
}

bool scheduling_picture_has_soft_taints(const struct scheduling_picture *picture)
{
	return picture->soft_taints;
}

struct scheduling_memo *scheduling_picture_memos(struct scheduling_picture *picture,
                                                 struct pod_spec *spec)
{
	if (picture->memo_spec != spec) {
		g_clear_pointer(&picture->memo_spec, pod_spec_unref);
		picture->memo_spec = pod_spec_ref(spec);
		memset(picture->memos, 0, picture->n * sizeof(*picture->memos));
	}
	return picture->memos;
}

const int *scheduling_picture_counts(const struct scheduling_picture *picture, const char *owner)
{
	return g_hash_table_lookup(picture->owners, owner);
}

const struct scheduling_domains *scheduling_picture_domains(struct scheduling_picture *picture,
                                                            const char *key)
{
	struct scheduling_domains *domains = g_hash_table_lookup(picture->domains, key);

	if (domains) {
		return domains;
	}
	g_autoptr(GHashTable) numbers = g_hash_table_new(g_str_hash, g_str_equal);

	domains = g_new0(struct scheduling_domains, 1);
	domains->of_node = g_new(int, picture->n);
	for (size_t i = 0; i < picture->n; i++) {
		const char *value = scheduling_node_label(picture->nodes[i].node, key);
		int number = value ? GPOINTER_TO_INT(g_hash_table_lookup(numbers, value)) : 0;

		if (value && number == 0) {
			number = ++domains->n;
			g_hash_table_insert(numbers, (void *)value, GINT_TO_POINTER(number));
		}
		domains->of_node[i] = number - 1;
	}
	g_hash_table_insert(picture->domains, g_strdup(key), domains);
	return domains;
}
