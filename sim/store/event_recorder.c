/* event_recorder.c - client-go's events correlator: aggregate, count, filter, each with a cache of
 * bounded size. */

#include "store/event_recorder.h"

#include "kube/service.h"

#include <stdarg.h>

enum {
	SIMILAR_MESSAGES = 10, /* from so many different ones on, events are merged */
	BURST = 25,            /* events of one source and object at once */
	REMEMBERED = 4096,     /* entries of each cache: maxLruCacheEntries */
};
#define SIMILAR_WITHIN (600 * SIM_SECOND)
#define TOKEN_EVERY (300 * SIM_SECOND)

struct similar { /* events that differ in their message only */
	GHashTable *messages;
	sim_time last;
};

struct series { /* events that are equal: one object with a count */
	char *namespace, *event_name;
	uint32_t count;
	sim_time first;
};

struct bucket { /* spam filter of one object */
	double tokens;
	sim_time since;
};

struct cache {               /* forgets what was not asked for the longest */
	GHashTable *entries; /* key -> struct cached */
	GQueue order;        /* of their links, the latest first */
	void (*forget)(struct event_recorder *recorder, void *value);
};

struct cached {
	char *key;
	void *value;
	GList link; /* its data is the entry itself */
};

struct event_recorder {
	struct store *store;
	const char *component;
	const char *host;
	struct cache similar; /* key without message -> struct similar */
	struct cache series;  /* whole key -> struct series */
	struct cache buckets; /* object key -> struct bucket */
	uint64_t made;
};

/* --- caches --- */

static void cache_init(struct cache *cache, void (*forget)(struct event_recorder *, void *))
{
	cache->entries = g_hash_table_new(g_str_hash, g_str_equal);
	cache->forget = forget;
}

static void *cache_find(struct cache *cache, const char *key)
{
	struct cached *cached = g_hash_table_lookup(cache->entries, key);

	if (!cached) {
		return NULL;
	}
	g_queue_unlink(&cache->order, &cached->link);
	g_queue_push_head_link(&cache->order, &cached->link);
	return cached->value;
}

static void forget_oldest(struct event_recorder *recorder, struct cache *cache)
{
	struct cached *oldest = g_queue_peek_tail(&cache->order);

	g_queue_unlink(&cache->order, &oldest->link);
	g_hash_table_remove(cache->entries, oldest->key);
	cache->forget(recorder, oldest->value);
	g_free(oldest->key);
	g_free(oldest);
}

/* Remembers @value, which is taken, under @key, which is not there yet. */
static void cache_add(struct event_recorder *recorder, struct cache *cache, const char *key,
                      void *value)
{
	struct cached *cached = g_new0(struct cached, 1);

	cached->key = g_strdup(key);
	cached->value = value;
	cached->link.data = cached;
	g_queue_push_head_link(&cache->order, &cached->link);
	g_hash_table_insert(cache->entries, cached->key, cached);
	if (cache->order.length > REMEMBERED) {
		forget_oldest(recorder, cache);
	}
}

static void cache_clear(struct cache *cache)
{
	while (cache->order.length) {
		forget_oldest(NULL, cache);
	}
	g_hash_table_unref(cache->entries);
}

/* --- what they hold --- */

static void similar_free(struct event_recorder *recorder, void *data)
{
	struct similar *similar = data;

	g_hash_table_unref(similar->messages);
	g_free(similar);
}

static void bucket_free(struct event_recorder *recorder, void *bucket)
{
	g_free(bucket);
}

/* The Event itself nobody can count up any more, and its hour is over (--event-ttl of the API
 * server) wherever so many came after it: the store forgets it. */
static void series_free(struct event_recorder *recorder, void *data)
{
	struct series *series = data;

	if (recorder) {
		store_forget(recorder->store, KIND_EVENT, series->namespace, series->event_name);
	}
	g_free(series->namespace);
	g_free(series->event_name);
	g_free(series);
}

struct event_recorder *event_recorder_new(struct store *store, const char *component,
                                          const char *host)
{
	struct event_recorder *recorder = g_new0(struct event_recorder, 1);

	recorder->store = store;
	recorder->component = g_intern_string(component);
	recorder->host = host ? g_intern_string(host) : NULL;
	cache_init(&recorder->similar, similar_free);
	cache_init(&recorder->series, series_free);
	cache_init(&recorder->buckets, bucket_free);
	return recorder;
}

void event_recorder_free(struct event_recorder *recorder)
{
	if (!recorder) {
		return;
	}
	cache_clear(&recorder->similar);
	cache_clear(&recorder->series);
	cache_clear(&recorder->buckets);
	g_free(recorder);
}

/* Whether @message is one too many of its kind and has to be merged with the similar ones. */
static bool is_merged(struct event_recorder *recorder, const char *key, const char *message,
                      sim_time now)
{
	struct similar *similar = cache_find(&recorder->similar, key);

	if (!similar) {
		similar = g_new0(struct similar, 1);
		similar->messages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		cache_add(recorder, &recorder->similar, key, similar);
	} else if (now - similar->last > SIMILAR_WITHIN) {
		g_hash_table_remove_all(similar->messages);
	}
	similar->last = now;
	if (!g_hash_table_contains(similar->messages, message)) {
		if (g_hash_table_size(similar->messages) + 1 >= SIMILAR_MESSAGES) {
			return true; /* not remembered: the set stays one below the limit */
		}
		g_hash_table_add(similar->messages, g_strdup(message));
	}
	return false;
}

/* Takes a token of @key's bucket; false when it is empty. */
static bool may_send(struct event_recorder *recorder, const char *key, sim_time now)
{
	struct bucket *bucket = cache_find(&recorder->buckets, key);

	if (!bucket) {
		bucket = g_new0(struct bucket, 1);
		bucket->tokens = BURST;
		bucket->since = now;
		cache_add(recorder, &recorder->buckets, key, bucket);
	}
	bucket->tokens += (double)(now - bucket->since) / (double)TOKEN_EVERY;
	bucket->tokens = MIN(bucket->tokens, BURST);
	bucket->since = now;
	if (bucket->tokens < 1) {
		return false;
	}
	bucket->tokens -= 1;
	return true;
}

static struct series *series_of(struct event_recorder *recorder, const char *key,
                                const struct object *object, sim_time now)
{
	struct series *series = cache_find(&recorder->series, key);

	if (!series) {
		series = g_new0(struct series, 1);
		series->first = now;
		series->event_name =
		    g_strdup_printf("%s.%016" G_GINT64_MODIFIER "x%s%" G_GUINT64_FORMAT,
		                    object->meta.name, now, recorder->component, ++recorder->made);
		series->namespace =
		    g_strdup(object->meta.namespace ? object->meta.namespace : "default");
		cache_add(recorder, &recorder->series, key, series);
	}
	series->count++;
	return series;
}

static struct event *event_new(const struct event_recorder *recorder, const struct object *object,
                               const char *field_path, bool warning, const char *reason)
{
	struct event *event = EVENT(object_new(KIND_EVENT));

	if (object->meta.namespace) {
		ref_string_share(&event->object.meta.namespace, object->meta.namespace);
	} else {
		event->object.meta.namespace = ref_string("default");
	}
	event->regarding_kind = object->kind;
	ref_string_share(&event->regarding_name, object->meta.name);
	ref_string_share(&event->regarding_uid, object->meta.uid);
	event->field_path = ref_string(field_path);
	event->warning = warning;
	event->reason = g_intern_string(reason);
	event->source = recorder->component;
	event->host = ref_string(recorder->host);
	return event;
}

/* Writes the present state of @series: a new Event or the next count of the one there is. */
static void write_series(struct event_recorder *recorder, const struct series *series,
                         struct event *fresh, const char *message, sim_time now)
{
	const struct object *there = store_get(recorder->store, KIND_EVENT,
	                                       fresh->object.meta.namespace, series->event_name);
	struct event *event =
	    there ? EVENT(object_revise(there)) : EVENT(object_ref(&fresh->object));

	ref_string_set(&event->message, message);
	event->count = series->count;
	event->first_time = series->first;
	event->last_time = now;
	if (there) {
		store_update(recorder->store, &event->object, false, NULL);
	} else {
		ref_string_set(&event->object.meta.name, series->event_name);
		store_create(recorder->store, &event->object, NULL);
	}
	object_unref(&event->object);
}

void event_recorder_emit(struct event_recorder *recorder, const struct object *object,
                         const char *field_path, bool warning, const char *reason,
                         const char *format, ...)
{
	sim_time now = simulation_now(store_simulation(recorder->store));
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *message = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_autofree char *of_object = g_strconcat(
	    object_kind_name(object->kind), "/",
	    object->meta.namespace ? object->meta.namespace : "", "/", object->meta.name, NULL);
	g_autofree char *similar = g_strconcat(of_object, warning ? "|1|" : "|0|", reason, NULL);
	bool merged = is_merged(recorder, similar, message, now);
	g_autofree char *text = merged
	                            ? g_strconcat("(combined from similar events): ", message, NULL)
	                            : g_strdup(message);
	g_autofree char *key =
	    merged ? g_strdup(similar)
		   : g_strconcat(similar, "|", field_path ? field_path : "", "|", message, NULL);
	const struct series *series = series_of(recorder, key, object, now);

	if (may_send(recorder, of_object, now)) {
		struct event *event = event_new(recorder, object, field_path, warning, reason);

		write_series(recorder, series, event, text, now);
		object_unref(&event->object);
	}
}
