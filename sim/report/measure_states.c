/* measure_states.c - quantities that have a value at every instant, and counts of Events. */

#include "record/run_thin.h"
#include "report/measure_private.h"

#include <math.h>
#include <string.h>

const struct run_deployment *measure_deployment(const struct run *run,
                                                const struct expect_term *term, GError **error)
{
	g_autofree char *namespace = NULL, *name = NULL;
	enum object_kind kind = KIND_DEPLOYMENT;
	const struct run_deployment *deployment =
	    measure_object(term->object, &kind, &namespace, &name)
		? run_find_deployment(run, namespace, name)
		: NULL;

	if (!deployment) {
		measure_unknown(error, "there is no %s in the run", term->object);
	}
	return deployment;
}

/* --- steps --- */

static const GArray *deployment_steps(const struct run_deployment *deployment, const char *name)
{
	if (g_str_equal(name, "replicas.desired")) {
		return deployment->desired;
	}
	if (g_str_equal(name, "replicas.current")) {
		return deployment->current;
	}
	if (g_str_equal(name, "replicas.available")) {
		return deployment->available;
	}
	if (g_str_equal(name, "replicas.updated")) {
		return deployment->updated;
	}
	return deployment->ready;
}

/* The steps that @term reads; NULL: it is made of something else, or @error. */
static const GArray *steps_of(const struct run *run, const struct expect_term *term, GError **error)
{
	if (g_str_equal(term->name, "endpoints")) {
		g_autofree char *namespace = NULL, *name = NULL;
		enum object_kind kind = KIND_SERVICE;
		const struct run_service *service =
		    measure_object(term->object, &kind, &namespace, &name)
			? run_find_service(run, namespace, name)
			: NULL;

		if (!service) {
			measure_unknown(error, "there is no %s in the run", term->object);
			return NULL;
		}
		return service->endpoints;
	}
	const struct run_deployment *deployment = measure_deployment(run, term, error);

	return deployment ? deployment_steps(deployment, term->name) : NULL;
}

/* --- restarts --- */

/* Adds what @restart counts at @at: at least and at most. */
static void count_restart(const struct run_restart *restart, sim_time at, double *least,
                          double *most)
{
	if (restart->at <= at) {
		const bool all = restart_last(restart) <= at;

		*least += 1 + (all ? restart->more : 0);
		*most += all ? 1 + restart->more : MAX(1, restart->more);
	}
}

/* The least, and where that is not all that it may be, the most. */
static void push_range(struct measure *measure, double least, double most)
{
	g_array_append_val(measure->values, least);
	if (most > least) {
		g_array_append_val(measure->values, most);
		measure->is_range = true;
	}
}

static bool measure_restarts(const struct run *run, const struct expect_term *term, sim_time at,
                             struct measure *measure, GError **error)
{
	const char *container = measure_argument(term, "container");
	g_autoptr(GPtrArray) pods = measure_pods(run, term, error);
	const double folded = measure_folded_restarts(run, term, at, NULL);
	double least = folded, most = folded;

	for (unsigned i = 0; pods && i < pods->len; i++) {
		const struct run_pod *pod = pods->pdata[i];

		for (unsigned k = 0; k < pod->restarts->len; k++) {
			const struct run_restart *restart =
			    &g_array_index(pod->restarts, struct run_restart, k);

			if (!container || g_strcmp0(container, restart->container) == 0) {
				count_restart(restart, at, &least, &most);
			}
		}
	}
	push_range(measure, least, most);
	return pods != NULL;
}

/* --- objects: HPAs and conditions --- */

static const struct conditions *conditions_of(const struct object *object)
{
	switch (object->kind) {
	case KIND_HPA:
		return &HPA(object)->status.conditions;
	case KIND_DEPLOYMENT:
		return &DEPLOYMENT(object)->status.conditions;
	case KIND_POD:
		return &POD(object)->conditions;
	default:
		return NULL;
	}
}

/* Whether the run ever had the object that @term names. */
static bool is_known(const struct run *run, enum object_kind kind, const char *namespace,
                     const char *name)
{
	for (unsigned i = 0; i < run->versions->len; i++) {
		const struct object *object =
		    ((const struct run_version *)run->versions->pdata[i])->object;

		if (object->kind == kind && g_strcmp0(object->meta.name, name) == 0 &&
		    measure_fits(namespace, object->meta.namespace)) {
			return true;
		}
	}
	return false;
}

static bool measure_status(const struct run *run, const struct expect_term *term, sim_time at,
                           struct measure *measure, GError **error)
{
	g_autofree char *namespace = NULL, *name = NULL;
	enum object_kind kind = KIND_HPA;

	if (!measure_object(term->object, &kind, &namespace, &name) ||
	    !is_known(run, kind, namespace, name)) {
		return measure_unknown(error, "there is no %s in the run", term->object);
	}
	const struct object *object = run_object_at(run, kind, namespace, name, at);

	if (measure->unit == EXPECT_TEXT) {
		const char *type = measure_argument(term, "type");
		const struct conditions *list = object ? conditions_of(object) : NULL;
		const struct condition *condition = list ? conditions_find(list, type) : NULL;

		measure->text =
		    condition ? g_strdup(condition_status_name(condition->status)) : NULL;
		measure->detail = condition ? g_strdup(condition->reason) : NULL;
		return true;
	}
	const double value = !object ? NAN
	                     : g_str_equal(term->name, "hpa.current")
	                         ? HPA(object)->status.current_replicas
	                         : HPA(object)->status.desired_replicas;

	g_array_append_val(measure->values, value);
	return true;
}

bool measure_at(const struct run *run, const struct expect_term *term, sim_time at,
                struct measure *measure, GError **error)
{
	if (g_str_equal(term->name, "restarts")) {
		return measure_restarts(run, term, at, measure, error);
	}
	if (g_str_equal(term->name, "condition") || g_str_has_prefix(term->name, "hpa.")) {
		return measure_status(run, term, at, measure, error);
	}
	const GArray *steps = steps_of(run, term, error);

	if (steps) {
		const struct step *step = steps_find(steps, at);
		double least = 0, most = 0;

		if (step) {
			step_range(step, &least, &most);
		}
		push_range(measure, least, most);
		measure->was_both = measure->is_range;
	}
	return steps != NULL;
}

/* --- when they change --- */

void measure_changes(const struct run *run, const struct expect_term *term, GArray *times)
{
	if (g_str_equal(term->name, "restarts")) {
		measure_folded_restarts(run, term, 0, times);
		for (unsigned i = 0; i < run->pods->len; i++) {
			const GArray *restarts =
			    ((const struct run_pod *)run->pods->pdata[i])->restarts;

			for (unsigned k = 0; k < restarts->len; k++) {
				const struct run_restart *restart =
				    &g_array_index(restarts, struct run_restart, k);
				const sim_time last = restart_last(restart);

				g_array_append_val(times, restart->at);
				if (last != restart->at) {
					g_array_append_val(times, last);
				}
			}
		}
	} else if (g_str_equal(term->name, "condition") || g_str_has_prefix(term->name, "hpa.")) {
		for (unsigned i = 0; i < run->versions->len; i++) {
			const struct run_version *version = run->versions->pdata[i];

			if (conditions_of(version->object)) {
				g_array_append_val(times, version->at);
			}
		}
	} else {
		const GArray *steps = steps_of(run, term, NULL);

		for (unsigned i = 0; steps && i < steps->len; i++) {
			g_array_append_val(times, g_array_index(steps, struct step, i).at);
		}
	}
}

/* --- Events --- */

/* Whether @event speaks of the object, or of a ReplicaSet or pod of the Deployment. */
static bool is_about(const struct run *run, const struct event *event, enum object_kind kind,
                     const char *namespace, const char *name)
{
	const char *regarding = event->regarding_name;

	if (!measure_fits(namespace, event->object.meta.namespace)) {
		return false;
	}
	if (event->regarding_kind == kind && g_strcmp0(regarding, name) == 0) {
		return true;
	}
	for (unsigned i = 0; kind == KIND_DEPLOYMENT && i < run->pods->len; i++) {
		const struct run_pod *pod = run->pods->pdata[i];

		if (g_strcmp0(pod->deployment, name) == 0 &&
		    ((event->regarding_kind == KIND_POD && g_strcmp0(regarding, pod->name) == 0) ||
		     (event->regarding_kind == KIND_REPLICA_SET &&
		      g_strcmp0(regarding, pod->replica_set) == 0))) {
			return true;
		}
	}
	for (unsigned i = 0; kind == KIND_DEPLOYMENT && i < run->folded->len; i++) {
		const struct run_folded *folded = run->folded->pdata[i];

		if (event->regarding_kind == KIND_REPLICA_SET &&
		    g_strcmp0(folded->deployment, name) == 0 &&
		    g_strcmp0(regarding, folded->replica_set) == 0) {
			return true;
		}
	}
	return false;
}

bool measure_events(const struct run *run, const struct expect_term *term, struct measure *measure,
                    GError **error)
{
	g_autofree char *namespace = NULL, *name = NULL;
	const char *reason = measure_argument(term, "reason");
	const char *type = measure_argument(term, "type");
	enum object_kind kind = KIND_POD;
	double n = 0;

	if (!measure_object(term->object, &kind, &namespace, &name) ||
	    !is_known(run, kind, namespace, name)) {
		return measure_unknown(error, "there is no %s in the run",
		                       term->object ? term->object : "such object");
	}
	for (unsigned i = 0; i < run->events->len; i++) {
		const struct event *event = run->events->pdata[i];

		if ((!reason || g_strcmp0(event->reason, reason) == 0) &&
		    (!type || g_str_equal(type, event->warning ? "Warning" : "Normal")) &&
		    is_about(run, event, kind, namespace, name)) {
			n += event->count;
		}
	}
	n += measure_folded_events(run, term);
	g_array_append_val(measure->values, n);
	return true;
}
