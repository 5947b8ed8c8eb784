/* view_describe_hpa.c - `kubectl describe hpa`. */

#include "report/view_describe.h"

#include "kube/quantity.h"

static char *metric_amount(const struct metric_spec *metric, int64_t milli)
{
	const bool resource =
	    metric->type == METRIC_RESOURCE || metric->type == METRIC_CONTAINER_RESOURCE;

	return describe_amount(resource && metric->name ? metric->name : "", milli);
}

/* "75% (376m) / 70%", or "320m / 500m". */
static char *metric_values(const struct hpa *hpa, size_t index)
{
	const struct metric_spec *metric = &hpa->metrics[index];
	const struct metric_target *target = &metric->target;
	const bool average = target->has_average_value;
	const struct metric_status *status =
	    index < hpa->status.n_metrics && hpa->status.metrics[index].present
		? &hpa->status.metrics[index]
		: NULL;
	g_autofree char *current = NULL, *wanted = NULL;

	if (average || target->has_value) {
		wanted = metric_amount(metric, average ? target->average_value : target->value);
		if (status && (average ? status->has_average_value : status->has_value)) {
			current =
			    metric_amount(metric, average ? status->average_value : status->value);
		}
	} else {
		wanted = target->has_utilization
		             ? g_strdup_printf("%d%%", target->average_utilization)
		             : g_strdup("<auto>");
		if (status && status->has_utilization) {
			g_autofree char *amount = metric_amount(metric, status->average_value);

			current = g_strdup_printf("%d%% (%s)", status->utilization, amount);
		}
	}
	return g_strdup_printf("%s / %s", current ? current : "<unknown>", wanted);
}

static void add_metric(struct tabs *tabs, const struct hpa *hpa, size_t index)
{
	const struct metric_spec *metric = &hpa->metrics[index];
	const bool average = metric->target.has_average_value;
	g_autofree char *values = metric_values(hpa, index);
	const char *how = average ? "target average value" : "target value";

	switch (metric->type) {
	case METRIC_RESOURCE:
		tabs_add(tabs, "  resource %s on pods%s:\t%s\n", metric->name,
		         average ? "" : "  (as a percentage of request)", values);
		break;
	case METRIC_CONTAINER_RESOURCE:
		tabs_add(tabs, "  resource %s of container \"%s\" on pods%s:\t%s\n", metric->name,
		         metric->container, average ? "" : "  (as a percentage of request)",
		         values);
		break;
	case METRIC_PODS:
		tabs_add(tabs, "  \"%s\" on pods:\t%s\n", metric->name, values);
		break;
	case METRIC_OBJECT:
		tabs_add(tabs, "  \"%s\" on %s/%s (%s):\t%s\n", metric->name, metric->object.kind,
		         metric->object.name, how, values);
		break;
	case METRIC_EXTERNAL:
		tabs_add(tabs, "  \"%s\" (%s):\t%s\n", metric->name, how, values);
		break;
	case METRIC_UNKNOWN:
		tabs_add(tabs, "  <unknown metric type \"%s\">\n",
		         metric->type_text ? metric->type_text : "");
		break;
	}
}

static void add_rules(struct tabs *tabs, const char *title, const struct scaling_rules *rules)
{
	static const char *const selections[] = {"Max", "Min", "Disabled"};

	tabs_add(tabs, "  %s:\n", title);
	if (rules->stabilization_window_seconds >= 0) {
		tabs_add(tabs, "    Stabilization Window: %d seconds\n",
		         rules->stabilization_window_seconds);
	}
	if (rules->n_policies == 0) {
		return;
	}
	tabs_add(tabs, "    Select Policy: %s\n    Policies:\n", selections[rules->select]);
	for (size_t i = 0; i < rules->n_policies; i++) {
		tabs_add(tabs, "      - Type: %s\tValue: %d\tPeriod: %d seconds\n",
		         rules->policies[i].percent ? "Percent" : "Pods", rules->policies[i].value,
		         rules->policies[i].period_seconds);
	}
}

void describe_hpa(const struct view *view, const struct object *object, struct tabs *tabs)
{
	const struct hpa *hpa = HPA(object);
	g_autofree char *created = view_time(view, object->meta.creation_time);

	tabs_add(tabs, "Name:\t%s\nNamespace:\t%s\n", object->meta.name, object->meta.namespace);
	describe_labels(tabs, "Labels", object->meta.labels);
	describe_annotations(tabs, "Annotations", object->meta.annotations);
	tabs_add(tabs, "CreationTimestamp:\t%s\n", created);
	tabs_add(tabs, "Reference:\t%s/%s\n", hpa->target.kind, hpa->target.name);
	tabs_add(tabs, "Metrics:\t( current / target )\n");
	for (size_t i = 0; i < hpa->n_metrics; i++) {
		add_metric(tabs, hpa, i);
	}
	tabs_add(tabs, "Min replicas:\t%d\nMax replicas:\t%d\n",
	         hpa->has_min_replicas ? hpa->min_replicas : 1, hpa->max_replicas);
	if (hpa->has_behavior) {
		tabs_add(tabs, "Behavior:\n");
		add_rules(tabs, "Scale Up", &hpa->scale_up);
		add_rules(tabs, "Scale Down", &hpa->scale_down);
	}
	tabs_add(tabs, "%s pods:\t%d current / %d desired\n", hpa->target.kind,
	         hpa->status.current_replicas, hpa->status.desired_replicas);
	if (hpa->status.conditions.n) {
		tabs_add(tabs, "Conditions:\n  Type\tStatus\tReason\tMessage\n");
		tabs_add(tabs, "  ----\t------\t------\t-------\n");
	}
	for (size_t i = 0; i < hpa->status.conditions.n; i++) {
		const struct condition *condition = &hpa->status.conditions.items[i];

		tabs_add(tabs, "  %s\t%s\t%s\t%s\n", condition->type,
		         condition_status_name(condition->status),
		         condition->reason ? condition->reason : "",
		         condition->message ? condition->message : "");
	}
}
