/* slice_tracker.c - what the EndpointSlice controller has written, and therefore must have seen. */

#include "cluster/slice_tracker.h"

#define TO_BE_GONE (-1)

struct slice_tracker {
	GHashTable *services; /* key -> GHashTable: uid -> int64_t * generation */
};

struct slice_tracker *slice_tracker_new(void)
{
	struct slice_tracker *tracker = g_new0(struct slice_tracker, 1);

	tracker->services = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                          (GDestroyNotify)g_hash_table_unref);
	return tracker;
}

void slice_tracker_free(struct slice_tracker *tracker)
{
	if (tracker) {
		g_hash_table_unref(tracker->services);
		g_free(tracker);
	}
}

static void expect(struct slice_tracker *tracker, const char *service, const char *uid,
                   int64_t generation)
{
	GHashTable *generations = g_hash_table_lookup(tracker->services, service);
	int64_t *value = g_new(int64_t, 1);

	if (!generations) {
		generations = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
		g_hash_table_insert(tracker->services, g_strdup(service), generations);
	}
	*value = generation;
	g_hash_table_replace(generations, g_strdup(uid), value);
}

/* NULL when nothing is expected of @slice. */
static const int64_t *expected(const struct slice_tracker *tracker, const char *service,
                               const struct endpoint_slice *slice)
{
	GHashTable *generations = g_hash_table_lookup(tracker->services, service);

	return generations ? g_hash_table_lookup(generations, slice->object.meta.uid) : NULL;
}

void slice_tracker_wrote(struct slice_tracker *tracker, const char *service,
                         const struct endpoint_slice *slice)
{
	expect(tracker, service, slice->object.meta.uid, slice->object.meta.generation);
}

void slice_tracker_removed(struct slice_tracker *tracker, const char *service,
                           const struct endpoint_slice *slice)
{
	expect(tracker, service, slice->object.meta.uid, TO_BE_GONE);
}

void slice_tracker_forget(struct slice_tracker *tracker, const char *service)
{
	g_hash_table_remove(tracker->services, service);
}

bool slice_tracker_is_stale(const struct slice_tracker *tracker, const char *service,
                            const GPtrArray *slices)
{
	GHashTable *generations = g_hash_table_lookup(tracker->services, service);
	unsigned to_be_there = 0;
	GHashTableIter iter;
	void *generation;

	if (!generations) {
		return false;
	}
	/* Those that must be there, less those that are: the order of the iteration is the same to
	 * a sum. */
	g_hash_table_iter_init(&iter, generations);
	while (g_hash_table_iter_next(&iter, NULL, &generation)) {
		to_be_there += *(const int64_t *)generation != TO_BE_GONE;
	}
	for (unsigned i = 0; i < slices->len; i++) {
		const struct endpoint_slice *slice = slices->pdata[i];
		const int64_t *wrote = g_hash_table_lookup(generations, slice->object.meta.uid);

		if (wrote && (*wrote == TO_BE_GONE || *wrote > slice->object.meta.generation)) {
			return true;
		}
		to_be_there -= wrote != NULL;
	}
	return to_be_there > 0;
}

bool slice_tracker_is_foreign(const struct slice_tracker *tracker, const char *service,
                              const struct endpoint_slice *slice)
{
	const int64_t *wrote = expected(tracker, service, slice);

	return !wrote || slice->object.meta.generation > *wrote;
}

bool slice_tracker_saw_deletion(struct slice_tracker *tracker, const char *service,
                                const struct endpoint_slice *slice)
{
	const int64_t *wrote = expected(tracker, service, slice);
	bool foreign = wrote && *wrote != TO_BE_GONE;

	if (wrote) {
		g_hash_table_remove(g_hash_table_lookup(tracker->services, service),
		                    slice->object.meta.uid);
	}
	return foreign;
}
