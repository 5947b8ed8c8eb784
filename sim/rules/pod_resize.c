#include "rules/pod_resize.h"

#include "document/document.h"

#include <string.h>

static const char *const mutable_resources[] = {"cpu", "memory"};
static const char *const resource_lists[] = {"requests", "limits"};

/* --- the API server --- */

/* @spec without what a resize may change; a copy. */
static struct doc *rest_of(const struct doc *spec)
{
	static const char *const lists[] = {"containers", "initContainers"};
	struct doc *rest = doc_copy(spec);

	for (size_t l = 0; l < G_N_ELEMENTS(lists); l++) {
		const struct doc *list = doc_get(rest, lists[l]);

		for (size_t i = 0; i < doc_length(list); i++) {
			struct doc *resources = doc_get(doc_at(list, i), "resources");

			for (size_t k = 0; k < G_N_ELEMENTS(resource_lists); k++) {
				struct doc *amounts = doc_get(resources, resource_lists[k]);

				for (size_t m = 0; m < G_N_ELEMENTS(mutable_resources); m++) {
					if (amounts) {
						doc_remove(amounts, mutable_resources[m]);
					}
				}
				if (amounts && doc_length(amounts) == 0) {
					doc_remove(resources, resource_lists[k]);
				}
			}
		}
	}
	return rest;
}

static const struct container *container_at(const struct pod_spec *spec, size_t i)
{
	return i < spec->n_containers ? &spec->containers[i]
	                              : &spec->init_containers[i - spec->n_containers];
}

static bool amounts_differ(const struct container *a, const struct container *b)
{
	const struct resource_requirements x = {0, a->requests, a->limits};
	const struct resource_requirements y = {0, b->requests, b->limits};

	return !resource_requirements_equal(&x, &y);
}

static char *at(const struct pod_spec *spec, size_t i, const char *below, const char *text)
{
	const bool init = i >= spec->n_containers;

	return g_strdup_printf("spec.%s[%zu].resources%s: Forbidden: %s",
	                       init ? "initContainers" : "containers",
	                       init ? i - spec->n_containers : i, below, text);
}

static bool lost(const struct resource_list *old, const struct resource_list *fresh)
{
	for (size_t m = 0; m < G_N_ELEMENTS(mutable_resources); m++) {
		int64_t milli;

		if (resource_list_get(old, mutable_resources[m], &milli) &&
		    !resource_list_get(fresh, mutable_resources[m], &milli)) {
			return true;
		}
	}
	return false;
}

static bool memory_limit_sinks(const struct container *old, const struct container *fresh)
{
	int64_t before, after;

	return resource_list_get(&old->limits, "memory", &before) &&
	       resource_list_get(&fresh->limits, "memory", &after) && after < before;
}

/* What is wrong with the change of container @i. */
static char *refuse_container(const struct pod_spec *old, const struct pod_spec *fresh, size_t i,
                              const struct release *release)
{
	const struct container *a = container_at(old, i);
	const struct container *b = container_at(fresh, i);

	if (lost(&a->requests, &b->requests)) {
		return at(old, i, ".requests", "resource requests cannot be removed");
	}
	if (lost(&a->limits, &b->limits)) {
		return at(old, i, ".limits", "resource limits cannot be removed");
	}
	if (i >= old->n_containers && !a->always_restarts && amounts_differ(a, b)) {
		return at(old, i, "", "resources for non-sidecar init containers are immutable");
	}
	if (memory_limit_sinks(a, b) && !a->memory_restarts && release->resize_subresource &&
	    !release->resize_shrinks_memory) {
		return at(old, i, ".limits[memory]",
		          "memory limits cannot be decreased unless resizePolicy is "
		          "RestartContainer");
	}
	return NULL;
}

static bool same_containers(const struct pod_spec *old, const struct pod_spec *fresh)
{
	if (old->n_containers != fresh->n_containers ||
	    old->n_init_containers != fresh->n_init_containers) {
		return false;
	}
	for (size_t i = 0; i < old->n_containers + old->n_init_containers; i++) {
		if (strcmp(container_at(old, i)->name, container_at(fresh, i)->name) != 0) {
			return false;
		}
	}
	return true;
}

static char *refuse_resize(const struct pod_spec *old, const struct pod_spec *fresh,
                           const struct release *release)
{
	if (old->has_pod_resources) {
		return g_strdup("Forbidden: pods with pod-level resources cannot be resized");
	}
	if (pod_spec_qos(old) != pod_spec_qos(fresh)) {
		return g_strdup_printf("spec: Invalid value: \"%s\": Pod QOS Class may not change "
		                       "as a result of resizing",
		                       pod_qos_name(pod_spec_qos(fresh)));
	}
	for (size_t i = 0; i < old->n_containers + old->n_init_containers; i++) {
		char *refusal = refuse_container(old, fresh, i, release);

		if (refusal) {
			return refusal;
		}
	}
	return NULL;
}

char *pod_update_refusal(const struct pod_spec *old, const struct doc *old_spec,
                         const struct pod_spec *fresh, const struct doc *fresh_spec,
                         const struct release *release, bool subresource)
{
	const bool by_update = release->in_place_resize && !release->resize_subresource;

	if (doc_equal(old_spec, fresh_spec)) {
		return NULL;
	}
	if (subresource && !same_containers(old, fresh)) {
		return g_strdup("spec: Forbidden: containers may not be renamed or reordered on "
		                "resize");
	}
	g_autoptr(doc) old_rest = rest_of(old_spec);
	g_autoptr(doc) fresh_rest = rest_of(fresh_spec);

	if ((subresource || by_update) && same_containers(old, fresh) &&
	    doc_equal(old_rest, fresh_rest)) {
		return refuse_resize(old, fresh, release);
	}
	if (subresource) {
		return g_strdup("spec: Forbidden: only cpu and memory resources are mutable");
	}
	return g_strdup_printf(
	    "spec: Forbidden: pod updates may not change fields other than "
	    "`spec.containers[*].image`,`spec.initContainers[*].image`,"
	    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
	    "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
	    "previously negative)%s",
	    by_update ? ",`spec.containers[*].resources` (for CPU/memory only)" : "");
}

/* --- the kubelet --- */

const char *resize_reason(enum resize_verdict verdict)
{
	static const char *const reasons[] = {NULL, "Deferred", "Infeasible"};

	return reasons[verdict];
}

enum resize_verdict resize_decide(const struct resize_question *cpu,
                                  const struct resize_question *memory, char **message)
{
	const struct resize_question *const questions[] = {cpu, memory};
	static const int64_t units[] = {1, 1000}; /* milli-cores, bytes */

	*message = NULL;
	for (int i = 1; i >= 0; i--) { /* of two that do not fit, memory is named */
		const struct resize_question *q = questions[i];

		if (q->requested > q->allocatable) {
			*message = g_strdup_printf(
			    "Node didn't have enough capacity: %s, requested: %" G_GINT64_FORMAT
			    ", capacity: %" G_GINT64_FORMAT,
			    mutable_resources[i], q->requested / units[i],
			    q->allocatable / units[i]);
			return RESIZE_INFEASIBLE;
		}
	}
	for (int i = 0; i < 2; i++) {
		const struct resize_question *q = questions[i];

		if (q->requested > q->allocatable - q->used) {
			*message = g_strdup_printf(
			    "Node didn't have enough resource: %s, requested: %" G_GINT64_FORMAT
			    ", used: %" G_GINT64_FORMAT ", capacity: %" G_GINT64_FORMAT,
			    mutable_resources[i], q->requested / units[i], q->used / units[i],
			    q->allocatable / units[i]);
			return RESIZE_DEFERRED;
		}
	}
	return RESIZE_FITS;
}

static bool changes(const struct resource_requirements *from,
                    const struct resource_requirements *to, const char *resource)
{
	int64_t a[2], b[2];

	resource_list_get(&from->requests, resource, &a[0]);
	resource_list_get(&from->limits, resource, &a[1]);
	resource_list_get(&to->requests, resource, &b[0]);
	resource_list_get(&to->limits, resource, &b[1]);
	return a[0] != b[0] || a[1] != b[1];
}

bool resize_restarts(const struct container *container, const struct resource_requirements *from,
                     const struct resource_requirements *to)
{
	return (container->cpu_restarts && changes(from, to, "cpu")) ||
	       (container->memory_restarts && changes(from, to, "memory"));
}
