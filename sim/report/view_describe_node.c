/* view_describe_node.c - `kubectl describe node`. */

#include "report/view_describe.h"

#include "report/view_table.h"

static void add_taints(struct tabs *tabs, const struct node *node)
{
	tabs_add(tabs, "Taints:\t%s", node->n_taints ? "" : "<none>\n");
	for (size_t i = 0; i < node->n_taints; i++) {
		const struct taint *taint = &node->taints[i];
		const char *value = taint->value ? taint->value : "";

		tabs_add(tabs, "%s%s%s%s:%s\n", i ? "\t" : "", taint->key, *value ? "=" : "", value,
		         taint->effect);
	}
}

static void add_conditions(const struct view *view, struct tabs *tabs, const struct node *node)
{
	if (node->conditions.n == 0) {
		return;
	}
	tabs_add(tabs,
	         "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\t"
	         "Message\n");
	tabs_add(tabs, "  ----\t------\t-----------------\t------------------\t------\t-------\n");
	for (size_t i = 0; i < node->conditions.n; i++) {
		const struct condition *condition = &node->conditions.items[i];
		g_autofree char *moved = view_time(view, condition->last_transition_time);

		/* heartbeats are not modelled: the last one is that of the transition */
		tabs_add(tabs, "  %s \t%s \t%s \t%s \t%s \t%s\n", condition->type,
		         condition_status_name(condition->status), moved, moved,
		         condition->reason ? condition->reason : "",
		         condition->message ? condition->message : "");
	}
}

/* --- what its pods take --- */

struct claims { /* milli-units */
	int64_t cpu_request, cpu_limit, memory_request, memory_limit;
};

static int64_t limit_of(const struct pod_spec *spec, const char *resource)
{
	int64_t sum = 0, one;

	if (resource_list_get(&spec->pod_limits, resource, &one)) {
		return one;
	}
	for (size_t i = 0; i < spec->n_containers; i++) {
		resource_list_get(&spec->containers[i].limits, resource, &one);
		sum += one;
	}
	return sum;
}

static struct claims claims_of(const struct pod *pod)
{
	return (struct claims){
	    .cpu_request = pod_spec_request(pod->spec, "cpu"),
	    .cpu_limit = limit_of(pod->spec, "cpu"),
	    .memory_request = pod_spec_request(pod->spec, "memory"),
	    .memory_limit = limit_of(pod->spec, "memory"),
	};
}

/* "500m (3%)" */
static char *share(const struct node *node, const char *resource, int64_t milli)
{
	g_autofree char *amount = describe_amount(resource, milli);
	int64_t whole;

	resource_list_get(&node->allocatable, resource, &whole);
	return g_strdup_printf("%s (%d%%)", amount,
	                       whole > 0 ? (int)((double)milli / (double)whole * 100) : 0);
}

static void add_claims(struct tabs *tabs, const char *first, const struct node *node,
                       const struct claims *claims, const char *age)
{
	g_autofree char *cpu_request = share(node, "cpu", claims->cpu_request);
	g_autofree char *cpu_limit = share(node, "cpu", claims->cpu_limit);
	g_autofree char *memory_request = share(node, "memory", claims->memory_request);
	g_autofree char *memory_limit = share(node, "memory", claims->memory_limit);

	tabs_add(tabs, "  %s\t\t%s\t%s\t%s\t%s\t%s\n", first, cpu_request, cpu_limit,
	         memory_request, memory_limit, age);
}

/* Pods on @node that are not finished, by namespace and name. */
static GPtrArray *pods_on(const struct view *view, const struct object *node)
{
	GPtrArray *pods = g_ptr_array_new();

	for (unsigned i = 0; i < view->objects[KIND_POD]->len; i++) {
		const struct pod *pod = view->objects[KIND_POD]->pdata[i];

		if (g_strcmp0(pod->node_name, node->meta.name) == 0 && !pod_is_finished(pod)) {
			g_ptr_array_add(pods, view->objects[KIND_POD]->pdata[i]);
		}
	}
	return pods;
}

static void add_pods(const struct view *view, struct tabs *tabs, const struct object *object)
{
	const struct node *node = NODE(object);
	g_autoptr(GPtrArray) pods = pods_on(view, object);
	struct claims sum = {0}, others = {0};
	const bool has_others = node->other_requests.n > 0;

	tabs_add(tabs, "Non-terminated Pods:\t(%u in total)\n", pods->len + has_others);
	tabs_add(tabs, "  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\t"
	               "Memory Limits\tAge\n");
	tabs_add(tabs, "  ---------\t----\t\t------------\t----------\t---------------\t"
	               "-------------\t---\n");
	for (unsigned i = 0; i < pods->len; i++) {
		const struct object *pod = pods->pdata[i];
		const struct claims claims = claims_of(POD(pod));
		g_autofree char *name =
		    g_strdup_printf("%s\t%s", pod->meta.namespace, pod->meta.name);
		g_autofree char *age = view_age(view, pod->meta.creation_time);

		add_claims(tabs, name, node, &claims, age);
		sum.cpu_request += claims.cpu_request;
		sum.cpu_limit += claims.cpu_limit;
		sum.memory_request += claims.memory_request;
		sum.memory_limit += claims.memory_limit;
	}
	if (has_others) {
		resource_list_get(&node->other_requests, "cpu", &others.cpu_request);
		resource_list_get(&node->other_requests, "memory", &others.memory_request);
		add_claims(tabs, "-\t(pods not modelled)", node, &others, "<unknown>");
		sum.cpu_request += others.cpu_request;
		sum.memory_request += others.memory_request;
	}
	g_autofree char *cpu_request = share(node, "cpu", sum.cpu_request);
	g_autofree char *cpu_limit = share(node, "cpu", sum.cpu_limit);
	g_autofree char *memory_request = share(node, "memory", sum.memory_request);
	g_autofree char *memory_limit = share(node, "memory", sum.memory_limit);

	tabs_add(tabs, "Allocated resources:\n"
	               "  (Total limits may be over 100 percent, i.e., overcommitted.)\n");
	tabs_add(tabs, "  Resource\tRequests\tLimits\n  --------\t--------\t------\n");
	tabs_add(tabs, "  cpu\t%s\t%s\n  memory\t%s\t%s\n", cpu_request, cpu_limit, memory_request,
	         memory_limit);
}

void describe_node(const struct view *view, const struct object *object, struct tabs *tabs)
{
	const struct node *node = NODE(object);
	g_autofree char *created = view_time(view, object->meta.creation_time);
	g_autofree char *roles = view_node_roles(object);
	g_autofree char *version = view_kubelet_version(view);

	tabs_add(tabs, "Name:\t%s\nRoles:\t%s\n", object->meta.name, roles);
	describe_labels(tabs, "Labels", object->meta.labels);
	describe_annotations(tabs, "Annotations", object->meta.annotations);
	tabs_add(tabs, "CreationTimestamp:\t%s\n", created);
	add_taints(tabs, node);
	tabs_add(tabs, "Unschedulable:\t%s\n", node->unschedulable ? "true" : "false");
	add_conditions(view, tabs, node);
	tabs_add(tabs, "Addresses:\n");
	if (node->internal_ip) {
		tabs_add(tabs, "  InternalIP:\t%s\n", node->internal_ip);
	}
	tabs_add(tabs, "  Hostname:\t%s\n", object->meta.name);
	describe_amounts(tabs, "", "Capacity", &node->capacity);
	describe_amounts(tabs, "", "Allocatable", &node->allocatable);
	tabs_add(tabs, "System Info:\n  Kubelet Version:\t%s\n", version);
	add_pods(view, tabs, object);
}
