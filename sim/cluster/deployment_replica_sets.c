/* deployment_replica_sets.c - what the Deployment controller writes into ReplicaSets: revisions,
 * sizes, new ones, and the end of old ones. */

#include "cluster/deployment_sync.h"

#include "rules/names.h"
#include "rules/rollout_status.h"

#include <string.h>

#define REVISION "deployment.kubernetes.io/revision"
#define REVISION_HISTORY "deployment.kubernetes.io/revision-history"
#define DESIRED_REPLICAS "deployment.kubernetes.io/desired-replicas"
#define MAX_REPLICAS "deployment.kubernetes.io/max-replicas"

enum { LONGEST_HISTORY = 2000 /* characters */ };

/* --- annotations --- */

/* Sets an annotation; whether that changed anything. */
static bool annotate(struct object *object, const char *key, const char *value)
{
	if (g_strcmp0(string_map_get(object->meta.annotations, key), value) == 0) {
		return false;
	}
	struct string_map *map = string_map_with(object->meta.annotations, key, value);

	string_map_unref(object->meta.annotations);
	object->meta.annotations = map;
	return true;
}

static bool annotate_number(struct object *object, const char *key, int64_t value)
{
	g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);

	return annotate(object, key, text);
}

static int64_t revision_of(const struct object *object)
{
	const char *text = string_map_get(object->meta.annotations, REVISION);

	return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

static bool annotate_size(struct object *object, const struct deployment_sync *sync)
{
	struct rollout_deployment numbers = deployment_sync_numbers(sync);
	bool changed = annotate_number(object, DESIRED_REPLICAS, numbers.replicas);

	changed |=
	    annotate_number(object, MAX_REPLICAS, numbers.replicas + rollout_max_surge(&numbers));
	return changed;
}

/* Copies what people annotated the Deployment with. */
static bool copy_annotations(struct object *to, const struct object *from)
{
	static const char *const skipped[] = {
	    "kubectl.kubernetes.io/last-applied-configuration",
	    REVISION,
	    REVISION_HISTORY,
	    DESIRED_REPLICAS,
	    MAX_REPLICAS,
	    "deprecated.deployment.rollback.to",
	    NULL,
	};
	bool changed = false;

	for (size_t i = 0; i < string_map_size(from->meta.annotations); i++) {
		const char *key = string_map_key_at(from->meta.annotations, i);

		if (!g_strv_contains(skipped, key)) {
			changed |=
			    annotate(to, key, string_map_value_at(from->meta.annotations, i));
		}
	}
	return changed;
}

/* Appends @revision to the numbers that the ReplicaSet had before, the oldest of which go when the
 * list gets too long. */
static void remember_revision(struct object *object, int64_t revision)
{
	const char *before = string_map_get(object->meta.annotations, REVISION_HISTORY);
	g_autofree char *all = before && *before
	                           ? g_strdup_printf("%s,%" G_GINT64_FORMAT, before, revision)
	                           : g_strdup_printf("%" G_GINT64_FORMAT, revision);
	const char *kept = all;

	while (strlen(kept) > LONGEST_HISTORY && strchr(kept, ',')) {
		kept = strchr(kept, ',') + 1;
	}
	annotate(object, REVISION_HISTORY, kept);
}

static int64_t largest_old_revision(const struct deployment_sync *sync)
{
	int64_t largest = 0;

	for (unsigned i = 0; i < sync->replica_sets->len; i++) {
		if ((int)i != sync->sets.updated) {
			largest = MAX(largest, revision_of(&deployment_sync_set(sync, i)->object));
		}
	}
	return largest;
}

/* Gives the new ReplicaSet the annotations that it should have. */
static bool annotate_new(struct object *object, const struct deployment_sync *sync)
{
	int64_t now = revision_of(object), wanted = largest_old_revision(sync) + 1;
	bool has_revision = string_map_get(object->meta.annotations, REVISION) != NULL;
	bool changed = copy_annotations(object, &sync->deployment->object);

	if (now < wanted) {
		annotate_number(object, REVISION, wanted);
		if (has_revision) {
			remember_revision(object, now); /* it is rolled back to */
		}
		changed = true;
	}
	return changed;
}

/* --- writes --- */

/* Writes @copy, which becomes the ReplicaSet @index of the sync; takes the reference. */
static bool write_set(struct deployment_sync *sync, unsigned index, struct replica_set *copy,
                      bool spec_changed, GError **error)
{
	bool good = store_update(sync->environment->store, &copy->object, spec_changed, error);

	if (!good) {
		object_unref(&copy->object);
		return false;
	}
	object_unref(sync->replica_sets->pdata[index]);
	sync->replica_sets->pdata[index] = copy;
	return true;
}

bool deployment_sync_revision(struct deployment_sync *sync, bool *written, GError **error)
{
	unsigned index = (unsigned)sync->sets.updated;
	struct deployment *deployment = sync->deployment;
	struct replica_set *copy =
	    REPLICA_SET(object_revise(&deployment_sync_set(sync, index)->object));
	bool annotated = annotate_new(&copy->object, sync);
	bool seconds = copy->min_ready_seconds != deployment->min_ready_seconds;
	sim_time now = simulation_now(sync->environment->sim);

	*written = annotated || seconds;
	if (*written) {
		copy->min_ready_seconds = deployment->min_ready_seconds;
		return write_set(sync, index, copy, seconds, error);
	}
	bool changed = annotate_number(&deployment->object, REVISION, revision_of(&copy->object));

	if (deployment->progress_deadline_seconds != NO_LIMIT &&
	    !conditions_find(&deployment->status.conditions, "Progressing")) {
		g_autofree char *message =
		    g_strdup_printf("Found new replica set \"%s\"", copy->object.meta.name);

		rollout_set_condition(&deployment->status.conditions, "Progressing", CONDITION_TRUE,
		                      "FoundNewReplicaSet", message, now);
		changed = true;
	}
	object_unref(&copy->object);
	return !changed || deployment_sync_write(sync, error);
}

/* @map with the label pod-template-hash; the caller's. */
static struct string_map *with_hash(struct string_map *map, const char *hash)
{
	return string_map_with(map, "pod-template-hash", hash);
}

static struct replica_set *replica_set_of(const struct deployment_sync *sync, int32_t replicas)
{
	const struct deployment *deployment = sync->deployment;
	const struct object_meta *owner = &deployment->object.meta;
	const char *hash = sync->new_name + strlen(owner->name) + 1;
	struct replica_set *fresh = REPLICA_SET(object_new(KIND_REPLICA_SET));
	struct object_meta *meta = &fresh->object.meta;

	ref_string_set(&meta->name, sync->new_name);
	ref_string_share(&meta->namespace, owner->namespace);
	meta->labels = with_hash(deployment->template.labels, hash);
	meta->owner.kind = KIND_DEPLOYMENT;
	ref_string_share(&meta->owner.name, owner->name);
	ref_string_share(&meta->owner.uid, owner->uid);
	meta->ordinal = sync->replica_sets->len;
	fresh->replicas = replicas;
	fresh->min_ready_seconds = deployment->min_ready_seconds;
	fresh->selector = label_selector_copy(deployment->selector);

	struct string_map *match = with_hash(fresh->selector->match_labels, hash);

	string_map_unref(fresh->selector->match_labels);
	fresh->selector->match_labels = match;
	pod_template_copy(&fresh->template, &deployment->template);
	string_map_unref(fresh->template.labels);
	fresh->template.labels = string_map_ref(meta->labels);
	struct doc *metadata = doc_get(fresh->template.source, "metadata");

	if (metadata) {
		if (!doc_get(metadata, "labels")) {
			doc_set(metadata, "labels", doc_new_map());
		}
		doc_set_string(doc_get(metadata, "labels"), "pod-template-hash", hash);
	}
	annotate_new(&fresh->object, sync);
	annotate_size(&fresh->object, sync);
	return fresh;
}

static void append_set(struct deployment_sync *sync, struct replica_set *replica_set)
{
	g_ptr_array_add(sync->replica_sets, replica_set);
}

static void emit_scaling(const struct deployment_sync *sync, const struct rollout_scaling *scaling,
                         const char *name, bool created)
{
	g_autofree char *text = rollout_event_text(sync->environment->release->scaling_event_form,
	                                           scaling, name, created);

	event_recorder_emit(sync->recorder, &sync->deployment->object, NULL, false,
	                    "ScalingReplicaSet", "%s", text);
}

/* The name is taken: by this very ReplicaSet, which the controller has not seen yet, or by one of
 * another template; then the next sync tries another hash. */
static void avoid_collision(struct deployment_sync *sync)
{
	const struct object *there =
	    store_get(sync->environment->store, KIND_REPLICA_SET,
	              sync->deployment->object.meta.namespace, sync->new_name);

	if (there && g_strcmp0(there->meta.owner.uid, sync->deployment->object.meta.uid) == 0 &&
	    pod_template_equal(&REPLICA_SET(there)->template, &sync->deployment->template)) {
		return;
	}
	sync->deployment->status.collision_count++;
	deployment_sync_write(sync, NULL);
}

bool deployment_sync_create(struct deployment_sync *sync, int32_t replicas, GError **error)
{
	struct deployment *deployment = sync->deployment;
	struct replica_set *fresh = replica_set_of(sync, replicas);
	const struct rollout_scaling scaling = {0, 0, replicas, true};
	int64_t revision = revision_of(&fresh->object);
	g_autoptr(GError) fault = NULL;
	bool taken;

	if (!store_create(sync->environment->store, &fresh->object, &fault)) {
		taken = g_error_matches(fault, STORE_ERROR, STORE_ERROR_EXISTS);
		object_unref(&fresh->object);
		g_propagate_error(error, g_steal_pointer(&fault));
		if (taken) {
			avoid_collision(sync);
		}
		return false;
	}
	append_set(sync, fresh);
	if (replicas > 0) {
		emit_scaling(sync, &scaling, sync->new_name, true);
	}
	bool changed = annotate_number(&deployment->object, REVISION, revision);

	if (deployment->progress_deadline_seconds != NO_LIMIT) {
		g_autofree char *message =
		    g_strdup_printf("Created new replica set \"%s\"", sync->new_name);

		changed |= rollout_set_condition(&deployment->status.conditions, "Progressing",
		                                 CONDITION_TRUE, "NewReplicaSetCreated", message,
		                                 simulation_now(sync->environment->sim));
	}
	return !changed || deployment_sync_write(sync, error);
}

bool deployment_sync_scale(struct deployment_sync *sync, const struct rollout_scaling *scaling,
                           GError **error)
{
	struct replica_set *copy =
	    REPLICA_SET(object_revise(&deployment_sync_set(sync, scaling->set)->object));
	bool annotated = annotate_size(&copy->object, sync);
	bool resized = copy->replicas != scaling->to;

	if (!annotated && !resized) {
		object_unref(&copy->object);
		return true;
	}
	copy->replicas = scaling->to;
	if (!write_set(sync, scaling->set, copy, resized, error)) {
		return false;
	}
	if (resized) {
		emit_scaling(sync, scaling, copy->object.meta.name, false);
	}
	return true;
}

/* --- the end of old ones --- */

void deployment_sync_clean_up(struct deployment_sync *sync)
{
	unsigned n = 0;
	g_autofree struct rollout_revision *old =
	    g_new0(struct rollout_revision, sync->replica_sets->len);

	for (unsigned i = 0; i < sync->replica_sets->len; i++) {
		const struct replica_set *set = deployment_sync_set(sync, i);
		const struct object_meta *meta = &set->object.meta;

		if ((int)i != sync->sets.updated) {
			old[n++] = (struct rollout_revision){
			    .name = meta->name,
			    .revision = revision_of(&set->object),
			    .created = meta->creation_time,
			    .replicas = set->replicas,
			    .status_replicas = set->status.replicas,
			    .deleting = meta->deletion_time != SIM_NEVER,
			    .observed = set->status.observed_generation >= meta->generation,
			};
		}
	}
	g_autoptr(GArray) chosen =
	    rollout_revisions_to_delete(old, n, sync->deployment->revision_history_limit);

	for (unsigned i = 0; i < chosen->len; i++) {
		store_remove(sync->environment->store, KIND_REPLICA_SET,
		             sync->deployment->object.meta.namespace,
		             old[g_array_index(chosen, unsigned, i)].name, NULL);
	}
}
