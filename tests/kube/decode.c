/* Decoding objects: the faults of decode-faults.yaml and the defaults of decode-defaults.yaml,
 * given as arguments, and that what is encoded can be decoded again. */

#include "kube/codec.h"
#include "kube/workload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *faults_path, *defaults_path;

static struct release release_of(const char *version)
{
	struct release release;

	assert_true(release_init(&release, version, NULL));
	return release;
}

static GPtrArray *read_text(const char *text)
{
	g_autoptr(GError) error = NULL;
	GPtrArray *documents = doc_read_text(text, -1, "manifest.yaml", &error);

	if (documents == NULL) {
		fail_msg("%s", error->message);
	}
	return documents;
}

static struct object *decode_text(const char *text, const char *version)
{
	g_autoptr(GPtrArray) documents = read_text(text);
	g_autoptr(GError) error = NULL;
	const struct release release = release_of(version);
	struct object *object =
	    object_decode(documents->pdata[0], "default", &release, NULL, &error);

	if (object == NULL) {
		fail_msg("%s", error->message);
	}
	return object;
}

static bool check_faults(const struct doc *kase)
{
	g_autoptr(GPtrArray) documents = read_text(doc_string(doc_get(kase, "manifest")));
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	const struct doc *expected = doc_get(kase, "faults");
	const struct release release = release_of("1.34");
	struct object *object =
	    object_decode(documents->pdata[0], "default", &release, faults, NULL);
	bool good = object == NULL && faults->len == doc_length(expected);

	for (guint i = 0; good && i < faults->len; i++) {
		good = strcmp(faults->pdata[i], doc_text(doc_at(expected, i))) == 0;
	}
	if (!good) {
		print_error("%s: %s\n", doc_text(doc_get(kase, "name")),
		            object == NULL ? "" : "accepted");
		for (guint i = 0; i < faults->len; i++) {
			print_error("  %s\n", (const char *)faults->pdata[i]);
		}
	}
	object_unref(object);
	return good;
}

static void test_every_fault_is_told_with_its_place(void **state)
{
	g_autoptr(GPtrArray) documents = doc_read_file(faults_path, NULL);
	unsigned failed = 0;

	assert_non_null(documents);
	assert_true(doc_length(documents->pdata[0]) > 80);
	for (size_t i = 0; i < doc_length(documents->pdata[0]); i++) {
		failed += !check_faults(doc_at(documents->pdata[0], i));
	}
	assert_int_equal(failed, 0);
}

static void test_without_a_list_the_first_fault_is_the_error(void **state)
{
	g_autoptr(GPtrArray) documents =
	    read_text("apiVersion: v1\nkind: Pod\nmetadata: {name: p, nmae: q}\nspec: {}\n");
	g_autoptr(GError) error = NULL;

	assert_null(object_decode(documents->pdata[0], "default", NULL, NULL, &error));
	assert_true(g_error_matches(error, DOC_ERROR, DOC_ERROR_INVALID));
	assert_string_equal(
	    error->message,
	    "manifest.yaml:3:21: metadata.nmae: unknown field; did you mean \"name\"?");
}

/* Decodes and encodes and decodes again: the same document. */
static void check_round_trip(const char *name, const struct object *object)
{
	g_autoptr(doc) printed = object_encode(object, 1700000000);
	g_autofree char *yaml = doc_to_yaml(printed);
	g_autoptr(GPtrArray) documents = read_text(yaml);
	g_autoptr(GError) error = NULL;
	struct object *again = object_decode(documents->pdata[0], "other", NULL, NULL, &error);

	if (again == NULL) {
		fail_msg("%s: %s\n%s", name, error->message, yaml);
	}
	if (!doc_equal(again->source, object->source)) {
		g_autofree char *second = doc_to_yaml(again->source);

		fail_msg("%s: another source after a round trip:\n%s", name, second);
	}
	object_unref(again);
}

static bool check_defaults(const struct doc *kase)
{
	const char *name = doc_text(doc_get(kase, "name"));
	const char *version = doc_text(doc_get(kase, "version"));
	const struct release release = release_of(version == NULL ? "1.34" : version);
	g_autoptr(GError) error = NULL;
	struct object *object =
	    object_decode(doc_get(kase, "manifest"), "default", &release, NULL, &error);

	if (object == NULL) {
		print_error("%s: %s\n", name, error->message);
		return false;
	}
	const bool good = doc_equal(object->source, doc_get(kase, "source"));

	if (!good) {
		g_autofree char *yaml = doc_to_yaml(object->source);

		print_error("%s:\n%s", name, yaml);
	}
	struct object *copy = object_copy(object);

	object_unref(object);
	check_round_trip(name, copy);
	object_unref(copy);
	return good;
}

static void test_defaults_are_filled_in_as_the_api_server_does(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) documents = doc_read_file(defaults_path, &error);
	unsigned failed = 0;

	if (documents == NULL) {
		fail_msg("%s", error->message);
	}
	for (size_t i = 0; i < doc_length(documents->pdata[0]); i++) {
		failed += !check_defaults(doc_at(documents->pdata[0], i));
	}
	assert_int_equal(failed, 0);
}

#define POD_HEAD                                                                                   \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: app\n   " \
	" image: app:1\n"

static void test_requests_are_taken_from_limits(void **state)
{
	struct object *object =
	    decode_text(POD_HEAD "    resources: {limits: {cpu: 500m, memory: 1Gi}, "
	                         "requests: {cpu: 0.25}}\n",
	                "1.34");
	const struct container *container = &POD(object)->spec->containers[0];
	int64_t milli;

	assert_true(resource_list_get(&container->requests, "cpu", &milli));
	assert_int_equal(milli, 250);
	assert_true(resource_list_get(&container->requests, "memory", &milli));
	assert_true(milli == INT64_C(1073741824000));
	assert_false(resource_list_get(&container->requests, "pods", &milli));
	assert_int_equal(pod_spec_request(POD(object)->spec, "cpu"), 250);
	object_unref(object);
}

static void test_sidecars_count_with_the_containers_and_init_containers_alone(void **state)
{
	struct object *object = decode_text(
	    POD_HEAD
	    "    resources: {requests: {cpu: 100m}}\n"
	    "  initContainers:\n"
	    "  - {name: a, image: a, resources: {requests: {cpu: 400m}}}\n"
	    "  - {name: b, image: a, restartPolicy: Always, resources: {requests: {cpu: 50m}}}\n"
	    "  - {name: c, image: a, resources: {requests: {cpu: 375m}}}\n",
	    "1.34");

	assert_int_equal(pod_spec_request(POD(object)->spec, "cpu"), 425);
	assert_int_equal(pod_spec_request(POD(object)->spec, "memory"), 0);
	assert_true(POD(object)->spec->init_containers[1].always_restarts);
	object_unref(object);
}

static void test_probes_keep_their_place_and_their_values(void **state)
{
	struct object *object =
	    decode_text(POD_HEAD "    ports: [{name: web, containerPort: 8080}]\n"
	                         "    readinessProbe:\n"
	                         "      httpGet:\n"
	                         "        port: web\n"
	                         "        httpHeaders: [{name: A, value: b}]\n"
	                         "      timeoutSeconds: 0\n"
	                         "      periodSeconds: 5\n",
	                "1.34");
	const struct container *container = &POD(object)->spec->containers[0];
	const struct probe *probe = container->probes[PROBE_READINESS];

	assert_null(container->probes[PROBE_LIVENESS]);
	assert_int_equal(probe->timeout_seconds, 1);
	assert_int_equal(probe->period_seconds, 5);
	assert_int_equal(probe->success_threshold, 1);
	assert_int_equal(probe->failure_threshold, 3);
	assert_int_equal(probe->initial_delay_seconds, 0);
	assert_int_equal(probe->termination_grace_period_seconds, -1);
	assert_int_equal(probe->handler.kind, HANDLER_HTTP_GET);
	assert_string_equal(probe->handler.path, "/");
	assert_string_equal(probe->handler.headers[0].value, "b");
	assert_int_equal(container_port_number(container, &probe->handler.port), 8080);
	assert_int_equal(probe->where.line, 10);
	assert_int_equal(probe->handler.where.line, 11);
	object_unref(object);
}

static void test_a_tolerance_needs_its_gate(void **state)
{
	static const char *const text =
	    "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n"
	    "metadata: {name: h}\nspec:\n"
	    "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}\n"
	    "  maxReplicas: 3\n"
	    "  behavior: {scaleUp: {tolerance: 0.05}}\n";
	struct object *off = decode_text(text, "1.34");
	struct object *on = decode_text(text, "1.35");

	assert_false(HPA(off)->scale_up.has_tolerance);
	assert_null(doc_find(off->source, "spec", "behavior", "scaleUp", "tolerance", NULL));
	assert_true(HPA(on)->scale_up.has_tolerance);
	assert_true(HPA(on)->scale_up.tolerance == 0.05);
	assert_false(HPA(on)->has_min_replicas);
	assert_int_equal(HPA(on)->min_replicas, 1);
	assert_int_equal(HPA(on)->scale_down.stabilization_window_seconds, -1);
	assert_int_equal(HPA(on)->scale_up.n_policies, 2);
	object_unref(off);
	object_unref(on);
}

static void test_zero_replicas_need_their_gate_and_a_metric_from_outside(void **state)
{
	static const char *const head =
	    "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n"
	    "metadata: {name: h}\nspec:\n"
	    "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}\n"
	    "  minReplicas: 0\n  maxReplicas: 3\n";
	g_autofree char *outside = g_strconcat(head,
	                                       "  metrics: [{type: External, external: {metric: "
	                                       "{name: q}, target: {type: Value, value: 3}}}]\n",
	                                       NULL);
	struct object *object = decode_text(outside, "1.37");
	g_autoptr(GPtrArray) documents = read_text(head);
	g_autoptr(GError) error = NULL;
	const struct release release = release_of("1.37");

	assert_int_equal(HPA(object)->min_replicas, 0);
	assert_null(object_decode(documents->pdata[0], "default", &release, NULL, &error));
	assert_non_null(strstr(error->message, "spec.metrics: has no Object or External metric"));
	object_unref(object);
}

static void test_templates_are_equal_whatever_hash_they_carry(void **state)
{
	static const char *const text =
	    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n"
	    "  selector: {matchLabels: {a: b}}\n  template:\n"
	    "    metadata: {labels: {a: b}}\n"
	    "    spec: {containers: [{name: c, image: 'i:1', resources: {limits: "
	    "{cpu: %s}}}]}\n";
	g_autofree char *one = g_strdup_printf(text, "1000m");
	g_autofree char *same = g_strdup_printf(text, "1");
	g_autofree char *other = g_strdup_printf(text, "2");
	struct object *a = decode_text(one, "1.34");
	struct object *b = decode_text(same, "1.34");
	struct object *c = decode_text(other, "1.34");
	struct pod_template *template = &DEPLOYMENT(a)->template;
	struct string_map *labels = string_map_with(template->labels, "pod-template-hash", "5d4");

	string_map_unref(template->labels);
	template->labels = labels;
	assert_true(pod_template_equal(template, &DEPLOYMENT(b)->template));
	assert_false(pod_template_equal(template, &DEPLOYMENT(c)->template));
	object_unref(a);
	object_unref(b);
	object_unref(c);
}

static void test_lists_are_opened(void **state)
{
	g_autoptr(GPtrArray) documents = read_text(
	    "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A}\n- {apiVersion: v1, "
	    "kind: B}\n"
	    "---\napiVersion: apps/v1\nkind: DeploymentList\nitems:\n- {metadata: {name: d}}\n"
	    "---\napiVersion: v1\nkind: C\n");
	g_autoptr(GPtrArray) objects = manifest_split(documents, NULL);
	static const char *const kinds[] = {"A", "B", "Deployment", "C"};

	assert_int_equal(objects->len, G_N_ELEMENTS(kinds));
	for (guint i = 0; i < objects->len; i++) {
		assert_string_equal(doc_string(doc_get(objects->pdata[i], "kind")), kinds[i]);
	}
	assert_string_equal(doc_string(doc_get(objects->pdata[2], "apiVersion")), "apps/v1");
	assert_int_equal(doc_where(objects->pdata[1]).line, 5);
}

static void test_a_list_without_items_is_refused(void **state)
{
	g_autoptr(GPtrArray) documents = read_text("apiVersion: v1\nkind: List\nitems: {a: b}\n");
	g_autoptr(GError) error = NULL;

	assert_null(manifest_split(documents, &error));
	assert_string_equal(error->message,
	                    "manifest.yaml:3:8: items: is a map; expected a list of objects");
}

static void test_a_probe_alone_is_decoded(void **state)
{
	g_autoptr(GPtrArray) good = read_text("{grpc: {port: 9000}, periodSeconds: 3}");
	g_autoptr(GPtrArray) wrong = read_text("{grpc: {port: 9000}, period: 3}");
	g_autoptr(GError) error = NULL;
	struct probe *probe = probe_decode(good->pdata[0], NULL);

	assert_int_equal(probe->handler.kind, HANDLER_GRPC);
	assert_int_equal(probe->handler.port.number, 9000);
	assert_int_equal(probe->period_seconds, 3);
	assert_int_equal(probe->failure_threshold, 3);
	probe_free(probe);
	assert_null(probe_decode(wrong->pdata[0], &error));
	assert_string_equal(
	    error->message,
	    "manifest.yaml:1:22: period: unknown field; did you mean \"periodSeconds\"?");
}

static void test_the_spec_of_an_autoscaler_alone_is_decoded(void **state)
{
	g_autoptr(GPtrArray) documents = read_text(
	    "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}\nmaxReplicas: 9\n"
	    "behavior: {}\n");
	struct object *object = object_new(KIND_HPA);

	assert_true(hpa_spec_decode(HPA(object), documents->pdata[0], NULL));
	assert_true(hpa_spec_decode(HPA(object), documents->pdata[0], NULL));
	assert_int_equal(HPA(object)->max_replicas, 9);
	assert_int_equal(HPA(object)->n_metrics, 1);
	assert_int_equal(HPA(object)->metrics[0].target.average_utilization, 80);
	assert_true(HPA(object)->has_behavior);
	assert_int_equal(HPA(object)->scale_up.policies[0].value, 4);
	object_unref(object);
}

static void test_other_kinds_are_kept_as_they_are(void **state)
{
	struct object *object = decode_text("apiVersion: example.com/v1\nkind: Service\nmetadata: "
	                                    "{name: x}\nwhatever: [1, {a: b}]\n",
	                                    "1.34");
	struct object *role = decode_text("apiVersion: rbac.authorization.k8s.io/v1\nkind: "
	                                  "ClusterRole\nmetadata: {name: 'system:x'}\n",
	                                  "1.34");

	assert_int_equal(object->kind, KIND_OTHER);
	assert_string_equal(object->meta.namespace, "default");
	assert_int_equal(doc_length(doc_get(object->source, "whatever")), 2);
	assert_null(role->meta.namespace);
	object_unref(object);
	object_unref(role);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_fault_is_told_with_its_place),
	    cmocka_unit_test(test_without_a_list_the_first_fault_is_the_error),
	    cmocka_unit_test(test_defaults_are_filled_in_as_the_api_server_does),
	    cmocka_unit_test(test_requests_are_taken_from_limits),
	    cmocka_unit_test(test_sidecars_count_with_the_containers_and_init_containers_alone),
	    cmocka_unit_test(test_probes_keep_their_place_and_their_values),
	    cmocka_unit_test(test_a_tolerance_needs_its_gate),
	    cmocka_unit_test(test_zero_replicas_need_their_gate_and_a_metric_from_outside),
	    cmocka_unit_test(test_templates_are_equal_whatever_hash_they_carry),
	    cmocka_unit_test(test_lists_are_opened),
	    cmocka_unit_test(test_a_list_without_items_is_refused),
	    cmocka_unit_test(test_a_probe_alone_is_decoded),
	    cmocka_unit_test(test_the_spec_of_an_autoscaler_alone_is_decoded),
	    cmocka_unit_test(test_other_kinds_are_kept_as_they_are),
	};

	if (argc != 3) {
		return 2;
	}
	faults_path = argv[1];
	defaults_path = argv[2];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
