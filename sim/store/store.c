/* store.c - objects by kind and name, their versions, and the queues of their watchers. */

#include "store/store.h"

#include "engine/random.h"
#include "kube/pod.h"

#include <string.h>

struct entry { /* one stored object, linked in order of creation */
	struct object *object;
	struct entry *previous, *next;
};

struct shelf {              /* all objects of one kind */
	GHashTable *by_key; /* "namespace/name" -> struct entry * */
	struct entry *first, *last;
};

struct delivery {
	sim_time at;
	enum change change;
	const struct object *old, *object;
};

struct watcher {
	struct simulation *sim;
	enum object_kind kind;
	sim_time delay;
	bool synchronous;
	watch_fn fn;
	void *data;
	GQueue pending; /* struct delivery *, in order of time */
	event_id event; /* delivery of the head */
};

struct store {
	struct simulation *sim;
	struct random_stream uids;
	uint64_t version;
	struct shelf shelves[KIND_COUNT];
	GPtrArray *watchers[KIND_COUNT];
	GHashTable *of_nodes; /* node -> GPtrArray of watchers of its pods */
};

G_DEFINE_QUARK(podsim - store - error, store_error)

/* --- deliveries --- */

static void delivery_free(struct delivery *delivery)
{
	object_unref(delivery->old);
	object_unref(delivery->object);
	g_free(delivery);
}

static void watcher_deliver(struct simulation *sim, void *data)
{
	struct watcher *watcher = data;
	struct delivery *delivery = g_queue_pop_head(&watcher->pending);
	struct delivery *next = g_queue_peek_head(&watcher->pending);

	watcher->event = EVENT_NONE;
	if (next) {
		watcher->event =
		    simulation_schedule(sim, next->at, PHASE_OBSERVE, watcher_deliver, watcher);
	}
	watcher->fn(watcher->data, delivery->change, delivery->old, delivery->object);
	delivery_free(delivery);
}

static void watcher_tell(struct watcher *watcher, enum change change, const struct object *old,
                         const struct object *object)
{
	if (watcher->synchronous) {
		watcher->fn(watcher->data, change, old, object);
		return;
	}
	struct delivery *delivery = g_new0(struct delivery, 1);
	const struct delivery *previous = g_queue_peek_tail(&watcher->pending);

	delivery->at = simulation_now(watcher->sim) + watcher->delay;
	if (previous && previous->at > delivery->at) {
		delivery->at = previous->at;
	}
	delivery->change = change;
	delivery->old = old ? object_ref(old) : NULL;
	delivery->object = object_ref(object);
	g_queue_push_tail(&watcher->pending, delivery);
	if (watcher->event == EVENT_NONE) {
		watcher->event = simulation_schedule(watcher->sim, delivery->at, PHASE_OBSERVE,
		                                     watcher_deliver, watcher);
	}
}

static void watcher_free(void *data)
{
	struct watcher *watcher = data;

	simulation_cancel(watcher->sim, &watcher->event);
	g_queue_clear_full(&watcher->pending, (GDestroyNotify)delivery_free);
	g_free(watcher);
}

/* Those who watch the pods of one node, if @object is on one; NULL: nobody. */
static const GPtrArray *watchers_nearby(const struct store *store, const struct object *object)
{
	const char *node = object->kind == KIND_POD ? POD(object)->node_name : NULL;

	return node ? g_hash_table_lookup(store->of_nodes, node) : NULL;
}

static void tell_all(struct store *store, enum change change, const struct object *old,
                     const struct object *object)
{
	const GPtrArray *watchers = store->watchers[object->kind];

	for (unsigned i = 0; i < watchers->len; i++) {
		watcher_tell(watchers->pdata[i], change, old, object);
	}
	const GPtrArray *nearby = watchers_nearby(store, object);

	for (unsigned i = 0; nearby && i < nearby->len; i++) {
		watcher_tell(nearby->pdata[i], change, old, object);
	}
}

/* --- shelves --- */

static struct entry *find_entry(const struct store *store, enum object_kind kind,
                                const char *namespace, const char *name)
{
	g_autofree char *key = object_key(namespace, name);

	return g_hash_table_lookup(store->shelves[kind].by_key, key);
}

static void shelf_remove(struct shelf *shelf, struct entry *entry)
{
	g_autofree char *key = object_key(entry->object->meta.namespace, entry->object->meta.name);

	*(entry->previous ? &entry->previous->next : &shelf->first) = entry->next;
	*(entry->next ? &entry->next->previous : &shelf->last) = entry->previous;
	g_hash_table_remove(shelf->by_key, key);
	g_free(entry);
}

static void shelf_clear(struct shelf *shelf)
{
	for (struct entry *entry = shelf->first, *next; entry; entry = next) {
		next = entry->next;
		object_unref(entry->object);
		g_free(entry);
	}
	g_hash_table_unref(shelf->by_key);
}

/* --- life --- */

struct store *store_new(struct simulation *sim)
{
	struct store *store = g_new0(struct store, 1);

	store->sim = sim;
	store->of_nodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                        (GDestroyNotify)g_ptr_array_unref);
	store->uids = random_stream_of(simulation_seed(sim), RANDOM_NAME);
	for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
		store->shelves[kind].by_key =
		    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		store->watchers[kind] = g_ptr_array_new_with_free_func(watcher_free);
	}
	return store;
}

void store_free(struct store *store)
{
	if (!store) {
		return;
	}
	g_hash_table_unref(store->of_nodes);
	for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
		g_ptr_array_unref(store->watchers[kind]);
		shelf_clear(&store->shelves[kind]);
	}
	g_free(store);
}

struct simulation *store_simulation(const struct store *store)
{
	return store->sim;
}

/* --- writes --- */

/* A UID that depends on the seed and on what the object is called, not on what else was created
 * before. */
static void give_uid(const struct store *store, struct object *object)
{
	g_autofree char *identity = g_strdup_printf(
	    "%s/%s/%s", object_kind_name(object->kind),
	    object->meta.namespace ? object->meta.namespace : "", object->meta.name);
	uint64_t hash = G_GUINT64_CONSTANT(14695981039346656037);
	double u[2];

	for (const char *c = identity; *c; c++) {
		hash = (hash ^ (unsigned char)*c) * G_GUINT64_CONSTANT(1099511628211);
	}
	random_pair(&store->uids, hash, (uint64_t)object->meta.creation_time, u);
	uint64_t high = (uint64_t)(u[0] * 0x1p53), low = (uint64_t)(u[1] * 0x1p53);
	g_autofree char *uid = g_strdup_printf(
	    "%08x-%04x-4%03x-8%03x-%012" G_GINT64_MODIFIER "x", (unsigned)(high >> 21),
	    (unsigned)(high >> 5) & 0xffff, (unsigned)(low >> 41) & 0xfff,
	    (unsigned)(high & 0x1f) << 4 | ((unsigned)(low >> 38) & 7),
	    low & G_GUINT64_CONSTANT(0xffffffffffff));

	ref_string_set(&object->meta.uid, uid);
}

bool store_create(struct store *store, struct object *object, GError **error)
{
	struct shelf *shelf = &store->shelves[object->kind];

	if (find_entry(store, object->kind, object->meta.namespace, object->meta.name)) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_EXISTS, "%s \"%s\" already exists",
		            object_kind_name(object->kind), object->meta.name);
		return false;
	}
	struct entry *entry = g_new0(struct entry, 1);

	object->meta.creation_time = simulation_now(store->sim);
	object->meta.resource_version = ++store->version;
	object->meta.generation = 1;
	if (!object->meta.uid) {
		give_uid(store, object);
	}
	entry->object = object_ref(object);
	entry->previous = shelf->last;
	*(shelf->last ? &shelf->last->next : &shelf->first) = entry;
	shelf->last = entry;
	g_hash_table_insert(shelf->by_key, object_key(object->meta.namespace, object->meta.name),
	                    entry);
	tell_all(store, CHANGE_ADDED, NULL, object);
	return true;
}

static struct entry *entry_or_error(const struct store *store, enum object_kind kind,
                                    const char *namespace, const char *name, GError **error)
{
	struct entry *entry = find_entry(store, kind, namespace, name);

	if (!entry) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND, "%s \"%s\" not found",
		            object_kind_name(kind), name);
	}
	return entry;
}

bool store_update(struct store *store, struct object *object, bool spec_changed, GError **error)
{
	struct entry *entry =
	    entry_or_error(store, object->kind, object->meta.namespace, object->meta.name, error);

	if (!entry) {
		return false;
	}
	const struct object *old = entry->object;

	if (old->meta.resource_version != object->meta.resource_version) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_CONFLICT,
		            "%s \"%s\": the object has been modified; please apply your changes to "
		            "the latest version "
		            "and try again",
		            object_kind_name(object->kind), object->meta.name);
		return false;
	}
	object->meta.resource_version = ++store->version;
	if (spec_changed) {
		object->meta.generation++;
	}
	entry->object = object_ref(object);
	tell_all(store, CHANGE_MODIFIED, old, object);
	object_unref(old);
	return true;
}

static void remove_entry(struct store *store, struct entry *entry)
{
	const struct object *object = entry->object;

	shelf_remove(&store->shelves[object->kind], entry);
	tell_all(store, CHANGE_DELETED, object, object);
	object_unref(object);
}

bool store_remove(struct store *store, enum object_kind kind, const char *namespace,
                  const char *name, GError **error)
{
	struct entry *entry = entry_or_error(store, kind, namespace, name, error);

	if (!entry) {
		return false;
	}
	remove_entry(store, entry);
	return true;
}

void store_forget(struct store *store, enum object_kind kind, const char *namespace,
                  const char *name)
{
	struct entry *entry = find_entry(store, kind, namespace, name);

	if (entry) {
		const struct object *object = entry->object;

		shelf_remove(&store->shelves[kind], entry);
		object_unref(object);
	}
}

bool store_delete_pod(struct store *store, const char *namespace, const char *name, int64_t grace,
                      GError **error)
{
	struct entry *entry = entry_or_error(store, KIND_POD, namespace, name, error);

	if (!entry) {
		return false;
	}
	const struct pod *pod = POD(entry->object);
	bool again = pod_is_terminating(pod);

	if (grace < 0) {
		grace = pod->spec->termination_grace_period_seconds;
	}
	if (!pod->node_name || pod_is_finished(pod) || grace == 0) {
		remove_entry(store, entry);
		return true;
	}
	if (again && grace >= pod->object.meta.deletion_grace_seconds) {
		return true; /* the grace can only be shortened */
	}
	struct object *copy = object_revise(entry->object);

	if (!again) {
		copy->meta.deletion_time = simulation_now(store->sim);
	}
	copy->meta.deletion_grace_seconds = grace;
	bool good = store_update(store, copy, true, error);

	object_unref(copy);
	return good;
}

/* --- reads --- */

const struct object *store_get(const struct store *store, enum object_kind kind,
                               const char *namespace, const char *name)
{
	const struct entry *entry = find_entry(store, kind, namespace, name);

	return entry ? entry->object : NULL;
}

void store_each(const struct store *store, enum object_kind kind,
                void (*fn)(void *data, const struct object *object), void *data)
{
	for (const struct entry *entry = store->shelves[kind].first; entry; entry = entry->next) {
		fn(data, entry->object);
	}
}

size_t store_count(const struct store *store, enum object_kind kind)
{
	return g_hash_table_size(store->shelves[kind].by_key);
}

static struct watcher *watcher_new(const struct store *store, enum object_kind kind, sim_time delay,
                                   watch_fn fn, void *data)
{
	struct watcher *watcher = g_new0(struct watcher, 1);

	watcher->sim = store->sim;
	watcher->kind = kind;
	watcher->delay = delay;
	watcher->fn = fn;
	watcher->data = data;
	watcher->event = EVENT_NONE;
	g_queue_init(&watcher->pending);
	return watcher;
}

void store_watch(struct store *store, enum object_kind kind, sim_time delay, bool synchronous,
                 watch_fn fn, void *data)
{
	struct watcher *watcher = watcher_new(store, kind, delay, fn, data);

	watcher->synchronous = synchronous;
	g_ptr_array_add(store->watchers[kind], watcher);
	for (const struct entry *entry = store->shelves[kind].first; entry; entry = entry->next) {
		watcher_tell(watcher, CHANGE_ADDED, NULL, entry->object);
	}
}

void store_watch_pods_of(struct store *store, const char *node, sim_time delay, watch_fn fn,
                         void *data)
{
	struct watcher *watcher = watcher_new(store, KIND_POD, delay, fn, data);
	GPtrArray *nearby = g_hash_table_lookup(store->of_nodes, node);

	if (!nearby) {
		nearby = g_ptr_array_new_with_free_func(watcher_free);
		g_hash_table_insert(store->of_nodes, g_strdup(node), nearby);
	}
	g_ptr_array_add(nearby, watcher);
	for (const struct entry *entry = store->shelves[KIND_POD].first; entry;
	     entry = entry->next) {
		if (g_strcmp0(POD(entry->object)->node_name, node) == 0) {
			watcher_tell(watcher, CHANGE_ADDED, NULL, entry->object);
		}
	}
}
