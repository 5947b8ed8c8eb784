#include "kube/decode.h"
#include "kube/defaults.h"
#include "kube/fields.h"
#include "kube/names.h"
#include "kube/object_private.h"

#include <string.h>

static struct object_reference decode_reference(struct decoder *decoder, const struct place *at)
{
	const struct place kind = place_field(at, "kind");
	const struct place name = place_field(at, "name");

	if (fault_unless_given(decoder, &kind, "a kind such as Deployment")) {
		check_path_segment(decoder, &kind);
	}
	if (fault_unless_given(decoder, &name, "the object's name")) {
		check_path_segment(decoder, &name);
	}
	return (struct object_reference){.api_version = field_copy(at, "apiVersion"),
	                                 .kind = field_copy(at, "kind"),
	                                 .name = field_copy(at, "name")};
}

/* Source: pkg/apis/autoscaling/validation/validation.go, ValidateAPIVersion. */
static void check_target_version(struct decoder *decoder, const struct place *at,
                                 const struct object_reference *target)
{
	const struct place version = place_field(at, "apiVersion");
	const char *text = target->api_version == NULL ? "" : target->api_version;
	const char *slash = strchr(text, '/');

	if (slash != NULL && strchr(slash + 1, '/') != NULL) {
		fault(decoder, &version,
		      "\"%s\" is no API version; expected GROUP/VERSION, such as apps/v1", text);
	} else if (slash == NULL && target->kind != NULL &&
	           strcmp(target->kind, "ReplicationController") != 0) {
		fault(decoder, &version, "%s; expected GROUP/VERSION, such as apps/v1",
		      *text == '\0' ? "is missing" : "has no API group");
	}
}

/* --- metrics --- */

static void decode_positive(struct decoder *decoder, const struct place *at, const char *key,
                            bool *has, int64_t *milli)
{
	const struct place field = place_field(at, key);

	*has = field_quantity(at, key, milli);
	if (*has && *milli <= 0) {
		fault(decoder, &field, "%s is too small; expected more than 0",
		      doc_text(field.doc));
	}
}

static void decode_target(struct decoder *decoder, const struct place *at,
                          struct metric_target *target)
{
	static const char *const types[] = {"Utilization", "Value", "AverageValue", NULL};
	const struct place type = place_field(at, "type");
	const struct place utilization = place_field(at, "averageUtilization");
	int64_t percent;

	target->type = TARGET_UNSET;
	if (fault_unless_given(decoder, at, "a target")) {
		fault_unless_given(decoder, &type, "Utilization, Value or AverageValue");
	}
	const char *text = fault_unless_one_of(decoder, &type, types);

	for (size_t i = 0; text != NULL && types[i] != NULL; i++) {
		if (strcmp(types[i], text) == 0) {
			target->type = (enum target_type)i;
		}
	}
	target->has_utilization = doc_int(utilization.doc, &percent);
	if (target->has_utilization) {
		target->average_utilization = (int32_t)percent;
		if (percent < 1) {
			fault(decoder, &utilization,
			      "%" G_GINT64_FORMAT " is too small; expected at least 1",
			      (gint64)percent);
		}
	}
	decode_positive(decoder, at, "value", &target->has_value, &target->value);
	decode_positive(decoder, at, "averageValue", &target->has_average_value,
	                &target->average_value);
}

static void check_resource_target(struct decoder *decoder, const struct place *at,
                                  const struct metric_target *target)
{
	const struct place utilization = place_field(at, "averageUtilization");

	if (at->doc == NULL) {
		return;
	}
	if (!field_present(at, "averageUtilization") && !field_present(at, "averageValue")) {
		fault(decoder, at, "has no value; expected averageUtilization or averageValue");
	}
	if (target->has_utilization && target->has_average_value) {
		fault(decoder, &utilization,
		      "stands beside averageValue; expected only one of the two");
	}
}

static void check_value_target(struct decoder *decoder, const struct place *at, bool only_one,
                               const struct metric_target *target)
{
	const struct place value = place_field(at, "value");

	if (at->doc == NULL) {
		return;
	}
	if (!field_present(at, "value") && !field_present(at, "averageValue")) {
		fault(decoder, at, "has no value; expected value or averageValue");
	}
	if (only_one && target->has_value && target->has_average_value) {
		fault(decoder, &value, "stands beside averageValue; expected only one of the two");
	}
}

static void decode_metric_name(struct decoder *decoder, const struct place *at,
                               struct metric_spec *metric)
{
	const struct place identifier = place_field(at, "metric");
	const struct place name = place_field(&identifier, "name");
	const struct place selector = place_field(&identifier, "selector");

	if (fault_unless_given(decoder, &identifier, "the metric's name") &&
	    fault_unless_given(decoder, &name, "the metric's name")) {
		check_path_segment(decoder, &name);
	}
	metric->name = g_strdup(doc_string(name.doc));
	metric->selector = decode_selector(decoder, &selector);
}

static void check_resource_name(struct decoder *decoder, const struct place *name,
                                bool of_container)
{
	static const char *const standard[] = {"cpu", "memory", "ephemeral-storage", NULL};
	const char *text = doc_string(name->doc);

	if (!fault_unless_given(decoder, name, "the name of a resource such as cpu") ||
	    text == NULL || !of_container) {
		return;
	}
	if (!g_strv_contains(standard, text) && !g_str_has_prefix(text, "hugepages-") &&
	    !(strchr(text, '/') != NULL && is_qualified(text))) {
		fault(decoder, name,
		      "\"%s\" is no resource of containers; expected cpu, memory, "
		      "ephemeral-storage, hugepages-SIZE or DOMAIN/NAME",
		      text);
	}
}

static void decode_source(struct decoder *decoder, const struct place *at,
                          struct metric_spec *metric)
{
	const struct place target = place_field(at, "target");
	const struct place name = place_field(at, "name");
	const struct place container = place_field(at, "container");
	const struct place object = place_field(at, "describedObject");
	const struct place average = place_field(&target, "averageValue");

	decode_target(decoder, &target, &metric->target);
	switch (metric->type) {
	case METRIC_CONTAINER_RESOURCE:
		if (fault_unless_given(decoder, &container, "the container's name")) {
			check_label(decoder, &container);
		}
		metric->container = g_strdup(doc_string(container.doc));
		/* fall through */
	case METRIC_RESOURCE:
		check_resource_name(decoder, &name, metric->type == METRIC_CONTAINER_RESOURCE);
		metric->name = g_strdup(doc_string(name.doc));
		check_resource_target(decoder, &target, &metric->target);
		break;
	case METRIC_PODS:
		decode_metric_name(decoder, at, metric);
		if (target.doc != NULL) {
			fault_unless_given(decoder, &average, "a positive quantity");
		}
		break;
	case METRIC_OBJECT:
		decode_metric_name(decoder, at, metric);
		if (fault_unless_given(decoder, &object,
		                       "kind, name and apiVersion of an object")) {
			metric->object = decode_reference(decoder, &object);
		}
		check_value_target(decoder, &target, false, &metric->target);
		break;
	case METRIC_EXTERNAL:
		decode_metric_name(decoder, at, metric);
		check_value_target(decoder, &target, true, &metric->target);
		break;
	case METRIC_UNKNOWN:
		break;
	}
}

void decode_metric(struct decoder *decoder, const struct place *at, struct metric_spec *metric)
{
	static const char *const types[] = {"Resource", "ContainerResource", "Pods",
	                                    "Object",   "External",          NULL};
	static const char *const keys[] = {"resource", "containerResource", "pods", "object",
	                                   "external"};
	const struct place type = place_field(at, "type");

	metric->type = METRIC_UNKNOWN;
	metric->type_text = g_strdup(doc_string(type.doc));
	fault_unless_given(decoder, &type, "Resource, ContainerResource, Pods, Object or External");
	if (metric->type_text == NULL || *metric->type_text == '\0' ||
	    fault_unless_one_of(decoder, &type, types) == NULL) {
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const struct place source = place_field(at, keys[i]);
		const bool own = strcmp(types[i], metric->type_text) == 0;

		if (!own && source.doc != NULL) {
			fault(decoder, &source,
			      "is not allowed with type %s; expected only the part of "
			      "that type",
			      metric->type_text);
		}
		if (!own) {
			continue;
		}
		metric->type = (enum metric_type)i;
		if (fault_unless_given(decoder, &source, "the part that belongs to the type")) {
			decode_source(decoder, &source, metric);
		}
	}
}

/* --- behavior --- */

static void decode_policy(struct decoder *decoder, const struct place *at,
                          struct scaling_policy *policy)
{
	static const char *const types[] = {"Pods", "Percent", NULL};
	const struct place type = place_field(at, "type");
	const struct place value = place_field(at, "value");
	const struct place period = place_field(at, "periodSeconds");

	fault_unless_given(decoder, &type, "Pods or Percent");
	fault_unless_given(decoder, &value, "a whole number of 1 or more");
	fault_unless_given(decoder, &period, "1 to 1800");
	policy->percent = g_strcmp0(fault_unless_one_of(decoder, &type, types), "Percent") == 0;
	policy->value = (int32_t)field_int_within(decoder, at, "value", 1, 1, INT32_MAX);
	policy->period_seconds =
	    (int32_t)field_int_within(decoder, at, "periodSeconds", 15, 1, 1800);
}

static void decode_rules(struct decoder *decoder, const struct place *at,
                         struct scaling_rules *rules)
{
	static const char *const selections[] = {"Max", "Min", "Disabled", NULL};
	const struct place select = place_field(at, "selectPolicy");
	const struct place policies = place_field(at, "policies");
	const struct place tolerance = place_field(at, "tolerance");
	const char *selection = fault_unless_one_of(decoder, &select, selections);
	int64_t milli;

	rules->stabilization_window_seconds =
	    (int32_t)field_int_within(decoder, at, "stabilizationWindowSeconds", -1, 0, 3600);
	rules->select = g_strcmp0(selection, "Min") == 0        ? SELECT_MIN
	                : g_strcmp0(selection, "Disabled") == 0 ? SELECT_DISABLED
	                                                        : SELECT_MAX;
	rules->n_policies = doc_kind_of(policies.doc) == DOC_LIST ? doc_length(policies.doc) : 0;
	rules->policies = g_new0(struct scaling_policy, rules->n_policies);
	for (size_t i = 0; i < rules->n_policies; i++) {
		const struct place item = place_item(&policies, i);

		decode_policy(decoder, &item, &rules->policies[i]);
	}
	if (doc_kind_of(policies.doc) == DOC_LIST && rules->n_policies == 0) {
		fault(decoder, &policies,
		      "must not be empty; expected at least one policy, or none of the key");
	}
	rules->has_tolerance = field_quantity(at, "tolerance", &milli);
	rules->tolerance = rules->has_tolerance ? (double)milli / 1000 : 0;
	if (rules->has_tolerance && milli < 0) {
		fault(decoder, &tolerance, "%s is negative; expected 0 or more",
		      doc_text(tolerance.doc));
	}
}

/* --- the whole --- */

static bool has_metric_from_outside(const struct hpa *hpa)
{
	for (size_t i = 0; i < hpa->n_metrics; i++) {
		if (hpa->metrics[i].type == METRIC_OBJECT ||
		    hpa->metrics[i].type == METRIC_EXTERNAL) {
			return true;
		}
	}
	return false;
}

static void decode_bounds(struct decoder *decoder, const struct place *at, struct hpa *hpa)
{
	const bool to_zero = decoder->release != NULL && decoder->release->hpa_scale_to_zero;
	const struct place max = place_field(at, "maxReplicas");
	const struct place metrics = place_field(at, "metrics");

	hpa->min_replicas =
	    (int32_t)field_int_within(decoder, at, "minReplicas", 1, to_zero ? 0 : 1, INT32_MAX);
	fault_unless_given(decoder, &max, "a whole number of 1 or more");
	hpa->max_replicas = (int32_t)field_int_within(decoder, at, "maxReplicas", 0, 1, INT32_MAX);
	if (hpa->max_replicas >= 1 && hpa->max_replicas < hpa->min_replicas) {
		fault(decoder, &max, "%d is less than minReplicas; expected at least %d",
		      hpa->max_replicas, hpa->min_replicas);
	}
	if (hpa->min_replicas == 0 && to_zero && !has_metric_from_outside(hpa)) {
		fault(decoder, &metrics,
		      "has no Object or External metric; expected at least one of "
		      "them when minReplicas is 0");
	}
}

void decode_hpa_spec(struct decoder *decoder, const struct place *at, struct hpa *hpa)
{
	const struct place target = place_field(at, "scaleTargetRef");
	const struct place metrics = place_field(at, "metrics");
	const struct place behavior = place_field(at, "behavior");
	const struct place up = place_field(&behavior, "scaleUp");
	const struct place down = place_field(&behavior, "scaleDown");

	hpa->n_metrics = doc_kind_of(metrics.doc) == DOC_LIST ? doc_length(metrics.doc) : 0;
	hpa->metrics = g_new0(struct metric_spec, hpa->n_metrics);
	for (size_t i = 0; i < hpa->n_metrics; i++) {
		const struct place item = place_item(&metrics, i);

		decode_metric(decoder, &item, &hpa->metrics[i]);
	}
	if (fault_unless_given(decoder, &target, "kind, name and apiVersion of what to scale")) {
		hpa->target = decode_reference(decoder, &target);
		check_target_version(decoder, &target, &hpa->target);
	}
	decode_bounds(decoder, at, hpa);
	hpa->has_behavior = doc_kind_of(behavior.doc) == DOC_MAP;
	hpa->scale_up.stabilization_window_seconds = -1;
	hpa->scale_down.stabilization_window_seconds = -1;
	if (hpa->has_behavior) {
		decode_rules(decoder, &up, &hpa->scale_up);
		decode_rules(decoder, &down, &hpa->scale_down);
	}
}

/* A gate that is off takes the field away, as the API server does when it stores the object. */
static void drop_tolerances(struct doc *spec)
{
	struct doc *up = doc_find(spec, "behavior", "scaleUp", NULL);
	struct doc *down = doc_find(spec, "behavior", "scaleDown", NULL);

	if (doc_kind_of(up) == DOC_MAP) {
		doc_remove(up, "tolerance");
	}
	if (doc_kind_of(down) == DOC_MAP) {
		doc_remove(down, "tolerance");
	}
}

void decode_hpa(struct decoder *decoder, const struct place *at, struct object *object)
{
	struct hpa *hpa = HPA(object);
	const struct place spec = place_field(at, "spec");

	if (spec.doc == NULL) {
		fault(decoder, &spec, "is missing; expected the spec of a HorizontalPodAutoscaler");
		return;
	}
	decode_hpa_spec(decoder, &spec, hpa);
	if (decoder->release != NULL && !decoder->release->hpa_configurable_tolerance) {
		drop_tolerances(doc_get(object->source, "spec"));
		hpa->scale_up.has_tolerance = hpa->scale_down.has_tolerance = false;
		hpa->scale_up.tolerance = hpa->scale_down.tolerance = 0;
	}
}

bool hpa_spec_decode(struct hpa *hpa, const struct doc *spec, GError **error)
{
	struct doc *copy = doc_copy(spec);
	struct decoder decoder;
	const struct place at = {.doc = copy};
	/* Whoever decodes a spec alone asks what the controller would do with it, also at zero. */
	const struct release release = {.hpa_scale_to_zero = true,
	                                .hpa_configurable_tolerance = true};

	hpa_clear_spec(hpa);
	decoder_init(&decoder, &release);
	fields_check(&decoder, copy, &at, fields_hpa_spec);
	hpa->has_min_replicas = doc_get(copy, "minReplicas") != NULL;
	default_hpa(copy);
	decode_hpa_spec(&decoder, &at, hpa);
	const bool good = decoder_finish(&decoder, NULL, error);

	decoder_clear(&decoder);
	doc_free(copy);
	return good;
}
