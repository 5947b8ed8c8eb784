/* service_pods.h - which Services a pod's change concerns, and which pods a Service selects: what
 * the controllers of EndpointSlices and Endpoints share. */

#pragma once

#include "cluster/sync_queue.h"
#include "kube/service.h"
#include "store/informer.h"

/* Queues in @queue, after @delay, every Service of @services that has to be looked at again
 * because of this change of a pod. */
void service_pods_changed(const struct informer *services, struct sync_queue *queue, sim_time delay,
                          enum change kind, const struct object *old, const struct object *object);

/* The pods of @pods that @service selects, in order of creation: an array of struct endpoint_pod,
 * valid until the next delivery. */
GArray *service_pods_list(const struct informer *pods, const struct service *service);
