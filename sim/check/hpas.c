/* hpas.c - HorizontalPodAutoscalers that cannot do what they are for. */

#include "check/set.h"

#include <string.h>

#define DEFAULT_TOLERANCE 0.1

struct autoscaled {
	struct check_set *set;
	const struct hpa *hpa;
	char *label; /* "hpa/inference" */
	const struct workload *workload;
};

static struct doc_location place_of_metric(const struct hpa *hpa, size_t number)
{
	const struct doc *metrics = doc_find(hpa->object.source, "spec", "metrics", NULL);
	struct doc_location where = doc_where(doc_at(metrics, number));

	return where.file ? where : place_of_field(hpa->object.source, "spec", NULL);
}

/* --- what it measures --- */

static void miss_request(const struct autoscaled *a, size_t number,
                         const struct container *container)
{
	const struct metric_spec *metric = &a->hpa->metrics[number];
	int64_t milli;

	if (resource_list_get(&container->requests, metric->name, &milli) && milli > 0) {
		return;
	}
	struct check_finding *finding =
	    found(a->set, "hpa-no-requests", CHECK_ERROR, a->label, place_of_metric(a->hpa, number),
	          "the target is a share of the %s request, but container `%s` of %s requests none",
	          metric->name, container->name, a->workload->label);

	finding_why(finding,
	            "the controller cannot compute a utilisation: the metric fails with "
	            "FailedGetResourceMetric (missing request for %s), at every sync",
	            metric->name);
	finding_do(finding,
	           "set resources.requests.%s of that container (%s:%u), or use ContainerResource "
	           "for another one",
	           metric->name, container->where.file ? container->where.file : "",
	           container->where.line);
	finding_costs(finding, "by this metric the HPA never scales: replicas stay as they are");
}

static bool counts_pod_requests(const struct autoscaled *a, const char *resource)
{
	int64_t milli;

	return a->set->release.hpa_pod_level_resources && a->workload->spec->has_pod_resources &&
	       resource_list_get(&a->workload->spec->pod_requests, resource, &milli) && milli > 0;
}

static void check_requests(const struct autoscaled *a, size_t number)
{
	const struct metric_spec *metric = &a->hpa->metrics[number];
	const struct pod_spec *spec = a->workload->spec;

	if (metric->target.type != TARGET_UTILIZATION) {
		return;
	}
	if (metric->type == METRIC_CONTAINER_RESOURCE) {
		const struct container *container = pod_spec_container(spec, metric->container);

		if (container) {
			miss_request(a, number, container);
		}
		return;
	}
	if (metric->type != METRIC_RESOURCE || counts_pod_requests(a, metric->name)) {
		return;
	}
	for (size_t i = 0; i < spec->n_containers; i++) {
		miss_request(a, number, &spec->containers[i]);
	}
	for (size_t i = 0; a->set->release.hpa_sidecar_requests && i < spec->n_init_containers;
	     i++) {
		if (spec->init_containers[i].always_restarts) {
			miss_request(a, number, &spec->init_containers[i]);
		}
	}
}

static void check_container(const struct autoscaled *a, size_t number)
{
	const struct metric_spec *metric = &a->hpa->metrics[number];
	const struct pod_spec *spec = a->workload->spec;

	if (metric->type != METRIC_CONTAINER_RESOURCE ||
	    pod_spec_container(spec, metric->container)) {
		return;
	}
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (size_t i = 0; i < spec->n_containers; i++) {
		g_ptr_array_add(names, spec->containers[i].name);
	}
	for (size_t i = 0; i < spec->n_init_containers; i++) {
		if (g_strcmp0(spec->init_containers[i].name, metric->container) == 0) {
			return;
		}
	}
	g_ptr_array_add(names, NULL);
	g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
	struct check_finding *finding = found(
	    a->set, "hpa-container-missing", CHECK_ERROR, a->label, place_of_metric(a->hpa, number),
	    "the metric is that of container `%s`, but the pods of %s have %s", metric->container,
	    a->workload->label, all);

	finding_why(finding, "no pod has a sample of it");
	finding_do(finding, "name one of the containers");
	finding_costs(finding, "by this metric the HPA never scales: replicas stay as they are");
}

/* --- what the metric can reach --- */

/* The most of @resource that @container can use; -1: no limit. */
static int64_t most_used(const struct autoscaled *a, const struct container *container,
                         const char *resource)
{
	const struct application *application =
	    container_application(a->set, a->workload, container);
	int64_t limit;
	int64_t most =
	    resource_list_get(&container->limits, resource, &limit) && limit > 0 ? limit : -1;

	if (application && application->cores_per_worker > 0 && g_str_equal(resource, "cpu")) {
		const int64_t cores =
		    (int64_t)(application->workers * application->cores_per_worker * 1000);

		most = most < 0 ? cores : MIN(most, cores);
	}
	return most;
}

static void unreachable(const struct autoscaled *a, size_t number, double most, double target,
                        double tolerance, const char *unit)
{
	const struct metric_spec *metric = &a->hpa->metrics[number];

	if (most > target * (1 + tolerance) * (1 + 1e-9)) {
		return;
	}
	struct check_finding *finding =
	    found(a->set, "hpa-target-unreachable", CHECK_ERROR, a->label,
	          place_of_metric(a->hpa, number),
	          "the %s target is %.4g%s, but the pods of %s cannot use more than %.4g%s",
	          metric->name, target, unit, a->workload->label, most, unit);

	finding_why(finding,
	            "to scale up the metric must exceed the target by more than the tolerance "
	            "of %.0f %%: above %.4g%s; the limits hold it below",
	            tolerance * 100, target * (1 + tolerance), unit);
	finding_do(finding, "lower the target, lower the request, or raise the limit");
	finding_costs(finding, "pods run at their limit and the HPA never adds one");
}

static void check_reach(const struct autoscaled *a, size_t number)
{
	const struct metric_spec *metric = &a->hpa->metrics[number];
	const struct pod_spec *spec = a->workload->spec;
	const double tolerance = a->hpa->has_behavior && a->hpa->scale_up.has_tolerance
	                             ? a->hpa->scale_up.tolerance
	                         : a->set->scenario ? a->set->scenario->components.hpa_tolerance
	                                            : DEFAULT_TOLERANCE;
	int64_t most = 0, requests = 0, milli;

	if (metric->type != METRIC_RESOURCE && metric->type != METRIC_CONTAINER_RESOURCE) {
		return;
	}
	for (size_t i = 0; i < spec->n_containers; i++) {
		const struct container *container = &spec->containers[i];

		if (metric->type == METRIC_CONTAINER_RESOURCE &&
		    g_strcmp0(container->name, metric->container) != 0) {
			continue;
		}
		const int64_t one = most_used(a, container, metric->name);

		if (one < 0) {
			return;
		}
		most += one;
		resource_list_get(&container->requests, metric->name, &milli);
		requests += milli;
	}
	for (size_t i = 0; i < spec->n_init_containers; i++) {
		if (spec->init_containers[i].always_restarts) {
			return;
		}
	}
	if (most > 0 && metric->target.type == TARGET_UTILIZATION && requests > 0 &&
	    !counts_pod_requests(a, metric->name)) {
		unreachable(a, number, 100.0 * (double)most / (double)requests,
		            metric->target.average_utilization, tolerance, " % of the request");
	} else if (most > 0 && metric->target.type == TARGET_AVERAGE_VALUE) {
		bool cpu = g_str_equal(metric->name, "cpu");

		unreachable(a, number, (double)most / (cpu ? 1 : 1000.0 * 1048576),
		            (double)metric->target.average_value / (cpu ? 1 : 1000.0 * 1048576),
		            tolerance, cpu ? "m" : "Mi");
	}
}

/* --- what it scales --- */

static void target_missing(const struct autoscaled *a)
{
	const struct hpa *hpa = a->hpa;
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	bool custom = g_strcmp0(hpa->target.kind, "Deployment") != 0 &&
	              g_strcmp0(hpa->target.kind, "ReplicaSet") != 0 &&
	              g_strcmp0(hpa->target.kind, "StatefulSet") != 0;

	for (unsigned i = 0; i < a->set->workloads->len; i++) {
		const struct workload *workload = a->set->workloads->pdata[i];

		if (g_strcmp0(workload->kind, hpa->target.kind) == 0) {
			g_ptr_array_add(names, (void *)workload->name);
		}
	}
	bool alone = names->len == 0 || custom;

	g_ptr_array_add(names, NULL);
	const char *nearest = doc_nearest(hpa->target.name, (const char *const *)names->pdata);
	struct check_finding *finding = found(
	    a->set, "hpa-target-missing",
	    a->set->scenario ? CHECK_ERROR
	    : alone          ? CHECK_NOTE
			     : CHECK_WARNING,
	    a->label, place_of_field(hpa->object.source, "spec", "scaleTargetRef", "name", NULL),
	    "%s `%s` is not among the manifests of namespace %s%s%s%s", hpa->target.kind,
	    hpa->target.name, hpa->object.meta.namespace, nearest ? "; did you mean `" : "",
	    nearest ? nearest : "", nearest ? "`?" : "");

	if (a->set->scenario || !alone) {
		finding_why(finding,
		            "without its target the HPA fails with FailedGetScale at every sync");
		finding_do(finding, "name what is to be scaled, in the HPA's own namespace");
		finding_costs(finding, "nothing is ever scaled by %s", a->label);
	} else {
		finding_why(finding, "it may be in another file; check them together");
	}
}

static void check_fight(const struct autoscaled *a)
{
	const struct workload *workload = a->workload;

	if (!workload->replicas_written || workload->replicas == 0) {
		return;
	}
	const int32_t low = MAX(a->hpa->min_replicas, 1), high = a->hpa->max_replicas;
	struct check_finding *finding = found(
	    a->set, "hpa-fights-replicas", CHECK_WARNING, workload->label, workload->replicas_where,
	    "`replicas: %d` is written down, but %s decides (%d to %d)", workload->replicas,
	    a->label, low, high);

	finding_why(finding,
	            "every `kubectl apply` of this manifest sets the number back, whatever the "
	            "load is");
	finding_do(finding,
	           "leave `replicas` out (take it over with `kubectl apply edit-last-applied` "
	           "first, or it falls to 1 once)");
	if (workload->replicas < high) {
		finding_costs(
		    finding,
		    "an apply at the peak takes up to %d of %d replicas away; they come back "
		    "after the next HPA sync, and serve once they are Ready again",
		    high - MAX(workload->replicas, 0), high);
	} else {
		finding_costs(finding, "an apply starts up to %d replicas that nobody asked for",
		              workload->replicas - low);
	}
}

static void check_shared(const struct autoscaled *a, unsigned number)
{
	for (unsigned i = 0; i < number; i++) {
		const struct hpa *other = a->set->hpas->pdata[i];

		if (g_strcmp0(other->target.kind, a->hpa->target.kind) != 0 ||
		    g_strcmp0(other->target.name, a->hpa->target.name) != 0 ||
		    g_strcmp0(other->object.meta.namespace, a->hpa->object.meta.namespace) != 0) {
			continue;
		}
		bool refuses = a->set->release.hpa_refuses_shared_pods;
		struct check_finding *finding =
		    found(a->set, "hpa-shared-target", CHECK_ERROR, a->label,
		          place_of_field(a->hpa->object.source, "spec", "scaleTargetRef", NULL),
		          "hpa/%s scales %s `%s` too", other->object.meta.name, a->hpa->target.kind,
		          a->hpa->target.name);

		finding_why(finding, "%s",
		            refuses ? "pods that two HPAs select make both stop: condition "
		                      "ScalingActive is False, reason AmbiguousSelector"
		                    : "each sets the number of replicas as its own metrics say");
		finding_do(finding,
		           "put all metrics into one HPA: the highest proposal wins there");
		finding_costs(finding, "%s",
		              refuses ? "neither scales: replicas stay as they are"
		                      : "replicas go up and down at every sync");
	}
}

void check_hpas(struct check_set *set)
{
	for (unsigned i = 0; i < set->hpas->len; i++) {
		const struct hpa *hpa = set->hpas->pdata[i];
		g_autofree char *label = g_strdup_printf("hpa/%s", hpa->object.meta.name);
		struct autoscaled a = {set, hpa, label, NULL};

		for (unsigned k = 0; k < set->workloads->len; k++) {
			if (hpa_targets(hpa, set->workloads->pdata[k])) {
				a.workload = set->workloads->pdata[k];
			}
		}
		check_shared(&a, i);
		if (!a.workload) {
			target_missing(&a);
			continue;
		}
		for (size_t k = 0; k < hpa->n_metrics; k++) {
			check_requests(&a, k);
			check_container(&a, k);
			check_reach(&a, k);
		}
		check_fight(&a);
	}
}
