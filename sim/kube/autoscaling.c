#include "kube/autoscaling.h"

#include "kube/object_private.h"

const char *metric_type_name(enum metric_type type)
{
	static const char *const names[] = {"Resource", "ContainerResource", "Pods",
	                                    "Object",   "External",          "Unknown"};

	g_assert((unsigned)type < G_N_ELEMENTS(names));
	return names[type];
}

static void copy_reference(struct object_reference *reference)
{
	reference->api_version = g_strdup(reference->api_version);
	reference->kind = g_strdup(reference->kind);
	reference->name = g_strdup(reference->name);
}

static void clear_reference(struct object_reference *reference)
{
	g_free(reference->api_version);
	g_free(reference->kind);
	g_free(reference->name);
}

static void copy_rules(struct scaling_rules *rules)
{
	rules->policies = g_memdup2(rules->policies, rules->n_policies * sizeof(*rules->policies));
}

void hpa_copy_parts(struct object *object, const struct object *from)
{
	struct hpa *hpa = HPA(object);
	const struct hpa *original = HPA(from);

	copy_reference(&hpa->target);
	hpa->metrics =
	    g_memdup2(original->metrics, original->n_metrics * sizeof(*original->metrics));
	for (size_t i = 0; i < hpa->n_metrics; i++) {
		struct metric_spec *metric = &hpa->metrics[i];

		metric->type_text = g_strdup(metric->type_text);
		metric->name = g_strdup(metric->name);
		metric->container = g_strdup(metric->container);
		metric->selector = label_selector_copy(metric->selector);
		copy_reference(&metric->object);
	}
	copy_rules(&hpa->scale_up);
	copy_rules(&hpa->scale_down);
	hpa->status.metrics = g_memdup2(original->status.metrics,
	                                original->status.n_metrics * sizeof(*hpa->status.metrics));
	conditions_copy(&hpa->status.conditions, &original->status.conditions);
}

void hpa_clear_spec(struct hpa *hpa)
{
	clear_reference(&hpa->target);
	for (size_t i = 0; i < hpa->n_metrics; i++) {
		struct metric_spec *metric = &hpa->metrics[i];

		g_free(metric->type_text);
		g_free(metric->name);
		g_free(metric->container);
		label_selector_free(metric->selector);
		clear_reference(&metric->object);
	}
	g_free(hpa->metrics);
	g_free(hpa->scale_up.policies);
	g_free(hpa->scale_down.policies);
	hpa->target = (struct object_reference){0};
	hpa->metrics = NULL;
	hpa->n_metrics = 0;
	hpa->scale_up = hpa->scale_down = (struct scaling_rules){0};
}

void hpa_clear_parts(struct object *object)
{
	struct hpa *hpa = HPA(object);

	hpa_clear_spec(hpa);
	g_free(hpa->status.metrics);
	conditions_clear(&hpa->status.conditions);
}

/* Source of both: pkg/apis/autoscaling/v2/defaults.go, GenerateHPAScaleUpRules,
 * GenerateHPAScaleDownRules. */
void scaling_rules_default_up(struct scaling_rules *rules)
{
	if (rules->stabilization_window_seconds < 0) {
		rules->stabilization_window_seconds = 0;
	}
	if (rules->n_policies == 0) {
		g_free(rules->policies);
		rules->policies = g_new(struct scaling_policy, 2);
		rules->policies[0] =
		    (struct scaling_policy){.percent = false, .value = 4, .period_seconds = 15};
		rules->policies[1] =
		    (struct scaling_policy){.percent = true, .value = 100, .period_seconds = 15};
		rules->n_policies = 2;
	}
}

void scaling_rules_default_down(struct scaling_rules *rules)
{
	if (rules->n_policies == 0) {
		g_free(rules->policies);
		rules->policies = g_new(struct scaling_policy, 1);
		rules->policies[0] =
		    (struct scaling_policy){.percent = true, .value = 100, .period_seconds = 15};
		rules->n_policies = 1;
	}
}
