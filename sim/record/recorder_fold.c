/* recorder_fold.c - pods that went long ago are told in sums.
 *
 * Where pods come and go for ever (an HPA that never settles, one rollout after the other) their
 * record would grow with simulated time. The first that went are kept in detail, for how it began,
 * and the last, for how it ended: as many as were ever there at once, and not few. Of a pod in
 * between the sums stay; its versions, Events, notes and series go. */

#include "record/recorder_private.h"

enum {
	FIRST_KEPT = 500,
	LAST_KEPT = 500, /* at least */
	BATCH = 50,      /* all lists are gone through for so many */
};

/* Events about a pod may still come so long after it went, and proxies name it. */
#define LATE (2 * SIM_MINUTE)

void recorder_pod_comes(struct recorder *recorder)
{
	recorder->alive++;
	recorder->most_alive = MAX(recorder->most_alive, recorder->alive);
}

/* Whether @object is a version of a pod in @folds, or an Event about one; its sums. */
static struct run_folded *fold_of(GHashTable *folds, const struct object *object)
{
	const char *uid = object->kind == KIND_EVENT ? EVENT(object)->regarding_uid
	                  : object->kind == KIND_POD ? object->meta.uid
	                                             : NULL;

	return uid ? g_hash_table_lookup(folds, uid) : NULL;
}

static void fold_versions(GHashTable *folds, GPtrArray *versions)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < versions->len; i++) {
		struct run_version *version = versions->pdata[i];
		struct run_folded *folded = fold_of(folds, version->object);

		if (folded) {
			folded->versions++;
			object_unref(version->object);
			g_free(version);
		} else {
			versions->pdata[kept++] = version;
		}
	}
	run_shorten(versions, kept);
}

/* Events as they stand now; those that stay get their new places. */
static void fold_events(struct recorder *recorder, GHashTable *folds)
{
	GPtrArray *events = recorder->run->events;
	unsigned kept = 0;

	g_hash_table_remove_all(recorder->events);
	for (unsigned i = 0; i < events->len; i++) {
		struct event *event = events->pdata[i];
		struct run_folded *folded = fold_of(folds, &event->object);

		if (folded) {
			run_folded_add_event(folded, event);
			history_forget(recorder->history, &event->object);
			object_unref(&event->object);
		} else {
			events->pdata[kept++] = event;
			g_hash_table_insert(recorder->events, g_strdup(event->object.meta.uid),
			                    GUINT_TO_POINTER(kept));
		}
	}
	run_shorten(events, kept);
}

static gboolean is_note_in(gpointer key, gpointer note, gpointer notes)
{
	return g_hash_table_contains(notes, note);
}

/* Notes about a pod of one of @names ("pod/NAME"). */
static void fold_notes(struct recorder *recorder, GHashTable *names)
{
	GPtrArray *notes = recorder->run->notes;
	g_autoptr(GHashTable) gone = g_hash_table_new(NULL, NULL);
	g_autoptr(GPtrArray) dropped = g_ptr_array_new_with_free_func(run_note_free);
	unsigned kept = 0;

	for (unsigned i = 0; i < notes->len; i++) {
		struct run_note *note = notes->pdata[i];

		if (note->object && g_hash_table_contains(names, note->object)) {
			g_hash_table_add(gone, note);
			g_ptr_array_add(dropped, note);
		} else {
			notes->pdata[kept++] = note;
		}
	}
	run_shorten(notes, kept);
	g_hash_table_foreach_remove(recorder->notes, is_note_in, gone);
}

static gboolean is_source_of(gpointer source, gpointer data, gpointer records)
{
	return g_hash_table_contains(records, ((const struct source_record *)data)->record);
}

/* Pods that have a running container. A pod may leave the API before its containers end. */
static GHashTable *running_records(const struct recorder *recorder)
{
	GHashTable *running = g_hash_table_new(NULL, NULL);
	GHashTableIter sources;
	gpointer source;

	g_hash_table_iter_init(&sources, recorder->sources);
	while (g_hash_table_iter_next(&sources, NULL, &source)) {
		g_hash_table_add(running, ((struct source_record *)source)->record);
	}
	return running;
}

/* Takes from @recorder's queue at most BATCH that are at rest: gone for a while, nothing running.
 */
static GPtrArray *take_resting(struct recorder *recorder)
{
	const sim_time until = simulation_now(recorder->sim) - LATE;
	g_autoptr(GHashTable) running = running_records(recorder);
	GPtrArray *resting = g_ptr_array_new();

	for (GList *link = recorder->gone.head, *next; link && resting->len < BATCH; link = next) {
		struct pod_record *record = link->data;

		next = link->next;
		if (record->pod->gone_at > until) {
			break;
		}
		if (!g_hash_table_contains(running, record)) {
			g_ptr_array_add(resting, record);
			g_queue_delete_link(&recorder->gone, link);
		}
	}
	return resting;
}

/* Whether @pod is the last of its name. */
static bool has_its_name(struct recorder *recorder, const struct run_pod *pod)
{
	return recorder_pod_named(recorder, pod->namespace, pod->name) == pod;
}

static void forget_name(struct recorder *recorder, const struct run_pod *pod)
{
	g_autofree char *key = record_key(pod->namespace, pod->name);

	if (has_its_name(recorder, pod)) {
		g_hash_table_remove(recorder->pods_by_name, key);
	}
}

/* Takes the pods in @folds out of the run, and out of what the recorder knows. */
static void drop_pods(struct recorder *recorder, GHashTable *folds, GHashTable *records)
{
	GPtrArray *pods = recorder->run->pods;
	g_autoptr(GPtrArray) dropped = g_ptr_array_new_with_free_func(run_pod_free);
	unsigned kept = 0;

	g_hash_table_foreach_remove(recorder->sources, is_source_of, records);
	for (unsigned i = 0; i < pods->len; i++) {
		struct run_pod *pod = pods->pdata[i];

		if (!g_hash_table_contains(folds, pod->uid)) {
			pods->pdata[kept++] = pod;
			continue;
		}
		if (recorder->cut_last == pod) {
			recorder->cut_last = NULL;
		}
		forget_name(recorder, pod);
		g_hash_table_remove(recorder->pods, pod->uid);
		g_ptr_array_add(dropped, pod);
	}
	run_shorten(pods, kept);
}

static void fold(struct recorder *recorder)
{
	g_autoptr(GPtrArray) resting = take_resting(recorder);
	g_autoptr(GHashTable) folds = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) records = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (unsigned i = 0; i < resting->len; i++) {
		struct pod_record *record = resting->pdata[i];
		struct run_pod *pod = record->pod;

		recorder_finish_pod(recorder, record);
		recorder_add_replica_seconds(recorder->run, pod);
		g_hash_table_add(records, record);
		g_hash_table_insert(folds, pod->uid, run_fold_pod(recorder->run, pod));
		if (has_its_name(recorder, pod)) { /* else the notes are another's */
			g_hash_table_add(names, g_strdup_printf("pod/%s", pod->name));
		}
	}
	if (resting->len) {
		fold_events(recorder, folds);
		fold_versions(folds, recorder->run->event_versions);
		fold_versions(folds, recorder->run->versions);
		fold_notes(recorder, names);
		drop_pods(recorder, folds, records);
		recorder->folds++;
	}
	recorder->fold_from = recorder->gone.length + BATCH;
}

void recorder_pod_goes(struct recorder *recorder, struct pod_record *record)
{
	recorder->alive--;
	if (recorder->first_gone < FIRST_KEPT) {
		recorder->first_gone++;
		return;
	}
	g_queue_push_tail(&recorder->gone, record);
	if (recorder->gone.length >= MAX(LAST_KEPT, recorder->most_alive) + BATCH &&
	    recorder->gone.length >= recorder->fold_from) {
		fold(recorder);
	}
}
