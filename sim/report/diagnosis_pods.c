/* diagnosis_pods.c - pods that no node takes, and containers that end by themselves or by the
 * memory limit. */

#include "report/probe_evidence.h"

#include <math.h>
#include <string.h>

#define PATIENCE                                                                                   \
	(30 * SIM_SECOND) /* a pod may wait so long for a node without being worth a word */

/* --- no node --- */

/* Where the template of @pod asks for @resource; @fallback when it does not say. */
static struct doc_location request_place(const struct run *run, const struct run_pod *pod,
                                         const char *resource, struct doc_location fallback)
{
	const struct object *set = pod->replica_set
	                               ? run_object_at(run, KIND_REPLICA_SET, pod->namespace,
	                                               pod->replica_set, pod->created_at)
	                               : NULL;
	const struct doc *template = set ? REPLICA_SET(set)->template.source : NULL;
	const struct doc *containers = doc_find(template, "spec", "containers", NULL);

	for (size_t i = 0; i < doc_length(containers); i++) {
		const struct doc *resources = doc_get(doc_at(containers, i), "resources");
		const struct doc *amount = doc_find(resources, "requests", resource, NULL);
		const struct doc_location where =
		    doc_where(amount ? amount : doc_find(resources, "limits", resource, NULL));

		if (where.file) {
			return where;
		}
	}
	return fallback;
}

/* "memory: the pod asks for 2Gi; of 13.5Gi on node n 7Gi are taken by others and 6Gi by 4 pods:
 * 512Mi are free". */
static bool chain_room(const struct diagnosis *d, struct finding *finding,
                       const struct run_pod *pod, const struct node_spec *node,
                       const char *resource)
{
	char *(*const amount)(int64_t) =
	    g_str_equal(resource, "memory") ? text_memory_amount : text_cpu_amount;
	const sim_time end = MIN(MIN(pod->scheduled_at, pod->gone_at), d->run->to);
	const sim_time at = pod->created_at + (end - pod->created_at) / 2; /* amid its wait */
	const int64_t wanted = pod_spec_request(pod->spec, resource);
	int64_t all = 0, other = 0;

	if (!resource_list_get(&node->allocatable, resource, &all)) {
		return true;
	}
	resource_list_get(&node->other_requests, resource, &other);
	const int64_t pods = requested_on_node(d->run, node->name, resource, at, pod);
	const int64_t room = all - other - pods;
	g_autofree char *wanted_text = amount(wanted);
	g_autofree char *all_text = amount(all);
	g_autofree char *other_text = amount(other);
	g_autofree char *pods_taken = amount(pods);
	g_autofree char *room_text = amount(MAX(0, room));

	if (wanted > room) {
		finding->where = request_place(d->run, pod, resource, finding->where);
		finding_chain(finding,
		              "%s: the pod asks for %s; node %s has %s, of which other workloads "
		              "request %s and the pods here %s: %s - %s - %s = %s is left",
		              resource, wanted_text, node->name, all_text, other_text, pods_taken,
		              all_text, other_text, pods_taken, room_text);
		return false;
	}
	finding_exclude(finding, "%s: the pod asks for %s, and %s of %s has room for %s", resource,
	                wanted_text, node->name, all_text, room_text);
	return true;
}

static void complete_unschedulable(const struct diagnosis *d, struct finding *finding)
{
	const struct run_pod *pod = finding->pods->pdata[0];
	g_autofree char *names = pods_text(finding->pods);
	const struct container *container = pod_container(d->run, pod);
	sim_time waited = 0;
	unsigned bound = 0;
	bool left = false; /* still waiting at the end */

	for (unsigned i = 0; i < finding->pods->len; i++) {
		const struct run_pod *one = finding->pods->pdata[i];
		const sim_time end = MIN(MIN(one->scheduled_at, one->gone_at), d->run->to);

		bound += one->node != NULL;
		left |= !one->node && one->gone_at == SIM_NEVER;
		waited = MAX(waited, end - one->created_at);
	}
	g_autofree char *text = text_length(waited);

	if (bound == finding->pods->len) {
		finding->severity = SEVERITY_WARNING;
	}
	finding_message(finding, "no node took %s for %s%s: %s", names, text,
	                bound == finding->pods->len ? ""
	                : left                      ? ", to the end of the run"
	                                            : ", until deletion",
	                pod->scheduling_message ? pod->scheduling_message : "no reason given");
	finding->where = container->where;
	for (size_t i = 0; i < d->run->scenario->n_nodes && i < 3; i++) {
		chain_room(d, finding, pod, &d->run->scenario->nodes[i], "memory");
		chain_room(d, finding, pod, &d->run->scenario->nodes[i], "cpu");
	}
	if (bound < finding->pods->len) {
		finding_chain(finding,
		              "so no container was started, no probe sent, and the replica "
		              "counts as desired without being there");
		chain_hpa(d, finding);
	}
	if (pod->replica_set &&
	    findings_find(d->findings, "probe-path-not-served", finding->object)) {
		const struct finding *kin =
		    findings_find(d->findings, "probe-path-not-served", finding->object);
		const struct run_pod *same = kin->pods->pdata[0];

		if (g_strcmp0(same->replica_set, pod->replica_set) == 0) {
			finding_chain(finding,
			              "with a node it would have met the same probe as the "
			              "others of its template (probe-path-not-served)");
		}
	}
}

static bool waits_for_node(const struct run *run, const struct run_pod *pod)
{
	const sim_time end = MIN(MIN(pod->scheduled_at, pod->gone_at), run->to);

	return pod->scheduling_message && end - pod->created_at > PATIENCE;
}

/* --- containers that end --- */

struct ends { /* of a pod's containers, other than by a probe */
	unsigned n, out_of_memory;
	const struct run_restart *last;
	sim_time first;
};

bool killed_by_action(const struct run *run, const struct run_restart *restart)
{
	for (size_t i = 0; i < run->scenario->n_timeline; i++) {
		const struct action *action = &run->scenario->timeline[i];

		if (action->kind == ACTION_KILL && action->at == restart->finished_at) {
			return true;
		}
	}
	return false;
}

static struct ends ends_of(const struct run *run, const struct run_pod *pod)
{
	struct ends ends = {.first = SIM_NEVER};

	for (unsigned i = 0; i < pod->restarts->len; i++) {
		const struct run_restart *restart =
		    &g_array_index(pod->restarts, struct run_restart, i);

		if (restart->cause != KILL_NONE || restart->finished_at == SIM_NEVER ||
		    killed_by_action(run, restart)) {
			continue;
		}
		ends.n += 1 + restart->more;
		if (g_strcmp0(restart->reason, "OOMKilled") == 0) {
			ends.out_of_memory += 1 + restart->more;
		}
		ends.first = MIN(ends.first, restart->finished_at);
		ends.last = restart;
	}
	return ends;
}

static void complete_oom(const struct diagnosis *d, struct finding *finding)
{
	const struct run_pod *pod = finding->pods->pdata[0];
	const struct application *application = run_pod_application(d->run, pod);
	const struct container *container = pod_container(d->run, pod);
	g_autofree char *names = pods_text(finding->pods);
	int64_t limit = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		n += ends_of(d->run, finding->pods->pdata[i]).out_of_memory;
	}
	resource_list_get(&container->limits, "memory", &limit);
	g_autofree char *limit_text = text_memory_amount(limit);

	finding_message(finding,
	                "%s ran into the memory limit of %s %u time%s (OOMKilled, exit code "
	                "137)",
	                names, limit_text, n, text_plural(n));
	finding->where = container->where;
	if (application) {
		g_autofree char *base = text_bytes((double)application->memory_base);
		g_autofree char *each = text_bytes((double)application->memory_per_request);

		finding_chain(finding,
		              "the application needs %s at rest and %s for every request in it",
		              base, each);
	}
	chain_out_of_endpoints(d, finding);
	exclude_rivals(d, finding, RIVAL_SCHEDULING | RIVAL_SELECTOR);
}

static void complete_crash(const struct diagnosis *d, struct finding *finding)
{
	const struct run_pod *pod = finding->pods->pdata[0];
	const struct container *container = pod_container(d->run, pod);
	g_autofree char *names = pods_text(finding->pods);
	const struct ends ends = ends_of(d->run, pod);
	unsigned n = 0;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		n += ends_of(d->run, finding->pods->pdata[i]).n;
	}
	finding_message(finding, "the container of %s ended by itself %u time%s (exit code %d, %s)",
	                names, n, text_plural(n), ends.last->exit_code,
	                ends.last->reason ? ends.last->reason : "no reason");
	finding->where = container->where;
	chain_out_of_endpoints(d, finding);
	if (!pod->ready->len) {
		chain_waste(d, finding);
	}
	finding_exclude(finding, "a probe: none of these ends was a kill of the kubelet");
	exclude_rivals(d, finding, RIVAL_MEMORY | RIVAL_SCHEDULING);
}

/* A crash is a loop when it came twice, or led to a back-off. */
static bool crash_loops(const struct run_pod *pod, const struct ends *ends)
{
	return ends->n > ends->out_of_memory && (ends->n > 1 || pod->backoff->len);
}

static void place(struct diagnosis *d, const char *rule, const struct run_pod *pod, sim_time since,
                  GPtrArray *fresh)
{
	struct finding *finding = finding_of_kin(d, rule, pod);

	if (finding) {
		finding->since = MIN(finding->since, since);
		return;
	}
	finding = finding_new(d, rule, SEVERITY_ERROR, pod->deployment ? "deployment" : "pod",
	                      pod->deployment ? pod->deployment : pod->name, since);
	g_ptr_array_add(finding->pods, (void *)pod);
	g_ptr_array_add(fresh, finding);
}

void diagnose_pods(struct diagnosis *d)
{
	g_autoptr(GPtrArray) fresh = g_ptr_array_new();

	for (unsigned i = 0; i < d->run->pods->len; i++) {
		const struct run_pod *pod = d->run->pods->pdata[i];
		const struct ends ends = ends_of(d->run, pod);

		if (waits_for_node(d->run, pod)) {
			place(d, "unschedulable", pod, pod->created_at, fresh);
		}
		if (ends.out_of_memory) {
			place(d, "oom-killed", pod, ends.first, fresh);
		}
		if (crash_loops(pod, &ends)) {
			place(d, "crash-loop", pod, ends.first, fresh);
		}
	}
	for (unsigned i = 0; i < fresh->len; i++) {
		struct finding *finding = fresh->pdata[i];

		if (g_str_equal(finding->rule, "unschedulable")) {
			complete_unschedulable(d, finding);
		} else if (g_str_equal(finding->rule, "oom-killed")) {
			complete_oom(d, finding);
		} else {
			complete_crash(d, finding);
		}
	}
}
