/* timeline.c - one event an action, and one for the end of those that last. */

#include "world/timeline.h"

#include "engine/random.h"

struct timeline_step {
	struct timeline *timeline;
	const struct action *action;
	size_t number;
	bool ends; /* the end of an action that lasts */
};

struct timeline {
	const struct scenario *scenario;
	struct timeline_targets targets;
	struct random_stream victims;
	struct timeline_step *steps; /* a pair an action */
	GPtrArray *newcomers;        /* struct newcomer *: pods that get a condition later */
	GError *error;
};

/* --- pods by selector --- */

struct choice {
	const struct action *action;
	GPtrArray *pods; /* borrowed */
};

static void consider_pod(void *data, const struct object *object)
{
	struct choice *choice = data;
	const struct action *action = choice->action;
	bool fits = action->selector ? label_selector_matches(action->selector, object->meta.labels)
	                             : g_str_equal(object->meta.name, action->name);

	if (fits && !pod_is_terminating(POD(object)) && !pod_is_finished(POD(object)) &&
	    g_str_equal(object->meta.namespace,
	                action->namespace ? action->namespace : "default")) {
		g_ptr_array_add(choice->pods, object_ref(object));
	}
}

/* The pods that @action hits: all that fit, or so many of them at random. */
static GPtrArray *victims(struct timeline *timeline, size_t number, const struct action *action,
                          GError **error)
{
	struct choice choice = {action,
	                        g_ptr_array_new_with_free_func((GDestroyNotify)object_unref)};

	store_each(timeline->targets.store, KIND_POD, consider_pod, &choice);
	for (uint64_t i = 0; action->count >= 0 && choice.pods->len > (unsigned)action->count;
	     i++) {
		g_ptr_array_remove_index(
		    choice.pods, random_below(&timeline->victims, number, i, choice.pods->len));
	}
	if (choice.pods->len == 0 && action->count != 0) {
		doc_error_at_place(error, action->where,
		                   "no pod to act on at that time: nothing matches");
	}
	return choice.pods;
}

/* --- the actions --- */

static bool apply(struct timeline *timeline, const struct action *action, GError **error)
{
	for (unsigned i = 0; i < action->documents->len; i++) {
		if (!objects_apply(timeline->targets.objects, action->documents->pdata[i], error)) {
			return false;
		}
	}
	return true;
}

static bool delete_objects(struct timeline *timeline, size_t number, const struct action *action,
                           GError **error)
{
	const char *namespace = action->namespace ? action->namespace : "default";

	if (action->object_kind != KIND_POD) {
		return objects_delete(timeline->targets.objects, action->object_kind, namespace,
		                      action->name, action->where, error);
	}
	g_autoptr(GPtrArray) pods = victims(timeline, number, action, error);

	for (unsigned i = 0; i < pods->len; i++) {
		const struct object *pod = pods->pdata[i];

		if (!store_delete_pod(timeline->targets.store, pod->meta.namespace, pod->meta.name,
		                      -1, error)) {
			return false;
		}
	}
	return pods->len > 0 || action->count == 0;
}

static bool kill_containers(struct timeline *timeline, size_t number, const struct action *action,
                            GError **error)
{
	g_autoptr(GPtrArray) pods = victims(timeline, number, action, error);

	for (unsigned i = 0; i < pods->len; i++) {
		const struct object *pod = pods->pdata[i];

		servers_kill_container(timeline->targets.servers, pod->meta.uid, action->target,
		                       action->status, false);
	}
	return pods->len > 0 || action->count == 0;
}

/* One object, or all pods that fit. */
static bool patch(struct timeline *timeline, size_t number, const struct action *action,
                  GError **error)
{
	struct objects *objects = timeline->targets.objects;

	if (action->object_kind != KIND_POD) {
		return objects_patch(
		    objects, action->object_kind, action->namespace ? action->namespace : "default",
		    action->name, action->patch_type, action->patch, action->where, error);
	}
	g_autoptr(GPtrArray) pods = victims(timeline, number, action, error);

	for (unsigned i = 0; i < pods->len; i++) {
		const struct object_meta *meta = &((const struct object *)pods->pdata[i])->meta;
		const bool good =
		    action->resize
			? objects_resize(objects, meta->namespace, meta->name, action->patch_type,
		                         action->patch, action->where, error)
			: objects_patch(objects, KIND_POD, meta->namespace, meta->name,
		                        action->patch_type, action->patch, action->where, error);

		if (!good) {
			return false;
		}
	}
	return pods->len > 0 || action->count == 0;
}

/* --- conditions that readiness gates wait for --- */

static bool set_condition(struct timeline *timeline, const struct action *action,
                          const struct object *pod, GError **error)
{
	struct object *fresh = object_copy(pod);

	conditions_set(&POD(fresh)->conditions, action->target,
	               (enum condition_status)action->status, NULL, NULL,
	               simulation_now(timeline->targets.sim));

	const bool good = store_update(timeline->targets.store, fresh, false, error);

	object_unref(fresh);
	return good;
}

static bool set_conditions(struct timeline *timeline, size_t number, const struct action *action,
                           GError **error)
{
	const bool later = action->new_pods != SIM_NEVER; /* then none need be there now */
	g_autoptr(GPtrArray) pods = victims(timeline, number, action, later ? NULL : error);

	for (unsigned i = 0; i < pods->len; i++) {
		if (!set_condition(timeline, action, pods->pdata[i], error)) {
			return false;
		}
	}
	return pods->len > 0 || later;
}

/* A pod that came after the action. */
struct newcomer {
	struct timeline *timeline;
	const struct action *action;
	char *namespace, *name;
};

static void on_newcomer(struct simulation *sim, void *data)
{
	struct newcomer *newcomer = data;
	struct timeline *timeline = newcomer->timeline;
	const struct object *pod =
	    store_get(timeline->targets.store, KIND_POD, newcomer->namespace, newcomer->name);

	if (pod && !timeline->error &&
	    !set_condition(timeline, newcomer->action, pod, &timeline->error)) {
		simulation_stop(sim);
	}
}

static void newcomer_free(void *data)
{
	struct newcomer *newcomer = data;

	g_free(newcomer->namespace);
	g_free(newcomer->name);
	g_free(newcomer);
}

static void see_pod(void *data, enum change change, const struct object *old,
                    const struct object *pod)
{
	struct timeline *timeline = data;
	const sim_time now = simulation_now(timeline->targets.sim);

	for (size_t i = 0; change == CHANGE_ADDED && i < timeline->scenario->n_timeline; i++) {
		const struct action *action = &timeline->scenario->timeline[i];

		if (action->kind != ACTION_CONDITION || action->new_pods == SIM_NEVER ||
		    now < action->at ||
		    !label_selector_matches(action->selector, pod->meta.labels) ||
		    g_strcmp0(pod->meta.namespace,
		              action->namespace ? action->namespace : "default") != 0) {
			continue;
		}
		struct newcomer *newcomer = g_new0(struct newcomer, 1);

		*newcomer = (struct newcomer){timeline, action, g_strdup(pod->meta.namespace),
		                              g_strdup(pod->meta.name)};
		g_ptr_array_add(timeline->newcomers, newcomer);
		simulation_schedule(timeline->targets.sim, now + action->new_pods, PHASE_RUNTIME,
		                    on_newcomer, newcomer);
	}
}

static bool act_on_server(struct timeline *timeline, const struct action *action, bool ends,
                          GError **error)
{
	struct servers *servers = timeline->targets.servers;
	bool known;

	if (action->kind == ACTION_DEPENDENCY) {
		known = servers_set_dependency(servers, action->application, action->target, ends);
	} else {
		known = servers_set_route(servers, action->application, action->target,
		                          ends ? 0 : action->status, ends ? 0 : action->latency);
	}
	if (!known) {
		doc_error_at_place(error, action->where, "application '%s' has no '%s'",
		                   action->application, action->target);
	}
	return known;
}

static bool carry_out(struct timeline *timeline, const struct timeline_step *step, GError **error)
{
	const struct action *action = step->action;
	struct objects *objects = timeline->targets.objects;
	const char *namespace = action->namespace ? action->namespace : "default";

	switch (action->kind) {
	case ACTION_APPLY:
		return apply(timeline, action, error);
	case ACTION_PATCH:
		return patch(timeline, step->number, action, error);
	case ACTION_SCALE:
		return objects_scale(objects, action->object_kind, namespace, action->name,
		                     action->replicas, action->where, error);
	case ACTION_DELETE:
		return delete_objects(timeline, step->number, action, error);
	case ACTION_ROLLOUT_RESTART:
		return objects_rollout_restart(objects, namespace, action->name,
		                               timeline->scenario->clock_zero, action->where,
		                               error);
	case ACTION_ROLLOUT_UNDO:
		return objects_rollout_undo(objects, namespace, action->name, action->where, error);
	case ACTION_KILL:
		return kill_containers(timeline, step->number, action, error);
	case ACTION_CONDITION:
		return set_conditions(timeline, step->number, action, error);
	case ACTION_OUTAGE:
		metrics_server_set_outage(timeline->targets.metrics_server, !step->ends);
		return true;
	case ACTION_DEPENDENCY:
	case ACTION_ROUTE:
		return act_on_server(timeline, action, step->ends, error);
	}
	return true;
}

static void on_step(struct simulation *sim, void *data)
{
	const struct timeline_step *step = data;
	struct timeline *timeline = step->timeline;

	if (timeline->error) {
		return;
	}
	g_autofree char *text = step->ends ? g_strdup_printf("end of: %s", step->action->text)
	                                   : g_strdup(step->action->text);

	recorder_note_action(timeline->targets.recorder, step->action, text);
	if (!carry_out(timeline, step, &timeline->error)) {
		simulation_stop(sim);
	}
}

/* --- life --- */

static bool waits_for_pods(const struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->n_timeline; i++) {
		if (scenario->timeline[i].kind == ACTION_CONDITION &&
		    scenario->timeline[i].new_pods != SIM_NEVER) {
			return true;
		}
	}
	return false;
}

struct timeline *timeline_new(const struct scenario *scenario,
                              const struct timeline_targets *targets)
{
	struct timeline *timeline = g_new0(struct timeline, 1);

	timeline->scenario = scenario;
	timeline->targets = *targets;
	timeline->victims = random_stream_of(simulation_seed(targets->sim), RANDOM_VICTIM);
	timeline->newcomers = g_ptr_array_new_with_free_func(newcomer_free);
	timeline->steps = g_new0(struct timeline_step, 2 * scenario->n_timeline);
	for (size_t i = 0; i < scenario->n_timeline; i++) {
		const struct action *action = &scenario->timeline[i];
		struct timeline_step *begin = &timeline->steps[2 * i], *end = begin + 1;

		if (action->at > scenario->to) {
			continue; /* would come after the end */
		}
		*begin = (struct timeline_step){timeline, action, i, false};
		*end = (struct timeline_step){timeline, action, i, true};
		simulation_schedule(targets->sim, action->at, PHASE_RUNTIME, on_step, begin);
		if (action->duration > 0 && action->duration != SIM_NEVER) {
			simulation_schedule(targets->sim, action->at + action->duration,
			                    PHASE_RUNTIME, on_step, end);
		}
	}
	if (waits_for_pods(scenario)) {
		store_watch(targets->store, KIND_POD, 0, false, see_pod, timeline);
	}
	return timeline;
}

void timeline_free(struct timeline *timeline)
{
	if (timeline) {
		g_clear_error(&timeline->error);
		g_ptr_array_unref(timeline->newcomers);
		g_free(timeline->steps);
		g_free(timeline);
	}
}

bool timeline_failed(struct timeline *timeline, GError **error)
{
	if (!timeline->error) {
		return false;
	}
	g_propagate_error(error, g_steal_pointer(&timeline->error));
	return true;
}
