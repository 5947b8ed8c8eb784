#include "kube/decode.h"
#include "kube/defaults.h"
#include "kube/names.h"
#include "kube/pod_spec.h"

#include <string.h>

/* Names of containers are unique among all of a pod. */
static void check_unique_names(struct decoder *decoder, const struct place *spec)
{
	static const char *const keys[] = {"initContainers", "containers"};
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const struct place list = place_field(spec, keys[i]);

		for (size_t j = 0; j < doc_length(list.doc); j++) {
			const struct place item = place_item(&list, j);
			const struct place name = place_field(&item, "name");
			const char *text = doc_string(name.doc);

			if (text != NULL && !g_hash_table_add(seen, (void *)text)) {
				fault(decoder, &name,
				      "\"%s\" is given twice; expected a name of its own "
				      "for each container",
				      text);
			}
		}
	}
}

static void check_volumes(struct decoder *decoder, const struct place *at)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (size_t i = 0; doc_kind_of(at->doc) == DOC_LIST && i < doc_length(at->doc); i++) {
		const struct place item = place_item(at, i);
		const struct place name = place_field(&item, "name");
		const char *text = doc_string(name.doc);

		if (fault_unless_given(decoder, &name, "the volume's name")) {
			check_label(decoder, &name);
		}
		if (text != NULL && !g_hash_table_add(seen, (void *)text)) {
			fault(decoder, &name,
			      "\"%s\" is given twice; expected a name of its own for each "
			      "volume",
			      text);
		}
		if (doc_length(item.doc) > 2) {
			fault(decoder, &item,
			      "has more than one source; expected exactly one, such as "
			      "emptyDir or configMap");
		}
	}
}

static struct container *decode_containers(struct decoder *decoder, const struct place *at,
                                           enum container_use use, const struct place *spec,
                                           size_t *n)
{
	*n = doc_kind_of(at->doc) == DOC_LIST ? doc_length(at->doc) : 0;
	struct container *containers = g_new0(struct container, *n);

	for (size_t i = 0; i < *n; i++) {
		const struct place item = place_item(at, i);

		decode_container(decoder, &item, use, spec, &containers[i]);
	}
	return containers;
}

static enum restart_policy decode_restart_policy(struct decoder *decoder, const struct place *at)
{
	static const char *const policies[] = {"Always", "OnFailure", "Never", NULL};
	const struct place place = place_field(at, "restartPolicy");
	const char *policy = fault_unless_one_of(decoder, &place, policies);

	if (g_strcmp0(policy, "Never") == 0) {
		return RESTART_NEVER;
	}
	return g_strcmp0(policy, "OnFailure") == 0 ? RESTART_ON_FAILURE : RESTART_ALWAYS;
}

static void decode_gates(struct decoder *decoder, const struct place *at, struct pod_spec *spec)
{
	if (doc_kind_of(at->doc) != DOC_LIST) {
		return;
	}
	spec->readiness_gates = g_ptr_array_new_with_free_func(g_free);
	for (size_t i = 0; i < doc_length(at->doc); i++) {
		const struct place item = place_item(at, i);
		const struct place type = place_field(&item, "conditionType");

		if (fault_unless_given(decoder, &type, "the type of a condition") &&
		    doc_string(type.doc) != NULL) {
			check_qualified(decoder, &type, doc_string(type.doc));
			g_ptr_array_add(spec->readiness_gates, g_strdup(doc_string(type.doc)));
		}
	}
}

static void check_pod_spec(struct decoder *decoder, const struct place *at)
{
	static const char *const dns[] = {"ClusterFirst", "ClusterFirstWithHostNet", "Default",
	                                  "None", NULL};
	static const char *const preemption[] = {"PreemptLowerPriority", "Never", NULL};
	const struct place containers = place_field(at, "containers");
	const struct place dns_policy = place_field(at, "dnsPolicy");
	const struct place preemption_policy = place_field(at, "preemptionPolicy");
	const struct place hostname = place_field(at, "hostname");
	const struct place subdomain = place_field(at, "subdomain");
	const struct place volumes = place_field(at, "volumes");

	if (containers.doc == NULL) {
		fault(decoder, &containers, "is missing; expected at least one container");
	}
	check_unique_names(decoder, at);
	check_volumes(decoder, &volumes);
	fault_unless_one_of(decoder, &dns_policy, dns);
	fault_unless_one_of(decoder, &preemption_policy, preemption);
	check_label(decoder, &hostname);
	check_label(decoder, &subdomain);
	field_int_within(decoder, at, "terminationGracePeriodSeconds", 30, 0, INT64_MAX);
	field_int_within(decoder, at, "activeDeadlineSeconds", 1, 1, INT32_MAX - 1);
}

/* Pods leave a node that is lost after five minutes, unless they say otherwise. */
static void tolerate_lost_node(struct doc *spec, const char *key)
{
	struct doc *tolerations = default_list(spec, "tolerations");

	for (size_t i = 0; i < doc_length(tolerations); i++) {
		const struct doc *toleration = doc_at(tolerations, i);
		const char *effect = doc_string(doc_get(toleration, "effect"));
		const char *other = doc_string(doc_get(toleration, "key"));

		if ((effect == NULL || *effect == '\0' || strcmp(effect, "NoExecute") == 0) &&
		    (other == NULL || *other == '\0' || strcmp(other, key) == 0)) {
			return;
		}
	}
	struct doc *toleration = doc_new_map();

	default_text(toleration, "effect", "NoExecute");
	default_text(toleration, "key", key);
	default_text(toleration, "operator", "Exists");
	default_int(toleration, "tolerationSeconds", 300);
	doc_append(tolerations, toleration);
}

/* What the API server fills in for each pod, not for templates.
 * Source: plugin/pkg/admission: defaulttolerationseconds, priority, serviceaccount. */
static void complete_for_pod(struct doc *spec)
{
	if (doc_kind_of(spec) != DOC_MAP) {
		return;
	}
	default_pod(spec);
	default_text(spec, "preemptionPolicy", "PreemptLowerPriority");
	default_int(spec, "priority", 0);
	default_text(spec, "serviceAccount", "default");
	default_text(spec, "serviceAccountName", "default");
	if (doc_get(spec, "tolerations") == NULL ||
	    doc_kind_of(doc_get(spec, "tolerations")) == DOC_LIST) {
		tolerate_lost_node(spec, "node.kubernetes.io/not-ready");
		tolerate_lost_node(spec, "node.kubernetes.io/unreachable");
	}
}

struct pod_spec *decode_pod_spec(struct decoder *decoder, const struct place *at)
{
	struct pod_spec *spec = pod_spec_new();
	const struct place containers = place_field(at, "containers");
	const struct place init_containers = place_field(at, "initContainers");
	const struct place gates = place_field(at, "readinessGates");

	spec->source = doc_kind_of(at->doc) == DOC_MAP ? doc_copy(at->doc) : doc_new_map();
	complete_for_pod(spec->source);
	spec->containers =
	    decode_containers(decoder, &containers, CONTAINER_MAIN, at, &spec->n_containers);
	spec->init_containers = decode_containers(decoder, &init_containers, CONTAINER_INIT, at,
	                                          &spec->n_init_containers);
	spec->restart_policy = decode_restart_policy(decoder, at);
	spec->termination_grace_period_seconds = field_int(at, "terminationGracePeriodSeconds", 30);
	spec->hostname = field_copy(at, "hostname");
	spec->subdomain = field_copy(at, "subdomain");
	spec->node_name = field_copy(at, "nodeName");
	decode_placement(decoder, at, spec);
	decode_gates(decoder, &gates, spec);
	if (field_present(at, "resources")) {
		struct resource_list unused = {0}, limits = {0};
		const struct place own = {
		    .parent = at->parent, .doc = spec->source, .key = at->key};
		const struct place resources = place_field(&own, "resources");

		decode_resources(decoder, at, &unused, &limits);
		resource_list_clear(&unused);
		resource_list_clear(&limits);
		decode_amounts(decoder, &resources, "requests", &spec->pod_requests);
		decode_amounts(decoder, &resources, "limits", &spec->pod_limits);
		spec->has_pod_resources = true;
	}
	check_pod_spec(decoder, at);
	return spec;
}

void decode_pod_template(struct decoder *decoder, const struct place *at,
                         struct pod_template *template)
{
	const struct place metadata = place_field(at, "metadata");
	const struct place labels = place_field(&metadata, "labels");
	const struct place annotations = place_field(&metadata, "annotations");
	const struct place spec = place_field(at, "spec");
	const struct place policy = place_field(&spec, "restartPolicy");
	const struct place deadline = place_field(&spec, "activeDeadlineSeconds");

	check_labels(decoder, &labels);
	check_annotations(decoder, &annotations);
	template->labels = field_string_map(&metadata, "labels");
	template->annotations = field_string_map(&metadata, "annotations");
	template->source = doc_kind_of(at->doc) == DOC_MAP ? doc_copy(at->doc) : doc_new_map();
	if (spec.doc == NULL && at->doc != NULL) {
		fault(decoder, &spec, "is missing; expected the spec of a pod");
		template->spec = pod_spec_new();
		return;
	}
	if (g_strcmp0(doc_string(policy.doc), "OnFailure") == 0 ||
	    g_strcmp0(doc_string(policy.doc), "Never") == 0) {
		fault(decoder, &policy, "\"%s\" is not allowed here; expected Always",
		      doc_string(policy.doc));
	}
	if (deadline.doc != NULL) {
		fault(decoder, &deadline,
		      "is not allowed here; expected none, since these pods run for good");
	}
	template->spec = at->doc == NULL ? pod_spec_new() : decode_pod_spec(decoder, &spec);
}

void decode_pod_object(struct decoder *decoder, const struct place *at, struct object *object)
{
	struct pod *pod = POD(object);
	const struct place spec = place_field(at, "spec");

	if (spec.doc == NULL) {
		fault(decoder, &spec, "is missing; expected the spec of a pod");
		return;
	}
	pod->spec = decode_pod_spec(decoder, &spec);
	pod->node_name = ref_string(pod->spec->node_name);
	pod_init_statuses(pod);
	complete_for_pod(doc_get(object->source, "spec"));
}
