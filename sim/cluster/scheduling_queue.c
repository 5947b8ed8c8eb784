/* scheduling_queue.c - states of waiting pods and the timers between them. */

#include "cluster/scheduling_queue.h"

#include "kube/object.h"

#define FLUSH_PERIOD (30 * SIM_SECOND)
#define LONGEST_UNSCHEDULABLE (5 * SIM_MINUTE)

enum state { ACTIVE, IN_FLIGHT, BACKING_OFF, UNSCHEDULABLE };

struct entry {
	struct waiting_pod pod; /* first: the two are the same to callers */
	struct scheduling_queue *queue;
	char *key;
	enum state state;
	sim_time since;       /* when it came, or of the last attempt */
	uint64_t order;       /* of entering the state, for ties */
	event_id back_off;    /* its end */
	GList *link;          /* among the queue's entries */
	GSequenceIter *place; /* among the active ones; NULL: is not */
};

struct scheduling_queue {
	struct simulation *sim;
	sim_time initial_backoff, max_backoff;
	void (*ready)(void *data);
	void *data;
	GHashTable *by_key;     /* owns the entries */
	GQueue entries;         /* struct entry *, in order of arrival */
	GSequence *active;      /* those that wait for an attempt, next first */
	unsigned unschedulable; /* entries in that state */
	uint64_t orders;
	sim_time started;
	event_id flush;
};

/* Leaves the state it is in. */
static void leave(struct entry *entry)
{
	if (entry->place) {
		g_sequence_remove(entry->place);
		entry->place = NULL;
	}
	entry->queue->unschedulable -= entry->state == UNSCHEDULABLE;
}

static void entry_free(void *data)
{
	struct entry *entry = data;

	simulation_cancel(entry->queue->sim, &entry->back_off);
	leave(entry);
	g_queue_delete_link(&entry->queue->entries, entry->link);
	g_free(entry->pod.namespace);
	g_free(entry->pod.name);
	g_free(entry->pod.uid);
	g_free(entry->key);
	g_free(entry);
}

struct scheduling_queue *scheduling_queue_new(struct simulation *sim, sim_time initial_backoff,
                                              sim_time max_backoff, void (*ready)(void *data),
                                              void *data)
{
	struct scheduling_queue *queue = g_new0(struct scheduling_queue, 1);

	queue->sim = sim;
	queue->initial_backoff = initial_backoff;
	queue->max_backoff = max_backoff;
	queue->ready = ready;
	queue->data = data;
	queue->started = simulation_now(sim);
	queue->by_key = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
	g_queue_init(&queue->entries);
	queue->active = g_sequence_new(NULL);
	return queue;
}

void scheduling_queue_free(struct scheduling_queue *queue)
{
	if (queue) {
		simulation_cancel(queue->sim, &queue->flush);
		g_hash_table_unref(queue->by_key);
		g_sequence_free(queue->active);
		g_free(queue);
	}
}

/* --- states --- */

static int by_turn(const void *a, const void *b, void *data)
{
	const struct entry *one = a, *other = b;

	return one->since != other->since
	           ? (one->since > other->since) - (one->since < other->since)
	           : (one->order > other->order) - (one->order < other->order);
}

static void enter(struct entry *entry, enum state state)
{
	struct scheduling_queue *queue = entry->queue;

	leave(entry);
	entry->state = state;
	entry->order = ++queue->orders;
	queue->unschedulable += state == UNSCHEDULABLE;
	if (state == ACTIVE) {
		entry->place = g_sequence_insert_sorted(queue->active, entry, by_turn, NULL);
	}
}

static void activate(struct entry *entry)
{
	enter(entry, ACTIVE);
	entry->queue->ready(entry->queue->data);
}

static void end_back_off(struct simulation *sim, void *data)
{
	struct entry *entry = data;

	entry->back_off = EVENT_NONE;
	activate(entry);
}

/* How long the pod pauses after its last attempt. */
static sim_time backoff_of(const struct entry *entry)
{
	const struct scheduling_queue *queue = entry->queue;
	sim_time backoff = queue->initial_backoff;

	for (unsigned i = 1; i < entry->pod.attempts && backoff < queue->max_backoff; i++) {
		backoff *= 2;
	}
	return MIN(backoff, queue->max_backoff);
}

/* Active, but not before the back-off is over. */
static void release(struct entry *entry)
{
	struct simulation *sim = entry->queue->sim;
	sim_time end = entry->since + backoff_of(entry);

	if (end <= simulation_now(sim)) {
		activate(entry);
	} else {
		enter(entry, BACKING_OFF);
		entry->back_off = simulation_schedule(sim, end, PHASE_SYNC, end_back_off, entry);
	}
}

/* --- from outside --- */

void scheduling_queue_add(struct scheduling_queue *queue, const char *namespace, const char *name,
                          const char *uid, bool minds_pods)
{
	g_autofree char *key = object_key(namespace, name);

	if (g_hash_table_contains(queue->by_key, key)) {
		return;
	}
	struct entry *entry = g_new0(struct entry, 1);

	entry->queue = queue;
	entry->key = g_steal_pointer(&key);
	entry->pod.namespace = g_strdup(namespace);
	entry->pod.name = g_strdup(name);
	entry->pod.uid = g_strdup(uid);
	entry->pod.minds_pods = minds_pods;
	entry->since = simulation_now(queue->sim);
	g_hash_table_insert(queue->by_key, entry->key, entry);
	g_queue_push_tail(&queue->entries, entry);
	entry->link = queue->entries.tail;
	activate(entry);
}

void scheduling_queue_remove(struct scheduling_queue *queue, const char *namespace,
                             const char *name)
{
	g_autofree char *key = object_key(namespace, name);

	g_hash_table_remove(queue->by_key, key);
}

struct waiting_pod *scheduling_queue_pop(struct scheduling_queue *queue)
{
	GSequenceIter *place = g_sequence_get_begin_iter(queue->active);

	if (g_sequence_iter_is_end(place)) {
		return NULL;
	}
	struct entry *first = g_sequence_get(place);

	enter(first, IN_FLIGHT);
	first->pod.attempts++;
	return &first->pod;
}

/* Wakes pods that have been unschedulable for too long. */
static void flush(struct simulation *sim, void *data)
{
	struct scheduling_queue *queue = data;
	sim_time now = simulation_now(sim);
	bool any = false;

	queue->flush = EVENT_NONE;
	for (GList *link = queue->entries.head; link; link = link->next) {
		struct entry *entry = link->data;

		if (entry->state != UNSCHEDULABLE) {
			continue;
		}
		if (now - entry->since > LONGEST_UNSCHEDULABLE) {
			release(entry);
		} else {
			any = true;
		}
	}
	if (any) {
		queue->flush =
		    simulation_schedule_after(sim, FLUSH_PERIOD, PHASE_TICK, flush, queue);
	}
}

void scheduling_queue_defer(struct scheduling_queue *queue, struct waiting_pod *pod)
{
	struct entry *entry = (struct entry *)pod;
	sim_time now = simulation_now(queue->sim);

	entry->since = now;
	enter(entry, UNSCHEDULABLE);
	if (queue->flush == EVENT_NONE) {
		/* On the ticks that began with the scheduler. */
		sim_time ticks = (now - queue->started) / FLUSH_PERIOD + 1;

		queue->flush = simulation_schedule(
		    queue->sim, queue->started + ticks * FLUSH_PERIOD, PHASE_TICK, flush, queue);
	}
}

void scheduling_queue_retry(struct scheduling_queue *queue, struct waiting_pod *pod)
{
	struct entry *entry = (struct entry *)pod;

	entry->since = simulation_now(queue->sim);
	release(entry);
}

void scheduling_queue_wake(struct scheduling_queue *queue, bool pods_only)
{
	for (GList *link = queue->entries.head; queue->unschedulable && link; link = link->next) {
		struct entry *entry = link->data;

		if (entry->state == UNSCHEDULABLE && (!pods_only || entry->pod.minds_pods)) {
			release(entry);
		}
	}
}
