/* recorder_history.c - versions of objects, thinned where one object has very many.
 *
 * A status that changes at every sync would let memory grow with simulated time. Of an object with
 * too many versions every second one goes, except the first, the last and deletions: the further
 * the run gets, the coarser its long histories become, as with all series. */

#include "record/recorder_private.h"

enum { VERSIONS_MAX = 2000 }; /* of one object */

struct history {
	struct run *run;
	GHashTable *objects; /* kind, namespace and name -> GPtrArray of struct run_version * */
};

struct history *history_new(struct run *run)
{
	struct history *history = g_new0(struct history, 1);

	history->run = run;
	history->objects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                         (GDestroyNotify)g_ptr_array_unref);
	return history;
}

void history_free(struct history *history)
{
	g_hash_table_unref(history->objects);
	g_free(history);
}

/* Takes the versions without an object out of @list. */
static void compact(GPtrArray *list)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < list->len; i++) {
		struct run_version *version = list->pdata[i];

		if (version->object) {
			list->pdata[kept++] = version;
		} else {
			g_free(version);
		}
	}
	for (unsigned i = kept; i < list->len; i++) {
		list->pdata[i] = NULL;
	}
	g_ptr_array_set_size(list, (int)kept);
}

static void thin(GPtrArray *all, GPtrArray *versions)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < versions->len; i++) {
		struct run_version *version = versions->pdata[i];

		if (i % 2 == 1 && i + 1 < versions->len && version->change == CHANGE_MODIFIED) {
			object_unref(version->object);
			version->object = NULL;
		} else {
			versions->pdata[kept++] = version;
		}
	}
	g_ptr_array_set_size(versions, (int)kept);
	compact(all);
}

static char *key_of(const struct object *object)
{
	return g_strconcat(object_kind_word(object->kind), "/",
	                   object->meta.namespace ? object->meta.namespace : "", "/",
	                   object->meta.name, NULL);
}

void history_forget(struct history *history, const struct object *object)
{
	g_autofree char *key = key_of(object);

	g_hash_table_remove(history->objects, key);
}

void history_add(struct history *history, sim_time at, enum change change,
                 const struct object *object)
{
	GPtrArray *all =
	    object->kind == KIND_EVENT ? history->run->event_versions : history->run->versions;
	g_autofree char *key = key_of(object);
	GPtrArray *versions = g_hash_table_lookup(history->objects, key);

	run_add_version(history->run, at, change, object);
	if (change == CHANGE_DELETED) {
		g_hash_table_remove(history->objects, key);
		return;
	}
	if (!versions) {
		versions = g_ptr_array_new();
		g_hash_table_insert(history->objects, g_steal_pointer(&key), versions);
	}
	g_ptr_array_add(versions, all->pdata[all->len - 1]);
	if (versions->len > VERSIONS_MAX) {
		thin(all, versions);
	}
}
