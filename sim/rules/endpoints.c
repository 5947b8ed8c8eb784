/* endpoints.c - which pods stand behind a Service, and what an EndpointSlice says of each. */

#include "rules/endpoints.h"

#include "rules/endpoints_address.h"

#include <string.h>

#define ZONE_LABEL "topology.kubernetes.io/zone"
#define MAX_RETRIES 15

static bool is_set(const char *text)
{
	return text && *text;
}

/* An absent string and an empty one are the same to the API. */
static bool same_text(const char *a, const char *b)
{
	return a == b || strcmp(a ? a : "", b ? b : "") == 0;
}

struct endpoint_pod endpoint_pod_of(const struct pod *pod)
{
	const struct object_meta *meta = &pod->object.meta;

	return (struct endpoint_pod){
	    .namespace = meta->namespace,
	    .name = meta->name,
	    .uid = meta->uid,
	    .phase = pod->phase,
	    .ips = (const char *const *)&pod->pod_ip,
	    .n_ips = 1,
	    .ready = pod_is_ready(pod),
	    .terminating = pod_is_terminating(pod),
	    .node_name = pod->node_name,
	    .hostname = pod->spec ? pod->spec->hostname : NULL,
	    .subdomain = pod->spec ? pod->spec->subdomain : NULL,
	    .labels = meta->labels,
	    .spec = pod->spec,
	    .shared = true,
	};
}

/* --- Services --- */

bool service_has_endpoints(const struct service *service)
{
	return string_map_size(service->selector) > 0 && !same_text(service->type, "ExternalName");
}

bool service_selects(const struct service *service, const char *namespace,
                     const struct string_map *labels)
{
	if (!service_has_endpoints(service) ||
	    !same_text(service->object.meta.namespace, namespace)) {
		return false;
	}
	for (size_t i = 0; i < string_map_size(service->selector); i++) {
		const char *has = string_map_get(labels, string_map_key_at(service->selector, i));

		if (!has || strcmp(has, string_map_value_at(service->selector, i)) != 0) {
			return false;
		}
	}
	return true;
}

const char *service_address_type(const struct service *service)
{
	return service->cluster_ip && strchr(service->cluster_ip, ':') ? "IPv6" : "IPv4";
}

/* --- pods --- */

bool endpoints_include_pod(const struct endpoint_pod *pod, bool include_terminating)
{
	bool has_ip = false;

	if (pod->phase == POD_SUCCEEDED || pod->phase == POD_FAILED) {
		return false;
	}
	for (size_t i = 0; i < pod->n_ips; i++) {
		has_ip = has_ip || is_set(pod->ips[i]);
	}
	return has_ip && (include_terminating || !pod->terminating);
}

/* A reference to @text, which is one of @pod. */
static GRefString *text_of(const struct endpoint_pod *pod, const char *text)
{
	return text && pod->shared ? g_ref_string_acquire((char *)text) : ref_string(text);
}

/* The first address of @pod that is of @address_type, as the API writes it; NULL when none is. */
static GRefString *address_of(const struct endpoint_pod *pod, const char *address_type)
{
	bool wants_ipv6 = same_text(address_type, "IPv6");

	for (size_t i = 0; i < pod->n_ips; i++) {
		bool ipv6 = false;

		if (!wants_ipv6 && is_set(pod->ips[i]) && endpoint_address_is_plain(pod->ips[i])) {
			return text_of(pod, pod->ips[i]);
		}
		g_autofree char *address =
		    is_set(pod->ips[i]) ? endpoint_address_canonical(pod->ips[i], &ipv6) : NULL;

		if (address && ipv6 == wants_ipv6) {
			return ref_string(address);
		}
	}
	return NULL;
}

bool endpoint_of_pod(struct endpoint *endpoint, const struct endpoint_pod *pod,
                     const struct string_map *node_labels, const struct service *service,
                     const char *address_type)
{
	GRefString *address = address_of(pod, address_type);
	const char *zone = string_map_get(node_labels, ZONE_LABEL);

	if (!address) {
		return false;
	}
	endpoint->address = address;
	endpoint->pod_name = text_of(pod, pod->name);
	endpoint->pod_uid = text_of(pod, pod->uid);
	endpoint->node_name = is_set(pod->node_name) ? text_of(pod, pod->node_name) : NULL;
	endpoint->zone = is_set(zone) ? ref_string(zone) : NULL;
	if (is_set(pod->hostname) && same_text(pod->subdomain, service->object.meta.name) &&
	    same_text(pod->namespace, service->object.meta.namespace)) {
		endpoint->hostname = ref_string(pod->hostname);
	}
	endpoint->serving = pod->ready;
	endpoint->terminating = pod->terminating;
	/* Older readers know only `ready`, which is therefore never true of a terminating pod. */
	endpoint->ready = service->publish_not_ready_addresses || (pod->ready && !pod->terminating);
	return true;
}

static bool same_ips(const struct endpoint_pod *a, const struct endpoint_pod *b)
{
	size_t i = 0, j = 0;

	for (;; i++, j++) {
		while (i < a->n_ips && !is_set(a->ips[i])) {
			i++;
		}
		while (j < b->n_ips && !is_set(b->ips[j])) {
			j++;
		}
		if (i >= a->n_ips || j >= b->n_ips) {
			return i >= a->n_ips && j >= b->n_ips;
		}
		if (strcmp(a->ips[i], b->ips[j]) != 0) {
			return false;
		}
	}
}

void endpoints_pod_changed(const struct endpoint_pod *before, const struct endpoint_pod *after,
                           bool *endpoints_changed, bool *membership_changed)
{
	*membership_changed = !string_map_equal(before->labels, after->labels) ||
	                      !same_text(before->hostname, after->hostname) ||
	                      !same_text(before->subdomain, after->subdomain);
	*endpoints_changed = before->terminating != after->terminating ||
	                     before->ready != after->ready || !same_ips(before, after);
}

bool endpoints_service_cares(const struct service *service, const struct endpoint_pod *before,
                             const struct endpoint_pod *after)
{
	bool selects = service_selects(service, after->namespace, after->labels);
	bool selected = service_selects(service, before->namespace, before->labels);
	bool endpoints_changed, membership_changed;

	endpoints_pod_changed(before, after, &endpoints_changed, &membership_changed);
	return endpoints_changed ? selects || selected : membership_changed && selects != selected;
}

/* --- ports --- */

static int number_in(const struct container *container, const struct service_port *wanted)
{
	for (size_t i = 0; i < container->n_ports; i++) {
		const struct container_port *port = &container->ports[i];

		if (port->name && strcmp(port->name, wanted->target_port.name) == 0 &&
		    same_text(port->protocol, wanted->protocol)) {
			return port->number;
		}
	}
	return 0;
}

/* The number of @wanted in a pod of @spec, 0 when the pod does not have it: containers first, then
 * sidecars. A number needs no declaration. */
static int find_port(const struct pod_spec *spec, const struct service_port *wanted)
{
	int number = wanted->target_port.number;

	if (!is_set(wanted->target_port.name)) {
		return number ? number : wanted->port;
	}
	for (size_t i = 0; spec && !number && i < spec->n_containers; i++) {
		number = number_in(&spec->containers[i], wanted);
	}
	for (size_t i = 0; spec && !number && i < spec->n_init_containers; i++) {
		if (spec->init_containers[i].always_restarts) {
			number = number_in(&spec->init_containers[i], wanted);
		}
	}
	return number;
}

struct endpoint_port *endpoint_ports_of(const struct service *service, const struct pod_spec *spec,
                                        size_t *n)
{
	struct endpoint_port *ports = g_new0(struct endpoint_port, service->n_ports + 1);

	*n = 0;
	for (size_t i = 0; i < service->n_ports; i++) {
		int number = find_port(spec, &service->ports[i]);

		if (number) {
			ports[*n].name = g_strdup(service->ports[i].name);
			ports[*n].port = number;
			ports[*n].protocol = service->ports[i].protocol;
			(*n)++;
		}
	}
	return ports;
}

struct endpoint_port *endpoint_ports_copy(const struct endpoint_port *ports, size_t n)
{
	struct endpoint_port *copy = g_new0(struct endpoint_port, n + 1);

	for (size_t i = 0; i < n; i++) {
		copy[i] = ports[i];
		copy[i].name = g_strdup(ports[i].name);
	}
	return copy;
}

void endpoint_ports_free(struct endpoint_port *ports, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		g_free(ports[i].name);
	}
	g_free(ports);
}

static bool same_port(const struct endpoint_port *a, const struct endpoint_port *b)
{
	return a->port == b->port && same_text(a->name, b->name) &&
	       same_text(a->protocol, b->protocol);
}

static size_t count_port(const struct endpoint_port *ports, size_t n,
                         const struct endpoint_port *port)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		count += same_port(&ports[i], port);
	}
	return count;
}

bool endpoint_ports_equal(const struct endpoint_port *a, size_t n_a, const struct endpoint_port *b,
                          size_t n_b)
{
	bool equal = n_a == n_b;

	for (size_t i = 0; equal && i < n_a; i++) {
		equal = count_port(a, n_a, &a[i]) == count_port(b, n_b, &a[i]);
	}
	return equal;
}

/* --- retries --- */

static sim_time doubled(sim_time first, sim_time most, unsigned failures)
{
	sim_time delay = first;

	if (failures > MAX_RETRIES) {
		return SIM_NEVER;
	}
	for (unsigned i = 1; i < failures && delay < most; i++) {
		delay *= 2;
	}
	return MIN(delay, most);
}

sim_time endpoint_slice_retry_delay(unsigned failures)
{
	return doubled(SIM_SECOND, 1000 * SIM_SECOND, failures);
}

sim_time endpoints_retry_delay(unsigned failures)
{
	return doubled(5 * SIM_MILLISECOND, 1000 * SIM_SECOND, failures);
}
