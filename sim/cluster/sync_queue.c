/* sync_queue.c - the work queue of a controller that syncs objects by name. */

#include "cluster/sync_queue.h"

#include "kube/object.h"

#include <string.h>

/* All retries of a controller share 10 a second, 100 at once. */
#define RETRY_INTERVAL (100 * SIM_MILLISECOND)
#define RETRY_BURST 100

struct item {
	struct sync_queue *queue;
	char *key;
	bool dirty;       /* waits for a worker, or for the end of its own sync */
	bool syncing;     /* a worker has it */
	event_id waiting; /* add_after() */
	event_id writing;
	void *decision;
	bool failed; /* whatever the write brings */
	unsigned failures;
};

struct sync_queue {
	struct simulation *sim;
	struct sync_queue_controller controller;
	sim_time duration;
	unsigned idle_workers;
	GHashTable *items; /* key -> struct item * */
	GQueue ready;      /* struct item *, dirty and not syncing */
	event_id pump;
	sim_time retries_paid; /* theoretical arrival time of the common limit */
};

static void pump(struct simulation *sim, void *data);

static void item_free(void *data)
{
	struct item *item = data;

	simulation_cancel(item->queue->sim, &item->waiting);
	simulation_cancel(item->queue->sim, &item->writing);
	if (item->decision) {
		item->queue->controller.free_decision(item->decision);
	}
	g_free(item->key);
	g_free(item);
}

struct sync_queue *sync_queue_new(struct simulation *sim,
                                  const struct sync_queue_controller *controller, unsigned workers,
                                  sim_time duration)
{
	struct sync_queue *queue = g_new0(struct sync_queue, 1);

	queue->sim = sim;
	queue->controller = *controller;
	queue->duration = duration;
	queue->idle_workers = workers;
	queue->items = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, item_free);
	queue->retries_paid = simulation_now(sim);
	g_queue_init(&queue->ready);
	return queue;
}

void sync_queue_free(struct sync_queue *queue)
{
	if (queue) {
		simulation_cancel(queue->sim, &queue->pump);
		g_queue_clear(&queue->ready);
		g_hash_table_unref(queue->items);
		g_free(queue);
	}
}

static struct item *item_of(struct sync_queue *queue, const char *key)
{
	struct item *item = g_hash_table_lookup(queue->items, key);

	if (!item) {
		item = g_new0(struct item, 1);
		item->queue = queue;
		item->key = g_strdup(key);
		g_hash_table_insert(queue->items, item->key, item);
	}
	return item;
}

static void start_workers(struct sync_queue *queue)
{
	if (queue->pump == EVENT_NONE && queue->idle_workers > 0 && queue->ready.length > 0) {
		queue->pump = simulation_schedule_after(queue->sim, 0, PHASE_SYNC, pump, queue);
	}
}

static void make_ready(struct item *item)
{
	g_queue_push_tail(&item->queue->ready, item);
	start_workers(item->queue);
}

static void add(struct item *item)
{
	if (!item->dirty) {
		item->dirty = true;
		if (!item->syncing) {
			make_ready(item);
		}
	}
}

void sync_queue_add(struct sync_queue *queue, const char *key)
{
	add(item_of(queue, key));
}

static void wait_is_over(struct simulation *sim, void *data)
{
	struct item *item = data;

	item->waiting = EVENT_NONE;
	add(item);
}

static void add_after(struct item *item, sim_time delay)
{
	struct simulation *sim = item->queue->sim;

	if (delay <= 0) {
		add(item);
	} else if (item->waiting == EVENT_NONE) {
		item->waiting =
		    simulation_schedule_after(sim, delay, PHASE_OBSERVE, wait_is_over, item);
	} else if (simulation_due(sim, item->waiting) > simulation_now(sim) + delay) {
		simulation_reschedule(sim, item->waiting, simulation_now(sim) + delay);
	}
}

void sync_queue_add_after(struct sync_queue *queue, const char *key, sim_time delay)
{
	add_after(item_of(queue, key), delay);
}

/* --- syncs --- */

static void retry(struct item *item)
{
	struct sync_queue *queue = item->queue;
	sim_time now = simulation_now(queue->sim);
	sim_time delay = queue->controller.retry_delay(++item->failures);

	if (delay == SIM_NEVER) {
		item->failures = 0;
		return;
	}
	queue->retries_paid = MAX(queue->retries_paid, now) + RETRY_INTERVAL;
	add_after(item, MAX(delay, queue->retries_paid - now - RETRY_BURST * RETRY_INTERVAL));
}

static void end_sync(struct item *item, bool failed)
{
	item->syncing = false;
	item->queue->idle_workers++;
	if (failed) {
		retry(item);
	} else {
		item->failures = 0;
	}
	if (item->dirty) {
		make_ready(item);
	}
	start_workers(item->queue);
}

static void write_decision(struct simulation *sim, void *data)
{
	struct item *item = data;
	const struct sync_queue_controller *controller = &item->queue->controller;
	void *decision = g_steal_pointer(&item->decision);

	item->writing = EVENT_NONE;
	bool written = controller->write(controller->self, item->key, decision);

	controller->free_decision(decision);
	end_sync(item, item->failed || !written);
}

static void start_sync(struct item *item)
{
	struct sync_queue *queue = item->queue;

	item->dirty = false;
	item->syncing = true;
	item->failed = false;
	queue->idle_workers--;
	item->decision = queue->controller.decide(queue->controller.self, item->key, &item->failed);
	if (item->decision) {
		item->writing = simulation_schedule_after(queue->sim, queue->duration, PHASE_SYNC,
		                                          write_decision, item);
	} else {
		end_sync(item, item->failed);
	}
}

static void pump(struct simulation *sim, void *data)
{
	struct sync_queue *queue = data;

	while (queue->idle_workers > 0 && queue->ready.length > 0) {
		start_sync(g_queue_pop_head(&queue->ready));
	}
	/* Only now: a sync that ends at once must not schedule another pump. */
	queue->pump = EVENT_NONE;
	start_workers(queue);
}

/* --- keys --- */

char *sync_queue_key(const char *namespace, const char *name)
{
	return object_key(namespace, name);
}

const char *sync_queue_split(const char *key, char **namespace)
{
	const char *slash = strchr(key, '/');

	*namespace = g_strndup(key, (gsize)(slash - key));
	return slash + 1;
}
