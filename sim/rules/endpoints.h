/* endpoints.h - which pods stand behind a Service, and what an EndpointSlice says of each.
 *
 * A pod whose labels match the Service's selector is an endpoint from the moment it has an IP until
 * its phase ends, ready or not. Three conditions say how it may be used: `serving` (its Ready
 * condition is True), `terminating` (it is being deleted), and `ready`, which is serving and not
 * terminating, or always true with publishNotReadyAddresses. Ports are looked up pod by pod, so
 * pods that give a port's name another number have another set of ports.
 *
 * Pure: nothing here knows the clock or the store.
 * Source: Kubernetes 1.34, staging/src/k8s.io/endpointslice/utils.go (podToEndpoint,
 * getEndpointPorts, FindPort) and util/controller_utils.go (ShouldPodBeInEndpoints,
 * podEndpointsChanged). */

#pragma once

#include "kube/service.h"

/* What these rules look at in a pod; everything is borrowed. */
struct endpoint_pod {
	const char *namespace, *name, *uid; /* may be NULL */
	enum pod_phase phase;
	const char *const *ips; /* empty and NULL strings count for nothing */
	size_t n_ips;
	bool ready;                       /* its Ready condition is True */
	bool terminating;                 /* deletionTimestamp is set */
	const char *node_name;            /* NULL or "": not bound */
	const char *hostname, *subdomain; /* NULL or "": none */
	const struct string_map *labels;
	const struct pod_spec *spec; /* for its named ports; NULL: has none */
	bool shared; /* name, uid, IPs and node's name are GRefStrings that endpoints may share */
};

/* @pod as these rules see it, valid as long as @pod is. */
struct endpoint_pod endpoint_pod_of(const struct pod *pod);

/* Whether the controllers fill in @service at all: it has a selector and is no ExternalName. */
bool service_has_endpoints(const struct service *service);
/* Whether @service selects pods of @namespace with @labels. */
bool service_selects(const struct service *service, const char *namespace,
                     const struct string_map *labels);
/* The address type of the slices of @service, "IPv4" or "IPv6": the family of its cluster IP, IPv4
 * when it has none. */
const char *service_address_type(const struct service *service);

/* Whether @pod belongs among the endpoints: it has an IP and its phase has not ended. Terminating
 * pods do in EndpointSlices; in the old Endpoints object only with publishNotReadyAddresses. */
bool endpoints_include_pod(const struct endpoint_pod *pod, bool include_terminating);

/* Fills *@endpoint (zeroed by the caller, cleared with endpoint_clear) with what a slice of
 * @address_type says of @pod. @node_labels are those of its node (NULL: none or no such node).
 * False when the pod has no address of that type; *@endpoint is left alone then. */
bool endpoint_of_pod(struct endpoint *endpoint, const struct endpoint_pod *pod,
                     const struct string_map *node_labels, const struct service *service,
                     const char *address_type);

/* What an update of a pod means: whether its own endpoint may look different, and whether it may
 * belong to other Services now. A phase or a restart alone means nothing. */
void endpoints_pod_changed(const struct endpoint_pod *before, const struct endpoint_pod *after,
                           bool *endpoints_changed, bool *membership_changed);
/* Whether a pod's update from @before to @after makes the controllers look at @service again.
 * When only the labels changed, a Service that selects it before and after does not care. */
bool endpoints_service_cares(const struct service *service, const struct endpoint_pod *before,
                             const struct endpoint_pod *after);

/* The ports of @service in a pod of @spec, in the order of the Service; a name that the pod does
 * not have with that protocol is left out. Free with endpoint_ports_free(). */
struct endpoint_port *endpoint_ports_of(const struct service *service, const struct pod_spec *spec,
                                        size_t *n);
struct endpoint_port *endpoint_ports_copy(const struct endpoint_port *ports, size_t n);
void endpoint_ports_free(struct endpoint_port *ports, size_t n);
/* Whether two lists hold the same ports, in whatever order. */
bool endpoint_ports_equal(const struct endpoint_port *a, size_t n_a, const struct endpoint_port *b,
                          size_t n_b);

/* How long a failed sync waits before it is tried again, after @failures failures in a row (1: the
 * first); SIM_NEVER when the controller gives up (after 15 retries). Without the limit that all
 * retries share. The EndpointSlice controller waits 1 s, doubling up to 1000 s; the old Endpoints
 * controller 5 ms, doubling.
 * Source: endpointslice_controller.go, endpoints_controller.go, client-go workqueue. */
sim_time endpoint_slice_retry_delay(unsigned failures);
sim_time endpoints_retry_delay(unsigned failures);
