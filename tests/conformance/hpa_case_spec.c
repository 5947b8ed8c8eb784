/* hpa_case_spec.c - reads the HPA of a case: its spec, as far as it is given, and its status. */

#include "hpa_case.h"

#include <string.h>

/* --- the HPA --- */

static struct label_selector *read_selector(struct hpa_case *kase, const struct doc *map)
{
	if (!map) {
		return NULL;
	}
	struct label_selector *selector = g_new0(struct label_selector, 1);

	KNOWN(kase, map, "selector", "matchLabels");
	selector->match_labels = hpa_case_map(kase, doc_get(map, "matchLabels"));
	return selector;
}

static void read_target(struct hpa_case *kase, const struct doc *map, struct metric_target *target)
{
	static const char *const types[] = {"Utilization", "Value", "AverageValue"};
	const char *type = hpa_case_string(kase, doc_get(map, "type"));

	KNOWN(kase, map, "target", "type", "averageUtilization", "value", "averageValue");
	target->type = TARGET_UNSET;
	for (size_t i = 0; type && i < G_N_ELEMENTS(types); i++) {
		if (g_str_equal(type, types[i])) {
			target->type = (enum target_type)i;
		}
	}
	if (doc_get(map, "averageUtilization")) {
		target->has_utilization = true;
		target->average_utilization =
		    (int32_t)hpa_case_int(kase, doc_get(map, "averageUtilization"), 0);
	}
	if (doc_get(map, "value")) {
		target->has_value = true;
		target->value = hpa_case_quantity(kase, doc_get(map, "value"));
	}
	if (doc_get(map, "averageValue")) {
		target->has_average_value = true;
		target->average_value = hpa_case_quantity(kase, doc_get(map, "averageValue"));
	}
}

static void read_object(struct hpa_case *kase, const struct doc *map,
                        struct object_reference *reference)
{
	KNOWN(kase, map, "reference", "apiVersion", "kind", "name");
	reference->api_version = g_strdup(hpa_case_string(kase, doc_get(map, "apiVersion")));
	reference->kind = g_strdup(hpa_case_string(kase, doc_get(map, "kind")));
	reference->name = g_strdup(hpa_case_string(kase, doc_get(map, "name")));
}

static void read_metric(struct hpa_case *kase, const struct doc *map, struct metric_spec *metric)
{
	static const char *const types[] = {"Resource", "ContainerResource", "Pods", "Object",
	                                    "External"};
	static const char *const fields[] = {"resource", "containerResource", "pods", "object",
	                                     "external"};
	const char *type = hpa_case_string(kase, doc_get(map, "type"));

	metric->type = METRIC_UNKNOWN;
	metric->type_text = g_strdup(type);
	metric->target.type = TARGET_UNSET;
	for (size_t i = 0; type && i < G_N_ELEMENTS(types); i++) {
		if (g_str_equal(type, types[i])) {
			metric->type = (enum metric_type)i;
		}
	}
	if (metric->type == METRIC_UNKNOWN) {
		KNOWN(kase, map, "metric", "type");
		return;
	}
	const struct doc *source = doc_get(map, fields[metric->type]);
	const struct doc *identifier = doc_get(source, "metric");

	KNOWN(kase, map, "metric", "type", fields[metric->type]);
	if (metric->type <= METRIC_CONTAINER_RESOURCE) {
		const bool container = metric->type == METRIC_CONTAINER_RESOURCE;

		KNOWN(kase, source, fields[metric->type], "name", "target",
		      container ? "container" : "name");
		metric->name = g_strdup(hpa_case_string(kase, doc_get(source, "name")));
		metric->container = g_strdup(hpa_case_string(kase, doc_get(source, "container")));
	} else {
		KNOWN(kase, source, fields[metric->type], "metric", "target",
		      metric->type == METRIC_OBJECT ? "describedObject" : "metric");
		KNOWN(kase, identifier, "metric", "name", "selector");
		metric->name = g_strdup(hpa_case_string(kase, doc_get(identifier, "name")));
		metric->selector = read_selector(kase, doc_get(identifier, "selector"));
		read_object(kase, doc_get(source, "describedObject"), &metric->object);
	}
	read_target(kase, doc_get(source, "target"), &metric->target);
}

static void read_policies(struct hpa_case *kase, const struct doc *list,
                          struct scaling_rules *rules)
{
	rules->n_policies = doc_length(list);
	rules->policies = g_new0(struct scaling_policy, rules->n_policies);
	for (size_t i = 0; i < rules->n_policies; i++) {
		const struct doc *map = doc_at(list, i);
		struct scaling_policy *policy = &rules->policies[i];
		const char *type = hpa_case_string(kase, doc_get(map, "type"));

		KNOWN(kase, map, "policy", "type", "value", "periodSeconds");
		policy->percent = g_strcmp0(type, "Percent") == 0;
		if (!policy->percent && g_strcmp0(type, "Pods") != 0) {
			hpa_case_complain(kase, map, "a policy of type Pods or Percent");
		}
		policy->value = (int32_t)hpa_case_int(kase, doc_get(map, "value"), 0);
		policy->period_seconds =
		    (int32_t)hpa_case_int(kase, doc_get(map, "periodSeconds"), 0);
	}
}

static void read_rules(struct hpa_case *kase, const struct doc *map, struct scaling_rules *rules)
{
	static const char *const selects[] = {"Max", "Min", "Disabled"};
	const struct doc *tolerance = doc_get(map, "tolerance");
	const char *select = hpa_case_string(kase, doc_get(map, "selectPolicy"));

	KNOWN(kase, map, "scaling rules", "stabilizationWindowSeconds", "selectPolicy", "policies",
	      "tolerance");
	*rules = (struct scaling_rules){
	    .stabilization_window_seconds =
		(int32_t)hpa_case_int(kase, doc_get(map, "stabilizationWindowSeconds"), -1),
	};
	for (size_t i = 0; select && i < G_N_ELEMENTS(selects); i++) {
		if (g_str_equal(select, selects[i])) {
			rules->select = (enum select_policy)i;
		}
	}
	if (doc_get(map, "policies")) {
		read_policies(kase, doc_get(map, "policies"), rules);
	}
	if (tolerance) {
		rules->has_tolerance = true;
		rules->tolerance = g_ascii_strtod(doc_text(tolerance), NULL);
		if (strspn(doc_text(tolerance), "0123456789.") != strlen(doc_text(tolerance))) {
			rules->tolerance = (double)hpa_case_quantity(kase, tolerance) / 1000;
		}
	}
}

void hpa_case_read_hpa(struct hpa_case *kase)
{
	const struct doc *map = doc_get(kase->root, "hpa");
	const struct doc *metrics = doc_get(map, "metrics");
	const struct doc *behavior = doc_get(map, "behavior");
	struct hpa *hpa = kase->hpa = HPA(object_new(KIND_HPA));

	KNOWN(kase, map, "hpa", "scaleTargetRef", "minReplicas", "maxReplicas", "metrics",
	      "behavior");
	KNOWN(kase, behavior, "behavior", "scaleUp", "scaleDown");
	ref_string_set(&hpa->object.meta.name, "test-hpa");
	ref_string_set(&hpa->object.meta.namespace, "test-namespace");
	if (doc_get(map, "scaleTargetRef")) {
		read_object(kase, doc_get(map, "scaleTargetRef"), &hpa->target);
	} else {
		hpa->target.kind = g_strdup("ReplicationController");
		hpa->target.name = g_strdup("rc");
	}
	hpa->has_min_replicas = doc_get(map, "minReplicas") != NULL;
	hpa->min_replicas = (int32_t)hpa_case_int(kase, doc_get(map, "minReplicas"), 1);
	hpa->max_replicas = (int32_t)hpa_case_int(kase, doc_get(map, "maxReplicas"), 0);
	hpa->n_metrics = doc_length(metrics);
	hpa->metrics = g_new0(struct metric_spec, hpa->n_metrics);
	for (size_t i = 0; i < hpa->n_metrics; i++) {
		read_metric(kase, doc_at(metrics, i), &hpa->metrics[i]);
	}
	hpa->has_behavior = behavior != NULL;
	if (behavior) {
		read_rules(kase, doc_get(behavior, "scaleUp"), &hpa->scale_up);
		read_rules(kase, doc_get(behavior, "scaleDown"), &hpa->scale_down);
		scaling_rules_default_up(&hpa->scale_up);
		scaling_rules_default_down(&hpa->scale_down);
	}
}

void hpa_case_read_status(struct hpa_case *kase)
{
	const struct doc *map = doc_get(kase->root, "status");
	const struct doc *conditions = doc_get(map, "conditions");
	struct hpa *hpa = kase->hpa;

	KNOWN(kase, map, "status", "lastScaleTime", "conditions", "desiredReplicas");
	hpa->status.last_scale_time = hpa_case_time(kase, doc_get(map, "lastScaleTime"), SIM_NEVER);
	hpa->status.current_replicas = kase->input.scale.replicas;
	hpa->status.desired_replicas = (int32_t)hpa_case_int(kase, doc_get(map, "desiredReplicas"),
	                                                     kase->input.scale.replicas);
	for (size_t i = 0; i < doc_length(conditions); i++) {
		const struct doc *one = doc_at(conditions, i);
		const char *type = hpa_case_string(kase, doc_get(one, "type"));
		const char *reason = hpa_case_string(kase, doc_get(one, "reason"));
		const char *status = doc_text(doc_get(one, "status"));

		KNOWN(kase, one, "condition", "type", "status", "reason");
		if (!type || !status) {
			hpa_case_complain(kase, one, "a condition");
			continue;
		}
		conditions_set(&hpa->status.conditions, g_intern_string(type),
		               g_str_equal(status, "True")    ? CONDITION_TRUE
		               : g_str_equal(status, "False") ? CONDITION_FALSE
		                                              : CONDITION_UNKNOWN,
		               reason ? g_intern_string(reason) : NULL, NULL, 0);
	}
}
