/* informer.c - a delayed picture of one kind, fed by a watch. */

#include "store/informer.h"

struct group { /* in order of first sight */
	char *key;
	struct held *first, *last;
	size_t n;
};

struct held { /* linked in order of first sight */
	const struct object *object;
	uint64_t number;
	struct held *previous, *next;
	struct group *group; /* NULL: none */
	struct held *group_previous, *group_next;
};

struct informer {
	GHashTable *by_key;
	GHashTable *by_uid; /* the shared string itself, which all versions have, to struct held */
	struct held *first, *last;
	size_t n;
	uint64_t seen;                                         /* objects ever */
	const char *(*group_key)(const struct object *object); /* NULL: there are no groups */
	GHashTable *groups;
	watch_fn fn;
	void *data;
};

/* --- groups --- */

static void group_free(void *data)
{
	struct group *group = data;

	g_free(group->key);
	g_free(group);
}

static void join_group(struct informer *informer, struct held *held)
{
	const char *key = informer->group_key ? informer->group_key(held->object) : NULL;
	struct group *group = key ? g_hash_table_lookup(informer->groups, key) : NULL;

	if (!key) {
		return;
	}
	if (!group) {
		group = g_new0(struct group, 1);
		group->key = g_strdup(key);
		g_hash_table_insert(informer->groups, group->key, group);
	}
	held->group = group;
	held->group_previous = group->last;
	*(group->last ? &group->last->group_next : &group->first) = held;
	group->last = held;
	group->n++;
}

static void leave_group(struct informer *informer, struct held *held)
{
	struct group *group = held->group;

	if (!group) {
		return;
	}
	*(held->group_previous ? &held->group_previous->group_next : &group->first) =
	    held->group_next;
	*(held->group_next ? &held->group_next->group_previous : &group->last) =
	    held->group_previous;
	if (--group->n == 0) {
		g_hash_table_remove(informer->groups, group->key);
	}
	held->group = NULL;
	held->group_previous = held->group_next = NULL;
}

void informer_group_by(struct informer *informer,
                       const char *(*key_of)(const struct object *object))
{
	g_assert(informer->n == 0);
	informer->group_key = key_of;
	informer->groups = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, group_free);
}

const char *informer_owner_uid(const struct object *object)
{
	return object->meta.owner.uid;
}

/* --- what is seen --- */

/* An object seen before is found without its name, unless somebody wrote the same UID anew. */
static struct held *find(const struct informer *informer, const struct object *object)
{
	struct held *held = g_hash_table_lookup(informer->by_uid, object->meta.uid);

	if (!held) {
		g_autofree char *key = object_key(object->meta.namespace, object->meta.name);

		held = g_hash_table_lookup(informer->by_key, key);
	}
	return held;
}

static void forget(struct informer *informer, struct held *held)
{
	const struct object *object = held->object;
	g_autofree char *key = object_key(object->meta.namespace, object->meta.name);

	*(held->previous ? &held->previous->next : &informer->first) = held->next;
	*(held->next ? &held->next->previous : &informer->last) = held->previous;
	leave_group(informer, held);
	g_hash_table_remove(informer->by_uid, object->meta.uid);
	g_hash_table_remove(informer->by_key, key);
	object_unref(object);
	g_free(held);
	informer->n--;
}

static void remember(struct informer *informer, const struct object *object)
{
	struct held *held = g_new0(struct held, 1);

	held->object = object_ref(object);
	held->number = ++informer->seen;
	held->previous = informer->last;
	*(informer->last ? &informer->last->next : &informer->first) = held;
	informer->last = held;
	informer->n++;
	join_group(informer, held);
	g_hash_table_insert(informer->by_uid, object->meta.uid, held);
	g_hash_table_insert(informer->by_key, object_key(object->meta.namespace, object->meta.name),
	                    held);
}

static void replace(struct informer *informer, struct held *held, const struct object *object)
{
	const struct object *before = held->object;

	held->object = object_ref(object);
	if (before->meta.uid != object->meta.uid) {
		g_hash_table_remove(informer->by_uid, before->meta.uid);
		g_hash_table_insert(informer->by_uid, object->meta.uid, held);
	}
	if (informer->group_key &&
	    g_strcmp0(informer->group_key(before), informer->group_key(object)) != 0) {
		leave_group(informer, held);
		join_group(informer, held);
	}
	object_unref(before);
}

static void on_change(void *data, enum change change, const struct object *old,
                      const struct object *object)
{
	struct informer *informer = data;
	struct held *held = find(informer, object);

	if (change == CHANGE_DELETED) {
		if (held) {
			forget(informer, held);
		}
	} else if (held) {
		replace(informer, held, object);
	} else {
		remember(informer, object);
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
	informer->by_uid = g_hash_table_new(NULL, NULL);
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
	g_hash_table_unref(informer->by_uid);
	g_clear_pointer(&informer->groups, g_hash_table_unref);
	g_free(informer);
}

const struct object *informer_get(const struct informer *informer, const char *namespace,
                                  const char *name)
{
	g_autofree char *key = object_key(namespace, name);
	const struct held *held = g_hash_table_lookup(informer->by_key, key);

	return held ? held->object : NULL;
}

uint64_t informer_number(const struct informer *informer, const struct object *object)
{
	const struct held *held = find(informer, object);

	return held ? held->number : 0;
}

const struct object *informer_owner_of(const struct informer *informer, enum object_kind kind,
                                       const struct object *object)
{
	const struct owner_reference *owner = &object->meta.owner;

	if (owner->kind != kind) {
		return NULL;
	}
	const struct held *held =
	    owner->uid ? g_hash_table_lookup(informer->by_uid, owner->uid) : NULL;

	if (held) { /* who made the object shares the text of the UID with it */
		return held->object;
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

GPtrArray *informer_list_of(const struct informer *informer, const char *key)
{
	const struct group *group = key ? g_hash_table_lookup(informer->groups, key) : NULL;
	GPtrArray *list = g_ptr_array_sized_new(group ? (unsigned)group->n + 1 : 1);

	for (const struct held *held = group ? group->first : NULL; held; held = held->group_next) {
		g_ptr_array_add(list, (void *)held->object);
	}
	return list;
}

bool informer_has_any_of(const struct informer *informer, const char *key)
{
	return key && g_hash_table_contains(informer->groups, key);
}
