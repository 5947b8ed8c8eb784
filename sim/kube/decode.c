#include "kube/decode.h"

#include "kube/defaults.h"
#include "kube/fields.h"
#include "kube/names.h"

#include <string.h>

/* --- which kind it is --- */

static const struct kind_entry {
	const char *api_version, *kind;
	enum object_kind object_kind;
	const struct field *fields;
	void (*decode)(struct decoder *decoder, const struct place *at, struct object *object);
	bool cluster_wide;
} kinds[] = {
    {"v1", "Pod", KIND_POD, fields_pod, decode_pod_object},
    {"apps/v1", "Deployment", KIND_DEPLOYMENT, fields_deployment, decode_deployment},
    {"apps/v1", "ReplicaSet", KIND_REPLICA_SET, fields_replica_set, decode_replica_set},
    {"v1", "Service", KIND_SERVICE, fields_service, decode_service},
    {"autoscaling/v2", "HorizontalPodAutoscaler", KIND_HPA, fields_hpa, decode_hpa},
    {"autoscaling/v1", "HorizontalPodAutoscaler", KIND_HPA, fields_hpa_v1, decode_hpa},
    {"policy/v1", "PodDisruptionBudget", KIND_PDB, fields_pdb, decode_pdb},
    {"v1", "Node", KIND_NODE, fields_node, decode_node, true},
};

/* Kinds of the groups that Kubernetes itself brings: any other kind in these groups is a slip of
 * the pen. */
static const struct {
	const char *group;
	const char *const *kinds;
} builtin[] = {
    {"", (const char *const[]){"Pod", "Service", "Node", "ConfigMap", "Secret", "Namespace",
                               "ServiceAccount", "PersistentVolume", "PersistentVolumeClaim",
                               "Endpoints", "Event", "LimitRange", "ResourceQuota", "PodTemplate",
                               "ReplicationController", "Binding", "ComponentStatus", NULL}},
    {"apps", (const char *const[]){"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet",
                                   "ControllerRevision", NULL}},
    {"autoscaling", (const char *const[]){"HorizontalPodAutoscaler", "Scale", NULL}},
    {"batch", (const char *const[]){"Job", "CronJob", NULL}},
    {"policy", (const char *const[]){"PodDisruptionBudget", "Eviction", NULL}},
    {"networking.k8s.io", (const char *const[]){"Ingress", "IngressClass", "NetworkPolicy",
                                                "IPAddress", "ServiceCIDR", NULL}},
    {"discovery.k8s.io", (const char *const[]){"EndpointSlice", NULL}},
};

/* Cluster-wide kinds among those that podsim only keeps. */
static const char *const cluster_wide[] = {
    "Namespace",
    "PersistentVolume",
    "ClusterRole",
    "ClusterRoleBinding",
    "StorageClass",
    "CustomResourceDefinition",
    "PriorityClass",
    "RuntimeClass",
    "IngressClass",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "APIService",
    "CSIDriver",
    NULL,
};

static void check_builtin_kind(struct decoder *decoder, const struct place *at, const char *version,
                               const char *kind)
{
	const struct place kind_place = place_field(at, "kind");
	const char *slash = strchr(version, '/');
	g_autofree char *group = g_strndup(version, slash == NULL ? 0 : (gsize)(slash - version));

	for (size_t i = 0; i < G_N_ELEMENTS(builtin); i++) {
		if (strcmp(builtin[i].group, group) != 0 ||
		    g_strv_contains(builtin[i].kinds, kind)) {
			continue;
		}
		const char *nearest = doc_nearest(kind, builtin[i].kinds);
		g_autofree char *all = g_strjoinv(", ", (char **)builtin[i].kinds);

		if (nearest != NULL) {
			fault(decoder, &kind_place,
			      "there is no kind \"%s\" in %s; did you mean \"%s\"?", kind, version,
			      nearest);
		} else {
			fault(decoder, &kind_place,
			      "there is no kind \"%s\" in %s; expected one of %s", kind, version,
			      all);
		}
	}
}

/* The entry of the object; NULL for kinds without effect, and after a fault. */
static const struct kind_entry *find_kind(struct decoder *decoder, const struct place *at)
{
	const struct place version_place = place_field(at, "apiVersion");
	const struct place kind_place = place_field(at, "kind");
	const bool has_version =
	    fault_unless_given(decoder, &version_place, "an API version such as apps/v1");
	const bool has_kind = fault_unless_given(decoder, &kind_place, "a kind such as Deployment");
	const char *version = doc_string(version_place.doc), *kind = doc_string(kind_place.doc);
	const struct kind_entry *same_kind = NULL;

	if (!has_version || !has_kind || version == NULL || kind == NULL) {
		if (has_version && version == NULL) {
			fault(decoder, &version_place,
			      "is no string; expected an API version such as apps/v1");
		}
		if (has_kind && kind == NULL) {
			fault(decoder, &kind_place,
			      "is no string; expected a kind such as Deployment");
		}
		return NULL;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (strcmp(kinds[i].kind, kind) == 0) {
			if (strcmp(kinds[i].api_version, version) == 0) {
				return &kinds[i];
			}
			same_kind = same_kind == NULL ? &kinds[i] : same_kind;
		}
	}
	const char *slash = strchr(version, '/');
	const gsize group = slash == NULL ? 0 : (gsize)(slash - version);
	const char *const domain = slash == NULL ? NULL : memchr(version, '.', group);

	/* A group of somebody else (with a dot in it) may have a Service of its own; Kubernetes'
	 * old groups may not. */
	if (same_kind != NULL && domain == NULL) {
		fault(decoder, &version_place, "\"%s\" is not served for %s; expected %s%s",
		      version, kind, same_kind->api_version,
		      same_kind->object_kind == KIND_HPA ? " or autoscaling/v1" : "");
		return NULL;
	}
	check_builtin_kind(decoder, at, version, kind);
	return NULL;
}

/* --- metadata --- */

static void decode_owner(const struct place *metadata, struct object_meta *meta)
{
	const struct place owners = place_field(metadata, "ownerReferences");

	for (size_t i = 0; i < doc_length(owners.doc); i++) {
		const struct place owner = place_item(&owners, i);
		const char *kind = field_text(&owner, "kind");

		if (!field_bool(&owner, "controller", false) || kind == NULL) {
			continue;
		}
		for (int k = 0; k < KIND_OTHER; k++) {
			if (strcmp(object_kind_name((enum object_kind)k), kind) == 0) {
				meta->owner.kind = (enum object_kind)k;
				ref_string_set(&meta->owner.name, field_text(&owner, "name"));
				ref_string_set(&meta->owner.uid, field_text(&owner, "uid"));
				return;
			}
		}
	}
}

static void decode_metadata(struct decoder *decoder, const struct place *at, const char *namespace,
                            bool cluster, struct object *object)
{
	const struct place metadata = place_field(at, "metadata");
	const struct place name = place_field(&metadata, "name");
	const struct place namespace_place = place_field(&metadata, "namespace");
	const struct place labels = place_field(&metadata, "labels");
	const struct place annotations = place_field(&metadata, "annotations");
	struct object_meta *meta = &object->meta;

	if (fault_unless_given(decoder, &metadata, "a map with the object's name") &&
	    fault_unless_given(decoder, &name, "the object's name")) {
		if (object->kind == KIND_SERVICE) {
			check_letter_label(decoder, &name);
		} else if (object->kind == KIND_OTHER) {
			check_path_segment(decoder, &name); /* roles may be named "system:node" */
		} else {
			check_subdomain(decoder, &name);
		}
	}
	check_label(decoder, &namespace_place);
	check_labels(decoder, &labels);
	check_annotations(decoder, &annotations);
	meta->name = ref_string(doc_string(name.doc));
	meta->labels = field_string_map(&metadata, "labels");
	meta->annotations = field_string_map(&metadata, "annotations");
	decode_owner(&metadata, meta);
	if (!cluster) {
		const char *own = doc_string(namespace_place.doc);

		meta->namespace = ref_string(own != NULL && *own != '\0' ? own : namespace);
	}
}

/* What the API server keeps of what a user sends: no status, nothing that it writes itself. */
static void strip(struct object *object)
{
	static const char *const own[] = {"managedFields",
	                                  "selfLink",
	                                  "uid",
	                                  "resourceVersion",
	                                  "generation",
	                                  "creationTimestamp",
	                                  "deletionTimestamp",
	                                  "deletionGracePeriodSeconds"};
	struct doc *metadata = doc_get(object->source, "metadata");

	doc_remove(object->source, "status");
	for (size_t i = 0; i < G_N_ELEMENTS(own); i++) {
		doc_remove(metadata, own[i]);
	}
	if (object->meta.namespace != NULL && doc_kind_of(metadata) == DOC_MAP) {
		doc_set_string(metadata, "namespace", object->meta.namespace);
	}
}

/* --- the whole --- */

static void complete(struct object *object, const struct kind_entry *kind)
{
	struct doc *spec = doc_get(object->source, "spec");

	switch (object->kind) {
	case KIND_POD:
		default_pod_spec(spec);
		break;
	case KIND_DEPLOYMENT:
		default_deployment(spec);
		break;
	case KIND_REPLICA_SET:
		default_replica_set(spec);
		break;
	case KIND_SERVICE:
		default_service(spec);
		break;
	case KIND_HPA:
		HPA(object)->has_min_replicas = doc_get(spec, "minReplicas") != NULL;
		if (strcmp(kind->api_version, "autoscaling/v1") == 0 &&
		    doc_kind_of(spec) == DOC_MAP) {
			convert_hpa_v1(spec);
			doc_set_string(object->source, "apiVersion", "autoscaling/v2");
		}
		default_hpa(spec);
		break;
	default:
		break;
	}
}

static void decode(struct decoder *decoder, struct object *object, const struct kind_entry *kind,
                   const char *namespace)
{
	const struct place at = {.doc = object->source};
	const bool cluster =
	    kind != NULL
		? kind->cluster_wide
		: doc_string(doc_get(object->source, "kind")) != NULL &&
		      g_strv_contains(cluster_wide, doc_string(doc_get(object->source, "kind")));

	fields_check(decoder, object->source, &at, kind == NULL ? fields_custom : kind->fields);
	if (kind != NULL) {
		complete(object, kind);
	}
	decode_metadata(decoder, &at, namespace, cluster, object);
	if (kind != NULL) {
		kind->decode(decoder, &at, object);
	}
	strip(object);
}

struct object *object_decode(const struct doc *document, const char *namespace,
                             const struct release *release, GPtrArray *faults, GError **error)
{
	const struct place at = {.doc = document};
	struct decoder decoder;
	struct object *object = NULL;

	decoder_init(&decoder, release);
	if (doc_kind_of(document) != DOC_MAP) {
		fault(&decoder, &at,
		      "is %s; expected an object, a map with apiVersion, kind and metadata",
		      doc_kind_name(doc_kind_of(document)));
	} else {
		const struct kind_entry *kind = find_kind(&decoder, &at);

		if (decoder.faults->len == 0) {
			object = object_new(kind == NULL ? KIND_OTHER : kind->object_kind);
			object->source = doc_copy(document);
			decode(&decoder, object, kind, namespace);
		}
	}
	if (!decoder_finish(&decoder, faults, error)) {
		object_unref(object);
		object = NULL;
	}
	decoder_clear(&decoder);
	return object;
}

static void free_doc(void *doc)
{
	doc_free(doc);
}

GPtrArray *manifest_split(const GPtrArray *documents, GError **error)
{
	g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func(free_doc);

	for (guint i = 0; i < documents->len; i++) {
		const struct doc *document = documents->pdata[i];
		const char *kind = doc_string(doc_get(document, "kind"));
		const struct doc *items = doc_get(document, "items");

		if (kind == NULL || !g_str_has_suffix(kind, "List") || items == NULL) {
			g_ptr_array_add(objects, doc_copy(document));
			continue;
		}
		if (doc_kind_of(items) != DOC_LIST) {
			doc_error_at(error, items, "items: is %s; expected a list of objects",
			             doc_kind_name(doc_kind_of(items)));
			return NULL;
		}
		for (size_t j = 0; j < doc_length(items); j++) {
			struct doc *item = doc_copy(doc_at(items, j));

			g_ptr_array_add(objects, item);
			/* A DeploymentList's items may leave out what the list says. */
			if (doc_kind_of(item) == DOC_MAP && strcmp(kind, "List") != 0) {
				g_autofree char *single =
				    g_strndup(kind, strlen(kind) - strlen("List"));

				default_text(item, "apiVersion",
				             doc_string(doc_get(document, "apiVersion")));
				default_text(item, "kind", single);
			}
		}
	}
	return g_steal_pointer(&objects);
}
