/* hpa_case.c - reads a case of the table `hpa`. The format is the table's own: an HPA may be
 * incomplete, a metric's type unknown, so the API server's validation is not asked. */

#include "hpa_case.h"

#include "kube/quantity.h"

#include <string.h>

void hpa_case_complain(struct hpa_case *kase, const struct doc *value, const char *wanted)
{
	const char *text = doc_text(value);

	g_string_append_printf(kase->diff, "line %u: expected %s, got %s\n", doc_where(value).line,
	                       wanted, text ? text : doc_kind_name(doc_kind_of(value)));
	kase->good = false;
}

/* --- single values --- */

int64_t hpa_case_int(struct hpa_case *kase, const struct doc *value, int64_t fallback)
{
	int64_t number = fallback;

	if (value && !doc_int(value, &number)) {
		hpa_case_complain(kase, value, "a whole number");
	}
	return number;
}

int64_t hpa_case_quantity(struct hpa_case *kase, const struct doc *value)
{
	int64_t milli = 0;

	if (!doc_text(value) || !quantity_parse(doc_text(value), &milli, NULL)) {
		hpa_case_complain(kase, value, "a quantity");
	}
	return milli;
}

sim_time hpa_case_time(struct hpa_case *kase, const struct doc *value, sim_time fallback)
{
	int64_t time = fallback;

	if (value && (!doc_text(value) || !duration_parse(doc_text(value), &time))) {
		hpa_case_complain(kase, value, "a duration or instant");
	}
	return time;
}

const char *hpa_case_string(struct hpa_case *kase, const struct doc *value)
{
	if (value && !doc_string(value)) {
		hpa_case_complain(kase, value, "a string");
	}
	return doc_string(value);
}

static double read_number(struct hpa_case *kase, const struct doc *value, double fallback)
{
	double number = fallback;

	if (value && !doc_number(value, &number)) {
		hpa_case_complain(kase, value, "a number");
	}
	return number;
}

static bool read_bool(struct hpa_case *kase, const struct doc *value, bool fallback)
{
	if (value && doc_kind_of(value) != DOC_BOOL) {
		hpa_case_complain(kase, value, "true or false");
	}
	return doc_bool(value, fallback);
}

struct string_map *hpa_case_map(struct hpa_case *kase, const struct doc *map)
{
	struct string_map *result = NULL;

	for (size_t i = 0; i < doc_length(map); i++) {
		struct string_map *next = string_map_with(
		    result, doc_key_at(map, i), hpa_case_string(kase, doc_value_at(map, i)));

		string_map_unref(result);
		result = next;
	}
	return result;
}

/* --- controller --- */

static void read_controller(struct hpa_case *kase)
{
	const struct doc *map = doc_get(kase->root, "controller");
	const struct doc *gates = doc_get(map, "featureGates");
	struct hpa_settings *settings = &kase->settings;
	g_autoptr(GError) error = NULL;

	KNOWN(kase, map, "controller", "tolerance", "cpuInitializationPeriod",
	      "initialReadinessDelay", "downscaleStabilization", "scaleUpLimitFactor",
	      "featureGates");
	KNOWN(kase, gates, "featureGates", "HPAScaleToZero", "HPAConfigurableTolerance",
	      "PodLevelResources");
	hpa_settings_init(settings);
	settings->tolerance = read_number(kase, doc_get(map, "tolerance"), settings->tolerance);
	settings->cpu_initialization_period = hpa_case_time(
	    kase, doc_get(map, "cpuInitializationPeriod"), settings->cpu_initialization_period);
	settings->initial_readiness_delay = hpa_case_time(
	    kase, doc_get(map, "initialReadinessDelay"), settings->initial_readiness_delay);
	settings->downscale_stabilization = hpa_case_time(
	    kase, doc_get(map, "downscaleStabilization"), settings->downscale_stabilization);
	settings->scale_up_limit_factor =
	    read_number(kase, doc_get(map, "scaleUpLimitFactor"), settings->scale_up_limit_factor);
	const bool zero = read_bool(kase, doc_get(gates, "HPAScaleToZero"), false);
	const bool tolerance = read_bool(kase, doc_get(gates, "HPAConfigurableTolerance"), true);
	const bool pod_level = read_bool(kase, doc_get(gates, "PodLevelResources"), true);

	if (!release_init(&kase->release, "1.37", &error) ||
	    !release_set_gate(&kase->release, "HPAScaleToZero", zero, &error) ||
	    !release_set_gate(&kase->release, "HPAConfigurableTolerance", tolerance, &error) ||
	    !release_set_gate(&kase->release, "PodLevelResources", pod_level, &error)) {
		g_string_append_printf(kase->diff, "controller: %s\n", error->message);
		kase->good = false;
	}
}

/* --- target and pods --- */

static void read_scale(struct hpa_case *kase)
{
	const struct doc *map = doc_get(kase->root, "scale");
	const struct doc *selector = doc_get(map, "selector");
	struct hpa_scale *scale = &kase->input.scale;

	KNOWN(kase, map, "scale", "replicas", "statusReplicas", "selector", "getFails",
	      "updateFails", "updateConflicts");
	scale->replicas = (int32_t)hpa_case_int(kase, doc_get(map, "replicas"), 0);
	scale->status_replicas =
	    (int32_t)hpa_case_int(kase, doc_get(map, "statusReplicas"), scale->replicas);
	scale->selector = selector ? hpa_case_string(kase, selector) : "name=test-pod";
	if (read_bool(kase, doc_get(map, "getFails"), false)) {
		scale->get_error = "fake error";
	}
	kase->update_fails = read_bool(kase, doc_get(map, "updateFails"), false);
	kase->update_conflicts = hpa_case_int(kase, doc_get(map, "updateConflicts"), 0);
}

static void read_requests(struct hpa_case *kase, const struct doc *map, struct resource_list *list)
{
	for (size_t i = 0; i < doc_length(map); i++) {
		resource_list_set(list, g_intern_string(doc_key_at(map, i)),
		                  hpa_case_quantity(kase, doc_value_at(map, i)));
	}
}

static struct container *read_containers(struct hpa_case *kase, const struct doc *list, size_t *n)
{
	struct container *containers = g_new0(struct container, doc_length(list));

	*n = doc_length(list);
	for (size_t i = 0; i < *n; i++) {
		const struct doc *map = doc_at(list, i);
		const char *restart = hpa_case_string(kase, doc_get(map, "restartPolicy"));

		KNOWN(kase, map, "container", "name", "requests", "restartPolicy");
		containers[i].name = g_strdup(hpa_case_string(kase, doc_get(map, "name")));
		containers[i].always_restarts = g_strcmp0(restart, "Always") == 0;
		read_requests(kase, doc_get(map, "requests"), &containers[i].requests);
	}
	return containers;
}

static enum pod_phase read_phase(struct hpa_case *kase, const struct doc *value)
{
	const char *text = hpa_case_string(kase, value);

	for (int phase = POD_PENDING; text && phase <= POD_UNKNOWN; phase++) {
		if (g_str_equal(text, pod_phase_name((enum pod_phase)phase))) {
			return (enum pod_phase)phase;
		}
	}
	if (value) {
		hpa_case_complain(kase, value, "a phase");
	}
	return POD_RUNNING;
}

static bool is_none(const struct doc *value)
{
	return !value || g_strcmp0(doc_text(value), "none") == 0;
}

static struct pod *make_pod(struct pod_spec *spec, struct string_map *labels, const char *name)
{
	const struct pod_template template = {.labels = labels, .spec = spec};
	struct pod *pod = pod_new(&template);

	ref_string_set(&pod->object.meta.name, name ? name : "");
	ref_string_set(&pod->object.meta.namespace, "test-namespace");
	string_map_unref(labels);
	pod_spec_unref(spec);
	return pod;
}

static void read_pod(struct hpa_case *kase, const struct doc *map)
{
	const struct doc *labels = doc_get(map, "labels");
	const struct doc *ready = doc_get(map, "ready");
	const struct doc *started = doc_get(map, "startedAt");
	struct pod_spec *spec = g_new0(struct pod_spec, 1);

	KNOWN(kase, map, "pod", "name", "phase", "startedAt", "ready", "readyChangedAt", "deleted",
	      "labels", "containers", "initContainers", "podRequests");
	spec->refs = 1;
	spec->containers = read_containers(kase, doc_get(map, "containers"), &spec->n_containers);
	spec->init_containers =
	    read_containers(kase, doc_get(map, "initContainers"), &spec->n_init_containers);
	read_requests(kase, doc_get(map, "podRequests"), &spec->pod_requests);
	spec->has_pod_resources = doc_get(map, "podRequests") != NULL;

	struct pod *pod = make_pod(
	    spec, labels ? hpa_case_map(kase, labels) : string_map_with(NULL, "name", "test-pod"),
	    hpa_case_string(kase, doc_get(map, "name")));

	pod->phase = read_phase(kase, doc_get(map, "phase"));
	pod->start_time = is_none(started) ? SIM_NEVER : hpa_case_time(kase, started, SIM_NEVER);
	if (read_bool(kase, doc_get(map, "deleted"), false)) {
		pod->object.meta.deletion_time = kase->input.now;
	}
	if (!is_none(ready)) {
		conditions_set(&pod->conditions, "Ready",
		               read_bool(kase, ready, false) ? CONDITION_TRUE : CONDITION_FALSE,
		               NULL, NULL, hpa_case_time(kase, doc_get(map, "readyChangedAt"), 0));
	}
	g_ptr_array_add(kase->pods, pod);
}

/* --- metrics --- */

static void *remember(struct hpa_case *kase, void *memory)
{
	g_ptr_array_add(kase->memory, memory);
	return memory;
}

static void read_sample(struct hpa_case *kase, const char *pod, const struct doc *map,
                        struct hpa_pod_sample *sample)
{
	const struct doc *containers = doc_get(map, "containers");
	struct hpa_container_sample *items =
	    remember(kase, g_new0(struct hpa_container_sample, doc_length(containers)));

	KNOWN(kase, map, "sample", "timestamp", "window", "containers", "value");
	*sample = (struct hpa_pod_sample){
	    .pod = pod,
	    .timestamp = hpa_case_time(kase, doc_get(map, "timestamp"), 0),
	    .window = hpa_case_time(kase, doc_get(map, "window"), SIM_MINUTE),
	    .has_total = doc_get(map, "value") != NULL,
	    .containers = items,
	    .n_containers = doc_length(containers),
	};
	if (sample->has_total) {
		sample->total = hpa_case_quantity(kase, doc_get(map, "value"));
	}
	for (size_t i = 0; i < sample->n_containers; i++) {
		items[i] = (struct hpa_container_sample){
		    .name = doc_key_at(containers, i),
		    .has_usage = true,
		    .milli = hpa_case_quantity(kase, doc_value_at(containers, i)),
		};
	}
}

/* The answer that stands under @map (absent: the API fails). */
static struct hpa_metric_answer read_answer(struct hpa_case *kase, const struct doc *map)
{
	const struct doc *pods = doc_get(map, "pods");
	const struct doc *values = doc_get(map, "values");
	struct hpa_metric_answer answer = {.failure = map ? NULL : "fake error"};

	KNOWN(kase, map, "metric answer", "pods", "value", "values");
	struct hpa_pod_sample *samples =
	    remember(kase, g_new0(struct hpa_pod_sample, doc_length(pods)));
	int64_t *numbers = remember(kase, g_new0(int64_t, doc_length(values) + 1));

	for (size_t i = 0; i < doc_length(pods); i++) {
		read_sample(kase, doc_key_at(pods, i), doc_value_at(pods, i), &samples[i]);
	}
	for (size_t i = 0; i < doc_length(values); i++) {
		numbers[i] = hpa_case_quantity(kase, doc_at(values, i));
	}
	answer.pods = samples;
	answer.n_pods = doc_length(pods);
	answer.values = numbers;
	answer.n_values = doc_length(values);
	if (doc_get(map, "value")) {
		numbers[0] = hpa_case_quantity(kase, doc_get(map, "value"));
		answer.n_values = 1;
	}
	return answer;
}

struct hpa_metric_answer hpa_case_resource_answer(struct hpa_case *kase, const char *name)
{
	return read_answer(kase, doc_find(kase->root, "metrics", "resource", name, NULL));
}

static void read_metrics(struct hpa_case *kase)
{
	static const char *const apis[] = {"resource", "resource", "pods", "object", "external"};
	const struct doc *map = doc_get(kase->root, "metrics");

	KNOWN(kase, map, "metrics", "resource", "pods", "object", "external");
	for (size_t i = 0; i < kase->hpa->n_metrics; i++) {
		const struct metric_spec *metric = &kase->hpa->metrics[i];
		struct hpa_metric_answer answer = {.failure = "fake error"};

		if (metric->type != METRIC_UNKNOWN && metric->name) {
			answer = read_answer(kase,
			                     doc_find(map, apis[metric->type], metric->name, NULL));
		}
		g_array_append_val(kase->answers, answer);
	}
}

/* --- what the controller remembers --- */

static void read_scale_events(struct hpa_case *kase, const struct doc *list, bool up)
{
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *map = doc_at(list, i);

		KNOWN(kase, map, "scale event", "at", "change");
		hpa_history_add_scale_event(&kase->history, up,
		                            hpa_case_time(kase, doc_get(map, "at"), 0),
		                            (int32_t)hpa_case_int(kase, doc_get(map, "change"), 0));
	}
}

static void read_history(struct hpa_case *kase)
{
	const struct doc *map = doc_get(kase->root, "history");
	const struct doc *list = doc_get(map, "recommendations");

	KNOWN(kase, map, "history", "recommendations", "scaleUps", "scaleDowns");
	kase->history.known = list != NULL;
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *one = doc_at(list, i);

		KNOWN(kase, one, "recommendation", "at", "replicas");
		hpa_history_add_recommendation(
		    &kase->history, hpa_case_time(kase, doc_get(one, "at"), 0),
		    (int32_t)hpa_case_int(kase, doc_get(one, "replicas"), 0));
	}
	read_scale_events(kase, doc_get(map, "scaleUps"), true);
	read_scale_events(kase, doc_get(map, "scaleDowns"), false);
}

static void read_others(struct hpa_case *kase)
{
	const struct doc *list = doc_get(kase->root, "otherHPAs");

	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *map = doc_at(list, i);
		const struct hpa_other other = {
		    .name = hpa_case_string(kase, doc_get(map, "name")),
		    .selector = hpa_case_string(kase, doc_get(map, "selector")),
		};

		KNOWN(kase, map, "other HPA", "name", "selector");
		g_array_append_val(kase->others, other);
	}
}

struct pod *hpa_case_bare_pod(struct hpa_case *kase, const char *name)
{
	struct pod_spec *spec = g_new0(struct pod_spec, 1);

	spec->refs = 1;
	return make_pod(spec, NULL, name);
}

static void free_pod(gpointer pod)
{
	object_unref(pod);
}

void hpa_case_init(struct hpa_case *kase, const struct doc *root, GString *diff)
{
	const struct doc *pods = doc_get(root, "pods");

	*kase = (struct hpa_case){
	    .root = root,
	    .diff = diff,
	    .good = true,
	    .pods = g_ptr_array_new_with_free_func(free_pod),
	    .answers = g_array_new(FALSE, FALSE, sizeof(struct hpa_metric_answer)),
	    .others = g_array_new(FALSE, FALSE, sizeof(struct hpa_other)),
	    .memory = g_ptr_array_new_with_free_func(g_free),
	};
	KNOWN(kase, root, "case", "name", "group", "source", "note", "stage", "now", "controller",
	      "hpa", "status", "scale", "otherHPAs", "pods", "metrics", "history", "input",
	      "expect");
	kase->input.now = hpa_case_time(kase, doc_get(root, "now"), 0);
	read_controller(kase);
	read_scale(kase);
	hpa_case_read_hpa(kase);
	hpa_case_read_status(kase);
	for (size_t i = 0; i < doc_length(pods); i++) {
		read_pod(kase, doc_at(pods, i));
	}
	read_metrics(kase);
	read_history(kase);
	read_others(kase);
	kase->input.hpa = kase->hpa;
	kase->input.settings = &kase->settings;
	kase->input.release = &kase->release;
	kase->input.history = &kase->history;
	kase->input.pods = (const struct pod *const *)kase->pods->pdata;
	kase->input.n_pods = kase->pods->len;
	kase->input.answers = (const struct hpa_metric_answer *)(void *)kase->answers->data;
	kase->input.others = (const struct hpa_other *)(void *)kase->others->data;
	kase->input.n_others = kase->others->len;
}

void hpa_case_clear(struct hpa_case *kase)
{
	object_unref(&kase->hpa->object);
	hpa_history_clear(&kase->history);
	g_ptr_array_unref(kase->pods);
	g_array_unref(kase->answers);
	g_array_unref(kase->others);
	g_ptr_array_unref(kase->memory);
}
