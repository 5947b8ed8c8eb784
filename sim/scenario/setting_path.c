#include "scenario/setting_path.h"

#include <stdlib.h>
#include <string.h>

void setting_free(struct setting *s)
{
	if (!s) {
		return;
	}
	for (size_t i = 0; i < s->n_steps; i++) {
		g_free(s->steps[i].key);
	}
	g_free(s->steps);
	g_free(s->text);
	g_free(s->namespace);
	g_free(s->name);
	doc_free(s->value);
	g_free(s);
}

static bool refuse(GError **error, const char *text, const char *format, ...) G_GNUC_PRINTF(3, 4);

static bool refuse(GError **error, const char *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *message = g_strdup_vprintf(format, arguments);

	va_end(arguments);
	g_set_error(error, DOC_ERROR, DOC_ERROR_INVALID, "'%s': %s", text, message);
	return false;
}

/* What stands before the colon. */
static bool read_target_part(struct setting *s, const char *target, GError **error)
{
	static const char *const words[] = {"spec",
	                                    "cluster",
	                                    "load",
	                                    "application",
	                                    "metric",
	                                    "deployment",
	                                    "service",
	                                    "hpa",
	                                    "pod",
	                                    "replicaset",
	                                    "pdb",
	                                    "node",
	                                    "horizontalpodautoscaler",
	                                    NULL};
	g_auto(GStrv) parts = g_strsplit(target, "/", -1);
	unsigned n = g_strv_length(parts);
	const char *word = n == 3 ? parts[1] : n > 0 ? parts[0] : "";

	for (int i = SETTING_SPEC; i <= SETTING_METRIC && n < 3; i++) {
		if (g_str_equal(word, words[i])) {
			s->target = (enum setting_target)i;
			if ((n == 2) != (i >= SETTING_LOAD)) {
				return refuse(error, s->text,
				              i >= SETTING_LOAD ? "`%s` needs a name: %s/NAME:..."
				                                : "`%s` has no name: %s:...",
				              word, word);
			}
			s->name = n == 2 ? g_strdup(parts[1]) : NULL;
			return n == 1 || *s->name || refuse(error, s->text, "the name is empty");
		}
	}
	s->target = SETTING_OBJECT;
	if (n < 2 || n > 3 || !object_kind_from_word(word, &s->kind)) {
		const char *nearest = doc_nearest(word, words);

		return refuse(error, s->text,
		              "a setting begins with spec, cluster, load/NAME, application/NAME, "
		              "metric/NAME or KIND/NAME, and a colon%s%s%s",
		              nearest ? "; did you mean `" : "", nearest ? nearest : "",
		              nearest ? "`?" : "");
	}
	s->name = g_strdup(parts[n - 1]);
	s->namespace = n == 3 ? g_strdup(parts[0]) : NULL;
	return *s->name || refuse(error, s->text, "the name is empty");
}

static void add_step(GArray *steps, const char *key, size_t length, bool item)
{
	struct setting_step step = {.key = g_strndup(key, length), .item = item};

	g_array_append_val(steps, step);
}

/* Reads steps up to `=` or the end; *@rest is left there. */
static bool read_steps(struct setting *s, const char *at, const char **rest, GError **error)
{
	GArray *steps = g_array_new(FALSE, FALSE, sizeof(struct setting_step));
	bool good = true;

	while (good && *at && *at != '=') {
		size_t length = *at == '[' ? strcspn(at + 1, "]") : strcspn(at, ".[=");

		if (*at == '[') {
			good = steps->len > 0 && length > 0 && at[length + 1] == ']';
			if (good) {
				add_step(steps, at + 1, length, true);
				at += length + 2;
			}
		} else {
			good = length > 0;
			add_step(steps, at, length, false);
			at += length;
		}
		if (good && *at == '.') {
			at++;
			good = *at && !strchr(".[=", *at);
		} else if (good && *at && !strchr("[=", *at)) {
			good = false;
		}
	}
	good = good && steps->len > 0;
	*rest = at;
	s->n_steps = steps->len;
	s->steps = (struct setting_step *)g_array_free(steps, FALSE);
	return good || refuse(error, s->text,
	                      "the path must be fields with dots between them, and "
	                      "[ITEM] after lists: spec.template.spec.containers[app].image");
}

/* The value, as YAML. */
static bool read_value(struct setting *s, const char *text, GError **error)
{
	g_autofree char *name = g_strdup_printf("--set %s=%s", s->text, text);
	g_autoptr(GPtrArray) documents = doc_read_text(text, -1, name, error);

	if (!documents) {
		return false;
	}
	if (documents->len > 1) {
		return refuse(error, s->text, "the value must be one YAML value");
	}
	s->value = documents->len ? doc_copy(documents->pdata[0]) : doc_new_null();
	return true;
}

struct setting *setting_parse(const char *text, GError **error)
{
	g_autoptr(setting) s = g_new0(struct setting, 1);
	const char *colon = strchr(text, ':');
	const char *rest;

	s->text = g_strdup(text);
	if (!colon || memchr(text, '=', (size_t)(colon - text))) {
		refuse(error, text, "a setting is TARGET:PATH=VALUE, such as load/locust:users=50");
		return NULL;
	}
	g_autofree char *target = g_strndup(text, (size_t)(colon - text));

	if (!read_target_part(s, target, error) || !read_steps(s, colon + 1, &rest, error)) {
		return NULL;
	}
	s->text[rest - text] = '\0';
	if (*rest == '=' && !read_value(s, rest + 1, error)) {
		return NULL;
	}
	return g_steal_pointer(&s);
}

/* --- walking --- */

/* Fields by which items of lists are told apart, in this order. */
static const char *const identities[] = {
    "name", "path", "containerPort", "port", "mountPath", "topologyKey", "type", "key", "ip", NULL};

/* What tells @item apart; NULL: only its index does. */
static const char *identity_of(const struct doc *item)
{
	const char *resource = doc_text(doc_find(item, "resource", "name", NULL));

	for (size_t i = 0; !resource && identities[i]; i++) {
		const char *text = doc_text(doc_get(item, identities[i]));

		if (text) {
			return text;
		}
	}
	return resource;
}

static struct doc *pick_item(const struct doc *list, const char *word)
{
	char *end;

	for (size_t i = 0; i < doc_length(list); i++) {
		if (g_strcmp0(identity_of(doc_at(list, i)), word) == 0) {
			return doc_at(list, i);
		}
	}
	for (size_t i = 0; i < doc_length(list); i++) {
		for (size_t k = 0; identities[k]; k++) {
			const char *text = doc_text(doc_get(doc_at(list, i), identities[k]));

			if (g_strcmp0(text, word) == 0) {
				return doc_at(list, i);
			}
		}
	}
	unsigned long index = g_ascii_isdigit(*word) ? strtoul(word, &end, 10) : ULONG_MAX;

	return index != ULONG_MAX && !*end ? doc_at(list, index) : NULL;
}

static struct doc *child(const struct doc *doc, const struct setting_step *step)
{
	if (step->item && doc_kind_of(doc) == DOC_LIST) {
		return pick_item(doc, step->key);
	}
	return doc_get(doc, step->key);
}

/* What stands at the end of the first @n steps. */
static const struct doc *follow(const struct setting *s, const struct doc *root, size_t n)
{
	const struct doc *at = root;

	for (size_t i = 0; at && i < n; i++) {
		at = child(at, &s->steps[i]);
	}
	return at;
}

struct doc *setting_find(const struct setting *s, const struct doc *root)
{
	const struct doc *holder = follow(s, root, s->n_steps - 1);

	return holder ? child(holder, &s->steps[s->n_steps - 1]) : NULL;
}

bool setting_reaches(const struct setting *s, const struct doc *root)
{
	return doc_kind_of(follow(s, root, s->n_steps - 1)) != DOC_NULL;
}

/* "; did you mean `x`?" among what @doc has; to be freed. */
static char *suggest(const struct doc *doc, const char *word)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (size_t i = 0; i < doc_length(doc); i++) {
		const char *name =
		    doc_kind_of(doc) == DOC_MAP ? doc_key_at(doc, i) : identity_of(doc_at(doc, i));

		if (name) {
			g_ptr_array_add(names, (gpointer)name);
		}
	}
	g_ptr_array_add(names, NULL);
	const char *nearest = doc_nearest(word, (const char *const *)names->pdata);

	return nearest ? g_strdup_printf("; did you mean `%s`?", nearest) : g_strdup("");
}

static bool unmatched(const struct setting *s, const struct doc *doc, size_t i, GError **error)
{
	g_autofree char *suggestion = suggest(doc, s->steps[i].key);

	return refuse(error, s->text, "there is no `%s`%s%s here%s", s->steps[i].key,
	              i ? " in " : "", i ? s->steps[i - 1].key : "", suggestion);
}

/* Whether a later step picks from a list, which cannot be made. */
static bool needs_list(const struct setting *s, size_t from)
{
	for (size_t i = from; i < s->n_steps; i++) {
		if (s->steps[i].item) {
			return true;
		}
	}
	return false;
}

static void put(struct doc *at, const struct setting_step *last, const struct doc *value)
{
	if (doc_kind_of(at) == DOC_LIST) {
		struct doc *item = pick_item(at, last->key);

		for (size_t i = 0; i < doc_length(at); i++) {
			if (doc_at(at, i) == item) {
				doc_remove_at(at, i);
				doc_insert(at, i, doc_copy(value));
				return;
			}
		}
	}
	doc_set(at, last->key, doc_copy(value));
}

bool setting_assign(const struct setting *s, struct doc *root, const struct doc *value,
                    GError **error)
{
	struct doc *at = root;

	for (size_t i = 0; i < s->n_steps; i++) {
		const struct setting_step *step = &s->steps[i];
		bool last = i + 1 == s->n_steps;
		struct doc *next = child(at, step);
		bool list = doc_kind_of(at) == DOC_LIST;

		if (doc_kind_of(at) != DOC_MAP && (!list || !step->item)) {
			return refuse(error, s->text, "`%s` is %s and has no `%s`",
			              i ? s->steps[i - 1].key : "it",
			              doc_kind_name(doc_kind_of(at)), step->key);
		}
		if (!next && (list || needs_list(s, i + 1))) {
			return unmatched(s, at, i, error);
		}
		if (last) {
			put(at, step, value);
			return true;
		}
		if (doc_kind_of(next) == DOC_NULL) {
			doc_set(at, step->key, doc_new_map());
			next = doc_get(at, step->key);
		}
		at = next;
	}
	return true;
}
