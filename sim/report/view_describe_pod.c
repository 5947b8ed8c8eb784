/* view_describe_pod.c - `kubectl describe pod`, and the template part of workloads. */

#include "report/view_describe.h"

#include "kube/codec.h"

#include <string.h>

/* --- probes --- */

static char *port_text(const struct port_reference *port)
{
	return port->name ? g_strdup(port->name) : g_strdup_printf("%d", port->number);
}

char *describe_probe(const struct probe *probe)
{
	const struct handler *handler = &probe->handler;
	g_autofree char *port = port_text(&handler->port);
	g_autofree char *command = handler->command ? g_strjoinv(" ", handler->command) : NULL;
	g_autofree char *numbers = g_strdup_printf(
	    "delay=%ds timeout=%ds period=%ds #success=%d #failure=%d",
	    probe->initial_delay_seconds, probe->timeout_seconds, probe->period_seconds,
	    probe->success_threshold, probe->failure_threshold);
	const char *host = handler->host ? handler->host : "";
	const char *path = handler->path ? handler->path : "";

	switch (handler->kind) {
	case HANDLER_EXEC:
		return g_strdup_printf("exec [%s] %s", command ? command : "", numbers);
	case HANDLER_HTTP_GET:
		return g_strdup_printf("http-get %s://%s:%s%s%s %s",
		                       handler->https ? "https" : "http", host, port,
		                       *path && *path != '/' ? "/" : "", path, numbers);
	case HANDLER_TCP_SOCKET:
		return g_strdup_printf("tcp-socket %s:%s %s", host, port, numbers);
	case HANDLER_GRPC:
		return g_strdup_printf("grpc <pod>:%s %s %s", port,
		                       handler->service ? handler->service : "", numbers);
	default:
		return g_strdup_printf("unknown %s", numbers);
	}
}

static void add_probes(struct tabs *tabs, const struct container *container)
{
	static const enum probe_type order[] = {PROBE_LIVENESS, PROBE_READINESS, PROBE_STARTUP};

	for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
		if (container->probes[order[i]]) {
			g_autofree char *text = describe_probe(container->probes[order[i]]);

			tabs_add(tabs, "    %s:\t%s\n", probe_type_title(order[i]), text);
		}
	}
}

/* --- containers --- */

static void add_ports(struct tabs *tabs, const struct container *container, const char *title,
                      bool host, const struct doc *document)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < container->n_ports; i++) {
		const struct container_port *port = &container->ports[i];
		int64_t number = 0;

		doc_int(doc_get(doc_at(doc_get(document, "ports"), i), "hostPort"), &number);
		g_string_append_printf(text, "%s%d/%s", i ? ", " : "",
		                       host ? (int)number : port->number,
		                       port->protocol ? port->protocol : "TCP");
		if (port->name) {
			g_string_append_printf(text, " (%s)", port->name);
		}
	}
	tabs_add(tabs, "    %s%s:\t%s\n", title, container->n_ports > 1 ? "s" : "",
	         text->len ? text->str : "<none>");
	g_string_free(text, TRUE);
}

static void add_words(struct tabs *tabs, const char *title, const struct doc *list)
{
	if (doc_length(list) == 0) {
		return;
	}
	tabs_add(tabs, "    %s:\n", title);
	for (size_t i = 0; i < doc_length(list); i++) {
		g_auto(GStrv) lines = g_strsplit(doc_text(doc_at(list, i)), "\n", -1);

		for (char **line = lines; *line; line++) {
			tabs_add(tabs, "      %s\n", *line);
		}
	}
}

static void add_end(const struct view *view, struct tabs *tabs, const char *title,
                    const struct container_end *end)
{
	g_autofree char *started = view_time(view, end->started_at);
	g_autofree char *finished = view_time(view, end->finished_at);

	tabs_add(tabs, "    %s:\tTerminated\n", title);
	if (end->reason) {
		tabs_add(tabs, "      Reason:\t%s\n", end->reason);
	}
	tabs_add(tabs, "      Exit Code:\t%d\n      Started:\t%s\n      Finished:\t%s\n",
	         end->exit_code, started, finished);
}

static void add_state(const struct view *view, struct tabs *tabs,
                      const struct container_status *status)
{
	g_autofree char *started = view_time(view, status->started_at);

	switch (status->state) {
	case CONTAINER_RUNNING:
		tabs_add(tabs, "    State:\tRunning\n      Started:\t%s\n", started);
		break;
	case CONTAINER_TERMINATED:
		add_end(view, tabs, "State", &status->end);
		break;
	case CONTAINER_WAITING:
		tabs_add(tabs, "    State:\tWaiting\n");
		if (status->waiting_reason) {
			tabs_add(tabs, "      Reason:\t%s\n", status->waiting_reason);
		}
		break;
	}
	if (status->last.finished_at != SIM_NEVER) {
		add_end(view, tabs, "Last State", &status->last);
	}
	tabs_add(tabs, "    Ready:\t%s\n    Restart Count:\t%u\n", status->ready ? "True" : "False",
	         status->restart_count);
}

static const char *text_or_empty(const struct doc *map, const char *key)
{
	const char *text = doc_text(doc_get(map, key));

	return text ? text : "";
}

static void add_container(const struct view *view, struct tabs *tabs,
                          const struct describe_container *described)
{
	const struct container *container = described->container;
	const struct doc *document = described->document;

	tabs_add(tabs, "  %s%s:\n", described->name_indent, container->name);
	if (described->status) {
		tabs_add(tabs, "    Container ID:\t%s\n",
		         text_or_empty(described->status_document, "containerID"));
	}
	tabs_add(tabs, "    Image:\t%s\n", container->image);
	if (described->status) {
		tabs_add(tabs, "    Image ID:\t%s\n",
		         text_or_empty(described->status_document, "imageID"));
	}
	add_ports(tabs, container, "Port", false, document);
	add_ports(tabs, container, "Host Port", true, document);
	add_words(tabs, "Command", doc_get(document, "command"));
	add_words(tabs, "Args", doc_get(document, "args"));
	if (described->status) {
		add_state(view, tabs, described->status);
	}
	describe_amounts(tabs, "    ", "Limits", &container->limits);
	describe_amounts(tabs, "    ", "Requests", &container->requests);
	add_probes(tabs, container);
	describe_environment(tabs, described);
	describe_mounts(tabs, document);
}

/* The containers of @spec, init or main ones; @pod and its @document are NULL in a template. */
static void add_containers(const struct view *view, struct tabs *tabs, const struct pod_spec *spec,
                           bool init, const struct object *pod, const struct doc *document)
{
	const size_t n = init ? spec->n_init_containers : spec->n_containers;
	const struct container *containers = init ? spec->init_containers : spec->containers;
	const struct doc *sources = doc_get(spec->source, init ? "initContainers" : "containers");
	const struct doc *statuses = doc_find(
	    document, "status", init ? "initContainerStatuses" : "containerStatuses", NULL);

	if (init && n == 0) {
		return;
	}
	tabs_add(tabs, "%s%s:\n", pod ? "" : "  ", init ? "Init Containers" : "Containers");
	for (size_t i = 0; i < n; i++) {
		struct describe_container described = {
		    .container = &containers[i],
		    .document = doc_at(sources, i),
		    .status_document = doc_at(statuses, i),
		    .pod = pod,
		    .name_indent = pod ? "" : " ",
		};

		if (described.status_document) {
			described.status =
			    init ? &POD(pod)->init_containers[i] : &POD(pod)->containers[i];
		}
		add_container(view, tabs, &described);
	}
}

/* --- templates --- */

void describe_template(struct tabs *tabs, const struct pod_template *template)
{
	const struct doc *source = template->spec->source;
	const char *account = doc_text(doc_get(source, "serviceAccountName"));

	tabs_add(tabs, "Pod Template:\n");
	describe_labels(tabs, "  Labels", template->labels);
	if (string_map_size(template->annotations)) {
		describe_annotations(tabs, "  Annotations", template->annotations);
	}
	if (account) {
		tabs_add(tabs, "  Service Account:\t%s\n", account);
	}
	add_containers(NULL, tabs, template->spec, true, NULL, NULL);
	add_containers(NULL, tabs, template->spec, false, NULL, NULL);
	describe_volumes(tabs, "  ", source);
	describe_labels(tabs, "  Node-Selectors", template->spec->node_selector);
	describe_tolerations(tabs, "  Tolerations", source);
}

/* --- pods --- */

static void add_head(const struct view *view, struct tabs *tabs, const struct object *object)
{
	const struct pod *pod = POD(object);
	const struct doc *source = pod->spec->source;
	const char *priority = doc_text(doc_get(source, "priority"));
	const char *account = doc_text(doc_get(source, "serviceAccountName"));

	tabs_add(tabs, "Name:\t%s\nNamespace:\t%s\n", object->meta.name, object->meta.namespace);
	tabs_add(tabs, "Priority:\t%s\n", priority ? priority : "0");
	tabs_add(tabs, "Service Account:\t%s\n", account ? account : "default");
	if (pod->node_name) {
		tabs_add(tabs, "Node:\t%s/%s\n", pod->node_name, pod->host_ip ? pod->host_ip : "");
	} else {
		tabs_add(tabs, "Node:\t<none>\n");
	}
	if (pod->start_time != SIM_NEVER) {
		g_autofree char *started = view_time(view, pod->start_time);

		tabs_add(tabs, "Start Time:\t%s\n", started);
	}
	describe_labels(tabs, "Labels", object->meta.labels);
	describe_annotations(tabs, "Annotations", object->meta.annotations);
	if (pod_is_terminating(pod) && !pod_is_finished(pod)) {
		g_autofree char *age = view_age(view, object->meta.deletion_time);

		tabs_add(tabs, "Status:\tTerminating (lasts %s)\n", age);
		tabs_add(tabs, "Termination Grace Period:\t%" G_GINT64_FORMAT "s\n",
		         object->meta.deletion_grace_seconds);
	} else {
		tabs_add(tabs, "Status:\t%s\n", pod_phase_name(pod->phase));
	}
	if (pod->reason) {
		tabs_add(tabs, "Reason:\t%s\n", pod->reason);
	}
	if (pod->message && *pod->message) {
		tabs_add(tabs, "Message:\t%s\n", pod->message);
	}
}

static void add_address(struct tabs *tabs, const struct object *object)
{
	const struct pod *pod = POD(object);

	tabs_add(tabs, "IP:\t%s\n", pod->pod_ip ? pod->pod_ip : "");
	if (pod->pod_ip) {
		tabs_add(tabs, "IPs:\n  IP:\t%s\n", pod->pod_ip);
	} else {
		tabs_add(tabs, "IPs:\t<none>\n");
	}
	if (object->meta.owner.kind != KIND_COUNT) {
		tabs_add(tabs, "Controlled By:\t%s/%s\n", object_kind_name(object->meta.owner.kind),
		         object->meta.owner.name);
	}
}

static void add_conditions(struct tabs *tabs, const struct pod *pod)
{
	const GPtrArray *gates = pod->spec->readiness_gates;

	if (gates && gates->len) {
		tabs_add(tabs, "Readiness Gates:\n  Type\tStatus\n");
	}
	for (unsigned i = 0; gates && i < gates->len; i++) {
		const struct condition *gate = conditions_find(&pod->conditions, gates->pdata[i]);

		tabs_add(tabs, "  %s \t%s \n", (const char *)gates->pdata[i],
		         gate ? condition_status_name(gate->status) : "<none>");
	}
	if (pod->conditions.n) {
		tabs_add(tabs, "Conditions:\n  Type\tStatus\n");
	}
	for (size_t i = 0; i < pod->conditions.n; i++) {
		tabs_add(tabs, "  %s \t%s \n", pod->conditions.items[i].type,
		         condition_status_name(pod->conditions.items[i].status));
	}
}

void describe_pod(const struct view *view, const struct object *object, struct tabs *tabs)
{
	const struct pod *pod = POD(object);
	g_autoptr(doc) document = object_encode(object, view->clock_zero);
	const char *qos = doc_text(doc_find(document, "status", "qosClass", NULL));

	add_head(view, tabs, object);
	add_address(tabs, object);
	add_containers(view, tabs, pod->spec, true, object, document);
	add_containers(view, tabs, pod->spec, false, object, document);
	add_conditions(tabs, pod);
	describe_volumes(tabs, "", pod->spec->source);
	tabs_add(tabs, "QoS Class:\t%s\n", qos ? qos : "BestEffort");
	describe_labels(tabs, "Node-Selectors", pod->spec->node_selector);
	describe_tolerations(tabs, "Tolerations", pod->spec->source);
}
