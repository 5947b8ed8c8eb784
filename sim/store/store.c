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
	GHashTable *by_uid; /* the shared string itself, which revisions have -> struct entry * */
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
	struct delivery *pending; /* a ring, in order of time */
	unsigned first, n, room;  /* of the ring; room is a power of two */
	event_id event;           /* delivery of the first */
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

static void delivery_clear(const struct delivery *delivery)
{
	object_unref(delivery->old);
	object_unref(delivery->object);
}

static struct delivery *delivery_at(const struct watcher *watcher, unsigned i)
{
	return &watcher->pending[(watcher->first + i) & (watcher->room - 1)];
}

static struct delivery *append_delivery(struct watcher *watcher)
{
	if (watcher->n == watcher->room) {
		unsigned room = watcher->room ? 2 * watcher->room : 4;
		struct delivery *larger = g_new(struct delivery, room);

		for (unsigned i = 0; i < watcher->n; i++) {
			larger[i] = *delivery_at(watcher, i);
		}
		g_free(watcher->pending);
		watcher->pending = larger;
		watcher->first = 0;
		watcher->room = room;
	}
	return delivery_at(watcher, watcher->n++);
}

static void watcher_deliver(struct simulation *sim, void *data)
{
	struct watcher *watcher = data;
	const struct delivery delivery = *delivery_at(watcher, 0);

	watcher->first = (watcher->first + 1) & (watcher->room - 1);
	watcher->n--;
	watcher->event = EVENT_NONE;
	if (watcher->n > 0) {
		watcher->event = simulation_schedule(sim, delivery_at(watcher, 0)->at,
		                                     PHASE_OBSERVE, watcher_deliver, watcher);
	}
	watcher->fn(watcher->data, delivery.change, delivery.old, delivery.object);
	delivery_clear(&delivery);
}

static void watcher_tell(struct watcher *watcher, enum change change, const struct object *old,
                         const struct object *object)
{
	if (watcher->synchronous) {
		watcher->fn(watcher->data, change, old, object);
		return;
	}
	sim_time at = simulation_now(watcher->sim) + watcher->delay;

	if (watcher->n > 0) {
		at = MAX(at, delivery_at(watcher, watcher->n - 1)->at);
	}
	*append_delivery(watcher) = (struct delivery){
	    .at = at,
	    .change = change,
	    .old = old ? object_ref(old) : NULL,
	    .object = object_ref(object),
	};
	if (watcher->event == EVENT_NONE) {
		watcher->event =
		    simulation_schedule(watcher->sim, at, PHASE_OBSERVE, watcher_deliver, watcher);
	}
}

static void watcher_free(void *data)
{
	struct watcher *watcher = data;

	simulation_cancel(watcher->sim, &watcher->event);
	for (unsigned i = 0; i < watcher->n; i++) {
		delivery_clear(delivery_at(watcher, i));
	}
	g_free(watcher->pending);
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
	g_hash_table_remove(shelf->by_uid, entry->object->meta.uid);
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
	g_hash_table_unref(shelf->by_uid);
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
		store->shelves[kind].by_uid = g_hash_table_new(NULL, NULL);
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
static uint64_t mix(uint64_t hash, const char *text)
{
	for (const char *c = text; *c; c++) {
		hash = (hash ^ (unsigned char)*c) * G_GUINT64_CONSTANT(1099511628211);
	}
	return hash;
}

static char *put_hex(char *to, uint64_t value, unsigned digits)
{
	for (unsigned i = digits; i-- > 0; value >>= 4) {
		to[i] = "0123456789abcdef"[value & 0xf];
	}
	return to + digits;
}

static void give_uid(const struct store *store, struct object *object)
{
	uint64_t hash = G_GUINT64_CONSTANT(14695981039346656037);
	char uid[sizeof "00000000-0000-4000-8000-000000000000"], *c = uid;
	double u[2];

	hash = mix(mix(hash, object_kind_name(object->kind)), "/");
	hash = mix(hash, object->meta.namespace ? object->meta.namespace : "");
	hash = mix(mix(hash, "/"), object->meta.name);
	random_pair(&store->uids, hash, (uint64_t)object->meta.creation_time, u);
	uint64_t high = (uint64_t)(u[0] * 0x1p53), low = (uint64_t)(u[1] * 0x1p53);

	c = put_hex(c, high >> 21, 8);
	*c++ = '-';
	c = put_hex(c, high >> 5, 4);
	*c++ = '-';
	*c++ = '4';
	c = put_hex(c, low >> 41, 3);
	*c++ = '-';
	*c++ = '8';
	c = put_hex(c, (high & 0x1f) << 4 | ((low >> 38) & 7), 3);
	*c++ = '-';
	c = put_hex(c, low, 12);
	*c = '\0';
	ref_string_set(&object->meta.uid, uid);
}

bool store_create(struct store *store, struct object *object, GError **error)
{
	struct shelf *shelf = &store->shelves[object->kind];
	g_autofree char *key = object_key(object->meta.namespace, object->meta.name);

	if (g_hash_table_contains(shelf->by_key, key)) {
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
	g_hash_table_insert(shelf->by_uid, object->meta.uid, entry);
	g_hash_table_insert(shelf->by_key, g_steal_pointer(&key), entry);
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
	struct shelf *shelf = &store->shelves[object->kind];
	struct entry *entry = g_hash_table_lookup(shelf->by_uid, object->meta.uid);

	if (!entry) { /* not a revision, or of what is gone */
		entry = entry_or_error(store, object->kind, object->meta.namespace,
		                       object->meta.name, error);
	}
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
	if (old->meta.uid != object->meta.uid) {
		g_hash_table_remove(shelf->by_uid, old->meta.uid);
		g_hash_table_insert(shelf->by_uid, object->meta.uid, entry);
	}
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
