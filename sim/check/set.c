/* set.c - objects at one instant, and what rules ask of them. */

#include "check/set.h"

#include "kube/codec.h"
#include "rules/endpoints.h"

#include <stdarg.h>
#include <string.h>

/* --- making --- */

static void workload_free(void *data)
{
	struct workload *workload = data;

	object_unref(workload->object);
	g_free(workload->label);
	g_free(workload);
}

static GPtrArray *objects_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)object_unref);
}

static struct node *node_of(const struct node_spec *spec)
{
	struct node *node = NODE(object_new(KIND_NODE));

	node->object.meta.name = ref_string(spec->name);
	node->object.meta.labels = spec->labels ? string_map_ref(spec->labels) : NULL;
	resource_list_copy(&node->allocatable, &spec->allocatable);
	resource_list_copy(&node->capacity, &spec->allocatable);
	resource_list_copy(&node->other_requests, &spec->other_requests);
	node->n_taints = spec->taints ? spec->taints->len : 0;
	node->taints = g_new0(struct taint, node->n_taints + 1);
	for (size_t i = 0; i < node->n_taints; i++) {
		const struct doc *taint = spec->taints->pdata[i];
		const char *effect = doc_text(doc_get(taint, "effect"));

		node->taints[i].key = g_strdup(doc_text(doc_get(taint, "key")));
		node->taints[i].value = g_strdup(doc_text(doc_get(taint, "value")));
		node->taints[i].effect = g_intern_string(effect ? effect : "NoSchedule");
	}
	return node;
}

static void add_scenario_nodes(struct check_set *set)
{
	for (size_t i = 0; set->scenario && i < set->scenario->n_nodes; i++) {
		g_ptr_array_add(set->nodes, node_of(&set->scenario->nodes[i]));
	}
}

void set_init(struct check_set *set, const struct scenario *scenario, struct check_result *result)
{
	*set = (struct check_set){.scenario = scenario, .result = result};
	if (scenario) {
		set->release = scenario->release;
		set->at = scenario->from;
	} else {
		release_init(&set->release, RELEASE_DEFAULT, NULL);
	}
	set->workloads = g_ptr_array_new_with_free_func(workload_free);
	set->services = objects_new();
	set->hpas = objects_new();
	set->pdbs = objects_new();
	set->nodes = objects_new();
	set->documents = g_ptr_array_new();
	set->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	add_scenario_nodes(set);
}

void set_empty(struct check_set *set)
{
	g_ptr_array_set_size(set->workloads, 0);
	g_ptr_array_set_size(set->services, 0);
	g_ptr_array_set_size(set->hpas, 0);
	g_ptr_array_set_size(set->pdbs, 0);
	g_ptr_array_set_size(set->documents, 0);
	set->has_operators = false;
}

void set_clear(struct check_set *set)
{
	g_ptr_array_unref(set->workloads);
	g_ptr_array_unref(set->services);
	g_ptr_array_unref(set->hpas);
	g_ptr_array_unref(set->pdbs);
	g_ptr_array_unref(set->nodes);
	g_ptr_array_unref(set->documents);
	g_hash_table_unref(set->seen);
}

struct doc_location place_of_field(const struct doc *root, ...)
{
	struct doc_location where = doc_where(root);
	va_list keys;

	va_start(keys, root);
	for (const char *key = va_arg(keys, const char *); key && root;
	     key = va_arg(keys, const char *)) {
		root = doc_get(root, key);
		if (doc_where(root).file) {
			where = doc_where(root);
		}
	}
	va_end(keys);
	return where;
}

/* --- workloads --- */

/* A StatefulSet's claims are volumes of its pods. */
static void add_claims(struct doc *template, const struct doc *claims)
{
	struct doc *spec = doc_get(template, "spec"), *volumes = doc_get(spec, "volumes");

	if (doc_kind_of(volumes) != DOC_LIST && doc_length(claims) > 0) {
		volumes = doc_new_list();
		doc_set(spec, "volumes", volumes);
	}
	for (size_t i = 0; i < doc_length(claims); i++) {
		struct doc *volume = doc_new_map();

		doc_set_string(volume, "name",
		               doc_text(doc_find(doc_at(claims, i), "metadata", "name", NULL)));
		doc_set(volume, "emptyDir", doc_new_map());
		doc_append(volumes, volume);
	}
}

/* A Deployment with the template of @document, which is of another kind. */
static struct doc *stand_in(const struct doc *document)
{
	const struct doc *spec = doc_get(document, "spec");
	struct doc *deployment = doc_new_map(), *own = doc_new_map();
	struct doc *template = doc_copy(doc_get(spec, "template"));
	struct doc *labels = doc_find(template, "metadata", "labels", NULL);
	struct doc *selector = doc_new_map();

	doc_set_string(deployment, "apiVersion", "apps/v1");
	doc_set_string(deployment, "kind", "Deployment");
	doc_set(deployment, "metadata", doc_copy(doc_get(document, "metadata")));
	if (doc_kind_of(doc_get(spec, "replicas")) == DOC_INT) {
		doc_set(own, "replicas", doc_copy(doc_get(spec, "replicas")));
	}
	doc_set(selector, "matchLabels", doc_copy(labels));
	doc_set(own, "selector", selector);
	add_claims(template, doc_get(spec, "volumeClaimTemplates"));
	doc_set(own, "template", template);
	doc_set(deployment, "spec", own);
	doc_set_where(deployment, doc_where(document));
	return deployment;
}

/* Kinds whose pods come and go by another rule than replicas. */
static const char *const runs_to_end[] = {"Job", "CronJob", "PodTemplate", NULL};
static const char *const kubernetes_own[] = {"StatefulSet", "DaemonSet", "ReplicationController",
                                             NULL};

static bool is_other_workload(const struct doc *document)
{
	const char *kind = doc_text(doc_get(document, "kind"));
	const struct doc *template = doc_find(document, "spec", "template", NULL);

	return kind && !g_strv_contains(runs_to_end, kind) && doc_get(document, "metadata") &&
	       doc_kind_of(doc_find(template, "spec", "containers", NULL)) == DOC_LIST &&
	       doc_length(doc_find(template, "metadata", "labels", NULL)) > 0;
}

static void add_workload(struct check_set *set, struct object *object, const struct doc *written)
{
	struct workload *workload = g_new0(struct workload, 1);
	const char *kind = doc_text(doc_get(written, "kind"));
	const struct doc *replicas = doc_find(written, "spec", "replicas", NULL);

	workload->object = object;
	workload->kind = g_intern_string(kind ? kind : object_kind_name(object->kind));
	g_autofree char *word = g_ascii_strdown(workload->kind, -1);

	workload->label = g_strdup_printf("%s/%s", word, object->meta.name);
	workload->name = object->meta.name;
	workload->namespace = object->meta.namespace ? object->meta.namespace : "default";
	workload->replicas = 1;
	workload->sized = !g_str_equal(workload->kind, "DaemonSet");
	if (object->kind == KIND_DEPLOYMENT) {
		bool real = g_str_equal(workload->kind, "Deployment");

		workload->deployment = real ? DEPLOYMENT(object) : NULL;
		workload->spec = DEPLOYMENT(object)->template.spec;
		workload->labels = DEPLOYMENT(object)->template.labels;
		workload->replicas = DEPLOYMENT(object)->replicas;
		workload->sized = real || g_strv_contains(kubernetes_own, workload->kind)
		                      ? workload->sized
		                      : false;
	} else if (object->kind == KIND_REPLICA_SET) {
		workload->spec = REPLICA_SET(object)->template.spec;
		workload->labels = REPLICA_SET(object)->template.labels;
		workload->replicas = REPLICA_SET(object)->replicas;
	} else {
		workload->spec = POD(object)->spec;
		workload->labels = object->meta.labels;
	}
	if (replicas && object->kind != KIND_POD) {
		workload->replicas_written = true;
		workload->replicas_where = doc_where(replicas);
	}
	g_ptr_array_add(set->workloads, workload);
}

/* Kinds of other API groups that make no pods. */
static bool is_harmless_kind(const struct doc *document)
{
	static const char *const groups[] = {"rbac.authorization.k8s.io",
	                                     "networking.k8s.io",
	                                     "storage.k8s.io",
	                                     "scheduling.k8s.io",
	                                     "apiextensions.k8s.io",
	                                     "admissionregistration.k8s.io",
	                                     "apiregistration.k8s.io",
	                                     "coordination.k8s.io",
	                                     "policy",
	                                     "node.k8s.io",
	                                     "certificates.k8s.io",
	                                     "autoscaling",
	                                     "gateway.networking.k8s.io",
	                                     NULL};
	const char *version = doc_text(doc_get(document, "apiVersion"));
	g_autofree char *group =
	    version && strchr(version, '/') ? g_strndup(version, strcspn(version, "/")) : NULL;

	return !group || g_strv_contains(groups, group);
}

static void add_other(struct check_set *set, const struct doc *live, const struct doc *written,
                      const char *namespace, GPtrArray *faults)
{
	const char *kind = doc_text(doc_get(live, "kind"));

	if (!is_other_workload(live)) {
		set->has_operators |= !is_harmless_kind(live);
		return;
	}
	g_autoptr(doc) document = stand_in(live);
	bool own = g_strv_contains(kubernetes_own, kind);
	g_autoptr(GPtrArray) ignored = g_ptr_array_new_with_free_func(g_free);
	struct object *object =
	    object_decode(document, namespace, &set->release, own ? faults : ignored, NULL);

	set->has_operators |= !own;
	if (object) {
		add_workload(set, object, written);
	}
}

void set_add(struct check_set *set, const struct doc *live, const struct doc *written,
             const char *namespace, GPtrArray *faults)
{
	struct object *object = object_decode(live, namespace, &set->release, faults, NULL);

	if (!object) {
		return;
	}
	g_ptr_array_add(set->documents, (void *)live);
	switch (object->kind) {
	case KIND_DEPLOYMENT:
	case KIND_REPLICA_SET:
	case KIND_POD:
		add_workload(set, object, written);
		return;
	case KIND_SERVICE:
		g_ptr_array_add(set->services, object);
		return;
	case KIND_HPA:
		g_ptr_array_add(set->hpas, object);
		return;
	case KIND_PDB:
		g_ptr_array_add(set->pdbs, object);
		return;
	case KIND_NODE:
		g_ptr_array_add(set->nodes, object);
		return;
	default:
		object_unref(object);
		add_other(set, live, written, namespace, faults);
	}
}

/* --- questions --- */

bool hpa_targets(const struct hpa *hpa, const struct workload *workload)
{
	return g_strcmp0(hpa->target.kind, workload->kind) == 0 &&
	       g_strcmp0(hpa->target.name, workload->name) == 0 &&
	       g_strcmp0(hpa->object.meta.namespace, workload->namespace) == 0;
}

const struct hpa *workload_hpa(const struct check_set *set, const struct workload *workload)
{
	for (unsigned i = 0; i < set->hpas->len; i++) {
		if (hpa_targets(set->hpas->pdata[i], workload)) {
			return set->hpas->pdata[i];
		}
	}
	return NULL;
}

void workload_range(const struct check_set *set, const struct workload *workload, int32_t *least,
                    int32_t *most)
{
	const struct hpa *hpa = workload_hpa(set, workload);

	/* At 0 replicas an HPA is switched off. */
	if (hpa && !(workload->replicas_written && workload->replicas == 0)) {
		*least = MAX(hpa->min_replicas, 1);
		*most = MAX(hpa->max_replicas, *least);
	} else {
		*least = *most = workload->replicas;
	}
}

const struct service *workload_service(const struct check_set *set, const struct workload *workload)
{
	for (unsigned i = 0; i < set->services->len; i++) {
		const struct service *service = set->services->pdata[i];

		if (service_has_endpoints(service) &&
		    service_selects(service, workload->namespace, workload->labels)) {
			return service;
		}
	}
	return NULL;
}

bool service_reaches(const struct service *service, const struct workload *workload,
                     const struct container *container)
{
	for (size_t i = 0; i < service->n_ports; i++) {
		const struct port_reference *port = &service->ports[i].target_port;
		int number = port->number;

		if (!number) {
			number = container_port_number(container, port);
		} else if (container->n_ports == 0) {
			return workload->spec->n_containers == 1;
		}
		for (size_t k = 0; number && k < container->n_ports; k++) {
			if (container->ports[k].number == number) {
				return true;
			}
		}
	}
	return false;
}

const struct application *container_application(const struct check_set *set,
                                                const struct workload *workload,
                                                const struct container *container)
{
	return set->scenario ? scenario_application(set->scenario, workload->namespace,
	                                            workload->deployment ? workload->name : NULL,
	                                            workload->labels, container)
	                     : NULL;
}

static bool declares(const struct container *container, int port)
{
	for (size_t i = 0; i < container->n_ports; i++) {
		if (container->ports[i].number == port &&
		    g_strcmp0(container->ports[i].protocol, "TCP") == 0) {
			return true;
		}
	}
	return false;
}

const struct container *container_at_port(const struct workload *workload,
                                          const struct container *own, int port)
{
	const struct pod_spec *spec = workload->spec;

	if (declares(own, port)) {
		return own;
	}
	for (size_t i = 0; i < spec->n_containers; i++) {
		if (declares(&spec->containers[i], port)) {
			return &spec->containers[i];
		}
	}
	for (size_t i = 0; i < spec->n_init_containers; i++) {
		if (spec->init_containers[i].always_restarts &&
		    declares(&spec->init_containers[i], port)) {
			return &spec->init_containers[i];
		}
	}
	return own->n_ports == 0 ? own : NULL;
}
