/* scheduling.c - filters, scores and messages of the scheduler. */

#include "rules/scheduling.h"
#include "rules/scheduling_score.h"
#include "rules/scheduling_topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MEBIBYTE (INT64_C(1024) * 1024 * 1000)

enum { NODES = 3 };

/* Three nodes and a pod to place; everything on the heap is let go by end(). */
struct stage {
	struct release release;
	struct node *nodes[NODES];
	struct scheduling_node places[NODES];
	struct pod *pod;
	GPtrArray *pods;
	struct scheduling_decision decision;
	bool decided;
};

static void set_resources(struct resource_list *list, int64_t cpu, int64_t mebibytes)
{
	resource_list_set(list, g_intern_string("cpu"), cpu);
	resource_list_set(list, g_intern_string("memory"), mebibytes * MEBIBYTE);
}

static struct pod *new_pod(struct stage *stage, int64_t cpu, int64_t mebibytes)
{
	struct pod *pod = POD(object_new(KIND_POD));
	struct pod_spec *spec = g_new0(struct pod_spec, 1);

	spec->refs = 1;
	spec->n_containers = 1;
	spec->containers = g_new0(struct container, 1);
	spec->containers[0].name = g_strdup("app");
	spec->containers[0].image = g_strdup("app:1");
	if (cpu || mebibytes) {
		set_resources(&spec->containers[0].requests, cpu, mebibytes);
	}
	pod->spec = spec;
	pod->containers = g_new0(struct container_status, 1);
	pod->object.meta.labels = string_map_with(NULL, "app", "web");
	ref_string_set(&pod->object.meta.namespace, "default");
	g_ptr_array_add(stage->pods, pod);
	return pod;
}

static void label_node(struct node *node, const char *key, const char *value)
{
	struct string_map *map = string_map_with(node->object.meta.labels, key, value);

	string_map_unref(node->object.meta.labels);
	node->object.meta.labels = map;
}

static int begin(void **state)
{
	struct stage *stage = g_new0(struct stage, 1);

	release_init(&stage->release, "1.33", NULL);
	stage->pods = g_ptr_array_new_with_free_func((GDestroyNotify)object_unref);
	for (unsigned i = 0; i < NODES; i++) {
		g_autofree char *name = g_strdup_printf("node-%u", i);

		stage->nodes[i] = NODE(object_new(KIND_NODE));
		ref_string_set(&stage->nodes[i]->object.meta.name, name);
		set_resources(&stage->nodes[i]->allocatable, 4000, 8192);
		stage->places[i] = (struct scheduling_node){stage->nodes[i], g_ptr_array_new()};
	}
	stage->pod = new_pod(stage, 1000, 1024);
	*state = stage;
	return 0;
}

static int end(void **state)
{
	struct stage *stage = *state;

	if (stage->decided) {
		scheduling_decision_clear(&stage->decision);
	}
	for (unsigned i = 0; i < NODES; i++) {
		g_ptr_array_unref((GPtrArray *)stage->places[i].pods);
		object_unref(&stage->nodes[i]->object);
	}
	g_ptr_array_unref(stage->pods);
	g_free(stage);
	return 0;
}

/* Puts a pod onto the node. */
static struct pod *place(struct stage *stage, unsigned node, int64_t cpu, int64_t mebibytes)
{
	struct pod *pod = new_pod(stage, cpu, mebibytes);

	g_ptr_array_add((GPtrArray *)stage->places[node].pods, pod);
	return pod;
}

static int decide(struct stage *stage, size_t n_nodes, double tie)
{
	const struct scheduling_input input = {
	    .pod = stage->pod,
	    .nodes = stage->places,
	    .n_nodes = n_nodes,
	    .release = &stage->release,
	};

	if (stage->decided) {
		scheduling_decision_clear(&stage->decision);
	}
	scheduling_decide(&input, tie, &stage->decision);
	stage->decided = true;
	return stage->decision.node;
}

static void assert_refused(const struct stage *stage, unsigned node, const char *reason)
{
	g_autofree char *text = scheduling_verdict_text(&stage->decision.verdicts[node]);

	assert_non_null(text);
	assert_string_equal(text, reason);
}

/* --- resources --- */

static void test_one_node_without_memory(void **state)
{
	struct stage *stage = *state;

	place(stage, 0, 100, 7500);
	assert_int_equal(decide(stage, 1, 0), -1);
	assert_string_equal(stage->decision.message,
	                    "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes "
	                    "are available: 1 No preemption victims found for incoming pod.");
}

static void test_from_1_34_on_the_message_speaks_of_claims(void **state)
{
	struct stage *stage = *state;

	release_init(&stage->release, "1.34", NULL);
	place(stage, 0, 100, 7500);
	decide(stage, 1, 0);
	assert_string_equal(stage->decision.message,
	                    "0/1 nodes are available: 1 Insufficient memory. no new claims to "
	                    "deallocate, preemption: 0/1 nodes are available: 1 No preemption "
	                    "victims found for incoming pod.");
}

static void test_reasons_are_counted_and_sorted_as_strings(void **state)
{
	struct stage *stage = *state;

	place(stage, 0, 3500, 7500);
	place(stage, 1, 3500, 100);
	stage->nodes[2]->unschedulable = true;
	assert_int_equal(decide(stage, NODES, 0), -1);
	assert_string_equal(
	    stage->decision.message,
	    "0/3 nodes are available: 1 Insufficient memory, 1 node(s) were unschedulable, "
	    "2 Insufficient cpu. preemption: 0/3 nodes are available: 1 Preemption is not helpful "
	    "for scheduling, 2 No preemption victims found for incoming pod.");
}

static void test_what_else_a_node_carries_counts(void **state)
{
	struct stage *stage = *state;

	set_resources(&stage->nodes[0]->other_requests, 3001, 0);
	assert_int_equal(decide(stage, 1, 0), -1);
	set_resources(&stage->nodes[0]->other_requests, 3000, 0);
	assert_int_equal(decide(stage, 1, 0), 0);
}

static void test_a_node_takes_only_so_many_pods(void **state)
{
	struct stage *stage = *state;

	resource_list_set(&stage->nodes[0]->allocatable, g_intern_string("pods"), 2000);
	place(stage, 0, 10, 10);
	assert_int_equal(decide(stage, 1, 0), 0);
	place(stage, 0, 10, 10);
	assert_int_equal(decide(stage, 1, 0), -1);
	assert_refused(stage, 0, "Too many pods");
}

static void test_a_request_larger_than_the_node_is_beyond_preemption(void **state)
{
	struct stage *stage = *state;

	set_resources(&stage->pod->spec->containers[0].requests, 5000, 1024);
	decide(stage, 1, 0);
	assert_string_equal(
	    stage->decision.message,
	    "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are "
	    "available: 1 Preemption is not helpful for scheduling.");
}

static void test_without_nodes_there_is_nothing_to_count(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(decide(stage, 0, 0), -1);
	assert_string_equal(stage->decision.message, "no nodes available to schedule pods");
}

/* --- scores of resources --- */

static void test_least_allocated_is_the_mean_of_what_stays_free(void **state)
{
	struct stage *stage = *state;

	/* cpu (4000 - 1000 - 500) / 4000 = 62.5, memory (8192 - 1024 - 3072) / 8192 = 50 */
	place(stage, 0, 500, 3072);
	assert_int_equal(scheduling_least_allocated(stage->pod->spec, &stage->places[0]), 56);
}

static void test_a_pod_without_requests_counts_a_little_for_least_allocated(void **state)
{
	struct stage *stage = *state;
	struct pod *idle = place(stage, 0, 0, 0);

	/* Twice 100m of 4000m and twice 200Mi of 8192Mi: 95 and 95.1. */
	assert_int_equal(scheduling_least_allocated(idle->spec, &stage->places[0]), 95);
	assert_int_equal(scheduling_balanced_allocation(idle->spec, &stage->places[0]), 0);
}

static void test_balanced_allocation_likes_equal_shares(void **state)
{
	struct stage *stage = *state;

	/* 1000 / 4000 = 25 %, 1024 / 8192 = 12.5 % */
	assert_int_equal(scheduling_balanced_allocation(stage->pod->spec, &stage->places[0]), 93);
	place(stage, 0, 0, 1024);
	assert_int_equal(scheduling_balanced_allocation(stage->pod->spec, &stage->places[0]), 100);
}

static void test_the_emptier_node_wins(void **state)
{
	struct stage *stage = *state;

	place(stage, 0, 1000, 2048);
	place(stage, 2, 1000, 2048);
	assert_int_equal(decide(stage, NODES, 0.99), 1);
}

static void test_equal_nodes_share_the_chance(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(decide(stage, NODES, 0.0), 0);
	assert_int_equal(decide(stage, NODES, 0.34), 1);
	assert_int_equal(decide(stage, NODES, 0.99), 2);
}

/* --- taints, selectors --- */

static void taint_node(struct node *node, const char *key, const char *value, const char *effect)
{
	node->taints = g_renew(struct taint, node->taints, node->n_taints + 1);
	node->taints[node->n_taints++] =
	    (struct taint){g_strdup(key), g_strdup(value), g_intern_string(effect)};
}

static void toleration_free(void *data)
{
	struct toleration *toleration = data;

	g_free(toleration->key);
	g_free(toleration->value);
	g_free(toleration);
}

static void tolerate(struct pod *pod, const char *key, const char *value, const char *effect)
{
	struct toleration *toleration = g_new0(struct toleration, 1);

	toleration->key = g_strdup(key);
	toleration->value = g_strdup(value);
	toleration->exists = value == NULL;
	toleration->effect = g_intern_string(effect);
	if (!pod->spec->tolerations) {
		pod->spec->tolerations = g_ptr_array_new_with_free_func(toleration_free);
	}
	g_ptr_array_add(pod->spec->tolerations, toleration);
}

static void test_a_taint_keeps_pods_away_that_do_not_tolerate_it(void **state)
{
	struct stage *stage = *state;

	taint_node(stage->nodes[0], "dedicated", "gpu", "NoSchedule");
	assert_int_equal(decide(stage, 1, 0), -1);
	assert_refused(stage, 0, "node(s) had untolerated taint {dedicated: gpu}");
	tolerate(stage->pod, "dedicated", "cpu", NULL);
	assert_int_equal(decide(stage, 1, 0), -1);
	tolerate(stage->pod, "dedicated", "gpu", "NoExecute");
	assert_int_equal(decide(stage, 1, 0), -1);
	tolerate(stage->pod, "dedicated", "gpu", "NoSchedule");
	assert_int_equal(decide(stage, 1, 0), 0);
}

static void test_a_toleration_without_key_tolerates_everything(void **state)
{
	struct stage *stage = *state;

	taint_node(stage->nodes[0], "dedicated", "gpu", "NoExecute");
	stage->nodes[0]->unschedulable = true;
	tolerate(stage->pod, NULL, NULL, NULL);
	assert_int_equal(decide(stage, 1, 0), 0);
}

static void test_a_node_that_prefers_no_pods_comes_last(void **state)
{
	struct stage *stage = *state;

	taint_node(stage->nodes[0], "slow", "", "PreferNoSchedule");
	place(stage, 1, 1000, 2048);
	place(stage, 2, 1000, 2048);
	place(stage, 2, 1000, 2048);
	assert_int_equal(decide(stage, NODES, 0), 1);
}

static void test_a_node_selector_wants_its_labels(void **state)
{
	struct stage *stage = *state;

	stage->pod->spec->node_selector = string_map_with(NULL, "disk", "ssd");
	assert_int_equal(decide(stage, NODES, 0), -1);
	assert_refused(stage, 0, "node(s) didn't match Pod's node affinity/selector");
	label_node(stage->nodes[2], "disk", "ssd");
	assert_int_equal(decide(stage, NODES, 0), 2);
}

static void requirement_free(void *data)
{
	struct selector_requirement *requirement = data;

	g_free(requirement->key);
	g_strfreev(requirement->values);
	g_free(requirement);
}

static void term_free(void *data)
{
	struct node_selector_term *term = data;

	g_ptr_array_unref(term->expressions);
	g_free(term);
}

static GPtrArray *terms_of(const char *key, const char *value, int weight)
{
	GPtrArray *terms = g_ptr_array_new_with_free_func(term_free);
	struct node_selector_term *term = g_new0(struct node_selector_term, 1);
	struct selector_requirement *requirement = g_new0(struct selector_requirement, 1);

	requirement->key = g_strdup(key);
	requirement->operator= SELECTOR_IN;
	requirement->values = g_strsplit(value, ",", -1);
	term->weight = weight;
	term->expressions = g_ptr_array_new_with_free_func(requirement_free);
	g_ptr_array_add(term->expressions, requirement);
	g_ptr_array_add(terms, term);
	return terms;
}

static void test_required_node_affinity_filters_and_preferred_scores(void **state)
{
	struct stage *stage = *state;

	label_node(stage->nodes[0], "zone", "a");
	label_node(stage->nodes[1], "zone", "b");
	label_node(stage->nodes[2], "zone", "c");
	stage->pod->spec->required_node_terms = terms_of("zone", "a,b", 0);
	assert_int_equal(decide(stage, NODES, 0.99), 1);
	stage->pod->spec->preferred_node_terms = terms_of("zone", "a", 50);
	assert_int_equal(decide(stage, NODES, 0.99), 0);
	assert_refused(stage, 2, "node(s) didn't match Pod's node affinity/selector");
}

/* --- other pods --- */

static void affinity_free(void *data)
{
	struct affinity_term *term = data;

	label_selector_free(term->selector);
	g_free(term->topology_key);
	g_free(term);
}

static GPtrArray *affinity_to(const char *selector, const char *key, int weight)
{
	GPtrArray *terms = g_ptr_array_new_with_free_func(affinity_free);
	struct affinity_term *term = g_new0(struct affinity_term, 1);

	term->selector = label_selector_parse(selector, NULL);
	term->topology_key = g_strdup(key);
	term->weight = weight;
	g_ptr_array_add(terms, term);
	return terms;
}

static void test_anti_affinity_wants_a_node_of_its_own(void **state)
{
	struct stage *stage = *state;

	stage->pod->spec->pod_anti_affinity = affinity_to("app=web", "kubernetes.io/hostname", 0);
	place(stage, 0, 10, 10);
	place(stage, 1, 10, 10);
	assert_int_equal(decide(stage, NODES, 0), 2);
	assert_refused(stage, 0, "node(s) didn't match pod anti-affinity rules");
}

static void test_a_placed_pod_can_refuse_neighbours(void **state)
{
	struct stage *stage = *state;

	place(stage, 0, 10, 10)->spec->pod_anti_affinity =
	    affinity_to("app=web", "kubernetes.io/hostname", 0);
	assert_int_equal(decide(stage, 1, 0), -1);
	assert_refused(stage, 0, "node(s) didn't satisfy existing pods anti-affinity rules");
}

static void test_the_first_of_pods_that_want_to_be_together_goes_anywhere(void **state)
{
	struct stage *stage = *state;

	stage->pod->spec->pod_affinity = affinity_to("app=web", "kubernetes.io/hostname", 0);
	assert_int_equal(decide(stage, NODES, 0), 0);
	place(stage, 1, 2000, 4096);
	assert_int_equal(decide(stage, NODES, 0), 1);
	assert_refused(stage, 0, "node(s) didn't match pod affinity rules");
	g_ptr_array_unref(stage->pod->spec->pod_affinity);
	stage->pod->spec->pod_affinity = affinity_to("app=other", "kubernetes.io/hostname", 0);
	assert_int_equal(decide(stage, NODES, 0), -1);
}

static void test_preferred_anti_affinity_outweighs_a_little_less_room(void **state)
{
	struct stage *stage = *state;

	stage->pod->spec->pod_anti_affinity = affinity_to("app=web", "kubernetes.io/hostname", 100);
	place(stage, 0, 10, 10);
	set_resources(&stage->nodes[1]->other_requests, 1000, 2048);
	assert_int_equal(decide(stage, 2, 0), 1);
}

static void constraint_free(void *data)
{
	struct spread_constraint *constraint = data;

	label_selector_free(constraint->selector);
	g_free(constraint->topology_key);
	g_free(constraint);
}

static void spread_over_zones(struct pod *pod, int max_skew, bool required)
{
	struct spread_constraint *constraint = g_new0(struct spread_constraint, 1);

	constraint->max_skew = max_skew;
	constraint->topology_key = g_strdup("zone");
	constraint->required = required;
	constraint->selector = label_selector_parse("app=web", NULL);
	pod->spec->spread_constraints = g_ptr_array_new_with_free_func(constraint_free);
	g_ptr_array_add(pod->spec->spread_constraints, constraint);
}

static void test_a_required_spread_refuses_the_fuller_zone(void **state)
{
	struct stage *stage = *state;

	spread_over_zones(stage->pod, 1, true);
	label_node(stage->nodes[0], "zone", "a");
	label_node(stage->nodes[1], "zone", "b");
	place(stage, 0, 10, 10);
	assert_int_equal(decide(stage, NODES, 0), 1);
	assert_refused(stage, 0, "node(s) didn't match pod topology spread constraints");
	assert_refused(
	    stage, 2,
	    "node(s) didn't match pod topology spread constraints (missing required label)");
}

static void test_a_preferred_spread_chooses_the_emptier_zone(void **state)
{
	struct stage *stage = *state;

	spread_over_zones(stage->pod, 1, false);
	label_node(stage->nodes[0], "zone", "a");
	label_node(stage->nodes[1], "zone", "b");
	label_node(stage->nodes[2], "zone", "a");
	place(stage, 2, 10, 10);
	place(stage, 2, 10, 10);
	set_resources(&stage->nodes[1]->other_requests, 500, 1024);
	assert_int_equal(decide(stage, NODES, 0), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_one_node_without_memory),
	    TEST(test_from_1_34_on_the_message_speaks_of_claims),
	    TEST(test_reasons_are_counted_and_sorted_as_strings),
	    TEST(test_what_else_a_node_carries_counts),
	    TEST(test_a_node_takes_only_so_many_pods),
	    TEST(test_a_request_larger_than_the_node_is_beyond_preemption),
	    TEST(test_without_nodes_there_is_nothing_to_count),
	    TEST(test_least_allocated_is_the_mean_of_what_stays_free),
	    TEST(test_a_pod_without_requests_counts_a_little_for_least_allocated),
	    TEST(test_balanced_allocation_likes_equal_shares),
	    TEST(test_the_emptier_node_wins),
	    TEST(test_equal_nodes_share_the_chance),
	    TEST(test_a_taint_keeps_pods_away_that_do_not_tolerate_it),
	    TEST(test_a_toleration_without_key_tolerates_everything),
	    TEST(test_a_node_that_prefers_no_pods_comes_last),
	    TEST(test_a_node_selector_wants_its_labels),
	    TEST(test_required_node_affinity_filters_and_preferred_scores),
	    TEST(test_anti_affinity_wants_a_node_of_its_own),
	    TEST(test_a_placed_pod_can_refuse_neighbours),
	    TEST(test_the_first_of_pods_that_want_to_be_together_goes_anywhere),
	    TEST(test_preferred_anti_affinity_outweighs_a_little_less_room),
	    TEST(test_a_required_spread_refuses_the_fuller_zone),
	    TEST(test_a_preferred_spread_chooses_the_emptier_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
