/* view_top.c - `kubectl top` and `kubectl events`. */

#include "report/view_describe.h"
#include "report/view_http.h"
#include "report/view_print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_RESOLUTION (15 * SIM_SECOND)
#define MEBIBYTE 1048576.0

/* --- usage --- */

/* metrics-server scrapes every metric-resolution and then offers the means since the scrape before.
 */
static void last_window(const struct view *view, sim_time *from, sim_time *to)
{
	const sim_time set = view->run->scenario->components.metric_resolution;
	const sim_time resolution = set > 0 ? set : DEFAULT_RESOLUTION;
	sim_time since = view->at % resolution;

	if (since < 0) {
		since += resolution;
	}
	*to = view->at - since;
	*from = *to - resolution;
}

struct view_usage view_pod_usage(const struct view *view, const struct object *pod)
{
	const struct run_pod *known = view_run_pod(view, pod);
	const struct container_status *status = POD(pod)->containers;
	sim_time from, to, began = SIM_NEVER, ended = SIM_NEVER;

	last_window(view, &from, &to);
	if (known && status[0].state == CONTAINER_RUNNING) {
		view_container_life(known, POD(pod)->spec->containers[0].name, status[0].attempt,
		                    &began, &ended);
	}
	if (began > from || ended < to) {
		return (struct view_usage){NAN, NAN}; /* there are not two samples of it yet */
	}
	return (struct view_usage){
	    .cores = series_mean(&known->cpu, from, to),
	    .bytes = series_mean(&known->memory, from, to),
	};
}

struct view_usage view_node_usage(const struct view *view, const struct object *node)
{
	const struct resource_list *others = &NODE(node)->other_requests;
	struct view_usage sum;
	int64_t milli;

	resource_list_get(others, "cpu", &milli);
	sum.cores = (double)milli / 1000;
	resource_list_get(others, "memory", &milli);
	sum.bytes = (double)milli / 1000;
	for (unsigned i = 0; i < view->objects[KIND_POD]->len; i++) {
		const struct object *pod = view->objects[KIND_POD]->pdata[i];
		const struct view_usage usage = view_pod_usage(view, pod);

		if (g_strcmp0(POD(pod)->node_name, node->meta.name) == 0 && !isnan(usage.cores)) {
			sum.cores += usage.cores;
			sum.bytes += usage.bytes;
		}
	}
	return sum;
}

/* --- top --- */

struct used {
	const struct object *object;
	struct view_usage usage;
	unsigned place;
};

static int by_cpu(const void *a, const void *b)
{
	const struct used *left = a, *right = b;

	if (left->usage.cores != right->usage.cores) {
		return left->usage.cores > right->usage.cores ? -1 : 1;
	}
	return (left->place > right->place) - (left->place < right->place);
}

static int by_memory(const void *a, const void *b)
{
	const struct used *left = a, *right = b;

	if (left->usage.bytes != right->usage.bytes) {
		return left->usage.bytes > right->usage.bytes ? -1 : 1;
	}
	return (left->place > right->place) - (left->place < right->place);
}

static int percent(const struct object *node, const char *resource, double amount)
{
	int64_t milli;

	resource_list_get(&NODE(node)->allocatable, resource, &milli);
	return milli > 0 ? (int)(amount * 1000 / (double)milli * 100) : 0;
}

static void add_used(struct tabs *tabs, const struct used *used, bool all_namespaces)
{
	const struct object *object = used->object;
	const long cpu = lround(used->usage.cores * 1000);
	const long memory = (long)(used->usage.bytes / MEBIBYTE);

	if (object->kind == KIND_NODE) {
		tabs_add(tabs, "%s\t%ldm\t%d%%\t%ldMi\t%d%%\t\n", object->meta.name, cpu,
		         percent(object, "cpu", used->usage.cores), memory,
		         percent(object, "memory", used->usage.bytes));
	} else {
		tabs_add(tabs, "%s%s%s\t%ldm\t%ldMi\t\n",
		         all_namespaces ? object->meta.namespace : "", all_namespaces ? "\t" : "",
		         object->meta.name, cpu, memory);
	}
}

bool view_top(const struct view *view, const GPtrArray *objects, bool all_namespaces,
              enum view_top_order order, GString *out)
{
	g_autoptr(tabs) tabs = tabs_new_table(false);
	g_autofree struct used *used = g_new0(struct used, objects->len + 1);
	size_t n = 0;

	for (unsigned i = 0; i < objects->len; i++) {
		const struct object *object = objects->pdata[i];
		const struct view_usage usage = object->kind == KIND_NODE
		                                    ? view_node_usage(view, object)
		                                    : view_pod_usage(view, object);

		if (!isnan(usage.cores) && !isnan(usage.bytes)) {
			used[n++] = (struct used){object, usage, i};
		}
	}
	if (n == 0) {
		return false;
	}
	if (order != TOP_BY_NAME) {
		qsort(used, n, sizeof(used[0]), order == TOP_BY_CPU ? by_cpu : by_memory);
	}
	tabs_add(tabs, "%s",
	         used[0].object->kind == KIND_NODE
	             ? "NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)\t\n"
	         : all_namespaces ? "NAMESPACE\tNAME\tCPU(cores)\tMEMORY(bytes)\t\n"
	                          : "NAME\tCPU(cores)\tMEMORY(bytes)\t\n");
	for (size_t i = 0; i < n; i++) {
		add_used(tabs, &used[i], all_namespaces);
	}
	tabs_flush(tabs, out);
	return true;
}

/* --- events --- */

void view_events(const struct view *view, const GPtrArray *events, bool all_namespaces,
                 GString *out)
{
	g_autoptr(tabs) tabs = tabs_new_table(false);

	if (events->len == 0) {
		return;
	}
	tabs_add(tabs, "%sLAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n",
	         all_namespaces ? "NAMESPACE\t" : "");
	for (unsigned i = 0; i < events->len; i++) {
		const struct event *event = events->pdata[i];
		g_autofree char *interval = describe_event_interval(view, event);
		g_autofree char *message = g_strstrip(g_strdup(event->message));

		if (all_namespaces) {
			tabs_add(tabs, "%s\t", event->object.meta.namespace);
		}
		tabs_add(tabs, "%s\t%s\t%s\t%s/%s\t%s\n", interval,
		         event->warning ? "Warning" : "Normal", event->reason,
		         object_kind_name(event->regarding_kind), event->regarding_name, message);
	}
	tabs_flush(tabs, out);
}
