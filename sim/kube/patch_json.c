#include "kube/patch_json.h"

#include <stdlib.h>
#include <string.h>

/* --- RFC 7386 --- */

/* MergePatch of the RFC, section 2; @target NULL: nothing. */
static struct doc *merged(const struct doc *target, const struct doc *patch)
{
	if (doc_kind_of(patch) != DOC_MAP) {
		return doc_copy(patch);
	}
	struct doc *result = doc_kind_of(target) == DOC_MAP ? doc_copy(target) : doc_new_map();

	for (size_t i = 0; i < doc_length(patch); i++) {
		const char *key = doc_key_at(patch, i);
		const struct doc *value = doc_value_at(patch, i);

		if (doc_kind_of(value) == DOC_NULL) {
			doc_remove(result, key);
		} else {
			doc_set_at(result, key, doc_key_where(patch, i),
			           merged(doc_get(result, key), value));
		}
	}
	return result;
}

struct doc *patch_merge(const struct doc *object, const struct doc *patch, GError **error)
{
	if (doc_kind_of(patch) != DOC_MAP) {
		doc_error_at(error, patch, "a merge patch must be a map, not %s",
		             doc_kind_name(doc_kind_of(patch)));
		return NULL;
	}
	return merged(object, patch);
}

/* --- RFC 6902 --- */

/* A resolved JSON pointer (RFC 6901): where it ends, and the last step to there. */
struct place {
	struct doc *parent; /* NULL: the pointer is "", the whole document */
	char *step;         /* unescaped */
	size_t index;       /* into a list; its length for "-" or for the end */
};

typedef struct place place_type; /* for g_auto */

static void place_clear(struct place *place)
{
	g_clear_pointer(&place->step, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(place_type, place_clear)

/* ~1 is a slash, ~0 a tilde; NULL when a tilde stands before anything else. */
static char *unescape(const char *step, size_t length)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < length; i++) {
		if (step[i] != '~') {
			g_string_append_c(text, step[i]);
		} else if (i + 1 < length && (step[i + 1] == '0' || step[i + 1] == '1')) {
			g_string_append_c(text, step[++i] == '0' ? '~' : '/');
		} else {
			return g_string_free(text, TRUE), NULL;
		}
	}
	return g_string_free(text, FALSE);
}

/* An index as RFC 6901 writes it: no sign, no leading zero; "-" is the place behind the last item.
 */
static bool list_index(const struct doc *list, const char *step, size_t *index)
{
	size_t digits = strspn(step, "0123456789");

	if (g_str_equal(step, "-")) {
		*index = doc_length(list);
		return true;
	}
	if (digits == 0 || step[digits] || (digits > 1 && step[0] == '0') || digits > 9) {
		return false;
	}
	*index = strtoul(step, NULL, 10);
	return *index <= doc_length(list);
}

static struct doc *step_down(struct doc *from, const char *step)
{
	size_t index;

	if (doc_kind_of(from) == DOC_LIST) {
		return list_index(from, step, &index) ? doc_at(from, index) : NULL;
	}
	return doc_get(from, step);
}

/* Follows the pointer at @key of the operation @op up to its last step. */
static bool find_place(struct doc *root, const struct doc *op, const char *key, struct place *place,
                       GError **error)
{
	const struct doc *pointer = doc_get(op, key);
	const char *text = doc_string(pointer);

	if (!text) {
		doc_error_at(error, pointer ? pointer : op,
		             "an operation needs `%s`, a JSON pointer", key);
		return false;
	}
	if (*text && *text != '/') {
		doc_error_at(error, pointer, "a JSON pointer begins with `/`: '%s'", text);
		return false;
	}
	for (struct doc *at = root; *text;) {
		const char *end = strchrnul(text + 1, '/');

		g_free(place->step);
		place->step = unescape(text + 1, (size_t)(end - text - 1));
		place->parent = at;
		if (!place->step) {
			doc_error_at(error, pointer,
			             "in a JSON pointer `~` is followed by 0 or 1: '%s'", text);
			return false;
		}
		at = *end ? step_down(at, place->step) : NULL;
		if (*end && doc_kind_of(at) != DOC_MAP && doc_kind_of(at) != DOC_LIST) {
			doc_error_at(error, pointer, "there is nothing at '%.*s'",
			             (int)(end - doc_string(pointer)), doc_string(pointer));
			return false;
		}
		text = end;
	}
	if (place->parent && doc_kind_of(place->parent) == DOC_LIST &&
	    !list_index(place->parent, place->step, &place->index)) {
		doc_error_at(error, pointer, "'%s' is no place in a list of %zu", place->step,
		             doc_length(place->parent));
		return false;
	}
	return true;
}

/* The value there; NULL and @error when there is none. */
static struct doc *value_at(struct doc *root, const struct place *place, const struct doc *pointer,
                            GError **error)
{
	struct doc *found = root;

	if (place->parent) {
		found = doc_kind_of(place->parent) == DOC_LIST
		            ? doc_at(place->parent, place->index)
		            : doc_get(place->parent, place->step);
	}
	if (!found) {
		doc_error_at(error, pointer, "there is nothing at '%s'", doc_string(pointer));
	}
	return found;
}

static void remove_there(const struct place *place)
{
	if (doc_kind_of(place->parent) == DOC_LIST) {
		doc_remove_at(place->parent, place->index);
	} else {
		doc_remove(place->parent, place->step);
	}
}

/* Puts @value (taken) there, as `add` does. */
static void add_there(struct doc **root, const struct place *place, struct doc *value)
{
	if (!place->parent) {
		doc_free(*root);
		*root = value;
	} else if (doc_kind_of(place->parent) == DOC_LIST) {
		doc_insert(place->parent, place->index, value);
	} else {
		doc_set_at(place->parent, place->step, doc_where(value), value);
	}
}

/* Equal as RFC 6902 section 4.6 has it: numbers by value. */
static bool same(const struct doc *a, const struct doc *b)
{
	double x, y;

	if (doc_number(a, &x) && doc_number(b, &y)) {
		return x == y;
	}
	if (doc_kind_of(a) != doc_kind_of(b) || doc_length(a) != doc_length(b)) {
		return false;
	}
	for (size_t i = 0; doc_kind_of(a) == DOC_LIST && i < doc_length(a); i++) {
		if (!same(doc_at(a, i), doc_at(b, i))) {
			return false;
		}
	}
	for (size_t i = 0; doc_kind_of(a) == DOC_MAP && i < doc_length(a); i++) {
		const struct doc *other = doc_get(b, doc_key_at(a, i));

		if (!other || !same(doc_value_at(a, i), other)) {
			return false;
		}
	}
	return doc_length(a) > 0 || doc_equal(a, b);
}

/* `move` and `copy`: the value that `from` points to, taken out by `move`. */
static struct doc *source_value(struct doc *root, const struct doc *op, bool take, GError **error)
{
	g_auto(place_type) from = {0};
	const char *path = doc_string(doc_get(op, "path"));
	const struct doc *pointer = doc_get(op, "from");

	if (!find_place(root, op, "from", &from, error)) {
		return NULL;
	}
	const struct doc *found = value_at(root, &from, pointer, error);

	if (!found) {
		return NULL;
	}
	g_autofree char *below = g_strconcat(doc_string(pointer), "/", NULL);

	if (take && (!from.parent || (path && g_str_has_prefix(path, below)))) {
		doc_error_at(error, pointer, "a value cannot be moved into itself");
		return NULL;
	}
	struct doc *value = doc_copy(found);

	if (take) {
		remove_there(&from);
	}
	return value;
}

static struct doc *operand(struct doc *root, const struct doc *op, const char *name, GError **error)
{
	if (g_str_equal(name, "move") || g_str_equal(name, "copy")) {
		return source_value(root, op, g_str_equal(name, "move"), error);
	}
	if (!doc_get(op, "value")) {
		doc_error_at(error, op, "`%s` needs a `value`", name);
		return NULL;
	}
	return doc_copy(doc_get(op, "value"));
}

static bool carry_out(struct doc **root, const struct doc *op, GError **error)
{
	static const char *const names[] = {"add",  "remove", "replace", "move",
	                                    "copy", "test",   NULL};
	const char *name = doc_string(doc_get(op, "op"));
	const struct doc *path = doc_get(op, "path");
	g_auto(place_type) place = {0};
	g_autoptr(doc) value = NULL;

	if (!name || !g_strv_contains(names, name)) {
		doc_error_at(error, doc_get(op, "op") ? doc_get(op, "op") : op,
		             "`op` must be add, remove, replace, move, copy or test");
		return false;
	}
	if (!g_str_equal(name, "remove")) {
		value = operand(*root, op, name, error);
		if (!value) {
			return false;
		}
	}
	if (!find_place(*root, op, "path", &place, error)) {
		return false;
	}
	if (g_str_equal(name, "add") || g_str_equal(name, "move") || g_str_equal(name, "copy")) {
		add_there(root, &place, g_steal_pointer(&value));
		return true;
	}
	const struct doc *there = value_at(*root, &place, path, error);

	if (!there) {
		return false;
	}
	if (g_str_equal(name, "test")) {
		if (!same(there, value)) {
			doc_error_at(error, op, "the value at '%s' is another one",
			             doc_string(path));
			return false;
		}
		return true;
	}
	if (!place.parent && !value) {
		doc_error_at(error, op, "the whole document cannot be removed");
		return false;
	}
	/* In a map, the key keeps its place when its value is replaced. */
	if (place.parent && (!value || doc_kind_of(place.parent) == DOC_LIST)) {
		remove_there(&place);
	}
	if (value) {
		add_there(root, &place, g_steal_pointer(&value));
	}
	return true;
}

struct doc *patch_json(const struct doc *object, const struct doc *patch, GError **error)
{
	g_autoptr(doc) result = doc_copy(object);

	if (doc_kind_of(patch) != DOC_LIST) {
		doc_error_at(error, patch, "a JSON patch must be a list of operations, not %s",
		             doc_kind_name(doc_kind_of(patch)));
		return NULL;
	}
	for (size_t i = 0; i < doc_length(patch); i++) {
		if (!carry_out(&result, doc_at(patch, i), error)) {
			return NULL;
		}
	}
	return g_steal_pointer(&result);
}
