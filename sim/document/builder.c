#include "document/number.h"
#include "document/reader_private.h"
#include "document/resolve.h"
#include "document/tree_private.h"

#include <math.h>
#include <string.h>

static bool count_value(struct reader *reader, yaml_mark_t mark)
{
	if (++reader->values > MOST_VALUES) {
		reader_fault(reader, mark, "more than %d values, aliases expanded", MOST_VALUES);
		return false;
	}
	return true;
}

static bool enter(struct reader *reader, yaml_mark_t mark)
{
	if (++reader->level > MOST_LEVELS) {
		reader_fault(reader, mark, "lists and maps are nested more than %d deep",
		             MOST_LEVELS);
		return false;
	}
	return true;
}

/* --- anchors and aliases --- */

static void open_anchor(struct reader *reader, const yaml_char_t *anchor)
{
	if (anchor != NULL) {
		g_hash_table_insert(reader->anchors, g_strdup((const char *)anchor), NULL);
	}
}

static void close_anchor(struct reader *reader, const char *anchor, struct doc *value)
{
	if (anchor != NULL) {
		g_hash_table_insert(reader->anchors, g_strdup(anchor), value);
	}
}

/* Adds the values of @doc to @values and finds its height; false as soon as either is beyond
 * @values_left or
 * @levels_left. */
static bool measure(const struct doc *doc, size_t *values, size_t values_left, unsigned levels_left)
{
	if (++*values > values_left) {
		return false;
	}
	if (doc->kind != DOC_LIST && doc->kind != DOC_MAP) {
		return true;
	}
	if (levels_left == 0) {
		return false;
	}
	for (size_t i = 0; i < doc_length(doc); i++) {
		const struct doc *child =
		    doc->kind == DOC_LIST ? doc->list.items[i] : doc->map.entries[i].value;

		if (!measure(child, values, values_left, levels_left - 1)) {
			return false;
		}
	}
	return true;
}

/* The anchored value, which belongs to the reader; NULL and the error. */
static struct doc *find_anchor(struct reader *reader, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	void *value = NULL;

	if (!g_hash_table_lookup_extended(reader->anchors, name, NULL, &value)) {
		reader_fault(reader, event->start_mark,
		             "*%s: there is no anchor &%s before this place", name, name);
		return NULL;
	}
	if (value == NULL) {
		reader_fault(reader, event->start_mark,
		             "*%s stands inside the value that &%s names, which would never end",
		             name, name);
	}
	return value;
}

static struct doc *expand_alias(struct reader *reader, const yaml_event_t *event)
{
	const struct doc *anchored = find_anchor(reader, event);
	size_t values = 0;

	if (anchored == NULL) {
		return NULL;
	}
	if (!measure(anchored, &values, MOST_VALUES - reader->values,
	             MOST_LEVELS - reader->level)) {
		reader_fault(
		    reader, event->start_mark,
		    "*%s would make the document larger than %d values or deeper than %d levels",
		    (const char *)event->data.alias.anchor, MOST_VALUES, MOST_LEVELS);
		return NULL;
	}
	reader->values += values;
	return doc_copy(anchored);
}

/* --- scalars --- */

static struct doc *new_resolved(const char *text)
{
	const struct resolution meaning = resolve_plain(text);

	switch (meaning.kind) {
	case DOC_NULL:
		return doc_new_null_as(text);
	case DOC_BOOL:
		return doc_new_bool_as(meaning.truth, text);
	case DOC_INT:
		return doc_new_int_as(meaning.whole, text);
	case DOC_FLOAT:
		return doc_new_float_as(meaning.number, text);
	default:
		return doc_new_string(text);
	}
}

/* The kind that the tag @tag ("!!int") asks for; false for every other tag. */
static bool kind_of_tag(const char *tag, enum doc_kind *kind)
{
	if (strcmp(tag, YAML_NULL_TAG) == 0) {
		*kind = DOC_NULL;
	} else if (strcmp(tag, YAML_BOOL_TAG) == 0) {
		*kind = DOC_BOOL;
	} else if (strcmp(tag, YAML_INT_TAG) == 0) {
		*kind = DOC_INT;
	} else if (strcmp(tag, YAML_FLOAT_TAG) == 0) {
		*kind = DOC_FLOAT;
	} else {
		return false;
	}
	return true;
}

static struct doc *build_tagged(struct reader *reader, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	const char *tag = (const char *)event->data.scalar.tag;
	enum doc_kind kind;

	if (strcmp(tag, YAML_DEFAULT_SCALAR_TAG) != 0 && strstr(tag, ":binary") != NULL) {
		gsize length;
		g_autofree guchar *bytes = g_base64_decode(text, &length);
		g_autofree char *decoded = g_strndup((const char *)bytes, length);

		return doc_new_string(decoded);
	}
	if (!kind_of_tag(tag, &kind)) {
		return doc_new_string(text);
	}
	struct doc *doc = new_resolved(text);

	if (kind == DOC_FLOAT && doc->kind == DOC_INT) {
		const double number = (double)doc->scalar.whole;

		doc_free(doc);
		return doc_new_float_as(number, text);
	}
	if (doc->kind != kind) {
		reader_fault(reader, event->start_mark, "\"%s\" is tagged as %s, but it is not",
		             text, doc_kind_name(kind));
		g_clear_pointer(&doc, doc_free);
	}
	return doc;
}

static struct doc *build_scalar(struct reader *reader, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	struct doc *doc;

	if (strlen(text) != event->data.scalar.length) {
		reader_fault(reader, event->start_mark, "a text with a zero byte (\\0) in it");
		return NULL;
	}
	if (event->data.scalar.tag != NULL) {
		doc = build_tagged(reader, event);
	} else if (event->data.scalar.plain_implicit &&
	           event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		doc = new_resolved(text);
	} else {
		doc = doc_new_string(text);
	}
	if (doc != NULL) {
		doc->where = reader_place(reader, event->start_mark);
	}
	return doc;
}

/* --- lists and maps --- */

static struct doc *build_list(struct reader *reader)
{
	g_autoptr(doc) list = doc_new_list();

	for (;;) {
		yaml_event_t event;

		if (!reader_next(reader, &event)) {
			return NULL;
		}
		if (event.type == YAML_SEQUENCE_END_EVENT) {
			yaml_event_delete(&event);
			return g_steal_pointer(&list);
		}
		struct doc *item = build_value(reader, &event);

		yaml_event_delete(&event);
		if (item == NULL) {
			return NULL;
		}
		doc_append(list, item);
	}
}

/* A key as Kubernetes' JSON would have it: `on: 1` is the key "true", `0x10: 1` the key "16".
 * Source: sigs.k8s.io/yaml, convertToJSONableObject. */
static char *text_of_key(struct reader *reader, yaml_mark_t mark, const struct doc *key)
{
	switch (key->kind) {
	case DOC_STRING:
		return g_strdup(key->scalar.text);
	case DOC_BOOL:
		return g_strdup(key->scalar.truth ? "true" : "false");
	case DOC_INT:
		return g_strdup_printf("%" G_GINT64_FORMAT, (gint64)key->scalar.whole);
	case DOC_FLOAT:
		return g_strdup(key->scalar.text);
	case DOC_NULL:
		reader_fault(reader, mark, "a key must not be empty");
		return NULL;
	default:
		reader_fault(reader, mark, "a key must be a text, not %s",
		             doc_kind_name(key->kind));
		return NULL;
	}
}

static bool is_merge_key(const yaml_event_t *event)
{
	return event->type == YAML_SCALAR_EVENT && event->data.scalar.plain_implicit &&
	       event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       strcmp((const char *)event->data.scalar.value, "<<") == 0;
}

/* Takes from @source what @map does not have: a map's own keys win over merged ones, and among
 * these the earlier. */
static bool merge_into(struct reader *reader, struct doc *map, const struct doc *source,
                       yaml_mark_t mark)
{
	if (source->kind == DOC_LIST) {
		for (size_t i = 0; i < source->list.n; i++) {
			if (source->list.items[i]->kind != DOC_MAP) {
				break;
			}
			if (!merge_into(reader, map, source->list.items[i], mark)) {
				return false;
			}
			if (i + 1 == source->list.n) {
				return true;
			}
		}
	}
	if (source->kind != DOC_MAP) {
		reader_fault(reader, mark, "<< merges a map or a list of maps, not %s",
		             source->kind == DOC_LIST ? "a list of other things"
		                                      : doc_kind_name(source->kind));
		return false;
	}
	for (size_t i = 0; i < source->map.n; i++) {
		const struct doc_entry *entry = &source->map.entries[i];
		size_t values = 0;

		if (doc_map_place(map, entry->key) >= 0) {
			continue;
		}
		if (!measure(entry->value, &values, MOST_VALUES - reader->values, MOST_LEVELS)) {
			reader_fault(reader, mark, "more than %d values, aliases expanded",
			             MOST_VALUES);
			return false;
		}
		reader->values += values;
		doc_map_add(map, entry->key, entry->where, doc_copy(entry->value));
	}
	return true;
}

struct merge {
	struct doc *source; /* belongs to the reader */
	yaml_mark_t mark;
};

static bool read_merge(struct reader *reader, yaml_mark_t mark, GArray *merges)
{
	yaml_event_t event;

	if (!reader_next(reader, &event)) {
		return false;
	}
	struct doc *source;

	if (event.type == YAML_ALIAS_EVENT) {
		source = find_anchor(reader, &event);
	} else {
		source = build_value(reader, &event);
		if (source != NULL) {
			g_ptr_array_add(reader->unrooted, source);
		}
	}
	yaml_event_delete(&event);
	if (source == NULL) {
		return false;
	}
	g_array_append_val(merges, ((struct merge){source, mark}));
	return true;
}

static bool read_entry(struct reader *reader, struct doc *map, const yaml_event_t *key_event)
{
	const yaml_mark_t mark = key_event->start_mark;
	const struct doc_location where = reader_place(reader, mark);
	struct doc *key = build_value(reader, key_event);

	if (key == NULL) {
		return false;
	}
	g_ptr_array_add(reader->unrooted, key);
	g_autofree char *text = text_of_key(reader, mark, key);

	if (key_event->type != YAML_SCALAR_EVENT || key_event->data.scalar.anchor == NULL) {
		g_ptr_array_remove_index_fast(reader->unrooted, reader->unrooted->len - 1);
	}
	if (text == NULL) {
		return false;
	}
	const gssize before = doc_map_place(map, text);

	if (before >= 0) {
		reader_fault(reader, mark, "\"%s\" is given twice, first in line %u", text,
		             map->map.entries[before].where.line);
		return false;
	}
	yaml_event_t event;

	if (!reader_next(reader, &event)) {
		return false;
	}
	struct doc *value = build_value(reader, &event);

	yaml_event_delete(&event);
	if (value == NULL) {
		return false;
	}
	doc_map_add(map, text, where, value);
	return true;
}

static struct doc *build_map(struct reader *reader)
{
	g_autoptr(doc) map = doc_new_map();
	g_autoptr(GArray) merges = g_array_new(FALSE, FALSE, sizeof(struct merge));
	bool good = true, open = true;

	while (good && open) {
		yaml_event_t event;

		if (!reader_next(reader, &event)) {
			return NULL;
		}
		if (event.type == YAML_MAPPING_END_EVENT) {
			open = false;
		} else if (is_merge_key(&event)) {
			good = read_merge(reader, event.start_mark, merges);
		} else {
			good = read_entry(reader, map, &event);
		}
		yaml_event_delete(&event);
	}
	for (guint i = 0; good && i < merges->len; i++) {
		const struct merge *merge = &g_array_index(merges, struct merge, i);

		good = merge_into(reader, map, merge->source, merge->mark);
	}
	return good ? g_steal_pointer(&map) : NULL;
}

static struct doc *build_collection(struct reader *reader, const yaml_event_t *event)
{
	const bool map = event->type == YAML_MAPPING_START_EVENT;
	const yaml_char_t *anchor =
	    map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;

	open_anchor(reader, anchor);
	if (!enter(reader, event->start_mark)) {
		return NULL;
	}
	struct doc *doc = map ? build_map(reader) : build_list(reader);

	reader->level--;
	if (doc != NULL) {
		doc->where = reader_place(reader, event->start_mark);
		close_anchor(reader, (const char *)anchor, doc);
	}
	return doc;
}

struct doc *build_value(struct reader *reader, const yaml_event_t *event)
{
	if (event->type == YAML_ALIAS_EVENT) {
		return expand_alias(reader, event);
	}
	if (!count_value(reader, event->start_mark)) {
		return NULL;
	}
	if (event->type != YAML_SCALAR_EVENT) {
		return build_collection(reader, event);
	}
	struct doc *doc = build_scalar(reader, event);

	if (doc != NULL) {
		close_anchor(reader, (const char *)event->data.scalar.anchor, doc);
	}
	return doc;
}
