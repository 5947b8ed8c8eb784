/* replica_set_pods.c - creating and deleting pods of a ReplicaSet. */

#include "cluster/replica_set_sync.h"

#include "cluster/sync_queue.h"
#include "rules/deletion_order.h"
#include "rules/names.h"
#include "rules/slow_start.h"

enum { NAME_ATTEMPTS = 8 /* as the API server's, for a generated name that is taken */ };

/* --- creation --- */

struct creation {
	const struct replica_set_sync *sync;
	GError *error; /* the first */
};

/* The key under which pods are numbered: the Deployment, else the ReplicaSet itself. */
static char *numbering_key(const struct replica_set *set)
{
	const struct owner_reference *owner = &set->object.meta.owner;
	bool owned = owner->kind != KIND_COUNT;

	return g_strdup_printf("%s/%s/%s", object_kind_name(owned ? owner->kind : KIND_REPLICA_SET),
	                       set->object.meta.namespace ? set->object.meta.namespace : "",
	                       owned ? owner->name : set->object.meta.name);
}

/* How many pods were created under the owner of @set before; counts one more. */
static uint32_t next_number(struct replica_set_actions *actions, const char *key)
{
	uint32_t number = GPOINTER_TO_UINT(g_hash_table_lookup(actions->created, key));

	g_hash_table_insert(actions->created, g_strdup(key), GUINT_TO_POINTER(number + 1));
	return number;
}

static void own(struct object_meta *meta, const struct replica_set *set)
{
	meta->owner.kind = KIND_REPLICA_SET;
	ref_string_share(&meta->owner.name, set->object.meta.name);
	ref_string_share(&meta->owner.uid, set->object.meta.uid);
}

static struct pod *new_pod(const struct replica_set *set)
{
	struct pod *pod = pod_new(&set->template);
	struct object_meta *meta = &pod->object.meta;

	ref_string_share(&meta->namespace, set->object.meta.namespace);
	if (pod->spec->node_name) {
		ref_string_set(&pod->node_name, pod->spec->node_name);
	}
	own(meta, set);
	return pod;
}

static bool create_pod(void *data)
{
	struct creation *creation = data;
	struct replica_set_actions *actions = creation->sync->actions;
	const struct replica_set *set = creation->sync->seen;
	struct store *store = actions->environment->store;
	g_autofree char *owner = numbering_key(set);
	uint32_t number = next_number(actions, owner);
	g_autoptr(GError) error = NULL;
	struct pod *pod = new_pod(set);
	bool good = false;

	/* Different owners draw differently; the same pod of the same owner always alike. */
	pod->object.meta.ordinal = name_hash(owner) << 32 | number;
	for (unsigned attempt = 0; !good && attempt < NAME_ATTEMPTS; attempt++) {
		g_autofree char *name =
		    name_generate(set->object.meta.name, &actions->names, number, attempt);

		ref_string_set(&pod->object.meta.name, name);
		g_clear_error(&error);
		good = store_create(store, &pod->object, &error);
		if (!good && !g_error_matches(error, STORE_ERROR, STORE_ERROR_EXISTS)) {
			break;
		}
	}
	if (good) {
		event_recorder_emit(actions->recorder, &set->object, NULL, false,
		                    "SuccessfulCreate", "Created pod: %s", pod->object.meta.name);
	} else {
		event_recorder_emit(actions->recorder, &set->object, NULL, true, "FailedCreate",
		                    "Error creating: %s", error->message);
		if (!creation->error) {
			creation->error = g_steal_pointer(&error);
		}
	}
	object_unref(&pod->object);
	return good;
}

static void create_pods(const struct replica_set_sync *sync, unsigned missing, char **message)
{
	struct expectations *expectations = sync->actions->expectations;
	sim_time now = simulation_now(sync->actions->environment->sim);
	struct creation creation = {.sync = sync};
	unsigned wanted = MIN(missing, REPLICA_SET_BURST);
	bool failed;

	expectations_expect_creations(expectations, sync->key, wanted, now);
	unsigned created = slow_start(missing, create_pod, &creation, NULL, &failed);

	for (unsigned i = created; i < wanted; i++) {
		expectations_see_creation(expectations, sync->key); /* it will not be seen */
	}
	if (creation.error) {
		*message = g_strdup(creation.error->message);
		g_error_free(creation.error);
	}
}

/* --- deletion --- */

/* By node, the active pods there of the same owner: name -> count. Pods that no node has share "".
 */
static GHashTable *ranks_of(const struct replica_set_sync *sync)
{
	GHashTable *ranks = g_hash_table_new(g_str_hash, g_str_equal);

	for (unsigned i = 0; i < sync->related->len; i++) {
		const char *name = POD(sync->related->pdata[i])->node_name;
		char *node = (char *)(name ? name : "");

		g_hash_table_insert(
		    ranks, node,
		    GINT_TO_POINTER(GPOINTER_TO_INT(g_hash_table_lookup(ranks, node)) + 1));
	}
	return ranks;
}

/* The first @count pods to go. When all go, no order is computed. */
static GArray *choose_pods(const struct replica_set_sync *sync, unsigned count)
{
	const struct cluster_environment *environment = sync->actions->environment;
	unsigned n = sync->pods->len;
	g_autoptr(GHashTable) ranks = NULL;
	g_autofree struct deletion_candidate *candidates = g_new(struct deletion_candidate, n);
	const struct deletion_rules rules = {
	    .logarithmic_age = environment->release->deletion_by_logarithmic_age,
	    .cost = environment->release->pod_deletion_cost,
	    .now = simulation_now(environment->sim),
	};
	GArray *chosen;

	if (count >= n) {
		chosen = g_array_new(FALSE, FALSE, sizeof(unsigned));
		for (unsigned i = 0; i < n; i++) {
			g_array_append_val(chosen, i);
		}
		return chosen;
	}
	ranks = ranks_of(sync);
	for (unsigned i = 0; i < n; i++) {
		const struct pod *pod = POD(sync->pods->pdata[i]);

		candidates[i] = deletion_candidate_of(pod);
		candidates[i].rank = GPOINTER_TO_INT(
		    g_hash_table_lookup(ranks, pod->node_name ? pod->node_name : ""));
	}
	chosen = deletion_order(candidates, n, &rules);
	g_array_set_size(chosen, count);
	return chosen;
}

static void delete_pods(const struct replica_set_sync *sync, unsigned excess, char **message)
{
	struct replica_set_actions *actions = sync->actions;
	sim_time now = simulation_now(actions->environment->sim);
	g_autoptr(GArray) chosen = choose_pods(sync, MIN(excess, REPLICA_SET_BURST));

	for (unsigned i = 0; i < chosen->len; i++) {
		const struct object *pod = sync->pods->pdata[g_array_index(chosen, unsigned, i)];
		const char *name = pod->meta.name;
		g_autofree char *key = sync_queue_key(pod->meta.namespace, name);
		g_autoptr(GError) error = NULL;

		expectations_expect_deletion(actions->expectations, sync->key, key, now);
		if (store_delete_pod(actions->environment->store, pod->meta.namespace, name, -1,
		                     &error)) {
			event_recorder_emit(actions->recorder, &sync->seen->object, NULL, false,
			                    "SuccessfulDelete", "Deleted pod: %s", name);
			continue;
		}
		expectations_see_deletion(actions->expectations, sync->key, key);
		if (g_error_matches(error, STORE_ERROR, STORE_ERROR_NOT_FOUND)) {
			continue; /* it is gone already */
		}
		event_recorder_emit(actions->recorder, &sync->seen->object, NULL, true,
		                    "FailedDelete", "Error deleting: %s", error->message);
		if (!*message) {
			*message = g_strdup(error->message);
		}
	}
}

void replica_set_manage(const struct replica_set_sync *sync, const char **failure, char **message)
{
	int64_t difference = (int64_t)sync->active - sync->seen->replicas;

	*failure = NULL;
	*message = NULL;
	if (difference < 0) {
		create_pods(sync, (unsigned)-difference, message);
		*failure = *message ? "FailedCreate" : NULL;
	} else if (difference > 0) {
		delete_pods(sync, (unsigned)difference, message);
		*failure = *message ? "FailedDelete" : NULL;
	}
}
