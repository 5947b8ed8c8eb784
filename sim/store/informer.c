/* informer.c - a delayed picture of one kind, fed by a watch. */

#include "store/informer.h"

struct held { /* linked in order of first sight */
	const struct object *object;
	struct held *previous, *next;
};

struct informer {
	GHashTable *by_key;
	struct held *first, *last;
	size_t n;
	watch_fn fn;
	void *data;
};

static void forget(struct informer *informer, const char *key, struct held *held)
{
	*(held->previous ? &held->previous->next : &informer->first) = held->next;
	*(held->next ? &held->next->previous : &informer->last) = held->previous;
	object_unref(held->object);
	g_free(held);
	informer->n--;
	g_hash_table_remove(informer->by_key, key);
}

static void remember(struct informer *informer, const char *key, const struct object *object)
{
	struct held *held = g_new0(struct held, 1);

	held->object = object_ref(object);
	held->previous = informer->last;
	*(informer->last ? &informer->last->next : &informer->first) = held;
	informer->last = held;
	informer->n++;
	g_hash_table_insert(informer->by_key, g_strdup(key), held);
}

static void on_change(void *data, enum change change, const struct object *old,
                      const struct object *object)
{
	struct informer *informer = data;
	g_autofree char *key = object_key(object->meta.namespace, object->meta.name);
	struct held *held = g_hash_table_lookup(informer->by_key, key);

	if (change == CHANGE_DELETED) {
		if (held) {
			forget(informer, key, held);
		}
	} else if (held) {
		object_unref(held->object);
		held->object = object_ref(object);
	} else {
		remember(informer, key, object);
	}
	if (informer->fn) {
		informer->fn(informer->data, change, old, object);
	}
}

struct informer *informer_new(struct store *store, enum object_kind kind, sim_time delay,
                              watch_fn fn, void *data)
{
	struct informer *informer = g_new0(struct informer, 1);

	informer->by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	informer->fn = fn;
	informer->data = data;
	store_watch(store, kind, delay, false, on_change, informer);
	return informer;
}

void informer_free(struct informer *informer)
{
	if (!informer) {
		return;
	}
	for (struct held *held = informer->first, *next; held; held = next) {
		next = held->next;
		object_unref(held->object);
		g_free(held);
	}
	g_hash_table_unref(informer->by_key);
	g_free(informer);
}

const struct object *informer_get(const struct informer *informer, const char *namespace,
                                  const char *name)
{
	g_autofree char *key = object_key(namespace, name);
	const struct held *held = g_hash_table_lookup(informer->by_key, key);

	return held ? held->object : NULL;
}

const struct object *informer_owner_of(const struct informer *informer, enum object_kind kind,
                                       const struct object *object)
{
	const struct owner_reference *owner = &object->meta.owner;

	if (owner->kind != kind) {
		return NULL;
	}
	const struct object *seen = informer_get(informer, object->meta.namespace, owner->name);

	return seen && g_strcmp0(seen->meta.uid, owner->uid) == 0 ? seen : NULL;
}

void informer_each(const struct informer *informer,
                   void (*fn)(void *data, const struct object *object), void *data)
{
	for (const struct held *held = informer->first; held; held = held->next) {
		fn(data, held->object);
	}
}

GPtrArray *informer_list(const struct informer *informer)
{
	GPtrArray *list = g_ptr_array_sized_new((unsigned)informer->n + 1);

	for (const struct held *held = informer->first; held; held = held->next) {
		g_ptr_array_add(list, (void *)held->object);
	}
	return list;
}
