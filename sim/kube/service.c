#include "kube/service.h"

#include "kube/object_private.h"

#include <string.h>

void service_copy_parts(struct object *object, const struct object *from)
{
	struct service *service = SERVICE(object);
	const struct service *original = SERVICE(from);

	string_map_ref(service->selector);
	service->cluster_ip = g_strdup(original->cluster_ip);
	service->ports = g_memdup2(original->ports, original->n_ports * sizeof(*original->ports));
	for (size_t i = 0; i < service->n_ports; i++) {
		service->ports[i].name = g_strdup(original->ports[i].name);
		service->ports[i].target_port.name = g_strdup(original->ports[i].target_port.name);
	}
}

void service_clear_parts(struct object *object)
{
	struct service *service = SERVICE(object);

	string_map_unref(service->selector);
	g_free(service->cluster_ip);
	for (size_t i = 0; i < service->n_ports; i++) {
		g_free(service->ports[i].name);
		g_free(service->ports[i].target_port.name);
	}
	g_free(service->ports);
}

bool service_is_headless(const struct service *service)
{
	return g_strcmp0(service->cluster_ip, "None") == 0;
}

/* --- endpoints --- */

void endpoint_copy(struct endpoint *to, const struct endpoint *from)
{
	*to = *from;
	ref_string_ref(to->address);
	ref_string_ref(to->pod_name);
	ref_string_ref(to->pod_uid);
	ref_string_ref(to->node_name);
	ref_string_ref(to->zone);
	ref_string_ref(to->hostname);
	ref_string_ref(to->hint_zone);
	ref_string_ref(to->hint_node);
}

void endpoint_clear(struct endpoint *endpoint)
{
	g_clear_pointer(&endpoint->address, g_ref_string_release);
	g_clear_pointer(&endpoint->pod_name, g_ref_string_release);
	g_clear_pointer(&endpoint->pod_uid, g_ref_string_release);
	g_clear_pointer(&endpoint->node_name, g_ref_string_release);
	g_clear_pointer(&endpoint->zone, g_ref_string_release);
	g_clear_pointer(&endpoint->hostname, g_ref_string_release);
	g_clear_pointer(&endpoint->hint_zone, g_ref_string_release);
	g_clear_pointer(&endpoint->hint_node, g_ref_string_release);
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->ready == b->ready && a->serving == b->serving &&
	       a->terminating == b->terminating && g_strcmp0(a->address, b->address) == 0 &&
	       g_strcmp0(a->pod_name, b->pod_name) == 0 && g_strcmp0(a->pod_uid, b->pod_uid) == 0 &&
	       g_strcmp0(a->node_name, b->node_name) == 0 && g_strcmp0(a->zone, b->zone) == 0 &&
	       g_strcmp0(a->hostname, b->hostname) == 0 &&
	       g_strcmp0(a->hint_zone, b->hint_zone) == 0 &&
	       g_strcmp0(a->hint_node, b->hint_node) == 0;
}

static struct endpoint *copy_endpoints(const struct endpoint *from, size_t n)
{
	struct endpoint *to = g_new0(struct endpoint, n);

	for (size_t i = 0; i < n; i++) {
		endpoint_copy(&to[i], &from[i]);
	}
	return to;
}

static void free_endpoints(struct endpoint *endpoints, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		endpoint_clear(&endpoints[i]);
	}
	g_free(endpoints);
}

static struct endpoint_port *copy_ports(const struct endpoint_port *from, size_t n)
{
	struct endpoint_port *to = g_memdup2(from, n * sizeof(*from));

	for (size_t i = 0; i < n; i++) {
		to[i].name = g_strdup(from[i].name);
	}
	return to;
}

static void free_ports(struct endpoint_port *ports, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		g_free(ports[i].name);
	}
	g_free(ports);
}

void endpoint_slice_copy_parts(struct object *object, const struct object *from)
{
	struct endpoint_slice *slice = ENDPOINT_SLICE(object);
	const struct endpoint_slice *original = ENDPOINT_SLICE(from);

	slice->ports = copy_ports(original->ports, original->n_ports);
	slice->endpoints = copy_endpoints(original->endpoints, original->n_endpoints);
}

void endpoint_slice_clear_parts(struct object *object)
{
	struct endpoint_slice *slice = ENDPOINT_SLICE(object);

	free_ports(slice->ports, slice->n_ports);
	free_endpoints(slice->endpoints, slice->n_endpoints);
}

void endpoints_copy_parts(struct object *object, const struct object *from)
{
	struct endpoints *endpoints = ENDPOINTS(object);
	const struct endpoints *original = ENDPOINTS(from);

	endpoints->subsets =
	    g_memdup2(original->subsets, original->n_subsets * sizeof(*original->subsets));
	for (size_t i = 0; i < endpoints->n_subsets; i++) {
		struct endpoint_subset *subset = &endpoints->subsets[i];

		subset->addresses = copy_endpoints(subset->addresses, subset->n_addresses);
		subset->not_ready_addresses =
		    copy_endpoints(subset->not_ready_addresses, subset->n_not_ready_addresses);
		subset->ports = copy_ports(subset->ports, subset->n_ports);
	}
}

void endpoints_clear_parts(struct object *object)
{
	struct endpoints *endpoints = ENDPOINTS(object);

	for (size_t i = 0; i < endpoints->n_subsets; i++) {
		struct endpoint_subset *subset = &endpoints->subsets[i];

		free_endpoints(subset->addresses, subset->n_addresses);
		free_endpoints(subset->not_ready_addresses, subset->n_not_ready_addresses);
		free_ports(subset->ports, subset->n_ports);
	}
	g_free(endpoints->subsets);
}

/* --- nodes and events --- */

void node_copy_parts(struct object *object, const struct object *from)
{
	struct node *node = NODE(object);
	const struct node *original = NODE(from);

	resource_list_copy(&node->capacity, &original->capacity);
	resource_list_copy(&node->allocatable, &original->allocatable);
	resource_list_copy(&node->other_requests, &original->other_requests);
	ref_string_ref(node->internal_ip);
	node->taints = g_memdup2(original->taints, original->n_taints * sizeof(*original->taints));
	for (size_t i = 0; i < node->n_taints; i++) {
		node->taints[i].key = g_strdup(original->taints[i].key);
		node->taints[i].value = g_strdup(original->taints[i].value);
	}
	conditions_copy(&node->conditions, &original->conditions);
}

void node_clear_parts(struct object *object)
{
	struct node *node = NODE(object);

	resource_list_clear(&node->capacity);
	resource_list_clear(&node->allocatable);
	resource_list_clear(&node->other_requests);
	g_clear_pointer(&node->internal_ip, g_ref_string_release);
	for (size_t i = 0; i < node->n_taints; i++) {
		g_free(node->taints[i].key);
		g_free(node->taints[i].value);
	}
	g_free(node->taints);
	conditions_clear(&node->conditions);
}

void event_copy_parts(struct object *object, const struct object *from)
{
	struct event *event = EVENT(object);

	(void)from;
	ref_string_ref(event->regarding_name);
	ref_string_ref(event->regarding_uid);
	ref_string_ref(event->field_path);
	ref_string_ref(event->message);
	ref_string_ref(event->host);
}

void event_clear_parts(struct object *object)
{
	struct event *event = EVENT(object);

	g_clear_pointer(&event->regarding_name, g_ref_string_release);
	g_clear_pointer(&event->regarding_uid, g_ref_string_release);
	g_clear_pointer(&event->field_path, g_ref_string_release);
	g_clear_pointer(&event->message, g_ref_string_release);
	g_clear_pointer(&event->host, g_ref_string_release);
}
