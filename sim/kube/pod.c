#include "kube/pod_spec.h"

#include "kube/object_private.h"

#include <string.h>

const char *pod_phase_name(enum pod_phase phase)
{
	static const char *const names[] = {"Pending", "Running", "Succeeded", "Failed", "Unknown"};

	g_assert((unsigned)phase < G_N_ELEMENTS(names));
	return names[phase];
}

static struct container_status *new_statuses(size_t n)
{
	struct container_status *statuses = g_new0(struct container_status, n);

	for (size_t i = 0; i < n; i++) {
		statuses[i].started_at = SIM_NEVER;
		statuses[i].end.started_at = statuses[i].end.finished_at = SIM_NEVER;
		statuses[i].last.started_at = statuses[i].last.finished_at = SIM_NEVER;
	}
	return statuses;
}

void pod_init_statuses(struct pod *pod)
{
	pod->containers = new_statuses(pod->spec->n_containers);
	pod->init_containers = new_statuses(pod->spec->n_init_containers);
}

struct pod *pod_new(const struct pod_template *template)
{
	struct pod *pod = POD(object_new(KIND_POD));

	pod->object.meta.labels = string_map_ref(template->labels);
	pod->object.meta.annotations = string_map_ref(template->annotations);
	pod->spec = pod_spec_ref(template->spec);
	pod_init_statuses(pod);
	return pod;
}

static struct container_status *copy_statuses(const struct container_status *from, size_t n)
{
	struct container_status *to = g_memdup2(from, n * sizeof(*from));

	for (size_t i = 0; i < n; i++) {
		ref_string_ref(to[i].waiting_message);
		resource_requirements_ref(to[i].actual);
		resource_requirements_ref(to[i].allocated);
	}
	return to;
}

static void free_statuses(struct container_status *statuses, size_t n)
{
	for (size_t i = 0; statuses != NULL && i < n; i++) {
		g_clear_pointer(&statuses[i].waiting_message, g_ref_string_release);
		resource_requirements_unref(statuses[i].actual);
		resource_requirements_unref(statuses[i].allocated);
	}
	g_free(statuses);
}

void pod_copy_parts(struct object *object, const struct object *from)
{
	struct pod *pod = POD(object);
	const struct pod *original = POD(from);

	ref_string_ref(pod->node_name);
	ref_string_ref(pod->message);
	ref_string_ref(pod->pod_ip);
	ref_string_ref(pod->host_ip);
	conditions_copy(&pod->conditions, &original->conditions);
	if (pod->spec != NULL) {
		pod_spec_ref(pod->spec);
		pod->containers = copy_statuses(original->containers, pod->spec->n_containers);
		pod->init_containers =
		    copy_statuses(original->init_containers, pod->spec->n_init_containers);
	}
}

void pod_carry_status(struct pod *to, const struct pod *from)
{
	const struct pod_spec *spec = to->spec;

	ref_string_set(&to->node_name, from->node_name);
	to->phase = from->phase;
	to->reason = from->reason;
	to->resize = from->resize;
	ref_string_set(&to->message, from->message);
	ref_string_set(&to->pod_ip, from->pod_ip);
	ref_string_set(&to->host_ip, from->host_ip);
	to->start_time = from->start_time;
	conditions_clear(&to->conditions);
	conditions_copy(&to->conditions, &from->conditions);
	if (spec->n_containers == from->spec->n_containers &&
	    spec->n_init_containers == from->spec->n_init_containers) {
		free_statuses(to->containers, spec->n_containers);
		free_statuses(to->init_containers, spec->n_init_containers);
		to->containers = copy_statuses(from->containers, spec->n_containers);
		to->init_containers = copy_statuses(from->init_containers, spec->n_init_containers);
	}
}

void pod_clear_parts(struct object *object)
{
	struct pod *pod = POD(object);

	g_clear_pointer(&pod->node_name, g_ref_string_release);
	g_clear_pointer(&pod->message, g_ref_string_release);
	g_clear_pointer(&pod->pod_ip, g_ref_string_release);
	g_clear_pointer(&pod->host_ip, g_ref_string_release);
	conditions_clear(&pod->conditions);
	if (pod->spec != NULL) {
		free_statuses(pod->containers, pod->spec->n_containers);
		free_statuses(pod->init_containers, pod->spec->n_init_containers);
		pod_spec_unref(pod->spec);
	}
}

bool pod_is_ready(const struct pod *pod)
{
	return conditions_are_true(&pod->conditions, "Ready");
}

bool pod_is_terminating(const struct pod *pod)
{
	return pod->object.meta.deletion_time != SIM_NEVER;
}

bool pod_is_finished(const struct pod *pod)
{
	return pod->phase == POD_SUCCEEDED || pod->phase == POD_FAILED;
}

/* Whether the init container @i lets the next one begin. */
static bool init_container_is_past(const struct pod *pod, size_t i)
{
	const struct container_status *status = &pod->init_containers[i];

	if (status->state == CONTAINER_TERMINATED && status->end.exit_code == 0) {
		return true;
	}
	return pod->spec->init_containers[i].always_restarts && status->started;
}

/* Source: pkg/printers/internalversion/printers.go, printPod. */
uint32_t pod_restarts(const struct pod *pod)
{
	uint32_t init = 0, sidecars = 0, main = 0;
	bool initializing = false;

	for (size_t i = 0; i < pod->spec->n_init_containers && !initializing; i++) {
		init += pod->init_containers[i].restart_count;
		if (pod->spec->init_containers[i].always_restarts) {
			sidecars += pod->init_containers[i].restart_count;
		}
		initializing = !init_container_is_past(pod, i);
	}
	if (initializing && !conditions_are_true(&pod->conditions, "Initialized")) {
		return init;
	}
	for (size_t i = 0; i < pod->spec->n_containers; i++) {
		main += pod->containers[i].restart_count;
	}
	return main + sidecars;
}
