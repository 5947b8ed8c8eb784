/* hpa_pods.c - which pods there are, what they used, what they asked for, and which of them count.
 */

#include "rules/hpa.h"
#include "rules/hpa_private.h"

#include <string.h>

GPtrArray *hpa_selected_pods(const struct hpa_input *input, const struct label_selector *selector)
{
	GPtrArray *selected = g_ptr_array_sized_new((guint)input->n_pods);

	for (size_t i = 0; i < input->n_pods; i++) {
		if (label_selector_matches(selector, input->pods[i]->object.meta.labels)) {
			g_ptr_array_add(selected, (gpointer)input->pods[i]);
		}
	}
	return selected;
}

/* --- usage --- */

/* The sum over a sample's containers; false when it has none, or one without the resource. */
static bool sample_total(const struct hpa_pod_sample *sample, int64_t *total)
{
	*total = 0;
	if (sample->has_total) {
		*total = sample->total;
		return true;
	}
	for (size_t i = 0; i < sample->n_containers; i++) {
		if (!sample->containers[i].has_usage) {
			return false;
		}
		*total = hpa_add_saturating(*total, sample->containers[i].milli);
	}
	return sample->n_containers > 0;
}

static const struct hpa_container_sample *sample_container(const struct hpa_pod_sample *sample,
                                                           const char *name)
{
	for (size_t i = 0; i < sample->n_containers; i++) {
		if (g_str_equal(sample->containers[i].name, name)) {
			return &sample->containers[i];
		}
	}
	return NULL;
}

GArray *hpa_pod_values(const struct hpa_metric_answer *answer, const char *container,
                       const struct release *release, const char **failing_pod)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(struct hpa_pod_value));

	for (size_t i = 0; i < answer->n_pods; i++) {
		const struct hpa_pod_sample *sample = &answer->pods[i];
		struct hpa_pod_value value = {
		    .pod = sample->pod, .timestamp = sample->timestamp, .window = sample->window};
		bool found;

		if (container) {
			const struct hpa_container_sample *one =
			    sample_container(sample, container);

			if (!one && !release->hpa_container_metric_may_miss) {
				*failing_pod = sample->pod;
				return NULL;
			}
			found = one && one->has_usage;
			value.value = found ? one->milli : 0;
		} else {
			found = sample_total(sample, &value.value);
		}
		if (found) {
			g_array_append_val(values, value);
		}
	}
	return g_steal_pointer(&values);
}

/* --- groups --- */

void hpa_pod_groups_clear(struct hpa_pod_groups *groups)
{
	g_clear_pointer(&groups->ready, g_ptr_array_unref);
	g_clear_pointer(&groups->unready, g_ptr_array_unref);
	g_clear_pointer(&groups->missing, g_ptr_array_unref);
	g_clear_pointer(&groups->ignored, g_ptr_array_unref);
	groups->ready_count = 0;
}

/* Whether a pod that has a CPU sample is still too young, or never was ready. Timestamps have whole
 * seconds on the wire, the window has not. */
static bool cpu_says_unready(const struct pod *pod, const struct hpa_pod_value *value,
                             const struct hpa_settings *settings, sim_time now)
{
	const struct condition *ready = conditions_find(&pod->conditions, "Ready");

	if (!ready || pod->start_time == SIM_NEVER) {
		return true;
	}
	const sim_time start = sim_time_floor_second(pod->start_time);
	const sim_time changed = sim_time_floor_second(ready->last_transition_time);
	const bool not_ready = ready->status == CONDITION_FALSE;

	if (start + settings->cpu_initialization_period > now) {
		return not_ready ||
		       sim_time_floor_second(value->timestamp) < changed + value->window;
	}
	return not_ready && start + settings->initial_readiness_delay > changed;
}

void hpa_group_pods(const struct pod *const *pods, size_t n_pods, const GArray *values,
                    const char *resource, const struct hpa_settings *settings, sim_time now,
                    struct hpa_pod_groups *groups)
{
	g_autoptr(GHashTable) value_of = g_hash_table_new(g_str_hash, g_str_equal);
	const bool cpu = g_strcmp0(resource, "cpu") == 0;

	*groups = (struct hpa_pod_groups){
	    .ready = g_ptr_array_new(),
	    .unready = g_ptr_array_new(),
	    .missing = g_ptr_array_new(),
	    .ignored = g_ptr_array_new(),
	};
	for (guint i = 0; i < values->len; i++) {
		struct hpa_pod_value *value = &g_array_index(values, struct hpa_pod_value, i);

		g_hash_table_insert(value_of, (gpointer)value->pod, value);
	}
	for (size_t i = 0; i < n_pods; i++) {
		const struct pod *pod = pods[i];
		const struct hpa_pod_value *value =
		    g_hash_table_lookup(value_of, pod->object.meta.name);
		GPtrArray *group = groups->ready;

		if (pod_is_terminating(pod) || pod->phase == POD_FAILED) {
			group = groups->ignored;
		} else if (pod->phase == POD_PENDING) {
			group = groups->unready;
		} else if (!value) {
			group = groups->missing;
		} else if (cpu && cpu_says_unready(pod, value, settings, now)) {
			group = groups->unready;
		}
		g_ptr_array_add(group, pod->object.meta.name);
	}
	groups->ready_count = groups->ready->len;
}

/* --- requests --- */

/* Adds what @container asks for; false and *@message when it asks for none. */
static bool add_request(const struct pod *pod, const struct container *container,
                        const char *resource, int64_t *request, char **message)
{
	int64_t milli;

	if (!resource_list_get(&container->requests, resource, &milli)) {
		*message = g_strdup_printf("missing request for %s in container %s of Pod %s",
		                           resource, container->name, pod->object.meta.name);
		return false;
	}
	*request = hpa_add_saturating(*request, milli);
	return true;
}

/* Whether any container names @resource at all: then it is part of the sum that pod-level requests
 * complete. */
static bool containers_name(const struct pod_spec *spec, const char *resource)
{
	int64_t milli;

	for (size_t i = 0; i < spec->n_containers; i++) {
		if (resource_list_get(&spec->containers[i].requests, resource, &milli)) {
			return true;
		}
	}
	for (size_t i = 0; i < spec->n_init_containers; i++) {
		if (resource_list_get(&spec->init_containers[i].requests, resource, &milli)) {
			return true;
		}
	}
	return false;
}

/* The request of a pod that has requests of its own: those, and what its containers need where they
 * are silent. */
static bool pod_level_request(const struct pod *pod, const char *resource, int64_t *request,
                              char **message)
{
	if (resource_list_get(&pod->spec->pod_requests, resource, request)) {
		return true;
	}
	if (containers_name(pod->spec, resource)) {
		*request = pod_spec_request(pod->spec, resource);
		return true;
	}
	*message = g_strdup_printf("missing pod-level request for %s in Pod %s", resource,
	                           pod->object.meta.name);
	return false;
}

static bool request_of_pod(const struct pod *pod, const char *resource, const char *name,
                           const struct release *release, int64_t *request,
                           enum hpa_failure *failure, char **message)
{
	const struct pod_spec *spec = pod->spec;
	bool found = name == NULL;

	*request = 0;
	*failure = HPA_FAILURE_MISSING_REQUEST;
	if (!name && release->hpa_pod_level_resources && spec->pod_requests.n > 0) {
		return pod_level_request(pod, resource, request, message);
	}
	for (size_t i = 0; i < spec->n_containers + spec->n_init_containers; i++) {
		const bool init = i >= spec->n_containers;
		const struct container *container =
		    init ? &spec->init_containers[i - spec->n_containers] : &spec->containers[i];

		if (init && !(container->always_restarts && release->hpa_sidecar_requests)) {
			continue;
		}
		if (name && !g_str_equal(name, container->name)) {
			continue;
		}
		found = true;
		if (!add_request(pod, container, resource, request, message)) {
			return false;
		}
	}
	if (!found) {
		*failure = HPA_FAILURE_CONTAINER_NOT_FOUND;
		*message = g_strdup_printf("container %s not found in Pod %s", name,
		                           pod->object.meta.name);
	}
	return found;
}

bool hpa_pod_requests(const struct pod *const *pods, size_t n_pods, const char *resource,
                      const char *container, const struct release *release, int64_t *requests,
                      enum hpa_failure *failure, char **message)
{
	for (size_t i = 0; i < n_pods; i++) {
		if (!request_of_pod(pods[i], resource, container, release, &requests[i], failure,
		                    message)) {
			return false;
		}
	}
	*failure = HPA_FAILURE_NONE;
	return true;
}
