/* diagnosis_cpu.c - replicas whose requests wait for CPU: because of their own limit or workers, or
 * because other containers of their node have it. */

#include "report/diagnosis_private.h"

#include <math.h>
#include <string.h>

/* Of the time measured, so much must be lost to other containers to be worth a word. */
#define WORTH_A_WORD 0.05

/* --- a limit, or workers --- */

/* What the containers of @pod may use at most, in cores; NaN: no limit known. Of a pod that was
 * resized the larger of its first limit and its last. */
static double capacity(const struct run *run, const struct run_pod *pod)
{
	const struct application *application = run_pod_application(run, pod);
	const struct container *container = pod_container(run, pod);
	const struct container *last =
	    pod->last ? pod_spec_container(POD(pod->last)->spec, container->name) : NULL;
	double cores = INFINITY;
	int64_t limit = 0, later = 0;

	if (resource_list_get(&container->limits, "cpu", &limit)) {
		if (last) {
			resource_list_get(&last->limits, "cpu", &later);
		}
		cores = (double)MAX(limit, later) / 1000;
	}
	if (application && application->cores_per_worker > 0) {
		cores = MIN(cores, application->cores_per_worker * application->workers);
	}
	return isinf(cores) ? NAN : cores;
}

static void complete_saturated(const struct diagnosis *d, struct finding *finding)
{
	const struct run_pod *first = finding->pods->pdata[0];
	g_autofree char *names = pods_text(finding->pods);
	g_autofree char *most = text_cores(capacity(d->run, first));
	double used = 0, throttled = 0;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		const struct run_pod *pod = finding->pods->pdata[i];

		used = MAX(used, pod->cpu_max);
		throttled = fmax(throttled, pod->throttled);
	}
	g_autofree char *used_text = text_cores(used);

	finding->where = pod_container(d->run, first)->where;
	finding_message(
	    finding,
	    "%s used %s of the %s that CPU limit and workers allow, over 15 s: requests wait "
	    "for CPU",
	    names, used_text, most);
	if (throttled > 0) {
		g_autofree char *share = text_percent(throttled);

		finding_chain(finding, "work waited for the limit %s of the time", share);
	}
}

static void look_for_saturation(struct diagnosis *d)
{
	g_autoptr(GPtrArray) fresh = g_ptr_array_new();

	for (unsigned i = 0; i < d->run->pods->len; i++) {
		const struct run_pod *pod = d->run->pods->pdata[i];
		const double cores = capacity(d->run, pod);

		if (!pod->requests || isnan(pod->cpu_mean) || !(pod->cpu_max >= 0.98 * cores) ||
		    finding_of_kin(d, "cpu-saturated", pod)) {
			continue;
		}
		struct finding *finding = finding_new(
		    d, "cpu-saturated", SEVERITY_WARNING, pod->deployment ? "deployment" : "pod",
		    pod->deployment ? pod->deployment : pod->name, d->run->measure_from);

		g_ptr_array_add(finding->pods, (void *)pod);
		g_ptr_array_add(fresh, finding);
	}
	for (unsigned i = 0; i < fresh->len; i++) {
		complete_saturated(d, fresh->pdata[i]);
	}
}

/* --- a node that is short --- */

static const struct node_spec *node_of(const struct run *run, const struct run_pod *pod)
{
	for (size_t i = 0; i < run->scenario->n_nodes; i++) {
		if (g_strcmp0(run->scenario->nodes[i].name, pod->node) == 0) {
			return &run->scenario->nodes[i];
		}
	}
	return NULL;
}

/* Share of the measure window in which work in @pod waited for others of its node; 0: never. */
static double waited(const struct run *run, const struct run_pod *pod)
{
	const double mean = series_mean(&pod->waited, run->measure_from, run->measure_to);

	return isnan(mean) ? 0 : MIN(mean, 1);
}

/* The containers of the pods that ran on @node while it was measured could use so many cores, one
 * without limit or workers all @cores of them; in *@n the number of pods. */
static double could_use(const struct run *run, const char *node, double cores, unsigned *n)
{
	double sum = 0;

	*n = 0;
	for (unsigned i = 0; i < run->pods->len; i++) {
		const struct run_pod *pod = run->pods->pdata[i];

		if (g_strcmp0(pod->node, node) == 0 && run_pod_application(run, pod) &&
		    spans_length(pod->running, run->measure_from, run->measure_to) > 0) {
			sum += fmin(capacity(run, pod), cores); /* NaN: no limit */
			(*n)++;
		}
	}
	return sum;
}

static char *weight_text(const struct run_pod *pod)
{
	const enum pod_qos qos = pod_spec_qos(pod->spec);
	g_autofree char *request = text_cpu_amount(pod_spec_request(pod->spec, "cpu"));

	return qos == QOS_BEST_EFFORT
	           ? g_strdup("it is BestEffort: without requests it gets what others leave")
	           : g_strdup_printf("it is %s and requests %s", pod_qos_name(qos), request);
}

static void complete_taken(const struct diagnosis *d, struct finding *finding)
{
	const struct run *run = d->run;
	const struct run_pod *first = finding->pods->pdata[0];
	const struct node_spec *node = node_of(run, first);
	double most = 0;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		most = MAX(most, waited(run, finding->pods->pdata[i]));
	}
	g_autofree char *names = pods_text(finding->pods);
	g_autofree char *share = text_percent(most);
	g_autofree char *weight = weight_text(first);

	finding->where = pod_container(run, first)->where;
	finding_message(finding,
	                "work in %s waited up to %s of the time for CPU that other containers of "
	                "the node had",
	                names, share);
	if (node) {
		int64_t all, others;
		unsigned pods;

		resource_list_get(&node->allocatable, "cpu", &all);
		resource_list_get(&node->other_requests, "cpu", &others);
		const double could = could_use(run, node->name, (double)all / 1000, &pods);
		g_autofree char *others_text = text_cpu_amount(others);

		finding_chain(finding, "%u pods on node %s may use %g CPUs together, it has %g%s%s",
		              pods, node->name, could, (double)all / 1000,
		              others ? ", of which pods that are not modelled take " : "",
		              others ? others_text : "");
	}
	finding_chain(finding, "a CPU that is short is divided by weight, which is the request: %s",
	              weight);
	finding_chain(finding, "what would help: requests near what the pods use, so that fewer of "
	                       "them share a node, or limits that the node can hold");
	if (!isnan(first->throttled)) {
		g_autofree char *throttled = text_percent(first->throttled);

		finding_exclude(finding, "throttling: its own limit held %s up %s of the time",
		                finding->pods->len > 1 ? "the first of them" : "it", throttled);
	}
}

static void look_for_neighbours(struct diagnosis *d)
{
	g_autoptr(GPtrArray) fresh = g_ptr_array_new();

	for (unsigned i = 0; i < d->run->pods->len; i++) {
		const struct run_pod *pod = d->run->pods->pdata[i];

		if (!pod->requests || waited(d->run, pod) < WORTH_A_WORD ||
		    finding_of_kin(d, "cpu-taken-by-others", pod)) {
			continue;
		}
		struct finding *finding = finding_new(d, "cpu-taken-by-others", SEVERITY_WARNING,
		                                      pod->deployment ? "deployment" : "pod",
		                                      pod->deployment ? pod->deployment : pod->name,
		                                      d->run->measure_from);

		g_ptr_array_add(finding->pods, (void *)pod);
		g_ptr_array_add(fresh, finding);
	}
	for (unsigned i = 0; i < fresh->len; i++) {
		complete_taken(d, fresh->pdata[i]);
	}
}

void diagnose_cpu(struct diagnosis *d)
{
	look_for_saturation(d);
	look_for_neighbours(d);
}
