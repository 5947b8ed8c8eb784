/* Objects as `kubectl get -o yaml` prints them. */

#include "kube/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CLOCK_ZERO 1700000000 /* 2023-11-14T22:13:20Z */

static struct object *decode_text(const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) documents = doc_read_text(text, -1, "manifest.yaml", &error);

	if (documents == NULL) {
		fail_msg("%s", error->message);
	}
	struct object *object = object_decode(documents->pdata[0], "default", NULL, NULL, &error);

	if (object == NULL) {
		fail_msg("%s", error->message);
	}
	return object;
}

static void check_encoded(const struct object *object, const char *expected)
{
	g_autoptr(doc) encoded = object_encode(object, CLOCK_ZERO);
	g_autofree char *yaml = doc_to_yaml(encoded);

	assert_string_equal(yaml, expected);
}

static void test_timestamps_are_whole_seconds(void **state)
{
	static const struct {
		sim_time t;
		const char *text;
	} cases[] = {
	    {0, "2023-11-14T22:13:20Z"},
	    {999999999, "2023-11-14T22:13:20Z"},
	    {-1, "2023-11-14T22:13:19Z"},
	    {INT64_C(86400) * SIM_SECOND, "2023-11-15T22:13:20Z"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = timestamp_to_string(cases[i].t, CLOCK_ZERO);

		assert_string_equal(text, cases[i].text);
	}
}

/* Of all centuries, and a day before and after the years that an RFC 3339 timestamp has. */
static void test_timestamps_have_the_dates_of_the_calendar(void **state)
{
	const int64_t from = -62135596800 - 86400, to = INT64_C(253402300799) + 86400;

	for (int64_t s = from; s <= to; s += 86400 * 37 + 4567) {
		g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(s);
		g_autofree char *text = timestamp_to_string(0, s);
		g_autofree char *expected =
		    time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;

		/* %Y of year 99 is 99 */
		assert_string_equal(expected ? text + 20 - MIN(strlen(expected), 20) : text,
		                    expected ? expected : "<invalid>");
	}
}

static void test_timestamps_are_read(void **state)
{
	static const char *const wrong[] = {"",
	                                    "2023-11-14",
	                                    "2023-11-14T22:13:20",
	                                    "20231114T221320Z",
	                                    "2023-13-14T22:13:20Z",
	                                    "2023-11-14 22:13:20Z"};
	int64_t seconds;

	assert_true(timestamp_parse("2023-11-14T22:13:20Z", &seconds));
	assert_int_equal(seconds, CLOCK_ZERO);
	assert_true(timestamp_parse("2023-11-14T23:13:20.5+01:00", &seconds));
	assert_int_equal(seconds, CLOCK_ZERO);
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		assert_false(timestamp_parse(wrong[i], &seconds));
	}
}

/* A pod of a ReplicaSet, running after one restart. */
static struct object *new_pod(const struct deployment *deployment)
{
	struct pod *pod = pod_new(&deployment->template);
	struct object_meta *meta = &pod->object.meta;
	struct container_status *status = &pod->containers[0];

	meta->name = ref_string("web-5d4-abcde");
	meta->namespace = ref_string("default");
	meta->uid = ref_string("u-1");
	meta->creation_time = 0;
	meta->resource_version = 17;
	meta->owner =
	    (struct owner_reference){KIND_REPLICA_SET, ref_string("web-5d4"), ref_string("u-0")};
	pod->node_name = ref_string("node-a");
	pod->phase = POD_RUNNING;
	pod->pod_ip = ref_string("10.0.0.7");
	pod->host_ip = ref_string("192.168.0.1");
	pod->start_time = SIM_SECOND;
	conditions_set(&pod->conditions, "Ready", CONDITION_TRUE, NULL, NULL, 9 * SIM_SECOND);
	status->state = CONTAINER_RUNNING;
	status->started_at = 8 * SIM_SECOND;
	status->last = (struct container_end){.exit_code = 137,
	                                      .reason = g_intern_static_string("OOMKilled"),
	                                      .started_at = 2 * SIM_SECOND,
	                                      .finished_at = 5 * SIM_SECOND};
	status->ready = status->started = true;
	status->restart_count = 1;
	status->attempt = 1;
	status->has_id = true;
	return &pod->object;
}

#define DEPLOYMENT_TEXT                                                                            \
	"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"                    \
	"  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n" \
	"    spec: {containers: [{name: app, image: 'app:1', resources: {limits: {cpu: 1}}}]}\n"

static void test_a_pod_made_by_a_controller_is_printed_whole(void **state)
{
	struct object *deployment = decode_text(DEPLOYMENT_TEXT);
	struct object *pod = new_pod(DEPLOYMENT(deployment));
	g_autoptr(doc) encoded = object_encode(pod, CLOCK_ZERO);
	const struct doc *spec = doc_get(encoded, "spec");
	const struct doc *container = doc_at(doc_get(spec, "containers"), 0);
	const struct doc *status =
	    doc_at(doc_find(encoded, "status", "containerStatuses", NULL), 0);
	g_autoptr(doc) metadata = doc_copy(doc_get(encoded, "metadata"));
	g_autofree char *yaml = doc_to_yaml(metadata);

	assert_string_equal(yaml, "creationTimestamp: \"2023-11-14T22:13:20Z\"\n"
	                          "generateName: web-5d4-\n"
	                          "labels:\n"
	                          "  app: web\n"
	                          "name: web-5d4-abcde\n"
	                          "namespace: default\n"
	                          "ownerReferences:\n"
	                          "- apiVersion: apps/v1\n"
	                          "  blockOwnerDeletion: true\n"
	                          "  controller: true\n"
	                          "  kind: ReplicaSet\n"
	                          "  name: web-5d4\n"
	                          "  uid: u-0\n"
	                          "resourceVersion: \"17\"\n"
	                          "uid: u-1\n");
	assert_string_equal(doc_string(doc_get(spec, "nodeName")), "node-a");
	assert_string_equal(doc_string(doc_find(container, "resources", "requests", "cpu", NULL)),
	                    "1");
	assert_string_equal(doc_string(doc_find(encoded, "status", "qosClass", NULL)), "Burstable");
	assert_string_equal(doc_string(doc_find(status, "state", "running", "startedAt", NULL)),
	                    "2023-11-14T22:13:28Z");
	assert_string_equal(doc_string(doc_find(status, "lastState", "terminated", "reason", NULL)),
	                    "OOMKilled");
	assert_string_equal(doc_text(doc_find(status, "lastState", "terminated", "exitCode", NULL)),
	                    "137");
	assert_string_not_equal(
	    doc_string(doc_find(status, "lastState", "terminated", "containerID", NULL)),
	    doc_string(doc_get(status, "containerID")));
	assert_int_equal(doc_kind_of(doc_at(doc_find(encoded, "status", "conditions", NULL), 0)),
	                 DOC_MAP);
	object_unref(pod);
	object_unref(deployment);
}

static void test_a_pod_that_no_kubelet_has_seen_has_no_statuses(void **state)
{
	struct object *deployment = decode_text(DEPLOYMENT_TEXT);
	struct pod *pod = pod_new(&DEPLOYMENT(deployment)->template);
	g_autoptr(doc) encoded = object_encode(&pod->object, CLOCK_ZERO);
	const struct doc *status = doc_get(encoded, "status");

	assert_string_equal(doc_string(doc_get(status, "phase")), "Pending");
	assert_null(doc_get(status, "containerStatuses"));
	assert_null(doc_get(status, "startTime"));
	object_unref(&pod->object);
	object_unref(deployment);
}

static void test_a_deployment_shows_what_controllers_made_of_it(void **state)
{
	struct object *object = decode_text(DEPLOYMENT_TEXT);
	struct deployment *deployment = DEPLOYMENT(object);

	deployment->replicas = 4;
	object->meta.generation = 2;
	deployment->status.replicas = 3;
	conditions_set(&deployment->status.conditions, "Available", CONDITION_TRUE,
	               "MinimumReplicasAvailable", "Deployment has minimum availability.", 0);
	g_autoptr(doc) encoded = object_encode(object, CLOCK_ZERO);
	g_autofree char *status = doc_to_yaml(doc_get(encoded, "status"));

	assert_string_equal(doc_text(doc_find(encoded, "spec", "replicas", NULL)), "4");
	assert_string_equal(doc_text(doc_find(encoded, "metadata", "generation", NULL)), "2");
	assert_string_equal(status, "conditions:\n"
	                            "- lastTransitionTime: \"2023-11-14T22:13:20Z\"\n"
	                            "  lastUpdateTime: \"2023-11-14T22:13:20Z\"\n"
	                            "  message: Deployment has minimum availability.\n"
	                            "  reason: MinimumReplicasAvailable\n"
	                            "  status: \"True\"\n"
	                            "  type: Available\n"
	                            "replicas: 3\n");
	object_unref(object);
}

static void test_a_replica_set_of_a_deployment_has_its_template_and_hash(void **state)
{
	struct object *deployment = decode_text(DEPLOYMENT_TEXT);
	struct object *object = object_new(KIND_REPLICA_SET);
	struct replica_set *replica_set = REPLICA_SET(object);

	replica_set->replicas = 2;
	replica_set->selector = label_selector_parse("app=web,pod-template-hash=5d4", NULL);
	pod_template_copy(&replica_set->template, &DEPLOYMENT(deployment)->template);
	struct string_map *labels =
	    string_map_with(replica_set->template.labels, "pod-template-hash", "5d4");

	string_map_unref(replica_set->template.labels);
	replica_set->template.labels = labels;
	g_autoptr(doc) encoded = object_encode(object, CLOCK_ZERO);
	g_autofree char *selector = doc_to_json(doc_find(encoded, "spec", "selector", NULL), 0);
	g_autofree char *metadata =
	    doc_to_json(doc_find(encoded, "spec", "template", "metadata", NULL), 0);

	assert_string_equal(selector,
	                    "{\"matchLabels\":{\"app\":\"web\",\"pod-template-hash\":\"5d4\"}}");
	assert_string_equal(metadata,
	                    "{\"labels\":{\"app\":\"web\",\"pod-template-hash\":\"5d4\"}}");
	assert_string_equal(doc_text(doc_find(encoded, "status", "replicas", NULL)), "0");
	assert_int_equal(
	    doc_length(doc_find(encoded, "spec", "template", "spec", "containers", NULL)), 1);
	object_unref(object);
	object_unref(deployment);
}

static void test_an_autoscalers_status_shows_each_metric(void **state)
{
	struct object *object =
	    decode_text("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n"
	                "metadata: {name: h}\nspec:\n"
	                "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}\n"
	                "  maxReplicas: 3\n  metrics:\n"
	                "  - {type: Resource, resource: {name: memory, target: {type: "
	                "AverageValue, averageValue: 200Mi}}}\n"
	                "  - {type: External, external: {metric: {name: q, selector: "
	                "{matchLabels: {a: b}}}, target: {type: Value, value: 3}}}\n"
	                "  - {type: Pods, pods: {metric: {name: r}, target: {type: "
	                "AverageValue, averageValue: 10}}}\n");
	struct hpa *hpa = HPA(object);

	hpa->status.n_metrics = 3;
	hpa->status.metrics = g_new0(struct metric_status, 3);
	hpa->status.metrics[0] = (struct metric_status){
	    .present = true, .has_average_value = true, .average_value = INT64_C(231) * 1048576000};
	hpa->status.metrics[1] =
	    (struct metric_status){.present = true, .has_value = true, .value = 12500};
	hpa->status.current_replicas = 2;
	g_autoptr(doc) encoded = object_encode(object, CLOCK_ZERO);
	g_autofree char *status = doc_to_json(doc_get(encoded, "status"), 0);

	assert_string_equal(
	    status,
	    "{\"currentMetrics\":[{\"resource\":{\"current\":{\"averageValue\":\"231Mi\"},\"name\":"
	    "\"memory\"},\"type\":\"Resource\"},{\"external\":{\"current\":{\"value\":\"12500m\"},"
	    "\"metric\":{\"name\":\"q\",\"selector\":{\"matchLabels\":{\"a\":\"b\"}}}},\"type\":"
	    "\"External\"},{\"type\":\"\"}],\"currentReplicas\":2,\"desiredReplicas\":0}");
	object_unref(object);
}

static void test_a_service_shows_the_address_it_was_given(void **state)
{
	struct object *object = decode_text("apiVersion: v1\nkind: Service\nmetadata: {name: "
	                                    "web}\nspec: {type: NodePort, ports: [{port: 80}]}\n");

	SERVICE(object)->cluster_ip = g_strdup("10.96.0.1");
	SERVICE(object)->ports[0].node_port = 30001;
	g_autoptr(doc) encoded = object_encode(object, CLOCK_ZERO);
	g_autofree char *ports = doc_to_json(doc_find(encoded, "spec", "ports", NULL), 0);
	g_autofree char *ips = doc_to_json(doc_find(encoded, "spec", "clusterIPs", NULL), 0);

	assert_string_equal(
	    ports, "[{\"nodePort\":30001,\"port\":80,\"protocol\":\"TCP\",\"targetPort\":80}]");
	assert_string_equal(ips, "[\"10.96.0.1\"]");
	object_unref(object);
}

static void test_an_endpoint_slice_is_printed_whole(void **state)
{
	struct object *object = object_new(KIND_ENDPOINT_SLICE);
	struct endpoint_slice *slice = ENDPOINT_SLICE(object);

	object->meta.name = ref_string("web-abcde");
	object->meta.namespace = ref_string("default");
	slice->address_type = g_intern_static_string("IPv4");
	slice->endpoints = g_new0(struct endpoint, 1);
	slice->n_endpoints = 1;
	slice->endpoints[0].address = ref_string("10.0.0.7");
	slice->endpoints[0].pod_name = ref_string("web-5d4-abcde");
	slice->endpoints[0].pod_uid = ref_string("u-1");
	slice->endpoints[0].hint_zone = ref_string("a");
	slice->endpoints[0].serving = true;
	slice->ports = g_new0(struct endpoint_port, 1);
	slice->n_ports = 1;
	slice->ports[0] =
	    (struct endpoint_port){.port = 8000, .protocol = g_intern_static_string("TCP")};
	check_encoded(object, "addressType: IPv4\n"
	                      "apiVersion: discovery.k8s.io/v1\n"
	                      "endpoints:\n"
	                      "- addresses:\n"
	                      "  - 10.0.0.7\n"
	                      "  conditions:\n"
	                      "    ready: false\n"
	                      "    serving: true\n"
	                      "    terminating: false\n"
	                      "  hints:\n"
	                      "    forZones:\n"
	                      "    - name: a\n"
	                      "  targetRef:\n"
	                      "    kind: Pod\n"
	                      "    name: web-5d4-abcde\n"
	                      "    namespace: default\n"
	                      "    uid: u-1\n"
	                      "kind: EndpointSlice\n"
	                      "metadata:\n"
	                      "  creationTimestamp: null\n"
	                      "  name: web-abcde\n"
	                      "  namespace: default\n"
	                      "ports:\n"
	                      "- name: \"\"\n"
	                      "  port: 8000\n"
	                      "  protocol: TCP\n");
	object_unref(object);
}

static void test_an_event_names_what_it_is_about(void **state)
{
	struct object *object = object_new(KIND_EVENT);
	struct event *event = EVENT(object);

	object->meta.name = ref_string("web.17");
	object->meta.namespace = ref_string("default");
	event->regarding_kind = KIND_HPA;
	event->regarding_name = ref_string("web");
	event->reason = g_intern_static_string("SuccessfulRescale");
	event->message = ref_string("New size: 3; reason: cpu resource utilization above target");
	event->source = g_intern_static_string("horizontal-pod-autoscaler");
	event->count = 2;
	event->last_time = SIM_SECOND;
	check_encoded(object,
	              "apiVersion: v1\n"
	              "count: 2\n"
	              "eventTime: null\n"
	              "firstTimestamp: \"2023-11-14T22:13:20Z\"\n"
	              "involvedObject:\n"
	              "  apiVersion: autoscaling/v2\n"
	              "  kind: HorizontalPodAutoscaler\n"
	              "  name: web\n"
	              "  namespace: default\n"
	              "kind: Event\n"
	              "lastTimestamp: \"2023-11-14T22:13:21Z\"\n"
	              "message: 'New size: 3; reason: cpu resource utilization above target'\n"
	              "metadata:\n"
	              "  creationTimestamp: null\n"
	              "  name: web.17\n"
	              "  namespace: default\n"
	              "reason: SuccessfulRescale\n"
	              "reportingComponent: horizontal-pod-autoscaler\n"
	              "reportingInstance: \"\"\n"
	              "source:\n"
	              "  component: horizontal-pod-autoscaler\n"
	              "type: Normal\n");
	object_unref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_timestamps_are_whole_seconds),
	    cmocka_unit_test(test_timestamps_have_the_dates_of_the_calendar),
	    cmocka_unit_test(test_timestamps_are_read),
	    cmocka_unit_test(test_a_pod_made_by_a_controller_is_printed_whole),
	    cmocka_unit_test(test_a_pod_that_no_kubelet_has_seen_has_no_statuses),
	    cmocka_unit_test(test_a_deployment_shows_what_controllers_made_of_it),
	    cmocka_unit_test(test_a_replica_set_of_a_deployment_has_its_template_and_hash),
	    cmocka_unit_test(test_an_autoscalers_status_shows_each_metric),
	    cmocka_unit_test(test_a_service_shows_the_address_it_was_given),
	    cmocka_unit_test(test_an_endpoint_slice_is_printed_whole),
	    cmocka_unit_test(test_an_event_names_what_it_is_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
