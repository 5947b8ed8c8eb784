/* scheduler.c - attempts, bindings, and what the scheduler has seen of the cluster. */

#include "cluster/scheduler.h"

#include "cluster/scheduling_queue.h"
#include "engine/random.h"
#include "rules/scheduling.h"
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
};

/* --- what was seen --- */

/* The node that @pod is on, also if only this scheduler knows; NULL: none. */
static const char *node_of(const struct scheduler *scheduler, const struct object *pod)
{
	return POD(pod)->node_name ? POD(pod)->node_name
	                           : g_hash_table_lookup(scheduler->assumed, pod->meta.uid);
}

/* A picture of all nodes and what is placed on them. */
struct picture {
	GPtrArray *objects; /* struct node *, borrowed */
	struct scheduling_node *nodes;
	GHashTable *by_name; /* -> GPtrArray of pods */
};

static void picture_init(const struct scheduler *scheduler, struct picture *picture)
{
	g_autoptr(GPtrArray) pods = informer_list(scheduler->pods);

	picture->objects = informer_list(scheduler->nodes);
	picture->nodes = g_new0(struct scheduling_node, picture->objects->len);
	picture->by_name =
	    g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
	for (unsigned i = 0; i < picture->objects->len; i++) {
		const struct object *node = picture->objects->pdata[i];
		GPtrArray *placed = g_ptr_array_new();

		picture->nodes[i] = (struct scheduling_node){NODE(node), placed};
		g_hash_table_insert(picture->by_name, node->meta.name, placed);
	}
	for (unsigned i = 0; i < pods->len; i++) {
		const char *node = node_of(scheduler, pods->pdata[i]);
		GPtrArray *placed = node ? g_hash_table_lookup(picture->by_name, node) : NULL;

		/* Terminating pods hold their requests until they are gone. */
		if (placed && !pod_is_finished(POD(pods->pdata[i]))) {
			g_ptr_array_add(placed, pods->pdata[i]);
		}
	}
}

static void picture_clear(struct picture *picture)
{
	g_hash_table_unref(picture->by_name);
	g_free(picture->nodes);
	g_ptr_array_unref(picture->objects);
}

/* --- an attempt --- */

static void tell(const struct scheduler *scheduler, const struct object *pod,
                 const struct picture *picture, const struct scheduling_decision *decision)
{
	const struct trace *trace = scheduler->environment.trace;
	size_t n = decision->n;

	if (!trace->scheduling) {
		return;
	}
	g_autofree const char **names = g_new0(const char *, n + 1);
	g_autofree int *scores = g_new0(int, n + 1);
	g_autoptr(GPtrArray) verdicts = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < n; i++) {
		names[i] = picture->nodes[i].node->object.meta.name;
		scores[i] = decision->verdicts[i].score;
		g_ptr_array_add(verdicts, scheduling_verdict_text(&decision->verdicts[i]));
	}
	const struct scheduling_trace record = {
	    .at = simulation_now(scheduler->environment.sim),
	    .namespace = pod->meta.namespace,
	    .pod = pod->meta.name,
	    .pod_uid = pod->meta.uid,
	    .node = decision->node < 0 ? NULL : names[decision->node],
	    .message = decision->message,
	    .node_names = names,
	    .node_verdicts = (const char *const *)verdicts->pdata,
	    .scores = scores,
	    .n_nodes = n,
	};

	trace->scheduling(trace->self, &record);
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
	struct pod *copy = POD(object_copy(there));
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
	struct pod *copy = POD(object_copy(there));

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
	struct picture picture;
	struct scheduling_decision decision;

	picture_init(scheduler, &picture);
	const struct scheduling_input input = {
	    .pod = POD(pod),
	    .nodes = picture.nodes,
	    .n_nodes = picture.objects->len,
	    .release = scheduler->environment.release,
	};

	scheduling_decide(&input,
	                  random_uniform(&scheduler->ties, pod->meta.ordinal, waiting->attempts),
	                  &decision);
	tell(scheduler, pod, &picture, &decision);
	if (decision.node < 0) {
		report_unschedulable(scheduler, pod, decision.message);
		scheduling_queue_defer(scheduler->queue, waiting);
	} else if (bind(scheduler, pod, picture.nodes[decision.node].node->object.meta.name)) {
		scheduling_queue_remove(scheduler->queue, pod->meta.namespace, pod->meta.name);
	} else {
		/* Its deletion will be seen soon, and ends this. */
		scheduling_queue_retry(scheduler->queue, waiting);
	}
	scheduling_decision_clear(&decision);
	picture_clear(&picture);
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
		return;
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
		g_hash_table_unref(scheduler->assumed);
		g_free(scheduler);
	}
}
