#include "node/usage.h"

#include <string.h>

struct usage_registry {
	GQueue sources;       /* struct usage_source *, in order of registration */
	GHashTable *links;    /* source -> its GList link; equal when pod uid and container are */
	GPtrArray *listeners; /* const struct usage_listener * */
};

static guint source_hash(gconstpointer key)
{
	const struct usage_source *source = key;

	return g_str_hash(source->pod_uid) * 31 + g_str_hash(source->container);
}

static gboolean source_equal(gconstpointer a, gconstpointer b)
{
	const struct usage_source *x = a;
	const struct usage_source *y = b;

	return strcmp(x->pod_uid, y->pod_uid) == 0 && strcmp(x->container, y->container) == 0;
}

void usage_source_free(struct usage_source *source)
{
	g_clear_pointer(&source->namespace, g_ref_string_release);
	g_clear_pointer(&source->pod, g_ref_string_release);
	g_clear_pointer(&source->pod_uid, g_ref_string_release);
	g_clear_pointer(&source->container, g_ref_string_release);
	g_free(source);
}

struct usage_registry *usage_registry_new(void)
{
	struct usage_registry *registry = g_new0(struct usage_registry, 1);

	g_queue_init(&registry->sources);
	registry->links = g_hash_table_new(source_hash, source_equal);
	registry->listeners = g_ptr_array_new();
	return registry;
}

void usage_registry_free(struct usage_registry *registry)
{
	if (!registry) {
		return;
	}
	g_hash_table_destroy(registry->links);
	g_ptr_array_unref(registry->listeners);
	for (GList *link = registry->sources.head; link; link = link->next) {
		usage_source_free(link->data);
	}
	g_queue_clear(&registry->sources);
	g_free(registry);
}

void usage_registry_add(struct usage_registry *registry, struct usage_source *source)
{
	g_queue_push_tail(&registry->sources, source);
	const bool fresh = g_hash_table_insert(registry->links, source, registry->sources.tail);

	g_assert(fresh);
	for (unsigned i = 0; i < registry->listeners->len; i++) {
		const struct usage_listener *listener = registry->listeners->pdata[i];

		if (listener->added) {
			listener->added(listener->data, source);
		}
	}
}

void usage_registry_remove(struct usage_registry *registry, struct usage_source *source)
{
	GList *link = g_hash_table_lookup(registry->links, source);

	g_assert(link && link->data == source);
	for (unsigned i = 0; i < registry->listeners->len; i++) {
		const struct usage_listener *listener = registry->listeners->pdata[i];

		if (listener->removed) {
			listener->removed(listener->data, source);
		}
	}
	g_hash_table_remove(registry->links, source);
	g_queue_delete_link(&registry->sources, link);
	usage_source_free(source);
}

void usage_registry_each(struct usage_registry *registry,
                         void (*fn)(void *data, struct usage_source *source), void *data)
{
	for (GList *link = registry->sources.head, *next; link; link = next) {
		next = link->next;
		fn(data, link->data);
	}
}

struct usage_source *usage_registry_find(struct usage_registry *registry, const char *pod_uid,
                                         const char *container)
{
	const struct usage_source key = {.pod_uid = (GRefString *)pod_uid,
	                                 .container = (GRefString *)container};
	const GList *link = g_hash_table_lookup(registry->links, &key);

	return link ? link->data : NULL;
}

void usage_registry_listen(struct usage_registry *registry, const struct usage_listener *listener)
{
	g_ptr_array_add(registry->listeners, (gpointer)listener);
	if (listener->added) {
		usage_registry_each(registry, listener->added, listener->data);
	}
}

void usage_registry_unlisten(struct usage_registry *registry, const struct usage_listener *listener)
{
	const bool found = g_ptr_array_remove(registry->listeners, (gpointer)listener);

	g_assert(found);
}
