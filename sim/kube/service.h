/* service.h - Services, EndpointSlices, Endpoints, Nodes, Events. */

#pragma once

#include "kube/pod.h"

struct service_port {
	char *name; /* NULL: none */
	int port;
	struct port_reference target_port;
	int node_port;
	const char *protocol; /* interned */
	struct doc_location where;
};

struct service {
	struct object object;
	struct string_map *selector; /* NULL: none, nothing is selected */
	struct service_port *ports;
	size_t n_ports;
	const char *type;       /* interned: ClusterIP, NodePort, LoadBalancer, ExternalName */
	char *cluster_ip;       /* "None": headless; NULL: not yet assigned */
	bool publish_not_ready_addresses;
	bool session_affinity;  /* ClientIP */
	int32_t affinity_timeout_seconds;
	bool internal_local, external_local; /* traffic policies Local */
	const char *traffic_distribution;    /* interned; NULL: none */
};

#define SERVICE(o) ((struct service *)(o))
bool service_is_headless(const struct service *service);

struct endpoint_port {
	char *name; /* "" or NULL: unnamed */
	int port;
	const char *protocol;
};

struct endpoint {
	GRefString *address;
	GRefString *pod_name; /* targetRef; NULL: none */
	GRefString *pod_uid;
	GRefString *node_name;
	GRefString *zone;
	GRefString *hostname;
	bool ready, serving, terminating;
	GRefString *hint_zone, *hint_node; /* NULL: no hint */
};

struct endpoint_slice {
	struct object object; /* label kubernetes.io/service-name; owner: the Service */
	const char *address_type; /* interned: IPv4, IPv6 */
	struct endpoint_port *ports;
	size_t n_ports;
	struct endpoint *endpoints;
	size_t n_endpoints;
};

#define ENDPOINT_SLICE(o) ((struct endpoint_slice *)(o))

struct endpoint_subset {
	struct endpoint *addresses, *not_ready_addresses; /* in string order of address */
	size_t n_addresses, n_not_ready_addresses;
	struct endpoint_port *ports;
	size_t n_ports;
};

struct endpoints { /* the old object */
	struct object object;
	struct endpoint_subset *subsets;
	size_t n_subsets;
};

#define ENDPOINTS(o) ((struct endpoints *)(o))

void endpoint_copy(struct endpoint *to, const struct endpoint *from);
void endpoint_clear(struct endpoint *endpoint);
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);

struct taint {
	char *key, *value;
	const char *effect;
};

struct node {
	struct object object;
	struct resource_list capacity, allocatable;
	struct resource_list other_requests; /* of pods that the scenario does not model */
	GRefString *internal_ip;
	struct taint *taints;
	size_t n_taints;
	bool unschedulable;
	struct conditions conditions;
};

#define NODE(o) ((struct node *)(o))

struct event { /* a core/v1 Event: what `kubectl get events` lists */
	struct object object;
	enum object_kind regarding_kind;
	GRefString *regarding_name, *regarding_uid;
	GRefString *field_path; /* spec.containers{app}; NULL: none */
	bool warning;
	const char *reason; /* interned */
	GRefString *message;
	const char *source; /* interned: kubelet, default-scheduler, ... */
	GRefString *host;   /* NULL: none */
	uint32_t count;
	sim_time first_time, last_time;
};

#define EVENT(o) ((struct event *)(o))
