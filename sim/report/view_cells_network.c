/* view_cells_network.c - cells of Services, endpoints, autoscalers and Events. */

#include "kube/quantity.h"
#include "report/view_table.h"
#include "rules/endpoints_print.h"

#include <string.h>

static void add(GPtrArray *cells, char *text)
{
	g_ptr_array_add(cells, text);
}

static void add_age(GPtrArray *cells, const struct view *view, const struct object *object)
{
	add(cells, view_age(view, object->meta.creation_time));
}

/* --- Services --- */

static char *external_ip(const struct object *object)
{
	const struct service *service = SERVICE(object);
	const struct doc *ips = doc_find(object->source, "spec", "externalIPs", NULL);
	const char *name = doc_text(doc_find(object->source, "spec", "externalName", NULL));
	GString *text = g_string_new(NULL);

	if (g_strcmp0(service->type, "ExternalName") == 0 && name) {
		g_string_append(text, name);
	}
	for (size_t i = 0; i < doc_length(ips); i++) {
		g_string_append_printf(text, "%s%s", i ? "," : "", doc_text(doc_at(ips, i)));
	}
	if (text->len == 0) {
		g_string_append(text, g_strcmp0(service->type, "LoadBalancer") == 0 ? "<pending>"
		                                                                    : "<none>");
	}
	return g_string_free(text, FALSE);
}

static char *service_ports(const struct service *service)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < service->n_ports; i++) {
		const struct service_port *port = &service->ports[i];

		g_string_append_printf(text, "%s%d", i ? "," : "", port->port);
		if (port->node_port) {
			g_string_append_printf(text, ":%d", port->node_port);
		}
		g_string_append_printf(text, "/%s", port->protocol ? port->protocol : "TCP");
	}
	if (text->len == 0) {
		g_string_append(text, "<none>");
	}
	return g_string_free(text, FALSE);
}

static void service_cells(const struct view *view, const struct object *object, GPtrArray *cells)
{
	const struct service *service = SERVICE(object);

	add(cells, g_strdup(object->meta.name));
	add(cells, g_strdup(service->type ? service->type : "ClusterIP"));
	add(cells, g_strdup(service->cluster_ip ? service->cluster_ip : "<none>"));
	add(cells, external_ip(object));
	add(cells, service_ports(service));
	add_age(cells, view, object);
	add(cells, string_map_size(service->selector) ? string_map_to_string(service->selector)
	                                              : g_strdup("<none>"));
}

const struct view_columns view_columns_of_services = {
    (const char *const[]){"NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE", "SELECTOR",
                          NULL},
    0x40, service_cells};

/* --- endpoints --- */

static void endpoints_cells(const struct view *view, const struct object *object, GPtrArray *cells)
{
	const struct endpoints *endpoints = ENDPOINTS(object);

	add(cells, g_strdup(object->meta.name));
	add(cells, endpoints_cell(endpoints->subsets, endpoints->n_subsets));
	add_age(cells, view, object);
}

const struct view_columns view_columns_of_endpoints = {
    (const char *const[]){"NAME", "ENDPOINTS", "AGE", NULL}, 0, endpoints_cells};

static void endpoint_slice_cells(const struct view *view, const struct object *object,
                                 GPtrArray *cells)
{
	const struct endpoint_slice *slice = ENDPOINT_SLICE(object);

	add(cells, g_strdup(object->meta.name));
	add(cells, g_strdup(slice->address_type ? slice->address_type : "IPv4"));
	add(cells, endpoint_slice_ports_cell(slice->ports, slice->n_ports));
	add(cells, endpoint_slice_cell(slice->endpoints, slice->n_endpoints));
	add_age(cells, view, object);
}

const struct view_columns view_columns_of_endpoint_slices = {
    (const char *const[]){"NAME", "ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE", NULL}, 0,
    endpoint_slice_cells};

/* --- HorizontalPodAutoscalers --- */

static char *amount(const struct metric_spec *metric, int64_t milli)
{
	const bool resource =
	    metric->type == METRIC_RESOURCE || metric->type == METRIC_CONTAINER_RESOURCE;
	const bool bytes = resource && metric->name && g_str_equal(metric->name, "memory");

	return quantity_to_string(milli, bytes ? QUANTITY_BINARY : QUANTITY_DECIMAL);
}

static char *target_part(const struct metric_spec *metric)
{
	const struct metric_target *target = &metric->target;

	if (target->has_average_value) {
		return amount(metric, target->average_value);
	}
	if (target->has_value) {
		return amount(metric, target->value);
	}
	return target->has_utilization ? g_strdup_printf("%d%%", target->average_utilization)
	                               : g_strdup("<auto>");
}

static char *current_part(const struct hpa *hpa, size_t index)
{
	const struct metric_spec *metric = &hpa->metrics[index];
	const struct metric_status *status =
	    index < hpa->status.n_metrics ? &hpa->status.metrics[index] : NULL;

	if (status && status->present) {
		if (metric->target.has_average_value && status->has_average_value) {
			return amount(metric, status->average_value);
		}
		if (metric->target.has_value && status->has_value) {
			return amount(metric, status->value);
		}
		if (metric->target.has_utilization && status->has_utilization) {
			return g_strdup_printf("%d%%", status->utilization);
		}
	}
	return g_strdup("<unknown>");
}

char *view_hpa_target(const struct hpa *hpa, size_t index)
{
	const struct metric_spec *metric = &hpa->metrics[index];
	g_autofree char *current = current_part(hpa, index), *target = target_part(metric);

	switch (metric->type) {
	case METRIC_RESOURCE:
	case METRIC_CONTAINER_RESOURCE:
		return g_strdup_printf("%s: %s/%s", metric->name, current, target);
	case METRIC_OBJECT:
	case METRIC_EXTERNAL:
		return g_strdup_printf("%s/%s%s", current, target,
		                       metric->target.has_average_value ? " (avg)" : "");
	case METRIC_PODS:
		return g_strdup_printf("%s/%s", current, target);
	case METRIC_UNKNOWN:
		break;
	}
	return g_strdup("<unknown type>");
}

static char *hpa_targets(const struct hpa *hpa)
{
	enum { SHOWN = 2 };
	GString *text = g_string_new(hpa->n_metrics ? NULL : "<none>");

	for (size_t i = 0; i < MIN(hpa->n_metrics, SHOWN); i++) {
		g_autofree char *target = view_hpa_target(hpa, i);

		g_string_append_printf(text, "%s%s", i ? ", " : "", target);
	}
	if (hpa->n_metrics > SHOWN) {
		g_string_append_printf(text, " + %zu more...", hpa->n_metrics - SHOWN);
	}
	return g_string_free(text, FALSE);
}

static void hpa_cells(const struct view *view, const struct object *object, GPtrArray *cells)
{
	const struct hpa *hpa = HPA(object);

	add(cells, g_strdup(object->meta.name));
	add(cells, g_strdup_printf("%s/%s", hpa->target.kind, hpa->target.name));
	add(cells, hpa_targets(hpa));
	add(cells, g_strdup_printf("%d", hpa->has_min_replicas ? hpa->min_replicas : 1));
	add(cells, g_strdup_printf("%d", hpa->max_replicas));
	add(cells, g_strdup_printf("%d", hpa->status.current_replicas));
	add_age(cells, view, object);
}

const struct view_columns view_columns_of_hpas = {
    (const char *const[]){"NAME", "REFERENCE", "TARGETS", "MINPODS", "MAXPODS", "REPLICAS", "AGE",
                          NULL},
    0, hpa_cells};

/* --- Events --- */

static void event_cells(const struct view *view, const struct object *object, GPtrArray *cells)
{
	const struct event *event = EVENT(object);
	g_autofree char *kind = g_ascii_strdown(object_kind_name(event->regarding_kind), -1);

	add(cells, view_age(view, event->last_time));
	add(cells, g_strdup(event->warning ? "Warning" : "Normal"));
	add(cells, g_strdup(event->reason));
	add(cells, g_strdup_printf("%s/%s", kind, event->regarding_name));
	add(cells, g_strdup(event->field_path ? event->field_path : ""));
	add(cells, event->host ? g_strdup_printf("%s, %s", event->source, event->host)
	                       : g_strdup(event->source));
	add(cells, g_strstrip(g_strdup(event->message)));
	add(cells, view_age(view, event->first_time));
	add(cells, g_strdup_printf("%u", MAX(event->count, 1)));
	add(cells, g_strdup(object->meta.name));
}

const struct view_columns view_columns_of_events = {
    (const char *const[]){"LAST SEEN", "TYPE", "REASON", "OBJECT", "SUBOBJECT", "SOURCE", "MESSAGE",
                          "FIRST SEEN", "COUNT", "NAME", NULL},
    0x3b0, event_cells};
