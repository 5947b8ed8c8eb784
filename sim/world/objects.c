/* objects.c - kubectl's verbs on the API store. */

#include "world/objects.h"

#include "kube/codec.h"
#include "rules/pod_resize.h"

#include <string.h>

struct objects {
	struct store *store;
	const struct release *release;
	GHashTable *applied;  /* "Kind/namespace/name" -> struct doc *: as last applied */
	unsigned cluster_ips; /* given out so far */
	uint64_t nodes;       /* ordinals of objects that nobody owns */
};

struct objects *objects_new(struct store *store, const struct release *release)
{
	struct objects *objects = g_new0(struct objects, 1);

	objects->store = store;
	objects->release = release;
	objects->applied =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)doc_free);
	return objects;
}

void objects_free(struct objects *objects)
{
	if (objects) {
		g_hash_table_unref(objects->applied);
		g_free(objects);
	}
}

/* --- from the stored object to its document and back --- */

/* The document that the API server holds: the user's, with what controllers wrote into its spec
 * since. */
static struct doc *live_document(const struct object *object)
{
	struct doc *live = object->source ? doc_copy(object->source) : object_encode(object, 0);
	struct doc *spec = doc_get(live, "spec");

	doc_remove(live, "status");
	if (object->kind == KIND_DEPLOYMENT) {
		doc_set_int(spec, "replicas", DEPLOYMENT(object)->replicas);
	} else if (object->kind == KIND_REPLICA_SET) {
		doc_set_int(spec, "replicas", REPLICA_SET(object)->replicas);
	}
	return live;
}

/* Gives @fresh the status of @old, which no user may write. */
static void carry_status(struct object *fresh, const struct object *old)
{
	switch (fresh->kind) {
	case KIND_DEPLOYMENT:
		DEPLOYMENT(fresh)->status = DEPLOYMENT(old)->status;
		memset(&DEPLOYMENT(fresh)->status.conditions, 0, sizeof(struct conditions));
		conditions_copy(&DEPLOYMENT(fresh)->status.conditions,
		                &DEPLOYMENT(old)->status.conditions);
		break;
	case KIND_REPLICA_SET:
		REPLICA_SET(fresh)->status = REPLICA_SET(old)->status;
		memset(&REPLICA_SET(fresh)->status.conditions, 0, sizeof(struct conditions));
		conditions_copy(&REPLICA_SET(fresh)->status.conditions,
		                &REPLICA_SET(old)->status.conditions);
		break;
	case KIND_HPA:
		HPA(fresh)->status = HPA(old)->status;
		HPA(fresh)->status.metrics =
		    g_memdup2(HPA(old)->status.metrics,
		              HPA(old)->status.n_metrics * sizeof(struct metric_status));
		memset(&HPA(fresh)->status.conditions, 0, sizeof(struct conditions));
		conditions_copy(&HPA(fresh)->status.conditions, &HPA(old)->status.conditions);
		break;
	case KIND_POD:
		pod_carry_status(POD(fresh), POD(old));
		break;
	case KIND_SERVICE:
		g_free(SERVICE(fresh)->cluster_ip);
		SERVICE(fresh)->cluster_ip = g_strdup(SERVICE(old)->cluster_ip);
		break;
	default:
		break;
	}
}

/* Annotations that a controller wrote stay, those of the user are as @fresh has them. */
static void carry_annotations(struct object *fresh, const struct object *old)
{
	const struct doc *written = doc_find(old->source, "metadata", "annotations", NULL);
	const struct string_map *before = old->meta.annotations;

	for (size_t i = 0; i < string_map_size(before); i++) {
		const char *key = string_map_key_at(before, i);

		if (!doc_get(written, key) && !string_map_get(fresh->meta.annotations, key)) {
			struct string_map *more = string_map_with(fresh->meta.annotations, key,
			                                          string_map_value_at(before, i));

			string_map_unref(fresh->meta.annotations);
			fresh->meta.annotations = more;
		}
	}
}

/* How an object is written: by whom, and through what. */
struct way {
	bool resize;               /* the subresource of pods */
	struct doc_location where; /* of the action; file NULL: the document's own places will do */
};

/* Whether the API server accepts the pod @fresh, whose spec is @spec, in place of @old, whose spec
 * is @before. */
static bool accept_pod(const struct objects *objects, const struct object *old,
                       const struct doc *before, const struct object *fresh, const struct doc *spec,
                       const struct way *way, GError **error)
{
	const struct release *release = objects->release;
	g_autofree char *refusal = pod_update_refusal(POD(old)->spec, before, POD(fresh)->spec,
	                                              spec, release, way->resize);
	const bool other_way =
	    !way->resize && release->in_place_resize && release->resize_subresource;

	if (refusal) {
		doc_error_at_place(error, way->where.file ? way->where : doc_where(spec),
		                   "The Pod \"%s\" is invalid: %s%s", old->meta.name, refusal,
		                   other_way ? "; `subresource: resize` changes CPU and memory"
		                             : "");
	}
	return !refusal;
}

/* Puts @document in place of @old. Nothing is written when nothing changes. */
static bool put(struct objects *objects, const struct object *old, const struct doc *document,
                const struct way *way, GError **error)
{
	g_autoptr(doc) before = live_document(old);

	if (doc_equal(before, document)) {
		return true;
	}
	struct object *fresh =
	    object_decode(document, old->meta.namespace, objects->release, NULL, error);

	if (!fresh) {
		return false;
	}
	if (fresh->kind != old->kind || !g_str_equal(fresh->meta.name, old->meta.name)) {
		doc_error_at(error, document,
		             "the kind and the name of %s \"%s\" cannot be changed",
		             object_kind_name(old->kind), old->meta.name);
		object_unref(fresh);
		return false;
	}
	if (old->kind == KIND_POD && !accept_pod(objects, old, doc_get(before, "spec"), fresh,
	                                         doc_get(fresh->source, "spec"), way, error)) {
		object_unref(fresh);
		return false;
	}
	carry_status(fresh, old);
	carry_annotations(fresh, old);
	ref_string_set(&fresh->meta.uid, old->meta.uid);
	fresh->meta.creation_time = old->meta.creation_time;
	fresh->meta.deletion_time = old->meta.deletion_time;
	fresh->meta.resource_version = old->meta.resource_version;
	fresh->meta.generation = old->meta.generation;
	fresh->meta.ordinal = old->meta.ordinal;
	fresh->meta.owner.kind = old->meta.owner.kind;
	ref_string_set(&fresh->meta.owner.name, old->meta.owner.name);
	ref_string_set(&fresh->meta.owner.uid, old->meta.owner.uid);
	bool spec_changed = old->kind != KIND_POD &&
	                    !doc_equal(doc_get(before, "spec"), doc_get(fresh->source, "spec"));
	bool good = store_update(objects->store, fresh, spec_changed, error);

	object_unref(fresh);
	return good;
}

static bool replace(struct objects *objects, const struct object *old, const struct doc *document,
                    GError **error)
{
	const struct way plain = {0};

	return put(objects, old, document, &plain, error);
}

static const struct object *find(const struct objects *objects, enum object_kind kind,
                                 const char *namespace, const char *name, struct doc_location where,
                                 GError **error)
{
	const struct object *object = store_get(objects->store, kind, namespace, name);

	if (!object) {
		doc_error_at_place(error, where,
		                   "%s \"%s\" not found in namespace \"%s\" at that time",
		                   object_kind_name(kind), name, namespace ? namespace : "default");
	}
	return object;
}

/* --- the verbs --- */

static bool create(struct objects *objects, struct object *object, GError **error)
{
	if (object->kind == KIND_SERVICE && !SERVICE(object)->cluster_ip &&
	    !g_str_equal(SERVICE(object)->type, "ExternalName")) {
		unsigned n = ++objects->cluster_ips;

		SERVICE(object)->cluster_ip = g_strdup_printf("10.96.%u.%u", n / 250, n % 250 + 1);
	}
	object->meta.ordinal = objects->nodes++;
	return store_create(objects->store, object, error);
}

bool objects_apply(struct objects *objects, const struct doc *document, GError **error)
{
	struct object *wanted = object_decode(document, "default", objects->release, NULL, error);
	bool good;

	if (!wanted) {
		return false;
	}
	if (wanted->kind == KIND_OTHER) {
		/* nobody here reads it, and an Ingress may have the name of a ConfigMap */
		object_unref(wanted);
		return true;
	}
	g_autofree char *key = g_strdup_printf("%s/%s/%s", object_kind_name(wanted->kind),
	                                       wanted->meta.namespace ? wanted->meta.namespace : "",
	                                       wanted->meta.name);
	const struct object *old =
	    store_get(objects->store, wanted->kind, wanted->meta.namespace, wanted->meta.name);

	if (!old) {
		good = create(objects, wanted, error);
	} else {
		g_autoptr(doc) live = live_document(old);
		g_autoptr(doc) merged = patch_three_way(g_hash_table_lookup(objects->applied, key),
		                                        document, live, error);

		good = merged && replace(objects, old, merged, error);
	}
	if (good) {
		g_hash_table_insert(objects->applied, g_steal_pointer(&key), doc_copy(document));
	}
	object_unref(wanted);
	return good;
}

bool objects_patch(struct objects *objects, enum object_kind kind, const char *namespace,
                   const char *name, enum patch_type type, const struct doc *patch,
                   struct doc_location where, GError **error)
{
	const struct object *old = find(objects, kind, namespace, name, where, error);

	if (!old) {
		return false;
	}
	const struct way way = {.where = where};
	g_autoptr(doc) live = live_document(old);
	g_autoptr(doc) patched = patch_apply(type, live, patch, error);

	return patched && put(objects, old, patched, &way, error);
}

bool objects_resize(struct objects *objects, const char *namespace, const char *name,
                    enum patch_type type, const struct doc *patch, struct doc_location where,
                    GError **error)
{
	const struct object *old = find(objects, KIND_POD, namespace, name, where, error);

	if (!old) {
		return false;
	}
	if (!objects->release->in_place_resize || !objects->release->resize_subresource) {
		doc_error_at_place(error, where,
		                   "the server could not find the requested resource: pods have "
		                   "no subresource \"resize\" in Kubernetes 1.%d%s",
		                   objects->release->minor,
		                   objects->release->resize_subresource
		                       ? " without the feature gate InPlacePodVerticalScaling"
		                       : "");
		return false;
	}
	const struct way way = {.resize = true, .where = where};
	g_autoptr(doc) live = live_document(old);
	g_autoptr(doc) patched = patch_apply(type, live, patch, error);

	return patched && put(objects, old, patched, &way, error);
}

bool objects_scale(struct objects *objects, enum object_kind kind, const char *namespace,
                   const char *name, int32_t replicas, struct doc_location where, GError **error)
{
	const struct object *old = find(objects, kind, namespace, name, where, error);

	if (!old) {
		return false;
	}
	g_autoptr(doc) changed = live_document(old);

	doc_set_int(doc_get(changed, "spec"), "replicas", replicas);
	return replace(objects, old, changed, error);
}

bool objects_delete(struct objects *objects, enum object_kind kind, const char *namespace,
                    const char *name, struct doc_location where, GError **error)
{
	const struct object *old = find(objects, kind, namespace, name, where, error);

	if (!old) {
		return false;
	}
	if (kind == KIND_POD) {
		return store_delete_pod(objects->store, namespace, name, -1, error);
	}
	g_autofree char *key =
	    g_strdup_printf("%s/%s/%s", object_kind_name(kind), namespace ? namespace : "", name);

	g_hash_table_remove(objects->applied, key);
	return store_remove(objects->store, kind, namespace, name, error);
}

bool objects_rollout_restart(struct objects *objects, const char *namespace, const char *name,
                             int64_t clock_zero, struct doc_location where, GError **error)
{
	g_autofree char *now =
	    timestamp_to_string(simulation_now(store_simulation(objects->store)), clock_zero);
	g_autoptr(doc) patch = doc_new_map();
	struct doc *map = patch;
	static const char *const path[] = {"spec", "template", "metadata", "annotations"};

	for (size_t i = 0; i < G_N_ELEMENTS(path); i++) {
		doc_set(map, path[i], doc_new_map());
		map = doc_get(map, path[i]);
	}
	doc_set_string(map, "kubectl.kubernetes.io/restartedAt", now);
	return objects_patch(objects, KIND_DEPLOYMENT, namespace, name, PATCH_STRATEGIC, patch,
	                     where, error);
}

/* --- rollout undo --- */

struct revision_search {
	const struct object *deployment;
	int64_t newest, previous;
	const struct replica_set *found; /* of the previous revision */
};

static void look_at_revision(void *data, const struct object *object)
{
	struct revision_search *search = data;
	const char *text =
	    string_map_get(object->meta.annotations, "deployment.kubernetes.io/revision");
	int64_t revision = text ? g_ascii_strtoll(text, NULL, 10) : 0;

	if (!object->meta.owner.uid ||
	    !g_str_equal(object->meta.owner.uid, search->deployment->meta.uid)) {
		return;
	}
	if (revision < search->newest && revision > search->previous) {
		search->previous = revision;
		search->found = REPLICA_SET(object);
	}
}

bool objects_rollout_undo(struct objects *objects, const char *namespace, const char *name,
                          struct doc_location where, GError **error)
{
	const struct object *old = find(objects, KIND_DEPLOYMENT, namespace, name, where, error);

	if (!old) {
		return false;
	}
	const char *newest =
	    string_map_get(old->meta.annotations, "deployment.kubernetes.io/revision");
	struct revision_search search = {old, newest ? g_ascii_strtoll(newest, NULL, 10) : 0, 0,
	                                 NULL};

	store_each(objects->store, KIND_REPLICA_SET, look_at_revision, &search);
	if (!search.found) {
		doc_error_at_place(error, where, "no rollout history found for deployment \"%s\"",
		                   name);
		return false;
	}
	g_autoptr(doc) changed = live_document(old);
	struct doc *template = doc_copy(search.found->template.source);

	doc_remove(doc_find(template, "metadata", "labels", NULL), "pod-template-hash");
	doc_set(doc_get(changed, "spec"), "template", template);
	return replace(objects, old, changed, error);
}
