/* scheduler.c - attempts, bindings, and what the scheduler has seen of the cluster. */

#include "cluster/scheduler.h"

#include "cluster/scheduling_queue.h"
#include "engine/random.h"
#include "rules/scheduling_picture.h"
#include "store/event_recorder.h"
#include "store/informer.h"

struct scheduler {
	struct cluster_environment environment;
	struct informer *pods, *nodes;
	struct scheduling_queue *queue;
	struct event_recorder *recorder;
	struct random_stream ties;
	GHashTable *assumed;           /* UID of a pod that was bound -> name of its node */
	struct waiting_pod *in_flight; /* NULL: idle */
	event_id attempt;
	struct scheduling_picture *picture; /* of the nodes seen and the pods known to be there */
	GHashTable *by_name;                /* name of a node -> its number in the picture + 1 */
	GHashTable *placed;                 /* UID -> struct placement * */
	bool stale;                         /* the nodes have changed since it was drawn */
};

/* --- what was seen --- */

/* A pod in the picture. */
struct placement {
	const struct pod *pod; /* the version that is there; a reference */
	unsigned node;
};

static void placement_free(void *data)
{
	struct placement *placement = data;

	object_unref(&placement->pod->object);
	g_free(placement);
}

/* The node that @pod is on, also if only this scheduler knows; NULL: none. */
static const char *node_of(const struct scheduler *scheduler, const struct object *pod)
{
	return POD(pod)->node_name ? POD(pod)->node_name
	                           : g_hash_table_lookup(scheduler->assumed, pod->meta.uid);
}

/* Takes what was seen of a pod out of the picture. */
static void displace(struct scheduler *scheduler, const char *uid)
{
	const struct placement *placement = g_hash_table_lookup(scheduler->placed, uid);

	if (placement) {
		scheduling_picture_remove(scheduler->picture, placement->node, placement->pod);
		g_hash_table_remove(scheduler->placed, uid);
	}
}

/* Puts @pod where it is known to be. Terminating pods hold their requests until they are gone. */
static void place(struct scheduler *scheduler, const struct object *pod)
{
	const char *node = node_of(scheduler, pod);
	unsigned number =
	    node ? GPOINTER_TO_UINT(g_hash_table_lookup(scheduler->by_name, node)) : 0;

	displace(scheduler, pod->meta.uid);
	if (number && !pod_is_finished(POD(pod))) {
		struct placement *placement = g_new0(struct placement, 1);

		placement->pod = POD(object_ref(pod));
		placement->node = number - 1;
		scheduling_picture_place(scheduler->picture, placement->node, placement->pod);
		g_hash_table_insert(scheduler->placed, pod->meta.uid, placement);
	}
}

/* Draws the picture anew, after a change of the nodes. */
static void draw(struct scheduler *scheduler)
{
	g_autoptr(GPtrArray) objects = informer_list(scheduler->nodes);
	g_autoptr(GPtrArray) pods = informer_list(scheduler->pods);
	g_autoptr(GPtrArray) nobody = g_ptr_array_new();
	g_autofree struct scheduling_node *nodes = g_new0(struct scheduling_node, objects->len);

	g_hash_table_remove_all(scheduler->by_name);
	g_hash_table_remove_all(scheduler->placed);
	for (unsigned i = 0; i < objects->len; i++) {
		const struct object *node = objects->pdata[i];

		nodes[i] = (struct scheduling_node){NODE(node), nobody};
		g_hash_table_insert(scheduler->by_name, node->meta.name, GUINT_TO_POINTER(i + 1));
	}
	scheduling_picture_free(scheduler->picture);
	scheduler->picture = scheduling_picture_new(nodes, objects->len);
	for (unsigned i = 0; i < pods->len; i++) {
		place(scheduler, pods->pdata[i]);
	}
}

/* --- an attempt --- */

static void tell(const struct scheduler *scheduler, const struct object *pod,
                 const struct scheduling_node *nodes, const struct scheduling_decision *decision)
{
	const struct trace *trace = scheduler->environment.trace;
	size_t n = decision->n;

	if (!trace->scheduling) {
		return;
	}
	g_autofree const char **names = g_new0(const char *, n + 1);
	g_autofree int *scores = g_new0(int, n + 1);
	g_autofree char **verdicts = g_new0(char *, n + 1);

	for (size_t i = 0; i < n; i++) {
		names[i] = nodes[i].node->object.meta.name;
		scores[i] = decision->verdicts[i].score;
		verdicts[i] = scheduling_verdict_text(&decision->verdicts[i]);
	}
	const struct scheduling_trace record = {
	    .at = simulation_now(scheduler->environment.sim),
	    .namespace = pod->meta.namespace,
	    .pod = pod->meta.name,
	    .pod_uid = pod->meta.uid,
	    .node = decision->node < 0 ? NULL : names[decision->node],
	    .message = decision->message,
	    .node_names = names,
	    .node_verdicts = (const char *const *)verdicts,
	    .scores = scores,
	    .n_nodes = n,
	};

	trace->scheduling(trace->self, &record);
	for (size_t i = 0; i < n; i++) {
		g_free(verdicts[i]);
	}
}

/* Binds @pod as it is stored now; false when that is not possible any more. */
static bool bind(struct scheduler *scheduler, const struct object *pod, const char *node)
{
	struct store *store = scheduler->environment.store;
	const struct object *there =
	    store_get(store, KIND_POD, pod->meta.namespace, pod->meta.name);

	if (!there || g_strcmp0(there->meta.uid, pod->meta.uid) != 0 || POD(there)->node_name ||
	    pod_is_terminating(POD(there))) {
		return false;
	}
	struct pod *copy = POD(object_revise(there));
	g_autofree char *uid = g_strdup(pod->meta.uid);

	ref_string_set(&copy->node_name, node);
	conditions_set(&copy->conditions, "PodScheduled", CONDITION_TRUE, NULL, NULL,
	               simulation_now(scheduler->environment.sim));
	bool good = store_update(store, &copy->object, false, NULL);

	object_unref(&copy->object);
	if (good) {
		g_hash_table_insert(scheduler->assumed, g_steal_pointer(&uid), g_strdup(node));
		event_recorder_emit(scheduler->recorder, pod, NULL, false, "Scheduled",
		                    "Successfully assigned %s/%s to %s", pod->meta.namespace,
		                    pod->meta.name, node);
	}
	return good;
}

/* Writes the condition that tells why @pod still waits. */
static void report_unschedulable(struct scheduler *scheduler, const struct object *pod,
                                 const char *message)
{
	struct store *store = scheduler->environment.store;
	const struct object *there =
	    store_get(store, KIND_POD, pod->meta.namespace, pod->meta.name);

	event_recorder_emit(scheduler->recorder, pod, NULL, true, "FailedScheduling", "%s",
	                    message);
	if (!there || g_strcmp0(there->meta.uid, pod->meta.uid) != 0) {
		return;
	}
	struct pod *copy = POD(object_revise(there));

	if (conditions_set(&copy->conditions, "PodScheduled", CONDITION_FALSE,
	                   g_intern_static_string("Unschedulable"), message,
	                   simulation_now(scheduler->environment.sim))) {
		store_update(store, &copy->object, false, NULL);
	}
	object_unref(&copy->object);
}

static void start_attempt(struct scheduler *scheduler);

static void schedule_pod(struct scheduler *scheduler, struct waiting_pod *waiting,
                         const struct object *pod)
{
	struct scheduling_decision decision;
	struct scheduling_input input = {
	    .pod = POD(pod),
	    .release = scheduler->environment.release,
	};

	if (scheduler->stale) {
		draw(scheduler);
		scheduler->stale = false;
	}
	input.picture = scheduler->picture;
	input.nodes = scheduling_picture_nodes(scheduler->picture, &input.n_nodes);
	scheduling_decide(&input,
	                  random_uniform(&scheduler->ties, pod->meta.ordinal, waiting->attempts),
	                  &decision);
	tell(scheduler, pod, input.nodes, &decision);
	if (decision.node < 0) {
		report_unschedulable(scheduler, pod, decision.message);
		scheduling_queue_defer(scheduler->queue, waiting);
	} else if (bind(scheduler, pod, input.nodes[decision.node].node->object.meta.name)) {
		place(scheduler, pod);
		scheduling_queue_remove(scheduler->queue, pod->meta.namespace, pod->meta.name);
	} else {
		/* Its deletion will be seen soon, and ends this. */
		scheduling_queue_retry(scheduler->queue, waiting);
	}
	scheduling_decision_clear(&decision);
}

static void end_attempt(struct simulation *sim, void *data)
{
	struct scheduler *scheduler = data;
	struct waiting_pod *waiting = g_steal_pointer(&scheduler->in_flight);

	scheduler->attempt = EVENT_NONE;
	if (waiting) {
		const struct object *pod =
		    informer_get(scheduler->pods, waiting->namespace, waiting->name);

		if (pod) {
			object_ref(pod);
			schedule_pod(scheduler, waiting, pod);
			object_unref(pod);
		}
	}
	start_attempt(scheduler);
}

static void start_attempt(struct scheduler *scheduler)
{
	if (scheduler->attempt != EVENT_NONE) {
		return;
	}
	scheduler->in_flight = scheduling_queue_pop(scheduler->queue);
	if (scheduler->in_flight) {
		scheduler->attempt = simulation_schedule_after(scheduler->environment.sim,
		                                               scheduler->environment.scheduling,
		                                               PHASE_SYNC, end_attempt, scheduler);
	}
}

static void on_ready(void *data)
{
	start_attempt(data);
}

/* --- what happens in the cluster --- */

/* Forgets a pod that waits no longer. */
static void drop(struct scheduler *scheduler, const struct object *pod)
{
	const struct waiting_pod *waiting = scheduler->in_flight;

	if (waiting && g_strcmp0(waiting->uid, pod->meta.uid) == 0) {
		scheduler->in_flight = NULL; /* its attempt comes to nothing */
	}
	scheduling_queue_remove(scheduler->queue, pod->meta.namespace, pod->meta.name);
}

static bool minds_pods(const struct pod_spec *spec)
{
	return (spec->pod_affinity && spec->pod_affinity->len > 0) ||
	       (spec->pod_anti_affinity && spec->pod_anti_affinity->len > 0) ||
	       (spec->spread_constraints && spec->spread_constraints->len > 0);
}

static void on_pod(void *data, enum change change, const struct object *old,
                   const struct object *object)
{
	struct scheduler *scheduler = data;
	const struct pod *pod = POD(object);
	bool was_finished = old && pod_is_finished(POD(old));

	if (change == CHANGE_DELETED) {
		drop(scheduler, object);
		if (node_of(scheduler, object) && !was_finished) {
			scheduling_queue_wake(scheduler->queue, false);
		}
		g_hash_table_remove(scheduler->assumed, object->meta.uid);
		displace(scheduler, object->meta.uid);
		return;
	}
	if (!scheduler->stale) { /* else all are placed anew */
		place(scheduler, object);
	}
	if (!pod->node_name) {
		if (pod_is_finished(pod) || pod_is_terminating(pod)) {
			drop(scheduler, object);
		} else if (!g_hash_table_contains(scheduler->assumed, object->meta.uid)) {
			scheduling_queue_add(scheduler->queue, object->meta.namespace,
			                     object->meta.name, object->meta.uid,
			                     minds_pods(pod->spec));
		}
		return;
	}
	g_hash_table_remove(scheduler->assumed, object->meta.uid);
	drop(scheduler, object);
	if (pod_is_finished(pod) && !was_finished) {
		scheduling_queue_wake(scheduler->queue, false);
	} else if (!old || !POD(old)->node_name) {
		scheduling_queue_wake(scheduler->queue, true);
	}
}

static void on_node(void *data, enum change change, const struct object *old,
                    const struct object *object)
{
	struct scheduler *scheduler = data;

	scheduler->stale = true;
	if (change != CHANGE_DELETED) {
		scheduling_queue_wake(scheduler->queue, false);
	}
}

/* --- life --- */

struct scheduler *scheduler_new(const struct cluster_environment *environment,
                                sim_time initial_backoff, sim_time max_backoff)
{
	struct scheduler *scheduler = g_new0(struct scheduler, 1);

	scheduler->environment = *environment;
	scheduler->stale = true;
	scheduler->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	scheduler->placed = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, placement_free);
	scheduler->assumed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	scheduler->ties = random_stream_of(simulation_seed(environment->sim), RANDOM_SCHEDULER);
	scheduler->recorder = event_recorder_new(environment->store, "default-scheduler", NULL);
	scheduler->queue = scheduling_queue_new(environment->sim, initial_backoff, max_backoff,
	                                        on_ready, scheduler);
	scheduler->nodes = informer_new(environment->store, KIND_NODE, environment->watch_delay,
	                                on_node, scheduler);
	scheduler->pods =
	    informer_new(environment->store, KIND_POD, environment->watch_delay, on_pod, scheduler);
	return scheduler;
}

void scheduler_free(struct scheduler *scheduler)
{
	if (scheduler) {
		simulation_cancel(scheduler->environment.sim, &scheduler->attempt);
		scheduling_queue_free(scheduler->queue);
		informer_free(scheduler->pods);
		informer_free(scheduler->nodes);
		event_recorder_free(scheduler->recorder);
		scheduling_picture_free(scheduler->picture);
		g_hash_table_unref(scheduler->placed);
		g_hash_table_unref(scheduler->by_name);
		g_hash_table_unref(scheduler->assumed);
		g_free(scheduler);
	}
}
