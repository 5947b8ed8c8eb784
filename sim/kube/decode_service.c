#include "kube/decode.h"
#include "kube/names.h"

#include <string.h>

static const char *const protocols[] = {"TCP", "UDP", "SCTP", NULL};

static void decode_service_port(struct decoder *decoder, const struct place *at, size_t n,
                                struct service_port *port)
{
	const struct place name = place_field(at, "name");
	const struct place number = place_field(at, "port");
	const struct place target = place_field(at, "targetPort");
	const struct place protocol = place_field(at, "protocol");
	const struct place node_port = place_field(at, "nodePort");

	if (n > 1 || doc_string(name.doc) != NULL) {
		if (n == 1 || fault_unless_given(decoder, &name,
		                                 "a name, since there is more than one port")) {
			if (doc_string(name.doc) != NULL && *doc_string(name.doc) != '\0') {
				check_label(decoder, &name);
			}
		}
	}
	if (fault_unless_given(decoder, &number, "a port, 1 to 65535")) {
		check_port_number(decoder, &number);
	}
	check_port_reference(decoder, &target);
	port->where = doc_where(at->doc);
	port->name =
	    g_strcmp0(doc_string(name.doc), "") == 0 ? NULL : g_strdup(doc_string(name.doc));
	port->port = (int)field_int(at, "port", 0);
	port->target_port = decode_port_reference(&target);
	if (target.doc == NULL) {
		port->target_port.number = port->port;
	}
	port->node_port = (int)field_int(at, "nodePort", 0);
	port->protocol = fault_unless_one_of(decoder, &protocol, protocols);
	if (port->protocol == NULL) {
		port->protocol = g_intern_static_string("TCP");
	}
	if (port->node_port != 0) {
		check_port_number(decoder, &node_port);
	}
}

static void check_port_is_own(struct decoder *decoder, const struct place *ports,
                              const struct service *service, size_t index)
{
	const struct service_port *port = &service->ports[index];
	const struct place item = place_item(ports, index);

	for (size_t i = 0; i < index; i++) {
		const struct service_port *other = &service->ports[i];
		const bool same_protocol = port->protocol == other->protocol;

		if (port->name != NULL && g_strcmp0(port->name, other->name) == 0) {
			const struct place name = place_field(&item, "name");

			fault(decoder, &name,
			      "\"%s\" is given twice; expected a name of its own for each port",
			      port->name);
			return;
		}
		if (port->port != 0 && port->port == other->port && same_protocol) {
			const struct place number = place_field(&item, "port");

			fault(decoder, &number,
			      "%d/%s is given twice; expected each port once per protocol",
			      port->port, port->protocol);
			return;
		}
		if (port->node_port != 0 && port->node_port == other->node_port && same_protocol) {
			const struct place number = place_field(&item, "nodePort");

			fault(decoder, &number,
			      "%d/%s is given twice; expected each node port once per protocol",
			      port->node_port, port->protocol);
			return;
		}
	}
}

static void decode_ports(struct decoder *decoder, const struct place *spec, struct service *service)
{
	const struct place ports = place_field(spec, "ports");
	const size_t n = doc_kind_of(ports.doc) == DOC_LIST ? doc_length(ports.doc) : 0;
	const bool external_name = g_strcmp0(service->type, "ExternalName") == 0;

	if (ports.doc == NULL && !external_name && !service_is_headless(service)) {
		fault(decoder, &ports, "is missing; expected at least one port");
	}
	service->ports = g_new0(struct service_port, n);
	service->n_ports = n;
	for (size_t i = 0; i < n; i++) {
		const struct place item = place_item(&ports, i);
		const struct place node_port = place_field(&item, "nodePort");

		decode_service_port(decoder, &item, n, &service->ports[i]);
		check_port_is_own(decoder, &ports, service, i);
		if (service->ports[i].node_port != 0 &&
		    (g_strcmp0(service->type, "ClusterIP") == 0 || external_name)) {
			fault(decoder, &node_port,
			      "is not allowed with type %s; expected NodePort or "
			      "LoadBalancer with it",
			      service->type);
		}
	}
}

static void decode_addresses(struct decoder *decoder, const struct place *spec,
                             struct service *service)
{
	const struct place cluster_ip = place_field(spec, "clusterIP");
	const struct place external_name = place_field(spec, "externalName");
	const char *ip = doc_string(cluster_ip.doc);
	const bool external = g_strcmp0(service->type, "ExternalName") == 0;

	if (ip != NULL && *ip != '\0') {
		service->cluster_ip = g_strdup(ip);
		if (external) {
			fault(decoder, &cluster_ip,
			      "is not allowed with type ExternalName; expected none");
		} else if (strcmp(ip, "None") == 0) {
			if (g_strcmp0(service->type, "ClusterIP") != 0 && service->type != NULL) {
				fault(decoder, &cluster_ip,
				      "None is not allowed with type %s; expected "
				      "ClusterIP with it",
				      service->type);
			}
		} else if (!g_hostname_is_ip_address(ip)) {
			fault(decoder, &cluster_ip,
			      "\"%s\" is no IP address; expected one, or None", ip);
		}
	}
	if (external) {
		fault_unless_given(decoder, &external_name,
		                   "a host's name, since the type is ExternalName");
	}
	check_subdomain(decoder, &external_name);
}

static void decode_affinity(struct decoder *decoder, const struct place *spec,
                            struct service *service)
{
	static const char *const affinities[] = {"None", "ClientIP", NULL};
	const struct place affinity = place_field(spec, "sessionAffinity");
	const struct place config = place_field(spec, "sessionAffinityConfig");
	const struct place client = place_field(&config, "clientIP");

	service->session_affinity =
	    g_strcmp0(fault_unless_one_of(decoder, &affinity, affinities), "ClientIP") == 0;
	if (service->session_affinity) {
		service->affinity_timeout_seconds =
		    (int32_t)field_int_within(decoder, &client, "timeoutSeconds", 10800, 1, 86400);
	} else if (config.doc != NULL && g_strcmp0(doc_string(affinity.doc), "None") == 0) {
		fault(decoder, &config,
		      "is not allowed with sessionAffinity None; expected ClientIP with it");
	}
}

static void decode_policies(struct decoder *decoder, const struct place *spec,
                            struct service *service)
{
	static const char *const policies[] = {"Cluster", "Local", NULL};
	static const char *const distributions[] = {"PreferClose", "PreferSameZone",
	                                            "PreferSameNode", NULL};
	const struct place internal = place_field(spec, "internalTrafficPolicy");
	const struct place external = place_field(spec, "externalTrafficPolicy");
	const struct place distribution = place_field(spec, "trafficDistribution");

	service->internal_local =
	    g_strcmp0(fault_unless_one_of(decoder, &internal, policies), "Local") == 0;
	if (external.doc != NULL && g_strcmp0(service->type, "ClusterIP") == 0 &&
	    !field_present(spec, "externalIPs")) {
		fault(decoder, &external,
		      "is not allowed with type ClusterIP; expected NodePort or "
		      "LoadBalancer with it");
	} else {
		service->external_local =
		    g_strcmp0(fault_unless_one_of(decoder, &external, policies), "Local") == 0;
	}
	service->traffic_distribution = fault_unless_one_of(decoder, &distribution, distributions);
}

void decode_service(struct decoder *decoder, const struct place *at, struct object *object)
{
	static const char *const types[] = {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName",
	                                    NULL};
	struct service *service = SERVICE(object);
	const struct place spec = place_field(at, "spec");
	const struct place type = place_field(&spec, "type");
	const struct place selector = place_field(&spec, "selector");

	if (spec.doc == NULL) {
		fault(decoder, &spec, "is missing; expected the spec of a Service");
		return;
	}
	service->type = fault_unless_one_of(decoder, &type, types);
	check_labels(decoder, &selector);
	service->selector = field_string_map(&spec, "selector");
	service->publish_not_ready_addresses = field_bool(&spec, "publishNotReadyAddresses", false);
	decode_addresses(decoder, &spec, service);
	decode_ports(decoder, &spec, service);
	decode_affinity(decoder, &spec, service);
	decode_policies(decoder, &spec, service);
}
