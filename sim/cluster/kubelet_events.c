/* kubelet_events.c - Events about containers, and the traces that go with them. */

#include "cluster/kubelet_internal.h"

void kubelet_event(struct kubelet_container *container, bool warning, const char *reason,
                   const char *message)
{
	event_recorder_emit(container->pod->kubelet->recorder, container->pod->object,
	                    container->field_path, warning, reason, "%s", message);
}

void kubelet_event_created(struct kubelet_container *container)
{
	int form = container->pod->kubelet->environment.release->created_event_form;
	const char *name = container->spec->name;
	g_autofree char *started = g_strdup_printf("Started container %s", name);
	g_autofree char *old = g_strdup_printf("Created container %s", name);
	g_autofree char *colon = g_strdup_printf("Created container: %s", name);

	kubelet_event(container, false, "Created",
	              form == 0   ? old
	              : form == 1 ? colon
	                          : "Container created");
	kubelet_event(container, false, "Started", form <= 1 ? started : "Container started");
}

void kubelet_event_back_off(struct kubelet_container *container)
{
	const struct object_meta *meta = &container->pod->object->meta;
	g_autofree char *message =
	    g_strdup_printf("Back-off restarting failed container %s in pod %s_%s(%s)",
	                    container->spec->name, meta->name, meta->namespace, meta->uid);

	kubelet_event(container, true, "BackOff", message);
}

struct container_trace kubelet_trace(const struct kubelet_container *container, int step)
{
	const struct object_meta *meta = &container->pod->object->meta;
	struct container_trace record = {
	    .at = kubelet_now(container->pod->kubelet),
	    .namespace = meta->namespace,
	    .pod = meta->name,
	    .pod_uid = meta->uid,
	    .container = container->spec->name,
	    .attempt = container->attempt ? container->attempt->number : 0,
	    .step = (enum container_step)step,
	};

	record.cause = KILL_NONE;
	return record;
}

void kubelet_trace_send(const struct kubelet *kubelet, const struct container_trace *record)
{
	const struct trace *trace = kubelet->environment.trace;

	if (trace->container) {
		trace->container(trace->self, record);
	}
}

void kubelet_trace_step(const struct kubelet_container *container, int step, int cause)
{
	struct container_trace record = kubelet_trace(container, step);

	record.cause = cause;
	kubelet_trace_send(container->pod->kubelet, &record);
}
