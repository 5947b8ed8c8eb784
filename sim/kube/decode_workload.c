#include "kube/decode.h"
#include "kube/names.h"

#include <stdlib.h>
#include <string.h>

/* A number of pods or a percentage of them ("25%"). */
static struct int_or_percent decode_int_or_percent(struct decoder *decoder, const struct place *at)
{
	const char *text = doc_string(at->doc);
	struct int_or_percent value = {0};
	int64_t number;

	if (doc_int(at->doc, &number)) {
		value.kind = VALUE_NUMBER;
		value.value = (int32_t)CLAMP(number, INT32_MIN, INT32_MAX);
		if (number < 0) {
			fault(decoder, at, "%" G_GINT64_FORMAT " is negative; expected 0 or more",
			      (gint64)number);
		}
	} else if (text != NULL) {
		const size_t n = strspn(text, "0123456789");

		if (n == 0 || n > 9 || strcmp(text + n, "%") != 0) {
			fault(decoder, at,
			      "\"%s\" is no number and no percentage; expected for example "
			      "1 or \"25%%\"",
			      text);
			return value;
		}
		value.kind = VALUE_PERCENT;
		value.value = (int32_t)strtol(text, NULL, 10);
	}
	return value;
}

static void check_at_most_all(struct decoder *decoder, const struct place *at,
                              const struct int_or_percent *value)
{
	if (value->kind == VALUE_PERCENT && value->value > 100) {
		fault(decoder, at, "\"%s\" is more than all pods; expected at most \"100%%\"",
		      doc_text(at->doc));
	}
}

static void check_selector(struct decoder *decoder, const struct place *selector,
                           const struct label_selector *decoded, const struct place *labels,
                           const struct string_map *template_labels)
{
	if (selector->doc == NULL) {
		fault(decoder, selector, "is missing; expected the labels of the template");
		return;
	}
	if (decoded == NULL) {
		return;
	}
	if (label_selector_is_empty(decoded)) {
		fault(decoder, selector, "must not be empty; expected the labels of the template");
		return;
	}
	if (!label_selector_matches(decoded, template_labels)) {
		g_autofree char *wanted = label_selector_to_string(decoded);

		fault(decoder, labels,
		      "do not match the selector; expected labels that meet \"%s\"", wanted);
	}
}

/* The selector and the template, which Deployments and ReplicaSets have in common. */
static struct label_selector *decode_template(struct decoder *decoder, const struct place *spec,
                                              struct pod_template *template)
{
	const struct place selector = place_field(spec, "selector");
	const struct place template_place = place_field(spec, "template");
	const struct place metadata = place_field(&template_place, "metadata");
	const struct place labels = place_field(&metadata, "labels");
	struct label_selector *decoded = decode_selector(decoder, &selector);

	if (template_place.doc == NULL) {
		fault(decoder, &template_place, "is missing; expected the template of the pods");
	}
	decode_pod_template(decoder, &template_place, template);
	check_selector(decoder, &selector, decoded, &labels, template->labels);
	return decoded;
}

static void decode_rolling_update(struct decoder *decoder, const struct place *strategy,
                                  struct deployment *deployment)
{
	const struct place update = place_field(strategy, "rollingUpdate");
	const struct place surge = place_field(&update, "maxSurge");
	const struct place unavailable = place_field(&update, "maxUnavailable");

	if (deployment->recreate) {
		if (update.doc != NULL) {
			fault(decoder, &update, "is not allowed with type Recreate; expected none");
		}
		return;
	}
	deployment->max_surge = decode_int_or_percent(decoder, &surge);
	deployment->max_unavailable = decode_int_or_percent(decoder, &unavailable);
	check_at_most_all(decoder, &unavailable, &deployment->max_unavailable);
	if (deployment->max_surge.kind != VALUE_UNSET && deployment->max_surge.value == 0 &&
	    deployment->max_unavailable.kind != VALUE_UNSET &&
	    deployment->max_unavailable.value == 0) {
		fault(decoder, &unavailable,
		      "must not be 0 when maxSurge is 0 too; expected more than 0 "
		      "for one of them, or no pod could be replaced");
	}
}

static void decode_strategy(struct decoder *decoder, const struct place *spec,
                            struct deployment *deployment)
{
	static const char *const types[] = {"RollingUpdate", "Recreate", NULL};
	const struct place strategy = place_field(spec, "strategy");
	const struct place type = place_field(&strategy, "type");

	deployment->recreate =
	    g_strcmp0(fault_unless_one_of(decoder, &type, types), "Recreate") == 0;
	decode_rolling_update(decoder, &strategy, deployment);
}

void decode_deployment(struct decoder *decoder, const struct place *at, struct object *object)
{
	struct deployment *deployment = DEPLOYMENT(object);
	const struct place spec = place_field(at, "spec");
	const struct place deadline = place_field(&spec, "progressDeadlineSeconds");

	if (spec.doc == NULL) {
		fault(decoder, &spec, "is missing; expected the spec of a Deployment");
		return;
	}
	deployment->replicas =
	    (int32_t)field_int_within(decoder, &spec, "replicas", 1, 0, INT32_MAX);
	deployment->min_ready_seconds =
	    (int32_t)field_int_within(decoder, &spec, "minReadySeconds", 0, 0, INT32_MAX);
	deployment->revision_history_limit =
	    (int32_t)field_int_within(decoder, &spec, "revisionHistoryLimit", 10, 0, INT32_MAX);
	deployment->progress_deadline_seconds =
	    (int32_t)field_int_within(decoder, &spec, "progressDeadlineSeconds", 600, 0, INT32_MAX);
	deployment->paused = field_bool(&spec, "paused", false);
	if (deployment->progress_deadline_seconds <= deployment->min_ready_seconds &&
	    deployment->progress_deadline_seconds >= 0) {
		fault(decoder, &deadline,
		      "%d is too small; expected more than minReadySeconds (%d)",
		      deployment->progress_deadline_seconds, deployment->min_ready_seconds);
	}
	decode_strategy(decoder, &spec, deployment);
	deployment->selector = decode_template(decoder, &spec, &deployment->template);
}

void decode_replica_set(struct decoder *decoder, const struct place *at, struct object *object)
{
	struct replica_set *replica_set = REPLICA_SET(object);
	const struct place spec = place_field(at, "spec");

	if (spec.doc == NULL) {
		fault(decoder, &spec, "is missing; expected the spec of a ReplicaSet");
		return;
	}
	replica_set->replicas =
	    (int32_t)field_int_within(decoder, &spec, "replicas", 1, 0, INT32_MAX);
	replica_set->min_ready_seconds =
	    (int32_t)field_int_within(decoder, &spec, "minReadySeconds", 0, 0, INT32_MAX);
	replica_set->selector = decode_template(decoder, &spec, &replica_set->template);
}

void decode_pdb(struct decoder *decoder, const struct place *at, struct object *object)
{
	static const char *const policies[] = {"IfHealthyBudget", "AlwaysAllow", NULL};
	struct pod_disruption_budget *budget = PDB(object);
	const struct place spec = place_field(at, "spec");
	const struct place selector = place_field(&spec, "selector");
	const struct place min_available = place_field(&spec, "minAvailable");
	const struct place max_unavailable = place_field(&spec, "maxUnavailable");
	const struct place policy = place_field(&spec, "unhealthyPodEvictionPolicy");

	budget->selector = decode_selector(decoder, &selector);
	budget->min_available = decode_int_or_percent(decoder, &min_available);
	budget->max_unavailable = decode_int_or_percent(decoder, &max_unavailable);
	check_at_most_all(decoder, &min_available, &budget->min_available);
	check_at_most_all(decoder, &max_unavailable, &budget->max_unavailable);
	fault_unless_one_of(decoder, &policy, policies);
	if (min_available.doc != NULL && max_unavailable.doc != NULL) {
		fault(decoder, &max_unavailable,
		      "stands beside minAvailable; expected only one of the two");
	}
}
