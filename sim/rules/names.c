/* names.c - hashes and generated names. */

#include "rules/names.h"

#include <string.h>

static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";

enum {
	ALPHABET = sizeof(alphabet) - 1,
	SUFFIX = 5,
	LONGEST_BASE = 58, /* of the 63 characters of a name */
	ATTEMPTS = 8,      /* names tried for one creation */
};

uint64_t name_hash(const char *text)
{
	uint64_t hash = G_GUINT64_CONSTANT(14695981039346656037);

	for (const char *c = text; *c; c++) {
		hash = (hash ^ (unsigned char)*c) * G_GUINT64_CONSTANT(1099511628211);
	}
	return hash;
}

/* --- 32-bit FNV-1a over a tree, keys of maps in string order --- */

static void hash_bytes(uint32_t *hash, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		*hash = (*hash ^ ((const unsigned char *)bytes)[i]) * 16777619U;
	}
}

/* With its closing zero, so that "ab", "c" and "a", "bc" differ. */
static void hash_text(uint32_t *hash, const char *text)
{
	hash_bytes(hash, text ? text : "", text ? strlen(text) + 1 : 1);
}

static int compare_keys(const void *a, const void *b, void *map)
{
	return strcmp(doc_key_at(map, *(const size_t *)a), doc_key_at(map, *(const size_t *)b));
}

static void hash_document(uint32_t *hash, const struct doc *doc, const char *left_out)
{
	enum doc_kind kind = doc_kind_of(doc);
	unsigned char tag = (unsigned char)kind;
	size_t n = doc_length(doc);

	hash_bytes(hash, &tag, 1);
	if (kind == DOC_LIST) {
		for (size_t i = 0; i < n; i++) {
			hash_document(hash, doc_at(doc, i), NULL);
		}
	} else if (kind == DOC_MAP) {
		g_autofree size_t *order = g_new(size_t, n);

		for (size_t i = 0; i < n; i++) {
			order[i] = i;
		}
		g_qsort_with_data(order, (int)n, sizeof(size_t), compare_keys, (void *)doc);
		for (size_t i = 0; i < n; i++) {
			const char *key = doc_key_at(doc, order[i]);

			if (!left_out || !g_str_equal(key, left_out)) {
				hash_text(hash, key);
				hash_document(hash, doc_value_at(doc, order[i]), left_out);
			}
		}
	} else {
		hash_text(hash, doc_text(doc));
	}
}

static void hash_map(uint32_t *hash, const struct string_map *map)
{
	for (size_t i = 0; i < string_map_size(map); i++) {
		const char *key = string_map_key_at(map, i);

		if (!g_str_equal(key, "pod-template-hash")) {
			hash_text(hash, key);
			hash_text(hash, string_map_value_at(map, i));
		}
	}
}

char *name_template_hash(const struct pod_template *template, int32_t collision_count)
{
	uint32_t hash = 2166136261U;

	if (template->source) {
		hash_document(&hash, template->source, "pod-template-hash");
	} else {
		/* A template that no document made: what distinguishes such ones. */
		hash_map(&hash, template->labels);
		hash_map(&hash, template->annotations);
		for (size_t i = 0; template->spec && i < template->spec->n_containers; i++) {
			hash_text(&hash, template->spec->containers[i].name);
			hash_text(&hash, template->spec->containers[i].image);
		}
	}
	if (collision_count > 0) {
		g_autofree char *count = g_strdup_printf("%d", collision_count);

		hash_text(&hash, count);
	}
	char *text = g_strdup_printf("%u", hash);

	for (char *c = text; *c; c++) {
		*c = alphabet[(unsigned char)*c % ALPHABET];
	}
	return text;
}

char *name_generate(const char *base, const struct random_stream *stream, uint64_t ordinal,
                    unsigned attempt)
{
	g_autofree char *prefix = g_strdup_printf("%s-", base);
	char suffix[SUFFIX + 1] = {0};
	uint64_t entity = name_hash(base);

	if (strlen(prefix) > LONGEST_BASE) {
		prefix[LONGEST_BASE] = '\0';
	}
	for (unsigned i = 0; i < SUFFIX; i++) {
		uint64_t draw = (ordinal * ATTEMPTS + attempt) * SUFFIX + i;

		suffix[i] = alphabet[random_below(stream, entity, draw, ALPHABET)];
	}
	return g_strconcat(prefix, suffix, NULL);
}
