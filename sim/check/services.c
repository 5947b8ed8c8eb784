/* services.c - Services that lead nowhere. */

#include "check/set.h"

#include "rules/endpoints.h"

#include <stdlib.h>
#include <string.h>

/* --- selectors --- */

/* How many of the selector's pairs @labels have. */
static size_t pairs_met(const struct string_map *selector, const struct string_map *labels)
{
	size_t n = 0;

	for (size_t i = 0; i < string_map_size(selector); i++) {
		n += g_strcmp0(string_map_get(labels, string_map_key_at(selector, i)),
		               string_map_value_at(selector, i)) == 0;
	}
	return n;
}

/* The workload in the Service's namespace whose labels come nearest; *@n all of them. */
static const struct workload *nearest_workload(const struct check_set *set,
                                               const struct service *service, unsigned *n)
{
	const struct workload *nearest = NULL;
	size_t best = 0;

	*n = 0;
	for (unsigned i = 0; i < set->workloads->len; i++) {
		const struct workload *workload = set->workloads->pdata[i];
		size_t met;

		if (g_strcmp0(workload->namespace, service->object.meta.namespace) != 0) {
			continue;
		}
		met = pairs_met(service->selector, workload->labels);
		met = 2 * met + (g_strcmp0(workload->name, service->object.meta.name) == 0);
		if (!nearest || met > best) {
			nearest = workload;
			best = met;
		}
		++*n;
	}
	return nearest;
}

static void selects_nothing(struct check_set *set, const struct service *service)
{
	unsigned n;
	const struct workload *nearest = nearest_workload(set, service, &n);
	g_autofree char *wanted = string_map_to_string(service->selector);
	g_autofree char *label = g_strdup_printf("service/%s", service->object.meta.name);
	g_autofree char *labels = nearest ? string_map_to_string(nearest->labels) : NULL;
	bool known = nearest && !set->has_operators;
	struct check_finding *finding =
	    found(set, "service-selects-nothing", known ? CHECK_WARNING : CHECK_NOTE, label,
	          place_of_field(service->object.source, "spec", "selector", NULL),
	          "no pod of these manifests in namespace %s has %s%s%s%s%s",
	          service->object.meta.namespace, wanted, nearest ? "; the pods of " : "",
	          nearest ? nearest->label : "", nearest ? " have " : "", nearest ? labels : "");

	if (known) {
		finding_why(finding, "a Service without endpoints refuses every connection");
		finding_do(finding,
		           "give selector and pod labels the same pairs, in one namespace");
		finding_costs(finding, "every request to service/%s fails",
		              service->object.meta.name);
	} else {
		finding_why(finding, "%s",
		            set->has_operators
		                ? "an operator may make such pods; that is not known here"
		                : "its pods may be in other files; check them together");
	}
}

/* --- ports --- */

static bool port_is_there(const struct service_port *port, const struct pod_spec *spec,
                          bool *declared_any)
{
	for (size_t i = 0; i < spec->n_containers + spec->n_init_containers; i++) {
		const struct container *container =
		    i < spec->n_containers ? &spec->containers[i]
					   : &spec->init_containers[i - spec->n_containers];

		if (i >= spec->n_containers && !container->always_restarts) {
			continue;
		}
		for (size_t k = 0; k < container->n_ports; k++) {
			const struct container_port *own = &container->ports[k];

			*declared_any = true;
			if (port->target_port.number
			        ? own->number == port->target_port.number
			        : g_strcmp0(own->name, port->target_port.name) == 0 &&
			              g_strcmp0(own->protocol, port->protocol) == 0) {
				return true;
			}
		}
	}
	return false;
}

/* True when some container declares no port, so that it may listen on any. */
static bool has_silent_container(const struct pod_spec *spec)
{
	for (size_t i = 0; i < spec->n_containers; i++) {
		if (spec->containers[i].n_ports == 0) {
			return true;
		}
	}
	return false;
}

static char *all_ports(const struct pod_spec *spec)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < spec->n_containers; i++) {
		const struct container *container = &spec->containers[i];

		for (size_t k = 0; k < container->n_ports; k++) {
			const struct container_port *port = &container->ports[k];

			g_string_append_printf(text, "%s%d%s%s%s", text->len ? ", " : "",
			                       port->number, port->name ? " (" : "",
			                       port->name ? port->name : "", port->name ? ")" : "");
		}
	}
	return g_string_free(text, FALSE);
}

static void port_missing(struct check_set *set, const struct service *service,
                         const struct service_port *port, const struct workload *workload,
                         bool declared_any)
{
	const bool named = port->target_port.number == 0;
	g_autofree char *ports = all_ports(workload->spec);
	g_autofree char *number = g_strdup_printf("%d", port->target_port.number);
	g_autofree char *label = g_strdup_printf("service/%s", service->object.meta.name);
	bool sure = named || (set->scenario && !has_silent_container(workload->spec));
	enum check_severity severity = sure ? CHECK_ERROR
	                               : declared_any && !has_silent_container(workload->spec)
	                                   ? CHECK_WARNING
	                                   : CHECK_NOTE;
	struct check_finding *finding =
	    found(set, "service-port-missing", severity, label, port->where,
	          "targetPort %s of port %d is no %s port that the pods of %s declare%s%s",
	          named ? port->target_port.name : number, port->port,
	          port->protocol ? port->protocol : "TCP", workload->label,
	          declared_any ? "; they declare " : "", ports);

	if (named) {
		finding_why(finding,
		            "a name that a pod does not have is left out of its endpoints: the "
		            "port leads nowhere");
	} else {
		finding_why(finding,
		            "a container may listen on a port that it does not declare; if it "
		            "does not, every connection is refused");
	}
	finding_do(finding, "name one of the declared ports, or declare this one");
	if (severity != CHECK_NOTE) {
		finding_costs(finding, "every request to service/%s port %d fails%s",
		              service->object.meta.name, port->port,
		              named ? "" : " unless something listens there");
	}
}

static void check_ports(struct check_set *set, const struct service *service,
                        const struct workload *workload)
{
	for (size_t i = 0; i < service->n_ports; i++) {
		bool declared_any = false;

		if (!port_is_there(&service->ports[i], workload->spec, &declared_any) &&
		    (declared_any || service->ports[i].target_port.number == 0)) {
			port_missing(set, service, &service->ports[i], workload, declared_any);
		}
	}
}

void check_services(struct check_set *set)
{
	for (unsigned i = 0; i < set->services->len; i++) {
		const struct service *service = set->services->pdata[i];
		bool selects = false;

		if (!service_has_endpoints(service)) {
			continue;
		}
		for (unsigned k = 0; k < set->workloads->len; k++) {
			const struct workload *workload = set->workloads->pdata[k];

			if (service_selects(service, workload->namespace, workload->labels)) {
				selects = true;
				check_ports(set, service, workload);
			}
		}
		if (!selects) {
			selects_nothing(set, service);
		}
	}
}
