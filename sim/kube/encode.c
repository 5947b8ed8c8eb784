#include "kube/encode.h"

#include "kube/quantity.h"

#include <string.h>

static const struct {
	const char *api_version;
	void (*encode)(const struct encoder *encoder, const struct object *object);
} kinds[KIND_COUNT] = {
    [KIND_POD] = {"v1", encode_pod},
    [KIND_NODE] = {"v1", encode_node},
    [KIND_DEPLOYMENT] = {"apps/v1", encode_deployment},
    [KIND_REPLICA_SET] = {"apps/v1", encode_replica_set},
    [KIND_SERVICE] = {"v1", encode_service},
    [KIND_ENDPOINT_SLICE] = {"discovery.k8s.io/v1", encode_endpoint_slice},
    [KIND_ENDPOINTS] = {"v1", encode_endpoints},
    [KIND_HPA] = {"autoscaling/v2", encode_hpa},
    [KIND_PDB] = {"policy/v1", encode_pdb},
    [KIND_EVENT] = {"v1", encode_event},
    [KIND_OTHER] = {"v1", NULL},
};

const char *encode_api_version(enum object_kind kind)
{
	return kinds[kind].api_version;
}

struct doc *put_map(struct doc *map, const char *key)
{
	return doc_set_map(map, key);
}

struct doc *put_list(struct doc *map, const char *key)
{
	return doc_set_list(map, key);
}

struct doc *add_map(struct doc *list)
{
	return doc_add_map(list);
}

void add_text(struct doc *list, const char *text)
{
	doc_add_string(list, text);
}

void put_int_unless_0(struct doc *map, const char *key, int64_t value)
{
	if (value != 0) {
		doc_set_int(map, key, value);
	}
}

void put_text_unless_empty(struct doc *map, const char *key, const char *text)
{
	if (text != NULL && *text != '\0') {
		doc_set_string(map, key, text);
	}
}

void put_time(const struct encoder *encoder, struct doc *map, const char *key, sim_time t)
{
	if (t != SIM_NEVER) {
		g_autofree char *text = timestamp_to_string(t, encoder->clock_zero);

		doc_set_string(map, key, text);
	}
}

void put_string_map(struct doc *map, const char *key, const struct string_map *labels)
{
	if (string_map_size(labels) == 0) {
		doc_remove(map, key);
		return;
	}
	struct doc *out = put_map(map, key);

	for (size_t i = 0; i < string_map_size(labels); i++) {
		doc_set_string(out, string_map_key_at(labels, i), string_map_value_at(labels, i));
	}
}

static void add_requirement(struct doc *list, const struct selector_requirement *requirement)
{
	static const char *const operators[] = {"In", "NotIn", "Exists", "DoesNotExist"};
	struct doc *out = add_map(list);

	doc_set_string(out, "key", requirement->key);
	doc_set_string(out, "operator", operators[requirement->operator]);
	if (requirement->values[0] != NULL) {
		struct doc *values = put_list(out, "values");

		for (size_t i = 0; requirement->values[i] != NULL; i++) {
			add_text(values, requirement->values[i]);
		}
	}
}

void put_selector(struct doc *map, const char *key, const struct label_selector *selector)
{
	if (selector == NULL) {
		return;
	}
	struct doc *out = put_map(map, key);

	put_string_map(out, "matchLabels", selector->match_labels);
	if (selector->expressions != NULL && selector->expressions->len > 0) {
		struct doc *list = put_list(out, "matchExpressions");

		for (guint i = 0; i < selector->expressions->len; i++) {
			add_requirement(list, selector->expressions->pdata[i]);
		}
	}
}

void put_quantity(struct doc *map, const char *key, const char *resource, int64_t milli)
{
	/* Bytes are counted in powers of 1024. */
	const bool bytes = strcmp(resource, "memory") == 0 ||
	                   strcmp(resource, "ephemeral-storage") == 0 ||
	                   g_str_has_prefix(resource, "hugepages-");
	g_autofree char *text =
	    quantity_to_string(milli, bytes ? QUANTITY_BINARY : QUANTITY_DECIMAL);

	doc_set_string(map, key, text);
}

void put_amounts(struct doc *map, const char *key, const struct resource_list *list)
{
	if (list->n == 0) {
		return;
	}
	struct doc *out = put_map(map, key);

	for (size_t i = 0; i < list->n; i++) {
		put_quantity(out, list->items[i].name, list->items[i].name, list->items[i].milli);
	}
}

void put_conditions(const struct encoder *encoder, struct doc *status,
                    const struct conditions *conditions, enum condition_form form)
{
	if (conditions->n == 0) {
		return;
	}
	struct doc *list = put_list(status, "conditions");

	for (size_t i = 0; i < conditions->n; i++) {
		const struct condition *condition = &conditions->items[i];
		struct doc *out = add_map(list);

		if (form == CONDITIONS_OF_POD) {
			doc_set_null(out, "lastProbeTime");
		} else if (form == CONDITIONS_OF_DEPLOYMENT) {
			put_time(encoder, out, "lastUpdateTime", condition->last_update_time);
		} else if (form == CONDITIONS_OF_NODE) {
			put_time(encoder, out, "lastHeartbeatTime", condition->last_update_time);
		}
		put_time(encoder, out, "lastTransitionTime", condition->last_transition_time);
		put_text_unless_empty(out, "message", condition->message);
		put_text_unless_empty(out, "reason", condition->reason);
		doc_set_string(out, "status", condition_status_name(condition->status));
		doc_set_string(out, "type", condition->type);
	}
}

struct doc *put_spec(const struct encoder *encoder, const struct object *object)
{
	const struct doc *source = doc_get(object->source, "spec");

	return source != NULL ? doc_set_copy(encoder->out, "spec", source)
	                      : put_map(encoder->out, "spec");
}

/* --- metadata --- */

static void put_owner(struct doc *metadata, const struct object_meta *meta)
{
	if (meta->owner.kind == KIND_COUNT) {
		return;
	}
	struct doc *owner = add_map(put_list(metadata, "ownerReferences"));

	doc_set_string(owner, "apiVersion", encode_api_version(meta->owner.kind));
	doc_set_bool(owner, "blockOwnerDeletion", true);
	doc_set_bool(owner, "controller", true);
	doc_set_string(owner, "kind", object_kind_name(meta->owner.kind));
	doc_set_string(owner, "name", meta->owner.name);
	doc_set_string(owner, "uid", meta->owner.uid);
}

/* Pods and EndpointSlices are named after their owner, with five letters behind it. */
static void put_generate_name(struct doc *metadata, const struct object *object)
{
	const struct object_meta *meta = &object->meta;

	if ((object->kind != KIND_POD && object->kind != KIND_ENDPOINT_SLICE) ||
	    meta->owner.name == NULL || meta->name == NULL) {
		return;
	}
	g_autofree char *prefix = g_strconcat(meta->owner.name, "-", NULL);

	if (g_str_has_prefix(meta->name, prefix)) {
		doc_set_string(metadata, "generateName", prefix);
	}
}

static void put_metadata(const struct encoder *encoder, const struct object *object)
{
	const struct object_meta *meta = &object->meta;
	const struct doc *source = doc_get(object->source, "metadata");
	struct doc *metadata = source != NULL ? doc_set_copy(encoder->out, "metadata", source)
	                                      : put_map(encoder->out, "metadata");

	doc_set_string(metadata, "name", meta->name);
	doc_set_string(metadata, "namespace", meta->namespace);
	doc_set_string(metadata, "uid", meta->uid);
	put_generate_name(metadata, object);
	put_string_map(metadata, "labels", meta->labels);
	put_string_map(metadata, "annotations", meta->annotations);
	doc_set_null(metadata, "creationTimestamp");
	put_time(encoder, metadata, "creationTimestamp", meta->creation_time);
	if (meta->deletion_time != SIM_NEVER) {
		put_time(encoder, metadata, "deletionTimestamp", meta->deletion_time);
		doc_set_int(metadata, "deletionGracePeriodSeconds", meta->deletion_grace_seconds);
	}
	put_int_unless_0(metadata, "generation", meta->generation);
	if (meta->resource_version != 0) {
		char version[24];

		g_snprintf(version, sizeof(version), "%" G_GUINT64_FORMAT, meta->resource_version);
		doc_set_string(metadata, "resourceVersion", version);
	}
	put_owner(metadata, meta);
}

static struct doc *encode(struct doc_pool *pool, const struct object *object, int64_t clock_zero,
                          bool around_spec)
{
	const struct encoder encoder = {
	    .clock_zero = clock_zero,
	    .around_spec = around_spec,
	    .out = object->kind == KIND_OTHER && object->source != NULL
	               ? doc_copy_in(pool, object->source)
	               : doc_new_map_in(pool),
	};

	if (object->kind != KIND_OTHER) {
		doc_set_string(encoder.out, "apiVersion", encode_api_version(object->kind));
		doc_set_string(encoder.out, "kind", object_kind_name(object->kind));
	}
	put_metadata(&encoder, object);
	if (kinds[object->kind].encode != NULL) {
		kinds[object->kind].encode(&encoder, object);
	}
	if (around_spec) {
		doc_set_null(encoder.out, "spec");
	}
	doc_sort_keys(encoder.out);
	return encoder.out;
}

struct doc *object_encode(const struct object *object, int64_t clock_zero)
{
	return encode(NULL, object, clock_zero, false);
}

struct doc *object_encode_in(struct doc_pool *pool, const struct object *object, int64_t clock_zero)
{
	return encode(pool, object, clock_zero, false);
}

struct doc *object_encode_around_spec(struct doc_pool *pool, const struct object *object,
                                      int64_t clock_zero)
{
	return encode(pool, object, clock_zero, true);
}
