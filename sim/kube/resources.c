#include "kube/pod.h"

#include <string.h>

static struct resource_amount *find(const struct resource_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->items[i].name, name) == 0) {
			return &list->items[i];
		}
	}
	return NULL;
}

bool resource_list_get(const struct resource_list *list, const char *name, int64_t *milli)
{
	const struct resource_amount *amount = find(list, name);

	*milli = amount == NULL ? 0 : amount->milli;
	return amount != NULL;
}

void resource_list_set(struct resource_list *list, const char *name, int64_t milli)
{
	struct resource_amount *amount = find(list, name);

	if (amount == NULL) {
		list->items = g_renew(struct resource_amount, list->items, list->n + 1);
		amount = &list->items[list->n++];
		amount->name = g_intern_string(name);
	}
	amount->milli = milli;
}

void resource_list_copy(struct resource_list *to, const struct resource_list *from)
{
	to->n = from->n;
	to->items = g_memdup2(from->items, from->n * sizeof(*from->items));
}

void resource_list_clear(struct resource_list *list)
{
	g_free(list->items);
	*list = (struct resource_list){0};
}

static int64_t request_of(const struct container *container, const char *resource)
{
	int64_t milli;

	resource_list_get(&container->requests, resource, &milli);
	return milli;
}

/* Source: staging/src/k8s.io/component-helpers/resource/helpers.go, PodRequests. */
int64_t pod_spec_request(const struct pod_spec *spec, const char *resource)
{
	int64_t whole_pod;

	if (spec->has_pod_resources &&
	    resource_list_get(&spec->pod_requests, resource, &whole_pod)) {
		return whole_pod;
	}
	int64_t running = 0, sidecars = 0, starting = 0;

	for (size_t i = 0; i < spec->n_containers; i++) {
		running += request_of(&spec->containers[i], resource);
	}
	for (size_t i = 0; i < spec->n_init_containers; i++) {
		const int64_t request = request_of(&spec->init_containers[i], resource);

		if (spec->init_containers[i].always_restarts) {
			running += request;
			sidecars += request;
			starting = MAX(starting, sidecars);
		} else {
			starting = MAX(starting, request + sidecars);
		}
	}
	return MAX(running, starting);
}

const char *pod_qos_name(enum pod_qos qos)
{
	static const char *const names[] = {"Guaranteed", "Burstable", "BestEffort"};

	g_assert((unsigned)qos < G_N_ELEMENTS(names));
	return names[qos];
}

/* Source: pkg/apis/core/v1/helper/qos/qos.go. */
enum pod_qos pod_spec_qos(const struct pod_spec *spec)
{
	static const char *const counted[] = {"cpu", "memory"};
	bool any = false, guaranteed = true;

	for (size_t i = 0; i < spec->n_containers + spec->n_init_containers; i++) {
		const struct container *container =
		    i < spec->n_containers ? &spec->containers[i]
					   : &spec->init_containers[i - spec->n_containers];

		for (size_t j = 0; j < G_N_ELEMENTS(counted); j++) {
			int64_t request, limit;

			resource_list_get(&container->requests, counted[j], &request);
			resource_list_get(&container->limits, counted[j], &limit);
			any = any || request > 0 || limit > 0;
			guaranteed = guaranteed && limit > 0 && request == limit;
		}
	}
	return !any ? QOS_BEST_EFFORT : guaranteed ? QOS_GUARANTEED : QOS_BURSTABLE;
}
