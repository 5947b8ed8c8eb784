/* view_cells.c - cells of pods, workloads and nodes. */

#include "report/pod_status.h"
#include "report/view_table.h"

#include <string.h>

static void add(GPtrArray *cells, char *text)
{
	g_ptr_array_add(cells, text);
}

static void add_or(GPtrArray *cells, const char *text, const char *otherwise)
{
	add(cells, g_strdup(text && *text ? text : otherwise));
}

static void add_number(GPtrArray *cells, int64_t number)
{
	add(cells, g_strdup_printf("%" G_GINT64_FORMAT, number));
}

static void add_age(GPtrArray *cells, const struct view *view, const struct object *object)
{
	add(cells, view_age(view, object->meta.creation_time));
}

/* --- pods --- */

/* When a container of @pod last ended before its present one; SIM_NEVER: never. */
static sim_time last_restart(const struct pod *pod)
{
	sim_time last = SIM_NEVER;

	for (size_t i = 0; i < pod->spec->n_containers; i++) {
		const sim_time end = pod->containers[i].last.finished_at;

		if (end != SIM_NEVER && (last == SIM_NEVER || end > last)) {
			last = end;
		}
	}
	for (size_t i = 0; i < pod->spec->n_init_containers; i++) {
		const sim_time end = pod->init_containers[i].last.finished_at;

		if (pod->spec->init_containers[i].always_restarts && end != SIM_NEVER &&
		    (last == SIM_NEVER || end > last)) {
			last = end;
		}
	}
	return last;
}

static char *restarts_text(const struct view *view, const struct pod *pod)
{
	const uint32_t restarts = pod_restarts(pod);
	const sim_time last = last_restart(pod);

	if (restarts == 0 || last == SIM_NEVER) {
		return g_strdup_printf("%u", restarts);
	}
	g_autofree char *ago = view_age(view, last);

	return g_strdup_printf("%u (%s ago)", restarts, ago);
}

static char *gates_text(const struct pod *pod)
{
	const GPtrArray *gates = pod->spec->readiness_gates;
	unsigned good = 0;

	if (!gates || gates->len == 0) {
		return g_strdup("<none>");
	}
	for (unsigned i = 0; i < gates->len; i++) {
		good += conditions_are_true(&pod->conditions, gates->pdata[i]);
	}
	return g_strdup_printf("%u/%u", good, gates->len);
}

static void pod_cells(const struct view *view, const struct object *object, GPtrArray *cells)
{
	const struct pod *pod = POD(object);

	add(cells, g_strdup(object->meta.name));
	add(cells, pod_ready_text(pod));
	add(cells, pod_status_text(pod));
	add(cells, restarts_text(view, pod));
	add_age(cells, view, object);
	add_or(cells, pod->pod_ip, "<none>");
	add_or(cells, pod->node_name, "<none>");
	add_or(cells, NULL, "<none>"); /* nothing is preempted */
	add(cells, gates_text(pod));
}

const struct view_columns view_columns_of_pods = {
    (const char *const[]){"NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE",
                          "NOMINATED NODE", "READINESS GATES", NULL},
    0x1e0, pod_cells};

/* --- workloads --- */

static void add_containers(GPtrArray *cells, const struct pod_spec *spec)
{
	GString *names = g_string_new(NULL), *images = g_string_new(NULL);

	for (size_t i = 0; spec && i < spec->n_containers; i++) {
		g_string_append_printf(names, "%s%s", i ? "," : "", spec->containers[i].name);
		g_string_append_printf(images, "%s%s", i ? "," : "", spec->containers[i].image);
	}
	add(cells, g_string_free(names, FALSE));
	add(cells, g_string_free(images, FALSE));
}

static void add_selector(GPtrArray *cells, const struct label_selector *selector)
{
	add(cells, label_selector_is_empty(selector) ? g_strdup("<none>")
	                                             : label_selector_to_string(selector));
}

static void deployment_cells(const struct view *view, const struct object *object, GPtrArray *cells)
{
	const struct deployment *deployment = DEPLOYMENT(object);

	add(cells, g_strdup(object->meta.name));
	add(cells,
	    g_strdup_printf("%d/%d", deployment->status.ready_replicas, deployment->replicas));
	add_number(cells, deployment->status.updated_replicas);
	add_number(cells, deployment->status.available_replicas);
	add_age(cells, view, object);
	add_containers(cells, deployment->template.spec);
	add_selector(cells, deployment->selector);
}

const struct view_columns view_columns_of_deployments = {
    (const char *const[]){"NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES",
                          "SELECTOR", NULL},
    0xe0, deployment_cells};

static void replica_set_cells(const struct view *view, const struct object *object,
                              GPtrArray *cells)
{
	const struct replica_set *replica_set = REPLICA_SET(object);

	add(cells, g_strdup(object->meta.name));
	add_number(cells, replica_set->replicas);
	add_number(cells, replica_set->status.replicas);
	add_number(cells, replica_set->status.ready_replicas);
	add_age(cells, view, object);
	add_containers(cells, replica_set->template.spec);
	add_selector(cells, replica_set->selector);
}

const struct view_columns view_columns_of_replica_sets = {
    (const char *const[]){"NAME", "DESIRED", "CURRENT", "READY", "AGE", "CONTAINERS", "IMAGES",
                          "SELECTOR", NULL},
    0xe0, replica_set_cells};

/* --- PodDisruptionBudgets --- */

static char *amount_text(const struct int_or_percent *amount)
{
	if (amount->kind == VALUE_UNSET) {
		return g_strdup("N/A");
	}
	return g_strdup_printf(amount->kind == VALUE_PERCENT ? "%d%%" : "%d", amount->value);
}

/* @amount of @expected pods, percentages rounded up. */
static int resolve(const struct int_or_percent *amount, int expected)
{
	return amount->kind == VALUE_PERCENT ? (amount->value * expected + 99) / 100
	                                     : amount->value;
}

/* Replicas that the controllers of @pods want in all; each Deployment or ReplicaSet counts once. */
static int expected_pods(const struct view *view, const GPtrArray *pods)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	int expected = 0;

	for (unsigned i = 0; i < pods->len; i++) {
		const struct object *pod = pods->pdata[i];
		const struct object *owner =
		    pod->meta.owner.kind == KIND_REPLICA_SET
			? view_find(view, KIND_REPLICA_SET, pod->meta.namespace,
		                    pod->meta.owner.name)
			: NULL;
		const struct object *deployment =
		    owner && owner->meta.owner.kind == KIND_DEPLOYMENT
			? view_find(view, KIND_DEPLOYMENT, pod->meta.namespace,
		                    owner->meta.owner.name)
			: NULL;

		if (deployment && g_hash_table_add(seen, deployment->meta.uid)) {
			expected += DEPLOYMENT(deployment)->replicas;
		} else if (!deployment && owner && g_hash_table_add(seen, owner->meta.uid)) {
			expected += REPLICA_SET(owner)->replicas;
		}
	}
	return expected;
}

/* Source: pkg/controller/disruption/disruption.go, getExpectedPodCount and updatePdbStatus. */
int view_disruptions_allowed(const struct view *view, const struct object *pdb)
{
	const struct pod_disruption_budget *budget = PDB(pdb);
	g_autoptr(GPtrArray) pods =
	    view_select(view, &(struct view_query){.kind = KIND_POD,
	                                           .namespace = pdb->meta.namespace,
	                                           .selector = budget->selector});
	int healthy = 0, expected, wanted;

	for (unsigned i = 0; i < pods->len; i++) {
		healthy += pod_is_ready(pods->pdata[i]) && !pod_is_terminating(pods->pdata[i]);
	}
	if (budget->max_unavailable.kind != VALUE_UNSET) {
		expected = expected_pods(view, pods);
		wanted = expected - resolve(&budget->max_unavailable, expected);
	} else {
		expected = budget->min_available.kind == VALUE_PERCENT ? expected_pods(view, pods)
		                                                       : (int)pods->len;
		wanted = resolve(&budget->min_available, expected);
	}
	return expected > 0 ? MAX(0, healthy - MAX(0, wanted)) : 0;
}

static void pdb_cells(const struct view *view, const struct object *object, GPtrArray *cells)
{
	const struct pod_disruption_budget *budget = PDB(object);

	add(cells, g_strdup(object->meta.name));
	add(cells, amount_text(&budget->min_available));
	add(cells, amount_text(&budget->max_unavailable));
	add_number(cells, view_disruptions_allowed(view, object));
	add_age(cells, view, object);
}

const struct view_columns view_columns_of_pdbs = {
    (const char *const[]){"NAME", "MIN AVAILABLE", "MAX UNAVAILABLE", "ALLOWED DISRUPTIONS", "AGE",
                          NULL},
    0, pdb_cells};

/* --- nodes --- */

static char *node_status_text(const struct node *node)
{
	const struct condition *ready = conditions_find(&node->conditions, "Ready");
	const char *status = !ready                            ? "Unknown"
	                     : ready->status == CONDITION_TRUE ? "Ready"
	                                                       : "NotReady";

	return g_strconcat(status, node->unschedulable ? ",SchedulingDisabled" : "", NULL);
}

char *view_node_roles(const struct object *node)
{
	static const char prefix[] = "node-role.kubernetes.io/";
	GString *roles = g_string_new(NULL);

	for (size_t i = 0; i < string_map_size(node->meta.labels); i++) {
		const char *key = string_map_key_at(node->meta.labels, i);

		if (g_str_has_prefix(key, prefix)) {
			g_string_append_printf(roles, "%s%s", roles->len ? "," : "",
			                       key + strlen(prefix));
		}
	}
	if (roles->len == 0) {
		g_string_append(roles, "<none>");
	}
	return g_string_free(roles, FALSE);
}

char *view_kubelet_version(const struct view *view)
{
	const char *version = view->run->scenario->version;

	return version ? g_strdup_printf("v%s.0", version) : g_strdup("<unknown>");
}

static void node_cells(const struct view *view, const struct object *object, GPtrArray *cells)
{
	const struct node *node = NODE(object);

	add(cells, g_strdup(object->meta.name));
	add(cells, node_status_text(node));
	add(cells, view_node_roles(object));
	add_age(cells, view, object);
	add(cells, view_kubelet_version(view));
	add_or(cells, node->internal_ip, "<none>");
	add_or(cells, NULL, "<none>");
	for (int i = 0; i < 3; i++) { /* what the node runs is not modelled */
		add_or(cells, NULL, "<unknown>");
	}
}

const struct view_columns view_columns_of_nodes = {
    (const char *const[]){"NAME", "STATUS", "ROLES", "AGE", "VERSION", "INTERNAL-IP", "EXTERNAL-IP",
                          "OS-IMAGE", "KERNEL-VERSION", "CONTAINER-RUNTIME", NULL},
    0x3e0, node_cells};
