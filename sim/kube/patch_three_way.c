/* patch_three_way.c - the three-way merge of `kubectl apply`.
 *
 * kubectl makes a patch: what `wanted` adds or changes against `live`, and what is in `last` but no
 * longer in `wanted`, to be deleted. Everything else that others have set in `live` stays. Here the
 * patch is carried out as it is found. Lists with a merge key are merged item by item and end in
 * the order of `wanted`; in a union (`retain_keys`) that changes at all, keys that are not wanted
 * go. Source: staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go,
 * CreateThreeWayMergePatch, and staging/src/k8s.io/kubectl/pkg/cmd/apply/patcher.go. */

#include "kube/patch.h"

#include "kube/patch_lists.h"
#include "kube/patch_schema.h"

static bool merge_map(const struct doc *last, const struct doc *wanted, struct doc *live,
                      const struct patch_field *field, bool *changed, GError **error);

/* Takes out of @live what was in @last and is wanted no more. */
static bool delete_items(const struct doc *last, const struct doc *wanted, struct doc *live,
                         const char *key)
{
	bool changed = false;

	for (size_t i = 0; i < doc_length(last); i++) {
		const struct doc *item = doc_at(last, i);

		if (patch_list_find(wanted, item, key) >= 0) {
			continue;
		}
		changed = true;
		for (int at; (at = patch_list_find(live, item, key)) >= 0;) {
			doc_remove_at(live, (size_t)at);
		}
	}
	return changed;
}

static bool merge_list(const struct doc *last, const struct doc *wanted, struct doc *live,
                       const struct patch_field *field, bool *changed, GError **error)
{
	const char *key = field->merge_key;
	g_autoptr(doc) before = doc_copy(live);

	if (!patch_list_check(last, key, error) || !patch_list_check(wanted, key, error) ||
	    !patch_list_check(live, key, error)) {
		return false;
	}
	*changed |= delete_items(last, wanted, live, key);
	for (size_t i = 0; i < doc_length(wanted); i++) {
		const struct doc *item = doc_at(wanted, i);
		int there = patch_list_find(live, item, key);
		int earlier = patch_list_find(last, item, key);

		if (there < 0) {
			doc_append(live, doc_copy(item));
			*changed = true;
		} else if (key &&
		           !merge_map(earlier < 0 ? NULL : doc_at(last, (size_t)earlier), item,
		                      doc_at(live, (size_t)there), field, changed, error)) {
			return false;
		}
	}
	g_autoptr(doc) places = doc_copy(before);

	if (key) {
		patch_list_reuse_places(places, live, wanted, key);
	}
	if (doc_length(wanted) > 0) {
		patch_list_arrange(live, wanted, places, key);
	}
	*changed |= !doc_equal(live, before);
	return true;
}

/* Brings @live to what entry @at of @map wants. */
static bool merge_entry(const struct doc *last, const struct doc *map, size_t at, struct doc *live,
                        const struct patch_field *field, bool *changed, GError **error)
{
	const char *key = doc_key_at(map, at);
	const struct doc *wanted = doc_value_at(map, at);
	struct doc *there = doc_get(live, key);
	enum doc_kind kind = doc_kind_of(wanted);
	bool alike = there && doc_kind_of(there) == kind;

	if (last && doc_kind_of(last) != kind) {
		last = NULL;
	}
	if (kind == DOC_NULL) {
		*changed |= doc_remove(live, key);
		return true;
	}
	if (alike && kind == DOC_MAP && !(field && field->replaces)) {
		return merge_map(last, wanted, there, field, changed, error);
	}
	if (alike && kind == DOC_LIST && field && (field->merge_key || field->merges_values)) {
		return merge_list(last, wanted, there, field, changed, error);
	}
	if (!alike || !doc_equal(there, wanted)) {
		*changed = true;
		doc_set_at(live, key, doc_key_where(map, at), doc_copy(wanted));
	}
	return true;
}

static bool merge_map(const struct doc *last, const struct doc *wanted, struct doc *live,
                      const struct patch_field *field, bool *changed, GError **error)
{
	const struct patch_field *fields = field ? field->fields : NULL;
	bool here = false;

	for (size_t i = 0; i < doc_length(last); i++) {
		if (!doc_get(wanted, doc_key_at(last, i))) {
			doc_remove(live, doc_key_at(last, i));
			here = true;
		}
	}
	for (size_t i = 0; i < doc_length(wanted); i++) {
		const char *key = doc_key_at(wanted, i);

		if (!merge_entry(doc_get(last, key), wanted, i, live,
		                 patch_schema_field(fields, key), &here, error)) {
			return false;
		}
	}
	for (size_t i = doc_length(live); here && field && field->retain_keys && i-- > 0;) {
		if (!doc_get(wanted, doc_key_at(live, i))) {
			doc_remove(live, doc_key_at(live, i));
		}
	}
	*changed |= here;
	return true;
}

struct doc *patch_three_way(const struct doc *last, const struct doc *wanted,
                            const struct doc *live, GError **error)
{
	bool custom, changed = false;
	const struct patch_field root = {.fields = patch_schema_of(wanted, &custom)};

	if (doc_kind_of(wanted) != DOC_MAP || doc_kind_of(live) != DOC_MAP) {
		doc_error_at(error, wanted, "an object must be a map, not %s",
		             doc_kind_name(doc_kind_of(wanted)));
		return NULL;
	}
	g_autoptr(doc) result = doc_copy(live);

	if (!merge_map(last, wanted, result, &root, &changed, error)) {
		return NULL;
	}
	return g_steal_pointer(&result);
}
