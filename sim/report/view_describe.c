/* view_describe.c - `kubectl describe` of workloads and Services, and what all descriptions share.
 */

#include "report/view_describe.h"

#include "kube/quantity.h"
#include "report/view_print.h"

#include <stdlib.h>
#include <string.h>

#define ANNOTATION_WIDTH 140

/* --- labels, annotations, amounts --- */

void describe_labels(struct tabs *tabs, const char *title, const struct string_map *labels)
{
	tabs_add(tabs, "%s:\t", title);
	if (string_map_size(labels) == 0) {
		tabs_add(tabs, "<none>\n");
	}
	for (size_t i = 0; i < string_map_size(labels); i++) {
		tabs_add(tabs, "%s%s=%s\n", i ? "\t" : "", string_map_key_at(labels, i),
		         string_map_value_at(labels, i));
	}
}

static void describe_annotation(struct tabs *tabs, const char *key, const char *value)
{
	if (strlen(key) + strlen(value) + 2 <= ANNOTATION_WIDTH && !strchr(value, '\n')) {
		tabs_add(tabs, "%s: %s\n", key, value);
		return;
	}
	g_auto(GStrv) lines = g_strsplit(value, "\n", -1);

	tabs_add(tabs, "%s:\n", key);
	for (char **line = lines; *line; line++) {
		const int most = ANNOTATION_WIDTH - 2;

		tabs_add(tabs, "\t  %.*s%s\n", most, *line,
		         strlen(*line) > (size_t)most ? "..." : "");
	}
}

void describe_annotations(struct tabs *tabs, const char *title,
                          const struct string_map *annotations)
{
	static const char hidden[] = "kubectl.kubernetes.io/last-applied-configuration";
	bool any = false;

	tabs_add(tabs, "%s:\t", title);
	for (size_t i = 0; i < string_map_size(annotations); i++) {
		const char *key = string_map_key_at(annotations, i);

		if (!g_str_equal(key, hidden)) {
			tabs_add(tabs, "%s", any ? "\t" : "");
			describe_annotation(tabs, key, string_map_value_at(annotations, i));
			any = true;
		}
	}
	if (!any) {
		tabs_add(tabs, "<none>\n");
	}
}

char *describe_amount(const char *resource, int64_t milli)
{
	const bool bytes = g_str_equal(resource, "memory") ||
	                   g_str_equal(resource, "ephemeral-storage") ||
	                   g_str_has_prefix(resource, "hugepages-");

	return quantity_to_string(milli, bytes ? QUANTITY_BINARY : QUANTITY_DECIMAL);
}

static int compare_amounts(const void *a, const void *b)
{
	return strcmp(((const struct resource_amount *)a)->name,
	              ((const struct resource_amount *)b)->name);
}

void describe_amounts(struct tabs *tabs, const char *indent, const char *title,
                      const struct resource_list *list)
{
	if (list->n == 0) {
		return;
	}
	g_autofree struct resource_amount *sorted =
	    g_memdup2(list->items, list->n * sizeof(list->items[0]));

	qsort(sorted, list->n, sizeof(sorted[0]), compare_amounts);
	tabs_add(tabs, "%s%s:\n", indent, title);
	for (size_t i = 0; i < list->n; i++) {
		g_autofree char *amount = describe_amount(sorted[i].name, sorted[i].milli);

		tabs_add(tabs, "%s  %s:\t%s\n", indent, sorted[i].name, amount);
	}
}

/* --- events --- */

char *describe_event_interval(const struct view *view, const struct event *event)
{
	g_autofree char *first = view_age(view, event->first_time);
	g_autofree char *last = view_age(view, event->last_time);

	if (event->count <= 1) {
		return g_steal_pointer(&first);
	}
	return g_strdup_printf("%s (x%u over %s)", last, event->count, first);
}

void describe_events(const struct view *view, const struct object *object, struct tabs *tabs,
                     GString *out)
{
	g_autoptr(GPtrArray) events = view_events_of(view, object->meta.uid);

	if (events->len == 0) {
		tabs_add(tabs, "Events:\t<none>\n");
		tabs_flush(tabs, out);
		return;
	}
	tabs_flush(tabs, out);
	tabs_add(tabs, "Events:\n  Type\tReason\tAge\tFrom\tMessage\n");
	tabs_add(tabs, "  ----\t------\t----\t----\t-------\n");
	for (unsigned i = 0; i < events->len; i++) {
		const struct event *event = events->pdata[i];
		g_autofree char *interval = describe_event_interval(view, event);
		g_autofree char *message = g_strstrip(g_strdup(event->message));

		tabs_add(tabs, "  %s\t%s\t%s\t%s\t%s\n", event->warning ? "Warning" : "Normal",
		         event->reason, interval, event->source, message);
	}
	tabs_flush(tabs, out);
}

/* --- Deployments and ReplicaSets --- */

static void describe_conditions(struct tabs *tabs, const struct conditions *conditions)
{
	if (conditions->n == 0) {
		return;
	}
	tabs_add(tabs, "Conditions:\n  Type\tStatus\tReason\n");
	tabs_add(tabs, "  ----\t------\t------\n");
	for (size_t i = 0; i < conditions->n; i++) {
		const struct condition *condition = &conditions->items[i];

		tabs_add(tabs, "  %s \t%s\t%s\n", condition->type,
		         condition_status_name(condition->status),
		         condition->reason ? condition->reason : "");
	}
}

static char *surge_text(const struct int_or_percent *value)
{
	return g_strdup_printf(value->kind == VALUE_PERCENT ? "%d%%" : "%d", value->value);
}

/* The ReplicaSets of @deployment but the one of its template (@newest false), or that one. */
static char *replica_sets_text(const struct view *view, const struct deployment *deployment,
                               bool newest)
{
	g_autoptr(GPtrArray) owned =
	    view_owned(view, KIND_REPLICA_SET, deployment->object.meta.uid);
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < owned->len; i++) {
		const struct replica_set *replica_set = owned->pdata[i];

		if (pod_template_equal(&replica_set->template, &deployment->template) == newest) {
			g_string_append_printf(text, "%s%s (%d/%d replicas created)",
			                       text->len ? ", " : "", replica_set->object.meta.name,
			                       replica_set->status.replicas, replica_set->replicas);
		}
	}
	if (text->len == 0) {
		g_string_append(text, "<none>");
	}
	return g_string_free(text, FALSE);
}

static void describe_deployment(const struct view *view, const struct object *object,
                                struct tabs *tabs)
{
	const struct deployment *deployment = DEPLOYMENT(object);
	g_autofree char *created = view_time(view, object->meta.creation_time);
	g_autofree char *selector = label_selector_to_string(deployment->selector);
	g_autofree char *unavailable = surge_text(&deployment->max_unavailable);
	g_autofree char *surge = surge_text(&deployment->max_surge);
	g_autofree char *old = replica_sets_text(view, deployment, false);
	g_autofree char *new = replica_sets_text(view, deployment, true);

	tabs_add(tabs, "Name:\t%s\nNamespace:\t%s\n", object->meta.name, object->meta.namespace);
	tabs_add(tabs, "CreationTimestamp:\t%s\n", created);
	describe_labels(tabs, "Labels", object->meta.labels);
	describe_annotations(tabs, "Annotations", object->meta.annotations);
	tabs_add(tabs, "Selector:\t%s\n", selector);
	tabs_add(
	    tabs, "Replicas:\t%d desired | %d updated | %d total | %d available | %d unavailable\n",
	    deployment->replicas, deployment->status.updated_replicas, deployment->status.replicas,
	    deployment->status.available_replicas, deployment->status.unavailable_replicas);
	tabs_add(tabs, "StrategyType:\t%s\n", deployment->recreate ? "Recreate" : "RollingUpdate");
	tabs_add(tabs, "MinReadySeconds:\t%d\n", deployment->min_ready_seconds);
	if (!deployment->recreate) {
		tabs_add(tabs, "RollingUpdateStrategy:\t%s max unavailable, %s max surge\n",
		         unavailable, surge);
	}
	describe_template(tabs, &deployment->template);
	describe_conditions(tabs, &deployment->status.conditions);
	if (!g_str_equal(old, "<none>") || !g_str_equal(new, "<none>")) {
		tabs_add(tabs, "OldReplicaSets:\t%s\nNewReplicaSet:\t%s\n", old, new);
	}
}

static void describe_replica_set(const struct view *view, const struct object *object,
                                 struct tabs *tabs)
{
	const struct replica_set *replica_set = REPLICA_SET(object);
	g_autofree char *selector = label_selector_to_string(replica_set->selector);
	g_autoptr(GPtrArray) pods = view_owned(view, KIND_POD, object->meta.uid);
	unsigned count[POD_UNKNOWN + 1] = {0};

	for (unsigned i = 0; i < pods->len; i++) {
		count[((const struct pod *)pods->pdata[i])->phase]++;
	}
	tabs_add(tabs, "Name:\t%s\nNamespace:\t%s\n", object->meta.name, object->meta.namespace);
	tabs_add(tabs, "Selector:\t%s\n", selector);
	describe_labels(tabs, "Labels", object->meta.labels);
	describe_annotations(tabs, "Annotations", object->meta.annotations);
	if (object->meta.owner.kind != KIND_COUNT) {
		tabs_add(tabs, "Controlled By:\t%s/%s\n", object_kind_name(object->meta.owner.kind),
		         object->meta.owner.name);
	}
	tabs_add(tabs, "Replicas:\t%d current / %d desired\n", replica_set->status.replicas,
	         replica_set->replicas);
	tabs_add(tabs, "Pods Status:\t%u Running / %u Waiting / %u Succeeded / %u Failed\n",
	         count[POD_RUNNING], count[POD_PENDING], count[POD_SUCCEEDED], count[POD_FAILED]);
	describe_template(tabs, &replica_set->template);
	describe_conditions(tabs, &replica_set->status.conditions);
}

/* --- Services --- */

/* The ready addresses of the slices of @service on the port @name: at most three. */
static char *service_endpoints(const struct view *view, const struct object *service,
                               const char *name)
{
	enum { SHOWN = 3 };
	const GPtrArray *slices = view->objects[KIND_ENDPOINT_SLICE];
	GString *text = g_string_new(NULL);
	unsigned n = 0;

	for (unsigned i = 0; i < slices->len; i++) {
		const struct endpoint_slice *slice = slices->pdata[i];
		const char *owner =
		    string_map_get(slice->object.meta.labels, "kubernetes.io/service-name");

		if (g_strcmp0(owner, service->meta.name) != 0 ||
		    g_strcmp0(slice->object.meta.namespace, service->meta.namespace) != 0) {
			continue;
		}
		for (size_t p = 0; p < slice->n_ports; p++) {
			const char *port_name = slice->ports[p].name ? slice->ports[p].name : "";

			if (g_strcmp0(port_name, name ? name : "") != 0) {
				continue;
			}
			for (size_t e = 0; e < slice->n_endpoints; e++) {
				if (slice->endpoints[e].ready && n++ < SHOWN) {
					g_string_append_printf(
					    text, "%s%s:%d", text->len ? "," : "",
					    slice->endpoints[e].address, slice->ports[p].port);
				}
			}
		}
	}
	if (n > SHOWN) {
		g_string_append_printf(text, " + %u more...", n - SHOWN);
	}
	return g_string_free(text, FALSE);
}

static void describe_service_port(const struct view *view, const struct object *object,
                                  const struct service_port *port, struct tabs *tabs)
{
	const char *name = port->name ? port->name : "<unset>";
	const char *protocol = port->protocol ? port->protocol : "TCP";
	g_autofree char *endpoints = service_endpoints(view, object, port->name);

	tabs_add(tabs, "Port:\t%s\t%d/%s\n", name, port->port, protocol);
	if (port->target_port.name) {
		tabs_add(tabs, "TargetPort:\t%s/%s\n", port->target_port.name, protocol);
	} else {
		tabs_add(tabs, "TargetPort:\t%d/%s\n", port->target_port.number, protocol);
	}
	if (port->node_port) {
		tabs_add(tabs, "NodePort:\t%s\t%d/%s\n", name, port->node_port, protocol);
	}
	tabs_add(tabs, "Endpoints:\t%s\n", endpoints);
}

static void describe_service(const struct view *view, const struct object *object,
                             struct tabs *tabs)
{
	const struct service *service = SERVICE(object);
	g_autofree char *selector = string_map_size(service->selector)
	                                ? string_map_to_string(service->selector)
	                                : g_strdup("<none>");
	const char *ip = service->cluster_ip ? service->cluster_ip : "";

	tabs_add(tabs, "Name:\t%s\nNamespace:\t%s\n", object->meta.name, object->meta.namespace);
	describe_labels(tabs, "Labels", object->meta.labels);
	describe_annotations(tabs, "Annotations", object->meta.annotations);
	tabs_add(tabs, "Selector:\t%s\n", selector);
	tabs_add(tabs, "Type:\t%s\n", service->type ? service->type : "ClusterIP");
	tabs_add(tabs, "IP Family Policy:\tSingleStack\nIP Families:\t%s\n",
	         strchr(ip, ':') ? "IPv6" : "IPv4");
	tabs_add(tabs, "IP:\t%s\nIPs:\t%s\n", ip, *ip ? ip : "<none>");
	for (size_t i = 0; i < service->n_ports; i++) {
		describe_service_port(view, object, &service->ports[i], tabs);
	}
	tabs_add(tabs, "Session Affinity:\t%s\n", service->session_affinity ? "ClientIP" : "None");
	if (service->external_local ||
	    (service->type && !g_str_equal(service->type, "ClusterIP"))) {
		tabs_add(tabs, "External Traffic Policy:\t%s\n",
		         service->external_local ? "Local" : "Cluster");
	}
	tabs_add(tabs, "Internal Traffic Policy:\t%s\n",
	         service->internal_local ? "Local" : "Cluster");
	if (service->traffic_distribution) {
		tabs_add(tabs, "Traffic Distribution:\t%s\n", service->traffic_distribution);
	}
}

/* --- all --- */

static void (*const describers[KIND_COUNT])(const struct view *view, const struct object *object,
                                            struct tabs *tabs) = {
    [KIND_POD] = describe_pod,
    [KIND_NODE] = describe_node,
    [KIND_DEPLOYMENT] = describe_deployment,
    [KIND_REPLICA_SET] = describe_replica_set,
    [KIND_SERVICE] = describe_service,
    [KIND_HPA] = describe_hpa,
};

bool view_can_describe(enum object_kind kind)
{
	return describers[kind] != NULL;
}

void view_describe(const struct view *view, const struct object *object, GString *out)
{
	g_autoptr(tabs) tabs = tabs_new_description();

	describers[object->kind](view, object, tabs);
	describe_events(view, object, tabs, out);
}
