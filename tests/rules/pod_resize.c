/* Tests of in-place resize: what the API server refuses, and what a node can give. */

#include "rules/pod_resize.h"

#include "kube/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define OTHERS                                                                                     \
	"pod updates may not change fields other than `spec.containers[*].image`,"                 \
	"`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "    \
	"additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be " \
	"set to 1 if it was previously negative)"

#define APP(resources) "{containers: [{name: app, image: web, resources: {" resources "}}]}"
#define BASE "requests: {cpu: 250m, memory: 64Mi}, limits: {cpu: 500m, memory: 128Mi}"

static const struct update {
	const char *version, *old, *fresh;
	bool subresource;
	const char *refusal; /* NULL: accepted */
} updates[] = {
    {"1.33", APP(BASE), APP(BASE), false, NULL},
    {"1.33", APP(BASE), APP("requests: {cpu: 1, memory: 64Mi}, limits: {cpu: 2, memory: 1Gi}"),
     true, NULL},
    {"1.33", APP(BASE), APP("requests: {cpu: 1, memory: 64Mi}, limits: {cpu: 2, memory: 128Mi}"),
     false, "spec: Forbidden: " OTHERS},
    {"1.31", APP(BASE), APP("requests: {cpu: 1, memory: 64Mi}, limits: {cpu: 2, memory: 128Mi}"),
     false, "spec: Forbidden: " OTHERS},
    {"1.31+", APP(BASE), APP("requests: {cpu: 1, memory: 64Mi}, limits: {cpu: 2, memory: 128Mi}"),
     false, NULL},
    {"1.31+", APP(BASE),
     "{hostname: h, containers: [{name: app, image: web, resources: {" BASE "}}]}", false,
     "spec: Forbidden: " OTHERS ",`spec.containers[*].resources` (for CPU/memory only)"},
    {"1.33", APP(BASE),
     "{hostname: h, containers: [{name: app, image: web, resources: {" BASE "}}]}", true,
     "spec: Forbidden: only cpu and memory resources are mutable"},
    {"1.33", APP(BASE),
     APP("requests: {cpu: 250m, memory: 64Mi}, limits: {cpu: 500m, memory: 128Mi, "
         "ephemeral-storage: 1Gi}"),
     true, "spec: Forbidden: only cpu and memory resources are mutable"},
    {"1.33", APP(BASE), "{containers: [{name: other, image: web, resources: {" BASE "}}]}", true,
     "spec: Forbidden: containers may not be renamed or reordered on resize"},
    {"1.33", APP(BASE), APP("requests: {memory: 64Mi}, limits: {memory: 128Mi}"), true,
     "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"},
    {"1.33", APP(BASE), APP("requests: {cpu: 250m, memory: 64Mi}, limits: {cpu: 500m}"), true,
     "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed"},
    {"1.33", APP(BASE),
     APP("requests: {cpu: 500m, memory: 128Mi}, limits: {cpu: 500m, memory: 128Mi}"), true,
     "spec: Invalid value: \"Guaranteed\": Pod QOS Class may not change as a result of resizing"},
    {"1.33", APP(""), APP("requests: {cpu: 500m}"), true,
     "spec: Invalid value: \"Burstable\": Pod QOS Class may not change as a result of resizing"},
    {"1.33", APP(BASE),
     APP("requests: {cpu: 250m, memory: 64Mi}, limits: {cpu: 500m, memory: 100Mi}"), true,
     "spec.containers[0].resources.limits[memory]: Forbidden: memory limits cannot be decreased "
     "unless resizePolicy is RestartContainer"},
    {"1.34", APP(BASE),
     APP("requests: {cpu: 250m, memory: 64Mi}, limits: {cpu: 500m, memory: 100Mi}"), true, NULL},
    {"1.34",
     "{initContainers: [{name: i, image: x, resources: {requests: {cpu: 1}}}], containers: [{name: "
     "a, image: x}]}",
     "{initContainers: [{name: i, image: x, resources: {requests: {cpu: 2}}}], containers: [{name: "
     "a, image: x}]}",
     true,
     "spec.initContainers[0].resources: Forbidden: resources for non-sidecar init containers are "
     "immutable"},
};

static struct release release_of(const char *version)
{
	g_autofree char *number = g_strndup(version, 4);
	struct release release;

	assert_true(release_init(&release, number, NULL));
	if (version[4]) {
		assert_true(release_set_gate(&release, "InPlacePodVerticalScaling", true, NULL));
	}
	return release;
}

static struct object *pod_of(const char *spec, const struct release *release)
{
	g_autofree char *text = g_strconcat(
	    "{apiVersion: v1, kind: Pod, metadata: {name: pod}, spec: ", spec, "}", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) documents = doc_read_text(text, -1, "pod", &error);

	assert_non_null(documents);
	struct object *object =
	    object_decode(documents->pdata[0], "default", release, NULL, &error);

	if (!object) {
		fail_msg("%s", error->message);
	}
	return object;
}

static void test_updates_of_pods_are_refused_in_the_api_servers_words(void **state)
{
	for (size_t i = 0; i < G_N_ELEMENTS(updates); i++) {
		const struct update *u = &updates[i];
		const struct release release = release_of(u->version);
		struct object *old = pod_of(u->old, &release);
		struct object *fresh = pod_of(u->fresh, &release);
		g_autofree char *refusal = pod_update_refusal(
		    POD(old)->spec, doc_get(old->source, "spec"), POD(fresh)->spec,
		    doc_get(fresh->source, "spec"), &release, u->subresource);

		if (g_strcmp0(refusal, u->refusal) != 0) {
			fail_msg("case %zu: %s, not %s", i, refusal ? refusal : "accepted",
			         u->refusal ? u->refusal : "accepted");
		}
		object_unref(old);
		object_unref(fresh);
	}
}

static const struct question {
	struct resize_question cpu, memory;
	enum resize_verdict verdict;
	const char *message;
} questions[] = {
    {{2000, 2000, 4000}, {1000, 0, 1000}, RESIZE_FITS, NULL},
    {{2001, 2000, 4000},
     {1000, 0, 1000},
     RESIZE_DEFERRED,
     "Node didn't have enough resource: cpu, requested: 2001, used: 2000, capacity: 4000"},
    {{1, 0, 4000},
     {6000, 5000, 10000},
     RESIZE_DEFERRED,
     "Node didn't have enough resource: memory, requested: 6, used: 5, capacity: 10"},
    {{4001, 0, 4000},
     {0, 0, 1000},
     RESIZE_INFEASIBLE,
     "Node didn't have enough capacity: cpu, requested: 4001, capacity: 4000"},
    {{4001, 0, 4000},
     {2000, 0, 1000},
     RESIZE_INFEASIBLE,
     "Node didn't have enough capacity: memory, requested: 2, capacity: 1"},
    {{4001, 0, INT64_MAX}, {2000, 0, INT64_MAX}, RESIZE_FITS, NULL},
};

static void test_a_node_gives_what_fits(void **state)
{
	for (size_t i = 0; i < G_N_ELEMENTS(questions); i++) {
		const struct question *q = &questions[i];
		g_autofree char *message = NULL;

		assert_int_equal(resize_decide(&q->cpu, &q->memory, &message), q->verdict);
		assert_int_equal(g_strcmp0(message, q->message), 0);
	}
	assert_null(resize_reason(RESIZE_FITS));
	assert_string_equal(resize_reason(RESIZE_DEFERRED), "Deferred");
	assert_string_equal(resize_reason(RESIZE_INFEASIBLE), "Infeasible");
}

static void test_a_policy_restarts_for_its_own_resource_alone(void **state)
{
	struct resource_requirements from = {0}, cpu = {0}, memory = {0};
	const struct container container = {.memory_restarts = true};

	resource_list_set(&from.limits, "cpu", 1000);
	resource_list_set(&from.limits, "memory", 1000);
	resource_list_set(&cpu.limits, "cpu", 2000);
	resource_list_set(&cpu.limits, "memory", 1000);
	resource_list_set(&memory.limits, "cpu", 1000);
	resource_list_set(&memory.limits, "memory", 2000);
	assert_false(resize_restarts(&container, &from, &from));
	assert_false(resize_restarts(&container, &from, &cpu));
	assert_true(resize_restarts(&container, &from, &memory));
	resource_list_clear(&from.limits);
	resource_list_clear(&cpu.limits);
	resource_list_clear(&memory.limits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_updates_of_pods_are_refused_in_the_api_servers_words),
	    cmocka_unit_test(test_a_node_gives_what_fits),
	    cmocka_unit_test(test_a_policy_restarts_for_its_own_resource_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
