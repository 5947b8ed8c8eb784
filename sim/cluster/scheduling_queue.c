/* scheduling_queue.c - states of waiting pods and the timers between them. */

#include "cluster/scheduling_queue.h"

#define FLUSH_PERIOD (30 * SIM_SECOND)
#define LONGEST_UNSCHEDULABLE (5 * SIM_MINUTE)

enum state { ACTIVE, IN_FLIGHT, BACKING_OFF, UNSCHEDULABLE };

struct entry {
	struct waiting_pod pod; /* first: the two are the same to callers */
	struct scheduling_queue *queue;
	char *key;
	enum state state;
	sim_time since;    /* when it came, or of the last attempt */
	uint64_t order;    /* of entering the state, for ties */
	event_id back_off; /* its end */
};

struct scheduling_queue {
	struct simulation *sim;
	sim_time initial_backoff, max_backoff;
	void (*ready)(void *data);
	void *data;
	GHashTable *by_key; /* owns the entries */
	GQueue entries;     /* struct entry *, in order of arrival */
	uint64_t orders;
	sim_time started;
	event_id flush;
};

static void entry_free(void *data)
{
	struct entry *entry = data;

	simulation_cancel(entry->queue->sim, &entry->back_off);
	g_queue_remove(&entry->queue->entries, entry);
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
	return queue;
}

void scheduling_queue_free(struct scheduling_queue *queue)
{
	if (queue) {
		simulation_cancel(queue->sim, &queue->flush);
		g_hash_table_unref(queue->by_key);
		g_free(queue);
	}
}

/* --- states --- */

static void enter(struct entry *entry, enum state state)
{
	entry->state = state;
	entry->order = ++entry->queue->orders;
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
	g_autofree char *key = g_strdup_printf("%s/%s", namespace ? namespace : "", name);

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
	activate(entry);
}

void scheduling_queue_remove(struct scheduling_queue *queue, const char *namespace,
                             const char *name)
{
	g_autofree char *key = g_strdup_printf("%s/%s", namespace ? namespace : "", name);

	g_hash_table_remove(queue->by_key, key);
}

struct waiting_pod *scheduling_queue_pop(struct scheduling_queue *queue)
{
	struct entry *first = NULL;

	for (GList *link = queue->entries.head; link; link = link->next) {
		struct entry *entry = link->data;

		if (entry->state == ACTIVE &&
		    (!first || entry->since < first->since ||
		     (entry->since == first->since && entry->order < first->order))) {
			first = entry;
		}
	}
	if (!first) {
		return NULL;
	}
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
	for (GList *link = queue->entries.head; link; link = link->next) {
		struct entry *entry = link->data;

		if (entry->state == UNSCHEDULABLE && (!pods_only || entry->pod.minds_pods)) {
			release(entry);
		}
	}
}
