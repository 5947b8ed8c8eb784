/* patch_strategic.c - strategic merge patches.
 *
 * A patch is merged into a copy of the object, so a refused patch leaves nothing behind. Once done,
 * what only directs a patch
 * (`$retainKeys` of an item that was added, a null in a map that was replaced) is swept away, as
 * the API server loses it when it decodes the result. Source:
 * staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go, mergeMap and mergeSlice. */

#include "kube/patch_strategic.h"

#include "kube/patch_lists.h"
#include "kube/patch_schema.h"

#include <string.h>

#define DIRECTIVE "$patch"
#define RETAIN_KEYS "$retainKeys"
#define ELEMENT_ORDER "$setElementOrder"
#define DELETE_FROM_LIST "$deleteFromPrimitiveList"

static bool merge_map(struct doc *object, const struct doc *patch, const struct patch_field *fields,
                      GError **error);

static bool is_directive(const char *key)
{
	return g_str_equal(key, DIRECTIVE) || g_str_equal(key, RETAIN_KEYS) ||
	       g_str_has_prefix(key, ELEMENT_ORDER) || g_str_has_prefix(key, DELETE_FROM_LIST);
}

/* Removes nulls and directives from all maps of @doc. */
static void sweep(struct doc *doc)
{
	if (doc_kind_of(doc) == DOC_LIST) {
		for (size_t i = 0; i < doc_length(doc); i++) {
			sweep(doc_at(doc, i));
		}
	}
	for (size_t i = 0; doc_kind_of(doc) == DOC_MAP && i < doc_length(doc);) {
		struct doc *value = doc_value_at(doc, i);

		if (doc_kind_of(value) == DOC_NULL || is_directive(doc_key_at(doc, i))) {
			doc_remove(doc, doc_key_at(doc, i));
		} else {
			sweep(value);
			i++;
		}
	}
}

/* What of a patch's @value is left where there is nothing to merge it with: maps and items that
 * direct are not data. NULL: nothing. */
static struct doc *fresh_value(const struct doc *value)
{
	if (doc_kind_of(value) == DOC_MAP && doc_get(value, DIRECTIVE)) {
		return NULL;
	}
	if (doc_kind_of(value) != DOC_MAP && doc_kind_of(value) != DOC_LIST) {
		return doc_copy(value);
	}
	struct doc *result = doc_kind_of(value) == DOC_MAP ? doc_new_map() : doc_new_list();

	doc_set_where(result, doc_where(value));
	for (size_t i = 0; i < doc_length(value); i++) {
		bool map = doc_kind_of(value) == DOC_MAP;
		struct doc *left = fresh_value(map ? doc_value_at(value, i) : doc_at(value, i));

		if (left && map) {
			doc_set_at(result, doc_key_at(value, i), doc_key_where(value, i), left);
		} else if (left) {
			doc_append(result, left);
		}
	}
	return result;
}

static void clear_map(struct doc *map)
{
	while (doc_length(map) > 0) {
		doc_remove(map, doc_key_at(map, doc_length(map) - 1));
	}
}

/* `$patch` in a map: replace or delete. */
static bool direct_map(struct doc *object, const struct doc *patch, GError **error)
{
	const struct doc *directive = doc_get(patch, DIRECTIVE);
	const char *word = doc_string(directive);

	if (word && g_str_equal(word, "replace")) {
		clear_map(object);
		for (size_t i = 0; i < doc_length(patch); i++) {
			if (!g_str_equal(doc_key_at(patch, i), DIRECTIVE)) {
				doc_set_at(object, doc_key_at(patch, i), doc_key_where(patch, i),
				           doc_copy(doc_value_at(patch, i)));
			}
		}
		return true;
	}
	if (word && g_str_equal(word, "delete")) {
		clear_map(object);
		return true;
	}
	doc_error_at(error, directive, "$patch must be `replace` or `delete` here");
	return false;
}

static bool list_names(const struct doc *list, const char *key)
{
	for (size_t i = 0; i < doc_length(list); i++) {
		if (g_strcmp0(doc_string(doc_at(list, i)), key) == 0) {
			return true;
		}
	}
	return false;
}

/* `$retainKeys`: what it does not list goes, and the patch may set only what it lists. */
static bool retain_keys(struct doc *object, const struct doc *patch, GError **error)
{
	const struct doc *retained = doc_get(patch, RETAIN_KEYS);

	if (!retained) {
		return true;
	}
	if (doc_kind_of(retained) != DOC_LIST) {
		doc_error_at(error, retained, "$retainKeys must be a list of keys");
		return false;
	}
	for (size_t i = 0; i < doc_length(patch); i++) {
		const char *key = doc_key_at(patch, i);

		if (doc_kind_of(doc_value_at(patch, i)) != DOC_NULL && !is_directive(key) &&
		    !list_names(retained, key)) {
			doc_error_at_place(error, doc_key_where(patch, i),
			                   "`%s` is set, but $retainKeys does not list it", key);
			return false;
		}
	}
	for (size_t i = doc_length(object); i-- > 0;) {
		if (!list_names(retained, doc_key_at(object, i))) {
			doc_remove(object, doc_key_at(object, i));
		}
	}
	return true;
}

/* Merges a list of scalars as a set: new ones are added. */
static bool merge_values(struct doc *list, const struct doc *patch, GError **error)
{
	g_autoptr(doc) before = doc_copy(list);

	if (!patch_list_check(list, NULL, error) || !patch_list_check(patch, NULL, error)) {
		return false;
	}
	for (size_t i = 0; i < doc_length(patch); i++) {
		if (patch_list_find(list, doc_at(patch, i), NULL) < 0) {
			doc_append(list, doc_copy(doc_at(patch, i)));
		}
	}
	patch_list_arrange(list, patch, before, NULL);
	return true;
}

/* Carries out the items of @patch that direct, and gives the others; *@replaces: they are the whole
 * list. NULL and @error. */
static struct doc *direct_items(struct doc *list, const struct doc *patch, const char *key,
                                bool *replaces, GError **error)
{
	g_autoptr(doc) rest = doc_new_list();

	for (size_t i = 0; i < doc_length(patch); i++) {
		const struct doc *item = doc_at(patch, i);
		const struct doc *directive = doc_get(item, DIRECTIVE);
		const char *word = doc_string(directive);

		if (doc_kind_of(item) != DOC_MAP) {
			doc_error_at(error, item, "expected a map with `%s`, got %s", key,
			             doc_kind_name(doc_kind_of(item)));
			return NULL;
		}
		if (!directive) {
			doc_append(rest, doc_copy(item));
		} else if (word && g_str_equal(word, "replace")) {
			*replaces = true;
		} else if (!word || !g_str_equal(word, "delete")) {
			doc_error_at(error, directive,
			             "$patch must be `replace` or `delete` in a list");
			return NULL;
		} else if (!doc_get(item, key)) {
			doc_error_at(error, item, "this item to delete lacks `%s`", key);
			return NULL;
		} else {
			for (int at; (at = patch_list_find(list, item, key)) >= 0;) {
				doc_remove_at(list, (size_t)at);
			}
		}
	}
	return g_steal_pointer(&rest);
}

static void replace_items(struct doc *list, const struct doc *items)
{
	while (doc_length(list) > 0) {
		doc_remove_at(list, doc_length(list) - 1);
	}
	for (size_t i = 0; i < doc_length(items); i++) {
		doc_append(list, doc_copy(doc_at(items, i)));
	}
}

/* Merges a list of maps by the merge key of @field. */
static bool merge_items(struct doc *list, const struct doc *patch, const struct patch_field *field,
                        GError **error)
{
	const char *key = field->merge_key;
	bool replaces = false;
	g_autoptr(doc) rest = direct_items(list, patch, key, &replaces, error);

	if (!rest) {
		return false;
	}
	if (replaces) {
		replace_items(list, rest);
		return patch_list_check(list, key, error);
	}
	if (!patch_list_check(list, key, error) || !patch_list_check(rest, key, error)) {
		return false;
	}
	g_autoptr(doc) before = doc_copy(list);

	for (size_t i = 0; i < doc_length(rest); i++) {
		const struct doc *item = doc_at(rest, i);
		int at = patch_list_find(list, item, key);

		if (at < 0) {
			doc_append(list, doc_copy(item));
		} else if (!merge_map(doc_at(list, (size_t)at), item, field->fields, error)) {
			return false;
		}
	}
	patch_list_arrange(list, rest, before, key);
	return true;
}

static bool merge_list(struct doc *list, const struct doc *patch, const struct patch_field *field,
                       GError **error)
{
	if (field && field->merge_key) {
		return merge_items(list, patch, field, error);
	}
	if (field && field->merges_values) {
		return merge_values(list, patch, error);
	}
	replace_items(list, patch);
	doc_set_where(list, doc_where(patch));
	return true;
}

/* `$deleteFromPrimitiveList/LIST`: these values go from LIST. */
static bool delete_values(struct doc *object, size_t at, const struct doc *patch, GError **error)
{
	const char *slash = strchr(doc_key_at(patch, at), '/');
	const struct doc *values = doc_value_at(patch, at);

	if (!slash || doc_kind_of(values) != DOC_LIST) {
		doc_error_at_place(error, doc_key_where(patch, at),
		                   DELETE_FROM_LIST "/LIST must be a list of values of LIST");
		return false;
	}
	struct doc *list = doc_get(object, slash + 1);

	for (size_t i = doc_kind_of(list) == DOC_LIST ? doc_length(list) : 0; i-- > 0;) {
		if (patch_list_find(values, doc_at(list, i), NULL) >= 0) {
			doc_remove_at(list, i);
		}
	}
	return true;
}

/* Whether the items of @patch (those to delete aside) stand in @order, in its order. */
static bool order_covers(const struct doc *order, const struct doc *patch, const char *key)
{
	size_t place = 0;

	for (size_t i = 0; i < doc_length(patch); i++) {
		const struct doc *item = doc_at(patch, i);
		int at;

		if (doc_get(item, DIRECTIVE)) {
			continue;
		}
		at = patch_list_find(order, item, key);
		if (at < (int)place) {
			return false;
		}
		place = (size_t)at + 1;
	}
	return true;
}

/* Merges the list that `$setElementOrder/LIST` at @at speaks of, and brings it into that order. */
static bool set_element_order(struct doc *object, const struct doc *patch, size_t at,
                              const struct patch_field *fields, GError **error)
{
	const struct doc *order = doc_value_at(patch, at);
	const char *slash = strchr(doc_key_at(patch, at), '/');

	if (!slash || doc_kind_of(order) != DOC_LIST) {
		doc_error_at_place(error, doc_key_where(patch, at),
		                   ELEMENT_ORDER "/LIST must be a list of the items of LIST");
		return false;
	}
	const struct patch_field *field = patch_schema_field(fields, slash + 1);
	const struct doc *changes = doc_get(patch, slash + 1);
	struct doc *list = doc_get(object, slash + 1);
	const char *key = field ? field->merge_key : NULL;

	if ((changes && doc_kind_of(changes) != DOC_LIST) ||
	    (list && doc_kind_of(list) != DOC_LIST)) {
		doc_error_at_place(error, doc_key_where(patch, at), "`%s` is no list", slash + 1);
		return false;
	}
	if (!list && !changes) {
		return true;
	}
	if (!patch_list_check(order, key, error)) {
		return false;
	}
	if (!order_covers(order, changes, key)) {
		doc_error_at_place(error, doc_key_where(patch, at),
		                   "the items of `%s` do not stand in this order", slash + 1);
		return false;
	}
	if (!list) {
		doc_set(object, slash + 1, fresh_value(changes));
		list = doc_get(object, slash + 1);
		changes = NULL;
	}
	g_autoptr(doc) before = doc_copy(list);

	if (changes && !merge_list(list, changes, field, error)) {
		return false;
	}
	if (!patch_list_check(list, key, error)) {
		return false;
	}
	patch_list_reuse_places(before, list, changes, key);
	patch_list_arrange(list, order, before, key);
	return true;
}

/* Merges the entry @at of @patch, which is no directive. */
static bool merge_entry(struct doc *object, const struct doc *patch, size_t at,
                        const struct patch_field *field, GError **error)
{
	const char *key = doc_key_at(patch, at);
	const struct doc *value = doc_value_at(patch, at);
	struct doc *there = doc_get(object, key);
	enum doc_kind kind = doc_kind_of(value);

	if (kind == DOC_NULL) {
		doc_remove(object, key);
		return true;
	}
	if (there && doc_kind_of(there) == kind && kind == DOC_MAP && !(field && field->replaces)) {
		return merge_map(there, value, field ? field->fields : NULL, error);
	}
	if (there && doc_kind_of(there) == kind && kind == DOC_LIST) {
		return merge_list(there, value, field, error);
	}
	struct doc *fresh = fresh_value(value);

	if (fresh) {
		doc_set_at(object, key, doc_key_where(patch, at), fresh);
	} else if (there) {
		doc_remove(object, key);
	}
	return true;
}

static bool merge_map(struct doc *object, const struct doc *patch, const struct patch_field *fields,
                      GError **error)
{
	if (doc_get(patch, DIRECTIVE)) {
		return direct_map(object, patch, error);
	}
	if (!retain_keys(object, patch, error)) {
		return false;
	}
	for (size_t i = 0; i < doc_length(patch); i++) {
		if (g_str_has_prefix(doc_key_at(patch, i), ELEMENT_ORDER) &&
		    !set_element_order(object, patch, i, fields, error)) {
			return false;
		}
	}
	for (size_t i = 0; i < doc_length(patch); i++) {
		const char *key = doc_key_at(patch, i);
		g_autofree char *order = g_strconcat(ELEMENT_ORDER "/", key, NULL);

		if (g_str_has_prefix(key, DELETE_FROM_LIST)) {
			if (!delete_values(object, i, patch, error)) {
				return false;
			}
		} else if (!is_directive(key) && !doc_get(patch, order) &&
		           !merge_entry(object, patch, i, patch_schema_field(fields, key), error)) {
			return false;
		}
	}
	return true;
}

struct doc *patch_strategic(const struct doc *object, const struct doc *patch, GError **error)
{
	bool custom;
	const struct patch_field *fields = patch_schema_of(object, &custom);

	if (custom) {
		doc_error_at(error, patch,
		             "a custom resource takes no strategic merge patch: use `type: merge`");
		return NULL;
	}
	if (doc_kind_of(patch) != DOC_MAP) {
		doc_error_at(error, patch, "a strategic merge patch must be a map, not %s",
		             doc_kind_name(doc_kind_of(patch)));
		return NULL;
	}
	g_autoptr(doc) result = doc_copy(object);

	if (!merge_map(result, patch, fields, error)) {
		return NULL;
	}
	sweep(result);
	return g_steal_pointer(&result);
}
