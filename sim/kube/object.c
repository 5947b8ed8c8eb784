#include "kube/object_private.h"

#include "kube/autoscaling.h"
#include "kube/service.h"
#include "kube/workload.h"

#include <string.h>

static const struct {
	size_t size;
	void (*copy_parts)(struct object *object, const struct object *from);
	void (*clear_parts)(struct object *object);
} kinds[KIND_COUNT] = {
    [KIND_POD] = {sizeof(struct pod), pod_copy_parts, pod_clear_parts},
    [KIND_NODE] = {sizeof(struct node), node_copy_parts, node_clear_parts},
    [KIND_DEPLOYMENT] = {sizeof(struct deployment), deployment_copy_parts, deployment_clear_parts},
    [KIND_REPLICA_SET] = {sizeof(struct replica_set), replica_set_copy_parts,
                          replica_set_clear_parts},
    [KIND_SERVICE] = {sizeof(struct service), service_copy_parts, service_clear_parts},
    [KIND_ENDPOINT_SLICE] = {sizeof(struct endpoint_slice), endpoint_slice_copy_parts,
                             endpoint_slice_clear_parts},
    [KIND_ENDPOINTS] = {sizeof(struct endpoints), endpoints_copy_parts, endpoints_clear_parts},
    [KIND_HPA] = {sizeof(struct hpa), hpa_copy_parts, hpa_clear_parts},
    [KIND_PDB] = {sizeof(struct pod_disruption_budget), pdb_copy_parts, pdb_clear_parts},
    [KIND_EVENT] = {sizeof(struct event), event_copy_parts, event_clear_parts},
    [KIND_OTHER] = {sizeof(struct object), NULL, NULL},
};

char *object_key(const char *namespace, const char *name)
{
	const size_t before = namespace ? strlen(namespace) : 0, after = strlen(name);
	char *key = g_malloc(before + after + 2);

	if (before) {
		memcpy(key, namespace, before);
	}
	key[before] = '/';
	memcpy(key + before + 1, name, after + 1);
	return key;
}

GRefString *ref_string(const char *text)
{
	return text == NULL ? NULL : g_ref_string_new(text);
}

void ref_string_share(GRefString **slot, GRefString *text)
{
	GRefString *fresh = ref_string_ref(text);

	g_clear_pointer(slot, g_ref_string_release);
	*slot = fresh;
}

void ref_string_set(GRefString **slot, const char *text)
{
	GRefString *fresh = ref_string(text); /* first: @text may be the old one */

	g_clear_pointer(slot, g_ref_string_release);
	*slot = fresh;
}

struct object *object_new(enum object_kind kind)
{
	g_assert((unsigned)kind < KIND_COUNT);
	struct object *object = g_malloc0(kinds[kind].size);

	object->kind = kind;
	object->refs = 1;
	object->meta.creation_time = SIM_NEVER;
	object->meta.deletion_time = SIM_NEVER;
	object->meta.owner.kind = KIND_COUNT;
	if (kind == KIND_POD) {
		POD(object)->start_time = SIM_NEVER;
	} else if (kind == KIND_HPA) {
		HPA(object)->status.last_scale_time = SIM_NEVER;
	}
	return object;
}

struct object *object_ref(const struct object *object)
{
	/* Snapshots are const to their readers; the count is not part of what they read. */
	struct object *counted = (struct object *)object;

	g_atomic_int_inc(&counted->refs);
	return counted;
}

static void clear_meta(struct object_meta *meta)
{
	g_clear_pointer(&meta->name, g_ref_string_release);
	g_clear_pointer(&meta->namespace, g_ref_string_release);
	g_clear_pointer(&meta->uid, g_ref_string_release);
	g_clear_pointer(&meta->owner.name, g_ref_string_release);
	g_clear_pointer(&meta->owner.uid, g_ref_string_release);
	string_map_unref(meta->labels);
	string_map_unref(meta->annotations);
}

void object_unref(const struct object *object)
{
	struct object *counted = (struct object *)object;

	if (counted == NULL || !g_atomic_int_dec_and_test(&counted->refs)) {
		return;
	}
	if (kinds[counted->kind].clear_parts != NULL) {
		kinds[counted->kind].clear_parts(counted);
	}
	clear_meta(&counted->meta);
	doc_free(counted->source);
	g_free(counted);
}

struct object *object_revise(const struct object *object)
{
	struct object *copy = g_memdup2(object, kinds[object->kind].size);
	struct object_meta *meta = &copy->meta;

	copy->refs = 1;
	ref_string_ref(meta->name);
	ref_string_ref(meta->namespace);
	ref_string_ref(meta->uid);
	ref_string_ref(meta->owner.name);
	ref_string_ref(meta->owner.uid);
	string_map_ref(meta->labels);
	string_map_ref(meta->annotations);
	copy->source = doc_share(object->source);
	if (kinds[object->kind].copy_parts != NULL) {
		kinds[object->kind].copy_parts(copy, object);
	}
	return copy;
}

struct object *object_copy(const struct object *object)
{
	struct object *copy = object_revise(object);

	if (copy->source != NULL) {
		doc_free(copy->source); /* gives the share back */
		copy->source = doc_copy(object->source);
	}
	return copy;
}
