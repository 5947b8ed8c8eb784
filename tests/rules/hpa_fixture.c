#include "hpa_fixture.h"

static void free_object(void *object)
{
	object_unref(object);
}

void fixture_init(struct fixture *f, int32_t replicas)
{
	*f = (struct fixture){0};
	f->hpa = HPA(object_new(KIND_HPA));
	ref_string_set(&f->hpa->object.meta.name, "web");
	ref_string_set(&f->hpa->object.meta.namespace, "default");
	f->hpa->target.api_version = g_strdup("apps/v1");
	f->hpa->target.kind = g_strdup("Deployment");
	f->hpa->target.name = g_strdup("web");
	f->hpa->has_min_replicas = true;
	f->hpa->min_replicas = 1;
	f->hpa->max_replicas = 100;
	hpa_settings_init(&f->settings);
	assert_true(release_init(&f->release, "1.37", NULL));
	f->history.known = true;
	f->pods = g_ptr_array_new_with_free_func(free_object);
	f->samples = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	f->values = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	f->names = g_ptr_array_new_with_free_func(g_free);
	f->answers = g_array_new(FALSE, TRUE, sizeof(struct hpa_metric_answer));
	f->input = (struct hpa_input){
	    .now = 10000 * SIM_SECOND,
	    .hpa = f->hpa,
	    .settings = &f->settings,
	    .release = &f->release,
	    .history = &f->history,
	    .scale = {.replicas = replicas, .status_replicas = replicas, .selector = "app=web"},
	};
}

void fixture_clear(struct fixture *f)
{
	hpa_decision_clear(&f->decision);
	hpa_history_clear(&f->history);
	object_unref(&f->hpa->object);
	g_ptr_array_unref(f->pods);
	g_ptr_array_unref(f->samples);
	g_ptr_array_unref(f->values);
	g_ptr_array_unref(f->names);
	g_array_unref(f->answers);
}

/* The arrays may have moved: the input points to where they are now. */
static void refresh(struct fixture *f)
{
	for (unsigned i = 0; i < f->answers->len; i++) {
		struct hpa_metric_answer *answer =
		    &g_array_index(f->answers, struct hpa_metric_answer, i);
		const GArray *samples = f->samples->pdata[i], *values = f->values->pdata[i];

		answer->pods = (const struct hpa_pod_sample *)(void *)samples->data;
		answer->n_pods = samples->len;
		answer->values = (const int64_t *)(void *)values->data;
		answer->n_values = values->len;
	}
	f->input.answers = (const struct hpa_metric_answer *)(void *)f->answers->data;
	f->input.pods = (const struct pod *const *)f->pods->pdata;
	f->input.n_pods = f->pods->len;
}

struct metric_spec *fixture_metric(struct fixture *f, enum metric_type type, const char *name)
{
	const struct hpa_metric_answer answer = {.failure = "out of order"};
	struct metric_spec *metric;

	f->hpa->metrics = g_renew(struct metric_spec, f->hpa->metrics, f->hpa->n_metrics + 1);
	metric = &f->hpa->metrics[f->hpa->n_metrics++];
	*metric = (struct metric_spec){.type = type,
	                               .name = g_strdup(name),
	                               .type_text = g_strdup(metric_type_name(type)),
	                               .target = {.type = TARGET_UNSET}};
	g_array_append_val(f->answers, answer);
	g_ptr_array_add(f->samples, g_array_new(FALSE, FALSE, sizeof(struct hpa_pod_sample)));
	g_ptr_array_add(f->values, g_array_new(FALSE, FALSE, sizeof(int64_t)));
	refresh(f);
	return metric;
}

struct metric_spec *fixture_cpu(struct fixture *f, int32_t percent)
{
	struct metric_spec *metric = fixture_metric(f, METRIC_RESOURCE, "cpu");

	metric->target = (struct metric_target){
	    .type = TARGET_UTILIZATION, .has_utilization = true, .average_utilization = percent};
	return metric;
}

void fixture_raw(struct fixture *f)
{
	struct metric_spec *metric = fixture_metric(f, METRIC_EXTERNAL, "queue");

	metric->target = (struct metric_target){
	    .type = TARGET_AVERAGE_VALUE, .has_average_value = true, .average_value = 1000};
	f->settings.tolerance = 0;
	fixture_answers(f, 0);
}

void fixture_set_raw(struct fixture *f, int64_t replicas)
{
	g_array_set_size(f->values->pdata[0], 0);
	fixture_value(f, 0, replicas * 1000);
}

void fixture_answers(struct fixture *f, size_t metric)
{
	g_array_index(f->answers, struct hpa_metric_answer, metric).failure = NULL;
	refresh(f);
}

struct pod *fixture_pod(struct fixture *f, int64_t cpu)
{
	struct pod_spec *spec = g_new0(struct pod_spec, 1);
	struct string_map *labels = string_map_with(NULL, "app", "web");
	const struct pod_template template = {.labels = labels, .spec = spec};
	g_autofree char *name = g_strdup_printf("web-%u", f->pods->len);
	struct pod *pod;

	spec->refs = 1;
	spec->n_containers = 1;
	spec->containers = g_new0(struct container, 1);
	spec->containers[0].name = g_strdup("app");
	resource_list_set(&spec->containers[0].requests, g_intern_string("cpu"), cpu);
	pod = pod_new(&template);
	string_map_unref(labels);
	pod_spec_unref(spec);
	ref_string_set(&pod->object.meta.name, name);
	ref_string_set(&pod->object.meta.namespace, "default");
	pod->phase = POD_RUNNING;
	pod->start_time = 0;
	conditions_set(&pod->conditions, "Ready", CONDITION_TRUE, NULL, NULL, 0);
	g_ptr_array_add(f->pods, pod);
	refresh(f);
	return pod;
}

void fixture_sample(struct fixture *f, size_t metric, const struct pod *pod, int64_t milli)
{
	const struct hpa_pod_sample sample = {
	    .pod = pod->object.meta.name,
	    .timestamp = f->input.now,
	    .window = 15 * SIM_SECOND,
	    .has_total = true,
	    .total = milli,
	};

	g_array_append_val(f->samples->pdata[metric], sample);
	fixture_answers(f, metric);
}

void fixture_pods(struct fixture *f, unsigned n, int64_t cpu, int64_t usage)
{
	for (unsigned i = 0; i < n; i++) {
		fixture_sample(f, 0, fixture_pod(f, cpu), usage);
	}
}

void fixture_value(struct fixture *f, size_t metric, int64_t milli)
{
	g_array_append_val(f->values->pdata[metric], milli);
	fixture_answers(f, metric);
}

void fixture_behavior(struct fixture *f)
{
	f->hpa->has_behavior = true;
	f->hpa->scale_up.stabilization_window_seconds = -1;
	f->hpa->scale_down.stabilization_window_seconds = -1;
	scaling_rules_default_up(&f->hpa->scale_up);
	scaling_rules_default_down(&f->hpa->scale_down);
}

void fixture_policies(struct scaling_rules *rules, size_t n, ...)
{
	va_list list;

	g_free(rules->policies);
	rules->policies = g_new0(struct scaling_policy, n);
	rules->n_policies = n;
	va_start(list, n);
	for (size_t i = 0; i < n; i++) {
		rules->policies[i].percent = va_arg(list, int) != 0;
		rules->policies[i].value = va_arg(list, int);
		rules->policies[i].period_seconds = va_arg(list, int);
	}
	va_end(list);
}

int32_t fixture_step(struct fixture *f, double seconds)
{
	hpa_decision_clear(&f->decision);
	f->input.now = (sim_time)(seconds * 1e9);
	hpa_decide(&f->input, &f->decision);
	hpa_conclude(&f->input, NULL, &f->decision);
	hpa_decision_apply(&f->decision, f->hpa);
	if (f->decision.rescaled) {
		f->input.scale.replicas = f->decision.replicas;
		f->input.scale.status_replicas = f->decision.replicas;
	}
	return f->input.scale.replicas;
}

int32_t fixture_recommend(struct fixture *f, struct hpa_proposal *proposal)
{
	hpa_recommend(&f->input, 0, proposal);
	assert_int_equal(proposal->failure, HPA_FAILURE_NONE);
	return proposal->replicas;
}

void assert_condition(const struct fixture *f, const char *type, enum condition_status status,
                      const char *reason)
{
	const struct condition *condition = conditions_find(&f->decision.conditions, type);

	assert_non_null(condition);
	assert_string_equal(condition->reason, reason);
	assert_int_equal(condition->status, status);
}

const char *event_text(const struct fixture *f, const char *reason)
{
	for (size_t i = 0; i < f->decision.n_events; i++) {
		if (g_str_equal(f->decision.events[i].reason, reason)) {
			return f->decision.events[i].message;
		}
	}
	return NULL;
}
