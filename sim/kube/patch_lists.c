#include "kube/patch_lists.h"

static const struct doc *identity(const struct doc *item, const char *key)
{
	return key ? doc_get(item, key) : item;
}

int patch_list_find(const struct doc *list, const struct doc *item, const char *key)
{
	const struct doc *wanted = identity(item, key);

	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *found = identity(doc_at(list, i), key);

		if (found && wanted && doc_equal(found, wanted)) {
			return (int)i;
		}
	}
	return -1;
}

bool patch_list_check(const struct doc *list, const char *key, GError **error)
{
	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *item = doc_at(list, i);
		enum doc_kind kind = doc_kind_of(item);

		if (!key && (kind == DOC_MAP || kind == DOC_LIST || kind == DOC_NULL)) {
			doc_error_at(error, item, "expected a scalar in this list, got %s",
			             doc_kind_name(kind));
			return false;
		}
		if (key && kind != DOC_MAP) {
			doc_error_at(error, item, "expected a map with `%s`, got %s", key,
			             doc_kind_name(kind));
			return false;
		}
		if (key && !doc_get(item, key)) {
			doc_error_at(
			    error, item,
			    "this item lacks `%s`, by which the items of the list are told apart",
			    key);
			return false;
		}
	}
	return true;
}

struct ranked {
	struct doc *item;
	int rank;   /* in the list that orders it */
	int before; /* place in the list before the merge; -1: not there */
	bool taken;
};

/* The item with the lowest rank among those not yet taken that are, or are not, @named; NULL when
 * all are taken. */
static struct ranked *next_of(GArray *items, const bool *named, bool want)
{
	struct ranked *best = NULL;

	for (unsigned i = 0; i < items->len; i++) {
		struct ranked *r = &g_array_index(items, struct ranked, i);

		if (!r->taken && named[i] == want && (!best || r->rank < best->rank)) {
			best = r;
		}
	}
	return best;
}

void patch_list_arrange(struct doc *merged, const struct doc *order, const struct doc *before,
                        const char *key)
{
	g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(struct ranked));
	g_autofree bool *named = g_new0(bool, doc_length(merged) + 1);

	for (size_t i = 0; i < doc_length(merged); i++) {
		const struct doc *item = doc_at(merged, i);
		int place = patch_list_find(order, item, key);
		struct ranked r = {.before = patch_list_find(before, item, key)};

		named[i] = place >= 0;
		r.rank = named[i] ? place : r.before;
		r.item = doc_copy(item);
		g_array_append_val(items, r);
	}
	while (doc_length(merged) > 0) {
		doc_remove_at(merged, doc_length(merged) - 1);
	}
	for (;;) {
		struct ranked *other = next_of(items, named, false);
		struct ranked *next = next_of(items, named, true);

		if (!next && !other) {
			break;
		}
		if (!next || (other && other->before >= 0 && next->before >= 0 &&
		              other->before < next->before)) {
			next = other;
		}
		next->taken = true;
		doc_append(merged, next->item);
	}
}

void patch_list_reuse_places(struct doc *before, const struct doc *merged, const struct doc *added,
                             const char *key)
{
	size_t places = doc_length(before);

	for (size_t i = doc_length(before); i-- > 0;) {
		if (patch_list_find(merged, doc_at(before, i), key) < 0) {
			doc_remove_at(before, i);
		}
	}
	for (size_t i = 0; i < doc_length(added) && doc_length(before) < places; i++) {
		const struct doc *item = doc_at(added, i);

		if (patch_list_find(merged, item, key) >= 0 &&
		    patch_list_find(before, item, key) < 0) {
			doc_append(before, doc_copy(item));
		}
	}
}
