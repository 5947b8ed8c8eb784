/* capacity.c - whether the nodes can hold what is wanted, and one pod more for a rollout.
 *
 * Pods are placed one by one as the scheduler would: those of all other workloads at their least
 * number first, then those of the workload in question. */

#include "check/set.h"

#include "rules/rollout.h"
#include "rules/scheduling.h"

#include <string.h>

struct ground { /* the nodes with what stands on them */
	const struct check_set *set;
	struct scheduling_node *nodes;
	size_t n;
	char *refusal; /* the scheduler's words when a pod last found no node */
};

static void ground_init(struct ground *ground, const struct check_set *set)
{
	*ground = (struct ground){.set = set, .n = set->nodes->len};
	ground->nodes = g_new0(struct scheduling_node, ground->n + 1);
	for (size_t i = 0; i < ground->n; i++) {
		ground->nodes[i].node = set->nodes->pdata[i];
		ground->nodes[i].pods =
		    g_ptr_array_new_with_free_func((GDestroyNotify)object_unref);
	}
}

static void ground_clear(struct ground *ground)
{
	for (size_t i = 0; i < ground->n; i++) {
		g_ptr_array_unref((GPtrArray *)ground->nodes[i].pods);
	}
	g_free(ground->nodes);
	g_free(ground->refusal);
}

static struct pod *new_pod(const struct workload *workload)
{
	const struct object *object = workload->object;
	struct pod *pod;

	if (object->kind == KIND_POD) {
		return POD(object_copy(object));
	}
	pod = pod_new(object->kind == KIND_DEPLOYMENT ? &DEPLOYMENT(object)->template
	                                              : &REPLICA_SET(object)->template);
	pod->object.meta.namespace = ref_string(workload->namespace);
	pod->object.meta.name = ref_string(workload->name);
	return pod;
}

/* Places up to @n pods of @workload; how many found a node. */
static int32_t place(struct ground *ground, const struct workload *workload, int32_t n)
{
	for (int32_t i = 0; i < n; i++) {
		struct pod *pod = new_pod(workload);
		struct scheduling_decision decision = {0};
		const struct scheduling_input input = {pod, ground->nodes, ground->n,
		                                       &ground->set->release};

		scheduling_decide(&input, 0, &decision);
		const int node = decision.node;

		if (node >= 0) {
			g_ptr_array_add((GPtrArray *)ground->nodes[node].pods, pod);
		} else {
			g_free(ground->refusal);
			ground->refusal = g_strdup(decision.message);
			object_unref(&pod->object);
		}
		scheduling_decision_clear(&decision);
		if (node < 0) {
			return i;
		}
	}
	return n;
}

static void place_on_every_node(struct ground *ground, const struct workload *workload)
{
	for (size_t i = 0; i < ground->n; i++) {
		g_ptr_array_add((GPtrArray *)ground->nodes[i].pods, new_pod(workload));
	}
}

static void place_others(struct ground *ground, const struct workload *but)
{
	const struct check_set *set = ground->set;

	for (unsigned i = 0; i < set->workloads->len; i++) {
		const struct workload *workload = set->workloads->pdata[i];
		int32_t least, most;

		if (workload == but) {
			continue;
		}
		if (g_str_equal(workload->kind, "DaemonSet")) {
			place_on_every_node(ground, workload);
			continue;
		}
		workload_range(set, workload, &least, &most);
		place(ground, workload, least);
	}
}

static char *say_request(const struct workload *workload)
{
	g_autofree char *cpu = NULL, *memory = NULL;
	const int64_t milli = pod_spec_request(workload->spec, "cpu");
	const int64_t bytes = pod_spec_request(workload->spec, "memory") / 1000;

	cpu = g_strdup_printf("%" G_GINT64_FORMAT "m CPU", (gint64)milli);
	memory = g_strdup_printf("%.4gGi", (double)bytes / (1 << 30));
	return g_strdup_printf("%s and %s", cpu, memory);
}

/* --- the rules --- */

static struct doc_location place_of_requests(const struct workload *workload)
{
	const struct doc *containers = doc_get(workload->spec->source, "containers");

	return place_of_field(doc_at(containers, 0), "resources", "requests", "memory", NULL);
}

static void replicas_above(struct check_set *set, const struct workload *workload, int32_t least,
                           int32_t fit, const char *refusal)
{
	g_autofree char *request = say_request(workload);
	struct check_finding *finding = found(
	    set, "replicas-above-nodes", CHECK_ERROR, workload->label, place_of_requests(workload),
	    "%d replica%s of %s each %s wanted, but the nodes hold %d beside everything else",
	    least, least == 1 ? "" : "s", request, least == 1 ? "is" : "are", fit);

	finding_why(finding, "requests count, not use: what does not fit stays Pending (%s)",
	            refusal ? refusal : "FailedScheduling");
	finding_do(finding, "request less, want fewer, or add nodes");
	finding_costs(finding,
	              "%d of %d replicas never run; each rollout stops when it needs one of them",
	              least - fit, least);
}

static void max_above(struct check_set *set, const struct workload *workload, int32_t most,
                      int32_t fit)
{
	const struct hpa *hpa = workload_hpa(set, workload);
	g_autofree char *request = say_request(workload);
	g_autofree char *label = g_strdup_printf("hpa/%s", hpa->object.meta.name);
	struct check_finding *finding = found(
	    set, "hpa-max-above-nodes", CHECK_WARNING, label,
	    place_of_field(hpa->object.source, "spec", "maxReplicas", NULL),
	    "maxReplicas is %d, but the nodes hold %d pods of %s (%s each) beside everything else",
	    most, fit, workload->label, request);

	finding_why(finding,
	            "the HPA counts Pending pods as replicas: it asks for what cannot run, and "
	            "waits for it");
	finding_do(finding, "lower maxReplicas to %d, request less, or add nodes", fit);
	finding_costs(finding,
	              "at the peak %d of the replicas wait Pending while %d carry the load",
	              most - fit, fit);
}

static void stuck(struct check_set *set, const struct workload *workload, int32_t replicas,
                  bool always, const char *refusal)
{
	const struct deployment *deployment = workload->deployment;
	int32_t surge, unavailable;
	g_autofree char *request = say_request(workload);

	if (!deployment || deployment->recreate || replicas == 0) {
		return;
	}
	rollout_fenceposts(deployment->max_surge, deployment->max_unavailable, replicas, &surge,
	                   &unavailable);
	if (unavailable > 0) {
		return;
	}
	const int32_t deadline = deployment->progress_deadline_seconds;
	struct check_finding *finding = found(
	    set, "rollout-stuck", always ? CHECK_ERROR : CHECK_WARNING, workload->label,
	    place_of_field(deployment->object.source, "spec", "strategy", "rollingUpdate", NULL),
	    "at %d replicas a rollout cannot begin: no replica may be missing (maxUnavailable "
	    "comes to "
	    "0), and there is no room for one more of %s",
	    replicas, request);

	finding_why(finding,
	            "the new pod stays Pending (%s), and no old one may go before it is "
	            "available",
	            refusal ? refusal : "FailedScheduling");
	finding_do(finding, "set maxUnavailable: 1, request less, or keep room for %d more pod%s",
	           surge, surge == 1 ? "" : "s");
	if (deadline != NO_LIMIT) {
		finding_costs(finding,
		              "every rollout at that size ends in ProgressDeadlineExceeded "
		              "after %d s, with the old version still serving",
		              deadline);
	}
}

static void check_workload(struct check_set *set, const struct workload *workload)
{
	struct ground ground;
	int32_t least, most;

	workload_range(set, workload, &least, &most);
	ground_init(&ground, set);
	place_others(&ground, workload);
	const int32_t fit = place(&ground, workload, most == G_MAXINT32 ? most : most + 1);

	if (fit < least) {
		replicas_above(set, workload, least, fit, ground.refusal);
	} else {
		if (fit < most) {
			max_above(set, workload, most, fit);
		}
		if (fit <= most) {
			stuck(set, workload, fit, least == most, ground.refusal);
		}
	}
	ground_clear(&ground);
}

void check_capacity(struct check_set *set)
{
	for (unsigned i = 0; set->nodes->len > 0 && i < set->workloads->len; i++) {
		const struct workload *workload = set->workloads->pdata[i];

		if (workload->sized) {
			check_workload(set, workload);
		}
	}
}
