/* kubelet_resize.c - resources of a running pod that change.
 *
 * What the pod's spec wants is allocated when the node has room for it, and only then acted upon:
 * by the sync that allocated it, in place or by a restart, as the container's resizePolicy says.
 * The status tells of it once the runtime has been looked at again. Source: pkg/kubelet/kubelet.go
 * handlePodResourcesResize, kuberuntime_manager.go computePodResizeAction and doPodResizeAction,
 * allocation/allocation_manager.go. */

#include "cluster/kubelet_internal.h"

#include "kube/service.h"
#include "rules/pod_resize.h"

#include <string.h>

#define PENDING "PodResizePending"
#define IN_PROGRESS "PodResizeInProgress"

static void unref_spec(void *spec)
{
	pod_spec_unref(spec);
}

static struct resource_requirements *requirements_of(const struct container *container)
{
	return resource_requirements_new(&container->requests, &container->limits);
}

static const struct container *same_container(const struct pod_spec *spec,
                                              const struct kubelet_container *container)
{
	return container->init ? &spec->init_containers[container->index]
	                       : &spec->containers[container->index];
}

static void replace(struct resource_requirements **place, struct resource_requirements *fresh)
{
	resource_requirements_unref(*place);
	*place = fresh;
}

/* Whether @spec gives all containers what @pod's allocated one does. */
static bool gives_the_same(const struct kubelet_pod *pod, const struct pod_spec *spec)
{
	for (size_t i = 0; spec != pod->spec && i < pod->n_containers; i++) {
		const struct container *a = pod->containers[i].spec;
		const struct container *b = same_container(spec, &pod->containers[i]);
		const struct resource_requirements x = {0, a->requests, a->limits};
		const struct resource_requirements y = {0, b->requests, b->limits};

		if (!resource_requirements_equal(&x, &y)) {
			return false;
		}
	}
	return true;
}

/* --- conditions --- */

static void tell(struct kubelet_pod *pod, const char *type, const char *reason, const char *message)
{
	const struct kubelet *kubelet = pod->kubelet;

	pod->resize_news |= conditions_set(&pod->resize, type, CONDITION_TRUE, reason, message,
	                                   kubelet_whole_second(kubelet, kubelet_now(kubelet)));
}

static void tell_no_more(struct kubelet_pod *pod, const char *type)
{
	if (conditions_find(&pod->resize, type)) {
		conditions_remove(&pod->resize, type);
		pod->resize_news = true;
	}
}

void kubelet_resize_show(const struct kubelet_pod *pod, struct pod *to)
{
	static const char *const types[] = {PENDING, IN_PROGRESS};

	if (!pod->former) { /* never resized */
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		const struct condition *c = conditions_find(&pod->resize, types[i]);

		if (!pod->kubelet->environment.release->resize_conditions) {
			to->resize = i == 0 ? NULL : to->resize;
			to->resize = to->resize || !c ? to->resize
			             : i == 0         ? c->reason
			                              : "InProgress";
		} else if (c) {
			conditions_set(&to->conditions, c->type, c->status, c->reason, c->message,
			               c->last_transition_time);
		} else {
			conditions_remove(&to->conditions, types[i]);
		}
	}
}

/* --- allocation --- */

/* From now on the pod is given what @spec says. What is under way may still refer to the spec
 * before. */
static void allocate(struct kubelet_pod *pod, struct pod_spec *spec)
{
	g_ptr_array_add(pod->former, (void *)pod->spec);
	pod->spec = pod_spec_ref(spec);
	for (size_t i = 0; i < pod->n_containers; i++) {
		struct kubelet_container *container = &pod->containers[i];

		if (!container->actual) { /* as it was started, or will be */
			container->actual = requirements_of(container->spec);
		}
		container->spec = same_container(spec, container);
		replace(&container->allocated, requirements_of(container->spec));
		for (unsigned type = 0; type < PROBE_TYPES; type++) {
			if (container->workers[type]) {
				container->workers[type]->probe = container->spec->probes[type];
			}
		}
	}
	tell(pod, IN_PROGRESS, NULL, NULL);
	pod->resize_news = true;
}

static struct resize_question question(const struct kubelet_pod *pod, const struct pod_spec *wanted,
                                       const char *resource)
{
	const struct object *node = store_get(pod->kubelet->environment.store, KIND_NODE, NULL,
	                                      pod->kubelet->config.node_name);
	struct resize_question q = {.requested = pod_spec_request(wanted, resource)};

	if (!node || !resource_list_get(&NODE(node)->allocatable, resource, &q.allocatable)) {
		q.allocatable = INT64_MAX;
		return q;
	}
	q.used = kubelet_taken(pod->kubelet, NODE(node), resource, pod);
	return q;
}

/* Whether all that runs has what it was allocated. */
static bool is_carried_out(const struct kubelet_pod *pod)
{
	for (size_t i = 0; i < pod->n_containers; i++) {
		const struct kubelet_container *container = &pod->containers[i];

		if (container->truth.running &&
		    !resource_requirements_equal(container->actual, container->allocated)) {
			return false;
		}
	}
	return true;
}

void kubelet_resize_look(struct kubelet_pod *pod)
{
	struct pod_spec *wanted = POD(pod->object)->spec;

	if (wanted == pod->spec && !pod->former) {
		return;
	}
	if (!pod->former) {
		pod->former = g_ptr_array_new_with_free_func(unref_spec);
	}
	if (gives_the_same(pod, wanted)) {
		tell_no_more(pod, PENDING);
	} else {
		const struct resize_question cpu = question(pod, wanted, "cpu");
		const struct resize_question memory = question(pod, wanted, "memory");
		g_autofree char *message = NULL;
		const enum resize_verdict verdict = resize_decide(&cpu, &memory, &message);

		if (verdict != RESIZE_FITS) {
			tell(pod, PENDING, resize_reason(verdict), message);
		} else {
			tell_no_more(pod, PENDING);
			allocate(pod, wanted);
			kubelet_resize_retry(pod->kubelet);
			return;
		}
	}
	if (is_carried_out(pod)) {
		tell_no_more(pod, IN_PROGRESS);
	}
}

void kubelet_resize_retry(struct kubelet *kubelet)
{
	if (!kubelet->environment.release->resize_retried_on_change) {
		return;
	}
	for (struct kubelet_pod *pod = kubelet->first; pod; pod = pod->next) {
		const struct condition *pending = conditions_find(&pod->resize, PENDING);

		if (pending && strcmp(pending->reason, "Deferred") == 0 &&
		    pod->work == POD_WORK_SYNC) {
			kubelet_want_sync(pod);
		}
	}
}

/* --- carrying out --- */

static void resize_in_place(struct kubelet_container *container)
{
	struct kubelet_pod *pod = container->pod;
	const struct container_runtime *runtime = pod->kubelet->config.runtime;

	if (runtime->resize && !runtime->resize(runtime->self, container->attempt->handle,
	                                        pod->spec, container->spec)) {
		g_autofree char *message = g_strdup_printf(
		    "container %s uses more memory than its new limit", container->spec->name);

		tell(pod, IN_PROGRESS, "Error", message);
		if (pod->resize_news) {
			pod->resize_news = false;
			kubelet_status_write(pod);
		}
		pod->sync_failed = true; /* it is tried again */
		return;
	}
	replace(&container->actual, resource_requirements_ref(container->allocated));
	pod->resized = true;
	kubelet_pod_changed(pod);
}

void kubelet_resize_plan(struct kubelet_pod *pod)
{
	for (size_t i = 0; i < pod->n_containers; i++) {
		struct kubelet_container *container = &pod->containers[i];

		container->to_resize = false;
		if (!container->actual || !container->synced.running || !container->truth.running ||
		    container->to_kill ||
		    resource_requirements_equal(container->actual, container->allocated)) {
			continue;
		}
		if (resize_restarts(container->spec, container->actual, container->allocated)) {
			container->to_kill = container->to_start = container->to_resize = true;
		} else {
			resize_in_place(container);
		}
	}
}

void kubelet_resize_started(struct kubelet_container *container)
{
	struct kubelet_pod *pod = container->pod;
	const struct container_runtime *runtime = pod->kubelet->config.runtime;

	if (!container->allocated) {
		return;
	}
	if (runtime->resize &&
	    POD(pod->object)->spec != pod->spec) { /* it wants more than it has */
		runtime->resize(runtime->self, container->attempt->handle, pod->spec,
		                container->spec);
	}
	replace(&container->actual, resource_requirements_ref(container->allocated));
}

void kubelet_resize_clear(struct kubelet_pod *pod)
{
	for (size_t i = 0; i < pod->n_containers; i++) {
		resource_requirements_unref(pod->containers[i].actual);
		resource_requirements_unref(pod->containers[i].allocated);
		resource_requirements_unref(pod->statuses[i].actual);
		resource_requirements_unref(pod->statuses[i].allocated);
	}
	conditions_clear(&pod->resize);
	g_clear_pointer(&pod->former, g_ptr_array_unref);
	pod_spec_unref((struct pod_spec *)pod->spec);
}
