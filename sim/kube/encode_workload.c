#include "kube/encode.h"

#include "kube/workload.h"

static void put_template(struct doc *spec, const struct pod_template *template)
{
	struct doc *out = template->source != NULL
	                      ? doc_set_copy(spec, "template", template->source)
	                      : put_map(spec, "template");
	struct doc *metadata = doc_get(out, "metadata");

	if (metadata == NULL) {
		metadata = put_map(out, "metadata");
	}
	put_string_map(metadata, "labels", template->labels);
	put_string_map(metadata, "annotations", template->annotations);
}

static void put_int_or_percent(struct doc *map, const char *key, const struct int_or_percent *value)
{
	if (value->kind == VALUE_NUMBER) {
		doc_set_int(map, key, value->value);
	} else if (value->kind == VALUE_PERCENT) {
		g_autofree char *text = g_strdup_printf("%d%%", value->value);

		doc_set_string(map, key, text);
	}
}

static void put_strategy(struct doc *spec, const struct deployment *deployment)
{
	struct doc *strategy = put_map(spec, "strategy");

	doc_set_string(strategy, "type", deployment->recreate ? "Recreate" : "RollingUpdate");
	if (!deployment->recreate) {
		struct doc *update = put_map(strategy, "rollingUpdate");

		put_int_or_percent(update, "maxSurge", &deployment->max_surge);
		put_int_or_percent(update, "maxUnavailable", &deployment->max_unavailable);
	}
}

void encode_deployment(const struct encoder *encoder, const struct object *object)
{
	const struct deployment *deployment = DEPLOYMENT(object);
	struct doc *spec = put_spec(encoder, object);

	if (object->source == NULL) {
		put_selector(spec, "selector", deployment->selector);
		put_strategy(spec, deployment);
		put_int_unless_0(spec, "minReadySeconds", deployment->min_ready_seconds);
		doc_set_int(spec, "progressDeadlineSeconds", deployment->progress_deadline_seconds);
		doc_set_int(spec, "revisionHistoryLimit", deployment->revision_history_limit);
	}
	/* Autoscalers and `rollout pause` change the object, not the document it came from. */
	doc_set_int(spec, "replicas", deployment->replicas);
	put_template(spec, &deployment->template);
	doc_remove(spec, "paused");
	if (deployment->paused) {
		doc_set_bool(spec, "paused", true);
	}
	struct doc *status = put_map(encoder->out, "status");

	put_int_unless_0(status, "availableReplicas", deployment->status.available_replicas);
	put_int_unless_0(status, "collisionCount", deployment->status.collision_count);
	put_conditions(encoder, status, &deployment->status.conditions, CONDITIONS_OF_DEPLOYMENT);
	put_int_unless_0(status, "observedGeneration", deployment->status.observed_generation);
	put_int_unless_0(status, "readyReplicas", deployment->status.ready_replicas);
	put_int_unless_0(status, "replicas", deployment->status.replicas);
	put_int_unless_0(status, "unavailableReplicas", deployment->status.unavailable_replicas);
	put_int_unless_0(status, "updatedReplicas", deployment->status.updated_replicas);
}

void encode_replica_set(const struct encoder *encoder, const struct object *object)
{
	const struct replica_set *replica_set = REPLICA_SET(object);
	struct doc *spec = put_spec(encoder, object);

	if (object->source == NULL) {
		put_selector(spec, "selector", replica_set->selector);
		put_int_unless_0(spec, "minReadySeconds", replica_set->min_ready_seconds);
	}
	doc_set_int(spec, "replicas", replica_set->replicas);
	put_template(spec, &replica_set->template);
	struct doc *status = put_map(encoder->out, "status");

	put_int_unless_0(status, "availableReplicas", replica_set->status.available_replicas);
	put_conditions(encoder, status, &replica_set->status.conditions, CONDITIONS_PLAIN);
	put_int_unless_0(status, "fullyLabeledReplicas",
	                 replica_set->status.fully_labeled_replicas);
	put_int_unless_0(status, "observedGeneration", replica_set->status.observed_generation);
	put_int_unless_0(status, "readyReplicas", replica_set->status.ready_replicas);
	doc_set_int(status, "replicas", replica_set->status.replicas);
}

void encode_pdb(const struct encoder *encoder, const struct object *object)
{
	const struct pod_disruption_budget *budget = PDB(object);
	struct doc *spec = put_spec(encoder, object);

	if (object->source == NULL) {
		put_int_or_percent(spec, "minAvailable", &budget->min_available);
		put_int_or_percent(spec, "maxUnavailable", &budget->max_unavailable);
		put_selector(spec, "selector", budget->selector);
	}
}
