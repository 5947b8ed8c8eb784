/* deployment_sync.c - the picture that a sync works on. */

#include "cluster/deployment_sync.h"

#include "rules/names.h"

#include <string.h>

void deployment_sync_init(struct deployment_sync *sync,
                          const struct cluster_environment *environment,
                          struct event_recorder *recorder, const struct deployment *seen)
{
	sync->environment = environment;
	sync->recorder = recorder;
	sync->seen = DEPLOYMENT(object_ref(&seen->object));
	sync->deployment = DEPLOYMENT(object_revise(&seen->object));
	sync->replica_sets = g_ptr_array_new_with_free_func((GDestroyNotify)object_unref);
	rollout_sets_init(&sync->sets);
	sync->new_name = NULL;
}

void deployment_sync_clear(struct deployment_sync *sync)
{
	object_unref(&sync->seen->object);
	object_unref(&sync->deployment->object);
	g_ptr_array_unref(sync->replica_sets);
	rollout_sets_clear(&sync->sets);
	g_free(sync->new_name);
}

void deployment_sync_add(struct deployment_sync *sync, const struct replica_set *replica_set)
{
	g_ptr_array_add(sync->replica_sets, object_ref(&replica_set->object));
}

struct replica_set *deployment_sync_set(const struct deployment_sync *sync, unsigned index)
{
	return REPLICA_SET(sync->replica_sets->pdata[index]);
}

const struct replica_set *deployment_sync_updated(const struct deployment_sync *sync)
{
	return sync->sets.updated < 0 ? NULL
	                              : deployment_sync_set(sync, (unsigned)sync->sets.updated);
}

static int compare_age(const void *a, const void *b)
{
	const struct object *left = *(struct object *const *)a, *right = *(struct object *const *)b;

	if (left->meta.creation_time != right->meta.creation_time) {
		return left->meta.creation_time < right->meta.creation_time ? -1 : 1;
	}
	return strcmp(left->meta.name, right->meta.name);
}

/* A whole number in an annotation; NO_ANNOTATION when there is none. */
static int32_t number_in(const struct object *object, const char *annotation)
{
	const char *text = string_map_get(object->meta.annotations, annotation);
	gint64 number;

	return text && g_ascii_string_to_signed(text, 10, 0, INT32_MAX, &number, NULL)
	           ? (int32_t)number
	           : NO_ANNOTATION;
}

struct rollout_deployment deployment_sync_numbers(const struct deployment_sync *sync)
{
	const struct deployment *deployment = sync->deployment;

	return (struct rollout_deployment){
	    .replicas = deployment->replicas,
	    .recreate = deployment->recreate,
	    .paused = deployment->paused,
	    .max_surge = deployment->max_surge,
	    .max_unavailable = deployment->max_unavailable,
	    .status_replicas = deployment->status.replicas,
	};
}

void deployment_sync_ready(struct deployment_sync *sync)
{
	const struct deployment *deployment = sync->deployment;
	g_autofree char *hash =
	    name_template_hash(&deployment->template, deployment->status.collision_count);

	g_ptr_array_sort(sync->replica_sets, compare_age);
	for (unsigned i = 0; i < sync->replica_sets->len; i++) {
		const struct replica_set *replica_set = deployment_sync_set(sync, i);
		const struct object *object = &replica_set->object;
		const struct rollout_set set = {
		    .name = object->meta.name,
		    .created = object->meta.creation_time,
		    .replicas = replica_set->replicas,
		    .status_replicas = replica_set->status.replicas,
		    .available = replica_set->status.available_replicas,
		    .desired_annotation =
			number_in(object, "deployment.kubernetes.io/desired-replicas"),
		    .max_annotation = number_in(object, "deployment.kubernetes.io/max-replicas"),
		};

		g_array_append_val(sync->sets.items, set);
		/* The oldest of equal templates is the new one. */
		if (sync->sets.updated < 0 &&
		    pod_template_equal(&replica_set->template, &deployment->template)) {
			sync->sets.updated = (int)i;
		}
	}
	sync->new_name = g_strdup_printf("%s-%s", deployment->object.meta.name, hash);
}

bool deployment_sync_write(struct deployment_sync *sync, GError **error)
{
	if (!store_update(sync->environment->store, &sync->deployment->object, false, error)) {
		return false;
	}
	object_unref(&sync->seen->object);
	sync->seen = sync->deployment;
	sync->deployment = DEPLOYMENT(object_revise(&sync->seen->object));
	return true;
}
