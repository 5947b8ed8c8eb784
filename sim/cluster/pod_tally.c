/* pod_tally.c - counts by owner. */

#include "cluster/pod_tally.h"

struct pod_tallies {
	GHashTable *by_owner; /* UID -> struct pod_tally * */
};

static void tally_free(void *data)
{
	struct pod_tally *tally = data;

	string_map_unref(tally->labels);
	g_free(tally);
}

struct pod_tallies *pod_tallies_new(void)
{
	struct pod_tallies *tallies = g_new0(struct pod_tallies, 1);

	tallies->by_owner = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, tally_free);
	return tallies;
}

void pod_tallies_free(struct pod_tallies *tallies)
{
	if (tallies) {
		g_hash_table_unref(tallies->by_owner);
		g_free(tallies);
	}
}

bool pod_is_active(const struct pod *pod)
{
	return !pod_is_finished(pod) && !pod_is_terminating(pod);
}

static void come(struct pod_tally *tally, const struct pod *pod)
{
	struct string_map *labels = pod->object.meta.labels;

	if (!pod_is_active(pod)) {
		return;
	}
	if (tally->active++ == 0) {
		struct string_map *before = tally->labels;

		tally->labels = string_map_ref(labels);
		tally->alike = true;
		string_map_unref(before);
	}
	tally->alike &= tally->labels == labels;
	tally->ready += pod_is_ready(pod);
}

static void go(struct pod_tally *tally, const struct pod *pod)
{
	if (pod_is_active(pod)) {
		tally->active--;
		tally->ready -= pod_is_ready(pod);
	}
}

void pod_tallies_see(struct pod_tallies *tallies, enum change change, const struct object *old,
                     const struct object *object)
{
	const char *uid = object->meta.owner.uid;
	struct pod_tally *tally = uid ? g_hash_table_lookup(tallies->by_owner, uid) : NULL;

	if (!uid) {
		return;
	}
	if (!tally) {
		tally = g_new0(struct pod_tally, 1);
		g_hash_table_insert(tallies->by_owner, g_strdup(uid), tally);
	}
	if (change == CHANGE_DELETED) {
		go(tally, POD(object));
		return;
	}
	come(tally, POD(object));
	if (change == CHANGE_MODIFIED) {
		go(tally, POD(old));
	}
}

const struct pod_tally *pod_tallies_of(const struct pod_tallies *tallies, const char *uid)
{
	static const struct pod_tally none = {.alike = true};
	const struct pod_tally *tally = uid ? g_hash_table_lookup(tallies->by_owner, uid) : NULL;

	return tally ? tally : &none;
}
