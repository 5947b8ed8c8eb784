/* archive_versions.c - versions of objects for run.db, each spec written once.
 *
 * Most versions of an object differ in their status alone, and the pods of a template are as like
 * as peas. So an object stands there with a null in the place of its spec, which stands in a table
 * of its own. */

#include "record/archive_insert.h"

#include "kube/codec.h"

struct specs {
	struct writer *w;
	int64_t clock_zero;
	GHashTable *texts;     /* JSON -> number, from 1 */
	struct doc_pool *pool; /* of the object at hand */
	GString *text;         /* the same without its spec, as JSON */
	GHashTable *pods;      /* address of the spec that a template gave, and node -> number */
};

/* The number of the spec @text, which is taken. */
static int64_t number_of(struct specs *specs, char *text)
{
	gpointer known = g_hash_table_lookup(specs->texts, text);

	if (known) {
		g_free(text);
		return GPOINTER_TO_INT(known);
	}
	const int64_t number = g_hash_table_size(specs->texts) + 1;

	g_hash_table_insert(specs->texts, text, GINT_TO_POINTER((gint)number));
	put(specs->w, "specs", "is", number, text);
	return number;
}

/* What the spec of a pod is made of; NULL: of more than its template and its node. */
static char *pod_spec_key(const struct object *object)
{
	const struct pod *pod = object->kind == KIND_POD ? POD(object) : NULL;

	if (!pod || object->source || !pod->spec) {
		return NULL;
	}
	return g_strdup_printf("%p/%s", (const void *)pod->spec,
	                       pod->node_name ? pod->node_name : "");
}

/* @object without its spec; *@spec is the number of that, SIM_NEVER: it has none. */
static const struct doc *around_spec(struct specs *specs, const struct object *object,
                                     int64_t *spec)
{
	g_autofree char *key = pod_spec_key(object);
	gpointer known = key ? g_hash_table_lookup(specs->pods, key) : NULL;

	if (known) {
		*spec = GPOINTER_TO_INT(known);
		return object_encode_around_spec(specs->pool, object, specs->clock_zero);
	}
	struct doc *document = object_encode_in(specs->pool, object, specs->clock_zero);
	const struct doc *whole = doc_get(document, "spec");

	*spec = SIM_NEVER;
	if (whole) {
		*spec = number_of(specs, doc_to_json(whole, 0));
		doc_set_null(document, "spec");
	}
	if (whole && key) {
		g_hash_table_insert(specs->pods, g_steal_pointer(&key),
		                    GINT_TO_POINTER((gint)*spec));
	}
	return document;
}

static void put_versions(struct specs *specs, const GPtrArray *versions, int64_t *id)
{
	for (unsigned i = 0; i < versions->len; i++) {
		const struct run_version *version = versions->pdata[i];
		const struct object *object = version->object;
		const struct object_meta *meta = &object->meta;
		int64_t spec;

		g_string_truncate(specs->text, 0);
		doc_append_json(specs->text, around_spec(specs, object, &spec));
		doc_pool_empty(specs->pool);
		put(specs->w, "object_versions", "itsssssits", (*id)++, version->at,
		    archive_changes[version->change], object_kind_name(object->kind),
		    meta->namespace, meta->name, meta->uid, (int64_t)meta->resource_version, spec,
		    specs->text->str);
	}
}

void archive_put_versions(struct writer *w, const struct run *run)
{
	struct specs specs = {
	    .w = w,
	    .clock_zero = run->scenario->clock_zero,
	    .pool = doc_pool_new(),
	    .text = g_string_new(NULL),
	    .texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	    .pods = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	};
	int64_t id = 0;

	put_versions(&specs, run->versions, &id);
	put_versions(&specs, run->event_versions, &id);
	doc_pool_free(specs.pool);
	g_string_free(specs.text, TRUE);
	g_hash_table_unref(specs.texts);
	g_hash_table_unref(specs.pods);
}
