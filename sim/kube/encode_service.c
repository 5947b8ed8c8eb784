#include "kube/encode.h"

#include "kube/service.h"

/* --- Services --- */

static void put_target_port(struct doc *map, const struct port_reference *target)
{
	if (target->name != NULL) {
		doc_set_string(map, "targetPort", target->name);
	} else {
		doc_set_int(map, "targetPort", target->number);
	}
}

/* The spec of a Service that no user made. */
static void put_service_spec(struct doc *spec, const struct service *service)
{
	struct doc *ports = put_list(spec, "ports");

	for (size_t i = 0; i < service->n_ports; i++) {
		const struct service_port *port = &service->ports[i];
		struct doc *out = add_map(ports);

		doc_set_string(out, "name", port->name);
		doc_set_int(out, "port", port->port);
		doc_set_string(out, "protocol", port->protocol);
		put_target_port(out, &port->target_port);
	}
	put_string_map(spec, "selector", service->selector);
	doc_set_string(spec, "type", service->type);
	doc_set_string(spec, "sessionAffinity", service->session_affinity ? "ClientIP" : "None");
	doc_set_string(spec, "internalTrafficPolicy",
	               service->internal_local ? "Local" : "Cluster");
	doc_set_string(spec, "trafficDistribution", service->traffic_distribution);
	if (service->publish_not_ready_addresses) {
		doc_set_bool(spec, "publishNotReadyAddresses", true);
	}
}

void encode_service(const struct encoder *encoder, const struct object *object)
{
	const struct service *service = SERVICE(object);
	struct doc *spec = put_spec(encoder, object);

	if (object->source == NULL) {
		put_service_spec(spec, service);
	}
	/* Addresses and node ports are given out after the manifest was read. */
	if (service->cluster_ip != NULL) {
		doc_set_string(spec, "clusterIP", service->cluster_ip);
		if (doc_get(spec, "clusterIPs") == NULL) {
			add_text(put_list(spec, "clusterIPs"), service->cluster_ip);
		}
	}
	struct doc *ports = doc_get(spec, "ports");

	for (size_t i = 0; i < service->n_ports && i < doc_length(ports); i++) {
		if (service->ports[i].node_port != 0) {
			doc_set_int(doc_at(ports, i), "nodePort", service->ports[i].node_port);
		}
	}
	put_map(put_map(encoder->out, "status"), "loadBalancer");
}

/* --- endpoints --- */

static void put_target(const struct object *object, struct doc *out,
                       const struct endpoint *endpoint)
{
	if (endpoint->pod_name == NULL) {
		return;
	}
	struct doc *target = put_map(out, "targetRef");

	doc_set_string(target, "kind", "Pod");
	doc_set_string(target, "name", endpoint->pod_name);
	doc_set_string(target, "namespace", object->meta.namespace);
	doc_set_string(target, "uid", endpoint->pod_uid);
}

static void put_hint(struct doc *out, const char *key, const char *name)
{
	if (name == NULL) {
		return;
	}
	struct doc *hints = doc_get(out, "hints");

	if (hints == NULL) {
		hints = put_map(out, "hints");
	}
	doc_set_string(add_map(put_list(hints, key)), "name", name);
}

void encode_endpoint_slice(const struct encoder *encoder, const struct object *object)
{
	const struct endpoint_slice *slice = ENDPOINT_SLICE(object);
	struct doc *endpoints = put_list(encoder->out, "endpoints");
	struct doc *ports = put_list(encoder->out, "ports");

	doc_set_string(encoder->out, "addressType", slice->address_type);
	for (size_t i = 0; i < slice->n_endpoints; i++) {
		const struct endpoint *endpoint = &slice->endpoints[i];
		struct doc *out = add_map(endpoints);
		struct doc *conditions = put_map(out, "conditions");

		add_text(put_list(out, "addresses"), endpoint->address);
		doc_set_bool(conditions, "ready", endpoint->ready);
		doc_set_bool(conditions, "serving", endpoint->serving);
		doc_set_bool(conditions, "terminating", endpoint->terminating);
		put_hint(out, "forZones", endpoint->hint_zone);
		put_hint(out, "forNodes", endpoint->hint_node);
		doc_set_string(out, "hostname", endpoint->hostname);
		doc_set_string(out, "nodeName", endpoint->node_name);
		put_target(object, out, endpoint);
		doc_set_string(out, "zone", endpoint->zone);
	}
	for (size_t i = 0; i < slice->n_ports; i++) {
		struct doc *out = add_map(ports);

		doc_set_string(out, "name",
		               slice->ports[i].name == NULL ? "" : slice->ports[i].name);
		doc_set_int(out, "port", slice->ports[i].port);
		doc_set_string(out, "protocol", slice->ports[i].protocol);
	}
}

static void put_addresses(const struct object *object, struct doc *out, const char *key,
                          const struct endpoint *addresses, size_t n)
{
	if (n == 0) {
		return;
	}
	struct doc *list = put_list(out, key);

	for (size_t i = 0; i < n; i++) {
		struct doc *address = add_map(list);

		doc_set_string(address, "hostname", addresses[i].hostname);
		doc_set_string(address, "ip", addresses[i].address);
		doc_set_string(address, "nodeName", addresses[i].node_name);
		put_target(object, address, &addresses[i]);
	}
}

void encode_endpoints(const struct encoder *encoder, const struct object *object)
{
	const struct endpoints *endpoints = ENDPOINTS(object);

	if (endpoints->n_subsets == 0) {
		return;
	}
	struct doc *subsets = put_list(encoder->out, "subsets");

	for (size_t i = 0; i < endpoints->n_subsets; i++) {
		const struct endpoint_subset *subset = &endpoints->subsets[i];
		struct doc *out = add_map(subsets);

		put_addresses(object, out, "addresses", subset->addresses, subset->n_addresses);
		put_addresses(object, out, "notReadyAddresses", subset->not_ready_addresses,
		              subset->n_not_ready_addresses);
		if (subset->n_ports == 0) {
			continue;
		}
		struct doc *ports = put_list(out, "ports");

		for (size_t j = 0; j < subset->n_ports; j++) {
			struct doc *port = add_map(ports);

			put_text_unless_empty(port, "name", subset->ports[j].name);
			doc_set_int(port, "port", subset->ports[j].port);
			doc_set_string(port, "protocol", subset->ports[j].protocol);
		}
	}
}

/* --- Nodes and Events --- */

static void put_taints(struct doc *spec, const struct node *node)
{
	if (node->n_taints == 0) {
		return;
	}
	struct doc *list = put_list(spec, "taints");

	for (size_t i = 0; i < node->n_taints; i++) {
		struct doc *taint = add_map(list);

		doc_set_string(taint, "effect", node->taints[i].effect);
		doc_set_string(taint, "key", node->taints[i].key);
		put_text_unless_empty(taint, "value", node->taints[i].value);
	}
}

static void add_address(struct doc *list, const char *type, const char *address)
{
	if (address != NULL) {
		struct doc *out = add_map(list);

		doc_set_string(out, "address", address);
		doc_set_string(out, "type", type);
	}
}

void encode_node(const struct encoder *encoder, const struct object *object)
{
	const struct node *node = NODE(object);
	struct doc *spec = put_spec(encoder, object);

	put_taints(spec, node);
	doc_remove(spec, "unschedulable");
	if (node->unschedulable) {
		doc_set_bool(spec, "unschedulable", true);
	}
	struct doc *status = put_map(encoder->out, "status");
	struct doc *addresses = put_list(status, "addresses");

	add_address(addresses, "InternalIP", node->internal_ip);
	add_address(addresses, "Hostname", object->meta.name);
	put_amounts(status, "allocatable", &node->allocatable);
	put_amounts(status, "capacity", &node->capacity);
	put_conditions(encoder, status, &node->conditions, CONDITIONS_OF_NODE);
}

void encode_event(const struct encoder *encoder, const struct object *object)
{
	const struct event *event = EVENT(object);
	struct doc *out = encoder->out;
	struct doc *regarding = put_map(out, "involvedObject");
	struct doc *source = put_map(out, "source");

	doc_set_string(regarding, "apiVersion", encode_api_version(event->regarding_kind));
	doc_set_string(regarding, "fieldPath", event->field_path);
	doc_set_string(regarding, "kind", object_kind_name(event->regarding_kind));
	doc_set_string(regarding, "name", event->regarding_name);
	if (event->regarding_kind != KIND_NODE) {
		doc_set_string(regarding, "namespace", object->meta.namespace);
	}
	doc_set_string(regarding, "uid", event->regarding_uid);
	doc_set_string(source, "component", event->source);
	doc_set_string(source, "host", event->host);
	doc_set_int(out, "count", event->count);
	doc_set_null(out, "eventTime");
	put_time(encoder, out, "firstTimestamp", event->first_time);
	put_time(encoder, out, "lastTimestamp", event->last_time);
	doc_set_string(out, "message", event->message);
	doc_set_string(out, "reason", event->reason);
	doc_set_string(out, "reportingComponent", event->source);
	doc_set_string(out, "reportingInstance", event->host == NULL ? "" : event->host);
	doc_set_string(out, "type", event->warning ? "Warning" : "Normal");
}
