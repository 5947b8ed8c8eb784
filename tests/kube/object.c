/* Objects in general: kinds, copies, conditions, and the status of pods. */

#include "kube/autoscaling.h"
#include "kube/service.h"
#include "kube/workload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_kinds_are_known_by_kubectls_words(void **state)
{
	static const struct {
		const char *word;
		enum object_kind kind;
	} cases[] = {
	    {"po", KIND_POD},
	    {"Pods", KIND_POD},
	    {"deploy", KIND_DEPLOYMENT},
	    {"DEPLOYMENT", KIND_DEPLOYMENT},
	    {"rs", KIND_REPLICA_SET},
	    {"svc", KIND_SERVICE},
	    {"hpa", KIND_HPA},
	    {"horizontalpodautoscalers", KIND_HPA},
	    {"pdb", KIND_PDB},
	    {"ev", KIND_EVENT},
	    {"no", KIND_NODE},
	    {"ep", KIND_ENDPOINTS},
	    {"endpointslices", KIND_ENDPOINT_SLICE},
	};
	enum object_kind kind;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		assert_true(object_kind_from_word(cases[i].word, &kind));
		assert_int_equal(kind, cases[i].kind);
	}
	assert_false(object_kind_from_word("podz", &kind));
	assert_false(object_kind_from_word("object", &kind));
	assert_string_equal(object_kind_name(KIND_HPA), "HorizontalPodAutoscaler");
	assert_string_equal(object_kind_word(KIND_HPA), "hpa");
}

static void test_a_new_object_has_nothing_set(void **state)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		struct object *object = object_new((enum object_kind)kind);

		assert_int_equal(object->kind, kind);
		assert_int_equal(object->meta.owner.kind, KIND_COUNT);
		assert_true(object->meta.deletion_time == SIM_NEVER);
		struct object *copy = object_copy(object_ref(object));

		object_unref(object);
		object_unref(object);
		assert_int_equal(copy->refs, 1);
		object_unref(copy);
	}
	object_unref(NULL);
}

static void test_a_copy_can_be_changed_without_touching_its_original(void **state)
{
	struct object *object = object_new(KIND_ENDPOINT_SLICE);
	struct endpoint_slice *slice = ENDPOINT_SLICE(object);

	ref_string_set(&object->meta.name, "web-abcde");
	slice->n_endpoints = 1;
	slice->endpoints = g_new0(struct endpoint, 1);
	slice->endpoints[0].address = ref_string("10.0.0.1");
	slice->n_ports = 1;
	slice->ports = g_new0(struct endpoint_port, 1);
	slice->ports[0].name = g_strdup("http");
	object->source = doc_new_map();

	struct object *copy = object_copy(object);

	ref_string_set(&ENDPOINT_SLICE(copy)->endpoints[0].address, "10.0.0.2");
	ENDPOINT_SLICE(copy)->endpoints[0].ready = true;
	ref_string_set(&copy->meta.name, NULL);
	doc_set_int(copy->source, "a", 1);
	assert_string_equal(slice->endpoints[0].address, "10.0.0.1");
	assert_string_equal(object->meta.name, "web-abcde");
	assert_int_equal(doc_length(object->source), 0);
	assert_false(endpoint_equal(&slice->endpoints[0], &ENDPOINT_SLICE(copy)->endpoints[0]));
	object_unref(object);
	assert_string_equal(ENDPOINT_SLICE(copy)->ports[0].name, "http");
	object_unref(copy);
}

static void test_a_transition_is_a_change_of_status(void **state)
{
	struct conditions list = {0};

	assert_true(conditions_set(&list, "Ready", CONDITION_FALSE, "ContainersNotReady", "a", 1));
	assert_false(conditions_set(&list, "Ready", CONDITION_FALSE, "ContainersNotReady", "a", 2));
	assert_true(conditions_set(&list, "Ready", CONDITION_FALSE, "ContainersNotReady", "b", 3));
	assert_true(conditions_find(&list, "Ready")->last_transition_time == 1);
	assert_false(conditions_are_true(&list, "Ready"));
	assert_true(conditions_set(&list, "Ready", CONDITION_TRUE, NULL, NULL, 4));
	assert_true(conditions_find(&list, "Ready")->last_transition_time == 4);
	assert_true(conditions_are_true(&list, "Ready"));
	assert_true(conditions_set(&list, "Initialized", CONDITION_UNKNOWN, NULL, NULL, 5));

	struct conditions copy = {0};

	conditions_copy(&copy, &list);
	conditions_remove(&list, "Ready");
	conditions_remove(&list, "Never");
	assert_int_equal(list.n, 1);
	assert_string_equal(list.items[0].type, "Initialized");
	assert_int_equal(copy.n, 2);
	assert_string_equal(condition_status_name(copy.items[1].status), "Unknown");
	conditions_clear(&list);
	conditions_clear(&copy);
	assert_null(conditions_find(&list, "Initialized"));
}

static void test_resources_are_known_by_name(void **state)
{
	struct resource_list list = {0}, copy = {0};
	int64_t milli;

	resource_list_set(&list, "cpu", 250);
	resource_list_set(&list, "memory", 1000);
	resource_list_set(&list, "cpu", 500);
	resource_list_copy(&copy, &list);
	resource_list_clear(&list);
	assert_int_equal(copy.n, 2);
	assert_true(resource_list_get(&copy, "cpu", &milli));
	assert_int_equal(milli, 500);
	assert_false(resource_list_get(&list, "cpu", &milli));
	assert_int_equal(milli, 0);
	resource_list_clear(&copy);
}

static void test_the_defaults_of_scaling_rules(void **state)
{
	struct scaling_rules up = {.stabilization_window_seconds = -1};
	struct scaling_rules down = {.stabilization_window_seconds = -1};

	scaling_rules_default_up(&up);
	scaling_rules_default_down(&down);
	assert_int_equal(up.stabilization_window_seconds, 0);
	assert_int_equal(up.n_policies, 2);
	assert_false(up.policies[0].percent);
	assert_int_equal(up.policies[1].value, 100);
	assert_int_equal(down.stabilization_window_seconds, -1);
	assert_int_equal(down.n_policies, 1);
	assert_true(down.policies[0].percent);
	g_free(up.policies);
	g_free(down.policies);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kinds_are_known_by_kubectls_words),
	    cmocka_unit_test(test_a_new_object_has_nothing_set),
	    cmocka_unit_test(test_a_copy_can_be_changed_without_touching_its_original),
	    cmocka_unit_test(test_a_transition_is_a_change_of_status),
	    cmocka_unit_test(test_resources_are_known_by_name),
	    cmocka_unit_test(test_the_defaults_of_scaling_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
