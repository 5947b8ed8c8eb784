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

struct resource_requirements *resource_requirements_new(const struct resource_list *requests,
                                                        const struct resource_list *limits)
{
	struct resource_requirements *r = g_new0(struct resource_requirements, 1);

	r->refs = 1;
	resource_list_copy(&r->requests, requests);
	resource_list_copy(&r->limits, limits);
	return r;
}

struct resource_requirements *resource_requirements_ref(struct resource_requirements *r)
{
	if (r) {
		g_atomic_int_inc(&r->refs);
	}
	return r;
}

void resource_requirements_unref(struct resource_requirements *r)
{
	if (r && g_atomic_int_dec_and_test(&r->refs)) {
		resource_list_clear(&r->requests);
		resource_list_clear(&r->limits);
		g_free(r);
	}
}

static bool has_all_of(const struct resource_list *a, const struct resource_list *b)
{
	for (size_t i = 0; i < a->n; i++) {
		int64_t milli;

		if (!resource_list_get(b, a->items[i].name, &milli) || milli != a->items[i].milli) {
			return false;
		}
	}
	return true;
}

bool resource_requirements_equal(const struct resource_requirements *a,
                                 const struct resource_requirements *b)
{
	return a == b || (a && b && has_all_of(&a->requests, &b->requests) &&
	                  has_all_of(&b->requests, &a->requests) &&
	                  has_all_of(&a->limits, &b->limits) && has_all_of(&b->limits, &a->limits));
}

/* --- requests --- */

static int64_t amount_of(const struct resource_requirements *r, const char *resource)
{
	int64_t milli = 0;

	if (r) {
		resource_list_get(&r->requests, resource, &milli);
	}
	return milli;
}

/* @status NULL: nothing but the spec counts. */
static int64_t request_of(const struct container *container, const struct container_status *status,
                          bool infeasible, const char *resource)
{
	int64_t milli;

	resource_list_get(&container->requests, resource, &milli);
	if (!status || !status->allocated) {
		return milli;
	}
	return MAX(MAX(amount_of(status->actual, resource), amount_of(status->allocated, resource)),
	           infeasible ? 0 : milli);
}

static const struct container_status *status_at(const struct container_status *list, size_t i)
{
	return list ? &list[i] : NULL;
}

/* Source: staging/src/k8s.io/component-helpers/resource/helpers.go, PodRequests with
 * UseStatusResources. */
static int64_t sum_of(const struct pod_spec *spec, const struct container_status *containers,
                      const struct container_status *init, bool infeasible, const char *resource)
{
	int64_t whole_pod;

	if (spec->has_pod_resources &&
	    resource_list_get(&spec->pod_requests, resource, &whole_pod)) {
		return whole_pod;
	}
	int64_t running = 0, sidecars = 0, starting = 0;

	for (size_t i = 0; i < spec->n_containers; i++) {
		running += request_of(&spec->containers[i], status_at(containers, i), infeasible,
		                      resource);
	}
	for (size_t i = 0; i < spec->n_init_containers; i++) {
		const int64_t request = request_of(&spec->init_containers[i], status_at(init, i),
		                                   infeasible, resource);

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

int64_t pod_spec_request(const struct pod_spec *spec, const char *resource)
{
	return sum_of(spec, NULL, NULL, false, resource);
}

int64_t pod_request(const struct pod *pod, const char *resource)
{
	const struct condition *pending = conditions_find(&pod->conditions, "PodResizePending");
	const bool infeasible = g_strcmp0(pod->resize, "Infeasible") == 0 ||
	                        (pending && g_strcmp0(pending->reason, "Infeasible") == 0);

	return sum_of(pod->spec, pod->containers, pod->init_containers, infeasible, resource);
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
