/* hpa_messages.c - the words of the HPA controller: names of metrics, faults, conditions. As
 * horizontal.go and replica_calculator.go have them, since people grep for them. */

#include "rules/hpa_private.h"

#include <string.h>

static void append_requirement(GString *text, const struct selector_requirement *requirement)
{
	static const char *const operators[] = {
	    [SELECTOR_IN] = "In",
	    [SELECTOR_NOT_IN] = "NotIn",
	    [SELECTOR_EXISTS] = "Exists",
	    [SELECTOR_DOES_NOT_EXIST] = "DoesNotExist",
	};
	g_autofree char *values =
	    requirement->values ? g_strjoinv(" ", requirement->values) : g_strdup("");

	g_string_append_printf(text, "LabelSelectorRequirement{Key:%s,Operator:%s,Values:[%s],},",
	                       requirement->key, operators[requirement->operator], values);
}

char *hpa_selector_to_go_string(const struct label_selector *selector)
{
	if (!selector) {
		return g_strdup("nil");
	}
	GString *text = g_string_new("&LabelSelector{MatchLabels:map[string]string{");

	for (size_t i = 0; i < string_map_size(selector->match_labels); i++) {
		g_string_append_printf(text, "%s: %s,",
		                       string_map_key_at(selector->match_labels, i),
		                       string_map_value_at(selector->match_labels, i));
	}
	g_string_append(text, "},MatchExpressions:[]LabelSelectorRequirement{");
	for (guint i = 0; selector->expressions && i < selector->expressions->len; i++) {
		append_requirement(text, g_ptr_array_index(selector->expressions, i));
	}
	g_string_append(text, "},}");
	return g_string_free(text, FALSE);
}

static bool targets_average(const struct metric_spec *spec)
{
	if (spec->type == METRIC_OBJECT) {
		return spec->target.type == TARGET_AVERAGE_VALUE;
	}
	return spec->target.has_average_value;
}

char *hpa_metric_name(const struct metric_spec *spec)
{
	const bool container = spec->type == METRIC_CONTAINER_RESOURCE;

	switch (spec->type) {
	case METRIC_RESOURCE:
	case METRIC_CONTAINER_RESOURCE:
		if (targets_average(spec)) {
			return g_strdup_printf("%s resource", spec->name);
		}
		return g_strdup_printf("%s %sresource utilization (percentage of request)",
		                       spec->name, container ? "container " : "");
	case METRIC_PODS:
		return g_strdup_printf("pods metric %s", spec->name);
	case METRIC_OBJECT:
		if (!targets_average(spec)) {
			return g_strdup_printf("%s metric %s", spec->object.kind, spec->name);
		}
		break;
	case METRIC_EXTERNAL:
		break;
	case METRIC_UNKNOWN:
		return g_strdup(spec->type_text);
	}
	g_autofree char *selector = hpa_selector_to_go_string(spec->selector);

	return g_strdup_printf("external metric %s(%s)", spec->name, selector);
}

const char *hpa_failure_reason(enum metric_type type)
{
	switch (type) {
	case METRIC_RESOURCE:
		return "FailedGetResourceMetric";
	case METRIC_CONTAINER_RESOURCE:
		return "FailedGetContainerResourceMetric";
	case METRIC_PODS:
		return "FailedGetPodsMetric";
	case METRIC_OBJECT:
		return "FailedGetObjectMetric";
	case METRIC_EXTERNAL:
		return "FailedGetExternalMetric";
	case METRIC_UNKNOWN:
		break;
	}
	return "InvalidMetricSourceType";
}

static void tell_resource(enum hpa_failure failure, bool fetching, const char *inner,
                          struct hpa_proposal *proposal)
{
	const struct metric_spec *spec = proposal->spec;
	const char *what = spec->target.has_average_value ? "usage" : "utilization";

	if (failure == HPA_FAILURE_INVALID_TARGET) {
		proposal->message = g_strdup(inner);
	} else if (fetching) {
		proposal->message = g_strdup_printf(
		    "failed to get %s %s: unable to get metrics for resource %s: %s", spec->name,
		    what, spec->name, inner);
	} else {
		proposal->message =
		    g_strdup_printf("failed to get %s %s: %s", spec->name, what, inner);
	}
	if (spec->type == METRIC_RESOURCE) {
		proposal->error = g_strdup_printf("failed to get %s resource metric value: %s",
		                                  spec->name, proposal->message);
	} else {
		proposal->error = g_strdup_printf("failed to get %s container metric value: %s",
		                                  spec->container, proposal->message);
	}
}

static void tell_pods(bool fetching, const char *inner, struct hpa_proposal *proposal)
{
	proposal->message =
	    fetching ? g_strdup_printf("unable to get metric %s: %s", proposal->spec->name, inner)
		     : g_strdup(inner);
	proposal->error = g_strdup_printf("failed to get pods metric value: %s", proposal->message);
}

static void tell_object(const struct hpa_input *input, bool fetching, const char *inner,
                        struct hpa_proposal *proposal)
{
	const struct metric_spec *spec = proposal->spec;
	const char *namespace = input->hpa->object.meta.namespace;

	if (!fetching) {
		proposal->message = g_strdup(inner);
	} else if (input->release->hpa_object_error_in_order) {
		proposal->message =
		    g_strdup_printf("unable to get metric %s: %s on %s %s/%s", spec->name, inner,
		                    spec->object.kind, namespace, spec->object.name);
	} else { /* the arguments stood in another order than the words */
		proposal->message =
		    g_strdup_printf("unable to get metric %s: %s on %s %s/%s", spec->name,
		                    spec->object.kind, namespace, spec->object.name, inner);
	}
	if (fetching && targets_average(spec)) {
		proposal->error = g_strdup_printf(
		    "failed to get object metric value: failed to get %s object metric: %s",
		    spec->name, proposal->message);
	} else {
		proposal->error =
		    g_strdup_printf("failed to get object metric value: %s", proposal->message);
	}
}

static void tell_external(const struct hpa_input *input, enum hpa_failure failure, bool fetching,
                          const char *inner, struct hpa_proposal *proposal)
{
	const struct metric_spec *spec = proposal->spec;
	g_autofree char *selector = hpa_selector_to_go_string(spec->selector);
	g_autofree char *outer = NULL;

	if (fetching) {
		proposal->message =
		    g_strdup_printf("unable to get external metric %s/%s/%s: %s",
		                    input->hpa->object.meta.namespace, spec->name, selector, inner);
	} else {
		proposal->message = g_strdup(inner);
	}
	if (failure == HPA_FAILURE_INVALID_TARGET) {
		outer = g_strdup("");
	} else if (targets_average(spec)) {
		outer = g_strdup_printf("failed to get %s external metric: ", spec->name);
	} else {
		outer = g_strdup_printf("failed to get external metric %s: ", spec->name);
	}
	proposal->error = g_strdup_printf("failed to get %s external metric value: %s%s",
	                                  spec->name, outer, proposal->message);
}

void hpa_tell_failure(const struct hpa_input *input, enum hpa_failure failure, bool fetching,
                      const char *inner, struct hpa_proposal *proposal)
{
	const struct metric_spec *spec = proposal->spec;

	proposal->failure = failure;
	proposal->path = HPA_PATH_FAILED;
	proposal->event_reason = hpa_failure_reason(spec->type);
	switch (spec->type) {
	case METRIC_RESOURCE:
	case METRIC_CONTAINER_RESOURCE:
		tell_resource(failure, fetching, inner, proposal);
		break;
	case METRIC_PODS:
		tell_pods(fetching, inner, proposal);
		break;
	case METRIC_OBJECT:
		tell_object(input, fetching, inner, proposal);
		break;
	case METRIC_EXTERNAL:
		tell_external(input, failure, fetching, inner, proposal);
		break;
	case METRIC_UNKNOWN:
		proposal->message = g_strdup(inner);
		proposal->error = g_strdup(inner);
		break;
	}
}

const char *hpa_condition_message(const char *reason)
{
	static const char *const messages[][2] = {
	    {"SucceededGetScale", "the HPA controller was able to get the target's current scale"},
	    {"ReadyForNewScale", "recommended size matches current size"},
	    {"ScaleDownStabilized",
	     "recent recommendations were higher than current one, applying the "
	     "highest recent recommendation"},
	    {"ScaleUpStabilized",
	     "recent recommendations were lower than current one, applying the "
	     "lowest recent recommendation"},
	    {"DesiredWithinRange", "the desired count is within the acceptable range"},
	    {"TooFewReplicas", "the desired replica count is less than the minimum replica count"},
	    {"TooManyReplicas", "the desired replica count is more than the maximum replica count"},
	    {"ScaleUpLimit",
	     "the desired replica count is increasing faster than the maximum scale "
	     "rate"},
	    {"ScaleDownLimit",
	     "the desired replica count is decreasing faster than the maximum scale "
	     "rate"},
	    {"ScalingDisabled",
	     "scaling is disabled since the replica count of the target is zero"},
	    {"ScaledToZero", "the HPA controller scaled the workload to zero"},
	    {"NotScaledToZero", "the HPA controller did not scale the workload to zero"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
		if (g_str_equal(messages[i][0], reason)) {
			return messages[i][1];
		}
	}
	g_assert_not_reached();
}
