/* hpa_look.c - reads scale and metrics as the controller's clients do. */

#include "cluster/hpa_look.h"

#include "kube/workload.h"
#include "rules/metrics_storage.h"

#include <string.h>

static void *keep(struct hpa_look *look, void *memory)
{
	g_ptr_array_add(look->memory, memory);
	return memory;
}

/* --- scale --- */

/* The resource of a target's kind as error texts name it; *@kind when podsim can scale it. */
static char *resource_of(const struct object_reference *target, enum object_kind *kind)
{
	const char *slash = target->api_version ? strchr(target->api_version, '/') : NULL;
	g_autofree char *group =
	    slash ? g_strndup(target->api_version, (gsize)(slash - target->api_version)) : NULL;
	g_autofree char *plural = g_ascii_strdown(target->kind, -1);

	*kind = KIND_OTHER;
	if (group && g_str_equal(group, "apps")) {
		if (g_str_equal(target->kind, "Deployment")) {
			*kind = KIND_DEPLOYMENT;
		} else if (g_str_equal(target->kind, "ReplicaSet")) {
			*kind = KIND_REPLICA_SET;
		}
	}
	return g_strdup_printf("%ss%s%s", plural, group ? "." : "", group ? group : "");
}

static void read_scale(struct hpa_look *look, const struct store *store)
{
	const struct object_reference *target = &look->hpa->target;
	const char *namespace = look->hpa->object.meta.namespace;
	struct hpa_scale *scale = &look->input.scale;
	enum object_kind kind;
	g_autofree char *resource = resource_of(target, &kind);
	const struct object *object =
	    kind == KIND_OTHER ? NULL : store_get(store, kind, namespace, target->name);
	const struct label_selector *selector = NULL;

	if (!object) {
		scale->get_error =
		    keep(look, g_strdup_printf("%s \"%s\" not found", resource, target->name));
		return;
	}
	if (kind == KIND_DEPLOYMENT) {
		scale->replicas = DEPLOYMENT(object)->replicas;
		scale->status_replicas = DEPLOYMENT(object)->status.replicas;
		selector = DEPLOYMENT(object)->selector;
	} else {
		scale->replicas = REPLICA_SET(object)->replicas;
		scale->status_replicas = REPLICA_SET(object)->status.replicas;
		selector = REPLICA_SET(object)->selector;
	}
	scale->selector = keep(look, selector ? label_selector_to_string(selector) : g_strdup(""));
}

char *hpa_look_write_scale(const struct hpa_look *look, struct store *store, int32_t replicas)
{
	const struct object_reference *target = &look->hpa->target;
	enum object_kind kind;
	g_autofree char *resource = resource_of(target, &kind);
	/* The newest version: a conflict would be retried at once with it. */
	const struct object *current =
	    store_get(store, kind, look->hpa->object.meta.namespace, target->name);
	g_autoptr(GError) error = NULL;

	if (!current) {
		return g_strdup_printf("%s \"%s\" not found", resource, target->name);
	}
	struct object *copy = object_revise(current);

	if (kind == KIND_DEPLOYMENT) {
		DEPLOYMENT(copy)->replicas = replicas;
	} else {
		REPLICA_SET(copy)->replicas = replicas;
	}
	if (copy->source) {
		doc_set_int(doc_get(copy->source, "spec"), "replicas", replicas);
	}
	const bool good = store_update(store, copy, true, &error);

	object_unref(copy);
	return good ? NULL : g_strdup(error->message);
}

/* --- the resource metrics API --- */

/* Usage of @resource in milli-units; false: the API does not know this resource. */
static bool milli_usage(const struct metrics_container_usage *usage, const char *resource,
                        int64_t *milli)
{
	if (g_str_equal(resource, "cpu")) {
		*milli = metrics_milli_of_nano(usage->cpu_nano);
		return true;
	}
	if (g_str_equal(resource, "memory")) {
		if (__builtin_mul_overflow(usage->memory_bytes, INT64_C(1000), milli)) {
			*milli = INT64_MAX;
		}
		return true;
	}
	*milli = 0;
	return false;
}

static void read_pod_usage(struct hpa_look *look, const struct metrics_pod_usage *usage,
                           const char *resource, struct hpa_pod_sample *sample)
{
	struct hpa_container_sample *containers =
	    keep(look, g_new0(struct hpa_container_sample, usage->n_containers));

	*sample = (struct hpa_pod_sample){
	    .pod = keep(look, g_strdup(usage->pod)),
	    .timestamp = usage->timestamp,
	    .window = usage->window,
	    .containers = containers,
	    .n_containers = usage->n_containers,
	};
	for (size_t i = 0; i < usage->n_containers; i++) {
		containers[i].name = keep(look, g_strdup(usage->containers[i].name));
		containers[i].has_usage =
		    milli_usage(&usage->containers[i], resource, &containers[i].milli);
	}
}

static struct hpa_metric_answer ask_resource(struct hpa_look *look,
                                             const struct hpa_sources *sources,
                                             const struct metric_spec *metric,
                                             const struct label_selector *selector)
{
	struct hpa_metric_answer answer = {
	    .failure =
		"the server could not find the requested resource (get pods.metrics.k8s.io)"};
	g_autoptr(GPtrArray) usage =
	    sources->server
		? metrics_server_query(sources->server, look->hpa->object.meta.namespace, selector,
	                               &answer.failure)
		: NULL;

	if (usage) {
		struct hpa_pod_sample *samples =
		    keep(look, g_new0(struct hpa_pod_sample, usage->len));

		for (unsigned i = 0; i < usage->len; i++) {
			read_pod_usage(look, usage->pdata[i], metric->name, &samples[i]);
		}
		answer = (struct hpa_metric_answer){.pods = samples, .n_pods = usage->len};
	}
	return answer;
}

/* --- the custom and external metrics APIs --- */

static struct hpa_metric_answer answer_pods(struct hpa_look *look, const GArray *values)
{
	struct hpa_pod_sample *samples = keep(look, g_new0(struct hpa_pod_sample, values->len));

	for (unsigned i = 0; i < values->len; i++) {
		const struct adapter_value *value = &g_array_index(values, struct adapter_value, i);

		samples[i] = (struct hpa_pod_sample){
		    .pod = keep(look, g_strdup(value->pod)),
		    .timestamp = value->timestamp,
		    .window = SIM_MINUTE, /* what the client takes when it is told none */
		    .has_total = true,
		    .total = value->milli,
		};
	}
	return (struct hpa_metric_answer){.pods = samples, .n_pods = values->len};
}

static struct hpa_metric_answer answer_values(struct hpa_look *look, const GArray *values)
{
	int64_t *numbers = keep(look, g_new0(int64_t, values->len));

	for (unsigned i = 0; i < values->len; i++) {
		numbers[i] = g_array_index(values, struct adapter_value, i).milli;
	}
	return (struct hpa_metric_answer){.values = numbers, .n_values = values->len};
}

static struct hpa_metric_answer ask_adapter(struct hpa_look *look,
                                            const struct hpa_sources *sources,
                                            const struct metric_spec *metric,
                                            const struct label_selector *selector)
{
	const char *namespace = look->hpa->object.meta.namespace;
	char *failure = NULL;
	struct hpa_metric_answer answer = {0};
	g_autoptr(GArray) values = NULL;

	if (!sources->adapter) {
		answer.failure = "the server could not find the requested resource";
		return answer;
	}
	if (metric->type == METRIC_OBJECT) {
		struct adapter_value value;

		if (metrics_adapter_object(sources->adapter, namespace, metric->name,
		                           &metric->object, &value, &failure)) {
			values = g_array_new(FALSE, FALSE, sizeof(struct adapter_value));
			g_array_append_val(values, value);
		}
	} else if (metric->type == METRIC_PODS) {
		values = metrics_adapter_pods(sources->adapter, namespace, metric->name, selector,
		                              &failure);
	} else {
		values =
		    metrics_adapter_external(sources->adapter, namespace, metric->name, &failure);
	}
	if (!values) {
		answer.failure = keep(look, failure);
		return answer;
	}
	return metric->type == METRIC_PODS ? answer_pods(look, values)
	                                   : answer_values(look, values);
}

static void ask_metrics(struct hpa_look *look, const struct hpa_sources *sources)
{
	struct label_selector *selector =
	    look->input.scale.selector ? label_selector_parse(look->input.scale.selector, NULL)
				       : NULL;

	for (size_t i = 0; i < look->hpa->n_metrics; i++) {
		const struct metric_spec *metric = &look->hpa->metrics[i];
		struct hpa_metric_answer answer = {0};

		if (metric->type == METRIC_RESOURCE || metric->type == METRIC_CONTAINER_RESOURCE) {
			answer = ask_resource(look, sources, metric, selector);
		} else if (metric->type != METRIC_UNKNOWN) {
			answer = ask_adapter(look, sources, metric, selector);
		}
		g_array_append_val(look->answers, answer);
	}
	label_selector_free(selector);
}

/* --- life --- */

static void unref(void *object)
{
	object_unref(object);
}

struct hpa_look *hpa_look_new(const struct hpa_sources *sources, const struct hpa *hpa,
                              struct hpa_history *history, const GPtrArray *pods)
{
	struct hpa_look *look = g_new0(struct hpa_look, 1);
	const struct cluster_environment *environment = sources->environment;

	look->hpa = HPA(object_ref(&hpa->object));
	look->history = history;
	look->pods = g_ptr_array_new_with_free_func(unref);
	look->answers = g_array_new(FALSE, FALSE, sizeof(struct hpa_metric_answer));
	look->memory = g_ptr_array_new_with_free_func(g_free);
	for (unsigned i = 0; i < pods->len; i++) {
		const struct object *pod = pods->pdata[i];

		if (g_strcmp0(pod->meta.namespace, hpa->object.meta.namespace) == 0) {
			g_ptr_array_add(look->pods, object_ref(pod));
		}
	}
	read_scale(look, environment->store);
	ask_metrics(look, sources);
	look->input.now = simulation_now(environment->sim);
	look->input.hpa = look->hpa;
	look->input.settings = sources->settings;
	look->input.release = environment->release;
	look->input.history = history;
	look->input.pods = (const struct pod *const *)look->pods->pdata;
	look->input.n_pods = look->pods->len;
	look->input.answers = (const struct hpa_metric_answer *)(void *)look->answers->data;
	return look;
}

void hpa_look_free(struct hpa_look *look)
{
	hpa_decision_clear(&look->decision);
	object_unref(&look->hpa->object);
	g_ptr_array_unref(look->pods);
	g_array_unref(look->answers);
	g_ptr_array_unref(look->memory);
	g_free(look);
}
