/* service_pods.c - which Services a pod's change concerns, and which pods a Service selects. */

#include "cluster/service_pods.h"

#include "rules/endpoints.h"

struct pod_change {
	struct sync_queue *queue;
	sim_time delay;
	struct endpoint_pod before, after;
	bool whole; /* the pod came or went: every Service that selects it */
};

static void queue_if_concerned(void *data, const struct object *object)
{
	const struct pod_change *change = data;
	const struct service *service = SERVICE(object);
	bool concerned =
	    change->whole ? service_selects(service, change->after.namespace, change->after.labels)
			  : endpoints_service_cares(service, &change->before, &change->after);

	if (concerned) {
		g_autofree char *key = sync_queue_key(object->meta.namespace, object->meta.name);

		sync_queue_add_after(change->queue, key, change->delay);
	}
}

void service_pods_changed(const struct informer *services, struct sync_queue *queue, sim_time delay,
                          enum change kind, const struct object *old, const struct object *object)
{
	struct pod_change change = {
	    .queue = queue,
	    .delay = delay,
	    .before = endpoint_pod_of(POD(old ? old : object)),
	    .after = endpoint_pod_of(POD(object)),
	    .whole = kind != CHANGE_MODIFIED,
	};

	informer_each(services, queue_if_concerned, &change);
}

struct selection {
	const struct service *service;
	GArray *pods;
};

static void select_pod(void *data, const struct object *object)
{
	struct selection *selection = data;

	if (service_selects(selection->service, object->meta.namespace, object->meta.labels)) {
		struct endpoint_pod pod = endpoint_pod_of(POD(object));

		g_array_append_val(selection->pods, pod);
	}
}

GArray *service_pods_list(const struct informer *pods, const struct service *service)
{
	struct selection selection = {service,
	                              g_array_new(FALSE, FALSE, sizeof(struct endpoint_pod))};

	informer_each(pods, select_pod, &selection);
	return selection.pods;
}
