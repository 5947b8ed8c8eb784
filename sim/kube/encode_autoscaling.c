#include "kube/encode.h"

#include "kube/autoscaling.h"
#include "kube/quantity.h"

#include <string.h>

static void put_reference(struct doc *map, const char *key,
                          const struct object_reference *reference)
{
	struct doc *out = put_map(map, key);

	put_text_unless_empty(out, "apiVersion", reference->api_version);
	doc_set_string(out, "kind", reference->kind);
	doc_set_string(out, "name", reference->name);
}

/* The part of a metric's spec or status that its type names, with what says which metric it is. */
static struct doc *put_source(struct doc *out, const struct metric_spec *metric)
{
	static const char *const keys[] = {"resource", "containerResource", "pods", "object",
	                                   "external"};

	if (metric->type == METRIC_UNKNOWN) {
		doc_set_string(out, "type", metric->type_text == NULL ? "" : metric->type_text);
		return NULL;
	}
	doc_set_string(out, "type", metric_type_name(metric->type));
	struct doc *source = put_map(out, keys[metric->type]);

	if (metric->type == METRIC_RESOURCE || metric->type == METRIC_CONTAINER_RESOURCE) {
		doc_set_string(source, "container", metric->container);
		doc_set_string(source, "name", metric->name);
		return source;
	}
	struct doc *identifier = put_map(source, "metric");

	doc_set_string(identifier, "name", metric->name);
	put_selector(identifier, "selector", metric->selector);
	if (metric->type == METRIC_OBJECT) {
		put_reference(source, "describedObject", &metric->object);
	}
	return source;
}

/* Bytes of memory in powers of 1024, everything else in powers of 1000. */
static const char *unit_of(const struct metric_spec *metric)
{
	const bool resource =
	    metric->type == METRIC_RESOURCE || metric->type == METRIC_CONTAINER_RESOURCE;

	return resource && metric->name != NULL ? metric->name : "";
}

static void put_metric_target(struct doc *source, const struct metric_spec *metric)
{
	static const char *const types[] = {"Utilization", "Value", "AverageValue", ""};
	const struct metric_target *target = &metric->target;
	struct doc *out = put_map(source, "target");

	doc_set_string(out, "type", types[target->type]);
	if (target->has_utilization) {
		doc_set_int(out, "averageUtilization", target->average_utilization);
	}
	if (target->has_value) {
		put_quantity(out, "value", unit_of(metric), target->value);
	}
	if (target->has_average_value) {
		put_quantity(out, "averageValue", unit_of(metric), target->average_value);
	}
}

static void put_rules(struct doc *behavior, const char *key, const struct scaling_rules *rules)
{
	static const char *const selections[] = {"Max", "Min", "Disabled"};
	struct doc *out = put_map(behavior, key);
	struct doc *policies = put_list(out, "policies");

	for (size_t i = 0; i < rules->n_policies; i++) {
		struct doc *policy = add_map(policies);

		doc_set_string(policy, "type", rules->policies[i].percent ? "Percent" : "Pods");
		doc_set_int(policy, "value", rules->policies[i].value);
		doc_set_int(policy, "periodSeconds", rules->policies[i].period_seconds);
	}
	doc_set_string(out, "selectPolicy", selections[rules->select]);
	if (rules->stabilization_window_seconds >= 0) {
		doc_set_int(out, "stabilizationWindowSeconds", rules->stabilization_window_seconds);
	}
	if (rules->has_tolerance) {
		put_quantity(out, "tolerance", "", (int64_t)(rules->tolerance * 1000 + 0.5));
	}
}

/* The spec of an HPA that no user made. */
static void put_hpa_spec(struct doc *spec, const struct hpa *hpa)
{
	struct doc *metrics = put_list(spec, "metrics");

	for (size_t i = 0; i < hpa->n_metrics; i++) {
		struct doc *source = put_source(add_map(metrics), &hpa->metrics[i]);

		if (source != NULL) {
			put_metric_target(source, &hpa->metrics[i]);
		}
	}
	doc_set_int(spec, "maxReplicas", hpa->max_replicas);
	doc_set_int(spec, "minReplicas", hpa->min_replicas);
	put_reference(spec, "scaleTargetRef", &hpa->target);
	if (hpa->has_behavior) {
		struct doc *behavior = put_map(spec, "behavior");

		put_rules(behavior, "scaleUp", &hpa->scale_up);
		put_rules(behavior, "scaleDown", &hpa->scale_down);
	}
}

static void put_current(struct doc *list, const struct hpa *hpa, size_t index)
{
	const struct metric_status *status = &hpa->status.metrics[index];
	struct doc *out = add_map(list);

	if (!status->present || index >= hpa->n_metrics) {
		doc_set_string(out, "type", ""); /* the metric failed */
		return;
	}
	const struct metric_spec *metric = &hpa->metrics[index];
	struct doc *source = put_source(out, metric);

	if (source == NULL) {
		return;
	}
	struct doc *current = put_map(source, "current");

	if (status->has_utilization) {
		doc_set_int(current, "averageUtilization", status->utilization);
	}
	if (status->has_value) {
		put_quantity(current, "value", unit_of(metric), status->value);
	}
	if (status->has_average_value) {
		put_quantity(current, "averageValue", unit_of(metric), status->average_value);
	}
}

void encode_hpa(const struct encoder *encoder, const struct object *object)
{
	const struct hpa *hpa = HPA(object);
	struct doc *spec = put_spec(encoder, object);

	if (object->source == NULL) {
		put_hpa_spec(spec, hpa);
	}
	struct doc *status = put_map(encoder->out, "status");

	put_conditions(encoder, status, &hpa->status.conditions, CONDITIONS_PLAIN);
	if (hpa->status.n_metrics == 0) {
		doc_set_null(status, "currentMetrics");
	} else {
		struct doc *list = put_list(status, "currentMetrics");

		for (size_t i = 0; i < hpa->status.n_metrics; i++) {
			put_current(list, hpa, i);
		}
	}
	put_int_unless_0(status, "currentReplicas", hpa->status.current_replicas);
	doc_set_int(status, "desiredReplicas", hpa->status.desired_replicas);
	put_time(encoder, status, "lastScaleTime", hpa->status.last_scale_time);
	put_int_unless_0(status, "observedGeneration", hpa->status.observed_generation);
}
